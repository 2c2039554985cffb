//! What is kept of JSON, and what is refused.

use super::*;

const KNOWN: Known = &["a", "b"];

fn fault(text: &str) -> Option<JsonFault> {
    object(text.as_bytes(), KNOWN).err()
}

#[test]
fn a_known_member_stands_once() {
    for (text, expected) in [
        ("{}", None),
        (" {\"a\":1}\n", None),
        ("{\"a\":1,\"b\":2}", None),
        ("{\"c\":1,\"c\":2}", None),
        ("{\"a\":1,\"a\":1}", Some(JsonFault::Duplicate)),
        ("{\"a\":1,\"\\u0061\":1}", Some(JsonFault::Duplicate)),
        ("{\"a\":null,\"a\":1}", Some(JsonFault::Duplicate)),
        ("{\"b\":[{\"a\":1,\"a\":2}]}", Some(JsonFault::Duplicate)),
        ("{\"b\":{\"a\":1},\"a\":2}", None),
        ("{\"c\":{\"a\":1,\"a\":2}}", None),
        ("", Some(JsonFault::NotObject)),
        ("[]", Some(JsonFault::NotObject)),
        ("[{\"a\":1}]", Some(JsonFault::NotObject)),
        ("\"a\"", Some(JsonFault::NotObject)),
        ("{\"a\":1", Some(JsonFault::NotObject)),
        ("{\"a\":1}x", Some(JsonFault::NotObject)),
        ("{\"a\":1,}", Some(JsonFault::NotObject)),
        ("{'a':1}", Some(JsonFault::NotObject)),
        ("{\"a\":\"\\ud800\"}", Some(JsonFault::NotObject)),
        ("{\"a\":\"\n\"}", Some(JsonFault::NotObject)),
    ] {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn invalid_utf_8_is_refused_where_it_is_kept() {
    assert_eq!(object(b"{\"a\":\"\xff\"}", KNOWN).err(), Some(JsonFault::NotObject));
}

#[test]
fn depth_and_size_are_bounded() {
    for depth in [16, 100, 1000, 100_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        assert_eq!(fault(&format!("{{\"c\":{open}{close}}}")), None, "{depth}");
        let is_refused = depth > 100;
        assert_eq!(fault(&format!("{{\"a\":{open}{close}}}")).is_some(), is_refused, "{depth}");
        let (open, close) = ("{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(fault(&format!("{open}1{close}")).is_some(), is_refused, "{depth}");
    }
    for (count, is_refused) in [(4000, false), (5000, true)] {
        assert_eq!(fault(&format!("{{\"a\":[{}]}}", vec!["0"; count].join(","))).is_some(), is_refused, "{count}");
        assert_eq!(fault(&format!("{{\"c\":[{}]}}", vec!["0"; count].join(","))), None, "{count}");
    }
}

#[test]
fn identifiers_are_texts_or_whole_numbers() {
    for (value, expected) in [
        ("7", Some("7")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("18446744073709551616", None),
        ("-7", None),
        ("7.5", None),
        ("\"7\"", Some("7")),
        ("\"me\"", Some("me")),
        ("\"\"", None),
        ("null", None),
        ("true", None),
        ("[7]", None),
        ("{\"a\":7}", None),
    ] {
        let object = object(format!("{{\"a\":{value}}}").as_bytes(), KNOWN).unwrap();
        assert_eq!(object.identifier("a").as_deref(), expected, "{value}");
    }
}

//! Holds the reading of bodies against hostile JSON and sizes at the limit.

use http::HeaderValue;
use http_body_util::Full;

use super::*;

/// Stands in every body of these tests, and never in what is said about one.
const CANARY: &str = "c4n4ry";

fn depth(open: &str, close: &str, levels: usize) -> String {
    format!(r#"{{"token_data":"{CANARY}","x":{}{}}}"#, open.repeat(levels), close.repeat(levels))
}

/// What became of a body: the text of its `token_data`, or the name of the fault.
fn outcome(body: &[u8]) -> String {
    let read = Object::parse(body).and_then(|object| {
        let debug = format!("{object:?}");
        assert!(!debug.contains(CANARY), "{debug}");
        object.needed_text("token_data").map(|text| text.expose().to_owned())
    });
    match read {
        Ok(text) => format!("= {text}"),
        Err(fault) => {
            let said = format!("{fault:?} {} {}", fault.message(), fault.solution());
            assert!(!said.contains(CANARY) && said.len() < 200, "{said}");
            format!("{fault:?}").split(' ').next().unwrap_or_default().to_owned()
        }
    }
}

#[test]
fn judges_bodies() {
    for (body, expected) in [
        (r#"{"token_data":"c4n4ry"}"#, "= c4n4ry"),
        (" \t\r\n{ \"token_data\" : \"c4n4ry\" } \n", "= c4n4ry"),
        (r#"{"account_name":null,"token_data":"c4n4ry","unknown":{"c4n4ry":[1,-0,1e308,true,null,{}]}}"#, "= c4n4ry"),
        (r#"{"token_data":"\u0063\u0034n4ry \ud83e\udd80"}"#, "= c4n4ry 🦀"),
        (r#"{"token\u005fdata":"c4n4ry"}"#, "= c4n4ry"),
        (r#"{"token_data":""}"#, "= "),
        (r#"{"token_data":"c4n4ry\u0000"}"#, "= c4n4ry\0"),
        // A field that is not there or not a text.
        ("{}", r#"Missing("token_data")"#),
        (r#"{"Token_Data":"c4n4ry"}"#, r#"Missing("token_data")"#),
        (r#"{"":"c4n4ry"}"#, r#"Missing("token_data")"#),
        (r#"{"token_data":null}"#, r#"NotText("token_data")"#),
        (r#"{"token_data":true}"#, r#"NotText("token_data")"#),
        (r#"{"token_data":12345678901234567890}"#, r#"NotText("token_data")"#),
        (r#"{"token_data":123456789012345678901234567890}"#, r#"NotText("token_data")"#),
        (r#"{"token_data":-1.5e308}"#, r#"NotText("token_data")"#),
        (r#"{"token_data":["c4n4ry"]}"#, r#"NotText("token_data")"#),
        (r#"{"token_data":{"token_data":"c4n4ry"}}"#, r#"NotText("token_data")"#),
        // JSON, but no object.
        (r#"["c4n4ry"]"#, "NotObject"),
        (r#"[["token_data","c4n4ry"]]"#, "NotObject"),
        (r#""c4n4ry""#, "NotObject"),
        ("4", "NotObject"),
        ("null", "NotObject"),
        (" [] ", "NotObject"),
        // Not JSON.
        ("", "NotJson"),
        (" ", "NotJson"),
        ("{", "NotJson"),
        ("}", "NotJson"),
        ("[", "NotJson"),
        ("[1,", "NotJson"),
        ("\"c4n4ry", "NotJson"),
        ("\"c4n4ry\" 5", "NotJson"),
        ("[] {}", "NotJson"),
        ("4c4n4ry", "NotJson"),
        ("nullc4n4ry", "NotJson"),
        ("c4n4ry", "NotJson"),
        ("token_data=c4n4ry", "NotJson"),
        (r#"{"token_data":"c4n4ry""#, "NotJson"),
        (r#"{"token_data":"c4n4ry}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry",}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry"}}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry"} x"#, "NotJson"),
        (r#"{"token_data":"c4n4ry"}{"token_data":"c4n4ry"}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry"} // comment"#, "NotJson"),
        (r#"{token_data:"c4n4ry"}"#, "NotJson"),
        (r#"{'token_data':'c4n4ry'}"#, "NotJson"),
        (r#"{"token_data":c4n4ry}"#, "NotJson"),
        (r#"{"token_data":NaN}"#, "NotJson"),
        (r#"{"token_data":Infinity}"#, "NotJson"),
        (r#"{"token_data":1e999}"#, "NotJson"),
        (r#"{"token_data":01}"#, "NotJson"),
        (r#"{"token_data":+1}"#, "NotJson"),
        (r#"{1:"c4n4ry"}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry\ud800"}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry\udc00"}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry\ud800\u0041"}"#, "NotJson"),
        (r#"{"\ud800":"c4n4ry"}"#, "NotJson"),
        (r#"{"token_data":"c4n4ry\x"}"#, "NotJson"),
        ("{\"token_data\":\"c4n4ry\0\"}", "NotJson"),
        ("{\"token_data\":\"c4n4ry\n\"}", "NotJson"),
        ("{\"token_data\":\"c4n4ry\"}\0", "NotJson"),
        ("\u{feff}{\"token_data\":\"c4n4ry\"}", "NotJson"),
        ("\u{c}{\"token_data\":\"c4n4ry\"}", "NotJson"),
        // A name that stands twice, written the same or not, anywhere.
        (r#"{"token_data":"c4n4ry","token_data":"c4n4ry"}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","token\u005fdata":"x"}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","\u0074oken_data":null}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","x":1,"x":1}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","x":{"c4n4ry":1,"c4n4ry":2}}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","x":{"y":{"a_b":1,"a\u005fb":2}}}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","x":[{"c4n4ry":1,"c4n4ry":2}]}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","x":[[0,{"y":[{"":1,"":2}]}]]}"#, "RepeatedName"),
        (r#"{"token_data":"c4n4ry","x":{"token_data":"once here"}}"#, "= c4n4ry"),
    ] {
        assert_eq!(outcome(body.as_bytes()), expected, "{body}");
    }
    for body in
        [&b"\xff\xfe{\0}\0"[..], b"{\"token_data\":\"c4n4ry\xff\"}", b"{\"\xc0\x80\":\"c4n4ry\"}", b"\x1f\x8b\x08"]
    {
        assert_eq!(outcome(body), "NotJson", "{body:?}");
    }
}

#[test]
fn depth_is_bounded() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let opened = if close == "]" { "" } else { "null" };
        let body = |levels: usize| {
            depth(open, close, levels).replace(&format!("{open}{close}"), &format!("{open}{opened}{close}"))
        };
        assert_eq!(outcome(body(30).as_bytes()), "= c4n4ry", "30 times {open}");
        for levels in [130, 1000, 6000, 10_000] {
            assert_eq!(outcome(body(levels).as_bytes()), "TooDeep", "{levels} times {open}");
            // What is no object in the first place is only skipped.
            let never_closed = if open.starts_with('{') { "TooDeep" } else { "NotJson" };
            assert_eq!(outcome(open.repeat(levels).as_bytes()), never_closed, "{levels} times {open}, never closed");
        }
    }
    let arrays = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(["NotObject", "NotJson"].contains(&outcome(arrays.as_bytes()).as_str()));
}

#[test]
fn many_names_and_long_texts_are_read_as_they_are() {
    let names: String = (0..7000).map(|index| format!(r#""{index}":0,"#)).collect();
    assert_eq!(outcome(format!(r#"{{{names}"token_data":"c4n4ry"}}"#).as_bytes()), "= c4n4ry");
    assert_eq!(outcome(format!(r#"{{{names}"6999":0}}"#).as_bytes()), "RepeatedName");
    let digits = "9".repeat(60_000);
    assert_eq!(outcome(format!(r#"{{"x":{digits}}}"#).as_bytes()), "NotJson");
    assert_eq!(outcome(format!(r#"{{"x":0.{digits},"token_data":"c4n4ry"}}"#).as_bytes()), "= c4n4ry");
    assert_eq!(outcome(format!(r#"{{"token_data":"{digits}"}}"#).as_bytes()), format!("= {digits}"));
}

#[test]
fn texts_may_be_left_out_or_null_but_nothing_else() {
    let object = Object::parse(br#"{"a":null,"b":"x","c":["x"]}"#).unwrap();
    let text = |name| object.text(name).map(|text| text.map(Secret::expose));
    assert_eq!((text("missing"), text("a"), text("b")), (Ok(None), Ok(None), Ok(Some("x"))));
    assert_eq!(text("c"), Err(BodyFault::NotText("c")));
}

#[test]
fn faults_say_where_but_never_what() {
    let fault = Object::parse(b"{\n  \"token_data\": c4n4ry}").unwrap_err();
    assert_eq!(fault.message(), "The body is not JSON (line 2, column 17)");
}

#[tokio::test]
async fn a_body_has_64_kib_and_no_more() {
    for (length, expected) in [
        (0, Ok(0)),
        (LARGEST - 1, Ok(LARGEST - 1)),
        (LARGEST, Ok(LARGEST)),
        (LARGEST + 1, Err(BodyFault::TooLarge)),
        (16 * LARGEST, Err(BodyFault::TooLarge)),
    ] {
        let body = Full::new(Bytes::from(vec![b' '; length]));
        assert_eq!(read(body).await.map(|bytes| bytes.len()), expected, "{length} bytes");
    }
}

#[test]
fn only_json_is_json() {
    for (declared, expected) in [
        ("application/json", true),
        ("Application/JSON", true),
        ("application/json; charset=utf-8", true),
        ("application/json ;charset=utf-8", true),
        ("application/json;", true),
        ("", false),
        ("text/plain", false),
        ("text/json", false),
        ("application/x-www-form-urlencoded", false),
        ("multipart/form-data; boundary=application/json", false),
        ("text/plain; application/json", false),
        ("application/jsonp", false),
        ("application/json-patch+json", false),
        ("application/json, text/plain", false),
        ("application", false),
    ] {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(declared))]);
        assert_eq!(check_type(&headers).is_ok(), expected, "{declared}");
    }
    assert_eq!(check_type(&HeaderMap::new()), Err(BodyFault::WrongType));
}

#[test]
fn a_fault_that_leaves_bytes_unread_ends_the_connection() {
    for (fault, status, closes) in [
        (BodyFault::Incomplete, 400, true),
        (BodyFault::Missing("x"), 400, false),
        (BodyFault::NotJson { line: 1, column: 1 }, 400, false),
        (BodyFault::NotObject, 400, false),
        (BodyFault::NotText("x"), 400, false),
        (BodyFault::RepeatedName, 400, false),
        (BodyFault::TooLarge, 413, true),
        (BodyFault::TooSlow, 400, true),
    ] {
        assert_eq!((fault.status().as_u16(), fault.closes()), (status, closes), "{fault:?}");
    }
}

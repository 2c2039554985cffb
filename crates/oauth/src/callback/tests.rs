//! What browsers bring back. Rows are named as in the truth table of callbacks, as far as the query alone decides them.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::sample::enough;

/// A callback on one line: `state | outcome`.
fn describe(query: &str) -> String {
    let callback = read(query);
    let state = callback.state.as_ref().map_or("-", Text::expose);
    let iss = |iss: Option<String>| iss.map_or(String::new(), |iss| format!(" iss={iss}"));
    let outcome = match callback.outcome {
        Outcome::Code { code, iss: from, device_id } => {
            let device = device_id.map_or(String::new(), |id| format!(" device={}", id.expose()));
            format!("code {}{}{device}", code.expose(), iss(from))
        }
        Outcome::Denied { iss: from } => format!("denied{}", iss(from)),
        Outcome::Error { code, description, iss: from } => {
            format!("{code} {}{}", description.as_deref().unwrap_or("-"), iss(from))
        }
        Outcome::Token => "token".into(),
        Outcome::Wrong(fault) => format!("{fault:?}"),
    };
    format!("{state} | {outcome}")
}

#[test]
#[rustfmt::skip]
fn reads_what_browsers_bring_back() {
    let vk_id = "code=vk2.a.c&expires_in=600&device_id=d-1&state=s&ext_id=e&type=code_v2";
    let payload = "payload=%7B%22type%22%3A%22code_v2%22%2C%22code%22%3A%22vk2.a.c%22%2C%22expires_in%22%3A600%2C%22device_id%22%3A%22d%22%2C%22state%22%3A%22s%22%7D";
    for (row, query, expected) in [
        ("CB1", "", "- | Nothing"),
        ("CB1", "?", "- | Nothing"),
        ("CB1", "code=c", "- | code c"),
        ("CB1", "code=c&state=", "- | code c"),
        ("CB2", "code=c&state=unknown", "unknown | code c"),
        ("CB8", "code=c&state=s&iss=https%3A%2F%2Fid.example", "s | code c iss=https://id.example"),
        ("CB8", "code=c&state=s&iss=https%3A%2F%2Fid.example%252F", "s | code c iss=https://id.example%2F"),
        ("CB9", "code=c&state=s&iss=", "s | code c"),
        ("CB11", "error=access_denied&state=s", "s | denied"),
        ("CB11", "error=access_denied&error_description=The+resource+owner+or+authorization+server+denied+the+request.&state=s", "s | denied"),
        ("CB11", "error=access_denied&error_reason=user_denied&error_description=User%20denied%20your%20request&state=s", "s | denied"),
        ("CB11", "error=access_denied&state=s&iss=https://id.example", "s | denied iss=https://id.example"),
        ("CB11", "error=access_denied", "- | denied"),
        ("CB12", "error=server_error&error_description=%3Cscript%3E%1B%22x", "- | server_error <script>?x"),
        ("CB12", "error=of_their_own&state=s", "s | other -"),
        ("CB12", "error=invalid_scope&error_description=a&error_description=b&state=s", "s | invalid_scope a"),
        ("CB13", "code=c&error=access_denied&state=s", "s | CodeAndError"),
        ("CB13", "error=x&state=s&code=c", "s | CodeAndError"),
        ("CB14", "state=s&code=c&state=s", "- | Duplicate"),
        ("CB14", "state=&code=c&state=s", "- | Duplicate"),
        ("CB14", "state=s&code=c&code=d", "- | Duplicate"),
        ("CB14", "state=s&code=c&c%6fde=c", "- | Duplicate"),
        ("CB14", "state=s&code=c&iss=a&iss=a", "- | Duplicate"),
        ("CB14", "state=s&error=a&error=a", "- | Duplicate"),
        ("CB14", "state=s&code=c&device_id=a&device_id=b", "- | Duplicate"),
        ("CB14", &format!("{payload}&code=d"), "- | Duplicate"),
        ("CB14", &format!("{payload}&{payload}"), "- | Duplicate"),
        ("CB14", "state=s&payload=%7B%22code%22%3A%22a%22%2C%22code%22%3A%22b%22%7D", "- | Duplicate"),
        ("CB15", "code=&state=s", "s | CodeMalformed"),
        ("CB15", "code&state=s", "s | CodeMalformed"),
        ("CB15", "code=a%00b&state=s", "s | CodeMalformed"),
        ("CB15", "code=a%0d%0ab&state=s", "s | CodeMalformed"),
        ("CB15", "code=%D1%8E&state=s", "s | CodeMalformed"),
        ("CB15", "code=%FF&state=s", "s | CodeMalformed"),
        ("CB15", "code=%7F&state=s", "s | CodeMalformed"),
        ("CB15", "code=%20%7E&state=s", "s | code  ~"),
        ("CB15", "code=&error=access_denied&state=s", "s | denied"),
        ("CB16", "access_token=t&state=s", "s | token"),
        ("CB16", "access_token_66748=t&state=s", "s | token"),
        ("CB16", "access_token=&state=s", "s | token"),
        ("CB16", "access%5Ftoken=t&code=c&state=s", "s | token"),
        ("CB16", "payload=%7B%22access_token%22%3A%22t%22%7D&state=s", "s | token"),
        ("CB16", "access_token_of_somebody=t&code=c&state=s", "s | code c"),
        ("CB20", vk_id, "s | code vk2.a.c device=d-1"),
        ("CB20", "code=c&state=s&code_id=1&States=2&x=%zz&&=&scope=read&session_state=1", "s | code c"),
        ("CB20", payload, "s | code vk2.a.c device=d"),
        ("CB20", "payload=nothing&code=c&state=s", "s | code c"),
        ("CB20", "payload=%5B%22c%22%5D&code=c&state=s", "s | code c"),
        ("CB20", "?code=c&state=s", "s | code c"),
        ("CB20", "#code=c&state=s", "s | code c"),
        ("CB20", "&code=c&state=s", "s | code c"),
        ("CB20", "state=a%2Bb+c&code=4%2F0A", "a+b c | code 4/0A"),
        ("CB20", "error=&code=c&state=s", "s | code c"),
    ] {
        assert_eq!(describe(query), expected, "{row} {query}");
    }
}

#[test]
fn long_codes_and_queries_are_refused() {
    for (row, code, expected) in [
        ("CB15", 4096, "s | code"),
        ("CB15", 4097, "s | CodeMalformed"),
        ("CB27", LONGEST - 13, "s | CodeMalformed"),
        ("CB27", LONGEST - 12, "- | TooLong"),
    ] {
        let found = describe(&format!("code={}&state=s", "a".repeat(code)));
        assert_eq!(found.trim_end_matches('a').trim_end(), expected, "{row} {code}");
    }
}

#[test]
fn nothing_of_a_callback_is_shown() {
    let callback = read("code=CANARY&state=CAN%41RY&device_id=CANARY");
    assert!(!format!("{callback:?}").contains("CANARY"));
}

#[test]
fn a_state_is_borrowed_where_it_can_be() {
    assert!(matches!(read("state=abc-_").state, Some(Text::Borrowed("abc-_"))));
    assert!(matches!(read("state=%61").state, Some(Text::Decoded(_))));
}

/// What queries are made of, well-formed and not.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        8 => select(vec![
            "code=", "state=", "iss=", "error=", "error_description=", "payload=", "device_id=", "access_token=", "abc", "%41", "%",
            "%zz", "+", "&", "&", "&", "=", "?", "#", "https://id.example/cb", "access_denied", "%7B%22code%22%3A%22x%22%7D", "{", "}",
            "\"code\":", "\"x\"", ",", " ", "%FF", "\u{feff}",
        ]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    let loose = prop::collection::vec(scrap, 0..16).prop_map(|scraps| scraps.concat());
    let name =
        select(vec!["code", "state", "iss", "error", "error_description", "device_id", "payload", "x", "access_token"]);
    let value =
        select(vec!["", "abc", "%41", "a+b", "%00", "%FF", "access_denied", "%7B%22code%22%3A%22x%22%7D", "%7B%7D"]);
    let pairs = prop::collection::vec((name, value).prop_map(|(name, value)| format!("{name}={value}")), 0..6);
    prop_oneof![loose, pairs.prop_map(|pairs| pairs.join("&"))]
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn never_panics_and_never_invents(query in scraps()) {
        let Callback { state, outcome } = read(&query);
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.trim_start_matches(['?', '#', '&']).as_bytes()).into_owned().collect();
        let stood = |wanted: &str| pairs.iter().any(|(_, value)| value == wanted || value.contains(&format!("\"{wanted}\"")));
        if let Some(state) = state {
            prop_assert!(stood(state.expose()), "{query:?}");
        }
        if let Outcome::Code { code, .. } = outcome {
            prop_assert!(stood(code.expose()), "{query:?} gave {:?}", code.expose());
            prop_assert!(!pairs.iter().any(|(name, value)| name == "error" && !value.is_empty()));
        }
    }

    #[test]
    fn unknown_parameters_change_nothing(query in scraps(), name in "x[a-z_]{0,8}", value in "[ -~]{0,12}") {
        let mut unknown = form_urlencoded::Serializer::new(String::new());
        unknown.append_pair(&name, &value);
        let unknown = unknown.finish();
        prop_assert_eq!(describe(&format!("{query}&{unknown}")), describe(&query));
    }

    #[test]
    fn a_second_code_or_state_is_refused(code in "[!-~]{1,40}", state in "[A-Za-z0-9_-]{43}", first in any::<bool>()) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code).append_pair("state", &state);
        let query = query.finish();
        prop_assert_eq!(describe(&query), format!("{state} | code {code}"));
        for second in ["code=x", "state=x", "iss=a&iss=b"] {
            let doubled = if first { format!("{second}&{query}") } else { format!("{query}&{second}") };
            prop_assert_eq!(describe(&doubled), "- | Duplicate");
        }
    }
}

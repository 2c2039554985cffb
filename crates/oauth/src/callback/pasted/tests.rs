//! What people paste.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::sample::enough;

fn describe(text: &str) -> String {
    match read_pasted(text) {
        Ok(pasted) => {
            let state = pasted.state.map_or(String::new(), |state| format!(" state={}", state.expose()));
            let device = pasted.device_id.map_or(String::new(), |id| format!(" device={}", id.expose()));
            let iss = pasted.iss.map_or(String::new(), |iss| format!(" iss={iss}"));
            let address = pasted.address.map_or(String::new(), |url| format!(" at {url}"));
            format!("{}{state}{device}{iss}{address}", pasted.code.expose())
        }
        Err(fault) => format!("{fault:?}"),
    }
}

#[test]
#[rustfmt::skip]
fn reads_what_people_paste() {
    let long = "a".repeat(4096);
    for (text, expected) in [
        ("abc-DEF_123", "abc-DEF_123"),
        ("  abc\n", "abc"),
        ("\"abc\"", "abc"),
        ("«abc»\u{200b}", "abc"),
        ("\u{feff}abc\r\n", "abc"),
        ("4/0AX4XfWh", "4/0AX4XfWh"),
        ("4%2F0AX4XfWh", "4/0AX4XfWh"),
        ("a+b=", "a+b="),
        ("a%2Bb+c==", "a+b+c=="),
        ("dGVzdA==", "dGVzdA=="),
        ("a%zz", "a%zz"),
        (&long, &long),
        ("vk2.a.x-y_z", "vk2.a.x-y_z"),
        ("abc&state=s", "abc state=s"),
        ("abc&state=", "abc"),
        ("code=abc", "abc"),
        ("code=abc&state=s", "abc state=s"),
        ("state=s&code=abc", "abc state=s"),
        ("?code=abc&state=s", "abc state=s"),
        ("#code=abc", "abc"),
        ("&code=abc", "abc"),
        ("http://localhost:8000/callback?code=abc&state=s", "abc state=s at http://localhost:8000/callback"),
        ("http://127.0.0.1:8000/callback/acme?state=s&iss=https%3A%2F%2Fid.example&code=abc#", "abc state=s iss=https://id.example at http://127.0.0.1:8000/callback/acme"),
        ("https://mstdn.example/oauth/authorize/native?code=abc", "abc at https://mstdn.example/oauth/authorize/native"),
        ("mstdn.example/oauth/authorize/native?code=abc", "abc at https://mstdn.example/oauth/authorize/native"),
        ("/callback?code=abc", "abc"),
        ("https://a.example/cb#code=abc&state=s", "abc state=s at https://a.example/cb"),
        ("https://a.example/cb?x=1#code=abc", "abc at https://a.example/cb"),
        ("grantkeep://callback?code=abc", "abc at grantkeep://callback"),
        ("http://localhost/?code=vk2.a.c&expires_in=600&device_id=d&state=s&ext_id=e&type=code_v2", "vk2.a.c state=s device=d at http://localhost/"),
        ("{\"code\":\"abc\",\"state\":\"s\"}", "abc state=s"),
        (" {\"code\":\"abc\", \"x\":[1]} ", "abc"),
        ("{\"code\":\"abc\",\"code\":\"abd\"}", "Duplicate"),
        ("{\"code\":5}", "NoCode"),
        ("{\"state\":\"s\"}", "NoCode"),
        ("{\"error\":\"access_denied\"}", "Denied"),
        ("{code:abc}", "NoCode"),
        ("{\"access_token\":\"t\"}", "Token"),
        ("", "Empty"),
        (" \"\" \n", "Empty"),
        ("abc def", "Split"),
        ("abc\ndef", "Split"),
        ("Your code is abc", "Split"),
        ("https://a.example/cb?code=abc code=abd", "Split"),
        ("a\0b", "Split"),
        ("https://a.example/cb", "NoCode"),
        ("https://a.example/cb?state=s", "NoCode"),
        ("https://a.example/cb?error=access_denied&state=s", "Denied"),
        ("https://a.example/cb?error=invalid_scope", "Refused(InvalidScope)"),
        ("error=access_denied", "Denied"),
        ("https://a.example/cb?code=abc&code=abd", "Duplicate"),
        ("https://a.example/cb?code=abc#code=abd", "Duplicate"),
        ("abc&code=abd", "Duplicate"),
        ("abc&state=s&state=s", "Duplicate"),
        ("code=abc&error=access_denied", "Malformed"),
        ("abc&error=access_denied", "Malformed"),
        ("code=", "Malformed"),
        ("код", "Malformed"),
        ("https://oauth.vk.com/blank.html#access_token=vk1.a.x&expires_in=86400&user_id=1", "Token"),
        ("access_token=t", "Token"),
        ("state=s", "NoCode"),
        ("&", "NoCode"),
        ("?", "NoCode"),
    ] {
        assert_eq!(describe(text), expected, "{text}");
    }
}

#[test]
fn long_texts_are_refused() {
    assert_eq!(describe(&"a".repeat(4097)), "Malformed");
    assert_eq!(describe(&"a".repeat(16 * 1024 + 1)), "TooLong");
}

/// What pasted texts are made of, well-formed and not.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        8 => select(vec![
            "https://", "a.example", "/cb", "?", "#", "&", "=", "code=", "state=", "error=", "access_token=", "abc", "%41", "%", "+", " ",
            "\n", "\"", "{", "}", "\"code\":", "\"x\"", ",", "«", "\u{feff}", "==", "payload=", "%7B%22code%22%3A%22x%22%7D",
        ]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(scrap, 0..12).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn never_panics_and_never_invents(text in scraps()) {
        let Ok(pasted) = read_pasted(&text) else { return Ok(()) };
        let code = pasted.code.expose();
        let unescaped: String = form_urlencoded::parse(text.replace('+', "%2B").replace(['&', '='], "%26").as_bytes()).map(|(name, _)| name).collect();
        let plain = form_urlencoded::parse(text.replace(['&', '='], "%26").as_bytes()).map(|(name, _)| name).collect::<String>();
        let masked = code.replace('=', "&");
        prop_assert!([&text, &unescaped, &plain].iter().any(|source| source.contains(code) || source.contains(&masked)), "{text:?} gave {code:?}");
        prop_assert!(!code.is_empty());
    }

    #[test]
    fn a_code_comes_back_in_every_form(code in "[A-Za-z0-9._~/-]{1,60}", state in "[A-Za-z0-9_-]{43}") {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code).append_pair("state", &state);
        let query = query.finish();
        for text in [
            format!("{code}&state={state}"),
            query.clone(),
            format!("http://127.0.0.1:8000/callback/acme?{query}"),
            format!("{{\"code\":\"{code}\",\"state\":\"{state}\"}}"),
            format!(" \"http://127.0.0.1:8000/callback/acme?{query}\"\n"),
        ] {
            let pasted = read_pasted(&text).unwrap();
            prop_assert_eq!(pasted.code.expose(), code.as_str(), "{}", text);
            prop_assert_eq!(pasted.state.as_ref().map(Secret::expose), Some(state.as_str()), "{}", text);
        }
        let bare = read_pasted(&code).unwrap();
        prop_assert_eq!(bare.code.expose(), code.as_str());
    }
}

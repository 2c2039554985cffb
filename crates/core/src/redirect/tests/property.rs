//! What holds for every text, and not only for those of the table.

use proptest::prelude::*;
use proptest::sample::select;
use url::form_urlencoded;

use super::super::*;
use super::{is_ours, noted};

/// Failures are not kept in a file of their own: they become cases of the table.
fn enough() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) }
}

/// What pasted texts are made of, well-formed and not.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        8 => select(vec![
            "https://", "http://", "oauth.vk.com", "/blank.html", "evil.example", "localhost:8000/callback", "#", "?", "&", "=",
            "access_token", "access_token=", "access_token_7=", "expires_in=", "user_id=", "state=", "error=", "access_denied",
            "vk1.a.Qw3_rT-y9", "86400", "0", "1", "%", "%2", "%2E", "%20", "%zz", "+", ".", "...", "…", "@", ":", "/", "\\", "amp;",
        ]).prop_map(String::from),
        3 => select(vec!["{", "}", "[", "]", "\"", "'", ",", ";", "<", ">", "«", "”", " ", "\n", "\u{feff}", "\u{a0}", "\u{200b}", "\0"])
            .prop_map(String::from),
        1 => select(vec!["{\"access_token\":", "\"vk1.a.x\"", ",\"expires_in\":", "\"error\":", "\\u0041"]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(scrap, 0..14).prop_map(|scraps| scraps.concat())
}

/// Any visible ASCII that a value may have.
fn token() -> impl Strategy<Value = String> {
    let allowed: Vec<u8> = (0x21..=0x7e).filter(|&byte| super::super::token::is_of_value(byte)).collect();
    prop::collection::vec(select(allowed), 1..300).prop_map(|bytes| String::from_utf8(bytes).unwrap())
}

/// A token as providers make them.
fn usual_token() -> impl Strategy<Value = String> {
    "(vk[12]\\.a\\.)?[A-Za-z0-9_-]{8,220}"
}

fn noise() -> impl Strategy<Value = String> {
    let scraps = vec![
        " ", "\n", "\r\n", "\t", "\"", "'", "`", "<", ">", "«", "»", "“", "”", "„", "‘", "’", "\u{feff}", "\u{a0}",
        "\u{200b}", "\u{ad}", "\u{2069}", "\u{3000}",
    ];
    prop::collection::vec(select(scraps), 0..6).prop_map(|scraps| scraps.concat())
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Every top-level string of a JSON object, or the text with its percent-escapes undone: where a token must be found again.
fn sources(text: &str) -> Vec<String> {
    let json = text.find('{').zip(text.rfind('}')).and_then(|(start, end)| text.get(start..=end));
    let object: Option<serde_json::Map<String, serde_json::Value>> =
        json.and_then(|json| serde_json::from_str(json).ok());
    let members = object.into_iter().flatten().filter_map(|(_, value)| value.as_str().map(String::from));
    let undone =
        form_urlencoded::parse(text.replace(['&', '='], "%26").as_bytes()).map(|(name, _)| name.into_owned()).collect();
    members.chain([text.to_owned(), undone]).collect()
}

fn invents_nothing(text: &str) -> Result<(), TestCaseError> {
    let Ok(intake) = read(text, &is_ours) else { return Ok(()) };
    let token = intake.token.expose();
    prop_assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    let plain = token.replace(['&', '='], "&");
    prop_assert!(
        sources(text).iter().any(|source| source.contains(token) || source.contains(&plain)),
        "{text:?} gave {token:?}"
    );
    if let Text::Borrowed(token) = intake.token {
        let start = token.as_ptr() as usize - text.as_ptr() as usize;
        let (before, after) = (text[..start].trim_end_matches("%20"), &text[start + token.len()..]);
        let is_whole =
            !before.ends_with(|c: char| c.is_alphanumeric()) && !after.starts_with(|c: char| c.is_alphanumeric());
        prop_assert!(is_whole, "{text:?} gave only {token:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(enough())]

    #[test]
    fn never_panics_and_never_invents_on_any_text(text in any::<String>()) {
        invents_nothing(&text)?;
    }

    #[test]
    fn never_panics_and_never_invents_on_scraps(text in scraps()) {
        invents_nothing(&text)?;
    }

    #[test]
    fn noise_around_an_address_changes_nothing(
        token in usual_token(), seconds in 0..200_000_u64, user in 1..=i64::MAX, before in noise(), after in noise(),
        stop in select(vec!["", ",", ";", ".", ", "]),
    ) {
        let address = format!("https://oauth.vk.com/blank.html#access_token={token}&expires_in={seconds}&user_id={user}");
        let lifetime = if seconds == 0 { "never".to_owned() } else { format!("for {seconds}") };
        let noisy = format!("{before}{address}{stop}{after}");
        prop_assert_eq!(noted(&read(&noisy, &is_ours)), format!("{token} {lifetime} user {user}"));
    }

    #[test]
    fn noise_around_a_token_changes_nothing(token in usual_token(), before in noise(), after in noise()) {
        let noisy = format!("{before}{token}{after}");
        prop_assert_eq!(noted(&read(&noisy, &is_ours)), token);
    }

    #[test]
    fn a_gap_in_the_middle_is_never_closed(token in usual_token(), at in 1..7_usize, gap in select(vec![" ", "\n", "\r\n", "\u{a0}", "\u{200b}"])) {
        let (left, right) = token.split_at(at);
        for text in [format!("{left}{gap}{right}"), format!("#access_token={left}{gap}{right}&expires_in=1")] {
            prop_assert!(read(&text, &is_ours).is_err());
        }
    }

    #[test]
    fn a_cut_address_gives_the_token_or_a_beginning_of_it(token in usual_token(), cut in 8..400_usize) {
        let address = format!("https://oauth.vk.com/blank.html#access_token={token}&expires_in=86400&user_id=1");
        let cut = cut.min(address.len());
        if let Ok(intake) = read(&address[..cut], &is_ours) {
            prop_assert!(token.starts_with(intake.token.expose()));
            prop_assert!(!address[..cut].contains("&expires") || intake.token.expose() == token);
        }
    }

    #[test]
    fn two_tokens_are_never_one(
        first in token(), second in token(), between in select(vec!["", "&user_id=1", "&x=%zz", "&x=https://vk.com/"]),
        mark in select(vec!["&", "#", "?", "&&", "\n#", " https://oauth.vk.com/blank.html#", "&amp;"]),
        names in select(vec![("access_token", "access_token"), ("access_token", "access%5Ftoken"), ("access_token_1", "access_token_2")]),
        start in select(vec!["", "#", "https://oauth.vk.com/blank.html#", "https://oauth.vk.com/blank.html?"]),
    ) {
        let text = format!("{start}{}={}{between}{mark}{}={}", names.0, encoded(&first), names.1, encoded(&second));
        let fault = read(&text, &is_ours).unwrap_err();
        prop_assert!(matches!(fault, IntakeFault::TwoTokens | IntakeFault::Split), "{fault:?}");
        let json = serde_json::json!([first, second]);
        let text = format!("{{\"access_token\":{},\"access_token_1\":{}}}", json[0], json[1]);
        prop_assert_eq!(read(&text, &is_ours).unwrap_err(), IntakeFault::TwoTokens);
    }

    #[test]
    fn an_encoded_token_comes_back(token in token()) {
        let text = format!("https://oauth.vk.com/blank.html?x#access_token={}&expires_in=0", encoded(&token));
        let intake = read(&text, &is_ours).unwrap();
        prop_assert_eq!(intake.token.expose(), &token);
        let text = serde_json::json!({ "access_token": token }).to_string();
        let intake = read(&text, &is_ours).unwrap();
        prop_assert_eq!(intake.token.expose(), &token);
    }

    #[test]
    fn a_bare_token_comes_back(token in "[A-Za-z0-9+_~-][A-Za-z0-9+_~!$*|.-]{0,220}={0,2}") {
        prop_assert_eq!(noted(&read(&token, &is_ours)), token);
    }

    #[test]
    fn another_address_is_refused_whatever_it_carries(host in "[a-z]{1,8}\\.[a-z]{2,5}", rest in scraps()) {
        prop_assume!(host != "vk.com" && host != "vk.ru");
        let text = format!("https://{host}/{rest}");
        prop_assert!(read(&text, &is_ours).is_err());
    }
}

//! VK's real answers, one conversation a line, and what follows from each.

mod conversation;

use std::collections::BTreeSet;
use std::path::PathBuf;

use conversation::CONVERSATIONS;
use grantkeep_core::Outcome;
use http::HeaderMap;
use proptest::prelude::*;

use super::*;
use crate::default_account;

/// A token with characters that must be escaped, which no other text of these tests holds.
const MINTED: &str = "vk1.a.M1nted-_~ +&=%/\u{2603}\"";

fn answers_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("answers")
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_vec().into() }
}

/// One answer of a conversation.
fn parse_answer(text: &str) -> Result<Answer, NoAnswer> {
    let mut parsed = answer(200, b"");
    for word in text.split(' ') {
        match word {
            "broken" => return Err(NoAnswer::Broken),
            "forbidden" => return Err(NoAnswer::Forbidden),
            "timeout" => return Err(NoAnswer::Timeout),
            "too_large" => return Err(NoAnswer::TooLarge),
            "unreachable" => return Err(NoAnswer::Unreachable),
            "challenge" => {
                parsed.headers.insert("x-challenge", http::HeaderValue::from_static("Required"));
                parsed.headers.insert("x-challenge-url", http::HeaderValue::from_static("/challenge.html"));
            }
            word => match word.parse() {
                Ok(status) => parsed.status = status,
                Err(_) => {
                    let body = std::fs::read(answers_dir().join(word)).unwrap();
                    let echoed = String::from_utf8(body).unwrap().replace("ECHOED_TOKEN", "vk1.a.M1nted");
                    parsed.body = echoed.into_bytes().into();
                }
            },
        }
    }
    Ok(parsed)
}

/// Leads a check through its answers to the end; every step on the way must show nothing of the token.
fn lead(kind: TokenKind, answers: impl IntoIterator<Item = Result<Answer, NoAnswer>>) -> Finding {
    let settings = Settings::default();
    let token = Secret::from(MINTED);
    let mut step = start(&settings, &token, kind);
    let mut answers = answers.into_iter();
    loop {
        let shown = format!("{step:?}");
        assert!(!shown.contains("M1nted"), "{shown}");
        match step {
            Step::Done(finding) => {
                assert!(answers.next().is_none(), "an answer was left over: {finding:?}");
                return finding;
            }
            Step::Send(request, check) => {
                assert!(!request.url.as_str().contains("M1nted"));
                step = check.answered(answers.next().expect("one more answer"));
            }
        }
    }
}

fn print(finding: &Finding) -> String {
    let identity = finding.identity.as_ref().map_or("-".into(), |identity| {
        format!("{}={}", identity.kind.as_str(), default_account(Some(&identity.subject)))
    });
    format!("{} {} {} {identity}", finding.outcome.as_str(), finding.cause, finding.asked)
}

#[test]
fn every_conversation_comes_to_its_finding() {
    for (conversation, expected) in CONVERSATIONS {
        let finding = lead(TokenKind::VkUnknown, conversation.split(" + ").map(parse_answer));
        assert_eq!(print(&finding), expected, "{conversation}");
    }
}

#[test]
fn every_stored_answer_is_in_the_table() {
    let stored: BTreeSet<String> = std::fs::read_dir(answers_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let words = CONVERSATIONS.iter().flat_map(|(conversation, _)| conversation.split(' '));
    let used: BTreeSet<String> = words.filter(|word| word.contains('.')).map(str::to_owned).collect();
    assert_eq!(stored, used);
}

#[test]
fn what_vk_shows_replaces_what_was_thought() {
    for (kind, conversation, expected) in [
        (TokenKind::VkId, "user.json", "alive confirmed users.get vk_id=vk_123456"),
        (TokenKind::VkUser, "user.json", "alive confirmed users.get vk_user=vk_123456"),
        (TokenKind::VkCommunity, "user.json", "alive confirmed users.get vk_user=vk_123456"),
        (TokenKind::VkService, "user.json", "alive confirmed users.get vk_user=vk_123456"),
        (TokenKind::VkUser, "nobody.json + groups_5_199.json", "alive confirmed groups.getById vk_community=vk_club77"),
        (TokenKind::VkService, "nobody.json + groups_none.json", "alive confirmed groups.getById vk_service=vk_app"),
        // It came as a community's: that VK names none does not make it the application's.
        (TokenKind::VkCommunity, "nobody.json + groups_none.json", "alive confirmed groups.getById -"),
        (TokenKind::VkCommunity, "nobody.json + error_15.json", "alive vk_15 groups.getById -"),
    ] {
        let finding = lead(kind, conversation.split(" + ").map(parse_answer));
        assert_eq!(print(&finding), expected, "{kind:?} {conversation}");
    }
}

/// The request of the first step, or of the one after an empty list.
fn sent(settings: &Settings, token: &str, second: bool) -> Outgoing {
    let token = Secret::from(token);
    let Step::Send(first, check) = start(settings, &token, TokenKind::VkUnknown) else { panic!("nothing to send") };
    if !second {
        return first;
    }
    let Step::Send(next, _) = check.answered(parse_answer("nobody.json")) else { panic!("nothing more to send") };
    next
}

#[test]
fn the_token_goes_into_the_body_and_nowhere_else() {
    let vk = Settings::default();
    let base = |text| Settings { api_url: Url::parse(text).unwrap(), ..Settings::default() };
    let emulated = base("http://127.0.0.1:8001/vk/?a=b#c");
    for (settings, second, url) in [
        (&vk, false, "https://api.vk.ru/method/users.get"),
        (&vk, true, "https://api.vk.ru/method/groups.getById"),
        (&emulated, false, "http://127.0.0.1:8001/vk/method/users.get"),
        (&emulated, true, "http://127.0.0.1:8001/vk/method/groups.getById"),
    ] {
        let request = sent(settings, MINTED, second);
        assert_eq!((request.url.as_str(), &request.method, request.purpose), (url, &Method::POST, Purpose::Check));
        assert!(request.headers.is_empty());
        assert_eq!(form_of(request).expose(), "access_token=vk1.a.M1nted-_%7E+%2B%26%3D%25%2F%E2%98%83%22&v=5.199");
    }
}

fn form_of(request: Outgoing) -> Secret {
    match request.body {
        Some(Payload::Form(form)) => form,
        other => panic!("not a form: {other:?}"),
    }
}

#[test]
fn the_form_escapes_every_odd_character() {
    for (token, form) in [
        ("vk1.a.Ab-_9", "access_token=vk1.a.Ab-_9&v=5.199"),
        ("", "access_token=&v=5.199"),
        ("a&v=1#?", "access_token=a%26v%3D1%23%3F&v=5.199"),
        ("a\r\n\0", "access_token=a%0D%0A%00&v=5.199"),
        ("я", "access_token=%D1%8F&v=5.199"),
    ] {
        assert_eq!(form_of(sent(&Settings::default(), token, false)).expose(), form, "{token:?}");
    }
}

#[test]
fn bodies_of_any_size_and_depth_are_only_unclear() {
    for body in [
        format!("{{\"response\":{}", "[".repeat(100_000)),
        format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{}1{}", "{\"response\":".repeat(100_000), "}".repeat(100_000)),
        format!("{{\"error\":{{\"error_msg\":\"{}\"}}}}", "expired ".repeat(500_000)),
    ] {
        let finding = lead(TokenKind::VkUnknown, [Ok(answer(200, body.as_bytes()))]);
        assert_eq!((finding.outcome, finding.identity), (Outcome::Unclear, None), "{}", finding.cause);
    }
}

/// The codes that prove a living token.
const ALIVE_CODES: [&str; 9] = ["7", "15", "20", "21", "27", "28", "30", "203", "1051"];

/// Leads a check through two answers at most, and says whether it may have come out alive.
fn comes_out_honestly(kind: TokenKind, bodies: &[(u16, Vec<u8>); 2]) -> Result<(), TestCaseError> {
    let said = |text: &str| bodies.iter().any(|(_, body)| body.windows(text.len()).any(|part| part == text.as_bytes()));
    let (settings, token) = (Settings::default(), Secret::from(MINTED));
    let mut step = start(&settings, &token, kind);
    for (status, body) in bodies {
        if let Step::Send(_, check) = step {
            step = check.answered(Ok(answer(*status, body)));
        }
    }
    let Step::Done(finding) = step else { return Err(TestCaseError::fail("asks more than twice")) };
    let proof = said("response") || ALIVE_CODES.iter().any(|code| said(code));
    prop_assert!(finding.outcome != Outcome::Alive || proof, "{finding:?}");
    prop_assert!(finding.identity.is_none() || finding.outcome == Outcome::Alive, "{finding:?}");
    prop_assert!(finding.cause.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{finding:?}");
    Ok(())
}

/// JSON that resembles an envelope: our members, values of any type.
fn envelope_like() -> impl Strategy<Value = Vec<u8>> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (0_u32..1200).prop_map(|code| code.to_string()),
        "[ -~&&[^\"\\\\]]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just("\"method is unavailable\"".to_owned()),
    ];
    let value = scalar.prop_recursive(4, 24, 4, |inner| {
        let key = proptest::sample::select(vec![
            "error",
            "response",
            "error_code",
            "error_subcode",
            "error_msg",
            "groups",
            "id",
            "other",
        ]);
        let members = proptest::collection::vec((key, inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(|list| format!("[{}]", list.join(","))),
            members.prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    value.prop_map(String::into_bytes)
}

fn kinds() -> impl Strategy<Value = TokenKind> {
    proptest::sample::select(TokenKind::ALL.map(|(kind, _)| kind).to_vec())
}

proptest! {
    #[test]
    fn any_bytes_with_any_status_come_out_honestly(
        kind in kinds(), first: (u16, Vec<u8>), second: (u16, Vec<u8>),
    ) {
        comes_out_honestly(kind, &[first, second])?;
    }

    #[test]
    fn any_json_comes_out_honestly(kind in kinds(), first in envelope_like(), second in envelope_like()) {
        comes_out_honestly(kind, &[(200, first), (200, second)])?;
    }

    #[test]
    fn any_code_and_message_come_out_honestly(
        kind in kinds(), code in 0_u32..4000, subcode: Option<u16>, message in "[a-z_ .]{0,40}",
    ) {
        let error = serde_json::json!({"error": {"error_code": code, "error_subcode": subcode, "error_msg": message}});
        let error = error.to_string().into_bytes();
        comes_out_honestly(kind, &[(200, error.clone()), (200, error.clone())])?;
        comes_out_honestly(kind, &[(200, br#"{"response":[]}"#.to_vec()), (500, error)])?;
    }
}

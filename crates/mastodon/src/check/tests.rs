//! What servers answer to a token, one answer a line, and what follows from each.

mod conversation;

use conversation::CONVERSATIONS;
use proptest::prelude::*;

use super::*;
use crate::tests::{answer, parse};
use crate::{Person, default_account};

/// A token that no other text of these tests holds.
const MINTED: &str = "M1nted-_.~+/=token";

fn server() -> Server {
    Server::from_kept("mstdn.jp").unwrap()
}

/// Leads a check to its end.
fn lead(software: Software, scopes: Option<&str>, answer: Result<Answer, NoAnswer>) -> Finding {
    let token = Secret::from(MINTED);
    let step = start(&server(), software, &token, scopes.map(Scopes::parse).as_ref());
    let shown = format!("{step:?}");
    assert!(!shown.contains("M1nted"), "{shown}");
    let Step::Send(outgoing, check) = step else { panic!("nothing to send") };
    assert!(!outgoing.url.as_str().contains("M1nted"));
    match check.answered(answer) {
        Step::Done(finding) => finding,
        Step::Send(..) => panic!("asks twice"),
    }
}

fn print(finding: &Finding) -> String {
    let identity = match &finding.identity {
        None => "-".to_owned(),
        identity => default_account(identity.as_ref(), &server()).to_string(),
    };
    format!("{} {} {identity}", finding.outcome.as_str(), finding.cause)
}

#[test]
fn every_conversation_comes_to_its_finding() {
    for (software, conversation, expected) in CONVERSATIONS {
        let finding = lead(*software, None, parse(conversation));
        assert_eq!(print(&finding), *expected, "{software:?} {conversation}");
        assert_eq!(finding.asked, ACCOUNTS);
    }
}

#[test]
fn a_token_that_may_not_ask_who_it_is_is_shown_elsewhere() {
    use Software::{Friendica, Mastodon, MastodonBefore43};
    #[rustfmt::skip]
    let table = [
        (Mastodon,         Some("write:media"),    "mastodon/application.json",                     APPS,     "alive confirmed -"),
        (Mastodon,         Some("write:media"),    "401 bearer:invalid_token mastodon/revoked.json", APPS,    "revoked invalid_token -"),
        (Mastodon,         Some("write:media"),    "any/null.json",                                 APPS,     "unclear not_json -"),
        (Mastodon,         Some("write:media"),    "mastodon/revoked_done.json",                    APPS,     "unclear unexpected_answer -"),
        (Mastodon,         Some("profile write"),  "mastodon/account.json",                         ACCOUNTS, "alive confirmed me@mstdn.jp"),
        (Mastodon,         Some(""),               "mastodon/account.json",                         ACCOUNTS, "alive confirmed me@mstdn.jp"),
        (Mastodon,         None,                   "mastodon/account.json",                         ACCOUNTS, "alive confirmed me@mstdn.jp"),
        (MastodonBefore43, Some("write:media"),    "403 bearer:insufficient_scope mastodon/outside_scopes.json", ACCOUNTS,
            "alive insufficient_scope -"),
        (Friendica,        Some("read write"),     "403 friendica/invalid.json",                    ACCOUNTS, "revoked invalid_token -"),
        (Friendica,        Some("write"),          "403 friendica/invalid.json",                    ACCOUNTS, "unclear http_403 -"),
    ];
    for (software, scopes, conversation, asked, expected) in table {
        let finding = lead(software, scopes, parse(conversation));
        assert_eq!((finding.asked, print(&finding).as_str()), (asked, expected), "{software:?} {scopes:?}");
    }
}

#[test]
fn a_person_is_told_by_id_and_username() {
    let person = |file| match lead(Software::Mastodon, None, parse(file)).identity {
        Some(Identity::Person(person)) => person,
        other => panic!("{other:?}"),
    };
    let me = person("mastodon/account.json");
    assert_eq!((&*me.id, &*me.username), ("109501203", "me"));
    let subject = Identity::Person(me).subject(&server());
    assert_eq!(subject, grantkeep_core::Subject::Person("109501203@mstdn.jp".into()));
}

#[test]
fn accounts_have_a_name_even_while_nobody_has_told() {
    let sandbox = Server::from_kept("http://127.0.0.1:8003").unwrap();
    let long = Server::from_kept(&format!("{}.example", ["a".repeat(60).as_str(); 3].join("."))).unwrap();
    let named = |username: &str| {
        let (id, username) = ("7".into(), username.into());
        Identity::Person(Person { id, username })
    };
    let me = named("me");
    assert_eq!(default_account(Some(&me), &sandbox).as_str(), "me@127.0.0.1:8003");
    assert_eq!(default_account(Some(&Identity::Application), &sandbox).as_str(), "app@127.0.0.1:8003");
    assert_eq!(default_account(None, &sandbox).as_str(), "unverified@127.0.0.1:8003");
    assert_eq!(default_account(Some(&me), &long).as_str().len(), 128);
    // A letter that normalisation makes three of.
    let growing = default_account(Some(&named(&"\u{fb2c}".repeat(20))), &long);
    assert_eq!(growing.as_str().chars().count(), 82);
}

#[test]
fn the_token_goes_into_the_header_and_nowhere_else() {
    for (kept, url) in [
        ("mstdn.jp", "https://mstdn.jp/api/v1/accounts/verify_credentials"),
        ("http://127.0.0.1:8003", "http://127.0.0.1:8003/api/v1/accounts/verify_credentials"),
    ] {
        let server = Server::from_kept(kept).unwrap();
        let Step::Send(request, _) = start(&server, Software::Mastodon, &Secret::from(MINTED), None) else {
            panic!("nothing to send")
        };
        assert_eq!((request.url.as_str(), &request.method, request.purpose), (url, &Method::GET, Purpose::Check));
        assert!(request.body.is_none());
        let header = |name| request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let authorization = header(header::AUTHORIZATION).unwrap();
        assert!(authorization.is_sensitive() && *authorization == format!("Bearer {MINTED}"));
        assert_eq!(header(header::ACCEPT).unwrap(), "application/json");
        assert_eq!(header(header::ACCEPT_LANGUAGE).unwrap(), "en");
    }
}

#[test]
fn a_token_that_no_server_made_is_not_sent() {
    for token in ["a\nb", "a\0"] {
        let Step::Done(finding) = start(&server(), Software::Mastodon, &Secret::from(token), None) else {
            panic!("sent")
        };
        assert_eq!(print(&finding), "revoked malformed_token -");
    }
}

#[test]
fn bodies_of_any_size_and_depth_are_only_unclear() {
    for body in [
        format!("{{\"id\":{}", "[".repeat(100_000)),
        format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{}1{}", "{\"id\":".repeat(100_000), "}".repeat(100_000)),
        format!("{{\"username\":\"{}\",\"id\":\"7\"}}", "a".repeat(1_000_000)),
    ] {
        let finding = lead(Software::Mastodon, None, Ok(answer(200, body.as_bytes())));
        assert_eq!((finding.outcome, finding.identity), (Outcome::Unclear, None), "{}", finding.cause);
    }
}

/// JSON that resembles an account or an error: our members, values of any type.
fn object_like() -> impl Strategy<Value = Vec<u8>> {
    let key =
        proptest::sample::select(vec!["id", "username", "acct", "url", "display_name", "error", "identifier", "x"]);
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "[ -~&&[^\"\\\\]]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just("\"invalid_token\"".to_owned()),
        Just("\"Invalid credentials.\"".to_owned()),
        Just("[{\"id\":1}]".to_owned()),
    ];
    proptest::collection::vec((key, value), 0..6).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    })
}

proptest! {
    #[test]
    fn any_answer_comes_out_honestly(
        software in proptest::sample::select(Software::ALL.to_vec()),
        status in prop_oneof![any::<u16>(), proptest::sample::select(vec![200_u16, 302, 400, 401, 403, 422, 500])],
        body in prop_oneof![any::<Vec<u8>>(), object_like()],
    ) {
        let finding = lead(software, None, Ok(answer(status, &body)));
        let is_word = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        prop_assert!(finding.cause.bytes().all(is_word), "{finding:?}");
        // Without a header there is a success behind a living person, and a refusal behind everything else that is clear.
        prop_assert!(finding.outcome == Outcome::Unclear || matches!(status, 200 | 302 | 400..=403 | 422), "{finding:?}");
        prop_assert_eq!(status == 200 && finding.outcome != Outcome::Unclear, matches!(finding.identity, Some(Identity::Person(_))));
        if let Some(identity) = &finding.identity {
            prop_assert_eq!(finding.outcome, Outcome::Alive);
            default_account(Some(identity), &server());
        }
    }
}

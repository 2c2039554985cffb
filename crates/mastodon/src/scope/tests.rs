//! What is asked for, by server and by what somebody wants.

use super::*;

/// What Mastodon 4.6 lists, shortened.
const LISTED: &str = "read profile write write:media write:statuses read:accounts follow push";

fn print(software: Software, supported: &str, asked: &str) -> String {
    let some = |text: &str| Some(Scopes::parse(text)).filter(|scopes| !scopes.is_empty());
    match choose(software, some(supported).as_ref(), some(asked).as_ref()) {
        Ok(scopes) => scopes.to_string(),
        Err(ScopeFault::NotKnown(scopes)) => format!("unknown: {scopes}"),
    }
}

#[test]
fn scopes_are_those_that_the_server_knows() {
    use Software::{Akkoma, Hollo, Mastodon, MastodonBefore43, Mitra, Pixelfed, Unknown};
    let fine = "read:accounts write:media write:statuses";
    #[rustfmt::skip]
    let table = [
        (Mastodon,         LISTED,        "",                    "profile write:media write:statuses"),
        (Mastodon,         LISTED,        "read write follow",   "read write follow"),
        (Mastodon,         LISTED,        "write:media write:media read", "write:media read"),
        (Mastodon,         LISTED,        "read crypto write:x", "unknown: crypto write:x"),
        (MastodonBefore43, "",            "",                    fine),
        (MastodonBefore43, "",            "profile",             "unknown: profile"),
        (MastodonBefore43, "",            "read crypto",         "read crypto"),
        (Hollo,            "read read:accounts write write:media write:statuses", "", fine),
        (Akkoma,           "",            "",                    fine),
        (Akkoma,           "",            "admin",               "admin"),
        (Pixelfed,         "",            "",                    "read write"),
        (Pixelfed,         "",            "read admin:read",     "read admin:read"),
        (Pixelfed,         "",            "read write:media",    "unknown: write:media"),
        (Mitra,            "",            "profile",             "profile"),
        (Unknown,          "",            "",                    "read write"),
        (Unknown,          "read write",  "",                    "read write"),
        (Unknown,          LISTED,        "",                    "profile write:media write:statuses"),
    ];
    for (software, supported, asked, expected) in table {
        assert_eq!(print(software, supported, asked), expected, "{software:?} {asked:?}");
    }
}

#[test]
fn some_scopes_let_a_token_ask_who_it_is() {
    for (scopes, expected) in [
        ("profile", true),
        ("write read", true),
        ("read:accounts", true),
        ("read:statuses", false),
        ("write:media write:statuses", false),
        ("", false),
    ] {
        assert_eq!(identifies(&Scopes::parse(scopes)), expected, "{scopes:?}");
    }
}

#[test]
fn every_server_can_be_asked_for_the_default_and_names_the_person() {
    for software in Software::ALL {
        assert!(identifies(&choose(software, None, None).unwrap()), "{software:?}");
    }
}

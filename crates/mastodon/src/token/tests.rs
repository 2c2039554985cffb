//! Tokens of each server, an answer a line.

use super::*;
use crate::registration::client;
use crate::site::Endpoints;
use crate::tests::{form_of, parse};
use crate::{Server, import};

const NOW: Timestamp = Timestamp::from_unix(1_768_145_400);

fn until(expiry: Expiry) -> String {
    match expiry {
        Expiry::Never => "never".into(),
        Expiry::Unstated => panic!("nothing here leaves that open"),
        Expiry::Stated(at) => format!("{}d", at.since(NOW).seconds() / 86_400),
        Expiry::Assumed(at) => format!("{}d assumed", at.since(NOW).seconds() / 86_400),
    }
}

#[test]
fn every_server_s_token_is_kept_as_it_is_meant() {
    use Software::{
        Akkoma, Friendica, GoToSocial, Hollo, Mastodon, MastodonBefore43, Mitra, Pixelfed, Snac, Takahe, Unknown,
    };
    let made = "2026-01-11T15:30:00Z";
    #[rustfmt::skip]
    let table = [
        (Mastodon,         "mastodon/token.json",     "never",        false, "profile write:media write:statuses", "2023-11-14T22:13:20Z"),
        (MastodonBefore43, "mastodon/token.json",     "never",        false, "profile write:media write:statuses", "2023-11-14T22:13:20Z"),
        (GoToSocial,       "gotosocial/token.json",   "never",        false, "read write", made),
        (Akkoma,           "akkoma/token.json",       "never",        true,  "read write", made),
        (Akkoma,           "akkoma/token_short.json", "1d",           true,  "read write", "-"),
        (Pixelfed,         "pixelfed/token.json",     "365d",         true,  "-",          made),
        (Friendica,        "friendica/token.json",    "never",        false, "read write", made),
        (Mitra,            "mitra/token.json",        "30d",          false, "read write", made),
        (Mitra,            "takahe/token.json",       "30d assumed",  false, "read write", made),
        (Pixelfed,         "takahe/token.json",       "365d assumed", false, "read write", made),
        (Hollo,            "hollo/token.json",        "never",        false, "read write", made),
        (Takahe,           "takahe/token.json",       "never",        false, "read write", made),
        (Snac,             "snac/token.json",         "never",        false, "-",          made),
        (Unknown,          "mitra/token.json",        "30d",          false, "read write", made),
    ];
    for (software, file, expiry, renews, scopes, created_at) in table {
        let answer = token::read(&parse(file).unwrap()).unwrap();
        let made = answer.created_at.map_or("-".to_owned(), |at| at.to_string());
        assert_eq!(
            (
                until(super::expiry(software, answer.lifetime, NOW)).as_str(),
                answer.refresh_token.is_some(),
                answer.scope.as_deref().unwrap_or("-"),
                made.as_str()
            ),
            (expiry, renews, scopes, created_at),
            "{software:?} {file}"
        );
        assert!(answer.access_token.expose().contains("M1nted") && !format!("{answer:?}").contains("M1nted"));
    }
}

#[test]
fn a_lifetime_of_nothing_is_none() {
    let lifetime = |days: u64| Stated::For(Lifetime::from_hours(24 * days));
    for (software, stated, expected) in [
        (Software::Mastodon, Stated::Absent, "never"),
        (Software::Mastodon, Stated::Zero, "never"),
        (Software::Mastodon, lifetime(7), "7d"),
        (Software::Mitra, Stated::Zero, "30d assumed"),
        (Software::Akkoma, Stated::For(Lifetime::LONGEST), "never"),
        (Software::Akkoma, lifetime(50 * 365), "never"),
        (Software::Akkoma, lifetime(50 * 365 - 1), "18249d"),
    ] {
        assert_eq!(until(expiry(software, stated, NOW)), expected, "{software:?} {stated:?}");
    }
}

#[test]
fn a_token_made_by_hand_is_taken_as_text() {
    for (software, text, expected) in [
        (Software::Mastodon, " M1ntedToken-_\n", "never"),
        (Software::Pixelfed, "eyJ0eXAi.M1nted.x", "365d assumed"),
        (Software::Mitra, "M1ntedToken", "30d assumed"),
        (Software::Mastodon, r#"{"access_token":"M1ntedToken","token_type":"Bearer","scope":"read"}"#, "never"),
        (Software::Mitra, r#"{"access_token":"M1ntedToken","expires_in":86400}"#, "1d"),
    ] {
        let intake = import::read(text).unwrap();
        assert!(intake.token.expose().contains("M1nted"));
        assert_eq!(until(import::expiry(software, &intake, NOW)), expected, "{text}");
    }
    for text in ["", "two words", "https://mstdn.jp/@me", "https://mstdn.jp/#access_token=x"] {
        assert!(import::read(text).is_err(), "{text:?}");
    }
}

#[test]
fn credentials_and_tokens_go_into_the_body() {
    let endpoints = Endpoints::usual(&Server::from_kept("mstdn.jp").unwrap());
    let (secret, spent) = (Secret::from("M1ntedSecret"), Secret::from("M1ntedToken"));
    let outgoing = refresh(&endpoints.token, &client("abc", &secret), &spent);
    let mut form: Vec<&str> = form_of(&outgoing).split('&').collect();
    form.sort_unstable();
    assert_eq!(
        form.join("&"),
        "client_id=abc&client_secret=M1ntedSecret&grant_type=refresh_token&refresh_token=M1ntedToken"
    );
    assert_eq!(outgoing.url.as_str(), "https://mstdn.jp/oauth/token");
    assert!(outgoing.headers.iter().all(|(name, _)| name == http::header::ACCEPT));
}

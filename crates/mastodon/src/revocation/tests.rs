//! Withdrawals, a server and an answer a line.

use http::header::AUTHORIZATION;

use super::*;
use crate::Server;
use crate::registration::client;
use crate::site::Endpoints;
use crate::tests::{form_of, parse};

#[test]
fn a_token_is_withdrawn_as_its_server_wants_it() {
    let endpoints = Endpoints::usual(&Server::from_kept("mstdn.jp").unwrap());
    let (secret, token) = (Secret::from("M1ntedSecret"), Secret::from("M1ntedToken"));
    for software in Software::ALL {
        let outgoing = request(software, &endpoints.revocation, &client("abc", &secret), &token);
        let Some(outgoing) = outgoing else {
            assert_eq!(software, Software::Sharkey);
            continue;
        };
        assert_eq!(outgoing.url.as_str(), "https://mstdn.jp/oauth/revoke");
        let mut form: Vec<&str> = form_of(&outgoing).split('&').collect();
        form.sort_unstable();
        assert_eq!(form, ["client_id=abc", "client_secret=M1ntedSecret", "token=M1ntedToken"]);
        let shows_token = outgoing.headers.iter().any(|(name, _)| name == AUTHORIZATION);
        assert_eq!(shows_token, software == Software::Mitra, "{software:?}");
        assert!(!format!("{outgoing:?}").contains("M1nted"));
    }
}

#[test]
fn every_answer_to_a_withdrawal_is_read() {
    #[rustfmt::skip]
    let table = [
        ("mastodon/revoked_done.json",            Withdrawal::Done),
        ("any/empty.txt",                         Withdrawal::Done),
        ("204 any/empty.txt",                     Withdrawal::Done),
        ("403 mastodon/revoke_refused.json",      Withdrawal::Refused),
        ("401 mastodon/invalid_client.json",      Withdrawal::Refused),
        ("400 gotosocial/invalid_request.json",   Withdrawal::Refused),
        ("404 any/page.html",                     Withdrawal::NotOffered),
        ("404 mitra/not_found.json",              Withdrawal::NotOffered),
        ("405 any/empty.txt",                     Withdrawal::NotOffered),
        ("502 any/bad_gateway.html",              Withdrawal::Unclear),
        ("302 to:/login pixelfed/login.html",     Withdrawal::Unclear),
        ("any/page.html",                         Withdrawal::Unclear),
        ("timeout",                               Withdrawal::Unclear),
    ];
    for (conversation, expected) in table {
        assert_eq!(read(parse(conversation)), expected, "{conversation}");
    }
}

//! The page a person is sent to.

use grantkeep_core::Secret;
use grantkeep_oauth::Verifier;

use super::*;
use crate::Server;
use crate::site::Endpoints;

fn url(redirect_uri: &str, ask_again: bool) -> String {
    let endpoints = Endpoints::usual(&Server::from_kept("mstdn.jp").unwrap());
    let challenge = Verifier::from_kept(Secret::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).challenge();
    let request = Request {
        endpoint: &endpoints.authorization,
        client_id: "abc-_",
        redirect_uri,
        scopes: &Scopes::parse("profile write:media"),
        state: "xyz",
        challenge: &challenge,
        ask_again,
    };
    request.url().into()
}

#[test]
fn the_request_has_what_the_server_registered() {
    let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let redirect = "http://127.0.0.1:8000/callback/mastodon/mstdn.jp";
    let head = "https://mstdn.jp/oauth/authorize?client_id=abc-_&redirect_uri=";
    let loopback = "http%3A%2F%2F127.0.0.1%3A8000%2Fcallback%2Fmastodon%2Fmstdn.jp";
    let tail = format!("&scope=profile+write%3Amedia&response_type=code&state=xyz&{challenge}");
    for (ask_again, end) in [(false, ""), (true, "&force_login=true")] {
        assert_eq!(url(redirect, ask_again), format!("{head}{loopback}{tail}{end}"));
    }
}

#[test]
fn a_code_that_is_shown_has_no_state_with_it() {
    let shown = url(SHOWN, false);
    assert!(shown.contains("redirect_uri=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob&") && shown.contains("code_challenge="));
    assert!(!shown.contains("state"), "{shown}");
}

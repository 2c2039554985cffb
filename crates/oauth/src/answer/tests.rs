//! What the header and the status say where the body does not, and what a fault never says.

use http::{HeaderValue, header::WWW_AUTHENTICATE};

use super::*;
use crate::sample;

const KNOWN_HERE: Known = &["error", "sub"];

fn cause(mut answer: Answer, challenge: &str) -> String {
    if !challenge.is_empty() {
        answer.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_str(challenge).unwrap());
    }
    match open(&answer, KNOWN_HERE, Encoding::Json) {
        Ok(_) => "fine".into(),
        Err(fault) => fault.cause().into_owned(),
    }
}

#[test]
fn a_code_in_the_header_says_what_the_body_does_not() {
    let mastodon =
        r#"Bearer realm="Doorkeeper", error="invalid_token", error_description="The access token is invalid""#;
    let scope = r#"Bearer realm="Doorkeeper", error="insufficient_scope""#;
    for (status, body, challenge, expected) in [
        (401, r#"{"error":"Der Zugriffstoken ist ungültig"}"#, mastodon, "invalid_token"),
        (401, r#"{"error":"Der Zugriffstoken ist ungültig"}"#, "", "refused_401"),
        (403, r#"{"error":"This action is outside the authorized scopes"}"#, scope, "insufficient_scope"),
        (401, "", mastodon, "invalid_token"),
        (401, "", "", "refused_401"),
        (401, "", "Bearer", "refused_401"),
        (401, "", "Basic realm=\"x\", bearer", "refused_401"),
        (401, "", "Basic realm=\"the proxy's\"", "empty_answer"),
        (401, "Unauthorized", "Negotiate", "not_understood"),
        (401, r#"{"error":"invalid_client"}"#, "Basic realm=\"x\"", "invalid_client"),
        (401, r#"{"message":"Bad credentials"}"#, "Basic realm=\"x\"", "refused_401"),
        (401, "<html>", mastodon, "invalid_token"),
        (401, "<html>", "Basic realm=\"x\"", "html"),
        (400, r#"{"error":"invalid_request"}"#, mastodon, "invalid_request"),
        (401, "{}", "Bearer error=\"of_their_own\"", "refused_401"),
        (503, "", mastodon, "invalid_token"),
        (503, "", "Bearer", "http_503"),
        (200, r#"{"sub":"a"}"#, mastodon, "fine"),
        (200, r#"{"error":"odd"}"#, mastodon, "refused_200"),
        (0, "{}", "", "not_understood"),
        (199, "{}", "", "not_understood"),
        (302, "{}", mastodon, "redirect"),
    ] {
        assert_eq!(
            cause(sample::answer(status, "application/json", body.as_bytes()), challenge),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn nothing_of_a_body_is_in_a_fault() {
    let marked = [
        r#"{"error":"CANARY","error_description":"CANARY"}"#,
        r#"{"error":{"message":"CANARY"}}"#,
        r#"{"error":"invalid_grant","error_description":"CANARY"}"#,
        r#"{"sub":CANARY}"#,
        "<html>CANARY</html>",
        "CANARY",
        r#"{"sub":"CANARY","sub":"CANARY"}"#,
    ];
    for body in marked {
        for status in [200, 302, 400, 401, 404, 500] {
            let answer = sample::answer(status, "text/CANARY", body.as_bytes());
            let fault = open(&answer, KNOWN_HERE, Encoding::JsonOrForm).err();
            let Some(fault) = fault else { panic!("{body} with {status} was taken") };
            let shown = format!("{fault} {fault:?} {} {answer:?}", fault.cause());
            assert!(!shown.contains("CANARY"), "{shown}");
        }
    }
}

#[test]
fn what_may_pass_is_told_from_what_will_not() {
    for (status, body, is_transient) in [
        (200, r#"{"error":"invalid_grant"}"#, false),
        (400, r#"{"error":"Invalid credentials"}"#, false),
        (400, "", false),
        (400, r#"{"error":"temporarily_unavailable"}"#, true),
        (200, r#"{"error":"slow_down"}"#, true),
        (500, r#"{"error":"invalid_grant"}"#, false),
        (500, r#"{"error":"Bad request"}"#, true),
        (429, "", true),
        (502, "<html>", true),
        (200, "<html>", true),
        (200, "", true),
        (302, "", false),
    ] {
        let fault = open(&sample::answer(status, "", body.as_bytes()), KNOWN_HERE, Encoding::Json).err();
        assert_eq!(fault.map(|fault| fault.is_transient()), Some(is_transient), "{status} {body}");
    }
}

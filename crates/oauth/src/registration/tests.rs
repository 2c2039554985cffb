//! What is asked, and what servers make of it.

use grantkeep_core::Payload;
use http::header::AUTHORIZATION;

use super::*;
use crate::sample;

fn describe(answer: &Answer) -> String {
    let client = match read(answer) {
        Ok(client) => client,
        Err(RegistrationFault::Strange(Strange::Missing(name))) => return format!("no {name}"),
        Err(fault) => return fault.cause().into_owned(),
    };
    let parts = [
        Some(client.client_id),
        client.client_secret.map(|secret| secret.expose().to_owned()),
        client.client_secret_expires_at.map(|at| at.to_string()),
        client.method.map(|method| method.as_str().to_owned()),
        client.redirect_uris.map(|uris| uris.join(",")),
        client.scope.map(|scope| format!("[{scope}]")),
        client.registration_access_token.map(|token| token.expose().to_owned()),
        client.registration_client_uri.map(|uri| uri.to_string()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
#[rustfmt::skip]
fn reads_what_servers_answer() {
    sample::check("registration", &[
        ("rfc7591-3.2.1", "s6BhdRkqt3 cf136dc3c1fc93f31185e5885805d 2061-09-07T00:00:00Z client_secret_basic https://client.example.org/callback,https://client.example.org/callback2"),
        ("oidc_provider", "4sF-7 x8vV client_secret_post http://127.0.0.1:8000/callback/acme [openid offline_access] u0-y https://id.example/reg/4sF-7"),
        ("public", "p1 none"),
        ("number", "17 s"),
        ("rfc7591-3.2.2", "invalid_redirect_uri"),
        ("invalid_metadata", "invalid_client_metadata"),
        ("no_id", "no client_id"),
        ("closed", "html"),
    ], describe);
}

#[test]
fn a_registration_is_json() {
    let endpoint = Endpoint::from_outside("https://id.example/reg").unwrap();
    let registration = Registration {
        client_name: "Grantkeep \"home\"",
        redirect_uris: &["http://127.0.0.1:8000/callback/acme"],
        grant_types: &["authorization_code", "refresh_token"],
        response_types: &["code"],
        scope: Some("openid"),
        method: Method::Post,
        client_uri: None,
    };
    let outgoing = request(&endpoint, &registration, Some(&Secret::from("initial")));
    let Some(Payload::Json(json)) = &outgoing.body else { panic!("no JSON") };
    assert_eq!(
        json.expose(),
        r#"{"client_name":"Grantkeep \"home\"","redirect_uris":["http://127.0.0.1:8000/callback/acme"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"scope":"openid","token_endpoint_auth_method":"client_secret_post"}"#
    );
    let (_, token) = outgoing.headers.iter().find(|(name, _)| *name == AUTHORIZATION).unwrap();
    assert!(token.is_sensitive() && token == "Bearer initial");
    assert_eq!((outgoing.purpose, outgoing.method.as_str()), (Purpose::Check, "POST"));
}

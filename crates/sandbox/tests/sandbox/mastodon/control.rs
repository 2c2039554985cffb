//! The switches: what is forgotten, revoked, changed, and what faults do to these endpoints.

use serde_json::json;

use super::{with_app, with_token};

#[tokio::test]
async fn a_forgotten_application_is_unknown_and_its_tokens_are_too() {
    for body in [json!({}), json!({"client_id": "{id}"})] {
        let server = with_token("mastodon-4.6").await;
        let body = json!(serde_json::from_str::<serde_json::Value>(&server.filled(&body.to_string())).unwrap());
        assert_eq!(server.switch("apps/forget", &body).await, json!({"forgotten": 1}));
        assert_eq!(server.verify().await, "401 The access token is invalid");
        assert_eq!(server.exchange("").await.said(), "401 invalid_client");
        assert_eq!(server.authorize("auto=allow").await.said(), "401 page");
        let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}";
        assert_eq!(server.ask(&format!("POST /oauth/token {form}")).await.said(), "401 invalid_client");
    }
    let server = with_token("mastodon-4.6").await;
    assert_eq!(server.switch("apps/forget", &json!({"client_id": "other"})).await, json!({"forgotten": 0}));
    assert_eq!(server.verify().await, "200 json");
}

#[tokio::test]
async fn tokens_are_revoked_by_text_number_or_person() {
    for (body, revoked) in [
        (r#"{"token":"{token}"}"#, 1),
        (r#"{"number":2}"#, 1),
        (r#"{"person":"anna"}"#, 1),
        ("{}", 1),
        (r#"{"person":"boris"}"#, 0),
        (r#"{"token":"x"}"#, 0),
    ] {
        let server = with_token("mastodon-4.6").await;
        let body = serde_json::from_str(&server.filled(body)).unwrap();
        assert_eq!(server.switch("tokens/revoke", &body).await, json!({"revoked": revoked}), "{body}");
        let expected = if revoked == 1 { "401 The access token was revoked" } else { "200 json" };
        assert_eq!(server.verify().await, expected, "{body}");
        assert_eq!(server.switch("tokens/vacuum", &json!({})).await, json!({"dropped": revoked}));
    }
}

#[tokio::test]
async fn what_is_not_understood_changes_nothing() {
    let server = with_token("mastodon-4.6").await;
    let before = server.ask("GET /sandbox/state").await.json;
    for (switch, body, status) in [
        ("settings", r#"{"ahead":"soon"}"#, 400),
        ("settings", r#"{"ahead":99999999999}"#, 400),
        ("settings", r#"{"expires_in":-1}"#, 400),
        ("settings", r#"{"handle_domain":"http://x/"}"#, 400),
        ("settings", r#"{"throttled":1,"sends_token":"perhaps"}"#, 400),
        ("settings", "{", 400),
        ("people", r#"{"person":"nobody","standing":"active"}"#, 400),
        ("people", r#"{"person":"anna","standing":"asleep"}"#, 400),
        ("tokens/revoke", r#"{"person":"nobody"}"#, 400),
        ("tokens/revoke", r#"{"number":"one"}"#, 400),
        ("nothing", "{}", 404),
        ("apps", "{}", 404),
    ] {
        assert_eq!(server.ask(&format!("POST /sandbox/{switch} {body}")).await.status, status, "{switch} {body}");
    }
    for (line, status) in
        [("GET /sandbox/apps/forget", 405), ("POST /sandbox/state {}", 405), ("DELETE /sandbox/settings", 405)]
    {
        assert_eq!(server.ask(line).await.status, status, "{line}");
    }
    assert_eq!(server.ask("GET /sandbox/state").await.json, before);
}

#[tokio::test]
async fn other_sites_cannot_use_these_switches_or_agree_for_somebody() {
    let server = with_token("akkoma").await;
    for path in ["/sandbox/apps/forget", "/sandbox/reset", "/sandbox/settings", "/oauth/authorize", "/auth/sign_in"] {
        for header in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            assert_eq!(server.ask_with(&format!("POST {path} person=anna"), &[header]).await.status, 403, "{path}");
        }
    }
    assert_eq!(server.verify().await, "200 json");
}

#[tokio::test]
async fn the_pages_forms_lead_back_to_it() {
    let server = with_token("mastodon-4.6").await;
    for (switch, body, place) in [
        ("apps/forget", "", "/#apps"),
        ("people", "person=anna&standing=pending", "/#people"),
        ("settings", "ahead=5&expires_in=&handle_domain=&throttled=&sends_token=", "/#settings"),
        ("tokens/revoke", "number=2", "/#tokens"),
        ("tokens/vacuum", "", "/#tokens"),
        ("limits/clear", "", "/#settings"),
        ("reset", "", "/"),
    ] {
        let body = if body.is_empty() { "x=" } else { body };
        let answer = server.ask(&format!("POST /sandbox/{switch} {body}")).await;
        assert_eq!(answer.said(), format!("303 {place}"), "{switch}");
    }
    assert_eq!(server.ask("POST /sandbox/people person=nobody").await.said(), "400 page");
    let answer = server.ask("POST /sandbox/try x=").await;
    assert!(answer.place().starts_with("/oauth/authorize?response_type=code&client_id="));
    assert!(
        server.ask(&format!("GET {}&auto=allow", answer.place())).await.place().contains("/oauth/authorize/native")
    );
}

#[tokio::test]
async fn the_state_holds_no_secret() {
    let mut server = with_token("akkoma").await;
    server.allow("scope=read&person=boris").await;
    let state = server.ask("GET /sandbox/state").await;
    assert_eq!(state.json["personality"], "akkoma");
    assert_eq!(state.json["tokens"][0]["person"], "anna");
    for secret in ["secret", "token", "code"] {
        assert!(!state.text.contains(server.get(secret)), "{secret}");
    }
    let log = server.ask("GET /sandbox/requests").await.text;
    assert!(
        !log.contains(server.get("secret")) && !log.contains(server.get("token")) && !log.contains(server.get("code"))
    );
}

#[tokio::test]
async fn faults_stand_in_the_place_of_any_endpoint() {
    let server = with_token("mastodon-4.6").await;
    for (endpoint, answer, line, expected) in [
        ("verify_credentials", "http:503", "GET /api/v1/accounts/verify_credentials", "503 page"),
        ("apps", "html", "POST /api/v1/apps client_name=A&redirect_uris={back}", "200 page"),
        ("token", "error:invalid_client@401", "POST /oauth/token grant_type=x", "401 invalid_client"),
        ("metadata", "empty", "GET /.well-known/oauth-authorization-server", "200"),
        ("instance/v2", "truncated", "GET /api/v2/instance", "200 {\"access_token\":\""),
        ("nodeinfo", "http:410", "GET /.well-known/nodeinfo", "410 page"),
        ("webfinger", "http:404", "GET /.well-known/webfinger?resource=acct:anna@x", "404 page"),
        ("revoke", "http:500", "POST /oauth/revoke token=x", "500 page"),
    ] {
        server.peer.once(endpoint, answer).await;
        assert_eq!(server.ask(line).await.said(), expected, "{endpoint} {answer}");
        assert_ne!(server.ask(line).await.said(), expected, "{endpoint} {answer} is over");
    }
    server.peer.once("token", "close").await;
    assert!(server.peer.request(reqwest::Method::POST, "/oauth/token").send().await.is_err());
}

#[tokio::test]
async fn faults_change_what_goes_back_and_to_whom() {
    let mut server = with_app("mastodon-4.6").await;
    server.peer.once("redirect", "drop:state").await;
    assert_eq!(server.authorize("auto=allow&state=s").await.sent("state"), "");
    server.peer.once("redirect", "set:iss=https://other.example").await;
    assert_eq!(server.authorize("auto=allow&state=s").await.sent("iss"), "https://other.example");
    server.peer.once("authorize", "http:502").await;
    assert_eq!(server.authorize("auto=allow").await.said(), "502 page");
    server.peer.once("authorize", "as:boris").await;
    server.sign_in("scope=read").await;
    assert_eq!(server.call("GET /api/v1/accounts/verify_credentials").await.json["username"], "boris");
    server.allow("scope=read+write").await;
    server.peer.once("token", "grant:read").await;
    assert_eq!(server.exchange("").await.text_of("scope"), "read");
    server.allow("scope=read+write").await;
    server.peer.once("token", "set:expires_in=\"3600\"").await;
    assert_eq!(server.exchange("").await.text_of("expires_in"), "3600");
}

#[tokio::test]
async fn requests_are_counted_by_endpoint() {
    let server = with_token("mastodon-4.6").await;
    server.verify().await;
    server.verify().await;
    for (endpoint, expected) in
        [("apps", 1), ("authorize", 1), ("redirect", 1), ("token", 1), ("verify_credentials", 2), ("revoke", 0)]
    {
        assert_eq!(server.peer.count(endpoint).await, expected, "{endpoint}");
    }
}

#[tokio::test]
async fn a_token_may_come_in_the_codes_place() {
    let mut server = with_app("akkoma").await;
    server.switch("settings", &json!({"sends_token": true})).await;
    let answer = server.authorize("auto=allow&scope=read&state=s").await;
    assert_eq!((answer.sent("code").as_str(), answer.sent("state").as_str()), ("", "s"));
    server.set("token", answer.sent("access_token"));
    assert_eq!(server.verify().await, "200 json");
}

#[tokio::test]
async fn reset_forgets_everything() {
    let server = with_token("mastodon-4.6").await;
    server.switch("settings", &json!({"ahead": 5, "throttled": 9})).await;
    server.switch("reset", &json!({})).await;
    let state = server.ask("GET /sandbox/state").await.json;
    assert_eq!((&state["apps"], &state["tokens"]), (&json!([]), &json!([])));
    assert_eq!(state["settings"]["ahead"], 0);
}

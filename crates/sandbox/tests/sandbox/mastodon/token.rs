//! `/oauth/token` and `/oauth/revoke` of Mastodon: the tables of errors, reuse, PKCE.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::{Server, with_app, with_token};

const CLIENT: &str = "client_id={id}&client_secret={secret}";

#[tokio::test]
async fn mistakes_are_told_in_this_order() {
    let mut server = with_app("mastodon-4.6").await;
    server.allow("scope=read&{pkce}").await;
    server.set("challenged", server.get("code").to_owned());
    server.allow("scope=read").await;
    server.set("plain", server.get("code").to_owned());
    server.set("code", "grant_type=authorization_code".to_owned());
    let missing = |name: &str| ("400 invalid_request", format!("Missing required parameter: {name}."));
    let client = "Client authentication failed due to unknown client, no client authentication included, or unsupported \
                  authentication method.";
    let client = ("401 invalid_client", client.to_owned());
    let grant = "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the \
                 authorization request, or was issued to another client.";
    let grant = ("400 invalid_grant", grant.to_owned());
    let kind = "The authorization grant type is not supported by the authorization server.";
    let kind = ("400 unsupported_grant_type", kind.to_owned());
    let scope = ("400 invalid_scope", "The requested scope is invalid, unknown, or malformed.".to_owned());
    for (form, expected) in [
        ("", missing("grant_type")),
        ("grant_type=&client_id=x", missing("grant_type")),
        ("grant_type=implicit", kind.clone()),
        ("grant_type=password&username=anna&password=sandbox", kind.clone()),
        ("grant_type=refresh_token&refresh_token=x", kind),
        ("{code}", missing("code")),
        ("{code}&code=x", missing("redirect_uri")),
        ("{code}&code=x&client_id=gone", missing("redirect_uri")),
        ("{code}&code={challenged}&redirect_uri={back}", missing("code_verifier")),
        ("{code}&code=x&redirect_uri={back}", client.clone()),
        ("{code}&code=x&redirect_uri={back}&client_id={id}", client.clone()),
        ("{code}&code=x&redirect_uri={back}&client_id={id}&client_secret=wrong", client.clone()),
        ("{code}&code=x&redirect_uri={back}&client_id=gone&client_secret={secret}", client.clone()),
        ("{code}&code=x&redirect_uri={back}&client_id={id}&client_secret={secret}", grant.clone()),
        ("{code}&code={plain}&redirect_uri={back}/x&client_id={id}&client_secret={secret}", grant.clone()),
        (
            "{code}&code={plain}&redirect_uri={back}&client_id={id}&client_secret={secret}&code_verifier=x",
            grant.clone(),
        ),
        ("{code}&code={challenged}&redirect_uri={back}&client_id={id}&client_secret={secret}&code_verifier=x", grant),
        ("grant_type=client_credentials", client),
        ("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=push", scope.clone()),
        ("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=read:accounts", scope),
    ] {
        let answer = server.ask(&format!("POST /oauth/token {form}")).await;
        let description = answer.text_of("error_description");
        assert_eq!((answer.said().as_str(), description.as_str()), (expected.0, expected.1.as_str()), "{form}");
        let code = expected.0.split_once(' ').unwrap().1;
        let header = format!("Bearer realm=\"Doorkeeper\", error=\"{code}\", error_description=\"{description}\"");
        assert_eq!(answer.header("www-authenticate"), header, "{form}");
        assert_eq!(answer.header("x-ratelimit-limit"), "", "{form}");
    }
    // A mistake does not use up a code.
    let exchange = "POST /oauth/token {code}&redirect_uri={back}&client_id={id}&client_secret={secret}";
    assert_eq!(server.ask(&format!("{exchange}&code={{plain}}")).await.status, 200);
    assert_eq!(server.ask(&format!("{exchange}&code={{challenged}}&code_verifier={{verifier}}")).await.status, 200);
}

#[tokio::test]
async fn an_answer_has_these_members_and_headers() {
    let mut server = with_app("mastodon-4.6").await;
    server.allow("scope=write+read").await;
    let answer = server.exchange("scope=ignored").await;
    let names: Vec<&String> = answer.json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "created_at", "scope", "token_type"]);
    assert_eq!((answer.text_of("scope"), answer.text_of("token_type")), ("write read".to_owned(), "Bearer".to_owned()));
    assert_eq!(answer.text_of("access_token").len(), 43);
    assert!(answer.json["created_at"].as_i64().unwrap() > 1_700_000_000);
    assert!(answer.header("cache-control").contains("no-store") && answer.header("pragma") == "no-cache");
}

#[tokio::test]
async fn a_code_lives_ten_minutes_and_works_once() {
    let mut server = with_app("mastodon-4.6").await;
    for (ahead, expected) in [(0, "200 json"), (599, "200 json"), (600, "400 invalid_grant")] {
        server.switch("settings", &json!({"ahead": 0})).await;
        server.allow("scope=read").await;
        server.switch("settings", &json!({"ahead": ahead})).await;
        assert_eq!(server.exchange("").await.said(), expected, "{ahead}");
        assert_eq!(server.exchange("").await.said(), "400 invalid_grant", "{ahead}");
    }
    // The token of a code that came twice lives on.
    server.sign_in("scope=read").await;
    server.exchange("").await;
    assert_eq!(server.verify().await, "200 json");
}

#[tokio::test]
async fn the_same_scopes_give_the_same_token_until_it_is_revoked() {
    let mut server = with_token("mastodon-4.6").await;
    let first = server.get("token").to_owned();
    server.switch("settings", &json!({"ahead": 1000})).await;
    server.allow("scope=read").await;
    let again = server.exchange("").await;
    assert_eq!(again.text_of("access_token"), first);
    assert!(again.json["created_at"].as_i64().unwrap() < answer_time(&server).await + 500);
    server.sign_in("scope=read+write").await;
    assert_ne!(server.get("token"), first);
    server.sign_in("scope=read&person=boris").await;
    assert_ne!(server.get("token"), first);
    assert_eq!(server.ask(&format!("POST /oauth/revoke {CLIENT}&token={first}")).await.text, "{}");
    server.sign_in("scope=read").await;
    assert_ne!(server.get("token"), first);
}

/// When the first token of the server was made.
async fn answer_time(server: &Server) -> i64 {
    server.ask("GET /sandbox/state").await.json["tokens"][0]["created_at"].as_i64().unwrap()
}

#[tokio::test]
async fn an_application_has_one_token_for_each_set_of_scopes() {
    let server = with_app("mastodon-4.6").await;
    let ask = format!("POST /oauth/token grant_type=client_credentials&{CLIENT}");
    let first = server.ask(&ask).await;
    assert_eq!(first.text_of("scope"), "read");
    assert_eq!(server.ask(&ask).await.text_of("access_token"), first.text_of("access_token"));
    let other = server.ask(&format!("{ask}&scope=write+read")).await;
    assert_eq!(other.text_of("scope"), "write read");
    assert_eq!(
        server.ask(&format!("{ask}&scope=read+write")).await.text_of("access_token"),
        other.text_of("access_token")
    );
    let mut server = super::server("mastodon-4.6").await;
    server.register("client_name=A&redirect_uris={back}&scopes=push").await;
    assert_eq!(server.ask(&ask).await.said(), "400 invalid_scope");
    assert_eq!(server.ask(&format!("{ask}&scope=push")).await.status, 200);
}

fn basic(server: &Server, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(server.filled(&format!("{{id}}:{secret}"))))
}

#[tokio::test]
async fn clients_show_themselves_as_each_server_takes_it() {
    let none = "";
    for (name, in_header, in_body, in_query, expected) in [
        ("mastodon-4.6", "", CLIENT, "", "200 json"),
        ("mastodon-4.6", "{secret}", none, "", "200 json"),
        ("mastodon-4.6", "", none, CLIENT, "200 json"),
        ("mastodon-4.6", "{secret}", CLIENT, "", "200 json"),
        ("mastodon-4.6", "{secret}", "client_id={id}&client_secret=wrong", "", "200 json"),
        ("mastodon-4.6", "wrong", CLIENT, "", "401 invalid_client"),
        ("doorkeeper-6", "", CLIENT, "", "200 json"),
        ("doorkeeper-6", "{secret}", none, "", "200 json"),
        ("doorkeeper-6", "{secret}", CLIENT, "", "400 invalid_request"),
        ("doorkeeper-6", "", none, CLIENT, "401 invalid_client"),
        ("gotosocial", "", CLIENT, "", "200 json"),
        ("gotosocial", "{secret}", none, "", "400 invalid_client"),
        ("gotosocial", "", "client_id={id}&client_secret=wrong", "", "400 invalid_client"),
        ("hollo", "{secret}", CLIENT, "", "200 json"),
        ("hollo", "{secret}", "client_id={id}&client_secret=wrong", "", "400 invalid_request"),
        ("snac", "", CLIENT, "", "200 json"),
        ("snac", "{secret}", "client_id={id}", "", "200 json"),
        ("snac", "{secret}", none, "", "401"),
        ("mitra", "", "client_id={id}", "", "200 json"),
        ("mitra", "", "client_id={id}&client_secret=wrong", "", "200 json"),
        ("mitra", "", "client_id=gone", "", "400 invalid client_id"),
        ("friendica", "", "client_id={id}&client_secret=wrong", "", "403 invalid_client"),
        ("takahe", "", "client_id={id}&client_secret=wrong", "", "401 access_denied"),
        ("akkoma", "", "client_id={id}&client_secret=wrong", "", "400 Invalid credentials"),
        ("pixelfed", "", "client_id={id}&client_secret=wrong", "", "401 invalid_client"),
    ] {
        let mut server = with_app(name).await;
        server.allow("scope=read").await;
        let line = format!(
            "POST /oauth/token?{in_query} grant_type=authorization_code&code={{code}}&redirect_uri={{back}}&{in_body}"
        );
        let header = basic(&server, in_header);
        let headers = [("authorization", header.as_str())];
        let said = server.ask_with(&line, if in_header.is_empty() { &[] } else { &headers }).await.said();
        assert_eq!(said, expected, "{name} {in_header} {in_body} {in_query}");
    }
}

#[tokio::test]
async fn bodies_may_be_forms_json_or_multipart() {
    let mut server = with_app("mastodon-4.6").await;
    let json = r#"{"grant_type":"authorization_code","code":"{code}","client_id":"{id}","client_secret":"{secret}","redirect_uri":"{back}"}"#;
    server.allow("scope=read").await;
    assert_eq!(server.ask(&format!("POST /oauth/token {json}")).await.status, 200);
    server.allow("scope=write").await;
    let part = |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    let body = format!(
        "{}authorization_code\r\n{}{{code}}\r\n{}{{id}}\r\n{}{{secret}}\r\n{}{{back}}\r\n--x--\r\n",
        part("grant_type"),
        part("code"),
        part("client_id"),
        part("client_secret"),
        part("redirect_uri")
    );
    let request = server.peer.request(reqwest::Method::POST, "/oauth/token");
    let request = request.header("content-type", "multipart/form-data; boundary=x").body(server.filled(&body));
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(server.ask("POST /oauth/token/ grant_type=x").await.said(), "404 page");
    assert_eq!(server.ask("GET /oauth/token").await.said(), "404 page");
}

#[tokio::test]
async fn revocation_wants_the_client_and_forgives_the_rest() {
    let refused = "403 unauthorized_client";
    let other = "client_name=Other&redirect_uris={back}&scopes=read";
    for (form, expected, verdict) in [
        ("client_id={id}&client_secret={secret}&token={token}", "200 json", "401 The access token was revoked"),
        ("client_id={id}&client_secret={secret}&token=unknown", "200 json", "200 json"),
        ("client_id={id}&client_secret={secret}", "200 json", "200 json"),
        ("client_id={id}&client_secret=wrong&token={token}", refused, "200 json"),
        ("token={token}", refused, "200 json"),
        ("", refused, "200 json"),
    ] {
        let server = with_token("mastodon-4.6").await;
        assert_eq!(server.ask(&format!("POST /oauth/revoke {form}")).await.said(), expected, "{form}");
        assert_eq!(server.verify().await, verdict, "{form}");
    }
    let mut server = with_token("mastodon-4.6").await;
    server.register(other).await;
    let answer = server.ask(&format!("POST /oauth/revoke {CLIENT}&token={{token}}")).await;
    assert_eq!(answer.said(), refused);
    assert_eq!(answer.text_of("error_description"), "You are not authorized to revoke this token");
}

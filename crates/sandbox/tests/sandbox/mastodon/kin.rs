//! What breaks naive clients: what each of the other servers does in its own way.

use serde_json::json;

use super::{Server, server, with_app, with_token};

const REFRESH: &str =
    "POST /oauth/token grant_type=refresh_token&client_id={id}&client_secret={secret}&refresh_token={refresh}";

/// A request that has `{token}` in its header and says nothing of what it takes.
async fn verify_plainly(server: &Server, token: &str) -> String {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str()), ("accept", "application/json")];
    server.ask_with("GET /api/v1/accounts/verify_credentials", &headers).await.said()
}

#[tokio::test]
async fn each_server_refuses_a_dead_token_in_its_words() {
    for (name, unknown, revoked, limited) in [
        (
            "mastodon-4.2",
            "401 The access token is invalid",
            "401 The access token was revoked",
            "403 This action is outside the authorized scopes",
        ),
        (
            "gotosocial",
            "401 Unauthorized: token not supplied",
            "401 Unauthorized: token not supplied",
            "403 Forbidden: token has insufficient scope permission",
        ),
        (
            "akkoma",
            "403 Invalid credentials.",
            "403 Invalid credentials.",
            "403 Insufficient permissions: read:accounts.",
        ),
        ("pixelfed", "401 Unauthenticated.", "401 Unauthenticated.", "403 Invalid scope(s) provided."),
        ("mitra", "401 access token is invalid", "401 access token is invalid", "403 permission error"),
        ("takahe", "400 Invalid Bearer token", "400 Invalid Bearer token", "403 insufficient_scope"),
        ("hollo", "401 invalid_token", "401 invalid_token", "403 insufficient_scope"),
        ("snac", "401", "401", "401"),
        ("friendica", "403 Forbidden", "403 Forbidden", "403 Forbidden"),
    ] {
        let mut server = with_token(name).await;
        let token = server.get("token").to_owned();
        assert_eq!(verify_plainly(&server, &token).await, "200 json", "{name}");
        assert_eq!(verify_plainly(&server, "unknown").await, unknown, "{name}");
        server.switch("tokens/revoke", &json!({})).await;
        assert_eq!(verify_plainly(&server, &token).await, revoked, "{name}");
        server.sign_in("scope=write").await;
        let token = server.get("token").to_owned();
        assert_eq!(verify_plainly(&server, &token).await, limited, "{name}");
    }
}

#[tokio::test]
async fn each_server_words_mistakes_at_the_token_endpoint() {
    let unknown = "grant_type=authorization_code&code=x&redirect_uri={back}&client_id={id}&client_secret={secret}";
    for (name, bad_code, bad_grant, missing) in [
        ("gotosocial", "400 invalid_grant", "400 unsupported_grant_type", "400 invalid_request"),
        ("akkoma", "400 Invalid credentials", "500 Bad request", "400 Invalid credentials"),
        ("pixelfed", "400 invalid_grant", "400 unsupported_grant_type", "400 invalid_request"),
        ("mitra", "404 authorization code not found", "400 unsupported grant type", "400 missing field: code"),
        ("takahe", "500 page", "400 invalid_grant_type", "400 invalid_request"),
        ("hollo", "400 invalid_grant", "400 unsupported_grant_type", "400 invalid_request"),
        ("snac", "401", "400", "400"),
        ("friendica", "403 invalid_grant", "403 unsupported_grant_type", "403 invalid_request"),
    ] {
        let server = with_app(name).await;
        assert_eq!(server.ask(&format!("POST /oauth/token {unknown}")).await.said(), bad_code, "{name}");
        assert_eq!(server.ask("POST /oauth/token grant_type=x").await.said(), bad_grant, "{name}");
        let said = server.ask("POST /oauth/token grant_type=authorization_code&redirect_uri={back}").await.said();
        assert_eq!(said, missing, "{name}");
    }
}

#[tokio::test]
async fn each_server_revokes_in_its_way() {
    let client = "client_id={id}&client_secret={secret}";
    for (name, form, bearer, expected) in [
        ("gotosocial", format!("{client}&token={{token}}"), false, "200 json"),
        ("gotosocial", format!("{client}&token=x"), false, "200 json"),
        ("gotosocial", client.to_owned(), false, "400 invalid_request"),
        ("gotosocial", "token={token}".to_owned(), false, "400 invalid_request"),
        ("gotosocial", "client_id={id}&client_secret=x&token={token}".to_owned(), false, "403 unauthorized_client"),
        ("akkoma", "token={token}".to_owned(), false, "200 json"),
        ("akkoma", "token=x".to_owned(), false, "200 json"),
        ("akkoma", String::new(), false, "200 json"),
        ("mitra", "token={token}".to_owned(), true, "200 json"),
        ("mitra", format!("{client}&token={{token}}"), false, "401 access token is invalid"),
        ("takahe", format!("{client}&token={{token}}"), false, "200 page"),
        ("takahe", format!("{client}&token=x"), false, "403 access_denied"),
        ("snac", format!("{client}&token={{token}}"), false, "200 json"),
        ("snac", format!("{client}&token=x"), false, "403"),
        ("hollo", format!("{client}&token={{token}}"), false, "200 json"),
        ("friendica", format!("{client}&token={{token}}"), false, "200 json"),
    ] {
        let server = with_token(name).await;
        let line = format!("POST /oauth/revoke {form}");
        let answer = if bearer { server.call(&line).await } else { server.ask(&line).await };
        assert_eq!(answer.said(), expected, "{name} {form}");
        let is_dead = expected.starts_with("200") && form.contains("{token}");
        let token = server.get("token").to_owned();
        assert_eq!(verify_plainly(&server, &token).await != "200 json", is_dead, "{name} {form}");
    }
}

#[tokio::test]
async fn gotosocial_wants_a_user_agent_and_a_redirect_uri() {
    let server = with_app("gotosocial").await;
    for user_agent in [None, Some(""), Some(" ")] {
        let request = server.peer.request(reqwest::Method::GET, "/api/v1/instance");
        let request = user_agent.into_iter().fold(request, |request, name| request.header("user-agent", name));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 418);
        assert_eq!(answer.text().await.unwrap(), "{\"error\":\"I'm a teapot: no user-agent sent with request\"}\n");
    }
    let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=read:accounts";
    assert_eq!(server.ask(&format!("POST /oauth/token {form}")).await.said(), "400 invalid_request");
    let answer = server.ask(&format!("POST /oauth/token {form}&redirect_uri={{back}}")).await;
    assert_eq!((answer.json["expires_in"].as_i64(), answer.text_of("scope").as_str()), (Some(7200), "read:accounts"));
    let form = form.replace("read:accounts", "follow");
    let answer = server.ask(&format!("POST /oauth/token {form}&redirect_uri={{back}}")).await;
    assert_eq!(
        (answer.said().as_str(), answer.text_of("error_description").starts_with("Forbidden: ")),
        ("403 invalid_scope", true)
    );
}

#[tokio::test]
async fn gotosocial_redirects_mistakes_even_to_nowhere() {
    let mut server = with_app("gotosocial").await;
    server.set("back", "urn:ietf:wg:oauth:2.0:oob".to_owned());
    let answer = server.ask("POST /auth/sign_in person=anna").await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    // A form of the session's own page.
    let page = "GET /oauth/authorize?client_id={id}&redirect_uri=http://127.0.0.1:8000/callback&response_type=code";
    let page = server.ask_with(page, &[("cookie", &cookie)]).await.text;
    let token = page.split_once("name=\"authenticity_token\" value=\"").unwrap().1.split('"').next().unwrap();
    let form = format!("client_id={{id}}&redirect_uri={{back}}&response_type=code&authenticity_token={token}");
    let answer = server.ask_with(&format!("POST /oauth/authorize {form}"), &[("cookie", &cookie)]).await;
    assert!(answer.place().starts_with("urn:ietf:wg:oauth:2.0:oob?error=invalid_redirect_uri&"), "{}", answer.said());
}

#[tokio::test]
async fn akkomas_tokens_live_a_century_and_refresh_under_the_same_name() {
    let mut server = with_app("akkoma").await;
    server.allow("scope=read:accounts").await;
    server.set("back", "http://127.0.0.1/another".to_owned());
    let first = server.exchange("").await;
    assert_eq!(first.json["expires_in"], 3_153_600_000_i64);
    assert!(first.json["id"].is_u64() && first.text_of("me").ends_with("/users/anna"));
    server.set("back", super::BACK.to_owned());
    server.set("refresh", first.text_of("refresh_token"));
    server.set("token", first.text_of("access_token"));
    let second = server.ask(REFRESH).await;
    assert_eq!(second.text_of("refresh_token"), first.text_of("refresh_token"));
    assert_ne!(second.text_of("access_token"), first.text_of("access_token"));
    assert_eq!(server.verify().await, "403 Invalid credentials.");
    assert_eq!(server.ask(REFRESH).await.status, 200);
    server.set("refresh", "wrong".to_owned());
    assert_eq!(server.ask(REFRESH).await.said(), "400 Invalid credentials");
    server.switch("settings", &json!({"expires_in": 3600})).await;
    server.sign_in("scope=read&person=boris").await;
    server.switch("settings", &json!({"ahead": 3601})).await;
    assert_eq!(server.verify().await, "403 Invalid credentials.");
}

#[tokio::test]
async fn passwords_work_where_they_still_do() {
    let form =
        "grant_type=password&client_id={id}&client_secret={secret}&redirect_uri={back}&username=anna@example.org";
    for (name, password, expected) in [
        ("mastodon-4.2", "sandbox", "200 json"),
        ("mastodon-4.2", "wrong", "400 invalid_grant"),
        ("akkoma", "sandbox", "200 json"),
        ("akkoma", "wrong", "400 Invalid credentials"),
        ("mitra", "sandbox", "200 json"),
        ("mastodon-4.6", "sandbox", "400 unsupported_grant_type"),
        ("pixelfed", "sandbox", "400 unsupported_grant_type"),
    ] {
        let server = with_app(name).await;
        let said = server.ask(&format!("POST /oauth/token {form}&password={password}&scope=read")).await.said();
        assert_eq!(said, expected, "{name}");
    }
    for (standing, identifier) in [
        ("suspended", "account_is_disabled"),
        ("disabled", "account_is_disabled"),
        ("pending", "awaiting_approval"),
        ("unconfirmed", "missing_confirmed_email"),
    ] {
        let server = with_app("akkoma").await;
        server.switch("people", &json!({"person": "anna", "standing": standing})).await;
        let answer = server.ask(&format!("POST /oauth/token {form}&password=sandbox")).await;
        assert_eq!((answer.status, answer.text_of("identifier").as_str()), (403, identifier));
    }
}

#[tokio::test]
async fn pixelfeds_answers_are_long_dated_and_rotate() {
    let mut server = with_app("pixelfed").await;
    server.allow("scope=read&{pkce}").await;
    let first = server.exchange("code_verifier={verifier}").await;
    let made = first.text_of("created_at");
    assert!(made.len() == 27 && made.contains('T') && made.ends_with(".000000Z"), "{made}");
    assert_eq!((first.json["expires_in"].as_i64(), first.json["scope"].is_null()), (Some(31_536_000), true));
    let token = first.text_of("access_token");
    assert!(token.len() > 900 && token.split('.').count() == 3);
    server.set("token", token);
    let plain = server.call("GET /api/v1/accounts/verify_credentials").await;
    assert_eq!(plain.status, 200);

    server.set("refresh", first.text_of("refresh_token"));
    let second = server.ask(REFRESH).await;
    assert_ne!(second.text_of("refresh_token"), first.text_of("refresh_token"));
    assert_eq!(server.ask(REFRESH).await.said(), "400 invalid_grant");
    let login = server.call("GET /api/v1/accounts/verify_credentials").await;
    assert_eq!(login.said(), format!("302 {}/login", server.peer.base));
    server.set("refresh", second.text_of("refresh_token"));
    server.switch("settings", &json!({"ahead": 401 * 86_400})).await;
    assert_eq!(server.ask(REFRESH).await.said(), "400 invalid_grant");
    assert_eq!(server.authorize("auto=allow&scope=read:accounts").await.said(), "400 invalid_scope");
}

#[tokio::test]
async fn mitras_tokens_end_after_thirty_days() {
    let mut server = with_app("mitra").await;
    server.allow("scope=read+follow").await;
    let answer = server.exchange("").await;
    assert_eq!((answer.json["expires_in"].as_i64(), answer.text_of("scope").as_str()), (Some(2_592_000), "read"));
    assert!(answer.json["refresh_token"].is_null());
    server.set("token", answer.text_of("access_token"));
    server.switch("settings", &json!({"ahead": 2_592_000})).await;
    assert_eq!(server.verify().await, "401 access token is invalid");
    let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=read";
    assert_eq!(server.ask(&format!("POST /oauth/token {form}")).await.said(), "400 unsupported grant type");
    assert_eq!(server.call("GET /api/v1/apps/verify_credentials").await.said(), "404 Not Found");
    assert_eq!(server.authorize("auto=allow").await.said(), "400 page");
}

#[tokio::test]
async fn takahes_codes_live_a_minute_and_its_applications_share_a_token() {
    let mut server = with_app("takahe").await;
    server.allow("scope=read").await;
    server.switch("settings", &json!({"ahead": 60})).await;
    assert_eq!(server.exchange("").await.said(), "401 access_denied");
    let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}";
    assert_eq!(server.ask(&format!("POST /oauth/token {form}")).await.text_of("access_token"), "__app__");
    server.set("token", "__app__".to_owned());
    assert_eq!(server.verify().await, "400 Invalid Bearer token");
}

#[tokio::test]
async fn hollo_counts_a_codes_token_in_milliseconds() {
    let mut server = with_app("hollo").await;
    server.allow("scope=read&{pkce}").await;
    let answer = server.exchange("code_verifier={verifier}").await;
    assert!(answer.json["created_at"].as_i64().unwrap() > 1_700_000_000_000);
    let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}";
    let answer = server.ask(&format!("POST /oauth/token {form}")).await;
    assert!(answer.json["created_at"].as_i64().unwrap() < 100_000_000_000);
    server.set("token", answer.text_of("access_token"));
    assert_eq!(server.verify().await, "422 This method requires an authenticated user");
    assert_eq!(server.ask("GET /api/v1/accounts/verify_credentials").await.said(), "401 unauthorized");
}

#[tokio::test]
async fn snac_says_little_and_forgets_the_application() {
    let mut server = server("snac").await;
    server.register("client_name=A&redirect_uris={back}&scopes=read").await;
    server.sign_in("scope=read&state=x").await;
    let answer = server.ask("GET /sandbox/state").await.json;
    assert_eq!(answer["apps"][0]["redirect_uris"][0], super::BACK);
    server.allow("scope=read").await;
    let exchanged = server.exchange("").await;
    assert!(exchanged.json["scope"].is_null() && exchanged.text_of("access_token").len() == 32);
    let revoke = "POST /oauth/revoke client_id={id}&client_secret={secret}&token={token}";
    assert_eq!(server.ask(revoke).await.status, 200);
    assert_eq!(server.exchange("").await.said(), "401");
    assert_eq!(server.authorize("auto=allow").await.said(), "401");
    let broken = server.ask("POST /api/v1/apps client_name=A%26B%2BC&redirect_uris={back}").await;
    assert_eq!(broken.text_of("name"), "A");
    let json = server.ask(r#"POST /api/v1/apps {"client_name":"A&B+C","redirect_uris":"{back}"}"#).await;
    assert_eq!(json.text_of("name"), "A&B+C");
}

#[tokio::test]
async fn friendica_keeps_one_token_for_each_person() {
    let mut server = with_app("friendica").await;
    server.sign_in("scope=read").await;
    let answer = {
        server.allow("scope=read").await;
        server.exchange("").await
    };
    assert_eq!((answer.text_of("scope").as_str(), answer.text_of("me").ends_with("/users/anna")), ("read write", true));
    assert_eq!(server.verify().await, "403 Forbidden");
    let annas = answer.text_of("access_token");
    server.sign_in("scope=read&person=boris").await;
    assert_eq!(verify_plainly(&server, &annas).await, "200 json");
    server.ask("POST /oauth/revoke client_id={id}&client_secret={secret}&token={token}").await;
    assert_eq!(verify_plainly(&server, &annas).await, "403 Forbidden");
    server.allow("scope=read").await;
    server.switch("settings", &json!({"ahead": 300})).await;
    assert_eq!(server.exchange("").await.said(), "403 invalid_grant");
}

#[tokio::test]
async fn doorkeeper_6_ends_the_token_of_a_code_that_comes_twice() {
    let mut server = with_app("doorkeeper-6").await;
    let answer = server.authorize("auto=allow&scope=read&state=s").await;
    assert_eq!(answer.sent("iss"), format!("{}/", server.peer.base));
    server.sign_in("scope=read").await;
    assert_eq!(server.verify().await, "200 json");
    assert_eq!(server.exchange("").await.said(), "400 invalid_grant");
    assert_eq!(server.verify().await, "401 The access token was revoked");
}

#[tokio::test]
async fn pkce_is_ignored_where_there_is_none() {
    for name in ["mastodon-4.2", "gotosocial", "akkoma", "mitra", "takahe", "snac", "friendica"] {
        let mut server = with_app(name).await;
        for (ask, verifier) in
            [("{pkce}", "code_verifier=wrong"), ("{pkce}", ""), ("", "code_verifier=x"), ("code_challenge=x", "")]
        {
            server.allow(&format!("scope=read&person=boris&{ask}")).await;
            assert_eq!(server.exchange(verifier).await.status, 200, "{name} {ask} {verifier}");
        }
    }
}

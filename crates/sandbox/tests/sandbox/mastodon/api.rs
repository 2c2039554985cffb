//! What tokens open, and what a server says about itself to anybody.

use serde_json::{Value, json};

use super::{server, with_app, with_token};

const VERIFY: &str = "GET /api/v1/accounts/verify_credentials";

#[tokio::test]
async fn mastodon_tells_a_person_about_themselves() {
    let mut server = with_app("mastodon-4.6").await;
    server.sign_in("scope=read&person=zoe").await;
    let account = server.call(VERIFY).await.json;
    for (name, expected) in [
        ("id", "109300000000000004"),
        ("username", "zoe"),
        ("acct", "zoe"),
        ("display_name", "Zoë <Zed> O'Connor & \"Sons\""),
        ("created_at", "2024-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(account[name], expected);
    }
    assert_eq!(account["url"], format!("{}/@zoe", server.peer.base));
    assert_eq!(account["source"]["privacy"], "public");
}

#[tokio::test]
async fn mastodon_tells_dead_limited_and_blocked_tokens_apart() {
    let invalid = ("401 The access token is invalid", "invalid_token");
    let mut server = with_token("mastodon-4.6").await;
    let verify = async |authorization: &str| {
        let answer = server.ask_with(VERIFY, &[("authorization", authorization)]).await;
        let header = answer.header("www-authenticate").to_owned();
        let code = header.split("error=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        (answer.said(), code.unwrap_or_default())
    };
    for (authorization, expected) in [
        ("Bearer {token}", ("200 json", "")),
        ("bearer {token}", ("200 json", "")),
        ("Bearer unknown", invalid),
        ("Bearer {token}x", invalid),
        ("Bearer ", invalid),
        ("Basic {token}", invalid),
    ] {
        let (said, code) = verify(authorization).await;
        assert_eq!((said.as_str(), code.as_str()), expected, "{authorization}");
    }
    assert_eq!(server.ask(VERIFY).await.said(), invalid.0);
    assert_eq!(server.ask(&format!("{VERIFY}?access_token={{token}}")).await.status, 200);
    assert_eq!(server.ask(&format!("{VERIFY}?bearer_token={{token}}")).await.status, 200);

    for (standing, expected) in [
        ("suspended", "403 Your login is currently disabled"),
        ("disabled", "403 Your login is currently disabled"),
        ("unconfirmed", "403 Your login is missing a confirmed e-mail address"),
        ("pending", "403 Your login is currently pending approval"),
        ("active", "200 json"),
    ] {
        server.switch("people", &json!({"person": "anna", "standing": standing})).await;
        assert_eq!(verify("Bearer {token}").await, (expected.to_owned(), String::new()), "{standing}");
    }

    server.switch("tokens/revoke", &json!({"person": "anna"})).await;
    let revoked = ("401 The access token was revoked".to_owned(), "invalid_token".to_owned());
    assert_eq!(verify("Bearer {token}").await, revoked);
    server.switch("tokens/vacuum", &json!({})).await;
    assert_eq!(verify("Bearer {token}").await.0, invalid.0);

    server.sign_in("scope=write").await;
    let limited = ("403 This action is outside the authorized scopes".to_owned(), "insufficient_scope".to_owned());
    let answer = server.call(VERIFY).await;
    assert_eq!((answer.said(), answer.header("www-authenticate").contains(&limited.1)), (limited.0, true));

    let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}";
    let token = server.ask(&format!("POST /oauth/token {form}")).await.text_of("access_token");
    server.set("token", token);
    assert_eq!(server.verify().await, "422 This method requires an authenticated user");

    server.switch("settings", &json!({"expires_in": 60})).await;
    server.sign_in("scope=read").await;
    server.switch("settings", &json!({"ahead": 61})).await;
    assert_eq!(server.verify().await, "401 The access token expired");
}

#[tokio::test]
async fn mastodon_speaks_the_readers_language() {
    let server = with_token("mastodon-4.6").await;
    for (languages, text, header) in [
        ("en", "The access token is invalid", "The access token is invalid"),
        ("de", "Der Zugriffstoken ist ungültig", "Der Zugriffstoken ist ung_ltig"),
        ("de-DE,en;q=0.5", "Der Zugriffstoken ist ungültig", "Der Zugriffstoken ist ung_ltig"),
        ("en-GB,de;q=0.5", "The access token is invalid", "The access token is invalid"),
        ("xx", "The access token is invalid", "The access token is invalid"),
    ] {
        let headers = [("accept-language", languages), ("authorization", "Bearer gone")];
        let answer = server.ask_with(VERIFY, &headers).await;
        assert_eq!(answer.said(), format!("401 {text}"), "{languages}");
        let expected = format!("Bearer realm=\"Doorkeeper\", error=\"invalid_token\", error_description=\"{header}\"");
        assert_eq!(answer.header("www-authenticate"), expected, "{languages}");
    }
    server.switch("tokens/revoke", &json!({})).await;
    let answer = server.ask_with(VERIFY, &[("accept-language", "de"), ("authorization", "Bearer {token}")]).await;
    assert_eq!(answer.said(), "401 Der Zugriffstoken wurde widerrufen");
    let answer = server.ask_with(&format!("{VERIFY}?lang=de"), &[("authorization", "Bearer gone")]).await;
    assert_eq!(answer.said(), "401 Der Zugriffstoken ist ungültig");
}

#[tokio::test]
async fn userinfo_wants_profile_and_nothing_else() {
    for (name, registered, scope, expected) in [
        ("mastodon-4.6", "profile", "profile", "200 json"),
        ("mastodon-4.6", "read", "read", "403 This action is outside the authorized scopes"),
        ("hollo", "profile", "profile", "200 json"),
        ("mastodon-4.2", "read", "read", "404 page"),
        ("gotosocial", "read", "read", "404 page"),
    ] {
        let mut server = server(name).await;
        server.register(&format!("client_name=A&redirect_uris={{back}}&scopes={registered}")).await;
        server.sign_in(&format!("scope={scope}")).await;
        for method in ["GET", "POST"] {
            let answer = server.call(&format!("{method} /oauth/userinfo")).await;
            assert_eq!(answer.said(), expected, "{name} {scope}");
            if answer.status == 200 {
                let base = &server.peer.base;
                assert_eq!(answer.text_of("iss"), format!("{base}/"));
                assert_eq!(answer.text_of("sub"), format!("{base}/users/anna"));
                assert_eq!(answer.text_of("preferred_username"), "anna");
            }
        }
    }
}

#[tokio::test]
async fn metadata_is_there_or_not_or_something_else() {
    for (name, expected) in [
        ("mastodon-4.6", "200 json"),
        ("hollo", "200 json"),
        ("doorkeeper-6", "200 json"),
        ("akkoma", "200 page"),
        ("mastodon-4.2", "404 page"),
        ("gotosocial", "404 page"),
        ("pixelfed", "404 page"),
        ("mitra", "404 page"),
        ("takahe", "404 page"),
        ("snac", "404 page"),
        ("friendica", "404 page"),
    ] {
        let server = server(name).await;
        let answer = server.ask("GET /.well-known/oauth-authorization-server").await;
        assert_eq!(answer.said(), expected, "{name}");
        if expected == "200 json" {
            assert_eq!(answer.text_of("issuer"), format!("{}/", server.peer.base));
            assert_eq!(answer.text_of("token_endpoint"), format!("{}/oauth/token", server.peer.base));
            assert_eq!(answer.json["code_challenge_methods_supported"], json!(["S256"]));
            assert_eq!(answer.json["scopes_supported"][0], "read");
            let has_iss = !answer.json["authorization_response_iss_parameter_supported"].is_null();
            assert_eq!(has_iss, name == "doorkeeper-6");
        }
    }
}

#[tokio::test]
async fn links_go_to_the_host_that_was_asked() {
    let server = server("mastodon-4.6").await;
    let port = server.peer.base.rsplit(':').next().unwrap().to_owned();
    let host = format!("localhost:{port}");
    let answer = server.ask_with("GET /.well-known/oauth-authorization-server", &[("host", &host)]).await;
    assert_eq!(answer.text_of("issuer"), format!("http://{host}/"));
}

#[tokio::test]
async fn each_server_names_its_software() {
    for (name, software, shown, has_v2) in [
        ("mastodon-4.6", "mastodon", "4.6.5", true),
        ("mastodon-4.2", "mastodon", "4.2.29", true),
        ("gotosocial", "gotosocial", "0.20.0", true),
        ("akkoma", "akkoma", "2.7.2 (compatible; Akkoma 3.16.0)", true),
        ("pixelfed", "pixelfed", "3.5.3 (compatible; Pixelfed 0.12.5)", true),
        ("mitra", "mitra", "4.0.0 (compatible; Mitra 5.9.2)", true),
        ("takahe", "takahe", "takahe/0.11.0", true),
        ("hollo", "hollo", "0.10.0", true),
        ("snac", "snac", "4.0.0 (not true; really snac/2.80)", false),
        ("friendica", "friendica", "2.8.0 (compatible; Friendica 2024.09-rc)", true),
    ] {
        let server = server(name).await;
        let (base, links) = (server.peer.base.clone(), server.ask("GET /.well-known/nodeinfo").await.json);
        assert_eq!(links["links"][0]["href"], format!("{base}/nodeinfo/2.0"));
        assert_eq!(server.ask("GET /nodeinfo/2.0").await.json["software"]["name"], software, "{name}");
        let v1 = server.ask("GET /api/v1/instance").await.json;
        assert_eq!(v1["version"], shown, "{name}");
        let host = base.trim_start_matches("http://");
        assert_eq!(v1["uri"], if name == "akkoma" { base.as_str() } else { host }, "{name}");
        let v2 = server.ask("GET /api/v2/instance").await;
        assert_eq!(v2.said(), if has_v2 { "200 json" } else { "404 Not Found" }, "{name}");
        let api = if name == "mastodon-4.6" { json!(11) } else { Value::Null };
        assert_eq!(v2.json["api_versions"]["mastodon"], api, "{name}");
    }
}

#[tokio::test]
async fn handles_may_live_on_another_domain() {
    let server = server("mastodon-4.6").await;
    let base = server.peer.base.clone();
    let (host, port) = (base.trim_start_matches("http://"), base.rsplit(':').next().unwrap());
    let finger = |handle: &str| format!("GET /.well-known/webfinger?resource=acct:{handle}");
    let answer = server.ask(&finger(&format!("anna@{host}"))).await;
    assert_eq!(answer.text_of("subject"), format!("acct:anna@{host}"));
    assert_eq!(answer.json["links"][1]["href"], format!("{base}/users/anna"));
    for (line, status) in [(finger("nobody@127.0.0.1"), 404), ("GET /.well-known/webfinger".to_owned(), 400)] {
        assert_eq!(server.ask(&line).await.status, status);
    }

    let domain = format!("localhost:{port}");
    server.switch("settings", &json!({"handle_domain": domain})).await;
    let answer = server.ask_with(&finger(&format!("anna@{domain}")), &[("host", &domain)]).await;
    assert_eq!(answer.said(), format!("301 {base}/.well-known/webfinger?resource=acct:anna@{domain}"));
    let answer = server.ask(&finger(&format!("anna@{domain}"))).await;
    assert_eq!(answer.text_of("subject"), format!("acct:anna@{domain}"));
    assert_eq!(answer.json["links"][1]["href"], format!("{base}/users/anna"));
    for path in ["/.well-known/nodeinfo", "/.well-known/oauth-authorization-server", "/api/v2/instance", "/"] {
        assert_eq!(server.ask_with(&format!("GET {path}"), &[("host", &domain)]).await.status, 404, "{path}");
        assert_eq!(server.ask(&format!("GET {path}")).await.status, 200, "{path}");
    }
    assert_eq!(server.ask("GET /api/v2/instance").await.json["domain"], domain);
}

#[tokio::test]
async fn limits_are_told_where_the_server_tells_them() {
    for (name, on_api, on_oauth) in [("mastodon-4.6", "300", ""), ("gotosocial", "300", "300"), ("akkoma", "", "")] {
        let server = with_token(name).await;
        assert_eq!(server.call(VERIFY).await.header("x-ratelimit-limit"), on_api, "{name}");
        assert_eq!(server.ask("POST /oauth/token").await.header("x-ratelimit-limit"), on_oauth, "{name}");
    }
}

#[tokio::test]
async fn a_throttled_request_is_answered_in_the_servers_words() {
    for (name, expected, remaining) in [
        ("mastodon-4.6", "429 Too many requests", "0"),
        ("akkoma", "429 Throttled", ""),
        ("gotosocial", "429 rate limit reached", "0"),
    ] {
        let server = with_token(name).await;
        server.switch("settings", &json!({"throttled": 2})).await;
        for expected in [expected, expected, "200 json"] {
            assert_eq!(server.call(VERIFY).await.said(), expected, "{name}");
        }
        server.switch("settings", &json!({"throttled": 1})).await;
        let answer = server.call(VERIFY).await;
        assert_eq!((answer.header("x-ratelimit-remaining"), answer.header("retry-after")), (remaining, ""), "{name}");
    }
}

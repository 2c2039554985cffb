//! `POST /api/v1/apps`: what is taken, what is refused, and how often.

use serde_json::{Value, json};

use super::{server, with_app};

#[tokio::test]
async fn mastodon_validates_as_it_says() {
    let server = server("mastodon-4.6").await;
    let long = |letters: usize| "a".repeat(letters);
    let invalid = |what: &str| format!("422 Validation failed: {what}");
    let scopes = invalid("Scopes doesn't match those configured on the server.");
    let absolute = invalid("Redirect URI must be an absolute URI.");
    for (body, expected) in [
        ("client_name=A&redirect_uris={back}".to_owned(), "200 json".to_owned()),
        ("client_name=A&redirect_uris={back}&scopes=read+profile+read:collections".to_owned(), "200 json".to_owned()),
        ("client_name=A&redirect_uris={back}&website=https://example.org".to_owned(), "200 json".to_owned()),
        ("client_name=A&redirect_uris={back}&website=".to_owned(), "200 json".to_owned()),
        (r#"{"client_name":"A","redirect_uris":"{back}"}"#.to_owned(), "200 json".to_owned()),
        (r#"{"client_name":"A","redirect_uris":["{back}","http://[::1]:8000/x"]}"#.to_owned(), "200 json".to_owned()),
        ("client_name=A&redirect_uris=urn:ietf:wg:oauth:2.0:oob".to_owned(), "200 json".to_owned()),
        ("client_name=A&redirect_uris=http://localhost:8000/x%0Aorg.example.app://x".to_owned(), "200 json".to_owned()),
        (format!("client_name={}&redirect_uris={{back}}", long(60)), "200 json".to_owned()),
        (
            format!("client_name={}&redirect_uris={{back}}", long(61)),
            invalid("Application name is too long (maximum is 60 characters)"),
        ),
        (
            format!("client_name=A&redirect_uris=http://127.0.0.1/{}", long(2000)),
            invalid("Redirect URI is too long (maximum is 2000 characters)"),
        ),
        ("redirect_uris={back}".to_owned(), invalid("Application name can't be blank")),
        ("client_name=A".to_owned(), invalid("Redirect URI can't be blank")),
        (
            "scopes=all".to_owned(),
            invalid(
                "Redirect URI can't be blank, Scopes doesn't match those configured on the server., Application name can't \
                 be blank",
            ),
        ),
        ("client_name=A&redirect_uris={back}&scopes=everything".to_owned(), scopes.clone()),
        ("client_name=A&redirect_uris={back}&scopes=crypto".to_owned(), scopes.clone()),
        ("client_name=A&redirect_uris={back}&scopes=admin".to_owned(), scopes),
        ("client_name=A&redirect_uris=/callback".to_owned(), absolute.clone()),
        ("client_name=A&redirect_uris=app:callback".to_owned(), absolute),
        (
            "client_name=A&redirect_uris=http://127.0.0.1/%23x".to_owned(),
            invalid("Redirect URI cannot contain a fragment."),
        ),
        (
            "client_name=A&redirect_uris=javascript:alert(1)".to_owned(),
            invalid("Redirect URI is forbidden by the server."),
        ),
        (
            "client_name=A&redirect_uris={back}&website=nowhere".to_owned(),
            invalid("Application website is not a valid URL"),
        ),
        (r#"["client_name"]"#.to_owned(), invalid("Redirect URI can't be blank, Application name can't be blank")),
        (r"{".to_owned(), "400 the body is no JSON object".to_owned()),
    ] {
        server.switch("limits/clear", &json!({})).await;
        assert_eq!(server.ask(&format!("POST /api/v1/apps {body}")).await.said(), expected, "{body}");
    }
}

#[tokio::test]
async fn scopes_are_a_text_under_their_own_name() {
    let server = server("mastodon-4.6").await;
    for (body, expected) in [
        ("client_name=A&redirect_uris={back}", json!(["read"])),
        ("client_name=A&redirect_uris={back}&scope=read+write", json!(["read"])),
        (r#"{"client_name":"A","redirect_uris":"{back}","scopes":["read","write"]}"#, json!(["read"])),
        ("client_name=A&redirect_uris={back}&scopes=write+read+write", json!(["write", "read"])),
    ] {
        assert_eq!(server.ask(&format!("POST /api/v1/apps {body}")).await.json["scopes"], expected, "{body}");
    }
}

fn names(object: &Value) -> String {
    object.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn each_server_describes_an_application_in_its_way() {
    let bare = "client_id client_secret id name redirect_uri vapid_key website";
    let timeless = "client_id client_secret id name redirect_uri redirect_uris scopes vapid_key website";
    let full =
        "client_id client_secret client_secret_expires_at id name redirect_uri redirect_uris scopes vapid_key website";
    for (name, expected, letters) in [
        ("mastodon-4.6", full, 43),
        ("doorkeeper-6", full, 43),
        ("mastodon-4.2", bare, 43),
        ("akkoma", bare, 43),
        ("friendica", bare, 43),
        ("takahe", bare, 43),
        ("snac", bare, 32),
        ("gotosocial", timeless, 26),
        ("pixelfed", timeless, 43),
        ("mitra", timeless, 36),
        ("hollo", timeless, 36),
    ] {
        let server = server(name).await;
        let body = "client_name=A&redirect_uris={back}&scopes=read&website=https://example.org/";
        let app = server.ask(&format!("POST /api/v1/apps {body}")).await.json;
        assert_eq!(names(&app), expected, "{name}");
        assert_eq!(app["client_id"].as_str().unwrap().len(), letters, "{name}");
        assert_eq!(app["redirect_uri"], super::BACK, "{name}");
    }
}

#[tokio::test]
async fn each_server_takes_its_own_kind_of_redirect_uris() {
    let list = r#"{"client_name":"A","redirect_uris":["http://127.0.0.1:1/a","http://127.0.0.1:1/b"],"scopes":"read","website":"https://example.org"}"#;
    let lines =
        "client_name=A&redirect_uris=http://127.0.0.1:1/a%0Ahttp://127.0.0.1:1/b&scopes=read&website=https://a.example";
    let spaces =
        "client_name=A&redirect_uris=http://127.0.0.1:1/a%20http://127.0.0.1:1/b&scopes=read&website=https://a.example";
    let none = "client_name=A&scopes=read&website=https://a.example";
    for (name, body, expected) in [
        ("mastodon-4.6", list, "200"),
        ("hollo", list, "200"),
        ("mastodon-4.2", list, "422 Validation failed: Redirect URI can't be blank"),
        ("gotosocial", list, "400 Bad Request: redirect_uris must be a string"),
        ("akkoma", list, "400 redirect_uris must be a string"),
        ("mitra", list, "400 redirect_uris must be a string"),
        ("friendica", list, "200"),
        ("mastodon-4.2", lines, "200"),
        ("mastodon-4.2", spaces, "200"),
        ("gotosocial", lines, "200"),
        ("gotosocial", spaces, "400 Bad Request: redirect_uris must be valid URIs"),
        ("gotosocial", none, "200"),
        ("mitra", spaces, "400 redirect_uris must be valid URIs"),
        ("mitra", none, "400 missing field `redirect_uris`, Redirect URI can't be blank"),
        ("pixelfed", lines, "422 Validation failed: redirect_uris must be valid URIs"),
        ("snac", none, "400"),
        ("friendica", none, "403 Unprocessable Content"),
    ] {
        let server = server(name).await;
        let said = server.ask(&format!("POST /api/v1/apps {body}")).await.said();
        assert_eq!(said.trim_end_matches(" json"), expected, "{name} {body}");
    }
}

#[tokio::test]
async fn each_server_has_its_own_rules_for_fields_and_scopes() {
    for (name, body, expected) in [
        ("mastodon-4.2", "client_name=A&redirect_uris={back}&scopes=crypto", "200"),
        (
            "mastodon-4.2",
            "client_name=A&redirect_uris={back}&scopes=profile",
            "422 Validation failed: Scopes doesn't match configured on the server.",
        ),
        ("mitra", "client_name=A&redirect_uris={back}&scopes=read", "400 missing field `website`"),
        ("mitra", "client_name=A&redirect_uris={back}&scopes=read+follow&website=", "200"),
        ("hollo", "client_name=A&redirect_uris={back}&website=", "422 Validation failed: Website is not a valid URL"),
        ("hollo", "client_name=A&redirect_uris={back}&token=x", "422 Validation failed: Unrecognized key"),
        ("gotosocial", "client_name=A&redirect_uris={back}&scopes=anything+admin", "200"),
        ("pixelfed", "client_name=A&redirect_uris={back}&scopes=anything", "200"),
        ("snac", "client_name=A&redirect_uris={back}&scopes=anything", "200"),
    ] {
        let server = server(name).await;
        let said = server.ask(&format!("POST /api/v1/apps {body}")).await.said();
        assert_eq!(said.trim_end_matches(" json"), expected, "{name} {body}");
    }
}

#[tokio::test]
async fn a_token_that_comes_along_is_looked_at_by_gotosocial_alone() {
    let body = "POST /api/v1/apps client_name=A&redirect_uris={back}";
    for (name, expected) in [("gotosocial", "401 Unauthorized: token not supplied"), ("mastodon-4.6", "200 json")] {
        let server = server(name).await;
        assert_eq!(server.ask_with(body, &[("authorization", "Bearer stale")]).await.said(), expected, "{name}");
    }
}

#[tokio::test]
async fn an_address_has_five_applications_in_ten_minutes() {
    let server = server("mastodon-4.6").await;
    let register = "POST /api/v1/apps client_name=A&redirect_uris={back}";
    for remaining in ["4", "3", "2", "1", "0"] {
        let answer = server.ask(register).await;
        let said = (answer.status, answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"));
        assert_eq!(said, (200, "5", remaining));
    }
    let answer = server.ask(register).await;
    assert_eq!(answer.said(), "429 Too many requests");
    assert_eq!((answer.header("x-ratelimit-remaining"), answer.header("retry-after")), ("0", ""));
    let reset = answer.header("x-ratelimit-reset");
    assert!(reset.len() == 27 && reset.ends_with("0:00.000000Z"), "{reset}");
    assert_eq!(server.ask_with(register, &[("x-sandbox-address", "203.0.113.7")]).await.status, 200);
    server.switch("settings", &json!({"ahead": 600})).await;
    assert_eq!(server.ask(register).await.status, 200);
}

#[tokio::test]
async fn an_applications_token_tells_about_it() {
    for (name, scope, expected) in [
        ("mastodon-4.6", "read", "200 json"),
        ("mastodon-4.6", "write", "200 json"),
        ("mastodon-4.2", "read", "200 json"),
        ("mastodon-4.2", "write", "403 This action is outside the authorized scopes"),
        ("akkoma", "read", "200 json"),
    ] {
        let mut server = with_app(name).await;
        let form = "grant_type=client_credentials&client_id={id}&client_secret={secret}&redirect_uri={back}";
        let token = server.ask(&format!("POST /oauth/token {form}&scope={scope}")).await.text_of("access_token");
        server.set("token", token);
        let answer = server.call("GET /api/v1/apps/verify_credentials").await;
        assert_eq!(answer.said(), expected, "{name} {scope}");
        assert!(!answer.text.contains("client_id") && !answer.text.contains("client_secret"));
    }
    let server = server("mastodon-4.6").await;
    assert_eq!(server.ask("GET /api/v1/apps/verify_credentials").await.said(), "401 The access token is invalid");
}

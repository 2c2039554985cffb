//! `/oauth/authorize`: signing in, consent, what comes back, and the mistakes that end on a page.

use serde_json::json;

use super::{Answer, Server, with_app};

const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

/// A browser: it keeps its cookie.
struct Browser<'a> {
    server: &'a Server,
    cookie: String,
}

impl Browser<'_> {
    async fn go(&mut self, line: &str) -> Answer {
        let line = line.replace(&format!(" {}", self.server.peer.base), " ");
        let answer = self.server.ask_with(&line, &[("cookie", self.cookie.as_str())]).await;
        if let Some(cookie) = answer.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()) {
            cookie.clone_into(&mut self.cookie);
        }
        answer
    }
}

fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let value = page.split_once(&start).unwrap_or_else(|| panic!("{name}: {page}")).1;
    value.split('"').next().unwrap().replace("&amp;", "&")
}

const ASK: &str = "client_id={id}&redirect_uri={back}&response_type=code&scope=read+write&state=a%20b%26c";

#[tokio::test]
async fn a_person_signs_in_agrees_and_is_not_asked_again() {
    let mut server = with_app("mastodon-4.6").await;
    let ask = server.filled(&format!("GET /oauth/authorize?{ASK}"));
    let mut browser = Browser { server: &server, cookie: String::new() };

    let answer = browser.go(&ask).await;
    assert!(answer.status == 302 && answer.place().ends_with("/auth/sign_in"), "{}", answer.said());
    assert!(browser.go("GET /auth/sign_in").await.text.contains("value=\"vera\""));
    let answer = browser.go("POST /auth/sign_in person=vera").await;
    assert_eq!(answer.status, 303);
    let page = browser.go(&format!("GET {}", answer.place())).await;
    assert_eq!(page.said(), "200 page");
    assert!(page.text.contains("Signed in as <bdi>Вера Соколова</bdi>") && page.text.contains("<bdi>Owl</bdi>"));
    let token = hidden(&page.text, "authenticity_token");
    assert_eq!(hidden(&page.text, "state"), "a b&c");

    assert_eq!(browser.go(&format!("POST /oauth/authorize {ASK}&authenticity_token=wrong")).await.status, 422);
    let agree = format!("POST /oauth/authorize {ASK}&authenticity_token={token}");
    let answer = browser.go(&agree).await;
    assert_eq!((answer.status, answer.sent("state").as_str()), (302, "a b&c"));
    assert!(answer.place().ends_with("&state=a+b%26c"), "{}", answer.place());
    let code = answer.sent("code");
    assert_eq!(code.len(), 43);
    let deny = browser.go(&format!("{agree}&_method=delete")).await.place();
    let denied = "error=access_denied&error_description=The+resource+owner+or+authorization+server+denied+the+request.";
    assert_eq!(deny, format!("{}?{denied}&state=a+b%26c", super::BACK));

    let cookie = browser.cookie;
    server.set("code", code);
    assert_eq!(server.exchange("").await.status, 200);
    let mut browser = Browser { server: &server, cookie };
    assert_eq!(browser.go(&ask).await.sent("code").len(), 43);
    assert_eq!(browser.go(&format!("{ask}&force_login=false")).await.status, 302);
    assert_eq!(browser.go(&format!("{ask}&force_login=true")).await.said(), "200 page");
    assert_eq!(browser.go(&ask.replace("read+write", "read")).await.said(), "200 page");
    let again = form_urlencoded::byte_serialize(ask.trim_start_matches("GET ").as_bytes()).collect::<String>();
    let answer = browser.go(&format!("POST /auth/sign_out again={again}")).await;
    assert!(answer.place().ends_with("/auth/sign_in"));
    let answer = browser.go("POST /auth/sign_in person=boris").await;
    assert!(answer.place().contains("/oauth/authorize?client_id="));
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_before_anything_is_checked() {
    let server = with_app("mastodon-4.6").await;
    for ask in ["", "client_id=gone", ASK] {
        let answer = server.ask(&format!("GET /oauth/authorize?{ask}")).await;
        assert!(answer.place().ends_with("/auth/sign_in"), "{ask}");
    }
    assert_eq!(server.ask(&format!("POST /oauth/authorize {ASK}")).await.status, 422);
}

#[tokio::test]
async fn mistakes_end_on_a_page_in_this_order() {
    let server = with_app("mastodon-4.6").await;
    let client = "Client authentication failed due to unknown client, no client authentication included, or unsupported \
                  authentication method.";
    let uri = "The redirect uri included is not valid.";
    let kind = "The authorization server does not support this response type.";
    let mode = "The authorization server does not support this response mode.";
    let scope = "The requested scope is invalid, unknown, or malformed.";
    let method = "The code_challenge_method must be S256.";
    for (ask, status, text) in [
        ("", 400, "Missing required parameter: client_id."),
        ("client_id=gone", 401, client),
        ("client_id={id}", 400, uri),
        ("client_id={id}&redirect_uri=http://127.0.0.1/other&response_type=token", 400, uri),
        ("client_id={id}&redirect_uri={back}", 400, "Missing required parameter: response_type."),
        ("client_id={id}&redirect_uri={back}&response_type=", 400, "Missing required parameter: response_type."),
        ("client_id={id}&redirect_uri={back}&response_type=token&scope=x", 400, kind),
        ("client_id={id}&redirect_uri={back}&response_type=code&response_mode=jwt&scope=x", 400, mode),
        ("client_id={id}&redirect_uri={back}&response_type=code&scope=x&code_challenge=y", 400, scope),
        ("client_id={id}&redirect_uri={back}&response_type=code&scope=read:accounts", 400, scope),
        ("client_id={id}&redirect_uri={back}&response_type=code&scope=profile", 400, scope),
        ("client_id={id}&redirect_uri={back}&response_type=code&code_challenge=y", 400, method),
        (
            "client_id={id}&redirect_uri={back}&response_type=code&code_challenge=y&code_challenge_method=plain",
            400,
            method,
        ),
    ] {
        let answer = server.ask(&format!("GET /oauth/authorize?{ask}&auto=allow")).await;
        assert_eq!(answer.said(), format!("{status} page"), "{ask}");
        assert!(answer.text.contains(text), "{ask}: {}", answer.text);
    }
}

#[tokio::test]
async fn each_server_shows_a_mistake_in_its_way() {
    for (name, unknown_client, wrong_scope) in [
        ("mastodon-4.6", "401 page", "400 page"),
        ("mastodon-4.2", "200 page", "200 page"),
        ("gotosocial", "401 page", "400 page"),
        ("akkoma", "401 page", "400 page"),
        ("pixelfed", "401 invalid_client", "400 invalid_scope"),
        ("mitra", "401 page", "400 page"),
        ("takahe", "401 access_denied", "400 invalid_scope"),
        ("hollo", "401 invalid_client", "400 invalid_scope"),
        ("friendica", "403 invalid_client", "302"),
        ("snac", "401", "302"),
        ("doorkeeper-6", "401 page", "400 page"),
    ] {
        let server = with_app(name).await;
        let scope = if name == "mitra" { "" } else { "admin:everything" };
        let unknown = server.ask("GET /oauth/authorize?client_id=gone&auto=allow").await;
        assert_eq!(unknown.said(), unknown_client, "{name}");
        let said = server.authorize(&format!("auto=allow&scope={scope}")).await.said();
        assert!(said.starts_with(wrong_scope), "{name}: {said}");
    }
}

#[tokio::test]
async fn the_answer_travels_as_it_was_asked_to() {
    let server = with_app("mastodon-4.6").await;
    let back = super::BACK;
    for (more, expected) in [
        ("", format!("{back}?code=")),
        ("&response_mode=query", format!("{back}?code=")),
        ("&response_mode=fragment&state=s", format!("{back}#code=")),
    ] {
        let answer = server.authorize(&format!("auto=allow{more}")).await;
        assert!(answer.place().starts_with(&expected), "{more}: {}", answer.said());
    }
    let page = server.authorize("auto=allow&response_mode=form_post&state=s").await;
    assert_eq!((page.status, hidden(&page.text, "state").as_str()), (200, "s"));
    assert!(page.text.contains(&format!("<form method=\"post\" action=\"{back}\">")));
    let asked = "GET /oauth/authorize?client_id={id}&redirect_uri={back}?a=1&response_type=code&auto=allow";
    assert!(server.ask(asked).await.place().starts_with(&format!("{back}?a=1&code=")));
    assert!(server.authorize("auto=allow").await.place().find("state").is_none());
}

#[tokio::test]
async fn the_port_of_a_loopback_address_is_free_where_the_engine_says_so() {
    for (name, registered, asked, expected) in [
        ("mastodon-4.6", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 302),
        ("mastodon-4.6", "http://[::1]:8000/callback", "http://[::1]:49152/callback", 302),
        ("mastodon-4.6", "http://localhost:8000/callback", "http://localhost:49152/callback", 400),
        ("mastodon-4.6", "http://127.0.0.1:8000/callback", "http://localhost:8000/callback", 400),
        ("mastodon-4.6", "http://127.0.0.1:8000/callback", "http://127.0.0.1:8000/callback?x=1", 302),
        ("mastodon-4.2", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 302),
        ("doorkeeper-6", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 302),
        ("doorkeeper-6", "http://127.0.0.1:8000/callback", "http://127.0.0.1:8000/callback?x=1", 400),
        ("pixelfed", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 302),
        ("pixelfed", "http://localhost:8000/callback", "http://localhost:49152/callback", 401),
        ("gotosocial", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 400),
        ("akkoma", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 400),
        ("mitra", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 400),
        ("hollo", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 400),
        ("friendica", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 403),
        ("friendica", "http://127.0.0.1:8000/callback", "http://127.0.0.1:8000/callback?x=1", 302),
        ("takahe", "http://127.0.0.1:8000/callback", "http://127.0.0.1:8000/call", 302),
        ("takahe", "http://127.0.0.1:8000/callback", "http://127.0.0.1:49152/callback", 400),
        ("snac", "http://127.0.0.1:8000/callback", "http://127.0.0.1:9/anything", 302),
    ] {
        let mut server = super::server(name).await;
        server.set("back", registered.to_owned());
        server.register("client_name=A&redirect_uris={back}&scopes=read&website=https://example.org").await;
        server.set("back", asked.to_owned());
        assert_eq!(server.authorize("scope=read&auto=allow").await.status, expected, "{name} {registered} {asked}");
        if expected == 302 {
            server.allow("scope=read").await;
            assert_eq!(server.exchange("").await.status, 200, "{name} {registered} {asked}");
        }
    }
}

#[tokio::test]
async fn without_a_redirect_a_code_is_shown_as_each_server_does() {
    for (name, expected) in [
        ("mastodon-4.6", "302 native"),
        ("mastodon-4.2", "302 native"),
        ("gotosocial", "200 page"),
        ("akkoma", "200 page"),
        ("hollo", "200 page"),
        ("pixelfed", "200 json"),
        ("snac", "200 text"),
    ] {
        let mut server = super::server(name).await;
        server.set("back", OOB.to_owned());
        server.register("client_name=A&redirect_uris={back}&scopes=read").await;
        let answer = server.authorize("scope=read&auto=allow&state=s").await;
        let code = match expected {
            "302 native" => {
                let place = answer.place();
                let (path, code) = place.split_once("?code=").unwrap();
                assert!(path.ends_with("/oauth/authorize/native") && !code.contains("state"), "{place}");
                let page = server.ask(&format!("GET /oauth/authorize/native?code={code}")).await.text;
                assert!(page.contains("Copy this authorization code and paste it to the application."));
                assert!(page.contains(&format!("value=\"{code}\"")));
                code.to_owned()
            }
            "200 page" => answer.text.split_once("readonly value=\"").unwrap().1.split('"').next().unwrap().to_owned(),
            "200 json" => {
                assert_eq!(answer.json["state"], "s");
                answer.text_of("code")
            }
            _ => answer.text.strip_suffix("&state=s").unwrap().to_owned(),
        };
        server.set("code", code);
        assert_eq!(server.exchange("").await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_denial_without_a_redirect_is_json() {
    let mut server = super::server("mastodon-4.6").await;
    server.set("back", OOB.to_owned());
    server.register("client_name=A&redirect_uris={back}&scopes=read").await;
    let answer = server.authorize("auto=deny&state=s").await;
    assert_eq!((answer.said().as_str(), &answer.json["state"]), ("400 access_denied", &json!("s")));
}

#[tokio::test]
async fn each_server_lets_a_person_deny_in_its_way() {
    let denied = "error=access_denied&error_description=The+resource+owner+or+authorization+server+denied+the+request.";
    for (name, expected) in [
        ("mastodon-4.6", format!("{denied}&state=s")),
        ("pixelfed", format!("{denied}&state=s")),
        ("hollo", denied.to_owned()),
        ("doorkeeper-6", format!("{denied}&state=s&iss=")),
        ("gotosocial", String::new()),
        ("akkoma", String::new()),
        ("mitra", String::new()),
        ("snac", String::new()),
    ] {
        let server = with_app(name).await;
        let place = server.authorize("scope=read&auto=deny&state=s").await.place();
        match expected.is_empty() {
            true => assert_eq!(place, "", "{name}"),
            false => assert!(place.starts_with(&format!("{}?{expected}", super::BACK)), "{name}: {place}"),
        }
    }
}

#[tokio::test]
async fn the_state_comes_back_as_each_server_sends_it() {
    for (name, state, expected) in [
        ("mastodon-4.6", "&state=a%2Fb%20c", "&state=a%2Fb+c"),
        ("takahe", "&state=a%2Fb%2Bc%26d=e", "&state=a/b+c&d=e"),
        ("snac", "&state=a%2Fb%2Bc", "&state=a/b+c"),
        ("friendica", "", "&state="),
        ("mastodon-4.6", "", ""),
    ] {
        let server = with_app(name).await;
        let place = server.authorize(&format!("scope=read&auto=allow{state}")).await.place();
        let (_, rest) = place.split_once("code=").unwrap();
        assert_eq!(&rest[43..], expected, "{name}");
    }
}

#[tokio::test]
async fn who_is_not_in_good_standing_is_sent_to_their_settings() {
    for standing in ["disabled", "pending", "suspended", "unconfirmed"] {
        let server = with_app("mastodon-4.6").await;
        server.switch("people", &json!({"person": "anna", "standing": standing})).await;
        let answer = server.authorize("auto=allow").await;
        assert!(answer.place().ends_with("/auth/setup"), "{standing}");
        assert_eq!(server.authorize("auto=allow&person=boris").await.sent("code").len(), 43);
    }
    let server = with_app("akkoma").await;
    server.switch("people", &json!({"person": "anna", "standing": "pending"})).await;
    assert_eq!(server.authorize("auto=allow").await.said(), "403 page");
}

#[tokio::test]
async fn no_browser_is_sent_off_this_machine() {
    let mut server = super::server("mastodon-4.6").await;
    for (uri, expected) in [
        ("https://example.org/callback", "200 page"),
        ("http://192.0.2.1/callback", "200 page"),
        ("ftp://example.org/callback", "200 page"),
        ("org.example.app://callback", "302 org.example.app://callback?code="),
        ("http://localhost:8000/callback", "302 http://localhost:8000/callback?code="),
    ] {
        server.switch("limits/clear", &json!({})).await;
        server.set("back", uri.to_owned());
        server.register("client_name=A&redirect_uris={back}&scopes=read").await;
        let answer = server.authorize("auto=allow").await;
        assert!(answer.said().starts_with(expected), "{uri}: {}", answer.said());
        assert_eq!(answer.status == 200, answer.text.contains("code="), "{uri}");
    }
}

#[tokio::test]
async fn somebody_who_signs_in_on_the_page_is_remembered() {
    let mut server = with_app("akkoma").await;
    let ask = server.filled(&format!("GET /oauth/authorize?{ASK}"));
    let mut browser = Browser { server: &server, cookie: String::new() };
    let page = browser.go(&ask).await;
    assert!(page.status == 200 && page.text.contains("<a class=\"button quiet\" href=\"/\">Cancel</a>"));
    let first = browser.go(&format!("POST /oauth/authorize {ASK}&person=boris")).await;
    let (code, cookie) = (first.sent("code"), browser.cookie);
    server.set("code", code.clone());
    let token = server.exchange("").await.text_of("access_token");
    let mut browser = Browser { server: &server, cookie };
    // Scopes and force_login are not looked at.
    let again = browser.go(&format!("{}&force_login=true", ask.replace("read+write", "read"))).await;
    assert_eq!(again.sent("code"), code);
    let answer = server.exchange("").await;
    assert_eq!((answer.text_of("access_token"), answer.text_of("scope")), (token, "read write".to_owned()));
}

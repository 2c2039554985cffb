//! Holds the routes by which a program drives a login, and those about providers.

use super::{
    CREDENTIALS, PERSON, SUBMIT,
    stage::{Answer, NETWORK, Stage, set_clock, submission},
};

const ACME: &str = "/api/v1/oauth/acme";
const VK: &str = "/api/v1/oauth/vk";

fn text<'a>(answer: &'a serde_json::Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("{name} in {answer}"))
}

impl Stage {
    pub(super) async fn begin(&self, key: &str, provider: &str, body: &str) -> serde_json::Value {
        let answer = self.post(&format!("/api/v1/oauth/{provider}/authorize"), key, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn state_of(&self, key: &str, provider: &str, begun: &serde_json::Value) -> String {
        let id = text(begun, "authorization_id");
        self.get(&format!("/api/v1/oauth/{provider}/authorizations/{id}"), key).await.body
    }
}

#[tokio::test]
async fn a_login_by_paste_begins_and_ends_over_the_api() {
    let stage = Stage::open().await;
    set_clock(0);
    let key = stage.key("anna", "admin", None);
    let begun = stage.begin(&key, "acme", r#"{"account_name":"work","capture":"paste","scope":"read"}"#).await;
    assert_eq!(begun["method"], "code_flow");
    assert_eq!(
        (&begun["connect_url"], &begun["redirect_uri"]),
        (&().into(), &"http://127.0.0.1:8000/back/acme".into())
    );
    assert_eq!(begun["expires_at"], "2026-01-10T15:40:00Z");
    assert_eq!(begun["instructions"].as_array().unwrap().len(), 4);
    assert_eq!(stage.state_of(&key, "acme", &begun).await, r#"{"status":"pending"}"#);

    let back = stage.sent_back(text(&begun, "authorization_url"), "auto=allow&person=anna").await;
    let body = serde_json::json!({
        "token_data": back.as_str(),
        "authorization_id": begun["authorization_id"],
        "account_name": "work",
    });
    let saved = stage.post(&format!("{ACME}/token/submit"), &key, &body.to_string()).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let saved = saved.json();
    assert_eq!((&saved["user_id"], &saved["account_name"]), (&().into(), &"work".into()));
    assert!(text(&saved, "message").starts_with("acme token saved successfully (expires in "), "{saved}");
    let id = &saved["credential_id"];
    assert_eq!(stage.state_of(&key, "acme", &begun).await, format!(r#"{{"status":"done","credential_id":{id}}}"#));
    let again = stage.post(&format!("{ACME}/token/submit"), &key, &body.to_string()).await;
    assert_eq!(again.verdict(), "409 authorization_ended");
    // The same token alone: nobody says when it ends.
    let handed = stage.get(&format!("{ACME}/token"), &stage.key("anna", "token", None)).await.json();
    let body = serde_json::json!({"token_data": handed["access_token"], "account_name": "pasted"});
    let bare = stage.post(&format!("{ACME}/token/submit"), &key, &body.to_string()).await.json();
    assert_eq!(bare["message"], "acme token saved successfully (expiry not stated)", "{bare}");

    let shown = stage.get(&format!("{CREDENTIALS}/{id}"), &key).await.json();
    assert_eq!(shown["provider"], "acme");
    assert_eq!(text(&shown, "server"), stage.sandbox.oauth2_url());
    assert_eq!((&shown["scopes_requested"], &shown["scopes_granted"]), (&["read"][..].into(), &["read"][..].into()));
    let handed = stage.get(&format!("{ACME}/token?account_name=work"), &key).await.json();
    assert_eq!((&handed["token_type"], &handed["scope"]), (&"Bearer".into(), &"read".into()));

    assert_eq!(stage.post(&format!("{CREDENTIALS}/{id}/revoke"), &key, "").await.status, 204);
    assert_eq!(stage.get(&format!("{CREDENTIALS}/{id}"), &key).await.status, 404);
}

#[tokio::test]
async fn every_way_to_begin_says_what_to_do() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "submit", None);
    let mastodon = stage.sandbox.mastodons().remove(0).1;
    let instance =
        format!(r#"{{"instance":"{}"}}"#, mastodon.as_str().trim_start_matches("http://").trim_end_matches('/'));
    for (provider, body, method, first) in [
        ("acme", "", "code_flow", "1. Open connect_url"),
        ("acme", "{}", "code_flow", "1. Open connect_url"),
        ("acme", r#"{"flow":"device"}"#, "device_flow", "1. Open verification_uri"),
        ("acme", r#"{"flow":"implicit","capture":"redirect"}"#, "implicit_flow", "1. Open connect_url"),
        ("acme", r#"{"capture":"paste"}"#, "code_flow", "1. Open authorization_url"),
        ("robot", "", "client_credentials_flow", "1. Nobody is needed"),
        ("mastodon", &instance, "code_flow", "1. Open connect_url"),
        ("vk", "{}", "implicit_flow", "1. Open connect_url"),
        ("vk", r#"{"flow":"vk_id"}"#, "vk_id_flow", "1. Open connect_url"),
        ("vk", r#"{"flow":"code"}"#, "code_flow", "1. Open connect_url"),
    ] {
        let begun = stage.begin(&key, provider, body).await;
        assert_eq!(text(&begun, "method"), method, "{provider} {body}");
        let steps = begun["instructions"].as_array().unwrap();
        assert!(steps[0].as_str().unwrap().starts_with(first), "{provider} {body}: {steps:?}");
        assert_eq!(begun["user_code"].is_string(), method == "device_flow", "{begun}");
    }
}

#[tokio::test]
async fn an_application_logs_in_for_itself() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let begun = stage.begin(&key, "robot", r#"{"account_name":"bot","scope":"read"}"#).await;
    for name in ["authorization_url", "connect_url", "redirect_uri"] {
        assert!(begun[name].is_null(), "{begun}");
    }
    let path = format!("/api/v1/oauth/robot/authorizations/{}", text(&begun, "authorization_id"));
    let ended = loop {
        let stands = stage.get(&path, &key).await.json();
        if stands["status"] != "pending" {
            break stands;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(ended["status"], "done", "{ended}");
    let shown = stage.get(&format!("{CREDENTIALS}/{}", ended["credential_id"]), &key).await.json();
    assert_eq!((text(&shown, "account_name"), text(&shown, "kind")), ("bot", "oauth2_client"));
    assert_eq!((text(&shown, "state"), &shown["renews"]), ("valid", &true.into()));
    assert_eq!((&shown["user_id"], &shown["scopes_granted"]), (&serde_json::Value::Null, &["read"][..].into()));
    // It is over: nothing can be pasted for it.
    let paste = format!(r#"{{"token_data":"code=x","authorization_id":"{}"}}"#, text(&begun, "authorization_id"));
    let answer = stage.post("/api/v1/oauth/robot/token/submit", &key, &paste).await;
    assert_eq!(answer.verdict(), "409 authorization_ended");
}

#[tokio::test]
async fn what_cannot_begin_says_why() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "submit", None);
    for (provider, body, expected) in [
        ("acme", r#"{"flow":"vk_id"}"#, "400 flow_not_offered"),
        ("acme", r#"{"flow":"client_credentials"}"#, "400 flow_not_offered"),
        ("robot", r#"{"flow":"code"}"#, "400 flow_not_offered"),
        ("robot", r#"{"capture":"paste"}"#, "400 flow_not_offered"),
        ("acme", r#"{"flow":"password"}"#, "400 invalid_parameter"),
        ("acme", r#"{"capture":"screen"}"#, "400 invalid_parameter"),
        ("acme", r#"{"flow":5}"#, "400 invalid_request"),
        ("acme", r#"{"account_name":"a\u0000"}"#, "400 invalid_account_name"),
        ("acme", "[]", "400 invalid_request"),
        ("mastodon", "{}", "400 instance_missing"),
        ("mastodon", r#"{"instance":""}"#, "400 instance_missing"),
        ("mastodon", r#"{"instance":"a b"}"#, "400 invalid_instance"),
        ("mastodon", r#"{"instance":"169.254.169.254"}"#, "400 invalid_instance"),
        ("vk", r#"{"flow":"device"}"#, "400 flow_not_offered"),
        ("github", "{}", "404 provider_not_found"),
    ] {
        let answer = stage.post(&format!("/api/v1/oauth/{provider}/authorize"), &key, body).await;
        assert_eq!(answer.verdict(), expected, "{provider} {body}: {}", answer.body);
    }
    let untyped = format!("POST {ACME}/authorize | authorization: Bearer {key}");
    assert_eq!(stage.ask(NETWORK, &untyped, "").await.verdict(), "200", "without a body");
    assert_eq!(stage.ask(NETWORK, &untyped, "{}").await.verdict(), "415 unsupported_media_type");
}

#[tokio::test]
async fn a_login_is_seen_and_given_up_by_its_owner_alone() {
    let stage = Stage::open().await;
    let [anna, boris] = ["anna", "boris"].map(|owner| stage.key(owner, "submit", None));
    let begun = stage.begin(&anna, "vk", "").await;
    let path = format!("{VK}/authorizations/{}", text(&begun, "authorization_id"));
    let elsewhere = path.replace("/vk/", "/acme/");
    for line in [
        format!("GET {path} | authorization: Bearer {boris}"),
        format!("DELETE {path} | authorization: Bearer {boris}"),
    ] {
        assert_eq!(stage.ask(NETWORK, &line, "").await.verdict(), "404 authorization_not_found");
    }
    assert_eq!(stage.get(&elsewhere, &anna).await.verdict(), "404 authorization_not_found");
    assert_eq!(stage.get(&path, &anna).await.body, r#"{"status":"pending"}"#);
    for _ in 0..2 {
        assert_eq!(stage.delete(&path, &anna).await.status, 204);
        assert_eq!(stage.get(&path, &anna).await.body, r#"{"status":"failed","cause":"given_up"}"#);
    }
    let pasted = stage.paste(PERSON).await;
    let body =
        submission(&pasted, "x").replacen('{', &format!(r#"{{"authorization_id":{},"#, begun["authorization_id"]), 1);
    assert_eq!(stage.post(SUBMIT, &anna, &body).await.verdict(), "409 authorization_ended");
    let late = stage.begin(&anna, "vk", "").await;
    set_clock(601);
    assert_eq!(stage.state_of(&anna, "vk", &late).await, r#"{"status":"expired"}"#);
}

#[tokio::test]
async fn a_key_for_other_providers_begins_and_sees_nothing_here() {
    let stage = Stage::open().await;
    let begun = stage.begin(&stage.key("anna", "admin", None), "vk", "").await;
    let key = stage.key("anna", "admin", Some("acme"));
    let id = text(&begun, "authorization_id");
    for line in [
        format!("POST {VK}/authorize"),
        format!("GET {VK}/authorizations/{id}"),
        format!("DELETE {VK}/authorizations/{id}"),
        "POST /api/v1/providers/vk/test".to_owned(),
    ] {
        let answer = stage.ask(NETWORK, &format!("{line} | authorization: Bearer {key}"), "").await;
        assert_eq!(answer.verdict(), "403 provider_not_allowed", "{line}");
    }
    let listed = stage.get("/api/v1/providers", &key).await.json();
    let names: Vec<_> = listed["providers"].as_array().unwrap().iter().map(|one| text(one, "name")).collect();
    assert_eq!(names, ["acme"]);
}

#[tokio::test]
async fn each_route_of_a_login_needs_its_permission() {
    let stage = Stage::open().await;
    let id = "a_0123456789abcdef0123456789abcdef";
    for (line, needed) in [
        (format!("POST {VK}/authorize"), "submit"),
        (format!("GET {VK}/authorizations/{id}"), "submit"),
        (format!("DELETE {VK}/authorizations/{id}"), "submit"),
        ("POST /api/v1/credentials/1/refresh".to_owned(), "submit"),
        ("POST /api/v1/credentials/1/revoke".to_owned(), "submit"),
        ("GET /api/v1/providers".to_owned(), "status"),
        ("POST /api/v1/providers/vk/test".to_owned(), "submit"),
    ] {
        for permissions in ["status", "submit", "token", "admin"] {
            let line = format!("{line} | authorization: Bearer {}", stage.key("anna", permissions, None));
            let may = permissions == "admin" || permissions == needed;
            assert_eq!(stage.ask(NETWORK, &line, "").await.status == 403, !may, "{line}");
        }
        assert_eq!(stage.ask(NETWORK, &line, "").await.status, 401);
    }
}

#[tokio::test]
async fn providers_are_listed_and_tested() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let listed = stage.get("/api/v1/providers", &key).await.json();
    let kinds: Vec<_> = listed["providers"].as_array().unwrap().iter().map(|one| text(one, "kind")).collect();
    assert_eq!(kinds, ["vk", "mastodon", "oauth2", "oauth2"]);
    let by_flow = &listed["providers"][0]["redirect_uris"];
    for (flow, uri) in [
        ("implicit", "https://oauth.vk.com/blank.html"),
        ("code", "http://127.0.0.1:8000/callback/vk/code"),
        ("vk_id", "http://127.0.0.1:8000/callback/vk/id"),
    ] {
        assert_eq!(text(by_flow, flow), uri);
    }
    let robot = &listed["providers"][3];
    assert_eq!((text(robot, "name"), &robot["flows"][0]), ("robot", &"client_credentials".into()));
    assert!(robot["redirect_uri"].is_null());
    let test = async |provider: &str, body: &str| -> Answer {
        stage.post(&format!("/api/v1/providers/{provider}/test"), &key, body).await
    };
    let mastodon = stage.sandbox.mastodons().remove(0).1;
    let instance =
        format!(r#"{{"instance":"{}"}}"#, mastodon.as_str().trim_start_matches("http://").trim_end_matches('/'));
    for (provider, body) in [("vk", ""), ("acme", "{}"), ("robot", ""), ("mastodon", &instance)] {
        let answer = test(provider, body).await;
        assert_eq!((answer.status, &answer.json()["answers"]), (200, &true.into()), "{}", answer.body);
    }
    assert_eq!(test("mastodon", "").await.verdict(), "400 instance_missing");
    assert_eq!(test("github", "").await.verdict(), "404 provider_not_found");
}

//! VK ID: what its page sends back, exchange and refresh with the exact texts, and what tokens of it can do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Peer, answer_of, names, running, value, verdict_of};

const BACK: &str = "http://127.0.0.1:8000/callback/vk/id";
const STATE: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn authorize(more: &str) -> String {
    format!(
        "/authorize?response_type=code&client_id=51000002&redirect_uri={BACK}&state={STATE}&code_challenge={CHALLENGE}\
         &code_challenge_method=S256&auto=allow&{more}"
    )
}

/// The fields of an exchange, with some of them another way; an empty value leaves one out.
async fn exchange(peer: &Peer, back: &[(String, String)], other: &[(&str, &str)]) -> Value {
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "51000002"),
        ("code", value(back, "code")),
        ("code_verifier", VERIFIER),
        ("device_id", value(back, "device_id")),
        ("redirect_uri", BACK),
        ("state", "another-state"),
    ];
    pairs.retain(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
    pairs.extend(other.iter().filter(|(_, value)| !value.is_empty()));
    let (status, body) = peer.post("/oauth2/auth", &pairs).await;
    assert_eq!(status, 200, "errors too");
    body
}

async fn refresh(peer: &Peer, refresh_token: &str, device_id: &str) -> Value {
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", "51000002"),
        ("refresh_token", refresh_token),
        ("device_id", device_id),
        ("state", "third"),
    ];
    peer.post("/oauth2/auth", &pairs).await.1
}

fn error(body: &Value) -> String {
    format!("{}: {}", body["error"].as_str().unwrap_or("none"), body["error_description"].as_str().unwrap_or_default())
}

async fn session(client: &Client, more: &str) -> (Value, String) {
    let back = client.vk().redirected(&authorize(more)).await;
    let tokens = exchange(&client.vk(), &back, &[]).await;
    assert!(tokens["error"].is_null(), "{tokens}");
    (tokens, value(&back, "device_id").to_owned())
}

#[tokio::test]
async fn the_callback_is_vks_to_the_letter() {
    let client = running().await;
    let peer = client.vk();
    for method in ["S256", "s256"] {
        let back = peer.redirected(&authorize("").replace("S256", method)).await;
        assert_eq!(names(&back), "code expires_in device_id state ext_id type");
        let code = value(&back, "code");
        assert!(code.starts_with("vk2.a.") && code.len() == 220, "{}", code.len());
        assert_eq!((value(&back, "device_id").len(), value(&back, "ext_id").len()), (86, 172));
        let rest = ["expires_in", "state", "type"].map(|name| value(&back, name));
        assert_eq!(rest, ["600", STATE, "code_v2"]);
    }
    let back = peer.redirected(&authorize("payload=on")).await;
    assert_eq!(names(&back), "payload");
    let payload: Value = serde_json::from_str(value(&back, "payload")).unwrap();
    assert_eq!(
        (&payload["expires_in"], &payload["state"], &payload["type"]),
        (&json!(600), &json!(STATE), &json!("code_v2"))
    );
    let back = peer.redirected(&authorize("").replace("auto=allow", "auto=deny")).await;
    assert_eq!((value(&back, "error"), value(&back, "state")), ("access_denied", STATE));
}

#[tokio::test]
async fn what_vk_id_does_not_take_is_refused() {
    let client = running().await;
    let peer = client.vk();
    for (change, to) in [
        ("code_challenge=E9", "code_challenge="),
        ("code_challenge_method=S256", "code_challenge_method=plain"),
        ("&code_challenge_method=S256", ""),
        (STATE, "short"),
        ("response_type=code", "response_type=token"),
    ] {
        let back = peer.redirected(&format!("/id{}", authorize("").replace(change, to))).await;
        assert_eq!(value(&back, "error"), "invalid_request", "{change}");
    }
    for (change, to) in [("51000002", "54249533"), ("51000002", "x"), ("http://127", "https://127")] {
        let answer = peer.get(&format!("/id{}", authorize("").replace(change, to))).await;
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key("location")), (400, false), "{to}");
    }
}

#[tokio::test]
async fn an_exchange_checks_everything_with_vks_texts() {
    let client = running().await;
    let peer = client.vk();
    let back = peer.redirected(&authorize("scope=email%20groups%20nonsense&person=100003")).await;
    let redirect =
        "invalid_grant: redirect_uri is invalid, please pass same redirect_uri, you used in authorize method.";
    for (other, expected) in [
        (("client_id", ""), "invalid_client: client_id is missing or invalid"),
        (("client_id", "51000009"), "invalid_grant: code is invalid or expired"),
        (("code", "vk2.a.x"), "invalid_grant: code is invalid or expired"),
        (("device_id", "x"), "invalid_request: device_id is invalid"),
        (("device_id", ""), "invalid_request: device_id is invalid"),
        (("redirect_uri", "http://127.0.0.1:8000/"), redirect),
        (("code_verifier", ""), "invalid_grant: code_verifier is invalid"),
        (("code_verifier", "short"), "invalid_grant: code_verifier is invalid"),
        (("code_verifier", CHALLENGE), "invalid_grant: code_challenge does not match code_verifier"),
        (("service_token", "abc"), "invalid_grant: service_token is invalid"),
        (("grant_type", "password"), "invalid_request: grant_type is missing or invalid"),
    ] {
        let body = exchange(&peer, &back, &[other]).await;
        assert_eq!((error(&body).as_str(), &body["state"]), (expected, &json!("another-state")), "{other:?}");
    }
    let service = client.token(r#"{"kind":"service","id":51000002}"#).await;
    let tokens = exchange(&peer, &back, &[("service_token", &service)]).await;
    let shown = ["token_type", "expires_in", "user_id", "state", "scope"].map(|name| tokens[name].clone());
    let scope = "vkid.personal_info groups email";
    assert_eq!(shown, [json!("Bearer"), json!(3600), json!(100_003), json!("another-state"), json!(scope)]);
    assert_eq!(tokens["refresh_token"].as_str().unwrap().len(), 262);
    let again = exchange(&peer, &back, &[]).await;
    assert_eq!(error(&again), "invalid_grant: code was already used");
    let id_token = tokens["id_token"].as_str().unwrap();
    let (_, public) = peer.post("/oauth2/public_info", &[("id_token", id_token), ("client_id", "51000002")]).await;
    assert_eq!((&public["user"]["last_name"], &public["user"]["email"]), (&json!("С."), &json!("ve***@example.org")));
    let bad = peer.post("/oauth2/public_info", &[("id_token", "x")]).await;
    assert_eq!((bad.0, error(&bad.1).as_str()), (200, "invalid_request: id_token is missing or invalid"));
}

#[tokio::test]
async fn a_refresh_token_works_once_and_then_the_session_is_dead() {
    let client = running().await;
    let peer = client.vk();
    let (first, device_id) = session(&client, "").await;
    let token = |tokens: &Value| tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(error(&refresh(&peer, &token(&first), "x").await), "invalid_request: device_id is invalid");
    let second = refresh(&peer, &token(&first), &device_id).await;
    assert_eq!((&second["state"], &second["id_token"]), (&json!("third"), &Value::Null));
    let again = refresh(&peer, &token(&first), &device_id).await;
    let compromised = "invalid_grant: session is compromised because refresh token has already been applied";
    assert_eq!(error(&again), compromised);
    let after = refresh(&peer, &token(&second), &device_id).await;
    assert_eq!(error(&after), "invalid_grant: refresh_token is missing or invalid");
    assert_eq!(client.verdict(second["access_token"].as_str().unwrap()).await, "user 100001", "to its end");
    let (third, device_id) = session(&client, "").await;
    let restarted = running().await;
    assert!(
        refresh(&restarted.vk(), &token(&third), &device_id).await["error"].is_null(),
        "sessions outlive a restart"
    );
}

#[tokio::test]
async fn scopes_are_trimmed_without_a_word() {
    let client = running().await;
    let peer = client.vk();
    for (more, fault, expected) in [
        ("scope=wall%20photos%20groups&grant=", None, "vkid.personal_info"),
        ("scope=wall%20photos%20groups&grant=groups", None, "vkid.personal_info groups"),
        ("scope=wall%20groups", Some(("id/redirect", "grant:wall")), "vkid.personal_info wall"),
        ("scope=wall%20groups", Some(("oauth2/auth", "grant:")), "vkid.personal_info"),
    ] {
        if let Some((endpoint, answer)) = fault {
            peer.once(endpoint, answer).await;
        }
        let (tokens, device_id) = session(&client, more).await;
        assert_eq!(tokens["scope"], expected, "{more}");
        let wider = refresh(&peer, tokens["refresh_token"].as_str().unwrap(), &device_id).await;
        assert_eq!(wider["scope"], expected, "and a refresh does not widen it");
        let permissions = client.call("account.getAppPermissions", tokens["access_token"].as_str().unwrap(), "").await;
        let is_closed = permissions["error"]["error_code"] == 1051;
        assert_eq!(is_closed, expected == "vkid.personal_info", "{permissions}");
    }
}

#[tokio::test]
async fn a_token_works_where_it_was_handed_to_until_its_session_ends() {
    let client = running().await;
    let peer = client.vk();
    let users_get = async |token: &Value, address: &str| {
        let call = client.calling("users.get", token.as_str().unwrap(), "").header("x-sandbox-address", address);
        verdict_of(&answer_of(call).await.1)
    };
    let (tokens, device_id) = session(&client, "").await;
    let bound = "5/1130 User authorization failed: access_token was given to another ip address.";
    assert_eq!(users_get(&tokens["access_token"], "127.0.0.1").await, "user 100001");
    assert_eq!(users_get(&tokens["access_token"], "203.0.113.7").await, bound);
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", "51000002"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("device_id", &device_id),
    ];
    let moved = answer_of(peer.form("/id/oauth2/auth", &pairs).header("x-sandbox-address", "203.0.113.7")).await.1;
    assert_eq!(users_get(&moved["access_token"], "203.0.113.7").await, "user 100001");
    for (path, expected) in [
        ("/oauth2/revoke", "5 User authorization failed: user revoke access for this token."),
        ("/oauth2/logout", "5 User authorization failed: invalid session."),
    ] {
        let (tokens, device_id) = session(&client, "scope=email").await;
        let access = ("access_token", tokens["access_token"].as_str().unwrap());
        let (_, info) = peer.post("/oauth2/user_info", &[access, ("client_id", "51000002")]).await;
        assert_eq!((&info["user"]["user_id"], &info["user"]["email"]), (&json!("100001"), &json!("anna@example.org")));
        assert_eq!(peer.post(path, &[access, ("client_id", "51000002")]).await.1, json!({"response": 1}));
        assert_eq!(client.verdict(access.1).await, expected);
        assert_eq!(
            error(&peer.post("/oauth2/user_info", &[access]).await.1),
            "invalid_token: access_token is missing or invalid"
        );
        let dead = refresh(&peer, tokens["refresh_token"].as_str().unwrap(), &device_id).await;
        assert_eq!(error(&dead), "invalid_grant: refresh_token is missing or invalid");
    }
}

#[tokio::test]
async fn one_address_is_all_of_vk_and_each_flow_finds_its_page() {
    let client = running().await;
    let peer = client.vk();
    let read = async |path: &str| peer.get(path).await.text().await.unwrap();
    let page = authorize("scope=groups").replace("auto=allow&", "");
    for path in [page.clone(), format!("/id{page}"), page.replace("51000002", "51999999")] {
        let text = read(&path).await;
        assert!(text.contains("VK ID") && text.contains("name=\"right\" value=\"groups\" checked"), "{path}");
        assert!(text.contains("<strong>Sandbox.</strong> This is not VK"), "{path}");
    }
    let legacy = read(&format!("/authorize?response_type=code&client_id=1&redirect_uri={BACK}")).await;
    assert!(legacy.contains("asks for access") && !legacy.contains("VK ID"));
}

#[tokio::test]
async fn faults_and_counts_of_vk_id_are_set_and_read_like_those_of_the_api() {
    let client = running().await;
    let peer = client.vk();
    let back = peer.redirected(&authorize("")).await;
    peer.once("oauth2/auth", "error:temporarily_unavailable@503").await;
    let answer = peer.form("/oauth2/auth", &[("grant_type", "authorization_code")]).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    for fault in [
        json!({"method": "oauth2/auth", "answer": "error:5:expired"}),
        json!({"method": "users.get", "answer": "set:response=1"}),
        json!({"answer": "form"}),
        json!({"method": "oauth2/nothing", "answer": "hang"}),
    ] {
        assert_eq!(peer.json(Method::POST, "/sandbox/faults", &fault).await.0, 400, "{fault}");
    }
    let everywhere = json!({"answer": "http:502", "times": 1});
    peer.json(Method::POST, "/sandbox/faults", &everywhere).await;
    assert!(exchange(&peer, &back, &[]).await["error"].is_null(), "a fault of every method is not VK ID's");
    peer.once("id/redirect", "twice:state").await;
    assert_eq!(names(&peer.redirected(&authorize("")).await), "code expires_in device_id state ext_id type state");
    let log = answer_of(peer.request(Method::GET, "/sandbox/requests")).await.1;
    assert_eq!(log["endpoints"], json!({"id/redirect": 2, "oauth2/auth": 2}));
    assert_eq!(log["requests"][1]["form"], json!([["grant_type", "authorization_code"]]));
}

//! Odd behaviours on request, and the record of what was asked.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Peer, answer_of, names, running, value};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const AUTHORIZE: &str =
    "/authorize?client_id=grantkeep&response_type=code&redirect_uri=http://127.0.0.1:8000/cb&state=s&auto=allow";

fn asking(client: &Client, peer: &Peer) -> reqwest::RequestBuilder {
    let (id, secret) = client.sandbox.oauth2_client();
    peer.form("/token", &[("client_id", id), ("client_secret", secret), GRANT])
}

#[tokio::test]
async fn answers_say_what_they_are_asked_to() {
    let client = running().await;
    let peer = client.oauth2();
    for (answer, status, member, expected) in [
        ("set:expires_in=\"3600\"", 200, "expires_in", json!("3600")),
        ("set:expires_in=-1", 200, "expires_in", json!(-1)),
        ("set:expires_in=1e300", 200, "expires_in", json!(1e300)),
        ("drop:expires_in", 200, "expires_in", Value::Null),
        ("set:created_at=1768145400123", 200, "created_at", json!(1_768_145_400_123_u64)),
        ("set:created_at=2026-01-11T15:30:00Z", 200, "created_at", json!("2026-01-11T15:30:00Z")),
        ("set:token_type=mac", 200, "token_type", json!("mac")),
        ("drop:token_type", 200, "token_type", Value::Null),
        ("grant:openid", 200, "scope", json!("")),
        ("error:slow_down@429", 429, "error", json!("slow_down")),
        ("error:invalid_grant@200", 200, "error", json!("invalid_grant")),
        ("error:invalid_client", 400, "error", json!("invalid_client")),
        ("status:201", 201, "token_type", json!("Bearer")),
    ] {
        peer.once("token", answer).await;
        let (got, body) = answer_of(asking(&client, &peer)).await;
        assert_eq!((got, &body[member]), (status, &expected), "{answer}");
    }
    peer.once("token", "form").await;
    let answer = asking(&client, &peer).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-www-form-urlencoded");
    assert!(answer.text().await.unwrap().contains("expires_in=3600&scope=read&token_type=Bearer"));
    assert_eq!(answer_of(asking(&client, &peer)).await.0, 200, "all faults are gone");
}

#[tokio::test]
async fn redirects_say_what_they_are_asked_to() {
    let client = running().await;
    let peer = client.oauth2();
    for (answer, expected) in [
        ("set:iss=https://evil.example", "code state iss"),
        ("drop:iss", "code state"),
        ("set:state=other", "code state iss"),
        ("twice:state", "code state iss state"),
        ("drop:state", "code iss"),
        ("set:error=access_denied", "code state iss error"),
        ("error:temporarily_unavailable", "error error_description state iss"),
    ] {
        peer.once("redirect", answer).await;
        assert_eq!(names(&peer.redirected(AUTHORIZE).await), expected, "{answer}");
    }
    peer.once("redirect", "set:state=other").await;
    assert_eq!(value(&peer.redirected(AUTHORIZE).await, "state"), "other");
    peer.once("redirect", "as:boris").await;
    let back = peer.redirected(AUTHORIZE).await;
    let (id, secret) = client.sandbox.oauth2_client();
    let mut pairs = vec![("client_id", id), ("client_secret", secret), ("grant_type", "authorization_code")];
    pairs.extend([("code", value(&back, "code")), ("redirect_uri", "http://127.0.0.1:8000/cb")]);
    let (_, tokens) = peer.post("/token", &pairs).await;
    let who = peer.request(Method::GET, "/userinfo").bearer_auth(tokens["access_token"].as_str().unwrap());
    assert_eq!(answer_of(who).await.1["preferred_username"], "boris");
}

#[tokio::test]
async fn metadata_can_lie_but_lead_nowhere_real() {
    let client = running().await;
    let peer = client.oauth2();
    let read = async || answer_of(peer.request(Method::GET, "/.well-known/openid-configuration")).await;
    peer.once("metadata", "set:issuer=https://other.example").await;
    assert_eq!(read().await.1["issuer"], "https://other.example");
    peer.once("metadata", "set:token_endpoint=\"http://169.254.169.254/latest\"").await;
    assert_eq!(read().await.1["token_endpoint"], "http://169.254.169.254/latest");
    peer.once("metadata", "http:404").await;
    assert_eq!(read().await.0, 404);
    for answer in ["set:token_endpoint=\"https://id.vk.ru/x\"", "redirect:307:https://example.ru/"] {
        let fault = json!({"endpoint": "metadata", "answer": answer});
        assert_eq!(peer.json(Method::POST, "/sandbox/faults", &fault).await.0, 400, "{answer}");
    }
    let fault = json!({"endpoint": "nothing", "answer": "hang"});
    assert_eq!(peer.json(Method::POST, "/sandbox/faults", &fault).await.0, 400);
}

#[tokio::test]
async fn connections_break_before_or_after_the_work() {
    let client = running().await;
    let peer = client.oauth2();
    let refresh = async |token: &str| {
        let (id, secret) = client.sandbox.oauth2_client();
        let pairs =
            [("client_id", id), ("client_secret", secret), ("grant_type", "refresh_token"), ("refresh_token", token)];
        peer.form("/token", &pairs).send().await
    };
    for (answer, survives) in [("close", true), ("reset", true), ("lost", false)] {
        let back = peer.redirected(AUTHORIZE).await;
        let (id, secret) = client.sandbox.oauth2_client();
        let mut pairs = vec![("client_id", id), ("client_secret", secret), ("grant_type", "authorization_code")];
        pairs.extend([("code", value(&back, "code")), ("redirect_uri", "http://127.0.0.1:8000/cb")]);
        let (_, tokens) = peer.post("/token", &pairs).await;
        let token = tokens["refresh_token"].as_str().unwrap();
        peer.once("token", answer).await;
        assert!(refresh(token).await.is_err(), "{answer}");
        assert_eq!(refresh(token).await.unwrap().status().is_success(), survives, "{answer}");
    }
}

#[tokio::test]
async fn bodies_that_are_too_much() {
    let client = running().await;
    let peer = client.oauth2();
    peer.once("token", "endless").await;
    let mut answer = asking(&client, &peer).send().await.unwrap();
    let mut seen = 0;
    while seen < 200 << 20 {
        seen += answer.chunk().await.unwrap().unwrap().len();
    }
    drop(answer);
    peer.once("token", "bomb").await;
    let answer = asking(&client, &peer).send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let bomb = answer.bytes().await.unwrap();
    assert_eq!((bomb.len(), &bomb[..2]), (10 * 1024 * 1024 + 34, &[0x1f, 0x8b][..]));
    peer.once("token", "trickle").await;
    let begin = Instant::now();
    let mut answer = asking(&client, &peer).send().await.unwrap();
    for expected in *b"{\"acc" {
        assert_eq!(answer.chunk().await.unwrap().unwrap()[..], [expected]);
    }
    assert!(begin.elapsed() >= Duration::from_millis(350));
    peer.once("token", "slow:1").await;
    let begin = Instant::now();
    assert_eq!(answer_of(asking(&client, &peer)).await.0, 200);
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_redirect_is_noticed_when_it_is_followed() {
    let client = running().await;
    let peer = client.oauth2();
    peer.once("token", "redirect:307").await;
    let answer = asking(&client, &peer).send().await.unwrap();
    let place = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!((answer.status().as_u16(), &place), (307, &format!("{}/elsewhere/token", peer.base)));
    assert_eq!((peer.count("token").await, peer.count("elsewhere").await), (1, 0));
    let (id, secret) = client.sandbox.oauth2_client();
    let pairs = [("client_id", id), ("client_secret", secret), GRANT];
    assert_eq!(peer.post("/elsewhere/token", &pairs).await.0, 200);
    assert_eq!((peer.count("token").await, peer.count("elsewhere").await), (1, 1));
    peer.once("token", "redirect:302:http://10.0.0.1/x").await;
    let answer = asking(&client, &peer).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "http://10.0.0.1/x");
}

#[tokio::test]
async fn the_log_has_names_and_no_secrets() {
    let client = running().await;
    let peer = client.oauth2();
    let (id, secret) = client.sandbox.oauth2_client();
    let pairs =
        [("client_id", id), ("client_secret", secret), ("grant_type", "authorization_code"), ("code", "a-code")];
    peer.post("/token", &pairs).await;
    peer.request(Method::GET, "/userinfo?access_token=in-the-wrong-place").bearer_auth("a-token").send().await.unwrap();
    peer.json(Method::POST, "/register", &json!({"redirect_uris": ["http://127.0.0.1:1/"], "software_id": "x"})).await;
    let text = peer.get("/sandbox/requests").await.text().await.unwrap();
    for secret in [secret, "a-code", "a-token", "in-the-wrong-place"] {
        assert!(!text.contains(secret), "{text}");
    }
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["endpoints"], json!({"register": 1, "token": 1, "userinfo": 1}));
    let [token, userinfo, register] = [0, 1, 2].map(|at| &log["requests"][at]);
    assert_eq!(token["form"][0], json!(["client_id", "grantkeep"]));
    // SHA-256 of “a-code”.
    assert_eq!(token["form"][3], json!(["code", "sha256:912bec0aade1bad1"]));
    assert_eq!((&userinfo["authorization"], &userinfo["query"][0][0]), (&json!("bearer"), &json!("access_token")));
    assert_eq!(register["json"][0], json!(["redirect_uris", "[\"http://127.0.0.1:1/\"]"]));
    let cleared = json!({"endpoints": {}, "requests": []});
    assert_eq!(peer.json(Method::DELETE, "/sandbox/requests", &Value::Null).await, (200, cleared));
}

#[tokio::test]
async fn faults_are_for_so_many_requests_of_one_endpoint_by_form_too() {
    let client = running().await;
    let peer = client.oauth2();
    let answer = peer.form("/sandbox/faults", &[("answer", "http:503"), ("endpoint", "token"), ("times", "2")]);
    let answer = answer.header("origin", &peer.base).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/#faults"));
    let page = peer.get("/").await.text().await.unwrap();
    assert!(page.contains("<code>http:503</code> to <code>token</code>, times left: 2"), "{page}");
    assert_eq!(answer_of(peer.request(Method::GET, "/jwks")).await.0, 200);
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(answer_of(asking(&client, &peer)).await.0);
    }
    assert_eq!(seen, [503, 503, 200]);
    let foreign = peer.form("/sandbox/faults", &[("answer", "hang")]).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn every_provider_has_a_page_that_leads_to_the_others() {
    let client = running().await;
    let mut bases = vec![client.sandbox.vk_url(), client.sandbox.oauth2_url()];
    bases.extend(client.sandbox.mastodons().iter().map(|(_, url)| url.as_str().trim_end_matches('/').to_owned()));
    for base in &bases {
        let answer = client.at(base).get("/").await;
        assert_eq!(answer.status(), 200, "{base}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("<strong>Sandbox.</strong> This is not"), "{base}");
        assert!(!page.contains("<script"), "{base}");
        for other in bases.iter().filter(|other| *other != base) {
            assert!(page.contains(&format!("href=\"{other}/\"")), "{base} leads to {other}");
        }
    }
}

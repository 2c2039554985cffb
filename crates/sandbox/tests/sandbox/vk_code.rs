//! VK's legacy authorization code flow.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Peer, answer_of, running, value};

const BACK: &str = "http://127.0.0.1:8000/callback/vk/code";
const SECRET: (&str, &str) = ("client_secret", "sandbox-not-a-secret");

async fn code(client: &Client, more: &str) -> String {
    let path =
        format!("/authorize?client_id=54249533&response_type=code&redirect_uri={BACK}&state=s&auto=allow&{more}");
    let back = client.vk().redirected(&path).await;
    assert_eq!(value(&back, "state"), "s");
    value(&back, "code").to_owned()
}

async fn exchange(peer: &Peer, code: &str) -> (u16, Value) {
    peer.post("/access_token", &[("client_id", "54249533"), SECRET, ("code", code), ("redirect_uri", BACK)]).await
}

#[tokio::test]
async fn a_code_becomes_a_token_once() {
    let client = running().await;
    let peer = client.vk();
    let first = code(&client, "person=100002&scope=wall,email").await;
    let (status, body) = exchange(&peer, &first).await;
    let shown = (status, &body["expires_in"], &body["user_id"], &body["email"]);
    assert_eq!(shown, (200, &json!(43_200), &json!(100_002), &json!("boris@example.org")));
    assert_eq!(client.verdict(body["access_token"].as_str().unwrap()).await, "user 100002");
    let again = exchange(&peer, &first).await;
    assert_eq!(again, (401, json!({"error": "invalid_grant", "error_description": "Code is invalid or expired."})));
    let by_get = code(&client, "scope=offline").await;
    let (id, secret) = ("54249533", SECRET.1);
    let path = format!("/access_token?client_id={id}&client_secret={secret}&code={by_get}&redirect_uri={BACK}");
    let (_, body) = answer_of(peer.request(Method::GET, &path)).await;
    assert_eq!(body["expires_in"], 0);
    let groups = exchange(&peer, &code(&client, "group_ids=200001,200002").await).await.1;
    assert_eq!((&groups["groups"][1]["group_id"], &groups["expires_in"]), (&json!(200_002), &json!(0)));
    let token = groups["groups"][0]["access_token"].as_str().unwrap();
    assert_eq!(client.call("groups.getById", token, "").await["response"]["groups"][0]["id"], 200_001);
}

#[tokio::test]
async fn every_refusal_is_401() {
    let client = running().await;
    let peer = client.vk();
    let code = code(&client, "").await;
    let (id, code, back) = (("client_id", "54249533"), ("code", code.as_str()), ("redirect_uri", BACK));
    for (pairs, error, description) in [
        (&[SECRET, code, back][..], "invalid_client", "client_id is undefined"),
        (&[id, code, back], "invalid_client", "client_secret is undefined"),
        (&[id, ("client_secret", "x"), code, back], "invalid_client", "client_secret is incorrect"),
        (&[("client_id", "51000002"), SECRET, code, back], "invalid_client", "client_secret is incorrect"),
        (&[("client_id", "7"), SECRET, code, back], "invalid_grant", "Code is invalid or expired."),
        (&[id, SECRET, back], "invalid_grant", "Code is invalid or expired."),
        (&[id, SECRET, code], "invalid_grant", "redirect_uri is incorrect"),
    ] {
        let expected = json!({"error": error, "error_description": description});
        assert_eq!(peer.post("/access_token", pairs).await, (401, expected), "{pairs:?}");
    }
    assert_eq!(peer.post("/access_token", &[id, SECRET, code, back]).await.0, 200, "and none of it spent the code");
}

#[tokio::test]
async fn an_application_gets_a_service_token_and_a_person_can_say_no() {
    let client = running().await;
    let peer = client.vk();
    let pairs = [("client_id", "54249533"), SECRET, ("grant_type", "client_credentials"), ("v", "5.199")];
    let (_, body) = peer.post("/access_token", &pairs).await;
    let answer = client.call("users.get", body["access_token"].as_str().unwrap(), "").await;
    assert_eq!(answer, json!({"response": []}));
    let path = format!("/authorize?client_id=54249533&response_type=code&redirect_uri={BACK}&state=s&auto=deny");
    let back = peer.redirected(&path).await;
    assert_eq!((value(&back, "error"), value(&back, "state")), ("access_denied", "s"));
    peer.once("redirect", "set:state=other").await;
    assert_eq!(value(&peer.redirected(&path).await, "state"), "other");
    peer.once("redirect", "set:state=other").await;
    let implicit = path.replace("response_type=code", "response_type=token");
    assert_eq!(value(&peer.redirected(&implicit).await, "state"), "other", "in the fragment too");
    peer.once("access_token", "lost").await;
    let code = code(&client, "").await;
    let lost =
        peer.form("/access_token", &[("client_id", "54249533"), SECRET, ("code", &code), ("redirect_uri", BACK)]);
    assert!(lost.send().await.is_err());
    assert_eq!(exchange(&peer, &code).await.0, 401, "it was exchanged");
    assert_eq!(peer.count("access_token").await, 3);
}

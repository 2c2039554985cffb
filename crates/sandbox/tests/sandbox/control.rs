//! The sandbox's own switches: what is set, listed and cleared, tokens made to order, and counts.

use reqwest::Method;
use serde_json::json;

use crate::client::{running, shape};

#[tokio::test]
async fn faults_are_set_listed_and_cleared() {
    let client = running().await;
    let set = client.fault(r#"{"method":"users.get","answer":"error:5:ip","times":2,"after":1,"address":"::1"}"#).await;
    let expected = json!({
        "id": 1, "method": "users.get", "answer": "error:5/1130", "times": 2, "after": 1, "after_seconds": 0,
        "address": "::1", "other_than": null
    });
    assert_eq!(set, expected);
    assert_eq!(client.json(Method::GET, "/sandbox/faults", "").await, (200, json!({"faults": [expected]})));
    assert_eq!(client.json(Method::DELETE, "/sandbox/faults", "").await, (200, json!({"faults": []})));
}

#[tokio::test]
async fn faults_that_are_not_understood_change_nothing() {
    let client = running().await;
    for body in [
        "",
        "[]",
        "{}",
        "null",
        "{",
        r#"{"answer":"nonsense"}"#,
        r#"{"answer":5}"#,
        r#"{"answer":"empty","times":0}"#,
        r#"{"answer":"empty","times":-1}"#,
        r#"{"answer":"empty","method":"users.set"}"#,
        r#"{"answer":"empty","metod":"x"}"#,
        r#"{"answer":"empty","answer":"hang"}"#,
        r#"{"answer":"empty","address":"home"}"#,
    ] {
        assert_eq!(client.json(Method::POST, "/sandbox/faults", body).await.0, 400, "{body}");
    }
    assert_eq!(client.json(Method::GET, "/sandbox/faults", "").await.1, json!({"faults": []}));
}

#[tokio::test]
async fn the_pages_form_sets_and_clears() {
    let client = running().await;
    let form = async |path: &str, body: &'static str| {
        let request = client.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.header("origin", client.sandbox.vk_url()).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned()))
    };
    let back = (303, Some("/#faults".to_owned()));
    let set = "answer=http%3A502&method=&times=3&after=&after_seconds=&address=&other_than=203.0.113.7";
    assert_eq!(form("/sandbox/faults", set).await, back);
    assert!(client.get("/").await.text().await.unwrap().contains("<li><code>http:502</code> to every method"));
    assert_eq!(form("/sandbox/faults", "answer=").await.0, 400);
    assert_eq!(form("/sandbox/faults", "answer=empty&times=many").await.0, 400);
    assert_eq!(form("/sandbox/faults/clear", "").await, back);
    assert_eq!(client.json(Method::GET, "/sandbox/faults", "").await.1, json!({"faults": []}));
}

#[tokio::test]
async fn tokens_are_made_to_order() {
    let client = running().await;
    for (wanted, expected) in [
        (r#"{"kind":"user"}"#, "#access_token=vk1.a.…&expires_in=86400&user_id=100001"),
        (r#"{"kind":"user","id":5,"expires_in":0}"#, "#access_token=vk1.a.…&expires_in=0&user_id=5"),
        (r#"{"kind":"vk_id"}"#, "#access_token=vk2.a.…&expires_in=3600&user_id=100001"),
        (r#"{"kind":"community","id":200002}"#, "#access_token_200002=vk1.a.…&expires_in=0"),
    ] {
        let (status, made) = client.json(Method::POST, "/sandbox/tokens", wanted).await;
        assert_eq!(status, 200, "{wanted}");
        let url = made["url"].as_str().unwrap();
        assert_eq!(shape(url), client.url(&format!("/blank.html{expected}")));
        assert!(url.contains(made["access_token"].as_str().unwrap()));
    }
    let key = client.token(r#"{"kind":"service"}"#).await;
    assert!(key.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for wanted in [
        "",
        "{}",
        r#"{"kind":"robot"}"#,
        r#"{"kind":"user","id":0}"#,
        r#"{"kind":"user","scope":"all"}"#,
        r#"{"kind":"user","answers":"x"}"#,
        r#"{"kind":"user","expires_in":9999999999999}"#,
    ] {
        assert_eq!(client.json(Method::POST, "/sandbox/tokens", wanted).await.0, 400, "{wanted}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_method() {
    let client = running().await;
    let token = client.token(r#"{"kind":"user"}"#).await;
    client.fault(r#"{"answer":"empty","times":1}"#).await;
    for method in ["users.get", "users.get", "groups.getById", "users.nonsense"] {
        client.calling(method, &token, "").send().await.unwrap();
    }
    client.authorize("auto=deny").await;
    let counts = json!({
        "methods": {"groups.getById": 1, "users.get": 2}, "unknown": 1, "elsewhere": 0, "authorize": 1
    });
    assert_eq!(client.json(Method::GET, "/sandbox/requests", "").await, (200, counts));
}

//! Faults: every error, every outage, and for whom and how long.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;

use crate::client::running;

const ALIVE: &str = "user 100001";

#[tokio::test]
async fn every_error_of_the_list_can_be_asked_for() {
    let client = running().await;
    let token = client.token(r#"{"kind":"user"}"#).await;
    let page = client.get("/").await.text().await.unwrap();
    let words = page.split("<option value=\"error:").skip(1).map(|rest| rest.split_once('"').unwrap().0);
    let words = words.collect::<std::collections::BTreeSet<_>>();
    assert!(words.len() > 60, "{}", words.len());
    for word in words {
        client.fault(&format!(r#"{{"answer":"error:{word}","times":1}}"#)).await;
        let answer = client.call("users.get", &token, "").await;
        let (number, _) = word.split_once(':').unwrap_or((word, ""));
        let (code, subcode) = number.split_once('/').unwrap_or((number, ""));
        assert_eq!(answer["error"]["error_code"].to_string(), code);
        assert_eq!(answer["error"]["error_subcode"].as_u64(), subcode.parse().ok(), "{word}");
        assert_eq!(answer["error"]["request_params"][0]["value"], "users.get");
        assert_eq!(client.verdict(&token).await, ALIVE, "the fault is gone after {word}");
    }
}

#[tokio::test]
async fn answers_that_are_no_json() {
    let client = running().await;
    for (answer, status, content_type, body) in [
        ("http:502", 502, "text/html; charset=utf-8", "<h1>502</h1>"),
        ("http:503", 503, "text/html; charset=utf-8", "<h1>503</h1>"),
        ("html", 200, "text/html; charset=utf-8", "Ошибка 429"),
        ("truncated", 200, "application/json; charset=utf-8", r#"{"response":[{"id":"#),
        ("error:5:expired@401", 401, "application/json; charset=utf-8", "access_token has expired."),
    ] {
        client.fault(&format!(r#"{{"answer":"{answer}","times":1}}"#)).await;
        let got = client.calling("users.get", "x", "").send().await.unwrap();
        assert_eq!((got.status().as_u16(), &got.headers()["content-type"]), (status, &content_type.parse().unwrap()));
        assert!(got.text().await.unwrap().contains(body), "{answer}");
    }
    for (answer, header) in [("empty", None), ("challenge", Some("required"))] {
        client.fault(&format!(r#"{{"answer":"{answer}","times":1}}"#)).await;
        let got = client.calling("users.get", "x", "").send().await.unwrap();
        assert_eq!(got.headers().get("x-challenge").map(|value| value.to_str().unwrap()), header);
        assert_eq!((got.status().as_u16(), got.text().await.unwrap()), (200, String::new()));
    }
}

#[tokio::test]
async fn connections_that_break() {
    let client = running().await;
    client.fault(r#"{"answer":"reset","times":1}"#).await;
    let error = client.calling("users.get", "x", "").send().await.unwrap_err();
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    client.fault(r#"{"answer":"cut","times":1}"#).await;
    let got = client.calling("users.get", "x", "").send().await.unwrap();
    assert!(got.text().await.is_err());
    client.fault(r#"{"answer":"huge","times":1}"#).await;
    let got = client.calling("users.get", "x", "").send().await.unwrap();
    assert_eq!(got.bytes().await.unwrap().len(), 64 * 1024 * 1024);
}

#[tokio::test]
async fn answers_that_never_come() {
    let client = running().await;
    let short = Duration::from_secs(1);
    client.fault(r#"{"answer":"hang","times":1}"#).await;
    let error = client.calling("users.get", "x", "").timeout(short).send().await.unwrap_err();
    assert!(error.is_timeout());
    client.fault(r#"{"answer":"stall","times":1}"#).await;
    // The head comes at once, if the machine does not stand still.
    let got = client.calling("users.get", "x", "").timeout(5 * short).send().await.unwrap();
    assert!(got.text().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn stopping_ends_hanging_calls() {
    let client = running().await;
    client.fault(r#"{"answer":"hang"}"#).await;
    let call = tokio::spawn(client.calling("users.get", "x", "").send());
    while client.json(Method::GET, "/sandbox/requests", "").await.1["methods"]["users.get"].is_null() {}
    client.sandbox.stop().await;
    let error = call.await.unwrap().unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_slow_answer_is_the_same_answer() {
    let client = running().await;
    let token = client.token(r#"{"kind":"user","answers":"slow:1"}"#).await;
    let begin = Instant::now();
    assert_eq!(client.verdict(&token).await, ALIVE);
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_redirect_stays_here_and_is_counted_when_followed() {
    let client = running().await;
    let token = client.token(r#"{"kind":"user"}"#).await;
    for status in [301, 302, 307] {
        client.fault(&format!(r#"{{"answer":"redirect:{status}","times":1}}"#)).await;
        let got = client.calling("users.get", &token, "").send().await.unwrap();
        assert_eq!(got.status().as_u16(), status);
        assert_eq!(got.headers()["location"].to_str().unwrap(), client.url("/elsewhere/method/users.get"));
    }
    assert_eq!(client.json(Method::GET, "/sandbox/requests", "").await.1["elsewhere"], 0);
    let followed = client.get(&format!("/elsewhere/method/users.get?v=5.199&access_token={token}")).await;
    assert!(followed.text().await.unwrap().contains("100001"));
    assert_eq!(client.json(Method::GET, "/sandbox/requests", "").await.1["elsewhere"], 1);
}

#[tokio::test]
async fn three_calls_a_second_and_the_fourth_is_refused_only_when_asked_for() {
    let client = running().await;
    let token = client.token(r#"{"kind":"user"}"#).await;
    for _ in 0..6 {
        assert_eq!(client.verdict(&token).await, ALIVE);
    }
    client.fault(r#"{"answer":"rate_limit"}"#).await;
    let calls = [(); 4].map(|()| client.verdict(&token));
    let [a, b, c, d] = calls;
    let answers: [String; 4] = tokio::join!(a, b, c, d).into();
    assert!(answers.iter().any(|answer| answer == "6 Too many requests per second"), "{answers:?}");
    assert!(answers.iter().any(|answer| answer == ALIVE), "{answers:?}");
}

#[tokio::test]
async fn a_token_that_works_for_the_first_calls_and_then_only_from_home() {
    let client = running().await;
    let token = client.token(r#"{"kind":"user"}"#).await;
    client.fault(r#"{"answer":"error:5:ip","after":2,"other_than":"203.0.113.7"}"#).await;
    let from = async |address: &str| {
        let request = client.calling("users.get", &token, "").header("x-sandbox-address", address);
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        answer["error"]["error_subcode"].as_u64()
    };
    assert_eq!(from("198.51.100.1").await, None);
    assert_eq!(from("198.51.100.1").await, None);
    assert_eq!(from("198.51.100.1").await, Some(1130));
    assert_eq!(from("203.0.113.7").await, None);
}

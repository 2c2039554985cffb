//! Holds the whole service, without a connection, against its contract.

mod access;
mod audit;
mod capture;
mod connection;
mod login;
mod metrics;
mod renewal;
mod stage;

use std::time::Duration;

use super::*;
use stage::{Answer, HOST, NETWORK, Stage, set_clock, submission};

const SUBMIT: &str = "/api/v1/oauth/vk/token/submit";
const STATUS: &str = "/api/v1/oauth/vk/token/status";
const CREDENTIALS: &str = "/api/v1/credentials";

/// A person's token of the usual kind.
const PERSON: &str = r#"{"kind":"user","id":123456}"#;

/// The fields of a submit's or a status's answer that the seed has.
fn seed_of(answer: &Answer) -> String {
    let end = answer.body.find(r#","verified""#).or_else(|| answer.body.find(r#","state""#)).expect(&answer.body);
    answer.body[..end].to_owned()
}

#[tokio::test]
async fn the_way_of_a_token_is_answered_as_documented() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);

    let none = stage.get(STATUS, &key).await;
    let expected = r#"{"has_token":false,"is_valid":null,"expiry":null,"time_until_expiry":null,"needs_refresh":true,"credential_id":null"#;
    assert_eq!(seed_of(&none), expected);

    let body = submission(&stage.paste(PERSON).await, "my_vk");
    let saved = stage.post(SUBMIT, &key, &body).await;
    let expected = |done| {
        format!(
            r#"{{"success":true,"credential_id":1,"user_id":123456,"expiry":"2026-01-11T15:30:00Z","message":"VK token {done} successfully (expires in 24h)""#
        )
    };
    assert_eq!(seed_of(&saved), expected("saved"));
    let body = submission(&stage.paste(PERSON).await, "my_vk");
    assert_eq!(seed_of(&stage.post("/api/v1/vk/token/submit", &key, &body).await), expected("updated"));

    let day = 86_400;
    for (after, is_valid, left, needs_refresh, state) in [
        (5 * 3600 + 15 * 60, true, "18h 45m", false, "valid"),
        (day - 7200, true, "2h 0m", false, "valid"),
        (day - 7199, true, "1h 59m", true, "expiring"),
        (day - 5400, true, "1h 30m", true, "expiring"),
        (day - 1, true, "0h 0m", true, "expiring"),
        (day, false, "expired", true, "expired"),
        (2 * day, false, "expired", true, "expired"),
    ] {
        set_clock(after);
        for path in [STATUS, "/api/v1/vk/token/status", "/api/v1/oauth/vk/token/status?account_name=my_vk&unknown=1"] {
            let expected = format!(
                r#"{{"has_token":true,"is_valid":{is_valid},"expiry":"2026-01-11T15:30:00Z","time_until_expiry":"{left}","needs_refresh":{needs_refresh},"credential_id":1,"state":"{state}","account_name":"my_vk"}}"#
            );
            assert_eq!(stage.get(path, &key).await.body, expected, "{path} after {after} s");
        }
    }
    set_clock(60);
    let handed = stage.get("/api/v1/oauth/vk/token", &key).await;
    assert!(body.contains(handed.json()["access_token"].as_str().unwrap()));
    let short = stage.get("/api/v1/oauth/vk/token?min_ttl=86401", &key).await;
    assert_eq!(short.body, handed.body.replace(r#""credential_id":1}"#, r#""credential_id":1,"below_min_ttl":true}"#));

    let listed = stage.get(CREDENTIALS, &key).await;
    let shown = stage.get("/api/v1/credentials/1", &key).await;
    assert_eq!(listed.body, format!(r#"{{"credentials":[{}],"next":null}}"#, shown.body));
    let checked = stage.post("/api/v1/credentials/1/check", &key, "").await;
    assert_eq!(
        (shown.json()["state"].as_str(), checked.json()["last_check"]["outcome"].as_str()),
        (Some("valid"), Some("alive"))
    );
    assert_ne!(shown.json()["checked_at"], checked.json()["checked_at"]);

    assert_eq!(stage.delete("/api/v1/credentials/1", &key).await.status, 204);
    assert_eq!(stage.delete("/api/v1/credentials/1", &key).await.verdict(), "404 credential_not_found");
    assert_eq!(stage.get(STATUS, &key).await.body, none.body);
}

#[tokio::test]
async fn a_submit_stores_or_says_why_not() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "submit", None);
    stage.store(&key, "held", PERSON).await;
    for (wanted, account, expected) in [
        (PERSON, "held", "200"),
        (PERSON, "other", "200"),
        (r#"{"kind":"user","id":7}"#, "held", "409 owner_changed"),
        (r#"{"kind":"user","id":7,"answers":"http:502"}"#, "held", "503 provider_unavailable"),
        (r#"{"kind":"user","id":7,"answers":"http:502"}"#, "new", "200"),
        (r#"{"kind":"user","id":123456,"answers":"error:14"}"#, "held", "200"),
        (r#"{"kind":"user","answers":"error:5/1130"}"#, "", "400 ip_mismatch"),
        (r#"{"kind":"user","answers":"error:5:expired"}"#, "", "400 token_expired"),
        (r#"{"kind":"user","answers":"error:5"}"#, "", "400 api_error"),
        (r#"{"kind":"user","answers":"error:18"}"#, "", "400 api_error"),
        (r#"{"kind":"community"}"#, "", "200"),
        (r#"{"kind":"service"}"#, "", "200"),
        (r#"{"kind":"vk_id"}"#, "", "200"),
    ] {
        let pasted = stage.paste(wanted).await;
        assert_eq!(stage.post(SUBMIT, &key, &submission(&pasted, account)).await.verdict(), expected, "{wanted}");
    }
    let long = "a".repeat(20_000);
    for (text, account, expected) in [
        ("", "", "400 invalid_format"),
        ("https://oauth.vk.com/blank.html", "", "400 invalid_format"),
        ("https://evil.example/blank.html#access_token=vk1.a.x", "", "400 invalid_format"),
        ("vk1.a.x vk1.a.y", "", "400 invalid_format"),
        ("vk1.a.x\0", "", "400 invalid_format"),
        (&long, "", "400 invalid_format"),
        ("https://oauth.vk.com/blank.html#error=access_denied", "", "400 access_denied"),
        ("vk1.a.x", "a\0b", "400 invalid_account_name"),
        ("vk1.a.x", &long[..129], "400 invalid_account_name"),
    ] {
        assert_eq!(stage.post(SUBMIT, &key, &submission(text, account)).await.verdict(), expected, "{text:.60}");
    }
}

#[tokio::test]
async fn refused_bodies_store_nothing() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "status submit", None);
    let good = submission(&stage.paste(PERSON).await, "my_vk");
    let fields = &good[1..good.len() - 1];
    let deep = format!(r#"{{{fields},"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (body, expected) in [
        (String::new(), "400 invalid_request"),
        (fields.to_owned(), "400 invalid_request"),
        (format!("[{good}]"), "400 invalid_request"),
        (format!("{good} x"), "400 invalid_request"),
        (format!("{{{fields},{fields}}}"), "400 invalid_request"),
        (good.replace("account_name\":\"my_vk\"", "account_name\":5"), "400 invalid_request"),
        (good.replace("my_vk", "my\\ud800"), "400 invalid_request"),
        (good.replace("my_vk", "my\\u0000"), "400 invalid_account_name"),
        (good.replace("my_vk", ""), "400 invalid_account_name"),
        (deep, "400 invalid_request"),
        (format!("{}{good}", " ".repeat(body::LARGEST - good.len() + 1)), "413 body_too_large"),
        (format!(r#"{{{fields},"authorization_id":"a"}}"#), "404 authorization_not_found"),
    ] {
        assert_eq!(stage.post(SUBMIT, &key, &body).await.verdict(), expected, "{body:.80}");
    }
    for declared in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let line = format!("POST {SUBMIT} | authorization: Bearer {key} | content-type: {declared}");
        assert_eq!(stage.ask(NETWORK, &line, &good).await.verdict(), "415 unsupported_media_type");
    }
    assert_eq!(stage.get(CREDENTIALS, &key).await.body, r#"{"credentials":[],"next":null}"#);
    // At the limit, with fields that are not known, it is taken.
    let most = format!(r#"{}{{{fields},"x":[[[{{"y":null}}]]]}}"#, " ".repeat(body::LARGEST - good.len() - 22));
    assert!(body::LARGEST - most.len() < 16);
    assert_eq!(stage.post(SUBMIT, &key, &most).await.verdict(), "200");
}

#[tokio::test]
async fn parameters_have_limits() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "status token", None);
    for (path, expected) in [
        ("/api/v1/credentials?limit=1", "200"),
        ("/api/v1/credentials?limit=200", "200"),
        ("/api/v1/credentials?limit=0", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=-1", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=201", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=9223372036854775808", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=1.5", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=0x10", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=", "400 invalid_parameter"),
        ("/api/v1/credentials?limit", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=1&limit=1", "400 invalid_parameter"),
        ("/api/v1/credentials?limit=1&%6cimit=2", "400 invalid_parameter"),
        ("/api/v1/credentials?LIMIT=0&unknown=1&unknown=2", "200"),
        ("/api/v1/credentials?after=0", "200"),
        ("/api/v1/credentials?after=9223372036854775807", "200"),
        ("/api/v1/credentials?after=-1", "400 invalid_parameter"),
        ("/api/v1/credentials?after=9223372036854775808", "400 invalid_parameter"),
        ("/api/v1/credentials?after=1%20or%201=1", "400 invalid_parameter"),
        ("/api/v1/credentials?provider=vk", "200"),
        ("/api/v1/credentials?provider=VK", "404 provider_not_found"),
        ("/api/v1/credentials?provider=", "404 provider_not_found"),
        ("/api/v1/credentials?state=valid", "200"),
        ("/api/v1/credentials?state=Valid", "400 invalid_parameter"),
        ("/api/v1/credentials?state=valid,expired", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token/status?account_name=", "400 invalid_account_name"),
        ("/api/v1/oauth/vk/token/status?account_name=a%00b", "400 invalid_account_name"),
        ("/api/v1/oauth/vk/token/status?account_name=%ff", "200"),
        ("/api/v1/oauth/vk/token/status?account_name=a&account_name=a", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?min_ttl=0&wait=0", "404 credential_not_found"),
        ("/api/v1/oauth/vk/token?min_ttl=31622400&wait=300", "404 credential_not_found"),
        ("/api/v1/oauth/vk/token?min_ttl=-1", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?min_ttl=31622401", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?min_ttl=9223372036854775808", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?wait=301", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?wait=soon", "400 invalid_parameter"),
    ] {
        assert_eq!(stage.get(path, &key).await.verdict(), expected, "{path}");
    }
}

#[tokio::test]
async fn listings_are_whole_whatever_the_size_of_a_page() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "status submit", None);
    // Every third is about to expire.
    for id in 1..=9 {
        let hours = if id % 3 == 0 { 1 } else { 24 };
        stage.store(&key, "", &format!(r#"{{"kind":"user","id":{id},"expires_in":{}}}"#, hours * 3600)).await;
    }
    for (filter, expected) in [
        ("", vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("&provider=vk", vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("&state=expiring", vec![3, 6, 9]),
        ("&state=valid", vec![1, 2, 4, 5, 7, 8]),
        ("&state=revoked", vec![]),
    ] {
        for limit in [1, 2, 3, 4, 5, 8, 9, 10, 200] {
            let (mut ids, mut after, mut pages) = (Vec::new(), 0, 0);
            loop {
                let page = stage.get(&format!("{CREDENTIALS}?limit={limit}&after={after}{filter}"), &key).await.json();
                let credentials = page["credentials"].as_array().unwrap();
                assert!(credentials.len() <= limit);
                ids.extend(credentials.iter().map(|credential| credential["id"].as_i64().unwrap()));
                pages += 1;
                let Some(next) = page["next"].as_i64() else { break };
                assert!(
                    next > after && ids.last() == Some(&next),
                    "{filter}, {limit} a page: next is {next} after {ids:?}"
                );
                after = next;
            }
            assert_eq!(ids, expected, "{filter}, {limit} a page");
            assert!(pages <= expected.len() / limit + 1, "{filter}, {limit} a page: {pages} pages");
        }
    }
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    stage.store(&key, "my_vk", PERSON).await;
    for path in [
        "/healthz",
        "/readyz",
        "/docs",
        "/openapi.json",
        "/nothing",
        STATUS,
        CREDENTIALS,
        "/api/v1/credentials/1",
        "/api/v1/credentials/2",
        "/api/v1/oauth/vk/token",
        "/api/v1/oauth/vk/authorize/implicit",
        SUBMIT,
    ] {
        let mut answers = Vec::new();
        for method in ["GET", "HEAD"] {
            let mut answer = stage.ask(NETWORK, &format!("{method} {path} | authorization: Bearer {key}"), "").await;
            answer.headers.remove(REQUEST_ID);
            answers.push((answer.status, answer.headers));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
}

#[tokio::test]
async fn what_the_gate_refuses_is_answered_before_all_else() {
    let stage = Stage::open().await;
    let long = format!("GET /api/v1/credentials?x={}", "a".repeat(8192));
    for (line, expected) in [
        ("GET /healthz | host: evil.example", "421 wrong_host"),
        ("GET /api/v1/credentials | host: evil.example", "421 wrong_host"),
        ("GET /api/v1//credentials", "400 malformed_request"),
        ("GET /api/v1/credentials/../keys", "400 malformed_request"),
        ("GET /api/v1/credentials/%2e%2e", "400 malformed_request"),
        ("GET /healthz | authorization: a | authorization: b", "400 malformed_request"),
        ("POST /api/v1/vk/token/submit | transfer-encoding: gzip, chunked", "400 malformed_request"),
        (&long, "414 uri_too_long"),
    ] {
        let answer = stage.ask(NETWORK, line, "").await;
        assert_eq!((answer.verdict().as_str(), answer.header("connection")), (expected, "close"), "{line:.80}");
    }
    for (line, expected) in [
        (format!("GET http://{HOST}/healthz"), "200"),
        ("GET /healthz".to_owned(), "200"),
        ("GET /HEALTHZ".to_owned(), "404 not_found"),
        ("TRACE /healthz".to_owned(), "405 method_not_allowed"),
        ("GET /".to_owned(), "404 not_found"),
    ] {
        let answer = stage.ask(NETWORK, &line, "").await;
        assert_eq!((answer.verdict().as_str(), answer.header("connection")), (expected, ""), "{line}");
    }
}

#[tokio::test]
async fn no_answer_repeats_what_came_with_the_request() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let canary = "c4n4ry";
    for (line, body) in [
        ("GET /c4n4ry", ""),
        ("C4N4RY /healthz", ""),
        ("GET /healthz | host: c4n4ry", ""),
        ("GET /healthz | c4n4ry_x: 1", ""),
        ("GET /api/v1/c4n4ry", ""),
        ("GET /api/v1/credentials/c4n4ry", ""),
        ("GET /api/v1/oauth/c4n4ry/token", ""),
        ("GET /api/v1/credentials?state=c4n4ry", ""),
        ("GET /api/v1/credentials?limit=c4n4ry", ""),
        ("GET /api/v1/oauth/vk/token/status?account_name=c4n4ry%00", ""),
        ("GET /api/v1/oauth/vk/token?account_name=c4n4ry", ""),
        ("GET /api/v1/credentials | x-request-id: c4n4ry | origin: http://c4n4ry | cookie: c4n4ry=1", ""),
        ("POST /api/v1/vk/token/submit", r#"{"c4n4ry":1,"c4n4ry":2}"#),
        ("POST /api/v1/vk/token/submit", r#"{"token_data":c4n4ry}"#),
        ("POST /api/v1/vk/token/submit", r#"{"token_data":"https://c4n4ry.example/#access_token=c4n4ry"}"#),
        ("POST /api/v1/vk/token/submit", r#"{"token_data":"vk1.a.c4n4ry","account_name":"c4n4ry\u0000"}"#),
        ("POST /api/v1/vk/token/submit", r#"{"token_data":"vk1.a.c4n4ry","authorization_id":"c4n4ry"}"#),
        ("POST /api/v1/vk/token/submit", r#"{"token_data":"vk1.a.c4n4ry"}"#),
    ] {
        for header in [format!("authorization: Bearer {key}"), format!("authorization: Bearer {canary}.a.b")] {
            let answer = stage.ask(NETWORK, &format!("{line} | {header} | content-type: application/json"), body).await;
            let shown = format!("{:?} {}", answer.headers, answer.body).to_lowercase();
            assert!(!shown.contains(canary) && !shown.contains(&key.to_lowercase()), "{line}: {shown}");
        }
    }
}

#[tokio::test]
async fn what_changes_something_is_finished_when_the_caller_hangs_up() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "status submit", None);
    let body = submission(&stage.paste(PERSON).await, "my_vk");
    stage.set_fault(r#"{"answer":"slow:1","times":1}"#).await;
    let submit = stage.post(SUBMIT, &key, &body);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), submit).await.is_err(),
        "it answered before the caller hung up"
    );
    let stored = async {
        while !stage.get(STATUS, &key).await.body.starts_with(r#"{"has_token":true"#) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stored).await.expect("the submit is finished without its caller");
}

#[tokio::test]
async fn a_token_that_a_person_must_renew_is_not_handed_out() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let token = "/api/v1/oauth/vk/token";
    assert_eq!(stage.get(token, &key).await.verdict(), "404 credential_not_found");
    stage.store(&key, "one", PERSON).await;
    for (fault, expected) in [
        ("error:5/1130", "409 ip_mismatch"),
        ("error:17", "409 needs_human"),
        ("error:18", "409 account_blocked"),
        ("error:8:blocked", "409 app_blocked"),
        ("error:5:expired", "409 expired"),
        ("http:502", "409 expired"), // no clear answer does not speak against what was clear
        ("error:5", "409 revoked"),
        ("alive", "200"),
    ] {
        stage.set_fault(&format!(r#"{{"answer":"{fault}","times":1}}"#)).await;
        assert_eq!(stage.post("/api/v1/credentials/1/check", &key, "").await.status, 200, "{fault}");
        assert_eq!(stage.get(token, &key).await.verdict(), expected, "{fault}");
    }
    stage.store(&key, "two", PERSON).await;
    assert_eq!(stage.get(token, &key).await.verdict(), "409 account_ambiguous");
    assert_eq!(stage.get(&format!("{token}?account_name=two"), &key).await.verdict(), "200");
    set_clock(86_400);
    assert_eq!(stage.get(&format!("{token}?account_name=two"), &key).await.verdict(), "409 expired");
}

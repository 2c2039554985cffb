//! Holds renewal over the API: by hand, at a hand-out, and what is said when it comes to nothing.

use serde_json::{Value, json};

use super::{
    CREDENTIALS, PERSON,
    stage::{Answer, NETWORK, Stage, set_clock},
};
use crate::metrics::tests::read;

const TOKEN: &str = "/api/v1/oauth/acme/token";

/// How long the emulated provider's tokens live.
const HOUR: i64 = 3600;

impl Stage {
    /// A service with one credential that can be renewed, whose owner may do everything.
    async fn with_grant() -> (Self, String, String) {
        let stage = Self::open().await;
        let key = stage.key("anna", "admin", None);
        let begun = stage.begin(&key, "acme", r#"{"capture":"paste"}"#).await;
        let back = stage.sent_back(begun["authorization_url"].as_str().unwrap(), "auto=allow&person=anna").await;
        let body = json!({"token_data": back.as_str(), "authorization_id": begun["authorization_id"]});
        let saved = stage.post(&format!("{TOKEN}/submit"), &key, &body.to_string()).await;
        assert_eq!(saved.status, 200, "{}", saved.body);
        let path = format!("{CREDENTIALS}/{}", saved.json()["credential_id"]);
        (stage, key, path)
    }

    /// Makes the token endpoint answer so.
    async fn set_token_fault(&self, answer: &str) {
        let fault = json!({"answer": answer, "endpoint": "token"}).to_string();
        self.set_fault_at(&self.sandbox.oauth2_url(), &fault).await;
    }

    async fn state(&self, path: &str, key: &str) -> String {
        self.get(path, key).await.json()["state"].as_str().unwrap().to_owned()
    }
}

fn token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_is_renewed_by_hand() {
    let (stage, key, path) = Stage::with_grant().await;
    let first = token(&stage.get(TOKEN, &key).await);
    let shown = stage.get(&path, &key).await.json();
    assert_eq!((&shown["renews"], &shown["expiry"]), (&true.into(), &"2026-01-10T16:30:00Z".into()));
    let renew_at = shown["renew_at"].as_str().unwrap();
    assert!(("2026-01-10T16:18:00Z".."2026-01-10T16:30:00Z").contains(&renew_at), "in the last fifth: {renew_at}");

    set_clock(60);
    let renewed = stage.post(&format!("{path}/refresh"), &key, "").await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert_eq!(renewed.json()["expiry"], "2026-01-10T16:31:00Z");
    assert_eq!(renewed.body, stage.get(&path, &key).await.body);
    let second = token(&stage.get(TOKEN, &key).await);
    assert_ne!(first, second);

    let stranger = stage.key("boris", "admin", None);
    assert_eq!(stage.post(&format!("{path}/refresh"), &stranger, "").await.verdict(), "404 credential_not_found");
    assert_eq!(token(&stage.get(TOKEN, &key).await), second);

    // Also what a task of its own did is noted for whoever asked for it, and counted.
    let audit = stage.get("/api/v1/audit", &key).await.json();
    let renewal = audit["events"].as_array().unwrap().iter().find(|event| event["action"] == "refresh").unwrap();
    assert_eq!((&renewal["actor"], &renewal["outcome"]), (&"key k_test".into(), &"done".into()));
    let samples = read(&stage.ask(NETWORK, "GET /metrics", "").await.body);
    assert_eq!(samples[r#"grantkeep_renewals_total{kind="oauth2",outcome="granted"}"#], 1.0);
    assert_eq!(samples[r#"grantkeep_renewal_duration_seconds_count{kind="oauth2"}"#], 1.0);
}

#[tokio::test]
async fn what_nothing_renews_says_so() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let path = format!("{CREDENTIALS}/{}", stage.store(&key, "my_vk", PERSON).await);
    let shown = stage.get(&path, &key).await.json();
    assert_eq!((&shown["renews"], &shown["renew_at"]), (&false.into(), &Value::Null));
    assert_eq!(stage.post(&format!("{path}/refresh"), &key, "").await.verdict(), "409 cannot_renew");
}

#[tokio::test]
async fn a_renewal_by_hand_that_comes_to_nothing_says_why() {
    for (answer, first, second, state) in [
        ("error:invalid_grant", "502 renewal_refused", "409 cannot_renew", "expiring"),
        ("error:invalid_client@401", "502 client_refused", "502 client_refused", "valid"),
        ("error:temporarily_unavailable@503", "503 provider_unavailable", "503 provider_unavailable", "valid"),
        ("lost", "503 provider_unavailable", "409 ambiguous", "ambiguous"),
    ] {
        let (stage, key, path) = Stage::with_grant().await;
        let held = token(&stage.get(TOKEN, &key).await);
        stage.set_token_fault(answer).await;
        for expected in [first, second] {
            let refused = stage.post(&format!("{path}/refresh"), &key, "").await;
            assert_eq!(refused.verdict(), expected, "{answer}: {}", refused.body);
            assert!(!refused.body.contains("code was"), "nobody pasted anything: {}", refused.body);
        }
        assert_eq!(stage.state(&path, &key).await, state, "{answer}");
        assert_eq!(token(&stage.get(TOKEN, &key).await), held, "{answer}: what lives is handed out");
    }
}

#[tokio::test]
async fn a_hand_out_renews_what_is_too_short() {
    let (stage, key, path) = Stage::with_grant().await;
    let first = token(&stage.get(TOKEN, &key).await);
    set_clock(HOUR - 500);
    assert_eq!(stage.state(&path, &key).await, "refreshing");
    let kept = stage.get(&format!("{TOKEN}?min_ttl=500"), &key).await;
    assert_eq!(token(&kept), first, "enough is left");
    let renewed = stage.get(TOKEN, &key).await;
    assert_ne!(token(&renewed), first);
    assert_eq!(renewed.json()["expires_at"], "2026-01-10T17:21:40Z");
    assert_eq!(stage.state(&path, &key).await, "valid");
}

#[tokio::test]
async fn a_hand_out_whose_renewal_comes_to_nothing() {
    let low = "200 below_min_ttl";
    for (answer, query, after, expected) in [
        ("http:503", "", HOUR - 60, low),
        ("http:503", "", HOUR, "503 provider_unavailable"),
        ("hang", "?wait=1", HOUR - 60, low),
        ("hang", "?wait=1", HOUR, "504 wait_over"),
        ("error:invalid_grant", "", HOUR - 60, low),
        ("error:invalid_grant", "", HOUR, "409 expired"),
        ("error:invalid_client@401", "", HOUR, "502 client_refused"),
        ("alive", "?wait=0", HOUR - 60, low),
    ] {
        let (stage, key, _) = Stage::with_grant().await;
        stage.set_token_fault(answer).await;
        set_clock(after);
        let handed = stage.get(&format!("{TOKEN}{query}"), &key).await;
        let is_low = handed.status == 200 && handed.json()["below_min_ttl"] == true;
        let verdict = if is_low { low.to_owned() } else { handed.verdict() };
        assert_eq!(verdict, expected, "{answer}, {after} s after: {}", handed.body);
    }
}

//! Holds what a monitoring system reads against what was done.

use super::{
    PERSON,
    stage::{NETWORK, Stage},
};
use crate::metrics::tests::read;

#[tokio::test]
async fn what_is_done_is_counted_and_nobody_is_named() {
    let stage = Stage::open().await;
    let key = stage.key("anna-the-owner", "admin", None);
    stage.store(&key, "secret_account", PERSON).await;
    for path in ["/api/v1/oauth/vk/token", "/api/v1/oauth/vk/token?min_ttl=90000", "/api/v1/oauth/acme/token"] {
        stage.get(path, &key).await;
    }
    stage.post("/api/v1/oauth/vk/authorize", &key, "{}").await;
    stage.ask(NETWORK, "GET /api/v1/credentials", "").await;
    let answer = stage.ask(NETWORK, "GET /metrics", "").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let samples = read(&answer.body);
    for (sample, expected) in [
        (r#"grantkeep_credentials_kept{provider="vk"}"#, 1.0),
        (r#"grantkeep_credentials{provider="vk",state="valid"}"#, 1.0),
        (r#"grantkeep_credentials{provider="vk",state="expired"}"#, 0.0),
        (r#"grantkeep_human_needed_timestamp_seconds{provider="vk"}"#, 1_768_145_400.0),
        (r#"grantkeep_hand_outs_total{outcome="done"}"#, 1.0),
        (r#"grantkeep_hand_outs_total{outcome="below_min_ttl"}"#, 1.0),
        (r#"grantkeep_hand_outs_total{outcome="not_found"}"#, 1.0),
        (r#"grantkeep_checks_total{kind="vk",outcome="alive"}"#, 1.0),
        (r#"grantkeep_renewals_total{kind="oauth2",outcome="granted"}"#, 0.0),
        (r#"grantkeep_authorizations_total{progress="begun"}"#, 1.0),
        (r#"grantkeep_authorizations_total{progress="done"}"#, 0.0),
        (r#"grantkeep_http_requests_total{route="/api/v1/oauth/{provider}/token",status="2xx"}"#, 2.0),
        (r#"grantkeep_http_requests_total{route="/api/v1/oauth/{provider}/token",status="4xx"}"#, 1.0),
        (r#"grantkeep_http_requests_total{route="-",status="4xx"}"#, 1.0),
        (concat!(r#"grantkeep_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), 1.0),
    ] {
        assert_eq!(samples.get(sample), Some(&expected), "{sample}\n{}", answer.body);
    }
    assert!(!answer.body.contains("anna-the-owner") && !answer.body.contains("secret_account"));
    assert!(!answer.body.contains("k_test") && !answer.body.contains("acme"), "{}", answer.body);
}

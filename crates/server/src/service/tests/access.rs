//! Holds who may do what: strangers, keys, permissions, other owners, callers beside the data directory.

use std::collections::HashSet;

use super::{
    super::*,
    CREDENTIALS, PERSON, STATUS,
    stage::{NETWORK, Stage, set_clock},
};

#[tokio::test]
async fn strangers_are_not_told_what_there_is_under_api() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    stage.store(&key, "my_vk", PERSON).await;
    let mut bodies = HashSet::new();
    for (line, with_key) in [
        ("GET /api/v1/credentials/1", "200"),
        ("GET /api/v1/credentials/2", "404 credential_not_found"),
        ("GET /api/v1/credentials", "200"),
        ("PUT /api/v1/credentials", "405 method_not_allowed"),
        ("GET /api/v1/nothing", "404 not_found"),
        ("GET /api/v1/oauth/github/token", "404 provider_not_found"),
        ("POST /api/v1/oauth/vk/token/submit", "415 unsupported_media_type"),
        ("GET /api/v1/oauth/vk/token/status?account_name=a&account_name=b", "400 invalid_parameter"),
        ("OPTIONS /api/v1/credentials", "405 method_not_allowed"),
    ] {
        let signed = format!("{line} | authorization: Bearer {key}");
        assert_eq!(stage.ask(NETWORK, &signed, "").await.verdict(), with_key, "{line}");
        for header in ["", " | authorization: Bearer x.y.z", " | authorization: Basic YTpi", " | cookie: session=1"] {
            let refused = stage.ask(NETWORK, &format!("{line}{header}"), "").await;
            assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"), "{line}{header}");
            bodies.insert(refused.body);
        }
        let separator = if line.contains('?') { '&' } else { '?' };
        let in_query = format!("{line}{separator}access_token={key}&authorization=Bearer%20{key}");
        assert_eq!(stage.ask(NETWORK, &in_query, "").await.status, 401, "a key in the query is none");
    }
    assert_eq!(bodies.len(), 1, "one body for all of them");
}

#[tokio::test]
async fn each_operation_needs_its_permission() {
    let stage = Stage::open().await;
    stage.store(&stage.key("anna", "submit", None), "my_vk", PERSON).await;
    for (line, needed) in [
        ("GET /api/v1/oauth/vk/authorize/implicit", "submit"),
        ("POST /api/v1/oauth/vk/token/submit", "submit"),
        ("POST /api/v1/vk/token/submit", "submit"),
        ("GET /api/v1/oauth/vk/token/status", "status"),
        ("GET /api/v1/vk/token/status", "status"),
        ("GET /api/v1/oauth/vk/token", "token"),
        ("HEAD /api/v1/oauth/vk/token", "token"),
        ("GET /api/v1/credentials", "status"),
        ("GET /api/v1/credentials/1", "status"),
        ("GET /api/v1/credentials/99", "status"),
        ("POST /api/v1/credentials/1/check", "submit"),
        ("DELETE /api/v1/credentials/99", "submit"),
        ("GET /api/v1/audit", "admin"),
        ("GET /api/v1/forecast", "admin"),
    ] {
        for permissions in
            ["status", "submit", "token", "status submit", "status token", "submit token", "admin", "other"]
        {
            let usual = if permissions == "other" { "status submit" } else { permissions };
            let may = permissions == "admin" || usual.split(' ').any(|one| one == needed);
            let line = format!("{line} | authorization: Bearer {}", stage.key("anna", permissions, None));
            let answer = stage.ask(NETWORK, &line, "").await;
            let expected =
                if may { String::new() } else { format!("Bearer error=\"insufficient_scope\", scope=\"{needed}\"") };
            assert_eq!((answer.status == 403, answer.header("www-authenticate")), (!may, expected.as_str()), "{line}");
        }
    }
}

#[tokio::test]
async fn a_key_for_other_providers_sees_and_does_nothing_here() {
    let stage = Stage::open().await;
    stage.store(&stage.key("anna", "admin", Some("github vk")), "my_vk", PERSON).await;
    let key = stage.key("anna", "admin", Some("github"));
    for (line, expected) in [
        ("GET /api/v1/oauth/vk/authorize/implicit", "403 provider_not_allowed"),
        ("POST /api/v1/oauth/vk/token/submit", "403 provider_not_allowed"),
        ("GET /api/v1/oauth/vk/token/status", "403 provider_not_allowed"),
        ("GET /api/v1/vk/token/status?account_name=my_vk", "403 provider_not_allowed"),
        ("GET /api/v1/oauth/vk/token", "403 provider_not_allowed"),
        ("GET /api/v1/credentials/1", "404 credential_not_found"),
        ("POST /api/v1/credentials/1/check", "404 credential_not_found"),
        ("POST /api/v1/credentials/1/refresh", "404 credential_not_found"),
        ("DELETE /api/v1/credentials/1", "404 credential_not_found"),
    ] {
        let line = format!("{line} | authorization: Bearer {key} | content-type: application/json");
        assert_eq!(stage.ask(NETWORK, &line, r#"{"token_data":"vk1.a.x"}"#).await.verdict(), expected, "{line}");
    }
    assert_eq!(stage.get(CREDENTIALS, &key).await.body, r#"{"credentials":[],"next":null}"#);
    let other = stage.key("anna", "status", None);
    assert_eq!(stage.get("/api/v1/credentials/1", &other).await.status, 200, "it is still there");
}

#[tokio::test]
async fn what_is_anothers_is_answered_like_what_does_not_exist() {
    let stage = Stage::open().await;
    let [anna, boris] = ["anna", "boris"].map(|owner| stage.key(owner, "admin", None));
    let id = stage.store(&anna, "my_vk", PERSON).await;
    let before = stage.get("/api/v1/credentials/1", &anna).await.body;
    for (method, rest) in [("GET", ""), ("HEAD", ""), ("DELETE", ""), ("POST", "/check"), ("POST", "/refresh")] {
        let mut bodies = HashSet::new();
        for id in [&id.to_string(), "2", "0", "-1", "1.5", "9223372036854775808", "abc", "%31"] {
            let line = format!("{method} {CREDENTIALS}/{id}{rest} | authorization: Bearer {boris}");
            let answer = stage.ask(NETWORK, &line, "").await;
            assert_eq!(answer.status, 404, "{line}");
            let headers = answer.headers.iter().filter(|(name, _)| *name != REQUEST_ID);
            bodies.insert(format!("{:?}{}", headers.collect::<Vec<_>>(), answer.body));
        }
        assert_eq!(bodies.len(), 1, "{method}{rest}: {bodies:?}");
    }
    assert_eq!(stage.get("/api/v1/credentials/1", &anna).await.body, before, "nothing was changed");
    for (path, expected) in [
        (CREDENTIALS, r#"{"credentials":[],"next":null}"#),
        ("/api/v1/credentials?after=0&limit=200", r#"{"credentials":[],"next":null}"#),
    ] {
        assert_eq!(stage.get(path, &boris).await.body, expected);
    }
    assert_eq!(
        stage.get("/api/v1/oauth/vk/token?account_name=my_vk", &boris).await.verdict(),
        "404 credential_not_found"
    );
    assert!(stage.get(&format!("{STATUS}?account_name=my_vk"), &boris).await.body.starts_with(r#"{"has_token":false"#));
    // The same name under another owner is another credential.
    assert_eq!(stage.store(&boris, "my_vk", PERSON).await, 2);
}

#[tokio::test]
async fn local_routes_are_hidden_from_the_network() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    let missing = stage.get("/nothing", &key).await;
    for (path, locally) in [
        ("/local/keys", "GET"),
        ("/local/examine", "POST"),
        ("/local/audit/verify", "POST"),
        ("/local/calendar", "POST"),
        ("/local/keys/k_1", "DELETE"),
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
            for header in ["", " | grantkeep-owner: me", &format!(" | authorization: Bearer {key}")] {
                let answer = stage.ask(NETWORK, &format!("{method} {path}{header}"), "").await;
                assert_eq!((answer.status, &answer.body), (404, &missing.body), "{method} {path}{header}");
                assert_eq!(answer.header("allow"), "");
            }
        }
        assert_ne!(stage.ask_locally(&format!("{locally} {path}"), "").await.verdict(), "404 not_found");
    }
}

#[tokio::test]
async fn a_caller_beside_the_data_directory_acts_for_the_owner_it_names() {
    let stage = Stage::open().await;
    stage.store(&stage.key("me", "submit", None), "mine", PERSON).await;
    stage.store(&stage.key("Анна", "submit", None), "hers", PERSON).await;
    for (header, expected) in [
        ("", Some("mine")),
        (" | grantkeep-owner: me", Some("mine")),
        (" | grantkeep-owner: Анна", Some("hers")),
        (" | grantkeep-owner: boris", None),
        (" | authorization: Bearer x | host: anything", Some("mine")),
    ] {
        let listed = stage.ask_locally(&format!("GET {CREDENTIALS}{header}"), "").await.json();
        assert_eq!(listed["credentials"][0]["account_name"].as_str(), expected, "{header}");
    }
    let answer = stage.ask_locally(&format!("GET {CREDENTIALS} | grantkeep-owner: {}", "a".repeat(256)), "").await;
    assert_eq!(answer.verdict(), "400 malformed_request");
}

#[tokio::test]
async fn a_key_lives_from_its_issue_to_its_revocation() {
    let stage = Stage::open().await;
    let issued =
        stage.ask_locally("POST /local/keys", r#"{"owner":"anna","can":"status token","ttl_seconds":"3600"}"#).await;
    let (answer, issued) = (issued.status, issued.json());
    let (id, key) = (issued["id"].as_str().unwrap(), issued["key"].as_str().unwrap());
    assert_eq!((answer, issued["can"].as_str(), issued["state"].as_str()), (200, Some("status token"), Some("live")));
    assert_eq!(issued["expires_at"], "2026-01-10T16:30:00Z");

    let listed =
        async || stage.ask_locally("GET /local/keys", "").await.json()["keys"][0]["state"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        assert_eq!(stage.get(CREDENTIALS, key).await.status, 200);
    }
    assert_eq!(stage.get("/api/v1/oauth/vk/authorize/implicit", key).await.verdict(), "403 insufficient_scope");
    set_clock(3629);
    assert_eq!((stage.get(CREDENTIALS, key).await.status, listed().await.as_str()), (200, "expired"));
    set_clock(3630);
    assert_eq!(stage.get(CREDENTIALS, key).await.status, 401);
    set_clock(0);
    assert_eq!((stage.get(CREDENTIALS, key).await.status, listed().await.as_str()), (200, "live"));

    assert_eq!(stage.ask_locally(&format!("DELETE /local/keys/{id}"), "").await.status, 204);
    assert_eq!((stage.get(CREDENTIALS, key).await.status, listed().await.as_str()), (401, "revoked"));
    assert_eq!(stage.ask_locally("DELETE /local/keys/k_other", "").await.verdict(), "404 key_not_found");
}

#[tokio::test]
async fn a_key_that_is_damaged_counts_as_revoked_and_is_named() {
    let mut stage = Stage::open().await;
    let issue = async || stage.ask_locally("POST /local/keys", r#"{"owner":"anna"}"#).await.json();
    let issued = [issue().await, issue().await, issue().await];
    let [revoked, damaged, fine] = issued.each_ref().map(|key| key["id"].as_str().unwrap());
    let keys = issued.iter().map(|key| key["key"].as_str().unwrap());
    stage.ask_locally(&format!("DELETE /local/keys/{revoked}"), "").await;
    stage.tamper(&format!("UPDATE api_key SET owner = '' WHERE id IN ('{revoked}', '{damaged}')"));
    stage.restart().await;
    let mut answers = Vec::new();
    for key in keys {
        answers.push(stage.get(CREDENTIALS, key).await.status);
    }
    assert_eq!(answers, [401, 401, 200]);
    let listed = stage.ask_locally("GET /local/keys", "").await.json();
    let listed: Vec<_> = listed["keys"].as_array().unwrap().iter().map(|key| [&key["id"], &key["state"]]).collect();
    assert_eq!(listed, [[revoked, "damaged"], [damaged, "damaged"], [fine, "live"]]);
    assert_eq!(stage.ask_locally("POST /local/calendar", r#"{"owner":"anna"}"#).await.status, 200);
}

#[tokio::test]
async fn what_a_key_can_be_is_checked() {
    let stage = Stage::open().await;
    for (body, expected) in [
        (r#"{"owner":"anna"}"#, "200"),
        (r#"{"owner":"anna","can":null,"providers":null,"ttl_seconds":null}"#, "200"),
        (r#"{"owner":"anna","can":"status submit token admin","providers":"vk","ttl_seconds":"1"}"#, "200"),
        (r#"{"owner":"anna","ttl_seconds":"3155760000"}"#, "200"),
        (r#"{}"#, "400 invalid_request"),
        (r#"{"owner":""}"#, "400 invalid_request"),
        (r#"{"owner":"a\nb"}"#, "400 invalid_request"),
        (r#"{"owner":"anna","can":""}"#, "400 invalid_request"),
        (r#"{"owner":"anna","can":"status everything"}"#, "400 invalid_request"),
        (r#"{"owner":"anna","providers":""}"#, "400 invalid_request"),
        (r#"{"owner":"anna","providers":"vk github"}"#, "404 provider_not_found"),
        (r#"{"owner":"anna","ttl_seconds":"0"}"#, "400 invalid_request"),
        (r#"{"owner":"anna","ttl_seconds":"-1"}"#, "400 invalid_request"),
        (r#"{"owner":"anna","ttl_seconds":"3155760001"}"#, "400 invalid_request"),
        (r#"{"owner":"anna","ttl_seconds":"1h"}"#, "400 invalid_request"),
    ] {
        assert_eq!(stage.ask_locally("POST /local/keys", body).await.verdict(), expected, "{body}");
    }
    let keys = stage.ask_locally("GET /local/keys", "").await;
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 4);
    assert!(!keys.body.contains("eyJ"), "a key is shown once, when it is issued");
}

#[tokio::test]
async fn failed_sign_ins_are_limited_and_a_valid_key_is_not() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "status", None);
    let from = |address: &str| Peer::Network(address.parse().unwrap());
    let line = "GET /api/v1/credentials | authorization: Bearer x.y.z";
    let mut refused = 0;
    let limited = loop {
        let answer = stage.ask(from("2001:db8::1"), line, "").await;
        match answer.status {
            401 => refused += 1,
            _ => break answer,
        }
        assert!(refused < 1000, "never limited");
    };
    assert!(refused >= 300, "{refused} are few");
    assert_eq!((limited.verdict().as_str(), limited.header("retry-after")), ("429 too_many_failures", "60"));
    let good = format!("GET /api/v1/credentials | authorization: Bearer {key}");
    for (address, line, expected) in [
        ("2001:db8::1", good.as_str(), 200),
        ("2001:db8::ffff:1", good.as_str(), 200),
        ("2001:db8:0:1::1", line, 401),
        ("2001:db9::1", line, 401),
        ("127.0.0.1", line, 401),
        ("::ffff:127.0.0.1", line, 401),
    ] {
        assert_eq!(stage.ask(from(address), line, "").await.status, expected, "{address} {line}");
    }
    // A neighbour in the same /64 is the same customer. A few more may have been allowed meanwhile.
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(stage.ask(from("2001:db8::abcd:0:0:1"), line, "").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(stage.ask(from("2001:db8::1"), "GET /healthz", "").await.status, 200);
}

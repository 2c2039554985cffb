//! Holds what is told about what was done and what is to be done: the audit, the forecast, the calendar.

use super::{
    PERSON, STATUS,
    stage::{NETWORK, Stage, set_clock},
};

const AUDIT: &str = "/api/v1/audit";
const FORECAST: &str = "/api/v1/forecast";

/// `1 capture my_vk key k_test done`, one for each deed.
fn deeds(answer: &super::Answer) -> Vec<String> {
    let answer = answer.json();
    let events = answer["events"].as_array().unwrap().iter();
    let word = |event: &serde_json::Value, name: &str| event[name].as_str().unwrap_or("-").to_owned();
    events
        .map(|event| {
            let [action, account, actor, outcome] =
                ["action", "account_name", "actor", "outcome"].map(|name| word(event, name));
            format!("{} {action} {account} {actor} {outcome}", event["number"])
        })
        .collect()
}

#[tokio::test]
async fn every_deed_is_noted_with_whoever_did_it() {
    let stage = Stage::open().await;
    let [anna, boris] = ["anna", "boris"].map(|owner| stage.key(owner, "admin", None));
    stage.store(&anna, "my_vk", PERSON).await;
    for _ in 0..3 {
        assert_eq!(stage.get("/api/v1/oauth/vk/token", &anna).await.status, 200);
        assert_eq!(stage.get(STATUS, &anna).await.status, 200);
    }
    stage.store(&boris, "other", PERSON).await;
    stage.ask_locally("DELETE /api/v1/credentials/1 | grantkeep-owner: anna", "").await;
    set_clock(3600);
    assert_eq!(stage.get(STATUS, &anna).await.status, 200);
    let expected = [
        "1 key_use - key k_test k_test",
        "2 capture my_vk key k_test done",
        "3 hand_out my_vk key k_test done",
        "6 forget my_vk command done",
        "7 key_use - key k_test k_test",
    ];
    let all = stage.get(AUDIT, &anna).await;
    assert_eq!(deeds(&all), expected);
    assert_eq!(all.json()["events"][2]["times"], 3);
    assert!(all.json()["next"].is_null());
    // Page by page.
    let mut paged = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let page = stage.get(&format!("{AUDIT}?limit=3&after={after}"), &anna).await;
        paged.extend(deeds(&page));
        match page.json()["next"].as_i64() {
            Some(next) => after = next.to_string(),
            None => break,
        }
    }
    assert_eq!(paged, expected);
    set_clock(3599);
    assert_eq!(
        deeds(&stage.get(AUDIT, &boris).await),
        ["4 key_use - key k_test k_test", "5 capture other key k_test done"]
    );
    // A key for other providers sees what was done with keys, and nothing else.
    let github = stage.key("anna", "admin", Some("github"));
    let seen = deeds(&stage.get(AUDIT, &github).await);
    assert!(seen.iter().all(|deed| deed.contains("key_use")), "{seen:?}");
    let found = stage.ask_locally("POST /local/audit/verify", "").await;
    assert_eq!(found.body, r#"{"deeds":8,"broken_at":null}"#);
}

#[tokio::test]
async fn the_audit_and_the_forecast_have_limits() {
    let stage = Stage::open().await;
    let key = stage.key("anna", "admin", None);
    for (path, expected) in [
        ("/api/v1/audit?limit=1000&after=9223372036854775807", "200"),
        ("/api/v1/audit?limit=1001", "400 invalid_parameter"),
        ("/api/v1/audit?limit=0", "400 invalid_parameter"),
        ("/api/v1/audit?after=-1", "400 invalid_parameter"),
        ("/api/v1/audit?after=1&after=1", "400 invalid_parameter"),
        ("/api/v1/forecast?limit=200", "200"),
        ("/api/v1/forecast?limit=201", "400 invalid_parameter"),
        ("/api/v1/forecast?after=1768059000.7", "200"),
        ("/api/v1/forecast?after=-9223372036854775808.1", "200"),
        ("/api/v1/forecast?after=7", "400 invalid_parameter"),
        ("/api/v1/forecast?after=", "400 invalid_parameter"),
        ("/api/v1/forecast?after=9223372036854775808.1", "400 invalid_parameter"),
        ("/api/v1/forecast?after=1.x", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?account_name=a%ff", "400 invalid_parameter"),
        ("/api/v1/oauth/vk/token?account_name=a%d1%84", "404 credential_not_found"),
    ] {
        assert_eq!(stage.get(path, &key).await.verdict(), expected, "{path}");
    }
}

#[tokio::test]
async fn the_forecast_says_when_a_person_is_needed() {
    let stage = Stage::open().await;
    let [anna, boris] = ["anna", "boris"].map(|owner| stage.key(owner, "admin", None));
    stage.store(&anna, "b", PERSON).await;
    set_clock(3600);
    stage.store(&anna, "a", r#"{"kind":"user","id":7}"#).await;
    stage.store(&anna, "never", r#"{"kind":"service"}"#).await;
    let one = |id, name, at, why| {
        format!(r#"{{"credential_id":{id},"provider":"vk","account_name":"{name}","at":"{at}","why":"{why}"}}"#)
    };
    let (b, a) = (one(1, "b", "2026-01-11T15:30:00Z", "ends"), one(2, "a", "2026-01-11T16:30:00Z", "ends"));
    assert_eq!(stage.get(FORECAST, &anna).await.body, format!(r#"{{"credentials":[{b},{a}],"next":null}}"#));
    let first = stage.get(&format!("{FORECAST}?limit=1"), &anna).await;
    assert_eq!(first.body, format!(r#"{{"credentials":[{b}],"next":"1768145400.1"}}"#));
    let second = stage.get(&format!("{FORECAST}?limit=1&after=1768145400.1"), &anna).await;
    assert_eq!(second.body, format!(r#"{{"credentials":[{a}],"next":null}}"#));
    assert_eq!(stage.get(FORECAST, &boris).await.body, r#"{"credentials":[],"next":null}"#);
    let github = stage.key("anna", "admin", Some("github"));
    assert_eq!(stage.get(FORECAST, &github).await.body, r#"{"credentials":[],"next":null}"#);
    let shown = stage.get("/api/v1/credentials/1", &anna).await.json();
    assert_eq!(
        (shown["needs_person_at"].as_str(), shown["needs_person_why"].as_str()),
        (Some("2026-01-11T15:30:00Z"), Some("ends"))
    );
    set_clock(86_400);
    let now = one(1, "b", "2026-01-11T15:30:00Z", "now");
    assert!(stage.get(FORECAST, &anna).await.body.starts_with(&format!(r#"{{"credentials":[{now},"#)));
}

/// The path of the owner's calendar.
async fn address(stage: &Stage, body: &str) -> String {
    let answer = stage.ask_locally("POST /local/calendar", body).await.json();
    let path = answer["url"].as_str().unwrap().strip_prefix("http://127.0.0.1:8000").unwrap().to_owned();
    assert_eq!(path.len(), "/calendar/.ics".len() + 43, "{path}");
    path
}

#[tokio::test]
async fn a_calendar_is_read_by_its_address_alone_until_that_is_renewed() {
    let stage = Stage::open().await;
    let [anna, boris] = ["anna", "boris"].map(|owner| stage.key(owner, "admin", None));
    stage.store(&anna, "my_vk", PERSON).await;
    stage.store(&boris, "other", PERSON).await;
    let path = address(&stage, r#"{"owner":"anna"}"#).await;
    assert_eq!(address(&stage, r#"{"owner":"anna"}"#).await, path, "the same until it is renewed");
    assert_ne!(address(&stage, r#"{"owner":"boris"}"#).await, path);
    let read = stage.ask(NETWORK, &format!("GET {path}"), "").await;
    assert_eq!((read.status, read.header("content-type")), (200, "text/calendar; charset=utf-8"));
    assert!(read.body.starts_with("BEGIN:VCALENDAR\r\n") && read.body.contains("SUMMARY:vk/my_vk ends\r\n"));
    assert!(read.body.contains("DTSTART:20260111T153000Z\r\n") && !read.body.contains("other"));
    assert_eq!(stage.ask(NETWORK, &format!("GET {path}"), "").await.body, read.body, "its events keep their names");
    let renewed = address(&stage, r#"{"owner":"anna","renew":"yes"}"#).await;
    assert_ne!(renewed, path);
    let missing = stage.ask(NETWORK, "GET /nothing", "").await;
    for gone in [path.as_str(), "/calendar/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics", "/calendar/.ics"] {
        let answer = stage.ask(NETWORK, &format!("GET {gone}"), "").await;
        assert_eq!((answer.status, answer.body), (404, missing.body.clone()), "{gone}");
    }
    assert_eq!(stage.ask(NETWORK, &format!("GET {renewed}"), "").await.status, 200);
    // It is listed with the keys and ends like one; it opens nothing else.
    let keys = stage.ask_locally("GET /local/keys", "").await.json();
    let live: Vec<_> = keys["keys"].as_array().unwrap().iter().filter(|key| key["state"] == "live").collect();
    let mine = live.iter().find(|key| key["owner"] == "anna").unwrap();
    assert_eq!((live.len(), mine["can"].as_str()), (2, Some("calendar")));
    stage.ask_locally(&format!("DELETE /local/keys/{}", mine["id"].as_str().unwrap()), "").await;
    assert_eq!(stage.ask(NETWORK, &format!("GET {renewed}"), "").await.status, 404);
    let seen = deeds(&stage.get(AUDIT, &anna).await);
    assert_eq!(seen.iter().filter(|deed| deed.contains("key_issue - command")).count(), 2, "{seen:?}");
}

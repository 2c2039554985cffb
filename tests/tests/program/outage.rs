//! Outages of the provider: nothing that VK fails to say counts against a token, and what was not clear is asked again.

use std::{
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    http::Client,
    stage::Stage,
    wait::{at_once, until},
};
use serde_json::{Value, json};

/// How VK fails, and which state that is.
#[rustfmt::skip]
const FAILURES: &[(&str, &str)] = &[
    ("http:502",             "unverified"),
    ("http:500",             "unverified"),
    ("http:429",             "unverified"),
    ("html",                 "unverified"),
    ("empty",                "unverified"),
    ("truncated",            "unverified"),
    ("huge",                 "unverified"),
    ("cut",                  "unverified"),
    ("reset",                "unverified"),
    ("redirect:301",         "unverified"),
    ("redirect:302",         "unverified"),
    ("redirect:307",         "unverified"),
    ("redirect:308",         "unverified"),
    ("error:1",              "unverified"),
    ("error:6",              "unverified"),
    ("error:9",              "unverified"),
    ("error:10:check_later", "unverified"),
    ("error:13",             "unverified"),
    ("error:29",             "unverified"),
    ("error:10@500",         "unverified"),
    ("challenge",            "needs_human"),
    ("error:14",             "needs_human"),
    ("error:14:redirect",    "needs_human"),
    ("error:17",             "needs_human"),
    ("error:24",             "needs_human"),
    ("hang",                 "unverified"),
    ("stall",                "unverified"),
];

#[test]
fn whatever_vk_fails_to_say_the_token_is_kept() {
    let mut stage = Stage::new();
    at_once(FAILURES.iter().enumerate().map(|(number, (answers, state))| {
        let (client, vk) = (stage.client(&format!("outage-{number}")), &stage.vk);
        move || {
            let token = vk.token_that(5, answers);
            let begun = Instant::now();
            let reply = client.submit(&token.url);
            let took = begun.elapsed();
            assert_eq!(reply.status, 200, "{answers}: {}", reply.body);
            let saved = reply.json();
            assert_eq!((&saved["success"], &saved["verified"]), (&true.into(), &false.into()), "{answers}");
            let slow = matches!(*answers, "hang" | "stall");
            let range = if slow {
                // Less than two limits of 15 s, however slow the machine is.
                Duration::from_secs(14)..Duration::from_secs(29)
            } else {
                Duration::ZERO..Duration::from_secs(14)
            };
            assert!(range.contains(&took), "{answers}: {took:?}");
            is_kept(&client, answers, state, &token.access_token);
        }
    }));
    assert_eq!(stage.vk.asked()["elsewhere"], 0, "a token went where a redirect pointed");
    stage.server.is_well();
}

fn is_kept(client: &Client, answers: &str, state: &str, token: &str) {
    let listed = client.list();
    assert_eq!(listed.len(), 1, "{answers}");
    assert_eq!(listed[0]["state"], state, "{answers}: {}", listed[0]);
    let account = listed[0]["account_name"].as_str().unwrap();
    let handed = client.hand_out(account);
    if state == "unverified" {
        assert_eq!(handed.expect(200).json()["access_token"], token, "{answers}");
        assert_eq!(listed[0]["next_action"], "wait", "{answers}");
    } else {
        let handed = handed.expect(409);
        assert_eq!(handed.error_type(), state, "{answers}");
    }
}

#[test]
fn a_clear_answer_outlives_unclear_ones() {
    let stage = Stage::new();
    let client = stage.client("me");
    let token = stage.vk.token(5);
    let id = client.submit(&token.url).expect(200).json()["credential_id"].to_string();
    for answer in ["http:502", "html", "reset", "redirect:302", "error:10:check_later"] {
        stage.vk.fault(&json!({"answer": answer, "times": 1}));
        let checked = client.post_nothing(&format!("/api/v1/credentials/{id}/check")).expect(200).json();
        assert_eq!((&checked["state"], &checked["is_valid"]), (&"valid".into(), &true.into()), "{answer}");
        assert_eq!(checked["last_check"]["outcome"], "unclear", "{answer}");
        assert_eq!(client.hand_out("vk_5").expect(200).json()["access_token"], token.access_token);
    }
    let checked = client.post_nothing(&format!("/api/v1/credentials/{id}/check")).expect(200).json();
    assert_eq!(checked["last_check"]["outcome"], "alive");
    // And a clear refusal is one, however it is wrapped.
    stage.vk.fault(&json!({"answer": "error:5:revoked@502", "times": 1}));
    let checked = client.post_nothing(&format!("/api/v1/credentials/{id}/check")).expect(200).json();
    assert_eq!((&checked["state"], &checked["is_valid"]), (&"revoked".into(), &false.into()));
    assert_eq!(client.hand_out("vk_5").expect(409).error_type(), "revoked");
}

/// The first retry comes 30 s after the unclear answer: also when the server was killed in between.
#[test]
fn the_watcher_asks_again_by_itself_and_keeps_its_schedule_over_a_crash() {
    let mut stage = Stage::new();
    stage.vk.fault(&json!({"answer": "http:502", "times": 3}));
    let client = stage.client("me");
    let begun = Instant::now();
    let (named, unnamed, other) = (stage.vk.token(5), stage.vk.token(6), stage.vk.token(7));
    client.submit_as("named", &named.url).expect(200);
    client.submit(&unnamed.url).expect(200);
    // Pasted as somebody's, and it is somebody else's.
    let claimed = other.url.replace("user_id=7", "user_id=8");
    client.submit_as("claimed", &claimed).expect(200);
    assert_eq!(stage.vk.asked()["methods"]["users.get"], 3);
    for account in ["named", "vk_unverified", "claimed"] {
        assert_eq!(client.status(account)["state"], "unverified", "{account}");
    }
    thread::sleep(Duration::from_secs(12));
    stage.crash();
    assert_eq!(stage.vk.asked()["methods"]["users.get"], 3, "asked before it was due");

    let client = stage.client("me");
    let of = |client: &Client, account: &str| client.list().into_iter().find(|one| one["account_name"] == account);
    let is_valid = |account: &str| of(&client, account).filter(|one| one["state"] == "valid");
    let found = until("the watcher verifies the token", Duration::from_secs(60), || is_valid("named"));
    let took = begun.elapsed();
    // And not at the second retry.
    assert!((29..60).contains(&took.as_secs()), "verified after {took:?}");
    assert_eq!(found["user_id"], 5);
    // The one without a name has it now, and the id and token that it had.
    until("the other is verified too", Duration::from_secs(60), || is_valid("vk_6"));
    assert_eq!(client.hand_out("vk_6").expect(200).json()["access_token"], unnamed.access_token);
    assert_eq!(client.status("vk_unverified")["has_token"], Value::Bool(false));
    let contradicted = until("the third is asked about too", Duration::from_secs(60), || {
        of(&client, "claimed").filter(|one| one["state"] == "needs_human")
    });
    assert_eq!(contradicted["cause"], "owner_changed");
}

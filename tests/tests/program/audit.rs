//! The audit of the real program: a deed that the disk or somebody damaged is named, and hides no other.

use std::time::Duration;

use grantkeep_tests::harness::{jwt, stage::Stage};
use rusqlite::Connection;
use serde_json::{Value, json};

#[test]
fn a_damaged_deed_is_named_and_hides_no_other() {
    let stage = Stage::new();
    let client = stage.server.client().bearer(&jwt::key("me", "admin"));
    for person in 1..=3 {
        client.submit(&stage.vk.token(person).url).expect(200);
    }
    let captured = || client.get("/api/v1/audit").expect(200).json();
    let count = captured()["events"].as_array().unwrap().len();
    assert_eq!((count, &captured()["damaged"]), (3, &json!([])));

    let database = Connection::open(stage.home.file("grantkeep.db")).unwrap();
    database.busy_timeout(Duration::from_secs(60)).unwrap();
    let sql = "DROP TRIGGER event_is_never_changed; UPDATE event SET actor = 'nobody' WHERE number = 1; \
         UPDATE event SET action = 'nothing' WHERE number = 2";
    database.execute_batch(sql).unwrap();

    let page = captured();
    let numbers: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| &event["number"]).collect();
    assert_eq!((numbers, &page["damaged"], &page["next"]), (vec![&json!(1), &json!(3)], &json!([2]), &Value::Null));
    let paged = client.get("/api/v1/audit?limit=1&after=1").expect(200).json();
    assert_eq!(paged, json!({"events": [], "next": 2, "damaged": [2]}), "the page after it is reached");

    let told = stage.run("audit").go();
    assert_eq!((told.code, told.out.lines().count()), (1, 3), "its heading and two deeds: {}{}", told.out, told.err);
    for part in ["error: deed 2 of the audit is damaged", "hint: ", "grantkeep audit verify"] {
        assert!(told.err.contains(part), "{part} is not in {}", told.err);
    }
    let listed = stage.run("audit --json").go();
    let document: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!((listed.code, &document["damaged"]), (1, &json!([2])), "{}", listed.out);
    let verified = stage.run("audit verify").go().fails(1);
    assert!(verified.contains("deed 1 does not fit"), "the first break is named: {verified}");
}

//! The audit: every deed once, in order, and nobody can change it unseen.

use grantkeep_core::event::Action;

use super::*;

#[tokio::test]
async fn every_deed_is_noted_with_whoever_did_it() {
    let stage = Stage::new().await;
    let token = stage.token(json!({"kind": "user", "id": 7})).await;
    acting_as("command".into(), stage.submit(&token, None)).await.unwrap();
    acting_as("key k_1".into(), stage.handed_out(None)).await.unwrap();
    let id = stage.keeper.find(&stage.owner, Provider::Vk, None).await.unwrap().unwrap().credential.id;
    stage.keeper.forget(&stage.owner, id).await.unwrap();
    let deeds = stage.keeper.audit(&stage.owner, 0, 10).await.unwrap();
    let told: Vec<_> =
        deeds.iter().map(|it| (it.number, it.event.action, &*it.event.actor, &*it.event.outcome)).collect();
    assert_eq!(
        told,
        [
            (1, Action::Capture, "command", "done"),
            (2, Action::HandOut, "key k_1", "done"),
            (3, Action::Forget, "watcher", "done"),
        ]
    );
    assert!(stage.keeper.audit(&Owner::new("you").unwrap(), 0, 10).await.unwrap().is_empty());
    assert_eq!(stage.keeper.verify_audit().await.unwrap(), AuditFound { deeds: 3, broken_at: None });
}

#[tokio::test]
async fn a_changed_deed_is_found() {
    let stage = Stage::new().await;
    for id in 1..=5 {
        let token = stage.token(json!({"kind": "user", "id": id})).await;
        stage.submit(&token, None).await.unwrap();
    }
    assert_eq!(stage.keeper.verify_audit().await.unwrap(), AuditFound { deeds: 5, broken_at: None });
    let path = stage.directory.path().join("grantkeep.db");
    let other = rusqlite::Connection::open(path).unwrap();
    assert!(other.execute("UPDATE event SET actor = 'nobody' WHERE number = 3", []).is_err(), "the table refuses");
    other
        .execute_batch("DROP TRIGGER event_is_never_changed; UPDATE event SET actor = 'nobody' WHERE number = 3")
        .unwrap();
    assert_eq!(stage.keeper.verify_audit().await.unwrap(), AuditFound { deeds: 5, broken_at: Some(3) });
    other.execute("UPDATE event SET action = 'nothing' WHERE number = 2", []).unwrap();
    let found = stage.keeper.verify_audit().await.unwrap();
    assert_eq!(found.broken_at, Some(2), "one that cannot be read is named too");
}

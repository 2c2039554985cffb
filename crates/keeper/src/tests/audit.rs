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
        deeds.iter().flatten().map(|it| (it.number, it.event.action, &*it.event.actor, &*it.event.outcome)).collect();
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

/// One for each look would bury the others.
#[tokio::test]
async fn a_check_is_noted_when_it_changes_the_state() {
    let stage = Stage::new().await;
    let token = stage.token(json!({"kind": "user", "id": 7})).await;
    let kept = stage.submit(&token, None).await.unwrap().credential;
    for answer in ["", "http:503", "error:5:session", "error:5:session", "error:14", "", ""] {
        if !answer.is_empty() {
            stage.vk_answers(answer).await;
        }
        acting_as("key k_1".into(), stage.keeper.check(&stage.owner, kept.id)).await.unwrap();
        stage.vk_recovers().await;
    }
    let deeds = stage.keeper.audit(&stage.owner, 1, 10).await.unwrap();
    let told: Vec<_> =
        deeds.iter().flatten().map(|it| (it.event.action, &*it.event.actor, &*it.event.outcome)).collect();
    let check = |state| (Action::Check, "key k_1", state);
    assert_eq!(told, [check("revoked"), check("needs_human"), check("valid")]);
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
    // One that does not read hides neither an earlier break nor the deeds around it.
    for (number, broken_at) in [(4, 3), (2, 2)] {
        other.execute("UPDATE event SET action = 'nothing' WHERE number = ?1", [number]).unwrap();
        let found = stage.keeper.verify_audit().await.unwrap();
        assert_eq!(found, AuditFound { deeds: 5, broken_at: Some(broken_at) }, "{number} does not read");
    }
    let deeds = stage.keeper.audit(&stage.owner, 0, 10).await.unwrap();
    let numbers: Vec<_> = deeds.iter().map(|it| it.as_ref().map(|deed| deed.number)).collect();
    let damaged = [2, 4].map(|number| Damaged { number, part: "action" });
    assert_eq!(numbers, [Ok(1), Err(&damaged[0]), Ok(3), Err(&damaged[1]), Ok(5)]);
}

#[tokio::test]
async fn the_same_hand_out_within_a_second_is_one_deed_with_a_count() {
    let stage = Stage::new().await;
    let token = stage.token(json!({"kind": "user", "id": 7})).await;
    stage.submit(&token, None).await.unwrap();
    for (actor, times) in [("key k_1", 3), ("key k_2", 1), ("key k_1", 2)] {
        for _ in 0..times {
            acting_as(actor.into(), stage.handed_out(None)).await.unwrap();
        }
    }
    let told = async || -> Vec<_> {
        let deeds = stage.keeper.audit(&stage.owner, 0, 10).await.unwrap();
        deeds.iter().flatten().map(|it| (it.number, it.event.actor.to_string(), it.event.times)).collect()
    };
    let deed = |number, actor: &str, times| (number, actor.to_owned(), times);
    let first = [deed(1, "watcher", 1), deed(2, "key k_1", 5), deed(3, "key k_2", 1)];
    assert_eq!(told().await, first);
    // What is written down is not changed any more.
    acting_as("key k_1".into(), stage.handed_out(None)).await.unwrap();
    assert_eq!(told().await, [&first[..], &[deed(4, "key k_1", 1)]].concat());
    assert_eq!(stage.keeper.verify_audit().await.unwrap(), AuditFound { deeds: 4, broken_at: None });
}

#[tokio::test]
async fn what_is_noted_while_storage_takes_nothing_is_bounded() {
    let stage = Stage::new().await;
    let note = |count: usize| {
        (0..count).for_each(|_| stage.keeper.note_key_by("command", Action::KeyIssue, &stage.owner, "k_1"));
    };
    let other = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    note(400);
    let noting = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        note(400);
        assert_eq!(stage.keeper.unwritten_deeds(), 500, "those on their way count as well");
    };
    let (written, ()) = tokio::join!(stage.keeper.write_audit(), noting);
    assert!(written.is_err());
    assert_eq!(stage.keeper.unwritten_deeds(), 500);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(stage.keeper.verify_audit().await.unwrap(), AuditFound { deeds: 500, broken_at: None });
    assert_eq!(stage.keeper.unwritten_deeds(), 0);
}

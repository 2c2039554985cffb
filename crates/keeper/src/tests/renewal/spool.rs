//! Answers that wait in the spool: what is wrong with one is its own.

use super::*;
use crate::refresh::Aside;

impl Stage {
    /// Answers to a renewal whose process ended before it brought them in.
    async fn left_in_spool(&self, of: &Credential, answer: &[u8]) -> i64 {
        let now = clock();
        let until = now.after(Lifetime::from_seconds(90));
        let leased = self.store.lease(&self.now(of).await, now, until).await.unwrap().unwrap();
        let text = Secret::from(String::from_utf8_lossy(answer).into_owned());
        let generation = leased.grant.generation;
        let entry = NewSpooled {
            credential: of.id,
            owner: self.owner.clone(),
            uid: of.uid,
            generation,
            leased_until: until,
            answer: self.keeper.seal(&self.owner, of.uid, generation, "renewed", &text).unwrap(),
            spooled_at: now,
        };
        self.store.spool(entry).await.unwrap()
    }

    async fn spooled(&self) -> Vec<i64> {
        self.store.spooled().await.unwrap().into_iter().map(|spooled| spooled.id).collect()
    }
}

fn answer(access_token: &str) -> Vec<u8> {
    let now = clock().unix();
    let answer = json!({"access_token": access_token, "refresh_token": "rt", "device_id": null,
        "expiry": {"stated": now + 3600}, "scope": null, "user_id": null, "came_at": now});
    answer.to_string().into_bytes()
}

#[tokio::test]
async fn an_answer_that_cannot_be_stored_holds_up_no_other() {
    let stage = Stage::renewing().await;
    let mut credentials = Vec::new();
    for name in ["too long", "strange", "damaged", "good", "due"] {
        let begin = Begin { account: Some(account(name)), ..wish(ACME()) };
        credentials.push(stage.log_in(begin, "auto=allow&person=anna").await);
    }
    let [too_long, strange, damaged, good, due] = &credentials[..] else { panic!() };
    pass(3500);
    let aside = [
        stage.left_in_spool(too_long, &answer(&"a".repeat(140_000))).await,
        stage.left_in_spool(strange, b"{}").await,
        stage.left_in_spool(damaged, &answer("never seen")).await,
    ];
    stage.left_in_spool(good, &answer("from the spool")).await;
    let outside = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    outside.execute("UPDATE credential SET clear_outcome = 'sideways' WHERE id = ?1", [damaged.id]).unwrap();
    drop(outside);

    // As at the start of a server, and then by its watcher.
    pass(91);
    stage.keeper.recover().await.unwrap();
    assert_eq!(stage.give(good, 0).await.unwrap().access_token.expose(), "from the spool");
    stage.watch().await;
    assert_eq!(stage.now(due).await.grant.generation, 2);
    // Their owners see that the answer is lost, and their tokens are handed out to their end.
    for of in [too_long, strange] {
        assert_eq!(state_now(&stage.now(of).await), (State::Ambiguous, "answer_not_stored"));
        assert!(stage.give(of, 0).await.is_ok());
    }
    // No token is thrown away before there is a newer one.
    stage.keeper.replay().await.unwrap();
    assert_eq!(stage.spooled().await, aside);
    let begin = Begin { account: Some(account("too long")), ..wish(ACME()) };
    AHEAD.set(0);
    stage.log_in(begin, "auto=allow&person=anna").await;
    pass(3700);
    stage.keeper.replay().await.unwrap();
    assert_eq!(stage.spooled().await, aside[1..]);
}

#[tokio::test]
async fn an_answer_that_can_never_be_stored_is_lost_at_once_and_the_token_kept() {
    let mut stage = Stage::renewing().await;
    let first = stage.log_in(Begin { account: Some(account("first")), ..wish(ACME()) }, "auto=allow&person=anna").await;
    let credential = stage.renewable().await;
    pass(3500);
    stage.keeper.refresh(&stage.owner, first.id).await.unwrap();
    // The database refuses another second token.
    let outside = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    outside.execute_batch("CREATE UNIQUE INDEX narrow ON credential (generation) WHERE generation > 1").unwrap();
    stage.watch().await;
    let lost = stage.now(&credential).await;
    assert_eq!((state_now(&lost), lost.renewal.leased_until), ((State::Ambiguous, "answer_not_stored"), None));
    assert!(stage.give(&credential, 0).await.is_ok());
    assert_eq!(stage.spooled().await.len(), 1);
    pass(91);
    stage.keeper.recover().await.unwrap();
    // When it can be stored after all, it is: at the next start.
    outside.execute_batch("DROP INDEX narrow").unwrap();
    stage.keeper.replay().await.unwrap();
    assert_eq!(stage.now(&credential).await.grant.generation, 1);
    // As a new process does, which knows of none.
    Arc::get_mut(&mut stage.keeper).unwrap().aside = Aside::default();
    stage.keeper.recover().await.unwrap();
    let renewed = stage.now(&credential).await;
    assert_eq!((renewed.grant.generation, renewed.renewal.trouble), (2, None));
    assert!(stage.spooled().await.is_empty());
}

//! The watcher's questions: whoever is silent holds up nobody else, and what panics is put off.

use std::{cell::Cell, time::Duration};

use super::{
    login::{ACME, today, wish},
    *,
};
use crate::watch::Checks;

thread_local! {
    /// Whether the next task that asks for the time panics. The test itself is none.
    static PANICS: Cell<bool> = const { Cell::new(false) };
}

fn clock() -> Timestamp {
    assert!(tokio::task::try_id().is_none() || !PANICS.replace(false), "as was asked for");
    today()
}

impl Stage {
    /// Makes it due for a check, so many seconds ago.
    async fn make_due(&self, of: &Credential, ago: u64) {
        let credential = self.keeper.get(&self.owner, of.id).await.unwrap();
        let check_at = Some(today().before(Lifetime::from_seconds(ago)));
        self.store.update(Credential { check_at, ..credential }).await.unwrap();
    }

    async fn check_at(&self, of: &Credential) -> Timestamp {
        self.keeper.get(&self.owner, of.id).await.unwrap().check_at.unwrap()
    }

    /// So many tokens of one plain server.
    async fn many_at_one_server(&self, count: usize) -> Vec<Credential> {
        let mut all = Vec::new();
        for number in 0..count {
            let begin = Begin { account: Some(account(&format!("name {number}"))), ..wish(ACME()) };
            all.push(self.log_in(begin, "auto=allow&person=anna").await);
            self.make_due(&all[number], 60).await;
        }
        all
    }

    async fn due_at_vk(&self) -> Credential {
        let token = self.token(json!({"kind": "user", "id": 100_001})).await;
        let credential = Arc::unwrap_or_clone(self.submit(&token, None).await.unwrap().credential);
        self.make_due(&credential, 1).await;
        credential
    }
}

#[tokio::test]
async fn checks_of_a_silent_host_hold_up_no_others() {
    let stage = Stage::at(clock).await;
    stage.many_at_one_server(16).await;
    let other = stage.due_at_vk().await;
    stage.endpoint_answers("userinfo", Some("hang")).await;
    let mut checks = Checks::default();
    stage.keeper.begin_checks(&mut checks).await.unwrap();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if stage.check_at(&other).await > today() {
            return;
        }
    }
    panic!("it waits for the others");
}

#[tokio::test]
async fn a_host_without_a_clear_answer_is_left_alone_for_a_while() {
    let stage = Stage::at(clock).await;
    let all = stage.many_at_one_server(20).await;
    stage.endpoint_answers("userinfo", Some("http:503")).await;
    let before = stage.requests("userinfo").await;
    stage.keeper.ask_about_due().await.unwrap();
    let asked = stage.requests("userinfo").await - before;
    assert!((5..=13).contains(&asked), "{asked}");
    let mut put_off = 0;
    for credential in &all {
        let wait = stage.check_at(credential).await.since(today()).seconds();
        assert!(wait > 10, "{wait}");
        put_off += u64::from(wait > 200);
    }
    assert_eq!(put_off, 20 - asked);
    // Its renewals go on.
    assert!(stage.keeper.refresh(&stage.owner, all[0].id).await.is_ok());
}

#[tokio::test]
async fn a_check_that_panics_is_put_off() {
    let stage = Stage::at(clock).await;
    let credential = stage.due_at_vk().await;
    PANICS.set(true);
    stage.keeper.ask_about_due().await.unwrap();
    assert!(!PANICS.get());
    let wait = stage.check_at(&credential).await.since(today()).seconds();
    assert!((3590..=3600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_watcher_that_breaks_ends_the_watch() {
    let stage = Stage::at(clock).await;
    let watching = Arc::clone(&stage.keeper).watch_everything();
    PANICS.set(true);
    tokio::time::timeout(Duration::from_secs(10), watching).await.unwrap();
}

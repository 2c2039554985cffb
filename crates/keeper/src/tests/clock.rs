//! Clocks that are set, stand wrong, or sleep: nothing panics, nothing is sent that is not due, nobody is told twice.

use std::{cell::Cell, time::Duration};

use grantkeep_notify::{Channel, ChannelName, Command, Sender};
use tokio::{sync::Semaphore, time::Instant};

use super::{
    login::{ACME, today, wish},
    *,
};

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

thread_local! {
    /// When this test began, by both clocks; its runtime has one thread.
    static BEGAN: Cell<Option<(i64, Instant)>> = const { Cell::new(None) };
    /// How far its wall clock was set since then.
    static SET_BY: Cell<i64> = const { Cell::new(0) };
}

/// A wall clock that goes as the steady one does, and can be set.
pub(super) fn wall() -> Timestamp {
    let (unix, began) = BEGAN.get().unwrap_or_else(|| {
        BEGAN.set(Some((today().unix(), steady())));
        BEGAN.get().unwrap()
    });
    let passed = (steady() - began).as_secs() as i64;
    Timestamp::from_unix(unix.saturating_add(passed).saturating_add(SET_BY.get()))
}

/// Sets the wall clock so far away from where it would be.
fn set_by(seconds: i64) {
    SET_BY.set(seconds);
}

fn set_to(unix: i64) {
    set_by(0);
    set_by(unix.saturating_sub(wall().unix()));
}

impl Stage {
    pub(super) async fn on_the_wall() -> Self {
        BEGAN.set(None);
        set_by(0);
        Self::at(wall).await
    }

    /// How many requests have reached the plain server's token endpoint.
    async fn spent(&self) -> u64 {
        let url = format!("{}/sandbox/requests", self.vk.oauth2_url()).parse().unwrap();
        let outgoing = Outgoing { purpose: Purpose::Check, method: Method::GET, url, headers: Vec::new(), body: None };
        let answer = self.keeper.outbound.send(outgoing).await.unwrap();
        let counts: Value = serde_json::from_slice(&answer.body).unwrap();
        counts["endpoints"]["token"].as_u64().unwrap_or(0)
    }

    /// How the plain server's token endpoint answers from now on; as it should where nothing is said.
    pub(super) async fn token_endpoint_answers(&self, answer: Option<&str>) {
        self.endpoint_answers("token", answer).await;
    }

    pub(super) async fn endpoint_answers(&self, endpoint: &str, answer: Option<&str>) {
        let url = format!("{}/sandbox/faults", self.vk.oauth2_url()).parse().unwrap();
        let method = if answer.is_some() { Method::POST } else { Method::DELETE };
        let fault =
            |answer: &str| Payload::Json(Secret::from(json!({"endpoint": endpoint, "answer": answer}).to_string()));
        let outgoing = Outgoing { purpose: Purpose::Check, method, url, headers: Vec::new(), body: answer.map(fault) };
        assert!(self.keeper.outbound.send(outgoing).await.unwrap().status < 300);
    }

    /// Everything that the watchers do, once, and what people and programs ask for meanwhile.
    async fn everything(&self, about: &str) {
        self.renew_what_is_due().await;
        self.keeper.ask_about_due().await.unwrap_or_else(|fault| panic!("{about}: {fault}"));
        self.keeper.tell_due().await.unwrap_or_else(|fault| panic!("{about}: {fault}"));
        for credential in self.store.scan(0, 1000).await.unwrap().into_iter().flatten() {
            let status = credential.status(wall());
            assert!(status.left.is_none_or(|left| !left.is_zero() || status.is_valid != Some(true)), "{about}");
            let _ = (credential.need(wall()), credential.notice(wall()), credential.notice_at());
            for min_ttl in [0, 600, u64::MAX] {
                let wanted = Wanted {
                    owner: &self.owner,
                    provider: credential.provider,
                    account: Some(&credential.account),
                    min_ttl: Lifetime::from_seconds(min_ttl),
                    wait: Duration::from_secs(5),
                };
                let _ = self.keeper.hand_out(wanted).await;
            }
        }
    }

    async fn renew_what_is_due(&self) {
        self.keeper.begin_due(&Arc::new(Semaphore::new(64)), &mut HashSet::new()).await.unwrap();
        for _ in 0..12_000 {
            if self.keeper.beginning.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("a renewal does not end");
    }

    async fn generation(&self, of: &Credential) -> i64 {
        self.keeper.get(&self.owner, of.id).await.unwrap().grant.generation
    }
}

#[tokio::test]
async fn no_clock_makes_it_panic_or_sends_what_is_not_due() {
    let stage = Stage::on_the_wall().await;
    let renewable = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    for of in [json!({"kind": "user", "id": 100_001}), json!({"kind": "community", "id": 200_001})] {
        let token = stage.token(of).await;
        stage.submit(&token, None).await.unwrap();
    }
    for (about, unix, is_due) in [
        ("ten minutes ahead", wall().unix() + 600, false),
        ("an hour back", wall().unix() - HOUR, false),
        ("a year back", wall().unix() - YEAR, false),
        ("1970", 0, false),
        ("before 1970", -YEAR, false),
        ("the beginning of time", i64::MIN, false),
        // Less is left than anybody could want: it is due, once.
        ("an hour ahead", wall().unix() + HOUR, true),
        ("a year ahead", wall().unix() + YEAR, true),
        ("2038", i64::from(i32::MAX) + 1, true),
        ("2106", i64::from(u32::MAX) + 1, true),
        ("the end of time", i64::MAX, true),
    ] {
        // A token that this clock has not seen before.
        set_by(0);
        let renewable = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
        let (generation, spent) = (stage.generation(&renewable).await, stage.spent().await);
        set_to(unix);
        for _ in 0..3 {
            stage.everything(about).await;
        }
        let sent = stage.spent().await - spent;
        // At the end of time nothing can live on.
        let at_most = if unix == i64::MAX { 20 } else { u64::from(is_due) };
        println!("{about}: {sent} requests, generation {generation} to {}", stage.generation(&renewable).await);
        assert!(sent <= at_most && (sent > 0) == is_due, "{about}: {sent}");
        set_by(0);
        let spent = stage.spent().await;
        for _ in 0..3 {
            stage.everything(about).await;
        }
        assert_eq!(stage.spent().await, spent, "{about}, and back");
        let state = stage.keeper.get(&stage.owner, renewable.id).await.unwrap().status(wall()).state;
        assert!(!state.needs_person(), "{about}: {state:?}");
    }
    assert!(stage.generation(&renewable).await > 1);
}

/// So many seconds of a clock that goes on whenever nothing but time is waited for. The database is waited for as well: in small
/// steps it keeps up.
pub(super) async fn sleep(seconds: u64) {
    for _ in 0..seconds / 5 {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    tokio::time::sleep(Duration::from_secs(seconds % 5)).await;
    real_time().await;
}

/// Lets the disk go on, and no clock.
#[expect(clippy::disallowed_methods, reason = "real time goes on while a clock of the test's own stands")]
async fn real_time() {
    tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(20))).await.unwrap();
}

/// What is looked for, as soon as it is as expected; as it is when it never comes to that. The disk may take its time.
async fn looked_for<T: PartialEq>(expected: &T, look: impl AsyncFn() -> T) -> T {
    for _ in 0..1000 {
        if look().await == *expected {
            break;
        }
        real_time().await;
    }
    look().await
}

/// A stage with a channel that takes nothing, so that what is told stays in the outbox, and a token of a day.
async fn telling() -> (Stage, Credential) {
    let mut stage = Stage::on_the_wall().await;
    let channel = Channel::Command(Command::new("/bin/false".to_owned(), Vec::new()).unwrap());
    let sender = Sender::new([(ChannelName::new("false").unwrap(), channel)], Arc::new(Client::new(Rules::default())));
    stage.keeper = Arc::new(Arc::into_inner(stage.keeper).unwrap().with_channels(sender));
    let token = stage.token(json!({"kind": "user", "id": 100_001})).await;
    let credential = Arc::unwrap_or_clone(stage.submit(&token, None).await.unwrap().credential);
    tokio::time::pause();
    (stage, credential)
}

#[tokio::test]
async fn whatever_the_clock_does_for_a_minute_people_are_told_once() {
    let (stage, credential) = telling().await;
    let began = wall();
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_notices());
    // What is told until that hour by a clock that stands right, and in the time in which it is not believed.
    let told = async |hours: i64, count: usize, told: &str| {
        let until = began.unix() + hours * HOUR + 400;
        sleep(u64::try_from(until - wall().unix()).unwrap_or(0)).await;
        let queued = async || stage.store.outbox("false", Timestamp::from_unix(i64::MAX), 100).await.unwrap();
        let expected = (count, told.to_owned());
        let found = looked_for(&expected, async || {
            let credential = stage.keeper.get(&stage.owner, credential.id).await.unwrap();
            (queued().await.len(), credential.told.stage.as_str().to_owned())
        });
        assert_eq!(found.await, expected, "after {hours} h");
        // What is told too much, and too late for this look, is seen by the next.
        stage.store.outbox_remove(queued().await.iter().map(|it| it.id).collect()).await.unwrap();
    };
    let jump = async |by: i64| {
        let right = SET_BY.get();
        set_by(right.saturating_add(by));
        sleep(60).await;
        set_by(right);
        sleep(600).await;
        assert_eq!(stage.store.outbox_waiting().await.unwrap(), 0, "{by}");
    };
    told(1, 0, "nothing").await;
    let jumps = [HOUR, -HOUR, YEAR, -YEAR, i64::from(i32::MAX), -wall().unix(), i64::MAX / 2, i64::MIN / 2];
    for by in jumps {
        jump(by).await;
    }
    // It sleeps for eight hours: the steady clock does not see that.
    set_by(8 * HOUR);
    told(17, 0, "nothing").await;
    told(18, 1, "six_hours").await;
    for by in jumps {
        jump(by).await;
    }
    told(21, 0, "six_hours").await;
    told(22, 1, "two_hours").await;
    jump(-YEAR).await;
    told(23, 0, "two_hours").await;
    told(24, 1, "over").await;
    jump(YEAR).await;
    jump(-YEAR).await;
    told(26, 0, "over").await;
    watching.abort();
}

#[tokio::test]
async fn what_waits_is_not_given_up_by_a_clock_that_is_ahead() {
    let (stage, _) = telling().await;
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_notices());
    sleep(18 * 3600 + 60).await;
    let waiting = looked_for(&1, async || stage.store.outbox_waiting().await.unwrap()).await;
    assert_eq!(waiting, 1);
    set_by(YEAR);
    sleep(60).await;
    set_by(0);
    sleep(60).await;
    assert_eq!(stage.store.outbox_waiting().await.unwrap(), 1);
    watching.abort();
}

#[tokio::test]
async fn what_was_renewed_by_a_clock_that_was_ahead_is_renewed_in_time() {
    let stage = Stage::on_the_wall().await;
    let credential = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    set_by(YEAR);
    stage.renew_what_is_due().await;
    let generation = stage.generation(&credential).await;
    assert_eq!(generation, credential.grant.generation + 1);
    // Its end lies in a year that has not come yet: it is given a right one.
    set_by(60);
    stage.keeper.clock_was_ahead().await.unwrap();
    for _ in 0..2 {
        stage.renew_what_is_due().await;
        assert_eq!(stage.generation(&credential).await, generation + 1);
    }
    set_by(HOUR + 60);
    stage.renew_what_is_due().await;
    assert_eq!(stage.generation(&credential).await, generation + 2);
}

#[tokio::test]
async fn what_failed_by_a_clock_that_was_ahead_is_tried_again_in_time() {
    let stage = Stage::on_the_wall().await;
    let credential = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    set_by(YEAR);
    stage.token_endpoint_answers(Some("http:503")).await;
    stage.renew_what_is_due().await;
    stage.token_endpoint_answers(None).await;
    set_by(HOUR);
    stage.keeper.clock_was_ahead().await.unwrap();
    stage.renew_what_is_due().await;
    assert_eq!(stage.generation(&credential).await, credential.grant.generation + 1);
}

#[tokio::test]
async fn a_lease_of_a_clock_that_was_ahead_ends_in_time() {
    let stage = Stage::on_the_wall().await;
    let credential = stage.log_in(wish(ACME()), "auto=allow&person=anna").await;
    set_by(YEAR);
    let until = wall().after(Lifetime::from_seconds(90));
    stage.store.lease(&credential, wall(), until).await.unwrap().unwrap();
    set_by(HOUR);
    stage.keeper.clock_was_ahead().await.unwrap();
    for (seconds, is_leased) in [(89, true), (90, false)] {
        set_by(HOUR + seconds);
        stage.renew_what_is_due().await;
        let now = stage.keeper.get(&stage.owner, credential.id).await.unwrap();
        assert_eq!(now.renewal.leased_until.is_some(), is_leased, "whoever has it may be at it");
    }
}

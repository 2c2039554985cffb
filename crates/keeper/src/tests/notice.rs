//! Telling people: once each, written down before it is sent, and links that renew one credential once.

use std::{cell::Cell, sync::atomic::AtomicBool};

use grantkeep_notify::{Channel, ChannelName, Command, Sender};
use grantkeep_oauth::state as digest;
use grantkeep_store::Queued;

use super::*;

static GOING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// How far this test's clock is ahead; its runtime has one thread.
    static AHEAD: Cell<u64> = const { Cell::new(0) };
}

thread_local! {
    /// The next task but this one that asks for the time panics.
    static SPARED: Cell<Option<tokio::task::Id>> = const { Cell::new(None) };
}

fn clock() -> Timestamp {
    if SPARED.get().is_some_and(|spared| tokio::task::try_id().is_some_and(|id| id != spared)) {
        SPARED.set(None);
        panic!("as was asked for");
    }
    NOW.after(Lifetime::from_seconds(AHEAD.get()))
}

/// Sets the clock to so many hours after the begin.
fn hour(hours: u64) {
    AHEAD.set(hours * 3600);
}

fn channel(program: &str) -> (ChannelName, Channel) {
    let command = Command::new(format!("/bin/{program}"), Vec::new()).unwrap();
    (ChannelName::new(program).unwrap(), Channel::Command(command))
}

impl Stage {
    async fn telling(channels: impl IntoIterator<Item = (ChannelName, Channel)>) -> Self {
        hour(0);
        let mut stage = Self::at(clock).await;
        let sender = Sender::new(channels, Arc::new(Client::new(Rules::default())));
        stage.keeper = Arc::new(Arc::into_inner(stage.keeper).unwrap().with_channels(sender));
        stage
    }

    /// A VK token of a day.
    async fn a_day(&self, id: u64) -> Credential {
        let token = self.token(json!({"kind": "user", "id": id})).await;
        Arc::unwrap_or_clone(self.submit(&token, None).await.unwrap().credential)
    }

    /// Everything in the outbox.
    async fn all(&self) -> Vec<Queued> {
        let mut all = Vec::new();
        for (channel, _) in self.keeper.channels.channels() {
            all.extend(self.store.outbox(channel.as_str(), Timestamp::from_unix(i64::MAX), 1000).await.unwrap());
        }
        all
    }

    /// What is written down to be told so far, by channel.
    async fn queued(&self) -> Vec<String> {
        self.keeper.tell_due().await.unwrap();
        self.all().await.iter().map(|it| format!("{} {}", it.notice.channel, it.notice.tidings.as_str())).collect()
    }

    async fn empty(&self) {
        let all = self.all().await;
        self.store.outbox_remove(all.iter().map(|it| it.id).collect()).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_of_a_day_is_told_of_twice_before_its_end() {
    let stage = Stage::telling([channel("cat")]).await;
    let first = stage.a_day(100_001).await;
    for (at, expected) in [
        (0, &[][..]),
        (17, &[]),
        (18, &["cat expiring"]),
        (19, &[]),
        (22, &["cat expiring"]),
        (24, &["cat expired"]),
        (30, &[]),
        // The clock is set back for a while: nothing is repeated.
        (1, &[]),
        (31, &[]),
    ] {
        hour(at);
        assert_eq!(stage.queued().await, expected, "after {at} h");
        stage.empty().await;
    }
    let renewed = stage.a_day(100_001).await;
    assert_eq!(renewed.id, first.id);
    assert_eq!(stage.queued().await, ["cat recovered"]);
    stage.empty().await;
    assert!(stage.queued().await.is_empty());
}

#[tokio::test]
async fn whoever_was_away_is_told_the_latest_alone() {
    let stage = Stage::telling([channel("cat"), channel("true")]).await;
    stage.a_day(100_001).await;
    hour(23);
    assert_eq!(stage.queued().await, ["cat expiring", "true expiring"]);
}

#[tokio::test]
async fn a_clock_that_was_set_ahead_for_long_is_forgotten() {
    let stage = Stage::telling([channel("cat")]).await;
    stage.a_day(100_001).await;
    hour(9000);
    assert_eq!(stage.queued().await, ["cat expired"]);
    stage.empty().await;
    hour(1);
    stage.keeper.clock_was_ahead().await.unwrap();
    assert_eq!(stage.queued().await, ["cat recovered"]);
    stage.empty().await;
    hour(18);
    assert_eq!(stage.queued().await, ["cat expiring"]);
}

#[tokio::test]
async fn a_death_is_told_after_two_readings() {
    let stage = Stage::telling([channel("cat")]).await;
    let credential = stage.a_day(100_001).await;
    stage.vk_answers("error:5/1130").await;
    for expected in [&[][..], &["cat dead"], &[]] {
        AHEAD.set(AHEAD.get() + 300);
        stage.keeper.check(&stage.owner, credential.id).await.unwrap();
        assert_eq!(stage.queued().await, expected);
        stage.empty().await;
    }
    stage.vk_recovers().await;
    stage.keeper.check(&stage.owner, credential.id).await.unwrap();
    assert_eq!(stage.queued().await, ["cat recovered"]);
}

#[tokio::test]
async fn what_a_channel_does_not_take_is_tried_again_for_a_day() {
    let stage = Stage::telling([channel("cat"), channel("false")]).await;
    stage.a_day(100_001).await;
    hour(18);
    assert_eq!(stage.queued().await, ["cat expiring", "false expiring"]);
    let name = |channel: &str| ChannelName::new(channel).unwrap();
    let of = async |channel: &str| {
        let mut all = stage.all().await;
        all.retain(|it| it.notice.channel == channel);
        all
    };
    assert_eq!(stage.keeper.send_over(&name("cat"), of("cat").await, &GOING).await.unwrap(), None);
    assert!(of("cat").await.is_empty(), "delivered");
    let message = of("false").await[0].notice.message.clone();
    for tries in 1..=7 {
        assert!(
            stage.keeper.send_over(&name("false"), of("false").await, &GOING).await.unwrap().is_some(),
            "left alone for a while"
        );
        let waiting = of("false").await;
        assert_eq!((waiting[0].tries, &waiting[0].notice.message), (tries, &message));
        assert!(stage.store.outbox("false", clock(), 10).await.unwrap().is_empty(), "not at once");
    }
    stage.keeper.send_over(&name("false"), of("false").await, &GOING).await.unwrap();
    assert!(of("false").await.is_empty(), "given up after eight");
}

#[tokio::test]
async fn a_damaged_credential_does_not_hold_up_its_channel() {
    let stage = Stage::telling([channel("cat")]).await;
    for id in 1..=7 {
        let token = stage.token(json!({"kind": "user", "id": 100_001})).await;
        stage.submit(&token, Some(&format!("name {id}"))).await.unwrap();
    }
    hour(18);
    assert_eq!(stage.queued().await.len(), 7);
    let outside = rusqlite::Connection::open(stage.directory.path().join("grantkeep.db")).unwrap();
    let all = stage.all().await;
    // Alone, and among others in one message.
    for (damaged, queued) in [(1, all[..1].to_vec()), (2, all[1..].to_vec())] {
        outside.execute("UPDATE credential SET token_kind = 'vk_ghost' WHERE id = ?1", [damaged]).unwrap();
        let sent = stage.keeper.send_over(&ChannelName::new("cat").unwrap(), queued, &GOING).await;
        assert_eq!(sent.unwrap(), None);
    }
    assert!(stage.all().await.is_empty());
    let count = |word| stage.keeper.metrics().notices.each().find(|(_, name, _)| *name == word).unwrap().2;
    assert_eq!((count("delivered"), count("refused")), (1, 2));
}

#[tokio::test]
async fn a_channel_whose_sender_panicked_goes_on_after_a_rest() {
    let stage = Stage::telling([channel("false")]).await;
    stage.a_day(100_001).await;
    hour(18);
    assert_eq!(stage.queued().await, ["false expiring"]);
    tokio::time::pause();
    let watching = tokio::spawn(Arc::clone(&stage.keeper).watch_notices());
    SPARED.set(Some(watching.id()));
    for _ in 0..12 {
        clock::sleep(5).await;
    }
    assert!(SPARED.get().is_none(), "it panicked");
    assert_eq!(stage.all().await[0].tries, 1);
    watching.abort();
}

#[tokio::test]
async fn many_at_once_are_one_message() {
    let stage = Stage::telling([channel("false")]).await;
    for id in 0..12 {
        let token = stage.token(json!({"kind": "user", "id": 100_001})).await;
        stage.submit(&token, Some(&format!("name {id}"))).await.unwrap();
    }
    hour(18);
    assert_eq!(stage.queued().await.len(), 12);
    let queued = stage.all().await;
    stage.keeper.send_over(&ChannelName::new("false").unwrap(), queued, &GOING).await.unwrap();
    let mut messages = stage.all().await;
    assert!(messages.iter().all(|it| it.tries == 1));
    messages.dedup_by_key(|it| it.notice.message.clone());
    assert_eq!(messages.len(), 1);
}

#[tokio::test]
async fn a_link_renews_one_credential_once() {
    let stage = Stage::telling([]).await;
    let credential = stage.a_day(100_001).await;
    let ticket = async || {
        let (link, ticket) = stage.keeper.renewal_link(&credential, clock()).unwrap();
        stage.store.add_renewal_tickets(vec![ticket], clock()).await.unwrap();
        link.expose().strip_prefix(&format!("{BASE}/connect/")).unwrap().to_owned()
    };
    let first = ticket().await;
    for _ in 0..2 {
        let invitation = stage.keeper.renewal_invitation(&first).await.unwrap();
        assert_eq!(invitation.account, credential.account);
    }
    // VK leads to its own blank page: the person pastes on the page of the login that begins.
    let RenewalBegun::ToPage(page) = stage.keeper.spend_renewal(&first).await.unwrap() else { panic!("to VK") };
    assert!(page.expose().starts_with(&format!("{BASE}/connect/")) && !page.expose().contains(&first));
    assert!(matches!(stage.keeper.spend_renewal(&first).await, Err(CaptureFault::TicketUnknown)));
    let begun = page.expose().rsplit('/').next().unwrap();
    let invitation = stage.keeper.invitation(begun).await.unwrap();
    assert_eq!(invitation.account, Some(credential.account.clone()));
    // It works for a day, and for what it was made for.
    let late = ticket().await;
    hour(24);
    assert!(matches!(stage.keeper.renewal_invitation(&late).await, Err(CaptureFault::TicketUnknown)));
    let forgotten = ticket().await;
    stage.keeper.forget(&stage.owner, credential.id).await.unwrap();
    assert!(matches!(stage.keeper.spend_renewal(&forgotten).await, Err(CaptureFault::TicketUnknown)));
    assert!(stage.store.renewal_ticket(digest::digest(&late)).await.unwrap().is_none(), "swept");
}

#[tokio::test]
async fn what_is_made_by_hand_has_no_link() {
    let stage = Stage::telling([]).await;
    let token = stage.token(json!({"kind": "community", "id": 200_001})).await;
    let credential = stage.submit(&token, None).await.unwrap().credential;
    assert!(stage.keeper.renewal_link(&credential, clock()).is_none());
}

//! Owns telling people: of which credentials there is something to tell, what waits in the outbox, and what is sent over which channel.
//!
//! What is to be told is written down together with how far a person has been told, so that a crash neither loses it nor repeats it. Links
//! are made when a message is sent: the outbox has no secret.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use grantkeep_core::{Credential, Lifetime, Timestamp, notice::Tidings};
use grantkeep_notify::{About, ChannelName, Delivery, Kind, Message, MessageId, News, Sender};
use grantkeep_store::{NewNotice, Queued, RenewalTicket, StoreFault};
use tokio::{task::JoinSet, time::Instant};

use crate::{KeepFault, Keeper};

/// The longest sleep, and so the latest that somebody is told.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// Looked at in one go.
const AT_ONCE: usize = 200;

/// So many messages at once are still messages; more become one.
const MOST_MESSAGES: usize = 5;
const LARGEST_DIGEST: usize = 50;

/// From one try to the next: eight within a day.
const AGAIN_AFTER: [Lifetime; 7] = [
    Lifetime::from_minutes(1),
    Lifetime::from_minutes(5),
    Lifetime::from_minutes(15),
    Lifetime::from_hours(1),
    Lifetime::from_hours(3),
    Lifetime::from_hours(6),
    Lifetime::from_hours(12),
];
const LAST_WAIT: Lifetime = Lifetime::from_hours(12);

/// A channel that did not take a message is left alone for so long.
const REST: Duration = Duration::from_secs(20);

/// A wall clock that went another way than the steady one by more than this was set, or the machine slept.
const JUMP: Duration = Duration::from_secs(120);

/// How long a clock that jumped must stand before people are told anything by it.
const BELIEVED_AFTER: Duration = Duration::from_secs(300);

impl Keeper {
    /// Gives it channels to tell people by.
    #[must_use]
    pub fn with_channels(mut self, channels: Sender) -> Self {
        self.channels = channels;
        self
    }

    /// Tells people, for ever; end it by dropping the future. What was being sent then is sent once more at the next start.
    pub async fn watch_notices(self: Arc<Self>) {
        let mut clock = Clock::new(self.now(), self.steady());
        let mut channels = Channels::default();
        let names = self.channels.channels().map(|(name, _)| name.to_string()).collect();
        warn_of(self.store.outbox_for_only(names).await.map_err(Into::into));
        loop {
            let (now, steady) = (self.now(), self.steady());
            if let Some(back_to) = clock.look(now, steady) {
                warn_of(self.store.rethink_notices(back_to).await.map_err(Into::into));
            }
            if clock.is_believed(steady) {
                warn_of(self.tell_due().await);
            }
            warn_of(self.send_due(&mut channels, steady).await);
            let sleep = self.until_next_notice().await;
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                Some(Ok(Some(done))) = channels.sending.join_next() => channels.done(done, self.steady()),
            }
        }
    }

    async fn until_next_notice(&self) -> Duration {
        let moments = [self.store.next_notice().await, self.store.next_outbox().await];
        let next = moments.into_iter().filter_map(|at| at.ok().flatten()).min();
        let wait = next.map_or(LONGEST_SLEEP, |at| Duration::from_secs(at.since(self.now()).seconds()));
        wait.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }

    /// Writes down everything that there is to tell now.
    pub(crate) async fn tell_due(self: &Arc<Self>) -> Result<(), KeepFault> {
        loop {
            let now = self.now();
            let due = self.store.due_notices(now, AT_ONCE).await?;
            let is_last = due.len() < AT_ONCE;
            let mut telling = JoinSet::new();
            for credential in due {
                let keeper = Arc::clone(self);
                telling.spawn(async move { keeper.tell(credential, now).await });
            }
            telling.join_all().await.into_iter().collect::<Result<(), KeepFault>>()?;
            if is_last {
                return Ok(());
            }
        }
    }

    async fn tell(&self, credential: Credential, now: Timestamp) -> Result<(), KeepFault> {
        let (tidings, told) = credential.notice(now);
        let notices = tidings.map(|tidings| self.notices(&credential, tidings, now)).unwrap_or_default();
        if let Some(tidings) = tidings {
            tracing::info!(
                credential = credential.id,
                tidings = tidings.as_str(),
                channels = notices.len(),
                "to be told"
            );
        }
        match self.store.tell(Credential { told, ..credential }, notices).await {
            // It has changed meanwhile, and is looked at again.
            Ok(_) | Err(StoreFault::Stale) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The same for each channel.
    fn notices(&self, credential: &Credential, tidings: Tidings, now: Timestamp) -> Vec<NewNotice> {
        let one = |(name, _): (&ChannelName, _)| NewNotice {
            message: self.message_id(),
            channel: name.to_string(),
            owner: credential.owner.clone(),
            credential: credential.id,
            tidings,
            at: now,
            expires_at: credential.grant.expiry.at(),
        };
        self.channels.channels().map(one).collect()
    }

    fn message_id(&self) -> String {
        use std::fmt::Write as _;
        (self.world.random)().iter().fold("n_".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    /// Begins to send what is due, over every channel that is free.
    async fn send_due(self: &Arc<Self>, channels: &mut Channels, now: Instant) -> Result<(), KeepFault> {
        for (name, _) in self.channels.channels() {
            if !channels.is_free(name, now) {
                continue;
            }
            let queued = self.store.outbox(name.as_str(), self.now(), AT_ONCE).await?;
            if queued.is_empty() {
                continue;
            }
            let (keeper, name) = (Arc::clone(self), name.clone());
            channels.resting.insert(name.clone(), None);
            let stopping = Stopping::default();
            let stopped = Arc::clone(&stopping.0);
            // A message on its way is finished when the watcher ends, and no further one is begun: what a receiver has taken must
            // not be sent again.
            let flight = self.flights.begin();
            let sending = tokio::spawn(async move {
                let rest = keeper.send_over(&name, queued, &stopped).await.unwrap_or_else(|fault| {
                    warn_of(Err(fault));
                    Some(REST)
                });
                drop(flight);
                (name, rest)
            });
            channels.sending.spawn(async move {
                let done = sending.await;
                drop(stopping);
                done.ok()
            });
        }
        Ok(())
    }

    /// Sends over one channel, one message after the other. Says how long the channel is to be left alone.
    pub(crate) async fn send_over(
        &self,
        channel: &ChannelName,
        queued: Vec<Queued>,
        stopped: &AtomicBool,
    ) -> Result<Option<Duration>, KeepFault> {
        for group in self.grouped(channel, queued).await? {
            if stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let Some(message) = self.message(&group).await? else {
                self.store.outbox_remove(ids(&group)).await?;
                continue;
            };
            self.begin_try(&group, None).await?;
            let delivery = self.channels.send(channel, &message, self.now()).await;
            self.metrics.told(delivery);
            if let Delivery::Later { after, .. } = delivery {
                self.try_again(&group, after).await?;
                return Ok(Some(after.map_or(REST, |after| Duration::from_secs(after.seconds()).max(REST))));
            }
            // Delivered, or a clear no: trying the same again would help nobody.
            self.store.outbox_remove(ids(&group)).await?;
        }
        Ok(None)
    }

    /// Counts a try before it is made: what may have arrived stays the message that it was.
    async fn begin_try(&self, group: &[Queued], least: Option<Lifetime>) -> Result<(), KeepFault> {
        let tries = tries(group);
        let wait = usize::try_from(tries).ok().and_then(|tries| AGAIN_AFTER.get(tries)).unwrap_or(&LAST_WAIT);
        // Half to all of it, so that many do not come back at once.
        let [chance, ..] = (self.world.random)();
        let wait = Lifetime::from_seconds(wait.seconds() / 2 + wait.seconds() / 2 * u64::from(chance) / 255);
        let again_at = self.now().after(least.map_or(wait, |least| least.max(wait)));
        Ok(self.store.outbox_try(ids(group), tries.saturating_add(1), again_at).await?)
    }

    async fn try_again(&self, group: &[Queued], after: Option<Lifetime>) -> Result<(), KeepFault> {
        let was_last = usize::try_from(tries(group)).is_ok_and(|tries| tries >= AGAIN_AFTER.len());
        if was_last {
            tracing::error!(notices = group.len(), "a notice could not be delivered by eight tries within a day");
            return Ok(self.store.outbox_remove(ids(group)).await?);
        }
        if after.is_some() { self.begin_try(group, after).await } else { Ok(()) }
    }

    /// What is sent together. Many that have not been tried yet become digests, and stay so.
    async fn grouped(&self, channel: &ChannelName, queued: Vec<Queued>) -> Result<Vec<Vec<Queued>>, KeepFault> {
        let mut groups: Vec<Vec<Queued>> = Vec::new();
        let mut place: HashMap<String, usize> = HashMap::new();
        for one in queued {
            let at = *place.entry(one.notice.message.clone()).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(one),
                None => groups.push(vec![one]),
            }
        }
        let (single, mut ready): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| matches!(group.as_slice(), [one] if one.tries == 0));
        if single.len() <= MOST_MESSAGES {
            ready.extend(single);
            return Ok(ready);
        }
        let single: Vec<Queued> = single.into_iter().flatten().collect();
        for digest in single.chunks(LARGEST_DIGEST) {
            self.store.outbox_group(ids(digest), self.message_id()).await?;
        }
        // What was made one message is read anew, so that a message always is what the outbox says.
        let now = self.now();
        let wanted: Vec<i64> = ids(&single);
        let again = self.store.outbox(channel.as_str(), now, AT_ONCE).await?;
        let mut by_message: BTreeMap<String, Vec<Queued>> = BTreeMap::new();
        for one in again.into_iter().filter(|one| wanted.contains(&one.id)) {
            by_message.entry(one.notice.message.clone()).or_default().push(one);
        }
        ready.extend(by_message.into_values());
        Ok(ready)
    }

    /// A group as a message, with fresh links. None: nothing of it is there any more.
    async fn message(&self, group: &[Queued]) -> Result<Option<Message>, KeepFault> {
        let now = self.now();
        let Some(first) = group.first() else { return Ok(None) };
        let at = group.iter().map(|queued| queued.notice.at).min().unwrap_or(now);
        let (mut news, mut tickets) = (Vec::new(), Vec::new());
        for queued in group {
            let notice = &queued.notice;
            let Some(credential) = self.store.get(&notice.owner, notice.credential).await? else { continue };
            news.push(self.news(&credential, notice, at, now, &mut tickets));
        }
        if !tickets.is_empty() {
            self.store.add_renewal_tickets(tickets, now).await?;
        }
        let Some(id) = MessageId::new(&first.notice.message) else { return Ok(None) };
        let one = if news.len() == 1 && group.len() == 1 { news.pop() } else { None };
        let about = match one {
            Some(news) => About::Credential(news),
            None if news.is_empty() => return Ok(None),
            None => About::Digest(news),
        };
        Ok(Some(Message { id, at, about }))
    }

    fn news(
        &self,
        credential: &Credential,
        notice: &NewNotice,
        at: Timestamp,
        now: Timestamp,
        tickets: &mut Vec<RenewalTicket>,
    ) -> News {
        let wants_link = notice.tidings != Tidings::Recovered;
        let link = wants_link.then(|| self.renewal_link(credential, now)).flatten().map(|(link, ticket)| {
            tickets.push(ticket);
            link
        });
        News {
            kind: kind(notice.tidings),
            provider: credential.provider,
            account: credential.account.clone(),
            server: credential.server.as_deref().map(str::to_owned),
            left: notice.expires_at.map(|expires_at| expires_at.since(at)),
            link,
        }
    }
}

/// How often a message has been tried.
fn tries(group: &[Queued]) -> u32 {
    group.iter().map(|queued| queued.tries).max().unwrap_or(0)
}

fn ids(queued: &[Queued]) -> Vec<i64> {
    queued.iter().map(|queued| queued.id).collect()
}

const fn kind(tidings: Tidings) -> Kind {
    match tidings {
        Tidings::Dead => Kind::Dead,
        Tidings::Expired => Kind::Expired,
        Tidings::Expiring => Kind::Expiring,
        Tidings::Recovered => Kind::Recovered,
    }
}

fn warn_of(result: Result<(), KeepFault>) {
    if let Err(fault) = result {
        tracing::warn!(%fault, "people could not be told");
    }
}

/// Says to whoever sends that nobody waits for it any more, when it is dropped.
#[derive(Default)]
struct Stopping(Arc<AtomicBool>);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Which channels are at work, and which are left alone for a while.
#[derive(Default)]
struct Channels {
    sending: JoinSet<Option<(ChannelName, Option<Duration>)>>,
    /// None: at work.
    resting: BTreeMap<ChannelName, Option<Instant>>,
}

impl Channels {
    fn is_free(&self, channel: &ChannelName, now: Instant) -> bool {
        match self.resting.get(channel) {
            Some(None) => false,
            Some(Some(until)) => *until <= now,
            None => true,
        }
    }

    fn done(&mut self, (channel, rest): (ChannelName, Option<Duration>), now: Instant) {
        match rest {
            Some(rest) => self.resting.insert(channel, Some(now + rest)),
            None => self.resting.remove(&channel),
        };
    }
}

/// Whether the wall clock can be believed: a clock that was set by a year for a minute must not tell everybody that all is over.
struct Clock {
    wall: Timestamp,
    steady: Instant,
    jumped_at: Option<Instant>,
}

impl Clock {
    const fn new(wall: Timestamp, steady: Instant) -> Self {
        Self { wall, steady, jumped_at: None }
    }

    /// Looks at both clocks. If the wall clock was set back: to when.
    fn look(&mut self, wall: Timestamp, steady: Instant) -> Option<Timestamp> {
        let expected = self.wall.after(Lifetime::from_seconds((steady - self.steady).as_secs()));
        let (ahead, behind) = (wall.since(expected).seconds(), expected.since(wall).seconds());
        (self.wall, self.steady) = (wall, steady);
        if ahead.max(behind) <= JUMP.as_secs() {
            return None;
        }
        tracing::warn!(ahead, behind, "the clock was set, or the machine slept; notices wait until it has settled");
        self.jumped_at = Some(steady);
        (behind > 0).then_some(wall)
    }

    fn is_believed(&self, steady: Instant) -> bool {
        self.jumped_at.is_none_or(|at| steady - at >= BELIEVED_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: i64 = 1_800_000_000;
    const HOUR: i64 = 3600;
    const YEAR: i64 = 365 * 24 * HOUR;

    #[expect(clippy::disallowed_methods, reason = "tests hold the clock")]
    fn steady() -> Instant {
        Instant::now()
    }

    /// Looks: how far the steady clock went since the last one, and the wall clock; what is said about the wall clock then.
    type Look = (u64, i64, (bool, bool));

    /// Whether it was set back, and whether it is believed.
    const FINE: (bool, bool) = (false, true);
    const AHEAD: (bool, bool) = (false, false);
    const BACK: (bool, bool) = (true, false);
    const WAITING: (bool, bool) = (false, false);

    #[test]
    fn a_clock_that_jumped_is_believed_when_it_has_stood_for_a_while() {
        #[rustfmt::skip]
        let rows: [(&str, &[Look]); 14] = [
            ("it goes as time goes",      &[(10, 10, FINE), (10, 10, FINE), (600, 600, FINE), (86_400, 86_400, FINE)]),
            ("small steps either way",    &[(10, 120, FINE), (10, -100, FINE), (10, 130, FINE), (10, -110, FINE)]),
            ("a leap second, a slow turn", &[(10, 11, FINE), (10, 9, FINE), (0, 0, FINE)]),
            ("just too far ahead",        &[(10, 131, AHEAD), (299, 299, WAITING), (1, 1, FINE)]),
            ("just too far back",         &[(10, -111, BACK), (299, 299, WAITING), (1, 1, FINE)]),
            ("a night's sleep",           &[(10, 8 * HOUR, AHEAD), (10, 10, WAITING), (290, 290, FINE), (10, 10, FINE)]),
            ("an hour ahead and back",    &[(10, HOUR, AHEAD), (10, 10, WAITING), (10, -HOUR, BACK), (290, 290, WAITING), (10, 10, FINE)]),
            ("an hour back and ahead",    &[(10, -HOUR, BACK), (10, HOUR, AHEAD), (300, 300, FINE)]),
            ("a year ahead, stays",       &[(10, YEAR, AHEAD), (300, 300, FINE)]),
            ("a year ahead and back",     &[(10, YEAR, AHEAD), (60, 60, WAITING), (10, -YEAR, BACK), (300, 300, FINE)]),
            ("a year back and ahead",     &[(10, -YEAR, BACK), (60, 60, WAITING), (10, YEAR, AHEAD), (300, 300, FINE)]),
            ("1970",                      &[(10, -BEGIN, BACK), (10, BEGIN, AHEAD), (300, 300, FINE)]),
            ("the year 0, the year 9999", &[(10, i64::MIN, BACK), (10, i64::MAX, AHEAD), (300, 300, FINE)]),
            ("again and again",           &[(10, HOUR, AHEAD), (200, 2 * HOUR, AHEAD), (200, 3 * HOUR, AHEAD), (299, 299, WAITING), (1, 1, FINE)]),
        ];
        for (what, looks) in rows {
            let (mut unix, mut monotonic) = (BEGIN, steady());
            let mut clock = Clock::new(Timestamp::from_unix(unix), monotonic);
            assert!(clock.is_believed(monotonic), "{what}");
            for (at, (passed, wall, expected)) in looks.iter().enumerate() {
                unix = unix.saturating_add(*wall);
                monotonic += Duration::from_secs(*passed);
                let now = Timestamp::from_unix(unix);
                // The years end at 9999; a jump from there begins there.
                unix = now.unix();
                let back_to = clock.look(now, monotonic);
                assert!(back_to.is_none_or(|to| to == now), "{what}, look {at}");
                assert_eq!((back_to.is_some(), clock.is_believed(monotonic)), *expected, "{what}, look {at}");
            }
        }
    }
}

//! Owns the sending of what waits in the outbox: each channel its own queue, one message after the other, a try counted before it is
//! made. Links are made when a message is sent: the outbox has no secret.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use grantkeep_core::{Credential, Lifetime, Timestamp, notice::Tidings};
use grantkeep_notify::{About, ChannelName, Delivery, Kind, Message, MessageId, News};
use grantkeep_store::{NewNotice, Queued, RenewalTicket, StoreFault};
use tokio::{task::JoinSet, time::Instant};

use super::{AT_ONCE, warn_of};
use crate::{KeepFault, Keeper};

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

impl Keeper {
    /// Begins to send what is due, over every channel that is free.
    pub(super) async fn send_due(self: &Arc<Self>, channels: &mut Channels, now: Instant) -> Result<(), KeepFault> {
        for (name, _) in self.channels.channels() {
            if !channels.is_free(name, now) {
                continue;
            }
            let queued = self.store.outbox(name.as_str(), self.now(), AT_ONCE).await?;
            if queued.is_empty() {
                continue;
            }
            // A message on its way is finished when the watcher ends, and no further one is begun: what a receiver has taken must
            // not be sent again.
            let flight = self.flights.begin()?;
            let (keeper, name, over) = (Arc::clone(self), name.clone(), name.clone());
            channels.resting.insert(name.clone(), None);
            let stopping = Stopping::default();
            let stopped = Arc::clone(&stopping.0);
            let sending = tokio::spawn(async move {
                let rest = keeper.send_over(&over, queued, &stopped).await.unwrap_or_else(|fault| {
                    warn_of(Err(fault));
                    Some(REST)
                });
                drop(flight);
                rest
            });
            channels.sending.spawn(async move {
                let rest = sending.await.unwrap_or_else(|_| {
                    tracing::error!(
                        channel = name.as_str(),
                        "the sending of a notice broke off; others follow after a rest"
                    );
                    Some(REST)
                });
                drop(stopping);
                (name, rest)
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
        for group in self.grouped(queued).await? {
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
    async fn grouped(&self, queued: Vec<Queued>) -> Result<Vec<Vec<Queued>>, KeepFault> {
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
            let message = self.message_id();
            self.store.outbox_group(ids(digest), message.clone()).await?;
            let mut digest = digest.to_vec();
            digest.iter_mut().for_each(|queued| queued.notice.message.clone_from(&message));
            ready.push(digest);
        }
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
            let credential = match self.store.get(&notice.owner, notice.credential).await {
                Ok(Some(credential)) => credential,
                Ok(None) => continue,
                Err(fault @ (StoreFault::Corrupt { .. } | StoreFault::Damaged(_))) => {
                    self.give_up(queued, &fault).await?;
                    continue;
                }
                Err(fault) => return Err(fault.into()),
            };
            news.push(self.news(&credential, notice, now, &mut tickets));
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

    /// One of which nobody can say what to tell must not hold up its channel.
    async fn give_up(&self, queued: &Queued, fault: &StoreFault) -> Result<(), KeepFault> {
        tracing::error!(%fault, notice = queued.id, "a notice cannot be sent; run grantkeep doctor");
        self.metrics.told(Delivery::Refused("damaged"));
        Ok(self.store.outbox_remove(vec![queued.id]).await?)
    }

    fn news(
        &self,
        credential: &Credential,
        notice: &NewNotice,
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
            expires_at: notice.expires_at,
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
pub(super) struct Channels {
    pub(super) sending: JoinSet<(ChannelName, Option<Duration>)>,
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

    pub(super) fn done(&mut self, (channel, rest): (ChannelName, Option<Duration>), now: Instant) {
        match rest {
            Some(rest) => self.resting.insert(channel, Some(now + rest)),
            None => self.resting.remove(&channel),
        };
    }
}

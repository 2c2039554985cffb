//! Owns how hard one host is asked: so many requests a second, and none but a probe while it does not answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use url::Url;

/// Between two requests to a host: 50 a second.
const EVERY: Duration = Duration::from_millis(20);

/// How far ahead of that pace it may be.
const AHEAD: Duration = Duration::from_millis(200);

/// So many may be asked for at once: enough for fifty a second where each takes half a second, and no more than half of what is
/// renewed at once, so that a slow host leaves room for the others.
const LANE: usize = 32;

/// So many in a row without an answer, and it is left alone for a while.
const MOST_FAILURES: u32 = 5;

const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// Short enough that everything is renewed within minutes after a provider's return.
const LAST_PAUSE: Duration = Duration::from_secs(30);

/// So many who wait for a host see whether it is back as soon as anybody may; more come later, so that thousands who wait are not
/// written down again every few seconds.
const FEW: u32 = 20;
const CROWD_WAITS: Duration = Duration::from_secs(100);

/// Hosts of which nothing was heard for so long are forgotten when there are many.
const REMEMBERED: usize = 10_000;

/// What is known of hosts.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Mutex<HashMap<Box<str>, Host>>);

/// What was heard of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It answers as a server does.
    Answers,
    /// It answers, or does not let itself be reached: nothing that is sent there is lost.
    Declines,
    /// It took a request, and nothing came of it.
    LosesAnswers,
}

/// How a host may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// First for nothing, with nothing that could be lost: it lost the last answer.
    AskFirst,
    /// As usual.
    Open,
    /// By this one alone, to see whether it is back.
    Probe,
}

#[derive(Debug)]
struct Host {
    /// When the next request would be in pace.
    next_at: Instant,
    /// How often in a row there was no answer.
    failures: u32,
    /// Until when it is left alone.
    open_until: Option<Instant>,
    /// Whether it lost the last answer.
    loses_answers: bool,
    /// How many were sent away since somebody last asked it.
    sent_away: u32,
    /// Those who have a lease, wait for their turn, or for an answer.
    lane: Arc<Semaphore>,
}

impl Host {
    fn new(now: Instant) -> Self {
        let lane = Arc::new(Semaphore::new(LANE));
        Self { next_at: now, failures: 0, open_until: None, loses_answers: false, sent_away: 0, lane }
    }

    /// For how long, if it is left alone.
    fn send_away(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(until) = self.open_until.filter(|until| *until > now) else { return Ok(()) };
        self.sent_away = self.sent_away.saturating_add(1);
        let least = if self.sent_away > FEW { CROWD_WAITS } else { Duration::ZERO };
        Err((until - now).max(least))
    }
}

impl Hosts {
    /// How it may be asked; how long it is left alone, if it is.
    pub(crate) fn admit(&self, name: &str, now: Instant) -> Result<Gate, Duration> {
        let mut hosts = self.lock();
        if hosts.len() >= REMEMBERED {
            hosts.retain(|_, host| host.open_until.is_some_and(|until| until > now) || host.next_at > now);
        }
        let host = hosts.entry(name.into()).or_insert_with(|| Host::new(now));
        host.send_away(now)?;
        if host.open_until.is_none() {
            return Ok(Gate::Open);
        }
        // One may see whether it is back; the others wait for what that one hears.
        host.open_until = Some(now + pause(host.failures));
        Ok(if host.loses_answers { Gate::AskFirst } else { Gate::Probe })
    }

    /// Whoever was let through an open gate, and waited since, looks once more: the host may have fallen silent.
    pub(crate) fn is_open(&self, name: &str, now: Instant) -> Result<(), Duration> {
        self.lock().get_mut(name).map_or(Ok(()), |host| host.send_away(now))
    }

    /// Waits for a place among those who may have a lease while they wait for their turn, a lease does not last for ever, and then for
    /// their answer.
    pub(crate) async fn place(&self, name: &str, now: Instant) -> Option<OwnedSemaphorePermit> {
        let lane = Arc::clone(&self.lock().entry(name.into()).or_insert_with(|| Host::new(now)).lane);
        lane.acquire_owned().await.ok()
    }

    /// Somebody waited in vain for a place: it is slow. Nobody else needs to wait for that until it has answered, or for a while. For how
    /// long it is left alone.
    pub(crate) fn is_full(&self, name: &str, now: Instant) -> Duration {
        let mut hosts = self.lock();
        let host = hosts.entry(name.into()).or_insert_with(|| Host::new(now));
        let until = now + FIRST_PAUSE;
        host.open_until = Some(host.open_until.map_or(until, |later| later.max(until)));
        host.send_away(now).err().unwrap_or(FIRST_PAUSE)
    }

    /// Waits for a turn, right before a request is sent.
    pub(crate) async fn pace(&self, name: &str, now: Instant) {
        let wait = {
            let mut hosts = self.lock();
            let host = hosts.entry(name.into()).or_insert_with(|| Host::new(now));
            host.next_at = host.next_at.max(now) + EVERY;
            (host.next_at - now).saturating_sub(AHEAD)
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// What was heard of it. `chance` is from 0 to 1: so that many who wait do not come back at once.
    pub(crate) fn report(&self, name: &str, sign: Sign, chance: f64, now: Instant) {
        let mut hosts = self.lock();
        let Some(host) = hosts.get_mut(name) else { return };
        if sign == Sign::Answers {
            *host = Host { next_at: host.next_at, lane: Arc::clone(&host.lane), ..Host::new(now) };
            return;
        }
        // One lost answer is enough: the next could cost another grant.
        let least = if sign == Sign::LosesAnswers { MOST_FAILURES } else { 0 };
        host.failures = host.failures.saturating_add(1).max(least);
        host.loses_answers = sign == Sign::LosesAnswers;
        host.sent_away = 0;
        if host.failures >= MOST_FAILURES {
            let pause = pause(host.failures);
            host.open_until = Some(now + pause.mul_f64(0.5 + chance / 2.0));
            tracing::warn!(
                host = name,
                failures = host.failures,
                "a host does not answer; it is left alone for a while"
            );
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked at a URL: one name may have several servers, by their ports.
pub(crate) fn host_of(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn pause(failures: u32) -> Duration {
    let doubled = failures.saturating_sub(MOST_FAILURES).min(10);
    (FIRST_PAUSE * 2_u32.pow(doubled)).min(LAST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "tests hold the clock, which stands still here")]
    fn now() -> Instant {
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_asked_fifty_times_a_second() {
        let hosts = Hosts::default();
        let begin = now();
        for _ in 0..500 {
            hosts.pace("a.example", now()).await;
        }
        let took = begin.elapsed();
        assert!(took >= Duration::from_millis(9_700) && took <= Duration::from_millis(10_300), "{took:?}");
        // Another host has its own pace.
        let begin = now();
        hosts.pace("b.example", now()).await;
        assert!(begin.elapsed() < Duration::from_millis(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_host_is_left_alone_but_for_a_probe() {
        let hosts = Hosts::default();
        for _ in 0..MOST_FAILURES {
            assert_eq!(hosts.admit("a.example", now()), Ok(Gate::Open));
            hosts.report("a.example", Sign::Declines, 1.0, now());
        }
        let open_for = hosts.admit("a.example", now()).unwrap_err();
        assert!(open_for <= FIRST_PAUSE && open_for > Duration::from_secs(1), "{open_for:?}");
        tokio::time::advance(open_for).await;
        // One of many; and who comes late in a crowd waits for longer.
        let mut answers = Vec::new();
        for _ in 0..30 {
            answers.push(hosts.admit("a.example", now()));
        }
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(Gate::Probe)).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Err(CROWD_WAITS)).count(), 10);
        hosts.report("a.example", Sign::Answers, 0.0, now());
        assert_eq!(hosts.admit("a.example", now()), Ok(Gate::Open));
        // However long it is silent, it is probed twice a minute.
        for _ in 0..100 {
            hosts.report("a.example", Sign::Declines, 1.0, now());
        }
        assert!(hosts.admit("a.example", now()).unwrap_err() <= LAST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_is_full_is_left_alone_until_it_answers() {
        let hosts = Hosts::default();
        let mut asking = Vec::new();
        for _ in 0..LANE {
            assert_eq!(hosts.admit("a.example", now()), Ok(Gate::Open));
            asking.push(hosts.place("a.example", now()).await);
        }
        let one_more = tokio::time::timeout(FIRST_PAUSE, hosts.place("a.example", now())).await;
        assert!(one_more.is_err());
        assert_eq!(hosts.is_full("a.example", now()), FIRST_PAUSE);
        assert_eq!(hosts.admit("a.example", now()), Err(FIRST_PAUSE));
        assert_eq!(hosts.admit("b.example", now()), Ok(Gate::Open));
        asking.pop();
        hosts.report("a.example", Sign::Answers, 0.0, now());
        assert_eq!(hosts.admit("a.example", now()), Ok(Gate::Open));
        assert!(hosts.place("a.example", now()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_lost_an_answer_is_first_asked_for_nothing() {
        let hosts = Hosts::default();
        assert_eq!(hosts.admit("a.example", now()), Ok(Gate::Open));
        assert_eq!(hosts.is_open("a.example", now()), Ok(()));
        hosts.report("a.example", Sign::LosesAnswers, 1.0, now());
        assert!(hosts.is_open("a.example", now()).is_err(), "nor do those go on who waited for their turn");
        assert!(hosts.admit("a.example", now()).is_err());

        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(hosts.admit("a.example", now()), Ok(Gate::AskFirst));
        assert!(hosts.admit("a.example", now()).is_err(), "one asks");
        hosts.report("a.example", Sign::LosesAnswers, 1.0, now());
        tokio::time::advance(LAST_PAUSE).await;
        assert_eq!(hosts.admit("a.example", now()), Ok(Gate::AskFirst));
        hosts.report("a.example", Sign::Answers, 1.0, now());
        assert_eq!(hosts.admit("a.example", now()), Ok(Gate::Open));
    }
}

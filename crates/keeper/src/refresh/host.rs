//! Owns how hard one host is asked: so many requests a second, and none but a probe while it does not answer.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Between two requests to a host: 50 a second.
const EVERY: Duration = Duration::from_millis(20);

/// How far ahead of that pace it may be.
const AHEAD: Duration = Duration::from_millis(200);

/// So many in a row without an answer, and it is left alone for a while.
const MOST_FAILURES: u32 = 5;

const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// Short enough that everything is renewed within minutes after a provider's return.
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// Hosts of which nothing was heard for so long are forgotten when there are many.
const REMEMBERED: usize = 10_000;

/// What is known of hosts.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Mutex<HashMap<Box<str>, Host>>);

#[derive(Debug)]
struct Host {
    /// When the next request would be in pace.
    next_at: Instant,
    /// How often in a row there was no answer.
    failures: u32,
    /// Until when it is left alone.
    open_until: Option<Instant>,
}

impl Hosts {
    /// Waits for a turn; how long it is left alone, if it is.
    pub(crate) async fn admit(&self, name: &str, now: Instant) -> Result<(), Duration> {
        let wait = {
            let mut hosts = self.lock();
            if hosts.len() >= REMEMBERED {
                hosts.retain(|_, host| host.open_until.is_some_and(|until| until > now) || host.next_at > now);
            }
            let host = hosts.entry(name.into()).or_insert(Host { next_at: now, failures: 0, open_until: None });
            match host.open_until {
                Some(until) if until > now => return Err(until - now),
                // One may see whether it is back; the others wait for what that one hears.
                Some(_) => host.open_until = Some(now + pause(host.failures)),
                None => {}
            }
            host.next_at = host.next_at.max(now) + EVERY;
            (host.next_at - now).saturating_sub(AHEAD)
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Whether it answered. `chance` is from 0 to 1: so that many who wait do not come back at once.
    pub(crate) fn report(&self, name: &str, has_answered: bool, chance: f64, now: Instant) {
        let mut hosts = self.lock();
        let Some(host) = hosts.get_mut(name) else { return };
        if has_answered {
            (host.failures, host.open_until) = (0, None);
            return;
        }
        host.failures = host.failures.saturating_add(1);
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
            hosts.admit("a.example", now()).await.unwrap();
        }
        let took = begin.elapsed();
        assert!(took >= Duration::from_millis(9_700) && took <= Duration::from_millis(10_300), "{took:?}");
        // Another host has its own pace.
        let begin = now();
        hosts.admit("b.example", now()).await.unwrap();
        assert!(begin.elapsed() < Duration::from_millis(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_host_is_left_alone_but_for_a_probe() {
        let hosts = Hosts::default();
        for _ in 0..MOST_FAILURES {
            hosts.admit("a.example", now()).await.unwrap();
            hosts.report("a.example", false, 1.0, now());
        }
        let open_for = hosts.admit("a.example", now()).await.unwrap_err();
        assert!(open_for <= FIRST_PAUSE && open_for > Duration::from_secs(1), "{open_for:?}");
        tokio::time::advance(open_for).await;
        // One of many.
        let mut admitted = 0;
        for _ in 0..20 {
            admitted += usize::from(hosts.admit("a.example", now()).await.is_ok());
        }
        assert_eq!(admitted, 1);
        hosts.report("a.example", true, 0.0, now());
        hosts.admit("a.example", now()).await.unwrap();
        // However long it is silent, it is probed every minute.
        for _ in 0..100 {
            hosts.report("a.example", false, 1.0, now());
        }
        assert!(hosts.admit("a.example", now()).await.unwrap_err() <= LAST_PAUSE);
    }
}

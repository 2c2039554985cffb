//! Owns how long to wait before the next poll (RFC 8628 §3.5). Never shorter than the server asked for.

use grantkeep_core::Lifetime;

use super::Polled;

/// The pace of one polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// What the server asked for, and what it added since.
    interval: Lifetime,
    /// How often in a row there was no answer.
    lost: u32,
}

impl Pace {
    /// No faster than this.
    pub const SHORTEST: Lifetime = Lifetime::from_seconds(1);
    /// No slower than this.
    pub const LONGEST: Lifetime = Lifetime::from_minutes(5);

    /// From the interval that the server asked for.
    pub fn new(interval: Lifetime) -> Self {
        Self { interval: interval.clamp(Self::SHORTEST, Self::LONGEST), lost: 0 }
    }

    /// How long to wait before the next poll.
    pub fn wait(&self) -> Lifetime {
        let factor = 1_u64.checked_shl(self.lost.min(16)).unwrap_or(u64::MAX);
        Lifetime::from_seconds(self.interval.seconds().saturating_mul(factor)).min(Self::LONGEST)
    }

    /// The server said `slow_down`: five seconds more, for good.
    pub fn slow_down(&mut self) {
        self.lost = 0;
        self.interval = Lifetime::from_seconds(self.interval.seconds() + 5).min(Self::LONGEST);
    }

    /// There was no answer, or the server is in trouble: twice as long, until there is one.
    pub fn back_off(&mut self) {
        self.lost = self.lost.saturating_add(1);
    }

    /// Takes note of an answer.
    pub fn after(&mut self, polled: &Polled) {
        match polled {
            Polled::SlowDown => self.slow_down(),
            Polled::Failed(fault) if fault.is_transient() => self.back_off(),
            Polled::Denied | Polled::Expired | Polled::Failed(_) | Polled::Granted(_) | Polled::Pending => {
                self.lost = 0;
            }
        }
    }
}

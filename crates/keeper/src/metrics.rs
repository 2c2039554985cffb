//! Owns what the keeper counts of its own work: atomics that are only ever added to, never a name of a person or an account.
//!
//! How they are written for a monitoring system is not decided here.

use std::{
    iter,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use grantkeep_core::{Outcome, Progress, Provider};
use grantkeep_notify::Delivery;

use crate::{HandOut, KeepFault};

/// What kind of provider: the names of the configuration are no words of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mastodon,
    OAuth2,
    Vk,
}

/// In the order of [`Kind`].
const KINDS: &[&str] = &["mastodon", "oauth2", "vk"];

/// Where there is one row only.
const ALONE: &[&str] = &[""];

/// What can come of a renewal, in the words of the log.
const RENEWALS: &[&str] = &["granted", "later", "lost", "misconfigured", "refused"];

/// What can come of a hand-out.
const HAND_OUTS: &[&str] = &[
    "done",
    "below_min_ttl",
    "account_ambiguous",
    "failed",
    "needs_person",
    "not_found",
    "unavailable",
    "unusable",
    "wait_over",
];

/// What can come of a try to deliver a notice.
const NOTICES: &[&str] = &["delivered", "gone", "later", "refused"];

/// What a renewal takes, in milliseconds: a quick server, a slow one, up to our limit for token endpoints.
const RENEWAL_BOUNDS: &[u64] = &[50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/// What the keeper has counted since it was made.
#[derive(Debug)]
pub struct Metrics {
    /// Renewals that were tried, by kind of provider and outcome.
    pub renewals: Counts,
    /// How long providers took to answer renewals, in the order of [`Metrics::kinds`].
    pub renewal_times: [Durations; 3],
    /// Questions to providers about tokens, by kind of provider and outcome.
    pub checks: Counts,
    /// Hand-outs, by outcome.
    pub hand_outs: Counts,
    /// Authorizations, by how far they came; `begun` counts them all.
    pub authorizations: Counts,
    /// Tries to deliver notices, by outcome.
    pub notices: Counts,
}

impl Default for Metrics {
    fn default() -> Self {
        let outcomes = Outcome::ALL.iter().map(|(_, name)| *name);
        let endings = Progress::ALL.iter().filter(|(progress, _)| progress.is_final()).map(|(_, name)| *name);
        Self {
            renewals: Counts::new(KINDS, RENEWALS.iter().copied()),
            renewal_times: std::array::from_fn(|_| Durations::new(RENEWAL_BOUNDS)),
            checks: Counts::new(KINDS, outcomes),
            hand_outs: Counts::new(ALONE, HAND_OUTS.iter().copied()),
            authorizations: Counts::new(ALONE, iter::once(BEGUN).chain(endings)),
            notices: Counts::new(ALONE, NOTICES.iter().copied()),
        }
    }
}

const BEGUN: &str = "begun";

impl Metrics {
    /// The kinds of providers.
    pub fn kinds() -> &'static [&'static str] {
        KINDS
    }

    pub(crate) fn renewed(&self, provider: Provider, outcome: &str) {
        self.renewals.add_named(kind(provider) as usize, outcome, 1);
    }

    pub(crate) fn renewal_took(&self, provider: Provider, took: Duration) {
        if let Some(times) = self.renewal_times.get(kind(provider) as usize) {
            times.add(took);
        }
    }

    pub(crate) fn checked(&self, kind: Kind, outcome: Outcome) {
        self.checks.add_named(kind as usize, outcome.as_str(), 1);
    }

    pub(crate) fn handed_out(&self, handed: &Result<HandOut, KeepFault>) {
        match handed {
            // The usual ones, found without a search.
            Ok(handed) => self.hand_outs.add(0, usize::from(handed.below_min_ttl)),
            Err(fault) => self.hand_outs.add_named(0, word(fault), 1),
        }
    }

    pub(crate) fn told(&self, delivery: Delivery) {
        let word = match delivery {
            Delivery::Delivered => "delivered",
            Delivery::Gone => "gone",
            Delivery::Later { .. } => "later",
            Delivery::Refused(_) => "refused",
        };
        self.notices.add_named(0, word, 1);
    }

    pub(crate) fn begun(&self) {
        self.authorizations.add_named(0, BEGUN, 1);
    }

    pub(crate) fn ended(&self, progress: Progress, count: usize) {
        self.authorizations.add_named(0, progress.as_str(), u64::try_from(count).unwrap_or(0));
    }
}

const fn kind(provider: Provider) -> Kind {
    match provider {
        Provider::Mastodon => Kind::Mastodon,
        Provider::OAuth2(_) => Kind::OAuth2,
        Provider::Vk => Kind::Vk,
    }
}

/// Why nothing was handed out.
const fn word(fault: &KeepFault) -> &'static str {
    match fault {
        KeepFault::AccountAmbiguous => "account_ambiguous",
        KeepFault::NotFound => "not_found",
        KeepFault::Unusable(state) if state.needs_person() => "needs_person",
        KeepFault::Unusable(_) => "unusable",
        KeepFault::ProviderUnavailable(_) | KeepFault::Store(_) => "unavailable",
        KeepFault::WaitOver => "wait_over",
        _ => "failed",
    }
}

/// Counts in rows and columns, each with its name.
#[derive(Debug)]
pub struct Counts {
    rows: &'static [&'static str],
    columns: Box<[&'static str]>,
    cells: Box<[AtomicU64]>,
}

impl Counts {
    /// All zero.
    pub fn new(rows: &'static [&'static str], columns: impl IntoIterator<Item = &'static str>) -> Self {
        let columns: Box<[_]> = columns.into_iter().collect();
        let cells = iter::repeat_with(AtomicU64::default).take(rows.len() * columns.len()).collect();
        Self { rows, columns, cells }
    }

    /// One more, by the numbers of row and column.
    pub fn add(&self, row: usize, column: usize) {
        self.add_many(row, column, 1);
    }

    fn add_many(&self, row: usize, column: usize, count: u64) {
        if let Some(cell) = self.cells.get(row * self.columns.len() + column) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn add_named(&self, row: usize, column: &str, count: u64) {
        if let Some(column) = self.columns.iter().position(|known| *known == column) {
            self.add_many(row, column, count);
        }
    }

    /// Every count with the names of its row and column.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let names = self.rows.iter().flat_map(|row| self.columns.iter().map(move |column| (*row, *column)));
        names.zip(&self.cells).map(|((row, column), cell)| (row, column, cell.load(Ordering::Relaxed)))
    }
}

/// How long something took, counted by upper bounds.
#[derive(Debug)]
pub struct Durations {
    /// In milliseconds.
    bounds: &'static [u64],
    /// One for each bound, and one for what is beyond the last.
    cells: Box<[AtomicU64]>,
    microseconds: AtomicU64,
}

impl Durations {
    /// None yet; the bounds are in milliseconds and ascend.
    pub fn new(bounds: &'static [u64]) -> Self {
        let cells = iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect();
        Self { bounds, cells, microseconds: AtomicU64::new(0) }
    }

    /// One more.
    pub fn add(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = self.bounds.iter().position(|bound| took <= bound * 1000).unwrap_or(self.bounds.len());
        if let Some(cell) = self.cells.get(at) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
        self.microseconds.fetch_add(took, Ordering::Relaxed);
    }

    /// For each bound in milliseconds, and last for none, how many took no longer.
    pub fn each(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        let mut count = 0;
        bounds.zip(&self.cells).map(move |(bound, cell)| {
            count += cell.load(Ordering::Relaxed);
            (bound, count)
        })
    }

    /// All of them together.
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.microseconds.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_code_has_its_count() {
        let metrics = Metrics::default();
        for outcome in RENEWALS {
            metrics.renewed(Provider::Vk, outcome);
        }
        for (outcome, _) in Outcome::ALL {
            metrics.checked(Kind::Mastodon, outcome);
        }
        for (progress, _) in Progress::ALL.into_iter().filter(|(progress, _)| progress.is_final()) {
            metrics.ended(progress, 1);
        }
        metrics.begun();
        for fault in [
            KeepFault::AccountAmbiguous,
            KeepFault::CannotRenew,
            KeepFault::NotFound,
            KeepFault::Unusable(grantkeep_core::State::Expired),
            KeepFault::Unusable(grantkeep_core::State::Refreshing),
            KeepFault::ProviderUnavailable("x".into()),
            KeepFault::WaitOver,
        ] {
            metrics.handed_out(&Err(fault));
        }
        let all = |counts: &Counts, row| counts.each().filter(|(name, ..)| *name == row).all(|(.., count)| count == 1);
        assert!(all(&metrics.renewals, "vk") && all(&metrics.checks, "mastodon") && all(&metrics.authorizations, ""));
        let rest: Vec<_> =
            metrics.hand_outs.each().filter(|(.., count)| *count == 0).map(|(_, word, _)| word).collect();
        assert_eq!(rest, ["done", "below_min_ttl"]);
        assert_eq!(metrics.renewals.each().filter(|(.., count)| *count > 0).count(), RENEWALS.len());
    }

    #[test]
    fn durations_are_counted_up_to_their_bounds() {
        let durations = Durations::new(&[1, 10]);
        for micros in [0, 1000, 1001, 10_000, 10_001, 60_000_000] {
            durations.add(Duration::from_micros(micros));
        }
        assert_eq!(durations.each().collect::<Vec<_>>(), [(Some(1), 2), (Some(10), 4), (None, 6)]);
        assert_eq!(durations.sum(), Duration::from_micros(60_022_002));
    }
}

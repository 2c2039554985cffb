//! Owns which damaged rows have been met: each is told once, and nobody is woken for it again.
//!
//! A damaged row does not come to read again while the program runs: nothing is written into it that was not read from it.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A bound for a database that is damaged all over.
const MOST: usize = 1000;

/// Rows of one table.
#[derive(Debug)]
pub(super) struct Damage {
    met: Mutex<BTreeSet<i64>>,
}

impl Damage {
    pub(super) const fn new() -> Self {
        Self { met: Mutex::new(BTreeSet::new()) }
    }

    /// A damaged row does not hold up the others. Says so in the log the first time.
    pub(super) fn pass_over(&self, id: i64, fault: &dyn fmt::Display) {
        let mut met = self.met();
        let is_new = met.len() < MOST && met.insert(id);
        drop(met);
        if is_new {
            tracing::error!(%fault, "a damaged row is passed over");
        }
    }

    /// The ids of those that have been met, as a JSON array.
    pub(super) fn ids(&self) -> String {
        format!("{:?}", self.met().iter().collect::<Vec<_>>())
    }

    fn met(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

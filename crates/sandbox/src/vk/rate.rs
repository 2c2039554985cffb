//! Owns how often each token was used in the last second. Remembers no token, only a hash of it, and nothing older.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// Uses within the last second, by token.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    hasher: RandomState,
    uses: HashMap<u64, Vec<Instant>>,
}

impl Rate {
    /// Counts one use and says whether it is more than `allowed` in a second. A refused use is not counted.
    pub(crate) fn is_over(&mut self, token: &str, allowed: usize, now: Instant) -> bool {
        self.uses.retain(|_, uses| {
            uses.retain(|at| now.saturating_duration_since(*at) < WINDOW);
            !uses.is_empty()
        });
        let uses = self.uses.entry(self.hasher.hash_one(token)).or_default();
        let over = uses.len() >= allowed;
        if !over {
            uses.push(now);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_a_second_and_not_four() {
        let mut rate = Rate::default();
        let start = crate::clock::now().steady;
        let mut over = |token: &str, after_ms| rate.is_over(token, 3, start + Duration::from_millis(after_ms));
        assert_eq!([0, 10, 20, 30].map(|ms| over("a", ms)), [false, false, false, true]);
        assert!(!over("b", 30));
        assert!(over("a", 999));
        assert!(!over("a", 1000));
        assert!(over("a", 1005));
    }
}

//! Owns waiting: something is looked for again and again until it is there, or until a deadline that fails the test.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until there is something; panics with `what` after `at_most`.
pub fn until<T>(what: &str, at_most: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + at_most;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {at_most:?}: {what}");
        thread::sleep(PAUSE);
    }
}

/// The wall clock in whole seconds, as the program reads it.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Runs all of `jobs` at once, each in a thread, and gives what they returned in their order.
pub fn at_once<T: Send>(jobs: impl IntoIterator<Item = impl FnOnce() -> T + Send>) -> Vec<T> {
    thread::scope(|scope| {
        let running: Vec<_> = jobs.into_iter().map(|job| scope.spawn(job)).collect();
        running.into_iter().map(|job| job.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))).collect()
    })
}

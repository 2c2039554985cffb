//! Owns the places in a renewal at which a process may end. A test asks to be told when one is reached; in the program itself
//! nobody is told, and nothing is left of it.

/// A place in a renewal: what has been done when it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// R3: the answer has been read, and is in memory alone.
    Heard,
    /// R2: enough of the lease is left; the request comes next.
    Judged,
    /// R1: the lease is committed.
    Leased,
    /// A lease without a word has been found; what follows from it is written next.
    Orphaned,
    /// R0: it was picked; nothing is done yet.
    Picked,
    /// An answer has been read from the spool; it is brought into its row next.
    Replaying,
    /// R4: the answer is in the spool.
    Spooled,
    /// R5 and R6: the new token is in its row, and its answer is out of the spool.
    Stored,
    /// Whoever watches has been told.
    Told,
}

/// Who is told.
#[cfg(test)]
pub(crate) static LISTENER: std::sync::OnceLock<fn(Step)> = std::sync::OnceLock::new();

#[cfg(test)]
thread_local! {
    /// How many requests this thread has been about to send.
    pub(crate) static SENT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };

    /// How many renewals it has begun.
    pub(crate) static PICKED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Tells that a place was reached.
#[cfg(test)]
pub(super) fn reached(step: Step) {
    match step {
        Step::Judged => SENT.set(SENT.get() + 1),
        Step::Picked => PICKED.set(PICKED.get() + 1),
        _ => {}
    }
    if let Some(tell) = LISTENER.get() {
        tell(step);
    }
}

#[cfg(not(test))]
pub(super) const fn reached(_: Step) {}

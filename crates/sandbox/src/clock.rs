//! Owns the two clocks of the machine; nothing else in this crate reads one, everything else is told the [`Moment`].

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use grantkeep_core::Timestamp;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// By the calendar: when tokens are issued and end.
    pub(crate) wall: Timestamp,
    /// By the clock that never jumps: rates and "after so many seconds".
    pub(crate) steady: Instant,
}

/// Reads both clocks.
#[expect(clippy::disallowed_methods, reason = "this is the outermost layer: the sandbox is a server of its own")]
pub(crate) fn now() -> Moment {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Moment { wall: Timestamp::from_unix(i64::try_from(since_epoch).unwrap_or(i64::MAX)), steady: Instant::now() }
}

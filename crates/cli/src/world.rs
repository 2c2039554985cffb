//! Owns the real clock and the real randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use grantkeep_core::Timestamp;
use grantkeep_keeper::World;

/// The world as it is.
pub(crate) const REAL: World = World { now, random, steady };

#[expect(clippy::disallowed_methods, reason = "the outermost layer holds the real clock")]
pub(crate) fn now() -> Timestamp {
    let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        // A clock before 1970 is wrong, but no reason to end.
        Err(error) => -i64::try_from(error.duration().as_secs()).unwrap_or(i64::MAX),
    };
    Timestamp::from_unix(seconds)
}

#[expect(clippy::disallowed_methods, reason = "the outermost layer holds the real clock")]
fn steady() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// 16 bytes of the operating system's generator: the cryptographic library's own takes some 30 ms to seed itself, which no command
/// that only reads should pay. Without randomness nothing here may go on.
pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(16) => bytes,
        _ => std::process::abort(),
    }
}

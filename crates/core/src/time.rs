//! Owns instants and lifetimes in whole seconds, and how they are written for people and machines.
//!
//! Nothing here reads a clock. Arithmetic saturates: no input from a provider can make it panic or wrap.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike};

/// Seconds since the Unix epoch, UTC. Always within the years 0000 to 9999, so that it can always be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Seconds from one instant to a later one; never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u64);

const YEAR_0: i64 = -62_167_219_200;
const YEAR_9999: i64 = 253_402_300_799;

impl Timestamp {
    /// From Unix seconds; clamped to the years 0000 to 9999.
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < YEAR_0 {
            Self(YEAR_0)
        } else if seconds > YEAR_9999 {
            Self(YEAR_9999)
        } else {
            Self(seconds)
        }
    }

    /// Unix seconds.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The instant `lifetime` later.
    #[must_use]
    pub fn after(self, lifetime: Lifetime) -> Self {
        Self::from_unix(self.0.saturating_add_unsigned(lifetime.0))
    }

    /// The instant `lifetime` earlier.
    #[must_use]
    pub fn before(self, lifetime: Lifetime) -> Self {
        Self::from_unix(self.0.saturating_sub_unsigned(lifetime.0))
    }

    /// How long from `earlier` until this instant; zero when `earlier` is not earlier.
    pub fn since(self, earlier: Self) -> Lifetime {
        Lifetime(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// RFC 3339, UTC, whole seconds: `2026-01-11T15:30:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = DateTime::from_timestamp(self.0, 0).unwrap_or(DateTime::UNIX_EPOCH);
        // Every answer has such a text, so the digits are put in their places without the general formatter.
        let mut text = *b"0000-00-00T00:00:00Z";
        for (at, digits, value) in [
            (0, 4, instant.year().unsigned_abs()),
            (5, 2, instant.month()),
            (8, 2, instant.day()),
            (11, 2, instant.hour()),
            (14, 2, instant.minute()),
            (17, 2, instant.second()),
        ] {
            let mut rest = value;
            for digit in text[at..at + digits].iter_mut().rev() {
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Lifetime {
    /// The longest lifetime we believe in: 100 years. Anything longer that a provider or a person states is this.
    pub const LONGEST: Self = Self::from_hours(24 * 36_525);

    /// From seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// From minutes.
    pub const fn from_minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// From hours.
    pub const fn from_hours(hours: u64) -> Self {
        Self(hours * 3600)
    }

    /// Seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Whether no time is left.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// As a person reads a lifetime: `24h`, `1h 30m`, `0h 45m`. Rounded down to minutes.
    pub fn brief(self) -> impl fmt::Display {
        let (hours, minutes) = self.hours_and_minutes();
        std::fmt::from_fn(move |f| match minutes {
            0 if hours > 0 => write!(f, "{hours}h"),
            _ => write!(f, "{hours}h {minutes}m"),
        })
    }

    const fn hours_and_minutes(self) -> (u64, u64) {
        (self.0 / 3600, self.0 % 3600 / 60)
    }
}

/// `{h}h {m}m`, rounded down, hours unbounded: `18h 45m`, `0h 45m`, `240h 0m`.
impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = self.hours_and_minutes();
        write!(f, "{hours}h {minutes}m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc_without_fraction() {
        assert_eq!(Timestamp::from_unix(1_768_145_400).to_string(), "2026-01-11T15:30:00Z");
        assert_eq!(Timestamp::from_unix(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_unix(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn instants_are_written_as_the_library_writes_them() {
        let library =
            |unix: i64| DateTime::from_timestamp(unix, 0).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        for step in -700_i64..2900 {
            // An odd stride, so that every field takes many values, from the year 0 on.
            let unix = (step * 86_399_017).clamp(YEAR_0, YEAR_9999);
            assert_eq!(Timestamp::from_unix(unix).to_string(), library(unix));
        }
    }

    #[test]
    fn lifetimes_are_rounded_down_to_minutes() {
        for (seconds, long, brief) in [
            (0, "0h 0m", "0h 0m"),
            (59, "0h 0m", "0h 0m"),
            (45 * 60, "0h 45m", "0h 45m"),
            (5400, "1h 30m", "1h 30m"),
            (67_500, "18h 45m", "18h 45m"),
            (86_399, "23h 59m", "23h 59m"),
            (86_400, "24h 0m", "24h"),
            (864_000, "240h 0m", "240h"),
        ] {
            let lifetime = Lifetime::from_seconds(seconds);
            assert_eq!((lifetime.to_string(), lifetime.brief().to_string()), (long.into(), brief.into()));
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let end = Timestamp::from_unix(i64::MAX);
        assert_eq!(end.after(Lifetime::from_seconds(u64::MAX)), end);
        assert_eq!(Timestamp::from_unix(5).since(Timestamp::from_unix(9)), Lifetime::from_seconds(0));
    }
}

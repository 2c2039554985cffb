//! Owns the question whether the wall clock can be believed.

use std::time::Duration;

use grantkeep_core::{Lifetime, Timestamp};
use tokio::time::Instant;

/// A wall clock that went another way than the steady one by more than this was set, or the machine slept.
const JUMP: Duration = Duration::from_secs(120);

/// After a longer absence the clock at the start is no more believed than one that has just been set.
const LONG_AGO: Duration = Duration::from_secs(3600);

/// How long a clock that jumped must stand before people are told anything by it.
const BELIEVED_AFTER: Duration = Duration::from_secs(300);

/// A clock that shows a day before this program was written stands wrong, however long it does: 2026.
const EARLIEST: Timestamp = Timestamp::from_unix(1_767_225_600);

/// What is to be thought of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    /// It can be believed.
    Believed,
    /// It can be believed again, and was ahead before: what it said then was wrong.
    Corrected,
    /// It jumped, and has not settled yet.
    Doubted,
}

/// Whether the wall clock can be believed: a clock that was set by a year for a minute must not tell everybody that all is over.
pub(super) struct Clock {
    wall: Timestamp,
    steady: Instant,
    jumped_at: Option<Instant>,
    was_set_back: bool,
}

impl Clock {
    /// `written` is when something was last written down, by a clock that may have stood otherwise: what lies ahead of it or far
    /// behind must settle first.
    pub(super) fn new(wall: Timestamp, steady: Instant, written: Option<Timestamp>) -> Self {
        let was_set_back = written.is_some_and(|written| written.since(wall).seconds() > JUMP.as_secs());
        let is_late = written.is_some_and(|written| wall.since(written).seconds() > LONG_AGO.as_secs());
        Self { wall, steady, jumped_at: (was_set_back || is_late).then_some(steady), was_set_back }
    }

    /// Looks at both clocks.
    pub(super) fn look(&mut self, wall: Timestamp, steady: Instant) -> Belief {
        let expected = self.wall.after(Lifetime::from_seconds((steady - self.steady).as_secs()));
        let (ahead, behind) = (wall.since(expected).seconds(), expected.since(wall).seconds());
        (self.wall, self.steady) = (wall, steady);
        if ahead.max(behind) > JUMP.as_secs() {
            tracing::warn!(ahead, behind, "the clock was set, or the machine slept; notices wait until it has settled");
            self.jumped_at = Some(steady);
            self.was_set_back |= behind > 0;
        }
        if wall < EARLIEST {
            self.jumped_at = Some(steady);
        }
        match self.jumped_at {
            Some(at) if steady - at < BELIEVED_AFTER => Belief::Doubted,
            _ if std::mem::take(&mut self.was_set_back) => Belief::Corrected,
            _ => Belief::Believed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Belief::*, *};

    const BEGIN: i64 = 1_800_000_000;
    const HOUR: i64 = 3600;
    const YEAR: i64 = 365 * 24 * HOUR;

    #[expect(clippy::disallowed_methods, reason = "tests hold the clock")]
    fn steady() -> Instant {
        Instant::now()
    }

    /// Looks: how far the steady clock went since the last one, and the wall clock, and what is to be thought of it.
    type Look = (u64, i64, Belief);

    #[test]
    fn a_clock_that_jumped_is_believed_when_it_has_stood_for_a_while() {
        #[rustfmt::skip]
        let rows: [(&str, &[Look]); 15] = [
            ("it goes as time goes",      &[(10, 10, Believed), (10, 10, Believed), (600, 600, Believed), (86_400, 86_400, Believed)]),
            ("small steps either way",    &[(10, 120, Believed), (10, -100, Believed), (10, 130, Believed), (10, -110, Believed)]),
            ("a leap second, a slow turn", &[(10, 11, Believed), (10, 9, Believed), (0, 0, Believed)]),
            ("just too far ahead",        &[(10, 131, Doubted), (299, 299, Doubted), (1, 1, Believed)]),
            ("just too far back",         &[(10, -111, Doubted), (299, 299, Doubted), (1, 1, Corrected), (1, 1, Believed)]),
            ("a night's sleep",           &[(10, 8 * HOUR, Doubted), (10, 10, Doubted), (290, 290, Believed), (10, 10, Believed)]),
            ("an hour ahead and back",    &[(10, HOUR, Doubted), (10, 10, Doubted), (10, -HOUR, Doubted), (290, 290, Doubted), (10, 10, Corrected)]),
            ("an hour back and ahead",    &[(10, -HOUR, Doubted), (10, HOUR, Doubted), (300, 300, Corrected)]),
            ("a year ahead, stays",       &[(10, YEAR, Doubted), (300, 300, Believed)]),
            ("a year ahead and back",     &[(10, YEAR, Doubted), (60, 60, Doubted), (10, -YEAR, Doubted), (300, 300, Corrected)]),
            ("a year back and ahead",     &[(10, -YEAR, Doubted), (60, 60, Doubted), (10, YEAR, Doubted), (300, 300, Corrected)]),
            ("1970",                      &[(10, -BEGIN, Doubted), (10, BEGIN, Doubted), (300, 300, Corrected)]),
            ("1970 for a day",            &[(10, -BEGIN, Doubted), (300, 300, Doubted), (86_400, 86_400, Doubted), (10, BEGIN, Doubted), (300, 300, Corrected)]),
            ("the year 0, the year 9999", &[(10, i64::MIN, Doubted), (10, i64::MAX, Doubted), (300, 300, Corrected)]),
            ("again and again",           &[(10, HOUR, Doubted), (200, 2 * HOUR, Doubted), (200, 3 * HOUR, Doubted), (299, 299, Doubted), (1, 1, Believed)]),
        ];
        for (what, looks) in rows {
            let (mut unix, mut monotonic) = (BEGIN, steady());
            let mut clock = Clock::new(Timestamp::from_unix(unix), monotonic, None);
            for (at, (passed, wall, expected)) in looks.iter().enumerate() {
                unix = unix.saturating_add(*wall);
                monotonic += Duration::from_secs(*passed);
                let now = Timestamp::from_unix(unix);
                // The years end at 9999; a jump from there begins there.
                unix = now.unix();
                assert_eq!(clock.look(now, monotonic), *expected, "{what}, look {at}");
            }
        }
    }

    #[test]
    fn a_start_after_what_was_written_lately_is_believed_at_once() {
        let begin = steady();
        for (written, first, later) in [
            (None, Believed, Believed),
            (Some(BEGIN), Believed, Believed),
            (Some(BEGIN - HOUR), Believed, Believed),
            (Some(BEGIN + 100), Believed, Believed),
            (Some(BEGIN - HOUR - 1), Doubted, Believed),
            (Some(BEGIN - YEAR), Doubted, Believed),
            (Some(BEGIN + HOUR), Doubted, Corrected),
            (Some(BEGIN + YEAR), Doubted, Corrected),
        ] {
            let at =
                |seconds: u64| (Timestamp::from_unix(BEGIN + seconds as i64), begin + Duration::from_secs(seconds));
            let mut clock = Clock::new(at(0).0, begin, written.map(Timestamp::from_unix));
            let mut look = |seconds| clock.look(at(seconds).0, at(seconds).1);
            assert_eq!((look(1), look(301), look(302)), (first, later, Believed), "{written:?}");
        }
    }
}

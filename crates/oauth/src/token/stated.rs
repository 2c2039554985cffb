//! Owns lifetimes and instants as servers write them: numbers, texts, fractions, milliseconds, dates.
//!
//! Nothing that a server writes panics or overflows: what is too large is cut, what cannot be read is absent.

use chrono::{DateTime, NaiveDateTime};
use grantkeep_core::{Lifetime, Timestamp};

use crate::json::Node;

/// `expires_in` as it was stated. What 0 means is the provider's affair: VK means "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// Not stated, or not as a number of 0 or more: unknown, which is neither "never" nor "over". Some servers write -1.
    Absent,
    /// That long; at most [`Lifetime::LONGEST`]. Nothing is left of a part of a second.
    For(Lifetime),
    /// 0.
    Zero,
}

impl Stated {
    /// From the member.
    pub(crate) fn read(node: Option<&Node>) -> Self {
        match node.and_then(Node::number) {
            None => Self::Absent,
            Some(seconds) if seconds < 0.0 => Self::Absent,
            Some(0.0) => Self::Zero,
            // A cast of a fraction cuts, and of a number out of range saturates.
            Some(seconds) => Self::For(Lifetime::from_seconds(seconds as u64).min(Lifetime::LONGEST)),
        }
    }
}

/// Unix time above this is in milliseconds: in seconds it would be in the year 5138.
const MILLISECONDS: f64 = 1e11;

/// How dates are written where it is not RFC 3339.
const DATES: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];

/// An instant: Unix seconds, Unix milliseconds (Hollo), or a date (Pixelfed), which is UTC where it does not say otherwise.
pub(crate) fn instant(node: &Node) -> Option<Timestamp> {
    let unix = match (node.number(), node) {
        (Some(number), _) if number > MILLISECONDS => (number / 1000.0) as i64,
        (Some(number), _) => number as i64,
        (None, Node::Text(date)) => date_in(date.expose().trim())?,
        (None, _) => return None,
    };
    (unix > 0).then(|| Timestamp::from_unix(unix))
}

/// A date as Unix seconds.
fn date_in(text: &str) -> Option<i64> {
    let zoned =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    let bare = || DATES.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    zoned.ok().map(|date| date.timestamp()).or_else(|| bare().map(|date| date.and_utc().timestamp()))
}

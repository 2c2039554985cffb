//! Owns how often somebody may ask: counts in windows that begin at multiples of their length, and the headers about them.
//!
//! As Mastodon has it: 300 requests in 5 minutes for each token, and for each address without one; 1500 for each person;
//! 5 applications in 10 minutes for each address. GoToSocial: 300 in 5 minutes for each address, everything counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use grantkeep_core::{Lifetime, Timestamp};
use http::{HeaderName, HeaderValue};

use crate::reply::Reply;

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Limit {
    /// Applications of an address.
    Apps,
    /// Requests of an address.
    Address,
    Person,
    Token,
}

impl Limit {
    /// How many, in how many seconds.
    const fn size(self) -> (u32, u64) {
        match self {
            Self::Apps => (5, 600),
            Self::Address | Self::Token => (300, 300),
            Self::Person => (1500, 300),
        }
    }
}

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Address(IpAddr),
    Number(u64),
}

/// So many counts are kept at a time.
const MOST: usize = 10_000;

/// The counts of the windows that are open.
#[derive(Debug, Default)]
pub(super) struct Windows(HashMap<(Limit, Subject), (u64, u32)>);

/// What one limit says after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    limit: u32,
    remaining: u32,
    reset_at: Timestamp,
    pub(super) is_exceeded: bool,
}

impl Windows {
    /// Counts a request, and says how the limit stands that is nearest to its end.
    pub(super) fn count(&mut self, whom: &[(Limit, Subject)], now: Timestamp) -> Option<State> {
        whom.iter()
            .map(|(limit, subject)| self.count_one(*limit, subject, now))
            .min_by_key(|state| (!state.is_exceeded, state.remaining))
    }

    /// Forgets all counts.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn count_one(&mut self, limit: Limit, subject: &Subject, now: Timestamp) -> State {
        let (most, period) = limit.size();
        let seconds = u64::try_from(now.unix()).unwrap_or(0);
        let window = seconds / period;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let (counted_in, count) = self.0.entry((limit, subject.clone())).or_insert((window, 0));
        if *counted_in != window {
            (*counted_in, *count) = (window, 0);
        }
        *count = count.saturating_add(1);
        State {
            limit: most,
            remaining: most.saturating_sub(*count),
            reset_at: now.after(Lifetime::from_seconds(period - seconds % period)),
            is_exceeded: *count > most,
        }
    }
}

/// An address as it is counted: of IPv6 the network.
pub(super) fn network(address: IpAddr) -> Subject {
    Subject::Address(match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    })
}

impl State {
    /// As it is when nothing is left.
    pub(super) fn exhausted(mut self) -> Self {
        self.remaining = 0;
        self
    }

    /// Writes `X-RateLimit-…`; the reset is ISO 8601 with microseconds, not a number.
    pub(super) fn write(&self, reply: &mut Reply) {
        let reset = self.reset_at.to_string().replace('Z', ".000000Z");
        for (name, value) in [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", reset),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                reply.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Subject = Subject::Number(1);

    #[test]
    fn a_window_ends_at_a_multiple_of_its_length() {
        let mut windows = Windows::default();
        let at = Timestamp::from_unix;
        for (now, remaining, is_exceeded) in [
            (1205, 4, false),
            (1206, 3, false),
            (1207, 2, false),
            (1208, 1, false),
            (1209, 0, false),
            (1799, 0, true),
            (1800, 4, false),
        ] {
            let state = windows.count(&[(Limit::Apps, ALICE)], at(now)).unwrap();
            assert_eq!((state.remaining, state.is_exceeded), (remaining, is_exceeded), "{now}");
            assert_eq!(state.reset_at, at(if now < 1800 { 1800 } else { 2400 }));
        }
    }

    #[test]
    fn the_limit_nearest_to_its_end_is_told() {
        let mut windows = Windows::default();
        let whom = [(Limit::Person, ALICE), (Limit::Token, Subject::Number(2))];
        assert_eq!(windows.count(&whom, Timestamp::from_unix(0)).unwrap().limit, 300);
        assert_eq!(windows.count(&[], Timestamp::from_unix(0)), None);
    }

    #[test]
    fn of_ipv6_the_network_is_counted() {
        let subject = |text: &str| network(text.parse().unwrap());
        assert_eq!(subject("2001:db8::1"), subject("2001:db8::ffff:1"));
        assert_ne!(subject("2001:db8::1"), subject("2001:db8:0:1::1"));
        assert_ne!(subject("127.0.0.1"), subject("127.0.0.2"));
    }
}

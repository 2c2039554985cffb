//! Owns sessions and their refresh tokens. A refresh token says what it is; what is remembered of a session is how far it has
//! come, so that an old token is known when it comes again.
//!
//! After a restart of the sandbox the first token of a session that comes is taken for the newest.

use std::collections::BTreeMap;

use aws_lc_rs::error::Unspecified;
use grantkeep_core::{Lifetime, Secret, Timestamp};

use crate::seal::{self, fingerprint};
use crate::vk::scope::Scope;

/// A refresh token lives so long.
const REFRESH_FOR: Lifetime = Lifetime::from_hours(24 * 180);

/// So many sessions are remembered.
const MOST: usize = 10_000;

const PREFIX: &str = "vk2.a.";

/// Sealed claims are padded to this many bytes: a refresh token then has 262 characters, as VK's was measured.
const PADDED: usize = 164;

/// What became of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    #[default]
    Alive,
    /// A refresh token was used twice.
    Compromised,
    /// Ended by the application.
    LoggedOut,
    /// The application's rights were withdrawn.
    Revoked,
}

#[derive(Debug)]
struct Session {
    serial: u64,
    fate: Fate,
}

/// What is known of sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(BTreeMap<u64, Session>);

impl Sessions {
    /// What became of that session.
    pub(crate) fn fate(&self, id: u64) -> Fate {
        self.0.get(&id).map_or(Fate::Alive, |session| session.fate)
    }

    /// Ends it.
    pub(super) fn end(&mut self, id: u64, fate: Fate) {
        self.entry(id, 0).fate = fate;
    }

    /// Spends the refresh token of that serial: whether it was the newest of a session that lives. One that was spent before
    /// is the end of the session.
    pub(super) fn spend(&mut self, id: u64, serial: u64) -> Fate {
        let session = self.entry(id, serial);
        let before = session.fate;
        if before == Fate::Alive && session.serial == serial {
            session.serial += 1;
        } else if before == Fate::Alive {
            session.fate = Fate::Compromised;
            return Fate::Compromised;
        }
        match before {
            Fate::Alive => Fate::Alive,
            // Known to be dead already: nothing more is said about why.
            _ => Fate::LoggedOut,
        }
    }

    fn entry(&mut self, id: u64, serial: u64) -> &mut Session {
        if self.0.len() >= MOST && !self.0.contains_key(&id) {
            self.0.pop_first();
        }
        self.0.entry(id).or_insert(Session { serial, fate: Fate::Alive })
    }
}

/// What a refresh token says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refresh {
    pub(super) person: u64,
    pub(super) client: u64,
    pub(super) scope: Scope,
    pub(super) session: u64,
    pub(super) serial: u64,
    pub(super) issued_at: Timestamp,
    /// The fingerprint of the device id that must come with it.
    pub(super) device: String,
}

impl Refresh {
    /// Whether it came with the device id of its session.
    pub(super) fn is_of(&self, device_id: &str) -> bool {
        self.device == fingerprint(device_id)
    }

    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.issued_at.after(REFRESH_FOR) <= now
    }

    /// Makes the token.
    pub(super) fn mint(&self) -> Result<Secret, Unspecified> {
        let Self { person, client, scope, session, serial, issued_at, device } = self;
        let issued_at = issued_at.unix();
        let mut text = format!("{person}|{client}|{}|{session}|{serial}|{issued_at}|{device}", scope.0).into_bytes();
        text.resize(text.len().max(PADDED), b' ');
        Ok(Secret::from(format!("{PREFIX}{}", seal::seal_text("vk refresh", text)?)))
    }

    /// Reads a token.
    pub(super) fn read(token: &str) -> Option<Self> {
        let text = seal::open_text("vk refresh", token.strip_prefix(PREFIX)?)?;
        let mut parts = text.trim_end().split('|');
        let mut number = || parts.next()?.parse::<u64>().ok();
        Some(Self {
            person: number()?,
            client: number()?,
            scope: Scope(u32::try_from(number()?).ok()?),
            session: number()?,
            serial: number()?,
            issued_at: Timestamp::from_unix(i64::try_from(number()?).ok()?),
            device: parts.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_looks_like_vks_and_says_what_was_put_into_it() {
        let refresh = Refresh {
            person: 100_001,
            client: 51_000_002,
            scope: Scope(270_352),
            session: u64::MAX,
            serial: 7,
            issued_at: Timestamp::from_unix(1_768_145_400),
            device: fingerprint("device"),
        };
        let token = refresh.mint().unwrap();
        assert_eq!((token.len(), Refresh::read(token.expose())), (262, Some(refresh.clone())));
        assert!(refresh.is_of("device") && !refresh.is_of("another"));
        assert_eq!(Refresh::read(&token.expose()[..261]), None);
    }

    #[test]
    fn a_token_that_comes_again_ends_its_session() {
        let mut sessions = Sessions::default();
        for (serial, expected) in
            [(3, Fate::Alive), (4, Fate::Alive), (3, Fate::Compromised), (5, Fate::LoggedOut), (3, Fate::LoggedOut)]
        {
            assert_eq!(sessions.spend(1, serial), expected, "{serial}");
        }
        assert_eq!((sessions.fate(1), sessions.fate(2)), (Fate::Compromised, Fate::Alive));
    }
}

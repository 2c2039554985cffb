//! Owns access and refresh tokens, and the grants that they belong to: their families.
//!
//! A token says what it is. What is remembered of a family is how far it has come and whether it ended, and of an access token
//! whether it was revoked. After a restart the first refresh token of a family that comes is taken for the newest.

use std::collections::BTreeMap;

use aws_lc_rs::error::Unspecified;
use grantkeep_core::{Lifetime, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use super::cast::{self, Person};
use super::scope::Scope;
use super::setting::Rotation;
use crate::seal;
use crate::shelf::Shelf;

/// So many families are remembered.
const MOST: usize = 10_000;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "c")]
    pub(super) client: String,
    /// The user name; none: the client itself.
    #[serde(rename = "u")]
    username: Option<String>,
    #[serde(rename = "s")]
    scope: String,
    #[serde(rename = "f")]
    pub(super) family: u64,
    /// Which one of its family a refresh token is.
    #[serde(rename = "n")]
    serial: u64,
    #[serde(rename = "i")]
    issued_at: i64,
    #[serde(rename = "e")]
    ends_at: Option<i64>,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    Refresh,
}

impl Kind {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Access => ("at-", "oauth2 access"),
            Self::Refresh => ("rt-", "oauth2 refresh"),
        }
    }
}

impl Claims {
    pub(super) fn new(client: &str, person: Option<&Person>, scope: &Scope, family: u64, now: Timestamp) -> Self {
        Self {
            client: client.to_owned(),
            username: person.map(|person| person.username.to_owned()),
            scope: scope.text(),
            family,
            serial: 0,
            issued_at: now.unix(),
            ends_at: None,
        }
    }

    /// With an end so many seconds after its issue.
    pub(super) fn ending(mut self, seconds: Option<u64>) -> Self {
        let issued_at = Timestamp::from_unix(self.issued_at);
        self.ends_at = seconds.map(|seconds| issued_at.after(Lifetime::from_seconds(seconds)).unix());
        self
    }

    /// As that one of its family.
    pub(super) fn numbered(mut self, serial: u64) -> Self {
        self.serial = serial;
        self
    }

    pub(super) fn person(&self) -> Option<&'static Person> {
        cast::person(self.username.as_deref()?)
    }

    pub(super) fn scope(&self) -> Scope {
        Scope::parse(Some(&self.scope)).unwrap_or_default()
    }

    pub(super) const fn issued_at(&self) -> i64 {
        self.issued_at
    }

    pub(super) const fn ends_at(&self) -> Option<i64> {
        self.ends_at
    }

    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now.unix())
    }

    /// Makes the token.
    pub(super) fn mint(&self, kind: Kind) -> Result<Secret, Unspecified> {
        let (prefix, purpose) = kind.names();
        let text = serde_json::to_vec(self).map_err(|_| Unspecified)?;
        Ok(Secret::from(format!("{prefix}{}", seal::seal_text(purpose, text)?)))
    }

    /// Reads a token, whichever it is.
    pub(super) fn read(token: &str) -> Option<(Kind, Self)> {
        let of = |kind: Kind| {
            let (prefix, purpose) = kind.names();
            let text = seal::open_text(purpose, token.strip_prefix(prefix)?)?;
            Some((kind, serde_json::from_str(&text).ok()?))
        };
        of(Kind::Access).or_else(|| of(Kind::Refresh))
    }
}

#[derive(Debug)]
struct Family {
    serial: u64,
    has_ended: bool,
}

/// What is known of grants.
#[derive(Debug, Default)]
pub(super) struct Families {
    families: BTreeMap<u64, Family>,
    revoked: Shelf<()>,
}

impl Families {
    /// Whether an access token may be used.
    pub(super) fn is_good(&mut self, token: &str, claims: &Claims, now: Timestamp) -> bool {
        let ended = self.families.get(&claims.family).is_some_and(|family| family.has_ended);
        !ended && !claims.has_ended(now) && self.revoked.get(&seal::fingerprint(token), now).is_none()
    }

    /// Ends the grant and every token of it.
    pub(super) fn end(&mut self, family: u64) {
        self.entry(family, 0).has_ended = true;
    }

    /// Ends one access token.
    pub(super) fn revoke(&mut self, token: &str, now: Timestamp) {
        // Long enough for every token but one without end.
        self.revoked.put(seal::fingerprint(token), (), now.after(Lifetime::from_hours(24 * 366)), now);
    }

    /// Whether a refresh token is good without being used.
    pub(super) fn is_newest(&mut self, claims: &Claims, rotation: Rotation, now: Timestamp) -> bool {
        let family = self.entry(claims.family, claims.serial);
        let is_newest = family.serial == claims.serial || rotation != Rotation::Strict;
        !family.has_ended && is_newest && !claims.has_ended(now)
    }

    /// Uses a refresh token and says the serial of the next; none when it is not good. Under strict rotation one that comes
    /// again ends its family.
    pub(super) fn spend(&mut self, claims: &Claims, rotation: Rotation, now: Timestamp) -> Option<u64> {
        let is_good = self.is_newest(claims, rotation, now);
        let family = self.entry(claims.family, claims.serial);
        if !is_good {
            // One that is merely too old harms nobody.
            family.has_ended |= family.serial != claims.serial;
            return None;
        }
        if rotation != Rotation::None {
            family.serial = family.serial.max(claims.serial) + 1;
        }
        Some(family.serial)
    }

    fn entry(&mut self, family: u64, serial: u64) -> &mut Family {
        if self.families.len() >= MOST && !self.families.contains_key(&family) {
            self.families.pop_first();
        }
        self.families.entry(family).or_insert(Family { serial, has_ended: false })
    }
}

/// A number for a new grant.
pub(super) fn new_family() -> Result<u64, Unspecified> {
    let mut chance = [0; 8];
    aws_lc_rs::rand::fill(&mut chance)?;
    Ok(u64::from_ne_bytes(chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_768_145_400);

    fn claims(serial: u64) -> Claims {
        let scope = Scope::parse(Some("read openid")).unwrap();
        Claims::new("grantkeep", cast::person("anna"), &scope, 7, NOW).numbered(serial)
    }

    #[test]
    fn a_token_says_what_was_put_into_it() {
        let claims = claims(3).ending(Some(60));
        let token = claims.mint(Kind::Refresh).unwrap();
        assert_eq!(Claims::read(token.expose()), Some((Kind::Refresh, claims.clone())));
        assert_eq!(Claims::read(&token.expose().replacen("rt-", "at-", 1)), None);
        assert!(!claims.has_ended(NOW) && claims.has_ended(NOW.after(Lifetime::from_seconds(60))));
    }

    #[test]
    fn what_an_old_refresh_token_does_is_a_setting() {
        for (rotation, uses, expected) in [
            (Rotation::Strict, [0, 1, 2], [Some(1), Some(2), Some(3)]),
            (Rotation::Strict, [0, 0, 1], [Some(1), None, None]),
            (Rotation::Tolerant, [0, 0, 1], [Some(1), Some(2), Some(3)]),
            (Rotation::None, [0, 0, 0], [Some(0), Some(0), Some(0)]),
        ] {
            let mut families = Families::default();
            let seen = uses.map(|serial| families.spend(&claims(serial), rotation, NOW));
            assert_eq!(seen, expected, "{rotation:?}");
        }
    }

    #[test]
    fn what_ends_takes_its_access_tokens_along() {
        let mut families = Families::default();
        assert!(families.is_good("at", &claims(0), NOW));
        families.revoke("at", NOW);
        assert!(!families.is_good("at", &claims(0), NOW) && families.is_good("another", &claims(0), NOW));
        families.end(7);
        assert!(!families.is_good("another", &claims(0), NOW));
        assert_eq!(families.spend(&claims(0), Rotation::Tolerant, NOW), None);
    }
}

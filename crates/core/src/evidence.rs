//! Owns what we know about a token: what was asked, when, and what came out.
//!
//! A clear answer replaces the previous clear answer. An unclear one never does: it says nothing about the token, and is
//! only remembered as "no clear answer since".

use crate::Timestamp;

/// Our word for a token that speaks for somebody else than it was taken for.
pub const OWNER_CHANGED: &str = "owner_changed";

/// What the provider's answer means for the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The account is suspended, deleted, deactivated or unconfirmed.
    AccountBlocked,
    /// The token works, or was refused only for lack of a right, which proves that it lives.
    Alive,
    /// The application was blocked, disabled or forgotten by the provider.
    AppBlocked,
    /// The provider says that its time is up.
    Expired,
    /// The request itself or the application's settings are wrong; the token may be fine, but cannot be used.
    Misconfigured,
    /// A person must do something at the provider: captcha, validation, consent.
    NeedsHuman,
    /// Alive, but bound to another network address than ours.
    OtherAddress,
    /// Withdrawn, or never valid.
    Revoked,
    /// No clear answer. Says nothing about the token.
    Unclear,
}

impl Outcome {
    /// Every outcome with its name in rows and answers.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::AccountBlocked, "account_blocked"),
        (Self::Alive, "alive"),
        (Self::AppBlocked, "app_blocked"),
        (Self::Expired, "expired"),
        (Self::Misconfigured, "misconfigured"),
        (Self::NeedsHuman, "needs_human"),
        (Self::OtherAddress, "other_address"),
        (Self::Revoked, "revoked"),
        (Self::Unclear, "unclear"),
    ];

    /// Name in rows and answers.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(outcome, _)| *outcome == self).map_or("", |(_, name)| name)
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(outcome, _)| *outcome)
    }
}

/// One or more readings with the same outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What came out.
    pub outcome: Outcome,
    /// Our word for why, made of the provider's code: `vk_5_1130`, `timeout`. Never text from the provider.
    pub cause: Box<str>,
    /// What was asked: `users.get`.
    pub asked: Box<str>,
    /// The first reading in a row with this outcome and cause.
    pub since: Timestamp,
    /// The latest one.
    pub at: Timestamp,
}

/// What we know about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// When this token came to us.
    pub captured_at: Timestamp,
    /// The latest clear answer; none while the provider has not told.
    pub clear: Option<Reading>,
    /// The run of unclear answers since the latest clear one.
    pub unclear: Option<Reading>,
}

impl Evidence {
    /// What is known of a token that has just come in: nothing but when.
    pub const fn captured(at: Timestamp) -> Self {
        Self { captured_at: at, clear: None, unclear: None }
    }

    /// Adds a reading.
    #[must_use]
    pub fn with(mut self, outcome: Outcome, cause: &str, asked: &str, at: Timestamp) -> Self {
        let slot = if outcome == Outcome::Unclear { &mut self.unclear } else { &mut self.clear };
        let since = match slot {
            Some(previous) if previous.outcome == outcome && *previous.cause == *cause => previous.since,
            // A run of unclear answers is one run, whatever the reasons were.
            Some(previous) if outcome == Outcome::Unclear => previous.since,
            _ => at,
        };
        *slot = Some(Reading { outcome, cause: cause.into(), asked: asked.into(), since, at });
        if outcome != Outcome::Unclear {
            self.unclear = None;
        }
        self
    }

    /// What told that the token speaks for somebody else than it was taken for, if anything did. What it is renewed to does so too:
    /// only the provider, naming the right person, takes it back.
    pub fn owner_changed(&self) -> Option<&Reading> {
        self.clear.as_ref().filter(|it| it.outcome == Outcome::NeedsHuman && &*it.cause == OWNER_CHANGED)
    }

    /// When the provider was last asked.
    pub fn checked_at(&self) -> Option<Timestamp> {
        [&self.clear, &self.unclear].into_iter().flatten().map(|reading| reading.at).max()
    }

    /// The latest reading, clear or not.
    pub fn latest(&self) -> Option<&Reading> {
        self.unclear.as_ref().or(self.clear.as_ref())
    }

    /// Whether the provider confirmed the token when it last gave a clear answer.
    pub fn is_confirmed(&self) -> bool {
        self.clear.as_ref().is_some_and(|reading| reading.outcome == Outcome::Alive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[test]
    fn an_unclear_answer_does_not_replace_a_clear_one() {
        let evidence = Evidence::captured(at(0))
            .with(Outcome::Alive, "confirmed", "users.get", at(1))
            .with(Outcome::Unclear, "timeout", "users.get", at(2))
            .with(Outcome::Unclear, "http_502", "users.get", at(3));
        assert_eq!(evidence.clear.as_ref().unwrap().outcome, Outcome::Alive);
        assert_eq!(evidence.unclear.as_ref().unwrap().since, at(2));
        assert_eq!(evidence.checked_at(), Some(at(3)));
        assert_eq!(evidence.with(Outcome::Alive, "confirmed", "users.get", at(4)).unclear, None);
    }

    #[test]
    fn a_repeated_outcome_keeps_its_beginning() {
        let evidence = Evidence::captured(at(0)).with(Outcome::Revoked, "vk_5", "users.get", at(1)).with(
            Outcome::Revoked,
            "vk_5",
            "users.get",
            at(9),
        );
        let clear = evidence.clear.unwrap();
        assert_eq!((clear.since, clear.at), (at(1), at(9)));
    }
}

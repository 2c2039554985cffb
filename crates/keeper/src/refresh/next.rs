//! Owns what follows from a try that brought no token: what stands in the way, and when it is tried again.

use std::time::Duration;

use grantkeep_core::{
    Credential, Lifetime, Outcome, Provider, Renewal, State, Timestamp, TokenKind, Trouble, TroubleKind,
};

use super::{Why, answer::Heard};
use crate::{KeepFault, Keeper};

const FIRST_RETRY_AFTER: Lifetime = Lifetime::from_seconds(2);

/// After however long an outage, everything is tried again within 5 minutes of its end; how hard a host is asked is limited by its
/// pace.
const LAST_RETRY_AFTER: Lifetime = Lifetime::from_minutes(4);

/// What is wrong with the application is mended by a person, and seldom in minutes.
const LAST_MISCONFIGURED_RETRY_AFTER: Lifetime = Lifetime::from_minutes(15);

impl Keeper {
    /// What came to nothing is not tried again before its time, however many ask for the token meanwhile.
    pub(super) fn may_try(&self, current: &Credential, why: Why, now: Timestamp) -> Result<(), KeepFault> {
        let renewal = &current.renewal;
        let is_early = renewal.failures > 0 && renewal.at.is_some_and(|at| at > now);
        let lives = current.grant.expiry.at().is_none_or(|at| at > now) && !is_called_dead(current);
        match &renewal.trouble {
            Some(trouble) if lives && trouble.kind == TroubleKind::Lost && (is_early || renewal.at.is_none()) => {
                Err(KeepFault::Unusable(State::Ambiguous))
            }
            _ if is_early && why == Why::Needed && renewal.leased_until.is_none() => {
                Err(KeepFault::ProviderUnavailable("trying_again".into()))
            }
            _ => Ok(()),
        }
    }

    /// How the renewal stands after a try that brought no token.
    pub(super) fn after(&self, credential: &Credential, heard: &Heard) -> Renewal {
        let now = self.now();
        let before = &credential.renewal;
        let failures = match heard {
            // What was not tried is no failure of its own: only the host's counts.
            Heard::Closed(_) => before.failures.max(1),
            _ => before.failures.saturating_add(1),
        };
        let trouble = |kind, cause: &str| {
            let since = before.trouble.as_ref().filter(|trouble| trouble.kind == kind).map_or(now, |it| it.since);
            Some(Trouble { kind, cause: cause.into(), since })
        };
        let (at, trouble) = match heard {
            Heard::Closed(open_for) => (Some(now.after(*open_for)), before.trouble.clone()),
            Heard::Later { after, .. } => {
                let backoff = self.backoff(before.failures, LAST_RETRY_AFTER);
                (Some(now.after(after.unwrap_or(backoff))), before.trouble.clone())
            }
            Heard::Misconfigured(_) => {
                let backoff = self.backoff(before.failures, LAST_MISCONFIGURED_RETRY_AFTER);
                (Some(now.after(backoff)), before.trouble.clone())
            }
            Heard::Refused(cause) => (None, trouble(TroubleKind::Refused, cause)),
            Heard::Lost(cause) if is_strict(credential) => {
                (self.once_more_at(credential, now), trouble(TroubleKind::Lost, cause))
            }
            Heard::Lost(_) => {
                (Some(now.after(self.backoff(before.failures, LAST_RETRY_AFTER))), before.trouble.clone())
            }
        };
        let is_misconfigured = match heard {
            Heard::Misconfigured(_) => true,
            // Nothing new is known.
            Heard::Closed(_) | Heard::Later { .. } | Heard::Lost(_) => before.is_misconfigured,
            Heard::Refused(_) => false,
        };
        Renewal { at, failures, is_misconfigured, leased_until: None, fence: before.fence, trouble }
    }

    /// When a refresh token that may be spent is risked once more: when the access token, which lives, has ended. Where nobody said
    /// when that is, not before the provider calls it dead.
    fn once_more_at(&self, credential: &Credential, now: Timestamp) -> Option<Timestamp> {
        let soon = now.after(self.backoff(credential.renewal.failures, LAST_RETRY_AFTER));
        match credential.grant.expiry.at() {
            _ if is_called_dead(credential) => Some(soon),
            Some(at) => Some(at.max(soon)),
            None => None,
        }
    }

    /// Twice as long after each failure, with a chance part, so that many do not come back at once. The second that has begun does
    /// not count: a pause of one second would be none at its end.
    fn backoff(&self, failures: u32, longest: Lifetime) -> Lifetime {
        let factor = 1_u64.checked_shl(failures.min(20)).unwrap_or(u64::MAX);
        let most = FIRST_RETRY_AFTER.seconds().saturating_mul(factor).min(longest.seconds());
        let pause = self.spread(Duration::from_secs(most / 2)).seconds() + 1;
        Lifetime::from_seconds(pause.min(longest.seconds()))
    }

    /// Once to twice as long.
    pub(crate) fn spread(&self, least: Duration) -> Lifetime {
        let [a, b, ..] = (self.world.random)();
        let chance = u64::from(u16::from_be_bytes([a, b]));
        let least = least.as_secs().max(1);
        Lifetime::from_seconds(least + (least + 1) * chance / (u64::from(u16::MAX) + 1))
    }
}

/// Whether the provider says of the access token that it has ended.
fn is_called_dead(credential: &Credential) -> bool {
    let clear = credential.evidence.clear.as_ref();
    clear.is_some_and(|reading| matches!(reading.outcome, Outcome::Expired | Outcome::Revoked))
}

/// Whether a provider may take the same refresh token twice for theft, and end everything that came of it (RFC 9700 §4.14.2). Of
/// those that do not, a second try tells whether the first one counted. An application that asks for itself spends nothing.
fn is_strict(credential: &Credential) -> bool {
    match credential.provider {
        _ if credential.grant.kind == TokenKind::OAuth2Client => false,
        Provider::Mastodon => false,
        Provider::OAuth2(_) | Provider::Vk => true,
    }
}

//! Owns the state of a credential: a pure function of (grant, evidence, now), nothing stored.
//!
//! The order of the checks is the precedence of the states; the truth table is under snapshot in `status/table.txt`.

use crate::{
    Credential, Evidence, Grant, Lifetime, Outcome, Reading, Renewal, Timestamp, TroubleKind,
    evidence::OWNER_CHANGED,
    renewal::{self, can_renew},
};

/// A credential that cannot renew itself is due when less than this is left.
pub const LEAD: Lifetime = Lifetime::from_hours(2);

/// Without a clear answer for longer than this, what we knew no longer counts.
pub const UNKNOWN_AFTER: Lifetime = Lifetime::from_hours(6);

/// In which state a credential is. Names are those of the API and the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The account is suspended, deactivated, unconfirmed.
    AccountBlocked,
    /// A refresh token was sent and its answer lost: whether it is spent, nobody knows.
    Ambiguous,
    /// The application was blocked or forgotten by the provider.
    AppBlocked,
    /// Time is up.
    Expired,
    /// Less than the lead time is left, and it cannot renew itself.
    Expiring,
    /// Alive, but not from this machine's address.
    IpMismatch,
    /// The provider wants a person, or the application's settings need one.
    NeedsHuman,
    /// Due, and being renewed by us.
    Refreshing,
    /// Withdrawn at the provider.
    Revoked,
    /// Alive, with fewer scopes than asked.
    ScopeReduced,
    /// The provider has not given a clear answer for long.
    Unknown,
    /// Captured, not yet confirmed.
    Unverified,
    /// The provider confirmed it, and it is not due.
    Valid,
}

impl State {
    /// Every state with its name in the API and on the command line.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::AccountBlocked, "account_blocked"),
        (Self::Ambiguous, "ambiguous"),
        (Self::AppBlocked, "app_blocked"),
        (Self::Expired, "expired"),
        (Self::Expiring, "expiring"),
        (Self::IpMismatch, "ip_mismatch"),
        (Self::NeedsHuman, "needs_human"),
        (Self::Refreshing, "refreshing"),
        (Self::Revoked, "revoked"),
        (Self::ScopeReduced, "scope_reduced"),
        (Self::Unknown, "unknown"),
        (Self::Unverified, "unverified"),
        (Self::Valid, "valid"),
    ];

    /// Name in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountBlocked => "account_blocked",
            Self::Ambiguous => "ambiguous",
            Self::AppBlocked => "app_blocked",
            Self::Expired => "expired",
            Self::Expiring => "expiring",
            Self::IpMismatch => "ip_mismatch",
            Self::NeedsHuman => "needs_human",
            Self::Refreshing => "refreshing",
            Self::Revoked => "revoked",
            Self::ScopeReduced => "scope_reduced",
            Self::Unknown => "unknown",
            Self::Unverified => "unverified",
            Self::Valid => "valid",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    /// Whether a person must act before the token can be used.
    pub const fn needs_person(self) -> bool {
        matches!(
            self,
            Self::AccountBlocked
                | Self::AppBlocked
                | Self::Expired
                | Self::IpMismatch
                | Self::NeedsHuman
                | Self::Revoked
        )
    }

    /// What a person, or we, should do next.
    const fn next_action(self) -> NextAction {
        match self {
            Self::AccountBlocked => NextAction::RestoreAccount,
            Self::AppBlocked => NextAction::FixApplication,
            Self::Expired | Self::Expiring | Self::Revoked => NextAction::Login,
            Self::IpMismatch => NextAction::LoginFromHere,
            Self::NeedsHuman => NextAction::ConfirmAtProvider,
            Self::Ambiguous | Self::Refreshing | Self::Unknown | Self::Unverified => NextAction::Wait,
            Self::ScopeReduced | Self::Valid => NextAction::None,
        }
    }
}

/// What should happen next with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextAction {
    /// A person answers what the provider asks for: captcha, validation, consent.
    ConfirmAtProvider,
    /// A person mends the application at the provider, or uses another.
    FixApplication,
    /// A person obtains a new token.
    Login,
    /// A person obtains a new token through this machine's network address.
    LoginFromHere,
    /// Nothing.
    None,
    /// A person restores the account at the provider.
    RestoreAccount,
    /// We ask the provider again by ourselves.
    Wait,
}

impl NextAction {
    /// Name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmAtProvider => "confirm_at_provider",
            Self::FixApplication => "fix_application",
            Self::Login => "login",
            Self::LoginFromHere => "login_from_here",
            Self::None => "none",
            Self::RestoreAccount => "restore_account",
            Self::Wait => "wait",
        }
    }
}

/// What we say about a credential at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// The first state, by precedence, that holds.
    pub state: State,
    /// Why: our word for it, such as `vk_5_1130` or `clock`.
    pub cause: &'a str,
    /// Since when it is so.
    pub since: Timestamp,
    /// Whether the token may be used; unknown where we do not know. Never true after expiry.
    pub is_valid: Option<bool>,
    /// Whether somebody must get or make a new one now.
    pub needs_refresh: bool,
    /// Time left; none for a token that never expires. Zero when it has expired.
    pub left: Option<Lifetime>,
}

impl Status<'_> {
    /// What a person, or we, should do next: what the state asks for, unless its cause is mended otherwise.
    pub fn next_action(&self) -> NextAction {
        match (self.state, self.cause) {
            (State::Expired | State::Refreshing, APPLICATION_REFUSED) => NextAction::FixApplication,
            (State::NeedsHuman, OWNER_CHANGED) => NextAction::Login,
            (state, _) => state.next_action(),
        }
    }
}

impl Credential {
    /// What we say about it now.
    pub fn status(&self, now: Timestamp) -> Status<'_> {
        assess(&self.grant, &self.evidence, &self.renewal, now)
    }
}

/// What (grant, evidence, renewal) say at `now`.
pub fn assess<'a>(grant: &Grant, evidence: &'a Evidence, renewal: &'a Renewal, now: Timestamp) -> Status<'a> {
    let left = grant.expiry.at().map(|at| at.since(now));
    let says_over = evidence.clear.as_ref().is_some_and(|reading| reading.outcome == Outcome::Expired);
    let is_over = says_over || left.is_some_and(Lifetime::is_zero);
    let due = left.is_some_and(|left| left < lead(grant, evidence, renewal));
    let (state, cause, since) = judge(grant, evidence, renewal, now);
    let is_valid = match state {
        State::Ambiguous
        | State::Expiring
        | State::Refreshing
        | State::ScopeReduced
        | State::Unverified
        | State::Valid => Some(!is_over),
        State::Unknown => None,
        _ => Some(false),
    };
    let needs_refresh = match state {
        State::Refreshing => false,
        State::Expiring | State::ScopeReduced | State::Unverified | State::Valid => due || is_refused(renewal),
        _ => true,
    };
    Status { state, cause, since, is_valid, needs_refresh, left }
}

/// How long before its end a grant is due. One that renews itself is due in its last fifth: a token of one hour is not due from the
/// first minute on.
fn lead(grant: &Grant, evidence: &Evidence, renewal: &Renewal) -> Lifetime {
    if can_renew(grant, renewal) { LEAD.min(renewal::lead(grant.expiry, evidence.captured_at)) } else { LEAD }
}

/// When people are told that a token which has ended is not renewed in spite of all tries. It is tried on.
pub(crate) fn gives_up_at(grant: &Grant, evidence: &Evidence, renewal: &Renewal) -> Option<Timestamp> {
    let patience = if renewal.is_misconfigured { Lifetime::from_seconds(0) } else { UNKNOWN_AFTER };
    ended_at(grant, evidence).filter(|_| renewal.failures > 0).map(|at| at.after(patience))
}

/// When it ends: by its own time, or by the provider's word before that.
fn ended_at(grant: &Grant, evidence: &Evidence) -> Option<Timestamp> {
    let told = evidence.clear.as_ref().filter(|reading| reading.outcome == Outcome::Expired);
    grant.expiry.at().into_iter().chain(told.map(|reading| reading.since)).min()
}

fn is_refused(renewal: &Renewal) -> bool {
    renewal.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Refused)
}

fn judge<'a>(
    grant: &Grant,
    evidence: &'a Evidence,
    renewal: &'a Renewal,
    now: Timestamp,
) -> (State, &'a str, Timestamp) {
    let ends_at = grant.expiry.at();
    let clear = evidence.clear.as_ref();
    let refused = |outcome: Outcome| clear.filter(|reading| reading.outcome == outcome);
    if let Some(reading) = refused(Outcome::AccountBlocked) {
        return because(State::AccountBlocked, reading);
    }
    if let Some(reading) = refused(Outcome::AppBlocked) {
        return because(State::AppBlocked, reading);
    }
    if let Some(reading) = refused(Outcome::Revoked) {
        return because(State::Revoked, reading);
    }
    let lead = lead(grant, evidence, renewal);
    let due_since = ends_at.filter(|at| at.since(now) < lead).map(|at| at.before(lead).max(evidence.captured_at));
    let is_leased = renewal.leased_until.is_some_and(|until| until > now);
    let over_since = ended_at(grant, evidence).filter(|at| *at <= now);
    // A refresh token that may be spent is risked once more when the access token has ended.
    let is_tried = renewal.trouble.is_none() || over_since.is_some();
    let is_given_up = gives_up_at(grant, evidence, renewal).is_some_and(|at| at <= now);
    let due_since = due_since.into_iter().chain(over_since).min();
    if can_renew(grant, renewal) && is_tried && !is_given_up && (is_leased || due_since.is_some()) {
        // A stranger's token is none the better for being renewed.
        if let Some(reading) = evidence.owner_changed() {
            return because(State::NeedsHuman, reading);
        }
        let cause = match renewal.failures {
            0 => BY_CLOCK,
            _ if renewal.is_misconfigured => APPLICATION_REFUSED,
            _ => TRYING,
        };
        return (State::Refreshing, cause, due_since.unwrap_or(now));
    }
    let by_clock = || ends_at.filter(|at| *at <= now).map(|at| (BY_CLOCK, at));
    if let Some((why, at)) = refused(Outcome::Expired).map(|it| (&*it.cause, it.since)).or_else(by_clock) {
        return (State::Expired, if renewal.is_misconfigured { APPLICATION_REFUSED } else { why }, at);
    }
    if let Some(reading) = refused(Outcome::NeedsHuman).or_else(|| refused(Outcome::Misconfigured)) {
        return because(State::NeedsHuman, reading);
    }
    if let Some(reading) = refused(Outcome::OtherAddress) {
        return because(State::IpMismatch, reading);
    }
    if let Some(trouble) = renewal.trouble.as_ref().filter(|trouble| trouble.kind == TroubleKind::Lost) {
        return (State::Ambiguous, &trouble.cause, trouble.since);
    }
    if let Some(reading) = evidence.unclear.as_ref().filter(|reading| now.since(reading.since) >= UNKNOWN_AFTER) {
        return because(State::Unknown, reading);
    }
    // Nothing renews it any more: a person is needed now, however much time is left.
    if let Some(trouble) = renewal.trouble.as_ref() {
        return (State::Expiring, &trouble.cause, trouble.since);
    }
    if let Some(since) = due_since {
        return (State::Expiring, BY_CLOCK, since);
    }
    if grant.scope.is_reduced() {
        return (State::ScopeReduced, FEWER_SCOPES, evidence.captured_at);
    }
    match (clear, &evidence.unclear) {
        (Some(reading), _) => because(State::Valid, reading),
        (None, Some(reading)) => (State::Unverified, &reading.cause, evidence.captured_at),
        (None, None) => (State::Unverified, NOT_ASKED, evidence.captured_at),
    }
}

/// Cause of a state that follows from time alone.
const BY_CLOCK: &str = "clock";

/// Cause of a renewal that comes to nothing until a person mends what stands in the configuration or at the provider.
pub const APPLICATION_REFUSED: &str = "application_refused";

/// Cause of a renewal that has come to nothing so far, and is tried again.
const TRYING: &str = "trying_again";

/// Cause of a state that follows from what the provider granted.
const FEWER_SCOPES: &str = "fewer_scopes_than_asked";

/// Cause of a state that follows from nobody having asked yet.
const NOT_ASKED: &str = "not_checked_yet";

fn because(state: State, reading: &Reading) -> (State, &str, Timestamp) {
    (state, &reading.cause, reading.since)
}

#[cfg(test)]
mod tests;

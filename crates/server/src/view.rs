//! Owns the shapes of successful answers. Order of fields is part of the API; new ones come after the old.

mod audit;
mod login;

use std::fmt::Display;

use grantkeep_core::{Account, Credential, Expiry, Lifetime, Provider, Secret, Subject, Timestamp};
use grantkeep_keeper::DamagedCredential;
use serde::{Serialize, Serializer};

pub(crate) use audit::{AuditFound, AuditPage, Deed, ForecastPage, Needed};
pub(crate) use login::{AuthorizationView, Authorized, ProviderAnswers, ProviderEntry, ProviderList};

use crate::request::Caller;

fn as_text<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

fn always_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// `18h 45m`, or `expired`.
#[derive(Debug)]
pub(crate) struct TimeLeft(Lifetime);

impl Display for TimeLeft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_zero() { f.write_str("expired") } else { self.0.fmt(f) }
    }
}

/// Answer of `GET …/authorize/implicit`.
#[derive(Serialize)]
pub(crate) struct AuthorizeImplicit<'a> {
    pub(crate) method: &'static str,
    pub(crate) app_id: &'a str,
    pub(crate) authorization_url: &'a str,
    pub(crate) instructions: &'a [String],
}

/// Answer of `POST …/token/submit`.
#[derive(Serialize)]
pub(crate) struct Saved<'a> {
    pub(crate) success: bool,
    pub(crate) credential_id: i64,
    pub(crate) user_id: Option<u64>,
    #[serde(serialize_with = "as_text")]
    pub(crate) expiry: Option<Timestamp>,
    pub(crate) message: String,
    pub(crate) verified: bool,
    pub(crate) account_name: &'a str,
}

/// Answer of `GET …/token/status`.
#[derive(Default, Serialize)]
pub(crate) struct TokenStatus<'a> {
    has_token: bool,
    is_valid: Option<bool>,
    #[serde(serialize_with = "as_text")]
    expiry: Option<Timestamp>,
    #[serde(serialize_with = "as_text")]
    time_until_expiry: Option<TimeLeft>,
    needs_refresh: bool,
    credential_id: Option<i64>,
    state: Option<&'static str>,
    account_name: Option<&'a str>,
}

impl<'a> TokenStatus<'a> {
    pub(crate) fn of(credential: &'a Credential, now: Timestamp) -> Self {
        let status = credential.status(now);
        Self {
            has_token: true,
            is_valid: status.is_valid,
            expiry: credential.grant.expiry.at(),
            time_until_expiry: status.left.map(TimeLeft),
            needs_refresh: status.needs_refresh,
            credential_id: Some(credential.id),
            state: Some(status.state.as_str()),
            account_name: Some(credential.account.as_str()),
        }
    }

    pub(crate) fn none() -> Self {
        Self { needs_refresh: true, ..Self::default() }
    }
}

/// Answer of `GET …/token`.
pub(crate) struct HandedOut<'a> {
    pub(crate) access_token: &'a Secret,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) scope: Option<&'a str>,
    pub(crate) credential_id: i64,
    pub(crate) below_min_ttl: bool,
}

impl Serialize for HandedOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            access_token: &'a str,
            token_type: &'static str,
            #[serde(serialize_with = "as_text")]
            expires_at: Option<Timestamp>,
            scope: Option<&'a str>,
            credential_id: i64,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            below_min_ttl: bool,
        }
        let shape = Shape {
            access_token: self.access_token.expose(),
            token_type: "Bearer",
            expires_at: self.expires_at,
            scope: self.scope,
            credential_id: self.credential_id,
            below_min_ttl: self.below_min_ttl,
        };
        shape.serialize(serializer)
    }
}

/// A credential without its secret.
#[derive(Serialize)]
pub(crate) struct CredentialView<'a> {
    id: i64,
    provider: &'a str,
    account_name: &'a str,
    kind: &'static str,
    user_id: Option<u64>,
    group_id: Option<u64>,
    state: &'static str,
    cause: &'a str,
    #[serde(serialize_with = "always_text")]
    since: Timestamp,
    #[serde(serialize_with = "as_text")]
    checked_at: Option<Timestamp>,
    next_action: &'static str,
    is_valid: Option<bool>,
    needs_refresh: bool,
    #[serde(serialize_with = "as_text")]
    expiry: Option<Timestamp>,
    time_until_expiry_seconds: Option<u64>,
    #[serde(serialize_with = "as_text")]
    time_until_expiry: Option<TimeLeft>,
    #[serde(serialize_with = "always_text")]
    captured_at: Timestamp,
    #[serde(serialize_with = "always_text")]
    created_at: Timestamp,
    last_check: Option<LastCheck<'a>>,
    server: Option<&'a str>,
    scopes_requested: Option<Vec<&'a str>>,
    scopes_granted: Option<Vec<&'a str>>,
    /// Whether no `expiry` means that it never ends; otherwise nobody said.
    expiry_known: bool,
    /// Whether it is renewed without a person.
    renews: bool,
    /// When that is tried next by itself.
    #[serde(serialize_with = "as_text")]
    renew_at: Option<Timestamp>,
    /// When a person is next needed, as far as the clock tells.
    #[serde(serialize_with = "as_text")]
    needs_person_at: Option<Timestamp>,
    /// Why.
    needs_person_why: Option<&'static str>,
}

/// The latest answer of the provider, clear or not.
#[derive(Serialize)]
struct LastCheck<'a> {
    #[serde(serialize_with = "always_text")]
    at: Timestamp,
    asked: &'a str,
    outcome: &'static str,
    cause: &'a str,
}

impl<'a> CredentialView<'a> {
    pub(crate) fn of(credential: &'a Credential, now: Timestamp) -> Self {
        let status = credential.status(now);
        let need = credential.need(now);
        let subject = credential.subject.as_ref();
        let group_id = match subject {
            Some(Subject::Community(id)) => Some(*id),
            _ => None,
        };
        let last_check = credential.evidence.latest().map(|reading| LastCheck {
            at: reading.at,
            asked: &reading.asked,
            outcome: reading.outcome.as_str(),
            cause: &reading.cause,
        });
        Self {
            id: credential.id,
            provider: credential.provider.as_str(),
            account_name: credential.account.as_str(),
            kind: credential.grant.kind.as_str(),
            user_id: subject.and_then(Subject::user_id),
            group_id,
            state: status.state.as_str(),
            cause: status.cause,
            since: status.since,
            checked_at: credential.evidence.checked_at(),
            next_action: status.next_action().as_str(),
            is_valid: status.is_valid,
            needs_refresh: status.needs_refresh,
            expiry: credential.grant.expiry.at(),
            time_until_expiry_seconds: status.left.map(Lifetime::seconds),
            time_until_expiry: status.left.map(TimeLeft),
            captured_at: credential.evidence.captured_at,
            created_at: credential.created_at,
            last_check,
            server: credential.server.as_deref(),
            scopes_requested: credential.grant.scope.asked.as_deref().map(words),
            scopes_granted: credential.grant.scope.granted.as_deref().map(words),
            expiry_known: credential.grant.expiry != Expiry::Unstated,
            renews: credential.can_renew(),
            renew_at: credential.renewal.at.filter(|_| credential.can_renew()),
            needs_person_at: need.map(|need| need.at),
            needs_person_why: need.map(|need| need.why.as_str()),
        }
    }
}

/// Scopes one by one: most providers put spaces between them, VK commas.
fn words(scope: &str) -> Vec<&str> {
    scope.split([' ', ',']).filter(|word| !word.is_empty()).collect()
}

/// A page of credentials; `next` is what to send as `after` for the page that follows.
#[derive(Serialize)]
pub(crate) struct Page<'a> {
    pub(crate) credentials: Vec<CredentialView<'a>>,
    pub(crate) next: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) damaged: Vec<DamagedView<'a>>,
}

/// A credential whose row does not read: which one it is, as far as that can be told.
#[derive(Serialize)]
pub(crate) struct DamagedView<'a> {
    id: i64,
    provider: Option<&'a str>,
    account_name: Option<&'a str>,
}

impl<'a> DamagedView<'a> {
    /// Those that the caller may be told of.
    pub(crate) fn of(damaged: &'a [DamagedCredential], caller: &Caller) -> Vec<Self> {
        let of = |damaged: &'a DamagedCredential| Self {
            id: damaged.id,
            provider: damaged.provider.as_ref().map(Provider::as_str),
            account_name: damaged.account.as_ref().map(Account::as_str),
        };
        damaged.iter().filter(|damaged| caller.may_see(damaged)).map(of).collect()
    }
}

//! Owns the shapes of what was done and of what is to be done.

use std::fmt::Write;

use grantkeep_core::{Account, Timestamp};
use grantkeep_keeper::{Forecast, Recorded};
use serde::Serialize;

use super::{DamagedView, always_text};

/// A deed, as it stands in the audit.
#[derive(Serialize)]
pub(crate) struct Deed<'a> {
    number: i64,
    #[serde(serialize_with = "always_text")]
    at: Timestamp,
    action: &'static str,
    provider: Option<&'a str>,
    account_name: Option<&'a str>,
    credential_id: Option<i64>,
    actor: &'a str,
    outcome: &'a str,
    times: u32,
    hash: String,
}

impl<'a> Deed<'a> {
    pub(crate) fn of(recorded: &'a Recorded) -> Self {
        let event = &recorded.event;
        let mut hash = String::with_capacity(64);
        for byte in recorded.hash {
            // Writing to a String does not fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self {
            number: recorded.number,
            at: event.at,
            action: event.action.as_str(),
            provider: event.provider.as_ref().map(grantkeep_core::Provider::as_str),
            account_name: event.account.as_ref().map(Account::as_str),
            credential_id: event.credential,
            actor: &event.actor,
            outcome: &event.outcome,
            times: event.times,
            hash,
        }
    }
}

/// A page of the audit; `next` is what to send as `after` for the page that follows.
#[derive(Serialize)]
pub(crate) struct AuditPage<'a> {
    pub(crate) events: Vec<Deed<'a>>,
    pub(crate) next: Option<i64>,
    /// Numbers of those that do not read any more.
    pub(crate) damaged: Vec<i64>,
}

/// What a look through the whole audit found.
#[derive(Serialize)]
pub(crate) struct AuditFound {
    pub(crate) deeds: u64,
    pub(crate) broken_at: Option<i64>,
}

/// A credential for which a person is needed.
#[derive(Serialize)]
pub(crate) struct Needed<'a> {
    credential_id: i64,
    provider: &'a str,
    account_name: &'a str,
    #[serde(serialize_with = "always_text")]
    at: Timestamp,
    why: &'static str,
}

impl<'a> Needed<'a> {
    pub(crate) fn of(forecast: &'a Forecast) -> Self {
        Self {
            credential_id: forecast.credential,
            provider: forecast.provider.as_str(),
            account_name: forecast.account.as_str(),
            at: forecast.at,
            why: forecast.why,
        }
    }
}

/// A page of the forecast; `next` is what to send as `after` for the page that follows.
#[derive(Serialize)]
pub(crate) struct ForecastPage<'a> {
    pub(crate) credentials: Vec<Needed<'a>>,
    pub(crate) next: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) damaged: Vec<DamagedView<'a>>,
}

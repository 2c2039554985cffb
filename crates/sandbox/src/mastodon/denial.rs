//! Owns why a token does not open an endpoint of the API, and how each family of servers says it.
//!
//! The texts of Mastodon's 401 come in the reader's language, as the real ones do; the header beside them does not depend on it
//! but for its description.

use http::header::{ACCEPT, ACCEPT_LANGUAGE};

use super::cast::Standing;
use super::fault::{bare, challenge, object, pair};
use super::personality::Dialect;
use super::visit::Visit;
use crate::reply::{Payload, Reply, json, redirect, reply};

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// No token came.
    Absent,
    /// It is an application's, and a person's is needed.
    AppToken,
    Blocked(Standing),
    Expired,
    Revoked,
    /// It lives, but without that scope.
    Scope(&'static str),
    Unknown,
}

impl Denial {
    /// The answer in that family's words.
    pub(super) fn answer(self, visit: &Visit<'_>) -> Reply {
        match visit.personality.dialect {
            Dialect::Akkoma => match self {
                Self::Scope(scope) => object(403, &format!("Insufficient permissions: {scope}.")),
                _ => object(403, "Invalid credentials."),
            },
            Dialect::Doorkeeper => self.doorkeeper(is_german(visit)),
            Dialect::Friendica => {
                pair(403, "Forbidden", "Token is not authorized with a valid user or is missing a required scope")
            }
            Dialect::GoToSocial => match self {
                Self::AppToken => object(401, "Unauthorized: user not supplied"),
                Self::Blocked(_) => object(403, "Forbidden: user is not active"),
                Self::Scope(_) => object(403, "Forbidden: token has insufficient scope permission"),
                Self::Absent | Self::Expired | Self::Revoked | Self::Unknown => {
                    object(401, "Unauthorized: token not supplied")
                }
            },
            Dialect::Hollo => match self {
                Self::Absent => object(401, "unauthorized"),
                Self::AppToken => object(422, "This method requires an authenticated user"),
                Self::Blocked(_) => object(403, "account is not active"),
                Self::Scope(_) => object(403, "insufficient_scope"),
                Self::Expired | Self::Revoked | Self::Unknown => object(401, "invalid_token"),
            },
            Dialect::Mitra => match self {
                Self::Scope(_) => pair(403, "permission error", "permission error"),
                _ => pair(401, "access token is invalid", "access token is invalid"),
            },
            Dialect::Pixelfed => self.pixelfed(visit),
            Dialect::Snac => bare(401),
            Dialect::Takahe => match self {
                Self::Absent => object(401, "access_denied"),
                Self::Scope(_) => object(403, "insufficient_scope"),
                _ => reply(400, "text/plain; charset=utf-8", Payload::whole("Invalid Bearer token")),
            },
        }
    }

    fn doorkeeper(self, in_german: bool) -> Reply {
        let token = |english, german| (401, Some("invalid_token"), if in_german { german } else { english });
        let (status, code, text) = match self {
            Self::Absent | Self::Unknown => token("The access token is invalid", "Der Zugriffstoken ist ungültig"),
            Self::AppToken => (422, None, "This method requires an authenticated user"),
            Self::Blocked(Standing::Pending) => (403, None, "Your login is currently pending approval"),
            Self::Blocked(Standing::Unconfirmed) => (403, None, "Your login is missing a confirmed e-mail address"),
            Self::Blocked(_) => (403, None, "Your login is currently disabled"),
            Self::Expired => token("The access token expired", "Der Zugriffstoken ist abgelaufen"),
            Self::Revoked => token("The access token was revoked", "Der Zugriffstoken wurde widerrufen"),
            Self::Scope(_) => (403, Some("insufficient_scope"), "This action is outside the authorized scopes"),
        };
        let mut reply = object(status, text);
        if let Some(code) = code {
            challenge(&mut reply, code, text);
        }
        reply
    }

    fn pixelfed(self, visit: &Visit<'_>) -> Reply {
        match self {
            Self::Scope(_) => json(403, "{\"message\":\"Invalid scope(s) provided.\"}\n"),
            Self::AppToken | Self::Blocked(_) => json(403, "{\"message\":\"Forbidden\"}\n"),
            Self::Absent | Self::Expired | Self::Revoked | Self::Unknown => {
                let wants_json = visit.ask.header(ACCEPT.as_str()).is_some_and(|accept| accept.contains("json"));
                match wants_json {
                    true => json(401, "{\"message\":\"Unauthenticated.\"}\n"),
                    false => redirect(302, &format!("{}/login", visit.base)),
                }
            }
        }
    }
}

/// Whether the reader would rather read German: the first language of the header that there is.
fn is_german(visit: &Visit<'_>) -> bool {
    if let Some(language) = visit.params.text("lang") {
        return language == "de";
    }
    let languages = visit.ask.header(ACCEPT_LANGUAGE.as_str()).unwrap_or_default();
    let known =
        languages.split([',', ';']).map(str::trim).find(|part| part.starts_with("de") || part.starts_with("en"));
    known.is_some_and(|language| language.starts_with("de"))
}

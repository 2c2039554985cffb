//! Owns what can be wrong with a request to an OAuth endpoint, and how each family of servers says it.

use aws_lc_rs::error::Unspecified;
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use super::cast::Standing;
use super::personality::Dialect;
use crate::reply::{Payload, Reply, json as json_reply, reply, written};

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    BadChallenge,
    BadClient,
    /// A code that lived, and does not any more.
    BadGrant,
    BadRedirectUri,
    BadResponseMode,
    BadResponseType,
    BadScope,
    Blocked(Standing),
    Missing(&'static str),
    /// The system has no randomness.
    NoChance,
    TwoMethods,
    /// A code, a refresh token or a password that was never right.
    UnknownGrant,
    UnsupportedGrant,
}

impl From<Unspecified> for Fault {
    fn from(_: Unspecified) -> Self {
        Self::NoChance
    }
}

impl Fault {
    /// Status, code and text as Doorkeeper has them; the others' are changes to these.
    pub(super) fn usual(self) -> (u16, &'static str, String) {
        let (status, code, text) = match self {
            Self::BadChallenge => (400, "invalid_code_challenge_method", "The code_challenge_method must be S256."),
            Self::BadClient => (
                401,
                "invalid_client",
                "Client authentication failed due to unknown client, no client authentication included, or unsupported \
                 authentication method.",
            ),
            Self::BadGrant | Self::Blocked(_) | Self::UnknownGrant => (
                400,
                "invalid_grant",
                "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in \
                 the authorization request, or was issued to another client.",
            ),
            Self::BadRedirectUri => (400, "invalid_redirect_uri", "The redirect uri included is not valid."),
            Self::BadResponseMode => {
                (400, "unsupported_response_mode", "The authorization server does not support this response mode.")
            }
            Self::BadResponseType => {
                (400, "unsupported_response_type", "The authorization server does not support this response type.")
            }
            Self::BadScope => (400, "invalid_scope", "The requested scope is invalid, unknown, or malformed."),
            Self::Missing(name) => return (400, "invalid_request", format!("Missing required parameter: {name}.")),
            Self::NoChance => (500, "server_error", "The authorization server encountered an unexpected condition."),
            Self::TwoMethods => (
                400,
                "invalid_request",
                "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise \
                 malformed.",
            ),
            Self::UnsupportedGrant => (
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            ),
        };
        (status, code, text.to_owned())
    }

    /// The answer in that family's words.
    pub(super) fn answer(self, dialect: Dialect) -> Reply {
        let (status, code, text) = self.usual();
        match dialect {
            Dialect::Akkoma => self.akkoma(),
            Dialect::Doorkeeper => {
                let mut reply = pair(status, code, &text);
                challenge(&mut reply, code, &text);
                reply
            }
            Dialect::Friendica => pair(403, code, &text),
            Dialect::GoToSocial => {
                let (status, said) = match self {
                    Self::BadScope => (403, "Forbidden"),
                    Self::BadClient => (400, "Bad Request"),
                    Self::NoChance => (500, "Internal Server Error"),
                    _ => (status, "Bad Request"),
                };
                pair(status, code, &format!("{said}: {text}"))
            }
            Dialect::Hollo => pair(status, code, &text),
            Dialect::Mitra => self.mitra(status),
            Dialect::Pixelfed => self.pixelfed(status, code, &text),
            Dialect::Snac => match self {
                Self::BadClient | Self::BadGrant | Self::UnknownGrant => bare(401),
                _ => bare(status),
            },
            Dialect::Takahe => match self {
                Self::UnsupportedGrant => object(400, "invalid_grant_type"),
                Self::BadClient | Self::BadGrant => object(401, "access_denied"),
                // The row is looked up without a thought that it may not be there.
                Self::UnknownGrant => reply(
                    500,
                    "text/html; charset=utf-8",
                    Payload::whole("<!doctype html>\n<html><body><h1>Server Error (500)</h1></body></html>\n"),
                ),
                _ => pair(status, code, &text),
            },
        }
    }

    fn akkoma(self) -> Reply {
        match self {
            Self::Blocked(standing) => {
                let (text, identifier) = match standing {
                    Standing::Disabled | Standing::Suspended => {
                        ("Your account is currently disabled", "account_is_disabled")
                    }
                    Standing::Pending => ("Your account is awaiting approval.", "awaiting_approval"),
                    Standing::Active | Standing::Unconfirmed => {
                        ("Your login is missing a confirmed e-mail address", "missing_confirmed_email")
                    }
                };
                json_reply(403, written(&json!({ "error": text, "identifier": identifier })))
            }
            Self::UnsupportedGrant | Self::Missing("grant_type") | Self::NoChance => object(500, "Bad request"),
            _ => object(400, "Invalid credentials"),
        }
    }

    fn mitra(self, status: u16) -> Reply {
        let (status, text) = match self {
            Self::BadClient => (400, "invalid client_id".to_owned()),
            Self::BadGrant | Self::UnknownGrant => (404, "authorization code not found".to_owned()),
            Self::Blocked(_) => (400, "user is not active".to_owned()),
            Self::Missing(name) => (400, format!("missing field: {name}")),
            Self::UnsupportedGrant => (400, "unsupported grant type".to_owned()),
            other => (status, other.usual().2),
        };
        pair(status, &text, &text)
    }

    fn pixelfed(self, status: u16, code: &'static str, text: &str) -> Reply {
        let (status, code, text) = match self {
            Self::BadClient | Self::BadRedirectUri => (401, "invalid_client", "Client authentication failed"),
            Self::Missing(_) | Self::TwoMethods => (
                400,
                "invalid_request",
                "The request is missing a required parameter, includes an invalid parameter value, includes a parameter \
                 more than once, or is otherwise malformed.",
            ),
            _ => (status, code, text),
        };
        json_reply(status, written(&json!({ "error": code, "error_description": text, "message": text })))
    }
}

/// `WWW-Authenticate` as Doorkeeper writes it: what a header cannot hold becomes `_`.
pub(super) fn challenge(reply: &mut Reply, code: &str, text: &str) {
    let plain: String =
        text.chars().map(|c| if c == ' ' || (c.is_ascii_graphic() && c != '"') { c } else { '_' }).collect();
    let value = format!("Bearer realm=\"Doorkeeper\", error=\"{code}\", error_description=\"{plain}\"");
    if let Ok(value) = HeaderValue::from_str(&value) {
        reply.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
}

/// `{"error", "error_description"}`
pub(super) fn pair(status: u16, code: &str, text: &str) -> Reply {
    json_reply(status, written(&json!({ "error": code, "error_description": text })))
}

/// `{"error"}`
pub(super) fn object(status: u16, text: &str) -> Reply {
    json_reply(status, written(&json!({ "error": text })))
}

/// A status without a body.
pub(super) fn bare(status: u16) -> Reply {
    let mut reply = reply(status, "text/plain", Payload::whole(""));
    reply.headers_mut().remove(http::header::CONTENT_TYPE);
    reply
}

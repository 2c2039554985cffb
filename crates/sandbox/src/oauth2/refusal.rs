//! Owns how endpoints for programs refuse (RFC 6749 §5.2, RFC 6750 §3).

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;

use crate::reply::{Reply, json, quoted};

/// One refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
    /// The `WWW-Authenticate` header.
    challenge: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: u16, error: &'static str, description: &'static str) -> Self {
        Self { status, error, description, challenge: "" }
    }

    /// 400.
    pub(super) const fn bad(error: &'static str, description: &'static str) -> Self {
        Self::new(400, error, description)
    }

    /// Who asks is not clear.
    pub(super) const fn client(description: &'static str) -> Self {
        Self { status: 401, error: "invalid_client", description, challenge: "Basic realm=\"sandbox\"" }
    }

    /// The access token is not good, or not good enough.
    pub(super) const fn bearer(
        status: u16,
        error: &'static str,
        description: &'static str,
        challenge: &'static str,
    ) -> Self {
        Self { status, error, description, challenge }
    }

    /// There was no randomness.
    pub(super) const NO_CHANCE: Self = Self::new(500, "server_error", "there is no randomness");

    pub(super) fn answer(self) -> Reply {
        let (error, description) = (quoted(self.error), quoted(self.description));
        let mut reply = json(self.status, format!(r#"{{"error":{error},"error_description":{description}}}"#));
        if !self.challenge.is_empty() {
            reply.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(self.challenge));
        }
        reply
    }
}

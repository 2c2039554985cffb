//! Owns the error codes of OAuth and its relatives. A code that is not known is [`ErrorCode::Other`]: its text is not kept.

use std::fmt;

/// What a server answers with, or sends a browser back with, instead of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// The person, or the server by itself, declined (RFC 6749 §4.1.2.1).
    AccessDenied,
    /// The person must choose an account (OpenID Connect Core §3.1.2.6).
    AccountSelectionRequired,
    /// The person has not answered yet (RFC 8628 §3.5).
    AuthorizationPending,
    /// The person must consent (OpenID Connect Core §3.1.2.6).
    ConsentRequired,
    /// The device code's time is up (RFC 8628 §3.5).
    ExpiredToken,
    /// The token lives, but lacks a right (RFC 6750 §3.1).
    InsufficientScope,
    /// The person must do something (OpenID Connect Core §3.1.2.6).
    InteractionRequired,
    /// The client is unknown, or did not authenticate as the server wants it (RFC 6749 §5.2).
    InvalidClient,
    /// The registration says something that the server does not take (RFC 7591 §3.2.2).
    InvalidClientMetadata,
    /// The code, the refresh token or the verifier is wrong, spent or somebody else's (RFC 6749 §5.2).
    InvalidGrant,
    /// The server does not take that redirect URI (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// A parameter is missing, unknown or there twice (RFC 6749 §5.2).
    InvalidRequest,
    /// The scope is unknown, malformed or more than allowed (RFC 6749 §5.2).
    InvalidScope,
    /// The resource is unknown (RFC 8707 §2).
    InvalidTarget,
    /// The token is expired, revoked, malformed (RFC 6750 §3.1).
    InvalidToken,
    /// The person must sign in (OpenID Connect Core §3.1.2.6).
    LoginRequired,
    /// None of these. The text is not kept.
    Other,
    /// The server failed (RFC 6749 §4.1.2.1).
    ServerError,
    /// Asked too often (RFC 8628 §3.5).
    SlowDown,
    /// The server is overloaded or being maintained (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable,
    /// The client may not do that (RFC 6749 §5.2).
    UnauthorizedClient,
    /// The server does not know that grant (RFC 6749 §5.2).
    UnsupportedGrantType,
    /// The server does not know that response type (RFC 6749 §4.1.2.1).
    UnsupportedResponseType,
    /// The server cannot revoke a token of that type (RFC 7009 §2.2.1).
    UnsupportedTokenType,
}

impl ErrorCode {
    /// Every code with its registered name; `other` is our own.
    pub const ALL: [(Self, &'static str); 24] = [
        (Self::AccessDenied, "access_denied"),
        (Self::AccountSelectionRequired, "account_selection_required"),
        (Self::AuthorizationPending, "authorization_pending"),
        (Self::ConsentRequired, "consent_required"),
        (Self::ExpiredToken, "expired_token"),
        (Self::InsufficientScope, "insufficient_scope"),
        (Self::InteractionRequired, "interaction_required"),
        (Self::InvalidClient, "invalid_client"),
        (Self::InvalidClientMetadata, "invalid_client_metadata"),
        (Self::InvalidGrant, "invalid_grant"),
        (Self::InvalidRedirectUri, "invalid_redirect_uri"),
        (Self::InvalidRequest, "invalid_request"),
        (Self::InvalidScope, "invalid_scope"),
        (Self::InvalidTarget, "invalid_target"),
        (Self::InvalidToken, "invalid_token"),
        (Self::LoginRequired, "login_required"),
        (Self::Other, "other"),
        (Self::ServerError, "server_error"),
        (Self::SlowDown, "slow_down"),
        (Self::TemporarilyUnavailable, "temporarily_unavailable"),
        (Self::UnauthorizedClient, "unauthorized_client"),
        (Self::UnsupportedGrantType, "unsupported_grant_type"),
        (Self::UnsupportedResponseType, "unsupported_response_type"),
        (Self::UnsupportedTokenType, "unsupported_token_type"),
    ];

    /// The code of that name; [`ErrorCode::Other`] for any other text.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(code, _)| *code)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, name)| name)
    }

    /// Whether the same request may succeed later. Every other code is final, unknown ones too.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::ServerError | Self::SlowDown | Self::TemporarilyUnavailable)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_its_name() {
        for (code, name) in ErrorCode::ALL {
            assert_eq!((ErrorCode::from_name(name), code.to_string().as_str()), (code, name));
        }
        for name in ["", "Invalid credentials", "INVALID_GRANT", "invalid_grant "] {
            assert_eq!(ErrorCode::from_name(name), ErrorCode::Other, "{name:?}");
        }
    }

    #[test]
    fn three_codes_may_pass() {
        let transient: Vec<&str> =
            ErrorCode::ALL.iter().filter(|(code, _)| code.is_transient()).map(|(_, name)| *name).collect();
        assert_eq!(transient, ["server_error", "slow_down", "temporarily_unavailable"]);
    }
}

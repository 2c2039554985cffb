//! Owns what is remembered of an issued API key: never the key itself, which is a signed token that only its holder has.

use grantkeep_core::{Owner, Timestamp};

/// An issued API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its `jti`.
    pub id: String,
    /// Whom it acts for.
    pub owner: Owner,
    /// What it may do: the `scope` claim.
    pub permissions: String,
    /// At which providers only, space separated; everywhere when none.
    pub providers: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

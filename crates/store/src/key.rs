//! Owns what is remembered of an issued API key: never the key itself, which is a signed token that only its holder has.

use grantkeep_core::{Owner, Timestamp};
use thiserror::Error;

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

/// An API key whose row does not read as what its columns say. It counts as revoked: one that was must not live again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("row {id} of table api_key is damaged: {column}")]
pub struct DamagedKey {
    /// Its `jti`, as far as it reads.
    pub id: String,
    /// The column that does not read.
    pub column: &'static str,
}

/// What one row says: an API key, unless it is damaged.
pub type KeyRow = Result<ApiKey, DamagedKey>;

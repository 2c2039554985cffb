//! Owns what is remembered of a provider's answer to a refresh, from when it came until it stands in its row.

use grantkeep_core::{CredentialId, Owner, Sealed, Timestamp, Uid};

/// An answer that has no row yet.
#[derive(Clone, Debug)]
pub struct NewSpooled {
    /// Whose answer.
    pub credential: CredentialId,
    /// Whose credential.
    pub owner: Owner,
    /// What its secrets are bound to.
    pub uid: Uid,
    /// Of the token that was renewed.
    pub generation: i64,
    /// Until when whoever asked may still be at it.
    pub leased_until: Timestamp,
    /// The answer, sealed.
    pub answer: Sealed,
    /// When it came.
    pub spooled_at: Timestamp,
}

/// An answer in the spool.
#[derive(Clone, Debug)]
pub struct Spooled {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub entry: NewSpooled,
}

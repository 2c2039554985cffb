//! Owns the encryption of secrets at rest.
//!
//! Envelope: a master key wraps data keys, data keys seal secrets (AES-256-GCM-SIV, aws-lc-rs). Every sealed value is bound to
//! its [`Place`]: moved to another row, column or owner, or put back after the token was replaced, it does not open.
//! The database holds wrapped data keys only; the master key never touches it.

mod master;
mod place;
mod sealer;

use thiserror::Error;

pub use master::MasterKey;
pub use place::Place;
pub use sealer::{Sealer, WrappedKey};

/// Why a key or a sealed value was refused. Holds nothing of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealFault {
    /// The master key text is not 32 bytes in base64.
    #[error("the master key is not 32 bytes in base64")]
    MalformedMasterKey,
    /// The master key does not open the data keys in the database: another key, or altered rows.
    #[error("the master key does not open this database")]
    WrongMasterKey,
    /// A sealed value was altered, or stands in a place that it was not sealed for.
    #[error("a stored secret does not open: it was altered, or belongs to another place")]
    Tampered,
    /// A sealed value names a data key that is not in the database.
    #[error("a stored secret was sealed with a key that is not in this database")]
    UnknownDataKey,
    /// The cryptographic library failed; with valid inputs this does not happen.
    #[error("the cryptographic library failed")]
    Library,
}

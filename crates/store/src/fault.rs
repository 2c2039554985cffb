//! Owns the reasons why the store could not do something.

use grantkeep_core::{Account, Credential, CredentialId, Provider};
use thiserror::Error;

/// Why the store could not do something. Holds no value of any row.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreFault {
    /// The account already has a credential.
    #[error("the account already has a credential")]
    Conflict,
    /// A row does not read as what its columns say: damaged, or edited by hand. Of credentials, see [`StoreFault::Damaged`].
    #[error("row {id} of table {table} is damaged: {column}")]
    Corrupt {
        /// Table of the row.
        table: &'static str,
        /// Its id.
        id: i64,
        /// The column that does not read.
        column: &'static str,
    },
    /// A credential's row is damaged.
    #[error(transparent)]
    Damaged(Box<DamagedCredential>),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The database was made by a newer version.
    #[error("the database was written by a newer version of grantkeep (schema {found}, this one knows {known})")]
    Newer {
        /// Schema version of the file.
        found: i64,
        /// Schema version of this program.
        known: i64,
    },
    /// The owner has as many authorizations under way as one may have.
    #[error("too many authorizations are under way")]
    TooMany,
    /// The file is a database of another program.
    #[error("the file is not a grantkeep database")]
    NotOurs,
    /// Reading or writing failed.
    #[error("the database could not be read or written ({0})")]
    Unavailable(&'static str),
    /// No row may hold such a value: it is too long, or out of bounds. Trying again would change nothing.
    #[error("a value cannot be stored: it is too long, or out of bounds")]
    Unstorable,
    /// The row has moved on since it was read.
    #[error("the credential was changed by somebody else meanwhile")]
    Stale,
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreFault {
    /// Whether the same write may succeed later: what came once is tried again then.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Full | Self::Unavailable(_))
    }

    /// Whether the engine did its work, and what stands in a row is the reason.
    pub(crate) const fn is_of_a_row(&self) -> bool {
        matches!(self, Self::Conflict | Self::Corrupt { .. } | Self::Damaged(_) | Self::Stale | Self::TooMany)
    }
}

/// A credential whose row does not read as what its columns say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("row {id} of table credential is damaged: {column}")]
pub struct DamagedCredential {
    /// Its id.
    pub id: CredentialId,
    /// The column that does not read.
    pub column: &'static str,
    /// Where it comes from, if that reads.
    pub provider: Option<Provider>,
    /// Its name, if that reads.
    pub account: Option<Account>,
}

/// What one row says: a credential, unless it is damaged.
pub type Row = Result<Credential, DamagedCredential>;

/// Which one it is, damaged or not.
pub fn id_of(row: &Row) -> CredentialId {
    row.as_ref().map_or_else(|damaged| damaged.id, |credential| credential.id)
}

impl From<DamagedCredential> for StoreFault {
    fn from(damaged: DamagedCredential) -> Self {
        Self::Damaged(Box::new(damaged))
    }
}

impl From<rusqlite::Error> for StoreFault {
    /// The engine's own text may quote values, so only its code is kept.
    fn from(error: rusqlite::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&rusqlite::Error> for StoreFault {
    fn from(error: &rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        let constraint = error.sqlite_error().map_or(0, |error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => match constraint {
                ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Self::Conflict,
                _ => Self::Unstorable,
            },
            Some(ErrorCode::TooBig) => Self::Unstorable,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::CannotOpen) => Self::Unavailable("cannot open"),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Unavailable("locked by another program"),
            Some(ErrorCode::DatabaseCorrupt) => Self::Unavailable("damaged"),
            Some(ErrorCode::NotADatabase) => Self::NotOurs,
            Some(ErrorCode::PermissionDenied) => Self::Unavailable("permission denied"),
            Some(ErrorCode::ReadOnly) => Self::Unavailable("read-only"),
            Some(ErrorCode::SystemIoFailure) => Self::Unavailable("input/output error"),
            _ => Self::Unavailable("unexpected answer of the engine"),
        }
    }
}

//! Owns the types of notices on their way, and of the links in them.

use grantkeep_core::{CredentialId, Digest, Owner, Timestamp, Uid, notice::Tidings};

/// Something to be told over one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// The message it belongs to; those of one message go together.
    pub message: String,
    /// Over which channel.
    pub channel: String,
    /// Whose credential.
    pub owner: Owner,
    /// Which.
    pub credential: CredentialId,
    /// What.
    pub tidings: Tidings,
    /// When it was found out.
    pub at: Timestamp,
    /// When the token ends that it is about.
    pub expires_at: Option<Timestamp>,
}

/// The same in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number; grows.
    pub id: i64,
    /// What is to be told.
    pub notice: NewNotice,
    /// How often that was tried.
    pub tries: u32,
}

/// What a one-tap link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalTicket {
    /// Its digest.
    pub ticket: Digest,
    /// Whose credential.
    pub owner: Owner,
    /// Which credential it may renew.
    pub credential: CredentialId,
    /// Which that was when the link was made.
    pub uid: Uid,
    /// When it is too late.
    pub expires_at: Timestamp,
}

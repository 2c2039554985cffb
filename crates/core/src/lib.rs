//! Words and rules of Grantkeep: what a credential is, what is known about it, what follows from that, and what people paste.
//!
//! Pure: no I/O, no clock, no randomness, no async. Time and chance come in as arguments.

pub mod authorization;
pub mod credential;
pub mod event;
pub mod evidence;
pub mod forecast;
pub mod name;
pub mod notice;
pub mod outgoing;
pub mod redirect;
pub mod renewal;
#[cfg(test)]
mod sample;
pub mod schedule;
pub mod secret;
pub mod status;
pub mod time;

pub use authorization::{Authorization, AuthorizationId, Digest, Flow, NewAuthorization, Progress};
pub use credential::{Credential, CredentialId, Expiry, Grant, Scope, Sealed, Subject, TokenKind, Uid};
pub use evidence::{Evidence, Outcome, Reading};
pub use name::{Account, NameFault, Owner, Provider, ProviderName};
pub use outgoing::{Answer, NoAnswer, Outgoing, Payload, Purpose};
pub use renewal::{Renewal, Trouble, TroubleKind};
pub use secret::Secret;
pub use status::{State, Status};
pub use time::{Lifetime, Timestamp};

//! Owns what is remembered of an application that we registered at a server: one for each (server, redirect URI, scopes).

use grantkeep_core::{Sealed, Timestamp, Uid};

/// An application registered by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The server's origin.
    pub server: Box<str>,
    /// The redirect URI that it was registered with.
    pub redirect_uri: Box<str>,
    /// The scopes that it was registered with, separated by spaces.
    pub scopes: Box<str>,
    /// What its secret is bound to.
    pub uid: Uid,
    /// `client_id`.
    pub client_id: Box<str>,
    /// `client_secret`, sealed.
    pub client_secret: Sealed,
    /// When it was registered.
    pub registered_at: Timestamp,
}

//! Owns what discovery found out about a server: what it runs and where its OAuth endpoints are.
//!
//! Every endpoint is on the server itself. A token, a code or a client's secret of one server is never sent to another.

use grantkeep_oauth::metadata::Metadata;
use grantkeep_oauth::{Endpoint, Scopes};

use crate::scope::{self, ScopeFault};
use crate::{Server, Software};

/// A server that can be signed in at.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where it is. Not always what was typed: a handle's domain may point elsewhere.
    pub server: Server,
    /// What it runs.
    pub software: Software,
    /// Its version as it says: at most 32 visible ASCII characters, for people.
    pub version: Option<Box<str>>,
    /// Its OAuth endpoints.
    pub endpoints: Endpoints,
    /// Its metadata document, where it has one.
    pub metadata: Option<Box<Metadata>>,
}

/// Where the steps of a sign-in go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// For the person's browser.
    pub authorization: Endpoint,
    /// For codes and refresh tokens.
    pub token: Endpoint,
    /// For withdrawing a token.
    pub revocation: Endpoint,
}

impl Site {
    /// The scopes to register and to ask for here: see [`scope::choose`].
    pub fn scopes(&self, asked: Option<&Scopes>) -> Result<Scopes, ScopeFault> {
        let listed = self.metadata.as_ref().and_then(|metadata| metadata.scopes_supported.as_ref());
        let supported: Option<Scopes> = listed.map(|listed| listed.iter().map(String::as_str).collect());
        scope::choose(self.software, supported.as_ref(), asked)
    }
}

impl Endpoints {
    /// Where they are on every server that does not say otherwise (docs.joinmastodon.org/methods/oauth).
    pub fn usual(server: &Server) -> Self {
        let endpoint = |name| Endpoint::under(server.origin(), name);
        Self {
            authorization: endpoint("oauth/authorize"),
            token: endpoint("oauth/token"),
            revocation: endpoint("oauth/revoke"),
        }
    }
}

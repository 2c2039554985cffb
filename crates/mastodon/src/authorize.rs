//! Owns the page that a person is sent to: the authorization request as this family of servers takes it.
//!
//! PKCE always goes along: where it is not understood it is dropped. A state goes along with every redirect, and never with a
//! code that is shown for copying: snac would show it as a part of the code.

use grantkeep_oauth::{Authorize, Challenge, Endpoint, ResponseType, Scopes};
use url::Url;

/// The redirect URI by which a server shows the code instead of sending it (docs.joinmastodon.org/methods/oauth).
pub const SHOWN: &str = "urn:ietf:wg:oauth:2.0:oob";

/// What a person is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The authorization endpoint.
    pub endpoint: &'a Endpoint,
    /// The registered `client_id`.
    pub client_id: &'a str,
    /// The registered redirect URI, byte for byte; [`SHOWN`] to have the code shown.
    pub redirect_uri: &'a str,
    /// The registered scopes.
    pub scopes: &'a Scopes,
    /// The text of the state.
    pub state: &'a str,
    /// The challenge whose verifier will be sent with the code.
    pub challenge: &'a Challenge,
    /// Whether to show the question even to somebody who has answered it before. It does not let another account sign in:
    /// that takes a private window (Mastodon 4.3 to 4.6).
    pub ask_again: bool,
}

impl Request<'_> {
    /// The URL to open.
    pub fn url(&self) -> Url {
        let again = [("force_login", "true")];
        let scope = self.scopes.to_string();
        let authorize = Authorize {
            endpoint: self.endpoint,
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            display: None,
            scope: Some(&scope).filter(|scope| !scope.is_empty()).map(String::as_str),
            response_type: ResponseType::Code,
            state: Some(self.state).filter(|_| self.redirect_uri != SHOWN),
            challenge: Some(self.challenge),
            extra: if self.ask_again { &again[..] } else { &[] },
        };
        authorize.url()
    }
}

#[cfg(test)]
mod tests;

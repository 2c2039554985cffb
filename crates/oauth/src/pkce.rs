//! Owns the proof of key for the code exchange (RFC 7636), by S256 alone: `plain` is never sent and never fallen back to.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grantkeep_core::Secret;

use crate::state;

/// `code_verifier`: stays with us until the exchange.
#[derive(Debug)]
pub struct Verifier(Secret);

/// `code_challenge`: goes through the browser, and gives nothing away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Verifier {
    /// From 32 random bytes: 43 characters of base64url (§4.1).
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(state::random_text(bytes))
    }

    /// A verifier that was kept while the browser was away.
    pub fn from_kept(text: Secret) -> Self {
        Self(text)
    }

    /// Its challenge: base64url of SHA-256, without padding (§4.2).
    pub fn challenge(&self) -> Challenge {
        Challenge(URL_SAFE_NO_PAD.encode(state::sha256(self.0.expose().as_bytes())))
    }

    /// The text, to be kept or sent.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl Challenge {
    /// `code_challenge_method`.
    pub const METHOD: &'static str = "S256";

    /// The parameter's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;

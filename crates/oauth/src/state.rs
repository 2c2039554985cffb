//! Owns `state` (RFC 6749 §10.12) and the digest by which it, tickets and binding cookies are known to us.
//!
//! 256 random bits as 43 characters of base64url: nothing else is in them, so that a server that forgets to encode them does no
//! harm. Only the digest is ever stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
pub use grantkeep_core::Digest;
use grantkeep_core::Secret;

/// The digest of a text.
pub fn digest(text: &str) -> Digest {
    Digest(sha256(text.as_bytes()))
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    sum
}

/// A value that only the browser that was sent away can bring back.
#[derive(Debug)]
pub struct State(Secret);

impl State {
    /// From 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(random_text(bytes))
    }

    /// The text, for the authorize URL.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// What is stored of it.
    pub fn digest(&self) -> Digest {
        digest(self.0.expose())
    }
}

/// 32 random bytes as 43 characters of base64url.
pub(crate) fn random_text(bytes: [u8; 32]) -> Secret {
    let bytes = zeroize::Zeroizing::new(bytes);
    // Made with room at once: a text that grows leaves copies behind.
    let mut text = String::with_capacity(64);
    URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
    Secret::from(text)
}

#[cfg(test)]
mod tests;

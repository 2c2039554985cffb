//! Owns the secret that JWTs are signed with.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use grantkeep_core::Secret;
use jsonwebtoken::{DecodingKey, EncodingKey};
use thiserror::Error;
use zeroize::Zeroizing;

/// What the key for calendars is derived from the secret with.
const FEEDS: &[u8] = b"grantkeep calendar addresses 1";

/// Why a JWT secret was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwtSecretFault {
    /// What follows `base64:` is not base64.
    #[error("what follows `base64:` is not base64")]
    NotBase64,
    /// It has fewer than 32 bytes.
    #[error("it has fewer than 32 bytes")]
    TooShort,
}

/// The HS256 secret: 32 bytes or more; judged by length only.
pub struct JwtSecret {
    pub(super) decoding: DecodingKey,
    pub(super) encoding: EncodingKey,
    /// What the secrets of calendars are derived with.
    pub(super) feeds: hmac::Key,
}

impl JwtSecret {
    /// From its text: taken as its raw bytes, or decoded after a `base64:` prefix.
    pub fn from_text(text: &Secret) -> Result<Self, JwtSecretFault> {
        let bytes = match text.expose().strip_prefix("base64:") {
            Some(encoded) => STANDARD.decode(encoded.trim()).map_err(|_| JwtSecretFault::NotBase64)?,
            None => text.expose().as_bytes().to_vec(),
        };
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < 32 {
            return Err(JwtSecretFault::TooShort);
        }
        // A key of its own, so that nothing that is signed as a JWT is ever an address.
        let feeds = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), FEEDS);
        Ok(Self {
            decoding: DecodingKey::from_secret(&bytes),
            encoding: EncodingKey::from_secret(&bytes),
            feeds: hmac::Key::new(hmac::HMAC_SHA256, feeds.as_ref()),
        })
    }
}

impl fmt::Debug for JwtSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSecret(…)")
    }
}

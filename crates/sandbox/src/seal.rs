//! Owns chance and sealed claims: random ids, and tokens that say all there is to know about themselves, so that nothing is
//! stored and a token outlives a restart of the sandbox.
//!
//! Claims are sealed with AES-256-GCM under a key that is written below: whoever reads this can make such tokens, which is
//! fine, because they open nothing but a sandbox. What is sealed looks as random as a provider's tokens do and cannot be
//! changed by half: a token that was cut or mistyped is not understood.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Not a secret.
const KEY: &[u8; 32] = b"grantkeep sandbox: not a secret!";

const NONCE: usize = 12;

/// Seals claims for one purpose. Fails only when the system has no randomness.
pub(crate) fn seal(purpose: &str, mut claims: Vec<u8>) -> Result<Vec<u8>, Unspecified> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, KEY)?;
    let nonce = key.seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut claims)?;
    Ok([nonce.as_ref().as_slice(), &claims].concat())
}

/// Opens what was sealed for that purpose; none when it was not, or is not whole.
pub(crate) fn open(purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = sealed.to_vec();
    let key = RandomizedNonceKey::new(&AES_256_GCM, KEY).ok()?;
    let claims = key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut sealed).ok()?;
    Some(claims.to_vec())
}

/// Seals text as base64url. Its length is that of the text and 28 bytes more, times four thirds.
pub(crate) fn seal_text(purpose: &str, text: impl Into<Vec<u8>>) -> Result<String, Unspecified> {
    Ok(base64url(&seal(purpose, text.into())?))
}

/// Opens what [`seal_text`] sealed for that purpose.
pub(crate) fn open_text(purpose: &str, sealed: &str) -> Option<String> {
    String::from_utf8(open(purpose, &BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?)?).ok()
}

/// So many random bytes, as base64url without padding.
pub(crate) fn random(bytes: usize) -> Result<String, Unspecified> {
    let mut chance = vec![0; bytes];
    aws_lc_rs::rand::fill(&mut chance)?;
    Ok(base64url(&chance))
}

/// So many random letters of an alphabet, of at most 256.
pub(crate) fn random_letters(alphabet: &[u8], letters: usize) -> Result<String, Unspecified> {
    let mut chance = vec![0; letters];
    aws_lc_rs::rand::fill(&mut chance)?;
    // A slight preference for the first letters does not matter here.
    let letter = |byte: &u8| alphabet.get(usize::from(*byte) % alphabet.len().max(1)).copied().map(char::from);
    Ok(chance.iter().filter_map(letter).collect())
}

/// SHA-256 as base64url without padding: also PKCE's S256 (RFC 7636 §4.2).
pub(crate) fn sha256(text: &str) -> String {
    base64url(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// The first 16 hexadecimal digits of SHA-256.
pub(crate) fn fingerprint(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    hex(digest.as_ref().get(..8).unwrap_or_default())
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_its_purpose_alone() {
        let sealed = seal_text("refresh", "anna|read").unwrap();
        assert_eq!(open_text("refresh", &sealed).as_deref(), Some("anna|read"));
        assert_eq!(open_text("access", &sealed), None);
        assert_eq!(open_text("refresh", &sealed[1..]), None);
        assert_eq!(open_text("refresh", "é"), None);
        assert_ne!(seal_text("refresh", "anna|read").unwrap(), sealed);
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(sha256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(fingerprint(""), "e3b0c44298fc1c14");
    }
}

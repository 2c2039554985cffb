//! Owns signed statements: JWTs with RS256 under a key made once in each process, and its JWK set (RFC 7515, RFC 7517).
//!
//! Making the key takes a moment, so it is made when the first statement is. After a restart there is another key.

use std::sync::LazyLock;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::seal::{base64url, sha256};

static KEY: LazyLock<Option<KeyPair>> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).ok());

/// Where the modulus of a 2048-bit key is in its PKCS #1 DER form: after the headers of the sequence and of the number.
const MODULUS: std::ops::Range<usize> = 9..9 + 256;

/// The exponent of every key that is made here, 65537.
const EXPONENT: &str = "AQAB";

/// Signs these claims. Fails only when no key could be made.
pub(crate) fn sign(claims: &Value) -> Result<String, Unspecified> {
    let key = KEY.as_ref().ok_or(Unspecified)?;
    let header = json!({"alg": "RS256", "kid": kid(key)?, "typ": "JWT"});
    let text = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)?;
    Ok(format!("{text}.{}", base64url(&signature)))
}

/// The claims of a statement of ours; none when it is not, or was changed.
pub(crate) fn read(token: &str) -> Option<Value> {
    let (text, signature) = token.rsplit_once('.')?;
    let key = KEY.as_ref()?.public_key();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref()).verify(text.as_bytes(), &signature).ok()?;
    let (_, claims) = text.split_once('.')?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// The key that statements can be verified with, as a JWK set.
pub(crate) fn jwks() -> Result<Value, Unspecified> {
    let key = KEY.as_ref().ok_or(Unspecified)?;
    let keys = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid(key)?, "n": modulus(key)?, "e": EXPONENT});
    Ok(json!({ "keys": [keys] }))
}

fn modulus(key: &KeyPair) -> Result<String, Unspecified> {
    key.public_key().as_ref().get(MODULUS).map(base64url).ok_or(Unspecified)
}

/// The key's thumbprint (RFC 7638).
fn kid(key: &KeyPair) -> Result<String, Unspecified> {
    Ok(sha256(&format!(r#"{{"e":"{EXPONENT}","kty":"RSA","n":"{}"}}"#, modulus(key)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_back_and_not_when_it_was_changed() {
        let token = sign(&json!({"sub": "anna"})).unwrap();
        assert_eq!(read(&token), Some(json!({"sub": "anna"})));
        let (header, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let other = base64url(br#"{"sub":"boris"}"#);
        for changed in [format!("{header}.{other}.{signature}"), format!("{token}A"), String::new(), "a.b.c".to_owned()]
        {
            assert_eq!(read(&changed), None, "{changed}");
        }
    }

    #[test]
    fn the_published_key_verifies_what_was_signed() {
        use aws_lc_rs::signature::RsaPublicKeyComponents;
        let token = sign(&json!({})).unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let set = jwks().unwrap();
        let part = |name: &str| decode(set["keys"][0][name].as_str().unwrap());
        let key = RsaPublicKeyComponents { n: part("n"), e: part("e") };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &decode(signature)).unwrap();
    }
}

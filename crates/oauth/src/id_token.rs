//! Owns the claims of an ID token that came directly from the token endpoint over TLS.
//!
//! This is not a check of its signature: for that one way of receiving it, the TLS connection takes the signature's place
//! (OpenID Connect Core §3.1.3.7, item 6). Never read a token here that came in any other way, such as through a browser.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grantkeep_core::{Secret, Timestamp};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::json::{self, Known, Node, Object};
use crate::{Tolerance, issuer, text};

/// What the token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`: the issuer that the flow was begun with.
    pub issuer: &'a str,
    /// How `iss` is compared.
    pub tolerance: Tolerance,
    /// `aud`: our `client_id`.
    pub client_id: &'a str,
    /// `nonce`, if one was sent.
    pub nonce: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

/// Whom the token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`.
    pub sub: String,
    /// `preferred_username`.
    pub preferred_username: Option<String>,
    /// `name`.
    pub name: Option<String>,
}

/// Why an ID token must not be used. No token of the same answer may be used then either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdTokenFault {
    /// Signed in no way that we know, or not at all.
    #[error("the ID token is not signed in a way that is known")]
    Algorithm,
    /// Meant for somebody else.
    #[error("the ID token is for another client")]
    Audience,
    /// It has rules that must be understood, and are not (RFC 7515 §4.1.11).
    #[error("the ID token has rules that are not understood")]
    Critical,
    /// Its time is up.
    #[error("the ID token has expired")]
    Expired,
    /// From another issuer.
    #[error("the ID token is from another issuer")]
    Issuer,
    /// Not three parts of base64url with JSON objects in them, or too long.
    #[error("the ID token is malformed")]
    Malformed,
    /// A claim that must be there is not.
    #[error("the ID token has no {0}")]
    Missing(&'static str),
    /// Its time has not come yet.
    #[error("the ID token is from the future")]
    NotYet,
    /// An answer to another request.
    #[error("the ID token answers another request")]
    Nonce,
}

/// Longest token, in bytes.
const LONGEST: usize = 64 * 1024;

/// How far clocks may be apart, in seconds.
const LEEWAY: f64 = 60.0;

/// Algorithms by which an ID token may be signed; `none` is not among them.
const ALGORITHMS: [&str; 15] = [
    "ES256", "ES256K", "ES384", "ES512", "Ed25519", "EdDSA", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512",
    "RS256", "RS384", "RS512",
];

/// The members that are read, of the header and of the claims.
const HEADER: Known = &["alg", "crit"];
const CLAIMS: Known = &["aud", "azp", "exp", "iat", "iss", "name", "nbf", "nonce", "preferred_username", "sub"];

/// Reads the claims, and checks them as OpenID Connect Core §3.1.3.7 says, but for the signature.
pub fn read(token: &Secret, expected: &Expected<'_>) -> Result<Claims, IdTokenFault> {
    let (header, claims) = parse(token)?;
    if header.get("crit").is_some() {
        return Err(IdTokenFault::Critical);
    }
    if !header.text("alg").is_some_and(|name| ALGORITHMS.contains(&name)) {
        return Err(IdTokenFault::Algorithm);
    }
    let iss = claims.text("iss").ok_or(IdTokenFault::Missing("iss"))?;
    if !issuer::is_same(iss, expected.issuer, expected.tolerance) {
        return Err(IdTokenFault::Issuer);
    }
    check_audience(&claims, expected.client_id)?;
    check_times(&claims, expected.now)?;
    if expected.nonce.is_some() && claims.text("nonce") != expected.nonce {
        return Err(IdTokenFault::Nonce);
    }
    let name = |name| claims.text(name).filter(|text| text::is_name(text)).map(str::to_owned);
    Ok(Claims {
        sub: name("sub").ok_or(IdTokenFault::Missing("sub"))?,
        preferred_username: name("preferred_username"),
        name: name("name"),
    })
}

/// The header and the claims of a token in its compact form (RFC 7515 §3.1).
fn parse(token: &Secret) -> Result<(Object, Object), IdTokenFault> {
    let mut parts = token.expose().split('.');
    let (Some(header), Some(claims), Some(_signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(IdTokenFault::Malformed);
    };
    if token.len() > LONGEST {
        return Err(IdTokenFault::Malformed);
    }
    let open = |part: &str, known| {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).map_err(|_| IdTokenFault::Malformed)?);
        json::object(&bytes, known).map_err(|_| IdTokenFault::Malformed)
    };
    Ok((open(header, HEADER)?, open(claims, CLAIMS)?))
}

/// `aud` must name us; with others beside us `azp` must be there, and wherever it is, it must be us (items 3 to 5).
fn check_audience(claims: &Object, client_id: &str) -> Result<(), IdTokenFault> {
    let (is_ours, is_alone) = match claims.get("aud") {
        None => return Err(IdTokenFault::Missing("aud")),
        Some(Node::List(names)) => {
            let mut known = claims.texts("aud").into_iter().flatten();
            (known.any(|name| name == client_id), names.len() == 1)
        }
        Some(_) => (claims.text("aud") == Some(client_id), true),
    };
    let azp_fits = match claims.get("azp") {
        None => is_alone,
        Some(_) => claims.text("azp") == Some(client_id),
    };
    if is_ours && azp_fits { Ok(()) } else { Err(IdTokenFault::Audience) }
}

/// `exp` and `iat` must be there (§2); `nbf` may be.
fn check_times(claims: &Object, now: Timestamp) -> Result<(), IdTokenFault> {
    let now = now.unix() as f64;
    let instant = |name| match claims.get(name) {
        Some(node @ (Node::Number(_) | Node::Unsigned(_))) => Ok(node.number()),
        Some(_) => Err(IdTokenFault::Malformed),
        None => Ok(None),
    };
    if now >= instant("exp")?.ok_or(IdTokenFault::Missing("exp"))? + LEEWAY {
        return Err(IdTokenFault::Expired);
    }
    let begins = [Some(instant("iat")?.ok_or(IdTokenFault::Missing("iat"))?), instant("nbf")?];
    if begins.into_iter().flatten().any(|begin| begin > now + LEEWAY) {
        return Err(IdTokenFault::NotYet);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

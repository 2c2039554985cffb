//! Owns who a caller is: verifies JWTs, remembers verified ones, and issues API keys.
//!
//! HS256 with our secret and nothing else. A verified token is remembered by its SHA-256, never by itself; its times and its
//! revocation are looked at on every request.

mod claim;
mod feed;
mod permission;
mod secret;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grantkeep_core::{Owner, Provider, Secret, Timestamp};
use http::HeaderValue;
use jsonwebtoken::{Algorithm, Validation};
use quick_cache::sync::Cache;

pub(crate) use feed::{Feeds, is_feed, remembered};
pub(crate) use permission::Permissions;
pub use secret::{JwtSecret, JwtSecretFault};

use crate::request::{Caller, KeyInUse, actor_of};
use claim::{AUDIENCE, Claims, Header, Issued, Words};

/// Longest JWT that is looked at.
const LONGEST: usize = 8 * 1024;

/// Clocks may differ by so much.
const LEEWAY: i64 = 30;

/// Verified tokens that are remembered.
const REMEMBERED: usize = 10_000;

/// Why nobody was signed in. The caller is told no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotSignedIn;

/// What was read from a token whose signature is ours.
struct Verified {
    caller: Arc<Caller>,
    expires_at: i64,
    not_before: i64,
}

/// What a key may do that is to be issued.
#[derive(Debug)]
pub(crate) struct NewKey<'a> {
    pub(crate) id: &'a str,
    pub(crate) owner: &'a Owner,
    pub(crate) permissions: &'a str,
    pub(crate) providers: Option<&'a str>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Verifies and issues.
pub(crate) struct Authority {
    secret: JwtSecret,
    validation: Validation,
    verified: Cache<[u8; 32], Arc<Verified>>,
    revoked: RwLock<HashSet<String>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    pub(crate) fn new(secret: JwtSecret, revoked: impl IntoIterator<Item = String>) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times and audience are judged here, by our own rules and on every use, not once when the signature is.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let revoked = RwLock::new(revoked.into_iter().collect());
        Self { secret, validation, verified: Cache::new(REMEMBERED), revoked }
    }

    /// Who sends this `Authorization` header at `now`.
    pub(crate) fn caller(&self, header: Option<&HeaderValue>, now: Timestamp) -> Result<Arc<Caller>, NotSignedIn> {
        let token = bearer(header.ok_or(NotSignedIn)?.as_bytes())?;
        let hash: [u8; 32] = digest(&SHA256, token.as_bytes()).as_ref().try_into().map_err(|_| NotSignedIn)?;
        let verified = match self.verified.get(&hash) {
            Some(verified) => verified,
            None => {
                let verified = Arc::new(self.verify(well_formed(token)?)?);
                self.verified.insert(hash, Arc::clone(&verified));
                verified
            }
        };
        let live = now.unix() < verified.expires_at.saturating_add(LEEWAY)
            && now.unix() >= verified.not_before.saturating_sub(LEEWAY);
        let key_id = verified.caller.key.as_ref().map(|key| &*key.id);
        if live && !self.is_revoked(key_id) { Ok(Arc::clone(&verified.caller)) } else { Err(NotSignedIn) }
    }

    fn verify(&self, token: &str) -> Result<Verified, NotSignedIn> {
        let (header, _) = token.split_once('.').ok_or(NotSignedIn)?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| NotSignedIn)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| NotSignedIn)?;
        if header.alg != "HS256" || header.has_crit {
            return Err(NotSignedIn);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.secret.decoding, &self.validation)
            .map_err(|_| NotSignedIn)?
            .claims;
        let ours = claims.aud.is_or_has(AUDIENCE);
        // Whatever is not understood here allows less, never more.
        let providers = (ours && !matches!(claims.providers, Words::None)).then(|| claims.providers.joined());
        let providers = providers.map(|names| names.split_ascii_whitespace().filter_map(Provider::from_name).collect());
        let earliest = [claims.nbf, claims.iat].into_iter().flatten().map(|date| date.0).max();
        let key_id = claims.jti.one().filter(|_| ours);
        Ok(Verified {
            caller: Arc::new(Caller {
                owner: Owner::new(&claims.sub).map_err(|_| NotSignedIn)?,
                may: Permissions::of_scope(&claims.scope.joined()),
                providers,
                actor: actor_of(key_id),
                key: key_id.map(KeyInUse::new),
            }),
            expires_at: claims.exp.0,
            not_before: earliest.unwrap_or(i64::MIN),
        })
    }

    fn is_revoked(&self, key_id: Option<&str>) -> bool {
        let Some(key_id) = key_id else { return false };
        self.revoked.read().unwrap_or_else(PoisonError::into_inner).contains(key_id)
    }

    /// Ends a key at once.
    pub(crate) fn revoke(&self, key_id: &str) {
        self.revoked.write().unwrap_or_else(PoisonError::into_inner).insert(key_id.to_owned());
    }

    /// Signs a key.
    pub(crate) fn issue(&self, key: &NewKey<'_>) -> Option<Secret> {
        let claims = Issued {
            sub: key.owner.as_str(),
            aud: AUDIENCE,
            jti: key.id,
            iat: key.issued_at.unix(),
            exp: key.expires_at.unix(),
            scope: key.permissions,
            providers: key.providers,
        };
        let header = jsonwebtoken::Header::new(Algorithm::HS256);
        jsonwebtoken::encode(&header, &claims, &self.secret.encoding).ok().map(Secret::from)
    }
}

/// The token of `Bearer <token>` (RFC 6750 §2.1).
fn bearer(header: &[u8]) -> Result<&str, NotSignedIn> {
    let text = std::str::from_utf8(header).map_err(|_| NotSignedIn)?;
    let (scheme, token) = text.split_once(' ').ok_or(NotSignedIn)?;
    if scheme.eq_ignore_ascii_case("bearer") && token.len() <= LONGEST { Ok(token) } else { Err(NotSignedIn) }
}

/// The same token, when it has the form of a signed JWT: three parts of base64url.
fn well_formed(token: &str) -> Result<&str, NotSignedIn> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let dots = token.bytes().filter(|byte| *byte == b'.').count();
    if dots == 2 && token.bytes().all(plain) { Ok(token) } else { Err(NotSignedIn) }
}

#[cfg(test)]
mod tests;

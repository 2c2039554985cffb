//! Owns the sandbox's tokens. A token says all there is to know about itself, so nothing is stored and a token outlives a
//! restart of the sandbox.
//!
//! The claims are sealed with AES-256-GCM under a key that is written below: whoever reads this can make such tokens, which
//! is fine, because they open nothing but a sandbox. What is sealed looks as random as VK's tokens do and cannot be changed
//! by half: a token that was cut or mistyped is not understood.

use std::net::IpAddr;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use grantkeep_core::{Lifetime, Secret, Timestamp};

use crate::behaviour::Behaviour;
use crate::scope::Scope;

/// Not a secret.
const KEY: &[u8; 32] = b"grantkeep sandbox: not a secret!";

/// Sealed claims are padded to this many bytes and up to [`SPREAD`] more: with nonce, tag, base64 and prefix a token then
/// has 198 to 220 characters, as VK's were measured. Longer claims make a longer token.
const PADDED: usize = 116;
const SPREAD: u8 = 17;

const NONCE: usize = 12;

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Community,
    Service,
    User,
    VkId,
}

impl Kind {
    /// Each kind with its name in `POST /sandbox/tokens` and its letter inside tokens.
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Community, "community", "c"),
        (Self::Service, "service", "s"),
        (Self::User, "user", "u"),
        (Self::VkId, "vk_id", "i"),
    ];

    /// The kind of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(kind, _, _)| *kind)
    }

    fn letter(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _, _)| *kind == self).map_or("", |(_, _, letter)| letter)
    }

    /// What tokens of this kind begin with; a service key is bare hex.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Community | Self::User => "vk1.a.",
            Self::Service => "",
            Self::VkId => "vk2.a.",
        }
    }
}

/// What a token says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) kind: Kind,
    /// The person, community or application.
    pub(crate) subject: u64,
    pub(crate) scope: Scope,
    pub(crate) issued_at: Timestamp,
    /// Zero: it never ends.
    pub(crate) expires_in: Lifetime,
    /// The only address it can be used from.
    pub(crate) address: Option<IpAddr>,
    /// How calls with it are answered.
    pub(crate) answers: Option<Behaviour>,
    /// How long after its issue `answers` begins to hold.
    pub(crate) answers_after: Lifetime,
}

impl Claims {
    /// When it ends, if it does.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        (!self.expires_in.is_zero()).then(|| self.issued_at.after(self.expires_in))
    }

    /// Makes the token. Fails only when the system has no randomness.
    pub(crate) fn mint(&self) -> Result<Secret, Unspecified> {
        let mut sealed = self.write().into_bytes();
        if self.kind != Kind::Service {
            let mut chance = [0];
            aws_lc_rs::rand::fill(&mut chance)?;
            let [chance] = chance;
            sealed.resize(sealed.len().max(PADDED + usize::from(chance % SPREAD)), b' ');
        }
        let prefix = self.kind.prefix();
        let nonce = RandomizedNonceKey::new(&AES_256_GCM, KEY)?
            .seal_in_place_append_tag(Aad::from(prefix.as_bytes()), &mut sealed)?;
        let raw = [nonce.as_ref().as_slice(), &sealed].concat();
        let text = if prefix.is_empty() { hex(&raw) } else { BASE64_URL_SAFE_NO_PAD.encode(raw) };
        Ok(Secret::from(format!("{prefix}{text}")))
    }

    /// Reads a token; none when it was not made by a sandbox, or is not whole.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let prefix = ["vk1.a.", "vk2.a."].into_iter().find(|prefix| token.starts_with(prefix)).unwrap_or_default();
        let text = token.get(prefix.len()..)?;
        let raw = if prefix.is_empty() { unhex(text)? } else { BASE64_URL_SAFE_NO_PAD.decode(text).ok()? };
        let (nonce, sealed) = raw.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let key = RandomizedNonceKey::new(&AES_256_GCM, KEY).ok()?;
        let claims = key.open_in_place(nonce, Aad::from(prefix.as_bytes()), &mut sealed).ok()?;
        Self::parse(std::str::from_utf8(claims).ok()?)
    }

    fn write(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}|{}|{}|{}",
            self.kind.letter(),
            self.subject,
            self.scope.0,
            self.issued_at.unix(),
            self.expires_in.seconds(),
            self.address.map(|address| address.to_string()).unwrap_or_default(),
            self.answers.map(|answers| answers.to_string()).unwrap_or_default(),
            self.answers_after.seconds(),
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_end().split('|');
        let mut next = || parts.next();
        let letter = next()?;
        Some(Self {
            kind: Kind::ALL.iter().find(|(_, _, known)| *known == letter)?.0,
            subject: next()?.parse().ok()?,
            scope: Scope(next()?.parse().ok()?),
            issued_at: Timestamp::from_unix(next()?.parse().ok()?),
            expires_in: Lifetime::from_seconds(next()?.parse().ok()?),
            address: next().filter(|text| !text.is_empty()).map(str::parse).transpose().ok()?,
            answers: next().filter(|text| !text.is_empty()).and_then(Behaviour::parse),
            answers_after: Lifetime::from_seconds(next()?.parse().ok()?),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests;

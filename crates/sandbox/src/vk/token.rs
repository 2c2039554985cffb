//! Owns the access tokens of the emulated VK. A token says all there is to know about itself, so nothing is stored and a token
//! outlives a restart of the sandbox.

use std::net::IpAddr;

use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use grantkeep_core::{Lifetime, Secret, Timestamp};

use crate::seal::{self, hex, unhex};
use crate::vk::behaviour::Behaviour;
use crate::vk::scope::Scope;

/// Sealed claims are padded to this many bytes and up to [`SPREAD`] more: with nonce, tag, base64 and prefix a token then
/// has 198 to 220 characters, as VK's were measured. Longer claims make a longer token.
const PADDED: usize = 116;
const SPREAD: u8 = 17;

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
#[derive(Clone, Debug, PartialEq)]
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
    /// The session of VK ID that it belongs to; 0: none.
    pub(crate) session: u64,
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
        let raw = seal::seal(prefix, sealed)?;
        let text = if prefix.is_empty() { hex(&raw) } else { BASE64_URL_SAFE_NO_PAD.encode(raw) };
        Ok(Secret::from(format!("{prefix}{text}")))
    }

    /// Reads a token; none when it was not made by a sandbox, or is not whole.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let prefix = ["vk1.a.", "vk2.a."].into_iter().find(|prefix| token.starts_with(prefix)).unwrap_or_default();
        let text = token.get(prefix.len()..)?;
        let raw = if prefix.is_empty() { unhex(text)? } else { BASE64_URL_SAFE_NO_PAD.decode(text).ok()? };
        Self::parse(std::str::from_utf8(&seal::open(prefix, &raw)?).ok()?)
    }

    fn write(&self) -> String {
        format!(
            "{}|{}|{}|{}|{}|{}|{}|{}|{}",
            self.kind.letter(),
            self.subject,
            self.scope.0,
            self.issued_at.unix(),
            self.expires_in.seconds(),
            self.address.map(|address| address.to_string()).unwrap_or_default(),
            self.answers.as_ref().map(ToString::to_string).unwrap_or_default(),
            self.answers_after.seconds(),
            self.session,
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
            answers: next().filter(|text| !text.is_empty()).and_then(Behaviour::of_method),
            answers_after: Lifetime::from_seconds(next()?.parse().ok()?),
            session: next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests;

//! Owns what an authorization is: one attempt to obtain a credential, pending for 10 minutes, used once.
//!
//! Of what travels through a browser only digests stand here; what must be sent back later is sealed.

use std::fmt;

use crate::{Account, CredentialId, Lifetime, Owner, Provider, Sealed, Timestamp, Uid};

/// How long an attempt may take.
pub const PENDING_FOR: Lifetime = Lifetime::from_minutes(10);

/// The name by which the API addresses an authorization. It is no secret: it says nothing about who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuthorizationId(Box<str>);

impl AuthorizationId {
    /// 2 + 32 characters.
    const LENGTH: usize = 34;

    /// From 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        use fmt::Write;
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str("a_");
        for byte in bytes {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// Reads an id of ours.
    pub fn new(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("a_")?;
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == Self::LENGTH && digits.bytes().all(lower_hex)).then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a secret text of ours: a state, a ticket, a binding cookie. Comparing two tells nothing about the texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// How the grant comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// A token for the application itself, which needs nobody (RFC 6749 §4.4).
    ClientCredentials,
    /// A code in the query (RFC 6749 §4.1).
    Code,
    /// A code typed on another device (RFC 8628).
    Device,
    /// The token itself in the fragment (RFC 6749 §4.2).
    Implicit,
    /// VK ID: a code with `device_id`.
    VkId,
}

impl Flow {
    /// Every flow with its name in rows, requests and answers.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::ClientCredentials, "client_credentials"),
        (Self::Code, "code"),
        (Self::Device, "device"),
        (Self::Implicit, "implicit"),
        (Self::VkId, "vk_id"),
    ];

    /// Name in rows, requests and answers.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(flow, _)| *flow == self).map_or("", |(_, name)| name)
    }

    /// The flow of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(flow, _)| *flow)
    }
}

/// How far an authorization has come. Everything but [`Progress::Pending`] and [`Progress::Claimed`] is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progress {
    /// What came back was taken and is being exchanged: nobody else may take it.
    Claimed,
    /// The person declined.
    Denied,
    /// The credential is stored.
    Done,
    /// Nobody came back in time.
    Expired,
    /// It went wrong, and cannot be taken up again.
    Failed,
    /// Waits for the person.
    Pending,
    /// The exchange was sent and its answer lost: nobody knows.
    Unknown,
}

impl Progress {
    /// Every progress with its name in rows.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Claimed, "claimed"),
        (Self::Denied, "denied"),
        (Self::Done, "done"),
        (Self::Expired, "expired"),
        (Self::Failed, "failed"),
        (Self::Pending, "pending"),
        (Self::Unknown, "unknown"),
    ];

    /// Name in rows.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(progress, _)| *progress == self).map_or("", |(_, name)| name)
    }

    /// The progress of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(progress, _)| *progress)
    }

    /// Whether nothing more will come of it.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Claimed | Self::Pending)
    }
}

/// An authorization that has no row yet.
#[derive(Clone, Debug)]
pub struct NewAuthorization {
    /// Its name in the API.
    pub id: AuthorizationId,
    /// What its secrets are bound to.
    pub uid: Uid,
    /// For whom.
    pub owner: Owner,
    /// At which provider.
    pub provider: Provider,
    /// At which of its servers, where it has several.
    pub server: Option<Box<str>>,
    /// Under which name to keep the credential; by default after whom it speaks for.
    pub account: Option<Account>,
    /// How the grant comes.
    pub flow: Flow,
    /// Digest of `state`; none where no state travels.
    pub state: Option<Digest>,
    /// Digest of the ticket in the connect link; none where there is no such link.
    pub ticket: Option<Digest>,
    /// Where the answer comes back to, as it was sent.
    pub redirect_uri: Option<Box<str>>,
    /// Addresses, client and scope as they were when it began, as JSON: what an edited configuration cannot redirect.
    pub frozen: Box<str>,
    /// The authorization URL, the PKCE verifier and the device code, sealed together.
    pub secrets: Sealed,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// One attempt to obtain a credential.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// What it began with.
    pub begun: NewAuthorization,
    /// Digest of the cookie of the browser that spent the ticket.
    pub binding: Option<Digest>,
    /// How far it has come.
    pub progress: Progress,
    /// Our word for why it ended as it did.
    pub cause: Option<Box<str>>,
    /// What it led to.
    pub credential: Option<CredentialId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_nothing_else_does() {
        let id = AuthorizationId::from_random([0xab; 16]);
        assert_eq!(AuthorizationId::new(id.as_str()), Some(id));
        for text in ["", "a_", "a_ABABABABABABABABABABABABABABABAB", "b_abababababababababababababababab", "a_ab/../ab"]
        {
            assert_eq!(AuthorizationId::new(text), None, "{text}");
        }
    }

    #[test]
    fn names_read_back() {
        assert!(Flow::ALL.iter().all(|(flow, name)| flow.as_str() == *name && Flow::from_name(name) == Some(*flow)));
        assert!(Progress::ALL.iter().all(|(it, name)| it.as_str() == *name && Progress::from_name(name) == Some(*it)));
    }
}

//! Owns what a credential is: one grant that we keep, whose it is, and what is known about it.

use std::fmt;

use crate::{Account, Evidence, Owner, Provider, Timestamp};

/// The number by which the API addresses a credential. Never reused; says nothing about who may see it.
pub type CredentialId = i64;

/// 16 random bytes made by the keeper for each credential; what a sealed secret is bound to, because the id does not exist
/// before the row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uid(pub [u8; 16]);

/// A secret encrypted for one place: only the seal crate makes and opens these.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Box<[u8]>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// One grant that we keep.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Number in the API.
    pub id: CredentialId,
    /// What its secrets are bound to.
    pub uid: Uid,
    /// Grows with every write of the row; a write that expects an older one fails.
    pub revision: i64,
    /// Whose it is.
    pub owner: Owner,
    /// Where it comes from.
    pub provider: Provider,
    /// Its name among the owner's credentials at that provider.
    pub account: Account,
    /// Whom it speaks for: confirmed by the provider, or as the pasted text claimed while the provider has not told.
    pub subject: Option<Subject>,
    /// The grant itself.
    pub grant: Grant,
    /// What we know about it.
    pub evidence: Evidence,
    /// When the credential was first stored.
    pub created_at: Timestamp,
    /// When it is to be checked next by itself, if at all.
    pub check_at: Option<Timestamp>,
}

/// A token and what is needed to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What kind of token it is.
    pub kind: TokenKind,
    /// The access token, sealed.
    pub access_token: Sealed,
    /// Grows with every replaced token and is part of what the secret is bound to, so an older blob of the same row does not open.
    pub generation: i64,
    /// When it ends.
    pub expiry: Expiry,
}

/// What kind of token a grant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// A VK community's token: does not expire, not bound to an address.
    VkCommunity,
    /// A VK ID (OAuth 2.1) access token, `vk2.`: one hour.
    VkId,
    /// A VK application's service key: does not expire.
    VkService,
    /// VK has not told yet. Judged like a user's token.
    VkUnknown,
    /// A VK user's token of the implicit flow: 24 hours, bound to an address.
    VkUser,
}

impl TokenKind {
    /// Every kind with its name in rows and answers.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::VkCommunity, "vk_community"),
        (Self::VkId, "vk_id"),
        (Self::VkService, "vk_service"),
        (Self::VkUnknown, "vk_unknown"),
        (Self::VkUser, "vk_user"),
    ];

    /// Name in rows and answers.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// Whom a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A person, by the provider's user id.
    User(u64),
    /// A community, by the provider's group id.
    Community(u64),
    /// The application itself.
    Application,
}

impl Subject {
    /// The user id, when it is a person.
    pub fn user_id(&self) -> Option<u64> {
        match self {
            Self::User(id) => Some(*id),
            Self::Community(_) | Self::Application => None,
        }
    }
}

/// When a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It does not end by the clock.
    Never,
    /// It ends then, as the provider or the pasted text said.
    Stated(Timestamp),
    /// It ends then by what is usual for its kind; nobody said so. Corrected when the provider tells the kind.
    Assumed(Timestamp),
}

impl Expiry {
    /// The instant, if there is one.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::Stated(at) | Self::Assumed(at) => Some(at),
        }
    }
}

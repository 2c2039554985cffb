//! Owns what a credential is: one grant that we keep, whose it is, and what is known about it.

use std::fmt;

use crate::{Account, Evidence, Owner, Provider, Renewal, Timestamp, notice::Told};

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
    /// Which server of the provider issued it, where a provider has several or may be moved: a Mastodon's origin, the issuer of
    /// an OAuth 2.0 server. The token never goes to another.
    pub server: Option<Box<str>>,
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
    /// How its renewal stands.
    pub renewal: Renewal,
    /// What a person has been told about it.
    pub told: Told,
}

/// A token and what is needed to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What kind of token it is.
    pub kind: TokenKind,
    /// The access token, sealed.
    pub access_token: Sealed,
    /// What renews it, sealed, if the provider gave something.
    pub refresh_token: Option<Sealed>,
    /// VK ID's `device_id`, sealed: without it the refresh token is worth nothing.
    pub device_id: Option<Sealed>,
    /// Grows with every replaced token and is part of what the secret is bound to, so an older blob of the same row does not open.
    pub generation: i64,
    /// When it ends.
    pub expiry: Expiry,
    /// What it may do.
    pub scope: Scope,
}

/// What was asked for and what was granted, as the provider writes it; none where nobody said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// What we asked for.
    pub asked: Option<Box<str>>,
    /// What the provider says it granted.
    pub granted: Option<Box<str>>,
}

impl Scope {
    /// Whether something was asked for that was not granted. Where the provider did not say, it granted what was asked
    /// (RFC 6749 §5.1).
    pub fn is_reduced(&self) -> bool {
        let (Some(asked), Some(granted)) = (&self.asked, &self.granted) else { return false };
        let mut words = asked.split([' ', ',']).filter(|word| !word.is_empty());
        words.any(|word| !granted.split([' ', ',']).any(|other| other == word))
    }
}

/// What kind of token a grant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// A token of Mastodon or a relative.
    Mastodon,
    /// A token of a configured OAuth 2.0 server.
    OAuth2,
    /// A token of a configured OAuth 2.0 server for the application itself (RFC 6749 §4.4). It has no refresh token and needs none:
    /// the application asks for another.
    OAuth2Client,
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
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Mastodon, "mastodon"),
        (Self::OAuth2, "oauth2"),
        (Self::OAuth2Client, "oauth2_client"),
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
    /// A person, by an identifier that is text: `109348@mstdn.jp`, the `sub` of an OpenID provider.
    Person(Box<str>),
}

impl Subject {
    /// The largest number that is taken for somebody's: databases have no larger ones.
    pub const LARGEST: u64 = i64::MAX as u64;

    /// The user id, when it is a person.
    pub fn user_id(&self) -> Option<u64> {
        match self {
            Self::User(id) => Some(*id),
            Self::Application | Self::Community(_) | Self::Person(_) => None,
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
    /// Nobody said, and nothing is usual: tokens of OAuth 2.0 servers (RFC 6749 §5.1 only recommends `expires_in`).
    Unstated,
}

impl Expiry {
    /// The instant, if there is one.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Never | Self::Unstated => None,
            Self::Stated(at) | Self::Assumed(at) => Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_reduced_when_a_word_of_it_is_missing() {
        for (asked, granted, reduced) in [
            (Some("read write"), Some("write read"), false),
            (Some("read write"), Some("read write follow"), false),
            (Some("read write"), Some("read"), true),
            (Some("read,write"), Some("read write"), false),
            (Some("read"), Some("read:accounts"), true),
            (Some("read"), Some(""), true),
            (Some(""), Some(""), false),
            (Some("read"), None, false),
            (None, Some("read"), false),
        ] {
            let scope = Scope { asked: asked.map(Into::into), granted: granted.map(Into::into) };
            assert_eq!(scope.is_reduced(), reduced, "{asked:?} {granted:?}");
        }
    }
}

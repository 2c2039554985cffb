//! Owns what a person is told, as plain values: about which credentials, what happened, since when, and the link that mends it.

use grantkeep_core::{Account, Provider, Secret, Timestamp};

/// Something to be told, once. The same message keeps its id however often it is tried, so that receivers can tell a repetition.
#[derive(Debug)]
pub struct Message {
    /// Which message it is.
    pub id: MessageId,
    /// When it was found out.
    pub at: Timestamp,
    /// What it is about.
    pub about: About,
}

/// What a message is about.
#[derive(Debug)]
pub enum About {
    /// One credential.
    Credential(News),
    /// Many at once, so that nobody gets a hundred messages.
    Digest(Vec<News>),
    /// Nothing: somebody tries whether the channel works.
    Test,
}

/// What is new about one credential.
#[derive(Debug)]
pub struct News {
    /// What happened.
    pub kind: Kind,
    /// Where the token is from.
    pub provider: Provider,
    /// Whose it is there.
    pub account: Account,
    /// On which server, for a provider of many, where the account does not tell.
    pub server: Option<String>,
    /// When its time is up, or was. What is left is counted anew at each try.
    pub expires_at: Option<Timestamp>,
    /// The one-tap link that renews it. Whoever has it may use it, so it is a secret.
    pub link: Option<Secret>,
}

/// What happened to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The provider does not accept it any more.
    Dead,
    /// Its time is up.
    Expired,
    /// Its time will be up soon, and it cannot renew itself.
    Expiring,
    /// It works again.
    Recovered,
}

/// The stable id of a message: 1 to 64 of letters, digits, `-` and `_`. So it can be part of what a webhook signs, of a mail's
/// Message-ID, and of a file name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(Box<str>);

impl MessageId {
    /// Longest id, in bytes.
    pub const LONGEST: usize = 64;

    /// Checks an id.
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (matches!(text.len(), 1..=Self::LONGEST) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Message {
    /// The type of event, as programs read it.
    pub const fn event(&self) -> &'static str {
        match &self.about {
            About::Credential(news) => news.kind.event(),
            About::Digest(_) => "credential.digest",
            About::Test => "grantkeep.test",
        }
    }

    /// What it tells, one for each credential.
    pub const fn news(&self) -> &[News] {
        match &self.about {
            About::Credential(news) => std::slice::from_ref(news),
            About::Digest(all) => all.as_slice(),
            About::Test => &[],
        }
    }

    /// The worst of what it tells, as of `now`.
    pub(crate) fn worst(&self, now: Timestamp) -> Kind {
        let kinds = || self.news().iter().map(|news| news.kind_at(now));
        let any = |kind| kinds().any(|one| one == kind);
        [Kind::Dead, Kind::Expired, Kind::Expiring].into_iter().find(|kind| any(*kind)).unwrap_or(Kind::Recovered)
    }

    /// The one link that mends it all, where there is one.
    pub(crate) const fn link(&self) -> Option<&Secret> {
        match &self.about {
            About::Credential(news) => news.link.as_ref(),
            About::Digest(_) | About::Test => None,
        }
    }
}

impl News {
    /// What there is to tell at `now`: a message that was delayed must not promise time that is over.
    pub(crate) fn kind_at(&self, now: Timestamp) -> Kind {
        let over = self.expires_at.is_some_and(|expires_at| expires_at <= now);
        if self.kind == Kind::Expiring && over { Kind::Expired } else { self.kind }
    }
}

impl Kind {
    /// Our word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Expired => "expired",
            Self::Expiring => "expiring",
            Self::Recovered => "recovered",
        }
    }

    const fn event(self) -> &'static str {
        match self {
            Self::Dead => "credential.dead",
            Self::Expired => "credential.expired",
            Self::Expiring => "credential.expiring",
            Self::Recovered => "credential.recovered",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

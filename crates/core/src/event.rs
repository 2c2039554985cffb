//! Owns what the audit remembers of each deed: when, who, what, of which credential, and how it came out. Never a secret.

use crate::{Account, CredentialId, Owner, Provider, Timestamp};

/// A deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub action: Action,
    /// Whose credential it was, or whose key.
    pub owner: Owner,
    /// Where the credential comes from.
    pub provider: Option<Provider>,
    /// Its name then.
    pub account: Option<Account>,
    /// Its number.
    pub credential: Option<CredentialId>,
    /// Who did it: `key k_0123…`, `command`, `browser`, `watcher`.
    pub actor: Box<str>,
    /// How it came out: `done`, or our word for why not.
    pub outcome: Box<str>,
    /// How often: the same again within a second is one deed, done that often.
    pub times: u32,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A token came in.
    Capture,
    /// A provider was asked about a token, and its state changed by that.
    Check,
    /// A credential was forgotten.
    Forget,
    /// A token was handed out.
    HandOut,
    /// An API key was issued.
    KeyIssue,
    /// An API key was ended.
    KeyRevoke,
    /// An API key was used; told once an hour for each key.
    KeyUse,
    /// A grant was renewed, or was to be.
    Refresh,
    /// A redirect came a second time.
    Replay,
    /// A grant was withdrawn at its provider.
    Revoke,
}

impl Action {
    /// Every action with its name in rows and answers.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Capture, "capture"),
        (Self::Check, "check"),
        (Self::Forget, "forget"),
        (Self::HandOut, "hand_out"),
        (Self::KeyIssue, "key_issue"),
        (Self::KeyRevoke, "key_revoke"),
        (Self::KeyUse, "key_use"),
        (Self::Refresh, "refresh"),
        (Self::Replay, "replay"),
        (Self::Revoke, "revoke"),
    ];

    /// Name in rows and answers.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(action, _)| *action == self).map_or("", |(_, name)| name)
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(action, _)| *action)
    }
}

/// A deed as it stands in the audit: with its number, and the hash that binds it to all before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its number: 1 and up, without a gap.
    pub number: i64,
    /// What it was.
    pub event: Event,
    /// SHA-256 of the hash before it and of everything above.
    pub hash: [u8; 32],
}

/// A deed that does not read any more: the disk or somebody changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its number.
    pub number: i64,
    /// The part that does not read.
    pub part: &'static str,
}

/// The text that is hashed for a deed: the hash before it, its number, and every part with its length before it, so that no two
/// deeds have one text.
pub fn text(previous: &[u8; 32], number: i64, event: &Event) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(256);
    for byte in previous {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    let credential = event.credential.map(|id| id.to_string()).unwrap_or_default();
    let (number, at) = (number.to_string(), event.at.to_string());
    let parts = [
        number.as_str(),
        at.as_str(),
        event.action.as_str(),
        event.owner.as_str(),
        event.provider.as_ref().map_or("", Provider::as_str),
        event.account.as_ref().map_or("", Account::as_str),
        credential.as_str(),
        &event.actor,
        &event.outcome,
    ];
    for part in parts {
        let _ = write!(text, "\n{}:{part}", part.len());
    }
    // Deeds from before they were counted have a hash without it.
    if event.times != 1 {
        let _ = write!(text, "\ntimes:{}", event.times);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        assert!(Action::ALL.iter().all(|(it, name)| it.as_str() == *name && Action::from_name(name) == Some(*it)));
    }

    #[test]
    fn every_part_changes_the_text() {
        let event = Event {
            at: Timestamp::from_unix(0),
            action: Action::Capture,
            owner: Owner::new("me").unwrap(),
            provider: Some(Provider::Vk),
            account: Account::new("a").ok(),
            credential: Some(1),
            actor: "command".into(),
            outcome: "done".into(),
            times: 1,
        };
        let other = [
            Event { at: Timestamp::from_unix(1), ..event.clone() },
            Event { action: Action::Check, ..event.clone() },
            Event { owner: Owner::new("you").unwrap(), ..event.clone() },
            Event { provider: Some(Provider::Mastodon), ..event.clone() },
            Event { account: None, ..event.clone() },
            Event { credential: None, ..event.clone() },
            Event { times: 2, ..event.clone() },
            Event { actor: "commanddone".into(), outcome: "".into(), ..event.clone() },
        ];
        let first = text(&[0; 32], 1, &event);
        assert!(other.iter().all(|other| text(&[0; 32], 1, other) != first));
        assert!(text(&[1; 32], 1, &event) != first && text(&[0; 32], 2, &event) != first);
    }
}

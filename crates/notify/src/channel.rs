//! Owns the channels by name and kind, and what may be wrong with one that is configured.

use std::fmt;

use thiserror::Error;
use url::Url;

use crate::{Command, Email, Gotify, Ntfy, Telegram, Webhook};

/// A way to tell a person.
#[derive(Debug)]
pub enum Channel {
    /// A program of the operator's.
    Command(Command),
    /// A mail.
    Email(Email),
    /// A Gotify server.
    Gotify(Gotify),
    /// A topic at an ntfy server.
    Ntfy(Ntfy),
    /// A bot in Telegram.
    Telegram(Telegram),
    /// A signed request to a program.
    Webhook(Webhook),
}

impl Channel {
    /// Where its requests go, to be named to the outbound rules or checked against them; none if it makes no HTTP requests. Do not show
    /// more of it than the host: the rest may be a secret.
    pub const fn address(&self) -> Option<&Url> {
        match self {
            Self::Command(_) | Self::Email(_) => None,
            Self::Gotify(gotify) => Some(gotify.address()),
            Self::Ntfy(ntfy) => Some(ntfy.address()),
            Self::Telegram(telegram) => Some(telegram.address()),
            Self::Webhook(webhook) => Some(webhook.address()),
        }
    }

    /// The word of the configuration for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Email(_) => "email",
            Self::Gotify(_) => "gotify",
            Self::Ntfy(_) => "ntfy",
            Self::Telegram(_) => "telegram",
            Self::Webhook(_) => "webhook",
        }
    }
}

/// What is wrong with a channel. Tells no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChannelFault {
    /// It is no number, and no `@name`.
    #[error("the chat must be its number, or @ and the name of a channel")]
    Chat,
    /// The URL carries a user name or password.
    #[error("the URL must not contain a user name or password")]
    Credentials,
    /// Not a mail address in `from`.
    #[error("it must be one mail address, as in Name <name@example.org>")]
    From,
    /// Not the name or address of a mail server.
    #[error("the host must be a name or an address, without a port")]
    Host,
    /// Mail without TLS to another machine.
    #[error("mail without TLS goes to 127.0.0.0/8, [::1] and localhost only")]
    Plain,
    /// No program, or one whose place depends on where we were started.
    #[error("the command must begin with an absolute path, or with the name of a program on the PATH")]
    Program,
    /// A signing secret in another form.
    #[error("the secret must be whsec_ and then base64 of 24 to 64 bytes")]
    Secret,
    /// Not a mail address in `to`.
    #[error("it must be one mail address, as in Name <name@example.org>")]
    To,
    /// A token or password with characters that it cannot have.
    #[error("the token or password must be one line of printable characters, and not empty")]
    Token,
    /// The ntfy URL has no topic.
    #[error("the URL must end in a topic: letters, digits, _ and -, 64 at most")]
    Topic,
    /// Not a web address.
    #[error("the URL must begin with https:// or http:// and name a host")]
    Url,
    /// A user name for a mail server with characters that it cannot have.
    #[error("the user must be one line of printable characters, and not empty")]
    User,
}

/// The name of a channel in the configuration: 1 to 32 of `a-z`, `0-9`, `-` and `_`, beginning with a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelName(Box<str>);

impl ChannelName {
    /// Longest name, in characters.
    pub const LONGEST: usize = 32;

    /// Checks a name.
    pub fn new(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins = text.bytes().next().is_some_and(plain);
        let whole = text.len() <= Self::LONGEST && text.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b'_'));
        (begins && whole).then(|| Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_lower_case_words() {
        let longest = "a".repeat(32);
        for name in ["mail", "my-phone_2", "0", &longest] {
            assert_eq!(ChannelName::new(name).map(|name| name.to_string()).as_deref(), Some(name));
        }
        let too_long = "a".repeat(33);
        for name in ["", "Mail", "-a", "_a", "a b", "a.b", "é", &too_long] {
            assert_eq!(ChannelName::new(name), None, "{name:?}");
        }
    }
}

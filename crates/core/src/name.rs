//! Owns the names by which people address credentials: owner, provider, account.
//!
//! A value of these types has been checked; nothing behind the door checks it again.

use std::fmt;

use thiserror::Error;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Why a name was refused. Holds no part of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameFault {
    /// It has no characters.
    #[error("it is empty")]
    Empty,
    /// It has more than the allowed number of characters.
    #[error("it has more than {0} characters")]
    TooLong(usize),
    /// It has a control character.
    #[error("it contains a control character")]
    Control,
}

fn checked(text: &str, longest: usize) -> Result<Box<str>, NameFault> {
    if text.is_ascii() {
        // Most names, and this runs for every request: characters are bytes, and nothing needs normalising.
        return match text.len() {
            0 => Err(NameFault::Empty),
            length if length > longest => Err(NameFault::TooLong(longest)),
            _ if text.bytes().any(|byte| byte.is_ascii_control()) => Err(NameFault::Control),
            _ => Ok(text.into()),
        };
    }
    // Normalisation can lengthen text; a bound on the input first keeps hostile text from costing much.
    if text.chars().count() > longest {
        return Err(NameFault::TooLong(longest));
    }
    let text: Box<str> = if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() };
    match text.chars().count() {
        0 => return Err(NameFault::Empty),
        length if length > longest => return Err(NameFault::TooLong(longest)),
        _ => {}
    }
    if text.chars().any(char::is_control) {
        return Err(NameFault::Control);
    }
    Ok(text)
}

/// Whose credential it is: the `sub` of the JWT. 1 to 255 characters, no control characters, compared exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(Box<str>);

/// A name for one credential of an owner at a provider: NFC, 1 to 128 characters, no control characters, compared exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(Box<str>);

impl Owner {
    /// Longest owner, in characters.
    pub const LONGEST: usize = 255;

    /// Checks an owner's name. Not normalised: it is an identifier of another system and is compared as it is.
    pub fn new(text: &str) -> Result<Self, NameFault> {
        match text.chars().count() {
            0 => Err(NameFault::Empty),
            length if length > Self::LONGEST => Err(NameFault::TooLong(Self::LONGEST)),
            _ if text.chars().any(char::is_control) => Err(NameFault::Control),
            _ => Ok(Self(text.into())),
        }
    }
}

impl Account {
    /// Longest account name, in characters.
    pub const LONGEST: usize = 128;

    /// Checks an account name and normalises it to NFC.
    pub fn new(text: &str) -> Result<Self, NameFault> {
        checked(text, Self::LONGEST).map(Self)
    }
}

/// Where tokens come from, by the name that stands in URLs and on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Mastodon and its relatives: one provider, many servers.
    Mastodon,
    /// An OAuth 2.0 server that the configuration names.
    OAuth2(ProviderName),
    /// VK: implicit flow, VK ID, community tokens and service keys.
    Vk,
}

impl Provider {
    /// The name in URLs and on the command line.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mastodon => "mastodon",
            Self::OAuth2(name) => name.as_str(),
            Self::Vk => "vk",
        }
    }

    /// The provider of that name, if a provider may have it. Whether one is configured is for the caller to know.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mastodon" => Some(Self::Mastodon),
            "vk" => Some(Self::Vk),
            _ => ProviderName::new(name).map(Self::OAuth2),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a configured provider: 1 to 32 of `a-z`, `0-9`, `-` and `_`, beginning with a letter or a digit. Kept inline, so
/// that a [`Provider`] is copied like a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl ProviderName {
    /// Longest name, in characters.
    pub const LONGEST: usize = 32;

    /// Checks a name.
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let first = text.bytes().next()?;
        if text.len() > Self::LONGEST
            || !allowed(first)
            || !text.bytes().all(|byte| allowed(byte) || b"-_".contains(&byte))
        {
            return None;
        }
        let mut bytes = [0; Self::LONGEST];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { bytes, length: u8::try_from(text.len()).ok()? })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII was let in.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Debug for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

macro_rules! text_name {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_name!(Owner);
text_name!(Account);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn account_names_have_1_to_128_characters_and_no_controls() {
        let long = "я".repeat(128);
        assert_eq!(Account::new(&long).unwrap().as_str(), long);
        for (text, fault) in [
            (String::new(), NameFault::Empty),
            ("я".repeat(129), NameFault::TooLong(128)),
            ("a\0b".into(), NameFault::Control),
            ("a\nb".into(), NameFault::Control),
            ("\u{85}".into(), NameFault::Control),
        ] {
            assert_eq!(Account::new(&text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn account_names_that_look_the_same_after_normalisation_are_the_same() {
        assert_eq!(Account::new("e\u{301}"), Account::new("\u{e9}"));
        assert_ne!(Account::new("A"), Account::new("a"));
    }

    #[test]
    fn provider_names_are_short_lower_case_words() {
        let longest = "a".repeat(32);
        for name in ["vk", "mastodon", "acme", "my-own_2", "0", &longest] {
            assert_eq!(Provider::from_name(name).map(|provider| provider.to_string()).as_deref(), Some(name));
        }
        assert_eq!(
            (Provider::from_name("vk"), Provider::from_name("mastodon")),
            (Some(Provider::Vk), Some(Provider::Mastodon))
        );
        let too_long = "a".repeat(33);
        for name in ["", "VK", "-a", "_a", "a b", "a/b", "a.b", "\u{e9}", "a\0", &too_long] {
            assert_eq!(Provider::from_name(name), None, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_account_name_or_a_reason(text in any::<String>()) {
            if let Ok(account) = Account::new(&text) {
                prop_assert!(is_nfc(account.as_str()));
                prop_assert_eq!(Account::new(account.as_str()), Ok(account));
            }
        }
    }
}

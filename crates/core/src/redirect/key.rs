//! Owns the names of what a redirect or an answer can carry (RFC 6749 §4.2.2, §4.2.2.1; VK's own flags and community tokens).

use crate::Subject;

/// The name of a parameter or member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// `cancel`: 1 when the person closed VK's page.
    Cancel,
    /// `error`.
    Error,
    /// `error_reason`: VK's detail of `error`.
    ErrorReason,
    /// `expires_in`.
    ExpiresIn,
    /// `fail`: 1 when VK's validation of a person failed.
    Fail,
    /// `state`.
    State,
    /// `access_token`, or `access_token_<id>` of that community.
    Token(Option<u64>),
    /// Anything else; ignored.
    Unknown,
    /// `user_id`.
    UserId,
}

impl Key {
    /// The key of that name.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "access_token" => Self::Token(None),
            "cancel" => Self::Cancel,
            "error" => Self::Error,
            "error_reason" => Self::ErrorReason,
            "expires_in" => Self::ExpiresIn,
            "fail" => Self::Fail,
            "state" => Self::State,
            "user_id" => Self::UserId,
            _ => name
                .strip_prefix("access_token_")
                .and_then(positive)
                .map_or(Self::Unknown, |community| Self::Token(Some(community))),
        }
    }
}

/// A number in digits and nothing else; one that is too large for its type is the largest.
pub(super) fn number(text: &str) -> Option<u64> {
    let more = |number: u64, byte: u8| {
        byte.is_ascii_digit().then(|| number.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
    };
    text.bytes().try_fold(0, more).filter(|_| !text.is_empty())
}

/// A number of 1 or more that can be somebody's.
pub(super) fn positive(text: &str) -> Option<u64> {
    number(text).filter(|id| (1..=Subject::LARGEST).contains(id))
}

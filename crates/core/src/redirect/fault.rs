//! Owns the reasons why a pasted text is not taken, and what a person is told about each.
//!
//! A reason never holds any part of the text: it may be a secret, or an attack on whoever reads the message.

use thiserror::Error;

/// Why a pasted text was not taken. `Display` says what is wrong, [`IntakeFault::advice`] what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum IntakeFault {
    /// A control character that is not white space, such as NUL.
    #[error("it contains a control character")]
    Control,
    /// The token has an ellipsis in it, or ends within a percent-escape.
    #[error("the token in it was cut off")]
    Cut,
    /// `error=access_denied`, `error_reason=user_denied` or `cancel=1`.
    #[error("it says that access was declined")]
    Declined,
    /// Nothing but white space and quotes.
    #[error("it is empty")]
    Empty,
    /// Any other error, in the fragment, the query or JSON; `fail=1`.
    #[error("it reports an error of the provider instead of a token")]
    ErrorPage,
    /// The address is not one that tokens come to, whatever else it carries.
    #[error("its address is not one that tokens come to")]
    ForeignHost,
    /// It begins like JSON and is not one whole JSON object.
    #[error("it begins like JSON but is not one whole JSON object")]
    Json,
    /// An address, a list or an object without `access_token`, or with an empty one.
    #[error("it has no access_token in it")]
    NoToken,
    /// `expires_in`, `user_id` or `state` stands in it more than once (RFC 6749 §3.1 allows each parameter once).
    #[error("it states expires_in, user_id or state more than once")]
    Repeated,
    /// White space, a line break or an invisible character within what must be one piece.
    #[error("there is a space, a line break or an invisible character in the middle of it")]
    Split,
    /// Something in the token that no token has: a letter outside ASCII, a quote, a broken percent-escape.
    #[error("a character in the token is not one that tokens are made of")]
    TokenCharacter,
    /// Longer than [`super::LONGEST`].
    #[error("it is longer than 16 KiB")]
    TooLong,
    /// More than one token, of whatever kind. None is chosen.
    #[error("there is more than one token in it")]
    TwoTokens,
}

impl IntakeFault {
    /// Every reason.
    pub const ALL: [Self; 13] = [
        Self::Control,
        Self::Cut,
        Self::Declined,
        Self::Empty,
        Self::ErrorPage,
        Self::ForeignHost,
        Self::Json,
        Self::NoToken,
        Self::Repeated,
        Self::Split,
        Self::TokenCharacter,
        Self::TooLong,
        Self::TwoTokens,
    ];

    /// What to do about it, in one sentence.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Control | Self::TokenCharacter => {
                "Copy it once more, directly from the address bar and as plain text."
            }
            Self::Cut => "Copy the whole address from the address bar, not a shortened display of it.",
            Self::Declined => "Open the authorization page again and allow access.",
            Self::Empty => "Paste the address of the page that opened after you allowed access, or the token itself.",
            Self::ErrorPage => {
                "Open the authorization page again; if the error comes back, check the settings of the application at the provider."
            }
            Self::ForeignHost => {
                "Allow access first, then copy the address of the page that opens after that, and check that it is the provider's own."
            }
            Self::Json => "Paste the JSON object whole and alone, or only the token from it.",
            Self::NoToken => {
                "Copy the whole address of the page that opened after you allowed access, to its very end."
            }
            Self::Repeated => "Copy the address again, exactly as the browser shows it.",
            Self::Split => "Paste one address or one token and nothing else, in one piece.",
            Self::TooLong => "Paste only the address of the page, or only the token.",
            Self::TwoTokens => "Paste one token at a time.",
        }
    }
}

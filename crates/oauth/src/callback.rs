//! Owns the reading of what a browser comes back with: the query or the fragment of a redirect (RFC 6749 §4.1.2), and what
//! people paste instead of one.
//!
//! Reads everything in one go and decides nothing about `state`: who owns the pending authorization does. Parameters that are
//! not known are ignored. A code that is returned stood in the text. Nothing here is shown or logged, but for what is cleaned.

mod parameter;
mod pasted;

use grantkeep_core::{Secret, redirect::Text};
use parameter::Parameters;
pub use pasted::{Pasted, PastedFault, read_pasted};
use thiserror::Error;

use crate::{ErrorCode, text};

/// Longest query that is read, in bytes.
pub const LONGEST: usize = 8 * 1024;

/// Longest code, in bytes.
pub const LONGEST_CODE: usize = 4096;

/// What a browser came back with.
#[derive(Debug)]
pub struct Callback<'a> {
    /// `state`. There even where the rest is wrong, so that the pending authorization can be ended; but not where a parameter
    /// stands twice or the text is too long, which must end nothing.
    pub state: Option<Text<'a>>,
    /// What it says.
    pub outcome: Outcome,
}

/// What a callback says. `iss` is for [`crate::issuer::check`], which comes before anything is believed.
#[derive(Debug)]
pub enum Outcome {
    /// A code (RFC 6749 §4.1.2).
    Code {
        /// 1 to 4096 bytes of visible ASCII and spaces.
        code: Secret,
        /// `iss` (RFC 9207).
        iss: Option<String>,
        /// `device_id` (VK ID): goes with the exchange and every refresh.
        device_id: Option<Secret>,
    },
    /// The person declined.
    Denied {
        /// `iss` (RFC 9207).
        iss: Option<String>,
    },
    /// The server sent an error (§4.1.2.1).
    Error {
        /// Its code.
        code: ErrorCode,
        /// `error_description`: at most 200 plain characters. Hostile text; show it as text, and only where `state` was right.
        description: Option<String>,
        /// `iss` (RFC 9207).
        iss: Option<String>,
    },
    /// A token (§4.2.2). In a flow that asked for one, [`grantkeep_core::redirect::read`] reads it out of the same text; in any
    /// other it must not be used.
    Token,
    /// Nothing that may be used.
    Wrong(CallbackFault),
}

/// What is wrong with a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallbackFault {
    /// A code and an error at once.
    #[error("it has a code and an error")]
    CodeAndError,
    /// The code is empty, too long, or has characters that no code has.
    #[error("the code in it is malformed")]
    CodeMalformed,
    /// A parameter stands twice (RFC 6749 §3.1: it must not).
    #[error("a parameter stands in it twice")]
    Duplicate,
    /// Neither a code nor an error.
    #[error("it has neither a code nor an error")]
    Nothing,
    /// More than 8 KiB.
    #[error("it is too long")]
    TooLong,
}

/// Reads a query or a fragment, with or without its `?` or `#`.
pub fn read(query: &str) -> Callback<'_> {
    if query.len() > LONGEST {
        return Callback { state: None, outcome: Outcome::Wrong(CallbackFault::TooLong) };
    }
    let mut parameters = Parameters::default();
    parameters.add_query(query.trim_start_matches(['?', '#', '&']));
    parameters.conclude()
}

impl<'a> Parameters<'a> {
    /// What the parameters say together.
    fn conclude(mut self) -> Callback<'a> {
        self.open_payload();
        if self.is_doubled {
            return Callback { state: None, outcome: Outcome::Wrong(CallbackFault::Duplicate) };
        }
        let state = self.take("state");
        Callback { state, outcome: self.outcome() }
    }

    fn outcome(mut self) -> Outcome {
        if self.has_token {
            return Outcome::Token;
        }
        let has_code = self.has("code");
        let iss = self.take("iss").map(|iss| iss.expose().to_owned());
        match (self.take("code"), self.take("error")) {
            (Some(_), Some(_)) => Outcome::Wrong(CallbackFault::CodeAndError),
            (Some(code), None) if is_code(code.expose()) => {
                Outcome::Code { code: secret(code), iss, device_id: self.take("device_id").map(secret) }
            }
            (None, Some(error)) => match ErrorCode::from_name(error.expose()) {
                ErrorCode::AccessDenied => Outcome::Denied { iss },
                code => {
                    let description = self.take("error_description").and_then(|text| text::clean(text.expose()));
                    Outcome::Error { code, description, iss }
                }
            },
            (Some(_), None) => Outcome::Wrong(CallbackFault::CodeMalformed),
            (None, None) if has_code => Outcome::Wrong(CallbackFault::CodeMalformed),
            (None, None) => Outcome::Wrong(CallbackFault::Nothing),
        }
    }
}

fn is_code(text: &str) -> bool {
    text.len() <= LONGEST_CODE && text::is_printable(text)
}

fn secret(text: Text<'_>) -> Secret {
    match text {
        Text::Borrowed(text) => Secret::from(text),
        Text::Decoded(secret) => secret,
    }
}

#[cfg(test)]
mod tests;

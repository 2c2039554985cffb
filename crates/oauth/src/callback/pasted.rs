//! Owns the reading of what people paste instead of a redirect: a code, `CODE&state=…` (snac), `code=…`, a whole address, or
//! JSON (Pixelfed).
//!
//! Nothing is joined across a gap, and nothing is chosen from two codes.

use std::borrow::Cow;

use grantkeep_core::{Secret, redirect::Text};
use thiserror::Error;
use url::Url;

use super::parameter::{Parameters, is_token};
use super::{Callback, CallbackFault, Outcome, secret};
use crate::{ErrorCode, text};

/// Longest text that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// What a pasted text says.
#[derive(Debug)]
pub struct Pasted {
    /// The code.
    pub code: Secret,
    /// `state`, if it came along: to be compared with the one that was given out.
    pub state: Option<Secret>,
    /// `iss`, if it came along.
    pub iss: Option<String>,
    /// `device_id`, if it came along (VK ID).
    pub device_id: Option<Secret>,
    /// The address it came from, without query and fragment, if a whole one was pasted: whether it is the redirect URI or a page
    /// of the server is for the caller to see.
    pub address: Option<Url>,
}

/// Why a pasted text gives no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PastedFault {
    /// The person declined.
    #[error("it says that access was denied")]
    Denied,
    /// Something stands in it twice.
    #[error("something stands in it twice")]
    Duplicate,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It looks like a code, but has characters that no code has.
    #[error("the code in it is malformed")]
    Malformed,
    /// There is no code in it.
    #[error("there is no code in it")]
    NoCode,
    /// The server sent an error.
    #[error("it carries an error of the server: {0}")]
    Refused(ErrorCode),
    /// There are gaps in it.
    #[error("there is white space in the middle of it")]
    Split,
    /// An access token, not a code.
    #[error("it is an access token, not a code")]
    Token,
    /// More than 16 KiB.
    #[error("it is too long")]
    TooLong,
}

/// Reads a pasted text.
pub fn read_pasted(text: &str) -> Result<Pasted, PastedFault> {
    if text.len() > LONGEST {
        return Err(PastedFault::TooLong);
    }
    let text = text::trim_noise(text);
    if text.is_empty() {
        return Err(PastedFault::Empty);
    }
    let mut parameters = Parameters::default();
    let mut address = None;
    if text.starts_with('{') {
        if !parameters.add_json(text) {
            return Err(PastedFault::NoCode);
        }
    } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(PastedFault::Split);
    } else {
        address = read_line(text, &mut parameters);
    }
    conclude(parameters.conclude(), address)
}

/// Reads what is not JSON; gives what stands before the parameters, if anything does.
fn read_line<'a>(text: &'a str, parameters: &mut Parameters<'a>) -> Option<&'a str> {
    if let Some((address, rest)) = text.split_once(['?', '#']) {
        for pairs in rest.split(['?', '#']) {
            parameters.add_query(pairs);
        }
        return Some(address);
    }
    let text = text.trim_start_matches('&');
    let (first, rest) = text.split_once('&').unwrap_or((text, ""));
    match first.split_once('=') {
        // Base64 may end with `=`, so that a pair is one only by its name.
        Some((name, _)) if is_name(name) => parameters.add_query(text),
        _ if first.is_empty() || first.contains("://") => {}
        _ => {
            parameters.add("code", unescaped(first));
            parameters.add_query(rest);
        }
    }
    None
}

/// An address, with its scheme or as browsers show it.
fn read_address(text: &str) -> Option<Url> {
    match text {
        _ if text.contains("://") => Url::parse(text).ok(),
        _ if text.is_empty() || text.starts_with('/') => None,
        _ => Url::parse(&format!("https://{text}")).ok(),
    }
}

/// Whether a parameter of a redirect has that name.
fn is_name(name: &str) -> bool {
    is_token(name) || matches!(name, "code" | "device_id" | "error" | "iss" | "payload" | "state")
}

/// A code without its percent-escapes: people copy it out of addresses. A `+` is not one of them.
fn unescaped(code: &str) -> Text<'_> {
    if !code.contains('%') {
        return Text::Borrowed(code);
    }
    let escaped = zeroize::Zeroizing::new(code.replace('+', "%2B").replace('=', "%3D"));
    let name = form_urlencoded::parse(escaped.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name);
    Text::Decoded(Secret::from(name.into_owned()))
}

fn conclude(callback: Callback<'_>, address: Option<&str>) -> Result<Pasted, PastedFault> {
    let fault = match callback.outcome {
        Outcome::Code { code, iss, device_id } => {
            let address = address.and_then(read_address);
            return Ok(Pasted { code, state: callback.state.map(secret), iss, device_id, address });
        }
        Outcome::Denied { .. } => PastedFault::Denied,
        Outcome::Error { code, .. } => PastedFault::Refused(code),
        Outcome::Token => PastedFault::Token,
        Outcome::Wrong(CallbackFault::Duplicate) => PastedFault::Duplicate,
        Outcome::Wrong(CallbackFault::Nothing) => PastedFault::NoCode,
        Outcome::Wrong(CallbackFault::CodeAndError | CallbackFault::CodeMalformed | CallbackFault::TooLong) => {
            PastedFault::Malformed
        }
    };
    Err(fault)
}

#[cfg(test)]
mod tests;

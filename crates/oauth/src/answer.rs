//! Owns the first look at every answer: what it is made of, and whether it is a refusal. The `error` in a body decides, in
//! any status; a status decides where the body says nothing.
//!
//! No fault holds anything of a body. An answer with an error is never a success, whatever else is in it.

use std::borrow::Cow;

use grantkeep_core::{Answer, Secret};
use http::header::CONTENT_TYPE;
use thiserror::Error;

use crate::json::{self, JsonFault, Known, Node, Object};
use crate::{ErrorCode, challenge};

/// Why an answer is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The server said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The server is in trouble: 408, 429 or 5xx, and no code of OAuth in the body.
    #[error("the server is in trouble (HTTP {0})")]
    ServerTrouble(u16),
    /// Not an answer of OAuth, or one that must not be used.
    #[error("{0}")]
    Strange(Strange),
}

/// A refusal by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the server refused: {code} (HTTP {status})")]
pub struct Refusal {
    /// The code it gave; [`ErrorCode::Other`] if it gave none, or one of its own.
    pub code: ErrorCode,
    /// The HTTP status, which says little: some servers refuse with 200, some with 500.
    pub status: u16,
}

/// What is strange about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Strange {
    /// Something that we read stands in it twice.
    #[error("the answer says something twice")]
    Duplicate,
    /// There is nothing in it.
    #[error("the answer is empty")]
    Empty,
    /// A page for a browser.
    #[error("the answer is a web page")]
    Html,
    /// Something that must be there is not, or is not of its type.
    #[error("the answer has no usable {0}")]
    Missing(&'static str),
    /// Neither a JSON object nor, where that is allowed, a form.
    #[error("the answer is not understood")]
    NotUnderstood,
    /// A redirect, which we never follow.
    #[error("the answer leads elsewhere")]
    Redirect,
    /// The token has characters that no token may have.
    #[error("the token in the answer has characters that are not allowed")]
    TokenCharacter,
    /// A token, or what goes with one, is longer than we keep: see [`crate::token::LONGEST`].
    #[error("a token in the answer is too long")]
    TokenTooLong,
    /// A token of a type that we do not understand must not be used (RFC 6749 §7.1).
    #[error("the token in the answer is of a type that is not supported")]
    TokenType,
    /// The token's type is not stated.
    #[error("the type of the token in the answer is not stated")]
    TokenTypeMissing,
}

impl Fault {
    /// Whether the same request may succeed later. A code and a rotating refresh token must not be sent again even then.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.code.is_transient(),
            Self::ServerTrouble(_) => true,
            Self::Strange(strange) => matches!(strange, Strange::Empty | Strange::Html | Strange::NotUnderstood),
        }
    }

    /// The code, if the server gave one that is known.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code).filter(|code| *code != ErrorCode::Other),
            Self::ServerTrouble(_) | Self::Strange(_) => None,
        }
    }

    /// Our word for it: `invalid_grant`, `refused_400`, `http_502`, `html`.
    pub fn cause(&self) -> Cow<'static, str> {
        match self {
            Self::Refused(Refusal { code: ErrorCode::Other, status }) => format!("refused_{status}").into(),
            Self::Refused(refusal) => refusal.code.as_str().into(),
            Self::ServerTrouble(status) => format!("http_{status}").into(),
            Self::Strange(strange) => strange.as_str().into(),
        }
    }
}

impl Strange {
    /// Our word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate_member",
            Self::Empty => "empty_answer",
            Self::Html => "html",
            Self::Missing(_) => "incomplete_answer",
            Self::NotUnderstood => "not_understood",
            Self::Redirect => "redirect",
            Self::TokenCharacter => "token_malformed",
            Self::TokenTooLong => "token_too_long",
            Self::TokenType | Self::TokenTypeMissing => "token_type_unsupported",
        }
    }
}

impl From<Strange> for Fault {
    fn from(strange: Strange) -> Self {
        Self::Strange(strange)
    }
}

/// Whether an answer may also be a form, as some token endpoints still send it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    JsonOrForm,
}

/// The known members of a successful answer. `known` must have `error` in it.
pub(crate) fn open(answer: &Answer, known: Known, encoding: Encoding) -> Result<Object, Fault> {
    let status = answer.status;
    if (300..400).contains(&status) {
        return Err(Strange::Redirect.into());
    }
    let read = read(answer, known, encoding);
    let is_success = (200..300).contains(&status);
    let is_trouble = matches!(status, 408 | 429 | 500..);
    let code = match read.as_ref().ok().and_then(|object| object.get("error")).and_then(code) {
        // Mastodon's body says it in a person's language, and its header in a code.
        said @ (None | Some(ErrorCode::Other)) if !is_success => challenge::bearer_error(&answer.headers).or(said),
        said => said,
    };
    match code {
        Some(ErrorCode::Other) | None if is_trouble => return Err(Fault::ServerTrouble(status)),
        Some(code) => return Err(Fault::Refused(Refusal { code, status })),
        None if is_success => return read.map_err(Fault::Strange),
        None => {}
    }
    // Some servers refuse without a word (snac), in plain text (Takahe), or in members of their own. A proxy's page or a
    // wrong address says nothing about the grant, and neither does a proxy that wants a password of its own.
    let is_refusal = match &read {
        Ok(_) => matches!(status, 400 | 401 | 403),
        Err(Strange::Empty | Strange::NotUnderstood) => {
            matches!(status, 400 | 401) && !challenge::is_of_others(&answer.headers)
        }
        Err(_) => false,
    };
    match read {
        _ if is_refusal => Err(Fault::Refused(Refusal { code: ErrorCode::Other, status })),
        Ok(_) => Err(Strange::NotUnderstood.into()),
        Err(strange) => Err(strange.into()),
    }
}

/// The code in the member `error`; none if the member says that there is none.
fn code(error: &Node) -> Option<ErrorCode> {
    match error {
        Node::Text(text) if text.is_empty() => None,
        Node::Text(text) => Some(ErrorCode::from_name(text.expose())),
        Node::Flag(false) | Node::Null | Node::Unsigned(0) => None,
        Node::Flag(true) | Node::List(_) | Node::Map(_) | Node::Number(_) | Node::Unsigned(_) => Some(ErrorCode::Other),
    }
}

/// Reads a body by what it looks like: content types are often wrong.
fn read(answer: &Answer, known: Known, encoding: Encoding) -> Result<Object, Strange> {
    let body = answer.body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&answer.body).trim_ascii();
    match body.first() {
        None => Err(Strange::Empty),
        Some(b'<') => Err(Strange::Html),
        Some(b'{') => json::object(body, known).map_err(|fault| match fault {
            JsonFault::Duplicate => Strange::Duplicate,
            JsonFault::NotObject => Strange::NotUnderstood,
        }),
        Some(_) if encoding == Encoding::JsonOrForm && may_be_form(answer) => form(body, known),
        Some(_) => Err(Strange::NotUnderstood),
    }
}

/// Whether the content type is one under which forms are sent.
fn may_be_form(answer: &Answer) -> bool {
    let value = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    ["application/x-www-form-urlencoded", "text/plain"].iter().any(|form| essence.eq_ignore_ascii_case(form))
}

/// Reads a form. One in which nothing is known is none: plain text looks like a form too.
fn form(body: &[u8], known: Known) -> Result<Object, Strange> {
    let mut object = Object::default();
    for (name, value) in form_urlencoded::parse(body) {
        let value = Secret::from(value.into_owned());
        let Some(name) = known.iter().find(|known| **known == name) else { continue };
        if !object.add(name, Node::Text(value)) {
            return Err(Strange::Duplicate);
        }
    }
    if object.is_empty() { Err(Strange::NotUnderstood) } else { Ok(object) }
}

#[cfg(test)]
mod tests;

//! Owns the reading of pasted and captured text: a redirected URL, a fragment, a query, a bare token or JSON becomes an
//! [`Intake`] or a reasoned [`IntakeFault`].
//!
//! Goes over the text from left to right without an allocation where the text can be borrowed; never panics; never invents:
//! the token it returns stood in the text, whole and in one piece. A text with two tokens is refused, never chosen from.
//! Whether a token is good is not decided here, and never by its length or its first letters.

mod escape;
mod fault;
mod found;
mod json;
mod key;
mod noise;
mod pair;
mod piece;
mod place;
mod token;

#[cfg(test)]
mod tests;

use std::fmt;

pub use fault::IntakeFault;
use found::Found;
use key::Key;
pub use place::Place;

use crate::{Lifetime, Secret};

/// Longest text that is read, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// What a pasted text says.
#[derive(Debug)]
pub struct Intake<'a> {
    /// The one access token in it: visible ASCII, never empty.
    pub token: Text<'a>,
    /// The community it belongs to, when it came as `access_token_<group id>`.
    pub community: Option<u64>,
    /// `expires_in`, when it was stated and understood.
    pub lifetime: Option<Stated>,
    /// `user_id`, when it was stated and is a positive number, up to [`crate::Subject::LARGEST`].
    pub user_id: Option<u64>,
    /// `state`, when it was stated: for the caller to compare with the one it gave out.
    pub state: Option<Text<'a>>,
}

/// A lifetime as stated: 0 means that it never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// `expires_in=0`.
    Never,
    /// That long from when it was issued, in whole seconds; never longer than [`Lifetime::LONGEST`].
    For(Lifetime),
}

impl Stated {
    /// From `expires_in` in seconds.
    fn from_seconds(seconds: u64) -> Self {
        match seconds {
            0 => Self::Never,
            _ => Self::For(Lifetime::from_seconds(seconds).min(Lifetime::LONGEST)),
        }
    }
}

/// Secret text, borrowed from what was pasted where no decoding was needed.
pub enum Text<'a> {
    /// Stood in the text as it is.
    Borrowed(&'a str),
    /// Was percent-encoded or escaped.
    Decoded(Secret),
}

impl Text<'_> {
    /// The text itself; see [`Secret::expose`].
    pub fn expose(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Decoded(secret) => secret.expose(),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(…)")
    }
}

/// Reads a pasted text. `is_ours` says whether a URL points to a place that tokens come from; it is asked about the address
/// that the text begins with, if it begins with one, and a text that begins with any other address is refused.
pub fn read<'a>(text: &'a str, is_ours: &dyn Fn(&Place<'_>) -> bool) -> Result<Intake<'a>, IntakeFault> {
    if text.len() > LONGEST {
        return Err(IntakeFault::TooLong);
    }
    let text = noise::trim(text);
    if text.is_empty() {
        return Err(IntakeFault::Empty);
    }
    let is_json = text.starts_with(['{', '[']);
    noise::refuse_inside(text, is_json)?;
    let found = if is_json { json::read(text)? } else { read_line(text, is_ours)? };
    found.conclude()
}

/// Reads what is not JSON: an address, a list of pairs, or a bare token.
fn read_line<'a>(text: &'a str, is_ours: &dyn Fn(&Place<'_>) -> bool) -> Result<Found<'a>, IntakeFault> {
    let line = text.trim_start_matches(['#', '?', '&']);
    let is_list = line.len() < text.len();
    let (head, rest) = piece::name(line);
    let mut found = Found::default();

    if place::begins(head.text, rest, is_list) {
        let (address, rest) = place::split(line, head.text.len());
        Place::read(address).filter(|place| is_ours(place)).ok_or(IntakeFault::ForeignHost)?;
        pair::walk(rest, &mut found);
    } else if let Some((bare, rest)) = token::split_bare(line, head.text.len()).filter(|_| !is_list) {
        found.token(token::bare(bare), None);
        pair::walk(rest, &mut found);
    } else {
        pair::walk(line, &mut found);
    }
    Ok(found)
}

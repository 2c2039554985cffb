//! Owns the header `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3): why a server refused, in a code that no language changes.
//!
//! Takes any bytes, never panics, and gives nothing that did not stand in the header.

use http::{HeaderMap, header::WWW_AUTHENTICATE};

pub use crate::ErrorCode as BearerError;

/// Longest header that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// One challenge of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as it is written: `Bearer`.
    pub scheme: String,
    /// Parameters, with names as they are written and values without quotes and escapes.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first parameter of that name, in any case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The `error` of the first Bearer challenge that has one.
pub fn bearer_error(headers: &HeaderMap) -> Option<BearerError> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().flat_map(|value| parse(value.as_bytes()));
    let mut bearers = challenges.filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
    bearers.find_map(|challenge| challenge.parameter("error").map(BearerError::from_name))
}

/// Whether a server asks for something, and for no Bearer token.
pub(crate) fn is_of_others(headers: &HeaderMap) -> bool {
    let mut challenges = headers.get_all(WWW_AUTHENTICATE).iter().flat_map(|value| parse(value.as_bytes())).peekable();
    challenges.peek().is_some() && challenges.all(|challenge| !challenge.scheme.eq_ignore_ascii_case("bearer"))
}

/// The challenges in the value of one header. What is not understood is left out.
pub fn parse(value: &[u8]) -> Vec<Challenge> {
    let value = &value[..value.len().min(LONGEST)];
    let mut rest = Rest(value);
    let mut challenges: Vec<Challenge> = Vec::new();
    loop {
        rest.skip(|byte| byte == b',' || is_space(byte));
        let word = rest.take(is_token);
        if word.is_empty() {
            // Nothing can begin with this byte.
            if rest.next().is_none() {
                return challenges;
            }
            continue;
        }
        let is_behind_space = rest.skip(is_space);
        match challenges.last_mut() {
            Some(challenge) if rest.0.first() == Some(&b'=') => {
                rest.next();
                rest.skip(is_space);
                let value = rest.value();
                challenge.parameters.push((text(word), value));
            }
            _ => {
                challenges.push(Challenge { scheme: text(word), parameters: Vec::new() });
                if is_behind_space {
                    rest.skip_token68();
                }
            }
        }
    }
}

/// What is left of a header.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !is_wanted(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    /// Whether there was anything to skip.
    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) -> bool {
        !self.take(is_skipped).is_empty()
    }

    /// A token, or a quoted string; one whose end is missing goes to the end.
    fn value(&mut self) -> String {
        if self.0.first() != Some(&b'"') {
            return text(self.take(is_token));
        }
        self.next();
        let mut value = Vec::new();
        while let Some(byte) = self.next() {
            match byte {
                b'"' => break,
                b'\\' => value.extend(self.next()),
                byte => value.push(byte),
            }
        }
        text(&value)
    }

    /// Skips credentials-like text that some schemes have instead of parameters: `Negotiate YII=`.
    fn skip_token68(&mut self) {
        let mut ahead = Rest(self.0);
        let is_there = ahead.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        ahead.skip(|byte| byte == b'=');
        ahead.skip(is_space);
        if is_there && matches!(ahead.0.first(), None | Some(b',')) {
            self.0 = ahead.0;
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A character of a token (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;

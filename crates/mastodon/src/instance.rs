//! Owns the reading of what people type for "your server": a name, a handle or a URL becomes a [`Typed`] or a reasoned
//! [`InstanceFault`].
//!
//! Never panics and never guesses: the host that comes out stood in the text, but for its letters' case, its trailing dot
//! and its spelling in ASCII (RFC 5891). Text that can make one host look like another is refused, not repaired.

use thiserror::Error;

use crate::{Server, ServerFault};

/// Longest text that is read, in bytes.
pub const LONGEST: usize = 2048;

/// Longest name of a person in a handle.
const LONGEST_USER: usize = 64;

/// What somebody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The server; for a handle, that of its domain, which need not be the one that answers for it.
    pub server: Server,
    /// The person's name, when a handle or a profile's URL was typed.
    pub user: Option<Box<str>>,
}

/// Why a text names no server. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InstanceFault {
    /// A backslash, which some read as a slash.
    #[error("it contains a backslash")]
    Backslash,
    /// Nothing was typed.
    #[error("no server was named")]
    Empty,
    /// A percent sign in the host, which hides what it is.
    #[error("the host name is percent-encoded")]
    Encoded,
    /// `@me` alone.
    #[error("a handle without its server")]
    HandleAlone,
    /// Characters that cannot be seen, in the middle.
    #[error("it contains white space or invisible characters")]
    Invisible,
    /// A single word.
    #[error("a server's name has a dot in it")]
    NoDot,
    /// Neither https nor http.
    #[error("only https:// (or http://) addresses are servers")]
    Scheme,
    /// The host is none.
    #[error(transparent)]
    Server(#[from] ServerFault),
    /// Longer than anything that people type.
    #[error("it is too long")]
    TooLong,
    /// `https://user:password@host`.
    #[error("it contains a user name or password")]
    UserInfo,
}

impl InstanceFault {
    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::HandleAlone => "Type the whole handle, such as @me@mstdn.jp, or the server's name, such as mstdn.jp",
            Self::Scheme => "Type the server's name, such as mstdn.jp, or its address, such as https://mstdn.jp",
            Self::UserInfo => "Type the server's name alone, such as mstdn.jp; you sign in later, in the browser",
            _ => "Type the server's name, such as mstdn.jp, or your handle, such as @me@mstdn.jp",
        }
    }
}

/// Reads what somebody typed.
pub fn read(text: &str) -> Result<Typed, InstanceFault> {
    if text.len() > LONGEST {
        return Err(InstanceFault::TooLong);
    }
    let text = text.trim_matches(is_hidden);
    if text.is_empty() {
        return Err(InstanceFault::Empty);
    }
    if text.contains(is_hidden) {
        return Err(InstanceFault::Invisible);
    }
    if text.contains('\\') {
        return Err(InstanceFault::Backslash);
    }
    if let Some(rest) = strip_scheme(text, "https://") {
        return read_url(true, rest);
    }
    if let Some(rest) = strip_scheme(text, "http://") {
        return read_url(false, rest);
    }
    let name = strip_scheme(text, "acct:").unwrap_or(text);
    let is_damaged = ["https:", "http:"].iter().any(|scheme| strip_scheme(name, scheme).is_some());
    if is_damaged || name.contains("://") {
        return Err(InstanceFault::Scheme);
    }
    read_name(name)
}

/// What stands behind `https://` or `http://`.
fn read_url(is_https: bool, rest: &str) -> Result<Typed, InstanceFault> {
    let (authority, path) = split_path(rest);
    if authority.contains('@') {
        return Err(InstanceFault::UserInfo);
    }
    Ok(Typed { server: server(is_https, authority)?, user: profile(path) })
}

/// A server's name or a handle, with or without a path behind it.
fn read_name(text: &str) -> Result<Typed, InstanceFault> {
    let (authority, path) = split_path(text);
    let (user, authority) = match authority.strip_prefix('@').unwrap_or(authority).split_once('@') {
        Some((user, domain)) if is_user(user) && !domain.contains('@') => (Some(user), domain),
        Some(_) => return Err(InstanceFault::UserInfo),
        None if authority.starts_with('@') => return Err(InstanceFault::HandleAlone),
        None => (None, authority),
    };
    // Typed without `https://`, a single word is rather somebody's name. `localhost` and addresses are what they are.
    let host = authority.split(':').next().unwrap_or_default();
    let is_word = !host.is_empty() && !authority.starts_with('[') && !host.eq_ignore_ascii_case("localhost");
    let server = server(true, authority)?;
    if is_word && !server.origin().host_str().is_some_and(|host| host.contains(['.', ':'])) {
        return Err(InstanceFault::NoDot);
    }
    Ok(Typed { server, user: user.map(Into::into).or_else(|| profile(path)) })
}

fn server(is_https: bool, authority: &str) -> Result<Server, InstanceFault> {
    if authority.is_empty() {
        return Err(InstanceFault::Empty);
    }
    if authority.contains('%') {
        return Err(InstanceFault::Encoded);
    }
    Ok(Server::read(is_https, authority)?)
}

/// Text behind a scheme, whatever the case of its letters.
fn strip_scheme<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The authority and what stands behind it.
fn split_path(text: &str) -> (&str, &str) {
    text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()))
}

/// Whose profile a path shows: `/@me`, but not `/@me@elsewhere.example`.
fn profile(path: &str) -> Option<Box<str>> {
    let (user, _) = split_path(path.strip_prefix("/@")?);
    is_user(user).then(|| user.into())
}

/// Whether a person may be called so: letters, digits, `_`, and in the middle `.` and `-`.
fn is_user(name: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !name.is_empty() && name.len() <= LONGEST_USER && name.bytes().all(is_inside) && !name.starts_with(['.', '-'])
}

/// White space, control characters, and what cannot be seen: soft hyphen, zero-width and direction marks, variation
/// selectors, byte order mark.
fn is_hidden(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests;

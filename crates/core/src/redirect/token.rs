//! Owns what a token may be made of, bare or as a value.
//!
//! By the standards (RFC 6749 A.12, RFC 6750 §2.1) and never by what a provider's tokens happen to look like: VK asks not to
//! rely on length, order or characters.

use super::{IntakeFault, Key, Text, escape};

/// Reads the value of `access_token`, still percent-encoded.
pub(super) fn encoded(value: &str) -> Result<Text<'_>, IntakeFault> {
    let text = escape::decode(value)?;
    check(text.expose(), is_of_value)?;
    Ok(text)
}

/// Reads a value of `access_token` that needs no decoding.
pub(super) fn plain(text: Text<'_>) -> Result<Text<'_>, IntakeFault> {
    check(text.expose(), is_of_value)?;
    Ok(text)
}

/// Reads a token that stands alone.
pub(super) fn bare(text: &str) -> Result<Text<'_>, IntakeFault> {
    check(text.trim_end_matches('='), is_of_bare)?;
    Ok(Text::Borrowed(text))
}

/// Splits a token that stands alone, or before `&`, from the rest of a line whose first mark (`#`, `&`, `=`, `?`) is at `mark`.
/// What is left when somebody copies from behind `access_token=` is a token before `&`.
pub(super) fn split_bare(line: &str, mark: usize) -> Option<(&str, &str)> {
    let (head, rest) = line.split_at(mark);
    if head.is_empty() || Key::of(head) != Key::Unknown {
        return None;
    }
    if rest.starts_with('&') {
        return bare(head).is_ok().then_some((head, rest));
    }
    // `key=value` is no token; base64 ends with `=` or `==`.
    rest.bytes().all(|byte| byte == b'=').then_some((line, ""))
}

fn check(text: &str, is_allowed: impl Fn(u8) -> bool) -> Result<(), IntakeFault> {
    if text.bytes().fold(true, |all, byte| all & is_allowed(byte)) {
        return Ok(());
    }
    Err(if text.contains('…') { IntakeFault::Cut } else { IntakeFault::TokenCharacter })
}

/// Visible ASCII but for what escapes, quotes and templates leave behind when they were not undone.
pub(super) const fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`' | b'{' | b'}')
}

/// RFC 6750's b64token without its `=`, and what some providers have besides: `!`, `$`, `*`, `|`.
fn is_of_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'$' | b'*' | b'+' | b'-' | b'.' | b'/' | b'_' | b'|' | b'~')
}

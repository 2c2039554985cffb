//! Owns the walk over `key=value` pairs of a query or fragment.
//!
//! Fragment and query are walked alike, because tokens and errors may stand in either: `#` and `?` separate pairs as `&` does.
//! So whatever is glued behind the first address is seen too, and a second token in it is found.

use super::piece::{self, Piece};
use super::{Found, IntakeFault, Key, Stated, Text, escape, key, token};

/// Walks over the pairs and records what is known among them.
pub(super) fn walk<'a>(line: &'a str, found: &mut Found<'a>) {
    let mut rest = line;
    while !rest.is_empty() {
        let (name, after) = piece::name(rest);
        let after = match after.strip_prefix('=') {
            Some(after) => {
                let (value, after) = piece::value(after);
                record(name, value, after, found);
                after
            }
            None => after,
        };
        rest = after.get(1..).unwrap_or("");
    }
}

fn record<'a>(name: Piece<'a>, value: Piece<'a>, after: &str, found: &mut Found<'a>) {
    match key_of(name) {
        // A raw `?` may have been meant as part of the token.
        Key::Token(_) if after.starts_with('?') => found.token(Err(IntakeFault::TokenCharacter), None),
        Key::Token(_) if value.text.is_empty() => found.empty_token(),
        Key::Token(community) if value.is_plain => found.token(Ok(Text::Borrowed(value.text)), community),
        Key::Token(community) => found.token(token::encoded(value.text), community),
        Key::ExpiresIn => found.lifetime(number(value, key::number).map(Stated::from_seconds)),
        Key::UserId => found.user_id(number(value, key::positive)),
        // What cannot be decoded is kept as it is: it then equals no state that was ever given out.
        Key::State => found.state(decoded(value).unwrap_or(Text::Borrowed(value.text))),
        Key::Error | Key::ErrorReason => found.error(decoded(value).as_ref().map_or(value.text, Text::expose)),
        Key::Cancel if value.text == "1" => found.error("access_denied"),
        Key::Fail if value.text == "1" => found.error("fail"),
        Key::Cancel | Key::Fail | Key::Unknown => {}
    }
}

fn key_of(name: Piece<'_>) -> Key {
    decoded(name).map_or(Key::Unknown, |name| {
        // `&amp;` is how HTML source shows `&`.
        let name = name.expose();
        Key::of(name.strip_prefix("amp;").unwrap_or(name))
    })
}

fn decoded(value: Piece<'_>) -> Result<Text<'_>, IntakeFault> {
    if value.is_plain { Ok(Text::Borrowed(value.text)) } else { escape::decode(value.text) }
}

/// Reads a number. The full stop of a sentence may stand behind it; more of them are an ellipsis.
fn number(value: Piece<'_>, read: fn(&str) -> Option<u64>) -> Option<u64> {
    let text = decoded(value).ok()?;
    let digits = text.expose();
    read(digits.strip_suffix('.').unwrap_or(digits))
}

//! Owns the walk over `key=value` pairs of a query or fragment.
//!
//! Fragment and query are walked alike, because tokens and errors may stand in either: `#` and `?` separate pairs as `&` does.
//! So whatever is glued behind the first address is seen too, and a second token in it is found.

use super::{Found, IntakeFault, Key, Stated, Text, escape, key, token};

/// Ends a pair.
const END: u8 = 1;
/// Must be looked at before a value is taken as it is: escapes, and whatever is not allowed in a token.
const ODD: u8 = 2;

/// What each byte means in a value.
const CLASS: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'#' | b'&' | b'?' => END,
            b'%' | b'+' => ODD,
            byte if token::is_of_value(byte) => 0,
            _ => ODD,
        };
        byte += 1;
    }
    classes
};

/// Walks over the pairs and records what is known among them.
pub(super) fn walk<'a>(text: &'a str, found: &mut Found<'a>) {
    let mut rest = text;
    while !rest.is_empty() {
        let (name, is_plain_name, after) = piece(rest, b'=');
        let Some(value) = after.strip_prefix('=') else {
            rest = after.get(1..).unwrap_or("");
            continue;
        };
        let (value, is_plain, after) = piece(value, b'&');
        let pair = Pair { name, is_plain_name, value, is_plain, is_doubtful: after.starts_with('?') };
        pair.record(found);
        rest = after.get(1..).unwrap_or("");
    }
}

/// Splits off what stands before the next end of a pair or `stop`, and says whether it can be taken as it is.
fn piece(text: &str, stop: u8) -> (&str, bool, &str) {
    let mut seen = 0;
    let mut end = 0;
    // Eight at a time: tokens are long, and only their last eight need to be looked at one by one.
    for eight in text.as_bytes().as_chunks::<8>().0 {
        let classes = eight.iter().fold(0, |classes, &byte| classes | class(byte, stop));
        if classes & END != 0 {
            break;
        }
        seen |= classes;
        end += 8;
    }
    for &byte in &text.as_bytes()[end..] {
        let class = class(byte, stop);
        if class & END != 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    let (piece, rest) = text.split_at(end);
    (piece, seen == 0, rest)
}

fn class(byte: u8, stop: u8) -> u8 {
    if byte == stop { END } else { CLASS[usize::from(byte)] }
}

struct Pair<'a> {
    name: &'a str,
    is_plain_name: bool,
    value: &'a str,
    is_plain: bool,
    /// It ends at `?`, which may have been meant as part of the value.
    is_doubtful: bool,
}

impl<'a> Pair<'a> {
    fn record(&self, found: &mut Found<'a>) {
        let value = self.value;
        match self.key() {
            Key::Token(_) if self.is_doubtful => found.token(Err(IntakeFault::TokenCharacter), None),
            Key::Token(_) if value.is_empty() => found.empty_token(),
            Key::Token(community) if self.is_plain => found.token(Ok(Text::Borrowed(value)), community),
            Key::Token(community) => found.token(token::encoded(value), community),
            Key::ExpiresIn => found.lifetime(self.read(key::number).map(Stated::from_seconds)),
            Key::UserId => found.user_id(self.read(key::positive)),
            // What cannot be decoded is kept as it is: it then equals no state that was ever given out.
            Key::State => found.state(self.text().unwrap_or(Text::Borrowed(value))),
            Key::Error | Key::ErrorReason => found.error(self.text().as_ref().map_or(value, Text::expose)),
            Key::Cancel if value == "1" => found.error("access_denied"),
            Key::Fail if value == "1" => found.error("fail"),
            Key::Cancel | Key::Fail | Key::Unknown => {}
        }
    }

    fn key(&self) -> Key {
        // `&amp;` is how HTML source shows `&`.
        let name = self.name.strip_prefix("amp;").unwrap_or(self.name);
        if self.is_plain_name {
            return Key::of(name);
        }
        escape::decode(name).map_or(Key::Unknown, |name| Key::of(name.expose()))
    }

    fn text(&self) -> Result<Text<'a>, IntakeFault> {
        if self.is_plain { Ok(Text::Borrowed(self.value)) } else { escape::decode(self.value) }
    }

    /// Reads a number. The full stop of a sentence may stand behind it; more of them are an ellipsis.
    fn read(&self, number: fn(&str) -> Option<u64>) -> Option<u64> {
        let text = self.text().ok()?;
        let digits = text.expose();
        number(digits.strip_suffix('.').unwrap_or(digits))
    }
}

//! Owns the decoding of `application/x-www-form-urlencoded` names and values.
//!
//! Strict: an escape that is not `%` and two hex digits is an error, not text. Decoded bytes are wiped wherever they do not
//! become a [`Text`], because any value may be a secret.

use std::mem;

use zeroize::{Zeroize, Zeroizing};

use super::{IntakeFault, Text};

/// Decodes `%XX` and `+`; borrows where there are none.
pub(super) fn decode(value: &str) -> Result<Text<'_>, IntakeFault> {
    if !value.contains('%') && !value.contains('+') {
        return Ok(Text::Borrowed(value));
    }
    // As long as the escaped form, so that it never moves and leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (pair, after) = after.split_at_checked(2).ok_or(IntakeFault::Cut)?;
                rest = after;
                hex(pair[0]).zip(hex(pair[1])).map(|(high, low)| high << 4 | low).ok_or(IntakeFault::TokenCharacter)?
            }
            _ => byte,
        });
    }
    match String::from_utf8(mem::take(&mut *bytes)) {
        Ok(text) => Ok(Text::Decoded(text.into())),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(IntakeFault::TokenCharacter)
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

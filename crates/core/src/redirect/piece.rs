//! Owns the splitting of a line at the marks between its pieces: `#`, `&`, `?`, and `=` behind a name.
//!
//! Knows bytes only. This is where the time goes when a long address is read, so it is a table and a loop.

use super::token;

/// Ends a piece.
const END: u8 = 1;
/// Must be looked at before the piece is taken as it is: an escape, or something that is not allowed in a token.
const ODD: u8 = 2;

/// What ends a name.
static IN_NAME: [u8; 256] = classes(b"#&=?");
/// What ends a value.
static IN_VALUE: [u8; 256] = classes(b"#&?");

const fn classes(ends: &[u8]) -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte <= u8::MAX as usize {
        if matches!(byte as u8, b'%' | b'+') || !token::is_of_value(byte as u8) {
            classes[byte] = ODD;
        }
        byte += 1;
    }
    let mut at = 0;
    while at < ends.len() {
        classes[ends[at] as usize] = END;
        at += 1;
    }
    classes
}

/// A part of a line between two marks.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// As it stands in the line.
    pub(super) text: &'a str,
    /// Whether it is decoded and fit for a token as it is.
    pub(super) is_plain: bool,
}

/// Splits off a name: what stands before the next `#`, `&`, `=` or `?`. The rest begins with that mark, or is empty.
pub(super) fn name(line: &str) -> (Piece<'_>, &str) {
    split(line, &IN_NAME)
}

/// Splits off a value: what stands before the next `#`, `&` or `?`. The rest begins with that mark, or is empty.
pub(super) fn value(line: &str) -> (Piece<'_>, &str) {
    split(line, &IN_VALUE)
}

fn split<'a>(line: &'a str, classes: &[u8; 256]) -> (Piece<'a>, &'a str) {
    let mut seen = 0;
    let mut end = 0;
    // Eight at a time: tokens are long, and only the last eight bytes of a piece need a decision each.
    for eight in line.as_bytes().as_chunks::<8>().0 {
        let together = eight.iter().fold(0, |together, &byte| together | classes[usize::from(byte)]);
        if together & END != 0 {
            break;
        }
        seen |= together;
        end += 8;
    }
    for &byte in &line.as_bytes()[end..] {
        let class = classes[usize::from(byte)];
        if class & END != 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    let (text, rest) = line.split_at(end);
    (Piece { text, is_plain: seen == 0 }, rest)
}

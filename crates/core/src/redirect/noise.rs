//! Owns what people paste around the text and does not belong to it: white space, quotes, angle brackets, invisible characters
//! and the punctuation of the sentence that it stood in.
//!
//! Takes away at the ends only. Nothing is ever taken out of the middle: pieces on two sides of a gap are not joined.

use super::{IntakeFault, token};

/// The text without the noise at its ends.
pub(super) fn trim(text: &str) -> &str {
    if is_clean(text) {
        return text;
    }
    let mut rest = trim_start(text);
    loop {
        let shorter = trim_end(rest);
        if shorter.len() == rest.len() {
            return rest;
        }
        rest = shorter;
    }
}

/// Whether both ends are of a kind that is never taken away: the common case, told without decoding characters.
fn is_clean(text: &str) -> bool {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    is_plain(text.as_bytes().first()) && is_plain(text.as_bytes().last()) && !text.ends_with("%20")
}

fn trim_start(text: &str) -> &str {
    let mut rest = text;
    loop {
        let shorter = rest.trim_start_matches(is_noise);
        let shorter = shorter.strip_prefix("%20").unwrap_or(shorter);
        if shorter.len() == rest.len() {
            return rest;
        }
        rest = shorter;
    }
}

fn trim_end(text: &str) -> &str {
    let text = text.trim_end_matches(|c| is_noise(c) || matches!(c, ',' | ';'));
    let text = text.strip_suffix("%20").unwrap_or(text);
    // A full stop may belong to a token. Behind a quote, a bracket or a space it ends the sentence around it.
    match text.strip_suffix('.') {
        Some(before) if before.ends_with(|c| is_noise(c) || c == '}') => before,
        _ => text,
    }
}

/// Quotes of all kinds, angle brackets, and gaps.
fn is_noise(c: char) -> bool {
    let is_quote = matches!(c, '"' | '\'' | '`' | '«' | '»' | '‘'..='‟' | '‹' | '›');
    is_quote || matches!(c, '<' | '>') || is_gap(c)
}

/// Whether a character separates what stands on its two sides, visibly or not.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Soft hyphen, zero-width and direction marks, byte order mark: what messengers and web pages put into copied text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Refuses control characters anywhere, and gaps in anything but JSON, which may have white space between its tokens.
pub(super) fn refuse_inside(text: &str, is_json: bool) -> Result<(), IntakeFault> {
    if text.bytes().fold(false, |seen, byte| seen | !byte.is_ascii_graphic()) {
        return explain(text, is_json);
    }
    Ok(())
}

#[cold]
fn explain(text: &str, is_json: bool) -> Result<(), IntakeFault> {
    if text.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return Err(IntakeFault::Control);
    }
    if is_json || !text.contains(is_gap) {
        return Ok(());
    }
    let pieces = || text.split(is_gap).filter(|piece| !piece.is_empty());
    // Both are refused; this only picks the reason that helps.
    if pieces().filter(|piece| looks_whole(trim(piece))).nth(1).is_some() {
        return Err(IntakeFault::TwoTokens);
    }
    Err(IntakeFault::Split)
}

/// Whether a piece carries a token by its looks: `access_token` with a value, `vk1.`, or a long run of hex as VK once gave out.
fn looks_whole(piece: &str) -> bool {
    if let Some((_, rest)) = piece.split_once("access_token") {
        return rest.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    }
    let is_vk = piece
        .strip_prefix("vk")
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(generation, _)| !generation.is_empty() && generation.bytes().all(|byte| byte.is_ascii_digit()));
    let is_hex = piece.len() >= 50 && piece.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_vk || is_hex) && token::bare(piece).is_ok()
}

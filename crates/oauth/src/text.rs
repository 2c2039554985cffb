//! Owns what text may be made of: descriptions of errors before a person sees them (RFC 6749 §4.1.2.1), names, tokens, pastes.

/// Longest description, in characters.
const LONGEST: usize = 200;

/// What a description may be made of: %x20-21, %x23-5B, %x5D-7E.
const fn is_plain(c: char) -> bool {
    matches!(c, ' ' | '!' | '#'..='[' | ']'..='~')
}

/// A description of an error with every run of other characters replaced by one `?`, cut at 200 characters; none if nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let mut cleaned = String::new();
    let mut was_plain = true;
    for c in text.trim().chars() {
        if cleaned.len() >= LONGEST {
            break;
        }
        match is_plain(c) {
            true => cleaned.push(c),
            false if was_plain => cleaned.push('?'),
            false => {}
        }
        was_plain = is_plain(c);
    }
    (!cleaned.is_empty()).then_some(cleaned)
}

/// Whether a text can be shown and compared as a name: not empty, not too long, and no control character in it.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 1024 && !text.contains(char::is_control)
}

/// Whether every byte is visible ASCII, and there is one.
pub(crate) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether every byte is visible ASCII or a space (VSCHAR, RFC 6749 A), and there is one.
pub(crate) fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The text without what people paste around it: white space, quotes, angle brackets, invisible characters.
pub(crate) fn trim_noise(text: &str) -> &str {
    text.trim_matches(|c: char| {
        let is_quote = matches!(c, '"' | '\'' | '`' | '«' | '»' | '‘'..='‟' | '‹' | '›' | '<' | '>');
        let is_invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}');
        is_quote || is_invisible || c.is_whitespace()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_plain_and_short() {
        let long = "a".repeat(300);
        for (text, cleaned) in [
            ("", None),
            (" \t\n", None),
            ("Code is invalid or expired.", Some("Code is invalid or expired.")),
            ("a\u{1b}[31mb", Some("a?[31mb")),
            ("a\r\nSet-Cookie: b", Some("a?Set-Cookie: b")),
            ("<script>\"x\"\\</script>", Some("<script>?x?</script>")),
            ("Доступ запрещён", Some("? ?")),
            ("\u{202e}\u{200b}", Some("?")),
            (&long, Some(&long[..200])),
        ] {
            assert_eq!(clean(text).as_deref(), cleaned, "{text:?}");
        }
    }
}

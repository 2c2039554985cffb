//! Owns making names from outside fit to stand in a sentence: one line, short, nothing that hides or turns text around it, nothing that a
//! program makes a link of.

/// Longest name that is shown, in characters.
const LONGEST: usize = 60;

/// The name as it may be shown. Never empty.
pub(crate) fn name(text: &str) -> String {
    let visible = text.chars().filter(|character| !is_invisible(*character));
    let spaced: String = visible.map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    // A hostile server names its accounts: what it offers must not be taken for our link.
    let words = spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").replace("://", ": //");
    if words.is_empty() {
        return "?".to_owned();
    }
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// Characters without a shape, and those that change the direction of others.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_one_short_visible_line() {
        let long = "я".repeat(200);
        let cut = format!("{}…", "я".repeat(60));
        for (text, shown) in [
            ("masha", "masha"),
            ("Анна 漢", "Анна 漢"),
            ("a\r\nBcc: x@evil.example", "a Bcc: x@evil.example"),
            ("a\u{2028}b\u{85}c\0d\u{1b}[31m", "a b c d [31m"),
            ("\u{202e}\u{2066}turned\u{200b}", "turned"),
            ("*_[]()`<b>&", "*_[]()`<b>&"),
            ("https://evil.example/renew", "https: //evil.example/renew"),
            ("https:\u{200d}//evil.example", "https: //evil.example"),
            ("  a  b ", "a b"),
            ("\u{200b}", "?"),
            ("", "?"),
            (&long, &cut),
        ] {
            assert_eq!(name(text), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_line(text in any::<String>()) {
            let shown = name(&text);
            prop_assert!(!shown.is_empty() && shown.chars().count() <= LONGEST + 1);
            let bad = |c: char| c.is_control() || is_invisible(c) || c.is_whitespace() && c != ' ';
            prop_assert!(!shown.contains(bad), "{:?}", shown);
            prop_assert!(!shown.contains("://"));
        }
    }
}

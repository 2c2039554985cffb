//! Owns the writing of HTML: our own words as they are, everything else escaped. There is no way to put in a text that came from
//! outside unescaped.

/// HTML under way.
#[derive(Debug, Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// HTML that stands in this program.
    pub(super) fn put(&mut self, ours: &'static str) -> &mut Self {
        self.0.push_str(ours);
        self
    }

    /// Text from anywhere: for between tags, or within an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // A browser drops or changes these; nobody sees them.
                control if control.is_control() && !matches!(control, '\t' | '\n') => self.0.push('\u{fffd}'),
                plain => self.0.push(plain),
            }
        }
        self
    }

    /// A name or a sentence of somebody else's, kept from turning the words around it about (Unicode UAX #9).
    pub(super) fn foreign(&mut self, text: &str) -> &mut Self {
        self.put("<bdi>").text(text).put("</bdi>")
    }

    /// What was written elsewhere.
    pub(super) fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// The HTML.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        for (text, expected) in [
            ("plain", "plain"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            (r#"" onload="x"#, "&quot; onload=&quot;x"),
            ("' x='", "&#39; x=&#39;"),
            ("&amp;&#60;", "&amp;amp;&amp;#60;"),
            ("a\0b\u{85}c\u{1b}[2J", "a\u{fffd}b\u{fffd}c\u{fffd}[2J"),
            ("</script><!--", "&lt;/script&gt;&lt;!--"),
            ("\u{202e}Анна 漢", "\u{202e}Анна 漢"),
        ] {
            let mut markup = Markup::default();
            markup.text(text);
            assert_eq!(markup.into_string(), expected);
        }
    }

    #[test]
    fn a_foreign_text_is_kept_to_itself() {
        let mut markup = Markup::default();
        markup.put("<p>").foreign("\u{202e}</bdi>").put("</p>");
        assert_eq!(markup.into_string(), "<p><bdi>\u{202e}&lt;/bdi&gt;</bdi></p>");
    }
}

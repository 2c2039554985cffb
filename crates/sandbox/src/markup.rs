//! Owns HTML as it is written: fixed text goes in as it stands, everything else is escaped. There is no third way, so no
//! value from outside can become markup.

use std::fmt;

/// HTML in the making.
#[derive(Debug, Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// Markup that stands in the source.
    pub(crate) fn raw(&mut self, html: &'static str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// Any text, for an element's content or a quoted attribute.
    pub(crate) fn text(&mut self, text: impl fmt::Display) -> &mut Self {
        // Writing to a string does not fail.
        let _ = fmt::Write::write_fmt(&mut Escaping(&mut self.0), format_args!("{text}"));
        self
    }

    /// Markup made elsewhere.
    pub(crate) fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// Any text, set as code.
    pub(crate) fn code(&mut self, text: impl fmt::Display) -> &mut Self {
        self.raw("<code>").text(text).raw("</code>")
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_fixed_text_is_escaped() {
        let mut markup = Markup::default();
        markup.raw("<p title=\"").text("\"'><script>&").raw("\">").code("é<").raw("</p>");
        assert_eq!(markup.into_string(), "<p title=\"&quot;&#39;&gt;&lt;script&gt;&amp;\"><code>é&lt;</code></p>");
    }
}

//! Owns sets of scope tokens (RFC 6749 §3.3): in the order in which they came, none twice, compared exactly.

use std::fmt;

/// Scope tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads tokens separated by spaces.
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().collect()
    }

    /// Reads tokens separated by spaces or commas, as VK and GitHub write them.
    pub fn parse_commas(text: &str) -> Self {
        text.split(|c: char| c == ',' || c.is_whitespace()).collect()
    }

    /// The tokens.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether that very token is there. What one token implies about another is a server's own business.
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|known| known == token)
    }

    /// Those of these tokens that were asked for and are not among `granted`.
    #[must_use]
    pub fn missing_from(&self, granted: &Self) -> Self {
        self.iter().filter(|token| !granted.contains(token)).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<T: IntoIterator<Item = &'a str>>(tokens: T) -> Self {
        let mut scopes = Self::default();
        for token in tokens {
            if !token.is_empty() && !scopes.contains(token) {
                scopes.0.push(token.to_owned());
            }
        }
        scopes
    }
}

/// Separated by spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_stand_once_and_in_order() {
        for (text, spaces, commas) in [
            ("", "", ""),
            ("  \t\n", "", ""),
            ("read", "read", "read"),
            ("write read write", "write read", "write read"),
            (" read  write:media ", "read write:media", "read write:media"),
            ("wall,groups, video", "wall,groups, video", "wall groups video"),
            ("repo,,gist,", "repo,,gist,", "repo gist"),
        ] {
            assert_eq!(Scopes::parse(text).to_string(), spaces, "{text:?}");
            assert_eq!(Scopes::parse_commas(text).to_string(), commas, "{text:?}");
        }
    }

    #[test]
    fn tells_what_was_asked_and_not_granted() {
        for (asked, granted, missing) in [
            ("read write", "read write", ""),
            ("read write", "write read push", ""),
            ("vkid.personal_info wall groups", "vkid.personal_info", "wall groups"),
            ("read", "Read", "read"),
            ("read:accounts", "read", "read:accounts"),
            ("read", "", "read"),
            ("", "read", ""),
        ] {
            let missing_now = Scopes::parse(asked).missing_from(&Scopes::parse(granted));
            assert_eq!(missing_now.to_string(), missing, "{asked:?} {granted:?}");
            assert_eq!(missing_now.len(), missing.split_whitespace().count());
        }
    }
}

//! Owns the type of every secret value from the wire to the row.
//!
//! A [`Secret`] never prints, serialises, compares or clones itself; it is wiped when dropped. The only way to the text is
//! [`Secret::expose`], so `grep expose` lists every place that handles one in plain.

use std::fmt;

use zeroize::Zeroizing;

/// Text that must not be seen: a token, a key, a request body that carries one.
///
/// ```compile_fail
/// let secret = grantkeep_core::Secret::from(String::from("vk1.a.x"));
/// println!("{secret}"); // no Display
/// ```
/// ```compile_fail
/// let secret = grantkeep_core::Secret::from(String::from("vk1.a.x"));
/// let _ = secret.clone(); // no Clone
/// ```
/// ```compile_fail
/// let secret = grantkeep_core::Secret::from(String::from("vk1.a.x"));
/// let _ = secret == secret; // no PartialEq
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself. Never pass the result to a log, an error, a URL or a process argument.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Another copy, wiped by itself: for a secret that must stay where it is and go somewhere else too.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    /// Length in bytes. Says nothing about the content and may be logged.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let secret = Secret::from("vk1.a.abc");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}

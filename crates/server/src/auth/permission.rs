//! Owns what a caller may do.

/// A set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permissions(u8);

impl Permissions {
    pub(crate) const STATUS: Self = Self(1);
    pub(crate) const SUBMIT: Self = Self(2);
    pub(crate) const TOKEN: Self = Self(4);
    /// All of the above, and what only an administrator may see.
    pub(crate) const ADMIN: Self = Self(15);
    /// What a token may do that says nothing about it.
    const USUAL: Self = Self(Self::STATUS.0 | Self::SUBMIT.0);

    const WORDS: [(&'static str, Self); 4] =
        [("status", Self::STATUS), ("submit", Self::SUBMIT), ("token", Self::TOKEN), ("admin", Self::ADMIN)];

    /// The permission of that word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, permission)| permission)
    }

    /// From a `scope` claim. Words that are not ours are another system's; with none of ours, the usual.
    pub(crate) fn of_scope(scope: &str) -> Self {
        let ours = scope.split_ascii_whitespace().filter_map(Self::of_word);
        ours.reduce(|all, one| Self(all.0 | one.0)).unwrap_or(Self::USUAL)
    }

    /// Whether all of `needed` is in it.
    pub(crate) const fn include(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    /// The word for one permission, for the answer that says which was missing.
    pub(crate) fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, permission)| *permission == self).map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_leniently_and_default_to_the_usual() {
        let may = |scope| {
            let permissions = Permissions::of_scope(scope);
            Permissions::WORDS.map(|(_, one)| permissions.include(one))
        };
        assert_eq!(may(""), [true, true, false, false]);
        assert_eq!(may("profile email"), [true, true, false, false]);
        assert_eq!(may("token"), [false, false, true, false]);
        assert_eq!(may("status token profile"), [true, false, true, false]);
        assert_eq!(may("admin"), [true; 4]);
        assert_eq!(may("Admin STATUS"), [true, true, false, false]);
    }
}

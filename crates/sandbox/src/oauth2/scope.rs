//! Owns the scopes of the emulated server: names separated by spaces (RFC 6749 §3.3), in the order in which they were asked for.

/// Every scope, with what a person reads.
pub(super) static SCOPES: [(&str, &str); 6] = [
    ("openid", "know who you are"),
    ("profile", "see your name"),
    ("email", "see your email address"),
    ("offline_access", "go on while you are away"),
    ("read", "read what is yours"),
    ("write", "write in your name"),
];

/// What is granted when nothing is asked for.
const DEFAULT: &str = "read";

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope(Vec<&'static str>);

impl Scope {
    /// Reads the `scope` parameter; none when one of them is unknown.
    pub(super) fn parse(text: Option<&str>) -> Option<Self> {
        let text = text.filter(|text| !text.trim().is_empty()).unwrap_or(DEFAULT);
        let mut scope = Self::default();
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            let (known, _) = SCOPES.iter().find(|(known, _)| *known == name)?;
            if !scope.has(known) {
                scope.0.push(known);
            }
        }
        Some(scope)
    }

    /// What of it is in that list, whose names are separated by spaces or commas.
    pub(super) fn only(&self, list: &str) -> Self {
        Self(self.0.iter().filter(|name| list.split([' ', ',']).any(|listed| listed == **name)).copied().collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// Whether all of it is in the other.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|name| other.has(name))
    }

    pub(super) fn text(&self) -> String {
        self.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_keep_their_order_and_are_known() {
        for (asked, expected) in [
            (None, Some("read")),
            (Some(" "), Some("read")),
            (Some("write openid  write"), Some("write openid")),
            (Some("read,write"), None),
            (Some("admin"), None),
        ] {
            assert_eq!(Scope::parse(asked).map(|scope| scope.text()).as_deref(), expected, "{asked:?}");
        }
        let scope = Scope::parse(Some("openid read write")).unwrap();
        assert_eq!(scope.only("write,admin read").text(), "read write");
        assert!(scope.only("read").is_within(&scope) && !scope.is_within(&scope.only("read")));
    }
}

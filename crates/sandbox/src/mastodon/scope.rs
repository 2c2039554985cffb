//! Owns scopes: which there are, what a list of them means, and what may be asked for.
//!
//! A scope is a word; `read` and `read:accounts` have to do with each other only where a rule says so.

use super::personality::{ScopeRule, ScopeSet};

const MASTODON_42: &[&str] = &[
    "read",
    "write",
    "write:accounts",
    "write:blocks",
    "write:bookmarks",
    "write:conversations",
    "write:favourites",
    "write:filters",
    "write:follows",
    "write:lists",
    "write:media",
    "write:mutes",
    "write:notifications",
    "write:reports",
    "write:statuses",
    "read:accounts",
    "read:blocks",
    "read:bookmarks",
    "read:favourites",
    "read:filters",
    "read:follows",
    "read:lists",
    "read:mutes",
    "read:notifications",
    "read:search",
    "read:statuses",
    "follow",
    "push",
    "admin:read",
    "admin:read:accounts",
    "admin:read:reports",
    "admin:read:domain_allows",
    "admin:read:domain_blocks",
    "admin:read:ip_blocks",
    "admin:read:email_domain_blocks",
    "admin:read:canonical_email_blocks",
    "admin:write",
    "admin:write:accounts",
    "admin:write:reports",
    "admin:write:domain_allows",
    "admin:write:domain_blocks",
    "admin:write:ip_blocks",
    "admin:write:email_domain_blocks",
    "admin:write:canonical_email_blocks",
];

impl ScopeSet {
    /// All of them, the default first.
    pub(super) fn all(self) -> Vec<&'static str> {
        let more: &[&str] = match self {
            Self::Mastodon42 => &["crypto"],
            Self::Mastodon46 => &["profile", "read:collections", "write:collections"],
            Self::Mitra => return vec!["read", "write", "profile"],
            Self::Pixelfed => return vec!["read", "write", "follow", "admin:read", "admin:write", "push"],
        };
        MASTODON_42.iter().chain(more).copied().collect()
    }

    pub(super) fn knows(self, scope: &str) -> bool {
        self.all().contains(&scope)
    }
}

/// The words of a list, without repetitions, in their order.
pub(super) fn words(list: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in list.split(' ').filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// Whether both are the same set.
pub(super) fn is_same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|word| other.contains(word))
}

/// Whether one of the held scopes is, or stands above, the wanted one: `read` above `read:accounts`.
pub(super) fn holds(held: &[String], wanted: &str) -> bool {
    held.iter()
        .any(|held| wanted == held || wanted.strip_prefix(held.as_str()).is_some_and(|rest| rest.starts_with(':')))
}

/// What is granted of what was asked for; none when it may not be asked for.
pub(super) fn granted(
    rule: ScopeRule,
    set: ScopeSet,
    registered: &[String],
    asked: Option<&str>,
) -> Option<Vec<String>> {
    let wanted = match asked {
        Some(asked) => words(asked),
        // The default is `read`, as far as the application has it.
        None if rule == ScopeRule::Trimmed => return None,
        None => match rule {
            ScopeRule::Literal | ScopeRule::Hierarchical => {
                let default = registered.iter().filter(|scope| *scope == "read");
                default.cloned().collect()
            }
            ScopeRule::Known | ScopeRule::Trimmed | ScopeRule::Unchecked => vec!["read".to_owned()],
        },
    };
    let may = |scope: &String| match rule {
        ScopeRule::Hierarchical => holds(registered, scope),
        ScopeRule::Known => set.knows(scope),
        ScopeRule::Literal => registered.contains(scope),
        ScopeRule::Trimmed | ScopeRule::Unchecked => true,
    };
    if wanted.is_empty() || !wanted.iter().all(may) {
        return None;
    }
    match rule {
        ScopeRule::Trimmed => Some(wanted.into_iter().filter(|scope| registered.contains(scope)).collect()),
        ScopeRule::Hierarchical | ScopeRule::Known | ScopeRule::Literal | ScopeRule::Unchecked => Some(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_grants_what_its_servers_do() {
        use ScopeRule::{Hierarchical, Known, Literal, Trimmed, Unchecked};
        for (rule, registered, asked, expected) in [
            (Literal, "read write", Some("write read"), Some("write read")),
            (Literal, "read", Some("read read"), Some("read")),
            (Literal, "read", Some("read:accounts"), None),
            (Literal, "read:accounts", Some("read"), None),
            (Literal, "read", Some("read\twrite"), None),
            (Literal, "read write", None, Some("read")),
            (Literal, "write", None, None),
            (Literal, "read", Some(" "), None),
            (Hierarchical, "read", Some("read:accounts"), Some("read:accounts")),
            (Hierarchical, "read:accounts", Some("read"), None),
            (Hierarchical, "read", Some("readable"), None),
            (Known, "", Some("read follow"), Some("read follow")),
            (Known, "", Some("read:accounts"), None),
            (Trimmed, "read", Some("read follow"), Some("read")),
            (Trimmed, "read", None, None),
            (Unchecked, "", Some("anything"), Some("anything")),
            (Unchecked, "", None, Some("read")),
        ] {
            let granted = granted(rule, ScopeSet::Pixelfed, &words(registered), asked);
            assert_eq!(granted.map(|words| words.join(" ")).as_deref(), expected, "{rule:?} {registered} {asked:?}");
        }
    }
}

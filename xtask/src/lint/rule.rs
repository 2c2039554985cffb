//! The lists of deny.toml, so that they stand in one place for cargo-deny and for us.
//!
//! Reads the little TOML that the file is written in: one entry on a line.

/// The text between the first quotes of every entry of `key = [...]` in `[section]`, after `before`. None: no such list.
pub(super) fn list<'a>(toml: &'a str, section: &str, key: &str, before: &str) -> Option<Vec<&'a str>> {
    let header = format!("[{section}]");
    let opening = format!("{key} = [");
    let inside =
        toml.lines().skip_while(|line| line.trim() != header).skip(1).take_while(|line| !line.starts_with('['));
    let mut entries = inside.skip_while(|line| line.trim() != opening);
    entries.next()?;
    let entries = entries.map(str::trim).take_while(|line| *line != "]").filter(|line| !line.starts_with('#'));
    entries.filter(|line| !line.is_empty()).map(|line| quoted(line, before)).collect()
}

fn quoted<'a>(line: &'a str, before: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(before)?;
    rest.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::list;

    const FILE: &str = r#"
[graph]
allow = [
    "wrong section",
]
[licenses]
# allow = [
allow = [
    "MIT", # like "this"
    # "GPL-3.0",

    "Apache-2.0 WITH LLVM-exception",
]
other = [
    "wrong key",
]
[bans]
deny = [
    { reason = "two protocols", crate = "h2" },
    { crate = "ring" },
]
"#;

    #[test]
    fn reads_one_list_of_one_section() {
        assert_eq!(list(FILE, "licenses", "allow", ""), Some(vec!["MIT", "Apache-2.0 WITH LLVM-exception"]));
        assert_eq!(list(FILE, "bans", "deny", "crate ="), Some(vec!["h2", "ring"]));
    }

    #[test]
    fn says_when_there_is_no_such_list() {
        for (section, key, before) in [("bans", "allow", ""), ("nothing", "allow", ""), ("bans", "deny", "package =")] {
            assert_eq!(list(FILE, section, key, before), None, "{section}.{key}");
        }
    }

    #[test]
    fn finds_the_lists_of_this_repository() {
        let file = include_str!("../../../deny.toml");
        assert!(list(file, "licenses", "allow", "").unwrap().contains(&"MIT"));
        assert!(list(file, "bans", "deny", "crate =").unwrap().contains(&"openssl-sys"));
    }
}

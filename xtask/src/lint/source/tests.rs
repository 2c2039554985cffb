//! One small file of text for each rule.

use super::{LEFT_BEHIND, bare_header, exposures, has_entry, is_module, lines_with};
use crate::tree::Source;

fn source(text: &str) -> Source {
    Source { path: "crates/vk/src/a.rs".to_owned(), text: text.to_owned() }
}

#[test]
fn wants_a_header_that_says_something() {
    for (text, bare) in [
        ("//! The error table of the API.\nuse x;", false),
        ("//! stub\n", true),
        ("//!\n//! The error table of the API.", true),
        ("// The error table of the API.", true),
        ("\n//! The error table of the API.", true),
        ("use x;", true),
        ("", true),
    ] {
        assert_eq!(bare_header(&source(text)).is_some(), bare, "{text:?}");
    }
}

#[test]
fn finds_what_is_left_behind_with_its_line() {
    let text = format!("fn a() {{}}\n    {}) // later\n", LEFT_BEHIND[0]);
    assert_eq!(lines_with(&source(&text), LEFT_BEHIND), [format!("crates/vk/src/a.rs:2: {}", LEFT_BEHIND[0])]);
    assert!(lines_with(&source("fn to_do() { ignore() }"), LEFT_BEHIND).is_empty());
}

#[test]
fn finds_opened_secrets_outside_tests() {
    for (text, count) in [
        ("a.expose()", 1),
        ("a.expose();\nb.expose();", 2),
        ("/// See expose().\nfn expose() {}", 0),
        ("#[cfg(test)]\nmod tests {\n a.expose() }", 0),
        ("#[cfg(test)]\nmod tests;\n a.expose()", 1),
    ] {
        assert_eq!(exposures(&source(text)).len(), count, "{text}");
    }
}

#[test]
fn finds_an_entry_in_its_own_section_only() {
    for (toml, expected) in [
        ("[lints]\nworkspace = true\n", true),
        ("[package]\nworkspace = true\n[lints]\n", false),
        ("[lints]\n[package]\nworkspace = true\n", false),
        ("[lints]\n# workspace = true\n", false),
        ("", false),
    ] {
        assert_eq!(has_entry(toml, "[lints]", "workspace = true"), expected, "{toml}");
    }
}

#[test]
fn knows_modules_of_crates() {
    for (path, expected) in [
        ("crates/vk/src/lib.rs", true),
        ("crates/vk/src/a/tests.rs", true),
        ("crates/vk/tests/a.rs", false),
        ("xtask/src/main.rs", false),
        ("crates/vk/src/a.json", false),
    ] {
        assert_eq!(is_module(path), expected, "{path}");
    }
}

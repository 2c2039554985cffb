//! Pages in miniature, one line each.

use super::{anchors, faults, links, resolve};

#[test]
fn finds_links_outside_code() {
    for (text, expected) in [
        ("see [a](b.md) and [c](d.md#e \"title\")", vec!["b.md", "d.md#e"]),
        ("![picture](docs/x.svg)", vec!["docs/x.svg"]),
        ("[![badge](x.svg)](LICENSE-MIT)", vec!["x.svg", "LICENSE-MIT"]),
        ("[a]: b.md", vec!["b.md"]),
        ("[a](<b.md>)", vec!["b.md"]),
        ("<img src=\"a.png\"> <a href=\"b.md\">b</a>", vec!["b.md", "a.png"]),
        ("`[a](b.md)` is how", vec![]),
        ("```\n[a](b.md)\n```\n[c](d.md)", vec!["d.md"]),
        ("~~~\n```\n[a](b.md)\n~~~", vec![]),
        ("[^1]: a footnote", vec![]),
        ("[x] (not a link)", vec![]),
    ] {
        let found: Vec<String> = links(text).into_iter().map(|(_, target)| target).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn counts_lines_from_one() {
    assert_eq!(links("a\n```\nx\n```\n[b](c)"), [(5, "c".to_owned())]);
}

#[test]
fn resolves_paths_from_the_page() {
    for (from, link, expected) in [
        ("README.md", "docs/a.md", Some("docs/a.md")),
        ("docs/a.md", "b.md", Some("docs/b.md")),
        ("docs/a.md", "./b.md", Some("docs/b.md")),
        ("docs/a.md", "../README.md", Some("README.md")),
        ("docs/a.md", "../crates/", Some("crates")),
        ("docs/a.md", "..", Some(".")),
        ("docs/a.md", "/README.md", Some("README.md")),
        ("docs/a.md", "", Some("docs/a.md")),
        ("docs/a.md", "../../elsewhere", None),
        ("README.md", "../elsewhere", None),
    ] {
        assert_eq!(resolve(from, link).as_deref(), expected, "{from} -> {link}");
    }
}

#[test]
fn names_headings_as_renderers_do() {
    for (text, expected) in [
        ("# First run", "first-run"),
        ("## `grantkeep serve`, and more!", "grantkeep-serve-and-more"),
        ("### The [VK](vk.md) API ###", "the-vk-api"),
        ("# Ключи", "ключи"),
        ("# a_b - c", "a_b---c"),
        ("# Same\n# Same", "same same-1"),
        ("<a id=\"x\"></a>", "x"),
        ("#hashtag", ""),
        ("```\n# comment\n```", ""),
    ] {
        assert_eq!(anchors(text).into_iter().collect::<Vec<_>>().join(" "), expected, "{text}");
    }
}

#[test]
fn tells_where_links_lead() {
    let exists = |path: &str| matches!(path, "README.md" | "docs/a.md" | "LICENSE-MIT" | "docs");
    let page = |path: &str| (path == "docs/a.md").then(|| "# Here".to_owned());
    for (link, expected) in [
        ("a.md", None),
        ("a.md#here", None),
        ("a.md#there", Some("leads to no heading")),
        ("b.md", Some("leads to no file")),
        ("../LICENSE-MIT#L3", None),
        ("../docs", None),
        ("../../a.md", Some("leads out of the repository")),
        ("#here", None),
        ("#there", Some("leads to no heading")),
        ("https://example.org/a.md", None),
        ("mailto:someone@example.org", None),
    ] {
        let found = faults("docs/a.md", &format!("[x]({link})"), &exists, &page);
        let expected: Vec<String> =
            expected.map(|reason| format!("docs/a.md:1: {link} {reason}")).into_iter().collect();
        assert_eq!(found, expected, "{link}");
    }
}

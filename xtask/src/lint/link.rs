//! Links of the pages: README.md and everything under docs/. A relative link leads to a file, and its anchor to a heading.
//!
//! Links to other sites are not followed: a lint that needs the network fails for reasons that are not ours.

use std::collections::BTreeSet;
use std::path::Path;

use crate::step::{Verdict, judge};
use crate::tree;

pub(super) fn check() -> Verdict {
    let is_page = |path: &str| path == "README.md" || (path.starts_with("docs/") && path.ends_with(".md"));
    let pages: Vec<tree::Source> = tree::sources()?.into_iter().filter(|source| is_page(&source.path)).collect();
    let exists = |path: &str| Path::new(path).exists();
    let text = |path: &str| pages.iter().find(|page| page.path == path).map(|page| page.text.clone());
    let mut findings: Vec<String> =
        pages.iter().flat_map(|page| faults(&page.path, &page.text, &exists, &text)).collect();
    if !exists("README.md") {
        findings.push("README.md is missing".to_owned());
    }
    judge(
        findings,
        format!("{} pages", pages.len()),
        "mend the path or the anchor; an anchor is a heading in lower case with `-` for spaces",
    )
}

/// What is wrong with the links of one page. `exists` and `page` answer for paths from the root.
fn faults(path: &str, text: &str, exists: &dyn Fn(&str) -> bool, page: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let fault = |target: &str| {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let Some(file) = resolve(path, file) else { return Some("leads out of the repository") };
        if !exists(&file) {
            return Some("leads to no file");
        }
        let known = anchor.is_empty() || page(&file).is_none_or(|text| anchors(&text).contains(anchor));
        (!known).then_some("leads to no heading")
    };
    let local = links(text).into_iter().filter(|(_, target)| !leads_elsewhere(target));
    local.filter_map(|(line, target)| Some(format!("{path}:{line}: {target} {}", fault(&target)?))).collect()
}

/// Has it a scheme, `https:` or `mailto:`, or a host of its own?
fn leads_elsewhere(target: &str) -> bool {
    let scheme = target.split(['/', '#', '?']).next().unwrap_or_default();
    scheme.contains(':') || target.starts_with("//")
}

/// The path from the root, of a link on the page `from`. None: it climbs out.
fn resolve(from: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(from.to_owned());
    }
    let (mut parts, link): (Vec<&str>, &str) = match link.strip_prefix('/') {
        Some(absolute) => (Vec::new(), absolute),
        None => (from.split('/').collect(), link),
    };
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// Every link with its line, outside code: inline, image, reference definition, and HTML's `href` and `src`.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let definition = line.trim_start().strip_prefix('[').filter(|rest| !rest.starts_with('^'));
        let definition = definition.and_then(|rest| rest.split_once("]: ")).filter(|(label, _)| !label.contains(']'));
        let inline = line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
        let html = ["href=\"", "src=\""].into_iter().flat_map(|attribute| line.split(attribute).skip(1));
        let html = html.map(|rest| rest.split('"').next().unwrap_or_default());
        let targets = inline.chain(html).chain(definition.map(|(_, target)| target));
        // What follows a space is a title.
        let targets = targets.filter_map(|target| target.split_whitespace().next());
        links.extend(targets.map(|target| (number, target.trim_matches(['<', '>']).to_owned())));
    }
    links
}

/// What the headings and the HTML anchors of a page can be reached by, as the usual renderers of Markdown name them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(text) {
        for attribute in ["id=\"", "name=\""] {
            let named = line.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            anchors.extend(named.map(str::to_owned));
        }
        let title = line.trim_start_matches('#');
        let is_heading = title.len() < line.len() && title.starts_with(' ');
        if is_heading {
            let slug = slug(title.trim().trim_end_matches('#').trim_end());
            let twins = (1..).map(|count| format!("{slug}-{count}"));
            let free = std::iter::once(slug.clone()).chain(twins).find(|name| !anchors.contains(name));
            anchors.extend(free);
        }
    }
    anchors
}

/// Letters, digits, `-` and `_` stay, in lower case; spaces become `-`; of a link its text stays.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    let mut rest = title;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        if letter == ']' && rest.starts_with('(') {
            rest = rest.split_once(')').map_or("", |(_, after)| after);
        } else if letter == ' ' {
            slug.push('-');
        } else if letter.is_alphanumeric() || letter == '-' || letter == '_' {
            slug.extend(letter.to_lowercase());
        }
    }
    slug
}

/// Lines outside fenced blocks, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, None) => return Some((index + 1, line)),
            (None, Some(_)) => fence = mark,
            (Some(_), _) if fence == mark => fence = None,
            (Some(_), _) => {}
        }
        None
    })
}

/// The line with what stands between backticks left out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests;

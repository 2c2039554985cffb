//! Environment variables: what the command line reads, docs/configuration.md explains, and the other way round.

use std::collections::BTreeSet;

use crate::step::{Verdict, judge};
use crate::tree;

const PREFIX: &str = "GRANTKEEP_";
const PAGE: &str = "docs/configuration.md";

pub(super) fn check() -> Verdict {
    let sources = tree::sources()?;
    let is_code = |path: &str| path.starts_with("crates/cli/src/") && path.ends_with(".rs") && !tree::is_test(path);
    let gather = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        sources.iter().filter(|source| wanted(&source.path)).flat_map(|source| names(&source.text)).collect()
    };
    let read = gather(&is_code);
    if read.is_empty() {
        return Ok("not looked at: the command line reads no variable yet".to_owned());
    }
    let explained = gather(&|path| path == PAGE);
    let findings = compare(&read, &explained);
    judge(findings, format!("{} variables", read.len()), "explain it on the page, or take it out where it is not true")
}

fn compare(read: &BTreeSet<String>, explained: &BTreeSet<String>) -> Vec<String> {
    let twin = |name: &str| {
        let base = name.strip_suffix("_FILE");
        base.is_some_and(|base| read.contains(base) || explained.contains(base))
    };
    let missing =
        read.difference(explained).filter(|name| !twin(name)).map(|name| format!("{name} is not explained in {PAGE}"));
    let stale = explained.difference(read).filter(|name| !twin(name));
    missing
        .chain(stale.map(|name| format!("{name} is explained in {PAGE}, and the command line does not read it")))
        .collect()
}

/// Every whole variable that occurs in the text. What ends in `_` is a part that code puts together.
fn names(text: &str) -> BTreeSet<String> {
    let is_letter = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let words = text.split(|letter| !is_letter(letter)).filter(|word| word.starts_with(PREFIX) && !word.ends_with('_'));
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{compare, names};

    #[test]
    fn finds_whole_names() {
        for (text, expected) in [
            ("env(\"GRANTKEEP_OWNER\")", "GRANTKEEP_OWNER"),
            ("| `GRANTKEEP_A`, `GRANTKEEP_B2` |", "GRANTKEEP_A GRANTKEEP_B2"),
            ("GRANTKEEP_ and GRANTKEEP_VK_ and MY_GRANTKEEP_A", ""),
            ("GRANTKEEP_VK_*", ""),
        ] {
            assert_eq!(names(text).into_iter().collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }

    #[test]
    fn compares_both_ways_and_lets_file_twins_pass() {
        for (read, explained, faults) in [
            ("GRANTKEEP_A", "GRANTKEEP_A", 0),
            ("GRANTKEEP_A", "", 1),
            ("GRANTKEEP_A", "GRANTKEEP_A GRANTKEEP_B", 1),
            ("GRANTKEEP_A GRANTKEEP_B", "GRANTKEEP_C", 3),
            ("GRANTKEEP_A GRANTKEEP_A_FILE", "GRANTKEEP_A", 0),
            ("GRANTKEEP_A", "GRANTKEEP_A GRANTKEEP_A_FILE", 0),
            ("GRANTKEEP_A", "GRANTKEEP_A GRANTKEEP_B_FILE", 1),
        ] {
            assert_eq!(compare(&names(read), &names(explained)).len(), faults, "{read} / {explained}");
        }
    }
}

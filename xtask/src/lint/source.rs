//! Rules that are read off the text of the sources.

use crate::step::{Failure, Verdict, judge};
use crate::tree::{self, Source};

/// Where a secret may be opened: path prefixes, each with the reason. While the list is empty the step says so and passes.
const EXPOSING: &[(&str, &str)] = &[
    ("crates/cli/src/api.rs", "puts the API key into its header, a request body onto its way"),
    ("crates/cli/src/command/add.rs", "puts what was pasted into the request body"),
    ("crates/cli/src/here.rs", "writes a new key into its file"),
    ("crates/cli/src/key_file.rs", "writes and compares key files"),
    ("crates/core/src/redirect", "reads what was pasted"),
    ("crates/cli/src/setting/remote.rs", "reads whose the API key is"),
    ("crates/cli/src/setting/secret.rs", "copies a secret that stands in the configuration"),
    ("crates/keeper/src/attempt.rs", "puts what must be sent back later together, to be sealed, and apart again"),
    ("crates/keeper/src/begin", "puts the state into the authorization URL, the ticket into the connect link"),
    ("crates/keeper/src/capture.rs", "reads what a browser brought back, and compares its state"),
    ("crates/keeper/src/connect.rs", "takes the digest of a binding, reads the authorization URL"),
    ("crates/keeper/src/exchange.rs", "compares the state that VK ID repeats"),
    ("crates/keeper/src/refresh/answer.rs", "puts an answer together for the spool, and apart again"),
    ("crates/keeper/src/ticket.rs", "puts the ticket into its link, and takes its digest"),
    ("crates/keeper/src/submit.rs", "takes the token out of what was pasted"),
    ("crates/mastodon/src/registration/probe.rs", "puts the client's secret into the form"),
    ("crates/notify/src", "puts links into messages, tokens and passwords into requests"),
    ("crates/oauth/src", "puts codes, tokens and client secrets into requests, and reads them out of answers"),
    ("crates/outbound/src/client.rs", "puts a body onto the wire"),
    ("crates/sandbox/src", "mints the tokens of an emulated provider"),
    ("crates/seal/src", "seals and opens"),
    ("crates/server/src/auth/secret.rs", "reads the JWT secret"),
    ("crates/server/src/handler/local.rs", "answers with a new API key, once"),
    ("crates/server/src/browser/cookie.rs", "writes a binding into its cookie"),
    ("crates/server/src/browser/renewal.rs", "sends the browser to the page of the login that has begun"),
    ("crates/server/src/browser/redirect.rs", "hands the fragment that a page sent to the keeper"),
    ("crates/server/src/handler/login.rs", "reads which instance and scope are wanted"),
    ("crates/server/src/view/login.rs", "answers with the connect link, to whoever began"),
    ("crates/server/src/handler/token.rs", "hands what was pasted to the keeper"),
    ("crates/server/src/view.rs", "answers with a token that is handed out"),
    ("crates/vk/src", "puts the token into the form, and looks at its prefix"),
];

/// What may not be left behind. Written in halves, so that this file does not find itself.
const LEFT_BEHIND: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("d", "bg!("),
    concat!("#[", "ignore"),
    concat!("FIX", "ME"),
];

/// Words that a header needs at least to say what a module owns.
const HEADER_WORDS: usize = 3;

pub(super) fn check_headers() -> Verdict {
    let modules: Vec<Source> = tree::sources()?.into_iter().filter(|source| is_module(&source.path)).collect();
    let findings = modules.iter().filter_map(bare_header).collect();
    let remedy = "begin the file with `//! ` and what the module owns, what always holds, what it must never do";
    judge(findings, format!("{} modules", modules.len()), remedy)
}

fn bare_header(source: &Source) -> Option<String> {
    let first = source.text.lines().next().unwrap_or_default();
    let header = first.strip_prefix("//! ").unwrap_or_default();
    let said = header.split_whitespace().count() >= HEADER_WORDS;
    (!said).then(|| format!("{}:1: does not say what the module owns", source.path))
}

pub(super) fn check_words() -> Verdict {
    let sources = tree::sources()?;
    let findings = sources.iter().flat_map(|source| lines_with(source, LEFT_BEHIND)).collect();
    judge(findings, format!("{} files", sources.len()), "finish it, or take it out")
}

/// The compiler forbids unsafe code wherever the workspace's lints apply: so each package must take them over.
pub(super) fn check_lints() -> Verdict {
    let sources = tree::sources()?;
    let manifests: Vec<&Source> = sources.iter().filter(|source| source.path.ends_with("/Cargo.toml")).collect();
    // libFuzzer's entry point is unsafe code made by a macro, and fuzz/ is a workspace of its own.
    let ours: Vec<&&Source> = manifests.iter().filter(|source| !source.path.starts_with("fuzz/")).collect();
    let bare = ours.iter().filter(|manifest| !has_entry(&manifest.text, "[lints]", "workspace = true"));
    let mut findings: Vec<String> =
        bare.map(|manifest| format!("{}: the workspace's lints do not apply", manifest.path)).collect();

    let root = std::fs::read_to_string("Cargo.toml")
        .map_err(|error| Failure::new(format!("Cargo.toml: {error}"), "restore it"))?;
    if !has_entry(&root, "[workspace.lints.rust]", "unsafe_code = \"forbid\"") {
        findings.push("Cargo.toml: [workspace.lints.rust] does not say unsafe_code = \"forbid\"".to_owned());
    }
    judge(
        findings,
        format!("{} packages", ours.len()),
        "put `[lints]` and below it `workspace = true` into the manifest",
    )
}

fn has_entry(toml: &str, section: &str, entry: &str) -> bool {
    let inside = toml.lines().skip_while(|line| line.trim() != section).skip(1);
    inside.take_while(|line| !line.starts_with('[')).any(|line| line.trim() == entry)
}

pub(super) fn check_exposure() -> Verdict {
    if EXPOSING.is_empty() {
        return Ok("not looked at: EXPOSING in xtask/src/lint/source.rs is empty".to_owned());
    }
    let sources = tree::sources()?;
    let shipped = || sources.iter().filter(|source| is_module(&source.path) && !tree::is_test(&source.path));
    let listed = |source: &&Source| EXPOSING.iter().any(|(prefix, _)| source.path.starts_with(prefix));
    let mut findings: Vec<String> = shipped().filter(|source| !listed(source)).flat_map(exposures).collect();

    let idle = EXPOSING.iter().filter(|(prefix, _)| {
        !shipped().any(|source| source.path.starts_with(prefix) && !exposures(source).is_empty())
    });
    findings.extend(idle.map(|(prefix, _)| format!("{prefix} is listed, but opens no secret")));
    let remedy = "hand the secret on unopened; where it must be opened, list the file in xtask/src/lint/source.rs";
    judge(findings, format!("{} places listed", EXPOSING.len()), remedy)
}

/// Lines that open a secret, outside a test module at the end of the file.
fn exposures(source: &Source) -> Vec<String> {
    let code = source.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    lines_with(&Source { path: source.path.clone(), text: code.to_owned() }, &[".expose()"])
}

fn is_module(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs")
}

fn lines_with(source: &Source, words: &[&str]) -> Vec<String> {
    let lines = source.text.lines().enumerate();
    let found = lines
        .flat_map(|(number, line)| words.iter().filter(|word| line.contains(**word)).map(move |word| (number, word)));
    found.map(|(number, word)| format!("{}:{}: {word}", source.path, number + 1)).collect()
}

#[cfg(test)]
mod tests;

//! `cargo xtask fuzz`: every fuzz target for a while, from its seeds.
//!
//! A target that did not run is a failure, never a skip: a fuzzer that silently stays at home looks like a passing one.

use std::path::Path;
use std::process::Command;

use crate::process::{self, Stream};
use crate::step::{self, Failure, Step, Verdict};

const DEFAULT_SECONDS: u32 = 60;
const MEMORY_MIB: u32 = 2048;

pub(crate) fn help() -> String {
    format!(
        "Runs each TARGET (all of `cargo fuzz list` when none is named) for N seconds, {DEFAULT_SECONDS} when nothing is said.\n\
         Seeds are fuzz/seeds/TARGET/, committed. What the fuzzer finds interesting goes to fuzz/corpus/TARGET/, a crash to\n\
         fuzz/artifacts/TARGET/, neither committed: a crash becomes a case in the tests and a seed.\n\
         Needs cargo-fuzz (`cargo install cargo-fuzz --locked`). Uses a nightly toolchain where rustup has one, else the\n\
         current one with RUSTC_BOOTSTRAP=1."
    )
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (targets, seconds) = parse(arguments)?;
    run_each(&targets, seconds)
}

/// Runs the targets, all of them when none is named, for `seconds` each.
pub(crate) fn run_each(targets: &[String], seconds: u32) -> Result<(), Failure> {
    let toolchain = Toolchain::find();
    if !process::answers(toolchain.fuzz().arg("--version")) {
        return Err(Failure::new("cargo-fuzz is not installed", "cargo install cargo-fuzz --locked"));
    }
    // cargo-fuzz has no `--locked`, and would bring a stale lock file up to date without a word.
    let fetch = ["fetch", "--locked", "--manifest-path", "fuzz/Cargo.toml"];
    process::run(
        &mut process::cargo(fetch),
        "a stale lock file: `cargo update --workspace --manifest-path fuzz/Cargo.toml`",
    )?;

    let known = process::output(toolchain.fuzz().arg("list"))?;
    let known: Vec<String> = known.lines().map(str::to_owned).collect();
    if known.is_empty() {
        return Err(Failure::new("fuzz/ has no target", "see `cargo fuzz add --help`"));
    }
    if let Some(target) = targets.iter().find(|target| !known.contains(target)) {
        return Err(Failure::new(
            format!("there is no fuzz target `{target}`"),
            format!("take one of: {}", known.join(", ")),
        ));
    }
    let targets = if targets.is_empty() { known } else { targets.to_vec() };
    let runs = targets.iter().map(|target| {
        let (name, toolchain) = (target.clone(), toolchain.clone());
        let step: Step<'_> = (target.as_str(), Box::new(move || run_target(&toolchain, &name, seconds)));
        step
    });
    step::run_all("fuzz", runs)
}

fn run_target(toolchain: &Toolchain, target: &str, seconds: u32) -> Verdict {
    let corpus = format!("fuzz/corpus/{target}");
    let seeds = format!("fuzz/seeds/{target}");
    if !Path::new(&seeds).is_dir() {
        return Err(Failure::new(format!("{seeds}/ is missing"), "give it a file for each real shape of input"));
    }
    std::fs::create_dir_all(&corpus).map_err(|error| Failure::new(format!("{corpus}: {error}"), "make it writable"))?;

    let mut fuzz = toolchain.fuzz();
    fuzz.args(["run", target, &corpus, &seeds, "--"]);
    fuzz.arg(format!("-max_total_time={seconds}")).arg(format!("-rss_limit_mb={MEMORY_MIB}"));
    let mut executions = None;
    let survived = process::watch(&mut fuzz, Stream::Stderr, |line| executions = executions.or(executions_in(line)))?;
    if !survived {
        let remedy = format!(
            "if it crashed, the input is in fuzz/artifacts/{target}/: make it a test, mend the code, keep the seed"
        );
        return Err(Failure::new(format!("{target} crashed, or did not build"), remedy));
    }
    match executions {
        None | Some(0) => Err(Failure::new(format!("{target} executed nothing"), "look at its output above")),
        Some(count) => Ok(format!("{count} executions in {seconds} s")),
    }
}

/// What libFuzzer says at the end: `Done 1234 runs in 11 second(s)`.
fn executions_in(line: &str) -> Option<u64> {
    line.strip_prefix("Done ")?.split_once(" runs in ")?.0.parse().ok()
}

/// The sanitizers and the coverage that fuzzing needs are unstable options of rustc.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Toolchain {
    /// The current toolchain, told to allow unstable options.
    Current,
    /// A nightly toolchain, by the name that rustup gives it.
    Nightly(String),
}

impl Toolchain {
    fn find() -> Self {
        let list = Command::new("rustup").args(["toolchain", "list"]).output().map(|output| output.stdout);
        Self::choose(&String::from_utf8_lossy(&list.unwrap_or_default()))
    }

    /// Out of the lines of `rustup toolchain list`.
    fn choose(list: &str) -> Self {
        let names = list.lines().filter_map(|line| line.split_whitespace().next());
        let nightly = names.filter(|name| name.starts_with("nightly")).min_by_key(|name| name.len());
        nightly.map_or(Self::Current, |name| Self::Nightly(name.to_owned()))
    }

    fn fuzz(&self) -> Command {
        let mut command = Command::new("cargo");
        match self {
            Self::Current => command.env("RUSTC_BOOTSTRAP", "1"),
            Self::Nightly(name) => command.arg(format!("+{name}")),
        };
        command.arg("fuzz");
        command
    }
}

fn parse(arguments: &[String]) -> Result<(Vec<String>, u32), Failure> {
    let mut targets = Vec::new();
    let mut seconds = DEFAULT_SECONDS;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--seconds") {
            Some("") => words.next().map(String::as_str),
            Some(rest) => rest.strip_prefix('='),
            None if word.starts_with('-') => None,
            None => {
                targets.push(word.clone());
                continue;
            }
        };
        seconds = value.and_then(|value| value.parse().ok()).filter(|seconds| *seconds > 0).ok_or_else(|| {
            Failure::new(format!("`{word}` is not understood"), "cargo xtask fuzz [TARGET...] [--seconds N]")
        })?;
    }
    Ok((targets, seconds))
}

#[cfg(test)]
mod tests {
    use super::{Toolchain, executions_in, parse};

    #[test]
    fn reads_targets_and_seconds_in_any_order() {
        for (line, expected) in [
            ("", Some((vec![], 60))),
            ("redirect", Some((vec!["redirect"], 60))),
            ("--seconds 5 redirect", Some((vec!["redirect"], 5))),
            ("a --seconds=7 b", Some((vec!["a", "b"], 7))),
            ("--seconds", None),
            ("--seconds 0", None),
            ("--seconds ten", None),
            ("--secondsten", None),
            ("--fast", None),
        ] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let expected =
                expected.map(|(targets, seconds)| (targets.into_iter().map(str::to_owned).collect(), seconds));
            assert_eq!(parse(&words).ok(), expected, "{line}");
        }
    }

    #[test]
    fn prefers_a_nightly_and_the_undated_one() {
        let nightly = |name: &str| Toolchain::Nightly(name.to_owned());
        for (list, expected) in [
            ("", Toolchain::Current),
            ("stable-x86_64-unknown-linux-gnu (active, default)\n", Toolchain::Current),
            ("stable-x (default)\nnightly-x\n", nightly("nightly-x")),
            ("nightly-2026-01-02-x\nnightly-x (override)\n", nightly("nightly-x")),
        ] {
            assert_eq!(Toolchain::choose(list), expected, "{list}");
        }
    }

    #[test]
    fn reads_the_number_of_executions() {
        assert_eq!(executions_in("Done 1234 runs in 11 second(s)"), Some(1234));
        assert_eq!(executions_in("#1234 DONE cov: 9"), None);
    }
}

//! `cargo xtask lint`: everything that can be checked without running the program.
//!
//! Each step is a function without arguments that works from the root of the repository; its tables stand in its own file.

mod dependency;
mod layer;
mod link;
mod rule;
mod setting;
mod source;
mod spdx;

use std::path::Path;

use serde_json::Value;

use crate::process;
use crate::step::{self, Failure, Verdict};

struct Step {
    name: &'static str,
    summary: &'static str,
    run: fn() -> Verdict,
}

/// The quick ones first.
const STEPS: &[Step] = &[
    Step { name: "format", summary: "rustfmt has nothing to change", run: format },
    Step { name: "layers", summary: "crates use only what lies below them", run: layer::check },
    Step { name: "headers", summary: "every module opens with `//!`", run: source::check_headers },
    Step { name: "words", summary: "nothing is left undone or switched off", run: source::check_words },
    Step { name: "unsafe", summary: "every package inherits the lints that forbid it", run: source::check_lints },
    Step { name: "secrets", summary: "secrets are opened in listed files only", run: source::check_exposure },
    Step { name: "links", summary: "links in README.md and docs/ lead somewhere", run: link::check },
    Step {
        name: "settings",
        summary: "the code and docs/configuration.md know the same variables",
        run: setting::check,
    },
    Step { name: "dependencies", summary: "licences, sources, bans and number of packages", run: dependency::check },
    Step {
        name: "advisories",
        summary: "no known hole in a dependency (needs ADVISORY_DB)",
        run: dependency::check_advisories,
    },
    Step { name: "clippy", summary: "clippy has nothing to say", run: clippy },
    Step { name: "rustdoc", summary: "the documentation of the code builds, links included", run: rustdoc },
];

pub(crate) fn help() -> String {
    let mut text = String::from("Runs the named steps, or all; a failed step does not stop the others.\n\nSteps:\n");
    for Step { name, summary, .. } in STEPS {
        text.push_str(&format!("  {name:<14}{summary}\n"));
    }
    text.push_str(
        "\nADVISORY_DB is the directory of a checked-out RustSec database; nothing is downloaded. Rules for dependencies\n\
         are in deny.toml, and cargo-deny applies them too where it is installed.",
    );
    text
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(word) = arguments.iter().find(|word| STEPS.iter().all(|step| step.name != **word)) {
        return Err(Failure::new(format!("lint has no step `{word}`"), "see `cargo xtask help lint`"));
    }
    let wanted = STEPS.iter().filter(|step| arguments.is_empty() || arguments.iter().any(|word| word == step.name));
    step::run_all("lint", wanted.map(|step| -> step::Step<'_> { (step.name, Box::new(step.run)) }))
}

fn format() -> Verdict {
    let remedy = "cargo fmt --all";
    process::run(&mut process::cargo(["fmt", "--all", "--check"]), remedy)?;
    // The fuzz targets are a workspace of their own.
    if Path::new("fuzz/Cargo.toml").exists() {
        let remedy = "cargo fmt --manifest-path fuzz/Cargo.toml";
        process::run(&mut process::cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]), remedy)?;
    }
    Ok("formatted".to_owned())
}

fn clippy() -> Verdict {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    process::run(
        &mut process::cargo(arguments),
        "mend what clippy says; an exception is `#[expect(LINT, reason = \"...\")]`",
    )?;
    Ok("no warnings".to_owned())
}

fn rustdoc() -> Verdict {
    let mut doc = process::cargo(["doc", "--workspace", "--no-deps", "--locked"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"), "mend the links and the markup that rustdoc names")?;
    Ok("no warnings".to_owned())
}

/// What `cargo metadata` says with these further arguments.
fn metadata(arguments: &[&str]) -> Result<Value, Failure> {
    let mut command = process::cargo(["metadata", "--format-version", "1", "--locked"]);
    let text = process::output(command.args(arguments))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`cargo metadata` printed something else: {error}"), "run it by hand"))
}

/// The items of an array in a JSON object; none when there is no such array.
fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

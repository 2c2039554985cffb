//! `cargo xtask test`: the binary, then every test of the workspace.
//!
//! The whole-program tests run the binary that lies in the target directory beside themselves, and cargo does not build
//! another package's binary for a test: so it is built first, every time.

use std::env;

use crate::process::{self, Stream};
use crate::step::Failure;

/// Cases of each property where time allows: in CI.
const MANY_CASES: &str = "10000";

pub(crate) fn help() -> String {
    format!(
        "Builds `grantkeep`, then runs `cargo test --workspace`, and ends with the total over all test binaries.\n\
         ARGS go to the test binaries: `cargo xtask test -- NAME` runs the tests whose name contains NAME.\n\
         Property tests run PROPTEST_CASES cases each; {MANY_CASES} where CI is set."
    )
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let filter = match arguments {
        [] => arguments,
        [dashes, filter @ ..] if dashes == "--" => filter,
        [word, ..] => {
            return Err(Failure::new(format!("`{word}` is not understood"), format!("`cargo xtask test -- {word}`")));
        }
    };
    run_thoroughly(filter, env::var_os("CI").is_some())
}

/// Runs the tests that match `filter`, all when it is empty; `thorough` takes its time with properties.
pub(crate) fn run_thoroughly(filter: &[String], thorough: bool) -> Result<(), Failure> {
    process::run(&mut process::cargo(["build", "--locked", "-p", "grantkeep"]), "mend the build: see above")?;

    let mut tests = process::cargo(["test", "--workspace", "--locked", "--no-fail-fast", "--"]);
    tests.args(filter);
    if thorough && env::var_os("PROPTEST_CASES").is_none() {
        tests.env("PROPTEST_CASES", MANY_CASES);
    }
    let mut tally = Tally::default();
    let passed = process::watch(&mut tests, Stream::Stdout, |line| tally.add(line))?;
    println!("\ntotal: {} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
    if !passed {
        return Err(Failure::new("tests failed, or did not compile", "mend what is listed above under `failures:`"));
    }
    if tally.passed == 0 && filter.is_empty() {
        return Err(Failure::new("no test ran", "a workspace without tests proves nothing: look why they are gone"));
    }
    Ok(())
}

/// The sum of the closing lines of all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Takes in a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...`, and lets any other pass.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match what {
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                "passed" => self.passed += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn sums_the_closing_lines() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
            "test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "test passed ... ok",
            "7 passed; 7 failed",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 43, failed: 2, ignored: 1 });
    }
}

//! `cargo xtask ci`: what CI runs, for a contributor's machine.

use crate::step::{self, Failure, Step};
use crate::{e2e, fuzz, lint, test};

/// Seconds for each fuzz target: enough to see that it builds, runs and survives its seeds.
const SMOKE_SECONDS: u32 = 10;

pub(crate) fn help() -> String {
    format!(
        "Runs `lint`, then `fuzz --seconds {SMOKE_SECONDS}`, then `e2e`, then `test` with many cases for each property.\n\
         CI itself runs .ci/run, which does the same and installs what a new machine lacks."
    )
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(word) = arguments.first() {
        return Err(Failure::new(format!("`{word}` is not understood"), "`cargo xtask ci` takes no arguments"));
    }
    let steps: [Step<'_>; 4] = [
        ("lint", Box::new(|| lint::run(&[]).map(done))),
        ("fuzz", Box::new(|| fuzz::run_each(&[], SMOKE_SECONDS).map(done))),
        ("e2e", Box::new(|| e2e::run(&[]).map(done))),
        ("test", Box::new(|| test::run_thoroughly(&[], true).map(done))),
    ];
    step::run_all("ci", steps)
}

fn done((): ()) -> String {
    "done".to_owned()
}

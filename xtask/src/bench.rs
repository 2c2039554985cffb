//! `cargo xtask bench`: release builds of the binary and of the benchmarks, then the benchmarks.

use crate::process;
use crate::step::Failure;

pub(crate) fn help() -> String {
    "Builds `grantkeep` and the benchmarks in release mode (a few minutes the first time) and runs them.\n\
     ARGS go to the benchmarks; `-- --help` lists theirs. Run it on a quiet machine."
        .to_owned()
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let remedy = "mend the build: see above";
    process::run(&mut process::cargo(["build", "--release", "--locked", "-p", "grantkeep"]), remedy)?;
    let mut bench = process::cargo(["run", "--release", "--locked", "-p", "grantkeep-tests", "--bin", "bench", "--"]);
    process::run(bench.args(arguments), "a number missed its goal, or the benchmark itself failed: see above")
}

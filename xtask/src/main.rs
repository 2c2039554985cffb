//! Workflow of this repository: `cargo xtask COMMAND`. One file for each command.
//!
//! Light on purpose: it is compiled before anything else can be checked, so it uses the standard library and `serde_json`.
//! Every command works from the root of the repository, wherever it is called.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line for people: output is its purpose")]

mod bench;
mod ci;
mod e2e;
mod fuzz;
mod lint;
mod process;
mod step;
mod test;
mod tree;

use std::process::ExitCode;

use step::Failure;

/// One command: its file holds the rest.
struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    help: fn() -> String,
    run: fn(&[String]) -> Result<(), Failure>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "bench",
        arguments: "[-- ARGS...]",
        summary: "measure a release build against its goals",
        help: bench::help,
        run: bench::run,
    },
    Command { name: "ci", arguments: "", summary: "lint, fuzz and test, as CI does", help: ci::help, run: ci::run },
    Command {
        name: "e2e",
        arguments: "[FLOW...]",
        summary: "log in at real servers through a real browser",
        help: e2e::help,
        run: e2e::run,
    },
    Command {
        name: "fuzz",
        arguments: "[TARGET...] [--seconds N]",
        summary: "run the fuzz targets, each for N seconds (60)",
        help: fuzz::help,
        run: fuzz::run,
    },
    Command {
        name: "lint",
        arguments: "[STEP...]",
        summary: "everything that can be checked without running the program",
        help: lint::help,
        run: lint::run,
    },
    Command {
        name: "test",
        arguments: "[-- ARGS...]",
        summary: "build the binary and run every test of the workspace",
        help: test::help,
        run: test::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match answer(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprint!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn answer(arguments: &[String]) -> Result<(), Failure> {
    let (name, rest) = match arguments {
        [] => return usage(),
        [word] if is_help(word) => return usage(),
        [word, name] if is_help(word) => return explain(find(name)?),
        [name, rest @ ..] => (name, rest),
    };
    let command = find(name)?;
    if rest.iter().take_while(|word| *word != "--").any(|word| is_help(word)) {
        return explain(command);
    }
    tree::enter()?;
    (command.run)(rest)
}

fn is_help(word: &str) -> bool {
    matches!(word, "help" | "--help" | "-h")
}

fn find(name: &str) -> Result<&'static Command, Failure> {
    COMMANDS
        .iter()
        .find(|command| command.name == name)
        .ok_or_else(|| Failure::new(format!("there is no command `{name}`"), "see `cargo xtask --help`"))
}

fn usage() -> Result<(), Failure> {
    println!("Workflow of this repository.\n\nUsage: cargo xtask COMMAND\n\nCommands:");
    for Command { name, arguments, summary, .. } in COMMANDS {
        println!("  {:<32}{summary}", format!("{name} {arguments}"));
    }
    println!("\nBefore sending a change: `cargo xtask ci`. More about one command: `cargo xtask help COMMAND`.");
    Ok(())
}

fn explain(command: &Command) -> Result<(), Failure> {
    let Command { name, arguments, help, .. } = command;
    println!("Usage: cargo xtask {}\n\n{}", format!("{name} {arguments}").trim_end(), help().trim_end());
    Ok(())
}

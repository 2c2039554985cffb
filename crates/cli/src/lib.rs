//! Owns the command line: commands, configuration, wiring, and how results are told to people and scripts.
//!
//! The outermost layer: the real clock, the real randomness, files and signals are here and nowhere else. Commands speak to the
//! same API that the server offers, over the network, over the socket of a running server, or in this process.

mod api;
mod args;
mod browser;
mod command;
mod console;
mod directory;
mod fault;
mod here;
mod key_file;
mod listen;
mod log;
mod process;
mod prompt;
mod qr;
mod serve;
mod setting;
mod text;
mod usage;
mod world;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use args::Args;
use fault::CliFault;

/// Runs the program with `arguments`, the first of which is its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return told_wrong(&error),
    };
    process::harden();
    match start(args) {
        Ok(code) => code,
        Err(fault) => {
            console::fault(&fault);
            ExitCode::from(fault.code())
        }
    }
}

/// Help and version are no failures. Wrong usage is told in our two lines, without what was typed: that may be a token.
fn told_wrong(error: &clap::Error) -> ExitCode {
    match usage::fault(error) {
        Some(fault) => {
            console::fault(&fault);
            ExitCode::from(fault.code())
        }
        None => {
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
        }
    }
}

fn start(args: Args) -> Result<ExitCode, CliFault> {
    let settings = setting::Settings::resolve(&args)?;
    log::start(&settings)?;
    let runtime = process::runtime(&args.command)?;
    runtime.block_on(command::run(args.command, settings))
}

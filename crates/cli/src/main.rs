//! The binary `grantkeep`: nothing but the entry.

use std::process::ExitCode;

fn main() -> ExitCode {
    grantkeep::run(std::env::args_os())
}

//! Owns the benchmark: measures the real program against bare parts in one run, and prints ratios with their gates.
//!
//! Absolute numbers belong to the machine; ratios and gates to the program. Every measured server is this same binary in another
//! role, so compiler, allocator and runtime are the same on both sides. Exits 1 when a gate is missed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods)]

mod clock;
mod footprint;
mod load;
mod parse;
mod report;
mod role;
mod seed;
mod store;
mod submit;
mod watcher;
mod web;

use std::process::ExitCode;

use report::Report;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some("role") = arguments.get(1).map(String::as_str) {
        return role::run(&arguments[2..]);
    }
    let wanted = |name: &str| arguments.len() == 1 || arguments[1..].iter().any(|argument| argument == name);
    let mut report = Report::default();
    if wanted("parse") {
        parse::run(&mut report);
    }
    if wanted("store") || wanted("watcher") {
        let many = seed::filled(seed::MANY);
        if wanted("store") {
            store::run(&mut report, many.path());
        }
        // It adds rows of its own.
        if wanted("watcher") {
            watcher::run(&mut report, many.path());
        }
    }
    if wanted("web") {
        web::run(&mut report);
    }
    if wanted("submit") {
        submit::run(&mut report);
    }
    if wanted("footprint") {
        footprint::run(&mut report);
    }
    report.finish()
}

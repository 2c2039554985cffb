//! Owns what whole-program tests and benchmarks stand on: the real binary, emulated and hostile
//! providers, plain HTTP, a browser, and a sweep for secrets.
//!
//! Every program that is started here has a home of its own and an environment made from nothing. Nothing waits for a fixed
//! time: what is awaited is looked for until a deadline. A broken expectation panics, as in any test.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests use the real clock, say what they do, and end by panicking"
)]

/// What tests are made with.
pub mod harness {
    pub mod browser;
    pub mod chance;
    pub mod contender;
    pub mod disk;
    pub mod home;
    pub mod hook;
    pub mod hostile;
    pub mod http;
    pub mod json;
    pub mod jwt;
    pub mod login;
    pub mod mailbox;
    pub mod memory;
    pub mod port;
    pub mod program;
    pub mod provider;
    pub mod relay;
    pub mod server;
    pub mod stage;
    pub mod sweep;
    pub mod trap;
    pub mod vk;
    pub mod wait;
    pub mod wire;
}

//! Whole-program tests: the real binary, emulated and hostile providers, and everything that the outside may do to them.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests use the real clock, say what they do, and end by panicking"
)]

#[path = "program/attack.rs"]
mod attack;
#[path = "program/audit.rs"]
mod audit;
#[path = "program/bad_input.rs"]
mod bad_input;
#[path = "program/callback.rs"]
mod callback;
#[path = "program/command_line.rs"]
mod command_line;
#[path = "program/concurrency.rs"]
mod concurrency;
#[path = "program/crash.rs"]
mod crash;
#[path = "program/damage.rs"]
mod damage;
#[path = "program/directory.rs"]
mod directory;
#[path = "program/inside.rs"]
mod inside;
#[path = "program/login.rs"]
mod login;
#[path = "program/misbehaviour.rs"]
mod misbehaviour;
#[path = "program/notice.rs"]
mod notice;
#[path = "program/outage.rs"]
mod outage;
#[path = "program/owner.rs"]
mod owner;
#[path = "program/provider.rs"]
mod provider;
#[path = "program/registration.rs"]
mod registration;
#[path = "program/renewal.rs"]
mod renewal;
#[path = "program/sandbox.rs"]
mod sandbox;
#[path = "program/secret.rs"]
mod secret;
#[path = "program/service_account.rs"]
mod service_account;
#[path = "program/setting.rs"]
mod setting;
#[path = "program/shape.rs"]
mod shape;
#[path = "program/trace.rs"]
mod trace;

//! Tests of a running sandbox, over HTTP, the way that people and programs use it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "here the test is the outside: a client of its own, and the real clock")]

mod api;
mod authorize;
mod client;
mod control;
mod fault;
mod gate;
mod mastodon;
mod oauth2;
mod oauth2_fault;
mod page;
mod vk_code;
mod vk_id;

//! Owns the only HTTP client of the product: TLS, time and size limits, no redirects, no proxies, no cookies.
//!
//! It turns a [`grantkeep_core::Outgoing`] into a request and gives back an [`grantkeep_core::Answer`] or the reason for its
//! absence. No error carries a URL or a body. Nothing else in the product may build a client.

mod address;
mod client;

pub use address::{AddressFault, check_base_url};
pub use client::Client;

//! Owns the only HTTP client of the product: TLS, time and size limits, no redirects, no proxies, no cookies, and the guard
//! against private addresses.
//!
//! It turns a [`grantkeep_core::Outgoing`] into a request and gives back a [`grantkeep_core::Answer`] or the reason for its
//! absence. Hosts come from people whom we do not trust (everybody may name a Mastodon server), so a request goes to the
//! public internet over TLS or, where the operator's configuration says so, elsewhere: [`Rules`] decides, on every request
//! and again on every address that a name resolves to. No error carries a URL or a body. Nothing else in the product may
//! build a client.

mod address;
mod block;
mod client;
mod resolve;
mod rule;

pub use address::{AddressFault, check_base_url};
pub use client::Client;
pub use resolve::Lookup;
pub use rule::{AllowEntry, AllowFault, Rules, check_url};

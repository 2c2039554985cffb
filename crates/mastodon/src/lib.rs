//! Mastodon and its relatives on top of OAuth, as values: what people type, what a server is, how we become known to it, what
//! a person is asked, and what the server's answers mean.
//!
//! Nothing here sends, reads a clock or draws a random number. Any server may be hostile: its endpoints are on itself, its
//! names are short words, and its texts decide nothing but where a table says so. What is different between servers is
//! in two tables: [`software`] and the one of refusals.

pub mod authorize;
pub mod check;
pub mod discover;
pub mod identity;
pub mod import;
pub mod instance;
mod json;
mod refusal;
pub mod registration;
pub mod revocation;
pub mod scope;
pub mod server;
pub mod site;
pub mod software;
pub mod token;

pub use identity::{Identity, Person, default_account};
pub use instance::{InstanceFault, Typed};
pub use registration::{Application, Registered, RegistrationFault};
pub use server::{Server, ServerFault};
pub use site::{Endpoints, Site};
pub use software::{Software, Traits};

#[cfg(test)]
mod tests;

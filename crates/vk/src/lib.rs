//! VK on top of OAuth, as values: where tokens come from, what kinds there are, how VK is asked about one, and what its
//! answers mean.
//!
//! Nothing here sends or reads a clock. A token goes into a request's body and nowhere else: never into a URL, an error
//! or a `Debug`. VK's localized text never decides anything.

pub mod check;
pub mod code;
pub mod fault;
pub mod id;
mod reply;
pub mod settings;
pub mod token;

pub use check::{Check, Finding, Identity, Step};
pub use fault::{ApiFault, Class};
pub use settings::Settings;
pub use token::{default_account, kind_of, user_id, usual_expiry};

/// The version of VK's API that we speak.
pub const API_VERSION: &str = "5.199";

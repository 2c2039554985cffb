//! OAuth 2.0 as values: requests out, answers in. Nothing here sends, waits, reads a clock or draws a random number.
//!
//! Lenient where servers are odd, strict where it protects: an odd lifetime or a missing scope never costs a token, while two
//! tokens in one answer, a token of a type that we do not understand, or a stranger's `iss` always do. An error never holds
//! what came from outside, but for codes of the standards and statuses.

pub mod answer;
pub mod authorize;
pub mod bearer;
pub mod callback;
pub mod challenge;
pub mod client;
pub mod device;
pub mod endpoint;
pub mod error;
mod form;
pub mod id_token;
pub mod issuer;
mod json;
pub mod metadata;
pub mod pkce;
pub mod registration;
mod request;
pub mod revocation;
#[cfg(test)]
mod sample;
pub mod scope;
pub mod state;
mod text;
pub mod token;
pub mod userinfo;

pub use authorize::{Authorize, ResponseType};
pub use client::{Client, Method};
pub use endpoint::{Endpoint, EndpointFault};
pub use error::ErrorCode;
pub use issuer::{Issuer, IssuerFault, Tolerance};
pub use pkce::{Challenge, Verifier};
pub use scope::Scopes;
pub use state::{Digest, State};
pub use token::{TokenAnswer, TokenFault};

//! OAuth 2.0 as values: requests out, answers in. Nothing here sends, waits, reads a clock or draws a random number.

pub mod authorize;

pub use authorize::{Authorize, Endpoint, EndpointFault, ResponseType};

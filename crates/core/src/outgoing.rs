//! Owns requests to providers and their answers as values. Nothing here sends: the outbound crate does, and it alone.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

use crate::Secret;

/// A request that somebody else will send. Of its URL it prints the origin only.
pub struct Outgoing {
    /// What it is for; decides the time limit.
    pub purpose: Purpose,
    /// HTTP method.
    pub method: Method,
    /// Where to. To a provider it never holds a secret: those go into `body` or a header marked sensitive. The address of a
    /// channel of notices may be one itself.
    pub url: Url,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, if any.
    pub body: Option<Payload>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("purpose", &self.purpose)
            .field("method", &self.method)
            .field("origin", &self.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}

/// A request body, already encoded.
#[derive(Debug)]
pub enum Payload {
    /// `application/x-www-form-urlencoded`.
    Form(Secret),
    /// `application/json`.
    Json(Secret),
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Metadata, registration, identity and checks: 15 s.
    Check,
    /// A token endpoint: 30 s.
    Token,
}

/// What came back. The body may hold secrets (VK once echoed tokens), so it prints as its length only and is wiped.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Response headers.
    pub headers: HeaderMap,
    /// The body, within the size limit.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no answer. Says nothing about the token that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoAnswer {
    /// No connection: name not found, refused, unreachable, TLS failed.
    #[error("no connection could be made")]
    Unreachable,
    /// The time limit was over before the answer was whole.
    #[error("no answer in time")]
    Timeout,
    /// The answer was larger than we read.
    #[error("the answer was too large")]
    TooLarge,
    /// The connection broke before the answer was whole.
    #[error("the connection broke before the answer was complete")]
    Broken,
    /// Our own rules do not let a request go to that address.
    #[error("this address is not one that requests may go to")]
    Forbidden,
}

impl NoAnswer {
    /// Our word for it, in causes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Unreachable => "unreachable",
        }
    }
}

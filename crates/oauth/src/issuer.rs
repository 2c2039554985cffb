//! Owns the identity of an authorization server, and the check of `iss` in what a browser brings back (RFC 9207).
//!
//! Issuers are compared as text, byte by byte: no case, port, slash or escape is made equal (RFC 9207 §2.4, RFC 8414 §3.3),
//! but for the one slash that Mastodon adds.

use thiserror::Error;
use url::Url;

use crate::{EndpointFault, endpoint};

/// An issuer identifier: a secure URL without query and fragment (RFC 8414 §2), kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

/// How two issuers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// Byte by byte.
    Exact,
    /// One slash at the end does not count. For Mastodon alone, which writes it in its metadata.
    TrailingSlash,
}

/// Why a text is not an issuer, or an `iss` not the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IssuerFault {
    /// Another server answered than the one that was asked.
    #[error("the answer comes from another issuer")]
    Mismatch,
    /// The server says that it sends `iss`, and did not.
    #[error("the answer does not say which issuer it comes from")]
    Missing,
    /// The issuer has a query.
    #[error("an issuer cannot have a query (?…)")]
    Query,
    /// The issuer is not a URL to talk to.
    #[error("{0}")]
    Url(EndpointFault),
}

impl Issuer {
    /// Reads an issuer.
    pub fn new(text: &str) -> Result<Self, IssuerFault> {
        let url = endpoint::secure(text).map_err(IssuerFault::Url)?;
        if url.fragment().is_some() {
            return Err(IssuerFault::Url(EndpointFault::Fragment));
        }
        if url.query().is_some() {
            return Err(IssuerFault::Query);
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// As it was written: what `iss` and metadata must say.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As a URL.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// Whether two issuers are the same.
pub fn is_same(one: &str, other: &str, tolerance: Tolerance) -> bool {
    let bare = |text: &str| match tolerance {
        Tolerance::Exact => text.len(),
        Tolerance::TrailingSlash => text.strip_suffix('/').unwrap_or(text).len(),
    };
    one[..bare(one)] == other[..bare(other)]
}

/// Checks the `iss` of a callback, already form-decoded. `expected` is the issuer that the flow was begun with, if it is
/// known; `is_promised` whether its metadata said `authorization_response_iss_parameter_supported`.
pub fn check(
    iss: Option<&str>,
    expected: Option<&str>,
    is_promised: bool,
    tolerance: Tolerance,
) -> Result<(), IssuerFault> {
    match (iss, expected) {
        (Some(iss), Some(expected)) if !is_same(iss, expected, tolerance) => Err(IssuerFault::Mismatch),
        (None, _) if is_promised => Err(IssuerFault::Missing),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! Owns what may be an endpoint: a URL that we send requests, or a person's browser, to.
//!
//! An endpoint never has a fragment (RFC 6749 §3.1, §3.2). One that came from outside must also be safe to send a secret to:
//! see [`secure`]. Where it leads on the network is not judged here.

use thiserror::Error;
use url::{Host, Url};

/// A URL without a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a URL is not an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EndpointFault {
    /// RFC 6749 §3.1: the endpoint URI must not include a fragment.
    #[error("an endpoint cannot have a fragment (#…)")]
    Fragment,
    /// Neither https, nor http to a loopback address written as a number.
    #[error("an endpoint must be https, or http on 127.0.0.1 or [::1]")]
    Insecure,
    /// Not an absolute URL.
    #[error("an endpoint must be an absolute URL")]
    NotUrl,
    /// A name or password in the URL.
    #[error("an endpoint cannot have a user name or password in it")]
    UserInfo,
}

impl Endpoint {
    /// Takes a URL as it is, with its own query: what an operator configures.
    pub fn new(url: Url) -> Result<Self, EndpointFault> {
        if url.fragment().is_some() { Err(EndpointFault::Fragment) } else { Ok(Self(url)) }
    }

    /// Takes an endpoint that came from outside: it must be [`secure`].
    pub fn from_outside(text: &str) -> Result<Self, EndpointFault> {
        secure(text).and_then(Self::new)
    }

    /// The endpoint `name` under a base URL. A query or fragment of the base belongs to no endpoint and is left out.
    pub fn under(base: &Url, name: &str) -> Self {
        let mut url = base.clone();
        url.set_path(&format!("{}/{name}", base.path().trim_end_matches('/')));
        url.set_query(None);
        url.set_fragment(None);
        Self(url)
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// Reads a URL that a server names and that a secret or a person may be sent to: https, or http to a loopback address written as
/// a number (RFC 8252 §8.3); no user name or password in it.
pub fn secure(text: &str) -> Result<Url, EndpointFault> {
    let url = Url::parse(text).map_err(|_| EndpointFault::NotUrl)?;
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) => false,
        None => return Err(EndpointFault::NotUrl),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointFault::UserInfo);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback => Ok(url),
        _ => Err(EndpointFault::Insecure),
    }
}

#[cfg(test)]
mod tests;

//! Owns turning a name into the addresses that a connection may be made to.
//!
//! A name is looked up once for each connection, and the connection goes to what was judged here, so no second answer can
//! come in between. One address that is not public spoils the whole answer: it is never a mistake of an honest server.
//! Addresses in URLs do not come here; the rules judge them.

use std::{
    fmt, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{block::is_public, rule::Reach};

/// How many addresses of one name are tried. More are judged, but only stretch the time until we give up.
const MOST_TRIED: usize = 16;

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Where names are looked up: the system, or what a test puts in its place.
#[derive(Clone)]
pub struct Lookup(Arc<dyn Fn(String) -> Found + Send + Sync>);

impl Lookup {
    /// Names are looked up by `ask`.
    pub fn new<F>(ask: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        Self(Arc::new(move |name| Box::pin(ask(name))))
    }
}

impl Default for Lookup {
    fn default() -> Self {
        Self::new(|name| async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// The resolver of a client whose connections reach as far as `reach`.
#[derive(Debug)]
pub(crate) struct Resolver {
    pub(crate) lookup: Lookup,
    pub(crate) reach: Reach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str();
        if name == "localhost" {
            // RFC 6761 §6.3: always this machine, whatever a name server says. The public client never comes here.
            return Box::pin(std::future::ready(answer(loopback(), self.reach)));
        }
        let (found, reach) = ((self.lookup.0)(name.to_owned()), self.reach);
        Box::pin(async move { answer(found.await?, reach) })
    }
}

fn loopback() -> Vec<SocketAddr> {
    vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]
}

fn answer(mut found: Vec<SocketAddr>, reach: Reach) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    let refused = reach == Reach::Public && !found.iter().all(|address| is_public(address.ip()));
    if refused || found.is_empty() {
        return Err(io::Error::from(io::ErrorKind::NotFound).into());
    }
    found.truncate(MOST_TRIED);
    Ok(Box::new(found.into_iter()))
}

#[cfg(test)]
mod tests;

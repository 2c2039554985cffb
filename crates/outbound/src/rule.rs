//! Owns where a request may go, as far as its URL tells: the rules and the verdict on a URL.
//!
//! Whatever these rules do not name goes to the public internet over TLS alone. The verdict is given on every request,
//! before anything is looked up. It must never depend on anything but the rules and the URL.

mod entry;

use std::{collections::HashMap, net::IpAddr};

use url::{Host, Url};

pub use entry::{AllowEntry, AllowFault};

use crate::{
    address::{AddressFault, check_base_url, refuse_credentials},
    block::is_public,
};

/// Where requests may go beyond the public internet. Made once, from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// By host, written as [`Url::host_str`] writes it.
    named: HashMap<String, Vec<Named>>,
    only_named: bool,
}

/// An origin, or several of the same host, that the configuration names.
#[derive(Clone, Copy, Debug)]
struct Named {
    scheme: Option<Scheme>,
    port: Option<u16>,
    reach: Reach,
}

/// Where a connection may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// At a public address.
    Public,
    /// At any address that the name resolves to.
    Anywhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Rules {
    /// A host that may be private and may speak plain http (`GRANTKEEP_OUTBOUND_ALLOW`).
    ///
    /// An allowed name may resolve to anything. An allowed address is meant as it stands in a URL: a name that resolves to
    /// it must be allowed by itself, or anybody could point a name there.
    pub fn allow(&mut self, entry: AllowEntry) {
        self.name(entry.host, Named { scheme: None, port: entry.port, reach: Reach::Anywhere });
    }

    /// An origin that the operator's configuration names: VK's URLs, an `oauth2` provider's.
    ///
    /// Plain http to this machine is allowed for exactly that scheme, host and port. Over https it must still be public,
    /// but may have any port. A URL that [`check_base_url`] refuses names nothing.
    pub fn configured(&mut self, base: &Url) {
        let local = base.scheme() == "http";
        self.origin(base, if local { Reach::Anywhere } else { Reach::Public });
    }

    /// Confines requests to what is allowed and configured, as a sandbox must be that never reaches a real provider.
    pub fn nothing_else(&mut self) {
        self.only_named = true;
    }

    /// The one server that somebody named to have it do the work: on a private network too, but in plain http only here.
    pub(crate) fn own_server(base: &Url) -> Self {
        let mut rules = Self { only_named: true, ..Self::default() };
        rules.origin(base, Reach::Anywhere);
        rules
    }

    /// How far a request for `url` may go, or why it may not go at all.
    pub(crate) fn judge(&self, url: &Url) -> Result<Reach, AddressFault> {
        refuse_credentials(url)?;
        let scheme = Scheme::of(url).ok_or(AddressFault::Scheme)?;
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(AddressFault::Name);
        };
        let named = self.reach(url, scheme, port);
        if let Some(Reach::Anywhere) = named {
            return Ok(Reach::Anywhere);
        }
        if self.only_named && named.is_none() {
            return Err(AddressFault::Unnamed);
        }
        if scheme == Scheme::Http {
            return Err(AddressFault::Scheme);
        }
        match host {
            Host::Domain(name) if !is_public_name(name) => return Err(AddressFault::Name),
            Host::Ipv4(address) if !is_public(IpAddr::V4(address)) => return Err(AddressFault::Inside),
            Host::Ipv6(address) if !is_public(IpAddr::V6(address)) => return Err(AddressFault::Inside),
            _ => {}
        }
        // Ports below belong to mail, shells and the like. The operator may know better, a stranger does not.
        if named.is_none() && port != 443 && port < 1024 {
            return Err(AddressFault::Port);
        }
        Ok(Reach::Public)
    }

    fn origin(&mut self, base: &Url, reach: Reach) {
        let (Some(host), Ok(())) = (base.host_str(), check_base_url(base)) else { return };
        self.name(host.to_owned(), Named { scheme: Scheme::of(base), port: base.port_or_known_default(), reach });
    }

    fn name(&mut self, host: String, named: Named) {
        self.named.entry(host).or_default().push(named);
    }

    /// The farthest reach that the rules give to this origin.
    fn reach(&self, url: &Url, scheme: Scheme, port: u16) -> Option<Reach> {
        let named = self.named.get(url.host_str()?)?.iter();
        let matching = named.filter(|named| {
            named.scheme.is_none_or(|only| only == scheme) && named.port.is_none_or(|only| only == port)
        });
        matching.map(|named| named.reach).max()
    }
}

impl Scheme {
    fn of(url: &Url) -> Option<Self> {
        match url.scheme() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }
}

/// What can be told of a URL before any request: the same verdict that every request gets.
///
/// A URL that passes may still lead nowhere: what its name resolves to is judged when it is connected to.
pub fn check_url(url: &Url, rules: &Rules) -> Result<(), AddressFault> {
    rules.judge(url).map(drop)
}

/// Whether a name can be one of the public internet: two labels or more of letters, digits and hyphens, and no special
/// ending. The last label is of letters alone, or international: what ends in a digit could be read as an address by
/// somebody. A dot at the end is refused, so that `Host`, the name in TLS, and the pool see one spelling.
fn is_public_name(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let is_ending = last.starts_with("xn--") || last.bytes().all(|byte| byte.is_ascii_alphabetic());
    name.len() <= 253 && name.split('.').all(is_label) && is_ending && !is_special(last)
}

fn is_label(label: &str) -> bool {
    let in_the_middle = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    matches!(label.len(), 1..=63)
        && label.bytes().all(in_the_middle)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Last labels that are never delegated in the public DNS, or hold only names that no server has.
fn is_special(last: &str) -> bool {
    match last {
        // IANA's special-use domain names (RFC 6761 and later).
        "alt" | "arpa" | "example" | "invalid" | "local" | "localhost" | "onion" | "test" => true,
        // Reserved by ICANN for private use (2024), and what private networks use besides (RFC 6762, appendix G).
        "internal" | "corp" | "home" | "intranet" | "lan" | "private" => true,
        // Written into hosts files by many systems.
        "localdomain" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;

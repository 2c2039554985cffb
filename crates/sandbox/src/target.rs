//! Owns where browsers and clients may be sent: places on this machine, and, for tests that nobody must go there, addresses
//! that belong to nobody.

use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

/// A place on this machine that a browser may be sent to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Where the browser is sent, without a fragment.
    pub(crate) place: String,
    /// What was asked for, byte by byte, to be shown to a person and compared later.
    pub(crate) shown: String,
    /// The source that the page's policy must allow for the redirect after the form.
    pub(crate) source: String,
}

impl Target {
    /// A redirect URI; none unless it is http on loopback, without a fragment and without a name in it.
    pub(crate) fn on_loopback(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let host = url.host()?;
        if url.scheme() != "http" || !is_loopback(&host) {
            return None;
        }
        let source = match host {
            // A policy cannot name an IPv6 address.
            Host::Ipv6(_) => "http:".to_owned(),
            Host::Domain(_) | Host::Ipv4(_) => url.origin().ascii_serialization(),
        };
        Some(Self { shown: text.to_owned(), place: url.into(), source })
    }

    /// The place with something added to its query.
    pub(crate) fn with_query(&self, more: &str) -> String {
        let joint = if self.place.contains('?') { '&' } else { '?' };
        format!("{}{joint}{more}", self.place)
    }

    /// The sources that a page's forms may lead to.
    pub(crate) fn sources(&self) -> String {
        if self.source == "'self'" { self.source.clone() } else { format!("'self' {}", self.source) }
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Top-level names that belong to nobody (RFC 2606, RFC 6761).
const RESERVED: [&str; 4] = ["example", "invalid", "localhost", "test"];

/// Whether that is a URL at which nobody's server can be: an address that is not public, or a reserved name.
pub(crate) fn is_harmless(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let last = name.rsplit('.').next().unwrap_or_default();
            let second = matches!(name, "example.com" | "example.net" | "example.org")
                || [".example.com", ".example.net", ".example.org"].iter().any(|end| name.ends_with(end));
            RESERVED.contains(&last) || second
        }
        Some(Host::Ipv4(address)) => is_nobodys(address),
        Some(Host::Ipv6(address)) => match address.to_canonical() {
            IpAddr::V4(address) => is_nobodys(address),
            IpAddr::V6(address) => {
                let documentation = address.segments()[..2] == [0x2001, 0x0db8];
                address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    || documentation
            }
        },
        None => false,
    }
}

fn is_nobodys(address: Ipv4Addr) -> bool {
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_documentation()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_are_nobodys_are_harmless() {
        for (url, expected) in [
            ("http://127.0.0.1:9/x", true),
            ("http://169.254.169.254/latest", true),
            ("http://10.0.0.1/", true),
            ("http://[::1]/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://[fd00::1]/", true),
            ("https://evil.example/token", true),
            ("https://id.example.org", true),
            ("http://a.localhost/", true),
            ("https://oauth.vk.com/", false),
            ("http://8.8.8.8/", false),
            ("http://[2606:4700::1111]/", false),
            ("https://myexample.org/", false),
            ("not a url", false),
            ("mailto:x@example.org", false),
        ] {
            assert_eq!(is_harmless(url), expected, "{url}");
        }
    }

    #[test]
    fn redirects_stay_on_loopback() {
        for (text, expected) in [
            ("http://localhost:8000/callback?x=1", Some("http://localhost:8000/callback?x=1")),
            ("http://[::1]:8000/callback/vk", Some("http://[::1]:8000/callback/vk")),
            ("http://127.1:8000/", Some("http://127.0.0.1:8000/")),
            ("https://127.0.0.1:8000/", None),
            ("http://127.0.0.1.example.org/", None),
            ("http://user@127.0.0.1/", None),
            ("http://127.0.0.1/#x", None),
            ("javascript:alert(1)", None),
            ("//evil.example/", None),
        ] {
            assert_eq!(Target::on_loopback(text).map(|target| target.place).as_deref(), expected, "{text}");
        }
    }
}

//! Owns one entry of `GRANTKEEP_OUTBOUND_ALLOW`: a host name or address, with a port or without.
//!
//! It names exactly one host. A pattern, a network, or a whole URL is refused with a reason, never guessed at.

use std::{net::Ipv6Addr, str::FromStr};

use thiserror::Error;
use url::Host;

/// A host that outbound requests may reach although it is private or speaks plain http.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowEntry {
    /// As [`url::Url::host_str`] writes it.
    pub(super) host: String,
    /// Every port if none.
    pub(super) port: Option<u16>,
}

/// Why an entry was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AllowFault {
    /// It carries a user name or password.
    #[error("it must not contain a user name or password")]
    Credentials,
    /// Not a host name or an address.
    #[error("it is neither a host name nor an address")]
    Host,
    /// Not a port.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// A URL, a path, or a network.
    #[error("it must be a host alone, without https://, a path or a network mask")]
    Url,
    /// A pattern.
    #[error("each host must be named: there are no wildcards")]
    Wildcard,
}

impl FromStr for AllowEntry {
    type Err = AllowFault;

    fn from_str(text: &str) -> Result<Self, AllowFault> {
        let text = text.trim();
        for (signs, fault) in [("/\\?#", AllowFault::Url), ("@", AllowFault::Credentials), ("*", AllowFault::Wildcard)]
        {
            if text.contains(|sign| signs.contains(sign)) {
                return Err(fault);
            }
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self { host: Host::<String>::Ipv6(address).to_string(), port: None });
        }
        let (host, port) = split(text);
        Ok(Self { host: host_of(host)?, port: port.map(port_of).transpose()? })
    }
}

/// The host and what follows the colon after it.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        // The last colon of `[fd00::1]` is inside.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

/// The same normal form that a URL gets. Names may have one label here, and underscores: those of containers do.
fn host_of(text: &str) -> Result<String, AllowFault> {
    // A percent sign would be decoded, or begin an IPv6 zone.
    if text.contains('%') {
        return Err(AllowFault::Host);
    }
    let host = Host::parse(text).map_err(|_| AllowFault::Host)?;
    if let Host::Domain(name) = &host {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !name.bytes().all(is_plain) || name.split('.').any(str::is_empty) {
            return Err(AllowFault::Host);
        }
    }
    Ok(host.to_string())
}

fn port_of(text: &str) -> Result<u16, AllowFault> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0).ok_or(AllowFault::Port)
}

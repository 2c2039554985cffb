//! Owns where a server is: an origin, `https://host[:port]`, or plain http where it was typed so.
//!
//! A [`Server`] has no user name, path or query, its host is ASCII in lower case (RFC 5891 A-labels), and its text in rows
//! reads back to the same server. Whether it may be reached is not decided here but by whoever sends.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// Longest host name, in characters (RFC 1035 §2.3.4, as text).
const LONGEST_HOST: usize = 253;

/// Longest label of one (RFC 1035 §2.3.4).
const LONGEST_LABEL: usize = 63;

/// A server's origin.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// With the path `/` and nothing behind it.
    origin: Url,
    /// The same as text, for rows.
    text: Box<str>,
}

/// Why a text is no server's name. Holds no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ServerFault {
    /// The host is not a name or an address.
    #[error("it is not a host name")]
    Host,
    /// An IP address that is not written the usual way, `0x7f.1` for `127.0.0.1`: what hides an address.
    #[error("the IP address is not written the usual way")]
    OddAddress,
    /// A port that is no number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// The name, or a part of it between two dots, is too long.
    #[error("the host name has more than 253 characters, or a part of it more than 63")]
    TooLong,
}

impl Server {
    /// From `host` or `host:port` as it was typed. A trailing dot is dropped.
    pub(crate) fn read(is_https: bool, authority: &str) -> Result<Self, ServerFault> {
        let (host, port) = split(authority)?;
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.len() > 4 * LONGEST_HOST {
            return Err(ServerFault::TooLong);
        }
        let scheme = if is_https { "https" } else { "http" };
        let mut origin = Url::parse(&format!("{scheme}://{host}/")).map_err(|_| ServerFault::Host)?;
        if !origin.username().is_empty() || origin.password().is_some() || origin.path() != "/" {
            return Err(ServerFault::Host);
        }
        check_host(&origin, host)?;
        origin.set_port(port).map_err(|()| ServerFault::Port)?;
        let scheme = if is_https { "" } else { "http://" };
        let authority = match (origin.host_str().unwrap_or_default(), origin.port()) {
            (host, None) => host.to_owned(),
            (host, Some(port)) => format!("{host}:{port}"),
        };
        let text = format!("{scheme}{authority}").into();
        Ok(Self { origin, text })
    }

    /// The server that a URL points to; none for another scheme than http or https, or a URL with a user name.
    pub fn of(url: &Url) -> Option<Self> {
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let authority = match url.port() {
            None => url.host_str()?.to_owned(),
            Some(port) => format!("{}:{port}", url.host_str()?),
        };
        Self::read(is_https, &authority).ok()
    }

    /// The server whose [`Self::as_str`] is this text.
    pub fn from_kept(text: &str) -> Option<Self> {
        let (is_https, authority) = text.strip_prefix("http://").map_or((true, text), |authority| (false, authority));
        Self::read(is_https, authority).ok().filter(|server| server.as_str() == text)
    }

    /// For rows: `mstdn.jp`, `mstdn.jp:8443`, and `http://127.0.0.1:8003` for plain http.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// For paths and account names: `mstdn.jp`, `127.0.0.1:8003`. Plain http always shows its port, so that two servers
    /// do not share a name.
    pub fn name(&self) -> String {
        let host = self.origin.host_str().unwrap_or_default();
        let port = self.origin.port().or((!self.is_https()).then_some(80));
        port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The URL of a path there. `path` begins with a slash and may have a query.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        url
    }

    /// The origin itself, with the path `/`.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// Whether requests to it are encrypted.
    pub fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }

    /// Whether letters beyond ASCII are written in its name as `xn--…`. A person should look twice: many alphabets have
    /// letters that look like others.
    pub fn is_punycode(&self) -> bool {
        self.origin.host_str().is_some_and(|host| host.split('.').any(|label| label.starts_with("xn--")))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.text)
    }
}

/// [`Server::name`].
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Host and port of an authority. The port of `mstdn.jp:` is none (RFC 3986 §3.2.3).
fn split(authority: &str) -> Result<(&str, Option<u16>), ServerFault> {
    // The colons of an IPv6 address stand in brackets.
    let host_end = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority[host_end..].find(':').map(|at| host_end + at) else { return Ok((authority, None)) };
    let (host, port) = (&authority[..colon], &authority[colon + 1..]);
    if port.is_empty() {
        return Ok((host, None));
    }
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port: &u16| is_number && *port > 0).ok_or(ServerFault::Port)?;
    Ok((host, Some(port)))
}

/// Whether a host is one that we talk to, and is what was typed.
fn check_host(origin: &Url, typed: &str) -> Result<(), ServerFault> {
    match origin.host() {
        Some(Host::Domain(name)) => check_name(name),
        Some(Host::Ipv4(address)) if typed == address.to_string() => Ok(()),
        Some(Host::Ipv6(_)) if origin.host_str().is_some_and(|host| host.eq_ignore_ascii_case(typed)) => Ok(()),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Err(ServerFault::OddAddress),
        None => Err(ServerFault::Host),
    }
}

fn check_name(name: &str) -> Result<(), ServerFault> {
    let is_label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inside)
    };
    if !name.split('.').all(is_label) {
        return Err(ServerFault::Host);
    }
    if name.len() > LONGEST_HOST || name.split('.').any(|label| label.len() > LONGEST_LABEL) {
        return Err(ServerFault::TooLong);
    }
    Ok(())
}

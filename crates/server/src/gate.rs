//! Owns the strict gate: what is refused before routing, because hyper lets it through and nothing behind should meet it.
//!
//! RFC 9112 §3.2 (exactly one Host), §3.2.2 (absolute form), §6.1 (transfer codings); paths that two programs could read in two
//! ways are refused rather than normalised.

use http::{HeaderMap, HeaderValue, Method, Version, header, request::Parts};

use crate::{fault::Fault, request::Peer};

/// Longest request target.
const LONGEST_TARGET: usize = 8 * 1024;

/// `Host` values that are ours. Anything else is another site's page that was pointed at us.
#[derive(Debug)]
pub(crate) struct Hosts(Vec<Box<str>>);

impl Hosts {
    pub(crate) fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(hosts.into_iter().map(|host| host.to_ascii_lowercase().into()).collect())
    }

    /// Whether that is one of our names; a name may have a port.
    pub(crate) fn has(&self, host: &str) -> bool {
        self.0.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }
}

/// Lets a request pass, or says why not.
pub(crate) fn check(parts: &Parts, peer: Peer, hosts: &Hosts) -> Result<(), Fault> {
    check_target(parts)?;
    let counted = Counted::of(&parts.headers)?;
    check_framing(parts, &counted)?;
    match peer {
        Peer::Local => Ok(()),
        Peer::Browser(_) | Peer::Network(_) => check_host(parts, &counted, hosts),
    }
}

fn check_host(parts: &Parts, counted: &Counted<'_>, hosts: &Hosts) -> Result<(), Fault> {
    let (1, Some(host)) = (counted.hosts, counted.host) else {
        return Err(Fault::Malformed("exactly one Host header is needed"));
    };
    let host = host.to_str().map_err(|_| Fault::Malformed("the Host header is not text"))?;
    if let Some(authority) = parts.uri.authority()
        && !authority.as_str().eq_ignore_ascii_case(host)
    {
        return Err(Fault::Malformed("the request target names another host than the Host header"));
    }
    if hosts.has(host) { Ok(()) } else { Err(Fault::WrongHost) }
}

fn check_target(parts: &Parts) -> Result<(), Fault> {
    let path = parts.uri.path();
    let length = path.len() + parts.uri.query().map_or(0, str::len);
    if length > LONGEST_TARGET {
        return Err(Fault::TargetTooLong);
    }
    if parts.method == Method::CONNECT || !path.starts_with('/') {
        return Err(Fault::Malformed("the request target must be a path"));
    }
    if path.bytes().any(|byte| byte == b'\\' || !(0x21..=0x7e).contains(&byte)) {
        return Err(Fault::Malformed("the path contains a character that does not belong there"));
    }
    // The root is one empty segment; any other empty one is `//` or a trailing slash. By bytes: searching for a character is
    // made for longer texts.
    let mut segments = path.as_bytes()[1..].split(|byte| *byte == b'/');
    if path != "/" && segments.any(is_ambiguous) {
        return Err(Fault::Malformed("the path is not in its plain form"));
    }
    Ok(())
}

/// Empty, dots, or with an escape that decodes to something that separates or ends paths.
fn is_ambiguous(segment: &[u8]) -> bool {
    let escapes = [b"2f", b"5c", b"00", b"2e"];
    let is_escape = |window: &[u8]| {
        window[0] == b'%' && escapes.iter().any(|code| window[1..].eq_ignore_ascii_case(code.as_slice()))
    };
    matches!(segment, b"" | b"." | b"..") || segment.windows(3).any(is_escape)
}

/// What the gate wants to know of the headers, found in one pass: this runs for every request.
#[derive(Default)]
struct Counted<'h> {
    hosts: usize,
    host: Option<&'h HeaderValue>,
    codings: usize,
    coding: Option<&'h HeaderValue>,
    length: Option<&'h HeaderValue>,
}

impl<'h> Counted<'h> {
    fn of(headers: &'h HeaderMap) -> Result<Self, Fault> {
        let mut counted = Self::default();
        let (mut authorizations, mut types, mut origins, mut cookies) = (0, 0, 0, 0);
        for (name, value) in headers {
            let once = match *name {
                header::HOST => {
                    (counted.hosts, counted.host) = (counted.hosts + 1, Some(value));
                    continue;
                }
                header::TRANSFER_ENCODING => {
                    (counted.codings, counted.coding) = (counted.codings + 1, Some(value));
                    continue;
                }
                header::CONTENT_LENGTH => {
                    counted.length = Some(value);
                    continue;
                }
                header::UPGRADE => return Err(Fault::Malformed("this server speaks HTTP/1.1 only")),
                header::AUTHORIZATION => &mut authorizations,
                header::CONTENT_TYPE => &mut types,
                header::ORIGIN => &mut origins,
                header::COOKIE => &mut cookies,
                // A proxy may fold `X_Name` into `X-Name`, so the two must not both mean something.
                _ if name.as_str().contains('_') => {
                    return Err(Fault::Malformed("header names must not contain an underscore"));
                }
                _ => continue,
            };
            *once += 1;
            if *once > 1 {
                return Err(Fault::Malformed("a header that may stand only once stands twice"));
            }
        }
        Ok(counted)
    }
}

/// A length beside a transfer coding never comes here: hyper goes by the coding, takes the length out, and closes the connection after the
/// answer (RFC 9112 §6.3).
fn check_framing(parts: &Parts, counted: &Counted<'_>) -> Result<(), Fault> {
    let chunked = match (counted.codings, counted.coding) {
        (0, _) => false,
        (1, Some(coding)) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => true,
        _ => return Err(Fault::Malformed("the only transfer coding is chunked")),
    };
    let has_body = chunked || counted.length.is_some_and(|length| length.as_bytes() != b"0");
    if has_body && matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Fault::Malformed("a GET request has no body"));
    }
    if has_body && parts.version < Version::HTTP_11 {
        return Err(Fault::Malformed("an HTTP/1.0 request has no body here"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

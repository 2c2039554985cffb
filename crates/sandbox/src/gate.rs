//! Owns what is refused before anything looks at a request: other hosts, doubtful framing, other sites' forms.
//!
//! Only loopback names are answered, so a page of another site cannot reach the sandbox by pointing its own name at it. The
//! port is not compared: it differs behind a tunnel.

use std::net::IpAddr;

use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Version};

use crate::ask::Ask;
use crate::reply::{Reply, problem};

/// Longest path with query, in bytes.
const LONGEST_URI: usize = 8 * 1024;

/// Looks at what comes before the body.
pub(crate) fn admit(parts: &Parts) -> Result<(), Box<Reply>> {
    let refuse = |status, what| Err(Box::new(problem(status, what)));
    if parts.version != Version::HTTP_11 {
        return refuse(505, "HTTP/1.1 only");
    }
    if parts.uri.path_and_query().is_some_and(|uri| uri.as_str().len() > LONGEST_URI) {
        return refuse(414, "the address is too long");
    }
    let Some(host) = sole(&parts.headers, HOST.as_str()) else {
        return refuse(400, "exactly one Host header is needed");
    };
    if !host.to_str().is_ok_and(is_loopback) {
        return refuse(421, "the sandbox answers to loopback names only");
    }
    if parts.uri.authority().is_some_and(|authority| authority.as_str().as_bytes() != host.as_bytes()) {
        return refuse(400, "the request line and the Host header disagree");
    }
    let encoding = parts.headers.get_all(TRANSFER_ENCODING).iter().collect::<Vec<_>>();
    let is_chunked = encoding.iter().all(|value| value.as_bytes().eq_ignore_ascii_case(b"chunked"));
    // A Content-Length beside it has been dropped by hyper, as RFC 9112 §6.3 says.
    if encoding.len() > 1 || !is_chunked {
        return refuse(400, "the length of the request is not clear");
    }
    Ok(())
}

/// Whether a request that is sent by forms comes from one of our own pages, or from no page at all.
pub(crate) fn is_own(ask: &Ask) -> bool {
    if matches!(ask.method, Method::GET | Method::HEAD) {
        return true;
    }
    let site = ask.header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let own = ask.header(HOST.as_str()).map(|host| format!("http://{host}"));
    let origin = !ask.headers.contains_key("origin") || ask.header("origin") == own.as_deref();
    site && origin
}

/// Whether that is a loopback address, `localhost` or a name under it (RFC 6761 §6.3), with or without a port.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    !host.contains('@')
        && (last.eq_ignore_ascii_case("localhost")
            || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()))
}

fn sole<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.1:8001", true),
            ("127.9.9.9:1", true),
            ("localhost:9000", true),
            ("LOCALHOST", true),
            ("[::1]:8001", true),
            ("acme.localhost:8001", true),
            ("notlocalhost", false),
            ("localhost.", false),
            ("localhost.example.org", false),
            ("127.0.0.1.nip.io:8001", false),
            ("127.1:8001", false),
            ("evil.example", false),
            ("127.0.0.1@evil.example", false),
            ("evil@127.0.0.1", false),
            ("192.168.1.1", false),
            ("0.0.0.0:8001", false),
            ("[::]:8001", false),
            ("", false),
            ("127.0.0.1, evil.example", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}

//! Owns the address part of a pasted URL: where it ends, and what its host, port and path are as written.
//!
//! Stricter than a browser: whatever a browser would repair or reinterpret (backslashes, user names, odd ports) is no place.

/// Where a pasted URL points, as written in it; for the caller to say whether that is a place tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Host without port, as written (compare it without case). Never empty; IPv6 in its brackets.
    pub host: &'a str,
    /// Port, if written.
    pub port: Option<u16>,
    /// Path up to `?` or `#`, as written; empty where none is written.
    pub path: &'a str,
}

impl<'a> Place<'a> {
    /// Reads an address without query and fragment: `https://host:port/path`, with `http:` or with the scheme cut off.
    pub(super) fn read(address: &'a str) -> Option<Self> {
        let rest = without_scheme(address);
        let (host, rest) = rest.split_at(host_length(rest));
        if host.is_empty() {
            return None;
        }
        match rest.as_bytes().first() {
            None | Some(b'/') => Some(Self { host, port: None, path: rest }),
            Some(b':') => {
                let (port, path) = rest[1..].split_at(rest[1..].find('/').unwrap_or(rest.len() - 1));
                let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
                Some(Self { host, port: Some(port.parse().ok().filter(|_| is_number)?), path })
            }
            // `@`: what stood before it is the name of a user and not a host. `\`: browsers take it for a slash.
            Some(_) => None,
        }
    }
}

fn without_scheme(address: &str) -> &str {
    for scheme in ["https://", "http://"] {
        if let Some((start, rest)) = address.split_at_checked(scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            return rest;
        }
    }
    address.strip_prefix("//").unwrap_or(address)
}

/// Up to whatever ends a host; in the brackets of an IPv6 address a colon does not. 0 where no host begins.
fn host_length(rest: &str) -> usize {
    if let Some(inner) = rest.strip_prefix('[') {
        let is_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let length = inner.bytes().take_while(|&byte| is_address(byte)).count();
        return if inner[length..].starts_with(']') { length + 2 } else { 0 };
    }
    rest.bytes().position(|byte| matches!(byte, b'/' | b':' | b'@' | b'\\')).unwrap_or(rest.len())
}

/// Whether a line begins with an address, given what stands before its first mark (`#`, `&`, `=`, `?`), the rest from that mark
/// on, and whether the line began with such a mark.
///
/// Base64 has slashes too: they are those of an address when a full stop or a colon comes before them.
pub(super) fn begins(head: &str, rest: &str, is_list: bool) -> bool {
    if !head.is_empty() && !is_list && rest.starts_with(['#', '?']) {
        return true;
    }
    let named = head.trim_start_matches(['/', '\\']);
    let stop = named.bytes().position(|byte| matches!(byte, b'.' | b':' | b'/' | b'\\'));
    stop.is_some_and(|stop| matches!(named.as_bytes()[stop], b'.' | b':') && named[stop..].contains(['/', '\\']))
}

/// Splits an address from its query and fragment, which begin at the first `#` or `?`; there is none before `from`.
pub(super) fn split(line: &str, from: usize) -> (&str, &str) {
    let more = line.as_bytes()[from..].iter().position(|byte| matches!(byte, b'#' | b'?'));
    line.split_at(more.map_or(line.len(), |more| from + more))
}

//! Owns redirect URIs: which may be registered, and which one asked for is a registered one.

use url::{Host, Url};

use super::personality::RedirectMatch;

/// The texts that mean: show the code to the person.
const OOB: [&str; 2] = ["urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto"];

/// What `redirect_uris` is where it may be left out.
pub(super) const DEFAULT: &str = OOB[0];

/// Whether the code is shown instead of sent.
pub(super) fn is_oob(uri: &str) -> bool {
    OOB.contains(&uri)
}

/// Why Mastodon does not take it at registration; none when it does.
pub(super) fn fault(uri: &str) -> Option<&'static str> {
    if is_oob(uri) {
        return None;
    }
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("data" | "javascript" | "vbscript") => return Some("Redirect URI is forbidden by the server."),
        // `localhost:8080/callback`
        Some("localhost") => return Some("Redirect URI must specify a scheme."),
        _ => {}
    }
    let Ok(url) = Url::parse(uri) else {
        return Some("Redirect URI must be an absolute URI.");
    };
    if url.fragment().is_some() {
        return Some("Redirect URI cannot contain a fragment.");
    }
    if !uri.contains("://") {
        return Some("Redirect URI must be an absolute URI.");
    }
    None
}

/// Whether that is one absolute URI.
pub(super) fn is_absolute(uri: &str) -> bool {
    is_oob(uri) || (!uri.contains(char::is_whitespace) && Url::parse(uri).is_ok())
}

/// Whether the asked one counts as one of the registered ones.
pub(super) fn is_registered(rule: RedirectMatch, registered: &[String], asked: &str) -> bool {
    registered.iter().any(|known| matches(rule, known, asked))
}

/// Whether the asked one counts as that one.
pub(super) fn matches(rule: RedirectMatch, known: &str, asked: &str) -> bool {
    match rule {
        RedirectMatch::Anything => true,
        RedirectMatch::Doorkeeper5 => known == asked || matches_by_parts(known, asked),
        RedirectMatch::Exact => known == asked,
        RedirectMatch::ExactButPort => known == asked || matches_but_port(known, asked),
        RedirectMatch::Substring => known.contains(asked),
        RedirectMatch::WithoutQuery => bare(known) == bare(asked),
    }
}

fn bare(uri: &str) -> &str {
    uri.split_once('?').map_or(uri, |(bare, _)| bare)
}

fn matches_by_parts(known: &str, asked: &str) -> bool {
    let (Ok(mut known), Ok(mut asked)) = (Url::parse(known), Url::parse(asked)) else { return false };
    if asked.fragment().is_some() {
        return false;
    }
    if known.query().is_none() {
        asked.set_query(None);
    }
    if is_loopback_address(&known) && is_loopback_address(&asked) {
        // A loopback address always takes a port.
        let _ = (known.set_port(None), asked.set_port(None));
    }
    known == asked
}

/// The same text when the port is taken out of both.
fn matches_but_port(known: &str, asked: &str) -> bool {
    let without_port = |text: &str| {
        let url = Url::parse(text).ok().filter(is_loopback_address)?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(text.replacen(&port, "", usize::from(!port.is_empty())))
    };
    without_port(known).is_some_and(|known| without_port(asked) == Some(known))
}

/// An address, not `localhost`.
fn is_loopback_address(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests;

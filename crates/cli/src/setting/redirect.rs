//! Owns what a configured redirect URI may be: https, or plain http to this machine; and on our own address no path that is
//! ours, nor another provider's.

use std::{collections::HashMap, net::SocketAddr};

use url::{Host, Url};

use super::reachable;
use crate::{fault::CliFault, text};

/// First path segments that are ours: no redirect can be captured there.
const OURS: [&str; 14] = [
    "",
    "api",
    "assets",
    "calendar",
    "connect",
    "docs",
    "done",
    "healthz",
    "local",
    "login",
    "metrics",
    "openapi.json",
    "readyz",
    "settings",
];

/// Where this server is reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here<'a> {
    pub(super) listen: SocketAddr,
    pub(super) public_url: Option<&'a Url>,
}

impl Here<'_> {
    /// Whether a URL leads to this server: to the listen address's port on this machine, or to the public URL's origin.
    fn is_at(self, url: &Url) -> bool {
        let own = |public: &Url| public.origin() == url.origin();
        self.public_url.is_some_and(own)
            || (is_local(url) && self.listen.port() != 0 && url.port_or_known_default() == Some(self.listen.port()))
    }

    /// Where the provider `name` sends people back to when nothing else is said.
    pub(super) fn usual(self, name: &str) -> Option<Url> {
        let base = match self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", reachable(self.listen)),
        };
        Url::parse(&format!("{base}/callback/{name}")).ok()
    }
}

/// Reads the redirect URI of the provider `name`, or says what is wrong with it; `others` are all configured names.
pub(super) fn read(name: &str, text: &str, here: Here<'_>, others: &[&str]) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| text::REDIRECT_NOT_A_URL)?;
    if url.fragment().is_some() {
        return Err(text::REDIRECT_FRAGMENT);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(text::REDIRECT_CREDENTIALS);
    }
    if url.scheme() != "https" && !is_local(&url) {
        return Err(text::REDIRECT_INSECURE);
    }
    if here.is_at(&url) && is_taken(name, url.path(), others) {
        return Err(text::REDIRECT_OURS);
    }
    // The gate lets no other form of a path in.
    if here.is_at(&url) && url.path()[1..].split('/').any(str::is_empty) {
        return Err(text::REDIRECT_SLASH);
    }
    Ok(url)
}

/// Whether a path on our own address already means something else.
fn is_taken(name: &str, path: &str, others: &[&str]) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    match (segments.next().unwrap_or_default(), segments.next()) {
        // VK's own page for fragments; below it are its flows that use codes.
        ("callback", Some("vk")) if name == "vk" => path != "/callback/vk",
        ("callback", Some(next)) => matches!(next, "mastodon" | "vk") || (next != name && others.contains(&next)),
        (first, _) => OURS.contains(&first),
    }
}

/// No two providers may share a redirect URI, said or usual: what comes back there must belong to one of them.
pub(super) fn check_apart<'a>(
    uris: impl IntoIterator<Item = (&'a str, &'a Url)>,
    here: Here<'_>,
) -> Result<(), CliFault> {
    let mut seen = HashMap::new();
    for (name, url) in uris {
        let place = match (here.is_at(url), is_local(url)) {
            (true, _) => String::new(),
            (false, true) => format!("this machine:{:?}", url.port_or_known_default()),
            (false, false) => url.origin().ascii_serialization(),
        };
        if let Some(other) = seen.insert((place, url.path()), name) {
            return Err(text::shared_redirect_uri(name, other));
        }
    }
    Ok(())
}

/// Whether a redirect to that URL comes to this machine, to whoever listens on its port.
pub(crate) fn is_local(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "http" && local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_leads_to_a_place_of_its_own() {
        let public = Url::parse("https://tokens.example.org").unwrap();
        let here = Here { listen: ([127, 0, 0, 1], 8000).into(), public_url: Some(&public) };
        #[rustfmt::skip]
        let rows = [
            ("http://127.0.0.1:8000/callback/acme",         None),
            ("http://localhost:8000/callback",              None),
            ("http://[::1]:8000/oauth/done",                None),
            ("http://localhost:3000/api/callback",          None), // another program's address: its paths are not ours
            ("https://tokens.example.org/callback",         None),
            ("https://example.org/login",                   None),
            ("http://127.0.0.1:8000/callback/other",        None),
            ("http://127.0.0.1:8000/callback/beta",         Some(text::REDIRECT_OURS)),
            ("http://127.0.0.1:8000/callback/vk/id",        Some(text::REDIRECT_OURS)),
            ("http://127.0.0.1:8000/callback/mastodon/a.b", Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/callback/",             Some(text::REDIRECT_SLASH)),
            ("http://localhost:8000",                       Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/api/v1/x",              Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/calendar/x.ics",        Some(text::REDIRECT_OURS)),
            ("http://[::1]:8000/done/x",                    Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/callback/../docs",      Some(text::REDIRECT_OURS)),
            ("https://tokens.example.org/login",            Some(text::REDIRECT_OURS)),
            ("https://tokens.example.org/settings/vk/x",    Some(text::REDIRECT_OURS)),
            ("http://tokens.example.org/callback",          Some(text::REDIRECT_INSECURE)),
            ("http://127.0.0.2:8000/callback",              Some(text::REDIRECT_INSECURE)),
            ("acme:callback",                               Some(text::REDIRECT_INSECURE)),
            ("/somewhere/else",                             Some(text::REDIRECT_NOT_A_URL)),
            ("https://me:word@example.org/",                Some(text::REDIRECT_CREDENTIALS)),
            ("https://example.org/#x",                      Some(text::REDIRECT_FRAGMENT)),
        ];
        for (uri, fault) in rows {
            assert_eq!(read("acme", uri, here, &["acme", "beta"]).err(), fault, "{uri}");
        }
    }

    #[test]
    fn the_redirect_uri_of_vk_is_held_to_the_same() {
        let here = Here { listen: ([127, 0, 0, 1], 8000).into(), public_url: None };
        #[rustfmt::skip]
        let rows = [
            ("https://oauth.vk.com/blank.html",      None),
            ("http://127.0.0.1:8001/blank.html",     None), // an emulated VK's
            ("http://localhost:8000/callback/vk",    None),
            ("http://localhost:8000/callback",       None),
            ("http://localhost:8000/callback/vk/id", Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/callback/vk/x",  Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/callback/plain", Some(text::REDIRECT_OURS)),
            ("http://localhost:8000/docs",           Some(text::REDIRECT_OURS)),
            ("http://evil.example/x",                Some(text::REDIRECT_INSECURE)),
            ("hunter2",                              Some(text::REDIRECT_NOT_A_URL)),
        ];
        for (uri, fault) in rows {
            assert_eq!(read("vk", uri, here, &["plain"]).err(), fault, "{uri}");
        }
    }

    #[test]
    fn two_providers_do_not_share_one() {
        let here = Here { listen: ([127, 0, 0, 1], 8000).into(), public_url: None };
        #[rustfmt::skip]
        let rows = [
            ("http://localhost:8000/callback", "http://127.0.0.1:8000/callback",  false),
            ("http://localhost:3000/callback", "http://[::1]:3000/callback",      false),
            ("http://localhost:3000/callback", "http://localhost:8000/callback",  true),
            ("http://localhost:8000/one",      "http://localhost:8000/two",       true),
            ("https://example.org/callback",   "https://example.org/callback?a",  false),
            ("https://example.org/callback",   "https://example.com/callback",    true),
        ];
        for (one, other, apart) in rows {
            let (first, second) = (Url::parse(one).unwrap(), Url::parse(other).unwrap());
            assert_eq!(check_apart([("a", &first), ("b", &second)], here).is_ok(), apart, "{one} {other}");
        }
    }
}

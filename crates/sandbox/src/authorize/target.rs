//! Owns where the browser goes after a choice.

use url::{Host, Url};

use crate::state::State;

/// A place on this machine.
#[derive(Debug)]
pub(crate) struct Target {
    /// Where the browser is sent, without a fragment.
    pub(crate) place: String,
    /// What was asked for, to be shown to a person.
    pub(crate) shown: String,
    /// The source that the page's policy must allow for the redirect after the form.
    pub(crate) source: String,
}

const VK_HOSTS: [&str; 5] = ["oauth.vk.com", "oauth.vk.ru", "api.vk.com", "vk.com", "vk.ru"];

impl Target {
    /// Reads `redirect_uri`; left out, it is `blank.html`. None when an application could not have it in its settings: the
    /// sandbox takes `blank.html` and http on loopback.
    pub(crate) fn read(redirect_uri: Option<&str>, state: &State) -> Option<Self> {
        let blank = format!("{}/blank.html", state.base);
        let Some(text) = redirect_uri else {
            return Some(Self { shown: blank.clone(), place: blank, source: "'self'".to_owned() });
        };
        let url = Url::parse(text).ok()?;
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let host = url.host()?;
        if is_vk_blank(&url, &host) {
            return Some(Self { shown: text.to_owned(), place: blank, source: "'self'".to_owned() });
        }
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
}

fn is_vk_blank(url: &Url, host: &Host<&str>) -> bool {
    let known = matches!(host, Host::Domain(name) if VK_HOSTS.contains(name));
    known && matches!(url.scheme(), "http" | "https") && url.port().is_none() && url.path() == "/blank.html"
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_blank_html_are_places() {
        let state = State::new("127.0.0.1:8001".parse().unwrap());
        let blank = "http://127.0.0.1:8001/blank.html";
        for (text, expected) in [
            (None, Some(blank)),
            (Some("http://127.0.0.1:8001/blank.html"), Some(blank)),
            (Some("https://oauth.vk.com/blank.html"), Some(blank)),
            (Some("https://oauth.vk.ru/blank.html"), Some(blank)),
            (Some("https://api.vk.com/blank.html"), Some(blank)),
            (Some("http://localhost:8000/callback?x=1"), Some("http://localhost:8000/callback?x=1")),
            (Some("http://[::1]:8000/callback/vk"), Some("http://[::1]:8000/callback/vk")),
            (Some("http://127.1:8000/"), Some("http://127.0.0.1:8000/")),
            (Some("https://127.0.0.1:8000/"), None),
            (Some("http://example.org/blank.html"), None),
            (Some("https://oauth.vk.com:444/blank.html"), None),
            (Some("https://oauth.vk.com/other"), None),
            (Some("https://oauth.vk.com.example.org/blank.html"), None),
            (Some("http://127.0.0.1.example.org/"), None),
            (Some("http://user@127.0.0.1/"), None),
            (Some("http://127.0.0.1/#x"), None),
            (Some("javascript:alert(1)"), None),
            (Some("data:text/html,x"), None),
            (Some("/blank.html"), None),
            (Some("//evil.example/"), None),
        ] {
            assert_eq!(Target::read(text, &state).map(|target| target.place).as_deref(), expected, "{text:?}");
        }
    }
}

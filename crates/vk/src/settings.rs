//! Owns where VK is and as which application we ask: the settings, the authorization URL made of them, and which pasted
//! URLs count as VK's.

use grantkeep_core::redirect::Place;
use grantkeep_oauth::{Authorize, Endpoint, ResponseType};
use url::Url;

use crate::API_VERSION;

/// Which application, which rights, which addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// VK's `client_id`: a positive number.
    pub app_id: String,
    /// Rights, as VK wants them: names separated by commas, or a bit mask.
    pub scope: String,
    /// Where VK sends the browser afterwards; must be registered with the application.
    pub redirect_uri: Url,
    /// Base URL of the authorization pages.
    pub oauth_url: Url,
    /// Base URL of the API.
    pub api_url: Url,
}

/// Hosts whose `/blank.html` has shown tokens over the years. VK moves from vk.com to vk.ru; both still answer.
const BLANK_HOSTS: [&str; 5] = ["oauth.vk.com", "oauth.vk.ru", "api.vk.com", "vk.com", "vk.ru"];

/// The page there.
const BLANK_PATH: &str = "/blank.html";

/// Ports that a URL of `http` or `https` means when it names none.
const DEFAULT_PORTS: [u16; 2] = [80, 443];

impl Default for Settings {
    fn default() -> Self {
        Self {
            app_id: "54249533".into(),
            scope: "video,groups,wall".into(),
            redirect_uri: constant("https://oauth.vk.com/blank.html"),
            oauth_url: constant("https://oauth.vk.com"),
            api_url: constant("https://api.vk.ru"),
        }
    }
}

/// A URL that stands in this file.
fn constant(text: &str) -> Url {
    Url::parse(text).expect("a URL written in the source")
}

impl Settings {
    /// Where a person opens the implicit flow: dev.vk.com, "Implicit flow for users".
    pub fn authorization_url(&self) -> Url {
        self.login_url(&self.scope, None)
    }

    /// The same for one login: with the rights that it asks for, and the state that its answer is known by.
    pub fn login_url(&self, scope: &str, state: Option<&str>) -> Url {
        let endpoint = Endpoint::under(&self.oauth_url, "authorize");
        let request = Authorize {
            endpoint: &endpoint,
            client_id: &self.app_id,
            redirect_uri: self.redirect_uri.as_str(),
            display: Some("page"),
            scope: Some(scope).filter(|scope| !scope.is_empty()),
            response_type: ResponseType::Token,
            state,
            challenge: None,
            extra: &[("v", API_VERSION)],
        };
        request.url()
    }

    /// What a person has to do with [`Self::authorization_url`], in order.
    pub fn instructions(&self) -> [String; 4] {
        let names = |c: char| c == ',' || c.is_whitespace();
        let scope: Vec<&str> = self.scope.split(names).filter(|name| !name.is_empty()).collect();
        let allow = if scope.is_empty() { String::new() } else { format!(" ({})", scope.join(", ")) };
        [
            "1. Open authorization_url in browser".into(),
            format!("2. Allow app permissions{allow}"),
            "3. Copy access_token from redirected URL".into(),
            "4. POST to /api/v1/vk/token/submit".into(),
        ]
    }

    /// Whether tokens are shown at that place: VK's `blank.html`, also at the hosts that are configured, a configured VK that is
    /// not VK itself (an emulated one), or the redirect URI.
    pub fn is_ours(&self, place: &Place<'_>) -> bool {
        let blank = || {
            place.path == BLANK_PATH
                && place.port.is_none_or(|port| DEFAULT_PORTS.contains(&port))
                && BLANK_HOSTS.iter().any(|host| host.eq_ignore_ascii_case(place.host))
        };
        let configured =
            |url: &Url| is_at(place, url) && (place.path == BLANK_PATH || !url.host_str().is_some_and(is_vk));
        blank() || configured(&self.oauth_url) || configured(&self.api_url) || is_place(place, &self.redirect_uri)
    }
}

/// Whether a host belongs to VK. Tokens are shown on few of its pages, and anybody can have text on the others.
fn is_vk(host: &str) -> bool {
    let belongs = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    belongs("vk.com") || belongs("vk.ru")
}

/// Whether a place is where a URL points to.
pub fn is_place(place: &Place<'_>, url: &Url) -> bool {
    let path = if place.path.is_empty() { "/" } else { place.path };
    path == url.path() && is_at(place, url)
}

/// Whether a place is at a URL's host and port. A place has no scheme, so that no port means the URL's default one.
fn is_at(place: &Place<'_>, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let port = match place.port {
        None => url.port().is_none(),
        port => port == url.port_or_known_default(),
    };
    port && bare(host).eq_ignore_ascii_case(bare(place.host))
}

/// A host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests;

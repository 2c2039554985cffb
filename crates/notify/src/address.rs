//! Owns the address of a receiver. A webhook's or a topic's address is often as good as a password, so it is shown by its origin only.

use std::fmt;

use grantkeep_core::{Outgoing, Payload, Purpose, Secret};
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use crate::ChannelFault;

/// Where a channel leads, from the configuration.
pub(crate) struct Address(Url);

impl Address {
    /// A web address without user name and password. Whether requests may go there is for the outbound rules to say, at each of them.
    pub(crate) fn new(url: Url) -> Result<Self, ChannelFault> {
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(ChannelFault::Url);
        }
        let bare = url.username().is_empty() && url.password().is_none();
        if bare { Ok(Self(url)) } else { Err(ChannelFault::Credentials) }
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.0
    }

    /// The address with further segments of the path behind its own.
    pub(crate) fn below<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/…)", self.0.origin().ascii_serialization())
    }
}

/// A request that carries JSON. It may hold a secret in its URL: never print it.
pub(crate) fn post(url: Url, headers: Vec<(HeaderName, HeaderValue)>, body: Secret) -> Outgoing {
    Outgoing { purpose: Purpose::Check, method: Method::POST, url, headers, body: Some(Payload::Json(body)) }
}

/// A secret as the value of a header, marked so that nothing prints it.
pub(crate) fn sensitive(text: &str) -> Result<HeaderValue, ChannelFault> {
    let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let mut value = HeaderValue::from_str(text).ok().filter(|_| visible).ok_or(ChannelFault::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_origin_only() {
        let address = Address::new("https://hooks.example.org:8443/T0/s3cret?key=s3cret".parse().unwrap()).unwrap();
        assert_eq!(format!("{address:?}"), "Address(https://hooks.example.org:8443/…)");
    }

    #[test]
    fn only_web_addresses_without_a_password_are_taken() {
        for (url, fault) in [
            ("https://example.org/hook", None),
            ("http://127.0.0.1:9/hook", None),
            ("ftp://example.org/", Some(ChannelFault::Url)),
            ("data:text/plain,x", Some(ChannelFault::Url)),
            ("https://me:word@example.org/", Some(ChannelFault::Credentials)),
            ("https://me@example.org/", Some(ChannelFault::Credentials)),
        ] {
            assert_eq!(Address::new(url.parse().unwrap()).err(), fault, "{url}");
        }
    }

    #[test]
    fn a_path_below_keeps_its_own() {
        for (base, below) in [
            ("https://g.example.org", "https://g.example.org/message"),
            ("https://g.example.org/", "https://g.example.org/message"),
            ("https://example.org/gotify", "https://example.org/gotify/message"),
            ("https://example.org/gotify/", "https://example.org/gotify/message"),
        ] {
            assert_eq!(Address::new(base.parse().unwrap()).unwrap().below(["message"]).as_str(), below);
        }
    }

    #[test]
    fn a_token_in_a_header_cannot_bring_another_header() {
        for text in ["", "a\r\nx: y", "a\nb", "a\0", "ключ", "a\tb"] {
            assert_eq!(sensitive(text).err(), Some(ChannelFault::Token), "{text:?}");
        }
        assert!(sensitive("Bearer tk_abc").unwrap().is_sensitive());
    }
}

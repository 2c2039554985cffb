//! Owns the address that a person's browser is sent to: the authorization request (RFC 6749 §4.1.1, §4.2.1).
//!
//! No parameter stands in it twice (§3.1), and nothing that a configuration adds replaces one that the protocol rests on.
//! It never holds a secret.

use std::borrow::Cow;

use thiserror::Error;
use url::Url;

/// Parameters that only [`Authorize`]'s own fields set.
const RESERVED: [&str; 7] =
    ["client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"];

/// An authorization endpoint: a URL without a fragment (RFC 6749 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why a URL is not an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EndpointFault {
    /// RFC 6749 §3.1: the endpoint URI must not include a fragment.
    #[error("an endpoint cannot have a fragment (#…)")]
    Fragment,
}

impl Endpoint {
    /// Takes a URL as it is, with its own query.
    pub fn new(url: Url) -> Result<Self, EndpointFault> {
        if url.fragment().is_some() { Err(EndpointFault::Fragment) } else { Ok(Self(url)) }
    }

    /// The endpoint `name` under a base URL. A query or fragment of the base belongs to no endpoint and is left out.
    pub fn under(base: &Url, name: &str) -> Self {
        let mut url = base.clone();
        url.set_path(&format!("{}/{name}", base.path().trim_end_matches('/')));
        url.set_query(None);
        url.set_fragment(None);
        Self(url)
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// What the provider is asked to send back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseType {
    /// The token itself, in the fragment: the implicit grant, RFC 6749 §4.2.
    Token,
}

impl ResponseType {
    /// The parameter's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
        }
    }
}

/// An authorization request.
#[derive(Clone, Copy, Debug)]
pub struct Authorize<'a> {
    /// Where to. Its own query is kept, except what the fields below set.
    pub endpoint: &'a Endpoint,
    /// `client_id`.
    pub client_id: &'a str,
    /// `redirect_uri`, exactly as registered.
    pub redirect_uri: &'a str,
    /// `display`: how the page is to look (OpenID Connect Core 1.0 §3.1.2.1; VK had it before).
    pub display: Option<&'a str>,
    /// `scope`, joined as the provider wants it.
    pub scope: Option<&'a str>,
    /// `response_type`.
    pub response_type: ResponseType,
    /// `state`.
    pub state: Option<&'a str>,
    /// Further parameters. One that only the fields above may set, or that is there already, is left out.
    pub extra: &'a [(&'a str, &'a str)],
}

impl Authorize<'_> {
    /// The URL to open: the endpoint's own query, then the fields in their order, then the further parameters.
    pub fn url(&self) -> Url {
        let fields = [
            ("client_id", Some(self.client_id)),
            ("redirect_uri", Some(self.redirect_uri)),
            ("display", self.display),
            ("scope", self.scope),
            ("response_type", Some(self.response_type.as_str())),
            ("state", self.state),
        ];
        let is_field = |name: &str| fields.iter().any(|(field, value)| *field == name && value.is_some());
        let own: Vec<&str> = self.endpoint.0.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty()).collect();
        let own: Vec<&str> = own.into_iter().filter(|pair| !is_field(&name_of(pair))).collect();
        let mut extra: Vec<(&str, &str)> = Vec::with_capacity(self.extra.len());
        for (name, value) in self.extra {
            let taken = is_field(name)
                || RESERVED.contains(name)
                || own.iter().any(|pair| name_of(pair) == *name)
                || extra.iter().any(|(earlier, _)| earlier == name);
            if !taken {
                extra.push((name, value));
            }
        }
        // The endpoint's own query keeps its bytes: a provider may care how they are escaped.
        let mut query = form_urlencoded::Serializer::new(own.join("&"));
        query.extend_pairs(fields.into_iter().filter_map(|(name, value)| Some((name, value?))));
        query.extend_pairs(extra);
        let mut url = self.endpoint.0.clone();
        url.set_query(Some(&query.finish()));
        url
    }
}

/// The decoded name of one `name=value`.
fn name_of(pair: &str) -> Cow<'_, str> {
    form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}

#[cfg(test)]
mod tests;

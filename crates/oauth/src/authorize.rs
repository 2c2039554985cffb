//! Owns the address that a person's browser is sent to: the authorization request (RFC 6749 §4.1.1, §4.2.1).
//!
//! No parameter stands in it twice (§3.1), and nothing that a configuration adds replaces one that the protocol rests on.
//! It never holds a secret.

use std::borrow::Cow;

use url::Url;

use crate::{Challenge, Endpoint};

/// Parameters that only [`Authorize`]'s own fields set.
const RESERVED: [&str; 7] =
    ["client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"];

/// What the provider is asked to send back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseType {
    /// A code, in the query: the authorization code grant, RFC 6749 §4.1.
    Code,
    /// The token itself, in the fragment: the implicit grant, RFC 6749 §4.2.
    Token,
}

impl ResponseType {
    /// The parameter's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
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
    /// `code_challenge`, with `code_challenge_method=S256` (RFC 7636 §4.3).
    pub challenge: Option<&'a Challenge>,
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
            ("code_challenge", self.challenge.map(Challenge::as_str)),
            ("code_challenge_method", self.challenge.map(|_| Challenge::METHOD)),
        ];
        let is_field = |name: &str| fields.iter().any(|(field, value)| *field == name && value.is_some());
        let own: Vec<&str> =
            self.endpoint.url().query().unwrap_or("").split('&').filter(|pair| !pair.is_empty()).collect();
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
        let mut url = self.endpoint.url().clone();
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

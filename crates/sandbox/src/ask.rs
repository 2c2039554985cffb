//! Owns one request as the rest of the crate sees it: read whole, within limits, with parameters decoded once.
//!
//! Access tokens are taken out of the parameters here, so that nothing later can show them by accident.

use std::fmt;
use std::net::IpAddr;

use grantkeep_core::Secret;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;

/// Where a caller may say which address it stands for.
const ADDRESS: &str = "x-sandbox-address";

/// One request.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The query as it was sent, without `?`.
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Where it comes from: the peer, or what `X-Sandbox-Address` says.
    pub(crate) caller: IpAddr,
}

/// The parameters of a call of the API.
pub(crate) struct Call {
    /// From the body, the query or the `Authorization` header.
    pub(crate) token: Option<Secret>,
    /// All others, in the order in which they came.
    pub(crate) params: Vec<(String, String)>,
}

/// Never the parameters: they may hold a token that somebody put in the wrong place.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("token", &self.token).field("params", &self.params.len()).finish()
    }
}

impl Ask {
    /// From what was received; none when `X-Sandbox-Address` is there and no address.
    pub(crate) fn new(parts: Parts, body: Vec<u8>, peer: IpAddr) -> Option<Self> {
        let caller = match parts.headers.get(ADDRESS) {
            Some(value) => value.to_str().ok()?.trim().parse::<IpAddr>().ok()?,
            None => peer,
        };
        Some(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            caller: caller.to_canonical(),
        })
    }

    /// Whether the body is a form.
    pub(crate) fn is_form(&self) -> bool {
        self.header(CONTENT_TYPE.as_str()).is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
    }

    /// Whether the body is meant as JSON: whatever it calls itself, if it begins with `{`.
    pub(crate) fn is_json(&self) -> bool {
        !self.is_form() || self.body.trim_ascii_start().starts_with(b"{")
    }

    /// A header's value, when it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The fields of a form in the body; nothing when it is none.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let body: &[u8] = if self.is_form() { &self.body } else { &[] };
        form_urlencoded::parse(body).into_owned().collect()
    }

    /// The parameters of the query.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.raw_query.as_bytes()).into_owned().collect()
    }

    /// The members of a JSON object in the body, those that are no text as JSON; nothing when it is none.
    pub(crate) fn json_members(&self) -> Vec<(String, String)> {
        let object = serde_json::from_slice::<serde_json::Map<String, Value>>(&self.body).unwrap_or_default();
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        object.into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    /// The parameters of the query, then those of a form in the body.
    pub(crate) fn params(&self) -> Vec<(String, String)> {
        self.query().into_iter().chain(self.form()).collect()
    }

    /// What the `Authorization` header holds after that scheme.
    pub(crate) fn authorization(&self, scheme: &str) -> Option<Secret> {
        let (found, rest) = self.header(AUTHORIZATION.as_str())?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| Secret::from(rest.trim()))
    }

    /// The parameters as the API takes them.
    pub(crate) fn call(&self) -> Call {
        let mut token = self.authorization("bearer");
        let mut params = self.params();
        params.retain_mut(|(key, value)| {
            let is_token = key == "access_token";
            if is_token {
                token = Some(Secret::from(std::mem::take(value)));
            }
            !is_token
        });
        Call { token, params }
    }
}

impl Call {
    /// The last value of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        last(&self.params, name)
    }
}

/// The last value of that name, as VK's side reads it.
pub(crate) fn last<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

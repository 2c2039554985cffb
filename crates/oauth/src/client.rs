//! Owns who we are to a server, and how a request says so: in a header or in the body, never in both (RFC 6749 §2.3).

use base64::{Engine, engine::general_purpose::STANDARD};
use grantkeep_core::Secret;
use http::{HeaderValue, header::AUTHORIZATION};
use zeroize::Zeroizing;

use crate::form::{self, Form};
use crate::request::Header;

/// `token_endpoint_auth_method` (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `client_secret_basic`: HTTP Basic.
    Basic,
    /// `none`: a public client, which only says its name.
    None,
    /// `client_secret_post`: in the body.
    Post,
}

impl Method {
    /// Every method with its registered name and its name in our configuration.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Basic, "client_secret_basic", "basic"),
        (Self::None, "none", "none"),
        (Self::Post, "client_secret_post", "post"),
    ];

    /// The method of that name, registered or ours.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, long, short)| *long == name || *short == name).map(|(method, ..)| *method)
    }

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(method, ..)| *method == self).map_or("", |(_, name, _)| name)
    }
}

/// A client, as a server knows it.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// `client_id`.
    pub id: &'a str,
    /// `client_secret`. Without one there is nothing to authenticate with, and every method is [`Method::None`].
    pub secret: Option<&'a Secret>,
    /// How the secret is shown.
    pub method: Method,
}

impl<'a> Client<'a> {
    /// Puts the credentials into the body, or gives the header that carries them.
    pub(crate) fn authenticate(&self, form: &mut Form<'a>) -> Option<Header> {
        match (self.method, self.secret) {
            (Method::Basic, Some(secret)) => return Some((AUTHORIZATION, basic(self.id, secret))),
            (Method::Post, Some(secret)) => {
                form.put("client_id", self.id);
                form.put("client_secret", secret.expose());
            }
            (Method::Basic | Method::None | Method::Post, _) => form.put("client_id", self.id),
        }
        None
    }
}

/// HTTP Basic with both parts form-encoded first (§2.3.1), so that a `:` in the name cannot move the border between them.
fn basic(id: &str, secret: &Secret) -> HeaderValue {
    let mut pair = Zeroizing::new(String::with_capacity(form::room(id) + form::room(secret.expose()) + 1));
    pair.extend(form_urlencoded::byte_serialize(id.as_bytes()));
    pair.push(':');
    pair.extend(form_urlencoded::byte_serialize(secret.expose().as_bytes()));
    let mut text = Zeroizing::new(String::with_capacity("Basic ".len() + pair.len().div_ceil(3) * 4));
    text.push_str("Basic ");
    STANDARD.encode_string(pair.as_bytes(), &mut text);
    let mut value = HeaderValue::from_str(&text).expect("Base64 is visible ASCII");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests;

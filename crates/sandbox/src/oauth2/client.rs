//! Owns clients, and how they say who they are (RFC 6749 §2.3): by one method and never two.
//!
//! A registered client's id says what it is, and its secret follows from the id, so nothing is stored.

use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID};
use crate::ask::{Ask, last};
use crate::seal;
use crate::target::Target;

/// A client.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) method: Method,
    /// Empty: any on loopback.
    pub(super) redirect_uris: Vec<String>,
}

/// How a client authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Method {
    /// By header or in the form, as it likes.
    Any,
    #[serde(rename = "client_secret_basic")]
    Basic,
    #[serde(rename = "none")]
    None,
    #[serde(rename = "client_secret_post")]
    Post,
}

/// What a registered client's id says.
#[derive(Serialize, Deserialize)]
struct Sealed {
    n: String,
    m: Method,
    r: Vec<String>,
}

const PURPOSE: &str = "oauth2 client";
const PREFIX: &str = "client-";

const UNKNOWN: Refusal = Refusal::client("the client is unknown");

impl Client {
    /// Makes a client of its own.
    pub(super) fn register(name: &str, method: Method, redirect_uris: &[String]) -> Result<Self, Unspecified> {
        let (name, redirect_uris) = (name.to_owned(), redirect_uris.to_vec());
        let sealed = Sealed { n: name.clone(), m: method, r: redirect_uris.clone() };
        let text = serde_json::to_vec(&sealed).map_err(|_| Unspecified)?;
        Ok(Self { id: format!("{PREFIX}{}", seal::seal_text(PURPOSE, text)?), name, method, redirect_uris })
    }

    /// The client of that id.
    pub(super) fn of(id: &str) -> Option<Self> {
        let known =
            |name: &str, method| Self { id: id.to_owned(), name: name.to_owned(), method, redirect_uris: Vec::new() };
        match id {
            CLIENT_ID => return Some(known("Grantkeep", Method::Any)),
            PUBLIC_CLIENT_ID => return Some(known("Grantkeep without a secret", Method::None)),
            _ => {}
        }
        let sealed = seal::open_text(PURPOSE, id.strip_prefix(PREFIX)?)?;
        let Sealed { n: name, m: method, r: redirect_uris } = serde_json::from_str(&sealed).ok()?;
        Some(Self { id: id.to_owned(), name, method, redirect_uris })
    }

    /// Its secret.
    pub(super) fn secret(&self) -> Option<String> {
        match (self.method, self.id.as_str()) {
            (Method::None, _) => None,
            (_, CLIENT_ID) => Some(CLIENT_SECRET.to_owned()),
            (_, id) => Some(format!("not-a-secret-{}", seal::fingerprint(id))),
        }
    }

    /// Where it may be answered: a place that it registered, where a loopback address may have another port (RFC 8252 §7.3).
    /// Left out, it is the only one that it registered.
    pub(super) fn target(&self, redirect_uri: Option<&str>) -> Option<Target> {
        let text = match (redirect_uri, self.redirect_uris.as_slice()) {
            (Some(text), _) => text,
            (None, [only]) => only,
            (None, _) => return None,
        };
        let is_known = self.redirect_uris.is_empty() || self.redirect_uris.iter().any(|known| is_same(known, text));
        Target::on_loopback(text).filter(|_| is_known)
    }
}

fn is_same(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let without_port = |text: &str| {
        let mut url = url::Url::parse(text).ok()?;
        // Only a literal address may change its port.
        matches!(url.host()?, url::Host::Ipv4(_) | url::Host::Ipv6(_)).then_some(())?;
        url.set_port(None).ok()?;
        Some(url)
    };
    without_port(registered).is_some_and(|registered| Some(registered) == without_port(asked))
}

/// Who asks at an endpoint for programs. Refuses parameters in the query, repeated ones, and two methods at once.
pub(super) fn authenticate(ask: &Ask, form: &[(String, String)]) -> Result<Client, Refusal> {
    if !ask.is_form() {
        return Err(Refusal::bad("invalid_request", "the body is no form"));
    }
    if !ask.raw_query.is_empty() {
        return Err(Refusal::bad("invalid_request", "parameters belong into the body"));
    }
    if has_twice(form) {
        return Err(Refusal::bad("invalid_request", "a parameter comes twice"));
    }
    let (id, secret) = (last(form, "client_id"), last(form, "client_secret"));
    let is_asserted = last(form, "client_assertion").is_some();
    let Some(header) = ask.authorization("basic") else {
        if is_asserted {
            return Err(Refusal::client("assertions are not supported"));
        }
        return in_form(id.ok_or(UNKNOWN)?, secret);
    };
    if secret.is_some() || is_asserted {
        return Err(Refusal::bad("invalid_request", "the client authenticates by two methods at once"));
    }
    let (name, secret) = basic(header.expose()).ok_or(Refusal::client("the header is not understood"))?;
    if id.is_some_and(|id| id != name) {
        return Err(Refusal::bad("invalid_request", "header and form name different clients"));
    }
    let client = Client::of(&name).ok_or(UNKNOWN)?;
    let is_right = client.secret().as_deref() == Some(&secret) && matches!(client.method, Method::Any | Method::Basic);
    if is_right { Ok(client) } else { Err(Refusal::client("the secret is wrong, or not to be sent in a header")) }
}

fn in_form(id: &str, secret: Option<&str>) -> Result<Client, Refusal> {
    let client = Client::of(id).ok_or(UNKNOWN)?;
    match (client.method, secret) {
        (Method::None, None) => Ok(client),
        (Method::None, Some(_)) => Err(Refusal::client("the client has no secret")),
        (_, None) => Err(Refusal::client("the client must authenticate")),
        (Method::Basic, Some(_)) => Err(Refusal::client("the secret belongs into the header")),
        (Method::Any | Method::Post, Some(secret)) if client.secret().as_deref() == Some(secret) => Ok(client),
        (Method::Any | Method::Post, Some(_)) => Err(Refusal::client("the secret is wrong")),
    }
}

/// Whether a parameter comes more than once (RFC 6749 §3.2: it must not).
pub(super) fn has_twice(pairs: &[(String, String)]) -> bool {
    pairs.iter().enumerate().any(|(at, (name, _))| pairs.iter().take(at).any(|(other, _)| other == name))
}

/// Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64_STANDARD.decode(header).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| {
        let pair = format!("{}=", text.replace('=', "%3D").replace('&', "%26"));
        form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registered_client_is_known_by_its_id() {
        let uris = ["http://127.0.0.1:8000/callback/acme".to_owned()];
        let client = Client::register("Acme", Method::Post, &uris).unwrap();
        let known = Client::of(&client.id).unwrap();
        assert_eq!((known.name.as_str(), known.method, known.secret()), ("Acme", Method::Post, client.secret()));
        for (asked, expected) in [
            (Some("http://127.0.0.1:8000/callback/acme"), true),
            (Some("http://127.0.0.1:9/callback/acme"), true),
            (Some("http://localhost:8000/callback/acme"), false),
            (Some("http://127.0.0.1:8000/callback/other"), false),
            (Some("http://127.0.0.1:8000/callback/acme?x=1"), false),
            (None, true),
        ] {
            assert_eq!(known.target(asked).is_some(), expected, "{asked:?}");
        }
        assert!(Client::of(CLIENT_ID).unwrap().target(Some("http://localhost:1/any")).is_some());
        assert!(Client::of(CLIENT_ID).unwrap().target(None).is_none());
        assert!(Client::of("client-x").is_none());
    }

    #[test]
    fn a_header_is_form_encoded_inside() {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let header = BASE64_STANDARD.encode(format!("{}:{}", encode("a:b"), encode(CLIENT_SECRET)));
        assert_eq!(basic(&header), Some(("a:b".to_owned(), CLIENT_SECRET.to_owned())));
        assert_eq!(basic(&BASE64_STANDARD.encode("a&b:c=d")), Some(("a&b".to_owned(), "c=d".to_owned())));
        assert_eq!(basic("!"), None);
    }
}

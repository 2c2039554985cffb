//! Owns dynamic client registration (RFC 7591): the request, and what the server made of it, which may differ.

use grantkeep_core::{Answer, Outgoing, Purpose, Secret, Timestamp};
use serde::Serialize;
use url::Url;

pub use crate::answer::Fault as RegistrationFault;
use crate::answer::{Encoding, Strange, open};
use crate::json::{Known, Node};
use crate::{Endpoint, Method, bearer, endpoint, request, text};

/// A client that wants to be known (§2).
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// What people see.
    pub client_name: &'a str,
    /// Exactly these will be used.
    pub redirect_uris: &'a [&'a str],
    /// `authorization_code`, `refresh_token`, `urn:ietf:params:oauth:grant-type:device_code`.
    pub grant_types: &'a [&'a str],
    /// `code`.
    pub response_types: &'a [&'a str],
    /// Separated by spaces.
    pub scope: Option<&'a str>,
    /// How it will authenticate.
    pub method: Method,
    /// A page about it.
    pub client_uri: Option<&'a str>,
}

/// The names in the document.
#[derive(Serialize)]
struct Document<'a> {
    client_name: &'a str,
    redirect_uris: &'a [&'a str],
    grant_types: &'a [&'a str],
    response_types: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    token_endpoint_auth_method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<&'a str>,
}

/// A client as the server knows it now (§3.2.1).
#[derive(Debug)]
pub struct Registered {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; none for a public client.
    pub client_secret: Option<Secret>,
    /// When the secret ends; `None` if never.
    pub client_secret_expires_at: Option<Timestamp>,
    /// How the server wants it to authenticate, if it says so and we can do it.
    pub method: Option<Method>,
    /// What the server wrote down, if it says so: not always what was asked for.
    pub redirect_uris: Option<Vec<String>>,
    /// The scope that the client may ask for, if the server says so.
    pub scope: Option<String>,
    /// For changing or deleting the registration (RFC 7592).
    pub registration_access_token: Option<Secret>,
    /// Where to do that.
    pub registration_client_uri: Option<Url>,
}

/// Asks to be registered; with an initial access token where the server wants one (§3).
pub fn request(endpoint: &Endpoint, registration: &Registration<'_>, token: Option<&Secret>) -> Outgoing {
    let document = Document {
        client_name: registration.client_name,
        redirect_uris: registration.redirect_uris,
        grant_types: registration.grant_types,
        response_types: registration.response_types,
        scope: registration.scope,
        token_endpoint_auth_method: registration.method.as_str(),
        client_uri: registration.client_uri,
    };
    let json = serde_json::to_string(&document).expect("texts and lists of texts are JSON");
    request::post_json(Purpose::Check, endpoint, token.and_then(bearer::header), Secret::from(json))
}

/// The members that are read.
const KNOWN: Known = &[
    "client_id",
    "client_secret",
    "client_secret_expires_at",
    "error",
    "redirect_uris",
    "registration_access_token",
    "registration_client_uri",
    "scope",
    "token_endpoint_auth_method",
];

/// Reads the answer.
pub fn read(answer: &Answer) -> Result<Registered, RegistrationFault> {
    let mut object = open(answer, KNOWN, Encoding::Json)?;
    let client_id = object.identifier("client_id").filter(|id| text::is_name(id));
    let seconds = object.get("client_secret_expires_at").and_then(Node::number);
    Ok(Registered {
        client_id: client_id.ok_or(Strange::Missing("client_id"))?,
        client_secret: object.take_text("client_secret"),
        client_secret_expires_at: seconds.map(|at| at as i64).filter(|at| *at > 0).map(Timestamp::from_unix),
        method: object.text("token_endpoint_auth_method").and_then(Method::from_name),
        redirect_uris: object.texts("redirect_uris").map(|uris| uris.map(str::to_owned).collect()),
        scope: object.text("scope").filter(|scope| text::is_printable(scope)).map(str::to_owned),
        registration_access_token: object.take_text("registration_access_token"),
        registration_client_uri: object.text("registration_client_uri").and_then(|uri| endpoint::secure(uri).ok()),
    })
}

#[cfg(test)]
mod tests;

//! Owns how we become known to a server: the registration of an application, and the question whether one is still known.
//!
//! One registration serves one server, one redirect URI and one set of scopes. The form is the one that every server of the
//! family takes: one redirect URI as a text, scopes as a text, no token, no website unless there is one. Servers forget
//! registrations, and Mastodon takes five in ten minutes from one address: so one is kept, and asked about before use.

pub mod probe;

use std::fmt;

use grantkeep_core::{Answer, NoAnswer, Outgoing, Payload, Purpose, Secret};
use grantkeep_oauth::{Client, Method as Authentication, Scopes};
use http::{HeaderValue, Method, header};
use serde::Deserialize;
use thiserror::Error;
use url::Url;

use crate::Server;
use crate::json::{self, Word, Words};

/// What is registered.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// `client_name`: at most 60 characters, or Mastodon refuses it. People see it when they are asked.
    pub name: &'a str,
    /// The one redirect URI, byte for byte as it will be used.
    pub redirect_uri: &'a str,
    /// The scopes: exactly those that will be asked for.
    pub scopes: &'a Scopes,
    /// A page about the application.
    pub website: Option<&'a Url>,
}

/// What a server knows us as.
pub struct Registered {
    /// `client_id`: visible ASCII.
    pub client_id: Box<str>,
    /// `client_secret`.
    pub client_secret: Secret,
    /// The scopes that the server took down, where it says so (Mastodon 4.3 and later).
    pub scopes: Option<Scopes>,
}

/// Why there is no registration. Holds nothing that the server said, but a status and a code of OAuth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RegistrationFault {
    /// There is nothing at that address: registration is switched off, or it is no such server.
    #[error("the server does not take registrations of applications (HTTP {0})")]
    NotOffered(u16),
    /// The server does not take what we wrote; most often a scope that it does not know.
    #[error("the server refuses the registration (HTTP {0})")]
    Refused(u16),
    /// The answer leads elsewhere, or is none of what was asked for: our word for it.
    #[error("the server's answer to the registration is not understood ({0})")]
    Strange(&'static str),
    /// Asked too often: five in ten minutes is what Mastodon allows.
    #[error("the server was asked too often for registrations")]
    TooOften,
    /// The server fails.
    #[error("the server is in trouble (HTTP {0})")]
    Trouble(u16),
    /// There is no answer.
    #[error("the server could not be asked: {0}")]
    Unanswered(NoAnswer),
}

impl RegistrationFault {
    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NotOffered(_) => "Ask whoever runs the server whether applications may be registered there",
            Self::Refused(_) => "Ask for other scopes: the server may not know one of these",
            Self::Strange(_) => "Check that the address is the server's own",
            Self::TooOften => "Wait ten minutes and try again",
            Self::Trouble(_) | Self::Unanswered(_) => "Try again later",
        }
    }

    /// Whether the same question may be answered later.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::TooOften | Self::Trouble(_) | Self::Unanswered(_))
    }
}

/// Asks to be registered (docs.joinmastodon.org/methods/apps).
pub fn request(server: &Server, application: &Application<'_>) -> Outgoing {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_name", application.name)
        .append_pair("redirect_uris", application.redirect_uri)
        .append_pair("scopes", &application.scopes.to_string());
    if let Some(website) = application.website {
        form.append_pair("website", website.as_str());
    }
    Outgoing {
        purpose: Purpose::Check,
        method: Method::POST,
        url: server.url("/api/v1/apps"),
        headers: vec![(header::ACCEPT, HeaderValue::from_static("application/json"))],
        body: Some(Payload::Form(Secret::from(form.finish()))),
    }
}

/// `CredentialApplication`, as far as we need it (docs.joinmastodon.org/entities/Application).
#[derive(Default, Deserialize)]
#[serde(default)]
struct CredentialApplication {
    client_id: Word,
    client_secret: Word,
    error: Word,
    scopes: Words,
}

/// Reads the answer.
pub fn read(answer: Result<Answer, NoAnswer>) -> Result<Registered, RegistrationFault> {
    let answer = answer.map_err(RegistrationFault::Unanswered)?;
    match answer.status {
        200..=299 => registered(&answer.body),
        300..=399 => Err(RegistrationFault::Strange("redirect")),
        404 | 405 | 410 | 501 => Err(RegistrationFault::NotOffered(answer.status)),
        429 => Err(RegistrationFault::TooOften),
        408 | 500.. => Err(RegistrationFault::Trouble(answer.status)),
        status => Err(RegistrationFault::Refused(status)),
    }
}

fn registered(body: &[u8]) -> Result<Registered, RegistrationFault> {
    let application: CredentialApplication = json::object(body).map_err(RegistrationFault::Strange)?;
    if application.error.text().is_some() {
        return Err(RegistrationFault::Strange(json::UNEXPECTED));
    }
    let usable = |word: &Word| word.text().filter(|text| is_credential(text)).map(str::to_owned);
    let incomplete = RegistrationFault::Strange("incomplete_answer");
    let scopes: Scopes = application.scopes.0.iter().map(|scope| &**scope).collect();
    Ok(Registered {
        client_id: usable(&application.client_id).ok_or(incomplete)?.into(),
        client_secret: usable(&application.client_secret).ok_or(incomplete)?.into(),
        scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
    })
}

/// Whether a text may be a client's id or secret: visible ASCII, up to 2 KiB.
fn is_credential(text: &str) -> bool {
    text.len() <= 2048 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Registered {
    /// As the client that sends requests: credentials in the body, which every server of the family reads; GoToSocial reads
    /// nothing else.
    pub fn client(&self) -> Client<'_> {
        client(&self.client_id, &self.client_secret)
    }

    /// Scopes that the server did not take down, so that asking for them would end on an error page.
    #[must_use]
    pub fn missing(&self, asked: &Scopes) -> Scopes {
        self.scopes.as_ref().map(|scopes| asked.missing_from(scopes)).unwrap_or_default()
    }
}

/// A client of this family, from what was kept of its registration.
pub fn client<'a>(id: &'a str, secret: &'a Secret) -> Client<'a> {
    Client { id, secret: Some(secret), method: Authentication::Post }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

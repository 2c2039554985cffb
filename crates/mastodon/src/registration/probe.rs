//! Owns the question whether a server still knows a registration, asked before a person is sent to it.
//!
//! A server that forgot it tells the person only, on a page after signing in, and never us. The token that a good answer
//! carries is not kept: Mastodon gives the same one each time.

use grantkeep_core::{Answer, NoAnswer, Outgoing, Payload, Purpose, Secret};
use grantkeep_oauth::{Client, Endpoint, ErrorCode, Scopes};
use http::{HeaderValue, Method, header};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Software;
use crate::json::{self, Word};
use crate::software::AppToken;

/// Whether a server knows a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It does not, or not with these scopes: register anew.
    Forgotten,
    /// The answer does not tell. Go on: at worst the person sees an error page.
    Unclear,
    /// It does.
    Yes,
}

/// Asks for the application's own token (RFC 6749 §4.4); none where the answer would tell nothing.
///
/// The scopes are said, because those that Mastodon would assume may not be ours; the redirect URI too, because GoToSocial and
/// Iceshrimp.NET want it with every grant.
pub fn request(
    software: Software,
    token_endpoint: &Endpoint,
    client: &Client<'_>,
    redirect_uri: &str,
    scopes: &Scopes,
) -> Option<Outgoing> {
    if software.traits().app_token == AppToken::Meaningless {
        return None;
    }
    let scopes = scopes.to_string();
    let secret = match client.secret {
        Some(secret) => secret.expose(),
        None => "",
    };
    let pairs = [
        ("grant_type", "client_credentials"),
        ("scope", &scopes),
        ("redirect_uri", redirect_uri),
        ("client_id", client.id),
        ("client_secret", secret),
    ];
    // With room for everything at once: a text that grows leaves copies of the secret behind.
    let room = pairs.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
    form.extend_pairs(pairs);
    Some(Outgoing {
        purpose: Purpose::Token,
        method: Method::POST,
        url: token_endpoint.url().clone(),
        headers: vec![(header::ACCEPT, HeaderValue::from_static("application/json"))],
        body: Some(Payload::Form(Secret::from(form.finish()))),
    })
}

/// What a token endpoint says, as far as we want to know it here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenReply {
    access_token: Option<IgnoredAny>,
    error: Word,
}

/// Reads the answer.
pub fn read(software: Software, answer: Result<Answer, NoAnswer>) -> Known {
    let Ok(answer) = answer else { return Known::Unclear };
    let Ok(reply) = json::object::<TokenReply>(&answer.body) else { return Known::Unclear };
    let error = reply.error.text().map(ErrorCode::from_name);
    match (answer.status, error) {
        (200..=299, None) if reply.access_token.is_some() => Known::Yes,
        // GoToSocial says it with 400, Friendica with 403.
        (400..=403, Some(ErrorCode::InvalidClient | ErrorCode::InvalidScope)) => Known::Forgotten,
        (400..=403, Some(ErrorCode::UnauthorizedClient)) => Known::Yes,
        (401, _) => Known::Forgotten,
        (400, Some(ErrorCode::Other)) if software.traits().app_token == AppToken::TellingByStatus => Known::Forgotten,
        _ => Known::Unclear,
    }
}

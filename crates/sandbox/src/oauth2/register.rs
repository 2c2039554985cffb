//! Owns dynamic registration (RFC 7591): redirect URIs on loopback, a name, and one way to authenticate.

use serde::Deserialize;
use serde_json::{Value, json};

use super::OAuth2;
use super::client::{Client, Method};
use super::refusal::Refusal;
use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::reply::{Reply, json as json_reply, written};
use crate::target::Target;

/// What a client says about itself; anything else is ignored (§2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<Method>,
    grant_types: Option<Vec<String>>,
}

/// The client id holds all of it, so there is an end.
const LONGEST: usize = 1000;

/// Answers `/register`.
pub(super) fn answer(_: &OAuth2, ask: &Ask, at: Moment, _: &Wanted) -> Reply {
    match register(ask, at) {
        Ok(body) => json_reply(201, written(&body)),
        Err(refusal) => refusal.answer(),
    }
}

fn register(ask: &Ask, at: Moment) -> Result<Value, Refusal> {
    const BAD: Refusal = Refusal::bad("invalid_client_metadata", "the metadata is not understood");
    let wanted: Metadata = serde_json::from_slice(&ask.body).map_err(|_| BAD)?;
    let method = wanted.token_endpoint_auth_method.unwrap_or(Method::Basic);
    let grants = wanted.grant_types.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
    let uses_redirects = grants.iter().any(|grant| grant == "authorization_code" || grant == "implicit");
    let uris = &wanted.redirect_uris;
    let is_bad = |uri: &String| Target::on_loopback(uri).is_none();
    if (uses_redirects && uris.is_empty()) || uris.iter().any(is_bad) {
        return Err(Refusal::bad("invalid_redirect_uri", "redirect URIs are http on loopback"));
    }
    let name = wanted.client_name.unwrap_or_else(|| "A client of its own".to_owned());
    let length = uris.iter().map(String::len).sum::<usize>() + name.len();
    if method == Method::Any || length > LONGEST {
        return Err(BAD);
    }
    let client = Client::register(&name, method, uris).map_err(|_| Refusal::NO_CHANCE)?;
    let mut body = json!({
        "client_id": client.id,
        "client_id_issued_at": at.wall.unix(),
        "client_name": name,
        "grant_types": grants,
        "redirect_uris": uris,
        "token_endpoint_auth_method": method,
    });
    if let Some(secret) = client.secret() {
        body["client_secret"] = secret.into();
        body["client_secret_expires_at"] = 0.into();
    }
    Ok(body)
}

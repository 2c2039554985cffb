//! Owns the routes for callers beside the data directory: API keys, and a thorough look at the database.

use std::fmt::Write;

use grantkeep_core::{Lifetime, Owner, Provider};
use grantkeep_keeper::{ApiKey, DamagedKey};
use http::StatusCode;
use serde_json::{Value, json};

use super::Asked;
use crate::{
    auth::{self, NewKey, Permissions},
    body::Object,
    fault::Fault,
    reply::{self, Response},
    service::Service,
};

/// What a key may do when nothing is said: as much as a token that says nothing.
const USUAL_PERMISSIONS: &str = "status submit";

/// The address of a calendar ends when it is renewed or revoked, in practice.
const CALENDAR_FOR: Lifetime = Lifetime::from_hours(10 * 366 * 24);

const USUAL_TTL: Lifetime = Lifetime::from_hours(30 * 24);

pub(super) async fn examine(service: &Service) -> Result<Response, Fault> {
    let health = service.keeper.examine().await?;
    let answer = json!({
        "damage": health.damage,
        "credentials": health.credentials,
        "sealed_shut": health.sealed_shut,
        "writable": health.writable,
    });
    Ok(reply::json(StatusCode::OK, &answer))
}

pub(super) async fn keys(service: &Service) -> Result<Response, Fault> {
    let (keys, now) = (service.keeper.keys().await?, service.keeper.now());
    let views: Vec<Value> = keys
        .iter()
        .map(|row| match row {
            Ok(key) if key.revoked_at.is_some() => describe(key, "revoked"),
            Ok(key) if key.expires_at <= now => describe(key, "expired"),
            Ok(key) => describe(key, "live"),
            // Counts as revoked; nothing else of it is believed.
            Err(DamagedKey { id, .. }) => json!({ "id": id, "state": "damaged" }),
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &json!({ "keys": views })))
}

fn describe(key: &ApiKey, state: &str) -> Value {
    json!({
        "id": key.id,
        "owner": key.owner.as_str(),
        "can": key.permissions,
        "providers": key.providers,
        "issued_at": key.issued_at.to_string(),
        "expires_at": key.expires_at.to_string(),
        "state": state,
    })
}

pub(super) async fn issue_key(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let body = asked.body()?;
    let (issued_at, ttl) = (service.keeper.now(), ttl(body)?);
    let key = ApiKey {
        id: key_id(service),
        owner: owner(body)?,
        permissions: permissions(body)?,
        providers: providers(service, body)?,
        issued_at,
        expires_at: issued_at.after(ttl),
        revoked_at: None,
    };
    let new = NewKey {
        id: &key.id,
        owner: &key.owner,
        permissions: &key.permissions,
        providers: key.providers.as_deref(),
        issued_at: key.issued_at,
        expires_at: key.expires_at,
    };
    let signed = service.authority.issue(&new).ok_or(Fault::Internal)?;
    let mut answer = describe(&key, "live");
    // Remembered first: a key that cannot be revoked is never shown.
    service.keeper.add_key(key).await?;
    answer["key"] = signed.expose().into();
    Ok(reply::json(StatusCode::OK, &answer))
}

pub(super) async fn revoke_key(service: &Service, id: &str) -> Result<Response, Fault> {
    service.keeper.revoke_key(id).await.map_err(|fault| match Fault::from(fault) {
        Fault::NoSuchCredential => Fault::NoSuchKey,
        other => other,
    })?;
    service.authority.revoke(id);
    service.feeds.remove(id);
    Ok(reply::no_content())
}

/// The secret address of the owner's calendar, made when there is none; with `renew`, a new one, and the old one ends.
pub(super) async fn calendar_address(service: &Service, asked: &Asked<'_>) -> Result<Response, Fault> {
    let body = asked.body()?;
    let (owner, renew) = (owner(body)?, body.text("renew").map_err(Fault::Body)?.is_some());
    let now = service.keeper.now();
    let keys = service.keeper.keys().await?;
    let is_live = |key: &ApiKey| key.revoked_at.is_none() && key.expires_at > now;
    let mut live: Vec<ApiKey> =
        keys.into_iter().flatten().filter(|key| auth::is_feed(key) && key.owner == owner && is_live(key)).collect();
    if renew {
        for old in live.drain(..) {
            service.keeper.revoke_key(&old.id).await?;
            service.feeds.remove(&old.id);
        }
    }
    let feed = match live.pop() {
        Some(feed) => feed,
        None => {
            let feed = auth::remembered(key_id(service), owner, now, now.after(CALENDAR_FOR));
            service.keeper.add_key(feed.clone()).await?;
            service.feeds.add(&feed);
            feed
        }
    };
    let base = service.keeper.base().as_str().trim_end_matches('/');
    let url = format!("{base}/calendar/{}.ics", service.feeds.secret(&feed).expose());
    let answer = json!({
        "url": url,
        "id": feed.id,
        "owner": feed.owner.as_str(),
        "expires_at": feed.expires_at.to_string(),
    });
    Ok(reply::json(StatusCode::OK, &answer))
}

fn key_id(service: &Service) -> String {
    let mut id = String::from("k_");
    for byte in (service.random)().into_iter().take(8) {
        // Writing to a String does not fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

fn owner(body: &Object) -> Result<Owner, Fault> {
    let text = body.needed_text("owner").map_err(Fault::Body)?;
    Owner::new(text.expose()).map_err(|_| Fault::InvalidKeyRequest("The owner's name cannot be used"))
}

fn permissions(body: &Object) -> Result<String, Fault> {
    let Some(words) = body.text("can").map_err(Fault::Body)? else { return Ok(USUAL_PERMISSIONS.to_owned()) };
    let words: Vec<&str> = words.expose().split_ascii_whitespace().collect();
    if words.is_empty() || words.iter().any(|word| Permissions::of_word(word).is_none()) {
        return Err(Fault::InvalidKeyRequest("A key can do: status, submit, token, admin"));
    }
    Ok(words.join(" "))
}

fn providers(service: &Service, body: &Object) -> Result<Option<String>, Fault> {
    let Some(names) = body.text("providers").map_err(Fault::Body)? else { return Ok(None) };
    let names: Vec<&str> = names.expose().split_ascii_whitespace().collect();
    let known = |name: &str| Provider::from_name(name).is_some_and(|provider| service.keeper.knows(provider));
    if names.is_empty() {
        return Err(Fault::InvalidKeyRequest("No provider is named"));
    }
    if !names.iter().all(|name| known(name)) {
        return Err(Fault::NoSuchProvider);
    }
    Ok(Some(names.join(" ")))
}

fn ttl(body: &Object) -> Result<Lifetime, Fault> {
    let Some(text) = body.text("ttl_seconds").map_err(Fault::Body)? else { return Ok(USUAL_TTL) };
    let seconds = text.expose().parse().ok().filter(|seconds| (1..=Lifetime::LONGEST.seconds()).contains(seconds));
    seconds
        .map(Lifetime::from_seconds)
        .ok_or(Fault::InvalidKeyRequest("A key lives for a second at least, and 100 years at most"))
}

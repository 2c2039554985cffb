//! Owns the token endpoint (RFC 6749 §3.2): every grant, and the answer that all of them have.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use grantkeep_core::Lifetime;
use serde_json::{Map, Value, json};

use super::cast::{self, Person};
use super::client::{Client, authenticate};
use super::grant::{Claims, Kind, new_family};
use super::refusal::Refusal;
use super::scope::Scope;
use super::setting::Rotation;
use super::{OAuth2, device};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::jwt;
use crate::reply::{Reply, json as json_reply, written};
use crate::seal::{base64url, sha256};

/// What is granted.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) client: String,
    /// None: the client itself.
    pub(super) person: Option<&'static Person>,
    pub(super) scope: Scope,
    pub(super) family: u64,
    /// Of the refresh token; none: there is no refresh token in the answer.
    pub(super) serial: Option<u64>,
    /// Goes into the ID token; a refresh has none.
    pub(super) nonce: Option<String>,
}

const BAD_GRANT: Refusal = Refusal::bad("invalid_grant", "the grant is not good, or was used");

/// Answers `/token`.
pub(super) fn answer(server: &OAuth2, ask: &Ask, at: Moment, wanted: &Wanted) -> Reply {
    let form = ask.form();
    let grant = authenticate(ask, &form).and_then(|client| match last(&form, "grant_type") {
        Some("authorization_code") => of_code(server, &client, &form, at),
        Some("client_credentials") => of_client(&client, &form),
        Some("refresh_token") => of_refresh(server, &client, &form, at),
        Some(device::GRANT_TYPE) => device::poll(server, &client, &form, at),
        Some(_) => Err(Refusal::bad("unsupported_grant_type", "there is no such grant")),
        None => Err(Refusal::bad("invalid_request", "grant_type is missing")),
    });
    let tokens = grant.and_then(|grant| tokens(server, &grant.changed(wanted), at).map_err(|_| Refusal::NO_CHANCE));
    match tokens {
        Ok(body) => json_reply(200, written(&body)),
        Err(refusal) => refusal.answer(),
    }
}

impl Grant {
    fn changed(mut self, wanted: &Wanted) -> Self {
        self.person = wanted.person.as_deref().and_then(cast::person).or(self.person);
        if let Some(only) = &wanted.scope {
            self.scope = self.scope.only(only);
        }
        self
    }
}

fn of_code(server: &OAuth2, client: &Client, form: &[(String, String)], at: Moment) -> Result<Grant, Refusal> {
    let mut codes = server.codes();
    let code = last(form, "code").ok_or(Refusal::bad("invalid_request", "code is missing"))?;
    let issued = codes.get(code, at.wall).filter(|issued| issued.client == client.id).ok_or(BAD_GRANT)?;
    if issued.is_spent {
        // Whoever comes second may be the thief, or the first may have been (RFC 6749 §4.1.2).
        server.families().end(issued.family);
        return Err(BAD_GRANT);
    }
    if issued.redirect_uri.as_deref() != last(form, "redirect_uri") {
        return Err(Refusal::bad("invalid_grant", "redirect_uri is not the one that was sent before"));
    }
    match (&issued.challenge, last(form, "code_verifier")) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) if sha256(verifier) == *challenge => {}
        (Some(_), Some(_)) => return Err(Refusal::bad("invalid_grant", "code_verifier does not match")),
        (Some(_), None) => return Err(Refusal::bad("invalid_grant", "code_verifier is missing")),
        (None, Some(_)) => return Err(Refusal::bad("invalid_grant", "code_verifier comes without a challenge")),
    }
    issued.is_spent = true;
    Ok(Grant {
        client: client.id.clone(),
        person: Some(issued.person),
        scope: issued.scope.clone(),
        family: issued.family,
        serial: Some(0),
        nonce: issued.nonce.clone(),
    })
}

fn of_client(client: &Client, form: &[(String, String)]) -> Result<Grant, Refusal> {
    if client.secret().is_none() {
        return Err(Refusal::bad("unauthorized_client", "a client without a secret cannot have this grant"));
    }
    let scope = Scope::parse(last(form, "scope")).ok_or(Refusal::bad("invalid_scope", "a scope is unknown"))?;
    let family = new_family().map_err(|_| Refusal::NO_CHANCE)?;
    Ok(Grant { client: client.id.clone(), person: None, scope, family, serial: None, nonce: None })
}

fn of_refresh(server: &OAuth2, client: &Client, form: &[(String, String)], at: Moment) -> Result<Grant, Refusal> {
    let token = last(form, "refresh_token").ok_or(Refusal::bad("invalid_request", "refresh_token is missing"))?;
    let claims = match Claims::read(token) {
        Some((Kind::Refresh, claims)) if claims.client == client.id => claims,
        _ => return Err(BAD_GRANT),
    };
    let scope = match last(form, "scope") {
        None => claims.scope(),
        Some(text) => Scope::parse(Some(text))
            .filter(|scope| scope.is_within(&claims.scope()))
            .ok_or(Refusal::bad("invalid_scope", "that is more than was granted"))?,
    };
    let rotation = server.settings().rotation;
    let serial = server.families().spend(&claims, rotation, at.wall).ok_or(BAD_GRANT)?;
    Ok(Grant {
        client: client.id.clone(),
        person: claims.person(),
        scope,
        family: claims.family,
        serial: (rotation != Rotation::None).then_some(serial),
        nonce: None,
    })
}

/// The answer of every grant (RFC 6749 §5.1).
fn tokens(server: &OAuth2, grant: &Grant, at: Moment) -> Result<Value, Unspecified> {
    let settings = server.settings();
    let claims = Claims::new(&grant.client, grant.person, &grant.scope, grant.family, at.wall);
    let access = claims.clone().ending(settings.access_token_for).mint(Kind::Access)?;
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    set("access_token", access.expose().into());
    set("token_type", "Bearer".into());
    if let Some(seconds) = settings.access_token_for {
        set("expires_in", seconds.into());
    }
    if let Some(serial) = grant.serial {
        let refresh = claims.numbered(serial).ending(settings.refresh_token_for);
        set("refresh_token", refresh.mint(Kind::Refresh)?.expose().into());
    }
    if let (Some(person), true) = (grant.person, grant.scope.has("openid")) {
        set("id_token", id_token(server, grant, person, access.expose(), at)?.into());
    }
    set("scope", grant.scope.text().into());
    Ok(Value::Object(body))
}

/// OpenID Connect Core §2.
fn id_token(server: &OAuth2, grant: &Grant, person: &Person, access: &str, at: Moment) -> Result<String, Unspecified> {
    let hash = digest(&SHA256, access.as_bytes());
    let mut claims = json!({
        "iss": server.site.base,
        "sub": person.sub,
        "aud": grant.client,
        "iat": at.wall.unix(),
        "auth_time": at.wall.unix(),
        "exp": at.wall.after(Lifetime::from_hours(1)).unix(),
        // The left half of the access token's hash (§3.1.3.6).
        "at_hash": base64url(hash.as_ref().get(..16).unwrap_or_default()),
    });
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    jwt::sign(&claims)
}

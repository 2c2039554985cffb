//! Owns what is done with tokens that are out: who they belong to, whether they live, and their end.

use serde_json::{Value, json};

use super::client::authenticate;
use super::grant::{Claims, Kind};
use super::refusal::Refusal;
use super::{OAuth2, cast};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::reply::{Reply, json as json_reply, written};

/// Answers `/userinfo`, for a token in the header or, by POST, in the form; never in the query.
pub(super) fn userinfo(server: &OAuth2, ask: &Ask, at: Moment, wanted: &Wanted) -> Reply {
    match who(server, ask, at, wanted) {
        Ok(body) => json_reply(200, written(&body)),
        Err(refusal) => refusal.answer(),
    }
}

fn who(server: &OAuth2, ask: &Ask, at: Moment, wanted: &Wanted) -> Result<Value, Refusal> {
    const MISSING: Refusal =
        Refusal::bearer(401, "invalid_request", "there is no access token", "Bearer realm=\"sandbox\"");
    const TWICE: Refusal =
        Refusal::bearer(400, "invalid_request", "the access token comes twice", "Bearer error=\"invalid_request\"");
    const BAD: Refusal =
        Refusal::bearer(401, "invalid_token", "the access token is not good", "Bearer error=\"invalid_token\"");
    const TOO_LITTLE: Refusal = Refusal::bearer(
        403,
        "insufficient_scope",
        "that needs a person, and openid, profile or read",
        "Bearer error=\"insufficient_scope\", scope=\"openid\"",
    );
    let form = ask.form();
    let header = ask.authorization("bearer");
    let token = match (&header, last(&form, "access_token")) {
        (Some(_), Some(_)) => return Err(TWICE),
        (Some(token), None) => token.expose(),
        (None, Some(token)) => token,
        (None, None) => return Err(MISSING),
    };
    let Some((Kind::Access, claims)) = Claims::read(token) else { return Err(BAD) };
    if !server.families().is_good(token, &claims, at.wall) {
        return Err(BAD);
    }
    let scope = claims.scope();
    let person = wanted.person.as_deref().and_then(cast::person).or_else(|| claims.person());
    let person =
        person.filter(|_| ["openid", "profile", "read"].iter().any(|name| scope.has(name))).ok_or(TOO_LITTLE)?;
    let mut body = json!({"sub": person.sub, "preferred_username": person.username, "name": person.name});
    if scope.has("email") {
        body["email"] = person.email.into();
        body["email_verified"] = true.into();
    }
    Ok(body)
}

/// Answers `/introspect` (RFC 7662): a token of the client that asks, or nothing but that there is none.
pub(super) fn introspect(server: &OAuth2, ask: &Ask, at: Moment, _: &Wanted) -> Reply {
    let form = ask.form();
    let client = match authenticate(ask, &form) {
        Ok(client) => client,
        Err(refusal) => return refusal.answer(),
    };
    let token = last(&form, "token").unwrap_or_default();
    let known = Claims::read(token).filter(|(_, claims)| claims.client == client.id);
    let rotation = server.settings().rotation;
    let good = known.filter(|(kind, claims)| match kind {
        Kind::Access => server.families().is_good(token, claims, at.wall),
        Kind::Refresh => server.families().is_newest(claims, rotation, at.wall),
    });
    let Some((kind, claims)) = good else { return json_reply(200, written(&json!({"active": false}))) };
    let mut body = json!({
        "active": true,
        "client_id": claims.client,
        "iat": claims.issued_at(),
        "iss": server.site.base,
        "scope": claims.scope().text(),
        "token_type": if kind == Kind::Access { "Bearer" } else { "refresh_token" },
    });
    if let Some(end) = claims.ends_at() {
        body["exp"] = end.into();
    }
    if let Some(person) = claims.person() {
        body["sub"] = person.sub.into();
        body["username"] = person.username.into();
    }
    json_reply(200, written(&body))
}

/// Answers `/revoke` (RFC 7009): a refresh token takes its grant along, an access token only itself. What is no token of ours
/// is none any more.
pub(super) fn revoke(server: &OAuth2, ask: &Ask, at: Moment, _: &Wanted) -> Reply {
    let form = ask.form();
    let client = match authenticate(ask, &form) {
        Ok(client) => client,
        Err(refusal) => return refusal.answer(),
    };
    let Some(token) = last(&form, "token") else {
        return Refusal::bad("invalid_request", "token is missing").answer();
    };
    match Claims::read(token) {
        Some((_, claims)) if claims.client != client.id => {
            return Refusal::bad("unauthorized_client", "the token is another client's").answer();
        }
        Some((Kind::Access, _)) => server.families().revoke(token, at.wall),
        Some((Kind::Refresh, claims)) => server.families().end(claims.family),
        None => {}
    }
    json_reply(200, "")
}

//! Owns `/oauth/revoke` (RFC 7009), in the ways in which these servers differ from it.

use super::fault::{Fault, bare, object, pair};
use super::personality::{Dialect, Revocation};
use super::visit::Visit;
use crate::reply::{Payload, Reply, json, reply};

/// Answers `POST /oauth/revoke`.
pub(super) fn answer(visit: &mut Visit<'_>) -> Reply {
    let rule = visit.personality.exchange.revocation;
    let token = visit.params.text("token").map(str::to_owned);
    match rule {
        Revocation::OwnBearer => return by_bearer(visit, token.as_deref()),
        Revocation::Strict => {
            let absent =
                ["client_id", "client_secret", "token"].into_iter().find(|name| visit.params.text(name).is_none());
            if let Some(name) = absent {
                return Fault::Missing(name).answer(visit.personality.dialect);
            }
        }
        Revocation::TokenAlone => {
            let token = token.unwrap_or_default();
            visit.store.revoke(|known| known.text.expose() == token);
            return json(200, "{}");
        }
        Revocation::Client | Revocation::ClientEmpty | Revocation::EveryToken | Revocation::TakesApp => {}
    }
    let Ok(app) = visit.client() else { return refused(visit) };
    let Some(token) = token else { return done(rule) };
    match visit.store.token(&token) {
        None if matches!(rule, Revocation::ClientEmpty | Revocation::TakesApp) => return refused(visit),
        None => return done(rule),
        Some(known) if known.app.client_id != app.client_id => return refused(visit),
        Some(_) => {}
    }
    match rule {
        Revocation::EveryToken => visit.store.revoke(|known| known.app.client_id == app.client_id),
        Revocation::TakesApp => visit.store.forget_apps(Some(&app.client_id)),
        _ => visit.store.revoke(|known| known.text.expose() == token),
    };
    done(rule)
}

fn done(rule: Revocation) -> Reply {
    match rule {
        Revocation::ClientEmpty => reply(200, "text/html; charset=utf-8", Payload::whole("")),
        _ => json(200, "{}"),
    }
}

fn refused(visit: &Visit<'_>) -> Reply {
    let text = "You are not authorized to revoke this token";
    match visit.personality.dialect {
        Dialect::GoToSocial => pair(403, "unauthorized_client", &format!("Forbidden: {text}")),
        Dialect::Hollo => Fault::BadClient.answer(Dialect::Hollo),
        Dialect::Snac => bare(403),
        Dialect::Takahe => object(403, "access_denied"),
        _ => pair(403, "unauthorized_client", text),
    }
}

/// The token in the parameters must be the one that the request is made with.
fn by_bearer(visit: &mut Visit<'_>, token: Option<&str>) -> Reply {
    let dialect = visit.personality.dialect;
    let Some(token) = token else { return Fault::Missing("token").answer(dialect) };
    let bearer = visit.ask.authorization("bearer");
    let lives = visit.store.token(token).is_some_and(|known| known.is_live(visit.now));
    if !lives || bearer.is_none_or(|bearer| bearer.expose() != token) {
        return pair(401, "access token is invalid", "access token is invalid");
    }
    visit.store.revoke(|known| known.text.expose() == token);
    json(200, "{}")
}

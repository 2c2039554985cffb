//! Owns the answer of the token endpoint: which members it has, and how its times are written.

use http::HeaderValue;
use http::header::{CACHE_CONTROL, PRAGMA};
use serde_json::{Value as Json, json};

use crate::mastodon::account;
use crate::mastodon::personality::{CreatedAt, Extra, GrantType, ScopeAnswer};
use crate::mastodon::visit::Visit;
use crate::reply::{Reply, json as json_reply, problem, written};

/// The answer that hands out this token.
pub(super) fn write(visit: &Visit<'_>, number: u64, grant: GrantType) -> Reply {
    let Some(token) = visit.store.numbered(number) else { return problem(500, "the token is gone") };
    let rules = visit.personality.exchange;
    let mut answer = json!({ "access_token": token.text.expose(), "token_type": "Bearer" });
    let seconds = token.created_at.unix();
    answer["created_at"] = match rules.created_at {
        CreatedAt::Iso => Json::from(token.created_at.to_string().replace('Z', ".000000Z")),
        CreatedAt::MillisecondsForCode if grant == GrantType::AuthorizationCode => Json::from(seconds * 1000),
        CreatedAt::MillisecondsForCode | CreatedAt::Seconds => Json::from(seconds),
    };
    match rules.scope {
        ScopeAnswer::Application => answer["scope"] = Json::from(token.app.scopes.join(" ")),
        ScopeAnswer::Granted => answer["scope"] = Json::from(token.scopes.join(" ")),
        ScopeAnswer::Omitted => {}
    }
    if let Some(end) = token.ends_at {
        let lifetime = match token.person {
            Some(_) => visit.store.settings.expires_in.or(rules.expires_in),
            None => rules.app_expires_in,
        };
        // What is said of a token at its birth; `ends_at` cannot be later than the year 9999.
        answer["expires_in"] = match lifetime {
            Some(seconds) if token.created_at == visit.now => Json::from(seconds),
            _ => Json::from(end.since(visit.now).seconds()),
        };
    }
    if let Some(refresh) = &token.refresh {
        answer["refresh_token"] = Json::from(refresh.text.expose());
    }
    if let Some(person) = token.person {
        match rules.extra {
            Extra::IdAndMe => {
                answer["id"] = Json::from(token.number);
                answer["me"] = Json::from(account::actor(visit, person));
            }
            Extra::Me => answer["me"] = Json::from(account::actor(visit, person)),
            Extra::Nothing => {}
        }
    }
    let mut reply = json_reply(200, written(&answer));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    reply.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    reply
}

//! Owns a server's own switches under `/sandbox/`, beside those that every provider has.

use grantkeep_core::Timestamp;
use http::Method;
use serde_json::{Value as Json, json};

use super::Mastodon;
use super::cast::{self, PEOPLE, Standing};
use super::param::{Params, Value};
use super::redirect_uri;
use super::route::is_host;
use super::store::{App, Settings, Store};
use crate::ask::Ask;
use crate::clock::Moment;
use crate::gate;
use crate::reply::{Reply, json as json_reply, not_allowed, page, problem, redirect, written};
use crate::seal;

/// Longest time that the clock may be put ahead, in seconds: 200 years.
const FARTHEST: u64 = 200 * 366 * 86_400;

/// Answers `/sandbox/…`.
pub(super) fn answer(server: &Mastodon, switch: &str, ask: &Ask, at: Moment) -> Reply {
    if !gate::is_own(ask) {
        return problem(403, "this comes from another site's page");
    }
    let mut store = server.store();
    if switch == "state" {
        return match ask.method {
            Method::GET | Method::HEAD => json_reply(200, written(&state(server, &store, at))),
            _ => not_allowed("GET"),
        };
    }
    if switch == "settings" && ask.method == Method::GET {
        return json_reply(200, written(&settings(&store.settings)));
    }
    if ask.method != Method::POST {
        return not_allowed("POST");
    }
    let Some(params) = Params::of_switch(ask) else { return problem(400, "the body is no JSON object") };
    let is_json =
        ask.is_json() && !ask.body.is_empty() || ask.header("accept").is_some_and(|accept| accept.contains("json"));
    let done = match switch {
        "apps/forget" => Ok((json!({ "forgotten": store.forget_apps(params.text("client_id")) }), "/#apps")),
        "limits/clear" => {
            store.windows.clear();
            Ok((json!({}), "/#settings"))
        }
        "people" => set_standing(&mut store, &params).map(|answer| (answer, "/#people")),
        "reset" => {
            *store = Store::default();
            Ok((json!({}), "/"))
        }
        "settings" => set(&mut store.settings, &params).map(|()| (settings(&store.settings), "/#settings")),
        "tokens/revoke" => revoke(&mut store, &params).map(|answer| (answer, "/#tokens")),
        "tokens/vacuum" => Ok((json!({ "dropped": store.vacuum() }), "/#tokens")),
        "try" => return try_out(&mut store),
        _ => return problem(404, "there is no such switch"),
    };
    drop(store);
    match done {
        Ok((answer, _)) if is_json => json_reply(200, written(&answer)),
        Ok((_, place)) => redirect(303, place),
        Err(what) if is_json => problem(400, what),
        Err(what) => page(400, crate::page::notice("a real server", "That did not work", what)),
    }
}

fn set_standing(store: &mut Store, params: &Params) -> Result<Json, &'static str> {
    let person = params.text("person").and_then(cast::index).ok_or("person is none of those on the sandbox’s page")?;
    let standing = params.text("standing").and_then(Standing::parse);
    let standing = standing.ok_or("standing is active, disabled, pending, suspended or unconfirmed")?;
    if let Some(known) = store.standings.get_mut(person) {
        *known = standing;
    }
    Ok(people(store))
}

fn revoke(store: &mut Store, params: &Params) -> Result<Json, &'static str> {
    let person = match params.text("person") {
        Some(name) => Some(cast::index(name).ok_or("person is none of those on the sandbox’s page")?),
        None => None,
    };
    let number = match params.text("number") {
        Some(number) => Some(number.parse::<u64>().map_err(|_| "number is the number of a token")?),
        None => None,
    };
    let text = params.text("token");
    let revoked = store.revoke(|token| {
        text.is_none_or(|text| token.text.expose() == text)
            && number.is_none_or(|number| token.number == number)
            && person.is_none_or(|person| token.person == Some(person))
    });
    Ok(json!({ "revoked": revoked }))
}

/// A parameter that was sent: a text, or empty to undo it.
fn sent<'a>(params: &'a Params, name: &str) -> Option<Option<&'a str>> {
    match params.value(name)? {
        Value::Text(text) if text.trim().is_empty() => Some(None),
        Value::Text(text) => Some(Some(text.trim())),
        Value::List(_) => None,
    }
}

fn set(settings: &mut Settings, params: &Params) -> Result<(), &'static str> {
    let mut new = settings.clone();
    let number = |text: Option<&str>, what| text.map(str::parse::<u64>).transpose().map_err(|_| what);
    if let Some(text) = sent(params, "ahead") {
        let ahead = number(text, "ahead is a number of seconds")?.unwrap_or(0);
        new.ahead = Some(ahead).filter(|ahead| *ahead <= FARTHEST).ok_or("ahead is at most 200 years")?;
    }
    if let Some(text) = sent(params, "expires_in") {
        new.expires_in = number(text, "expires_in is a number of seconds")?;
    }
    if let Some(text) = sent(params, "handle_domain") {
        if text.is_some_and(|domain| !is_host(domain)) {
            return Err("handle_domain is a host, with a port if need be");
        }
        new.handle_domain = text.map(str::to_owned);
    }
    if let Some(text) = sent(params, "throttled") {
        let most = "throttled is a number of requests";
        new.throttled = u32::try_from(number(text, most)?.unwrap_or(0)).map_err(|_| most)?;
    }
    if let Some(text) = sent(params, "sends_token") {
        new.sends_token = match text {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err("sends_token is true or false"),
        };
    }
    *settings = new;
    Ok(())
}

fn settings(settings: &Settings) -> Json {
    json!({
        "ahead": settings.ahead, "expires_in": settings.expires_in, "handle_domain": settings.handle_domain,
        "throttled": settings.throttled, "sends_token": settings.sends_token,
    })
}

fn people(store: &Store) -> Json {
    let standing = |index: usize| Json::from(store.standing(index).name());
    PEOPLE.iter().enumerate().map(|(index, person)| (person.username.to_owned(), standing(index))).collect()
}

fn state(server: &Mastodon, store: &Store, at: Moment) -> Json {
    let now = store.now(at.wall);
    let apps = store.apps.iter().map(|app| {
        json!({
            "client_id": app.client_id, "name": app.name, "scopes": app.scopes, "redirect_uris": app.redirect_uris,
        })
    });
    let tokens = store.tokens.iter().map(|token| {
        json!({
            "number": token.number, "client_id": token.app.client_id, "scopes": token.scopes,
            "person": token.person.and_then(|person| PEOPLE.get(person)).map(|person| person.username),
            "created_at": token.created_at.unix(), "ends_at": token.ends_at.map(Timestamp::unix),
            "is_revoked": token.is_revoked, "is_live": token.is_live(now),
        })
    });
    json!({
        "personality": server.personality.name, "apps": apps.collect::<Vec<_>>(), "tokens": tokens.collect::<Vec<_>>(),
        "people": people(store), "settings": settings(&store.settings),
    })
}

/// An application to look at the pages with.
fn try_out(store: &mut Store) -> Reply {
    let (Ok(client_id), Ok(secret)) = (seal::random(32), seal::random(32)) else {
        return problem(500, "there is no randomness");
    };
    let scopes = "read";
    let app = store.add_app(App {
        number: 0,
        client_id,
        secret: secret.into(),
        name: "An application to try".to_owned(),
        website: None,
        redirect_uris: vec![redirect_uri::DEFAULT.to_owned()],
        scopes: vec![scopes.to_owned()],
    });
    let place = format!(
        "/oauth/authorize?response_type=code&client_id={}&redirect_uri={}&scope={scopes}",
        app.client_id,
        redirect_uri::DEFAULT
    );
    redirect(303, &place)
}

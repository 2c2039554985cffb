//! Owns the device grant (RFC 8628): two codes, the page on which a person types one of them in, and the polling with the other.

use std::time::{Duration, Instant};

use grantkeep_core::{Lifetime, Timestamp};
use http::Method;
use serde_json::json;

use super::authorize::{Step, granted};
use super::cast::Person;
use super::client::{Client, authenticate};
use super::grant::new_family;
use super::refusal::Refusal;
use super::scope::Scope;
use super::token::Grant;
use super::{OAuth2, WHAT, page};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::page::notice;
use crate::reply::{self, Plan, Reply, json as json_reply, not_allowed, written};
use crate::seal;

/// What a device asks for at the token endpoint.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Letters of a user code: no vowels, so no words, and none that look alike (RFC 8628 §6.1).
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// How much longer a device must wait after each `slow_down`.
const SLOWER: Duration = Duration::from_secs(5);

/// A device that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) client: Client,
    pub(super) scope: Scope,
    user_code: String,
    ends_at: Timestamp,
    interval: Duration,
    polled_at: Option<Instant>,
    decision: Option<Decision>,
}

#[derive(Clone, Debug)]
enum Decision {
    Allowed(&'static Person, Scope),
    Denied,
    /// The tokens are out.
    Spent,
}

/// Answers `/device_authorization`.
pub(super) fn begin(server: &OAuth2, ask: &Ask, at: Moment, _: &Wanted) -> Reply {
    let form = ask.form();
    let asked = authenticate(ask, &form).and_then(|client| {
        let scope = Scope::parse(last(&form, "scope")).ok_or(Refusal::bad("invalid_scope", "a scope is unknown"))?;
        let codes = seal::random(32).and_then(|code| Ok((code, seal::random_letters(LETTERS, 8)?)));
        Ok((client, scope, codes.map_err(|_| Refusal::NO_CHANCE)?))
    });
    let (client, scope, (device_code, letters)) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return refusal.answer(),
    };
    let settings = server.settings();
    let ends_at = at.wall.after(Lifetime::from_seconds(settings.device_code_for));
    let (start, end) = letters.split_at(4);
    let base = &server.site.base;
    let body = json!({
        "device_code": device_code,
        "user_code": format!("{start}-{end}"),
        "verification_uri": format!("{base}/device"),
        "verification_uri_complete": format!("{base}/device?user_code={start}-{end}"),
        "expires_in": settings.device_code_for,
        "interval": settings.device_interval,
    });
    let interval = Duration::from_secs(settings.device_interval);
    let waiting = Waiting { client, scope, user_code: letters, ends_at, interval, polled_at: None, decision: None };
    // Kept longer than it may be used, so that a late device is told why.
    server.devices().put(device_code, waiting, ends_at.after(Lifetime::from_hours(1)), at.wall);
    json_reply(200, written(&body))
}

/// What a device gets that asks at the token endpoint (§3.5).
pub(super) fn poll(server: &OAuth2, client: &Client, form: &[(String, String)], at: Moment) -> Result<Grant, Refusal> {
    let mut devices = server.devices();
    let code = last(form, "device_code").ok_or(Refusal::bad("invalid_request", "device_code is missing"))?;
    let waiting = devices.get(code, at.wall).filter(|waiting| waiting.client.id == client.id);
    let waiting = waiting.ok_or(Refusal::bad("invalid_grant", "the device code is unknown"))?;
    if waiting.ends_at <= at.wall {
        return Err(Refusal::bad("expired_token", "the time is up"));
    }
    let since = waiting.polled_at.map(|polled_at| at.steady.saturating_duration_since(polled_at));
    waiting.polled_at = Some(at.steady);
    if since.is_some_and(|since| since < waiting.interval) {
        waiting.interval += SLOWER;
        return Err(Refusal::bad("slow_down", "not so often: five seconds more between two requests"));
    }
    let (person, scope) = match waiting.decision.clone() {
        None => return Err(Refusal::bad("authorization_pending", "nobody has decided yet")),
        Some(Decision::Denied) => return Err(Refusal::bad("access_denied", "the person said no")),
        Some(Decision::Spent) => return Err(Refusal::bad("invalid_grant", "the device code was used")),
        Some(Decision::Allowed(person, scope)) => (person, scope),
    };
    let family = new_family().map_err(|_| Refusal::NO_CHANCE)?;
    waiting.decision = Some(Decision::Spent);
    let client = client.id.clone();
    Ok(Grant { client, person: Some(person), scope, family, serial: Some(0), nonce: None })
}

/// Answers `/device`: the code, then who, then whether.
pub(super) fn page(server: &OAuth2, ask: &Ask, at: Moment) -> Plan {
    if !matches!(ask.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed("GET, POST").into();
    }
    server.desk.answer("device", ask, at, |wanted| step(server, ask, at, wanted))
}

fn step(server: &OAuth2, ask: &Ask, at: Moment, wanted: &Wanted) -> Reply {
    let pairs = ask.params();
    let typed = last(&pairs, "user_code").unwrap_or_default();
    // A person may leave out the line and write small letters (§6.1).
    let user_code: String = typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    if user_code.is_empty() || ask.method != Method::POST {
        return reply::page(200, page::device::page(typed, None));
    }
    let mut devices = server.devices();
    let is_it =
        |waiting: &Waiting| waiting.user_code == user_code && waiting.decision.is_none() && waiting.ends_at > at.wall;
    let code = devices.iter().find(|(_, _, waiting)| is_it(waiting)).map(|(code, ..)| code.to_owned());
    let Some(waiting) = code.and_then(|code| devices.get(&code, at.wall)) else {
        return reply::page(200, page::device::page(typed, Some("That code is unknown, was used, or its time is up.")));
    };
    let hidden = [("user_code", user_code.as_str())];
    match Step::read(&pairs) {
        Err(what) => reply::page(400, notice(WHAT, "That did not work", what)),
        Ok(Step::SignIn) => reply::page(200, page::sign_in::page("/device", &hidden, &waiting.client.name)),
        Ok(Step::Decide(person)) => reply::page(200, page::consent::device_page(&hidden, waiting, person)),
        Ok(Step::Deny) => {
            waiting.decision = Some(Decision::Denied);
            reply::page(200, notice(WHAT, "You said no", "The device gets nothing. You can close this page."))
        }
        Ok(Step::Allow(person)) => {
            let person = wanted.person.as_deref().and_then(super::cast::person).unwrap_or(person);
            let scope = granted(&pairs, &waiting.scope);
            waiting.decision =
                Some(Decision::Allowed(person, wanted.scope.as_ref().map_or(scope.clone(), |only| scope.only(only))));
            reply::page(200, notice(WHAT, "Done", "Go back to your device: it goes on by itself."))
        }
    }
}

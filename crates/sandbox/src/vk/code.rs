//! Owns the legacy authorization code flow: codes, and the exchange at `/access_token`.
//!
//! Source: <https://dev.vk.com/api/access-token/authcode-flow-user>. Every error is HTTP 401 with JSON, as VK's are.

use grantkeep_core::{Lifetime, Timestamp};
use http::Method;
use serde_json::{Map, Value, json};

use super::authorize::{Asked, Choice, common, positive};
use super::cast::{self, AppRule};
use super::id;
use super::scope::{EMAIL, Scope};
use super::state::State;
use super::token::{Claims, Kind};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::{ELSEWHERE, carry_out};
use crate::reply::{Plan, Reply, json as json_reply, not_allowed, problem, quoted, written};
use crate::seal::random_letters;
use crate::shelf::Shelf;

/// The secret of every application. It is none.
pub(crate) const SECRET: &str = "sandbox-not-a-secret";

/// So long a code of this flow may be exchanged.
const CODE_FOR: Lifetime = Lifetime::from_hours(1);

/// Codes that wait for their exchange.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    /// Of this flow.
    legacy: Shelf<Issued>,
    /// Of VK ID.
    pub(crate) id: Shelf<id::Issued>,
}

/// What a code stands for.
#[derive(Debug)]
struct Issued {
    asked: Asked,
    choice: Choice,
}

/// An `error` and its `error_description`.
type Refusal = (&'static str, &'static str);

const NO_CODE: Refusal = ("invalid_grant", "Code is invalid or expired.");
const OLD_CODE: Refusal = ("invalid_grant", "Code is expired.");
// Not on record; the authorize page says it so.
const OTHER_REDIRECT: Refusal = ("invalid_grant", "redirect_uri is incorrect");
const NO_CLIENT: Refusal = ("invalid_client", "client_id is undefined");
const BAD_CLIENT: Refusal = ("invalid_client", "client_id is incorrect");
const NO_SECRET: Refusal = ("invalid_client", "client_secret is undefined");
const BAD_SECRET: Refusal = ("invalid_client", "client_secret is incorrect");
// Not on record.
const BAD_GRANT: Refusal = ("invalid_request", "grant_type is incorrect");

/// A code for what was allowed; none when there is no randomness.
pub(super) fn issue(state: &State, asked: &Asked, choice: &Choice, at: Moment) -> Option<String> {
    let code = random_letters(b"0123456789abcdef", 18).ok()?;
    let issued = Issued { asked: asked.clone(), choice: choice.clone() };
    state.codes().legacy.put(code.clone(), issued, at.wall.after(CODE_FOR), at.wall);
    Some(code)
}

/// Answers `/access_token`.
pub(super) fn plan(state: &State, ask: &Ask, at: Moment) -> Plan {
    state.log().note("access_token", ask);
    let faults = state.faults().answers_by_name("access_token", ask.caller, at.steady);
    let elsewhere = format!("{}{ELSEWHERE}/access_token", state.base);
    let asked_for = "the sandbox was asked to say this";
    let refuse = |code: &str, status: Option<u16>| refused(status.unwrap_or(401), code, asked_for);
    carry_out(common(faults), &elsewhere, refuse, |_| answer(state, ask, at))
}

fn answer(state: &State, ask: &Ask, at: Moment) -> Reply {
    if !matches!(ask.method, Method::GET | Method::POST) {
        return not_allowed("GET, POST");
    }
    match exchange(state, &ask.params(), at) {
        Ok(Some(body)) => json_reply(200, written(&body)),
        Ok(None) => problem(500, "no token could be made"),
        Err((error, description)) => refused(401, error, description),
    }
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    json_reply(status, format!(r#"{{"error":{},"error_description":{}}}"#, quoted(error), quoted(description)))
}

fn exchange(state: &State, pairs: &[(String, String)], at: Moment) -> Result<Option<Value>, Refusal> {
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    let app = cast::app(positive(get("client_id").ok_or(NO_CLIENT)?).ok_or(BAD_CLIENT)?);
    // An application of VK ID has another kind of secret.
    if get("client_secret").ok_or(NO_SECRET)? != SECRET || app.rule == AppRule::VkIdCabinet {
        return Err(BAD_SECRET);
    }
    match get("grant_type") {
        None | Some("authorization_code") => {}
        Some("client_credentials") => return Ok(service(app.id, at.wall)),
        Some(_) => return Err(BAD_GRANT),
    }
    let code = get("code").ok_or(NO_CODE)?;
    let mut codes = state.codes();
    let is_old = codes.legacy.get(code, at.wall).is_none();
    let issued = codes.legacy.even_ended(code).filter(|issued| issued.asked.app.id == app.id).ok_or(NO_CODE)?;
    if is_old {
        return Err(OLD_CODE);
    }
    if get("redirect_uri") != Some(&issued.asked.target.shown) {
        return Err(OTHER_REDIRECT);
    }
    let issued = codes.legacy.take(code, at.wall).ok_or(NO_CODE)?;
    Ok(tokens(&issued, at))
}

fn service(app: u64, now: Timestamp) -> Option<Value> {
    let claims = Claims {
        kind: Kind::Service,
        subject: app,
        scope: Scope(0),
        issued_at: now,
        expires_in: Lifetime::from_seconds(0),
        address: None,
        answers: None,
        answers_after: Lifetime::from_seconds(0),
        session: 0,
    };
    Some(json!({"access_token": claims.mint().ok()?.expose(), "expires_in": 0}))
}

fn tokens(issued: &Issued, at: Moment) -> Option<Value> {
    let Issued { asked, choice } = issued;
    let claims = choice.claims(asked, at)?;
    let mut body = Map::new();
    if asked.groups.is_empty() {
        body.insert("access_token".to_owned(), claims.mint().ok()?.expose().into());
        body.insert("user_id".to_owned(), claims.subject.into());
    } else {
        let token = |id| Claims { subject: id, ..claims.clone() }.mint().ok();
        let member = |id| Some(json!({"group_id": id, "access_token": token(id)?.expose()}));
        let groups = asked.groups.iter().map(|group| member(group.id)).collect::<Option<Vec<_>>>()?;
        body.insert("groups".to_owned(), groups.into());
    }
    body.insert("expires_in".to_owned(), claims.expires_in.seconds().into());
    if asked.groups.is_empty() && asked.scope.has(EMAIL) {
        body.insert("email".to_owned(), cast::person(claims.subject).email.into());
    }
    Some(Value::Object(body))
}

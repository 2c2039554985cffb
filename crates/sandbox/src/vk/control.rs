//! Owns the sandbox's own switches under `/sandbox/`: faults, tokens made to order, and how often the API was asked.
//!
//! A script sends JSON, the page sends forms; a body that begins with `{` is JSON whatever it calls itself.

use std::net::IpAddr;

use grantkeep_core::{Lifetime, Timestamp};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::behaviour::Behaviour;
use super::cast;
use super::id::ENDPOINTS;
use super::scope::{Of, Scope};
use super::state::{Counts, State};
use super::token::{Claims, Kind};
use super::{method, page};
use crate::ask::Ask;
use crate::clock::Moment;
use crate::fault::{Listed, WantedFault};
use crate::reply::{self, Reply, json, not_allowed, problem, redirect, written};

/// A token as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    kind: String,
    id: Option<u64>,
    expires_in: Option<u64>,
    issued_at: Option<i64>,
    scope: Option<String>,
    answers: Option<String>,
    answers_after: Option<u64>,
    address: Option<IpAddr>,
}

const TOKEN_FIELDS: &str = "a token is a JSON object of kind and, if wanted, id, expires_in, issued_at, scope, answers, \
     answers_after, address";
const UNKNOWN_ANSWER: &str = "answer is none of the words on the sandbox’s page";

/// Answers `/sandbox/faults`.
pub(crate) fn faults(state: &State, ask: &Ask, at: Moment) -> Reply {
    match ask.method {
        Method::GET | Method::HEAD => list(state, at),
        Method::DELETE => {
            state.faults().clear();
            list(state, at)
        }
        Method::POST => match (WantedFault::read(ask).and_then(|fault| set(state, &fault, at)), ask.is_json()) {
            (Ok(listed), true) => json(201, written(&listed.to_json("method"))),
            (Ok(_), false) => redirect(303, "/#faults"),
            (Err(what), true) => problem(400, what),
            (Err(what), false) => reply::page(400, page::person::refused(what)),
        },
        _ => not_allowed("GET, POST, DELETE"),
    }
}

/// Answers `/sandbox/faults/clear`, which the page's button goes to.
pub(crate) fn clear(state: &State, ask: &Ask) -> Reply {
    if ask.method != Method::POST {
        return not_allowed("POST");
    }
    state.faults().clear();
    redirect(303, "/#faults")
}

/// Answers `/sandbox/requests`.
pub(crate) fn requests(state: &State, ask: &Ask) -> Reply {
    match ask.method {
        Method::GET | Method::HEAD => json(200, written(&so_far(state))),
        Method::DELETE => {
            *state.counts() = Counts::default();
            state.log().clear();
            json(200, written(&so_far(state)))
        }
        _ => not_allowed("GET, DELETE"),
    }
}

/// Answers `/sandbox/tokens`.
pub(crate) fn tokens(state: &State, ask: &Ask, at: Moment) -> Reply {
    if ask.method != Method::POST {
        return not_allowed("POST");
    }
    let claims = match wanted_token(ask, at) {
        Ok(claims) => claims,
        Err(what) => return problem(400, what),
    };
    let Ok(token) = claims.mint() else { return problem(500, "no token could be made") };
    let seconds = claims.expires_in.seconds();
    let fragment = match claims.kind {
        Kind::Community => format!("access_token_{}={}&expires_in={seconds}", claims.subject, token.expose()),
        Kind::Service => format!("access_token={}&expires_in={seconds}", token.expose()),
        Kind::User | Kind::VkId => {
            format!("access_token={}&expires_in={seconds}&user_id={}", token.expose(), claims.subject)
        }
    };
    let (token, base) = (token.expose(), &state.base);
    // Neither has a character that JSON would escape.
    json(200, format!("{{\"access_token\":\"{token}\",\"url\":\"{base}/blank.html#{fragment}\"}}\n"))
}

/// The counts, and the record of the endpoints that are no methods, once there is something in it.
fn so_far(state: &State) -> Value {
    let mut so_far = json!(*state.counts());
    let log = state.log();
    if let (Value::Object(so_far), Value::Object(log), false) = (&mut so_far, json!(*log), log.is_empty()) {
        so_far.extend(log);
    }
    so_far
}

fn list(state: &State, at: Moment) -> Reply {
    let faults: Vec<_> = state.faults().list(at.steady).iter().map(|listed| listed.to_json("method")).collect();
    json(200, written(&json!({ "faults": faults })))
}

fn set(state: &State, wanted: &WantedFault, at: Moment) -> Result<Listed, &'static str> {
    let endpoint = |name: &String| ENDPOINTS.iter().find(|(known, _)| known == name).map(|(known, _)| *known);
    let (method, answer) = match &wanted.endpoint {
        None => (None, Behaviour::of_method(&wanted.answer)),
        Some(name) => match (method::known(name), endpoint(name)) {
            (None, None) => return Err("method is none of those on the sandbox’s page"),
            (Some(method), _) => (Some(method), Behaviour::of_method(&wanted.answer)),
            (None, Some(endpoint)) => (Some(endpoint), Behaviour::of_endpoint(&wanted.answer)),
        },
    };
    wanted.set(&mut state.faults(), method, answer.ok_or(UNKNOWN_ANSWER)?, at.steady)
}

fn wanted_token(ask: &Ask, at: Moment) -> Result<Claims, &'static str> {
    let wanted: WantedToken = serde_json::from_slice(&ask.body).map_err(|_| TOKEN_FIELDS)?;
    let kind = Kind::from_name(&wanted.kind).ok_or("kind is user, vk_id, community or service")?;
    let (subject, expires_in, scope, of) = match kind {
        Kind::Community => (cast::COMMUNITIES[0].id, 0, "manage,photos,wall", Of::Community),
        Kind::Service => (cast::APPS[0].id, 0, "", Of::User),
        Kind::User => (cast::PEOPLE[0].id, 86_400, "video,groups,wall", Of::User),
        Kind::VkId => (cast::PEOPLE[0].id, 3600, "", Of::User),
    };
    let scope = wanted.scope.as_deref().unwrap_or(scope).replace(' ', ",");
    let expires_in =
        Some(wanted.expires_in.unwrap_or(expires_in)).filter(|seconds| *seconds <= Lifetime::LONGEST.seconds());
    Ok(Claims {
        kind,
        subject: Some(wanted.id.unwrap_or(subject)).filter(|id| *id > 0).ok_or("id is 1 or more")?,
        scope: Scope::parse(&scope, of).ok_or("scope is a mask, or names of VK’s rights")?,
        issued_at: wanted.issued_at.map_or(at.wall, Timestamp::from_unix),
        expires_in: Lifetime::from_seconds(expires_in.ok_or("expires_in is at most 100 years")?),
        address: wanted.address.map(|address| address.to_canonical()),
        answers: match &wanted.answers {
            Some(word) => Some(Behaviour::of_method(word).ok_or(UNKNOWN_ANSWER)?),
            None => None,
        },
        answers_after: Lifetime::from_seconds(wanted.answers_after.unwrap_or(0)),
        session: 0,
    })
}

//! Owns the sandbox's own switches under `/sandbox/`: faults, tokens made to order, and how often the API was asked.
//!
//! A script sends JSON, the page sends forms; a body that begins with `{` is JSON whatever it calls itself.

use std::net::IpAddr;
use std::time::Duration;

use grantkeep_core::{Lifetime, Timestamp};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::ask::{Ask, last};
use crate::behaviour::Behaviour;
use crate::cast;
use crate::clock::Moment;
use crate::fault::{Fault, Listed};
use crate::reply::{self, Reply, json, not_allowed, problem, redirect};
use crate::scope::{Of, Scope};
use crate::state::State;
use crate::token::{Claims, Kind};
use crate::{method, page};

/// A fault as it is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WantedFault {
    method: Option<String>,
    answer: String,
    times: Option<u32>,
    after: Option<u32>,
    after_seconds: Option<u32>,
    address: Option<IpAddr>,
    other_than: Option<IpAddr>,
}

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

#[derive(Serialize)]
struct FaultList {
    faults: Vec<Listed>,
}

const FAULT_FIELDS: &str =
    "a fault is a JSON object of answer and, if wanted, method, times, after, after_seconds, address, other_than";
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
        Method::POST if is_json(ask) => match wanted_fault(ask).and_then(|fault| set(state, &fault, at)) {
            Ok(listed) => json(201, text(&listed)),
            Err(what) => problem(400, what),
        },
        Method::POST => match form_fault(&ask.form()).and_then(|fault| set(state, &fault, at)) {
            Ok(_) => redirect(303, "/#faults"),
            Err(what) => reply::page(400, page::person::refused(what)),
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
        Method::GET | Method::HEAD => json(200, text(&*state.counts())),
        _ => not_allowed("GET"),
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

fn text(value: &impl Serialize) -> String {
    // Plain structures with text keys always serialise.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

fn list(state: &State, at: Moment) -> Reply {
    json(200, text(&FaultList { faults: state.faults().list(at.steady) }))
}

fn is_json(ask: &Ask) -> bool {
    !ask.is_form() || ask.body.trim_ascii_start().starts_with(b"{")
}

fn wanted_fault(ask: &Ask) -> Result<WantedFault, &'static str> {
    serde_json::from_slice(&ask.body).map_err(|_| FAULT_FIELDS)
}

fn form_fault(form: &[(String, String)]) -> Result<WantedFault, &'static str> {
    let get = |name| last(form, name).map(str::trim).filter(|value| !value.is_empty());
    let number = |name| get(name).map(str::parse::<u32>).transpose().map_err(|_| "a number is not understood");
    let address = |name| get(name).map(str::parse::<IpAddr>).transpose().map_err(|_| "an address is no IP address");
    Ok(WantedFault {
        method: get("method").map(str::to_owned),
        answer: get("answer").unwrap_or_default().to_owned(),
        times: number("times")?,
        after: number("after")?,
        after_seconds: number("after_seconds")?,
        address: address("address")?,
        other_than: address("other_than")?,
    })
}

fn set(state: &State, wanted: &WantedFault, at: Moment) -> Result<Listed, &'static str> {
    let method = match &wanted.method {
        Some(name) => Some(method::known(name).ok_or("method is none of those on the sandbox’s page")?),
        None => None,
    };
    if wanted.times == Some(0) {
        return Err("times is 1 or more");
    }
    let fault = Fault {
        method,
        answer: Behaviour::parse(&wanted.answer).ok_or(UNKNOWN_ANSWER)?,
        times: wanted.times,
        after: wanted.after.unwrap_or(0),
        begins_at: wanted.after_seconds.and_then(|seconds| at.steady.checked_add(Duration::from_secs(seconds.into()))),
        address: wanted.address.map(|address| address.to_canonical()),
        other_than: wanted.other_than.map(|address| address.to_canonical()),
    };
    let mut faults = state.faults();
    faults.set(fault).ok_or("100 faults are set already")?;
    faults.list(at.steady).pop().ok_or("100 faults are set already")
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
            Some(word) => Some(Behaviour::parse(word).ok_or(UNKNOWN_ANSWER)?),
            None => None,
        },
        answers_after: Lifetime::from_seconds(wanted.answers_after.unwrap_or(0)),
    })
}

//! Owns which part of the emulated VK answers which path. Paths are compared as they were sent; nothing is decoded or tidied.

use http::Method;

use super::state::State;
use super::{authorize, code, control, id, method, page};
use crate::ask::Ask;
use crate::clock::Moment;
use crate::gate;
use crate::reply::{self, Plan, Reply, not_allowed, problem};

/// Plans the answer to a request that the gate has let in.
pub(crate) fn plan(state: &State, ask: &Ask, at: Moment) -> Plan {
    if let Some(name) = ask.path.strip_prefix("/method/") {
        return method::plan(state, ask, name, at);
    }
    if let Some(name) = ask.path.strip_prefix("/elsewhere/method/") {
        return method::plan_elsewhere(state, ask, name, at);
    }
    if ask.path == "/access_token" {
        return code::plan(state, ask, at);
    }
    if let Some(plan) = id::plan(state, ask, at) {
        return plan;
    }
    if !gate::is_own(ask) {
        return problem(403, "this comes from another site's page").into();
    }
    match ask.path.as_str() {
        "/authorize" if id::authorize::is_meant(ask) => id::authorize::plan(state, ask, at),
        "/id/authorize" => id::authorize::plan(state, ask, at),
        "/authorize" => authorize::answer(state, ask, at),
        "/sandbox/faults" => control::faults(state, ask, at).into(),
        "/sandbox/faults/clear" => control::clear(state, ask).into(),
        "/sandbox/requests" => control::requests(state, ask).into(),
        "/sandbox/tokens" => control::tokens(state, ask, at).into(),
        _ => plain(state, ask, at).into(),
    }
}

/// Pages that are only read.
fn plain(state: &State, ask: &Ask, at: Moment) -> Reply {
    if !matches!(ask.method, Method::GET | Method::HEAD) {
        return not_allowed("GET");
    }
    let (status, page) = match ask.path.as_str() {
        "/" => (200, page::home::page(state, at)),
        "/activation" => return authorize::activation(state, ask, at),
        "/blank.html" => (200, page::person::blank()),
        "/captcha.php" | "/challenge.html" | "/not_robot_captcha" => (200, page::person::captcha()),
        _ => (404, page::person::missing()),
    };
    reply::page(status, page)
}

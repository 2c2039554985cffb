//! Owns which part answers which path. Paths are compared as they were sent; nothing is decoded or tidied.

use http::Method;

use crate::ask::Ask;
use crate::clock::Moment;
use crate::reply::{self, Plan, Reply, not_allowed, problem};
use crate::state::State;
use crate::{authorize, control, gate, method, page};

/// Plans the answer to a request that the gate has let in.
pub(crate) fn plan(state: &State, ask: &Ask, at: Moment) -> Plan {
    if let Some(name) = ask.path.strip_prefix("/method/") {
        return method::plan(state, ask, name, at);
    }
    if let Some(name) = ask.path.strip_prefix("/elsewhere/method/") {
        return method::plan_elsewhere(state, ask, name, at);
    }
    if !gate::is_own(ask) {
        return problem(403, "this comes from another site's page").into();
    }
    match ask.path.as_str() {
        "/authorize" => authorize::answer(state, ask, at),
        "/sandbox/faults" => control::faults(state, ask, at),
        "/sandbox/faults/clear" => control::clear(state, ask),
        "/sandbox/requests" => control::requests(state, ask),
        "/sandbox/tokens" => control::tokens(state, ask, at),
        _ => plain(state, ask, at),
    }
    .into()
}

/// Pages that are only read.
fn plain(state: &State, ask: &Ask, at: Moment) -> Reply {
    if !matches!(ask.method, Method::GET | Method::HEAD) {
        return not_allowed("GET");
    }
    let (status, page) = match ask.path.as_str() {
        "/" => {
            let (faults, counts) = (state.faults().list(at.steady), state.counts().clone());
            (200, page::home::page(&state.base, &faults, &counts))
        }
        "/activation" => return authorize::activation(state, ask, at),
        "/blank.html" => (200, page::person::blank()),
        "/captcha.php" | "/challenge.html" | "/not_robot_captcha" => (200, page::person::captcha()),
        _ => (404, page::person::missing()),
    };
    reply::page(status, page)
}

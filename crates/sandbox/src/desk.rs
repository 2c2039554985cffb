//! Owns what every provider's endpoints have in common: each request is noted, somebody's faults are carried out, and both can
//! be seen and set under `/sandbox/` and on the provider's page.

mod course;
mod edit;
mod form;

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use serde_json::json;

use crate::ask::Ask;
use crate::behaviour::Behaviour;
use crate::clock::Moment;
use crate::fault::{Faults, Listed, WantedFault, Word as _};
use crate::gate;
use crate::log::Log;
use crate::markup::Markup;
use crate::page;
use crate::provider::Site;
use crate::reply::{self, Plan, Reply, json, not_allowed, problem, quoted, redirect, written};

pub(crate) use course::{Wanted, carry_out, outage};
pub(crate) use form::{fault_fields, fault_items};

/// Where a `redirect` without an address leads: the same path behind this one, without faults.
pub(crate) const ELSEWHERE: &str = "/elsewhere";

/// An endpoint: its name for faults and in the log, and what it is.
pub(crate) type Endpoint = (&'static str, &'static str);

/// The faults and the log of one provider.
#[derive(Debug)]
pub(crate) struct Desk {
    /// What the provider is not, for its pages.
    what: &'static str,
    base: String,
    endpoints: &'static [Endpoint],
    faults: Mutex<Faults<Behaviour>>,
    log: Mutex<Log>,
}

impl Desk {
    /// A desk for these endpoints. `what` the provider is not: “VK”, “a real Mastodon server”.
    pub(crate) fn new(site: &Site, what: &'static str, endpoints: &'static [Endpoint]) -> Self {
        Self { what, base: site.base.clone(), endpoints, faults: Mutex::default(), log: Mutex::default() }
    }

    /// Answers a request to an endpoint: notes it, and does what was asked for there. An error asked for is OAuth's JSON. The
    /// provider's own answer is not made when another takes its place.
    pub(crate) fn answer(
        &self,
        endpoint: &'static str,
        ask: &Ask,
        at: Moment,
        answer: impl FnOnce(&Wanted) -> Reply,
    ) -> Plan {
        self.answer_or(endpoint, ask, at, |code, status| error(status.unwrap_or(400), code), answer)
    }

    /// The same, where an error asked for has another shape.
    pub(crate) fn answer_or(
        &self,
        endpoint: &'static str,
        ask: &Ask,
        at: Moment,
        refuse: impl FnOnce(&str, Option<u16>) -> Reply,
        answer: impl FnOnce(&Wanted) -> Reply,
    ) -> Plan {
        let is_elsewhere = ask.path.starts_with(ELSEWHERE);
        self.log().note(if is_elsewhere { "elsewhere" } else { endpoint }, ask);
        let behaviours = match is_elsewhere {
            true => Vec::new(),
            false => self.faults().answers(endpoint, ask.caller, at.steady),
        };
        carry_out(behaviours, &format!("{}{ELSEWHERE}{}", self.base, ask.path), refuse, answer)
    }

    /// Answers what is under `/sandbox/`; none when the path is another.
    pub(crate) fn control(&self, ask: &Ask, at: Moment) -> Option<Reply> {
        let switch = ask.path.strip_prefix("/sandbox/")?;
        if !gate::is_own(ask) {
            return Some(problem(403, "this comes from another site's page"));
        }
        match switch {
            "faults" => Some(self.control_faults(ask, at)),
            "faults/clear" if ask.method == Method::POST => {
                self.faults().clear();
                Some(redirect(303, "/#faults"))
            }
            "faults/clear" => Some(not_allowed("POST")),
            "requests" => Some(match ask.method {
                Method::GET | Method::HEAD => json(200, written(&*self.log())),
                Method::DELETE => {
                    self.log().clear();
                    json(200, written(&*self.log()))
                }
                _ => not_allowed("GET, DELETE"),
            }),
            _ => None,
        }
    }

    /// The part of a home page with the switches and what was asked so far.
    pub(crate) fn switches(&self, at: Moment) -> Markup {
        let faults = self.faults().list(at.steady);
        form::switches(self.endpoints, &faults, self.log().counts())
    }

    fn control_faults(&self, ask: &Ask, at: Moment) -> Reply {
        match ask.method {
            Method::GET | Method::HEAD => self.list(at),
            Method::DELETE => {
                self.faults().clear();
                self.list(at)
            }
            Method::POST => match (WantedFault::read(ask).and_then(|fault| self.set(&fault, at)), ask.is_json()) {
                (Ok(listed), true) => json(201, written(&listed.to_json("endpoint"))),
                (Ok(_), false) => redirect(303, "/#faults"),
                (Err(what), true) => problem(400, what),
                (Err(what), false) => reply::page(400, page::notice(self.what, "That did not work", what)),
            },
            _ => not_allowed("GET, POST, DELETE"),
        }
    }

    fn list(&self, at: Moment) -> Reply {
        let faults: Vec<_> = self.faults().list(at.steady).iter().map(|listed| listed.to_json("endpoint")).collect();
        json(200, written(&json!({ "faults": faults })))
    }

    fn set(&self, wanted: &WantedFault, at: Moment) -> Result<Listed, &'static str> {
        let known = |name: &String| self.endpoints.iter().find(|(known, _)| known == name).map(|(known, _)| *known);
        let endpoint = match &wanted.endpoint {
            Some(name) => Some(known(name).ok_or("endpoint is none of those on the sandbox’s page")?),
            None => None,
        };
        let answer = Behaviour::parse(&wanted.answer).ok_or("answer is none of the words on the sandbox’s page")?;
        wanted.set(&mut self.faults(), endpoint, answer, at.steady)
    }

    fn faults(&self) -> MutexGuard<'_, Faults<Behaviour>> {
        lock(&self.faults)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }
}

/// An OAuth error as JSON (RFC 6749 §5.2), as somebody asked for it.
pub(crate) fn error(status: u16, code: &str) -> Reply {
    let description = quoted("the sandbox was asked to say this");
    json(status, format!(r#"{{"error":{},"error_description":{description}}}"#, quoted(code)))
}

/// Locks what is right after every statement, so that a panic elsewhere does not spoil it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Owns the authorize page of the implicit and of the legacy code flow: what is asked, what is refused at once, and what comes
//! back.
//!
//! Parameters, key orders and texts: <https://dev.vk.com/api/access-token/implicit-flow-user>,
//! <https://dev.vk.com/api/access-token/authcode-flow-user>, and what live answers were seen to be. A redirect never leaves
//! this machine: VK's own `blank.html` means the sandbox's.

mod choice;
mod target;

use http::Method;

use crate::ask::{Ask, last};
use crate::behaviour::Behaviour as Common;
use crate::clock::Moment;
use crate::desk::{ELSEWHERE, Wanted, carry_out};
use crate::reply::{self, Plan, Reply, json, not_allowed, problem, quoted, redirect};
use crate::target::Target;
use crate::vk::behaviour::Behaviour;
use crate::vk::cast::{self, App, AppRule, Community};
use crate::vk::page;
use crate::vk::scope::{OFFLINE, Of, Scope};
use crate::vk::state::State;
pub(crate) use choice::{Choice, encoded};
pub(crate) use target::read as read_target;

/// What an application asks for, understood.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) app: App,
    pub(crate) scope: Scope,
    pub(crate) target: Target,
    pub(crate) state: Option<String>,
    /// Communities whose tokens are wanted; empty: a user's token is.
    pub(crate) groups: Vec<Community>,
    /// Whom the page should propose.
    pub(crate) person: u64,
    /// A code is wanted, to be exchanged later; otherwise the token itself.
    pub(crate) wants_code: bool,
}

/// What is refused before a person is asked.
#[derive(Debug)]
enum Refused {
    /// HTTP 401 with that `error_description`.
    Page(&'static str),
    /// Back to the application, with the error in the query.
    Redirect(String),
}

/// Answers `/authorize`.
pub(crate) fn answer(state: &State, ask: &Ask, at: Moment) -> Plan {
    if !matches!(ask.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed("GET, POST").into();
    }
    state.counts().authorize += 1;
    let pairs = ask.params();
    let asked = match understand(&pairs, state) {
        Ok(asked) => asked,
        Err(Refused::Page(description)) => return refusal(description).into(),
        Err(Refused::Redirect(place)) => return redirect(302, &place).into(),
    };
    match Choice::read(&pairs, ask.caller) {
        Err(what) => problem(400, what).into(),
        Ok(None) => reply::page(200, page::consent::page(&asked, &ask.raw_query, ask.caller)).into(),
        Ok(Some(choice)) => back(state, ask, &asked, &choice, at),
    }
}

/// The way back to the application, which faults of `redirect` are about.
fn back(state: &State, ask: &Ask, asked: &Asked, choice: &Choice, at: Moment) -> Plan {
    let faults = state.faults().answers_by_name("redirect", ask.caller, at.steady);
    let elsewhere = format!("{}{ELSEWHERE}/authorize", state.base);
    let status = status_after(&ask.method);
    let refuse = |code: &str, _| redirect(status, &asked.with_parameters(&choice::error(asked, code)));
    let answer = |wanted: &Wanted| {
        let (asked, choice) = (asked.changed(wanted), choice.changed(wanted));
        match choice.parameters(state, &asked, at) {
            Some(parameters) => redirect(status, &asked.with_parameters(parameters.expose())),
            None => problem(500, "no token could be made"),
        }
    };
    carry_out(common(faults), &elsewhere, refuse, answer)
}

impl Asked {
    /// Where the browser goes with these: a code or its error comes in the query, a token or its error in the fragment.
    fn with_parameters(&self, parameters: &str) -> String {
        if self.wants_code { self.target.with_query(parameters) } else { format!("{}#{parameters}", self.target.place) }
    }

    fn changed(&self, wanted: &Wanted) -> Self {
        let of = if self.groups.is_empty() { Of::User } else { Of::Community };
        let granted = wanted.scope.as_ref().and_then(|scope| Scope::parse(&scope.replace(' ', ","), of));
        Self { scope: granted.map_or(self.scope, |granted| Scope(granted.0 & self.scope.0)), ..self.clone() }
    }
}

/// What an endpoint that is no method can be made to do.
pub(crate) fn common(faults: Vec<Behaviour>) -> Vec<Common> {
    let common = |fault| match fault {
        Behaviour::Common(common) => Some(common),
        Behaviour::Ancient | Behaviour::Challenge | Behaviour::Error { .. } | Behaviour::RateLimit => None,
    };
    faults.into_iter().filter_map(common).collect()
}

/// The status of a redirect: after a form a browser must come back with GET.
pub(crate) fn status_after(method: &Method) -> u16 {
    if *method == Method::POST { 303 } else { 302 }
}

fn refusal(description: &str) -> Reply {
    json(401, format!(r#"{{"error":"invalid_request","error_description":{}}}"#, quoted(description)))
}

fn understand(pairs: &[(String, String)], state: &State) -> Result<Asked, Refused> {
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    let app = cast::app(get("client_id").and_then(positive).ok_or(Refused::Page("Security Error"))?);
    match app.rule {
        AppRule::Disabled => return Err(Refused::Page("application is disabled")),
        AppRule::TooMuchTries => return Err(Refused::Page("too much tries")),
        AppRule::VkIdCabinet => return Err(Refused::Page("Security Error")),
        AppRule::MiniApp | AppRule::Usual => {}
    }
    let target = read_target(get("redirect_uri"), &state.base)
        .ok_or(Refused::Page("redirect_uri is incorrect, check application redirect uri in the settings page"))?;
    let wants_code = match get("response_type") {
        Some("code") => true,
        Some("token") => false,
        // The text for this one is not on record.
        _ => return Err(Refused::Page("response_type is incorrect")),
    };
    if !get("display").is_none_or(|display| matches!(display, "page" | "popup" | "mobile")) {
        return Err(Refused::Redirect(
            target.with_query("error=invalid_request&error_description=Invalid+display+parameter"),
        ));
    }
    let groups = communities(get("group_ids").unwrap_or_default()).ok_or(Refused::Page("group_ids is incorrect"))?;
    let of = if groups.is_empty() { Of::User } else { Of::Community };
    let scope = Scope::parse(get("scope").unwrap_or_default(), of).ok_or(Refused::Page("invalid scope"))?;
    if app.rule == AppRule::MiniApp && of == Of::User && scope.has(OFFLINE) {
        return Err(Refused::Page("invalid scope"));
    }
    let person = get("person").and_then(positive).unwrap_or(cast::PEOPLE[0].id);
    Ok(Asked { app, scope, target, state: get("state").map(str::to_owned), groups, person, wants_code })
}

/// A positive whole number in digits alone.
pub(crate) fn positive(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?.filter(|id| *id > 0)
}

fn communities(ids: &str) -> Option<Vec<Community>> {
    if ids.is_empty() {
        return Some(Vec::new());
    }
    let ids = ids.split(',').map(|id| positive(id.trim())).collect::<Option<Vec<_>>>()?;
    (ids.len() <= 25).then(|| ids.into_iter().map(cast::community).collect())
}

/// Answers `/activation`, where error 17 sends a person: its two links end as VK's page does, with a new token or without.
pub(crate) fn activation(state: &State, ask: &Ask, at: Moment) -> Reply {
    let pairs = ask.params();
    let person = last(&pairs, "person").and_then(positive).unwrap_or(cast::PEOPLE[0].id);
    match last(&pairs, "auto") {
        Some("success") => match choice::validated(person, at) {
            Some(fragment) => redirect(302, &format!("{}/blank.html#{}", state.base, fragment.expose())),
            None => problem(500, "no token could be made"),
        },
        Some("fail") => redirect(302, &format!("{}/blank.html#fail=1", state.base)),
        _ => reply::page(200, page::person::activation(person)),
    }
}

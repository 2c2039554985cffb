//! Owns the authorize page of the implicit flow: what is asked, what is refused at once, and the fragment that comes back.
//!
//! Parameters, key orders and texts: <https://dev.vk.com/api/access-token/implicit-flow-user> and what live answers were
//! seen to be. A redirect never leaves this machine: VK's own `blank.html` means the sandbox's.

mod choice;
mod target;

use http::Method;

use crate::ask::{Ask, last};
use crate::cast::{self, App, AppRule, Community};
use crate::clock::Moment;
use crate::page;
use crate::refusal::quoted;
use crate::reply::{self, Reply, json, not_allowed, problem, redirect};
use crate::scope::{OFFLINE, Of, Scope};
use crate::state::State;
use choice::Choice;
pub(crate) use target::Target;

/// What an application asks for, understood.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) app: App,
    pub(crate) scope: Scope,
    pub(crate) target: Target,
    pub(crate) state: Option<String>,
    /// Communities whose tokens are wanted; empty: a user's token is.
    pub(crate) groups: Vec<Community>,
    /// Whom the page should propose.
    pub(crate) person: u64,
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
pub(crate) fn answer(state: &State, ask: &Ask, at: Moment) -> Reply {
    if !matches!(ask.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed("GET, POST");
    }
    state.counts().authorize += 1;
    let pairs = ask.params();
    let asked = match understand(&pairs, state) {
        Ok(asked) => asked,
        Err(Refused::Page(description)) => return refusal(description),
        Err(Refused::Redirect(place)) => return redirect(302, &place),
    };
    // After a form a browser must come back with GET.
    let status = if ask.method == Method::POST { 303 } else { 302 };
    match Choice::read(&pairs, ask.caller) {
        Err(what) => problem(400, what),
        Ok(None) => reply::page(200, page::consent::page(&asked, &ask.query, ask.caller)),
        Ok(Some(choice)) => match choice.fragment(&asked, at) {
            Some(fragment) => redirect(status, &format!("{}#{}", asked.target.place, fragment.expose())),
            None => problem(500, "no token could be made"),
        },
    }
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
    let target = Target::read(get("redirect_uri"), state)
        .ok_or(Refused::Page("redirect_uri is incorrect, check application redirect uri in the settings page"))?;
    // The text for this one is not on record.
    if get("response_type") != Some("token") {
        return Err(Refused::Page("response_type is incorrect"));
    }
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
    Ok(Asked { app, scope, target, state: get("state").map(str::to_owned), groups, person })
}

/// A positive whole number in digits alone.
fn positive(text: &str) -> Option<u64> {
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

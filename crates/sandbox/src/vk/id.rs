//! Owns VK ID, the OAuth 2.1 side of VK: its authorize page, exchange and refresh, and what a session can be asked.
//!
//! Source: <https://id.vk.ru/about/business/go/docs/ru/vkid/latest/vk-id/connection/api-description> and VK's published SDKs.
//! Always: an error is decided by its `error` member and comes in HTTP 200, as VK's mostly do; a refresh token works once.

mod account;
pub(crate) mod authorize;
mod exchange;
mod refusal;
mod session;

use grantkeep_core::Lifetime;
use http::Method;

use super::authorize::common;
use super::scope::{EMAIL, Of, Scope, rights};
use super::state::State;
use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::{ELSEWHERE, Endpoint, Wanted, carry_out};
use crate::reply::{Plan, Reply, not_allowed};
pub(super) use session::{Fate, Sessions};

/// The endpoints of VK that are no methods of its API: their names for faults and in the log.
pub(crate) static ENDPOINTS: [Endpoint; 9] = [
    ("redirect", "what /authorize sends back to the application, a code or a token"),
    ("access_token", "the legacy code flow's exchange, and client credentials"),
    ("id/authorize", "VK ID's page"),
    ("id/redirect", "what VK ID's page sends back to the application"),
    ("oauth2/auth", "VK ID's exchange and refresh"),
    ("oauth2/revoke", "withdraws the application's rights"),
    ("oauth2/logout", "ends the session"),
    ("oauth2/user_info", "who the person is"),
    ("oauth2/public_info", "what an ID token tells about the person, masked"),
];

/// What a code of VK ID stands for.
#[derive(Debug)]
pub(crate) struct Issued {
    client: u64,
    person: u64,
    scope: Scope,
    device_id: String,
    redirect_uri: String,
    challenge: String,
    is_spent: bool,
}

/// So long a code of VK ID may be exchanged.
const CODE_FOR: Lifetime = Lifetime::from_minutes(10);

/// Right to know the phone number.
const PHONE: u32 = 268_435_456;

/// Rights that need no approval by VK; with none but these most methods are closed to a token of VK ID.
pub(super) const BASIC: u32 = EMAIL | PHONE;

/// Plans the answer to `/oauth2/…` and `/id/oauth2/…`; none for any other path.
pub(super) fn plan(state: &State, ask: &Ask, at: Moment) -> Option<Plan> {
    let (elsewhere, path) = match ask.path.strip_prefix(ELSEWHERE) {
        Some(path) => (true, path),
        None => (false, ask.path.as_str()),
    };
    let path = path.strip_prefix("/id/").or_else(|| path.strip_prefix('/'))?;
    let answer: fn(&State, &Ask, Moment, &Wanted) -> Reply = match path {
        "oauth2/auth" => exchange::answer,
        "oauth2/logout" => account::logout,
        "oauth2/public_info" => account::public_info,
        "oauth2/revoke" => account::revoke,
        "oauth2/user_info" => account::user_info,
        _ => return None,
    };
    let (endpoint, _) = ENDPOINTS.iter().find(|(name, _)| *name == path)?;
    let answer = |wanted: &Wanted| match ask.method {
        Method::POST => answer(state, ask, at, wanted),
        _ => not_allowed("POST"),
    };
    if elsewhere {
        state.counts().elsewhere += 1;
        return Some(answer(&Wanted::default()).into());
    }
    state.log().note(endpoint, ask);
    let faults = state.faults().answers_by_name(endpoint, ask.caller, at.steady);
    let refuse = |code: &str, status: Option<u16>| refusal::asked_for(code, status);
    Some(carry_out(common(faults), &format!("{}{ELSEWHERE}/{path}", state.base), refuse, answer))
}

/// A scope in VK ID's words: what everybody grants, then the rights by name, separated by spaces.
fn named(scope: Scope) -> String {
    let names = scope.rights(Of::User).map(|right| right.name);
    std::iter::once("vkid.personal_info").chain(names).collect::<Vec<_>>().join(" ")
}

/// Reads a scope in VK ID's words. What VK does not know is left out silently.
fn read_scope(text: &str) -> Scope {
    let names = text.split([' ', ',']).filter_map(|name| rights(Of::User).iter().find(|right| right.name == name));
    Scope(names.fold(0, |mask, right| mask | right.bit))
}

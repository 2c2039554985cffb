//! Owns VK ID's authorize page: what must come with it, and the code that goes back.

use http::Method;
use serde_json::json;

use super::{CODE_FOR, Issued, read_scope};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::{ELSEWHERE, Wanted, carry_out};
use crate::reply::{self, Plan, Reply, not_allowed, problem, redirect};
use crate::seal;
use crate::target::Target;
use crate::vk::authorize::{common, encoded, positive, status_after};
use crate::vk::cast::{self, App, AppRule};
use crate::vk::page;
use crate::vk::scope::Scope;
use crate::vk::state::State;

/// What an application asks for, understood.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) app: App,
    pub(crate) scope: Scope,
    pub(crate) target: Target,
    pub(crate) state: String,
    challenge: String,
    /// Whom the page should propose.
    pub(crate) person: u64,
}

/// What a person chose.
#[derive(Clone, Copy, Debug)]
enum Choice {
    Allow { person: u64, scope: Scope, as_payload: bool },
    Deny,
}

enum Refused {
    /// On a page: nobody can be told.
    Page(&'static str, &'static str),
    /// Back to the application.
    Redirect(Target, &'static str),
}

/// The length of a code besides its prefix: VK's has 220 characters in all.
const CODE_BYTES: usize = 160;
/// Makes 86 characters, as VK's device ids have.
const DEVICE_BYTES: usize = 64;
/// Makes 172 characters.
const EXT_BYTES: usize = 129;

/// Whether a request to `/authorize` is for VK ID, where oauth.vk.ru and id.vk.ru are one server.
pub(crate) fn is_meant(ask: &Ask) -> bool {
    let pairs = ask.params();
    let app = last(&pairs, "client_id").and_then(positive).map(cast::app);
    last(&pairs, "response_type") == Some("code")
        && (last(&pairs, "code_challenge").is_some() || app.is_some_and(|app| app.rule == AppRule::VkIdCabinet))
}

/// Answers the page, and the choice that is made there.
pub(crate) fn plan(state: &State, ask: &Ask, at: Moment) -> Plan {
    if !matches!(ask.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed("GET, POST").into();
    }
    let pairs = ask.params();
    let endpoint = if last(&pairs, "auto").is_some() { "id/redirect" } else { "id/authorize" };
    state.log().note(endpoint, ask);
    let faults = state.faults().answers_by_name(endpoint, ask.caller, at.steady);
    let elsewhere = format!("{}{ELSEWHERE}/id/authorize", state.base);
    let status = status_after(&ask.method);
    let refuse = |code: &str, _| match understand(&pairs) {
        Ok(asked) => redirect(status, &back_with(&asked.target, &[("error", code), ("state", &asked.state)])),
        Err(refused) => refusal(refused, &pairs, status),
    };
    carry_out(common(faults), &elsewhere, refuse, |wanted| answer(state, ask, &pairs, at, wanted))
}

fn answer(state: &State, ask: &Ask, pairs: &[(String, String)], at: Moment, wanted: &Wanted) -> Reply {
    let status = status_after(&ask.method);
    let asked = match understand(pairs) {
        Ok(asked) => asked,
        Err(refused) => return refusal(refused, pairs, status),
    };
    let choice = match read_choice(pairs, &asked) {
        Ok(Some(choice)) => choice,
        Ok(None) => return reply::page(200, page::id::page(&asked, &ask.path, &ask.raw_query)),
        Err(what) => return problem(400, what),
    };
    let Choice::Allow { person, scope, as_payload } = choice else {
        // The text for this one is not on record.
        let pairs =
            [("error", "access_denied"), ("error_description", "User denied access"), ("state", asked.state.as_str())];
        return redirect(status, &back_with(&asked.target, &pairs));
    };
    let person = wanted.person.as_deref().and_then(positive).unwrap_or(person);
    let scope = Scope(wanted.scope.as_deref().map_or(scope.0, |granted| scope.0 & read_scope(granted).0));
    match allowed(state, &asked, person, scope, as_payload, at) {
        Some(place) => redirect(status, &place),
        None => problem(500, "no code could be made"),
    }
}

fn understand(pairs: &[(String, String)]) -> Result<Asked, Refused> {
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    // The texts for these are not on record.
    let no_client = Refused::Page("invalid_client", "client_id is missing or invalid");
    let Some(app) = get("client_id").and_then(positive).map(cast::app) else { return Err(no_client) };
    // An application of the other cabinet is none here.
    if app.rule != AppRule::VkIdCabinet && cast::APPS.iter().any(|known| known.id == app.id) {
        return Err(no_client);
    }
    let target = get("redirect_uri").and_then(Target::on_loopback);
    let target = target.ok_or(Refused::Page("invalid_request", "redirect_uri is missing or invalid"))?;
    let refuse = |what| Err(Refused::Redirect(target.clone(), what));
    if get("response_type") != Some("code") {
        return refuse("response_type is missing or invalid");
    }
    let Some(state) = get("state").filter(|state| state.len() >= 32 && is_base64url(state)) else {
        return refuse("state is missing or invalid");
    };
    let challenge = get("code_challenge").filter(|challenge| challenge.len() == 43 && is_base64url(challenge));
    let Some(challenge) = challenge else { return refuse("code_challenge is missing or invalid") };
    if !get("code_challenge_method").is_some_and(|method| method.eq_ignore_ascii_case("s256")) {
        return refuse("code_challenge_method is missing or invalid");
    }
    Ok(Asked {
        app,
        scope: read_scope(get("scope").unwrap_or_default()),
        state: state.to_owned(),
        challenge: challenge.to_owned(),
        person: get("person").and_then(positive).unwrap_or(cast::PEOPLE[0].id),
        target,
    })
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn refusal(refused: Refused, pairs: &[(String, String)], status: u16) -> Reply {
    match refused {
        Refused::Page(error, description) => super::refusal::body(400, error, description, None),
        Refused::Redirect(target, description) => {
            let mut back = vec![("error", "invalid_request"), ("error_description", description)];
            back.extend(last(pairs, "state").map(|state| ("state", state)));
            redirect(status, &back_with(&target, &back))
        }
    }
}

/// `auto=allow|deny`, `person`, `grant` (from a script) or `right` (one for each box of the page), `payload=on`.
fn read_choice(pairs: &[(String, String)], asked: &Asked) -> Result<Option<Choice>, &'static str> {
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    match get("auto") {
        None => return Ok(None),
        Some("deny") => return Ok(Some(Choice::Deny)),
        Some("allow") => {}
        Some(_) => return Err("auto is allow or deny"),
    }
    let granted = if get("boxes").is_some() {
        pairs.iter().filter(|(name, _)| name == "right").fold(0, |mask, (_, name)| mask | read_scope(name).0)
    } else {
        last(pairs, "grant").map_or(u32::MAX, |granted| read_scope(granted).0)
    };
    Ok(Some(Choice::Allow {
        person: get("person").map_or(Some(asked.person), positive).ok_or("person is the number of a person")?,
        scope: Scope(asked.scope.0 & granted),
        as_payload: get("payload").is_some_and(|payload| payload != "off"),
    }))
}

/// Where the browser goes with a code, in VK's key order.
fn allowed(state: &State, asked: &Asked, person: u64, scope: Scope, as_payload: bool, at: Moment) -> Option<String> {
    let code = format!("vk2.a.{}", seal::random(CODE_BYTES).ok()?);
    let device_id = seal::random(DEVICE_BYTES).ok()?;
    let ext_id = seal::random(EXT_BYTES).ok()?;
    let issued = Issued {
        client: asked.app.id,
        person,
        scope,
        device_id: device_id.clone(),
        redirect_uri: asked.target.shown.clone(),
        challenge: asked.challenge.clone(),
        is_spent: false,
    };
    state.codes().id.put(code.clone(), issued, at.wall.after(CODE_FOR), at.wall);
    let expires_in = CODE_FOR.seconds();
    if as_payload {
        let payload = json!({
            "code": code, "expires_in": expires_in, "device_id": device_id, "state": asked.state, "ext_id": ext_id,
            "type": "code_v2",
        });
        return Some(back_with(&asked.target, &[("payload", &payload.to_string())]));
    }
    let expires_in = expires_in.to_string();
    let pairs = [
        ("code", code.as_str()),
        ("expires_in", &expires_in),
        ("device_id", &device_id),
        ("state", &asked.state),
        ("ext_id", &ext_id),
        ("type", "code_v2"),
    ];
    Some(back_with(&asked.target, &pairs))
}

fn back_with(target: &Target, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    target.with_query(&pairs.collect::<Vec<_>>().join("&"))
}

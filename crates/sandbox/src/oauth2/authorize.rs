//! Owns the authorization endpoint (RFC 6749 §4.1.1, §4.2.1): what is refused on a page, what is refused by a redirect, who signs
//! in, and what goes back.

mod request;

use grantkeep_core::Lifetime;
use http::Method;

use super::cast::{self, PEOPLE, Person};
use super::grant::{Claims, Kind, new_family};
use super::scope::Scope;
use super::{OAuth2, WHAT, page};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::reply::{self, Plan, Reply, not_allowed, problem, redirect};
use crate::seal;
pub(super) use request::{Asked, Refused, understand};

/// So long a code may be exchanged.
const CODE_FOR: Lifetime = Lifetime::from_minutes(10);

/// What a code stands for.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) client: String,
    pub(super) person: &'static Person,
    pub(super) scope: Scope,
    /// As it was sent; left out if it was.
    pub(super) redirect_uri: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) family: u64,
    pub(super) is_spent: bool,
}

/// What a person, or a script in their place, did so far.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Nobody is there yet.
    SignIn,
    /// This person is to decide.
    Decide(&'static Person),
    Allow(&'static Person),
    Deny,
}

impl Step {
    /// `auto=allow|deny`, `person`.
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, &'static str> {
        let person = match last(pairs, "person").filter(|person| !person.is_empty()) {
            Some(username) => Some(cast::person(username).ok_or("there is no such person")?),
            None => None,
        };
        match (last(pairs, "auto"), person) {
            (None, None) => Ok(Self::SignIn),
            (None, Some(person)) => Ok(Self::Decide(person)),
            (Some("allow"), person) => Ok(Self::Allow(person.unwrap_or(&PEOPLE[0]))),
            (Some("deny"), _) => Ok(Self::Deny),
            (Some(_), _) => Err("auto is allow or deny"),
        }
    }
}

/// The scope that was granted of what was asked for: `grant` by a script, `right` for each box of the page.
pub(super) fn granted(pairs: &[(String, String)], scope: &Scope) -> Scope {
    if last(pairs, "boxes").is_some() {
        let ticked: Vec<_> =
            pairs.iter().filter(|(name, _)| name == "right").map(|(_, right)| right.as_str()).collect();
        return scope.only(&ticked.join(" "));
    }
    last(pairs, "grant").map_or_else(|| scope.clone(), |granted| scope.only(granted))
}

/// Plans the answer.
pub(super) fn plan(server: &OAuth2, ask: &Ask, at: Moment) -> Plan {
    if !matches!(ask.method, Method::GET | Method::HEAD | Method::POST) {
        return not_allowed("GET, POST").into();
    }
    let pairs = ask.params();
    let status = if ask.method == Method::POST { 303 } else { 302 };
    let asked = understand(server, ask, &pairs);
    let endpoint = if last(&pairs, "auto").is_some() { "redirect" } else { "authorize" };
    let refuse = |code: &str, status_wanted: Option<u16>| match &asked {
        Ok(asked) => redirect(status, &asked.error(server, code, "the sandbox was asked to say this")),
        Err(_) => crate::desk::error(status_wanted.unwrap_or(400), code),
    };
    server.desk.answer_or(endpoint, ask, at, refuse, |wanted| match &asked {
        Err(Refused::Page(what)) => reply::page(400, crate::page::notice(WHAT, "This cannot be allowed", what)),
        Err(Refused::Redirect(place)) => redirect(status, place),
        Ok(asked) => step(server, ask, asked, &pairs, at, wanted, status),
    })
}

fn step(
    server: &OAuth2,
    ask: &Ask,
    asked: &Asked,
    pairs: &[(String, String)],
    at: Moment,
    wanted: &Wanted,
    status: u16,
) -> Reply {
    let action = format!("/authorize?{}", ask.raw_query);
    match Step::read(pairs) {
        Err(what) => problem(400, what),
        Ok(Step::SignIn) => reply::page(200, page::sign_in::page(&action, &[], &asked.client.name)),
        Ok(Step::Decide(person)) => reply::page(200, page::consent::page(&action, &[], asked, person)),
        Ok(Step::Deny) => redirect(status, &asked.error(server, "access_denied", "the person said no")),
        Ok(Step::Allow(person)) => {
            let person = wanted.person.as_deref().and_then(cast::person).unwrap_or(person);
            let mut scope = granted(pairs, &asked.scope);
            if let Some(only) = &wanted.scope {
                scope = scope.only(only);
            }
            match allowed(server, asked, person, scope, at) {
                Some(place) => redirect(status, &place),
                None => problem(500, "there is no randomness"),
            }
        }
    }
}

/// Where the browser goes with what was granted.
fn allowed(server: &OAuth2, asked: &Asked, person: &'static Person, scope: Scope, at: Moment) -> Option<String> {
    let family = new_family().ok()?;
    if asked.wants_token {
        let seconds = server.settings().access_token_for;
        let claims = Claims::new(&asked.client.id, Some(person), &scope, family, at.wall).ending(seconds);
        let token = claims.mint(Kind::Access).ok()?;
        let seconds = seconds.map(|seconds| seconds.to_string());
        let mut pairs = vec![("access_token", token.expose()), ("token_type", "Bearer")];
        pairs.extend(seconds.as_deref().map(|seconds| ("expires_in", seconds)));
        let scope = scope.text();
        pairs.push(("scope", &scope));
        return Some(asked.back(server, &pairs));
    }
    let code = seal::random(32).ok()?;
    let issued = Issued {
        client: asked.client.id.clone(),
        person,
        scope,
        redirect_uri: asked.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        nonce: asked.nonce.clone(),
        family,
        is_spent: false,
    };
    server.codes().put(code.clone(), issued, at.wall.after(CODE_FOR), at.wall);
    Some(asked.back(server, &[("code", &code)]))
}

//! Owns `/oauth/authorize`: who is asked, what was asked for, and what comes of it.
//!
//! Mistakes end here, on a page; the application hears of a denial and nothing else, unless the personality says otherwise.
//! For scripts, `auto=allow` or `auto=deny` answers at once for the person that `person` names, signed in or not; `grant`
//! grants less than was asked for.

mod answer;

use std::sync::Arc;

use grantkeep_core::Lifetime;
use http::Method;

use super::cast::{self, Standing};
use super::fault::{Fault, bare};
use super::page;
use super::personality::{Approval, Deny, PageErrors, Pkce, SignIn};
use super::session;
use super::store::{App, Grant};
use super::visit::Visit;
use super::{redirect_uri, scope};
use crate::reply::{Reply, page as page_reply, problem, redirect};
use crate::seal;
pub(super) use answer::native;

/// What an application asks for, understood.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) app: Arc<App>,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<String>,
    mode: Mode,
}

/// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    FormPost,
    Fragment,
    Query,
}

/// What is sent.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Something for the person.
    Page(Reply),
    /// Something for the application.
    Sent(Reply),
}

/// Answers `/oauth/authorize`.
pub(super) fn answer(visit: &mut Visit<'_>) -> Outcome {
    let outcome = match visit.ask.method {
        Method::POST => decided(visit),
        _ => asked(visit),
    };
    outcome.unwrap_or_else(|fault| Outcome::Page(refusal(visit, fault)))
}

/// A browser comes with what an application asks for.
fn asked(visit: &mut Visit<'_>) -> Result<Outcome, Fault> {
    let auto = visit.params.text("auto").map(str::to_owned);
    let person = match &auto {
        Some(_) => match cast::index(visit.params.text("person").unwrap_or(cast::PEOPLE[0].username)) {
            Some(person) => Some(person),
            None => return Ok(Outcome::Page(problem(400, "person is none of those on the sandbox’s page"))),
        },
        None => session::person(visit),
    };
    let rules = visit.personality.consent;
    let Some(person) = person else {
        return match rules.sign_in {
            SignIn::Before => {
                let wanted = format!("{}?{}", visit.ask.path, visit.ask.raw_query);
                Ok(Outcome::Page(session::ask(visit, wanted)?))
            }
            SignIn::Within => {
                let asked = understood(visit)?;
                Ok(Outcome::Page(consent_page(visit, &asked, None)))
            }
        };
    };
    if let Some(reply) = held_up(visit, person) {
        return Ok(Outcome::Page(reply));
    }
    let asked = understood(visit)?;
    if let Some(outcome) = again(visit, &asked, person)? {
        return Ok(outcome);
    }
    match auto.as_deref() {
        None => Ok(Outcome::Page(consent_page(visit, &asked, Some(person)))),
        Some("allow") => approve(visit, &asked, person),
        Some("deny") => Ok(deny(visit, &asked)),
        Some(_) => Ok(Outcome::Page(problem(400, "auto is allow or deny"))),
    }
}

/// A person pressed a button.
fn decided(visit: &mut Visit<'_>) -> Result<Outcome, Fault> {
    let sign_in = visit.personality.consent.sign_in;
    if sign_in == SignIn::Before && !session::is_form_genuine(visit) {
        let text = "This form is not from your session. Go back, load the page again, and try once more.";
        return Ok(Outcome::Page(page_reply(422, page::notice(visit, "Security verification failed", text))));
    }
    let person = match sign_in {
        SignIn::Before => session::person(visit),
        SignIn::Within => visit.params.text("person").and_then(cast::index),
    };
    let Some(person) = person else {
        return Ok(Outcome::Page(page_reply(401, page::notice(visit, "Who are you?", "Go back and choose a person."))));
    };
    if let Some(reply) = held_up(visit, person) {
        return Ok(Outcome::Page(reply));
    }
    let asked = match understood(visit) {
        Ok(asked) => asked,
        Err(fault) if visit.personality.consent.errors == PageErrors::PageThenRedirect => {
            return Ok(answer::sent_fault(visit, fault));
        }
        Err(fault) => return Err(fault),
    };
    if visit.params.text("_method") == Some("delete") {
        return Ok(deny(visit, &asked));
    }
    let mut outcome = approve(visit, &asked, person)?;
    if visit.personality.consent.sign_in == SignIn::Within {
        let (Outcome::Page(reply) | Outcome::Sent(reply)) = &mut outcome;
        session::remember(visit, person, reply)?;
    }
    Ok(outcome)
}

/// What people see whose account does not let them authorise anything.
fn held_up(visit: &mut Visit<'_>, person: usize) -> Option<Reply> {
    match (visit.store.standing(person), visit.personality.consent.sign_in) {
        (Standing::Active, _) => None,
        (_, SignIn::Before) => Some(redirect(302, &format!("{}/auth/setup", visit.base))),
        (standing, SignIn::Within) => {
            let text = format!("This account is {}.", standing.name());
            Some(page_reply(403, page::notice(visit, "Not now", &text)))
        }
    }
}

/// Checks what an application asks for, in Doorkeeper's order.
fn understood(visit: &Visit<'_>) -> Result<Asked, Fault> {
    let rules = visit.personality.consent;
    let params = &visit.params;
    let text = |name| params.text(name).map(str::to_owned);
    let client_id = params.text("client_id").ok_or(Fault::Missing("client_id"))?;
    let app = visit.store.app(client_id).ok_or(Fault::BadClient)?;
    let redirect_uri = text("redirect_uri").ok_or(Fault::BadRedirectUri)?;
    if !redirect_uri::is_registered(rules.redirect_match, &app.redirect_uris, &redirect_uri) {
        return Err(Fault::BadRedirectUri);
    }
    match params.text("response_type") {
        None => return Err(Fault::Missing("response_type")),
        Some("code") => {}
        Some(_) => return Err(Fault::BadResponseType),
    }
    let mode = match params.text("response_mode") {
        None | Some("query") => Mode::Query,
        Some("form_post") => Mode::FormPost,
        Some("fragment") => Mode::Fragment,
        Some(_) => return Err(Fault::BadResponseMode),
    };
    let scopes = scope::granted(rules.scopes, rules.known_scopes, &app.scopes, params.text("scope"));
    let scopes = scopes.ok_or(Fault::BadScope)?;
    let challenge = text("code_challenge").filter(|_| rules.pkce == Pkce::S256);
    if challenge.is_some() && params.text("code_challenge_method") != Some("S256") {
        return Err(Fault::BadChallenge);
    }
    Ok(Asked { app, redirect_uri, scopes, state: text("state"), challenge, mode })
}

/// What comes of it without a question, when there is none to be asked.
fn again(visit: &mut Visit<'_>, asked: &Asked, person: usize) -> Result<Option<Outcome>, Fault> {
    match visit.personality.consent.approval {
        Approval::Never => Ok(None),
        Approval::EqualScopes => {
            let is_forced = visit.params.text("force_login").is_some_and(|value| !matches!(value, "false" | "0"));
            let known = visit.store.live_token(&asked.app, Some(person), &asked.scopes, visit.now);
            if is_forced || known.is_none() { Ok(None) } else { approve(visit, asked, person).map(Some) }
        }
        Approval::OldCode => {
            let known = visit.store.live_grant(&asked.app, person, visit.now);
            let code = known.map(|grant| grant.code.expose().to_owned());
            Ok(code.map(|code| answer::code(visit, asked, &code)))
        }
    }
}

fn approve(visit: &mut Visit<'_>, asked: &Asked, person: usize) -> Result<Outcome, Fault> {
    let person = visit.wanted.person.as_deref().and_then(cast::index).unwrap_or(person);
    let most = visit.wanted.scope.as_deref().or_else(|| visit.params.text("grant"));
    let most = most.map(|wanted| scope::words(&wanted.replace(',', " ")));
    let is_granted = |scope: &&String| most.as_ref().is_none_or(|most| most.contains(scope));
    let scopes: Vec<String> = asked.scopes.iter().filter(is_granted).cloned().collect();
    if visit.store.settings.sends_token {
        let number = super::token::hand_out(visit, &asked.app, person, &scopes)?;
        return Ok(answer::token(visit, asked, number));
    }
    let code = seal::random(32)?;
    let grant = Grant {
        code: code.as_str().into(),
        app: Arc::clone(&asked.app),
        person,
        redirect_uri: asked.redirect_uri.clone(),
        scopes,
        challenge: asked.challenge.clone(),
        ends_at: visit.now.after(Lifetime::from_seconds(visit.personality.consent.code_for)),
        token: None,
    };
    visit.store.add_grant(grant);
    Ok(answer::code(visit, asked, &code))
}

fn deny(visit: &Visit<'_>, asked: &Asked) -> Outcome {
    match visit.personality.consent.deny {
        Deny::Redirect | Deny::Stateless => answer::denied(visit, asked),
        Deny::Absent | Deny::LinkHome => Outcome::Page(problem(400, "this server has no way to deny")),
    }
}

fn consent_page(visit: &mut Visit<'_>, asked: &Asked, person: Option<usize>) -> Reply {
    let sources = answer::sources(&asked.redirect_uri);
    page_reply(200, page::consent(visit, asked, person, &sources))
}

/// A mistake, as it is shown to the person.
fn refusal(visit: &Visit<'_>, fault: Fault) -> Reply {
    let (status, _, text) = fault.usual();
    let page = |status| page_reply(status, page::notice(visit, "An error has occurred", &text));
    match visit.personality.consent.errors {
        PageErrors::Bare => bare(status),
        PageErrors::Json => fault.answer(visit.personality.dialect),
        PageErrors::Page | PageErrors::PageThenRedirect => page(status),
        PageErrors::PageOk => page(200),
    }
}

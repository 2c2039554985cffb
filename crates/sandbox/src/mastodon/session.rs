//! Owns browsers: the cookie that names one, who is signed in there, and the pages to sign in and out.
//!
//! Cookies of one host are shared between its ports, so each server has a cookie of its own name.

use grantkeep_core::Secret;
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};

use super::cast;
use super::fault::Fault;
use super::page;
use super::store::Session;
use super::visit::Visit;
use crate::reply::{Reply, page as page_reply, redirect};
use crate::seal;

/// Where a person signs in.
pub(super) const SIGN_IN: &str = "/auth/sign_in";

fn cookie_name(visit: &Visit<'_>) -> String {
    format!("_{}_session", visit.personality.name.replace(['-', '.'], "_"))
}

/// The session of the request's cookie.
pub(super) fn current<'a>(visit: &'a mut Visit<'_>) -> Option<&'a mut Session> {
    let name = cookie_name(visit);
    let cookies = visit.ask.header(COOKIE.as_str())?;
    let cookie = cookies.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(known, _)| *known == name)?.1;
    visit.store.session(cookie)
}

/// Who is signed in.
pub(super) fn person(visit: &mut Visit<'_>) -> Option<usize> {
    current(visit)?.person
}

/// Begins a session, and lets the answer carry its cookie.
fn begin(visit: &mut Visit<'_>, person: Option<usize>, wanted: Option<String>, reply: &mut Reply) -> Result<(), Fault> {
    let (cookie, form_token) = (seal::random(24)?, seal::random(24)?);
    let header = format!("{}={cookie}; Path=/; HttpOnly; SameSite=Lax", cookie_name(visit));
    if let Ok(mut header) = HeaderValue::from_str(&header) {
        header.set_sensitive(true);
        reply.headers_mut().insert(SET_COOKIE, header);
    }
    let (cookie, form_token) = (Secret::from(cookie), Secret::from(form_token));
    visit.store.add_session(Session { cookie, form_token, person, wanted });
    Ok(())
}

/// Sends the browser to sign in, and remembers where it wanted to go.
pub(super) fn ask(visit: &mut Visit<'_>, wanted: String) -> Result<Reply, Fault> {
    let mut reply = redirect(302, &format!("{}{SIGN_IN}", visit.base));
    begin(visit, None, Some(wanted), &mut reply)?;
    Ok(reply)
}

/// Lets the answer sign that person in.
pub(super) fn remember(visit: &mut Visit<'_>, person: usize, reply: &mut Reply) -> Result<(), Fault> {
    begin(visit, Some(person), None, reply)
}

/// Whether the form came from the session's own page.
pub(super) fn is_form_genuine(visit: &mut Visit<'_>) -> bool {
    let shown = visit.params.body_text("authenticity_token").map(str::to_owned);
    current(visit).is_some_and(|session| shown.as_deref() == Some(session.form_token.expose()))
}

/// Answers `GET /auth/sign_in`.
pub(super) fn sign_in_page(visit: &mut Visit<'_>) -> Reply {
    page_reply(200, page::sign_in(visit))
}

/// Answers `POST /auth/sign_in`.
pub(super) fn sign_in(visit: &mut Visit<'_>) -> Reply {
    let Some(person) = visit.params.text("person").and_then(cast::index) else {
        return page_reply(422, page::notice(visit, "Nobody by that name", "Go back and choose one of the people."));
    };
    let wanted = current(visit).and_then(|session| session.wanted.take());
    let mut reply = redirect(303, &format!("{}{}", visit.base, wanted.as_deref().unwrap_or("/")));
    match begin(visit, Some(person), None, &mut reply) {
        Ok(()) => reply,
        Err(fault) => fault.answer(visit.personality.dialect),
    }
}

/// Answers `POST /auth/sign_out`; with `again` the browser comes back there after it signed in as somebody else.
pub(super) fn sign_out(visit: &mut Visit<'_>) -> Reply {
    let again = visit.params.text("again").filter(|path| path.starts_with("/oauth/authorize?")).map(str::to_owned);
    if let Some(session) = current(visit) {
        session.person = None;
    }
    match again.map(|wanted| ask(visit, wanted)) {
        None => redirect(303, &format!("{}/", visit.base)),
        Some(Ok(reply)) => reply,
        Some(Err(fault)) => fault.answer(visit.personality.dialect),
    }
}

/// Answers `GET /auth/setup`, where people are sent whose account does not let them.
pub(super) fn setup(visit: &mut Visit<'_>) -> Reply {
    let standing = person(visit).map(|person| visit.store.standing(person).name()).unwrap_or_default();
    let text = format!(
        "This account cannot authorise anything now: it is {standing}. Its standing is changed on the home page."
    );
    page_reply(200, page::notice(visit, "Account setup", &text))
}

//! Owns how an answer gets to the application: by redirect, by a form, or through the person's own hands.
//!
//! No browser is sent off this machine: where a registered redirect URI leads elsewhere, a page shows what would have been
//! sent.

use serde_json::json;
use url::Url;

use super::{Asked, Mode, Outcome};
use crate::mastodon::fault::Fault;
use crate::mastodon::page;
use crate::mastodon::personality::{Deny, Oob, StateText};
use crate::mastodon::redirect_uri::is_oob;
use crate::mastodon::visit::Visit;
use crate::reply::{Payload, Reply, json as json_reply, page as page_reply, redirect, reply, written};
use crate::target::Target;

const DENIED: &str = "The resource owner or authorization server denied the request.";

/// Sends a code.
pub(super) fn code(visit: &Visit<'_>, asked: &Asked, code: &str) -> Outcome {
    if !is_oob(&asked.redirect_uri) {
        return send(visit, asked, &[("code", code)], true);
    }
    Outcome::Sent(match visit.personality.consent.oob {
        Oob::Json => json_reply(200, written(&json!({ "code": code, "state": asked.state }))),
        Oob::NativePage => redirect(302, &format!("{}/oauth/authorize/native?code={code}", visit.base)),
        Oob::Page => page_reply(200, page::code(visit, code)),
        Oob::Text => {
            let state = asked.state.as_ref().map(|state| format!("&state={state}")).unwrap_or_default();
            reply(200, "text/plain; charset=utf-8", Payload::whole(format!("{code}{state}")))
        }
    })
}

/// Sends a token in the code's place.
pub(super) fn token(visit: &Visit<'_>, asked: &Asked, number: u64) -> Outcome {
    let text = visit.store.numbered(number).map(|token| token.text.expose()).unwrap_or_default();
    if is_oob(&asked.redirect_uri) {
        return Outcome::Sent(page_reply(200, page::token_code(visit, text)));
    }
    send(visit, asked, &[("access_token", text)], true)
}

/// Sends a denial.
pub(super) fn denied(visit: &Visit<'_>, asked: &Asked) -> Outcome {
    if is_oob(&asked.redirect_uri) {
        let mut body = json!({ "error": "access_denied", "error_description": DENIED });
        if let Some(state) = &asked.state {
            body["state"] = json!(state);
        }
        return Outcome::Sent(json_reply(400, written(&body)));
    }
    let has_state = visit.personality.consent.deny != Deny::Stateless;
    send(visit, asked, &[("error", "access_denied"), ("error_description", DENIED)], has_state)
}

/// Sends a mistake to whatever redirect URI came with it, even if it is none.
pub(super) fn sent_fault(visit: &Visit<'_>, fault: Fault) -> Outcome {
    let (_, code, text) = fault.usual();
    let place = visit.params.text("redirect_uri").unwrap_or("/");
    let query = query(&[("error", code), ("error_description", &text)]);
    match is_oob(place) || stays(place).is_some() {
        true => Outcome::Sent(redirect(302, &joined(place, &query))),
        false => Outcome::Page(page_reply(400, page::notice(visit, "An error has occurred", &text))),
    }
}

fn send(visit: &Visit<'_>, asked: &Asked, pairs: &[(&str, &str)], has_state: bool) -> Outcome {
    let rules = visit.personality.consent;
    let mut pairs = pairs.to_vec();
    let state = match (&asked.state, rules.state) {
        (Some(state), _) => Some(state.as_str()),
        (None, StateText::Always) => Some(""),
        (None, StateText::Encoded | StateText::Raw) => None,
    };
    let is_raw = rules.state == StateText::Raw;
    pairs.extend(state.filter(|_| has_state && !is_raw).map(|state| ("state", state)));
    let issuer = format!("{}/", visit.base);
    if rules.has_iss {
        pairs.push(("iss", &issuer));
    }
    if asked.mode == Mode::FormPost {
        let sources = sources(&asked.redirect_uri);
        return Outcome::Sent(page_reply(200, page::form_post(visit, &asked.redirect_uri, &pairs, &sources)));
    }
    let mut query = query(&pairs);
    if let Some(state) = state.filter(|_| has_state && is_raw) {
        query = format!("{query}&state={state}");
    }
    let place = match asked.mode {
        Mode::Fragment => format!("{}#{query}", asked.redirect_uri),
        Mode::FormPost | Mode::Query => joined(&asked.redirect_uri, &query),
    };
    Outcome::Sent(match stays(&asked.redirect_uri) {
        Some(_) => redirect(302, &place),
        None => page_reply(200, page::elsewhere(visit, &place)),
    })
}

/// With blanks as `+`, as Rails writes queries.
fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn joined(place: &str, query: &str) -> String {
    format!("{place}{}{query}", if place.contains('?') { '&' } else { '?' })
}

/// The source of a redirect URI that stays on this machine: http on loopback, or the scheme of a program.
fn stays(uri: &str) -> Option<String> {
    if let Some(target) = Target::on_loopback(uri) {
        return Some(target.source);
    }
    let url = Url::parse(uri).ok()?;
    // Those of programs are names turned round, as RFC 8252 §7.1 asks for.
    url.scheme().contains('.').then(|| format!("{}:", url.scheme()))
}

/// What the forms of a page may lead to.
pub(super) fn sources(uri: &str) -> String {
    stays(uri).map_or_else(|| "'self'".to_owned(), |source| format!("'self' {source}"))
}

/// Answers `/oauth/authorize/native`.
pub(in crate::mastodon) fn native(visit: &mut Visit<'_>) -> Reply {
    let code = visit.params.text("code").unwrap_or_default();
    page_reply(200, page::code(visit, code))
}

//! Owns `/oauth/token`: which grants there are, in which order a request is checked, and what the answer says.
//!
//! The order is Doorkeeper's: what is missing, the client, the grant, the redirect URI, the verifier; the first fault wins.

mod answer;

use std::sync::Arc;

use grantkeep_core::{Lifetime, Secret};

use super::cast::{self, PASSWORD, Standing};
use super::fault::Fault;
use super::personality::{GrantType, Pkce, RedirectNeed, Refresh, Replay, Reuse};
use super::store::{App, Renewal, Token};
use super::visit::Visit;
use super::{redirect_uri, scope};
use crate::reply::Reply;
use crate::seal;

/// The token of applications where all have the same.
const SHARED: &str = "__app__";

/// Answers `POST /oauth/token`.
pub(super) fn answer(visit: &mut Visit<'_>) -> Reply {
    match exchange(visit) {
        Ok((number, grant)) => answer::write(visit, number, grant),
        Err(fault) => fault.answer(visit.personality.dialect),
    }
}

/// The number of the token that is handed out.
fn exchange(visit: &mut Visit<'_>) -> Result<(u64, GrantType), Fault> {
    let rules = visit.personality.exchange;
    let grant = match visit.params.text("grant_type") {
        None => return Err(Fault::Missing("grant_type")),
        Some("authorization_code") => GrantType::AuthorizationCode,
        Some("client_credentials") => GrantType::ClientCredentials,
        Some("password") => GrantType::Password,
        Some("refresh_token") => GrantType::RefreshToken,
        Some(_) => return Err(Fault::UnsupportedGrant),
    };
    if !rules.grants.contains(&grant) {
        return Err(Fault::UnsupportedGrant);
    }
    missing(visit, grant)?;
    let app = visit.client()?;
    let number = match grant {
        GrantType::AuthorizationCode => by_code(visit, &app)?,
        GrantType::ClientCredentials => by_client(visit, &app)?,
        GrantType::Password => by_password(visit, &app)?,
        GrantType::RefreshToken => by_refresh(visit, &app)?,
    };
    Ok((number, grant))
}

fn missing(visit: &mut Visit<'_>, grant: GrantType) -> Result<(), Fault> {
    let need = visit.personality.exchange.redirect_uri;
    let mut needed: Vec<&'static str> = match grant {
        GrantType::AuthorizationCode => vec!["code"],
        GrantType::ClientCredentials => Vec::new(),
        GrantType::Password => vec!["username", "password"],
        GrantType::RefreshToken => vec!["refresh_token"],
    };
    let code = visit.params.text("code").map(str::to_owned);
    let challenged = code.and_then(|code| visit.store.grant(&code)).is_some_and(|grant| grant.challenge.is_some());
    if grant == GrantType::AuthorizationCode && challenged {
        needed.push("code_verifier");
    }
    if need == RedirectNeed::ForEverything || (need == RedirectNeed::ForCode && grant == GrantType::AuthorizationCode) {
        needed.push("redirect_uri");
    }
    let absent = needed.into_iter().find(|name| visit.params.text(name).is_none());
    absent.map_or(Ok(()), |name| Err(Fault::Missing(name)))
}

fn by_code(visit: &mut Visit<'_>, app: &Arc<App>) -> Result<u64, Fault> {
    let personality = visit.personality;
    let (rules, now) = (personality.exchange, visit.now);
    let code = visit.params.text("code").unwrap_or_default().to_owned();
    let grant = visit.store.grant(&code).ok_or(Fault::UnknownGrant)?;
    if grant.app.client_id != app.client_id {
        return Err(Fault::UnknownGrant);
    }
    if let Some(number) = grant.token {
        return used_code(visit, number);
    }
    if grant.ends_at <= now {
        return Err(Fault::BadGrant);
    }
    let (person, scopes) = (grant.person, grant.scopes.clone());
    let (known, challenge) = (grant.redirect_uri.clone(), grant.challenge.clone());
    let asked = visit.params.text("redirect_uri").unwrap_or_default();
    let is_compared = rules.redirect_uri != RedirectNeed::Nowhere;
    if is_compared && !redirect_uri::matches(personality.consent.redirect_match, &known, asked) {
        return Err(Fault::BadGrant);
    }
    if personality.consent.pkce == Pkce::S256 {
        let shown = visit.params.text("code_verifier").map(seal::sha256);
        if shown != challenge {
            return Err(Fault::BadGrant);
        }
    }
    // What was asked of the sandbox comes in only now, so that everything else was right.
    let person = visit.wanted.person.as_deref().and_then(cast::index).unwrap_or(person);
    let number = issue(visit, app, Some(person), &scopes)?;
    if let Some(grant) = visit.store.grant(&code) {
        grant.token = Some(number);
    }
    Ok(number)
}

/// A code that comes again.
fn used_code(visit: &mut Visit<'_>, number: u64) -> Result<u64, Fault> {
    let rules = visit.personality.exchange;
    if rules.reuse == Reuse::OldCode {
        let is_live = visit.store.numbered(number).is_some_and(|token| token.is_live(visit.now));
        return if is_live { Ok(number) } else { Err(Fault::BadGrant) };
    }
    if rules.replay == Replay::EndsToken {
        visit.store.revoke(|token| token.number == number);
    }
    Err(Fault::BadGrant)
}

fn by_client(visit: &mut Visit<'_>, app: &Arc<App>) -> Result<u64, Fault> {
    let scopes = scopes(visit, app)?;
    issue(visit, app, None, &scopes)
}

fn by_password(visit: &mut Visit<'_>, app: &Arc<App>) -> Result<u64, Fault> {
    let is_right = visit.params.text("password") == Some(PASSWORD);
    let person = visit.params.text("username").and_then(cast::index).filter(|_| is_right).ok_or(Fault::UnknownGrant)?;
    match visit.store.standing(person) {
        Standing::Active => {}
        standing => return Err(Fault::Blocked(standing)),
    }
    let scopes = scopes(visit, app)?;
    issue(visit, app, Some(person), &scopes)
}

fn scopes(visit: &Visit<'_>, app: &App) -> Result<Vec<String>, Fault> {
    let consent = visit.personality.consent;
    let asked = visit.params.text("scope");
    scope::granted(consent.scopes, consent.known_scopes, &app.scopes, asked).ok_or(Fault::BadScope)
}

fn by_refresh(visit: &mut Visit<'_>, app: &Arc<App>) -> Result<u64, Fault> {
    let (now, keeps) = (visit.now, visit.personality.exchange.refresh == Refresh::Keeps);
    let shown = visit.params.text("refresh_token").unwrap_or_default().to_owned();
    let is_wanted = |token: &&mut Token| {
        let refresh = token.refresh.as_ref();
        refresh.is_some_and(|refresh| refresh.text.expose() == shown && !refresh.is_used)
            && token.app.client_id == app.client_id
            && !token.is_revoked
    };
    let old = visit.store.tokens.iter_mut().find(is_wanted).ok_or(Fault::UnknownGrant)?;
    let refresh = old.refresh.as_mut().ok_or(Fault::UnknownGrant)?;
    if refresh.ends_at.is_some_and(|end| end <= now) {
        return Err(Fault::BadGrant);
    }
    refresh.is_used = true;
    old.is_revoked = true;
    let (person, scopes) = (old.person, old.scopes.clone());
    let number = issue_new(visit, app, person, &scopes)?;
    if keeps {
        let new = visit.store.tokens.iter_mut().find(|token| token.number == number);
        if let Some(refresh) = new.and_then(|token| token.refresh.as_mut()) {
            refresh.text = Secret::from(shown);
        }
    }
    Ok(number)
}

/// A token for a person or for the application itself: an old one where the server would give that.
fn issue(visit: &mut Visit<'_>, app: &Arc<App>, person: Option<usize>, scopes: &[String]) -> Result<u64, Fault> {
    let most = visit.wanted.scope.as_deref().map(|wanted| scope::words(&wanted.replace(',', " ")));
    let scopes: Vec<String> =
        scopes.iter().filter(|scope| most.as_ref().is_none_or(|most| most.contains(scope))).cloned().collect();
    match visit.personality.exchange.reuse {
        Reuse::EqualScopes => {
            if let Some(token) = visit.store.live_token(app, person, &scopes, visit.now) {
                return Ok(token.number);
            }
        }
        Reuse::Replaces => {
            visit.store.revoke(|token| token.app.client_id == app.client_id && token.person == person);
        }
        Reuse::SharedAppToken if person.is_none() => {
            if let Some(token) = visit.store.token(SHARED) {
                return Ok(token.number);
            }
        }
        Reuse::Fresh | Reuse::OldCode | Reuse::SharedAppToken => {}
    }
    issue_new(visit, app, person, &scopes)
}

fn issue_new(visit: &mut Visit<'_>, app: &Arc<App>, person: Option<usize>, scopes: &[String]) -> Result<u64, Fault> {
    let rules = visit.personality.exchange;
    let is_shared = rules.reuse == Reuse::SharedAppToken && person.is_none();
    let lifetime = match person {
        Some(_) => visit.store.settings.expires_in.or(rules.expires_in),
        None => rules.app_expires_in,
    };
    let ends_at = |seconds| visit.now.after(Lifetime::from_seconds(seconds));
    let refresh_ends_at = match rules.refresh {
        Refresh::Rotates(seconds) => Some(ends_at(seconds)),
        Refresh::Absent | Refresh::Keeps => None,
    };
    let ends_at = lifetime.map(ends_at);
    let refresh = match (rules.refresh, person) {
        (Refresh::Absent, _) | (_, None) => None,
        (Refresh::Keeps | Refresh::Rotates(_), Some(_)) => {
            Some(Renewal { text: Secret::from(seal::random(96)?), ends_at: refresh_ends_at, is_used: false })
        }
    };
    let token = Token {
        number: visit.store.number(),
        text: if is_shared { Secret::from(SHARED) } else { visit.new_token()? },
        refresh,
        app: Arc::clone(app),
        person,
        scopes: scopes.to_vec(),
        created_at: visit.now,
        ends_at,
        is_revoked: false,
    };
    let number = token.number;
    visit.store.add_token(token);
    Ok(number)
}

/// A token for a person, without any exchange: for pages that hand one out.
pub(super) fn hand_out(visit: &mut Visit<'_>, app: &Arc<App>, person: usize, scopes: &[String]) -> Result<u64, Fault> {
    issue(visit, app, Some(person), scopes)
}

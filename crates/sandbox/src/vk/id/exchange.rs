//! Owns `/oauth2/auth`: a code for tokens, a refresh token for the next pair.
//!
//! Fields come from the form or the query. The state that is sent comes back, with an error too.

use grantkeep_core::Lifetime;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::session::{Fate, Refresh};
use super::{named, read_scope};
use crate::ask::{Ask, last};
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::jwt;
use crate::reply::{Reply, json as json_reply, written};
use crate::seal::{self, fingerprint, sha256};
use crate::vk::authorize::positive;
use crate::vk::scope::Scope;
use crate::vk::state::State;
use crate::vk::token::{Claims, Kind};

/// VK ID's lifetime of an access token.
const HOUR: Lifetime = Lifetime::from_hours(1);

/// Who gets what.
struct Grant {
    person: u64,
    client: u64,
    scope: Scope,
    session: u64,
    serial: u64,
    device: String,
    with_id_token: bool,
}

/// Answers a request.
pub(super) fn answer(state: &State, ask: &Ask, at: Moment, wanted: &Wanted) -> Reply {
    let pairs = ask.params();
    let sent = last(&pairs, "state");
    let grant = match last(&pairs, "grant_type") {
        Some("authorization_code") => of_code(state, &pairs, at),
        Some("refresh_token") => of_refresh(state, &pairs, at),
        _ => Err(Refusal::GRANT_TYPE),
    };
    match grant.and_then(|grant| tokens(ask, grant.changed(wanted), sent, at)) {
        Ok(body) => json_reply(200, written(&body)),
        Err(refusal) => refusal.answer(sent),
    }
}

impl Grant {
    fn changed(mut self, wanted: &Wanted) -> Self {
        self.person = wanted.person.as_deref().and_then(positive).unwrap_or(self.person);
        if let Some(granted) = &wanted.scope {
            self.scope = Scope(self.scope.0 & read_scope(granted).0);
        }
        self
    }
}

fn of_code(state: &State, pairs: &[(String, String)], at: Moment) -> Result<Grant, Refusal> {
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    let client = get("client_id").and_then(positive).ok_or(Refusal::CLIENT)?;
    let mut codes = state.codes();
    let issued = get("code").and_then(|code| codes.id.get(code, at.wall)).filter(|issued| issued.client == client);
    let issued = issued.ok_or(Refusal::CODE)?;
    if issued.is_spent {
        return Err(Refusal::CODE_USED);
    }
    if get("device_id") != Some(&issued.device_id) {
        return Err(Refusal::DEVICE);
    }
    if get("redirect_uri") != Some(&issued.redirect_uri) {
        return Err(Refusal::REDIRECT);
    }
    let verifier = get("code_verifier").filter(|verifier| is_verifier(verifier)).ok_or(Refusal::VERIFIER)?;
    if sha256(verifier) != issued.challenge {
        return Err(Refusal::CHALLENGE);
    }
    check_service_token(get("service_token"), client)?;
    issued.is_spent = true;
    Ok(Grant {
        person: issued.person,
        client,
        scope: issued.scope,
        session: new_session()?,
        serial: 0,
        device: fingerprint(&issued.device_id),
        with_id_token: true,
    })
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(is_unreserved)
}

/// A confidential application shows its service key.
fn check_service_token(token: Option<&str>, client: u64) -> Result<(), Refusal> {
    let is_ours =
        |token| Claims::read(token).is_some_and(|claims| (claims.kind, claims.subject) == (Kind::Service, client));
    if token.is_none_or(is_ours) { Ok(()) } else { Err(Refusal::SERVICE_TOKEN) }
}

fn new_session() -> Result<u64, Refusal> {
    let mut chance = [0; 8];
    aws_lc_rs::rand::fill(&mut chance).map_err(|_| Refusal::SERVER_ERROR)?;
    Ok(u64::from_ne_bytes(chance).max(1))
}

fn of_refresh(state: &State, pairs: &[(String, String)], at: Moment) -> Result<Grant, Refusal> {
    let get = |name| last(pairs, name).filter(|value| !value.is_empty());
    let client = get("client_id").and_then(positive).ok_or(Refusal::CLIENT)?;
    let refresh = get("refresh_token").and_then(Refresh::read).filter(|refresh| refresh.client == client);
    let refresh = refresh.filter(|refresh| !refresh.has_ended(at.wall)).ok_or(Refusal::REFRESH_TOKEN)?;
    if !get("device_id").is_some_and(|device_id| refresh.is_of(device_id)) {
        return Err(Refusal::DEVICE);
    }
    check_service_token(get("service_token"), client)?;
    match state.sessions().spend(refresh.session, refresh.serial) {
        Fate::Alive => {}
        Fate::Compromised => return Err(Refusal::COMPROMISED),
        Fate::LoggedOut | Fate::Revoked => return Err(Refusal::REFRESH_TOKEN),
    }
    // It does not become more by asking for more, and not less by asking for nothing.
    let scope = get("scope").map_or(refresh.scope, |wanted| Scope(refresh.scope.0 & read_scope(wanted).0));
    Ok(Grant {
        person: refresh.person,
        client,
        scope,
        session: refresh.session,
        serial: refresh.serial + 1,
        device: refresh.device,
        with_id_token: false,
    })
}

fn tokens(ask: &Ask, grant: Grant, sent: Option<&str>, at: Moment) -> Result<Value, Refusal> {
    let no_chance = |_| Refusal::SERVER_ERROR;
    let Grant { person, client, scope, session, serial, device, with_id_token } = grant;
    let access = Claims {
        kind: Kind::VkId,
        subject: person,
        scope,
        issued_at: at.wall,
        expires_in: HOUR,
        // A token works from the address that it was handed to; a refresh hands it to another.
        address: Some(ask.caller),
        answers: None,
        answers_after: Lifetime::from_seconds(0),
        session,
    };
    let refresh = Refresh { person, client, scope, session, serial, issued_at: at.wall, device };
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    set("refresh_token", refresh.mint().map_err(no_chance)?.expose().into());
    set("access_token", access.mint().map_err(no_chance)?.expose().into());
    if with_id_token {
        let claims = json!({
            "iss": "VK", "sub": person, "app": client, "exp": at.wall.after(HOUR).unix(), "iat": at.wall.unix(),
            "jti": seal::random(12).map_err(no_chance)?,
        });
        set("id_token", jwt::sign(&claims).map_err(no_chance)?.into());
    }
    set("token_type", "Bearer".into());
    set("expires_in", HOUR.seconds().into());
    set("user_id", person.into());
    if let Some(sent) = sent {
        set("state", sent.into());
    }
    set("scope", named(scope).into());
    Ok(Value::Object(body))
}

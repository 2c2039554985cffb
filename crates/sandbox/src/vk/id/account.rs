//! Owns what a session can be asked: who it is, and to end.

use serde_json::{Value, json};

use super::PHONE;
use super::refusal::Refusal;
use super::session::Fate;
use crate::ask::Ask;
use crate::clock::Moment;
use crate::desk::Wanted;
use crate::jwt;
use crate::reply::{Reply, json as json_reply, written};
use crate::vk::authorize::positive;
use crate::vk::cast;
use crate::vk::scope::EMAIL;
use crate::vk::state::State;
use crate::vk::token::{Claims, Kind};

/// Answers `/oauth2/revoke`: the application's rights are withdrawn, and every token of the session with them.
pub(super) fn revoke(state: &State, ask: &Ask, at: Moment, _: &Wanted) -> Reply {
    end(state, ask, at, Fate::Revoked)
}

/// Answers `/oauth2/logout`.
pub(super) fn logout(state: &State, ask: &Ask, at: Moment, _: &Wanted) -> Reply {
    end(state, ask, at, Fate::LoggedOut)
}

fn end(state: &State, ask: &Ask, at: Moment, fate: Fate) -> Reply {
    match alive(state, ask, at) {
        Ok(claims) => {
            state.sessions().end(claims.session, fate);
            json_reply(200, written(&json!({"response": 1})))
        }
        Err(refusal) => refusal.answer(None),
    }
}

/// Answers `/oauth2/user_info`. Here the person's number is text.
pub(super) fn user_info(state: &State, ask: &Ask, at: Moment, wanted: &Wanted) -> Reply {
    let claims = match alive(state, ask, at) {
        Ok(claims) => claims,
        Err(refusal) => return refusal.answer(None),
    };
    let person = cast::person(wanted.person.as_deref().and_then(positive).unwrap_or(claims.subject));
    let mut user = json!({
        "user_id": person.id.to_string(),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "avatar": "",
        "sex": 0,
        "verified": false,
        "birthday": "01.01.1990",
    });
    if claims.scope.has(EMAIL) {
        user["email"] = Value::from(person.email);
    }
    if claims.scope.has(PHONE) {
        user["phone"] = Value::from("70000000001");
    }
    json_reply(200, written(&json!({ "user": user })))
}

/// Answers `/oauth2/public_info`: what may be shown before somebody signs in again.
pub(super) fn public_info(_: &State, ask: &Ask, _: Moment, _: &Wanted) -> Reply {
    let call = ask.call();
    let Some(id) = call.get("id_token").and_then(jwt::read).and_then(|claims| claims["sub"].as_u64()) else {
        return Refusal::ID_TOKEN.answer(None);
    };
    let person = cast::person(id);
    let initial: String = person.last_name.chars().take(1).collect();
    let email: String = person.email.chars().take(2).collect();
    let user = json!({
        "user_id": id.to_string(),
        "first_name": person.first_name,
        "last_name": format!("{initial}."),
        "phone": "+7 *** *** ** 01",
        "avatar": "",
        "email": format!("{email}***@example.org"),
    });
    json_reply(200, written(&json!({ "user": user })))
}

/// The access token that came along, if it is one of VK ID that lives.
fn alive(state: &State, ask: &Ask, at: Moment) -> Result<Claims, Refusal> {
    let call = ask.call();
    let claims = call.token.as_ref().and_then(|token| Claims::read(token.expose()));
    claims
        .filter(|claims| claims.kind == Kind::VkId)
        .filter(|claims| claims.expires_at().is_none_or(|end| end > at.wall))
        .filter(|claims| matches!(state.sessions().fate(claims.session), Fate::Alive | Fate::Compromised))
        .ok_or(Refusal::ACCESS_TOKEN)
}

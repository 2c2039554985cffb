//! Owns what each method answers to a token that may be used.
//!
//! Shapes: the published API schema. Versions from 5.199 on have `groups.getById` answer an object, older ones an array.

use grantkeep_core::Timestamp;
use serde::Serialize;

use super::{Outcome, refusal};
use crate::ask::Call;
use crate::vk::cast;
use crate::vk::id::BASIC;
use crate::vk::scope::{Of, Right, rights};
use crate::vk::token::{Claims, Kind};

#[derive(Serialize)]
struct Envelope<T> {
    response: T,
}

#[derive(Serialize)]
struct User {
    id: u64,
    first_name: String,
    last_name: String,
    can_access_closed: bool,
    is_closed: bool,
}

#[derive(Serialize)]
struct Group {
    id: u64,
    name: String,
    screen_name: String,
    is_closed: u8,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Groups {
    groups: Vec<Group>,
    profiles: [(); 0],
}

#[derive(Serialize)]
struct Permissions {
    mask: u32,
    permissions: Vec<Permission>,
}

#[derive(Serialize)]
struct Permission {
    name: &'static str,
    setting: u32,
}

#[derive(Serialize)]
struct Profile {
    id: u64,
    first_name: String,
    last_name: String,
    home_town: &'static str,
    status: &'static str,
    bdate: &'static str,
    bdate_visibility: u8,
    phone: &'static str,
    relation: u8,
    sex: u8,
    is_service_account: bool,
}

#[derive(Serialize)]
struct Info {
    country: &'static str,
    https_required: u8,
    #[serde(rename = "2fa_required")]
    second_factor_required: u8,
    own_posts_default: u8,
    no_wall_replies: u8,
    intro: u8,
    lang: u8,
}

#[derive(Serialize)]
struct Checked {
    success: u8,
    user_id: u64,
    date: i64,
    expire: i64,
}

#[derive(Serialize)]
struct Scopes {
    count: usize,
    items: Vec<ScopeItem>,
}

#[derive(Serialize)]
struct ScopeItem {
    name: &'static str,
    title: &'static str,
}

/// The answer of that method.
pub(super) fn to(method: &str, version: (u32, u32), call: &Call, claims: &Claims, now: Timestamp) -> Outcome {
    match method {
        "account.getAppPermissions" => only_users(claims).map(|()| written(claims.scope.0)),
        "account.getInfo" => only_users(claims).map(|()| written(INFO)),
        "account.getProfileInfo" => only_users(claims).map(|()| written(profile(claims.subject))),
        "apps.getScopes" => only_users(claims).map(|()| written(scopes(call))),
        "groups.getById" => groups_by_id(version, call, claims),
        "groups.getTokenPermissions" => token_permissions(claims),
        "secure.checkToken" => check_token(call, claims, now),
        "users.get" => Ok(written(users(call, claims))),
        "utils.getServerTime" => Ok(written(now.unix())),
        _ => Err(refusal("3")),
    }
}

fn written<T: Serialize>(response: T) -> String {
    // Plain structures with text keys always serialise.
    serde_json::to_string(&Envelope { response }).unwrap_or_default()
}

/// What needs a user's token; one of VK ID needs a right beyond the basic ones besides.
fn only_users(claims: &Claims) -> Result<(), &'static crate::vk::refusal::Refusal> {
    match claims.kind {
        Kind::Community => Err(refusal("27:method")),
        Kind::Service => Err(refusal("28:method")),
        Kind::VkId if !claims.scope.has(!BASIC) => Err(refusal("1051")),
        Kind::User | Kind::VkId => Ok(()),
    }
}

fn users(call: &Call, claims: &Claims) -> Vec<User> {
    let ids: Vec<u64> = match call.get("user_ids").or_else(|| call.get("user_id")) {
        Some(ids) => ids.split(',').filter_map(|id| positive(id.trim().trim_start_matches("id"))).take(1000).collect(),
        None if matches!(claims.kind, Kind::User | Kind::VkId) => vec![claims.subject],
        None => Vec::new(),
    };
    let user = |id| {
        let person = cast::person(id);
        User {
            id,
            first_name: person.first_name.into(),
            last_name: person.last_name.into(),
            can_access_closed: true,
            is_closed: false,
        }
    };
    ids.into_iter().map(user).collect()
}

fn positive(text: &str) -> Option<u64> {
    text.parse().ok().filter(|id| *id > 0)
}

fn groups_by_id(version: (u32, u32), call: &Call, claims: &Claims) -> Outcome {
    let ids = match call.get("group_ids").or_else(|| call.get("group_id")).filter(|ids| !ids.is_empty()) {
        Some(ids) => ids.split(',').map(|id| positive(id.trim())).collect::<Option<Vec<_>>>(),
        None if claims.kind == Kind::Community => Some(vec![claims.subject]),
        None => return Err(refusal("100:group_ids")),
    };
    let group = |id| {
        let name = cast::community(id).name.into();
        Group { id, name, screen_name: format!("club{id}"), is_closed: 0, r#type: "group" }
    };
    let groups: Vec<_> = ids.ok_or_else(|| refusal("100:group_id"))?.into_iter().take(500).map(group).collect();
    Ok(if version >= (5, 199) { written(Groups { groups, profiles: [] }) } else { written(groups) })
}

fn token_permissions(claims: &Claims) -> Outcome {
    match claims.kind {
        Kind::Community => {
            let permission = |right: &Right| Permission { name: right.name, setting: right.bit };
            let permissions = claims.scope.rights(Of::Community).map(permission).collect();
            Ok(written(Permissions { mask: claims.scope.0, permissions }))
        }
        Kind::Service => Err(refusal("28:method")),
        // What VK answers here is not on record for sure.
        Kind::User | Kind::VkId => Err(refusal("27")),
    }
}

/// The error for a token that is none is not on record; 15 is what related methods answer.
fn check_token(call: &Call, claims: &Claims, now: Timestamp) -> Outcome {
    if claims.kind != Kind::Service {
        return Err(refusal("15:no_access"));
    }
    let other = Claims::read(call.get("token").ok_or_else(|| refusal("100:token"))?);
    let other = other
        .filter(|other| matches!(other.kind, Kind::User | Kind::VkId))
        .filter(|other| other.expires_at().is_none_or(|end| end > now))
        .filter(|other| match (other.address, call.get("ip")) {
            (Some(bound), Some(ip)) => ip.parse() == Ok(bound),
            _ => true,
        })
        .ok_or_else(|| refusal("15"))?;
    let expire = other.expires_at().map_or(0, Timestamp::unix);
    Ok(written(Checked { success: 1, user_id: other.subject, date: other.issued_at.unix(), expire }))
}

const INFO: Info = Info {
    country: "RU",
    https_required: 1,
    second_factor_required: 0,
    own_posts_default: 0,
    no_wall_replies: 0,
    intro: 0,
    lang: 0,
};

fn profile(id: u64) -> Profile {
    let person = cast::person(id);
    Profile {
        id,
        first_name: person.first_name.into(),
        last_name: person.last_name.into(),
        home_town: "",
        status: "",
        bdate: "1.1.1990",
        bdate_visibility: 2,
        phone: "+7 *** *** ** 01",
        relation: 0,
        sex: 0,
        is_service_account: false,
    }
}

fn scopes(call: &Call) -> Scopes {
    let of = if call.get("type") == Some("group") { Of::Community } else { Of::User };
    let items: Vec<_> = rights(of).iter().map(|right| ScopeItem { name: right.name, title: right.title }).collect();
    Scopes { count: items.len(), items }
}

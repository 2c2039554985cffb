//! Owns what a server says about a person: to the person's own application, to OpenID-minded ones, and to other servers.

use serde_json::{Value as Json, json};

use super::bearer;
use super::cast::{PEOPLE, Person};
use super::personality::Ids;
use super::visit::Visit;
use crate::reply::{Reply, json as json_reply, problem, written};

const JOINED: &str = "2024-03-01T00:00:00.000Z";

fn person(index: usize) -> &'static Person {
    PEOPLE.get(index).unwrap_or(&PEOPLE[0])
}

/// The address of a person for other servers.
pub(super) fn actor(visit: &Visit<'_>, index: usize) -> String {
    format!("{}/users/{}", visit.base, person(index).username)
}

fn profile(visit: &Visit<'_>, person: &Person) -> String {
    format!("{}/@{}", visit.base, person.username)
}

/// Answers `GET /api/v1/accounts/verify_credentials`.
pub(super) fn verify_credentials(visit: &Visit<'_>) -> Reply {
    let scopes: &[&'static str] = &["read:accounts", "read", "profile"];
    let person = match bearer::person(visit, scopes) {
        Ok((_, index)) => person(index),
        Err(denial) => return denial.answer(visit),
    };
    let url = profile(visit, person);
    let picture = format!("{}/avatars/{}.png", visit.base, person.username);
    let id = match visit.personality.registration.ids {
        Ids::Hex | Ids::Random => person.id,
        Ids::Ulid => person.ulid,
        Ids::Uuid => person.uuid,
    };
    let account = json!({
        "id": id, "username": person.username, "acct": person.username, "display_name": person.display_name,
        "locked": false, "bot": false, "discoverable": true, "indexable": false, "group": false, "created_at": JOINED,
        "note": "<p>Lives in a sandbox.</p>", "url": url, "uri": format!("{}/users/{}", visit.base, person.username),
        "avatar": picture, "avatar_static": picture, "header": picture, "header_static": picture,
        "followers_count": 2, "following_count": 3, "statuses_count": 1, "last_status_at": "2026-01-11",
        "hide_collections": false, "noindex": false, "emojis": [], "roles": [], "fields": [],
        "source": {
            "privacy": "public", "sensitive": false, "language": "en", "note": "Lives in a sandbox.", "fields": [],
            "follow_requests_count": 0, "hide_collections": false, "discoverable": true, "indexable": false,
        },
        "role": { "id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false },
    });
    json_reply(200, written(&account))
}

/// Answers `/oauth/userinfo`. The issuer ends in a slash, as Mastodon's does.
pub(super) fn userinfo(visit: &Visit<'_>) -> Reply {
    let (index, person) = match bearer::person(visit, &["profile"]) {
        Ok((_, index)) => (index, person(index)),
        Err(denial) => return denial.answer(visit),
    };
    let info = json!({
        "iss": format!("{}/", visit.base),
        "sub": actor(visit, index),
        "name": person.display_name,
        "preferred_username": person.username,
        "profile": profile(visit, person),
        "picture": format!("{}/avatars/{}.png", visit.base, person.username),
    });
    json_reply(200, written(&info))
}

/// Answers `/.well-known/webfinger` (RFC 7033) for `acct:` handles and profile addresses.
pub(super) fn webfinger(visit: &Visit<'_>) -> Reply {
    let Some(resource) = visit.params.text("resource") else { return problem(400, "resource is missing") };
    let domain = visit.handle_domain();
    let named = resource.strip_prefix("acct:").unwrap_or(resource).trim_start_matches('@');
    let found = PEOPLE.iter().enumerate().find(|(index, person)| {
        let of_host = |host: &str| named.eq_ignore_ascii_case(&format!("{}@{host}", person.username));
        of_host(domain)
            || of_host(visit.host())
            || resource == actor(visit, *index)
            || resource == profile(visit, person)
    });
    let Some((index, person)) = found else { return problem(404, "nobody here has that handle") };
    let (actor, profile) = (actor(visit, index), profile(visit, person));
    let links: Json = json!([
        { "rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": profile },
        { "rel": "self", "type": "application/activity+json", "href": actor },
    ]);
    let document = json!({
        "subject": format!("acct:{}@{domain}", person.username), "aliases": [profile, actor], "links": links,
    });
    json_reply(200, written(&document))
}

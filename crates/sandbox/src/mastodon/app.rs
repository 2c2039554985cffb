//! Owns `/api/v1/apps`: registration, and what an application's token says about it.

use serde_json::{Value as Json, json};

use super::bearer;
use super::fault::{Fault, bare, object, pair};
use super::param::Value;
use super::personality::{AppCheck, AppShape, Dialect, Fields, RedirectUris, RegisteredScopes, Split};
use super::store::App;
use super::visit::Visit;
use super::{redirect_uri, scope};
use crate::reply::{Reply, json as json_reply, problem, written};

const LONGEST_NAME: usize = 60;
const LONGEST_TEXT: usize = 2000;

/// What Mastodon calls its key for push messages. A real key's length, and nobody's.
const VAPID_KEY: &str = "BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M=";

/// Why an application is not registered.
enum Refusal {
    /// What Mastodon lists after “Validation failed: ”.
    Invalid(Vec<String>),
    NoChance,
}

impl From<Fault> for Refusal {
    fn from(_: Fault) -> Self {
        // Nothing else can go wrong where identifiers are made.
        Self::NoChance
    }
}

/// Answers `POST /api/v1/apps`.
pub(super) fn register(visit: &mut Visit<'_>) -> Reply {
    let is_checked = visit.personality.registration.checks_bearer && visit.ask.authorization("bearer").is_some();
    if is_checked && let Err(denial) = bearer::token(visit, &["write"]) {
        return denial.answer(visit);
    }
    match register_checked(visit) {
        Ok(description) => json_reply(200, written(&description)),
        Err(Refusal::Invalid(messages)) => invalid(visit.personality.dialect, &messages.join(", ")),
        Err(Refusal::NoChance) => problem(500, "there is no randomness"),
    }
}

fn invalid(dialect: Dialect, messages: &str) -> Reply {
    match dialect {
        Dialect::GoToSocial => object(400, &format!("Bad Request: {messages}")),
        Dialect::Akkoma | Dialect::Takahe => object(400, messages),
        Dialect::Friendica => pair(403, "Unprocessable Content", messages),
        Dialect::Mitra => pair(400, messages, messages),
        Dialect::Snac => bare(400),
        Dialect::Doorkeeper | Dialect::Hollo | Dialect::Pixelfed => {
            object(422, &format!("Validation failed: {messages}"))
        }
    }
}

fn register_checked(visit: &mut Visit<'_>) -> Result<Json, Refusal> {
    let rules = visit.personality.registration;
    let mut wrong = Vec::new();
    check_fields(visit, rules.fields, &mut wrong);
    let redirect_uris = redirect_uris(visit, &mut wrong);
    let scopes = scopes(visit, &mut wrong);
    let name = visit.params.text("client_name").map(str::to_owned);
    let website = visit.params.text("website").map(str::to_owned);
    if name.is_none() {
        wrong.push("Application name can't be blank".to_owned());
    }
    if rules.fields == Fields::Usual {
        check_lengths(name.as_deref(), website.as_deref(), &redirect_uris, &mut wrong);
    }
    let (Some(name), true) = (name, wrong.is_empty()) else { return Err(Refusal::Invalid(wrong)) };
    let app = App {
        number: visit.store.number(),
        client_id: visit.new_id()?,
        secret: visit.new_secret()?,
        name,
        website,
        redirect_uris,
        scopes,
    };
    let app = visit.store.add_app(app);
    let mut description = describe(&app, rules.shape);
    let members = [("id", Json::from(app.number.to_string())), ("client_id", Json::from(app.client_id.as_str()))];
    for (name, value) in members.into_iter().chain([("client_secret", Json::from(app.secret.expose()))]) {
        description[name] = value;
    }
    if rules.shape == AppShape::Full {
        description["client_secret_expires_at"] = Json::from(0);
    }
    // Here as with older servers it stands beside the secret, though not where the application is described.
    description["redirect_uri"] = Json::from(app.redirect_uris.join("\n"));
    Ok(description)
}

/// What anybody with a token of the application may know.
fn describe(app: &App, shape: AppShape) -> Json {
    let mut description = json!({
        "name": app.name,
        "website": app.website,
        "vapid_key": VAPID_KEY,
    });
    if shape != AppShape::Bare {
        description["id"] = Json::from(app.number.to_string());
        description["scopes"] = Json::from(app.scopes.clone());
        description["redirect_uris"] = Json::from(app.redirect_uris.clone());
        description["redirect_uri"] = Json::from(app.redirect_uris.join("\n"));
    }
    description
}

const FIELDS: [&str; 4] = ["client_name", "redirect_uris", "scopes", "website"];

fn check_fields(visit: &Visit<'_>, fields: Fields, wrong: &mut Vec<String>) {
    match fields {
        Fields::All => {
            let missing = FIELDS.iter().filter(|name| visit.params.value(name).is_none());
            wrong.extend(missing.map(|name| format!("missing field `{name}`")));
        }
        Fields::Strict => {
            let unknown = visit.params.body_names().filter(|name| !FIELDS.contains(name));
            wrong.extend(unknown.map(|_| "Unrecognized key".to_owned()));
            if visit.params.value("website") == Some(&Value::Text(String::new())) {
                wrong.push("Website is not a valid URL".to_owned());
            }
        }
        Fields::NameOnly | Fields::Usual => {}
    }
}

fn check_lengths(name: Option<&str>, website: Option<&str>, redirect_uris: &[String], wrong: &mut Vec<String>) {
    if name.is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        wrong.push(format!("Application name is too long (maximum is {LONGEST_NAME} characters)"));
    }
    if redirect_uris.join("\n").len() > LONGEST_TEXT {
        wrong.push(format!("Redirect URI is too long (maximum is {LONGEST_TEXT} characters)"));
    }
    let Some(website) = website else { return };
    if website.len() > LONGEST_TEXT {
        wrong.push(format!("Application website is too long (maximum is {LONGEST_TEXT} characters)"));
    }
    if !(website.starts_with("http://") || website.starts_with("https://")) {
        wrong.push("Application website is not a valid URL".to_owned());
    }
}

/// The redirect URIs, one by one.
fn redirect_uris(visit: &Visit<'_>, wrong: &mut Vec<String>) -> Vec<String> {
    let rules = visit.personality.registration;
    let texts = match (visit.params.value("redirect_uris"), rules.redirect_uris) {
        (Some(Value::List(list)), RedirectUris::Array) => list.clone(),
        (Some(Value::List(list)), RedirectUris::FirstOfArray) => list.iter().take(1).cloned().collect(),
        (Some(Value::List(_)), RedirectUris::TextOnly) => {
            wrong.push("redirect_uris must be a string".to_owned());
            return Vec::new();
        }
        (Some(Value::List(_)), RedirectUris::Text) | (None, _) => Vec::new(),
        (Some(Value::Text(text)), _) => vec![text.clone()],
    };
    let split = |text: &String| -> Vec<String> {
        match rules.split {
            Split::Lines => text.lines().map(str::trim).map(str::to_owned).collect(),
            Split::Never => vec![text.trim().to_owned()],
            Split::Spaces => text.split_whitespace().map(str::to_owned).collect(),
        }
    };
    let uris: Vec<String> = texts.iter().flat_map(split).filter(|uri| !uri.is_empty()).collect();
    if uris.is_empty() {
        match rules.fields {
            Fields::NameOnly => return vec![redirect_uri::DEFAULT.to_owned()],
            Fields::All | Fields::Strict | Fields::Usual => wrong.push("Redirect URI can't be blank".to_owned()),
        }
    }
    match visit.personality.dialect {
        Dialect::Doorkeeper => wrong.extend(uris.iter().filter_map(|uri| redirect_uri::fault(uri)).map(str::to_owned)),
        Dialect::GoToSocial | Dialect::Hollo | Dialect::Mitra | Dialect::Pixelfed => {
            let relative = uris.iter().filter(|uri| !redirect_uri::is_absolute(uri));
            wrong.extend(relative.map(|_| "redirect_uris must be valid URIs".to_owned()));
        }
        Dialect::Akkoma | Dialect::Friendica | Dialect::Snac | Dialect::Takahe => {}
    }
    uris
}

fn scopes(visit: &Visit<'_>, wrong: &mut Vec<String>) -> Vec<String> {
    let (rule, set) = (visit.personality.registration.scopes, visit.personality.consent.known_scopes);
    let asked = scope::words(visit.params.text("scopes").unwrap_or("read"));
    match rule {
        RegisteredScopes::AsTheyAre => asked,
        RegisteredScopes::Dropped => asked.into_iter().filter(|scope| set.knows(scope)).collect(),
        RegisteredScopes::Ignored => set.all().into_iter().map(str::to_owned).collect(),
        RegisteredScopes::Known => {
            if !asked.iter().all(|scope| set.knows(scope)) {
                // Reworded between the engine's versions 5.8 and 5.9.
                let those = if visit.personality.software.api_version.is_some() { "those " } else { "" };
                wrong.push(format!("Scopes doesn't match {those}configured on the server."));
            }
            asked
        }
    }
}

/// Answers `GET /api/v1/apps/verify_credentials`.
pub(super) fn check(visit: &Visit<'_>) -> Reply {
    let scopes: &[&'static str] = match visit.personality.api.app_check {
        AppCheck::Absent => return super::route::missing(visit),
        AppCheck::AnyToken => &[],
        AppCheck::NeedsRead => &["read"],
    };
    match bearer::token(visit, scopes) {
        Ok(token) => json_reply(200, written(&describe(&token.app, visit.personality.registration.shape))),
        Err(denial) => denial.answer(visit),
    }
}

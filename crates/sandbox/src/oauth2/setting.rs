//! Owns what kind of server it is for the time being.

use http::Method;
use serde::{Deserialize, Deserializer, Serialize};

use super::{OAuth2, WHAT};
use crate::ask::{Ask, last};
use crate::desk::lock;
use crate::page;
use crate::reply::{self, Reply, json, not_allowed, problem, redirect, written};

/// What becomes of a refresh token that was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rotation {
    /// It stays, and no other is issued.
    None,
    /// It works once, and coming again it ends the grant.
    #[default]
    Strict,
    /// Another is issued, and it works on.
    Tolerant,
}

/// Whether a code challenge must come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pkce {
    #[default]
    Optional,
    Required,
}

/// The settings; times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Settings {
    pub(super) rotation: Rotation,
    pub(super) access_token_for: Option<u64>,
    pub(super) refresh_token_for: Option<u64>,
    pub(super) pkce: Pkce,
    pub(super) iss: bool,
    pub(super) device_code_for: u64,
    pub(super) device_interval: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rotation: Rotation::Strict,
            access_token_for: Some(3600),
            refresh_token_for: None,
            pkce: Pkce::Optional,
            iss: true,
            device_code_for: 600,
            device_interval: 5,
        }
    }
}

/// What shall change. A time that may be without end is left out, null or a number.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    rotation: Option<Rotation>,
    #[serde(deserialize_with = "given")]
    access_token_for: Option<Option<u64>>,
    #[serde(deserialize_with = "given")]
    refresh_token_for: Option<Option<u64>>,
    pkce: Option<Pkce>,
    iss: Option<bool>,
    device_code_for: Option<u64>,
    device_interval: Option<u64>,
}

/// Tells null from what was left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Longest time, in seconds.
const LONGEST: u64 = 10 * 365 * 86_400;

impl Settings {
    fn change(&mut self, change: &Change) -> Result<(), &'static str> {
        let times = [change.access_token_for.flatten(), change.refresh_token_for.flatten(), change.device_code_for];
        if times.iter().chain(&[change.device_interval]).flatten().any(|seconds| *seconds > LONGEST) {
            return Err("a time is at most 10 years");
        }
        self.rotation = change.rotation.unwrap_or(self.rotation);
        self.access_token_for = change.access_token_for.unwrap_or(self.access_token_for);
        self.refresh_token_for = change.refresh_token_for.unwrap_or(self.refresh_token_for);
        self.pkce = change.pkce.unwrap_or(self.pkce);
        self.iss = change.iss.unwrap_or(self.iss);
        self.device_code_for = change.device_code_for.unwrap_or(self.device_code_for);
        self.device_interval = change.device_interval.unwrap_or(self.device_interval);
        Ok(())
    }
}

/// Answers `/sandbox/settings`.
pub(super) fn answer(server: &OAuth2, ask: &Ask) -> Reply {
    let mut settings = lock(&server.settings);
    match ask.method {
        Method::GET | Method::HEAD => {}
        Method::DELETE => *settings = Settings::default(),
        Method::POST if ask.is_json() => {
            let change =
                serde_json::from_slice(&ask.body).map_err(|_| "settings are a JSON object of those on the page");
            if let Err(what) = change.and_then(|change| settings.change(&change)) {
                return problem(400, what);
            }
        }
        Method::POST => {
            return match of_form(&ask.form()).and_then(|change| settings.change(&change)) {
                Ok(()) => redirect(303, "/#settings"),
                Err(what) => reply::page(400, page::notice(WHAT, "That did not work", what)),
            };
        }
        _ => return not_allowed("GET, POST, DELETE"),
    }
    json(200, written(&*settings))
}

fn of_form(form: &[(String, String)]) -> Result<Change, &'static str> {
    let get = |name| last(form, name).map(str::trim);
    let seconds = |name| match get(name) {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(digits) => digits.parse().map(|seconds| Some(Some(seconds))).map_err(|_| "a number is not understood"),
    };
    Ok(Change {
        rotation: match get("rotation") {
            None => None,
            Some("none") => Some(Rotation::None),
            Some("strict") => Some(Rotation::Strict),
            Some("tolerant") => Some(Rotation::Tolerant),
            Some(_) => return Err("rotation is strict, tolerant or none"),
        },
        access_token_for: seconds("access_token_for")?,
        refresh_token_for: seconds("refresh_token_for")?,
        pkce: get("pkce").map(|pkce| if pkce == "required" { Pkce::Required } else { Pkce::Optional }),
        iss: get("iss").map(|iss| iss == "on"),
        device_code_for: seconds("device_code_for")?.flatten(),
        device_interval: seconds("device_interval")?.flatten(),
    })
}

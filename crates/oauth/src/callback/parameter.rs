//! Owns the parameters of a redirect that we know, each once.

use std::borrow::Cow;

use grantkeep_core::{Secret, redirect::Text};

use crate::json::{self, JsonFault, Known, Object};

/// The parameters that are read. VK ID may send all of its own as a JSON object in `payload`.
const KNOWN: Known = &["access_token", "code", "device_id", "error", "error_description", "iss", "payload", "state"];

/// The parameters of one redirect.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    found: Vec<(&'static str, Text<'a>)>,
    /// Whether there is an access token; its value is not read.
    pub(super) has_token: bool,
    /// Whether one of them stands twice.
    pub(super) is_doubled: bool,
}

impl<'a> Parameters<'a> {
    /// Adds those of a form-encoded text.
    pub(super) fn add_query(&mut self, query: &'a str) {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = match value {
                Cow::Borrowed(value) => Text::Borrowed(value),
                Cow::Owned(value) => Text::Decoded(Secret::from(value)),
            };
            let name = if is_token(&name) { "access_token" } else { &name };
            if let Some(name) = KNOWN.iter().find(|known| **known == name) {
                self.add(name, value);
            }
        }
    }

    /// Adds those of a JSON object. False if it is none.
    pub(super) fn add_json(&mut self, text: &str) -> bool {
        match json::object(text.as_bytes(), KNOWN) {
            Ok(object) => self.add_object(object),
            Err(JsonFault::Duplicate) => self.is_doubled = true,
            Err(JsonFault::NotObject) => return false,
        }
        true
    }

    fn add_object(&mut self, mut object: Object) {
        for name in KNOWN {
            if let Some(text) = object.take_text(name) {
                self.add(name, Text::Decoded(text));
            }
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, name: &'static str, value: Text<'a>) {
        match name {
            "access_token" => self.has_token = true,
            "error_description" if self.has(name) => {}
            _ if self.has(name) => self.is_doubled = true,
            _ => self.found.push((name, value)),
        }
    }

    /// Takes the parameters out of a `payload`, if there is one and it is a JSON object.
    pub(super) fn open_payload(&mut self) {
        if let Some(payload) = self.take("payload") {
            self.add_json(payload.expose());
        }
    }

    /// Whether one of that name is there, be it empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.found.iter().any(|(known, _)| *known == name)
    }

    /// The value of that name, unless it is empty, which counts as absent (RFC 6749 §3.1).
    pub(super) fn take(&mut self, name: &str) -> Option<Text<'a>> {
        let at = self.found.iter().position(|(known, _)| *known == name)?;
        Some(self.found.swap_remove(at).1).filter(|value| !value.expose().is_empty())
    }
}

/// Whether a parameter of that name is an access token: VK calls those of communities `access_token_<group id>`.
pub(super) fn is_token(name: &str) -> bool {
    let number = |rest: &str| rest.strip_prefix('_').is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    name.strip_prefix("access_token").is_some_and(|rest| rest.is_empty() || number(rest))
}

//! Owns the writing of form-encoded bodies. No name stands in one twice, and no copy of a secret is left behind.

use grantkeep_core::{Payload, Secret};

/// Names whose values only the functions of this crate set: further parameters never do.
const RESERVED: [&str; 11] = [
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "scope",
    "token",
    "token_type_hint",
];

/// A body that is being put together.
#[derive(Default)]
pub(crate) struct Form<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Form<'a> {
    /// Adds a parameter.
    pub(crate) fn put(&mut self, name: &'a str, value: &'a str) {
        self.0.push((name, value));
    }

    /// Adds a parameter that may be absent.
    pub(crate) fn put_some(&mut self, name: &'a str, value: Option<&'a str>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// Adds further parameters, but for those that are reserved or there already.
    pub(crate) fn put_extra(&mut self, extra: &[(&'a str, &'a str)]) {
        for (name, value) in extra {
            if !RESERVED.contains(name) && self.0.iter().all(|(earlier, _)| earlier != name) {
                self.put(name, value);
            }
        }
    }

    /// The body.
    pub(crate) fn finish(self) -> Payload {
        // With room for everything at once: a text that grows leaves copies behind.
        let length = self.0.iter().map(|(name, value)| room(name) + room(value) + 2).sum();
        let mut body = form_urlencoded::Serializer::new(String::with_capacity(length));
        body.extend_pairs(self.0);
        Payload::Form(Secret::from(body.finish()))
    }
}

/// The longest that a text can become when it is form-encoded.
pub(crate) const fn room(text: &str) -> usize {
    text.len() * 3
}

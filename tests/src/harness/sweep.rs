//! Owns the sweep for secrets: every form in which a secret could lie in a file, a log or an answer, and the search for all of
//! them at once.
//!
//! Parts count too: a log line that was cut still gives a secret away.

use std::{collections::HashMap, fmt::Write};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD, engine::general_purpose::URL_SAFE_NO_PAD};

/// The bytes by which a form is first recognised.
const START: usize = 8;

/// Characters of a secret that give enough of it away.
const PART: usize = 20;

/// Forms of secrets to look for.
#[derive(Debug, Default)]
pub struct Sweep {
    /// What each form is called, and how it is written.
    forms: Vec<(String, Vec<u8>)>,
    by_start: HashMap<[u8; START], Vec<usize>>,
}

impl Sweep {
    /// Looks for `secret` too; findings call it `name`.
    pub fn add(&mut self, name: &str, secret: &str) {
        for (form, text) in forms_of(secret) {
            let start = *text.first_chunk().unwrap_or_else(|| panic!("{name} is too short to look for"));
            self.by_start.entry(start).or_default().push(self.forms.len());
            self.forms.push((format!("{name}, {form}"), text));
        }
    }

    /// The forms that are in `text`.
    pub fn find(&self, text: &[u8]) -> Vec<&str> {
        let mut found = Vec::new();
        for (at, window) in text.windows(START).enumerate() {
            let Some(candidates) = window.first_chunk().and_then(|start| self.by_start.get(start)) else { continue };
            let hits = candidates.iter().filter(|&&form| text[at..].starts_with(&self.forms[form].1));
            found.extend(hits.map(|&form| self.forms[form].0.as_str()));
        }
        found
    }

    /// Nothing is in `text`, which was found at `place`.
    #[track_caller]
    pub fn is_clean(&self, place: &str, text: impl AsRef<[u8]>) {
        let found = self.find(text.as_ref());
        assert!(found.is_empty(), "{place} holds {found:?}");
    }
}

/// A secret as it is, in part, and as everything that programs make of text.
fn forms_of(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let hex = |format: fn(&mut String, u8)| {
        let mut text = String::new();
        secret.bytes().for_each(|byte| format(&mut text, byte));
        text
    };
    let mut forms = vec![
        ("whole", secret.to_owned()),
        ("backwards", secret.chars().rev().collect()),
        ("in other case", secret.chars().map(other_case).collect()),
        ("hex", hex(|text, byte| write!(text, "{byte:02x}").unwrap())),
        ("HEX", hex(|text, byte| write!(text, "{byte:02X}").unwrap())),
        ("percent", hex(|text, byte| write!(text, "%{byte:02x}").unwrap())),
        ("PERCENT", hex(|text, byte| write!(text, "%{byte:02X}").unwrap())),
        ("form", form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        ("escaped", hex(|text, byte| write!(text, "\\u{byte:04x}").unwrap())),
        ("byte list", secret.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ")),
        ("byte list, tight", secret.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",")),
    ];
    let parts = secret.as_bytes().windows(PART);
    forms.extend(parts.map(|part| ("in part", String::from_utf8_lossy(part).into_owned())));
    for before in 0..3 {
        forms.push(("base64", base64(&STANDARD_NO_PAD, secret, before)));
        forms.push(("base64url", base64(&URL_SAFE_NO_PAD, secret, before)));
    }
    forms.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

fn other_case(character: char) -> char {
    if character.is_ascii_lowercase() { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() }
}

/// Base64 of `secret` where `before` bytes stand before it, without the letters that its neighbours have a part in.
fn base64(engine: &impl Engine, secret: &str, before: usize) -> String {
    let text = engine.encode([&[0; 2][..before], secret.as_bytes()].concat());
    let (first, whole) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
    text[first..whole].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_and_at_every_place() {
        let secret = "vk1.a.Zm9v-YmFy_cXV4fGhlbGxvfHdvcmxk";
        let mut sweep = Sweep::default();
        sweep.add("token", secret);
        let encoded = |before: &str, after: &str, url: bool| {
            let text = format!("{before}{secret}{after}");
            if url { URL_SAFE_NO_PAD.encode(text) } else { STANDARD_NO_PAD.encode(text) }
        };
        let mut places =
            vec![secret.to_owned(), format!("log line {secret}, and more"), format!("cut: {}", &secret[10..])];
        for before in ["", "a", "ab", "abc", "{\"access_token\":\""] {
            for after in ["", "z", "zz"] {
                places.extend([encoded(before, after, false), encoded(before, after, true)]);
            }
        }
        for name in ["hex", "HEX", "percent", "PERCENT", "form", "escaped", "byte list", "backwards", "in other case"] {
            places.push(format!("x{}y", forms(name, secret)));
        }
        for place in places {
            assert!(!sweep.find(place.as_bytes()).is_empty(), "{place}");
        }
        assert!(sweep.find(b"vk1.a. and nothing else").is_empty());
    }

    fn forms(name: &str, secret: &str) -> String {
        let found = forms_of(secret).into_iter().find(|(form, _)| *form == name).unwrap();
        String::from_utf8(found.1).unwrap()
    }
}

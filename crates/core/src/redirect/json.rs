//! Owns the reading of a pasted JSON object, such as the answer of a token endpoint (RFC 6749 §5.1).
//!
//! Members of the top level count, others are skipped. `serde_json`'s errors are dropped unread: they can quote a value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Found, IntakeFault, Key, Stated, Text, key, token};
use crate::{Lifetime, Secret};

/// Reads one JSON object.
pub(super) fn read(text: &str) -> Result<Found<'_>, IntakeFault> {
    serde_json::from_str(text).map_err(|_| IntakeFault::Json)
}

impl<'de: 'a, 'a> Deserialize<'de> for Found<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Found::default();
        while let Some(name) = map.next_key::<Scalar<'de>>()? {
            let key = if let Scalar::Text(name) = &name { Key::of(name.expose()) } else { Key::Unknown };
            match key {
                Key::Unknown => drop(map.next_value::<IgnoredAny>()?),
                key => record(key, map.next_value()?, &mut found),
            }
        }
        Ok(found)
    }
}

fn record<'a>(key: Key, value: Scalar<'a>, found: &mut Found<'a>) {
    match (key, value) {
        (Key::Token(community), Scalar::Text(text)) if !text.expose().is_empty() => {
            found.token(token::plain(text), community);
        }
        (Key::Token(_), _) => found.empty_token(),
        (Key::ExpiresIn, value) => found.lifetime(value.lifetime()),
        (Key::UserId, value) => found.user_id(value.number(key::positive)),
        (Key::State, Scalar::Text(text)) => found.state(text),
        (Key::Error | Key::ErrorReason, Scalar::Text(text)) => found.error(text.expose()),
        // VK's API: {"error":{"error_code":5,...}}.
        (Key::Error, Scalar::Nested | Scalar::Number(_)) => found.error("error"),
        (Key::Cancel, Scalar::Number(1)) => found.error("access_denied"),
        (Key::Fail, Scalar::Number(1)) => found.error("fail"),
        (Key::Cancel | Key::Error | Key::ErrorReason | Key::Fail | Key::State | Key::Unknown, _) => {}
    }
}

/// A JSON value as far as it matters here.
enum Scalar<'a> {
    /// One that is not negative, or too large for a whole number.
    Fraction(f64),
    Nested,
    Number(u64),
    Other,
    Text(Text<'a>),
}

impl Scalar<'_> {
    /// A number, or the digits of one in a string.
    fn number(&self, read: fn(&str) -> Option<u64>) -> Option<u64> {
        match self {
            Self::Number(number) => read(number.to_string().as_str()),
            Self::Text(text) => read(text.expose()),
            Self::Fraction(_) | Self::Nested | Self::Other => None,
        }
    }

    /// A lifetime. Of a fraction the whole seconds count; less than one of them is not "never".
    fn lifetime(&self) -> Option<Stated> {
        match self {
            Self::Fraction(part) if *part > 0.0 && *part < 1.0 => Some(Stated::For(Lifetime::from_seconds(0))),
            Self::Fraction(seconds) => Some(Stated::from_seconds(*seconds as u64)),
            number => number.number(key::number).map(Stated::from_seconds),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(if number >= 0.0 { Scalar::Fraction(number) } else { Scalar::Other })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Text::Borrowed(text)))
    }

    /// The string had escapes: `text` is in a buffer of `serde_json`, which does not wipe it.
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Text::Decoded(Secret::from(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }
}

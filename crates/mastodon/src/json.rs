//! Owns the reading of JSON objects from servers: of a whole body only named members are kept, the rest is skipped without
//! a copy. Members of an unexpected type count as missing.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Our word for JSON that is not what was asked for.
pub(crate) const UNEXPECTED: &str = "unexpected_answer";

/// Reads a body as a JSON object, or gives our word for why it is none.
pub(crate) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, &'static str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body).trim_ascii();
    match body.first() {
        None => Err("empty_answer"),
        // The reader behind would take a list as an object whose members come in order.
        Some(b'[') if serde_json::from_slice::<IgnoredAny>(body).is_ok() => Err(UNEXPECTED),
        Some(b'{') => {
            serde_json::from_slice(body).map_err(|error| if error.is_data() { UNEXPECTED } else { "not_json" })
        }
        Some(_) => Err("not_json"),
    }
}

/// A string, or a whole number as text.
#[derive(Default)]
pub(crate) struct Word(Option<Box<str>>);

/// An object.
#[derive(Default)]
pub(crate) struct Map<T>(pub(crate) Option<T>);

/// The first elements of a list.
pub(crate) struct Few<T>(pub(crate) Vec<T>);

/// Words between spaces, or a list of them.
#[derive(Default)]
pub(crate) struct Words(pub(crate) Vec<Box<str>>);

/// How many elements of a list are kept.
const FEW: usize = 128;

impl Word {
    /// The text, if there is one, empty or not.
    pub(crate) fn said(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text, if there is one with something in it.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What becomes of each type of JSON: nothing, unless it is the expected one.
trait Pick<'de>: Default {
    fn text(_: &str) -> Self {
        Self::default()
    }

    fn number(_: u64) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn map<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl Pick<'_> for Word {
    fn text(text: &str) -> Self {
        Self(Some(text.into()))
    }

    fn number(number: u64) -> Self {
        Self(Some(number.to_string().into()))
    }
}

impl<'de, T: Deserialize<'de> + Default> Pick<'de> for Map<T> {
    fn map<A: MapAccess<'de>>(members: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(|inner| Self(Some(inner)))
    }
}

impl<'de, T: Deserialize<'de>> Pick<'de> for Few<T> {
    fn list<A: SeqAccess<'de>>(mut elements: A) -> Result<Self, A::Error> {
        let mut few = Vec::new();
        while few.len() < FEW {
            match elements.next_element()? {
                Some(element) => few.push(element),
                None => return Ok(Self(few)),
            }
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self(few))
    }
}

impl<'de> Pick<'de> for Words {
    fn text(text: &str) -> Self {
        Self(text.split_ascii_whitespace().take(FEW).map(Into::into).collect())
    }

    fn list<A: SeqAccess<'de>>(elements: A) -> Result<Self, A::Error> {
        let Few(words) = Few::<Word>::list(elements)?;
        Ok(Self(words.into_iter().filter_map(|word| word.0).collect()))
    }
}

struct Picker<T>(PhantomData<T>);

impl<'de, T: Pick<'de>> Visitor<'de> for Picker<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::text(text))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<T, A::Error> {
        T::list(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::map(members)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Picker(PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Picker(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Picker(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Picker(PhantomData))
    }
}

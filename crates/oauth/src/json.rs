//! Owns JSON pruned while it is read: of an object only those members are kept that the caller knows, the rest is skipped
//! without a copy. Text goes straight into a [`Secret`].
//!
//! A known member that stands twice in one object is refused: two readers of such an answer would not agree on it. Errors of
//! `serde_json` are dropped unread, because they can quote a value. Never panics; depth and size are bounded.

use std::cell::Cell;
use std::fmt;

use grantkeep_core::Secret;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The names of members that a caller knows.
pub(crate) type Known = &'static [&'static str];

/// How many values of one document are kept at most.
const MOST: usize = 4096;

/// Why there is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// A known member stands twice.
    Duplicate,
    /// No JSON, or no object, or one with too many values.
    NotObject,
}

/// A JSON value.
pub(crate) enum Node {
    Flag(bool),
    List(Vec<Node>),
    Map(Object),
    Null,
    /// Exact up to 2^53, which is beyond every number that we read.
    Number(f64),
    /// A whole number that is not negative: exact, because it may be an identifier.
    Unsigned(u64),
    Text(Secret),
}

/// The known members of an object, each once.
#[derive(Default)]
pub(crate) struct Object(Vec<(&'static str, Node)>);

/// Reads an object.
pub(crate) fn object(text: &[u8], known: Known) -> Result<Object, JsonFault> {
    let (is_doubled, left) = (Cell::new(false), Cell::new(MOST));
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let node = Prune { known, is_doubled: &is_doubled, left: &left }.deserialize(&mut deserializer);
    match (node, deserializer.end()) {
        (_, _) if is_doubled.get() => Err(JsonFault::Duplicate),
        (Ok(Node::Map(object)), Ok(())) => Ok(object),
        _ => Err(JsonFault::NotObject),
    }
}

impl Object {
    /// Adds a member that came from elsewhere than JSON. False if it is there already.
    pub(crate) fn add(&mut self, name: &'static str, node: Node) -> bool {
        let is_new = !self.0.iter().any(|(earlier, _)| *earlier == name);
        if is_new {
            self.0.push((name, node));
        }
        is_new
    }

    /// The member of that name, if it is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.0.iter().find(|(known, node)| *known == name && !matches!(node, Node::Null)).map(|(_, node)| node)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Node::text)
    }

    /// A text that is not empty, taken out.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<Secret> {
        match self.take(name)? {
            Node::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The member of that name, taken out.
    fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// A text that is not empty, or the digits of a number.
    pub(crate) fn identifier(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Node::Unsigned(number) => Some(number.to_string()),
            node => node.text().map(str::to_owned),
        }
    }

    /// Whether the member is `true`.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Node::Flag(true)))
    }

    /// The texts in a list; none if it is not a list.
    pub(crate) fn texts(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        match self.get(name)? {
            Node::List(nodes) => Some(nodes.iter().filter_map(Node::text)),
            _ => None,
        }
    }

    /// Whether there is no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Node {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text.expose()),
            _ => None,
        }
    }

    /// A number, or a text that is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Unsigned(number) => Some(*number as f64),
            Self::Text(text) => number(text.expose()),
            Self::Flag(_) | Self::List(_) | Self::Map(_) | Self::Null => None,
        }
    }
}

/// A decimal number; no `NaN`, no `inf`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|_| is_decimal)
}

/// Keeps what is known of any value.
#[derive(Clone, Copy)]
struct Prune<'c> {
    known: Known,
    is_doubled: &'c Cell<bool>,
    left: &'c Cell<usize>,
}

impl Prune<'_> {
    /// Counts a value that is kept.
    fn count<E: Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom("too many values"))?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Prune<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Prune<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(u64::try_from(number).map_or(Node::Number(number as f64), Node::Unsigned))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Unsigned(number))
    }

    /// Where the text had escapes, it is in a buffer of `serde_json`, which does not wipe it.
    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = elements.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Object::default();
        while let Some(name) = members.next_key_seed(Name(self.known))? {
            let Some(name) = name else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            let node = members.next_value_seed(self)?;
            if !object.add(name, node) {
                self.is_doubled.set(true);
            }
        }
        Ok(Node::Map(object))
    }
}

/// Finds a member's name among the known ones.
struct Name(Known);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| **known == name).copied())
    }
}

#[cfg(test)]
mod tests;

//! Owns JSON pruned while it is read: of a whole body only the members of an envelope are kept, the rest is skipped
//! without a copy. Takes any JSON at all, with members repeated or of the wrong type.

use std::fmt;

use grantkeep_core::Secret;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A JSON value as far as an envelope needs it.
pub(super) enum Node {
    /// An array, by its first element.
    List(Option<Box<Node>>),
    /// An object, by those of its members that we know.
    Map(Vec<(Key, Node)>),
    /// `null`.
    Null,
    /// A whole number that is not negative.
    Number(u64),
    /// `true`, a fraction, …
    Other,
    /// A string.
    Text(Secret),
}

/// The members that we know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Error,
    ErrorCode,
    ErrorMsg,
    ErrorSubcode,
    Groups,
    Id,
    Response,
    Skipped,
}

impl Node {
    /// The first member of that name that is not null.
    pub(super) fn get(&self, key: Key) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(known, node)| *known == key && !matches!(node, Self::Null)).map(|(_, node)| node)
    }

    /// A number, or a string of digits.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.expose().parse().ok(),
            Self::List(_) | Self::Map(_) | Self::Null | Self::Other => None,
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Key, E> {
                Ok(match name {
                    "error" => Key::Error,
                    "error_code" => Key::ErrorCode,
                    "error_msg" => Key::ErrorMsg,
                    "error_subcode" => Key::ErrorSubcode,
                    "groups" => Key::Groups,
                    "id" => Key::Id,
                    "response" => Key::Response,
                    _ => Key::Skipped,
                })
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Prune)
    }
}

struct Prune;

impl<'de> Visitor<'de> for Prune {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(u64::try_from(number).map_or(Node::Other, Node::Number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
        let first = elements.next_element()?.map(Box::new);
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List(first))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut known = Vec::new();
        while let Some(key) = members.next_key()? {
            if key == Key::Skipped {
                members.next_value::<IgnoredAny>()?;
            } else {
                known.push((key, members.next_value()?));
            }
        }
        Ok(Node::Map(known))
    }
}

//! Owns request bodies: bounded in size and time, one JSON object, no name twice.
//!
//! A value is kept only as text that may be a secret; everything else about the body is forgotten. Faults name the field and the
//! position, never the value.

use std::{borrow::Cow, time::Duration};

use grantkeep_core::Secret;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, Visitor},
};
use zeroize::Zeroizing;

/// Largest body.
pub(crate) const LARGEST: usize = 64 * 1024;

/// A body that takes longer is not read to its end.
const READ_FOR: Duration = Duration::from_secs(15);

/// Why a body was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    Incomplete,
    Missing(&'static str),
    NotForm,
    NotJson { line: usize, column: usize },
    NotObject,
    NotText(&'static str),
    RepeatedName,
    TooDeep,
    TooLarge,
    TooSlow,
    WrongType,
}

impl BodyFault {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotForm | Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) const fn error_type(&self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::NotForm | Self::WrongType => "unsupported_media_type",
            _ => "invalid_request",
        }
    }

    /// What is left of an unread body would be taken for the next request.
    pub(crate) const fn closes(&self) -> bool {
        matches!(self, Self::Incomplete | Self::TooLarge | Self::TooSlow)
    }

    pub(crate) fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Incomplete => "The body did not come whole".into(),
            Self::Missing(field) => format!("The field {field} is missing").into(),
            Self::NotForm => "The body is not declared as a form".into(),
            Self::NotJson { line, column } => format!("The body is not JSON (line {line}, column {column})").into(),
            Self::NotObject => "The body is not a JSON object".into(),
            Self::NotText(field) => format!("The field {field} must be a string").into(),
            Self::RepeatedName => "A name stands twice in the body".into(),
            Self::TooDeep => "The body has too many lists or objects inside one another".into(),
            Self::TooLarge => "The body has more than 64 KiB".into(),
            Self::TooSlow => "The body took more than 15 seconds".into(),
            Self::WrongType => "The body is not declared as JSON".into(),
        }
    }

    pub(crate) const fn solution(&self) -> &'static str {
        match self {
            Self::NotForm => "Send the header Content-Type: application/x-www-form-urlencoded",
            Self::WrongType => "Send the header Content-Type: application/json",
            Self::TooLarge => "Send the token or the address alone",
            Self::Incomplete | Self::TooSlow => "Send the request again",
            _ => "Send one JSON object as described at /docs",
        }
    }
}

/// Reads a body within its limits.
pub(crate) async fn read<B>(body: B) -> Result<Zeroizing<Vec<u8>>, BodyFault>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let collected = tokio::time::timeout(READ_FOR, Limited::new(body, LARGEST).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(Zeroizing::new(body.to_bytes().to_vec())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyFault::TooLarge),
        Ok(Err(_)) => Err(BodyFault::Incomplete),
        Err(_) => Err(BodyFault::TooSlow),
    }
}

/// Reads a body that is one JSON object. Where all of its fields are optional, it may be left out.
pub(crate) async fn object<B>(headers: &HeaderMap, body: B, may_be_empty: bool) -> Result<Object, BodyFault>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let declared = check_type(headers);
    if !may_be_empty {
        declared.clone()?;
    }
    let bytes = read(body).await?;
    if may_be_empty && bytes.is_empty() {
        return Ok(Object::default());
    }
    declared?;
    Object::parse(&bytes)
}

/// Whether the headers declare JSON: also what keeps a foreign page's form from posting here.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), BodyFault> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(BodyFault::WrongType) }
}

/// The members of a JSON object, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Object(Vec<(String, Member)>);

#[derive(Debug)]
enum Member {
    Null,
    Other,
    Text(Secret),
}

impl Object {
    /// Reads one JSON object and nothing after it.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, BodyFault> {
        // Not left to the reader: it calls what is no object a fault of the data, as it does a repeated name.
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        if first.is_some_and(|byte| *byte != b'{') {
            let value = serde_json::from_slice::<IgnoredAny>(body);
            return Err(value.map_or_else(|error| not_json(&error), |_| BodyFault::NotObject));
        }
        serde_json::from_slice(body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => BodyFault::RepeatedName,
            _ => not_json(&error),
        })
    }

    /// A text; none when it is missing or null.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&Secret>, BodyFault> {
        match self.0.iter().find(|(known, _)| known == name) {
            None | Some((_, Member::Null)) => Ok(None),
            Some((_, Member::Text(text))) => Ok(Some(text)),
            Some((_, Member::Other)) => Err(BodyFault::NotText(name)),
        }
    }

    /// A text that must be there.
    pub(crate) fn needed_text(&self, name: &'static str) -> Result<&Secret, BodyFault> {
        match self.0.iter().find(|(known, _)| known == name) {
            None => Err(BodyFault::Missing(name)),
            Some((_, Member::Text(text))) => Ok(text),
            Some(_) => Err(BodyFault::NotText(name)),
        }
    }
}

fn not_json(error: &serde_json::Error) -> BodyFault {
    // Its own kind for that is not public; the words are held by a test.
    if error.to_string().starts_with("recursion limit") {
        return BodyFault::TooDeep;
    }
    BodyFault::NotJson { line: error.line(), column: error.column() }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, Member>()? {
            members.push(member);
        }
        members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let is_repeated = members.windows(2).any(|pair| pair[0].0 == pair[1].0);
        if is_repeated { Err(de::Error::custom("repeated")) } else { Ok(Object(members)) }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(Secret::from(text)))
    }

    fn visit_string<E>(self, text: String) -> Result<Member, E> {
        Ok(Member::Text(Secret::from(text)))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
        // Read like everything else: what is skipped unread is neither bounded in depth nor looked at for repeated names.
        while seq.next_element::<Member>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member, A::Error> {
        // The same rule inside: a name that stands twice is read differently by different programs.
        ObjectVisitor.visit_map(map).map(|_| Member::Other)
    }
}

#[cfg(test)]
mod tests;

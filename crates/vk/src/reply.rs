//! Owns the reading of what came back from the API: the envelope (dev.vk.com "API requests") becomes a [`Reply`].
//!
//! Never panics, whatever the bytes. Never reads a success out of an answer that also has an error. Of the body it keeps
//! numbers alone: old answers echoed the token in `request_params`.

mod node;

use grantkeep_core::{Answer, NoAnswer, Subject};
use node::{Key, Node};

use crate::ApiFault;

/// What an answer of `users.get` or `groups.getById` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// VK wants a person before it answers anything.
    Challenge,
    /// An error.
    Fault(ApiFault),
    /// A list in that form, and the id of its first entry; none if it is empty.
    Listed(Shape, Option<u64>),
    /// Nothing that says anything about the token, and our word for it.
    Unclear(Box<str>),
}

/// In which form a list came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[{"id":1}]`: users, and communities in version 5.131.
    Array,
    /// `{"groups":[{"id":1}]}`: communities in version 5.199.
    Groups,
}

/// The header by which VK's front demands a person.
const CHALLENGE: &str = "x-challenge";

/// Our word for JSON that is no envelope, or not one of what was asked.
pub(crate) const UNEXPECTED: &str = "unexpected_answer";

/// The code that an error without one stands for, as in VK's own SDKs: "unknown error".
const UNKNOWN_ERROR: u32 = 1;

/// Reads an answer, or the lack of one. The HTTP status matters only where the body says nothing, and for a redirect: it
/// is not followed, so that whoever answered it need not be VK's API.
pub(crate) fn read(answer: Result<Answer, NoAnswer>) -> Reply {
    let answer = match answer {
        Ok(answer) => answer,
        Err(reason) => return Reply::Unclear(reason.as_str().into()),
    };
    let required = |value: &http::HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"required");
    if answer.headers.get_all(CHALLENGE).iter().any(required) {
        return Reply::Challenge;
    }
    if (300..400).contains(&answer.status) {
        return Reply::Unclear(format!("redirect_{}", answer.status).into());
    }
    match envelope(&answer.body) {
        Ok(reply) => reply,
        Err(word) if (200..300).contains(&answer.status) => Reply::Unclear(word.into()),
        Err(_) => Reply::Unclear(format!("http_{}", answer.status).into()),
    }
}

/// Reads a body, or gives our word for why it is no envelope.
fn envelope(body: &[u8]) -> Result<Reply, &'static str> {
    if body.trim_ascii().is_empty() {
        return Err("empty_answer");
    }
    let node: Node = serde_json::from_slice(body).map_err(|_| "not_json")?;
    if let Some(error) = node.get(Key::Error) {
        return fault(error).map(Reply::Fault).ok_or(UNEXPECTED);
    }
    let (shape, list) = match node.get(Key::Response) {
        Some(list @ Node::List(_)) => (Shape::Array, list),
        Some(map) => (Shape::Groups, map.get(Key::Groups).ok_or(UNEXPECTED)?),
        None => return Err(UNEXPECTED),
    };
    match list {
        Node::List(None) => Ok(Reply::Listed(shape, None)),
        Node::List(Some(first)) => match first.get(Key::Id).and_then(Node::number) {
            Some(id) if (1..=Subject::LARGEST).contains(&id) => Ok(Reply::Listed(shape, Some(id))),
            _ => Err(UNEXPECTED),
        },
        _ => Err(UNEXPECTED),
    }
}

/// The error in an envelope; none if it is not an object.
fn fault(error: &Node) -> Option<ApiFault> {
    let Node::Map(_) = error else { return None };
    let number = |key| error.get(key).and_then(Node::number).and_then(|number| u32::try_from(number).ok());
    let message = match error.get(Key::ErrorMsg) {
        Some(Node::Text(message)) => message.expose(),
        _ => "",
    };
    let subcode = number(Key::ErrorSubcode).filter(|subcode| *subcode > 0);
    Some(ApiFault::new(number(Key::ErrorCode).unwrap_or(UNKNOWN_ERROR), subcode, message))
}

//! Owns a message as JSON for programs: what a webhook's body is, and what a command reads.
//!
//! `{"type", "timestamp", "data": {"id", "title", "text", "credentials": [...]}}`; `credentials` has one element unless it is a digest, and none in a test. An
//! account stands here exactly as it is named, because a program may want to find it again; `title` and `text` are for people.

use grantkeep_core::{Secret, Timestamp};
use serde::Serialize;

use crate::{Message, News, Text, clean};

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    title: &'a str,
    text: &'a str,
    credentials: Vec<Credential<'a>>,
}

#[derive(Serialize)]
struct Credential<'a> {
    kind: &'static str,
    provider: &'a str,
    account: &'a str,
    server: Option<String>,
    expires_at: Option<String>,
    link: Option<&'a str>,
}

/// The JSON, as of `now`. Holds the links.
pub(crate) fn json(message: &Message, now: Timestamp) -> Secret {
    let text = Text::english(message, now);
    let event = Event {
        r#type: message.event(),
        timestamp: message.at.to_string(),
        data: Data {
            id: message.id.as_str(),
            title: &text.title,
            text: text.body.expose(),
            credentials: message.news().iter().map(credential).collect(),
        },
    };
    to_json(&event)
}

fn credential(news: &News) -> Credential<'_> {
    Credential {
        kind: news.kind.as_str(),
        provider: news.provider.as_str(),
        account: news.account.as_str(),
        server: news.server.as_deref().map(clean::name),
        expires_at: news.expires_at.map(|instant| instant.to_string()),
        link: news.link.as_ref().map(Secret::expose),
    }
}

/// Any of our bodies as JSON. Strings, numbers and lists of them can always be written.
pub(crate) fn to_json(body: &impl Serialize) -> Secret {
    Secret::from(serde_json::to_string(body).unwrap_or_default())
}

#[cfg(test)]
mod tests;

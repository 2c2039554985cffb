//! Owns telling a person through a Gotify server (<https://gotify.net/api-docs>, `POST /message`). Plain text, never Markdown.

use grantkeep_core::{Answer, NoAnswer, Outgoing, Secret, Timestamp};
use http::{HeaderName, HeaderValue};
use serde_json::json;
use url::Url;

use crate::{
    ChannelFault, Delivery, Kind, Message, Text,
    address::{Address, post, sensitive},
    payload::to_json,
};

const KEY: HeaderName = HeaderName::from_static("x-gotify-key");

/// A Gotify server that is told.
#[derive(Debug)]
pub struct Gotify {
    address: Address,
    key: HeaderValue,
}

impl Gotify {
    /// The server at `url`, and the token of the application that messages appear under.
    pub fn new(url: Url, token: &Secret) -> Result<Self, ChannelFault> {
        Ok(Self { address: Address::new(url)?, key: sensitive(token.expose())? })
    }

    pub(crate) const fn address(&self) -> &Url {
        self.address.url()
    }

    pub(crate) fn request(&self, message: &Message, now: Timestamp) -> Outgoing {
        let text = Text::english(message, now);
        let priority = match message.worst(now) {
            Kind::Dead | Kind::Expired => 8,
            Kind::Expiring => 6,
            Kind::Recovered => 4,
        };
        let mut body = json!({ "title": text.title, "message": text.body.expose(), "priority": priority });
        if let Some(link) = message.link() {
            body["extras"] = json!({ "client::notification": { "click": { "url": link.expose() } } });
        }
        post(self.address.below(["message"]), vec![(KEY, self.key.clone())], to_json(&body))
    }

    pub(crate) fn read(answer: Result<Answer, NoAnswer>) -> Delivery {
        answer.map_or_else(Delivery::unanswered, |answer| Delivery::answered(&answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::{AT, body_of, digest, expiring};

    #[test]
    fn a_message_goes_to_the_server_with_the_key_in_a_header() {
        let gotify = Gotify::new("https://example.org/gotify/".parse().unwrap(), &Secret::from("Ak3y")).unwrap();
        let request = gotify.request(&expiring("masha"), AT);
        assert_eq!(request.url.as_str(), "https://example.org/gotify/message");
        let [(name, value)] = request.headers.as_slice() else { panic!("{:?}", request.headers) };
        assert_eq!((name.as_str(), value.to_str().unwrap(), value.is_sensitive()), ("x-gotify-key", "Ak3y", true));
        let body = body_of(request);
        assert_eq!((&body["title"], &body["priority"]), (&json!("vk: the token of masha expires in 2h"), &json!(6)));
        let click = &body["extras"]["client::notification"]["click"]["url"];
        assert_eq!(click, "https://keep.example.org/connect/t1cket");
        // Without this extra Gotify shows plain text.
        assert_eq!(body["extras"].get("client::display"), None);
    }

    #[test]
    fn a_digest_opens_nothing() {
        let gotify = Gotify::new("https://example.org".parse().unwrap(), &Secret::from("Ak3y")).unwrap();
        let body = body_of(gotify.request(&digest(), AT));
        assert_eq!((&body["priority"], body.get("extras")), (&json!(8), None));
    }
}

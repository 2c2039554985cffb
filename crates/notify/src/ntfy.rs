//! Owns telling a person through a topic at an ntfy server (<https://docs.ntfy.sh/publish/#publish-as-json>).
//!
//! The JSON form, because its texts need no encoding and cannot become headers. Never with Markdown.

use grantkeep_core::{Answer, NoAnswer, Outgoing, Secret, Timestamp};
use http::{HeaderValue, header};
use serde::Serialize;
use url::Url;

use crate::{
    ChannelFault, Delivery, Kind, Message, Text,
    address::{Address, post, sensitive},
    payload::to_json,
};

/// A topic that is told.
#[derive(Debug)]
pub struct Ntfy {
    address: Address,
    server: Address,
    topic: Topic,
    authorization: Option<HeaderValue>,
}

/// Whoever knows it can read what is sent there.
struct Topic(Box<str>);

#[derive(Serialize)]
struct Body<'a> {
    topic: &'a str,
    title: &'a str,
    message: &'a str,
    priority: u8,
    tags: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<&'a str>,
}

impl Ntfy {
    /// The topic that `url` ends in, with an access token where the server wants one.
    pub fn new(url: Url, token: Option<&Secret>) -> Result<Self, ChannelFault> {
        let address = Address::new(url)?;
        let topic = address.url().path_segments().and_then(|mut path| path.rfind(|part| !part.is_empty()));
        let topic = topic.filter(|topic| is_topic(topic)).map(|topic| Topic(topic.into()));
        let mut server = address.url().clone();
        if let Ok(mut path) = server.path_segments_mut() {
            path.pop_if_empty().pop().push("");
        }
        server.set_query(None);
        server.set_fragment(None);
        Ok(Self {
            topic: topic.ok_or(ChannelFault::Topic)?,
            server: Address::new(server)?,
            authorization: token.map(|token| sensitive(&format!("Bearer {}", token.expose()))).transpose()?,
            address,
        })
    }

    pub(crate) const fn address(&self) -> &Url {
        self.address.url()
    }

    pub(crate) fn request(&self, message: &Message, now: Timestamp) -> Outgoing {
        let text = Text::english(message, now);
        let (priority, tag) = match message.worst(now) {
            Kind::Dead | Kind::Expired => (4, "rotating_light"),
            Kind::Expiring => (3, "hourglass_flowing_sand"),
            Kind::Recovered => (2, "white_check_mark"),
        };
        let body = to_json(&Body {
            topic: &self.topic.0,
            title: &text.title,
            message: text.body.expose(),
            priority,
            tags: [tag],
            click: message.link().map(Secret::expose),
        });
        let headers = self.authorization.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
        post(self.server.url().clone(), headers, body)
    }

    pub(crate) fn read(answer: Result<Answer, NoAnswer>) -> Delivery {
        answer.map_or_else(Delivery::unanswered, |answer| Delivery::answered(&answer))
    }
}

/// What ntfy takes as a topic.
fn is_topic(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() <= 64 && text.bytes().all(allowed)
}

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Topic(…)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::message::tests::{AT, body_of, digest, expiring};

    fn ntfy(url: &str, token: Option<&str>) -> Result<Ntfy, ChannelFault> {
        Ntfy::new(url.parse().unwrap(), token.map(Secret::from).as_ref())
    }

    #[test]
    fn a_topic_url_is_a_server_and_a_topic() {
        let long = format!("https://ntfy.sh/{}", "a".repeat(65));
        for (url, expected) in [
            ("https://ntfy.sh/my-topic_1", Ok(("https://ntfy.sh/", "my-topic_1"))),
            ("https://ntfy.sh/my-topic/", Ok(("https://ntfy.sh/", "my-topic"))),
            ("https://example.org/ntfy/t?x=1#y", Ok(("https://example.org/ntfy/", "t"))),
            ("http://127.0.0.1:80/t", Ok(("http://127.0.0.1/", "t"))),
            ("https://ntfy.sh/", Err(ChannelFault::Topic)),
            ("https://ntfy.sh/a.b", Err(ChannelFault::Topic)),
            ("https://ntfy.sh/a%20b", Err(ChannelFault::Topic)),
            (&long, Err(ChannelFault::Topic)),
            ("https://me:word@ntfy.sh/t", Err(ChannelFault::Credentials)),
        ] {
            let found = ntfy(url, None);
            let found = found.as_ref().map(|ntfy| (ntfy.server.url().as_str(), &*ntfy.topic.0));
            assert_eq!(found.map_err(|fault| *fault), expected, "{url}");
        }
    }

    #[test]
    fn one_credential_is_a_notification_that_opens_the_link() {
        let ntfy = ntfy("https://ntfy.sh/s3cret-topic", Some("tk_s3cret")).unwrap();
        assert!(!format!("{ntfy:?}").contains("s3cret"), "{ntfy:?}");
        let request = ntfy.request(&expiring("masha"), AT);
        let [(name, value)] = request.headers.as_slice() else { panic!("{:?}", request.headers) };
        assert_eq!((name, value.to_str().unwrap()), (&header::AUTHORIZATION, "Bearer tk_s3cret"));
        assert!(value.is_sensitive());
        let body = body_of(request);
        assert_eq!(body["topic"], "s3cret-topic");
        assert_eq!(body["title"], "vk: the token of masha expires in 2h");
        assert_eq!((&body["priority"], &body["tags"]), (&json!(3), &json!(["hourglass_flowing_sand"])));
        assert_eq!(body["click"], "https://keep.example.org/connect/t1cket");
        assert_eq!(body.get("markdown"), None);
    }

    #[test]
    fn a_digest_is_as_urgent_as_the_worst_and_opens_nothing() {
        let body: Value = body_of(ntfy("https://ntfy.sh/t", None).unwrap().request(&digest(), AT));
        assert_eq!((&body["priority"], body.get("click")), (&json!(4), None));
    }

    #[test]
    fn a_token_of_two_lines_is_refused() {
        assert_eq!(ntfy("https://ntfy.sh/t", Some("a\r\nTitle: b")).err(), Some(ChannelFault::Token));
    }
}

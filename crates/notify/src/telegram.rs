//! Owns telling a person through a bot in Telegram (<https://core.telegram.org/bots/api#sendmessage>).
//!
//! Without `parse_mode`: a text is a text. The link stands in it and is not a button, because Telegram refuses the whole message when a
//! button leads to an address that it does not like, such as `localhost`. Previews are off, so that nothing else opens the link.
//!
//! The bot's token is part of the URL, there is no other way: so a request of this channel must never be printed, here less than anywhere.

use grantkeep_core::{Answer, NoAnswer, Outgoing, Secret, Timestamp};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::{
    ChannelFault, Delivery, Message, Text,
    address::{Address, post},
    delivery::{at_most, word},
    payload::to_json,
};

/// Where the Bot API is.
const USUAL_URL: &str = "https://api.telegram.org";

/// A chat that is told.
#[derive(Debug)]
pub struct Telegram {
    address: Address,
    token: Secret,
    chat: Chat,
}

#[derive(Debug)]
enum Chat {
    Name(Box<str>),
    Number(i64),
}

/// What the Bot API answers, as far as it matters.
#[derive(Deserialize)]
struct Said {
    ok: bool,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl Telegram {
    /// The chat with that number or `@name`, told by the bot whose token that is. `url` is where the Bot API is, if not at Telegram.
    pub fn new(url: Option<Url>, token: Secret, chat: &str) -> Result<Self, ChannelFault> {
        let url = match url {
            Some(url) => url,
            None => Url::parse(USUAL_URL).map_err(|_| ChannelFault::Url)?,
        };
        if !is_token(token.expose()) {
            return Err(ChannelFault::Token);
        }
        Ok(Self { address: Address::new(url)?, token, chat: Chat::new(chat).ok_or(ChannelFault::Chat)? })
    }

    pub(crate) const fn address(&self) -> &Url {
        self.address.url()
    }

    pub(crate) fn request(&self, message: &Message, now: Timestamp) -> Outgoing {
        let text = Text::english(message, now);
        let body = json!({
            "chat_id": match &self.chat { Chat::Name(name) => json!(name), Chat::Number(number) => json!(number) },
            "text": format!("{}\n\n{}", text.title, text.body.expose()),
            "link_preview_options": { "is_disabled": true },
        });
        let url = self.address.below([format!("bot{}", self.token.expose()).as_str(), "sendMessage"]);
        post(url, Vec::new(), to_json(&body))
    }

    pub(crate) fn read(answer: Result<Answer, NoAnswer>) -> Delivery {
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => return Delivery::unanswered(reason),
        };
        let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
        match (answer.status, said) {
            (200..=299, Some(said)) if said.ok => Delivery::Delivered,
            (200..=299, _) => Delivery::later("unexpected_answer"),
            (429, Some(said)) => {
                let seconds = said.parameters.and_then(|parameters| parameters.retry_after);
                Delivery::Later { after: seconds.map(at_most), word: word(429) }
            }
            // Whatever stands between us and Telegram does not speak for it.
            (400..=499, None) => Delivery::later("unexpected_answer"),
            _ => Delivery::answered(&answer),
        }
    }
}

impl Chat {
    fn new(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix('@') {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return (matches!(name.len(), 1..=64) && plain).then(|| Self::Name(text.into()));
        }
        text.parse().ok().map(Self::Number)
    }
}

/// A number, a colon, and letters: nothing that could end the path.
fn is_token(text: &str) -> bool {
    let Some((number, key)) = text.split_once(':') else { return false };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    whole && matches!(key.len(), 1..=128) && key.bytes().all(allowed)
}

#[cfg(test)]
mod tests;

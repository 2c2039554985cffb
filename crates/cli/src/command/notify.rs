//! Owns `notify test`: a message over the channels of the configuration, which needs neither a server nor a database.

use std::{fmt::Write, process::ExitCode};

use grantkeep_notify::{About, ChannelName, Delivery, Message, MessageId, Sender};
use serde_json::{Value, json};

use crate::{
    args::NotifyTest,
    console::{self, Table},
    fault::{CliFault, Kind},
    setting::Settings,
    text, world,
};

/// What became of the message on one channel.
struct Tried {
    channel: String,
    kind: &'static str,
    delivery: Delivery,
}

pub(super) async fn test(test: &NotifyTest, settings: &Settings) -> Result<ExitCode, CliFault> {
    if settings.remote.is_some() {
        return Err(text::local_only("notify"));
    }
    let names: Vec<&str> = settings.channels().map(ChannelName::as_str).collect();
    if names.is_empty() && test.name.is_none() {
        return Err(text::no_channels());
    }
    if test.name.as_deref().is_some_and(|name| !names.contains(&name)) {
        return Err(text::no_such_channel(&names));
    }
    let tried = try_all(&settings.sender(test.name.as_deref())?).await?;
    tell(&tried, test.json)?;
    Ok(ExitCode::from(code(tried.iter().map(|tried| tried.delivery))))
}

async fn try_all(sender: &Sender) -> Result<Vec<Tried>, CliFault> {
    let mut tried = Vec::new();
    for (name, channel) in sender.channels() {
        let message = message().ok_or_else(text::strange_answer)?;
        let delivery = sender.send(name, &message, world::now()).await;
        tried.push(Tried { channel: name.to_string(), kind: channel.kind(), delivery });
    }
    Ok(tried)
}

fn message() -> Option<Message> {
    let mut id = "test_".to_owned();
    for byte in world::random() {
        let _ = write!(id, "{byte:02x}");
    }
    Some(Message { id: MessageId::new(&id)?, at: world::now(), about: About::Test })
}

fn tell(tried: &[Tried], as_json: bool) -> Result<(), CliFault> {
    if as_json {
        let channels: Vec<Value> = tried.iter().map(Tried::json).collect();
        return console::line(&json!({ "channels": channels }).to_string());
    }
    let mut table = Table::new(&text::NOTIFY_HEADINGS);
    for Tried { channel, kind, delivery } in tried {
        let word = text::delivery(*delivery);
        let (verdict, colour, outcome) = match text::delivery_hint(*delivery) {
            None => ("ok", None, word.to_owned()),
            Some(hint) => ("FAIL", Some("\u{1b}[31m"), format!("{word}: {hint}")),
        };
        table.row([verdict.to_owned(), channel.clone(), (*kind).to_owned(), outcome], colour);
    }
    table.print(console::is_colourful())
}

impl Tried {
    fn json(&self) -> Value {
        json!({
            "channel": self.channel, "kind": self.kind, "delivered": self.delivery == Delivery::Delivered,
            "outcome": text::delivery(self.delivery), "hint": text::delivery_hint(self.delivery),
        })
    }
}

/// A clear no weighs more than no answer: waiting does not mend it.
fn code(deliveries: impl Iterator<Item = Delivery>) -> u8 {
    let code = |delivery| match delivery {
        Delivery::Delivered => 0,
        Delivery::Gone | Delivery::Refused(_) => Kind::Failed as u8,
        Delivery::Later { .. } => Kind::NoClearAnswer as u8,
    };
    deliveries.map(code).filter(|code| *code != 0).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_that_of_the_channel_that_needs_somebody_most() {
        let later = Delivery::Later { after: None, word: "timeout" };
        for (deliveries, expected) in [
            (vec![Delivery::Delivered, Delivery::Delivered], 0),
            (vec![Delivery::Delivered, later], 4),
            (vec![later, Delivery::Refused("unauthorized"), Delivery::Delivered], 1),
            (vec![Delivery::Gone], 1),
        ] {
            assert_eq!(code(deliveries.iter().copied()), expected, "{deliveries:?}");
        }
    }

    #[test]
    fn what_did_not_arrive_says_what_to_do() {
        assert_eq!(text::delivery_hint(Delivery::Delivered), None);
        for delivery in [Delivery::Gone, Delivery::Refused("what"), Delivery::Later { after: None, word: "what" }] {
            assert!(text::delivery_hint(delivery).is_some(), "{delivery:?}");
        }
    }

    #[test]
    fn the_test_message_can_be_made_and_is_never_the_same() {
        let (one, other) = (message().unwrap(), message().unwrap());
        assert_ne!(one.id, other.id);
        assert_eq!(one.event(), "grantkeep.test");
    }
}

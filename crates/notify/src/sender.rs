//! Owns the edge: the channels by name, the outbound client, and one try to send one message over one of them.
//!
//! Keeps nothing and tries nothing twice. What fails is logged by the channel's name and our own words, never with anything of the message.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use grantkeep_core::{Answer, NoAnswer, Outgoing, Timestamp};
use grantkeep_outbound::Client;
use tokio::time::timeout;

use crate::{Channel, ChannelName, Delivery, Gotify, Message, Ntfy, Telegram, Webhook};

/// All channels, and the client for those that need it.
#[derive(Debug, Default)]
pub struct Sender {
    channels: BTreeMap<ChannelName, Channel>,
    client: Arc<Client>,
}

impl Sender {
    /// The channels of the configuration. The client's rules must name what [`Channel::address`] tells.
    pub fn new(channels: impl IntoIterator<Item = (ChannelName, Channel)>, client: Arc<Client>) -> Self {
        Self { channels: channels.into_iter().collect(), client }
    }

    /// The channels by name, in the order of their names.
    pub fn channels(&self) -> impl Iterator<Item = (&ChannelName, &Channel)> {
        self.channels.iter()
    }

    /// Tries once to send a message. Takes little more than half a minute at most. To a channel that is not configured any more nothing is sent:
    /// it is gone.
    pub async fn send(&self, channel: &ChannelName, message: &Message, now: Timestamp) -> Delivery {
        let Some(found) = self.channels.get(channel) else { return Delivery::Gone };
        let delivery = self.try_once(found, message, now).await;
        let (kind, id) = (found.kind(), message.id.as_str());
        match delivery {
            Delivery::Delivered => tracing::debug!(%channel, kind, id, "notice delivered"),
            Delivery::Gone => tracing::warn!(%channel, kind, id, "the receiver of notices wants no more of them"),
            Delivery::Later { word, .. } => tracing::info!(%channel, kind, id, word, "notice not delivered yet"),
            Delivery::Refused(word) => tracing::warn!(%channel, kind, id, word, "notice refused"),
        }
        delivery
    }

    async fn try_once(&self, channel: &Channel, message: &Message, now: Timestamp) -> Delivery {
        match channel {
            Channel::Command(command) => command.run(message, now).await,
            Channel::Email(email) => email.deliver(message, now).await,
            Channel::Gotify(gotify) => Gotify::read(self.ask(gotify.request(message, now)).await),
            Channel::Ntfy(ntfy) => Ntfy::read(self.ask(ntfy.request(message, now)).await),
            Channel::Telegram(telegram) => Telegram::read(self.ask(telegram.request(message, now)).await),
            Channel::Webhook(webhook) => {
                let answer = timeout(webhook.limit, self.ask(webhook.request(message, now))).await;
                Webhook::read(answer.unwrap_or(Err(NoAnswer::Timeout)))
            }
        }
    }

    fn ask(&self, outgoing: Outgoing) -> impl Future<Output = Result<Answer, NoAnswer>> {
        self.client.send(outgoing)
    }
}

#[cfg(test)]
mod tests;

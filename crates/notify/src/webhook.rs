//! Owns telling a program, by the Standard Webhooks scheme (<https://github.com/standard-webhooks/standard-webhooks>, spec 1.0.0).
//!
//! Each try is signed anew for its own time, with every active secret; the id stays the message's. Whatever the receiver answers but 2xx
//! and 410 is tried again.

use std::{fmt, time::Duration};

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use grantkeep_core::{Answer, NoAnswer, Outgoing, Secret, Timestamp};
use http::{HeaderName, HeaderValue};
use url::Url;

use crate::{
    ChannelFault, Delivery, Message,
    address::{Address, post},
    delivery, payload,
};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// How long a receiver may take. One that works longer should answer first.
const LIMIT: Duration = Duration::from_secs(5);

/// A program that is told.
#[derive(Debug)]
pub struct Webhook {
    address: Address,
    current: SigningSecret,
    old: Option<SigningSecret>,
    pub(crate) limit: Duration,
}

/// A key that signs: `whsec_` and then base64 of 24 to 64 bytes.
pub struct SigningSecret(Box<hmac::Key>);

impl SigningSecret {
    /// Reads one.
    pub fn new(text: &Secret) -> Result<Self, ChannelFault> {
        let encoded = text.expose().strip_prefix("whsec_").ok_or(ChannelFault::Secret)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| ChannelFault::Secret)?;
        let strong = matches!(bytes.len(), 24..=64);
        if strong { Ok(Self(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))) } else { Err(ChannelFault::Secret) }
    }

    /// `v1,` and the base64 of the HMAC-SHA256 over id, time and body with full stops between.
    fn sign(&self, id: &str, timestamp: &str, body: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [id, ".", timestamp, ".", body] {
            context.update(part.as_bytes());
        }
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl Webhook {
    /// A program at `url`. While receivers change over to a new secret, the `old` one signs too.
    pub fn new(url: Url, current: SigningSecret, old: Option<SigningSecret>) -> Result<Self, ChannelFault> {
        Ok(Self { address: Address::new(url)?, current, old, limit: LIMIT })
    }

    pub(crate) const fn address(&self) -> &Url {
        self.address.url()
    }

    pub(crate) fn request(&self, message: &Message, now: Timestamp) -> Outgoing {
        let (id, timestamp, body) = (message.id.as_str(), now.unix().to_string(), payload::json(message, now));
        let signatures = [Some(&self.current), self.old.as_ref()].into_iter().flatten();
        let signatures: Vec<_> = signatures.map(|secret| secret.sign(id, &timestamp, body.expose())).collect();
        let header = |name, text: &str| Some((name, HeaderValue::from_str(text).ok()?));
        // All three are of letters, digits, and the signs of base64: none is ever left out.
        let headers = [header(ID, id), header(TIMESTAMP, &timestamp), header(SIGNATURE, &signatures.join(" "))];
        post(self.address.url().clone(), headers.into_iter().flatten().collect(), body)
    }

    pub(crate) fn read(answer: Result<Answer, NoAnswer>) -> Delivery {
        match answer {
            Ok(answer) => match answer.status {
                200..=299 => Delivery::Delivered,
                410 => Delivery::Gone,
                status => Delivery::Later { after: delivery::wait(&answer.headers), word: delivery::word(status) },
            },
            Err(reason) => Delivery::unanswered(reason),
        }
    }
}

#[cfg(test)]
mod tests;

//! Owns the grant for devices without a browser (RFC 8628): the request, the polling and its pace.
//!
//! The device code is a secret and stays with us; the user code and the address are for a person, and fit for a terminal.

mod pace;

use grantkeep_core::{Answer, Lifetime, Outgoing, Purpose, Secret};
pub use pace::Pace;
use url::Url;

pub use crate::answer::Fault as DeviceFault;
use crate::answer::{Encoding, Refusal, Strange, open};
use crate::form::Form;
use crate::json::Known;
use crate::token::{self, Stated, TokenAnswer, TokenFault};
use crate::{Client, Endpoint, ErrorCode, endpoint, request, text};

/// What a person is to do, and what we ask about meanwhile (§3.2).
#[derive(Debug)]
pub struct DeviceAnswer {
    /// What we poll with.
    pub device_code: Secret,
    /// What the person types there: at most 64 characters of visible ASCII and spaces.
    pub user_code: String,
    /// Where: https, or http on loopback.
    pub verification_uri: Url,
    /// The same with the user code in it.
    pub verification_uri_complete: Option<Url>,
    /// The least time between two polls: 1 s to 5 min.
    pub interval: Lifetime,
    /// How long the codes live; at most a day.
    pub lifetime: Lifetime,
}

/// What a poll came to.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub enum Polled {
    /// The person declined.
    Denied,
    /// The codes' time is up.
    Expired,
    /// Anything else. Unless it is transient, polling must end (§3.5).
    Failed(TokenFault),
    /// Here are the tokens.
    Granted(TokenAnswer),
    /// The person has not answered yet.
    Pending,
    /// Not yet, and we ask too often.
    SlowDown,
}

/// How often to ask where the server does not say (§3.2).
const INTERVAL: Lifetime = Lifetime::from_seconds(5);
/// How long codes live where the server does not say, though it must.
const LIFETIME: Lifetime = Lifetime::from_minutes(10);
/// The longest that we keep asking.
const LONGEST: Lifetime = Lifetime::from_hours(24);

/// Asks for a pair of codes (§3.1).
pub fn request<'a>(endpoint: &Endpoint, client: &Client<'a>, scope: Option<&'a str>) -> Outgoing {
    let mut form = Form::default();
    form.put_some("scope", scope);
    request::post(Purpose::Check, endpoint, client, form)
}

/// The members that are read; `verification_url` is what it was called in drafts, and still is at Google.
const KNOWN: Known = &[
    "device_code",
    "error",
    "expires_in",
    "interval",
    "user_code",
    "verification_uri",
    "verification_uri_complete",
    "verification_url",
    "verification_url_complete",
];

/// Reads the answer to [`request`].
pub fn read(answer: &Answer) -> Result<DeviceAnswer, DeviceFault> {
    let mut object = open(answer, KNOWN, Encoding::JsonOrForm)?;
    let address = |uri, url| object.text(uri).or_else(|| object.text(url)).and_then(|text| endpoint::secure(text).ok());
    let verification_uri =
        address("verification_uri", "verification_url").ok_or(Strange::Missing("verification_uri"))?;
    let verification_uri_complete = address("verification_uri_complete", "verification_url_complete");
    let is_code = |code: &&str| code.len() <= 64 && code.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let user_code = object.text("user_code").map(str::trim).filter(is_code).filter(|code| !code.is_empty());
    let user_code = user_code.ok_or(Strange::Missing("user_code"))?.to_owned();
    let interval = match Stated::read(object.get("interval")) {
        Stated::Absent => INTERVAL,
        Stated::For(interval) => interval.clamp(Pace::SHORTEST, Pace::LONGEST),
        Stated::Zero => Pace::SHORTEST,
    };
    let lifetime = match Stated::read(object.get("expires_in")) {
        Stated::Absent | Stated::Zero => LIFETIME,
        Stated::For(lifetime) => lifetime.min(LONGEST),
    };
    let device_code = object.take_text("device_code").filter(|code| text::is_printable(code.expose()));
    Ok(DeviceAnswer {
        device_code: device_code.ok_or(Strange::Missing("device_code"))?,
        user_code,
        verification_uri,
        verification_uri_complete,
        interval,
        lifetime,
    })
}

/// Asks whether the person has answered (§3.4).
pub fn poll<'a>(endpoint: &Endpoint, client: &Client<'a>, device_code: &'a Secret) -> Outgoing {
    let mut form = Form::default();
    form.put("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    form.put("device_code", device_code.expose());
    request::post(Purpose::Token, endpoint, client, form)
}

/// Reads the answer to [`poll`] (§3.5). Errors come with any status: GitHub sends them with 200.
pub fn read_poll(answer: &Answer) -> Polled {
    match token::read(answer) {
        Ok(answer) => Polled::Granted(answer),
        Err(TokenFault::Refused(Refusal { code: ErrorCode::AccessDenied, .. })) => Polled::Denied,
        Err(TokenFault::Refused(Refusal { code: ErrorCode::AuthorizationPending, .. })) => Polled::Pending,
        Err(TokenFault::Refused(Refusal { code: ErrorCode::ExpiredToken, .. })) => Polled::Expired,
        Err(TokenFault::Refused(Refusal { code: ErrorCode::SlowDown, .. })) => Polled::SlowDown,
        Err(fault) => Polled::Failed(fault),
    }
}

#[cfg(test)]
mod tests;

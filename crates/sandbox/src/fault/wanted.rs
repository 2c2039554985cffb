//! Owns a fault as it is asked for, by a script in JSON or by a page's form.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{Fault, Faults, Listed, Word};
use crate::ask::{Ask, last};

/// A fault as it is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WantedFault {
    /// VK calls its endpoints methods.
    #[serde(alias = "method")]
    pub(crate) endpoint: Option<String>,
    pub(crate) answer: String,
    times: Option<u32>,
    after: Option<u32>,
    after_seconds: Option<u32>,
    address: Option<IpAddr>,
    other_than: Option<IpAddr>,
}

const FIELDS: &str = "a fault is a JSON object of answer and, if wanted, endpoint (at VK: method), times, after, after_seconds, \
     address, other_than";

impl WantedFault {
    /// Reads what was asked for.
    pub(crate) fn read(ask: &Ask) -> Result<Self, &'static str> {
        if ask.is_json() {
            return serde_json::from_slice(&ask.body).map_err(|_| FIELDS);
        }
        let form = ask.form();
        let get = |name| last(&form, name).map(str::trim).filter(|value| !value.is_empty());
        let number = |name| get(name).map(str::parse::<u32>).transpose().map_err(|_| "a number is not understood");
        let address = |name| get(name).map(str::parse::<IpAddr>).transpose().map_err(|_| "an address is no IP address");
        Ok(Self {
            endpoint: get("endpoint").or_else(|| get("method")).map(str::to_owned),
            answer: get("answer").unwrap_or_default().to_owned(),
            times: number("times")?,
            after: number("after")?,
            after_seconds: number("after_seconds")?,
            address: address("address")?,
            other_than: address("other_than")?,
        })
    }

    /// Sets it, with endpoint and answer understood.
    pub(crate) fn set<W: Word>(
        &self,
        faults: &mut Faults<W>,
        endpoint: Option<&'static str>,
        answer: W,
        now: Instant,
    ) -> Result<Listed, &'static str> {
        if self.times == Some(0) {
            return Err("times is 1 or more");
        }
        let fault = Fault {
            endpoint,
            answer,
            times: self.times,
            after: self.after.unwrap_or(0),
            begins_at: self.after_seconds.and_then(|seconds| now.checked_add(Duration::from_secs(seconds.into()))),
            address: self.address.map(|address| address.to_canonical()),
            other_than: self.other_than.map(|address| address.to_canonical()),
        };
        faults.set(fault).ok_or("100 faults are set already")?;
        faults.list(now).pop().ok_or("100 faults are set already")
    }
}

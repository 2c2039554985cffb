//! Owns the faults that somebody switched on: rules that are asked, in the order in which they were set, about every
//! request to an endpoint.
//!
//! A rule holds for one endpoint or for all, for some callers or for all, from now or later, so often or until cleared.

mod wanted;

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) use wanted::WantedFault;

/// So many rules may be set at a time.
pub(crate) const MOST: usize = 100;

/// What a rule can ask for: a word of a provider's vocabulary.
pub(crate) trait Word: Clone + fmt::Debug + fmt::Display {
    /// Reads one word; none when it is not in the vocabulary.
    fn parse(word: &str) -> Option<Self>;
    /// Whether it changes an answer instead of being one.
    fn is_modifier(&self) -> bool;
}

/// One rule.
#[derive(Clone, Debug)]
pub(crate) struct Fault<W> {
    /// The endpoint it is about; none: every endpoint.
    pub(crate) endpoint: Option<&'static str>,
    pub(crate) answer: W,
    /// How many requests it still answers; none: until it is cleared.
    pub(crate) times: Option<u32>,
    /// How many requests still pass before it begins.
    pub(crate) after: u32,
    /// When it begins; none: at once.
    pub(crate) begins_at: Option<Instant>,
    /// Only callers at this address.
    pub(crate) address: Option<IpAddr>,
    /// Only callers at any other address than this.
    pub(crate) other_than: Option<IpAddr>,
}

/// A rule as it is listed: with what is left of its limits.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) endpoint: Option<&'static str>,
    pub(crate) answer: String,
    pub(crate) times: Option<u32>,
    pub(crate) after: u32,
    pub(crate) after_seconds: u64,
    pub(crate) address: Option<IpAddr>,
    pub(crate) other_than: Option<IpAddr>,
}

/// The rules that are set.
#[derive(Debug)]
pub(crate) struct Faults<W> {
    last_id: u64,
    rules: Vec<(u64, Fault<W>)>,
}

impl<W> Default for Faults<W> {
    fn default() -> Self {
        Self { last_id: 0, rules: Vec::new() }
    }
}

impl<W> Fault<W> {
    fn concerns(&self, caller: IpAddr, now: Instant) -> bool {
        self.address.is_none_or(|only| only == caller)
            && self.other_than.is_none_or(|except| except != caller)
            && self.begins_at.is_none_or(|begin| begin <= now)
    }
}

impl<W: Word> Faults<W> {
    /// Sets a rule and returns its number; none when there are too many.
    pub(crate) fn set(&mut self, fault: Fault<W>) -> Option<u64> {
        if self.rules.len() >= MOST {
            return None;
        }
        self.last_id += 1;
        self.rules.push((self.last_id, fault));
        Some(self.last_id)
    }

    /// Clears every rule.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// What holds for this request, in the order of the rules, up to the first that gives an answer of its own. Counts the
    /// request for the rules that were asked.
    pub(crate) fn answers(&mut self, endpoint: &str, caller: IpAddr, now: Instant) -> Vec<W> {
        self.of(|only| only.is_none_or(|only| only == endpoint), caller, now)
    }

    /// The same, of the rules that name this endpoint.
    pub(crate) fn answers_by_name(&mut self, endpoint: &str, caller: IpAddr, now: Instant) -> Vec<W> {
        self.of(|only| only == Some(endpoint), caller, now)
    }

    fn of(&mut self, is_meant: impl Fn(Option<&'static str>) -> bool, caller: IpAddr, now: Instant) -> Vec<W> {
        let mut answers = Vec::new();
        for (_, fault) in &mut self.rules {
            if !is_meant(fault.endpoint) || !fault.concerns(caller, now) {
                continue;
            }
            if let Some(left) = fault.after.checked_sub(1) {
                fault.after = left;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times = times.saturating_sub(1);
            }
            answers.push(fault.answer.clone());
            if !fault.answer.is_modifier() {
                break;
            }
        }
        self.rules.retain(|(_, fault)| fault.times != Some(0));
        answers
    }

    /// The rules as they stand.
    pub(crate) fn list(&self, now: Instant) -> Vec<Listed> {
        self.rules
            .iter()
            .map(|(id, fault)| Listed {
                id: *id,
                endpoint: fault.endpoint,
                answer: fault.answer.to_string(),
                times: fault.times,
                after: fault.after,
                after_seconds: fault.begins_at.map_or(0, |begin| whole_seconds(begin.saturating_duration_since(now))),
                address: fault.address,
                other_than: fault.other_than,
            })
            .collect()
    }
}

impl Listed {
    /// As JSON; `endpoint` is how an endpoint is called here.
    pub(crate) fn to_json(&self, endpoint: &'static str) -> Value {
        json!({
            "id": self.id,
            endpoint: self.endpoint,
            "answer": self.answer,
            "times": self.times,
            "after": self.after,
            "after_seconds": self.after_seconds,
            "address": self.address,
            "other_than": self.other_than,
        })
    }
}

/// Rounded up, so that 0 means that it has begun.
fn whole_seconds(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;

//! Owns the faults that somebody switched on: rules that are asked, in the order in which they were set, about every call
//! of the API.
//!
//! A rule holds for one method or for all, for some callers or for all, from now or later, so often or until cleared.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::behaviour::Behaviour;

/// So many rules may be set at a time.
pub(crate) const MOST: usize = 100;

/// One rule.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The method it is about; none: every method.
    pub(crate) method: Option<&'static str>,
    pub(crate) answer: Behaviour,
    /// How many calls it still answers; none: until it is cleared.
    pub(crate) times: Option<u32>,
    /// How many calls still pass before it begins.
    pub(crate) after: u32,
    /// When it begins; none: at once.
    pub(crate) begins_at: Option<Instant>,
    /// Only callers at this address.
    pub(crate) address: Option<IpAddr>,
    /// Only callers at any other address than this.
    pub(crate) other_than: Option<IpAddr>,
}

/// A rule as it is listed: with what is left of its limits.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) method: Option<&'static str>,
    pub(crate) answer: String,
    pub(crate) times: Option<u32>,
    pub(crate) after: u32,
    pub(crate) after_seconds: u64,
    pub(crate) address: Option<IpAddr>,
    pub(crate) other_than: Option<IpAddr>,
}

/// The rules that are set.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    last_id: u64,
    rules: Vec<(u64, Fault)>,
}

impl Fault {
    fn concerns(&self, method: &str, caller: IpAddr, now: Instant) -> bool {
        self.method.is_none_or(|only| only == method)
            && self.address.is_none_or(|only| only == caller)
            && self.other_than.is_none_or(|except| except != caller)
            && self.begins_at.is_none_or(|begin| begin <= now)
    }
}

impl Faults {
    /// Sets a rule and returns its number; none when there are too many.
    pub(crate) fn set(&mut self, fault: Fault) -> Option<u64> {
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

    /// What holds for this call, in the order of the rules, up to the first that gives an answer of its own. Counts the call
    /// for the rules that were asked.
    pub(crate) fn answers(&mut self, method: &str, caller: IpAddr, now: Instant) -> Vec<Behaviour> {
        let mut answers = Vec::new();
        for (_, fault) in &mut self.rules {
            if !fault.concerns(method, caller, now) {
                continue;
            }
            if let Some(left) = fault.after.checked_sub(1) {
                fault.after = left;
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times = times.saturating_sub(1);
            }
            answers.push(fault.answer);
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
                method: fault.method,
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

/// Rounded up, so that 0 means that it has begun.
fn whole_seconds(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;

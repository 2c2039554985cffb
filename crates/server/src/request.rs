//! Owns what a handler is given: who asks, for what, and with which words.

use std::{
    borrow::Cow,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use grantkeep_core::{Account, Owner, Provider, Timestamp};
use grantkeep_keeper::DamagedCredential;

use crate::{auth::Permissions, fault::Fault};

/// The header by which a local caller says for which owner it acts.
pub const LOCAL_OWNER: &str = "grantkeep-owner";

/// Seconds after which the audit is told once more that a key is in use.
const TOLD_EVERY: u64 = 3600;

/// Longest id of a key by which the audit names it.
const LONGEST_ID: usize = 64;

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A browser in the middle of a login that this process does by itself: it is answered nothing else.
    Browser(IpAddr),
    /// A caller who may read the data directory anyway: over its socket, or in this process.
    Local,
    /// The network.
    Network(IpAddr),
}

/// Who asks, and what they may do.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) owner: Owner,
    pub(crate) may: Permissions,
    /// At which providers only; everywhere when none.
    pub(crate) providers: Option<Arc<[Provider]>>,
    /// By which name the audit knows them: `command`, `key k_…`, `jwt`.
    pub(crate) actor: Arc<str>,
    /// Of keys that were issued here.
    pub(crate) key: Option<KeyInUse>,
}

/// A key that is used, and when the audit was last told so.
#[derive(Debug)]
pub(crate) struct KeyInUse {
    pub(crate) id: Box<str>,
    told_at: AtomicI64,
}

impl KeyInUse {
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.into(), told_at: AtomicI64::new(i64::MIN) }
    }

    /// Whether the audit is to be told, which is so once an hour; whoever asks first tells it.
    pub(crate) fn is_to_be_told(&self, now: Timestamp) -> bool {
        let told_at = self.told_at.load(Ordering::Relaxed);
        let is_due = now.unix().abs_diff(told_at) >= TOLD_EVERY;
        is_due && self.told_at.compare_exchange(told_at, now.unix(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The name by which the audit knows whoever shows a JWT. One of another system, or with an id that is no word, is not named.
pub(crate) fn actor_of(key_id: Option<&str>) -> Arc<str> {
    let is_word = |id: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain)
    };
    match key_id.filter(|id| is_word(id)) {
        Some(id) => format!("key {id}").into(),
        None => "jwt".into(),
    }
}

impl Caller {
    /// Whether it may be told of this one. Where it comes from may be what does not read.
    pub(crate) fn may_see(&self, damaged: &DamagedCredential) -> bool {
        match damaged.provider {
            Some(provider) => self.may_use(provider).is_ok(),
            None => self.providers.is_none(),
        }
    }

    pub(crate) fn may_use(&self, provider: Provider) -> Result<(), Fault> {
        match &self.providers {
            Some(providers) if !providers.contains(&provider) => Err(Fault::ForbiddenProvider),
            _ => Ok(()),
        }
    }
}

/// The query of a request, decoded once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a>(pub(crate) Option<&'a str>);

impl<'a> Query<'a> {
    /// The one value of `name`; a repeated parameter is a fault, an unknown one is not looked at.
    pub(crate) fn one(self, name: &'static str) -> Result<Option<Cow<'a, str>>, Fault> {
        let Some(query) = self.0 else { return Ok(None) };
        let mut values =
            form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value);
        let value = values.next();
        if values.next().is_some() {
            return Err(Fault::RepeatedParameter(name));
        }
        // What is no UTF-8 was replaced, and would be looked for as something else.
        let is_replaced = |value: &Cow<'_, str>| value.contains(char::REPLACEMENT_CHARACTER);
        if value.as_ref().is_some_and(is_replaced) { Err(Fault::BadParameter(name)) } else { Ok(value) }
    }

    /// `account_name`, checked.
    pub(crate) fn account(self) -> Result<Option<Account>, Fault> {
        let name = self.one("account_name")?;
        name.map(|name| Account::new(&name).map_err(Fault::AccountName)).transpose()
    }

    /// A number from `least` to `most`.
    pub(crate) fn number(self, name: &'static str, least: i64, most: i64) -> Result<Option<i64>, Fault> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or(Fault::BadParameter(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_use_is_told_once_an_hour() {
        let key = KeyInUse::new("k_1");
        let told = |seconds: i64| key.is_to_be_told(Timestamp::from_unix(1_768_059_000 + seconds));
        assert_eq!([0, 0, 3599, 3600, 3601, 7199, 7200].map(told), [true, false, false, true, false, false, true]);
        assert!(told(-1), "a clock that was set back by hours does not silence it");
    }

    #[test]
    fn only_a_key_of_ours_is_named() {
        for (id, expected) in [
            (Some("k_0123456789abcdef"), "key k_0123456789abcdef"),
            (Some("a b"), "jwt"),
            (Some(""), "jwt"),
            (None, "jwt"),
        ] {
            assert_eq!(&*actor_of(id), expected);
        }
        assert_eq!(&*actor_of(Some(&"k".repeat(65))), "jwt");
    }
}

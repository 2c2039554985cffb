//! Owns what a handler is given: who asks, for what, and with which words.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use grantkeep_core::{Account, Owner, Provider};

use crate::{auth::Permissions, fault::Fault};

/// The header by which a local caller says for which owner it acts.
pub const LOCAL_OWNER: &str = "grantkeep-owner";

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
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) owner: Owner,
    pub(crate) may: Permissions,
    /// At which providers only; everywhere when none.
    pub(crate) providers: Option<Arc<[Provider]>>,
}

impl Caller {
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
        if values.next().is_some() { Err(Fault::RepeatedParameter(name)) } else { Ok(value) }
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

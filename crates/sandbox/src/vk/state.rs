//! Owns what the emulated VK remembers while it runs: the faults that are set, how often it was asked, codes and sessions of
//! VK ID, and its own address. Nothing about access tokens but a hash for a second, nothing on disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;

use super::behaviour::Behaviour;
use super::code::Codes;
use super::id::Sessions;
use super::rate::Rate;
use crate::desk::lock;
use crate::fault::Faults;
use crate::log::Log;
use crate::provider::Site;

/// Shared by all connections.
#[derive(Debug)]
pub(crate) struct State {
    /// `http://127.0.0.1:8001`
    pub(crate) base: String,
    pub(crate) site: Site,
    faults: Mutex<Faults<Behaviour>>,
    rate: Mutex<Rate>,
    counts: Mutex<Counts>,
    log: Mutex<Log>,
    codes: Mutex<Codes>,
    sessions: Mutex<Sessions>,
}

/// How often the API was asked, since the sandbox started.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Counts {
    /// Calls of the API, by method.
    pub(crate) methods: BTreeMap<&'static str, u64>,
    /// Calls of methods that do not exist.
    pub(crate) unknown: u64,
    /// Requests that followed a `redirect`.
    pub(crate) elsewhere: u64,
    /// Requests to the authorize page, answered or not.
    pub(crate) authorize: u64,
}

impl State {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            base: site.base.clone(),
            site,
            faults: Mutex::default(),
            rate: Mutex::default(),
            counts: Mutex::default(),
            log: Mutex::default(),
            codes: Mutex::default(),
            sessions: Mutex::default(),
        }
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults<Behaviour>> {
        lock(&self.faults)
    }

    pub(crate) fn rate(&self) -> MutexGuard<'_, Rate> {
        lock(&self.rate)
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        lock(&self.counts)
    }

    /// What reached the endpoints that are no methods.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// Codes that were not exchanged yet, of the legacy flow and of VK ID.
    pub(crate) fn codes(&self) -> MutexGuard<'_, Codes> {
        lock(&self.codes)
    }

    /// What is known of VK ID's sessions.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }
}

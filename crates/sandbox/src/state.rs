//! Owns what the sandbox remembers while it runs: the faults that are set, how often it was asked, and its own address.
//! Nothing about tokens but a hash for a second, nothing on disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::fault::Faults;
use crate::rate::Rate;

/// Shared by all connections.
#[derive(Debug)]
pub(crate) struct State {
    /// `http://127.0.0.1:8001`
    pub(crate) base: String,
    pub(crate) address: SocketAddr,
    faults: Mutex<Faults>,
    rate: Mutex<Rate>,
    counts: Mutex<Counts>,
}

/// How often the sandbox was asked, since it started.
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
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            base: format!("http://{address}"),
            address,
            faults: Mutex::default(),
            rate: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn rate(&self) -> MutexGuard<'_, Rate> {
        lock(&self.rate)
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        lock(&self.counts)
    }
}

/// Each holds plain numbers that are right after every statement, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Owns the answers of `find` that are kept in memory: bounded, and never older than the last answered write.
//!
//! A reader that finds nothing holds a placeholder while it reads the database; a write replaces or removes the placeholder, so
//! what was read before the write is not kept after it.

use std::{hash::Hash, sync::Arc};

use grantkeep_core::{Account, Credential, Owner, Provider};
use quick_cache::{
    Equivalent,
    sync::{Cache, GuardResult},
};

use crate::{Found, StoreFault};

/// About 700 bytes each: at most some 90 MB.
const MOST: usize = 131_072;

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Key {
    owner: Owner,
    provider: Provider,
    account: Option<Account>,
}

/// A key that borrows, so that a hit allocates nothing.
#[derive(Clone, Copy, Hash)]
struct Lookup<'a> {
    owner: &'a Owner,
    provider: Provider,
    account: Option<&'a Account>,
}

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.provider == key.provider && self.owner == &key.owner && self.account == key.account.as_ref()
    }
}

impl Lookup<'_> {
    fn to_key(self) -> Key {
        Key { owner: self.owner.clone(), provider: self.provider, account: self.account.cloned() }
    }
}

#[derive(Debug)]
pub(crate) struct FoundCache(Option<Cache<Key, Found>>);

impl FoundCache {
    /// `alone`: whether this process alone writes the database; otherwise nothing may be kept.
    pub(crate) fn new(alone: bool) -> Self {
        Self(alone.then(|| Cache::new(MOST)))
    }

    /// From memory, or by `read`, which is then kept. "None" is not kept: hostile questions must not fill the memory.
    pub(crate) fn find(
        &self,
        owner: &Owner,
        provider: Provider,
        account: Option<&Account>,
        read: impl FnOnce() -> Result<Option<Found>, StoreFault>,
    ) -> Result<Option<Found>, StoreFault> {
        let Some(cache) = &self.0 else { return read() };
        let lookup = Lookup { owner, provider, account };
        if let Some(found) = cache.get(&lookup) {
            return Ok(Some(found));
        }
        match cache.get_value_or_guard(&lookup.to_key(), None) {
            GuardResult::Value(found) => Ok(Some(found)),
            GuardResult::Timeout => read(),
            GuardResult::Guard(guard) => {
                let found = read()?;
                if let Some(found) = &found {
                    // Refused when a write came in between: then the next reader asks the database again.
                    let _ = guard.insert(found.clone());
                }
                Ok(found)
            }
        }
    }

    /// Takes a credential as a committed write left it.
    pub(crate) fn remember(&self, credential: Credential) {
        let Some(cache) = &self.0 else { return };
        let (owner, provider) = (credential.owner.clone(), credential.provider);
        // Whether it is the latest, and the only one, is for the next question to find out.
        cache.remove(&Lookup { owner: &owner, provider, account: None });
        let key = Key { owner, provider, account: Some(credential.account.clone()) };
        cache.insert(key, Found { credential: Arc::new(credential), only: false });
    }

    /// Forgets what a committed write of this credential may have changed.
    pub(crate) fn forget(&self, credential: &Credential) {
        let Some(cache) = &self.0 else { return };
        let (owner, provider) = (&credential.owner, credential.provider);
        cache.remove(&Lookup { owner, provider, account: Some(&credential.account) });
        cache.remove(&Lookup { owner, provider, account: None });
    }
}

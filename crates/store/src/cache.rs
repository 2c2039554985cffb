//! Owns the answers of `find` that are kept in memory: bounded, and never older than the last answered write.
//!
//! A reader that finds nothing holds a placeholder while it reads the database; a write replaces or removes the placeholder, so
//! what was read before the write is not kept after it.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use grantkeep_core::{Account, Credential, Owner, Provider};
use quick_cache::{
    Equivalent, Weighter,
    sync::{Cache, GuardResult},
};

use crate::{Found, StoreFault};

/// How many there are when all of them are of the usual size.
const USUAL: usize = 131_072;

/// In bytes. A token of a few hundred bytes weighs less than a KiB; 100,000 of those were measured at 92 MB with the rest of the server.
const MOST: u64 = 128 * 1024 * 1024;

/// What a credential takes beside its texts and secrets: its pieces of memory each cost something too.
const FIXED: usize = size_of::<Credential>() + 192;

/// Owner, provider and account in one piece of memory: every further piece would be another wait for memory on a hit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key(Box<str>);

/// A key that borrows, so that a hit allocates nothing.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    owner: &'a Owner,
    provider: Provider,
    account: Option<&'a Account>,
}

/// Stands between the parts of a key and in none of them: it is a control character.
const BETWEEN: &str = "\0";

impl Lookup<'_> {
    fn parts(&self) -> [&str; 5] {
        // No account has an empty name, so none is told from every one.
        let account = self.account.map_or("", Account::as_str);
        [self.provider.as_str(), BETWEEN, self.owner.as_str(), BETWEEN, account]
    }

    fn to_key(self) -> Key {
        Key(self.parts().concat().into())
    }
}

/// By the pieces, without putting them together.
impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().iter().for_each(|part| state.write(part.as_bytes()));
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut rest = &*self.0;
        // The same pieces as a lookup has: a hasher may tell them from their sum.
        for _ in 0..2 {
            let Some((part, after)) = rest.split_once(BETWEEN) else { break };
            state.write(part.as_bytes());
            state.write(BETWEEN.as_bytes());
            rest = after;
        }
        state.write(rest.as_bytes());
    }
}

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        let mut rest = &*key.0;
        let begins = self.parts().iter().all(|part| match rest.strip_prefix(part) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        });
        begins && rest.is_empty()
    }
}

#[derive(Clone, Debug)]
struct Weigher;

impl Weighter<Key, Found> for Weigher {
    fn weight(&self, key: &Key, found: &Found) -> u64 {
        let (grant, server) = (&found.credential.grant, &found.credential.server);
        let sealed = [Some(&grant.access_token), grant.refresh_token.as_ref(), grant.device_id.as_ref()];
        let texts = [&grant.scope.asked, &grant.scope.granted, server];
        let sealed: usize = sealed.into_iter().flatten().map(|sealed| sealed.0.len()).sum();
        let texts: usize = texts.into_iter().flatten().map(|text| text.len()).sum();
        // The names stand in the key and in the credential.
        (FIXED + sealed + texts + 2 * key.0.len()) as u64
    }
}

#[derive(Debug)]
pub(crate) struct FoundCache(Option<Cache<Key, Found, Weigher>>);

impl FoundCache {
    /// `alone`: whether this process alone writes the database; otherwise nothing may be kept.
    pub(crate) fn new(alone: bool) -> Self {
        Self(alone.then(|| Cache::with_weighter(USUAL, MOST, Weigher)))
    }

    /// From memory, if it is there.
    pub(crate) fn recall(&self, owner: &Owner, provider: Provider, account: Option<&Account>) -> Option<Found> {
        self.0.as_ref()?.get(&Lookup { owner, provider, account })
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
    pub(crate) fn remember(&self, credential: Arc<Credential>) {
        let Some(cache) = &self.0 else { return };
        let (owner, provider) = (credential.owner.clone(), credential.provider);
        // Whether it is the latest, and the only one, is for the next question to find out.
        cache.remove(&Lookup { owner: &owner, provider, account: None });
        let key = Lookup { owner: &owner, provider, account: Some(&credential.account) }.to_key();
        cache.insert(key, Found { credential, only: false });
    }

    /// Forgets everything, after a write that may have changed everything.
    pub(crate) fn forget_all(&self) {
        if let Some(cache) = &self.0 {
            cache.clear();
        }
    }

    /// Forgets what a committed write of this credential may have changed.
    pub(crate) fn forget(&self, credential: &Credential) {
        let Some(cache) = &self.0 else { return };
        let (owner, provider) = (&credential.owner, credential.provider);
        cache.remove(&Lookup { owner, provider, account: Some(&credential.account) });
        cache.remove(&Lookup { owner, provider, account: None });
    }
}

#[cfg(test)]
mod tests;

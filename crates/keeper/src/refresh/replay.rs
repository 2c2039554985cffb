//! Owns answers that wait in the spool: they are brought into their rows when whoever asked has had its time.
//!
//! What is wrong with one, or with its credential, holds up no other. One that can never be stored stays where it is, told of once:
//! no token is thrown away, and its credential says that the answer was lost.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use grantkeep_core::{Credential, Uid};
use grantkeep_store::{Spooled, StoreFault};

use super::{
    answer::Kept,
    step::{self, Step},
};
use crate::{KeepFault, Keeper};

/// Answers in the spool that cannot be stored, as far as this process knows: their number, their credential, and of which of its
/// tokens they are.
#[derive(Debug, Default)]
pub(crate) struct Aside(Mutex<HashSet<(i64, Uid, i64)>>);

impl Aside {
    /// Whether it was not known yet.
    fn put(&self, entry: &Spooled) -> bool {
        self.with(|aside| aside.insert(key(entry)))
    }

    fn has(&self, entry: &Spooled) -> bool {
        self.with(|aside| aside.contains(&key(entry)))
    }

    fn forget(&self, entry: &Spooled) {
        self.with(|aside| aside.remove(&key(entry)));
    }

    /// Whether there is one for the token that this credential has.
    pub(super) fn holds_newer(&self, than: &Credential) -> bool {
        let is_newer =
            |(_, uid, generation): &(i64, Uid, i64)| *uid == than.uid && *generation == than.grant.generation;
        self.with(|aside| aside.iter().any(is_newer))
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashSet<(i64, Uid, i64)>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const fn key(spooled: &Spooled) -> (i64, Uid, i64) {
    (spooled.id, spooled.entry.uid, spooled.entry.generation)
}

/// Whether it would be the same however often it was tried.
pub(super) const fn is_lasting(fault: &KeepFault) -> bool {
    match fault {
        KeepFault::Seal(_) => true,
        KeepFault::Store(fault) => !(fault.is_passing() || matches!(fault, StoreFault::Closed | StoreFault::Stale)),
        _ => false,
    }
}

impl Keeper {
    /// Brings answers from the spool into their rows: those whose askers had their time.
    pub(crate) async fn replay(&self) -> Result<(), KeepFault> {
        let now = self.now();
        for spooled in self.store.spooled().await? {
            if spooled.entry.leased_until > now {
                continue;
            }
            let (entry, credential) = (spooled.id, spooled.entry.credential);
            match self.bring_in(&spooled).await {
                Ok(()) => {}
                Err(fault) if !is_lasting(&fault) => {
                    tracing::warn!(%fault, entry, credential, "a renewed token in the spool could not be brought in yet");
                }
                Err(fault) if self.aside.put(&spooled) => {
                    tracing::error!(%fault, entry, credential, "a renewed token in the spool cannot be brought in; it stays there");
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    async fn bring_in(&self, spooled: &Spooled) -> Result<(), KeepFault> {
        let Spooled { id, entry } = spooled;
        let before = self.store.get(&entry.owner, entry.credential).await?;
        let before = before.filter(|it| it.uid == entry.uid && it.grant.generation == entry.generation);
        let Some(before) = before else {
            // Forgotten, or there is a newer token.
            self.aside.forget(spooled);
            return Ok(self.store.unspool(*id).await?);
        };
        if self.aside.has(spooled) {
            return Ok(());
        }
        let renewed = self.with_spooled(&before, spooled)?;
        step::reached(Step::Replaying);
        match self.store.renew(renewed.clone(), Some(*id)).await {
            Ok(stored) => {
                tracing::info!(credential = stored.id, "a renewed token was brought in from the spool");
                if let Err(fault) = self.was_stored(&before, stored).await {
                    tracing::warn!(%fault, credential = before.id, "a renewed token could not be checked");
                }
                Ok(())
            }
            Err(StoreFault::Stale) => match self.was_superseded(&before, &renewed, *id).await {
                Ok(_) | Err(KeepFault::NotFound) => Ok(()),
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault.into()),
        }
    }

    fn with_spooled(&self, before: &Credential, spooled: &Spooled) -> Result<Credential, KeepFault> {
        let text = self.open_column(before, "renewed", &spooled.entry.answer)?;
        let damaged = StoreFault::Corrupt { table: "spool", id: spooled.id, column: "answer" };
        let kept = Kept::read(&text).ok_or(damaged)?;
        self.with_answer(before, &kept)
    }
}

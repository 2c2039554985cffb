//! Owns the watcher: asks again, by itself, about tokens of which a provider has given no clear answer yet.
//!
//! Driven by what is due next, never by walking all rows.

use std::{sync::Arc, time::Duration};

use grantkeep_core::{Credential, Lifetime};
use tokio::task::JoinSet;

use crate::{KeepFault, Keeper};

/// The longest sleep, so that a machine that was suspended, or whose clock was set, is back soon.
const LONGEST_SLEEP: Duration = Duration::from_secs(37);

/// After a fault of the store, so that it is not asked in a loop.
const AFTER_FAULT: Duration = Duration::from_secs(30);

/// How long it can be asked what became of a login.
const FORGOTTEN_AFTER: Lifetime = Lifetime::from_hours(24);

/// Asked about at once.
const AT_ONCE: usize = 8;

impl Keeper {
    /// Watches for ever; end it by dropping the future.
    pub async fn watch(self: Arc<Self>) {
        loop {
            let sleep = match self.until_next().await {
                Ok(wait) => wait,
                Err(fault) => {
                    tracing::warn!(%fault, "the watcher could not read what is due");
                    AFTER_FAULT
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = self.due_changed.notified() => continue,
            }
            self.sweep().await;
            if let Err(fault) = self.ask_about_due().await {
                tracing::warn!(%fault, "a token could not be checked");
                tokio::time::sleep(AFTER_FAULT).await;
            }
        }
    }

    /// Ends logins that nobody came back for, and forgets those of yesterday.
    async fn sweep(&self) {
        let now = self.now();
        if let Err(fault) = self.store.sweep_authorizations(now, now.before(FORGOTTEN_AFTER)).await {
            tracing::warn!(%fault, "logins that are over could not be swept");
        }
    }

    async fn until_next(&self) -> Result<Duration, KeepFault> {
        let next = self.store.next_due().await?;
        let wait = next.map_or(LONGEST_SLEEP, |at| Duration::from_secs(at.since(self.now()).seconds()));
        Ok(wait.min(LONGEST_SLEEP))
    }

    /// Asks about everything that is due now. The first fault is told after all have been asked about.
    pub(crate) async fn ask_about_due(self: &Arc<Self>) -> Result<(), KeepFault> {
        let due = self.store.due(self.now(), AT_ONCE).await?;
        let mut asking = JoinSet::new();
        for credential in due {
            let keeper = Arc::clone(self);
            asking.spawn(async move { keeper.recheck_due(credential).await });
        }
        asking.join_all().await.into_iter().collect()
    }

    async fn recheck_due(&self, credential: Credential) -> Result<(), KeepFault> {
        match self.recheck(credential).await {
            // Forgotten meanwhile.
            Ok(_) | Err(KeepFault::NotFound) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

//! Owns the watcher: asks again, by itself, about tokens of which a provider has given no clear answer yet, and renews those that
//! are due.
//!
//! Driven by what is due next, never by walking all rows.

mod check;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use grantkeep_core::{Credential, CredentialId, Lifetime, Progress};
use grantkeep_store::Due;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{KeepFault, Keeper, refresh::Why};
pub(crate) use check::Checks;

/// The longest sleep, so that a machine that was suspended, or whose clock was set, is back soon.
const LONGEST_SLEEP: Duration = Duration::from_secs(37);

/// After a fault of the store, so that it is not asked in a loop.
const AFTER_FAULT: Duration = Duration::from_secs(30);

/// How long it can be asked what became of a login.
const FORGOTTEN_AFTER: Lifetime = Lifetime::from_hours(24);

/// When something has been due and nothing could be done about it: somebody is at it, or its row is damaged.
const AFTER_NOTHING: Duration = Duration::from_secs(2);

/// What changes in one moment is looked at together.
const SHORTLY: Duration = Duration::from_millis(200);

/// Renewed at once.
const RENEWED_AT_ONCE: usize = 64;

/// After that the watcher no longer waits for one; it goes on by itself.
const LONGEST_RENEWAL: Duration = Duration::from_secs(120);

impl Keeper {
    /// Does for ever what is to be done without being asked: asks about tokens, renews them, tells people, writes the audit down. Ends
    /// only when a part of it has broken, which must not go unnoticed; end it by dropping the future.
    pub async fn watch_everything(self: Arc<Self>) {
        let mut watchers = JoinSet::new();
        watchers.spawn(Arc::clone(&self).watch());
        watchers.spawn(Arc::clone(&self).watch_renewals());
        watchers.spawn(Arc::clone(&self).watch_notices());
        watchers.spawn(async move { self.watch_audit().await });
        let _ = watchers.join_next().await;
        tracing::error!("a watcher ended by itself");
    }

    /// Watches for ever; end it by dropping the future.
    pub async fn watch(self: Arc<Self>) {
        let mut checks = Checks::default();
        let mut sweeps_at = (self.world.steady)();
        loop {
            let sleep = match self.until_next(Due::Check).await {
                Ok(wait) => wait,
                Err(fault) => {
                    tracing::warn!(%fault, "the watcher could not read what is due");
                    AFTER_FAULT
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = self.due_changed.notified() => tokio::time::sleep(SHORTLY).await,
            }
            // Logins end by minutes: not a write for each token that is due.
            if (self.world.steady)() >= sweeps_at {
                self.sweep().await;
                sweeps_at = (self.world.steady)() + LONGEST_SLEEP;
            }
            if let Err(fault) = self.begin_checks(&mut checks).await {
                tracing::warn!(%fault, "the watcher could not read what is due");
                tokio::time::sleep(AFTER_FAULT).await;
            }
        }
    }

    /// Wakes those who would sleep beyond the next moment of this credential.
    pub(crate) fn wake_watchers(&self, credential: &Credential) {
        let soon = self.now().after(Lifetime::from_seconds(LONGEST_SLEEP.as_secs()));
        if credential.check_at.is_some_and(|at| at <= soon) {
            self.due_changed.notify_one();
        }
        if credential.renewal.at.is_some_and(|at| at <= soon) {
            self.renewals_changed.notify_one();
        }
    }

    /// Renews what is due, for ever; end it by dropping the future. What has been sent by then is finished all the same.
    pub async fn watch_renewals(self: Arc<Self>) {
        let places = Arc::new(Semaphore::new(RENEWED_AT_ONCE));
        self.renew_all_due(&places).await;
        loop {
            let sleep = match self.until_next(Due::Renewal).await {
                Ok(wait) => wait,
                Err(fault) => {
                    tracing::warn!(%fault, "the watcher could not read what is to be renewed");
                    AFTER_FAULT
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = self.renewals_changed.notified() => tokio::time::sleep(SHORTLY).await,
            }
            self.renew_all_due(&places).await;
        }
    }

    async fn renew_all_due(self: &Arc<Self>, places: &Arc<Semaphore>) {
        // Each once: what could not be done, because storage does not take it, is still due.
        let mut begun = HashSet::new();
        loop {
            match self.begin_due(places, &mut begun).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => {
                    tracing::warn!(%fault, "tokens could not be renewed");
                    tokio::time::sleep(AFTER_FAULT).await;
                    return;
                }
            }
        }
    }

    /// Begins to renew what is due now and has not been begun before, as soon as there is room for each. Whether there may be more.
    pub(crate) async fn begin_due(
        self: &Arc<Self>,
        places: &Arc<Semaphore>,
        begun: &mut HashSet<CredentialId>,
    ) -> Result<bool, KeepFault> {
        self.replay().await?;
        // Those that are being renewed are still due.
        let due = self.store.due(Due::Renewal, self.now(), 2 * RENEWED_AT_ONCE).await?;
        let mut has_begun = false;
        for credential in due {
            if begun.contains(&credential.id) {
                continue;
            }
            // They have no lease before they have asked for one.
            let Some(beginning) = self.beginning.begin(credential.id) else { continue };
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(false) };
            has_begun = true;
            begun.insert(credential.id);
            let keeper = Arc::clone(self);
            tokio::spawn(async move {
                // Why it came to nothing stands in the row and in the log.
                let renewed = keeper.renew(credential, Why::Due, LONGEST_RENEWAL).await;
                drop(beginning);
                drop(place);
                // Where nothing has changed, looking again at once would find the same.
                if !matches!(renewed, Err(KeepFault::CannotRenew | KeepFault::Store(_))) {
                    keeper.renewals_changed.notify_one();
                }
            });
        }
        Ok(has_begun)
    }

    /// Ends logins that nobody came back for, and forgets those of yesterday.
    async fn sweep(&self) {
        let now = self.now();
        match self.store.sweep_authorizations(now, now.before(FORGOTTEN_AFTER)).await {
            Ok(ended) => self.metrics.ended(Progress::Expired, ended),
            Err(fault) => tracing::warn!(%fault, "logins that are over could not be swept"),
        }
    }

    /// For a moment where something is due already, because all of that has just been looked at.
    async fn until_next(&self, what: Due) -> Result<Duration, KeepFault> {
        let now = self.now();
        let next = self.store.next_due(what, now).await?;
        let wait = next.map_or(LONGEST_SLEEP, |at| Duration::from_secs(at.since(now).seconds()));
        Ok(if wait.is_zero() { AFTER_NOTHING } else { wait.min(LONGEST_SLEEP) })
    }
}

/// Credentials that the watcher is at.
#[derive(Debug, Default)]
pub(crate) struct Beginning(Arc<Mutex<HashSet<CredentialId>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Begun {
    all: Arc<Mutex<HashSet<CredentialId>>>,
    id: CredentialId,
}

#[cfg(test)]
impl Beginning {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Beginning {
    /// None: it has begun already.
    fn begin(&self, id: CredentialId) -> Option<Begun> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        is_new.then(|| Begun { all: Arc::clone(&self.0), id })
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

//! Owns the watcher's questions about tokens: many at once, few of them at one provider, and none but a probe while that one gives no
//! clear answer. So whoever is silent holds up its own tokens alone.

use std::{collections::HashMap, sync::Arc, time::Duration};

use grantkeep_core::{Credential, Lifetime};
use grantkeep_store::{Due, StoreFault};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{AFTER_FAULT, Beginning};
use crate::{
    KeepFault, Keeper,
    refresh::{Hosts, Sign},
};

/// Begun at once; most of them wait for their turn.
const MOST: usize = 256;

/// Asked about at once, at all providers and at one.
const AT_ONCE: usize = 64;
const AT_ONE_PLACE: usize = 8;

/// A token that could not even be asked about is tried again then.
const PUT_OFF_FOR: Lifetime = Lifetime::from_hours(1);

/// One whose provider is silent, once to twice as long.
const SILENT_FOR: Duration = Duration::from_secs(300);

/// Who is being asked about, and how their providers answer. Whoever drops it asks no more.
#[derive(Debug)]
pub(crate) struct Checks {
    begun: JoinSet<()>,
    under_way: Beginning,
    all: Arc<Semaphore>,
    places: HashMap<String, Arc<Semaphore>>,
    /// Apart from what renewals know: who is silent here may well renew.
    hosts: Arc<Hosts>,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            begun: JoinSet::new(),
            under_way: Beginning::default(),
            all: Arc::new(Semaphore::new(AT_ONCE)),
            places: HashMap::new(),
            hosts: Arc::default(),
        }
    }
}

impl Checks {
    /// Waits until nothing is under way.
    #[cfg(test)]
    pub(crate) async fn ended(&mut self) {
        while self.begun.join_next().await.is_some() {}
    }

    /// Forgets what has ended.
    fn tidy(&mut self) {
        while self.begun.try_join_next().is_some() {}
        self.places.retain(|_, turns| Arc::strong_count(turns) > 1);
    }
}

impl Keeper {
    /// Begins to ask about what is due.
    pub(crate) async fn begin_checks(self: &Arc<Self>, checks: &mut Checks) -> Result<(), KeepFault> {
        checks.tidy();
        // Those that are being asked about are still due.
        for credential in self.store.due(Due::Check, self.now(), MOST).await? {
            let Some(begun) = checks.under_way.begin(credential.id) else { continue };
            let place = place_of(&credential);
            let turns = checks.places.entry(place.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONE_PLACE)));
            let (turns, all, hosts) = (Arc::clone(turns), Arc::clone(&checks.all), Arc::clone(&checks.hosts));
            let keeper = Arc::clone(self);
            checks.begun.spawn(async move {
                let (turn, one_of_all) = (turns.acquire_owned().await, all.acquire_owned().await);
                let id = credential.id;
                let result = keeper.check_due(credential, &place, &hosts).await;
                drop((turn, one_of_all));
                if let Err(fault) = result {
                    // It is still due, and whoever was asked would be asked in a loop.
                    tracing::warn!(%fault, credential = id, "what is known of a token could not be stored");
                    tokio::time::sleep(AFTER_FAULT).await;
                }
                drop(begun);
            });
        }
        Ok(())
    }

    async fn check_due(self: &Arc<Self>, credential: Credential, place: &str, hosts: &Hosts) -> Result<(), KeepFault> {
        if hosts.admit(place, self.steady()).is_err() {
            return self.put_off(credential, self.spread(SILENT_FOR)).await;
        }
        let (keeper, asked) = (Arc::clone(self), credential.clone());
        // In a task of its own, so that one that panics is put off like any other.
        match tokio::spawn(async move { keeper.recheck(asked).await }).await {
            Ok(Ok(checked)) => {
                let sign = if checked.evidence.unclear.is_some() { Sign::Declines } else { Sign::Answers };
                let [chance, ..] = (self.world.random)();
                hosts.report(place, sign, f64::from(chance) / 255.0, self.steady());
                return Ok(());
            }
            // Forgotten meanwhile.
            Ok(Err(KeepFault::NotFound)) => return Ok(()),
            Ok(Err(fault)) => tracing::warn!(%fault, credential = credential.id, "a token could not be checked"),
            Err(_) => tracing::error!(credential = credential.id, "the check of a token broke off"),
        }
        self.put_off(credential, PUT_OFF_FOR).await
    }

    /// Out of the way of the others, as far as storage takes that.
    async fn put_off(&self, credential: Credential, wait: Lifetime) -> Result<(), KeepFault> {
        let check_at = Some(self.now().after(wait));
        match self.store.update(Credential { check_at, ..credential }).await {
            Ok(_) | Err(StoreFault::Stale) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Whom a credential's token comes from, and who is asked about it: known without asking anybody.
fn place_of(credential: &Credential) -> String {
    format!("{} {}", credential.provider.as_str(), credential.server.as_deref().unwrap_or_default())
}

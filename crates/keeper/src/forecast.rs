//! Owns the forecast over many credentials: of one owner, soonest first; and of all, counted for a monitoring system.
//!
//! Rows are read in small pages, and never more than a bounded number of them for what nobody asked with a key.

use std::{
    collections::{BTreeMap, BinaryHeap},
    sync::Arc,
    time::Duration,
};

use grantkeep_core::{Account, CredentialId, Owner, Provider, State, Timestamp, forecast::Why};
use grantkeep_store::{DamagedCredential, Listing, id_of};
use tokio::{sync::Mutex, time::Instant};

use crate::{KeepFault, Keeper};

/// A page of rows takes about a millisecond, for which a thread answers nobody else.
const PAGE: usize = 200;

/// So many rows are looked at while somebody waits; more are looked at for whoever asks next.
const FEW: u64 = 100_000;

/// A census is good for so long; one of more rows for longer, because it takes a second for every 100,000.
const COUNTED_AFTER: Duration = Duration::from_secs(60);
const MANY_COUNTED_AFTER: Duration = Duration::from_secs(600);

/// When a person is needed for a credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Forecast {
    /// When.
    pub at: Timestamp,
    /// For which.
    pub credential: CredentialId,
    /// Where it comes from.
    pub provider: Provider,
    /// Its name.
    pub account: Account,
    /// Why: a name of [`Why`].
    pub why: &'static str,
}

/// How many credentials there are, of all owners, and when a person is next needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// By provider.
    pub kept: BTreeMap<Provider, u64>,
    /// By provider and state; none while not all have been looked at yet, because there are very many.
    pub states: Option<BTreeMap<Provider, BTreeMap<State, u64>>>,
    /// When a person is next needed, by provider.
    pub needed: BTreeMap<Provider, Timestamp>,
    /// Notices that a channel does not have yet.
    pub outbox: u64,
}

/// The latest census, and when it was taken by the steady clock.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Option<(Instant, Arc<Census>)>>);

impl Keeper {
    /// For which of the owner's credentials a person is needed, soonest first: at most `limit` of them, after that moment and
    /// credential, at providers that `may` allows. And all of the owner's that are damaged, of which that is not known.
    pub async fn forecast(
        &self,
        owner: &Owner,
        after: Option<(Timestamp, CredentialId)>,
        limit: usize,
        may: &(dyn Fn(Provider) -> bool + Sync),
    ) -> Result<(Vec<Forecast>, Vec<DamagedCredential>), KeepFault> {
        let now = self.now();
        let (mut soonest, mut damaged) = (BinaryHeap::with_capacity(limit + 1), Vec::new());
        let mut listing = Listing { owner, provider: None, after: 0, limit: PAGE };
        loop {
            let page = self.store.list(listing).await?;
            let (read, last) = (page.len(), page.last().map(id_of));
            for row in page {
                let credential = match row {
                    Ok(credential) => credential,
                    Err(one) => {
                        damaged.push(one);
                        continue;
                    }
                };
                let Some(need) = credential.need(now).filter(|_| may(credential.provider)) else { continue };
                if after.is_some_and(|after| (need.at, credential.id) <= after) {
                    continue;
                }
                soonest.push(Forecast {
                    at: need.at,
                    credential: credential.id,
                    provider: credential.provider,
                    account: credential.account,
                    why: need.why.as_str(),
                });
                if soonest.len() > limit {
                    soonest.pop();
                }
            }
            match last {
                Some(last) if read == PAGE => listing.after = last,
                _ => return Ok((soonest.into_sorted_vec(), damaged)),
            }
            tokio::task::yield_now().await;
        }
    }

    /// How many credentials there are and when a person is next needed, as of a minute ago at most. With very many, what each of
    /// them is in is as of ten minutes ago, and is not known at first.
    pub async fn census(self: &Arc<Self>) -> Result<Arc<Census>, KeepFault> {
        let mut latest = self.counted.0.lock().await;
        let now = (self.world.steady)();
        if let Some((at, census)) = &*latest {
            let good_for = if census.is_of_many() { MANY_COUNTED_AFTER } else { COUNTED_AFTER };
            if now.saturating_duration_since(*at) < good_for {
                return Ok(Arc::clone(census));
            }
        }
        let before = latest.take().map(|(_, census)| census).unwrap_or_default();
        let mut census = Census {
            kept: self.store.count_by_provider().await?.into_iter().collect(),
            outbox: self.store.outbox_waiting().await?,
            states: before.states.clone(),
            needed: before.needed.clone(),
        };
        if census.is_of_many() {
            let keeper = Arc::clone(self);
            tokio::spawn(async move { keeper.look_through_later().await });
        } else {
            self.look_through(&mut census).await?;
        }
        let census = Arc::new(census);
        *latest = Some((now, Arc::clone(&census)));
        Ok(census)
    }

    async fn look_through_later(&self) {
        let mut looked = Census::default();
        if let Err(fault) = self.look_through(&mut looked).await {
            tracing::warn!(%fault, "credentials could not be counted by state");
            return;
        }
        if let Some((_, census)) = &mut *self.counted.0.lock().await {
            let census = Arc::make_mut(census);
            (census.states, census.needed) = (looked.states, looked.needed);
        }
    }

    async fn look_through(&self, census: &mut Census) -> Result<(), KeepFault> {
        let (now, mut after) = (self.now(), 0);
        census.needed.clear();
        let mut states: BTreeMap<Provider, BTreeMap<State, u64>> = BTreeMap::new();
        loop {
            let page = self.store.scan(after, PAGE).await?;
            let is_last = page.len() < PAGE;
            for row in page {
                after = id_of(&row);
                // A damaged one is in no state; `doctor` names it.
                let Ok(credential) = row else { continue };
                let row = states.entry(credential.provider).or_default();
                *row.entry(credential.status(now).state).or_default() += 1;
                if let Some(need) = credential.need(now) {
                    let soonest = census.needed.entry(credential.provider).or_insert(need.at);
                    *soonest = need.at.min(*soonest);
                }
            }
            if is_last {
                break;
            }
            tokio::task::yield_now().await;
        }
        census.states = Some(states);
        Ok(())
    }
}

impl Census {
    fn is_of_many(&self) -> bool {
        self.kept.values().sum::<u64>() > FEW
    }
}

impl Forecast {
    /// Whether a person is needed already.
    pub fn is_now(&self) -> bool {
        self.why == Why::Now.as_str()
    }
}

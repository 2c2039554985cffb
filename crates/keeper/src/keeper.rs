//! Owns the keeper itself: what it is made of, and the plain questions about what is kept.

use std::{fmt, sync::Arc};

use grantkeep_core::{
    Account, Credential, CredentialId, Owner, Provider, Sealed, Secret, Timestamp, Uid, event::Action,
};
use grantkeep_notify::Sender;
use grantkeep_outbound::Client;
use grantkeep_seal::{Place, Sealer};
use grantkeep_store::{Found, Listing, Row, Store};
use tokio::{sync::Notify, time::Instant};

use crate::{
    KeepFault, Providers,
    application::Turns,
    audit::Notes,
    forecast::Counted,
    metrics::Metrics,
    refresh::{Aside, Flights, Hosts},
    site::Known,
    watch::Beginning,
};

/// Time and chance, given by the outermost layer.
#[derive(Clone, Copy)]
pub struct World {
    /// The time now.
    pub now: fn() -> Timestamp,
    /// 16 unpredictable bytes.
    pub random: fn() -> [u8; 16],
    /// A clock that nobody sets, and that goes on from wherever.
    pub steady: fn() -> Instant,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// What a keeper is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where credentials are remembered.
    pub store: Arc<dyn Store>,
    /// What seals their secrets.
    pub sealer: Sealer,
    /// What reaches providers.
    pub outbound: Client,
    /// Where logins go.
    pub providers: Providers,
    /// Time and chance.
    pub world: World,
}

/// Keeps credentials. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Keeper {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) outbound: Client,
    pub(crate) providers: Providers,
    pub(crate) world: World,
    /// What servers are, as far as has been found out lately.
    pub(crate) known: Known,
    /// Who is registering an application at the moment.
    pub(crate) turns: Turns,
    /// How hard each host may be asked.
    pub(crate) hosts: Hosts,
    /// What must not be cut off: renewals, for one.
    pub(crate) flights: Flights,
    /// Answers in the spool that cannot be stored.
    pub(crate) aside: Aside,
    /// Told when something may have become due earlier than the watcher thinks.
    pub(crate) due_changed: Notify,
    /// The same for renewals.
    pub(crate) renewals_changed: Notify,
    /// Deeds that are not in the audit yet.
    pub(crate) notes: Notes,
    /// What the watcher is renewing.
    pub(crate) beginning: Beginning,
    /// What has been counted.
    pub(crate) metrics: Metrics,
    /// The latest census.
    pub(crate) counted: Counted,
    /// By what people are told.
    pub(crate) channels: Sender,
    sealer: Sealer,
}

impl Keeper {
    /// Makes a keeper of its parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, sealer, outbound, providers, world } = parts;
        Self {
            store,
            outbound,
            providers,
            world,
            known: Known::default(),
            turns: Turns::default(),
            hosts: Hosts::default(),
            flights: Flights::default(),
            aside: Aside::default(),
            due_changed: Notify::new(),
            renewals_changed: Notify::new(),
            notes: Notes::default(),
            beginning: Beginning::default(),
            metrics: Metrics::default(),
            counted: Counted::default(),
            channels: Sender::default(),
            sealer,
        }
    }

    /// The time by this keeper's clock.
    pub fn now(&self) -> Timestamp {
        (self.world.now)()
    }

    /// An instant by the clock that nobody sets.
    pub fn steady(&self) -> Instant {
        (self.world.steady)()
    }

    /// What has been counted since this keeper was made.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Base of redirect URIs and links.
    pub fn base(&self) -> &url::Url {
        &self.providers.base
    }

    /// The credential of that account; without an account, the most recently stored one.
    pub async fn find(
        &self,
        owner: &Owner,
        provider: Provider,
        account: Option<&Account>,
    ) -> Result<Option<Found>, KeepFault> {
        match self.store.recall(owner, provider, account) {
            Some(found) => Ok(Some(found)),
            None => Ok(self.store.find(owner, provider, account).await?),
        }
    }

    /// The owner's credential of that id.
    pub async fn get(&self, owner: &Owner, id: CredentialId) -> Result<Credential, KeepFault> {
        self.store.get(owner, id).await?.ok_or(KeepFault::NotFound)
    }

    /// The owner's credentials, page by page, damaged ones too.
    pub async fn list(&self, listing: Listing<'_>) -> Result<Vec<Row>, KeepFault> {
        Ok(self.store.list(listing).await?)
    }

    /// Forgets a credential here, damaged or not; the provider is not told.
    pub async fn forget(&self, owner: &Owner, id: CredentialId) -> Result<(), KeepFault> {
        let removed = self.store.delete(owner, id).await?.ok_or(KeepFault::NotFound)?;
        tracing::info!(credential = id, "credential forgotten");
        match removed {
            Ok(credential) => self.note(Action::Forget, &credential, "done"),
            Err(damaged) => self.note_damaged(Action::Forget, owner, damaged, "done"),
        }
        Ok(())
    }

    /// The access token of a credential.
    pub(crate) fn open(&self, credential: &Credential) -> Result<Secret, KeepFault> {
        self.open_column(credential, "access_token", &credential.grant.access_token)
    }

    /// Another secret of a credential.
    pub(crate) fn open_column(
        &self,
        credential: &Credential,
        column: &str,
        sealed: &Sealed,
    ) -> Result<Secret, KeepFault> {
        let (owner, uid, generation) = (&credential.owner, credential.uid, credential.grant.generation);
        self.open_at(&Place { table: "credential", column, owner, uid, generation }, sealed)
    }

    /// Seals a secret of a credential.
    pub(crate) fn seal(
        &self,
        owner: &Owner,
        uid: Uid,
        generation: i64,
        column: &str,
        secret: &Secret,
    ) -> Result<Sealed, KeepFault> {
        self.seal_at(&Place { table: "credential", column, owner, uid, generation }, secret)
    }

    pub(crate) fn open_at(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Secret, KeepFault> {
        Ok(self.sealer.open(place, sealed)?)
    }

    pub(crate) fn seal_at(&self, place: &Place<'_>, secret: &Secret) -> Result<Sealed, KeepFault> {
        Ok(self.sealer.seal(place, secret)?)
    }
}

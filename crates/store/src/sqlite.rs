//! Owns the SQLite engine: one writer thread that commits concurrent writes together, and readers that do not wait for it.
//!
//! Reads are answered inline: they take microseconds, and a thread switch would cost more than the read.

mod attempt;
mod connection;
mod damage;
mod due;
mod event;
mod migration;
mod outbox;
mod query;
mod reader;
mod renewal;
mod rethink;
mod row;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use grantkeep_core::{
    Account, Authorization, AuthorizationId, Credential, CredentialId, Digest, NewAuthorization, Owner, Progress,
    Provider, Timestamp,
    event::{Damaged, Event, Recorded},
};

use crate::{
    Answering, ApiKey, Chain, Due, Found, KeyRow, Listing, NewCredential, NewNotice, NewSpooled, Queued, Registration,
    RenewalTicket, Row, Spooled, Store, StoreFault, cache::FoundCache,
};
use damage::Damage;
use reader::Readers;
use writer::{Size, Writer, together};

/// How to open the database.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file; made, with mode 0600, when it does not exist.
    pub path: PathBuf,
    /// Whether this process alone writes it, so that memory may answer reads.
    pub alone: bool,
}

/// The SQLite engine.
#[derive(Debug)]
pub struct SqliteStore {
    readers: Arc<Readers>,
    writer: Writer,
    found: Arc<FoundCache>,
    orders: Arc<Orders>,
    damaged_credentials: Damage,
    damaged_answers: Damage,
}

/// Places in the order of storing: the second of the capture and a count within it, so that nothing must be looked up for the next
/// one. Two processes that store in the same second may come out either way round.
#[derive(Debug, Default)]
struct Orders(AtomicI64);

impl Orders {
    fn next(&self, at: Timestamp) -> i64 {
        let least = at.unix().clamp(1, i64::MAX >> 20) << 20;
        let after = |last: i64| last.saturating_add(1).max(least);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last))).map_or(least, after)
    }
}

impl SqliteStore {
    /// Opens the database, brings its schema up to date, and starts the writer.
    pub fn open(options: &Options) -> Result<Self, StoreFault> {
        let opening = connection::lock_opening(&options.path)?;
        let mut connection = connection::open_for_writing(&options.path)?;
        migration::bring_up_to_date(&mut connection)?;
        drop(opening);
        Ok(Self {
            readers: Arc::new(Readers::new(options.path.clone())),
            writer: Writer::start(connection)?,
            found: Arc::new(FoundCache::new(options.alone)),
            orders: Arc::default(),
            damaged_credentials: Damage::new(),
            damaged_answers: Damage::new(),
        })
    }

    fn read<'a, T: Send + 'a>(
        &'a self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreFault> + Send + 'a,
    ) -> Answering<'a, T> {
        Box::pin(async move { self.readers.with(work) })
    }

    /// Runs `work` in the writer; memory learns what it changed once that is committed.
    fn write<'a, T: Send + 'static>(
        &'a self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<(T, Changes), StoreFault> + Send + 'static,
    ) -> Answering<'a, T> {
        let found = Arc::clone(&self.found);
        let committed = move |(result, changes): (T, Changes)| {
            changes.gone.iter().for_each(|credential| found.forget(credential));
            if let Some(credential) = changes.stored {
                found.remember(credential);
            }
            result
        };
        Box::pin(self.writer.run(Size::Usual, work, committed))
    }

    /// A write of so many statements that memory need not learn of.
    fn write_each<'a, T: Send + 'static>(
        &'a self,
        statements: usize,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreFault> + Send + 'static,
    ) -> Answering<'a, T> {
        self.write(move |connection| Ok((together(connection, statements, || work(connection))?, Changes::default())))
    }

    /// A write of many rows that memory need not learn of.
    fn write_long<'a, T: Send + 'static>(
        &'a self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreFault> + Send + 'static,
    ) -> Answering<'a, T> {
        Box::pin(self.writer.run(Size::Long, work, |result| result))
    }
}

/// What a write changed.
#[derive(Default)]
struct Changes {
    /// Removed, or no longer under that name.
    gone: Vec<Credential>,
    /// As it is now.
    stored: Option<Arc<Credential>>,
}

/// Updates a row; what it was called before counts as changed too, because an update may give it another name.
fn update(connection: &rusqlite::Connection, credential: Credential) -> Result<(Credential, Changes), StoreFault> {
    let before = query::account_of(connection, credential.id)?.and_then(|name| Account::new(&name).ok());
    let stored = query::update(connection, credential, query::Order::Kept)?;
    let mut gone = Vec::new();
    if let Some(account) = before.filter(|account| *account != stored.account) {
        gone.push(Credential { account, ..stored.clone() });
    }
    Ok((stored.clone(), Changes { gone, stored: Some(Arc::new(stored)) }))
}

impl Store for SqliteStore {
    fn recall(&self, owner: &Owner, provider: Provider, account: Option<&Account>) -> Option<Found> {
        self.found.recall(owner, provider, account)
    }

    fn find<'a>(
        &'a self,
        owner: &'a Owner,
        provider: Provider,
        account: Option<&'a Account>,
    ) -> Answering<'a, Option<Found>> {
        Box::pin(async move {
            self.found.find(owner, provider, account, || {
                self.readers.with(|connection| query::find(connection, owner, provider, account))
            })
        })
    }

    fn get<'a>(&'a self, owner: &'a Owner, id: CredentialId) -> Answering<'a, Option<Credential>> {
        self.read(move |connection| query::get(connection, owner, id))
    }

    fn list<'a>(&'a self, listing: Listing<'a>) -> Answering<'a, Vec<Row>> {
        self.read(move |connection| query::list(connection, listing))
    }

    fn insert(&self, credential: NewCredential) -> Answering<'_, Credential> {
        let orders = Arc::clone(&self.orders);
        self.write(move |connection| {
            let order = orders.next(credential.evidence.captured_at);
            let stored = query::insert(connection, credential, order)?;
            Ok((stored.clone(), Changes { gone: Vec::new(), stored: Some(Arc::new(stored)) }))
        })
    }

    fn update(&self, credential: Credential) -> Answering<'_, Credential> {
        self.write(move |connection| update(connection, credential))
    }

    fn replace(&self, credential: Credential, absorbed: Option<Box<Credential>>) -> Answering<'_, Arc<Credential>> {
        let orders = Arc::clone(&self.orders);
        self.write(move |connection| {
            let order = query::Order::Latest(orders.next(credential.evidence.captured_at));
            let stored = Arc::new(match &absorbed {
                None => query::update(connection, credential, order)?,
                Some(absorbed) => together(connection, 2, || {
                    query::remove(connection, absorbed)?;
                    query::update(connection, credential, order)
                })?,
            });
            let gone = absorbed.map(|absorbed| *absorbed).into_iter().collect();
            Ok((Arc::clone(&stored), Changes { gone, stored: Some(stored) }))
        })
    }

    fn delete<'a>(&'a self, owner: &'a Owner, id: CredentialId) -> Answering<'a, Option<Row>> {
        let (owner, found) = (owner.clone(), Arc::clone(&self.found));
        let forget = move |removed: Option<Row>| {
            match &removed {
                Some(Ok(credential)) => found.forget(credential),
                // What it was called when memory learned of it is not known.
                Some(Err(_)) => found.forget_all(),
                None => {}
            }
            removed
        };
        Box::pin(self.writer.run(Size::Usual, move |connection| query::delete(connection, &owner, id), forget))
    }

    fn delete_unchanged(&self, read: Credential) -> Answering<'_, ()> {
        self.write(move |connection| {
            query::remove(connection, &read)?;
            Ok(((), Changes { gone: vec![read], stored: None }))
        })
    }

    fn due(&self, what: Due, now: Timestamp, limit: usize) -> Answering<'_, Vec<Credential>> {
        self.read(move |connection| due::find(connection, what, now, limit, &self.damaged_credentials))
    }

    fn next_due(&self, what: Due, now: Timestamp) -> Answering<'_, Option<Timestamp>> {
        self.read(move |connection| due::next(connection, what, now, &self.damaged_credentials))
    }

    fn lease(&self, read: &Credential, now: Timestamp, until: Timestamp) -> Answering<'_, Option<Credential>> {
        let held = renewal::Held::of(read);
        self.write(move |connection| {
            let leased = renewal::lease(connection, held, now, until)?;
            Ok((leased.clone(), Changes { gone: Vec::new(), stored: leased.map(Arc::new) }))
        })
    }

    fn extend_lease(&self, id: CredentialId, fence: i64, until: Timestamp) -> Answering<'_, bool> {
        self.write(move |connection| {
            let leased = renewal::extend(connection, id, fence, until)?;
            Ok((leased.is_some(), Changes { gone: Vec::new(), stored: leased.map(Arc::new) }))
        })
    }

    fn renew(&self, renewed: Credential, spooled: Option<i64>) -> Answering<'_, Credential> {
        self.write(move |connection| {
            let statements = 1 + usize::from(spooled.is_some());
            let stored = together(connection, statements, || renewal::store(connection, renewed, spooled))?;
            Ok((stored.clone(), Changes { gone: Vec::new(), stored: Some(Arc::new(stored)) }))
        })
    }

    fn spool(&self, entry: NewSpooled) -> Answering<'_, i64> {
        self.write(move |connection| Ok((renewal::spool(connection, &entry)?, Changes::default())))
    }

    fn spooled(&self) -> Answering<'_, Vec<Spooled>> {
        self.read(|connection| renewal::spooled(connection, &self.damaged_answers))
    }

    fn unspool(&self, id: i64) -> Answering<'_, ()> {
        self.write(move |connection| Ok((renewal::unspool(connection, id)?, Changes::default())))
    }

    fn tell(&self, credential: Credential, notices: Vec<NewNotice>) -> Answering<'_, Credential> {
        self.write(move |connection| {
            together(connection, 1 + notices.len(), || {
                let updated = update(connection, credential)?;
                outbox::add(connection, &notices)?;
                Ok(updated)
            })
        })
    }

    fn rethink(&self, now: Timestamp) -> Answering<'_, ()> {
        let found = Arc::clone(&self.found);
        let rethink = move |connection: &rusqlite::Connection| rethink::all(connection, now);
        Box::pin(self.writer.run(Size::Long, rethink, move |()| found.forget_all()))
    }

    fn outbox<'a>(&'a self, channel: &'a str, now: Timestamp, limit: usize) -> Answering<'a, Vec<Queued>> {
        Box::pin(async move {
            let rows = self.readers.with(|connection| outbox::due(connection, channel, now, limit))?;
            let (mut queued, mut damaged) = (Vec::with_capacity(rows.len()), Vec::new());
            for row in rows {
                match row {
                    Ok(one) => queued.push(one),
                    Err(id) => damaged.push(id),
                }
            }
            if !damaged.is_empty() {
                tracing::error!(notices = ?damaged, "damaged notices are forgotten");
                // What cannot be removed now is met again.
                let _ = self.outbox_remove(damaged).await;
            }
            Ok(queued)
        })
    }

    fn outbox_for_only(&self, channels: Vec<String>) -> Answering<'_, ()> {
        self.write_long(move |connection| outbox::keep(connection, &channels))
    }

    fn next_outbox(&self) -> Answering<'_, Option<Timestamp>> {
        self.read(outbox::next)
    }

    fn outbox_waiting(&self) -> Answering<'_, u64> {
        self.read(outbox::waiting)
    }

    fn outbox_group(&self, ids: Vec<i64>, message: String) -> Answering<'_, ()> {
        self.write_each(ids.len(), move |connection| outbox::group(connection, &ids, &message))
    }

    fn outbox_try(&self, ids: Vec<i64>, tries: u32, again_at: Timestamp) -> Answering<'_, ()> {
        self.write_each(ids.len(), move |connection| outbox::begin_try(connection, &ids, tries, again_at))
    }

    fn outbox_remove(&self, ids: Vec<i64>) -> Answering<'_, ()> {
        self.write_each(ids.len(), move |connection| outbox::remove(connection, &ids))
    }

    fn add_renewal_tickets(&self, tickets: Vec<RenewalTicket>, now: Timestamp) -> Answering<'_, ()> {
        // One more forgets those that are over.
        self.write_each(tickets.len() + 1, move |connection| outbox::add_tickets(connection, &tickets, now))
    }

    fn renewal_ticket(&self, ticket: Digest) -> Answering<'_, Option<RenewalTicket>> {
        self.read(move |connection| outbox::ticket(connection, ticket))
    }

    fn begin(&self, new: NewAuthorization) -> Answering<'_, ()> {
        self.write(move |connection| Ok((attempt::add(connection, &new)?, Changes::default())))
    }

    fn begin_by_link(&self, new: NewAuthorization, link: RenewalTicket) -> Answering<'_, bool> {
        self.write(move |connection| {
            let is_there = outbox::ticket(connection, link.ticket)?.is_some();
            if is_there {
                together(connection, 2, || {
                    attempt::add(connection, &new)?;
                    outbox::spend(connection, &link)
                })?;
            }
            Ok((is_there, Changes::default()))
        })
    }

    fn authorization<'a>(&'a self, id: &'a AuthorizationId) -> Answering<'a, Option<Authorization>> {
        self.read(move |connection| attempt::by_id(connection, id))
    }

    fn authorization_of_state(&self, state: Digest) -> Answering<'_, Option<Authorization>> {
        self.read(move |connection| attempt::by_state(connection, state))
    }

    fn authorization_of_ticket(&self, ticket: Digest) -> Answering<'_, Option<Authorization>> {
        self.read(move |connection| attempt::by_ticket(connection, ticket))
    }

    fn bind<'a>(&'a self, id: &'a AuthorizationId, binding: Digest, now: Timestamp) -> Answering<'a, bool> {
        let id = id.clone();
        self.write(move |connection| Ok((attempt::bind(connection, &id, binding, now)?, Changes::default())))
    }

    fn claim<'a>(&'a self, id: &'a AuthorizationId, now: Timestamp) -> Answering<'a, bool> {
        let id = id.clone();
        self.write(move |connection| Ok((attempt::claim(connection, &id, now)?, Changes::default())))
    }

    fn conclude<'a>(
        &'a self,
        id: &'a AuthorizationId,
        progress: Progress,
        cause: Option<&'a str>,
        credential: Option<CredentialId>,
    ) -> Answering<'a, bool> {
        let (id, cause) = (id.clone(), cause.map(str::to_owned));
        self.write(move |connection| {
            let ended = attempt::conclude(connection, &id, progress, cause.as_deref(), credential)?;
            Ok((ended, Changes::default()))
        })
    }

    fn sweep_authorizations(&self, now: Timestamp, forget_before: Timestamp) -> Answering<'_, usize> {
        self.write_long(move |connection| attempt::sweep(connection, now, forget_before))
    }

    fn give_up_claimed<'a>(&'a self, cause: &'a str) -> Answering<'a, usize> {
        let cause = cause.to_owned();
        self.write(move |connection| Ok((attempt::give_up_claimed(connection, &cause)?, Changes::default())))
    }

    fn registration<'a>(
        &'a self,
        server: &'a str,
        redirect_uri: &'a str,
        scopes: &'a str,
    ) -> Answering<'a, Option<Registration>> {
        self.read(move |connection| attempt::registration(connection, server, redirect_uri, scopes))
    }

    fn register(&self, registration: Registration) -> Answering<'_, ()> {
        self.write(move |connection| Ok((attempt::register(connection, &registration)?, Changes::default())))
    }

    fn unregister(&self, registration: Registration) -> Answering<'_, bool> {
        self.write(move |connection| Ok((attempt::unregister(connection, &registration)?, Changes::default())))
    }

    fn record(&self, events: Vec<Event>, chain: Chain) -> Answering<'_, ()> {
        self.write_each(events.len(), move |connection| event::append(connection, &events, chain))
    }

    fn recorded<'a>(
        &'a self,
        owner: Option<&'a Owner>,
        after: i64,
        limit: usize,
    ) -> Answering<'a, Vec<Result<Recorded, Damaged>>> {
        self.read(move |connection| event::list(connection, owner, after, limit))
    }

    fn last_recorded_at(&self) -> Answering<'_, Option<Timestamp>> {
        self.read(event::last_at)
    }

    fn add_key(&self, key: ApiKey) -> Answering<'_, ()> {
        self.write(move |connection| Ok((query::add_key(connection, &key)?, Changes::default())))
    }

    fn keys(&self) -> Answering<'_, Vec<KeyRow>> {
        self.read(query::keys)
    }

    fn revoke_key<'a>(&'a self, id: &'a str, now: Timestamp) -> Answering<'a, bool> {
        let id = id.to_owned();
        self.write(move |connection| Ok((query::revoke_key(connection, &id, now)?, Changes::default())))
    }

    fn data_keys(&self) -> Answering<'_, Vec<(u32, Vec<u8>)>> {
        self.read(query::data_keys)
    }

    fn add_first_data_key(&self, id: u32, wrapped: Vec<u8>, now: Timestamp) -> Answering<'_, ()> {
        self.write(move |connection| {
            Ok((query::add_first_data_key(connection, id, &wrapped, now)?, Changes::default()))
        })
    }

    fn scan(&self, after: CredentialId, limit: usize) -> Answering<'_, Vec<Row>> {
        self.read(move |connection| query::scan(connection, after, limit))
    }

    fn count(&self) -> Answering<'_, u64> {
        self.read(query::count)
    }

    fn count_by_provider(&self) -> Answering<'_, Vec<(Provider, u64)>> {
        self.read(query::count_by_provider)
    }

    fn probe(&self) -> Answering<'_, ()> {
        // Writes a page and leaves it as it was: a commit that changes nothing would not touch the disk.
        self.write(|connection| Ok((query::touch(connection)?, Changes::default())))
    }

    fn integrity(&self) -> Answering<'_, Vec<String>> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            #[expect(clippy::disallowed_methods, reason = "it takes seconds: no thread that has other tasks may do it")]
            let reading = tokio::task::spawn_blocking(move || readers.with(query::integrity));
            reading.await.unwrap_or(Err(StoreFault::Unavailable("the look at every page ended")))
        })
    }

    fn close(&self) -> Answering<'_, ()> {
        Box::pin(async move {
            // Readers go first: a checkpoint that truncates needs them gone.
            self.readers.close();
            self.writer.close()
        })
    }
}

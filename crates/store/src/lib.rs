//! Owns what is remembered: one trait, [`Store`], and its engines.
//!
//! The store keeps sealed values and never sees a secret. A write says which revision of a row it was made from, and fails
//! when the row has moved on. A write is durable before it is answered.

mod cache;
mod fault;
mod key;
mod outbox;
mod registration;
mod spool;
mod sqlite;

use std::{pin::Pin, sync::Arc};

use grantkeep_core::{
    Account, Authorization, AuthorizationId, Credential, CredentialId, Digest, Evidence, Grant, Lifetime,
    NewAuthorization, Owner, Progress, Provider, Subject, Timestamp, Uid,
    event::{Damaged, Event, Recorded},
};

pub use fault::{DamagedCredential, Row, StoreFault, id_of};
pub use key::{ApiKey, DamagedKey, KeyRow};
pub use outbox::{NewNotice, Queued, RenewalTicket};
pub use registration::Registration;
pub use spool::{NewSpooled, Spooled};
pub use sqlite::{Options, SqliteStore};

/// How long a lease lasts: twice the longest request, and more (see [`grantkeep_core::Purpose::Token`]).
pub const LEASED_FOR: Lifetime = Lifetime::from_seconds(90);

/// What every call of a store answers with, later.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreFault>> + Send + 'a>>;

/// A credential that has no row yet.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// 16 random bytes; what its secrets are bound to.
    pub uid: Uid,
    /// Whose it is.
    pub owner: Owner,
    /// Where it comes from.
    pub provider: Provider,
    /// Which server of the provider issued it.
    pub server: Option<Box<str>>,
    /// Its name.
    pub account: Account,
    /// Whom it speaks for, if known.
    pub subject: Option<Subject>,
    /// The grant.
    pub grant: Grant,
    /// What is known about it.
    pub evidence: Evidence,
    /// Now.
    pub created_at: Timestamp,
    /// When to check it by itself.
    pub check_at: Option<Timestamp>,
    /// When to renew it by itself.
    pub renew_at: Option<Timestamp>,
}

/// What a credential can be due for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its provider is to be asked about it.
    Check,
    /// It is to be renewed, and nobody is at it.
    Renewal,
    /// There is something to tell of it.
    Notice,
}

/// The hash of an event with that number, after the one before it.
pub type Chain = fn(&[u8; 32], i64, &Event) -> [u8; 32];

/// A credential found by owner, provider and perhaps account.
#[derive(Clone, Debug)]
pub struct Found {
    /// The one of that name; without a name, the most recently stored one.
    pub credential: Arc<Credential>,
    /// Whether the owner has no other credential at that provider. Only told when asked without an account.
    pub only: bool,
}

/// Which credentials a listing shows, in order of their ids.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    /// Whose.
    pub owner: &'a Owner,
    /// At one provider only.
    pub provider: Option<Provider>,
    /// Only ids greater than this.
    pub after: CredentialId,
    /// At most so many.
    pub limit: usize,
}

/// Remembers credentials and API keys. Every engine passes the same contract suite.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// What [`Store::find`] would answer, when memory knows it. Spares most questions the price of waiting.
    fn recall(&self, owner: &Owner, provider: Provider, account: Option<&Account>) -> Option<Found>;

    /// The credential of that account; without an account, the most recently stored one. Answered from memory where possible.
    fn find<'a>(
        &'a self,
        owner: &'a Owner,
        provider: Provider,
        account: Option<&'a Account>,
    ) -> Answering<'a, Option<Found>>;

    /// The owner's credential of that id.
    fn get<'a>(&'a self, owner: &'a Owner, id: CredentialId) -> Answering<'a, Option<Credential>>;

    /// The owner's credentials. A damaged one hides no other.
    fn list<'a>(&'a self, listing: Listing<'a>) -> Answering<'a, Vec<Row>>;

    /// Adds a credential. [`StoreFault::Conflict`] when the account already has one; here as with every write, [`StoreFault::Unstorable`]
    /// when a value of it fits no row.
    fn insert(&self, credential: NewCredential) -> Answering<'_, Credential>;

    /// Writes what is known about a credential without a new token. [`StoreFault::Stale`] when the row has moved on since it was read.
    fn update(&self, credential: Credential) -> Answering<'_, Credential>;

    /// Puts a new token into a credential, under the name it has, which makes it the most recently stored one; with `absorbed`, removes that other
    /// credential of the same owner in the same transaction. [`StoreFault::Stale`] when either row has moved on.
    fn replace(&self, credential: Credential, absorbed: Option<Box<Credential>>) -> Answering<'_, Arc<Credential>>;

    /// Removes the owner's credential of that id, damaged or not, and says what it was.
    fn delete<'a>(&'a self, owner: &'a Owner, id: CredentialId) -> Answering<'a, Option<Row>>;

    /// Removes a credential that is as it was read. [`StoreFault::Stale`] when the row has moved on since, or is gone.
    fn delete_unchanged(&self, read: Credential) -> Answering<'_, ()>;

    /// Credentials of all owners that are due for that at `now` or before; those first that have been due the longest, for
    /// whatever it was. Damaged ones are passed over.
    fn due(&self, what: Due, now: Timestamp, limit: usize) -> Answering<'_, Vec<Credential>>;

    /// When to look again for what is due for that: never after it is due, and before that at a moment when something else is.
    /// At `now` or before: something is due, and is not known to be damaged.
    fn next_due(&self, what: Due, now: Timestamp) -> Answering<'_, Option<Timestamp>>;

    /// Takes it upon the caller to renew a credential, until then; none when somebody else is at it, or has been since it was read.
    /// Writes what it holds once more, so that storage is proved.
    fn lease(&self, read: &Credential, now: Timestamp, until: Timestamp) -> Answering<'_, Option<Credential>>;

    /// The same for longer; says whether the caller still has it.
    fn extend_lease(&self, id: CredentialId, fence: i64, until: Timestamp) -> Answering<'_, bool>;

    /// Puts a renewed token into its row and takes its answer out of the spool. What the row says by now of whom it speaks for stays.
    /// [`StoreFault::Stale`] when the row no longer has the token that it was made from.
    fn renew(&self, renewed: Credential, spooled: Option<i64>) -> Answering<'_, Credential>;

    /// Remembers a provider's answer until it stands in its row; says its number.
    fn spool(&self, entry: NewSpooled) -> Answering<'_, i64>;

    /// Every answer in the spool. One that is damaged stays there, and is passed over: it would hold up the others.
    fn spooled(&self) -> Answering<'_, Vec<Spooled>>;

    /// Forgets an answer.
    fn unspool(&self, id: i64) -> Answering<'_, ()>;

    /// Like [`Store::update`], with what is to be told because of it: both or neither.
    fn tell(&self, credential: Credential, notices: Vec<NewNotice>) -> Answering<'_, Credential>;

    /// The clock was set back to `now`. What it said of later moments was wrong: tokens of those moments have an end that nobody knows,
    /// so they are renewed, or asked about, now; leases, tries and questions are no further away than they ever are; notices are
    /// thought about again. Reads every row.
    fn rethink(&self, now: Timestamp) -> Answering<'_, ()>;

    /// Notices that may be sent over a channel now, the longest due first; of one credential the oldest only. One that is damaged can
    /// never be sent and would hold up those after it: it is forgotten.
    fn outbox<'a>(&'a self, channel: &'a str, now: Timestamp, limit: usize) -> Answering<'a, Vec<Queued>>;

    /// Forgets notices for channels that are not among these.
    fn outbox_for_only(&self, channels: Vec<String>) -> Answering<'_, ()>;

    /// When the next notice may be sent.
    fn next_outbox(&self) -> Answering<'_, Option<Timestamp>>;

    /// How many notices wait.
    fn outbox_waiting(&self) -> Answering<'_, u64>;

    /// Makes notices one message.
    fn outbox_group(&self, ids: Vec<i64>, message: String) -> Answering<'_, ()>;

    /// Notices that are being tried for that time, and when to try again if it comes to nothing.
    fn outbox_try(&self, ids: Vec<i64>, tries: u32, again_at: Timestamp) -> Answering<'_, ()>;

    /// Notices that are done with.
    fn outbox_remove(&self, ids: Vec<i64>) -> Answering<'_, ()>;

    /// Remembers one-tap links, and forgets those that are over.
    fn add_renewal_tickets(&self, tickets: Vec<RenewalTicket>, now: Timestamp) -> Answering<'_, ()>;

    /// What a one-tap link is good for, also when it is over.
    fn renewal_ticket(&self, ticket: Digest) -> Answering<'_, Option<RenewalTicket>>;

    /// Remembers an authorization. [`StoreFault::TooMany`] when its owner has a hundred under way.
    fn begin(&self, new: NewAuthorization) -> Answering<'_, ()>;

    /// Like [`Store::begin`], and spends the one-tap link that it begins by: both or neither. Says whether this caller got the link.
    fn begin_by_link(&self, new: NewAuthorization, link: RenewalTicket) -> Answering<'_, bool>;

    /// The authorization of that id, whosever it is.
    fn authorization<'a>(&'a self, id: &'a AuthorizationId) -> Answering<'a, Option<Authorization>>;

    /// The authorization that this `state` was made for.
    fn authorization_of_state(&self, state: Digest) -> Answering<'_, Option<Authorization>>;

    /// The authorization that this ticket was made for.
    fn authorization_of_ticket(&self, ticket: Digest) -> Answering<'_, Option<Authorization>>;

    /// Spends the ticket of a pending authorization on one browser; says whether this one got it.
    fn bind<'a>(&'a self, id: &'a AuthorizationId, binding: Digest, now: Timestamp) -> Answering<'a, bool>;

    /// Takes a pending authorization, so that nobody else can; says whether this caller got it.
    fn claim<'a>(&'a self, id: &'a AuthorizationId, now: Timestamp) -> Answering<'a, bool>;

    /// Ends an authorization that has not ended, and forgets its secrets; says whether this call ended it.
    fn conclude<'a>(
        &'a self,
        id: &'a AuthorizationId,
        progress: Progress,
        cause: Option<&'a str>,
        credential: Option<CredentialId>,
    ) -> Answering<'a, bool>;

    /// Ends what nobody came back for until `now`, and forgets what ended before `forget_before`; says how many ended.
    fn sweep_authorizations(&self, now: Timestamp, forget_before: Timestamp) -> Answering<'_, usize>;

    /// Ends, as failed, what was being exchanged when the program ended; says how many. For the start, before anything is claimed.
    fn give_up_claimed<'a>(&'a self, cause: &'a str) -> Answering<'a, usize>;

    /// The application registered for exactly that.
    fn registration<'a>(
        &'a self,
        server: &'a str,
        redirect_uri: &'a str,
        scopes: &'a str,
    ) -> Answering<'a, Option<Registration>>;

    /// Remembers a registration, in the place of an older one for the same.
    fn register(&self, registration: Registration) -> Answering<'_, ()>;

    /// Forgets a registration that its server no longer knows, unless it has been renewed meanwhile; says whether it did.
    fn unregister(&self, registration: Registration) -> Answering<'_, bool>;

    /// Adds to the audit, in this order; each is bound to the one before it by `chain`.
    fn record(&self, events: Vec<Event>, chain: Chain) -> Answering<'_, ()>;

    /// What stands in the audit after that number, of one owner or of all; what does not read any more stands there by its number.
    fn recorded<'a>(
        &'a self,
        owner: Option<&'a Owner>,
        after: i64,
        limit: usize,
    ) -> Answering<'a, Vec<Result<Recorded, Damaged>>>;

    /// When the latest event was.
    fn last_recorded_at(&self) -> Answering<'_, Option<Timestamp>>;

    /// Remembers an issued API key.
    fn add_key(&self, key: ApiKey) -> Answering<'_, ()>;

    /// Every issued API key, in order of issue. A damaged one hides no other, and is not left out: see [`DamagedKey`].
    fn keys(&self) -> Answering<'_, Vec<KeyRow>>;

    /// Ends an API key; says whether there is one of that id.
    fn revoke_key<'a>(&'a self, id: &'a str, now: Timestamp) -> Answering<'a, bool>;

    /// The wrapped data keys, by number.
    fn data_keys(&self) -> Answering<'_, Vec<(u32, Vec<u8>)>>;

    /// Remembers the first wrapped data key, unless there is one already.
    fn add_first_data_key(&self, id: u32, wrapped: Vec<u8>, now: Timestamp) -> Answering<'_, ()>;

    /// Credentials of all owners, in order of their ids, for care of the whole database. A damaged one hides no other.
    fn scan(&self, after: CredentialId, limit: usize) -> Answering<'_, Vec<Row>>;

    /// How many credentials there are, of all owners.
    fn count(&self) -> Answering<'_, u64>;

    /// How many credentials there are at each provider, of all owners, without those of which that does not read.
    fn count_by_provider(&self) -> Answering<'_, Vec<(Provider, u64)>>;

    /// Checks that writes reach the disk.
    fn probe(&self) -> Answering<'_, ()>;

    /// Checks every page and index; what is wrong, in the engine's words, or nothing. Slow.
    fn integrity(&self) -> Answering<'_, Vec<String>>;

    /// Brings everything into the main file and ends the writer. Later writes fail.
    fn close(&self) -> Answering<'_, ()>;
}

#[cfg(test)]
mod contract;

//! Owns the audit: every deed is noted at once, and written down together with others within a second.
//!
//! Whoever is handed a token does not wait for the disk. What was noted is written down before the keeper closes; a power cut
//! may cost the last second.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use grantkeep_core::{
    AuthorizationId, Credential, CredentialId, Owner,
    event::{self, Action, Damaged, Event, Recorded},
};
use grantkeep_oauth::state;
use grantkeep_store::DamagedCredential;

use crate::{KeepFault, Keeper};

/// How long what was noted may wait.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// What is noted at most while storage does not take it. More is counted, and that is told.
const MOST: usize = if cfg!(test) { 500 } else { 50_000 };

/// Of so many logins it is remembered that somebody came a second time.
const MOST_REPLAYED: usize = 10_000;

const PAGE: usize = 1000;

tokio::task_local! {
    static ACTOR: Arc<str>;
}

/// What has been noted and not written down yet.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    events: Vec<Event>,
    /// Where among them that hand-out stands already: of which credential, to whom, how it came out.
    hand_outs: HashMap<(CredentialId, Arc<str>, &'static str), usize>,
    /// Of which logins it is noted already that somebody came a second time.
    replayed: HashSet<AuthorizationId>,
    /// How many are on their way to the disk: what fails there comes back.
    writing: usize,
    /// How many did not fit.
    lost: u64,
}

/// Deeds on their way to the disk, until it is dropped.
struct Writing<'a>(&'a Notes, usize);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.lock().writing -= self.1;
    }
}

/// What a look through the whole audit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditFound {
    /// How many deeds stand in it.
    pub deeds: u64,
    /// The number of the first that does not fit what is before it, or does not read.
    pub broken_at: Option<i64>,
}

/// Does something on behalf of `actor`, by which name its deeds are noted.
pub fn acting_as<F: Future>(actor: Arc<str>, work: F) -> impl Future<Output = F::Output> {
    ACTOR.scope(actor, work)
}

/// By which name deeds are noted here; a new task must be told.
pub(crate) fn actor() -> Arc<str> {
    ACTOR.try_with(Clone::clone).unwrap_or_else(|_| "watcher".into())
}

fn chain(previous: &[u8; 32], number: i64, event: &Event) -> [u8; 32] {
    state::digest(&event::text(previous, number, event)).0
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// Whether there was room for it.
    fn add(&mut self, event: Event) -> bool {
        let has_room = self.events.len() + self.writing < MOST;
        if has_room {
            self.events.push(event);
        } else {
            self.lost += 1;
        }
        has_room
    }
}

impl Keeper {
    /// Notes a deed with a credential.
    pub(crate) fn note(&self, action: Action, credential: &Credential, outcome: &str) {
        self.notes.lock().add(self.deed(action, credential, outcome, &actor()));
    }

    /// The same with one that does not read; what still does is noted.
    pub(crate) fn note_damaged(&self, action: Action, owner: &Owner, damaged: DamagedCredential, outcome: &str) {
        let DamagedCredential { id, provider, account, .. } = damaged;
        let event = self.event(action, owner, outcome, &actor());
        self.notes.lock().add(Event { provider, account, credential: Some(id), ..event });
    }

    /// Notes that somebody came a second time for a login; of each login once, because anybody may come again and again.
    pub(crate) fn note_replay(&self, of: &AuthorizationId, credential: &Credential) {
        let mut noted = self.notes.lock();
        if noted.replayed.len() >= MOST_REPLAYED {
            noted.replayed.clear();
        }
        if noted.replayed.insert(of.clone()) {
            noted.add(self.deed(Action::Replay, credential, "refused", &actor()));
        }
    }

    /// Notes that a token was handed out, or not. Whoever asks a thousand times a second does not fill the disk.
    pub(crate) fn note_hand_out(&self, credential: &Credential, outcome: &'static str) {
        let key = (credential.id, actor(), outcome);
        let mut noted = self.notes.lock();
        let Noted { events, hand_outs, .. } = &mut *noted;
        let known = hand_outs.get(&key).and_then(|place| events.get_mut(*place));
        if let Some(event) = known {
            event.times = event.times.saturating_add(1);
            return;
        }
        let event = self.deed(Action::HandOut, credential, outcome, &key.1);
        if noted.add(event) {
            let place = noted.events.len() - 1;
            noted.hand_outs.insert(key, place);
        }
    }

    fn deed(&self, action: Action, credential: &Credential, outcome: &str, actor: &str) -> Event {
        Event {
            provider: Some(credential.provider),
            account: Some(credential.account.clone()),
            credential: Some(credential.id),
            ..self.event(action, &credential.owner, outcome, actor)
        }
    }

    /// A deed now, of an owner, with no credential yet.
    fn event(&self, action: Action, owner: &Owner, outcome: &str, actor: &str) -> Event {
        Event {
            at: self.now(),
            action,
            owner: owner.clone(),
            provider: None,
            account: None,
            credential: None,
            actor: actor.into(),
            outcome: outcome.into(),
            times: 1,
        }
    }

    /// Notes a deed with a key.
    pub(crate) fn note_key(&self, action: Action, owner: &Owner, key: &str) {
        self.note_key_by(&actor(), action, owner, key);
    }

    pub(crate) fn note_key_by(&self, actor: &str, action: Action, owner: &Owner, key: &str) {
        let event = self.event(action, owner, key, actor);
        self.notes.lock().add(event);
    }

    /// How many deeds have been noted and not written down: more than a few mean that storage does not take them.
    pub fn unwritten_deeds(&self) -> usize {
        let noted = self.notes.lock();
        noted.events.len() + noted.writing
    }

    /// Writes down what was noted, for ever; end it by dropping the future.
    pub async fn watch_audit(&self) {
        loop {
            tokio::time::sleep(WRITTEN_WITHIN).await;
            if let Err(fault) = self.write_audit().await {
                tracing::error!(%fault, "the audit could not be written; trying again");
            }
        }
    }

    /// Writes down what was noted.
    pub(crate) async fn write_audit(&self) -> Result<(), KeepFault> {
        let (events, _writing) = {
            let mut noted = self.notes.lock();
            noted.hand_outs.clear();
            let events = mem::take(&mut noted.events);
            noted.writing += events.len();
            let count = events.len();
            (events, Writing(&self.notes, count))
        };
        if events.is_empty() {
            return Ok(());
        }
        if let Err(fault) = self.store.record(events.clone(), chain).await {
            // Back in front of what was noted meanwhile.
            let mut noted = self.notes.lock();
            let later = mem::replace(&mut noted.events, events);
            noted.events.extend(later);
            noted.hand_outs.clear();
            return Err(fault.into());
        }
        let lost = mem::take(&mut self.notes.lock().lost);
        if lost > 0 {
            tracing::error!(lost, "deeds are missing in the audit: storage did not take them in time");
        }
        Ok(())
    }

    /// What was done with the owner's credentials and keys, after that number. One that does not read any more is named all the same.
    pub async fn audit(
        &self,
        owner: &Owner,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Result<Recorded, Damaged>>, KeepFault> {
        self.write_audit().await?;
        Ok(self.store.recorded(Some(owner), after, limit).await?)
    }

    /// Looks through the whole audit: whether each deed still fits what is before it. That the last ones are missing cannot be
    /// seen from within.
    pub async fn verify_audit(&self) -> Result<AuditFound, KeepFault> {
        self.write_audit().await?;
        let (mut last, mut hash) = (0, [0; 32]);
        let mut found = AuditFound { deeds: 0, broken_at: None };
        loop {
            let page = self.store.recorded(None, last, PAGE).await?;
            if page.is_empty() {
                return Ok(found);
            }
            for deed in page {
                let (number, fits) = match deed {
                    Ok(Recorded { number, event, hash: told }) => {
                        let fits = number == last + 1 && chain(&hash, number, &event) == told;
                        hash = told;
                        (number, fits)
                    }
                    // The chain is broken here, so what its hash was matters no more.
                    Err(Damaged { number, .. }) => (number, false),
                };
                last = number;
                found.deeds += 1;
                if !fits && found.broken_at.is_none() {
                    found.broken_at = Some(number);
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

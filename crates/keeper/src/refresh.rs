//! Owns the renewal of a grant: a refresh token is spent by one, once, and what came of it is never lost.
//!
//! R1 a lease in the row, which is also the proof that storage works; R2 enough of it left; R3 the request, in a task that nobody
//! can cancel; R4 the answer in the spool; R5 the new token in the row, if that still has the old one; R6 the spool cleared. No
//! transaction is open meanwhile. A lease that ran out without a word means that a refresh token may have been spent.

mod answer;
mod flight;
mod host;
mod request;

use std::{sync::Arc, time::Duration};

use grantkeep_core::{
    Credential, CredentialId, Lifetime, Owner, Provider, Renewal, State, Timestamp, Trouble, TroubleKind,
    event::Action, renewal, schedule::next_check,
};
use grantkeep_store::{Answering, NewSpooled, Spooled, StoreFault};
use tokio::time::Instant;

use crate::{
    KeepFault, Keeper,
    audit::{acting_as, actor},
};
use answer::{Heard, Kept};
pub(crate) use flight::Flights;
pub(crate) use host::Hosts;
use request::Prepared;

/// Twice the longest request, and more: see [`grantkeep_core::Purpose::Token`].
const LEASED_FOR: Lifetime = Lifetime::from_seconds(90);

/// A lease that was got this long ago, by a clock that no one can set, is too old to send anything with.
const SENT_WITHIN: Duration = Duration::from_secs(20);

/// How often to look whether somebody else has done it.
const LOOK_AFTER: Duration = Duration::from_millis(100);

/// How long somebody who asks for it by hand waits.
const ASKED_FOR: Duration = Duration::from_secs(40);

const FIRST_RETRY_AFTER: Lifetime = Lifetime::from_seconds(2);

/// After however long an outage, everything is tried again within 5 minutes of its end; how hard a host is asked is limited by its
/// pace.
const LAST_RETRY_AFTER: Lifetime = Lifetime::from_minutes(4);

/// What is wrong with the application is mended by a person, and not in minutes.
const MISCONFIGURED_RETRY_AFTER: Lifetime = Lifetime::from_hours(1);

/// Between two tries to store an answer.
const STORE_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Cause of a renewal that was not tried, because its host has not answered for a while.
const HOST_UNAVAILABLE: &str = "host_unavailable";

/// Cause of a renewal whose process ended in the middle of it.
const INTERRUPTED: &str = "interrupted";

/// Why a grant is to be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// A person asks for it.
    Asked,
    /// It is due.
    Due,
    /// Somebody wants the token.
    Needed,
}

impl Keeper {
    /// Renews the owner's credential now.
    pub async fn refresh(self: &Arc<Self>, owner: &Owner, id: CredentialId) -> Result<Credential, KeepFault> {
        let credential = self.get(owner, id).await?;
        if !credential.can_renew() {
            return Err(KeepFault::CannotRenew);
        }
        self.renew(credential, Why::Asked, ASKED_FOR).await
    }

    /// The same credential with a newer token, made by us or by somebody else meanwhile. What has been sent is finished even when
    /// nobody waits any more.
    pub(crate) async fn renew(
        self: &Arc<Self>,
        credential: Credential,
        why: Why,
        wait: Duration,
    ) -> Result<Credential, KeepFault> {
        let waiting = self.renew_or_wait(credential, why);
        tokio::time::timeout(wait, waiting).await.unwrap_or(Err(KeepFault::WaitOver))
    }

    async fn renew_or_wait(self: &Arc<Self>, credential: Credential, why: Why) -> Result<Credential, KeepFault> {
        let (owner, id, generation) = (credential.owner.clone(), credential.id, credential.grant.generation);
        // Of this process one at a time: whoever comes second finds what the first one made.
        let turn = self.turns.of(&format!("renew {id}"));
        let _mine = turn.lock().await;
        loop {
            let current = self.get(&owner, id).await?;
            if current.grant.generation != generation {
                return Ok(current);
            }
            if !current.can_renew() {
                return Err(KeepFault::CannotRenew);
            }
            let now = self.now();
            self.may_try(&current, why, now)?;
            match current.renewal.leased_until {
                // Another process is at it.
                Some(until) if until > now => tokio::time::sleep(LOOK_AFTER).await,
                Some(_) => self.orphaned(current).await?,
                None => {
                    if let Some(renewed) = self.try_once(current).await? {
                        return renewed;
                    }
                }
            }
        }
    }

    /// What came to nothing is not tried again before its time, however many ask for the token meanwhile.
    fn may_try(&self, current: &Credential, why: Why, now: Timestamp) -> Result<(), KeepFault> {
        let renewal = &current.renewal;
        let is_early = renewal.failures > 0 && renewal.at.is_some_and(|at| at > now);
        match &renewal.trouble {
            Some(trouble) if is_early && trouble.kind == TroubleKind::Lost => {
                Err(KeepFault::Unusable(State::Ambiguous))
            }
            _ if is_early && why == Why::Needed && renewal.leased_until.is_none() => {
                Err(KeepFault::ProviderUnavailable("trying_again".into()))
            }
            _ => Ok(()),
        }
    }

    /// One try. None: somebody else was faster.
    async fn try_once(
        self: &Arc<Self>,
        current: Credential,
    ) -> Result<Option<Result<Credential, KeepFault>>, KeepFault> {
        // Before anything is taken: whoever closes the keeper waits for it.
        let flight = self.flights.begin();
        let prepared = match self.prepare(&current).await {
            Ok(prepared) => prepared,
            Err(heard) => return Ok(Some(self.came_to_nothing(current, heard).await)),
        };
        if let Err(open_for) = self.hosts.admit(prepared.host(), (self.world.steady)()).await {
            let heard = Heard::Later { cause: HOST_UNAVAILABLE.into(), after: Some(self.spread(open_for)) };
            return Ok(Some(self.came_to_nothing(current, heard).await));
        }
        // From the lease on nobody who stops waiting can cut it off: the writer would take the lease all the same, and nothing
        // would be sent with it.
        let keeper = Arc::clone(self);
        let task = tokio::spawn(acting_as(actor(), async move {
            let result = keeper.lease_and_carry_out(current, prepared).await;
            drop(flight);
            result
        }));
        task.await.unwrap_or(Err(KeepFault::WaitOver))
    }

    async fn lease_and_carry_out(
        self: &Arc<Self>,
        current: Credential,
        prepared: Prepared,
    ) -> Result<Option<Result<Credential, KeepFault>>, KeepFault> {
        let now = self.now();
        let leased = self.store.lease(current.id, current.grant.generation, now, now.after(LEASED_FOR)).await?;
        let Some(leased) = leased else { return Ok(None) };
        let leased_at = (self.world.steady)();
        Ok(Some(self.carry_out(leased, prepared, leased_at).await))
    }

    async fn carry_out(
        self: &Arc<Self>,
        leased: Credential,
        prepared: Prepared,
        leased_at: Instant,
    ) -> Result<Credential, KeepFault> {
        if (self.world.steady)() - leased_at > SENT_WITHIN {
            // Stopped in between, and perhaps for long: nothing has been sent.
            return self.came_to_nothing(leased, Heard::Later { cause: "too_late".into(), after: None }).await;
        }
        let host = prepared.host().to_owned();
        let sent_at = (self.world.steady)();
        let answer = self.outbound.send(prepared.outgoing).await;
        self.metrics.renewal_took(leased.provider, (self.world.steady)() - sent_at);
        let heard = answer::hear(answer, prepared.is_untyped);
        let chance = f64::from((self.world.random)()[0]) / 255.0;
        self.hosts.report(&host, heard.is_answer(), chance, (self.world.steady)());
        match heard {
            Heard::Granted(granted) => {
                let kept = Kept::of(*granted, leased.grant.kind, self.now());
                self.keep_answer(leased, &kept).await
            }
            other => self.came_to_nothing(leased, other).await,
        }
    }

    /// Brings an answer into its row. Tries until storage takes it: the refresh token that it was made from is spent.
    async fn keep_answer(&self, leased: Credential, kept: &Kept) -> Result<Credential, KeepFault> {
        let entry = NewSpooled {
            credential: leased.id,
            owner: leased.owner.clone(),
            uid: leased.uid,
            generation: leased.grant.generation,
            leased_until: leased.renewal.leased_until.unwrap_or(self.now()),
            answer: self.seal(&leased.owner, leased.uid, leased.grant.generation, "renewed", &kept.write())?,
            spooled_at: self.now(),
        };
        let spooled = self.until_stored(&leased, || self.store.spool(entry.clone())).await?;
        let renewed = self.with_answer(&leased, kept)?;
        self.store_renewed(&leased, renewed, spooled).await
    }

    /// Tries until storage takes it, and keeps the lease meanwhile.
    async fn until_stored<'a, T>(
        &'a self,
        leased: &Credential,
        write: impl Fn() -> Answering<'a, T>,
    ) -> Result<T, StoreFault> {
        loop {
            match write().await {
                Err(fault @ (StoreFault::Full | StoreFault::Unavailable(_))) => {
                    tracing::error!(%fault, credential = leased.id, "a renewed token cannot be stored yet; trying again");
                    tokio::time::sleep(STORE_AGAIN_AFTER).await;
                    let until = self.now().after(LEASED_FOR);
                    let _ = self.store.extend_lease(leased.id, leased.renewal.fence, until).await;
                }
                written => return written,
            }
        }
    }

    async fn store_renewed(
        &self,
        leased: &Credential,
        renewed: Credential,
        spooled: i64,
    ) -> Result<Credential, KeepFault> {
        let stored = self.until_stored(leased, || self.store.renew(renewed.clone(), Some(spooled))).await;
        match stored {
            Ok(stored) => {
                tracing::info!(credential = stored.id, generation = stored.grant.generation, "token renewed");
                self.note(Action::Refresh, &stored, "done");
                self.metrics.renewed(stored.provider, "granted");
                self.due_changed.notify_one();
                Ok(stored)
            }
            // Another token has taken its place, or it was forgotten: what came is of an older grant.
            Err(StoreFault::Stale) => {
                self.store.unspool(spooled).await?;
                self.get(&leased.owner, leased.id).await
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// What the row will be with the renewed token.
    fn with_answer(&self, before: &Credential, kept: &Kept) -> Result<Credential, KeepFault> {
        let grant = kept.grant(self, before)?;
        let evidence = kept.evidence(before);
        let renew_at = renewal::due_at(grant.expiry, kept.came_at(), before.uid);
        Ok(Credential {
            check_at: next_check(&evidence, grant.expiry, true, before.uid, kept.came_at()),
            evidence,
            renewal: Renewal { at: renew_at.filter(|_| grant.refresh_token.is_some()), ..Renewal::default() },
            grant,
            ..before.clone()
        })
    }

    /// Writes down what came of a try that brought no token.
    async fn came_to_nothing(
        self: &Arc<Self>,
        mut credential: Credential,
        heard: Heard,
    ) -> Result<Credential, KeepFault> {
        let (id, owner, generation) = (credential.id, credential.owner.clone(), credential.grant.generation);
        let fence = credential.renewal.fence;
        tracing::warn!(credential = id, cause = heard.cause(), outcome = heard.as_str(), "token not renewed");
        self.note(Action::Refresh, &credential, heard.cause());
        self.metrics.renewed(credential.provider, heard.as_str());
        loop {
            let renewal = self.after(&credential, &heard);
            let written = self.store.update(Credential { renewal, ..credential }).await;
            match written {
                Ok(_) => break,
                Err(StoreFault::Stale) => {}
                Err(fault) => return Err(fault.into()),
            }
            credential = self.get(&owner, id).await?;
            if credential.grant.generation != generation {
                return Ok(credential);
            }
            if credential.renewal.fence != fence {
                // Somebody else is at it: what we heard may be the echo of what they did.
                return Err(heard.fault());
            }
        }
        if let Heard::Refused(_) = heard {
            // Whether the access token still lives is another question.
            let keeper = Arc::clone(self);
            tokio::spawn(async move { keeper.check(&owner, id).await });
        }
        self.due_changed.notify_one();
        Err(heard.fault())
    }

    /// How the renewal stands after a try that brought no token.
    fn after(&self, credential: &Credential, heard: &Heard) -> Renewal {
        let now = self.now();
        let before = &credential.renewal;
        // What was not tried is no failure of its own: only the host's counts.
        let was_tried = !matches!(heard, Heard::Later { cause, .. } if &**cause == HOST_UNAVAILABLE);
        let failures = if was_tried { before.failures.saturating_add(1) } else { before.failures.max(1) };
        let trouble = |kind, cause: &str| {
            let since = before.trouble.as_ref().filter(|trouble| trouble.kind == kind).map_or(now, |it| it.since);
            Some(Trouble { kind, cause: cause.into(), since })
        };
        let (at, trouble) = match heard {
            Heard::Later { after, .. } => {
                let backoff = self.backoff(before.failures);
                (Some(now.after(after.unwrap_or(backoff))), before.trouble.clone())
            }
            Heard::Misconfigured(_) => (Some(now.after(MISCONFIGURED_RETRY_AFTER)), before.trouble.clone()),
            Heard::Refused(cause) => (None, trouble(TroubleKind::Refused, cause)),
            Heard::Lost(cause) if is_strict(credential.provider) => {
                (Some(self.once_more_at(credential, now)), trouble(TroubleKind::Lost, cause))
            }
            Heard::Lost(_) => (Some(now.after(self.backoff(before.failures))), before.trouble.clone()),
            Heard::Granted(_) => (before.at, None),
        };
        Renewal { at, failures, leased_until: None, fence: before.fence, trouble }
    }

    /// When a refresh token that may be spent is risked once more: when the access token, which lives, has ended.
    fn once_more_at(&self, credential: &Credential, now: Timestamp) -> Timestamp {
        let soon = now.after(self.backoff(credential.renewal.failures));
        credential.grant.expiry.at().map_or(soon, |at| at.max(soon))
    }

    /// Somebody took it upon themselves and was not heard of again.
    async fn orphaned(self: &Arc<Self>, credential: Credential) -> Result<(), KeepFault> {
        self.replay().await?;
        let id = credential.id;
        let current = self.get(&credential.owner, id).await?;
        if current.revision != credential.revision {
            return Ok(());
        }
        let renewal = self.after(&current, &Heard::Lost(INTERRUPTED.into()));
        match self.store.update(Credential { renewal, ..current }).await {
            Ok(_) | Err(StoreFault::Stale) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Brings answers from the spool into their rows: those whose askers had their time.
    pub(crate) async fn replay(&self) -> Result<(), KeepFault> {
        let now = self.now();
        for Spooled { id, entry } in self.store.spooled().await? {
            if entry.leased_until > now {
                continue;
            }
            let Some(before) = self.store.get(&entry.owner, entry.credential).await? else {
                self.store.unspool(id).await?;
                continue;
            };
            if before.uid != entry.uid || before.grant.generation != entry.generation {
                self.store.unspool(id).await?;
                continue;
            }
            let text = self.open_column(&before, "renewed", &entry.answer)?;
            let kept = Kept::read(&text).ok_or(KeepFault::damaged("answer"))?;
            let renewed = self.with_answer(&before, &kept)?;
            self.store_renewed(&before, renewed, id).await?;
            tracing::info!(credential = before.id, "a renewed token was brought in from the spool");
        }
        Ok(())
    }

    /// Twice as long after each failure, with a chance part, so that many do not come back at once.
    fn backoff(&self, failures: u32) -> Lifetime {
        let factor = 1_u64.checked_shl(failures.min(20)).unwrap_or(u64::MAX);
        let longest = FIRST_RETRY_AFTER.seconds().saturating_mul(factor).min(LAST_RETRY_AFTER.seconds());
        self.spread(Duration::from_secs(longest / 2)).max(Lifetime::from_seconds(1))
    }

    /// Once to twice as long.
    fn spread(&self, least: Duration) -> Lifetime {
        let [a, b, ..] = (self.world.random)();
        let chance = u64::from(u16::from_be_bytes([a, b]));
        let least = least.as_secs().max(1);
        Lifetime::from_seconds(least + least * chance / u64::from(u16::MAX))
    }
}

/// Whether a provider may take the same refresh token twice for theft, and end everything that came of it (RFC 9700 §4.14.2). Of
/// those that do not, a second try tells whether the first one counted.
const fn is_strict(provider: Provider) -> bool {
    match provider {
        Provider::Mastodon => false,
        Provider::OAuth2(_) | Provider::Vk => true,
    }
}

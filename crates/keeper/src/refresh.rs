//! Owns the renewal of a grant: a refresh token is spent by one, once, and what came of it is never lost.
//!
//! R1 a lease in the row, which is also the proof that storage works; R2 enough of it left; R3 the request, in a task that nobody
//! can cancel; R4 the answer in the spool; R5 the new token in the row, if that still has the old one; R6 the spool cleared. No
//! transaction is open meanwhile. A lease that ran out without a word means that a refresh token may have been spent.

mod answer;
mod flight;
mod host;
mod next;
mod replay;
mod request;
pub(crate) mod step;

use std::{sync::Arc, time::Duration};

use grantkeep_core::{
    Credential, CredentialId, Lifetime, Owner, Renewal, TokenKind, TroubleKind, event::Action, renewal,
    schedule::next_check,
};
use grantkeep_store::{Answering, LEASED_FOR, NewSpooled, StoreFault};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

use crate::{
    KeepFault, Keeper,
    audit::{acting_as, actor},
};
use answer::{Heard, Kept};
pub(crate) use flight::Flights;
use host::Gate;
pub(crate) use host::{Hosts, Sign, host_of};
pub(crate) use replay::Aside;
use request::Prepared;
use step::Step;

/// A lease that was got this long ago, by a clock that no one can set, is too old to send anything with.
const SENT_WITHIN: Duration = Duration::from_secs(20);

/// How often to look whether somebody else has done it.
const LOOK_AFTER: Duration = Duration::from_millis(100);

/// How long somebody who asks for it by hand waits.
const ASKED_FOR: Duration = Duration::from_secs(40);

/// A host that is left alone for no longer is waited for, and so is a place at one that is slow.
const SHORT_PAUSE: Duration = Duration::from_secs(3);

/// Between two tries to store what came once.
pub(crate) const STORE_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Cause of a renewal whose process ended in the middle of it.
const INTERRUPTED: &str = "interrupted";

/// Cause of a renewal whose answer came and cannot be stored, now or ever.
const NOT_STORED: &str = "answer_not_stored";

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
        // Of this process one at a time: whoever comes second finds what the first one made. What goes on when nobody waits for it
        // any more keeps the turn.
        let turn = Arc::new(self.turns.of(&format!("renew {id}")).lock_owned().await);
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
                    if let Some(renewed) = self.try_once(current, why, &turn).await? {
                        return renewed;
                    }
                }
            }
        }
    }

    /// One try. None: somebody else was faster.
    async fn try_once(
        self: &Arc<Self>,
        current: Credential,
        why: Why,
        turn: &Arc<OwnedMutexGuard<()>>,
    ) -> Result<Option<Result<Credential, KeepFault>>, KeepFault> {
        step::reached(Step::Picked);
        let prepared = match self.prepare(&current).await {
            Ok(prepared) => prepared,
            Err(heard) => return Ok(Some(self.came_to_nothing(current, heard).await)),
        };
        let gate = match self.gate(&prepared).await {
            Ok(gate) => gate,
            Err(open_for) => return Ok(Some(self.came_to_nothing(current, Heard::Closed(open_for)).await)),
        };
        let place = match self.place(&prepared, why).await {
            Ok(place) => place,
            Err(open_for) => return Ok(Some(self.came_to_nothing(current, Heard::Closed(open_for)).await)),
        };
        // From the lease on nobody who stops waiting can cut it off: the writer would take the lease all the same, and nothing
        // would be sent with it.
        let (keeper, turn) = (Arc::clone(self), Arc::clone(turn));
        let task = tokio::spawn(acting_as(actor(), async move {
            let result = keeper.lease_and_carry_out(current, prepared, gate, place).await;
            drop(turn);
            result
        }));
        task.await.unwrap_or(Err(KeepFault::WaitOver))
    }

    /// Waits until the host may be asked, and how; how long it is left alone, if it is for long.
    async fn gate(&self, prepared: &Prepared) -> Result<Gate, Lifetime> {
        loop {
            match self.hosts.admit(&prepared.host(), (self.world.steady)()) {
                Ok(Gate::AskFirst) => {
                    self.hosts.pace(&prepared.host(), (self.world.steady)()).await;
                    let answer = self.outbound.send(prepared.question()).await;
                    self.report(&prepared.host(), answer::sign_of_question(&answer));
                }
                Ok(gate) => return Ok(gate),
                Err(open_for) if open_for <= SHORT_PAUSE => tokio::time::sleep(open_for).await,
                Err(open_for) => return Err(self.spread(open_for)),
            }
        }
    }

    /// A place among those who ask the host now; how long it is left alone, if it is so slow that none becomes free. The watcher does not
    /// wait for that: others are due at other hosts.
    async fn place(&self, prepared: &Prepared, why: Why) -> Result<Option<OwnedSemaphorePermit>, Lifetime> {
        let host = prepared.host();
        let place = self.hosts.place(&host, (self.world.steady)());
        if why != Why::Due {
            return Ok(place.await);
        }
        let full = |_| self.spread(self.hosts.is_full(&host, (self.world.steady)()));
        tokio::time::timeout(SHORT_PAUSE, place).await.map_err(full)
    }

    pub(crate) fn report(&self, host: &str, sign: Sign) {
        let chance = f64::from((self.world.random)()[0]) / 255.0;
        self.hosts.report(host, sign, chance, (self.world.steady)());
    }

    async fn lease_and_carry_out(
        self: &Arc<Self>,
        current: Credential,
        prepared: Prepared,
        gate: Gate,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Option<Result<Credential, KeepFault>>, KeepFault> {
        // Before anything is taken: whoever closes the keeper waits for it, and lets none begin after that.
        let _flight = self.flights.begin()?;
        // Before it is asked for: it counts from here, however long it takes to get it.
        let (begun_at, now) = ((self.world.steady)(), self.now());
        let leased = self.store.lease(&current, now, now.after(LEASED_FOR)).await?;
        let Some(leased) = leased else { return Ok(None) };
        step::reached(Step::Leased);
        self.hosts.pace(&prepared.host(), (self.world.steady)()).await;
        if let (Gate::Open, Err(open_for)) = (gate, self.hosts.is_open(&prepared.host(), (self.world.steady)())) {
            return Ok(Some(self.came_to_nothing(leased, Heard::Closed(self.spread(open_for))).await));
        }
        // By both clocks: the one that nobody sets may stand still while the machine sleeps.
        let since = ((self.world.steady)() - begun_at).max(Duration::from_secs(self.now().since(now).seconds()));
        if since > SENT_WITHIN {
            // Stopped in between, and perhaps for long: nothing has been sent.
            let too_late = Heard::Later { cause: "too_late".into(), after: None };
            return Ok(Some(self.came_to_nothing(leased, too_late).await));
        }
        step::reached(Step::Judged);
        Ok(Some(self.carry_out(leased, prepared, place).await))
    }

    async fn carry_out(
        self: &Arc<Self>,
        leased: Credential,
        prepared: Prepared,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Credential, KeepFault> {
        let host = prepared.host();
        let sent_at = (self.world.steady)();
        let answer = self.outbound.send(prepared.outgoing).await;
        drop(place);
        step::reached(Step::Heard);
        self.metrics.renewal_took(leased.provider, (self.world.steady)() - sent_at);
        let heard = answer::hear(answer, prepared.is_untyped).map_err(|heard| heard.about(leased.grant.kind));
        self.report(&host, heard.as_ref().err().map_or(Sign::Answers, Heard::sign));
        match heard {
            Ok(granted) => {
                let kept = Kept::of(granted, leased.grant.kind, prepared.software, self.now());
                self.keep_answer(leased, &kept).await
            }
            Err(heard) => self.came_to_nothing(leased, heard).await,
        }
    }

    async fn keep_answer(self: &Arc<Self>, leased: Credential, kept: &Kept) -> Result<Credential, KeepFault> {
        match self.bring_home(&leased, kept).await {
            Err(fault) if replay::is_lasting(&fault) => {
                tracing::error!(%fault, credential = leased.id, "what came of a renewal cannot be stored");
                self.came_to_nothing(leased, Heard::Lost(NOT_STORED.into())).await
            }
            kept => kept,
        }
    }

    /// Brings an answer into its row. Tries until storage takes it: the refresh token that it was made from is spent.
    async fn bring_home(&self, leased: &Credential, kept: &Kept) -> Result<Credential, KeepFault> {
        let entry = NewSpooled {
            credential: leased.id,
            owner: leased.owner.clone(),
            uid: leased.uid,
            generation: leased.grant.generation,
            leased_until: leased.renewal.leased_until.unwrap_or(self.now()),
            answer: self.seal(&leased.owner, leased.uid, leased.grant.generation, "renewed", &kept.write())?,
            spooled_at: self.now(),
        };
        let spooled = self.until_stored(leased, || self.store.spool(entry.clone())).await?;
        step::reached(Step::Spooled);
        let renewed = self.with_answer(leased, kept)?;
        match self.until_stored(leased, || self.store.renew(renewed.clone(), Some(spooled))).await {
            Ok(stored) => self.was_stored(leased, stored).await,
            Err(StoreFault::Stale) => self.was_superseded(leased, &renewed, spooled).await,
            Err(fault) => Err(fault.into()),
        }
    }

    /// Tries until storage takes it, and keeps the lease meanwhile.
    async fn until_stored<'a, T>(
        &'a self,
        leased: &Credential,
        write: impl Fn() -> Answering<'a, T>,
    ) -> Result<T, StoreFault> {
        loop {
            match write().await {
                Err(fault) if fault.is_passing() => {
                    tracing::error!(%fault, credential = leased.id, "what came of a renewal cannot be stored yet; trying again");
                    tokio::time::sleep(STORE_AGAIN_AFTER).await;
                    let until = self.now().after(LEASED_FOR);
                    let _ = self.store.extend_lease(leased.id, leased.renewal.fence, until).await;
                }
                written => return written,
            }
        }
    }

    /// Tells of a renewed token that stands in its row. `before`: as it was when it was asked for.
    async fn was_stored(&self, before: &Credential, stored: Credential) -> Result<Credential, KeepFault> {
        step::reached(Step::Stored);
        tracing::info!(credential = stored.id, generation = stored.grant.generation, "token renewed");
        self.note(Action::Refresh, &stored, "done");
        self.metrics.renewed(stored.provider, "granted");
        self.wake_watchers(&stored);
        step::reached(Step::Told);
        let was_refused = before.renewal.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Refused);
        if was_refused || stored.renewal.fence != before.renewal.fence {
            // Somebody else has sent the same refresh token meanwhile, which may have ended what came of it.
            return self.check(&stored.owner, stored.id).await;
        }
        Ok(stored)
    }

    /// Another token has taken its place, or it was forgotten: what came is of an older grant.
    async fn was_superseded(
        &self,
        before: &Credential,
        renewed: &Credential,
        spooled: i64,
    ) -> Result<Credential, KeepFault> {
        self.store.unspool(spooled).await?;
        let current = self.get(&before.owner, before.id).await;
        if matches!(current, Err(KeepFault::NotFound)) {
            self.withdraw_unkept(renewed).await;
        }
        current
    }

    /// The credential when nobody is renewing it, so that what is done with it is done with the newest token.
    pub(crate) async fn when_still(&self, owner: &Owner, id: CredentialId) -> Result<Credential, KeepFault> {
        let until = (self.world.steady)() + ASKED_FOR;
        loop {
            let current = self.get(owner, id).await?;
            let is_leased = current.renewal.leased_until.is_some_and(|until| until > self.now());
            if !is_leased || (self.world.steady)() >= until {
                return Ok(current);
            }
            tokio::time::sleep(LOOK_AFTER).await;
        }
    }

    /// What the row will be with the renewed token.
    fn with_answer(&self, before: &Credential, kept: &Kept) -> Result<Credential, KeepFault> {
        let grant = kept.grant(self, before)?;
        let evidence = kept.evidence(before);
        let renew_at = renewal::due_at(grant.expiry, kept.came_at(), before.uid);
        Ok(Credential {
            check_at: next_check(&evidence, grant.expiry, true, before.uid, kept.came_at())
                .filter(|_| grant.kind != TokenKind::OAuth2Client),
            evidence,
            renewal: Renewal { at: renew_at.filter(|_| grant.renews()), ..Renewal::default() },
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
        // What was not tried is no deed; that the host is left alone is told once, of the host.
        if !matches!(heard, Heard::Closed(_)) {
            tracing::warn!(credential = id, cause = heard.cause(), outcome = heard.as_str(), "token not renewed");
            self.note(Action::Refresh, &credential, heard.cause());
        }
        self.metrics.renewed(credential.provider, heard.as_str());
        loop {
            let renewal = self.after(&credential, &heard);
            let next = Credential { renewal, ..credential.clone() };
            // A lease without a word would say that the refresh token may be spent, which we know better.
            let written = match credential.renewal.leased_until {
                Some(_) => self.until_stored(&credential, || self.store.update(next.clone())).await,
                None => self.store.update(next).await,
            };
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
        Err(heard.fault())
    }

    /// Somebody took it upon themselves and was not heard of again.
    async fn orphaned(self: &Arc<Self>, credential: Credential) -> Result<(), KeepFault> {
        self.replay().await?;
        let id = credential.id;
        let current = self.get(&credential.owner, id).await?;
        if current.revision != credential.revision {
            return Ok(());
        }
        let cause = if self.aside.holds_newer(&current) { NOT_STORED } else { INTERRUPTED };
        let renewal = self.after(&current, &Heard::Lost(cause.into()));
        step::reached(Step::Orphaned);
        match self.store.update(Credential { renewal, ..current }).await {
            Ok(_) | Err(StoreFault::Stale) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }
}

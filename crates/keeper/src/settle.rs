//! Owns what a reading changes about a credential: evidence, identity, name, and when to ask again.

use std::sync::Arc;

use grantkeep_core::{
    Account, Credential, CredentialId, Expiry, Grant, Lifetime, Outcome, Owner, Renewal, Sealed, Timestamp,
    event::Action, evidence::OWNER_CHANGED, schedule::next_check,
};
use grantkeep_store::StoreFault;
use grantkeep_vk as vk;

use crate::{
    KeepFault, Keeper,
    ask::{Reading, Whom, nameless},
};

/// What was renewed so lately and is called dead is not renewed again for that: the next one would be called dead too.
const RENEWED_LATELY: Lifetime = Lifetime::from_hours(1);

/// What is known after `reading`, without the name.
fn with_reading(mut credential: Credential, reading: &Reading, now: Timestamp) -> Credential {
    let (mut outcome, mut cause) = (reading.outcome, &*reading.cause);
    if let Some(told) = &reading.told {
        let contradicted = credential.subject.as_ref().is_some_and(|claimed| *claimed != told.subject);
        if contradicted && !is_nameless(&credential) {
            // The pasted text named somebody else, and it may have replaced that person's token on its word.
            (outcome, cause) = (Outcome::NeedsHuman, OWNER_CHANGED);
        } else {
            credential.subject = Some(told.subject.clone());
            if let (true, Expiry::Assumed(_)) = (credential.grant.kind != told.kind, credential.grant.expiry) {
                credential.grant.expiry = vk::usual_expiry(told.kind, credential.evidence.captured_at);
            }
            credential.grant.kind = told.kind;
        }
    } else if outcome != Outcome::Unclear && credential.evidence.owner_changed().is_some() {
        // Nobody was named: whatever else is said of a stranger's token does not make it the right person's.
        (outcome, cause) = (Outcome::NeedsHuman, OWNER_CHANGED);
    }
    credential.evidence = credential.evidence.with(outcome, cause, reading.asked, now);
    let (expiry, renews) = (credential.grant.expiry, credential.can_renew());
    credential.check_at = next_check(&credential.evidence, expiry, renews, credential.uid, now);
    let is_fresh = credential.grant.generation > 1 && now.since(credential.evidence.captured_at) < RENEWED_LATELY;
    if renews && !is_fresh && matches!(outcome, Outcome::Expired | Outcome::Revoked) {
        // An access token that is dead before its time may have a grant that lives, and there is nothing left to lose.
        credential.renewal.at = Some(credential.renewal.at.map_or(now, |at| at.min(now)));
    }
    credential
}

/// Whether it still has the name that stands for nobody.
fn is_nameless(credential: &Credential) -> bool {
    credential.account == nameless(credential.provider, credential.server.as_deref())
}

/// Whether two credentials are one person's, at one server.
fn is_same(one: &Credential, other: &Credential) -> bool {
    one.subject.is_some() && one.subject == other.subject && one.server == other.server
}

impl Keeper {
    /// Asks the provider about a credential now and remembers what came out. The credential may come back under the name, and
    /// the id, of the account that it turned out to belong to.
    pub async fn check(&self, owner: &Owner, id: CredentialId) -> Result<Credential, KeepFault> {
        let credential = self.get(owner, id).await?;
        self.recheck(credential).await
    }

    pub(crate) async fn recheck(&self, mut credential: Credential) -> Result<Credential, KeepFault> {
        let whom = self.whom_of(&credential).await?;
        if matches!(whom, Whom::UserInfo(None)) {
            return self.never_check(credential).await;
        }
        let token = self.open(&credential)?;
        let reading = self.ask(&token, &whom).await;
        let (owner, id, generation) = (credential.owner.clone(), credential.id, credential.grant.generation);
        loop {
            let told = reading.told.as_ref().map(|told| &told.account);
            let now = self.now();
            let before = credential.status(now).state;
            match self.settle(with_reading(credential, &reading, now), told).await {
                Err(KeepFault::Store(StoreFault::Stale | StoreFault::Conflict)) => {}
                settled => {
                    let settled = settled?;
                    let state = settled.status(now).state;
                    if state != before {
                        self.note(Action::Check, &settled, state.as_str());
                    }
                    self.wake_watchers(&settled);
                    return Ok(settled);
                }
            }
            credential = self.get(&owner, id).await?;
            if credential.grant.generation != generation {
                // Another token meanwhile: what was said of the old one says nothing about it.
                return Ok(credential);
            }
        }
    }

    /// Nobody can be asked: what is known stays as it is, and is not asked about again by ourselves.
    async fn never_check(&self, mut credential: Credential) -> Result<Credential, KeepFault> {
        let (owner, id) = (credential.owner.clone(), credential.id);
        while credential.check_at.is_some() {
            match self.store.update(Credential { check_at: None, ..credential }).await {
                Err(StoreFault::Stale) => credential = self.get(&owner, id).await?,
                updated => return Ok(updated?),
            }
        }
        Ok(credential)
    }

    /// Stores it; gives a token of which the provider has now told whose it is the name that it should have had.
    async fn settle(&self, credential: Credential, told: Option<&Account>) -> Result<Credential, KeepFault> {
        let is_due = is_nameless(&credential) && credential.evidence.is_confirmed();
        let Some(account) = told.filter(|told| is_due && **told != credential.account) else {
            return Ok(self.store.update(credential).await?);
        };
        match self.store.find(&credential.owner, credential.provider, Some(account)).await? {
            None => Ok(self.store.update(Credential { account: account.clone(), ..credential }).await?),
            Some(found) if is_same(&found.credential, &credential) => {
                let leases = [&found.credential, &credential].map(|it| it.renewal.leased_until);
                match leases.into_iter().max().flatten() {
                    None => self.absorb(&found.credential, credential).await,
                    Some(until) => self.settle_after(until, credential).await,
                }
            }
            // Somebody gave that name to another person's credential: both stay as they are.
            Some(_) => Ok(self.store.update(credential).await?),
        }
    }

    /// One of the two is being renewed, or has an answer in the spool: what comes of that must find its row. It is asked about
    /// again when the lease is over.
    async fn settle_after(&self, until: Timestamp, credential: Credential) -> Result<Credential, KeepFault> {
        let check_at = if until > self.now() { Some(until) } else { credential.check_at };
        Ok(self.store.update(Credential { check_at, ..credential }).await?)
    }

    /// The same person has a credential already: it takes the token, if that is the newer one.
    async fn absorb(&self, kept: &Credential, temporary: Credential) -> Result<Credential, KeepFault> {
        if kept.evidence.captured_at > temporary.evidence.captured_at {
            self.store.delete_unchanged(temporary).await?;
            return Ok(kept.clone());
        }
        let generation = kept.grant.generation + 1;
        let grant = &temporary.grant;
        let carry = |column, sealed: &Sealed| {
            let secret = self.open_column(&temporary, column, sealed)?;
            self.seal(&kept.owner, kept.uid, generation, column, &secret)
        };
        let carry_some = |column, sealed: &Option<Sealed>| sealed.as_ref().map(|it| carry(column, it)).transpose();
        let grant = Grant {
            access_token: carry("access_token", &grant.access_token)?,
            refresh_token: carry_some("refresh_token", &grant.refresh_token)?,
            device_id: carry_some("device_id", &grant.device_id)?,
            generation,
            ..grant.clone()
        };
        let taken = Credential {
            subject: temporary.subject.clone(),
            grant,
            evidence: temporary.evidence.clone(),
            check_at: temporary.check_at,
            renewal: Renewal { fence: kept.renewal.fence, ..temporary.renewal.clone() },
            ..kept.clone()
        };
        tracing::info!(
            credential = kept.id,
            absorbed = temporary.id,
            "the token was confirmed to belong to a known account"
        );
        Ok(Arc::unwrap_or_clone(self.store.replace(taken, Some(Box::new(temporary))).await?))
    }
}

//! Owns what a reading changes about a credential: evidence, identity, name, and when to ask again.

use grantkeep_core::{Credential, Evidence, Expiry, Grant, Lifetime, Outcome, Timestamp};
use grantkeep_store::StoreFault;
use grantkeep_vk::{self as vk, check::Finding};

use crate::{KeepFault, Keeper};

/// The account name of a token of which the provider has not told whose it is.
pub const UNVERIFIED: &str = "vk_unverified";

/// Cause of a state in which the provider named somebody else than the pasted text did.
const OWNER_CHANGED: &str = "owner_changed";

const FIRST_RETRY_AFTER: Lifetime = Lifetime::from_seconds(30);
const LAST_RETRY_AFTER: Lifetime = Lifetime::from_hours(1);

/// A person answers slower than a server recovers.
const PERSON_RETRY_AFTER: Lifetime = Lifetime::from_minutes(5);

/// When to ask again by ourselves: not at all after a clear answer; else first soon, then after as long as it has lasted.
pub(crate) fn next_check(evidence: &Evidence, expiry: Expiry, now: Timestamp) -> Option<Timestamp> {
    let latest = evidence.latest()?;
    let first = match latest.outcome {
        Outcome::Unclear => FIRST_RETRY_AFTER,
        Outcome::Misconfigured | Outcome::NeedsHuman => PERSON_RETRY_AFTER,
        _ => return None,
    };
    let at = now.after(now.since(latest.since).clamp(first, LAST_RETRY_AFTER));
    expiry.at().is_none_or(|ends_at| at < ends_at).then_some(at)
}

/// What is known after `finding`, without the name.
fn with_finding(mut credential: Credential, finding: &Finding, now: Timestamp) -> Credential {
    let (mut outcome, mut cause) = (finding.outcome, &*finding.cause);
    if let Some(identity) = &finding.identity {
        let contradicted = credential.subject.as_ref().is_some_and(|claimed| *claimed != identity.subject);
        if contradicted && credential.account.as_str() != UNVERIFIED {
            // The pasted text named somebody else, and it may have replaced that person's token on its word.
            (outcome, cause) = (Outcome::NeedsHuman, OWNER_CHANGED);
        } else {
            credential.subject = Some(identity.subject.clone());
            if let (true, Expiry::Assumed(_)) = (credential.grant.kind != identity.kind, credential.grant.expiry) {
                credential.grant.expiry = vk::usual_expiry(identity.kind, credential.evidence.captured_at);
            }
            credential.grant.kind = identity.kind;
        }
    }
    credential.evidence = credential.evidence.with(outcome, cause, finding.asked, now);
    credential.check_at = next_check(&credential.evidence, credential.grant.expiry, now);
    credential
}

impl Keeper {
    /// Asks the provider about a credential now and remembers what came out. The credential may come back under the name, and
    /// the id, of the account that it turned out to belong to.
    pub async fn check(
        &self,
        owner: &grantkeep_core::Owner,
        id: grantkeep_core::CredentialId,
    ) -> Result<Credential, KeepFault> {
        let credential = self.get(owner, id).await?;
        self.recheck(credential).await
    }

    pub(crate) async fn recheck(&self, mut credential: Credential) -> Result<Credential, KeepFault> {
        let token = self.open(&credential)?;
        let finding = self.ask(&token, credential.grant.kind).await;
        let (owner, id, generation) = (credential.owner.clone(), credential.id, credential.grant.generation);
        loop {
            match self.settle(with_finding(credential, &finding, self.now())).await {
                Err(KeepFault::Store(StoreFault::Stale | StoreFault::Conflict)) => {}
                settled => return settled,
            }
            credential = self.get(&owner, id).await?;
            if credential.grant.generation != generation {
                // Another token meanwhile: what was said of the old one says nothing about it.
                return Ok(credential);
            }
        }
    }

    /// Stores it; gives a token of which the provider has now told whose it is the name that it should have had.
    async fn settle(&self, credential: Credential) -> Result<Credential, KeepFault> {
        let named = credential.account.as_str() != UNVERIFIED || !credential.evidence.is_confirmed();
        let (false, Some(subject)) = (named, &credential.subject) else {
            return Ok(self.store.update(credential).await?);
        };
        let account = vk::default_account(Some(subject));
        match self.store.find(&credential.owner, credential.provider, Some(&account)).await? {
            None => Ok(self.store.update(Credential { account, ..credential }).await?),
            Some(found) if found.credential.subject.as_ref() == Some(subject) => {
                self.absorb(&found.credential, credential).await
            }
            // Somebody gave that name to another person's credential: both stay as they are.
            Some(_) => Ok(self.store.update(credential).await?),
        }
    }

    /// The same person has a credential already: it takes the token, if that is the newer one.
    async fn absorb(&self, kept: &Credential, temporary: Credential) -> Result<Credential, KeepFault> {
        if kept.evidence.captured_at > temporary.evidence.captured_at {
            self.store.delete(&temporary.owner, temporary.id).await?;
            return Ok(kept.clone());
        }
        let token = self.open(&temporary)?;
        let generation = kept.grant.generation + 1;
        let access_token = self.seal(&kept.owner, kept.uid, generation, &token)?;
        let taken = Credential {
            subject: temporary.subject.clone(),
            grant: Grant { access_token, generation, ..temporary.grant.clone() },
            evidence: temporary.evidence.clone(),
            check_at: temporary.check_at,
            ..kept.clone()
        };
        tracing::info!(
            credential = kept.id,
            absorbed = temporary.id,
            "the token was confirmed to belong to a known account"
        );
        Ok(self.store.replace(taken, Some(temporary)).await?)
    }
}

//! Owns handing out a live token, renewed first where that is needed and can be done.

use std::{sync::Arc, time::Duration};

use grantkeep_core::{
    Account, Credential, CredentialId, Expiry, Lifetime, Owner, Provider, Secret, State, Timestamp,
    status::APPLICATION_REFUSED,
};

use crate::{KeepFault, Keeper, refresh::Why};

/// A token on its way to whoever may use it.
#[derive(Debug)]
pub struct HandOut {
    /// The access token.
    pub access_token: Secret,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// What the provider says it may do, if it said.
    pub scope: Option<Box<str>>,
    /// Which credential it is.
    pub credential_id: CredentialId,
    /// Whether less is left than was asked for.
    pub below_min_ttl: bool,
}

/// Which token is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whose.
    pub owner: &'a Owner,
    /// Where.
    pub provider: Provider,
    /// Of which account; by default of the only one.
    pub account: Option<&'a Account>,
    /// How long it should live on.
    pub min_ttl: Lifetime,
    /// How long a renewal may take.
    pub wait: Duration,
}

impl Keeper {
    /// The live access token of that account; without an account, of the only one. A token with less than `min_ttl` left is
    /// renewed first, if it can be; a live one that cannot be in time is handed out and marked so. One that a person must
    /// renew is not handed out.
    pub async fn hand_out(self: &Arc<Self>, wanted: Wanted<'_>) -> Result<HandOut, KeepFault> {
        let handed = self.find_and_give(wanted).await;
        self.metrics.handed_out(&handed);
        handed
    }

    async fn find_and_give(self: &Arc<Self>, wanted: Wanted<'_>) -> Result<HandOut, KeepFault> {
        let found = self.find(wanted.owner, wanted.provider, wanted.account).await?.ok_or(KeepFault::NotFound)?;
        if wanted.account.is_none() && !found.only {
            return Err(KeepFault::AccountAmbiguous);
        }
        // One look at the clock: a token that ends in between would be neither renewed nor handed out.
        let now = self.now();
        if is_wanting(&found.credential, wanted.min_ttl, now) {
            let renewed = Box::pin(self.renew((*found.credential).clone(), Why::Needed, wanted.wait)).await;
            return match renewed {
                Ok(credential) => self.give(&credential, wanted.min_ttl, self.now()),
                // What lives is handed out all the same; what does not, is not, for that reason.
                Err(fault) => {
                    let credential = self.get(wanted.owner, found.credential.id).await?;
                    let fault = match fault {
                        fault @ KeepFault::ClientRefused(_) => fault,
                        // As it was when that was last tried.
                        _ if credential.renewal.is_misconfigured => {
                            KeepFault::ClientRefused(APPLICATION_REFUSED.into())
                        }
                        fault => fault,
                    };
                    self.give(&credential, wanted.min_ttl, self.now()).map_err(|given| told(given, fault))
                }
            };
        }
        self.give(&found.credential, wanted.min_ttl, now)
    }

    fn give(&self, credential: &Credential, min_ttl: Lifetime, now: Timestamp) -> Result<HandOut, KeepFault> {
        let status = credential.status(now);
        if status.state.needs_person() || status.is_valid == Some(false) {
            self.note_hand_out(credential, status.state.as_str());
            return Err(KeepFault::Unusable(status.state));
        }
        let access_token = self.open(credential)?;
        self.note_hand_out(credential, "done");
        Ok(HandOut {
            access_token,
            expires_at: Expiry::at(credential.grant.expiry),
            scope: credential.grant.scope.granted.clone(),
            credential_id: credential.id,
            below_min_ttl: status.left.is_some_and(|left| left < min_ttl),
        })
    }
}

/// Whether less is left than is wanted, and a renewal would help: one that has just been renewed has as much as there is.
fn is_wanting(credential: &Credential, min_ttl: Lifetime, now: Timestamp) -> bool {
    let Some(ends_at) = credential.grant.expiry.at().filter(|_| credential.can_renew()) else { return false };
    let lifetime = ends_at.since(credential.evidence.captured_at).seconds();
    let left = ends_at.since(now);
    let is_dead = credential.status(now).is_valid == Some(false) && credential.renewal.at.is_some_and(|at| at <= now);
    is_dead || left.is_zero() || left < min_ttl.min(Lifetime::from_seconds(lifetime - lifetime / 5))
}

/// Why nothing is handed out: a person must act, or somebody is away.
fn told(given: KeepFault, why: KeepFault) -> KeepFault {
    match (given, why) {
        (
            KeepFault::Unusable(State::Expired),
            why @ (KeepFault::ClientRefused(_) | KeepFault::ProviderWrong { .. }),
        ) => why,
        (
            KeepFault::Unusable(State::Refreshing),
            why @ (KeepFault::ClientRefused(_)
            | KeepFault::ProviderUnavailable(_)
            | KeepFault::ProviderWrong { .. }
            | KeepFault::Store(_)
            | KeepFault::WaitOver),
        ) => why,
        (given, _) => given,
    }
}

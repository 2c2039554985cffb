//! Owns handing out a live token.

use grantkeep_core::{Account, CredentialId, Expiry, Lifetime, Owner, Provider, Secret, Timestamp};

use crate::{KeepFault, Keeper};

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

impl Keeper {
    /// The live access token of that account; without an account, of the only one. A token that lives but has less than
    /// `min_ttl` left is handed out and marked so; one that a person must renew first is not.
    pub async fn hand_out(
        &self,
        owner: &Owner,
        provider: Provider,
        account: Option<&Account>,
        min_ttl: Lifetime,
    ) -> Result<HandOut, KeepFault> {
        let found = self.find(owner, provider, account).await?.ok_or(KeepFault::NotFound)?;
        if account.is_none() && !found.only {
            return Err(KeepFault::AccountAmbiguous);
        }
        let credential = &found.credential;
        let status = credential.status(self.now());
        if status.state.needs_person() {
            return Err(KeepFault::Unusable(status.state));
        }
        Ok(HandOut {
            access_token: self.open(credential)?,
            expires_at: Expiry::at(credential.grant.expiry),
            scope: credential.grant.scope.granted.clone(),
            credential_id: credential.id,
            below_min_ttl: status.left.is_some_and(|left| left < min_ttl),
        })
    }
}

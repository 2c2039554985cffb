//! Owns the remembering of issued API keys. Signing and verifying them belongs to the server.

use grantkeep_core::{Owner, event::Action};
use grantkeep_store::{ApiKey, KeyRow};

use crate::{KeepFault, Keeper};

impl Keeper {
    /// Remembers an issued key.
    pub async fn add_key(&self, key: ApiKey) -> Result<(), KeepFault> {
        tracing::info!(key = key.id, "API key issued");
        let (owner, id) = (key.owner.clone(), key.id.clone());
        self.store.add_key(key).await?;
        self.note_key(Action::KeyIssue, &owner, &id);
        Ok(())
    }

    /// Notes that a key was used, by the name that its deeds are noted by.
    pub fn note_key_use(&self, owner: &Owner, id: &str, actor: &str) {
        self.note_key_by(actor, Action::KeyUse, owner, id);
    }

    /// Every issued key. One that is damaged counts as revoked.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, KeepFault> {
        Ok(self.store.keys().await?)
    }

    /// Ends a key.
    pub async fn revoke_key(&self, id: &str) -> Result<(), KeepFault> {
        if self.store.revoke_key(id, self.now()).await? {
            tracing::info!(key = id, "API key revoked");
            if let Some(key) = self.keys().await?.into_iter().flatten().find(|key| key.id == id) {
                self.note_key(Action::KeyRevoke, &key.owner, id);
            }
            Ok(())
        } else {
            Err(KeepFault::NotFound)
        }
    }
}

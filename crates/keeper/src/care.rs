//! Owns the care of the whole database: whether it is sound, and whether every secret in it opens.

use grantkeep_store::id_of;

use crate::{KeepFault, Keeper};

/// What a thorough look at the database found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What the engine found wrong, in its words, and credentials whose row does not read as it was written.
    pub damage: Vec<String>,
    /// How many credentials there are.
    pub credentials: u64,
    /// Ids of credentials whose secret does not open.
    pub sealed_shut: Vec<i64>,
    /// Whether a write reaches the disk.
    pub writable: bool,
}

const PAGE: usize = 500;

impl Keeper {
    /// Checks every page, and opens every secret. Slow on large databases; reads and writes go on meanwhile.
    pub async fn examine(&self) -> Result<Health, KeepFault> {
        let mut health = Health {
            damage: self.store.integrity().await?,
            credentials: 0,
            sealed_shut: Vec::new(),
            writable: self.store.probe().await.is_ok(),
        };
        let mut after = 0;
        loop {
            let page = self.store.scan(after, PAGE).await?;
            if page.is_empty() {
                return Ok(health);
            }
            health.credentials += page.len() as u64;
            for row in page {
                after = id_of(&row);
                match row {
                    Ok(credential) if self.open(&credential).is_err() => health.sealed_shut.push(credential.id),
                    Ok(_) => {}
                    Err(damaged) => health.damage.push(damaged.to_string()),
                }
            }
            // Between pages others have their turn.
            tokio::task::yield_now().await;
        }
    }

    /// Whether the store answers. Anybody may ask: one row of an index is read.
    pub async fn is_ready(&self) -> bool {
        self.store.next_outbox().await.is_ok()
    }

    /// Lets nothing begin that must not be cut off, waits for what is under way, brings everything into the main file and ends the
    /// writer.
    pub async fn close(&self) -> Result<(), KeepFault> {
        self.flights.close();
        self.flights.landed().await;
        self.write_audit().await?;
        Ok(self.store.close().await?)
    }
}

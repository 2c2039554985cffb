//! Owns the way from a master key to a sealer: the first start makes a data key, every later one must open what is there.

use grantkeep_core::Timestamp;
use grantkeep_seal::{MasterKey, SealFault, Sealer, WrappedKey};
use grantkeep_store::{Store, StoreFault};
use thiserror::Error;

/// Why the database could not be unlocked. `E` is why the master key could not be had.
#[derive(Debug, Error)]
pub enum UnlockFault<E> {
    /// The master key could not be had.
    #[error(transparent)]
    Key(E),
    /// The key does not fit.
    #[error(transparent)]
    Seal(SealFault),
    /// The store could not be read or written.
    #[error(transparent)]
    Store(StoreFault),
}

/// The number of the data key that a first start makes.
const FIRST: u32 = 1;

/// Unlocks a database. `master` is asked for the key and told whether it may make one: only when nothing has been sealed yet,
/// never over existing data.
pub async fn unlock<E>(
    store: &dyn Store,
    master: impl FnOnce(bool) -> Result<MasterKey, E>,
    now: Timestamp,
) -> Result<Sealer, UnlockFault<E>> {
    let mut wrapped = store.data_keys().await.map_err(UnlockFault::Store)?;
    let master = master(wrapped.is_empty()).map_err(UnlockFault::Key)?;
    if wrapped.is_empty() {
        let first = WrappedKey::generate(&master, FIRST).map_err(UnlockFault::Seal)?;
        // Another process may be doing the same: the first to write wins, and both use what is then there.
        store.add_first_data_key(first.id, first.blob, now).await.map_err(UnlockFault::Store)?;
        wrapped = store.data_keys().await.map_err(UnlockFault::Store)?;
    }
    let wrapped: Vec<_> = wrapped.into_iter().map(|(id, blob)| WrappedKey { id, blob }).collect();
    Sealer::unlock(&master, &wrapped).map_err(UnlockFault::Seal)
}

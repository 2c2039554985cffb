//! Owns the count of requests that must not be cut off: whoever closes waits for them, and none begins after that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use grantkeep_store::StoreFault;
use tokio::sync::Notify;

use crate::KeepFault;

/// Longer than anything takes that may be under way: from a lease to its request 20 s, a request to a token endpoint 30 s, the
/// question after it whose the token is 15 s. Whoever stops a server waits for that, and for a little more before it.
const AT_MOST: Duration = Duration::from_secs(75);

/// Requests under way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    count: AtomicUsize,
    is_closing: AtomicBool,
    landed: Notify,
}

/// One that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Flight(Arc<Inner>);

impl Flights {
    /// One more: it is waited for until it is dropped. While the keeper closes there is none, but the fault of a store that is closed,
    /// which it is about to be: what must not be cut off is not to be sent any more. So ask right before something is taken or spent.
    pub(crate) fn begin(&self) -> Result<Flight, KeepFault> {
        // Counted before it looks: either it sees that the keeper closes, or whoever closes sees it.
        self.0.count.fetch_add(1, Ordering::SeqCst);
        let flight = Flight(Arc::clone(&self.0));
        if self.0.is_closing.load(Ordering::SeqCst) { Err(StoreFault::Closed.into()) } else { Ok(flight) }
    }

    /// From now on none begins.
    pub(crate) fn close(&self) {
        self.0.is_closing.store(true, Ordering::SeqCst);
    }

    /// Waits until none is left.
    pub(crate) async fn landed(&self) {
        let all = async {
            loop {
                let next = self.0.landed.notified();
                if self.0.count.load(Ordering::SeqCst) == 0 {
                    return;
                }
                next.await;
            }
        };
        if tokio::time::timeout(AT_MOST, all).await.is_err() {
            tracing::error!("a renewal or a login did not end in time");
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.landed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_closes_waits_for_what_is_under_way() {
        let flights = Flights::default();
        flights.landed().await;
        let (one, two) = (flights.begin().unwrap(), flights.begin().unwrap());
        let waiting = flights.landed();
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            () = &mut waiting => panic!("two are under way"),
            () = tokio::task::yield_now() => {}
        }
        drop(one);
        drop(two);
        waiting.await;
    }

    #[tokio::test(start_paused = true)]
    async fn none_begins_once_closing_has_begun() {
        let flights = Flights::default();
        let under_way = flights.begin().unwrap();
        flights.close();
        assert_eq!(flights.begin().unwrap_err(), KeepFault::Store(StoreFault::Closed));
        drop(under_way);
        // At once: the one that was turned away does not count.
        tokio::time::timeout(Duration::from_millis(1), flights.landed()).await.unwrap();
    }
}

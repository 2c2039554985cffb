//! Owns the count of requests that must not be cut off: whoever closes waits for them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// Longer than any request takes.
const AT_MOST: Duration = Duration::from_secs(45);

/// Requests under way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    count: AtomicUsize,
    landed: Notify,
}

/// One that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Flight(Arc<Inner>);

impl Flights {
    pub(crate) fn begin(&self) -> Flight {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Flight(Arc::clone(&self.0))
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
            tracing::error!("a renewal did not end in time");
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.landed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_closes_waits_for_what_is_under_way() {
        let flights = Flights::default();
        flights.landed().await;
        let (one, two) = (flights.begin(), flights.begin());
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
}

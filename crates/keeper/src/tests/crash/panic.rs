//! Renewals that panic, or whose callers go away: nothing hangs, and whoever comes next goes on.
//!
//! Each place is hit once, for tokens of two kinds; `GRANTKEEP_PANICS=100` goes round until there were so many.

use std::{future::poll_fn, task::Poll};

use super::*;
use crate::refresh::Why;

/// Nothing that is waited for here takes longer, on whatever machine.
const SOON: Duration = Duration::from_secs(60);

/// Where nothing has changed for so long, somebody waits for a lease to end.
const QUIET_FOR: Duration = Duration::from_millis(150);

thread_local! {
    /// At which question for the time or for chance to panic; 0, at none.
    static FUSE: Cell<u32> = const { Cell::new(0) };
}

const FUSED: World = World { now: || burnt(clock), random: || burnt(child::random), steady: || burnt(steady) };

fn burnt<T>(ask: fn() -> T) -> T {
    let left = FUSE.get();
    FUSE.set(left.saturating_sub(1));
    assert!(left != 1, "as was asked for");
    ask()
}

impl House {
    async fn fused(number: u32) -> Self {
        let mut house = Self::new(1, number).await;
        house.close().await;
        (house.stage.keeper, house.stage.store) = house.home.open(FUSED, true).await;
        house
    }

    /// The watcher and somebody who needs the token are at it; whether one of them panicked.
    async fn work_until_panic(&self, at: u32) -> bool {
        let keeper = Arc::clone(&self.stage.keeper);
        let needing = {
            let (keeper, current) = (Arc::clone(&keeper), self.tokens[0].before.clone());
            tokio::spawn(async move { keeper.renew(current, Why::Needed, Duration::from_millis(100)).await.is_ok() })
        };
        FUSE.set(at);
        let watching = {
            let keeper = Arc::clone(&keeper);
            tokio::spawn(
                async move { keeper.begin_due(&Arc::new(Semaphore::new(64)), &mut HashSet::new()).await.is_ok() },
            )
        };
        let idle = async {
            let _ = (needing.await, watching.await);
            while !keeper.beginning.is_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            keeper.flights.landed().await;
        };
        // The watcher waits for whoever has the lease, and would do so until that is over.
        let (mut idle, mut before) = (Box::pin(idle), None);
        while tokio::time::timeout(QUIET_FOR, &mut idle).await.is_err() {
            if FUSE.get() > 0 {
                continue;
            }
            let now = Some((self.all_found().await, self.arrived().await));
            if now == before {
                break;
            }
            before = now;
        }
        FUSE.replace(0) == 0
    }
}

#[tokio::test]
async fn a_panic_anywhere_in_a_renewal_leaves_it_to_whoever_comes_next() {
    let wanted: u32 = std::env::var("GRANTKEEP_PANICS").map_or(1, |many| many.parse().unwrap());
    let (mut panics, mut tally) = (0, Tally::default());
    for number in 0.. {
        if number >= 2 && panics >= wanted {
            break;
        }
        for at in 1.. {
            let mut house = House::fused(number).await;
            if !house.work_until_panic(at).await {
                break;
            }
            panics += 1;
            let found = house.all_found().await;
            for came in house.mend(found, &format!("panic {at}")).await {
                *tally.tokens.entry(came).or_insert(0) += 1;
            }
            tokio::time::timeout(SOON, house.close()).await.unwrap();
        }
    }
    println!("{panics} panics");
    tally.print();
    assert!(panics > 20);
}

/// Asks a future so often and then drops it.
async fn asked<F: Future>(future: F, times: u32) -> Option<F::Output> {
    let (mut future, mut left) = (Box::pin(future), times);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn whoever_stops_waiting_for_a_renewal_costs_nothing() {
    for number in 0..2 {
        let mut cancelled = [0, 0];
        for times in 0.. {
            let mut house = House::new(1, number).await;
            // One that has found out nothing yet.
            house.close().await;
            house.restart().await;
            let renewing = house.stage.keeper.renew(house.tokens[0].before.clone(), Why::Needed, SOON);
            if let Some(renewed) = asked(renewing, times).await {
                assert!(renewed.is_ok(), "{renewed:?}");
                break;
            }
            tokio::time::timeout(SOON, house.stage.keeper.flights.landed()).await.unwrap();
            // It was sent and is done, or it was not; there is nothing to wait for.
            let found = house.all_found().await;
            assert!(found == [Found::Free] || found == [Found::Stored], "{times}: {found:?}");
            cancelled[usize::from(found == [Found::Stored])] += 1;
            house.mend(found, &format!("asked {times} times")).await;
        }
        println!("stopped waiting {} times before anything was sent, {} times after", cancelled[0], cancelled[1]);
        assert!(cancelled[0] > 0 && cancelled[1] > 0, "{cancelled:?}");
    }
}

//! Owns futures that are finished even when nobody waits for them any more.
//!
//! As long as somebody waits, it runs in the waiting task, which spares a switch of threads on every write. When that task is
//! dropped, because the caller hung up, what is left of it goes on in a task of its own. A panic ends this future alone.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Gives `Err` when what it runs panicked.
pub(crate) struct Finishing<T: Send + 'static>(Option<Running<T>>);

/// What was run panicked; the panic itself has been told by the panic hook.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

impl<T: Send + 'static> Finishing<T> {
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<T: Send + 'static> Future for Finishing<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.0 else { return Poll::Ready(Err(Panicked)) };
        // What panicked is never polled again, so nobody sees what it may have left half done.
        let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => {
                self.0 = None;
                Poll::Ready(Ok(value))
            }
            Err(_) => {
                self.0 = None;
                Poll::Ready(Err(Panicked))
            }
        }
    }
}

impl<T: Send + 'static> Drop for Finishing<T> {
    fn drop(&mut self) {
        if let (Some(running), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(running);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn goes_on_when_nobody_waits_any_more() {
        let (begin, done, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (waits, tells, marks) = (Arc::clone(&begin), Arc::clone(&done), Arc::clone(&ended));
        let mut finishing = Finishing::new(async move {
            waits.notified().await;
            marks.store(true, Ordering::SeqCst);
            tells.notify_one();
        });
        tokio::select! {
            biased;
            _ = &mut finishing => panic!("it cannot be done yet"),
            () = async {} => {}
        }
        drop(finishing);
        begin.notify_one();
        done.notified().await;
        assert!(ended.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_ends_it_alone() {
        assert_eq!(Finishing::new(async { panic!("as the test wants") }).await, Err::<(), _>(Panicked));
        assert_eq!(Finishing::new(async { 7 }).await, Ok(7));
    }
}

//! Owns the one writing connection: what has queued up meanwhile is committed together.
//!
//! Whoever comes to an idle writer writes at once, on its own thread; whoever comes to a busy one queues, and a thread of the
//! writer commits the queue. Nobody is answered before the commit that holds the write is on disk. A write that fails changes
//! nothing and takes no other with it: it is one statement, or looks before it changes, or runs in a savepoint ([`together`]).
//! A long one has a commit to itself. Only one that panics takes with it what was to be committed together.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
};

use crate::StoreFault;

/// Writes in one commit: enough to share the cost of the disk, few enough to keep the first one's wait short.
const MOST_IN_ONE_COMMIT: usize = 256;

/// A commit that takes no longer is made where it is wanted. Moving the other tasks of the thread away, and back, costs tens of
/// microseconds, and no task is held up for long; on a slow disk it is worth it.
const QUICK: Duration = Duration::from_micros(500);

/// How much there is to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// Every row perhaps: nobody's thread may be held up so long, and nobody else's write goes with it.
    Long,
    /// A few rows.
    Usual,
}

/// A write that waits.
struct Job {
    size: Size,
    run: Run,
}

/// Runs the write, unless there is no transaction to run it in; returns how to answer once the commit's fate is known.
type Run = Box<dyn FnOnce(Result<&Connection, StoreFault>) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreFault>) + Send>;

pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Mutex<Option<thread::JoinHandle<Result<(), StoreFault>>>>,
}

struct Shared {
    connection: Mutex<Connection>,
    waiting: Mutex<Waiting>,
    /// Tells the thread that something waits, or that the writer closes.
    changed: Condvar,
    /// Whether the latest commit was shared: then more will come, and sharing again is better than hurrying.
    is_shared: AtomicBool,
    /// Whether the latest commit took no longer than a runtime's thread may be held up.
    is_quick: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    jobs: Vec<Job>,
    is_closed: bool,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreFault> {
        let shared = Arc::new(Shared {
            connection: Mutex::new(connection),
            waiting: Mutex::default(),
            changed: Condvar::new(),
            is_shared: AtomicBool::new(false),
            is_quick: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || of_thread.serve())
            .map_err(|_| StoreFault::Unavailable("no thread for the writer"))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Waits until `work` is on disk; `committed` runs after the commit, before the answer, in the order of commits.
    pub(super) async fn run<T: Send + 'static, R: Send + 'static>(
        &self,
        size: Size,
        work: impl FnOnce(&Connection) -> Result<T, StoreFault> + Send + 'static,
        committed: impl FnOnce(T) -> R + Send + 'static,
    ) -> Result<R, StoreFault> {
        let (answer, answered) = oneshot::channel();
        let run: Run = Box::new(move |connection| {
            let result = connection.and_then(|connection| attempt(connection, size, work));
            Box::new(move |commit| {
                let result = result.and_then(|value| commit.map(|()| committed(value)));
                // Nobody listens when the caller went away; the write stands all the same.
                let _ = answer.send(result);
            })
        });
        self.shared.take(Job { size, run })?;
        answered.await.unwrap_or(Err(StoreFault::Closed))
    }

    /// Ends the writer after what waits, with everything in the main file.
    pub(super) fn close(&self) -> Result<(), StoreFault> {
        self.shared.stop();
        let thread = lock(&self.thread).take().ok_or(StoreFault::Closed)?;
        thread.join().unwrap_or(Err(StoreFault::Closed))
    }
}

impl Drop for Writer {
    /// What was answered is in the log file, and is read from there next time.
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn take(&self, job: Job) -> Result<(), StoreFault> {
        let is_long = job.size == Size::Long;
        let mut waiting = lock(&self.waiting);
        if waiting.is_closed {
            return Err(StoreFault::Closed);
        }
        waiting.jobs.push(job);
        drop(waiting);
        if is_long || self.is_shared.load(Ordering::Relaxed) || !may_block_here() {
            self.changed.notify_one();
            return Ok(());
        }
        // Whoever holds it already looks at the queue again after letting go.
        if let Some(connection) = try_lock(&self.connection) {
            if self.is_quick.load(Ordering::Relaxed) {
                self.commit_waiting(connection, Size::Usual);
            } else {
                tokio::task::block_in_place(|| self.commit_waiting(connection, Size::Usual));
            }
        }
        Ok(())
    }

    /// Commits what waits and is no larger, then leaves the rest, and what came meanwhile, to the thread.
    fn commit_waiting(&self, connection: MutexGuard<'_, Connection>, largest: Size) {
        let jobs = self.next_jobs(largest);
        if !jobs.is_empty() {
            let begun_at = steady();
            commit_together(&connection, jobs, &self.is_shared);
            self.is_quick.store(steady() - begun_at < QUICK, Ordering::Relaxed);
        }
        drop(connection);
        if !lock(&self.waiting).jobs.is_empty() {
            self.changed.notify_one();
        }
    }

    /// What is to be committed together: what comes before a long one, or that alone.
    fn next_jobs(&self, largest: Size) -> Vec<Job> {
        let mut waiting = lock(&self.waiting);
        let mut next = waiting.jobs.iter().take(MOST_IN_ONE_COMMIT);
        let count = match next.position(|job| job.size == Size::Long) {
            Some(0) => usize::from(largest == Size::Long),
            Some(before) => before,
            None => waiting.jobs.len().min(MOST_IN_ONE_COMMIT),
        };
        waiting.jobs.drain(..count).collect()
    }

    fn serve(&self) -> Result<(), StoreFault> {
        loop {
            let mut waiting = lock(&self.waiting);
            while waiting.jobs.is_empty() && !waiting.is_closed {
                waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            let is_last = waiting.jobs.is_empty();
            drop(waiting);
            let connection = lock(&self.connection);
            if is_last {
                return checkpoint(&connection);
            }
            self.commit_waiting(connection, Size::Long);
        }
    }

    fn stop(&self) {
        lock(&self.waiting).is_closed = true;
        self.changed.notify_one();
    }
}

/// Whether this thread may wait for the disk: a runtime with other threads moves its other tasks to them meanwhile.
fn may_block_here() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

#[expect(clippy::disallowed_methods, reason = "how long a disk takes is measured where it is waited for")]
fn steady() -> Instant {
    Instant::now()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Like [`lock`], a poisoned one too: a panic leaves nothing half done behind, see [`attempt`].
fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Runs a write. One that panics may have changed something, and a long one that fails too: then nothing of the transaction is
/// stored.
fn attempt<T>(
    connection: &Connection,
    size: Size,
    work: impl FnOnce(&Connection) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    let done = catch_unwind(AssertUnwindSafe(|| work(connection)));
    let is_clean = match &done {
        Ok(Ok(_)) => true,
        Ok(Err(_)) => size == Size::Usual,
        Err(_) => false,
    };
    if !is_clean {
        let _ = run(connection, "ROLLBACK");
    }
    done.unwrap_or(Err(StoreFault::Unavailable("a write panicked")))
}

/// Runs a write of so many statements: all of them, or when one fails none.
pub(super) fn together<T>(
    connection: &Connection,
    statements: usize,
    work: impl FnOnce() -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    if statements < 2 {
        return work();
    }
    run(connection, "SAVEPOINT together")?;
    let done = work().and_then(|value| run(connection, "RELEASE together").map(|()| value));
    // The engine may have rolled back everything by itself.
    if done.is_err() && !connection.is_autocommit() {
        let undone = run(connection, "ROLLBACK TO together").and_then(|()| run(connection, "RELEASE together"));
        if undone.is_err() {
            let _ = run(connection, "ROLLBACK");
        }
    }
    done
}

fn commit_together(connection: &Connection, jobs: Vec<Job>, is_shared: &AtomicBool) {
    is_shared.store(jobs.len() > 1, Ordering::Relaxed);
    let mut transaction = run(connection, "BEGIN IMMEDIATE");
    let mut replies: Vec<Reply> = Vec::with_capacity(jobs.len());
    for job in jobs {
        replies.push((job.run)(transaction.clone().map(|()| connection)));
        // A full disk or an I/O error may end the whole transaction, not only the statement. Then nothing before is stored, and
        // nothing after may run, because it would be stored on its own.
        if transaction.is_ok() && connection.is_autocommit() {
            transaction = Err(StoreFault::Unavailable("the transaction was rolled back"));
        }
    }
    let commit = transaction.and_then(|()| run(connection, "COMMIT"));
    if let Err(fault) = &commit {
        tracing::error!(%fault, writes = replies.len(), "a commit failed; none of its writes was stored");
        // Fails when the engine has rolled back by itself, which is as good.
        let _ = run(connection, "ROLLBACK");
    }
    for reply in replies {
        if catch_unwind(AssertUnwindSafe(|| reply(commit.clone()))).is_err() {
            tracing::error!("what follows from a commit panicked; the others are answered");
        }
    }
}

fn run(connection: &Connection, sql: &str) -> Result<(), StoreFault> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Moves the log into the main file and empties it, so that the file alone is whole and old pages are gone.
fn checkpoint(connection: &Connection) -> Result<(), StoreFault> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

//! Owns the one writer: a thread that takes what has queued up meanwhile and commits it together.
//!
//! Every write runs in a savepoint of its own, so one that fails takes no other with it. Nobody is answered before the commit
//! that holds the write is on disk.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    thread,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::StoreFault;

/// Writes that wait; a writer beyond that waits for a place.
const QUEUE: usize = 1024;

/// Writes in one commit: enough to share the cost of the disk, few enough to keep the first one's wait short.
const MOST_IN_ONE_COMMIT: usize = 256;

/// Runs the write, unless there is no transaction to run it in; returns how to answer once the commit's fate is known.
type Job = Box<dyn FnOnce(Result<&Connection, StoreFault>) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreFault>) + Send>;

pub(super) struct Writer {
    queue: mpsc::Sender<Work>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

enum Work {
    Write(Job),
    Close(oneshot::Sender<Result<(), StoreFault>>),
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreFault> {
        let (queue, work) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&connection, work))
            .map_err(|_| StoreFault::Unavailable("no thread for the writer"))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Queues `work` and waits until it is on disk; `committed` runs in the writer after the commit, before the answer.
    pub(super) async fn run<T: Send + 'static, R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreFault> + Send + 'static,
        committed: impl FnOnce(T) -> R + Send + 'static,
    ) -> Result<R, StoreFault> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = connection.and_then(|connection| in_savepoint(connection, work));
            Box::new(move |commit| {
                let result = result.and_then(|value| commit.map(|()| committed(value)));
                // Nobody listens when the caller went away; the write stands all the same.
                let _ = answer.send(result);
            })
        });
        self.queue.send(Work::Write(job)).await.map_err(|_| StoreFault::Closed)?;
        answered.await.unwrap_or(Err(StoreFault::Closed))
    }

    /// Ends the writer after what is queued, with everything in the main file.
    pub(super) async fn close(&self) -> Result<(), StoreFault> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Work::Close(answer)).await.map_err(|_| StoreFault::Closed)?;
        let result = answered.await.unwrap_or(Err(StoreFault::Closed));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
        result
    }
}

fn serve(connection: &Connection, mut queue: mpsc::Receiver<Work>) {
    let mut batch = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        let mut closing = None;
        let mut next = Some(first);
        while let Some(work) = next {
            match work {
                Work::Write(job) => batch.push(job),
                Work::Close(answer) => closing = Some(answer),
            }
            let full = batch.len() >= MOST_IN_ONE_COMMIT || closing.is_some();
            next = if full { None } else { queue.try_recv().ok() };
        }
        commit_together(connection, &mut batch);
        if let Some(answer) = closing {
            queue.close();
            let _ = answer.send(checkpoint(connection));
            return;
        }
    }
    // The store was dropped without being closed; what was answered is in the log file and is read from there next time.
}

fn commit_together(connection: &Connection, batch: &mut Vec<Job>) {
    if batch.is_empty() {
        return;
    }
    let mut transaction = run(connection, "BEGIN IMMEDIATE");
    let mut replies: Vec<Reply> = Vec::with_capacity(batch.len());
    for job in batch.drain(..) {
        replies.push(job(transaction.clone().map(|()| connection)));
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
        reply(commit.clone());
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    run(connection, "SAVEPOINT write")?;
    match work(connection) {
        Ok(value) => run(connection, "RELEASE write").map(|()| value),
        Err(fault) => {
            // Fails only when the whole transaction is gone already.
            let _ = run(connection, "ROLLBACK TO write").and_then(|()| run(connection, "RELEASE write"));
            Err(fault)
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

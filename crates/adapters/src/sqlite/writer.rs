//! The one thread that writes. Changes that wait together share one transaction and so one fsync; each stands in a
//! savepoint of its own, and nobody is answered before the commit.

use std::{cell::Cell, sync::Arc, thread, time::Duration};

use jiff::Timestamp;
use photo_core::{
    clock::Clock,
    port::{ErrorKind, PortError, Reason},
};
use photo_runtime::failpoint::Failpoint;
use rusqlite::Connection;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    column::to_milliseconds,
    error::{OpenError, StoreError, is_unsynced, reason_of},
    hook_switch::HookSwitch,
    schema::DatabaseLock,
};

/// Most changes in one transaction. The write-ahead log of a group stays far below its checkpoint size.
const GROUP_MAX: usize = 256;

/// Changes that may wait. Above it callers wait outside, and give up after [`QUEUE_WAIT`].
const QUEUE_MAX: usize = 1024;

/// How long a caller waits for a place in the queue: shorter than the 2 s in which an upload is refused.
const QUEUE_WAIT: Duration = Duration::from_secs(1);

/// What a change works with: the group's transaction, at one moment.
pub(super) struct Change<'c> {
    pub(super) connection: &'c Connection,
    pub(super) now: Timestamp,
    /// Whether deaths are noted.
    pub(super) hooks: bool,
    outbox_filled: &'c Cell<bool>,
}

impl Change<'_> {
    /// To be called by whoever adds an entry to the outbox; the relay wakes after the commit.
    pub(super) fn outbox_filled(&self) {
        self.outbox_filled.set(true);
    }
}

/// Answers the asker once it is known whether the group was committed.
type Settle = Box<dyn FnOnce(Committed) + Send>;
type Waiting = Box<dyn FnOnce(&Change<'_>) -> Settle + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Committed {
    Yes,
    /// Nothing of the group stays, for this reason.
    No(Reason),
    /// The disk did not take what it was told to keep. What a file holds then is known to nobody (after a failed fsync the
    /// kernel forgets the pages that it could not write), so this process writes no more.
    Unsynced,
}

/// The way to the writing thread, which ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    waiting: mpsc::Sender<Waiting>,
    is_broken: CancellationToken,
}

impl Writer {
    /// Starts the thread. It owns the connection and the lock; `outbox_filled` fires after each commit that added
    /// entries to the outbox.
    pub(super) fn start(
        connection: Connection,
        lock: DatabaseLock,
        clock: Clock,
        outbox_filled: Arc<Notify>,
        hooks: HookSwitch,
    ) -> Result<Self, OpenError> {
        let (waiting, mut arrivals) = mpsc::channel::<Waiting>(QUEUE_MAX);
        let is_broken = CancellationToken::new();
        let broken = is_broken.clone();
        let write = move || {
            let mut group = Vec::with_capacity(GROUP_MAX);
            while arrivals.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
                let filled = Cell::new(false);
                let (now, hooks) = (to_milliseconds(clock.now()), hooks.is_on());
                let change = Change { connection: &connection, now, hooks, outbox_filled: &filled };
                let (committed, settles) = commit_together(&change, group.drain(..));
                // Before the askers hear of it: who was answered knows that the relay was woken.
                if filled.get() {
                    outbox_filled.notify_one();
                }
                for settle in settles {
                    settle(committed);
                }
                if committed == Committed::Unsynced {
                    tracing::error!(
                        "the disk lost a write of the database: nothing is written until a new start has read it"
                    );
                    broken.cancel();
                    break;
                }
            }
            // The lock goes last: whoever takes it next finds the database closed.
            drop(connection);
            drop(lock);
        };
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(write).map_err(OpenError::Thread)?;
        Ok(Self { waiting, is_broken })
    }

    /// Waits until the disk has lost a write: no change is made any more.
    pub(super) async fn broken(&self) {
        self.is_broken.cancelled().await;
    }

    /// Makes a change and returns what it returned, once it is durable. Where it fails nothing of it stays.
    pub(super) async fn write<T, C>(&self, attempt: &'static str, change: C) -> Result<T, PortError>
    where
        T: Send + 'static,
        C: FnOnce(&Change<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let waiting: Waiting = Box::new(move |group| {
            let result = in_savepoint(group, change);
            Box::new(move |committed| {
                if reply.send((committed, result)).is_err() {
                    tracing::debug!(attempt, "the asker left before its answer");
                }
            })
        });
        let unavailable = |why: &str| PortError::new(ErrorKind::Unavailable, format!("{attempt}: {why}"));
        self.waiting.send_timeout(waiting, QUEUE_WAIT).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => unavailable("too many changes wait already"),
            mpsc::error::SendTimeoutError::Closed(_) => unavailable("the writer has ended"),
        })?;
        match answer.await {
            Ok((Committed::Yes, result)) => result.map_err(|error| error.during(attempt)),
            // A full disk makes SQLite give the transaction up while the change that met it is made.
            Ok((Committed::No(_), Err(own))) if own.reason() == Reason::Full => Err(own.during(attempt)),
            Ok((Committed::Unsynced, _)) => Err(unavailable("the disk failed")),
            Ok((Committed::No(reason), _)) => Err(unavailable("the commit failed").because(reason)),
            Err(_) => Err(unavailable("the transaction was lost")),
        }
    }
}

/// Applies a group in one transaction. A change that is dropped here unapplied leaves its asker without an answer,
/// which is `Unavailable` too.
fn commit_together(change: &Change<'_>, group: impl Iterator<Item = Waiting>) -> (Committed, Vec<Settle>) {
    let connection = change.connection;
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        tracing::error!(%error, "no transaction could begin");
        return (Committed::No(reason_of(&error)), Vec::new());
    }
    let mut settles = Vec::new();
    for waiting in group {
        // A full or failing disk makes SQLite roll the whole transaction back by itself; what came after that
        // would be committed alone and unasked.
        if connection.is_autocommit() {
            tracing::error!("SQLite gave the transaction up");
            return (Committed::No(Reason::Other), settles);
        }
        settles.push(waiting(change));
    }
    Failpoint::StorageChanged.pass();
    match connection.execute_batch("COMMIT") {
        Ok(()) => {
            Failpoint::StorageCommitted.pass();
            (Committed::Yes, settles)
        }
        Err(error) => {
            tracing::error!(%error, changes = settles.len(), "the commit failed");
            if !connection.is_autocommit()
                && let Err(error) = connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "the rollback failed");
            }
            let failed = if is_unsynced(&error) { Committed::Unsynced } else { Committed::No(reason_of(&error)) };
            (failed, settles)
        }
    }
}

fn in_savepoint<T>(
    group: &Change<'_>,
    change: impl FnOnce(&Change<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let connection = group.connection;
    connection.prepare_cached("SAVEPOINT change")?.execute([])?;
    let result = change(group);
    if result.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO change")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE change")?.execute([])?;
    }
    result
}

#[cfg(test)]
mod tests;

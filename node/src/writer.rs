//! The writer: one thread that owns the journal and commits in groups. Many waiting writes, one fsync;
//! nobody is answered before the commit that holds his write.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};
use truc_proto::fault::planted;
use truc_proto::id::{Link, Mark};
use truc_proto::limits;

use crate::journal::{Journal, JournalError};

/// Why a write was not made. Nothing of it is in the journal.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// The journal refused or failed.
    #[error("{0}")]
    Journal(Arc<JournalError>),
    /// The writer has stopped: after a failed commit nothing is acknowledged until the store is opened anew.
    #[error("the journal takes no writes until it is opened anew")]
    Stopped,
}

impl From<JournalError> for WriteError {
    fn from(error: JournalError) -> Self {
        Self::Journal(Arc::new(error))
    }
}

/// What the journal has reached, told after each commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reached {
    /// The newest entry.
    pub end: Mark,
    /// The newest own entry.
    pub tip: Option<Link>,
}

/// A write under way: run in a group, answered when the group is durable.
trait Task: Send {
    fn run(&mut self, journal: &mut Journal) -> Result<(), JournalError>;
    fn answer(self: Box<Self>, outcome: Result<(), WriteError>);
}

struct Write<T, W, A> {
    work: Option<W>,
    value: Option<T>,
    answer: A,
}

impl<T, W, A> Task for Write<T, W, A>
where
    T: Send,
    W: FnOnce(&mut Journal) -> Result<T, JournalError> + Send,
    A: FnOnce(Result<T, WriteError>) + Send,
{
    fn run(&mut self, journal: &mut Journal) -> Result<(), JournalError> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(journal)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), WriteError>) {
        let Self { value, answer, .. } = *self;
        answer(outcome.and_then(|()| value.ok_or(WriteError::Stopped)));
    }
}

/// The way to the writer. Dropping it stops the writer when all that was asked is done.
#[derive(Debug)]
pub struct Writer {
    tasks: Option<SyncSender<Box<dyn Task>>>,
    reached: watch::Receiver<Reached>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Gives a journal to a thread of its own, which wakes `wake` after each commit.
    pub fn start(journal: Journal, wake: SyncSender<()>) -> std::io::Result<Self> {
        let (tasks, queue) = sync_channel(limits::WRITE_QUEUE);
        let (told, reached) = watch::channel(Reached { end: journal.end(), tip: journal.tip() });
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(journal, &queue, &told, &wake))?;
        Ok(Self { tasks: Some(tasks), reached, thread: Some(thread) })
    }

    /// What the journal has reached.
    pub fn reached(&self) -> watch::Receiver<Reached> {
        self.reached.clone()
    }

    /// Hands in a write; `answer` is called on the writer's thread after the commit. Waits for room in the
    /// queue, and writes are made in the order in which they were handed in.
    pub fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Journal) -> Result<T, JournalError> + Send + 'static,
        answer: impl FnOnce(Result<T, WriteError>) + Send + 'static,
    ) {
        let task = Box::new(Write { work: Some(work), value: None, answer });
        match &self.tasks {
            Some(tasks) => {
                if let Err(refused) = tasks.send(task) {
                    refused.0.answer(Err(WriteError::Stopped));
                }
            }
            None => task.answer(Err(WriteError::Stopped)),
        }
    }

    /// Writes and waits until it is durable.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Journal) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, result) = oneshot::channel();
        self.submit(work, move |outcome| {
            // Nobody waits any more: the write stands all the same.
            let _ = answer.send(outcome);
        });
        result.await.unwrap_or(Err(WriteError::Stopped))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.tasks.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer's thread ended with a panic");
        }
    }
}

fn run(
    mut journal: Journal,
    queue: &Receiver<Box<dyn Task>>,
    told: &watch::Sender<Reached>,
    wake: &SyncSender<()>,
) {
    while let Ok(first) = queue.recv() {
        let mut waiting = vec![first];
        let outcome = group(&mut journal, &mut waiting, queue);
        let stop = match &outcome {
            Ok(()) => {
                told.send_replace(Reached { end: journal.end(), tip: journal.tip() });
                // Full: it is awake already.
                let _ = wake.try_send(());
                false
            }
            // The transaction may be half gone: only a journal read anew from disk may be trusted.
            Err(error) => {
                tracing::error!(%error, "a group of writes failed");
                journal.rollback().is_err() || !recoverable(error)
            }
        };
        let outcome = outcome.map_err(WriteError::from);
        for task in waiting {
            task.answer(outcome.clone());
        }
        if stop {
            tracing::error!("the writer stops; the store must be opened anew");
            return;
        }
    }
    // So that whoever copies the file of a stopped store copies all of it. If readers are in the way, the
    // next start reads the log as it would have.
    if let Err(error) = journal.connection().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::debug!(%error, "the journal's log was not folded into its file");
    }
}

/// Runs what waits in one transaction. On an error nothing of the group is kept.
fn group(
    journal: &mut Journal,
    waiting: &mut Vec<Box<dyn Task>>,
    queue: &Receiver<Box<dyn Task>>,
) -> Result<(), JournalError> {
    journal.begin()?;
    let mut next = 0;
    loop {
        while next < waiting.len() {
            waiting[next].run(journal)?;
            next += 1;
        }
        if waiting.len() >= limits::GROUP_WRITES {
            break;
        }
        match queue.try_recv() {
            Ok(task) => waiting.push(task),
            Err(_) => break,
        }
    }
    if planted("writer.answer-before-commit") {
        waiting.drain(..).for_each(|task| task.answer(Ok(())));
    }
    journal.commit()
}

/// A disk that is full or an entry of bad form leaves the journal as it was; anything else means that the
/// disk or the database is ill.
fn recoverable(error: &JournalError) -> bool {
    match error {
        JournalError::Entry(_) => true,
        JournalError::Sqlite(error) => {
            matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull))
        }
        _ => false,
    }
}

//! The writer: one thread that owns the journal and commits in groups, many waiting writes with one fsync. No write is
//! answered before the commit that holds it.
//!
//! When the disk fails, nothing is acknowledged: the connection is closed, the store opened anew and its tail verified
//! as it is on disk. Unless the disk was only full, a trial commit must succeed, too, before writes are taken again.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use truc_proto::fault::planted;
use truc_proto::id::{Link, Mark};
use truc_proto::limits;

use crate::clock::unix_millis;
use crate::store::health::{Health, Trouble};
use crate::store::journal::{Journal, JournalError, Shut};
use crate::supervise;

/// Why a write was not made. Nothing of it is in the journal.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// The journal refused or failed.
    #[error("{0}")]
    Journal(Arc<JournalError>),
    /// A write failed earlier, and the store has not been opened anew and verified yet.
    #[error("the journal takes no writes until it was verified: {0:?}")]
    Halted(Trouble),
    /// The writer has ended.
    #[error("the writer has ended")]
    Stopped,
}

impl From<JournalError> for WriteError {
    fn from(error: JournalError) -> Self {
        Self::Journal(Arc::new(error))
    }
}

/// What the journal has reached, published after each commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reached {
    /// The newest entry.
    pub end: Mark,
    /// The newest own entry.
    pub tip: Option<Link>,
}

/// A write under way: run in a group, answered when the group is durable.
trait Task: Send {
    /// An error means that the disk failed, and the whole group with it. What fails by its own fault is kept for its
    /// own answer.
    fn run(&mut self, journal: &mut Journal) -> Result<(), JournalError>;
    fn answer(self: Box<Self>, outcome: Result<(), WriteError>);
}

struct Write<T, W, A> {
    work: Option<W>,
    value: Option<Result<T, JournalError>>,
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
            self.value = Some(journal.one(work)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), WriteError>) {
        let Self { value, answer, .. } = *self;
        answer(outcome.and_then(|()| Ok(value.ok_or(WriteError::Stopped)??)));
    }
}

/// Handle of the writer. Dropping it stops the writer when all writes handed in are done.
#[derive(Debug)]
pub struct Writer {
    tasks: Option<Sender<Box<dyn Task>>>,
    /// How many tasks wait.
    waiting: watch::Sender<usize>,
    reached: watch::Receiver<Reached>,
    health: watch::Receiver<Health>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Gives a journal to a thread of its own, which sends to `wake` after each commit.
    pub fn start(journal: Journal, wake: SyncSender<()>) -> std::io::Result<Self> {
        Self::start_trying(journal, wake, limits::STORE_RETRY)
    }

    /// As [`Writer::start`], with the time until a store that failed is tried again.
    pub fn start_trying(journal: Journal, wake: SyncSender<()>, retry: Duration) -> std::io::Result<Self> {
        let (tasks, queue) = channel();
        let waiting = watch::Sender::new(0);
        let (told, reached) = watch::channel(Reached { end: journal.end(), tip: journal.tip() });
        let (ill, health) = watch::channel(Health::default());
        let queue = Queue { tasks: queue, waiting: waiting.clone() };
        let work = Work { store: Store::Open(Box::new(journal)), queue, told, health: ill, wake, retry };
        let thread = supervise::thread("writer", move || work.run())?;
        Ok(Self { tasks: Some(tasks), waiting, reached, health, thread: Some(thread) })
    }

    /// Whether the store takes writes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// What the journal has reached.
    pub fn reached(&self) -> watch::Receiver<Reached> {
        self.reached.clone()
    }

    /// Waits until fewer than [`limits::WRITE_QUEUE`] writes wait. Whoever hands in writes without waiting for their
    /// answers waits here between them; a peer could otherwise fill the memory.
    pub async fn room(&self) {
        // The sender is this writer's own: it is not gone.
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting < limits::WRITE_QUEUE).await;
    }

    /// Hands in a write and does not wait; `answer` is called on the writer's thread after the commit. Writes are made
    /// in the order in which they were handed in.
    pub fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Journal) -> Result<T, JournalError> + Send + 'static,
        answer: impl FnOnce(Result<T, WriteError>) + Send + 'static,
    ) {
        let task = Box::new(Write { work: Some(work), value: None, answer });
        match &self.tasks {
            Some(tasks) => {
                self.waiting.send_if_modified(|waiting| {
                    *waiting += 1;
                    false
                });
                if let Err(refused) = tasks.send(task) {
                    refused.0.answer(Err(WriteError::Stopped));
                }
            }
            None => task.answer(Err(WriteError::Stopped)),
        }
    }

    /// Makes a write and waits until it is durable.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Journal) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, result) = oneshot::channel();
        self.submit(work, move |outcome| {
            // If the caller no longer waits, the write stays all the same.
            let _ = answer.send(outcome);
        });
        result.await.unwrap_or(Err(WriteError::Stopped))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.tasks.take();
        if let Some(thread) = self.thread.take() {
            // It ends by no panic: the program would end with it.
            let _ = thread.join();
        }
    }
}

/// State of the journal while the disk fails.
enum Store {
    Open(Box<Journal>),
    /// Closed: nothing is acknowledged until it is opened anew and verified.
    Shut(Shut),
    /// It was in memory only, so it cannot be opened anew.
    Gone,
}

/// The writer's end of the queue.
struct Queue {
    tasks: Receiver<Box<dyn Task>>,
    waiting: watch::Sender<usize>,
}

impl Queue {
    /// The next task; waits for it no longer than `most`, or as long as it takes.
    fn next(&self, most: Option<Duration>) -> Result<Box<dyn Task>, RecvTimeoutError> {
        let next = match most {
            Some(most) => self.tasks.recv_timeout(most)?,
            None => self.tasks.recv()?,
        };
        self.waiting.send_if_modified(|waiting| {
            *waiting -= 1;
            *waiting + 1 == limits::WRITE_QUEUE
        });
        Ok(next)
    }
}

/// The writer's thread.
struct Work {
    store: Store,
    queue: Queue,
    told: watch::Sender<Reached>,
    health: watch::Sender<Health>,
    wake: SyncSender<()>,
    retry: Duration,
}

impl Work {
    fn run(mut self) {
        // Set only while there is trouble, so a sound store is not tried.
        let mut try_at: Option<Instant> = None;
        loop {
            let first = match try_at {
                None => self.queue.next(None),
                Some(at) => match at.saturating_duration_since(Instant::now()) {
                    // Due even while writes keep coming, all to be refused.
                    Duration::ZERO => Err(RecvTimeoutError::Timeout),
                    left => self.queue.next(Some(left)),
                },
            };
            match first {
                Ok(first) => self.write(first),
                Err(RecvTimeoutError::Timeout) => {
                    self.mend();
                    try_at = None;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let ill = self.health.borrow().trouble.is_some();
            try_at = ill.then(|| try_at.unwrap_or_else(|| Instant::now() + self.retry));
        }
        // If readers prevent it, the next start reads the WAL as usual.
        if let Store::Open(mut journal) = self.store
            && let Err(error) = journal.checkpoint()
        {
            tracing::debug!(%error, "the journal's log was not folded into its file");
        }
    }

    fn write(&mut self, first: Box<dyn Task>) {
        let journal = match &mut self.store {
            Store::Open(journal) => journal,
            Store::Shut(_) | Store::Gone => {
                let trouble = self.health.borrow().trouble.unwrap_or(Trouble::Failing);
                first.answer(Err(WriteError::Halted(trouble)));
                return;
            }
        };
        let mut waiting = vec![first];
        match group(journal, &mut waiting, &self.queue) {
            Ok(()) => {
                self.told.send_replace(Reached { end: journal.end(), tip: journal.tip() });
                // A full channel means that the receiver is awake already.
                let _ = self.wake.try_send(());
                for task in waiting {
                    task.answer(Ok(()));
                }
                let folded = journal.checkpoint_if_due();
                self.well();
                if let Err(error) = folded {
                    self.fail(&error);
                }
            }
            Err(error) => {
                let rolled_back = journal.rollback();
                match (Trouble::of(&error), rolled_back) {
                    (None, Ok(())) => {}
                    (None, Err(error)) => self.fail(&error),
                    (Some(_), _) => self.fail(&error),
                }
                let error = WriteError::from(error);
                for task in waiting {
                    let outcome = if planted("writer.ack-failed") { Ok(()) } else { Err(error.clone()) };
                    task.answer(outcome);
                }
            }
        }
    }

    /// Closes the store: nothing that the failed connection holds is trusted. After a full disk it is opened anew at
    /// once and tried on; after any other failure it rests first.
    fn fail(&mut self, error: &JournalError) {
        let trouble = Trouble::of(error).unwrap_or(Trouble::Failing);
        self.ill(trouble, error);
        self.store = match std::mem::replace(&mut self.store, Store::Gone) {
            Store::Open(failed) => failed.shut().map_or(Store::Gone, Store::Shut),
            shut => shut,
        };
        if trouble == Trouble::Full {
            self.reopen();
        }
    }

    /// Opens the store anew and verifies it as it is on disk.
    fn reopen(&mut self) {
        let Store::Shut(shut) = &self.store else { return };
        match shut.open() {
            Ok(journal) => {
                self.told.send_replace(Reached { end: journal.end(), tip: journal.tip() });
                self.store = Store::Open(Box::new(journal));
            }
            Err(error) => self.ill(Trouble::of(&error).unwrap_or(Trouble::Failing), &error),
        }
    }

    /// Tries whether the trouble is over.
    fn mend(&mut self) {
        self.reopen();
        let Store::Open(journal) = &mut self.store else { return };
        match journal.probe() {
            Ok(()) => self.well(),
            Err(error) => self.fail(&error),
        }
    }

    fn ill(&self, trouble: Trouble, error: &JournalError) {
        let detail = error.to_string();
        self.health.send_if_modified(|health| {
            if health.trouble == Some(trouble) && health.detail == detail {
                return false;
            }
            tracing::error!(?trouble, detail, "the store takes no writes; nothing was acknowledged");
            let since = if health.trouble.is_some() { health.since } else { unix_millis() };
            *health = Health { trouble: Some(trouble), since, detail };
            true
        });
    }

    fn well(&self) {
        self.health.send_if_modified(|health| {
            let ill = health.trouble.is_some();
            if ill {
                tracing::warn!("the store was verified and takes writes again");
                *health = Health::default();
            }
            ill
        });
    }
}

/// Runs the waiting writes in one transaction, each in a savepoint of its own. On an error, which is the disk's, nothing
/// of the group is kept.
fn group(journal: &mut Journal, waiting: &mut Vec<Box<dyn Task>>, queue: &Queue) -> Result<(), JournalError> {
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
        match queue.next(Some(Duration::ZERO)) {
            Ok(task) => waiting.push(task),
            Err(_) => break,
        }
    }
    if planted("writer.answer-before-commit") {
        waiting.drain(..).for_each(|task| task.answer(Ok(())));
    }
    journal.commit()
}
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc::sync_channel;

    use ed25519_dalek::SigningKey;
    use tokio::time::timeout;
    use truc_proto::audience::Scope;
    use truc_proto::id::{OfficeId, RecordId};
    use truc_proto::wire::{Confidentiality, Urgency};

    use super::*;
    use crate::store::journal::{Draft, verify};

    #[tokio::test]
    async fn who_hands_in_waits_for_room_and_blocks_nobody() {
        let own = OfficeId(uuid::Uuid::from_u128(1));
        let writer = Writer::start(Journal::in_memory(own, false).unwrap(), sync_channel(1).0).unwrap();
        let (go_on, held) = channel::<()>();
        let (answered, answers) = channel();
        // The writer stands still in the first write.
        writer.submit(move |_| Ok(held.recv().is_err()), |_| {});
        for number in 0..limits::WRITE_QUEUE {
            timeout(Duration::from_secs(9), writer.room()).await.unwrap();
            let answered = answered.clone();
            writer.submit(|_| Ok(()), move |done| answered.send((number, done.is_ok())).unwrap());
        }
        assert!(timeout(Duration::from_millis(20), writer.room()).await.is_err(), "the queue is full");
        drop(go_on);
        timeout(Duration::from_secs(9), writer.room()).await.unwrap();
        drop((writer, answered));
        assert!(answers.iter().eq((0..limits::WRITE_QUEUE).map(|number| (number, true))), "in order");
    }

    fn draft(record: u128, body: usize) -> Draft {
        Draft {
            author: "test".into(),
            record: RecordId(uuid::Uuid::from_u128(record)),
            kind: 99,
            body: vec![1; body].into(),
            audience: vec![Scope::office(OfficeId(uuid::Uuid::from_u128(record % 5)))],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        }
    }

    /// What is saved into a file that somebody has removed is lost when the program ends.
    #[tokio::test]
    async fn nothing_is_saved_into_a_file_that_is_gone() {
        let own = OfficeId(uuid::Uuid::from_u128(1));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let journal = Journal::open(&path, own, true).unwrap();
        let writer = Writer::start_trying(journal, sync_channel(1).0, Duration::from_millis(1)).unwrap();
        let write =
            || writer.write(|journal| journal.append(draft(1, 9), &SigningKey::from_bytes(&[1; 32]), 1, 7));
        write().await.unwrap();
        let aside = dir.path().join("aside.db");
        std::fs::rename(&path, &aside).unwrap();
        assert!(write().await.is_err());
        let mut health = writer.health();
        health.wait_for(|health| health.trouble.is_some()).await.unwrap();
        assert!(write().await.is_err());
        assert!(!path.exists(), "no empty journal in its place");
        std::fs::copy(&aside, &path).unwrap();
        let mut tried = health.clone();
        tried.mark_unchanged();
        assert!(
            timeout(Duration::from_millis(50), tried.wait_for(|health| health.trouble.is_none()))
                .await
                .is_err()
        );
        assert!(write().await.is_err(), "readers have the other file open");
        std::fs::rename(&aside, &path).unwrap();
        timeout(Duration::from_secs(9), health.wait_for(|health| health.trouble.is_none()))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(write().await.unwrap().0, 2, "what was refused is not there");
    }

    #[tokio::test]
    async fn a_write_that_cannot_be_made_fails_alone() {
        let own = OfficeId(uuid::Uuid::from_u128(1));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.db");
        let writer = Writer::start(Journal::open(&path, own, true).unwrap(), sync_channel(1).0).unwrap();
        let (go_on, held) = channel::<()>();
        let (answered, answers) = channel();
        // The writer stands still in the first write, so that the others form one group with it.
        writer.submit(move |_| Ok(held.recv().is_err()), |_| {});
        let all = limits::GROUP_WRITES - 1;
        for number in 0..all {
            let answered = answered.clone();
            let body = if number == 100 || number == 0 { limits::ENTRY_CONTENT } else { 9 };
            writer.submit(
                move |journal| {
                    // One that fails behind what it has already written.
                    let key = SigningKey::from_bytes(&[1; 32]);
                    if number == 200 {
                        journal.append(draft(number as u128, 9), &key, 1, 7)?;
                        journal.append(draft(number as u128, limits::ENTRY_CONTENT), &key, 1, 7)?;
                    }
                    journal.append(draft(number as u128, body), &key, 1, 7)
                },
                move |done| answered.send((number, done.map(|(position, _)| position))).unwrap(),
            );
        }
        drop(go_on);
        drop((writer, answered));
        let answers: Vec<_> = answers.iter().collect();
        let failed: Vec<usize> =
            answers.iter().filter(|(_, done)| done.is_err()).map(|(number, _)| *number).collect();
        assert_eq!(failed, [0, 100, 200]);
        assert!(answers.iter().all(|(_, done)| match done {
            Err(WriteError::Journal(error)) => matches!(**error, JournalError::Entry(_)),
            done => done.is_ok(),
        }));
        let positions = answers.iter().filter_map(|(_, done)| done.as_ref().ok().copied());
        assert!(positions.eq(1..=all as u64 - 3), "in order, without gaps");
        let journal = Journal::open(&path, own, true).unwrap();
        assert_eq!(journal.end().position, all as u64 - 3);
        verify(journal.reads(), Mark::START, None).unwrap();
    }
}

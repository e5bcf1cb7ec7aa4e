//! D4: a flush fails once and then succeeds again, under the real writer.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use truc_node::store::health::Trouble;
use truc_node::store::journal::{Journal, JournalError};
use truc_node::store::writer::{WriteError, Writer};
use truc_proto::id::Hash;
use truc_tests::disk::{Call, Disk, Fault, Plan};
use truc_tests::support::{SOON, until};

use super::script::{Acknowledged, OWN, check, draft, folder, key};

const RETRY: Duration = Duration::from_millis(30);

/// Writes an entry and waits for the answer.
fn write(writer: &Writer, number: u32) -> Result<Hash, WriteError> {
    let (answer, answered) = sync_channel(1);
    writer.submit(
        move |journal| Ok(journal.append(draft(number, 700), &key(), 1, number)?.1.hash),
        move |outcome| answer.send(outcome).unwrap(),
    );
    answered.recv_timeout(SOON).unwrap()
}

/// The writer with the N-th flush failing; gives whether there was one.
fn with_failing_flush(disk: &Disk, nth: u64) -> bool {
    let folder = folder();
    let path = folder.path().join("journal.db");
    disk.plan(None);
    let journal = Journal::open_through(disk.name(), &path, OWN, false).unwrap();
    let writer = Writer::start_trying(journal, sync_channel(1).0, RETRY).unwrap();
    disk.plan(Some(Plan { among: |call| call == Call::Sync, nth, fault: Fault::Io, sticky: false }));
    let health = writer.health();
    let mut acknowledged = Acknowledged::default();
    let mut failures = 0;
    for number in 0..6 {
        match write(&writer, number) {
            Ok(hash) => acknowledged.entries.push(hash),
            Err(WriteError::Journal(error)) => {
                failures += 1;
                assert!(matches!(&*error, JournalError::Sqlite(_)), "{error}");
                assert_eq!(disk.failed(), 1, "told only of what failed");
                // It says so, and takes nothing until the store was verified.
                assert_eq!(health.borrow().trouble, Some(Trouble::Failing));
                match write(&writer, 100 + number) {
                    Err(WriteError::Halted(Trouble::Failing)) => {}
                    // The machine was so slow that it is over already.
                    Ok(hash) if health.borrow().trouble.is_none() => acknowledged.entries.push(hash),
                    other => panic!("{other:?}"),
                }
                until("it takes writes again", || health.borrow().trouble.is_none());
            }
            Err(error) => panic!("{error}"),
        }
    }
    let fired = disk.failed() > 0;
    assert_eq!(failures, usize::from(fired));
    assert_eq!(acknowledged.entries.len() + failures, 6, "all but what failed");
    disk.plan(None);
    drop(writer);
    // Of the write that was refused nothing is there.
    check(folder.path(), &acknowledged, 0);
    fired
}

#[test]
fn a_flush_that_fails_once_is_never_acknowledged_and_the_writer_goes_on_verified() {
    truc_node::fault::arm();
    let disk = Disk::new();
    let flushes = (1..).take_while(|nth| with_failing_flush(&disk, *nth)).count();
    assert!(flushes >= 6, "{flushes}");
}

#[test]
fn while_the_disk_fails_nothing_is_taken_and_reading_goes_on() {
    let disk = Disk::new();
    let folder = folder();
    let path = folder.path().join("journal.db");
    for (fault, trouble) in [(Fault::Io, Trouble::Failing), (Fault::Full, Trouble::Full)] {
        let journal = Journal::open_through(disk.name(), &path, OWN, false).unwrap();
        let known = journal.end();
        let writer = Writer::start_trying(journal, sync_channel(1).0, RETRY).unwrap();
        let health = writer.health();
        let first = write(&writer, 1).unwrap();
        let among = |call| matches!(call, Call::Write | Call::Sync | Call::Truncate);
        disk.plan(Some(Plan { among, nth: 1, fault, sticky: true }));
        for number in 2..6 {
            assert!(write(&writer, number).is_err());
            assert_eq!(health.borrow().trouble, Some(trouble));
        }
        // It is tried, and in vain.
        let tries = disk.failed();
        until("it was tried", || disk.failed() > tries + 2);
        assert_eq!(health.borrow().trouble, Some(trouble));
        let reader = truc_node::store::journal::open_reader(&path).unwrap();
        let read = truc_node::store::journal::Reads::new(&reader, OWN).after(known.position, 9).unwrap();
        assert_eq!(read.iter().map(|stored| stored.entry.hash).collect::<Vec<_>>(), [first]);
        disk.plan(None);
        until("it takes writes again", || health.borrow().trouble.is_none());
        let second = write(&writer, 9).unwrap();
        drop((writer, reader));
        let acknowledged = Acknowledged { entries: vec![first, second], ..Acknowledged::default() };
        check(folder.path(), &acknowledged, known.position as usize);
    }
}

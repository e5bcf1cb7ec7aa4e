//! D3: every call of SQLite to the system fails, one after the other, once and for good.

use truc_node::store::health::Trouble;
use truc_tests::disk::{Call, Disk, Fault, Plan};

use super::script::{Script, check, folder};

/// Entries of the largest group in the script: so many may be durable though their write was said to have failed.
const GROUP: usize = 3;

/// Lets the N-th call among these fail, for each N, until the script comes to its end without. Gives how many there
/// were.
fn each(among: fn(Call) -> bool, fault: Fault, sticky: bool) -> u64 {
    let disk = Disk::new();
    let mut told = 0;
    for nth in 1.. {
        let folder = folder();
        disk.plan(Some(Plan { among, nth, fault, sticky }));
        let mut script = Script::new(&disk, folder.path());
        let ran = script.run();
        let failed = disk.failed();
        if failed == 0 {
            assert!(ran.is_ok() && script.errors.is_empty(), "{:?}", script.errors);
            // Not every failure matters: SQLite may do without, as without folding the log when it closes.
            assert!(told * 3 > nth, "of {nth} calls only {told} were told of");
            return nth - 1;
        }
        told += u64::from(!script.errors.is_empty());
        if fault != Fault::Io {
            let full = script.errors.iter().all(|error| Trouble::of(error).is_some());
            assert!(full, "{:?}", script.errors);
        }
        if sticky {
            assert!(ran.is_err() || script.errors.is_empty(), "it went on on a disk that fails");
        } else {
            assert!(ran.is_ok(), "{nth}: it did not go on: {:?}", script.errors);
        }
        let (acknowledged, errors) = (script.acknowledged.clone(), script.errors.len());
        drop(script);
        disk.plan(None);
        check(folder.path(), &acknowledged, GROUP * errors);
    }
    unreachable!()
}

fn both(name: &str, among: fn(Call) -> bool, fault: Fault) {
    let counts = [false, true].map(|sticky| each(among, fault, sticky));
    eprintln!("{name}: {counts:?} calls");
    assert!(counts[0] >= 10 && counts[1] >= 10, "{counts:?}");
}

#[test]
fn every_call_fails_with_an_error() {
    both("any call", |_| true, Fault::Io);
}

#[test]
fn every_flush_fails() {
    both("flushes", |call| call == Call::Sync, Fault::Io);
}

#[test]
fn the_disk_is_full_at_every_write() {
    both("writes, full", |call| matches!(call, Call::Write | Call::Map), Fault::Full);
}

#[test]
fn the_disk_fills_up_within_every_write() {
    both("writes, half done", |call| call == Call::Write, Fault::Short);
}

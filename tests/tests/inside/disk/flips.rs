//! D6: one bit that flips in the journal, its log, or what stands beside it.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use truc_node::store::journal::{self, Journal};
use truc_proto::id::Mark;
use truc_tests::disk::Disk;
use truc_tests::sim::rng::Rng;

use super::script::{OWN, Script, folder, key};

/// How many bytes of each file's first page are tried, and how many places anywhere; `TRUC_FLIPS` sets another number
/// for both, and 4096 takes every byte of the page.
fn flips() -> u64 {
    std::env::var("TRUC_FLIPS").ok().and_then(|count| count.parse().ok()).unwrap_or(400)
}

/// What a reader of the whole store sees.
type Seen = BTreeMap<String, Vec<String>>;

/// Opens a store as a program that starts does, verifies all of it, and reads everything in it.
fn see(folder: &Path) -> Result<Seen, String> {
    let mut journal =
        Journal::open(&folder.join("journal.db"), OWN, false).map_err(|error| error.to_string())?;
    let mut mark = Mark::START;
    loop {
        let reads = journal.reads();
        let signed = |_, entry: &truc_proto::entry::Entry| entry.verify(&key().verifying_key()).is_ok();
        let next = journal::verify(reads, mark, Some(&signed)).map_err(|error| error.to_string())?;
        if next == mark {
            break;
        }
        mark = next;
    }
    let conn = journal.connection();
    let read = || -> rusqlite::Result<Seen> {
        let mut tables = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut seen = Seen::new();
        for table in tables {
            let mut select = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
            let columns = select.column_count();
            // Where an entry stands at the hub has no hash (tests/README.md); the counter means nothing.
            let left_out = [Ok("hub_position"), Ok("probes")];
            let compared: Vec<usize> =
                (0..columns).filter(|column| !left_out.contains(&select.column_name(*column))).collect();
            let rows = select.query_map([], |row| {
                let values = compared.iter().map(|column| row.get::<_, rusqlite::types::Value>(*column));
                Ok(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
            })?;
            let mut rows = rows.collect::<rusqlite::Result<Vec<String>>>()?;
            rows.sort();
            seen.insert(table, rows);
        }
        Ok(seen)
    };
    read().map_err(|error| error.to_string())
}

/// A store with entries in its file and in its log; what is in each of its files.
fn store() -> (Vec<(&'static str, Vec<u8>)>, Seen) {
    let disk = Disk::new();
    let live = folder();
    let mut script = Script::new(&disk, live.path());
    assert!(script.run().is_ok());
    drop(script);
    // Whoever reads keeps the log from being folded into the file at the end.
    let reader = journal::open_reader(&live.path().join("journal.db")).unwrap();
    reader.query_row("SELECT count(*) FROM entry", [], |_| Ok(())).unwrap();
    let mut journal = Journal::open(&live.path().join("journal.db"), OWN, false).unwrap();
    for number in 50..56 {
        journal
            .group(|journal| journal.append(super::script::draft(number, 700), &key(), 1, number))
            .unwrap();
    }
    let files = ["journal.db", "journal.db-wal", "journal.db-end"]
        .map(|name| (name, fs::read(live.path().join(name)).unwrap()));
    assert!(files[1].1.len() > 3 * 4096, "{}", files[1].1.len());
    drop((journal, reader));
    let whole = folder();
    put(whole.path(), &files, None);
    let seen = see(whole.path()).unwrap();
    assert_eq!(seen["entry"].len(), 14 + 6);
    (files.to_vec(), seen)
}

/// Lays the files down, one of them with a bit flipped.
fn put(folder: &Path, files: &[(&'static str, Vec<u8>)], flip: Option<(&str, usize, u8)>) {
    for (name, bytes) in files {
        let mut bytes = bytes.clone();
        if let Some((_, at, bit)) = flip.filter(|(flipped, ..)| flipped == name) {
            bytes[at] ^= 1 << bit;
        }
        fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn no_flipped_bit_is_read_as_something_else() {
    truc_node::fault::arm();
    let (files, sound) = store();
    let mut rng = Rng::new(6);
    let mut places: Vec<(&str, usize)> = Vec::new();
    for (name, bytes) in &files {
        let page = bytes.len().min(4096) as u64;
        let step = page.div_ceil(flips()).max(1);
        let first = rng.below(step);
        places.extend((0..page).skip(first as usize).step_by(step as usize).map(|at| (*name, at as usize)));
        places.extend((0..flips()).map(|_| (*name, rng.below(bytes.len() as u64) as usize)));
    }
    let (mut refused, mut same) = (0, 0);
    let mut silent: BTreeMap<String, usize> = BTreeMap::new();
    for (name, at) in places {
        let bit = rng.below(8) as u8;
        let spoilt = folder();
        put(spoilt.path(), &files, Some((name, at, bit)));
        match catch_unwind(AssertUnwindSafe(|| see(spoilt.path()))) {
            Err(_) => panic!("bit {bit} of byte {at} of {name}: panic"),
            Ok(Err(_)) => refused += 1,
            Ok(Ok(seen)) if seen == sound => same += 1,
            Ok(Ok(seen)) => {
                let tables =
                    sound.keys().chain(seen.keys()).filter(|table| seen.get(*table) != sound.get(*table));
                let tables: Vec<&str> = tables.map(String::as_str).collect();
                *silent.entry(format!("{name}: {tables:?}")).or_default() += 1;
                eprintln!("bit {bit} of byte {at} of {name}: {tables:?}");
                for table in tables.into_iter().filter(|table| seen.contains_key(*table)) {
                    for (was, is) in sound[table].iter().zip(&seen[table]).filter(|(was, is)| was != is) {
                        let from = was.bytes().zip(is.bytes()).take_while(|(was, is)| was == is).count();
                        let shown = |row: &str| {
                            row.chars().skip(from.saturating_sub(60)).take(160).collect::<String>()
                        };
                        eprintln!("  {table}: {} became {}", shown(was), shown(is));
                    }
                }
            }
        }
    }
    eprintln!("{refused} refused, {same} without effect, {silent:?}");
    assert!(silent.is_empty(), "{silent:?}");
    assert!(refused > 100 && same > 100);
}

#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use truc_proto::audience::Scope;
use truc_proto::id::{Hash, Mark, OfficeId};
use truc_proto::limits;
use truc_proto::record::{Act, directive};
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::session::{MailEnd, NodeWrite};

use super::follow::{FollowError, Follower, Following, Plan, Start};
use super::pump::{Pump, PumpParts, Verdicts, catch_up};
use super::registry::{SharedRegistry, from_journal};
use super::views::tests::province::{Province, id, key, letter, record_id};
use super::views::{self, VIEWS, Views, kinds, read};
use crate::store::journal::{self, JOURNAL, Journal, Stored};
use crate::store::readers::Readers;

/// Whose store it is: a commune.
const OWN: u128 = 10;

/// A folder with a journal of [`OWN`] that holds what a province wrote; `good`: as checked.
fn store(province: &Province, good: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(&folder.path().join(JOURNAL), id(OWN), false).unwrap();
    let end = province.entries.len() as u64;
    let entries = (1..).zip(province.entries.iter().cloned()).collect();
    let mark = Some(Mark { position: end, running: Hash::ZERO });
    journal
        .group(|journal| {
            journal.session_write(NodeWrite::Mail {
                entries,
                arrivals: Vec::new(),
                mark,
                end: MailEnd::None,
            })?;
            if good { journal.vetted(end, &[]) } else { Ok(()) }
        })
        .unwrap();
    folder
}

fn views(folder: &Path) -> Views {
    Views::open(&folder.join(VIEWS), id(1), key(1).verifying_key()).unwrap()
}

/// A pump over a store, with what it published.
struct Running {
    pump: Option<Pump>,
    registry: SharedRegistry,
    kept: Arc<Mutex<Vec<Verdicts>>>,
    end: u64,
}

impl Running {
    /// Starts; the first `failures` verdicts are not kept.
    fn start(folder: &Path, views: Views, followers: Vec<Plan>, failures: usize) -> Self {
        let journal_path = folder.join(JOURNAL);
        let journal = journal::open_reader(&journal_path).unwrap();
        let end = journal::Reads::new(&journal, id(OWN)).end().unwrap().position;
        let registry = SharedRegistry::new(views.registry(), views.folded_to());
        let kept: Arc<Mutex<Vec<Verdicts>>> = Arc::default();
        let (keeps, left) = (Arc::clone(&kept), AtomicU64::new(failures as u64));
        let pump = Pump::start(PumpParts {
            own: id(OWN),
            journal,
            journal_path,
            views,
            ring: Default::default(),
            readers: Arc::new(Readers::new(folder.join(VIEWS), views::reader)),
            followers,
            registry: registry.clone(),
            keep: Box::new(move |verdicts, answer| {
                let fails = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                if fails.is_err() {
                    keeps.lock().unwrap().push(verdicts);
                }
                answer(fails.is_err());
            }),
        });
        Self { pump: Some(pump.unwrap()), registry, kept, end }
    }

    fn pump(&self) -> &Pump {
        self.pump.as_ref().unwrap()
    }

    fn following(&self, file: &str) -> Following {
        self.pump().followings().borrow().get(file).cloned().unwrap_or_default()
    }

    #[track_caller]
    fn until(&self, what: &str, mut there: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !there(self) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {:?}", self.pump().followings());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn folded(&self) {
        self.until("all is folded", |running| *running.pump().folded().borrow() == running.end);
    }

    fn stop(mut self) {
        self.pump.take().unwrap().join();
    }
}

/// A province that wrote some papers and answers about them.
fn written() -> Province {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    for record in 50..60 {
        province.writes(2, record, letter(&[("T1", Scope::subtree(id(2)))]), &down);
        province.writes(OWN, record, directive::Move::status("01"), &up);
    }
    province
}

/// Whether nobody's key is known here for a ledger: neither the hub's, which the store trusts, nor its own.
fn unknown(ledger: OfficeId) -> bool {
    ledger != id(OWN) && ledger != id(1)
}

/// All rows of all tables.
fn content(folder: &Path) -> BTreeSet<String> {
    let conn = views::reader(&folder.join(VIEWS)).unwrap();
    all_rows(&conn)
}

fn all_rows(conn: &Connection) -> BTreeSet<String> {
    let mut names = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = BTreeSet::new();
    for name in names {
        let mut select = conn.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = select.column_count();
        let rows = select.query_map([], |row| {
            Ok((0..columns).map(|column| format!("{:?}|", row.get_ref(column).unwrap())).collect::<String>())
        });
        all.extend(rows.unwrap().map(|row| format!("{name}: {}", row.unwrap())));
    }
    all
}

/// What the views of a journal are when nothing goes wrong.
fn sound(folder: &Path) -> BTreeSet<String> {
    let conn = journal::open_reader(&folder.join(JOURNAL)).unwrap();
    let views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
    let views = catch_up(journal::Reads::new(&conn, id(OWN)), views, |_, _| {}).unwrap();
    all_rows(views.connection())
}

/// Tables that take nothing of one record stand for whatever a later stage cannot digest.
#[test]
fn an_entry_that_cannot_be_folded_is_passed_and_everything_else_is_folded() {
    for table in ["strand", "story", "ledger", "channel", "duty", "record", "folded"] {
        let province = written();
        let folder = store(&province, true);
        let views = views(folder.path());
        let when = match table {
            "story" => "NEW.record = x'00000000000000000000000000000037' AND NEW.brief <> ''",
            "strand" => "NEW.record = x'00000000000000000000000000000037'",
            "ledger" => "NEW.entries = 10",
            "channel" => "NEW.last_seq = 10",
            "duty" => "NEW.record = x'00000000000000000000000000000037'",
            "record" => "NEW.id = x'00000000000000000000000000000037'",
            _ => "NEW.position = 12",
        };
        let on = if table == "folded" { "UPDATE" } else { "INSERT" };
        views
            .connection()
            .execute_batch(&format!(
                "CREATE TRIGGER breaks BEFORE {on} ON {table} WHEN {when}
                 BEGIN SELECT RAISE(ABORT, 'does not fit'); END"
            ))
            .unwrap();
        let running = Running::start(folder.path(), views, Vec::new(), 0);
        running.folded();
        running.stop();
        let conn = views::reader(&folder.path().join(VIEWS)).unwrap();
        let passed = read::undigested(&conn).unwrap();
        if table == "folded" {
            // Not even passing it could be noted, so the tables were at fault: they were made anew.
            assert_eq!(content(folder.path()), sound(folder.path()));
            continue;
        }
        assert!(!passed.is_empty(), "{table}");
        assert!(passed[0].reason.contains("does not fit"), "{table}: {passed:?}");
        let told: i64 = conn.query_row("SELECT count(*) FROM story", [], |row| row.get(0)).unwrap();
        assert_eq!(told as usize, province.entries.len(), "{table}: every place counts as held");
        // Whatever the damage, the last paper is there.
        assert_eq!(
            conn.query_row(
                "SELECT count(*) FROM story WHERE record = ?1",
                [record_id(59).0.as_bytes()],
                |row| row.get::<_, i64>(0)
            )
            .unwrap(),
            2,
            "{table}"
        );
    }
}

#[test]
fn a_back_pointer_named_twice_is_one_gap() {
    let mut province = Province::new();
    let up = Scope::office(id(2));
    province.writes(OWN, 50, directive::Move::status("01"), &[up]);
    province.writes(OWN, 50, directive::Move::status("01"), &[up]);
    let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
    let offices: Vec<u64> = (1..=4).collect();
    province.fold(&mut views, &offices, &BTreeMap::new(), |_| false);
    // The entry before is not here; the header names it twice, as no honest program does.
    let entry = &province.entries[5];
    let mut twice = entry.clone();
    twice.header.audience.push(twice.header.audience[0]);
    let mut batch = views.batch(&province).unwrap();
    batch.entry(6, &twice, None, Some(Refusal::Malformed)).unwrap();
    batch.commit().unwrap();
    let missing: i64 =
        views.connection().query_row("SELECT count(*) FROM missing", [], |row| row.get(0)).unwrap();
    assert_eq!(missing, 1);
}

#[test]
fn a_strand_of_another_shape_is_folded_from_its_start() {
    let mut province = written();
    let whole = province.entries.len() as u64;
    let next = province.writes(OWN, 55, directive::Move::status("03"), &[Scope::office(id(2))]);
    let mut views = Views::in_memory(id(1), key(1).verifying_key()).unwrap();
    province.fold(&mut views, &(1..=whole).collect::<Vec<_>>(), &BTreeMap::new(), |_| false);
    views.connection().execute("UPDATE strand SET state = '{\"Older\": 1}'", []).unwrap();
    province.fold(&mut views, &[next], &BTreeMap::new(), |_| false);
    let strand = |views: &Views| {
        read::strand(views.connection(), record_id(55), directive::Move::KIND, id(OWN)).unwrap()
    };
    assert_eq!(strand(&views), strand(&province.views()));
    assert!(strand(&views).is_some());
}

/// Damage of the views at any page costs them alone, and they are made anew while the store runs.
#[test]
fn views_that_are_damaged_while_they_are_in_use_are_made_anew() {
    let province = written();
    let folder = store(&province, true);
    let running = Running::start(folder.path(), views(folder.path()), Vec::new(), 0);
    running.folded();
    let before = running.registry.known();
    assert_eq!(before.upto, running.end);
    running.pump().doubt(VIEWS);
    running.until("made anew", |running| {
        assert_eq!(running.registry.known().upto, running.end, "who is who is known all the time");
        running.following(VIEWS).anew.is_some() && *running.pump().folded().borrow() == running.end
    });
    running.stop();
    assert_eq!(content(folder.path()), sound(folder.path()));
}

#[test]
fn the_registry_of_the_journal_is_that_of_the_views() {
    let mut province = written();
    province.office(13, "commune", 2);
    let folder = store(&province, true);
    let conn = journal::open_reader(&folder.path().join(JOURNAL)).unwrap();
    let reads = journal::Reads::new(&conn, id(OWN));
    let all = province.entries.len() as u64;
    let known = from_journal(reads, id(1), key(1).verifying_key(), all).unwrap();
    let day = "2026-01-01".parse().unwrap();
    let listed = |registry: &Registry| serde_json::to_string(&kinds::registry::list(registry, day)).unwrap();
    assert_eq!(listed(&known), listed(&province.views().registry()));
    assert!(from_journal(reads, id(1), key(1).verifying_key(), all - 1).unwrap().office(id(13)).is_none());
}

#[test]
fn verdicts_that_were_not_kept_are_handed_in_again() {
    let province = written();
    // Nobody's key is known, so what others wrote is refused.
    let folder = store(&province, false);
    let running = Running::start(folder.path(), views(folder.path()), Vec::new(), 1);
    running.folded();
    let refused =
        |running: &Running| running.kept.lock().unwrap().iter().flat_map(|v| v.refused.clone()).count();
    let expected = province.entries.iter().filter(|entry| unknown(entry.header.ledger)).count();
    running.until("all verdicts are kept", |running| refused(running) >= expected);
    running.stop();
    // A life that ended before its verdicts were kept: the next one hands them in.
    let running = Running::start(folder.path(), views(folder.path()), Vec::new(), 0);
    running.until("all verdicts are kept", |running| refused(running) >= expected);
    running.stop();
}

/// What a follower was given: positions with their verdicts.
type Given = Vec<(u64, Option<Refusal>)>;

/// A follower that fails as it is told to.
struct Ill {
    upto: u64,
    fails: fn(u64) -> Option<FollowError>,
    seen: Arc<Mutex<Given>>,
    begun: Given,
}

impl Ill {
    fn plan(fails: fn(u64) -> Option<FollowError>) -> (Plan, Arc<Mutex<Given>>) {
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let known = Arc::clone(&seen);
        let open = move |start| {
            if start == Start::Anew {
                known.lock().unwrap().clear();
            }
            let sound: fn(u64) -> Option<FollowError> = |_| None;
            let fails = if start == Start::Anew { sound } else { fails };
            Ok(Box::new(Ill { upto: 0, fails, seen: Arc::clone(&known), begun: Vec::new() })
                as Box<dyn Follower>)
        };
        (Plan { name: "ill.db", opened: None, open: Box::new(open) }, seen)
    }
}

impl Follower for Ill {
    fn upto(&self) -> u64 {
        self.upto
    }
    fn edition(&self) -> u64 {
        0
    }
    fn begin_anew(&mut self, _: u64) -> Result<(), FollowError> {
        self.upto = 0;
        Ok(())
    }
    fn entry(&mut self, stored: &Stored, refused: Option<Refusal>) -> Result<(), FollowError> {
        if let Some(error) = (self.fails)(stored.position) {
            return Err(error);
        }
        self.begun.push((stored.position, refused));
        Ok(())
    }
    fn commit(&mut self, upto: u64, _: &Arc<Registry>) -> Result<(), FollowError> {
        self.seen.lock().unwrap().append(&mut self.begun);
        self.upto = upto;
        Ok(())
    }
    fn give_up(&mut self) {
        self.begun.clear();
    }
    fn mended(&mut self) -> Option<String> {
        None
    }
}

fn sqlite(code: i32) -> FollowError {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).into()
}

#[test]
fn a_follower_that_fails_holds_up_nobody_and_damage_costs_its_file_alone() {
    let province = written();
    let folder = store(&province, true);
    let (full, _) = Ill::plan(|_| Some(sqlite(rusqlite::ffi::SQLITE_FULL)));
    let running = Running::start(folder.path(), views(folder.path()), vec![full], 0);
    running.folded();
    running.until("its trouble is told", |running| running.following("ill.db").trouble.is_some());
    assert_eq!(running.following(VIEWS).trouble, None);
    running.stop();

    let (torn, seen) = Ill::plan(|at| (at == 9).then(|| sqlite(rusqlite::ffi::SQLITE_CORRUPT)));
    let running = Running::start(folder.path(), views(folder.path()), vec![torn], 0);
    running.until("it was made anew", |running| running.following("ill.db").upto == running.end);
    assert!(running.following("ill.db").anew.is_some());
    assert_eq!(seen.lock().unwrap().len(), province.entries.len());
    running.stop();

    let (unfit, seen) = Ill::plan(|at| (at == 9).then(|| sqlite(rusqlite::ffi::SQLITE_CONSTRAINT)));
    let running = Running::start(folder.path(), views(folder.path()), vec![unfit], 0);
    running.until("it goes on", |running| running.following("ill.db").upto == running.end);
    assert_eq!(running.following("ill.db").passed, 1);
    assert_eq!(seen.lock().unwrap().len(), province.entries.len() - 1);
    running.stop();
}

/// A follower that lags is told the verdict of the entry's place, whatever the registry says by now.
#[test]
fn a_follower_gets_the_verdicts_that_the_views_found() {
    let province = written();
    let folder = store(&province, false);
    let running = Running::start(folder.path(), views(folder.path()), Vec::new(), 0);
    running.folded();
    running.stop();
    let (plan, seen) = Ill::plan(|_| None);
    let running = Running::start(folder.path(), views(folder.path()), vec![plan], 0);
    running.until("it follows", |running| running.following("ill.db").upto == running.end);
    running.stop();
    for (position, refused) in seen.lock().unwrap().iter() {
        let ledger = province.entries[*position as usize - 1].header.ledger;
        assert_eq!(refused.is_some(), unknown(ledger), "{position}");
    }
}

#[test]
fn a_batch_is_bounded_by_bytes() {
    let province = written();
    let folder = store(&province, true);
    let conn = journal::open_reader(&folder.path().join(JOURNAL)).unwrap();
    let reads = journal::Reads::new(&conn, id(OWN));
    let size = province.entries[0].content.len();
    assert_eq!(reads.stretch(0, limits::FOLD_ENTRIES, size).unwrap().len(), 1);
    assert_eq!(reads.stretch(0, limits::FOLD_ENTRIES, size + 1).unwrap().len(), 2);
    assert_eq!(reads.stretch(0, 3, usize::MAX).unwrap().len(), 3);
}

//! The power fails under a hub that writes: while pages of single files are written back, and after it was stopped.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use truc_hub::delivery::index::MAIL;
use truc_hub::hub::Hub;
use truc_node::derive::search::SEARCH;
use truc_node::derive::views::VIEWS;
use truc_proto::id::Link;
use truc_tests::disk::power::Volume;
use truc_tests::sim::rng::Rng;
use truc_tests::support::{eventually, not_run};

use super::derived::{close, identity, letter, office, register, well};

const TEST: &str = "disk::hub_power::power_cuts_of_a_hub_lose_nothing_and_no_derived_file";
const OFFICES: u128 = 40;
/// Cuts of one store.
const SERIES: u64 = 30;

/// Power cuts; `TRUC_HUB_POWER_CUTS` sets another number.
fn cuts() -> u64 {
    std::env::var("TRUC_HUB_POWER_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(30)
}

/// An acknowledged entry: its position and which it is.
type Entry = (u64, Link);

/// What was acknowledged.
#[derive(Default)]
struct Said {
    /// While there was power: it must be there after every cut.
    before: Vec<Entry>,
    /// After the cut had begun. The call that cuts is not of one moment, as a real cut is: each of them is there or not,
    /// and what is there after the restart must stay.
    during: Vec<Entry>,
    cutting: bool,
}

impl Said {
    fn add(&mut self, entry: Entry) {
        if self.cutting { self.during.push(entry) } else { self.before.push(entry) }
    }

    /// Compares what a restarted hub holds with what was said. Returns how many that were acknowledged during the cut are
    /// there, and how many not.
    fn compare(&mut self, hub: &Hub, cut: u64) -> (usize, usize) {
        let holds = |(position, link): &Entry| {
            hub.office.read(|journal| journal.link_at(*position)).is_ok_and(|held| held == *link)
        };
        let lost: Vec<&Entry> = self.before.iter().filter(|entry| !holds(entry)).collect();
        assert!(lost.is_empty(), "cut {cut}: acknowledged before it, and gone: {lost:?}");
        self.cutting = false;
        let (there, gone): (Vec<Entry>, Vec<Entry>) = self.during.drain(..).partition(holds);
        self.before.extend(&there);
        (there.len(), gone.len())
    }
}

/// Writes until told to stop.
async fn load(hub: Arc<Hub>, numbers: Arc<AtomicU64>, stop: Arc<AtomicBool>, said: Arc<Mutex<Said>>) {
    while !stop.load(Ordering::SeqCst) {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let to = office(u128::from(number * 2_654_435_761 % 4_294_967_296) % OFFICES);
        if let Ok((position, entry)) = hub.office.append(letter(number, to)).await {
            said.lock().unwrap().add((position, entry.link()));
        }
    }
}

/// What the journal says of each scope's mail must be in the index, no more and no less.
fn mail_is_whole(hub: &Hub, dir: &Path) -> bool {
    let rows: i64 = Connection::open(dir.join(MAIL))
        .and_then(|conn| conn.query_row("SELECT count(*) FROM mail", [], |row| row.get(0)))
        .unwrap();
    let mut expected = 0;
    let mut after = 0;
    loop {
        let batch = hub.office.read(|journal| journal.after(after, 1000)).unwrap();
        let Some(last) = batch.last() else { return rows as usize == expected };
        after = last.position;
        expected += batch.iter().map(|stored| stored.entry.header.audience.len()).sum::<usize>();
    }
}

/// Cuts the power of one hub again and again, and tells how many entries were acknowledged before the cuts, and of those
/// acknowledged while a cut was under way how many are there and how many not.
async fn series(volume: &mut Volume, dir: &Path, cuts: Range<u64>, rng: &mut Rng) -> [usize; 3] {
    std::fs::create_dir(dir).unwrap();
    let hub = Hub::open(dir, identity()).unwrap();
    register(&hub, OFFICES).await;
    close(hub).await;
    assert!(Command::new("sync").arg("-f").arg(dir).status().unwrap().success());
    let (said, numbers): (Arc<Mutex<Said>>, _) = (Arc::default(), Arc::new(AtomicU64::new(0)));
    let mut in_doubt = (0, 0);
    for cut in cuts {
        let hub = opened(dir, cut, &said, &mut in_doubt).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..24)
            .map(|_| {
                let (hub, numbers) = (Arc::clone(&hub), Arc::clone(&numbers));
                tokio::spawn(load(hub, numbers, Arc::clone(&stop), Arc::clone(&said)))
            })
            .collect();
        for _ in 0..rng.below(4) + 2 {
            tokio::time::sleep(Duration::from_millis(rng.below(120))).await;
            // Write-back, a `sync` elsewhere, memory pressure: pages of one file reach the disk, others do not.
            let file =
                [MAIL, "mail.db-wal", VIEWS, "views.db-wal", SEARCH, "search.db-wal"][rng.below(6) as usize];
            if let Ok(file) = File::open(dir.join(file)) {
                let _ = file.sync_all();
            }
        }
        let stopped_first = cut % 4 == 3;
        if stopped_first {
            stop.store(true, Ordering::SeqCst);
        } else {
            said.lock().unwrap().cutting = true;
            volume.cut().unwrap();
            stop.store(true, Ordering::SeqCst);
        }
        for writer in writers {
            writer.await.unwrap();
        }
        close(hub).await;
        if stopped_first {
            let file = [MAIL, VIEWS, SEARCH][rng.below(3) as usize];
            File::open(dir.join(file)).unwrap().sync_all().unwrap();
            volume.cut().unwrap();
        }
        let mut restarted = volume.restart();
        // A task of the hub may hold it a moment longer.
        eventually("the volume is free", || {
            if restarted.is_err() {
                restarted = volume.restart();
            }
            restarted.is_ok()
        })
        .await;
    }
    close(opened(dir, u64::MAX, &said, &mut in_doubt).await).await;
    std::fs::remove_dir_all(dir).unwrap();
    let all = said.lock().unwrap().before.len();
    [all - in_doubt.0, in_doubt.0, in_doubt.1]
}

/// The hub after a cut, with everything that it must have.
async fn opened(dir: &Path, cut: u64, said: &Mutex<Said>, in_doubt: &mut (usize, usize)) -> Arc<Hub> {
    let hub = Hub::open(dir, identity()).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
    well(&hub).await;
    for (file, one) in hub.office.followings().unwrap().borrow().iter() {
        assert!(one.anew.is_none(), "cut {cut}: {file} was made anew: {:?}", one.anew);
    }
    let (there, gone) = said.lock().unwrap().compare(&hub, cut);
    *in_doubt = (in_doubt.0 + there, in_doubt.1 + gone);
    assert!(mail_is_whole(&hub, dir), "cut {cut}: mail is missing in the index");
    hub
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn power_cuts_of_a_hub_lose_nothing_and_no_derived_file() {
    truc_node::fault::arm();
    let folder = tempfile::tempdir().unwrap();
    let mut volume = match Volume::make(folder.path(), 512) {
        Ok(volume) => volume,
        Err(why) => return not_run("power cuts of a hub", &why),
    };
    let dir = volume.path().join("hub");
    let (mut rng, mut sums) = (Rng::new(90), [0; 3]);
    // A store of its own for each series: it grows, and all of it is compared after each cut.
    for from in (0..cuts()).step_by(SERIES as usize) {
        let told = series(&mut volume, &dir, from..cuts().min(from + SERIES), &mut rng).await;
        sums.iter_mut().zip(told).for_each(|(sum, more)| *sum += more);
        let [before, there, gone] = sums;
        eprintln!(
            "{} cuts of a hub: {before} acknowledged before them and held; of those acknowledged while a cut was under \
             way {there} are there, {gone} not",
            cuts().min(from + SERIES)
        );
    }
}

/// Without the flushes of `mail.db` the cuts must break it: a test that never finds that proves nothing.
#[test]
fn power_cuts_would_show_an_index_that_does_not_flush() {
    let mut control = Command::new(std::env::current_exe().unwrap());
    let control = control.args([TEST, "--exact", "--nocapture"]).env("TRUC_PLANT", "mail.off");
    let output = control.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("NOT RUN") {
        return not_run("power cuts of a hub without flushing", "see above");
    }
    assert!(!output.status.success(), "{} power cuts saw nothing", cuts());
    assert!(
        said.contains("mail.db was made anew") || said.contains("mail is missing in the index"),
        "{said}"
    );
}

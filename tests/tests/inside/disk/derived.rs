//! Pages that are zero and bits that flip in every database beside the journal. What is derived from the journal is made
//! anew, by itself, and nothing else stops; what holds the truth says that it is damaged, or reads as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use truc_hub::authority::codes::{CODES, Codes};
use truc_hub::delivery::index::MAIL;
use truc_hub::delivery::mail;
use truc_hub::hub::{Hub, ITSELF};
use truc_node::accounts::{ACCOUNTS, Accounts, Realm};
use truc_node::derive::search::{self, Query, SEARCH};
use truc_node::derive::views::{self, VIEWS};
use truc_node::identity::Identity;
use truc_node::office::Intent;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::audience::Scope;
use truc_proto::id::{Hash, OfficeId, RecordId};
use truc_proto::record::{Paper, directive};
use truc_proto::wire::OfficeFact;
use truc_proto::wire::registry_move::Move as Word;
use truc_tests::sim::rng::Rng;
use truc_tests::support::{copy_folder, eventually};
use uuid::Uuid;

pub(super) const HUB: OfficeId = OfficeId(Uuid::from_u128(1));

pub(super) fn office(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(100 + number))
}

pub(super) fn identity() -> Identity {
    let key = SigningKey::from_bytes(&[1; 32]);
    Identity { office: HUB, hub: HUB, hub_key: key.verifying_key(), key, ring: Default::default() }
}

pub(super) fn letter(number: u64, to: OfficeId) -> Intent {
    let paper = Paper {
        document_type: "CV".into(),
        title: format!("Công văn số {number}"),
        text: format!("Nội dung công văn thứ {number}."),
        signer: String::new(),
        road: None,
        ..Paper::default()
    };
    let mv = directive::Move::Issued(directive::Issued { paper, tasks: vec![], in_reply_to: None });
    Intent::new("test", RecordId(Uuid::now_v7()), mv, vec![Scope::office(to)])
}

/// Registers offices at an empty hub.
pub(super) async fn register(hub: &Hub, offices: u128) {
    for number in 0..offices {
        let fact = OfficeFact {
            office: office(number).to_wire(),
            since: "2025-07-01".into(),
            code: format!("1{number:04}"),
            tier: "province".into(),
            parent: HUB.to_wire(),
            name: format!("Văn phòng {number}"),
            ..Default::default()
        };
        hub.say(ITSELF, Word::Office(fact), hub.everybody()).await.unwrap();
    }
}

/// Waits until everything that is derived follows the journal and reads back.
pub(super) async fn well(hub: &Arc<Hub>) {
    eventually("everything derived is well", || {
        let read = hub.office.view(|views| Ok(rows(views)?)).is_ok();
        let query = Query { text: "công văn".into(), ..Query::default() };
        let found = hub.office.search(&query).is_ok();
        let asked = |office| mail::Asked { office, after: 0, own: false, urgent: true };
        let mail = (0..4).all(|number| hub.mail(asked(office(number))).is_ok());
        let end = hub.office.reached().unwrap().borrow().end.position;
        let followings = hub.office.followings().unwrap().borrow().clone();
        let follows = [VIEWS, SEARCH, MAIL]
            .iter()
            .all(|file| followings.get(*file).is_some_and(|one| one.upto == end && one.trouble.is_none()));
        read && found && mail && follows
    })
    .await;
}

/// Closes a hub as a program does that ends.
pub(super) async fn close(hub: Arc<Hub>) {
    tokio::task::spawn_blocking(move || drop(hub)).await.unwrap();
}

fn rows(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut tables = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut all = Vec::new();
    for table in tables {
        let mut select = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = select.column_count();
        let rows = select.query_map([], |row| {
            let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            Ok(format!("{table}: {:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
        })?;
        all.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    all.sort();
    Ok(all)
}

/// What is in the derived files; nothing of one whose text is none any more.
fn seen(dir: &Path) -> BTreeMap<&'static str, Vec<String>> {
    BTreeMap::from([
        (VIEWS, rows(&views::reader(&dir.join(VIEWS)).unwrap()).unwrap_or_default()),
        (SEARCH, search::dump(&search::reader(&dir.join(SEARCH)).unwrap()).unwrap_or_default()),
        (MAIL, rows(&mail::reader(&dir.join(MAIL)).unwrap()).unwrap_or_default()),
    ])
}

fn flips() -> usize {
    std::env::var("TRUC_FLIPS").ok().and_then(|count| count.parse().ok()).unwrap_or(6)
}

/// Pages, of which at most so many are tried, at even distances.
fn pages(bytes: usize) -> Vec<usize> {
    let pages = bytes / 4096;
    (0..pages).step_by(pages.div_ceil(flips()).max(1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_of_a_derived_file_costs_that_file_alone_and_it_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    fs::create_dir(&whole).unwrap();
    let hub = Hub::open(&whole, identity()).unwrap();
    register(&hub, 4).await;
    for number in 0..60 {
        hub.office.append(letter(number, office(u128::from(number) % 4))).await.unwrap();
    }
    well(&hub).await;
    close(hub).await;
    for file in [VIEWS, SEARCH, MAIL] {
        // All of it into the file, none left in the log.
        let conn = Connection::open(whole.join(file)).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let sound = seen(&whole);
    let mut rng = Rng::new(19);
    let mut mended = 0;
    for file in [VIEWS, SEARCH, MAIL] {
        let bytes = fs::read(whole.join(file)).unwrap();
        let zeroed = pages(bytes.len()).into_iter().map(|page| (page, None));
        let flipped =
            (0..flips()).map(|_| (rng.below(bytes.len() as u64) as usize, Some(rng.below(8) as u8)));
        for (at, bit) in zeroed.chain(flipped).collect::<Vec<_>>() {
            let what = format!("{file}: {at} {bit:?}");
            let spoilt = folder.path().join("spoilt");
            let _ = fs::remove_dir_all(&spoilt);
            copy_folder(&whole, &spoilt);
            let mut bytes = bytes.clone();
            match bit {
                Some(bit) => bytes[at] ^= 1 << bit,
                None => bytes[at * 4096..][..4096].fill(0),
            }
            fs::write(spoilt.join(file), bytes).unwrap();
            let hub = Hub::open(&spoilt, identity()).unwrap_or_else(|error| panic!("{what}: {error}"));
            well(&hub).await;
            let told = hub.office.followings().unwrap().borrow().clone();
            for (other, one) in told {
                assert!(one.anew.is_none() || other == file, "{what}: {other} was made anew");
                mended += usize::from(one.anew.is_some());
            }
            close(hub).await;
            let now = seen(&spoilt);
            // A changed letter in a title or in an index of words is not noticed. What a page of zeros leaves hollow, a row
            // of nothing or a long value of zeros, is damage when somebody reads it; all else must be as it was.
            let is_hollow = |row: &String| row.contains(r"\0\0\0\0") || row.matches("Null").count() > 8;
            if bit.is_none() || file == MAIL {
                let other = now[file].iter().find(|row| !sound[file].contains(row));
                let gone = sound[file].iter().find(|row| !now[file].contains(row));
                assert!(
                    now == sound || now[file].iter().any(is_hollow),
                    "{what}: {other:?} instead of {gone:?}"
                );
            }
        }
    }
    assert!(mended > 6, "{mended}");
}

/// Opens a file that holds the truth, and reads all of it.
fn truth(dir: &Path, file: &str) -> Result<String, Failure> {
    if file == ACCOUNTS {
        let accounts = Accounts::open(dir, Realm::Desk)?;
        return Ok(format!("{} {}", accounts.list()?.len(), accounts.notes(None, 100)?.len()));
    }
    let codes = Codes::open(dir).map_err(|error| Failure::from(error.0))?;
    let got = (0..40).map(|number| codes.get(Hash([number; 32]))).collect::<Result<Vec<_>, _>>();
    Ok(format!("{:?}", got.map_err(|error| Failure::from(error.0))?))
}

#[test]
fn damage_of_what_cannot_be_made_anew_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    fs::create_dir(&whole).unwrap();
    let accounts = Accounts::open(&whole, Realm::Desk).unwrap();
    for number in 0..40 {
        accounts.note("test", "login", &format!("thử {number}"), None, 1).unwrap();
    }
    drop(accounts);
    let codes = Codes::open(&whole).unwrap();
    for number in 0..40 {
        codes.add(Hash([number; 32]), office(u128::from(number)), 2_000_000_000, 1).unwrap();
    }
    drop(codes);
    let mut told = 0;
    for file in [ACCOUNTS, CODES] {
        let sound = truth(&whole, file).unwrap();
        let bytes = fs::read(whole.join(file)).unwrap();
        for page in pages(bytes.len()) {
            let spoilt = folder.path().join("spoilt");
            let _ = fs::remove_dir_all(&spoilt);
            copy_folder(&whole, &spoilt);
            let mut bytes = bytes.clone();
            bytes[page * 4096..][..4096].fill(0);
            fs::write(spoilt.join(file), bytes).unwrap();
            match truth(&spoilt, file) {
                Ok(read) => assert_eq!(read, sound, "{file}: page {page}"),
                Err(failure) => {
                    assert_eq!(failure.exit, ExitCode::Store, "{file}: page {page}: {failure}");
                    told += 1;
                }
            }
        }
    }
    assert!(told >= 2, "{told}");
}

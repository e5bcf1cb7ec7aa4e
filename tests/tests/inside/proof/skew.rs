//! V1: what a newer program wrote, and what this one will leave to later ones.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use truc_hub::authority::Authority;
use truc_hub::config::Config;
use truc_node::accounts::{Accounts, Realm};
use truc_node::derive::views::{read, story};
use truc_node::identity::Identity;
use truc_node::identity::enrolled::Enrolled;
use truc_node::office::{Intent, Office};
use truc_node::proof::{Store, verify};
use truc_proto::audience::Scope;
use truc_proto::record::Move;
use truc_proto::wire::Confidentiality;
use truc_tests::province::{Province, Result, intent};
use truc_tests::support::soon;

use super::at_rest::{at_rest, copied};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_program_says_is_kept_verified_passed_on_and_shown_as_such() -> Result<()> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let node_top = province.node(top, "top").await?;
    let node_a = province.node(a, "a").await?;
    node_a.until(|office| Ok(office.registry().office(top).is_some())).await?;
    // A kind that nobody here knows, and a move that a known kind (directives) does not have yet.
    let newer = |kind, body: &'static [u8]| {
        let mv = Move::Unknown { kind, body: body.into() };
        intent(mv, Scope::office(top))
    };
    let (_, kind) = node_a.office.act(newer(99, &[8, 1])).await?;
    let (_, mv) = node_a.office.act(newer(3, &[0xfa, 0x01, 0x02, 0x08, 0x01])).await?;
    // What cannot be read cannot be let through as secret.
    let secret = Intent { confidentiality: Confidentiality::Secret, ..newer(99, &[8, 1]) };
    assert!(node_a.office.act(secret).await.is_err());
    for entry in [&kind, &mv] {
        let arrived = |office: &Office| {
            let waits = office.view(story::newer)?;
            Ok(office.read(|journal| journal.holds(a, &entry.link()))?
                && waits.iter().any(|row| row.seat == entry.header.seat))
        };
        node_top.until(arrived).await?;
    }
    let hub = &province.hub().hub.office;
    for office in [hub, &node_top.office, &node_a.office] {
        let shown = office.view(story::newer)?;
        assert_eq!(shown.len(), 2, "{}", office.id());
        assert!(office.view(story::refused)?.is_empty());
        let stored = office.read(|journal| journal.at(a, kind.header.seat))?.unwrap();
        assert_eq!((stored.entry.content, stored.entry.signature), (kind.content.clone(), kind.signature));
        let verdict = verify(Store { dir: office.dir(), identity: office.identity() }, |_, _| {}).unwrap();
        assert!(verdict.good(), "{verdict:?}");
        assert_eq!(verdict.newer, 2);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_program_made_of_a_file_is_left_alone_or_made_anew() {
    let at_rest = at_rest().await;
    let copy = copied(&at_rest.dir("a"));
    let dir = copy.path();
    let identity = at_rest.identity("a");
    Accounts::open(dir, Realm::Desk).unwrap();
    drop(Office::open(dir, identity.clone(), vec![]).unwrap());
    let newer = |file: &str, version: i64| {
        let conn = Connection::open(dir.join(file)).unwrap();
        let was: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        was
    };
    // Accounts and the journal are the truth: refused, and not a byte of them changes.
    let accounts = newer("accounts.db", 99);
    let before = fs::read(dir.join("accounts.db")).unwrap();
    assert_eq!(Accounts::open(dir, Realm::Desk).err().unwrap().key, "store-newer");
    assert_eq!(fs::read(dir.join("accounts.db")).unwrap(), before);
    newer("accounts.db", accounts);
    let journal = newer("journal.db", 99);
    let before = fs::read(dir.join("journal.db")).unwrap();
    assert!(Office::open(dir, identity.clone(), vec![]).is_err());
    assert!(verify(Store { dir, identity: &identity }, |_, _| {}).is_err());
    assert_eq!(fs::read(dir.join("journal.db")).unwrap(), before);
    newer("journal.db", journal);
    // Views and search are made of it: made anew.
    newer("views.db", 99);
    newer("search.db", 99);
    let office = Office::open(dir, identity, vec![]).unwrap();
    let end = office.read(|journal| journal.end()).unwrap().position;
    soon("all is folded", office.wait_folded(end)).await.unwrap();
    assert!(!office.view(|views| read::list(views, &read::Filter::default())).unwrap().is_empty());
}

/// Folder of the stores that versions left: `VERSION/hub` and `VERSION/node`, each file packed with zstd.
fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Packs a store: what is derived is left out, databases are copied as they are committed.
fn pack(store: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(store).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            pack(&path, &to.join(name));
            continue;
        }
        let derived =
            ["views.db", "search.db", "mail.db", "lock"].iter().any(|derived| name.starts_with(derived));
        if derived || name.ends_with("-wal") || name.ends_with("-shm") || !path.is_file() {
            continue;
        }
        let bytes = if name.ends_with(".db") {
            let whole = tempfile::tempdir().unwrap();
            let whole = whole.path().join(name);
            let conn = Connection::open(&path).unwrap();
            conn.execute("VACUUM INTO ?1", [whole.to_str().unwrap()]).unwrap();
            fs::read(whole).unwrap()
        } else {
            fs::read(&path).unwrap()
        };
        fs::write(to.join(format!("{name}.zst")), zstd::bulk::compress(&bytes, 19).unwrap()).unwrap();
    }
}

fn unpack(from: &Path, store: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(store).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match name.strip_suffix(".zst") {
            None if path.is_dir() => unpack(&path, &store.join(name)),
            None => {}
            Some(plain) => {
                let to = store.join(plain);
                fs::write(&to, zstd::decode_all(&fs::read(&path).unwrap()[..]).unwrap()).unwrap();
                fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
    }
}

/// What a store shows to people: enough to see that a later version shows the same.
async fn shown(dir: &Path, identity: Identity) -> Value {
    let office = Office::open(dir, identity, vec![]).unwrap();
    let end = office.read(|journal| journal.end()).unwrap().position;
    soon("all is folded", office.wait_folded(end)).await.unwrap();
    let rows = office.view(|views| read::list(views, &read::Filter::default())).unwrap();
    let mut titles: Vec<String> = rows.into_iter().map(|row| row.title).collect();
    titles.sort();
    let mut names: Vec<String> = office
        .registry()
        .offices()
        .filter_map(|(_, office)| office.current().map(|fact| fact.name.clone()))
        .collect();
    names.sort();
    json!({ "entries": end, "titles": titles, "offices": names })
}

/// `TRUC_GOLDEN=rewrite` writes the stores of this version; they are committed once for each release and then stay.
#[tokio::test(flavor = "multi_thread")]
async fn the_stores_of_every_version_open_verify_and_show_what_they_held() {
    if std::env::var("TRUC_GOLDEN").is_ok_and(|wish| wish == "rewrite") {
        let at_rest = at_rest().await;
        let to = golden().join(env!("CARGO_PKG_VERSION"));
        let _ = fs::remove_dir_all(&to);
        for (store, name) in [("hub", "hub"), ("a", "node")] {
            let copy = copied(&at_rest.dir(store));
            let realm = if store == "hub" { Realm::Console } else { Realm::Desk };
            Accounts::open(copy.path(), realm).unwrap().first(|_| Ok(())).unwrap();
            pack(copy.path(), &to.join(name));
            let held = shown(copy.path(), at_rest.identity(store)).await;
            fs::write(to.join(format!("{name}.json")), serde_json::to_string_pretty(&held).unwrap() + "\n")
                .unwrap();
        }
    }
    let mut versions: Vec<PathBuf> = fs::read_dir(golden())
        .unwrap()
        .map(|folder| folder.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    versions.sort();
    assert!(!versions.is_empty());
    for version in versions {
        for name in ["hub", "node"] {
            let folder = tempfile::tempdir().unwrap();
            let dir = folder.path();
            unpack(&version.join(name), dir);
            let (identity, realm) = if name == "hub" {
                Authority::load(dir).unwrap();
                (Config::load(dir).unwrap().identity(dir).unwrap(), Realm::Console)
            } else {
                let enrolled = Enrolled::load(dir).unwrap().unwrap();
                (truc_node::command::open::identity(dir, &enrolled).unwrap(), Realm::Desk)
            };
            let verdict = verify(Store { dir, identity: &identity }, |_, _| {}).unwrap();
            assert!(verdict.good(), "{}: {:?}", version.display(), verdict.findings);
            let accounts = Accounts::open(dir, realm).unwrap();
            assert!(accounts.first(|_| Ok(())).unwrap().is_none(), "the accounts are there");
            let held: Value =
                serde_json::from_str(&fs::read_to_string(version.join(format!("{name}.json"))).unwrap())
                    .unwrap();
            assert_eq!(shown(dir, identity).await, held, "{} {name}", version.display());
        }
    }
}

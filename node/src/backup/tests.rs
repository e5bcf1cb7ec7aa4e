#![allow(clippy::unwrap_used)]

use std::io::Read as _;

use ed25519_dalek::SigningKey;
use truc_proto::id::RecordId;
use truc_proto::wire::{Confidentiality, Urgency};
use uuid::Uuid;

use super::*;
use crate::accounts::{Accounts, Attempt, Login, NewAccount, Realm, Role};
use crate::store::attachments::Attachments;
use crate::store::journal::{Draft, Journal};

const OFFICE: OfficeId = OfficeId(Uuid::from_u128(2));

fn draft() -> Draft {
    Draft {
        author: "test".into(),
        record: RecordId(Uuid::from_u128(2)),
        kind: 99,
        body: Vec::new().into(),
        audience: vec![],
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

/// A file of a key.
fn key_file() -> String {
    crate::identity::keys::pem_block("PRIVATE KEY", b"secret")
}

/// A file of a draft.
const DRAWN: &str = "uploads/01890000-0000-7000-8000-000000000000/Sơ đồ thôn.pdf";

/// A store with this number of entries, an attachment, an account, keys; its journal stays open, as in use.
fn store(dir: &Path, entries: usize) -> Journal {
    let key = SigningKey::from_bytes(&[2; 32]);
    let mut journal = Journal::open(&dir.join(JOURNAL), OFFICE, false).unwrap();
    for _ in 0..entries {
        journal.group(|journal| journal.append(draft(), &key, 1, 1)).unwrap();
    }
    std::fs::write(dir.join("scan.pdf"), vec![7; 300_000]).unwrap();
    Attachments::open(dir).unwrap().put_file(&dir.join("scan.pdf")).unwrap();
    std::fs::write(dir.join("views.db"), "not worth keeping").unwrap();
    std::fs::create_dir(dir.join(crate::identity::IDENTITY)).unwrap();
    crate::identity::keys::write_private(&dir.join("identity/ledger.key"), key_file().as_bytes()).unwrap();
    Accounts::open(dir, Realm::Desk).unwrap();
    std::fs::create_dir_all(dir.join(DRAWN).parent().unwrap()).unwrap();
    std::fs::write(dir.join(DRAWN), "drawn").unwrap();
    journal
}

fn made(dir: &Path, to: &Path) -> Result<Made, Failure> {
    make(dir, StoreKind::Node, OFFICE, to, true, &mut |_, _| {})
}

fn nothing(_: &Path, _: &Manifest) -> Result<(), Failure> {
    Ok(())
}

#[test]
fn a_store_in_use_comes_back_whole_and_knows_that_it_is_behind() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let mut journal = store(from.path(), 20);
    let made = made(from.path(), &file).unwrap();
    assert_eq!(made.bytes, std::fs::metadata(&file).unwrap().len());
    // What is written later is not in it.
    journal.group(|journal| journal.append(draft(), &SigningKey::from_bytes(&[2; 32]), 1, 1)).unwrap();
    let back = to.path().join("store");
    let restored = restore(&back, StoreKind::Node, std::fs::File::open(&file).unwrap(), nothing).unwrap();
    assert_eq!((restored.manifest.position, restored.unreceipted), (20, 20));
    let again = Journal::open(&back.join(JOURNAL), OFFICE, false).unwrap();
    assert!(again.reads().resuming().unwrap());
    assert_eq!(again.end().position, 20);
    assert_eq!(std::fs::read_to_string(back.join(DRAWN)).unwrap(), "drawn");
    let names = |dir: &Path| {
        let mut names: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|found| found.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&from.path().join("attachments")), names(&back.join("attachments")));
    assert_eq!(std::fs::read(back.join("identity/ledger.key")).unwrap(), key_file().as_bytes());
    assert!(
        !back.join("views.db").exists()
            && !back.join("scan.pdf").exists()
            && !back.join(super::read::STAGE).exists()
    );
    assert_eq!(names(to.path()), ["a.backup", "store"], "nothing is left of the preparations");
}

#[test]
fn no_backup_is_made_of_a_key_that_is_none() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let _journal = store(from.path(), 1);
    let file = to.path().join("a.backup");
    let key = from.path().join("identity/ledger.key");
    std::fs::write(&key, vec![0; 100]).unwrap();
    let refused = made(from.path(), &file).unwrap_err();
    assert_eq!((refused.key.as_ref(), refused.about), ("keys-unusable", key.display().to_string()));
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
}

#[test]
fn neither_a_file_nor_a_store_is_written_over() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let _journal = store(from.path(), 1);
    std::fs::write(&file, "precious").unwrap();
    assert_eq!(made(from.path(), &file).unwrap_err().key, "backup-exists");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    let file = to.path().join("b.backup");
    made(from.path(), &file).unwrap();
    let refused =
        restore(from.path(), StoreKind::Node, std::fs::File::open(&file).unwrap(), nothing).unwrap_err();
    assert_eq!(refused.key, "restore-occupied");
    let other = restore(&to.path().join("x"), StoreKind::Hub, std::fs::File::open(&file).unwrap(), nothing)
        .unwrap_err();
    assert_eq!(other.key, "backup-other-kind");
}

#[test]
fn a_folder_with_anything_left_of_a_store_is_refused() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let _journal = store(from.path(), 50);
    made(from.path(), &file).unwrap();
    let left = [
        "journal.db-wal",
        "journal.db-shm",
        "journal.db-end",
        "accounts.db-wal",
        "views.db",
        "mail.db",
        "hub.key",
        "identity",
        "attachments",
    ];
    for name in left {
        let dir = to.path().join("x");
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join(name), "left").unwrap();
        let open = || std::fs::File::open(&file).unwrap();
        let refused = restore(&dir, StoreKind::Node, open(), nothing).unwrap_err();
        assert_eq!(refused.key, "restore-occupied", "{name}");
        assert_eq!(refused.args[0].1, name.into());
        std::fs::remove_file(dir.join(name)).unwrap();
        restore(&dir, StoreKind::Node, open(), nothing).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn what_is_no_backup_or_was_changed_is_refused_and_leaves_no_store() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let _journal = store(from.path(), 50);
    made(from.path(), &file).unwrap();
    let mut good = Vec::new();
    std::fs::File::open(&file).unwrap().read_to_end(&mut good).unwrap();
    let back = to.path().join("store");
    let refused = |bytes: &[u8]| {
        let failure = restore(&back, StoreKind::Node, bytes, nothing).unwrap_err();
        assert!(!back.join(JOURNAL).exists() && !back.join("identity").exists(), "{failure}");
        failure.key
    };
    let raw = std::fs::read(from.path().join(JOURNAL)).unwrap();
    assert_eq!(refused(&raw), "backup-not-one", "a copied database");
    assert_eq!(refused(b""), "backup-not-one");
    assert_eq!(refused(&good[..good.len() / 2]), "backup-damaged", "half of it");
    // Every part of the archive: header, manifest, database, key, attachment, end.
    for at in (0..good.len() - 1024).step_by(good.len() / 97) {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        if restore(&back, StoreKind::Node, &bad[..], nothing).is_ok() {
            // Padding and the numbers of owner and time mean nothing; what counts is all there.
            let journal = Journal::open(&back.join(JOURNAL), OFFICE, false).unwrap();
            assert_eq!(journal.end().position, 50, "byte {at}");
            drop(journal);
            std::fs::remove_dir_all(&back).unwrap();
        } else {
            assert!(!back.join("identity").exists(), "byte {at}");
        }
    }
    restore(&back, StoreKind::Node, &good[..], nothing).unwrap();
}

#[test]
fn a_member_cannot_leave_the_folder() {
    for path in ["journal.db", "identity/ledger.key", "hub.toml", "web-tls/tls.crt"] {
        assert!(belongs(Path::new(path)), "{path}");
    }
    let hash = Hash([1; 32]).to_string();
    assert!(belongs(&Path::new("attachments").join(&hash)));
    for path in
        ["../journal.db", "/etc/x.key", "identity/../../x", "a/b/c", ".ssh/x", "x.sh", "attachments/x", ""]
    {
        assert!(!belongs(Path::new(path)), "{path}");
    }
}

#[test]
fn an_unfinished_restore_is_begun_again() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let _journal = store(from.path(), 3);
    made(from.path(), &file).unwrap();
    // As after a power cut between the moves: some parts in place, the rest not yet.
    let back = to.path().join("store");
    std::fs::create_dir_all(back.join(super::read::STAGE).join("identity")).unwrap();
    std::fs::write(back.join(JOURNAL), "half").unwrap();
    std::fs::create_dir(back.join("attachments")).unwrap();
    restore(&back, StoreKind::Node, std::fs::File::open(&file).unwrap(), nothing).unwrap();
    assert_eq!(Journal::open(&back.join(JOURNAL), OFFICE, false).unwrap().end().position, 3);
}

#[test]
fn who_was_signed_in_when_it_was_taken_is_not_so_after_a_restore() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let _journal = store(from.path(), 1);
    let accounts = Accounts::open(from.path(), Realm::Desk).unwrap();
    let new = NewAccount { name: "vt".into(), shown: "vt".into(), role: Role::Clerk, password: None };
    let password = accounts.add("test", new, 1).unwrap().password.unwrap().reveal().to_owned();
    let source = std::net::Ipv4Addr::LOCALHOST.into();
    let Ok(Login::In(token)) = accounts.login(Attempt { name: "vt".into(), password, source }, 1) else {
        panic!("not signed in");
    };
    made(from.path(), &file).unwrap();
    let back = to.path().join("store");
    restore(&back, StoreKind::Node, std::fs::File::open(&file).unwrap(), nothing).unwrap();
    assert!(accounts.session(&token, 2).unwrap().is_some());
    assert!(Accounts::open(&back, Realm::Desk).unwrap().session(&token, 2).unwrap().is_none());
}

#[test]
fn a_journal_that_ends_elsewhere_than_the_backup_says_is_refused() {
    let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let file = to.path().join("a.backup");
    let _journal = store(from.path(), 3);
    made(from.path(), &file).unwrap();
    let back = to.path().join("store");
    // The same archive with another first member.
    let saying = |change: &dyn Fn(&mut Manifest)| {
        let mut changed = tar::Builder::new(Vec::new());
        let mut archive = tar::Archive::new(std::fs::File::open(&file).unwrap());
        for member in archive.entries().unwrap() {
            let mut member = member.unwrap();
            let (path, mut header) = (member.path().unwrap().into_owned(), member.header().clone());
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            if path == Path::new(MANIFEST) {
                let mut manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
                change(&mut manifest);
                bytes = serde_json::to_vec(&manifest).unwrap();
                header.set_size(bytes.len() as u64);
            }
            changed.append_data(&mut header, path, &bytes[..]).unwrap();
        }
        let result = restore(&back, StoreKind::Node, &changed.into_inner().unwrap()[..], nothing);
        result.map(|_| ()).map_err(|failure| failure.key)
    };
    assert_eq!(saying(&|manifest| manifest.position = 2), Err("backup-damaged".into()));
    assert_eq!(saying(&|manifest| manifest.running = Hash([7; 32])), Err("backup-damaged".into()));
    assert_eq!(saying(&|_| {}), Ok(()));
}

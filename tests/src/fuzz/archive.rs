//! An archive of which the input replaces one file.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use bytes::Bytes;
use prost::Message;
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use truc_hub::authority::Authority;
use truc_node::identity::Identity;
use truc_node::proof::archive::{self, Selection, Source};
use truc_node::proof::{Store, vouched_key};
use truc_node::store::journal::{Draft, JOURNAL, Journal};
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{Confidentiality, HubKey, OfficeFact, RegistryMove, Urgency};
use uuid::Uuid;

/// The files of the archive; the first byte of the input selects one.
const FILES: &[&str] = &[
    "data/index.csv",
    "data/archive.json",
    "data/receipts.csv",
    "data/keys.csv",
    "data/offices.csv",
    "data/attachments.csv",
    "data/entries/000001.bin",
    "manifest-sha256.txt",
    "tagmanifest-sha256.txt",
    "seal.txt",
    "bagit.txt",
];

struct Made {
    _folder: TempDir,
    root: PathBuf,
    authority: Vec<CertificateDer<'static>>,
    whole: Vec<Vec<u8>>,
}

/// The smallest archive that proves something; made once.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| make().expect("the archive is made"))
}

fn make() -> Result<Made, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let hub = OfficeId(Uuid::from_u128(1));
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let now = truc_node::clock::unix_now();
    let authority = Authority::init(folder.path(), "Fuzz", now)?;
    let vouched = authority.issue_ledger_key(hub, &key.verifying_key(), now)?;
    let fact = OfficeFact {
        office: hub.to_wire(),
        since: "2025-07-01".into(),
        tier: "hub".into(),
        name: "Trung tâm".into(),
        ..OfficeFact::default()
    };
    let words =
        [Word::Office(fact), Word::HubKey(HubKey { certificates: vec![Bytes::copy_from_slice(&vouched)] })];
    let mut journal = Journal::open(&folder.path().join(JOURNAL), hub, true)?;
    for word in words {
        let draft = Draft {
            author: "hub".into(),
            record: RecordId(Uuid::from_u128(2)),
            kind: 1,
            body: RegistryMove { r#move: Some(word) }.encode_to_vec().into(),
            audience: vec![Scope::subtree(hub)],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        journal.group(|journal| journal.append(draft, &key, now * 1000, 1))?;
    }
    drop(journal);
    let root = folder.path().join("archive");
    let identity = Identity { office: hub, hub_key: key.verifying_key(), key, hub, ring: Default::default() };
    let authority = vec![authority.certificate().clone()];
    let store = Store { dir: folder.path(), identity: &identity };
    let source = Source { store, selection: &Selection::default(), authorities: &authority };
    archive::write(&root, source, |_, _| {}).map_err(|failure| failure.to_string())?;
    let verdict = archive::verify(&root, &authority, |_, _| {})?;
    if !verdict.good() {
        return Err(format!("{:?}", verdict.findings).into());
    }
    let whole = FILES.iter().map(|file| fs::read(root.join(file))).collect::<Result<_, _>>()?;
    Ok(Made { _folder: folder, root, authority, whole })
}

/// Replaces a file with the input. Verification must fail unless the input equals that file.
pub(super) fn archive(bytes: &[u8]) {
    let made = made();
    let chain = [Bytes::copy_from_slice(bytes)];
    assert!(vouched_key(&chain, OfficeId(Uuid::from_u128(1)), &made.authority).is_none());
    let Some((which, text)) = bytes.split_first() else { return };
    let which = usize::from(*which) % FILES.len();
    let path = made.root.join(FILES[which]);
    fs::write(&path, text).expect("written");
    let verdict = archive::verify(&made.root, &made.authority, |_, _| {});
    fs::write(&path, &made.whole[which]).expect("written");
    let good = verdict.is_ok_and(|verdict| verdict.good());
    assert!(!good || text == made.whole[which], "{} passed as another", FILES[which]);
}

/// The files of the archive as seeds.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let with = |(which, whole): (usize, &Vec<u8>)| [&[which as u8][..], whole].concat();
    made().whole.iter().enumerate().map(with).collect()
}

//! A province with something of everything, at rest: two machines of one office one after the other, files, starts anew,
//! refused and withheld entries, one of an unknown kind.

use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use rustls::pki_types::CertificateDer;
use tokio::sync::OnceCell;
use truc_hub::config::Config;
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::{IDENTITY, Identity, keys, sealing};
use truc_node::line::state::Standing;
use truc_node::office::Intent;
use truc_node::proof::archive::{self, Selection, Source};
use truc_node::proof::{Store, Verification};
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::Move;
use truc_proto::wire::Confidentiality;
use truc_proto::wire::registry_move::Move as Word;
use truc_tests::province::{Node, Province, Result, intent, letter, paper};
use truc_tests::support::{copy_folder, eventually};

/// The province as files, and who is in it.
pub(crate) struct AtRest {
    pub(crate) province: Province,
    pub(crate) top: OfficeId,
    pub(crate) a: OfficeId,
    pub(crate) b: OfficeId,
    /// A record of `top`.
    pub(crate) record: RecordId,
}

/// One for all tests: they copy what they tamper with.
pub(crate) async fn at_rest() -> &'static AtRest {
    static MADE: OnceCell<AtRest> = OnceCell::const_new();
    MADE.get_or_init(|| async { make().await.unwrap() }).await
}

/// Writes without asking the rules, and waits until the hub has it.
async fn write(node: &Node, intent: Intent) -> Result<Entry> {
    let (_, entry) = node.office.append(intent).await?;
    eventually("the hub has it", || {
        let receipt = node.office.read(|journal| journal.receipt()).unwrap();
        receipt.is_some_and(|receipt| receipt.link.seat >= entry.header.seat)
    })
    .await;
    Ok(entry)
}

async fn make() -> Result<AtRest> {
    let mut province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let node_top = province.node(top, "top").await?;
    let mut node_a = province.node(a, "a").await?;
    let node_b = province.node(b, "b").await?;
    node_a.line_is(Standing::On).await?;

    let scan = province.dir.path().join("scan.pdf");
    std::fs::write(&scan, "a scan".repeat(1000))?;
    let file = node_top.files.put_file(&scan)?;
    let scan = file.hash;
    let first = Intent { attachments: vec![file], ..letter("Có tệp", Scope::subtree(top)) };
    let record = write(&node_top, first).await?.header.record;
    write(&node_top, letter("Thứ hai", Scope::office(a))).await?;
    write(&node_top, letter("Thứ ba", Scope::subtree(top))).await?;
    for title in ["Một", "Hai", "Ba"] {
        write(&node_a, letter(title, Scope::office(top))).await?;
    }
    // What the rules forbid is refused, and explained; what is secret does not leave the house.
    write(&node_a, intent(paper("Chỉ thị ngược", "CT"), Scope::office(top))).await?;
    let secret = Intent { confidentiality: Confidentiality::Secret, ..letter("Mật", Scope::office(top)) };
    write(&node_a, secret).await?;
    let newer = Move::Unknown { kind: 99, body: vec![8, 1].into() };
    write(&node_a, intent(newer, Scope::office(top))).await?;
    // A start anew opens another incarnation.
    let dir = node_a.stop().await?;
    let node_a = Node::start(&dir).await?;
    write(&node_a, letter("Sau khi khởi động lại", Scope::office(top))).await?;
    write(&node_a, letter("Nữa", Scope::subtree(top))).await?;

    // A machine is replaced: another key from then on, the old one counts for what it wrote.
    write(&node_b, letter("Máy cũ", Scope::office(top))).await?;
    node_b.stop().await?;
    let hub = &province.hub().hub;
    let revoked = hub.revocation(b, 1, "mất máy".into())?;
    hub.say("hub", Word::Revoked(revoked), hub.everybody()).await?;
    let mut node_b = province.node(b, "b2").await?;
    node_b.line_is(Standing::On).await?;
    // It takes back what it lost before it writes on.
    eventually("it is whole", || !node_b.office.read(|journal| journal.resuming()).unwrap()).await;
    let last = write(&node_b, letter("Máy mới", Scope::subtree(top))).await?;

    node_top.until(|office| Ok(office.read(|journal| journal.holds(b, &last.link()))?)).await?;
    let hub = &province.hub().files;
    eventually("the file is everywhere", || {
        hub.have(scan).unwrap().complete && node_a.files.have(scan).unwrap().complete
    })
    .await;
    for node in [node_top, node_a, node_b] {
        node.stop().await?;
    }
    province.stop().await;
    Ok(AtRest { province, top, a, b, record })
}

impl AtRest {
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        self.province.dir.path().join(name)
    }

    pub(crate) fn identity(&self, name: &str) -> Identity {
        let dir = self.dir(name);
        if name == "hub" {
            return Config::load(&dir).unwrap().identity(&dir).unwrap();
        }
        let enrolled = Enrolled::load(&dir).unwrap().unwrap();
        Identity {
            office: enrolled.office,
            key: keys::load_ledger_key(&dir.join(IDENTITY)).unwrap(),
            hub: enrolled.hub_office,
            hub_key: ed25519_dalek::VerifyingKey::from_bytes(&enrolled.hub_ledger_key.0).unwrap(),
            ring: sealing::shared(&dir).unwrap(),
        }
    }

    pub(crate) fn key(&self, name: &str) -> SigningKey {
        self.identity(name).key
    }

    pub(crate) fn authority(&self) -> Vec<CertificateDer<'static>> {
        keys::load_certificates(&self.dir("hub").join(keys::AUTHORITY_CERTIFICATE)).unwrap()
    }

    /// An archive of one of the stores.
    pub(crate) fn export(&self, name: &str, selection: &Selection) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        let (dir, identity, authorities) = (self.dir(name), self.identity(name), self.authority());
        let store = Store { dir: &dir, identity: &identity };
        archive::write(&path, Source { store, selection, authorities: &authorities }, |_, _| {}).unwrap();
        (folder, path)
    }

    pub(crate) fn verify(&self, path: &std::path::Path) -> Verification {
        archive::verify(path, &self.authority(), |_, _| {}).unwrap()
    }
}

/// What a verdict says first: the code, the seq, what it is about.
pub(crate) fn first(verdict: &Verification) -> Option<(&'static str, Option<OfficeId>, Option<u64>, String)> {
    let first = verdict.findings.first.as_ref()?;
    let place = first.place;
    Some((
        first.wrong.code(),
        place.map(|place| place.ledger),
        place.map(|place| place.seat.seq),
        first.about.clone(),
    ))
}

/// A copy of a folder, with all that is in it.
pub(crate) fn copied(from: &std::path::Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(from, folder.path());
    folder
}

//! What a store lives through in these tests: own entries alone and in groups, mail, a receipt, its log folded, and
//! a restart; with a list of what was acknowledged.

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use truc_node::store::journal::{self, Draft, Journal, JournalError, Reads};
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Mark, OfficeId, RecordId};
use truc_proto::receipt::Receipt;
use truc_proto::session::{MailEnd, NodeWrite};
use truc_proto::time::Hlc;
use truc_proto::wire::{Confidentiality, Urgency};
use truc_tests::disk::Disk;
use uuid::Uuid;

pub(crate) const OWN: OfficeId = OfficeId(Uuid::from_u128(1));
const HUB: OfficeId = OfficeId(Uuid::from_u128(2));

pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// An entry of so many bytes.
pub(crate) fn draft(number: u32, bytes: usize) -> Draft {
    Draft {
        author: "tester".into(),
        record: RecordId(Uuid::from_u128(u128::from(number))),
        kind: 99,
        body: vec![number as u8; bytes].into(),
        audience: vec![truc_proto::audience::Scope::office(HUB)],
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

/// What was said to be saved.
#[derive(Clone, Default, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) entries: Vec<Hash>,
    pub(crate) cursor: Option<Mark>,
    pub(crate) receipt: Option<Receipt>,
}

/// A store as its program uses it: after a failure it opens anew and goes on, or gives up.
pub(crate) struct Script<'a> {
    disk: &'a Disk,
    path: PathBuf,
    journal: Option<Journal>,
    mail: Vec<Entry>,
    random: u32,
    pub(crate) acknowledged: Acknowledged,
    /// What failed was told.
    pub(crate) errors: Vec<JournalError>,
}

/// The disk does not come back.
pub(crate) struct GivenUp;

impl<'a> Script<'a> {
    pub(crate) fn new(disk: &'a Disk, folder: &Path) -> Self {
        let mut hub = Journal::in_memory(HUB, true).unwrap();
        let mail = (0..4)
            .map(|number| {
                hub.group(|journal| journal.append(draft(1000 + number, 300), &key(), 1, 9)).unwrap().1
            })
            .collect();
        Self {
            disk,
            path: folder.join("journal.db"),
            journal: None,
            mail,
            random: 0,
            acknowledged: Acknowledged::default(),
            errors: Vec::new(),
        }
    }

    /// All of it.
    pub(crate) fn run(&mut self) -> Result<(), GivenUp> {
        for number in 0..3 {
            self.append(number, 1)?;
        }
        self.append(3, 3)?;
        self.receive(0, 2)?;
        self.receipt()?;
        self.with(Journal::checkpoint)?;
        self.append(6, 1)?;
        self.receive(2, 4)?;
        // A program that ends and starts.
        self.journal = None;
        self.append(7, 2)?;
        self.with(Journal::checkpoint)?;
        self.append(9, 1)?;
        self.journal = None;
        Ok(())
    }

    fn append(&mut self, from: u32, count: u32) -> Result<(), GivenUp> {
        self.random += 1;
        let random = self.random;
        let written = self.with(|journal| {
            journal.group(|journal| {
                (from..from + count)
                    .map(|number| Ok(journal.append(draft(number, 700), &key(), 1, random)?.1.hash))
                    .collect::<Result<Vec<Hash>, JournalError>>()
            })
        })?;
        self.acknowledged.entries.extend(written);
        self.disk.acknowledged(self.acknowledged.entries.len());
        Ok(())
    }

    fn receive(&mut self, from: usize, to: usize) -> Result<(), GivenUp> {
        let entries: Vec<(u64, Entry)> =
            (from..to).map(|at| (at as u64 + 1, self.mail[at].clone())).collect();
        let mark = Mark { position: to as u64, running: self.mail[to - 1].hash };
        let hashes: Vec<Hash> = entries.iter().map(|(_, entry)| entry.hash).collect();
        self.with(|journal| {
            let write = NodeWrite::Mail {
                entries: entries.clone(),
                arrivals: Vec::new(),
                mark: Some(mark),
                end: MailEnd::None,
            };
            journal.group(|journal| journal.session_write(write))
        })?;
        self.acknowledged.entries.extend(hashes);
        self.acknowledged.cursor = Some(mark);
        self.disk.acknowledged(self.acknowledged.entries.len());
        Ok(())
    }

    fn receipt(&mut self) -> Result<(), GivenUp> {
        let receipt = self.with(|journal| {
            let receipt = Receipt::sign(OWN, journal.tip().unwrap(), 9, Hlc(9), &key());
            journal.group(|journal| journal.session_write(NodeWrite::Receipt { receipt, resumed: false }))?;
            Ok(receipt)
        })?;
        self.acknowledged.receipt = Some(receipt);
        Ok(())
    }

    /// Does something in the store; after a failure the store is opened anew and it is tried once more.
    fn with<T>(
        &mut self,
        mut work: impl FnMut(&mut Journal) -> Result<T, JournalError>,
    ) -> Result<T, GivenUp> {
        for _ in 0..2 {
            let opened = match self.journal.take() {
                Some(journal) => Ok(journal),
                None => Journal::open_through(self.disk.name(), &self.path, OWN, false),
            };
            let mut journal = match opened {
                Ok(journal) => journal,
                Err(error) => {
                    self.errors.push(error);
                    continue;
                }
            };
            match work(&mut journal) {
                Ok(done) => {
                    self.journal = Some(journal);
                    return Ok(done);
                }
                Err(error) => {
                    self.errors.push(error);
                    match journal.shut().unwrap().open() {
                        Ok(journal) => self.journal = Some(journal),
                        Err(error) => self.errors.push(error),
                    }
                }
            }
        }
        Err(GivenUp)
    }
}

/// Opens the store as a sound disk shows it, and holds it against what was acknowledged: all of it is there once and
/// in order, and what else is there is at most what was under way when something failed.
pub(crate) fn check(folder: &Path, acknowledged: &Acknowledged, more: usize) {
    let journal = Journal::open(&folder.join("journal.db"), OWN, false).unwrap();
    let reads = journal.reads();
    let mut mark = Mark::START;
    loop {
        let next =
            journal::verify(reads, mark, Some(&|_, entry| entry.verify(&key().verifying_key()).is_ok()));
        let next = next.unwrap();
        if next == mark {
            break;
        }
        mark = next;
    }
    let here = hashes(reads);
    assert_eq!(mark.position, here.len() as u64);
    let mut rest = here.iter();
    for hash in &acknowledged.entries {
        assert!(
            rest.any(|here| here == hash),
            "{hash} was acknowledged and is not here, or not in order: {here:?}"
        );
    }
    let extra = here.len() - acknowledged.entries.len();
    assert!(extra <= more, "{extra} more than acknowledged");
    if let Some(mark) = acknowledged.cursor {
        assert!(reads.cursor().unwrap()[0].position >= mark.position);
    }
    if let Some(receipt) = acknowledged.receipt {
        assert_eq!(reads.receipt().unwrap(), Some(receipt));
    }
}

fn hashes(reads: Reads<'_>) -> Vec<Hash> {
    reads.after(0, 10_000).unwrap().into_iter().map(|stored| stored.entry.hash).collect()
}

/// A folder in memory where there is one: these tests make up what a disk does.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

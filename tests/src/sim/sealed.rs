//! What an office writes for itself alone is sealed, as the programs seal it. The hub keeps it and cannot read it; two of
//! three sheets open it, whichever disks were lost, put back or copied, if its key was deposited while it was there.

use std::collections::HashSet;

use bytes::Bytes;
use prost::Message;
use truc_node::store::journal::{Draft, Reads, Seal};
use truc_proto::entry::{Entry, INSIDE};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::{self, Act, Move, assignment, directive, keys};
use truc_proto::seal::{self, About, ContentKey, Persons, RecoveryKey, Ring, SealingKey, Sheet, inside};
use truc_proto::time::Hlc;
use truc_proto::wire::{AssignmentMove, AssignmentWord, Confidentiality, Urgency, assignment_move};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::machine::Write;
use super::rng::Rng;
use super::{Result, Violation, World};

/// Words that stand in every sealed body, and nowhere else.
const CANARY: &str = "người gửi đơn";

/// What offices seal with, and which of their keys nobody has any more.
pub(crate) struct Sealing {
    /// Random numbers of its own: the rest of a run does not depend on them.
    rng: Rng,
    /// Keys that went with a disk before they were deposited at the hub.
    lost: HashSet<(OfficeId, u32)>,
}

impl Sealing {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed ^ 0x5ea1), lost: HashSet::new() }
    }

    fn random(&mut self) -> [u8; 32] {
        let mut random = [0; 32];
        random.chunks_mut(8).for_each(|part| part.copy_from_slice(&self.rng.draw().to_be_bytes()));
        random
    }
}

/// The sheets of an office: two of three people open what was deposited.
fn sheets(office: OfficeId) -> Vec<Sheet> {
    let secret = |number: u8| Zeroizing::new(*seeded(office, number));
    let random = Zeroizing::new([*secret(1), *secret(2), *secret(3)]);
    seal::sheets(&RecoveryKey::new(secret(0)), office, 1, Persons::Three, &random)
}

fn seeded(office: OfficeId, number: u8) -> Box<[u8; 32]> {
    let mut bytes = [number; 32];
    bytes[..16].copy_from_slice(office.0.as_bytes());
    Box::new(bytes)
}

fn recovery(office: OfficeId) -> Result<RecoveryKey> {
    let sheets = sheets(office);
    seal::put_together(&sheets[1..])
        .map_err(|error| Violation(format!("Sealed: sheets of {office}: {error}")))
}

/// What stands in the sealed entry of a record.
fn message(record: RecordId) -> Bytes {
    let note = format!("{CANARY} {record}");
    let word = assignment_move::Move::Note(AssignmentWord { note, ..Default::default() });
    AssignmentMove { r#move: Some(word) }.encode_to_vec().into()
}

/// What an office said of its keys, on its line: the sealed keys of each deposit, and the number of the newest key in it.
fn deposits(reads: Reads<'_>, office: OfficeId) -> Result<Vec<(Bytes, u32)>> {
    let said = |entry: &Entry| match record::of(entry) {
        Ok(Move::Keys(keys::Move::Deposited { keys, newest, .. })) => Some((keys, newest)),
        _ => None,
    };
    let all = reads.after(0, usize::MAX >> 1)?;
    let own = all.iter().filter(|stored| stored.entry.header.ledger == office);
    Ok(own.filter_map(|stored| said(&stored.entry)).collect())
}

impl World {
    /// People write what stays inside: what was drafted for the office alone is sealed. Where there is no key yet, one is
    /// made; now and then it is replaced; and it is deposited before it seals, as soon as the office knows for whom.
    pub(crate) fn seals(&mut self, machine: usize, draft: Draft) -> Result<Draft> {
        let sealed = draft.audience.is_empty() && draft.attachments.is_empty();
        if !sealed || self.sealing.rng.chance(20) {
            return Ok(draft);
        }
        self.keep_keys(machine)?;
        let office = self.machines[machine].office;
        let Some(ring) = &self.machines[machine].ring else { return Ok(draft) };
        let record = RecordId::of(office, assignment::Move::KIND, draft.record.0);
        let message = message(record);
        let (kind, mv, urgency) = (assignment::Move::KIND, record::number(&message), draft.urgency);
        let about = About { ledger: office, record, kind, mv, urgency };
        let key = ContentKey::new(self.sealing.random());
        let wrong = |why: String| Violation(format!("Sealed: {office} cannot seal: {why}"));
        let (packed, attachments) = inside::pack(&message, &[]).map_err(|error| wrong(error.to_string()))?;
        let body = seal::seal(&about, &packed, &key, &[(office, ring.newest().public())]);
        let body = body.map_err(|error| wrong(error.to_string()))?;
        let seal = Some(Seal { commit: key.commit(), mv });
        self.reach("entry sealed");
        Ok(Draft { author: INSIDE.into(), record, kind, body, attachments, seal, ..draft })
    }

    fn keep_keys(&mut self, machine: usize) -> Result<()> {
        let random = Zeroizing::new(self.sealing.random());
        let since = Hlc::at(self.office_time(machine));
        let up = &mut self.machines[machine];
        let office = up.office;
        let before = deposits(up.journal.reads(), office)?;
        match &mut up.ring {
            None => up.ring = Some(Ring::of(SealingKey::new(since, random))),
            Some(ring) if self.sealing.rng.chance(10) => {
                let rotated = ring.rotate(SealingKey::new(since, random));
                rotated.map_err(|error| Violation(format!("Sealed: {office}: {error}")))?;
                self.reach("sealing key replaced");
            }
            Some(_) => {}
        }
        // The first machine has made sheets; a later one hears of them with the office's ledger.
        let up = &self.machines[machine];
        let knows = up.credential == 1 || !before.is_empty();
        let Some(ring) = up.ring.as_ref().filter(|_| knows) else { return Ok(()) };
        let newest = ring.newest().number();
        if before.last().is_some_and(|(_, deposited)| *deposited == newest) {
            return Ok(());
        }
        let to = recovery(office)?.public();
        let keys = seal::deposit(ring, office, &to, &self.sealing.random())
            .map_err(|error| Violation(format!("Sealed: {office} deposits nothing: {error}")))?;
        let holders = vec!["Một".into(), "Hai".into(), "Ba".into()];
        let said = keys::Move::Deposited { set: 1, recovery: *to.bytes(), keys, holders, newest };
        let draft = Draft {
            author: directive::PROGRAM.into(),
            record: RecordId::of(office, keys::Move::KIND, Uuid::nil()),
            kind: keys::Move::KIND,
            body: said.encode(),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let random = self.sealing.rng.draw() as u32;
        self.machines[machine].queue.push_back(Write::People { draft, random });
        Ok(())
    }

    /// The keys of a disk go with it: those that were not deposited at the hub are lost, unless another machine has them.
    pub(crate) fn keys_go(&mut self, machine: usize, stays: Option<Ring>) {
        let office = self.machines[machine].office;
        let gone = std::mem::replace(&mut self.machines[machine].ring, stays);
        for key in gone.iter().flat_map(Ring::keys) {
            self.sealing.lost.insert((office, key.number()));
        }
    }

    /// Promise Sealed: the hub holds no word of what is sealed; and what is at the hub opens with two of three sheets and
    /// with the keys of the office's machines, but for keys that went with a disk before they were deposited.
    pub(crate) fn check_sealed(&mut self) -> Result<()> {
        let mut offices: Vec<OfficeId> = self.machines.iter().map(|up| up.office).collect();
        offices.dedup();
        let all = self.hub.journal.reads().after(0, usize::MAX >> 1)?;
        let holds = |entry: &Entry| entry.content.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
        if let Some(stored) = all.iter().find(|stored| holds(&stored.entry)) {
            return Err(Violation(format!("Sealed: the hub can read {:?}", stored.entry.header.place())));
        }
        for office in offices {
            let recovery = recovery(office)?;
            let deposited = deposits(self.hub.journal.reads(), office)?;
            let opened = deposited.iter().map(|(keys, _)| recovery.open(office, keys));
            let opened = opened.collect::<std::result::Result<Vec<_>, _>>();
            let mut rings =
                opened.map_err(|error| Violation(format!("Sealed: a deposit of {office}: {error}")))?;
            let deposits = rings.len();
            let here = self.machines.iter().filter(|up| up.office == office);
            rings.extend(here.filter_map(|up| up.ring.clone()));
            for stored in &all {
                let header = &stored.entry.header;
                if header.ledger != office || header.seal.is_none() {
                    continue;
                }
                let place = header.place();
                let open = rings.iter().position(|ring| opens(&stored.entry, office, ring));
                match open {
                    Some(which) if which < deposits => self.reach("sealed entry opened with sheets"),
                    Some(_) => {}
                    None if self.is_lost(&stored.entry, office) => {
                        self.reach("sealed entry lost with its key")
                    }
                    None => return Err(Violation(format!("Sealed: nothing opens {place:?}"))),
                }
            }
        }
        Ok(())
    }

    fn is_lost(&self, entry: &Entry, office: OfficeId) -> bool {
        let to = seal::check(&entry.body).unwrap_or_default();
        to.iter().any(|(to, key)| *to == office && self.sealing.lost.contains(&(office, *key)))
    }
}

fn opens(entry: &Entry, office: OfficeId, ring: &Ring) -> bool {
    inside::opened(entry.clone(), office, ring).body == message(entry.header.record)
}

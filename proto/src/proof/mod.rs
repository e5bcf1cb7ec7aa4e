//! Judges a collection of entries, a store or an archive alike: is it whole, and did its author sign each entry?
//!
//! The judge reads no files: entries are handed in one by one, in the order of the journal that holds them. Its memory
//! grows with offices, incarnations and faults, not with entries. The caller may check signatures, several at once;
//! which key counts at which place is decided here, by the hub's own entries.
//!
//! Whether an author was allowed to write an entry is not judged: the rules change with the program's version, and the
//! hub's ledger says what was refused at the time.

mod fault;
mod ledger;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use ed25519_dalek::VerifyingKey;

use crate::audience::Scope;
use crate::entry::{self, Channel, Entry, Seen};
use crate::id::{Hash, Link, Mark, OfficeId, Place, Seat};
use crate::limits;
use crate::receipt::Receipt;
use crate::record::registry::Move;
use crate::registry::Registry;
use crate::time::Hlc;
use crate::wire::{RegistryMove, registry_move};

pub use fault::{Fault, Findings, Wrong};
use ledger::{Extent, Ledger};

/// Which ledgers must be there without a gap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whole {
    /// All ledgers: the hub's journal.
    All,
    /// These ledgers: at a node, its own.
    These(HashSet<OfficeId>),
}

/// What a collection is, and whom it believes.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The office whose journal it is.
    pub own: OfficeId,
    /// The hub's office.
    pub hub: OfficeId,
    /// Keys that the hub's ledger may be signed with: pinned, or vouched for by an authority.
    pub hub_keys: Vec<VerifyingKey>,
    /// Keys of the own ledger that the hub may not have announced yet: an office may write before it meets the hub.
    pub own_keys: Vec<VerifyingKey>,
    /// Which ledgers must be whole.
    pub whole: Whole,
    /// It is a whole journal, in which no position is left out.
    pub journal: bool,
}

/// What an entry says of its place in the chain, beside its predecessor.
#[derive(Clone, Debug)]
pub struct Said {
    /// When it was written.
    pub time: Hlc,
    /// What its author had seen.
    pub seen: Option<Seen>,
    /// The audience with its back-pointers.
    pub channels: Vec<Channel>,
}

/// An entry as the judge looks at it.
#[derive(Clone, Debug)]
pub struct JudgedEntry {
    /// Position in the journal.
    pub position: u64,
    /// Where the entry stands.
    pub place: Place,
    /// Seat of the predecessor.
    pub predecessor: Option<Seat>,
    /// Hash of the predecessor.
    pub prev: Hash,
    /// Hash of the entry.
    pub hash: Hash,
    /// Signature by the author's office.
    pub signature: [u8; 64],
    /// What it says of its place in the chain; none: unknown, since the content is withheld.
    pub said: Option<Said>,
    /// The body, for entries of kind 1 (registry) only.
    pub registry: Option<Bytes>,
    /// The entry gave up its place and keeps its position: an own one that lost a fork, or bytes that nobody signed.
    pub aside: bool,
    /// The store that holds the entry has refused it.
    pub refused: bool,
}

impl JudgedEntry {
    /// Takes over an entry whose bytes are at hand.
    pub fn new(position: u64, entry: &Entry) -> Self {
        let header = &entry.header;
        Self {
            position,
            place: header.place(),
            predecessor: header.predecessor(),
            prev: entry.prev,
            hash: entry.hash,
            signature: entry.signature,
            said: Some(Said { time: header.time, seen: header.seen, channels: header.audience.clone() }),
            registry: (header.kind == Move::KIND).then(|| entry.body.clone()),
            aside: false,
            refused: false,
        }
    }
}

/// An entry whose signature fits no counting key so far; a later registry entry may explain it.
#[derive(Debug)]
struct Doubt {
    position: u64,
    place: Place,
    hash: Hash,
    signature: [u8; 64],
    refused: bool,
}

/// An entry that must be there: its hash, what its absence means, and the hash found at its place.
#[derive(Debug)]
struct Anchor {
    hash: Hash,
    wrong: Wrong,
    found: Option<Hash>,
}

/// Result of the judge.
#[derive(Debug)]
pub struct Ended {
    /// What was found.
    pub findings: Findings,
    /// Offices and keys as of the last entry.
    pub registry: Registry,
    /// The hub's registry entries, in the order of its ledger.
    pub words: Vec<(Seat, RegistryMove)>,
}

/// The judge at work.
#[derive(Debug)]
pub struct Judge {
    subject: Subject,
    registry: Registry,
    /// Registry entries in the order of the hub's ledger; if one comes late, the registry is built anew from them.
    words: Vec<(Seat, u64, RegistryMove)>,
    ledgers: HashMap<OfficeId, Ledger>,
    anchors: HashMap<Place, Anchor>,
    refused: HashSet<Hash>,
    doubts: Vec<Doubt>,
    /// Entries whose content is withheld, which is allowed only for refused ones.
    veiled: Vec<(Place, u64, Hash)>,
    end: Mark,
    findings: Findings,
}

impl Judge {
    /// A judge of that collection. `bases` are the places that incarnations in it continue; only for these the chain is
    /// remembered.
    pub fn new(subject: Subject, bases: impl IntoIterator<Item = Place>) -> Self {
        // Without a hub key, every signature of the hub's ledger is a fault.
        let pinned = subject.hub_keys.first().copied().unwrap_or_default();
        let mut judge = Self {
            registry: Registry::new(subject.hub, pinned),
            words: Vec::new(),
            ledgers: HashMap::new(),
            anchors: HashMap::new(),
            refused: HashSet::new(),
            doubts: Vec::new(),
            veiled: Vec::new(),
            end: Mark::START,
            findings: Findings::default(),
            subject,
        };
        for base in bases {
            judge.ledger(base.ledger).expect_base(base.seat);
        }
        judge
    }

    fn ledger(&mut self, office: OfficeId) -> &mut Ledger {
        let subject = &self.subject;
        self.ledgers.entry(office).or_insert_with(|| {
            let whole = match &subject.whole {
                Whole::All => true,
                Whole::These(these) => these.contains(&office),
            };
            Ledger::new(if whole {
                Extent::Whole
            } else if office == subject.hub {
                // The hub's entries to everybody (the history of the keys) are in every store and every archive.
                Extent::Channel(Scope::subtree(subject.hub))
            } else {
                Extent::Part
            })
        })
    }

    /// Takes a receipt, before the entries: the hub must have signed it, and the receipted entry must be there with all
    /// before it.
    pub fn receipt(&mut self, ledger: OfficeId, receipt: &Receipt) {
        let place = Place { ledger, seat: receipt.link.seat };
        if self.subject.hub_keys.iter().any(|key| receipt.verify(ledger, key)) {
            self.findings.receipts += 1;
            self.anchor(ledger, receipt.link, Wrong::ReceiptedMissing);
        } else {
            self.findings.fault(Fault::at(place, None, Wrong::ReceiptSignature));
        }
    }

    /// Demands an entry with all before it; `wrong` is what its absence means.
    pub fn anchor(&mut self, ledger: OfficeId, link: Link, wrong: Wrong) {
        let place = Place { ledger, seat: link.seat };
        let anchor = Anchor { hash: link.hash, wrong, found: None };
        if let Some(other) = self.anchors.insert(place, anchor)
            && other.hash != link.hash
        {
            self.findings.fault(Fault::at(place, None, Wrong::ReceiptedOther));
        }
    }

    /// Adds a fault that the caller found.
    pub fn fault(&mut self, fault: Fault) {
        self.findings.fault(fault);
    }

    /// Keys to try a signature of this ledger with, whether they count at the entry's place or not.
    pub fn candidates(&self, ledger: OfficeId) -> Vec<VerifyingKey> {
        let mut keys = self.registry.keys(ledger);
        if ledger == self.subject.hub {
            keys.extend(self.subject.hub_keys.iter().skip(1));
        }
        let issued = self.registry.office(ledger).into_iter().flat_map(|office| office.credentials());
        for key in issued.map(|credential| credential.key) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        if ledger == self.subject.own {
            keys.extend(&self.subject.own_keys);
        }
        keys
    }

    /// Keys that count at a place, by the registry so far.
    fn counting(&self, place: Place) -> Vec<VerifyingKey> {
        let mut keys = self.registry.keys_at(place.ledger, place.seat);
        if place.ledger == self.subject.hub {
            keys.extend(self.subject.hub_keys.iter().skip(1));
        }
        keys
    }

    /// Takes the next entry; `signer` is the key that its signature fits, if the caller found one.
    pub fn entry(&mut self, stone: JudgedEntry, signer: Option<VerifyingKey>) {
        self.findings.entries += 1;
        self.follow(&stone);
        let place = stone.place;
        let counting = self.counting(place);
        let signed = match signer {
            Some(signer) => counting.contains(&signer),
            None => counting.iter().any(|key| entry::signed(stone.hash, &stone.signature, key)),
        };
        let fits = |key: &VerifyingKey| entry::signed(stone.hash, &stone.signature, key);
        let authored = signed || signer.is_some() || self.candidates(place.ledger).iter().any(fits);
        if stone.aside && place.ledger != self.subject.own {
            self.findings.aside += 1;
            // What its author signed gives up its place to nothing.
            if authored {
                self.findings.fault(Fault::at(place, Some(stone.position), Wrong::Repeated));
            }
            return;
        }
        if !signed && self.doubts.len() < limits::PROOF_DOUBTS {
            self.doubts.push(Doubt {
                position: stone.position,
                place,
                hash: stone.hash,
                signature: stone.signature,
                refused: stone.refused,
            });
        } else if !signed {
            self.findings.fault(Fault::at(place, Some(stone.position), Wrong::Signature));
        }
        if stone.said.is_none() {
            self.veiled.push((place, stone.position, stone.hash));
        }
        if stone.aside {
            self.findings.aside += 1;
            return;
        }
        if let Some(anchor) = self.anchors.get_mut(&place) {
            anchor.found = Some(stone.hash);
        }
        if signed
            && place.ledger == self.subject.hub
            && let Some(body) = &stone.registry
        {
            self.word(place.seat, stone.position, body);
        }
        let refused = stone.refused;
        for fault in self.ledger(place.ledger).take(stone) {
            match fault.wrong.contradiction() {
                // The author signed both entries: no disk and nobody else can have done that.
                true if authored => self.findings.lie(fault),
                true if refused => {}
                _ => self.findings.fault(fault),
            }
        }
    }

    /// Checks the position and continues the running hash.
    fn follow(&mut self, stone: &JudgedEntry) {
        let next = self.end.position + 1;
        if stone.position < next || (self.subject.journal && stone.position > next) {
            let fault = Fault::at(stone.place, Some(stone.position), Wrong::Position);
            self.findings.fault(fault.about(next));
        }
        self.end =
            Mark { position: stone.position, running: entry::running_hash(self.end.running, stone.hash) };
    }

    /// Takes a registry entry of the hub.
    fn word(&mut self, seat: Seat, position: u64, body: &Bytes) {
        let Ok(Some(Move(mv))) = Move::decode(body) else { return };
        if let Some(registry_move::Move::Refused(refused)) = &mv.r#move {
            self.refused.extend(Hash::from_slice(&refused.hash));
            return;
        }
        let late = self.words.last().is_some_and(|(last, ..)| *last > seat);
        if !late {
            self.registry.apply(position, &mv);
        }
        self.words.push((seat, position, mv));
        if late {
            self.words.sort_by_key(|(seat, ..)| *seat);
            let pinned = self.subject.hub_keys.first().copied().unwrap_or_default();
            self.registry = Registry::new(self.subject.hub, pinned);
            for (_, position, mv) in &self.words {
                self.registry.apply(*position, mv);
            }
        }
    }

    /// Position and running hash of the newest entry taken.
    pub fn end(&self) -> Mark {
        self.end
    }

    /// The registry as of the newest entry taken, with the history of the keys.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Ends the judgement with the faults that only the whole collection shows.
    pub fn finish(mut self) -> Ended {
        for doubt in std::mem::take(&mut self.doubts) {
            self.settle(&doubt);
        }
        for (place, position, hash) in std::mem::take(&mut self.veiled) {
            if !self.refused.contains(&hash) {
                self.findings.fault(Fault::at(place, Some(position), Wrong::Withheld));
            }
        }
        let mut cut: HashMap<OfficeId, (Place, Wrong)> = HashMap::new();
        for (place, anchor) in &self.anchors {
            let wrong = match anchor.found {
                Some(hash) if hash != anchor.hash => Wrong::ReceiptedOther,
                None => anchor.wrong,
                Some(_) => {
                    if self.ledgers.get(&place.ledger).is_some_and(|ledger| !ledger.reaches(place.seat)) {
                        cut.insert(place.ledger, (*place, anchor.wrong));
                    }
                    continue;
                }
            };
            self.findings.fault(Fault::at(*place, None, wrong));
        }
        for (office, ledger) in &self.ledgers {
            match ledger.first_gap() {
                // Before an entry that must be there with its whole chain, one is missing.
                Some((place, position, missing)) if cut.contains_key(office) => {
                    let fault = Fault::at(place, Some(position), Wrong::Missing);
                    self.findings.fault(fault.about(missing));
                }
                None if cut.contains_key(office) => {
                    let (place, wrong) = cut[office];
                    self.findings.fault(Fault::at(place, None, wrong));
                }
                // Entries given back, or of another branch: what stood before them is lost, and no receipt covers it.
                Some(_) => self.findings.islands += ledger.waiting(),
                None => {}
            }
            for (place, position, missing) in ledger.holes() {
                self.findings.holes += 1;
                let fault = Fault::at(place, Some(position), Wrong::Hole).about(missing);
                self.findings.hole.get_or_insert(fault);
            }
        }
        self.findings.ledgers = self.ledgers.len();
        let words = self.words.into_iter().map(|(seat, _, mv)| (seat, mv)).collect();
        Ended { findings: self.findings, registry: self.registry, words }
    }

    fn settle(&mut self, doubt: &Doubt) {
        let ledger = doubt.place.ledger;
        let signed = |key: &VerifyingKey| entry::signed(doubt.hash, &doubt.signature, key);
        if doubt.refused || self.refused.contains(&doubt.hash) {
            self.findings.refused += 1;
            return;
        }
        // An office's own entries may come before the hub's entry that announces their key; so may those of an archive
        // of it.
        let candidates = self.candidates(ledger);
        if ledger == self.subject.own && candidates.iter().any(signed) {
            return;
        }
        let wrong = if candidates.is_empty() { Wrong::NoKey } else { Wrong::Signature };
        self.findings.fault(Fault::at(doubt.place, Some(doubt.position), wrong));
    }
}

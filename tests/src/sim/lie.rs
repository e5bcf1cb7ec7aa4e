//! A hub that lies to one office (F21): each lie is told once, and the office must notice it or suffer no harm; all
//! other offices are unaffected.

use std::error::Error;

use bytes::Bytes;
use truc_node::derive::views::{Source, Views, ViewsError};
use truc_node::store::journal::{Journal, JournalError, Reads, Stored};
use truc_proto::batch;
use truc_proto::entry::{Entry, Header, SALT};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::receipt::{Receipt, seat_of};
use truc_proto::record::registry;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::session::End;
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::{self, Confidentiality, EndReason, Urgency, Verdict};
use uuid::Uuid;

use super::machine::sql;
use super::offices::HUB;
use super::{Event, Result, Violation, World};

/// The lies, each with how the office notices it.
const LIES: &[(&str, Notice)] = &[
    ("receipt by another key", Notice::Ends),
    ("line by another key", Notice::Ends),
    ("mail that goes back", Notice::Ends),
    ("mail once more", Notice::Ends),
    ("mark of another history", Notice::Resumes),
    ("line behind the tip", Notice::Ends),
    ("own entry of another hand", Notice::Forged),
    ("entry altered", Notice::Refuses("signature")),
    ("early entry altered", Notice::Refuses("signature")),
    ("word of the hub altered", Notice::Refuses("signature")),
    ("entry left out", Notice::Misses),
    (TWO_WORDS, Notice::Contradicts),
    (OF_2099, Notice::Harmless),
    (SENT_BACK, Notice::Harmless),
];

/// The hub signs another word at the place of one that others have.
const TWO_WORDS: &str = "two words at one place";
/// The hub's receipt is of another century.
const OF_2099: &str = "receipt of 2099";
/// The hub says that mail begins earlier than the office holds it.
const SENT_BACK: &str = "cursor sent back";
/// 1 January 2099, Unix milliseconds.
const IN_2099: u64 = 4_070_908_800_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Notice {
    /// The session ends, because the hub broke the protocol.
    Ends,
    /// The next Hello shows a history that the hub does not have.
    Resumes,
    /// The check of entries refuses it, with this code.
    Refuses(&'static str),
    /// The next entry on the channel names an entry that is missing.
    Misses,
    /// The session ends before anything is kept, but as evidence: no machine of the office signed it.
    Forged,
    /// What follows the true entry on its chain is evidence.
    Contradicts,
    /// Nothing: the machine goes on as ever, and is whole in the end.
    Harmless,
}

/// A lie to one machine.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    name: &'static str,
    notice: Notice,
    told: bool,
    noticed: bool,
    /// The entry concerned.
    about: Option<Hash>,
    /// An older frame, to be sent again.
    older: Option<wire::HubFrame>,
    /// A line on which nothing more is said after the lie.
    mute: Option<u64>,
}

impl Told {
    /// Whether the lie was told: the machine's store may be wrong since then.
    pub(crate) fn is_told(&self) -> bool {
        self.told
    }

    /// Whether the machine must be whole in the end, though it was lied to.
    pub(crate) fn must_heal(&self) -> bool {
        !self.told || matches!(self.notice, Notice::Forged | Notice::Refuses(_) | Notice::Harmless)
    }

    /// Whether the machine's own checks must have refused an entry, which then holds no place.
    pub(crate) fn is_refused(&self) -> bool {
        self.told && matches!(self.notice, Notice::Refuses(_))
    }

    /// Whether it may have to ask people for no other reason than the lie.
    pub(crate) fn may_question(&self) -> bool {
        self.told && self.notice == Notice::Resumes
    }
}

impl World {
    /// Plans a lie to a machine; the hub tells it at the next opportunity.
    pub(crate) fn plan_lie(&mut self, machine: usize) {
        let (name, notice) = LIES[self.rng.below(LIES.len() as u64) as usize];
        // What a hub said in two ways comes back to it after it was put back; then nobody knows which was true.
        if name == TWO_WORDS && self.plan.goes_back() {
            return;
        }
        let up = &mut self.machines[machine];
        if up.lie.is_none() {
            let (told, noticed) = (false, false);
            up.lie = Some(Told { name, notice, told, noticed, about: None, older: None, mute: None });
        }
    }

    /// The frames that are sent instead of a frame.
    pub(crate) fn lied(&mut self, conn: u64, frame: wire::HubFrame) -> Result<Vec<wire::HubFrame>> {
        let Some(machine) = self.conns.get(&conn).and_then(|line| line.machine()) else {
            return Ok(vec![frame]);
        };
        let own = self.machines[machine].office;
        let Some(lie) = self.machines[machine].lie.as_mut() else { return Ok(vec![frame]) };
        if lie.mute == Some(conn) {
            return Ok(vec![]);
        }
        if lie.told || self.settling {
            return Ok(vec![frame]);
        }
        let mut said = frame.clone();
        match (lie.name, &mut said.frame) {
            ("receipt by another key", Some(Down::Receipt(receipt))) => {
                receipt.signature = spoiled(&receipt.signature);
            }
            ("line by another key", Some(Down::Welcome(welcome))) => match &mut welcome.line {
                Some(line) => line.signature = spoiled(&line.signature),
                None => return Ok(vec![frame]),
            },
            ("mail that goes back", Some(Down::Deliver(deliver))) if !deliver.early => {
                match lie.older.take() {
                    Some(older) => {
                        lie.told = true;
                        return Ok(vec![frame, older]);
                    }
                    None => lie.older = Some(frame.clone()),
                }
                return Ok(vec![frame]);
            }
            // Another session has other marks.
            ("mail that goes back", Some(Down::Welcome(_))) => {
                lie.older = None;
                return Ok(vec![frame]);
            }
            ("mail once more", Some(Down::Deliver(deliver))) if !deliver.early => {
                lie.told = true;
                return Ok(vec![frame.clone(), frame]);
            }
            ("mark of another history", Some(Down::Deliver(deliver))) if !deliver.early => {
                if let Some(mark) = &mut deliver.mark {
                    mark.running = spoiled(&mark.running);
                }
                // A head would give it away at once.
                said.head = None;
            }
            (OF_2099, Some(Down::Receipt(receipt))) => {
                let seat = seat_of(receipt);
                let Some((hash, _)) = self.hub.journal.reads().hash_at(own, seat)? else {
                    return Ok(vec![frame]);
                };
                let (link, position) = (Link { seat, hash }, receipt.position);
                let key = &self.hub.identity.key;
                *receipt = Receipt::sign(own, link, position, Hlc::at(IN_2099), key).to_short_wire();
            }
            (SENT_BACK, Some(Down::Welcome(welcome))) => {
                let from = welcome.from.as_ref().map_or(0, |from| from.position);
                let earlier = self.hub.journal.reads().mark_of(from / 2)?.filter(|_| from > 1);
                let (Verdict::Continue, Some(earlier)) = (welcome.verdict(), earlier) else {
                    return Ok(vec![frame]);
                };
                welcome.from = Some(earlier.into());
                said.head = None;
                // It says nothing more: what comes after would not begin there.
                lie.mute = Some(conn);
                self.at(self.now + 1, Event::NodeGone { conn });
            }
            ("line behind the tip", Some(Down::Welcome(welcome))) => {
                let line = welcome.line.as_ref().and_then(|line| Receipt::from_wire(line, None));
                let before = line.and_then(|line| self.truth.book.get(&line.link.hash));
                let before = before.and_then(|line| self.truth.book.get(&line.prev));
                let (Verdict::Continue, Some(before)) = (welcome.verdict(), before) else {
                    return Ok(vec![frame]);
                };
                let reads = self.hub.journal.reads();
                let Some((_, position)) = reads.hash_at(own, before.header.seat)? else {
                    return Ok(vec![frame]);
                };
                let (time, key) = (Hlc(welcome.hub_time), &self.hub.identity.key);
                welcome.line = Some(Receipt::sign(own, before.link(), position, time, key).to_wire());
                welcome.set_verdict(Verdict::Adopt);
            }
            (
                "entry altered"
                | "early entry altered"
                | "word of the hub altered"
                | "entry left out"
                | "own entry of another hand"
                | TWO_WORDS,
                Some(Down::Deliver(deliver)),
            ) if deliver.early == (lie.name == "early entry altered") => {
                let name = lie.name;
                if !self.lie_in_mail(machine, name, deliver)? {
                    return Ok(vec![frame]);
                }
            }
            _ => return Ok(vec![frame]),
        }
        if let Some(lie) = self.machines[machine].lie.as_mut() {
            lie.told = true;
            let name = lie.name;
            self.note(|| format!("the hub lies to machine {machine}: {name}"));
        }
        Ok(vec![said])
    }

    /// Changes the entries in a piece of mail; `false`: it does not give the opportunity.
    fn lie_in_mail(&mut self, machine: usize, name: &str, deliver: &mut wire::Deliver) -> Result<bool> {
        let batch = deliver.batch.clone().unwrap_or_default();
        let mut entries = batch::unpack(batch).map_err(|error| Violation(error.to_string()))?;
        let own = self.machines[machine].office;
        let chosen = entries.iter().position(|entry| match name {
            "own entry of another hand" => true,
            "word of the hub altered" => entry.header.ledger == HUB,
            TWO_WORDS => entry.header.ledger == HUB && entry.header.kind != registry::Move::KIND,
            _ => entry.header.ledger != own && entry.header.ledger != HUB,
        });
        let Some(at) = chosen else { return Ok(false) };
        let mut about = entries[at].hash;
        match name {
            "entry left out" => {
                entries.remove(at);
                deliver.positions.remove(at);
                deliver.arrivals.remove(at);
            }
            "own entry of another hand" => {
                entries[at] = self.own_entry_by_the_hub(own)?;
                about = entries[at].hash;
            }
            TWO_WORDS => {
                let Entry { header, prev, .. } = &entries[at];
                let record = RecordId(Uuid::from_u128(u128::from(self.rng.draw())));
                let other = Header { record, ..header.clone() };
                entries[at] = Entry::write(&other, &[2], [0; SALT], *prev, &self.hub.identity.key)
                    .map_err(|error| Violation(error.to_string()))?;
            }
            _ => {}
        }
        deliver.batch = Some(batch::pack(&entries));
        if name.ends_with("altered") {
            let mut wire: Vec<wire::Entry> =
                entries.iter().map(|entry| batch::to_wire(entry, true)).collect();
            wire[at].content = spoiled(&wire[at].content);
            deliver.batch = Some(wire::Batch { entries: wire, ..Default::default() });
        }
        if let Some(lie) = &mut self.machines[machine].lie {
            lie.about = Some(about);
        }
        Ok(true)
    }

    /// An entry of an office's ledger that no machine of the office signed: its newest one that the hub has, or one
    /// after it, signed by the hub or by nobody.
    fn own_entry_by_the_hub(&mut self, office: OfficeId) -> Result<Entry> {
        let how = self.rng.below(3);
        let key = &self.hub.identity.key;
        let line = self.line(office)?.and_then(|line| self.truth.book.get(&line.hash));
        let parts = line.filter(|_| how == 0).and_then(|line| line.parts().ok().map(|parts| (line, parts)));
        if let Some((line, parts)) = parts {
            let signed = Entry::read(line.content.clone(), parts.sign(line.prev, key), line.prev);
            return signed.map_err(|error| Violation(error.to_string()));
        }
        let base = line.map(|line| line.header.seat);
        let incarnation = Incarnation::after(base.map(|base| base.incarnation), 7);
        let header = Header {
            ledger: office,
            seat: Seat { incarnation, seq: base.map_or(0, |base| base.seq) + 1 },
            base,
            time: line.map_or(Hlc(1), |line| line.header.time),
            seen: line.and_then(|line| line.header.seen),
            author: "hub".into(),
            record: RecordId(Uuid::from_u128(7)),
            kind: 99,
            mv: 0,
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let prev = line.map_or(Hash::ZERO, |line| line.hash);
        let mut entry = Entry::write(&header, &[7], [0; SALT], prev, key)
            .map_err(|error| Violation(error.to_string()))?;
        if how == 1 {
            entry.signature = [0; 64];
        }
        Ok(entry)
    }

    /// Whether a machine may notice that the hub broke the protocol, or that an own entry is forged.
    pub(crate) fn may_be_lied_to(&mut self, machine: usize, reason: EndReason) -> bool {
        let notice = match reason {
            EndReason::EndEntry => Notice::Forged,
            _ => Notice::Ends,
        };
        match &mut self.machines[machine].lie {
            Some(lie) if lie.told && lie.notice == notice => {
                lie.noticed = true;
                true
            }
            _ => false,
        }
    }

    /// Only what no machine of the office signed counts as forged, and it is kept as evidence.
    pub(crate) fn check_forged(&self, machine: usize, entries: &[Entry]) -> Result<()> {
        let up = &self.machines[machine];
        let lie = up.lie.as_ref().filter(|lie| lie.told && lie.notice == Notice::Forged);
        for entry in entries {
            let (place, reads) = (entry.header.place(), up.journal.reads());
            if lie.is_none_or(|lie| lie.about != Some(entry.hash)) {
                return Err(Violation(format!("FalseAlarm: {place:?} counts as forged")));
            }
            if !reads.is_evidence(up.office, &entry.link())? {
                return Err(Violation(format!("Lie: {place:?}, which is forged, is not kept as evidence")));
            }
        }
        Ok(())
    }

    /// Promise Lies: whatever the hub says, a machine holds nothing of its own ledger that no machine of the office
    /// signed.
    fn check_own(&self, machine: usize) -> Result<()> {
        let up = &self.machines[machine];
        let keys: Vec<_> = self.keys[&up.office].iter().map(|key| key.verifying_key()).collect();
        for stored in up.journal.reads().after(0, usize::MAX >> 1)? {
            let (entry, place) = (&stored.entry, stored.entry.header.place());
            if place.ledger == up.office && batch::verify_any(entry, &keys).is_err() {
                return Err(Violation(format!("Lie: machine {machine} holds {place:?}, which is forged")));
            }
        }
        Ok(())
    }

    /// Whether a session ended because the machine answered with the mark that the hub had invented: the hub's own
    /// machine never sent it.
    pub(crate) fn answers_a_lie(&self, machine: Option<usize>, end: &End) -> bool {
        let lie = machine.and_then(|machine| self.machines[machine].lie.as_ref());
        end.detail == "delivered what was not sent"
            && lie.is_some_and(|lie| lie.told && lie.name == "mark of another history")
    }

    pub(crate) fn lie_noticed(&mut self, machine: usize, code: &str) -> Result<()> {
        match &mut self.machines[machine].lie {
            Some(lie) if lie.told && lie.notice == Notice::Refuses("signature") && code == "signature" => {
                lie.noticed = true;
                Ok(())
            }
            _ => Err(Violation(format!("Authority: machine {machine} was given what it refuses: {code}"))),
        }
    }

    /// The machine has set its cursor back.
    pub(crate) fn lie_believed(&mut self, machine: usize, conn: u64) {
        if let Some(lie) = self.machines[machine].lie.as_mut().filter(|lie| lie.mute == Some(conn)) {
            lie.noticed = true;
        }
    }

    pub(crate) fn lie_resumed(&mut self, machine: usize) {
        if let Some(lie) = self.machines[machine].lie.as_mut().filter(|lie| lie.notice == Notice::Resumes) {
            lie.noticed = true;
        }
    }

    /// Promise Lies: lies that were told were noticed, and a machine that a lie did not harm has everything.
    pub(crate) fn check_lie(&mut self, machine: usize, all: &[Stored]) -> Result<bool> {
        let Some(lie) = &self.machines[machine].lie else { return Ok(true) };
        let (name, notice, about) = (lie.name, lie.notice, lie.about);
        if !lie.told {
            return Ok(true);
        }
        let noticed = match notice {
            Notice::Misses => self.is_missed(machine, about, all)?,
            Notice::Contradicts => self.is_contradicted(machine, about, all)?,
            Notice::Harmless if name == OF_2099 => {
                let late = |stored: &Stored| {
                    let header = &stored.entry.header;
                    let seen = header.seen.map_or(0, |seen| seen.hub_time.millis());
                    header.ledger == self.machines[machine].office && seen >= IN_2099
                };
                Some(all.iter().any(late))
            }
            // A machine that was set back since has forgotten the lie; one whose line broke did not receive it.
            Notice::Ends | Notice::Refuses(_) | Notice::Resumes | Notice::Forged | Notice::Harmless => {
                Some(lie.noticed)
            }
        };
        self.check_own(machine)?;
        if noticed == Some(true) {
            self.reach(name);
        }
        if noticed == Some(false) && matches!(notice, Notice::Misses | Notice::Contradicts) {
            return Err(Violation(format!("Lie: machine {machine} does not notice: {name}")));
        }
        Ok(!matches!(notice, Notice::Misses | Notice::Contradicts))
    }

    /// Whether what follows a word that others have, and this machine has otherwise, is evidence here; none: nothing
    /// that follows it has come.
    fn is_contradicted(&self, machine: usize, about: Option<Hash>, all: &[Stored]) -> Result<Option<bool>> {
        let (up, reads) = (&self.machines[machine], self.machines[machine].journal.reads());
        let Some(said) = all.iter().find(|stored| Some(stored.entry.hash) == about) else { return Ok(None) };
        let here = reads.hash_at(HUB, said.entry.header.seat)?;
        if here.is_none_or(|(hash, _)| Some(hash) == about) {
            return Ok(None);
        }
        let next = all.iter().find(|stored| Some(stored.entry.prev) == about);
        match next.filter(|next| next.position <= up.rested) {
            Some(next) if self.is_mail(&next.entry, up.office)? => {
                Ok(Some(reads.is_evidence(HUB, &next.entry.link())?))
            }
            _ => Ok(None),
        }
    }

    /// Whether the views report the omitted entry as missing; none: no later entry names it.
    fn is_missed(&self, machine: usize, about: Option<Hash>, all: &[Stored]) -> Result<Option<bool>> {
        let reads = self.machines[machine].journal.reads();
        let Some(left) = all.iter().find(|stored| Some(stored.entry.hash) == about) else { return Ok(None) };
        let (ledger, seat) = (left.entry.header.ledger, left.entry.header.seat);
        if reads.hash_at(ledger, seat)?.is_some() {
            return Ok(None);
        }
        let names = |stored: &Stored| {
            stored.entry.header.ledger == ledger
                && stored.entry.header.audience.iter().any(|channel| channel.previous == Some(seat))
        };
        if !reads.after(0, usize::MAX >> 1)?.iter().any(names) {
            return Ok(None);
        }
        let mut views = Views::in_memory(HUB, self.hub.identity.hub_key)?;
        let source = Entries(reads);
        let mut fold = views.batch(&source)?;
        for stored in reads.after(0, usize::MAX >> 1)? {
            fold.entry(stored.position, &stored.entry, stored.arrived, None)?;
        }
        fold.commit()?;
        let missing =
            "SELECT EXISTS (SELECT 1 FROM missing WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3)";
        let place = (ledger.0.as_bytes(), seat.incarnation.0 as i64, seat.seq as i64);
        Ok(Some(views.connection().query_row(missing, place, |row| row.get(0)).map_err(sql)?))
    }
}

/// Checks the signatures of what came since the last time, as the program does it beside the line. What nobody vouches
/// for gives up its place, and the mail comes again from before it.
pub(crate) fn vet_signatures(
    journal: &mut Journal,
    registry: &Registry,
) -> std::result::Result<(), JournalError> {
    let (reads, upto) = (journal.reads(), journal.end().position);
    let (mut refused, mut before) = (Vec::new(), None::<u64>);
    for stored in reads.after(reads.vetted()?, usize::MAX >> 1)? {
        let (ledger, seat) = (stored.entry.header.ledger, stored.entry.header.seat);
        if ledger != reads.own() && batch::verify_any(&stored.entry, &registry.keys_at(ledger, seat)).is_err()
        {
            refused.push((stored.position, Refusal::Signature.code().to_owned()));
            before = before.into_iter().chain(stored.hub_position).min();
        }
    }
    journal.vetted(upto, &refused)?;
    before.map_or(Ok(()), |before| journal.ask_again(before.saturating_sub(1)))
}

struct Entries<'c>(Reads<'c>);

impl Source for Entries<'_> {
    fn entry_at(
        &self,
        position: u64,
    ) -> std::result::Result<(Entry, Option<u64>), Box<dyn Error + Send + Sync>> {
        let stored = self.0.at_position(position)?;
        stored.map(|stored| (stored.entry, stored.arrived)).ok_or_else(|| "missing".into())
    }
}

impl From<ViewsError> for Violation {
    fn from(error: ViewsError) -> Self {
        Violation(format!("views: {error}"))
    }
}

/// The bytes with one byte changed.
fn spoiled(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes.into()
}

//! A hub that lies to one office (F21): each lie is told once, and the office must notice it or suffer no harm; all
//! other offices are unaffected.

use std::error::Error;

use bytes::Bytes;
use truc_node::derive::views::{Source, Views, ViewsError};
use truc_node::store::journal::{Reads, Stored};
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::Hash;
use truc_proto::session::End;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::{self};

use super::machine::sql;
use super::offices::HUB;
use super::{Result, Violation, World};

/// The lies, each with how the office notices it.
const LIES: &[(&str, Notice)] = &[
    ("receipt by another key", Notice::Ends),
    ("line by another key", Notice::Ends),
    ("mail that goes back", Notice::Ends),
    ("mail once more", Notice::Ends),
    ("mark of another history", Notice::Resumes),
    ("entry altered", Notice::Refuses("signature")),
    ("entry left out", Notice::Misses),
];

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
}

impl Told {
    /// Whether the lie was told: the machine's store may be wrong since then.
    pub(crate) fn is_told(&self) -> bool {
        self.told
    }
}

impl World {
    /// Plans a lie to a machine; the hub tells it at the next opportunity.
    pub(crate) fn plan_lie(&mut self, machine: usize) {
        let (name, notice) = LIES[self.rng.below(LIES.len() as u64) as usize];
        let up = &mut self.machines[machine];
        if up.lie.is_none() {
            up.lie = Some(Told { name, notice, told: false, noticed: false, about: None, older: None });
        }
    }

    /// The frames that are sent instead of a frame.
    pub(crate) fn lied(&mut self, conn: u64, frame: wire::HubFrame) -> Result<Vec<wire::HubFrame>> {
        let Some(machine) = self.conns.get(&conn).and_then(|line| line.machine()) else {
            return Ok(vec![frame]);
        };
        let Some(lie) = self.machines[machine].lie.as_mut().filter(|lie| !lie.told && !self.settling) else {
            return Ok(vec![frame]);
        };
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
            ("entry altered" | "entry left out", Some(Down::Deliver(deliver))) if !deliver.early => {
                let batch = deliver.batch.clone().unwrap_or_default();
                let mut entries = batch::unpack(batch).map_err(|error| Violation(error.to_string()))?;
                let foreign = |entry: &Entry| {
                    entry.header.ledger != self.machines[machine].office && entry.header.ledger != HUB
                };
                let Some(at) = entries.iter().position(foreign) else { return Ok(vec![frame]) };
                let Some(lie) = self.machines[machine].lie.as_mut() else { return Ok(vec![frame]) };
                lie.about = Some(entries[at].hash);
                if lie.name == "entry left out" {
                    entries.remove(at);
                    deliver.positions.remove(at);
                    deliver.arrivals.remove(at);
                    deliver.batch = Some(batch::pack(&entries));
                } else {
                    let mut wire: Vec<wire::Entry> =
                        entries.iter().map(|entry| batch::to_wire(entry, true)).collect();
                    wire[at].content = spoiled(&wire[at].content);
                    deliver.batch = Some(wire::Batch { entries: wire, ..Default::default() });
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

    /// Whether a machine may notice that the hub broke the protocol.
    pub(crate) fn may_be_lied_to(&mut self, machine: usize, _conn: Option<u64>) -> bool {
        match &mut self.machines[machine].lie {
            Some(lie) if lie.told && lie.notice == Notice::Ends => {
                lie.noticed = true;
                true
            }
            _ => false,
        }
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
            // A machine that was set back since has forgotten the lie; one whose line broke did not receive it.
            Notice::Ends | Notice::Refuses(_) | Notice::Resumes => Some(lie.noticed),
        };
        if noticed == Some(true) {
            self.reach(name);
        }
        if noticed == Some(false) && notice == Notice::Misses {
            return Err(Violation(format!("Lie: machine {machine} does not notice: {name}")));
        }
        Ok(!matches!(notice, Notice::Misses | Notice::Refuses(_)))
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

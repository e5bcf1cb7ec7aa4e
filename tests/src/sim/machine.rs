//! A machine on which an office's node runs.

use std::collections::VecDeque;

use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use truc_node::journal::{Draft, Journal};
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::{Link, OfficeId, RecordId};
use truc_proto::session::{NodeEvent, NodeSession, NodeWork, NodeWrite, Wrote};
use truc_proto::wire::{Confidentiality, Urgency};
use uuid::Uuid;

use super::{Event, Result, Violation, World, office_id};

/// A machine: a disk, and the program that runs on it or does not.
pub(crate) struct Machine {
    pub(crate) office: OfficeId,
    pub(crate) key: SigningKey,
    pub(crate) credential: u64,
    pub(crate) journal: Journal,
    pub(crate) running: bool,
    pub(crate) offline: bool,
    /// Counts starts: what an earlier run had planned is void.
    pub(crate) boot: u64,
    pub(crate) conn: Option<u64>,
    pub(crate) session: Option<NodeSession>,
    pub(crate) queue: VecDeque<NodeWork>,
    /// Own entries acknowledged to people and still on this disk as far as we know.
    pub(crate) acked: Vec<Link>,
    /// A copy of the disk with what was acknowledged then.
    pub(crate) backup: Option<(Connection, Vec<Link>)>,
}

impl Machine {
    pub(crate) fn new(office: OfficeId, key: SigningKey, credential: u64, journal: Journal) -> Self {
        Self {
            office,
            key,
            credential,
            journal,
            running: true,
            offline: false,
            boot: 0,
            conn: None,
            session: None,
            queue: VecDeque::new(),
            acked: Vec::new(),
            backup: None,
        }
    }
}

/// A copy of a database in memory.
pub(crate) fn copy(from: &Connection) -> Result<Connection> {
    let mut to = Connection::open_in_memory().map_err(sql)?;
    {
        let backup = rusqlite::backup::Backup::new(from, &mut to).map_err(sql)?;
        backup.step(-1).map_err(sql)?;
    }
    Ok(to)
}

pub(crate) fn sql(error: rusqlite::Error) -> Violation {
    Violation(format!("sqlite: {error}"))
}

impl World {
    /// People at a machine write: to everybody, to the province, to the hub, to one other office, or to
    /// themselves.
    pub(crate) fn write(&mut self, machine: usize) -> Result<()> {
        if !self.machines[machine].running {
            return Ok(());
        }
        let draft = self.draft(self.machines[machine].office);
        let random = self.rng.draw() as u32;
        let now = self.now;
        let up = &mut self.machines[machine];
        let key = up.key.clone();
        let (_, entry) = up.journal.group(|journal| journal.append(draft, &key, now, random))?;
        up.acked.push(entry.link());
        self.written(&entry);
        self.note(&format!("wrote {:?} {:?}", entry.header.place(), entry.hash));
        self.node_event(machine, NodeEvent::Appended)
    }

    pub(crate) fn draft(&mut self, author: OfficeId) -> Draft {
        let other = office_id(self.rng.below(self.plan.offices as u64) as usize);
        let audience = match self.rng.below(6) {
            0 => vec![],
            1 => vec![Scope::subtree(self.hub.office)],
            2 => vec![Scope::office(self.hub.office), Scope::office(other)],
            3 => vec![Scope::subtree(office_id(0))],
            4 => vec![Scope::subtree(office_id(0)), Scope::office(other)],
            _ => vec![Scope::office(other)],
        };
        let size = 1 + self.rng.below(200) as usize;
        let urgent = self.rng.chance(20);
        Draft {
            author: "clerk".into(),
            record: RecordId(Uuid::from_u128(self.rng.draw() as u128)),
            kind: 99,
            body: vec![author.0.as_bytes()[15]; size].into(),
            audience,
            urgency: if urgent { Urgency::Express } else { Urgency::Normal },
            confidentiality: Confidentiality::Open,
            attachments: vec![],
        }
    }

    pub(crate) fn node_event(&mut self, machine: usize, event: NodeEvent) -> Result<()> {
        let up = &mut self.machines[machine];
        let (Some(conn), Some(session)) = (up.conn, up.session.as_mut()) else { return Ok(()) };
        let idle = up.queue.is_empty();
        up.queue.extend(session.step(event));
        if idle && !up.queue.is_empty() {
            let wait = 1 + self.rng.below(3);
            self.at(self.now + wait, Event::NodeWorks { conn });
        }
        Ok(())
    }

    /// Does a machine's next piece of work.
    pub(crate) fn node_works(&mut self, conn: u64) -> Result<()> {
        let Some(machine) = self.conns.get(&conn).map(|conn| conn.machine) else { return Ok(()) };
        let Some(work) = self.machines[machine].queue.pop_front() else { return Ok(()) };
        let up = &mut self.machines[machine];
        let answer = match work {
            NodeWork::Send(frame) => {
                let latency = self.latency();
                let now = self.now;
                if let Some(line) = self.conns.get_mut(&conn) {
                    line.last_up = line.last_up.max(now + latency);
                    let time = line.last_up;
                    self.at(time, Event::ToHub { conn, frame });
                }
                None
            }
            NodeWork::OnChain(link) => {
                let reads = up.journal.reads();
                Some(NodeEvent::OnChain(reads.on_chain(reads.tip()?, &link)?))
            }
            NodeWork::ReadChain(after) => {
                let (entries, end) = up.journal.reads().chain_after(after)?;
                Some(NodeEvent::Chain { entries, end })
            }
            NodeWork::ReadBeyond(from) => {
                let (entries, next) = up.journal.reads().beyond(from)?;
                Some(NodeEvent::Beyond { entries, next })
            }
            NodeWork::Write(write) => {
                let told = match &write {
                    NodeWrite::Receipt { receipt, .. } => Some(receipt.link),
                    _ => None,
                };
                let mail = match &write {
                    NodeWrite::Mail { entries, mark, .. } => {
                        let entries: Vec<Entry> = entries.iter().map(|(_, entry)| entry.clone()).collect();
                        Some((entries, mark.is_some()))
                    }
                    _ => None,
                };
                let aside = matches!(write, NodeWrite::Aside { .. });
                let since = up.journal.end().position;
                let wrote = up.journal.group(|journal| journal.session_write(write))?;
                let office = up.office;
                self.receipted.extend(told.map(|link| (office, link)));
                if let Some((entries, in_turn)) = mail {
                    self.check_order(machine, &entries, in_turn, since)?;
                }
                if aside {
                    self.reach("branch set aside");
                }
                match wrote {
                    Wrote::TipMoved => self.reach("people wrote while adopting"),
                    Wrote::Incomplete => self.reach("line came before what it follows"),
                    _ => {}
                }
                Some(NodeEvent::Wrote(wrote))
            }
            NodeWork::End(end) => {
                self.note(&format!("node ended {end:?}"));
                if end.reason == truc_proto::wire::EndReason::EndProtocol {
                    return Err(Violation(format!("machine {machine}: protocol broken: {}", end.detail)));
                }
                self.ended(conn, &end);
                return Ok(());
            }
        };
        if let Some(answer) = answer
            && let Some(session) = self.machines[machine].session.as_mut()
        {
            let more = session.step(answer);
            self.machines[machine].queue.extend(more);
        }
        if !self.machines[machine].queue.is_empty() {
            let wait = 1 + self.rng.below(3);
            self.at(self.now + wait, Event::NodeWorks { conn });
        }
        Ok(())
    }
}

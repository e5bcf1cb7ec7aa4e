//! One whole session of each verdict: the frames of both machines in the order in which they were sent. The stores
//! behind the machines are played from a few facts.

use std::collections::VecDeque;

use prost::Message;
use serde::Serialize;
use truc_proto::entry::{Entry, Header};
use truc_proto::id::{Hash, Incarnation, Link, Mark, Seat};
use truc_proto::receipt::Receipt;
use truc_proto::registry::Registry;
use truc_proto::session::{
    Admitted, End, Facts, HubEvent, HubFacts, HubSession, HubWork, MailEnd, NodeEvent, NodeFacts,
    NodeSession, NodeWork, NodeWrite, Obstacle, OwnKeys, Wrote,
};
use truc_proto::time::Hlc;
use truc_proto::wire::{self, hub_frame, node_frame};

use super::{OFFICE, compare, entries, hex, hub_key, ledger_key, office};

/// Unix milliseconds that both ends tell.
/// When the hub had the first of the mail, Unix milliseconds.
const ARRIVED: u64 = 1_790_000_000_000;
const NOW: u64 = 1_795_000_100_000;

#[derive(Serialize)]
struct Sessions {
    about: &'static str,
    office: &'static str,
    hub_key: String,
    sessions: Vec<Session>,
}

#[derive(Serialize)]
struct Session {
    name: &'static str,
    /// Row of the decision.
    row: &'static str,
    /// What each end knew before.
    node: &'static str,
    hub: &'static str,
    frames: Vec<Frame>,
    /// How it ended: reason and detail; none: it goes on.
    ended: Option<String>,
}

#[derive(Serialize)]
struct Frame {
    from: &'static str,
    frame: &'static str,
    bytes: String,
}

/// What the stores of both ends hold.
struct Stage {
    name: &'static str,
    row: &'static str,
    node: &'static str,
    hub: &'static str,
    /// The node's own chain.
    own: Vec<Entry>,
    /// What it was receipted.
    receipt: Option<Receipt>,
    resuming: bool,
    /// What the hub may lack.
    beyond: Vec<Entry>,
    cursor: Vec<Mark>,
    facts: Facts,
    /// The hub's line.
    line: Option<Receipt>,
    /// Why it admits nothing.
    obstacle: Option<Obstacle>,
    /// Mail for the node, at ascending positions.
    mail: Vec<(u64, Entry)>,
    /// A person approves.
    approved: bool,
}

fn running(position: u64) -> Mark {
    Mark { position, running: Hash([position as u8; 32]) }
}

/// The hub's receipt for an entry at a position of its journal.
fn receipt(entry: &Entry, position: u64) -> Receipt {
    Receipt::sign(office(OFFICE), entry.link(), position, Hlc::tick(Hlc::default(), NOW), &hub_key())
}

/// A line that both know, nothing to be told.
fn quiet() -> Stage {
    let own = entries::chain();
    let line = receipt(&own[0], 7);
    Stage {
        name: "",
        row: "",
        node: "",
        hub: "",
        receipt: Some(line),
        resuming: false,
        beyond: Vec::new(),
        cursor: vec![running(9)],
        facts: Facts {
            replaced: false,
            beyond: false,
            refilled: false,
            cursor_fits: true,
            cursor: 9,
            delivered: 9,
            resuming: false,
            forgot: false,
            tip: true,
            tip_known: false,
            tip_taken: false,
            line_on_chain: Some(true),
        },
        line: Some(line),
        obstacle: None,
        mail: Vec::new(),
        approved: false,
        own,
    }
}

/// Another third entry of the ledger, in a run of another copy.
fn other_third() -> Entry {
    let second = &entries::chain()[1];
    let third = &entries::chain()[2].header;
    let incarnation = Incarnation::after(Some(second.header.seat.incarnation), 0x3333_3333);
    let header = Header { seat: Seat { incarnation, seq: 3 }, ..third.clone() };
    entries::write(&header, &entries::body(), second.hash)
}

/// The third entry's place, taken by another one, as after a live snapshot.
fn taken_third() -> Entry {
    entries::write(&entries::chain()[2].header, &entries::body(), entries::chain()[1].hash)
}

fn stages() -> Vec<Stage> {
    let own = entries::chain();
    let (second, third, other, taken) = (&own[1], &own[2], other_third(), taken_third());
    let to_second = [own[0].clone(), second.clone()];
    let with = |last: &Entry| [&to_second[..], std::slice::from_ref(last)].concat();
    vec![
        Stage {
            name: "continue",
            row: "3",
            node: "three entries, the first receipted; mail up to 9",
            hub: "the first entry; mail 12 waits",
            mail: vec![(12, third.clone())],
            ..quiet()
        },
        Stage {
            name: "continue, and catch up",
            row: "4",
            node: "put back, and said so: three entries, mail up to 9",
            hub: "all three entries; delivered up to 12",
            resuming: true,
            receipt: Some(receipt(third, 10)),
            line: Some(receipt(third, 10)),
            facts: Facts { resuming: true, delivered: 12, tip_known: true, ..quiet().facts },
            mail: vec![(12, second.clone())],
            ..quiet()
        },
        Stage {
            name: "asked where the line stands",
            row: "3",
            node: "three entries, and a receipt for the first",
            hub: "two entries; it knows neither the tip nor finds the line in the receipt",
            line: Some(receipt(second, 8)),
            facts: Facts { line_on_chain: None, ..quiet().facts },
            ..quiet()
        },
        Stage {
            name: "refill, then continue",
            row: "2, 3",
            node: "mail up to 20, beyond what the hub has",
            hub: "put back to 9",
            beyond: vec![third.clone()],
            cursor: vec![running(20), running(9)],
            facts: Facts { beyond: true, cursor_fits: false, cursor: 9, delivered: 9, ..quiet().facts },
            ..quiet()
        },
        Stage {
            name: "adopt",
            row: "5",
            node: "enrolled anew: empty",
            hub: "two entries of its ledger; delivered up to 9",
            own: Vec::new(),
            receipt: None,
            resuming: true,
            cursor: Vec::new(),
            line: Some(receipt(second, 8)),
            facts: Facts {
                resuming: true,
                cursor: 0,
                tip: false,
                line_on_chain: Some(false),
                ..quiet().facts
            },
            mail: vec![(7, own[0].clone()), (8, second.clone())],
            ..quiet()
        },
        Stage {
            name: "branch",
            row: "6",
            node: "put back to two entries, and said so; wrote a third",
            hub: "another third entry, in another incarnation",
            own: with(&other),
            receipt: Some(receipt(second, 8)),
            resuming: true,
            line: Some(receipt(third, 9)),
            facts: Facts { resuming: true, line_on_chain: Some(false), ..quiet().facts },
            ..quiet()
        },
        Stage {
            name: "fork",
            row: "7",
            node: "a machine put back with its memory, and said so: its third entry stands where another does",
            hub: "three entries",
            own: with(&taken),
            receipt: Some(receipt(second, 8)),
            resuming: true,
            line: Some(receipt(third, 9)),
            facts: Facts { resuming: true, tip_taken: true, line_on_chain: Some(false), ..quiet().facts },
            obstacle: Some(Obstacle::Taken),
            mail: vec![(10, third.clone())],
            ..quiet()
        },
        Stage {
            name: "question, and approved",
            row: "8",
            node: "a copy: a third entry of its own",
            hub: "another third entry",
            own: with(&other),
            receipt: Some(receipt(second, 8)),
            line: Some(receipt(third, 9)),
            facts: Facts { line_on_chain: Some(false), ..quiet().facts },
            approved: true,
            ..quiet()
        },
        Stage {
            name: "replaced",
            row: "1",
            node: "of an older credential",
            hub: "enrolled another machine since",
            facts: Facts { replaced: true, ..quiet().facts },
            ..quiet()
        },
    ]
}

/// Plays a session until both ends are quiet.
fn play(mut stage: Stage) -> Session {
    let (mut frames, mut ended) = (Vec::new(), None);
    let mut hub = HubSession::new(office(OFFICE));
    let link = |entry: &Entry| entry.link();
    let tip = stage.own.last().map(link);
    let facts = NodeFacts {
        office: office(OFFICE),
        hub_key: hub_key().verifying_key(),
        keys: OwnKeys::new(
            office(OFFICE),
            ledger_key().verifying_key(),
            hub_key().verifying_key(),
            &Registry::new(office("0198c0de-0000-7000-8000-000000000000"), hub_key().verifying_key()),
        ),
        tip,
        receipt: stage.receipt,
        cursor: stage.cursor.clone(),
        resuming: stage.resuming,
        beyond: !stage.beyond.is_empty(),
        credential: 1,
        backlog: 0,
        clock: NOW,
        program: "vectors".into(),
        head: None,
        machine: None,
    };
    let (mut node, work) = NodeSession::start(facts);
    let mut at_node: VecDeque<NodeWork> = work.into();
    let mut at_hub: VecDeque<HubWork> = VecDeque::new();
    loop {
        if let Some(work) = at_node.pop_front() {
            if let Some(event) = stage.node_does(work, &mut hub, &mut at_hub, &mut frames, &mut ended) {
                at_node.extend(node.step(event));
            }
        } else if let Some(work) = at_hub.pop_front() {
            if let Some(event) = stage.hub_does(work, &mut node, &mut at_node, &mut frames, &mut ended) {
                at_hub.extend(hub.step(event));
            }
        } else if hub.questioned() && std::mem::take(&mut stage.approved) {
            at_hub.extend(hub.step(HubEvent::Approved));
        } else {
            let Stage { name, row, node, hub, .. } = stage;
            return Session { name, row, node, hub, frames, ended };
        }
    }
}

fn over(ended: &mut Option<String>, end: &End) {
    if ended.is_none() {
        *ended = Some(format!("{} ({})", end.reason.as_str_name(), end.detail));
    }
}

impl Stage {
    fn chain(&self, link: &Link) -> bool {
        self.own.iter().any(|entry| entry.link() == *link)
    }

    fn node_does(
        &mut self,
        work: NodeWork,
        hub: &mut HubSession,
        at_hub: &mut VecDeque<HubWork>,
        frames: &mut Vec<Frame>,
        ended: &mut Option<String>,
    ) -> Option<NodeEvent> {
        Some(match work {
            NodeWork::Send(frame) => {
                let bytes = hex(frame.encode_to_vec());
                frames.push(Frame { from: "node", frame: node_name(&frame), bytes });
                at_hub.extend(hub.step(HubEvent::Frame(frame)));
                return None;
            }
            NodeWork::OnChain(link) => NodeEvent::OnChain(self.chain(&link)),
            NodeWork::ReadChain(after) => {
                let entries = self.own.iter().filter(|entry| Some(entry.header.seat) > after);
                NodeEvent::Chain { entries: entries.cloned().collect(), end: true }
            }
            NodeWork::ReadBeyond(_) => {
                NodeEvent::Beyond { entries: std::mem::take(&mut self.beyond), next: None }
            }
            NodeWork::Write(write) => NodeEvent::Wrote(match write {
                NodeWrite::Welcome { line, .. } => {
                    let on_chain = line.is_none_or(|line| self.chain(&line.link));
                    Wrote::Welcomed { on_chain, held: on_chain && line.is_some() }
                }
                NodeWrite::Aside { after } => {
                    self.own.retain(|entry| Some(entry.header.seat) <= after);
                    Wrote::Aside { tip: self.own.last().map(Entry::link) }
                }
                NodeWrite::Mail { end: MailEnd::Adopt { tip, .. }, .. }
                    if tip != self.own.last().map(Entry::link) =>
                {
                    Wrote::TipMoved
                }
                NodeWrite::Mail { .. }
                | NodeWrite::Receipt { .. }
                | NodeWrite::Forged(_)
                | NodeWrite::Resume => Wrote::Done,
            }),
            NodeWork::End(end) => {
                over(ended, &end);
                return None;
            }
        })
    }

    fn hub_does(
        &mut self,
        work: HubWork,
        node: &mut NodeSession,
        at_node: &mut VecDeque<NodeWork>,
        frames: &mut Vec<Frame>,
        ended: &mut Option<String>,
    ) -> Option<HubEvent> {
        Some(match work {
            HubWork::Send(frame) => {
                let bytes = hex(frame.encode_to_vec());
                frames.push(Frame { from: "hub", frame: hub_name(&frame), bytes });
                at_node.extend(node.step(NodeEvent::Frame(frame)));
                return None;
            }
            HubWork::Facts { refilled, .. } => {
                let push_after = self.receipt.map(|receipt| receipt.link.seat);
                HubEvent::Facts(Box::new(HubFacts {
                    facts: Facts { refilled, ..self.facts.clone() },
                    line: self.line,
                    from: if self.facts.cursor == 0 { Mark::START } else { running(self.facts.cursor) },
                    push_after,
                    hub_time: Hlc::tick(Hlc::default(), NOW),
                    proven: false,
                    later: None,
                }))
            }
            HubWork::Admit { entries, .. } => HubEvent::Admitted(match self.obstacle {
                Some(obstacle) => Admitted { rest: Some((entries, obstacle)), ..Admitted::default() },
                None => {
                    let last = entries.last().map(|last| receipt(last, 13 + last.header.seat.seq));
                    Admitted { receipt: last, new: true, ..Admitted::default() }
                }
            }),
            HubWork::Offer(_) => HubEvent::Offered,
            HubWork::Delivered(_) => HubEvent::Delivered,
            HubWork::Hold(entries) => HubEvent::Held(entries.last()?.header.seat),
            HubWork::ReadMail { after, .. } => {
                self.mail.retain(|(position, _)| *position > after);
                let end = self.mail.last().map_or(after.max(9), |(position, _)| *position);
                HubEvent::Mail {
                    entries: self.mail.clone(),
                    arrivals: self.mail.iter().map(|(position, _)| ARRIVED + position).collect(),
                    mark: running(end),
                    end: true,
                    ahead: None,
                }
            }
            HubWork::End(end) => {
                over(ended, &end);
                return None;
            }
            _ => return None,
        })
    }
}

fn node_name(frame: &wire::NodeFrame) -> &'static str {
    use node_frame::Frame::*;
    match &frame.frame {
        Some(Hello(_)) => "Hello",
        Some(Standing(_)) => "StandingAnswer",
        Some(Offer(_)) => "Offer",
        Some(OfferDone(_)) => "OfferDone",
        Some(Push(_)) => "Push",
        Some(BranchDone(_)) => "BranchDone",
        Some(Delivered(_)) => "Delivered",
        Some(Status(_)) => "Status",
        None => "",
    }
}

fn hub_name(frame: &wire::HubFrame) -> &'static str {
    use hub_frame::Frame::*;
    match &frame.frame {
        Some(Standing(_)) => "Standing",
        Some(Welcome(_)) => "Welcome",
        Some(Receipt(_)) => "Receipt",
        Some(Held(_)) => "Held",
        Some(AdoptNow(_)) => "AdoptNow",
        Some(Deliver(_)) => "Deliver",
        Some(CaughtUp(_)) => "CaughtUp",
        Some(Instruct(_)) => "Instruct",
        Some(Ended(_)) => "Ended",
        Some(FileReady(_)) => "FileReady",
        None => "",
    }
}

#[test]
fn one_session_of_each_verdict() {
    let sessions: Vec<Session> = stages().into_iter().map(play).collect();
    for session in &sessions {
        let said: Vec<&str> = session.frames.iter().map(|frame| frame.frame).collect();
        let ended = session.ended.as_deref();
        match session.name {
            "adopt" | "fork" => assert_eq!(ended, Some("END_AGAIN (adopted)"), "{said:?}"),
            "question, and approved" => assert_eq!(ended, Some("END_AGAIN (approved)"), "{said:?}"),
            "replaced" => {
                assert_eq!(ended, Some("END_CREDENTIAL (replaced by a newer credential)"), "{said:?}")
            }
            _ => assert_eq!(ended, None, "{}: {said:?}", session.name),
        }
    }
    compare(
        "sessions.json",
        &Sessions {
            about: "One session of each verdict: the frames (NodeFrame, HubFrame) in the order in which they were \
                    sent, without heads. The entries are those of entries.json and others of that ledger; `row` is \
                    that of the decision at Hello. A running hash at position p is p, 32 times. Batches may be \
                    packed otherwise.",
            office: OFFICE,
            hub_key: hex(hub_key().verifying_key().as_bytes()),
            sessions,
        },
    );
}

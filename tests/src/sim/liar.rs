//! A machine with a valid certificate that lies (F20, F22): it forges, skips, repeats, rewrites, equivocates, addresses
//! offices it may not, sends garbage. The hub must answer each lie in one defined way, and no other office is
//! disturbed.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::{Channel, Entry, Header, SALT};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::record::{self, Move, Paper, directive, registry};
use truc_proto::session::{End, VERSIONS};
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, Confidentiality, EndReason, Urgency, Verdict};
use uuid::Uuid;

use super::line::Peer;
use super::offices::{self, HUB, office_id};
use super::{Result, Violation, World};

/// How the hub must treat an entry of the liar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Worth {
    /// Like an entry of an honest office.
    Good,
    /// No journal may hold it.
    Never,
    /// No journal may hold it while the hub remembers the entry before it or in its place.
    NotNow,
    /// The hub admits and then refuses it, with this code.
    Refused(&'static str),
}

/// The lies with the required answers.
const LIES: &[Lie] = &[
    Lie::Pushes("good entry", Worth::Good, Answer::None),
    Lie::Pushes("entry before its time", Worth::Never, Answer::Entry("chain")),
    Lie::Pushes("entry that forgets its channel", Worth::Never, Answer::Entry("chain")),
    Lie::Pushes("entry of another office", Worth::Never, Answer::Entry("other-ledger")),
    Lie::Pushes("entry signed by another key", Worth::Never, Answer::Entry("signature")),
    Lie::Pushes("bad signature under a good head", Worth::Refused("signature"), Answer::None),
    Lie::Pushes("entry that skips one", Worth::NotNow, Answer::Question),
    Lie::Pushes("entry at a place that is taken", Worth::NotNow, Answer::Question),
    Lie::Pushes("entry after another than the last", Worth::NotNow, Answer::Question),
    Lie::Pushes("entry once more", Worth::Good, Answer::None),
    Lie::Pushes("binding paper upwards", Worth::Refused("may-not-direct"), Answer::None),
    Lie::Pushes("registry entry", Worth::Refused("not-hub"), Answer::None),
    Lie::Pushes("secret", Worth::Refused("secret"), Answer::None),
    Lie::Pushes("entry for an office that is not", Worth::Refused("unknown-office"), Answer::None),
    Lie::Pushes("entry with a false body", Worth::Refused("malformed"), Answer::None),
    Lie::Sends("nothing in a frame", Answer::Protocol("empty frame")),
    Lie::Sends("offer out of turn", Answer::Protocol("frame out of turn")),
    Lie::Sends("garbage", Answer::Entry("malformed")),
    Lie::Sends("too large an entry", Answer::Entry("too-large")),
    Lie::Sends("bomb", Answer::Entry("too-large")),
    Lie::Sends("mail that was not sent", Answer::Protocol("delivered what was not sent")),
    Lie::Hello("too many marks", Answer::Protocol("too many marks")),
    Lie::Hello("forged offer", Answer::None),
    Lie::Hello("forged receipt", Answer::Question),
    Lie::Hello("line on a chain where it is not", Answer::Question),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lie {
    /// A lie in a push.
    Pushes(&'static str, Worth, Answer),
    /// A lie in another frame.
    Sends(&'static str, Answer),
    /// A lie in Hello, and its consequences.
    Hello(&'static str, Answer),
}

/// The lie whose entries are refused with this code.
pub(crate) fn refused_lie(refusal: &str) -> Option<&'static str> {
    LIES.iter().find_map(|lie| match lie {
        Lie::Pushes(name, Worth::Refused(code), _) if *code == refusal => Some(*name),
        _ => None,
    })
}

/// The hub's answer, besides receipts and evidence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    None,
    Question,
    Protocol(&'static str),
    Entry(&'static str),
}

impl Lie {
    fn name(self) -> &'static str {
        match self {
            Self::Pushes(name, ..) | Self::Sends(name, _) | Self::Hello(name, _) => name,
        }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Pushes(_, _, answer) | Self::Sends(_, answer) | Self::Hello(_, answer) => answer,
        }
    }
}

/// The liar: the only machine of its office.
pub(crate) struct Liar {
    pub(crate) office: OfficeId,
    pub(crate) key: SigningKey,
    line: Option<u64>,
    lie: Lie,
    /// Its chain as far as the hub has it, by the hub's own answers.
    chain: Vec<Entry>,
    /// Entries pushed and not yet answered.
    pushed: Vec<Entry>,
    /// Every entry that it ever sent.
    pub(crate) shown: BTreeMap<[u8; 32], Worth>,
}

impl Liar {
    pub(crate) fn new(number: usize) -> Self {
        Self {
            office: office_id(number),
            key: offices::key(number, 1),
            line: None,
            lie: LIES[0],
            chain: Vec::new(),
            pushed: Vec::new(),
            shown: BTreeMap::new(),
        }
    }

    /// Seat of the last entry to a scope on the chain up to `base`.
    fn last_to(&self, base: Option<Link>, scope: Scope) -> Option<Seat> {
        let mut at = base.map(|base| base.hash);
        while let Some(entry) = at.and_then(|hash| self.chain.iter().find(|entry| entry.hash == hash)) {
            if entry.header.audience.iter().any(|channel| channel.scope == scope) {
                return Some(entry.header.seat);
            }
            at = Some(entry.prev);
        }
        None
    }

    /// Makes an entry after `base`, in a new incarnation.
    fn entry(
        &self,
        base: Option<Link>,
        random: u32,
        change: impl FnOnce(&mut Header, &mut Vec<u8>),
    ) -> Entry {
        let incarnation = Incarnation::after(base.map(|base| base.seat.incarnation), random);
        let mut header = Header {
            ledger: self.office,
            seat: Seat { incarnation, seq: base.map_or(0, |base| base.seat.seq) + 1 },
            base: base.map(|base| base.seat),
            time: Hlc(1 << 50),
            seen: None,
            author: "liar".into(),
            record: RecordId(Uuid::from_u128(u128::from(random))),
            kind: 99,
            mv: 0,
            audience: vec![Channel { scope: Scope::office(office_id(0)), previous: None }],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
        };
        header.audience[0].previous = self.last_to(base, header.audience[0].scope);
        let mut body = vec![1, 2, 3];
        change(&mut header, &mut body);
        header.mv = record::number(&body);
        let prev = base.map_or(Hash::ZERO, |base| base.hash);
        // The header is well-formed, so it can always be encoded.
        Entry::write(&header, &body, [0; SALT], prev, &self.key).expect("an entry of good form")
    }
}

impl World {
    /// The liar connects, or hangs up if it has told its lie.
    pub(crate) fn liar_calls(&mut self) -> Result<()> {
        if let Some(conn) = self.liar.line.take() {
            self.hang_up_node(conn);
            return Ok(());
        }
        self.liar.lie = LIES[self.rng.below(LIES.len() as u64) as usize];
        self.liar.pushed.clear();
        self.liar_remembers()?;
        let lie = self.liar.lie;
        self.note(|| format!("the liar tries {lie:?}"));
        let conn = self.connect(Peer::Liar);
        self.liar.line = Some(conn);
        let tip = self.liar.chain.last().map(Entry::link);
        let mut hello = wire::Hello {
            version_min: VERSIONS.0,
            version_max: VERSIONS.1,
            tip: tip.map(Into::into),
            credential: 1,
            program: "liar".into(),
            ..Default::default()
        };
        let random = self.rng.draw() as u32;
        match self.liar.lie.name() {
            "too many marks" => {
                hello.cursor = vec![wire::Mark { position: 1, running: Hash::ZERO.to_wire() }; 40];
            }
            "forged offer" => hello.beyond = true,
            "forged receipt" | "line on a chain where it is not" => {
                // A branch off an earlier entry.
                let base = self.liar.chain.first().map(Entry::link);
                let branch = self.liar.entry(base, random, |_, _| {});
                hello.tip = Some(branch.link().into());
                if self.liar.lie.name() == "forged receipt" {
                    let link = Link { seat: branch.header.seat, hash: Hash([9; 32]) };
                    let forged = Receipt::sign(self.liar.office, link, 1, Hlc(1), &self.liar.key);
                    hello.receipt = Some(forged.to_wire());
                }
                self.liar.pushed.push(branch);
            }
            _ => {}
        }
        self.liar_sends(conn, Up::Hello(hello))
    }

    /// The liar learns what the hub has even without waiting for the receipt, so that its next Hello raises no
    /// question.
    fn liar_remembers(&mut self) -> Result<()> {
        let mut chain = Vec::new();
        let mut at = self.liar_line()?.map(|line| line.hash);
        while let Some(entry) = at.and_then(|hash| self.truth.book.get(&hash)) {
            at = Some(entry.prev);
            chain.push(entry.clone());
        }
        chain.reverse();
        self.liar.chain = chain;
        Ok(())
    }

    fn liar_line(&self) -> Result<Option<Link>> {
        self.line(self.liar.office)
    }

    /// The liar is gone for good.
    pub(crate) fn liar_leaves(&mut self) {
        if let Some(conn) = self.liar.line.take() {
            self.hang_up_node(conn);
        }
    }

    fn liar_sends(&mut self, conn: u64, frame: Up) -> Result<()> {
        self.send_up(conn, wire::NodeFrame { frame: Some(frame) })
    }

    fn liar_pushes(&mut self, conn: u64, entries: Vec<Entry>) -> Result<()> {
        let batch = Some(batch::pack(&entries));
        self.liar.pushed = entries;
        self.liar_sends(conn, Up::Push(wire::Push { batch }))
    }

    fn show(&mut self, entry: &Entry, worth: Worth) {
        self.liar.shown.insert(entry.hash.0, worth);
        self.truth.book.insert(entry.hash, entry.clone());
        if let Worth::Refused(code) = worth {
            self.truth.refused.insert(entry.hash, code);
        }
    }

    pub(crate) fn liar_hears(&mut self, conn: u64, frame: wire::HubFrame) -> Result<()> {
        if self.liar.line != Some(conn) {
            return Ok(());
        }
        match frame.frame {
            Some(Down::Standing(_)) => {
                let on_chain = self.liar.lie.name() == "line on a chain where it is not";
                self.liar_sends(conn, Up::Standing(wire::StandingAnswer { on_chain }))
            }
            Some(Down::Welcome(welcome)) => self.liar_welcomed(conn, welcome),
            Some(Down::Receipt(receipt)) => {
                let answered = self.liar.pushed.iter().position(|entry| {
                    let seat = entry.header.seat;
                    (seat.incarnation.0, seat.seq) == (receipt.incarnation, receipt.seq)
                });
                if let Some(at) = answered {
                    let taken = self.liar.pushed.drain(..=at).collect::<Vec<_>>();
                    for entry in taken {
                        if !self.liar.chain.iter().any(|known| known.hash == entry.hash) {
                            self.liar.chain.push(entry);
                        }
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn liar_welcomed(&mut self, conn: u64, welcome: wire::Welcome) -> Result<()> {
        let random = self.rng.draw() as u32;
        let victim = office_id(self.rng.below(self.plan.offices as u64) as usize);
        let line =
            welcome.line.as_ref().and_then(|line| Receipt::from_wire(line, None)).map(|line| line.link);
        let lie = self.liar.lie;
        match (lie, welcome.verdict()) {
            (Lie::Hello("forged offer", _), Verdict::Refill) => {
                let forged = self.liar.entry(None, random, |header, _| header.ledger = victim);
                self.show(&forged, Worth::Never);
                let batch = Some(batch::pack([&forged]));
                self.liar_sends(conn, Up::Offer(wire::Offer { batch }))?;
                return self.liar_sends(conn, Up::OfferDone(wire::OfferDone {}));
            }
            (Lie::Hello("forged receipt" | "line on a chain where it is not", _), _) => {
                let branch = std::mem::take(&mut self.liar.pushed);
                // The hub must only refuse a branch from before the line.
                let behind = self.liar.chain.len() > 1 && line == self.liar.chain.last().map(Entry::link);
                for entry in &branch {
                    self.show(entry, if behind { Worth::NotNow } else { Worth::Good });
                }
                return self.liar_pushes(conn, branch);
            }
            (_, Verdict::Continue) => {}
            _ => return Ok(()),
        }
        // A hub that went back knows less of the chain.
        let known = self.liar.chain.iter().position(|entry| Some(entry.link()) == line);
        self.liar.chain.truncate(known.map_or(0, |at| at + 1));
        match lie {
            Lie::Sends(name, _) => self.liar_sends_garbage(conn, name, line),
            Lie::Pushes(name, worth, _) => {
                let entries = self.liar_writes(name, line, random, victim);
                let last = entries.len().saturating_sub(1);
                for (index, entry) in entries.iter().enumerate() {
                    let first_only = name == "bad signature under a good head" && index == last;
                    let repeated = self.liar.shown.contains_key(&entry.hash.0);
                    if !repeated {
                        self.show(entry, if first_only { Worth::Good } else { worth });
                    }
                }
                if entries.is_empty() { Ok(()) } else { self.liar_pushes(conn, entries) }
            }
            Lie::Hello(..) => Ok(()),
        }
    }

    fn liar_writes(&mut self, name: &str, line: Option<Link>, random: u32, victim: OfficeId) -> Vec<Entry> {
        let liar = &self.liar;
        let audience = |scope| vec![Channel { scope, previous: liar.last_to(line, scope) }];
        let entry = match name {
            "entry before its time" if line.is_some() => {
                liar.entry(line, random, |header, _| header.time = Hlc(0))
            }
            "entry that forgets its channel" if liar.last_to(line, Scope::office(office_id(0))).is_some() => {
                liar.entry(line, random, |header, _| header.audience[0].previous = None)
            }
            "entry before its time" | "entry that forgets its channel" => return vec![],
            "entry of another office" => liar.entry(None, random, |header, _| header.ledger = victim),
            "entry signed by another key" | "bad signature under a good head" => {
                let mut bad = liar.entry(line, random, |_, _| {});
                bad.signature[40] ^= 1;
                if name == "entry signed by another key" {
                    return vec![bad];
                }
                let head = liar.entry(Some(bad.link()), random, |header, _| {
                    header.audience[0].previous = Some(bad.header.seat);
                });
                return vec![bad, head];
            }
            "entry that skips one" => {
                let unseen = liar.entry(line, random, |_, _| {});
                liar.entry(Some(unseen.link()), random, |_, _| {})
            }
            "entry at a place that is taken" => {
                let Some(last) = liar.chain.last() else { return vec![] };
                let mut header = last.header.clone();
                header.record = RecordId(Uuid::from_u128(u128::from(random)));
                let written = Entry::write(&header, &[7], [0; SALT], last.prev, &liar.key);
                return written.into_iter().collect();
            }
            "entry after another than the last" => {
                let Some(line) = line else { return vec![] };
                liar.entry(Some(Link { hash: Hash([5; 32]), ..line }), random, |_, _| {})
            }
            "entry once more" => return liar.chain.last().cloned().into_iter().collect(),
            "binding paper upwards" => {
                let (kind, body) = binding_paper();
                liar.entry(line, random, |header, bytes| {
                    header.kind = kind;
                    *bytes = body;
                })
            }
            "registry entry" => liar.entry(line, random, |header, body| {
                header.kind = 1;
                header.audience = audience(Scope::subtree(HUB));
                *body = word_of_a_hub(victim);
            }),
            "secret" => {
                liar.entry(line, random, |header, _| header.confidentiality = Confidentiality::Secret)
            }
            "entry for an office that is not" => liar.entry(line, random, |header, _| {
                header.audience = audience(Scope::office(office_id(9_999)));
            }),
            "entry with a false body" => liar.entry(line, random, |header, body| {
                header.kind = 3;
                *body = vec![0xff; 9];
            }),
            _ => liar.entry(line, random, |_, _| {}),
        };
        vec![entry]
    }

    fn liar_sends_garbage(&mut self, conn: u64, name: &str, line: Option<Link>) -> Result<()> {
        let random = self.rng.draw() as u32;
        let good = self.liar.entry(line, random, |_, _| {});
        let mut entry = batch::to_wire(&good, true);
        let plain = |entry| wire::Batch { entries: vec![entry], ..Default::default() };
        let frame = match name {
            "nothing in a frame" => return self.send_up(conn, wire::NodeFrame { frame: None }),
            "offer out of turn" => Up::Offer(wire::Offer { batch: Some(plain(entry)) }),
            "garbage" => {
                entry.content = vec![0xff; 1 + self.rng.below(300) as usize].into();
                Up::Push(wire::Push { batch: Some(plain(entry)) })
            }
            "too large an entry" => {
                entry.content = vec![0; limits::ENTRY_CONTENT + 1].into();
                Up::Push(wire::Push { batch: Some(plain(entry)) })
            }
            "bomb" => {
                let unpacked = u32::MAX - self.rng.below(1_000) as u32;
                let batch = wire::Batch { packed: vec![1; 40].into(), unpacked, ..Default::default() };
                Up::Push(wire::Push { batch: Some(batch) })
            }
            _ => {
                let mark = Some(wire::Mark { position: 1 << 40, running: Hash::ZERO.to_wire() });
                Up::Delivered(wire::Delivered { mark })
            }
        };
        self.liar_sends(conn, frame)
    }

    pub(crate) fn liar_questioned(&mut self, conn: u64) -> Result<()> {
        // An older session of the liar may still be read when the next lie is chosen.
        if self.liar.line != Some(conn) {
            return Ok(());
        }
        let lie = self.liar.lie;
        // What a hub that went back has forgotten of the liar, it asks the liar about too.
        // A late push of its own may have moved the line since.
        let behind = self.liar_line()? != self.liar.chain.last().map(Entry::link);
        if lie.answer() != Answer::Question && !self.truth.hub_went_back && !behind {
            return Err(Violation(format!("Liar: questioned for {:?}", lie.name())));
        }
        self.reach(lie.name());
        Ok(())
    }

    /// The liar's session must end for the reason that belongs to its lie, and no other.
    pub(crate) fn liar_ended(&mut self, conn: u64, end: &End) -> Result<()> {
        if self.liar.line != Some(conn) {
            return Ok(());
        }
        let expected = match self.liar.lie.answer() {
            Answer::Protocol(detail) => (EndReason::EndProtocol, detail),
            Answer::Entry(code) => (EndReason::EndEntry, code),
            Answer::None | Answer::Question => return self.liar_let_go(end),
        };
        if (end.reason, end.detail.as_str()) == expected {
            self.reach(self.liar.lie.name());
            return Ok(());
        }
        self.liar_let_go(end)
    }

    /// Accepts ends of sessions that have nothing to do with lies.
    fn liar_let_go(&self, end: &End) -> Result<()> {
        match end.reason {
            EndReason::EndProtocol | EndReason::EndEntry => {
                Err(Violation(format!("Liar: {:?} ended with {end:?}", self.liar.lie)))
            }
            _ => Ok(()),
        }
    }
}

/// A word that only the hub may say.
fn word_of_a_hub(office: OfficeId) -> Vec<u8> {
    let word = wire::HubWentBack { office: office.to_wire(), cursor: 2, common: 1 };
    let word = wire::registry_move::Move::WentBack(word);
    Move::Registry(registry::Move(wire::RegistryMove { r#move: Some(word) })).encode().to_vec()
}

fn binding_paper() -> (u32, Vec<u8>) {
    let paper = Paper {
        document_type: "NQ".into(),
        title: "Nghị quyết".into(),
        number: "01-NQ/TU".into(),
        term: "2025-2030".into(),
        issued: None,
        due: String::new(),
        text: String::new(),
    };
    let issued = directive::Issued { paper, tasks: vec![], in_reply_to: None };
    let mv = Move::Directive(directive::Move::Issued(issued));
    (mv.kind(), mv.encode().to_vec())
}

//! A machine with a valid certificate that lies (F20, F22): it forges, skips, repeats, rewrites, equivocates,
//! back-dates, contradicts its own chain, writes its history anew, addresses offices it may not, sends garbage. The hub
//! must answer each lie in one defined way, and no other office is disturbed. What it writes is in `forged`.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use truc_node::store::journal::Offered;
use truc_proto::batch;
use truc_proto::chain;
use truc_proto::entry::{Entry, Seen};
use truc_proto::head::Head;
use truc_proto::id::{Hash, Link, Mark, OfficeId};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::session::{End, VERSIONS};
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, EndReason, Verdict};

use super::forged::Raw;
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
    Lie::Pushes("entry whose author had seen more", Worth::Never, Answer::Entry("chain")),
    Lie::Pushes("entry of the last moment", Worth::Good, Answer::None),
    Lie::Pushes("place that never was on a channel", Worth::Never, Answer::Entry("chain")),
    Lie::Pushes("place of another channel", Worth::Never, Answer::Entry("chain")),
    Lie::Pushes("older place on a channel", Worth::Never, Answer::Entry("chain")),
    Lie::Pushes("entry of another office", Worth::Never, Answer::Entry("other-ledger")),
    Lie::Pushes("entry in the hub's ledger", Worth::Never, Answer::Entry("other-ledger")),
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
    Lie::Pushes("body of another move", Worth::Refused("malformed"), Answer::None),
    Lie::Pushes("record of another office", Worth::Refused("foreign-record"), Answer::None),
    Lie::Pushes("secret in a field of the body", Worth::Refused("secret"), Answer::None),
    Lie::Pushes("secret in a field of the header", Worth::Refused("secret"), Answer::None),
    Lie::Sends("nothing in a frame", Answer::Protocol("empty frame")),
    Lie::Sends("offer out of turn", Answer::Protocol("frame out of turn")),
    Lie::Sends("garbage", Answer::Entry("malformed")),
    Lie::Sends("scope twice in an audience", Answer::Entry("malformed")),
    Lie::Sends("place to come on a channel", Answer::Entry("malformed")),
    Lie::Sends("too large an entry", Answer::Entry("too-large")),
    Lie::Sends("bomb", Answer::Entry("too-large")),
    Lie::Sends("mail that was not sent", Answer::Protocol("delivered what was not sent")),
    Lie::Hello("too many marks", Answer::Protocol("too many marks")),
    Lie::Hello("short mark", Answer::Protocol("running hash of a mark")),
    Lie::Hello("marks out of order", Answer::Protocol("order of marks")),
    Lie::Hello("second base of an incarnation", Answer::Entry("chain")),
    Lie::Offers("forged offer"),
    Lie::Offers("word of the hub given back"),
    Lie::Offers("own history given back"),
    Lie::Offers("invented mark"),
    Lie::Offers("invented head"),
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
    /// A lie in what it gives back to a hub that asks for it: forged, it is dropped; its own, it is evidence.
    Offers(&'static str),
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
            Self::Pushes(name, ..) | Self::Sends(name, _) | Self::Hello(name, _) | Self::Offers(name) => name,
        }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Pushes(_, _, answer) | Self::Sends(_, answer) | Self::Hello(_, answer) => answer,
            Self::Offers(_) => Answer::None,
        }
    }

    /// Whether what it gives back is signed with its own key, in its own ledger.
    fn offers_own(self) -> bool {
        matches!(self, Self::Offers("own history given back" | "invented mark" | "invented head"))
    }
}

/// The liar: the only machine of its office.
pub(crate) struct Liar {
    pub(crate) office: OfficeId,
    pub(crate) key: SigningKey,
    line: Option<u64>,
    lie: Lie,
    /// Its chain as far as the hub has it, by the hub's own answers.
    pub(super) chain: Vec<Entry>,
    /// What it has ever seen of the hub's journal, by the hub's receipts or by its own word.
    pub(super) seen: Option<Seen>,
    /// Entries pushed and not yet answered.
    pushed: Vec<Entry>,
    /// Every entry that it ever sent, with the lie by which it did.
    pub(crate) shown: BTreeMap<[u8; 32], (Worth, &'static str)>,
}

impl Liar {
    pub(crate) fn new(number: usize) -> Self {
        Self {
            office: office_id(number),
            key: offices::key(number, 1),
            line: None,
            lie: LIES[0],
            chain: Vec::new(),
            seen: None,
            pushed: Vec::new(),
            shown: BTreeMap::new(),
        }
    }

    /// The lie by which an entry was written that the hub must refuse.
    pub(crate) fn refused_lie(&self, hash: Hash) -> Option<&'static str> {
        let (worth, name) = self.shown.get(&hash.0)?;
        matches!(worth, Worth::Refused(_)).then_some(*name)
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
            "forged offer" | "word of the hub given back" | "own history given back" => hello.beyond = true,
            "short mark" => {
                hello.cursor = vec![wire::Mark { position: 1, running: vec![7; 31].into() }];
            }
            "marks out of order" => {
                let mark = |position| Mark { position, running: Hash([7; 32]) }.into();
                hello.cursor = vec![mark(3), mark(3 + u64::from(random % 2))];
            }
            "invented mark" => {
                let newest = self.invented(random);
                // With a mark that is true, the hub finds where the two histories part.
                let older = self.hub.journal.reads().mark_of(newest.position / 2)?;
                let older = older.filter(|mark| random.is_multiple_of(2) && mark.position > 0);
                hello.cursor = [newest].into_iter().chain(older).map(Into::into).collect();
            }
            "invented head" => {
                let (life, mark) = (self.hub.life.now(), self.invented(random));
                hello.cursor = vec![mark.into()];
                hello.head = Some(Head::sign(HUB, life, mark, Hlc(1), &self.liar.key).to_wire());
            }
            "second base of an incarnation" => {
                self.liar.pushed = self.liar.second_base();
                if let Some(last) = self.liar.pushed.last() {
                    hello.tip = Some(last.link().into());
                    hello.resuming = true;
                }
            }
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

    /// A mark of a history that never was: later than the journal, or other than it.
    fn invented(&self, random: u32) -> Mark {
        let end = self.hub.journal.end().position;
        let position = 1 + if random.is_multiple_of(3) { end } else { 0 } + u64::from(random) % end.max(1);
        Mark { position, running: Hash([3; 32]) }
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
        self.liar.shown.insert(entry.hash.0, (worth, self.liar.lie.name()));
        self.liar.seen = chain::both(self.liar.seen, entry.header.seen);
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
                    if self.liar.lie.name() == "entry of the last moment" {
                        self.reach("entry of the last moment");
                    }
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
        let line = welcome.line.as_ref().and_then(|line| Receipt::from_wire(line, None));
        self.liar.seen = chain::both(self.liar.seen, line.map(|line| line.seen()));
        let line = line.map(|line| line.link);
        let lie = self.liar.lie;
        match (lie, welcome.verdict()) {
            (Lie::Hello(name, Answer::Protocol(_)), verdict) => {
                return Err(Violation(format!("Liar: {name:?} is answered by {verdict:?}")));
            }
            (Lie::Offers(name), Verdict::Refill) => {
                let offered = match name {
                    "forged offer" => vec![self.liar.entry(None, random, |header, _| header.ledger = victim)],
                    "word of the hub given back" => vec![self.liar.word_of_the_hub(random, victim)],
                    _ => self.liar.other_history(line, random),
                };
                // Who knows that it was put back may have had its own; nobody's else may be taken.
                let worth = if lie.offers_own() { Worth::NotNow } else { Worth::Never };
                offered.iter().for_each(|entry| self.show(entry, worth));
                if let Some(last) = offered.last() {
                    let batch = Some(batch::pack([last]));
                    self.liar_sends(conn, Up::Offer(wire::Offer { batch }))?;
                }
                return self.liar_sends(conn, Up::OfferDone(wire::OfferDone {}));
            }
            (Lie::Hello("second base of an incarnation", _), Verdict::Branch) => {
                let branch = std::mem::take(&mut self.liar.pushed);
                for (at, entry) in branch.iter().enumerate() {
                    self.show(entry, if at == 0 { Worth::Good } else { Worth::NotNow });
                }
                return self.liar_pushes(conn, branch);
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
                let entries = self.liar.writes(name, line, random, victim);
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
            Lie::Hello(..) | Lie::Offers(_) => Ok(()),
        }
    }

    fn liar_sends_garbage(&mut self, conn: u64, name: &'static str, line: Option<Link>) -> Result<()> {
        let random = self.rng.draw() as u32;
        let good = self.liar.entry(line, random, |_, _| {});
        if let Some(Raw { hash, entry }) = self.liar.malformed(name, &good) {
            self.liar.shown.insert(hash.0, (Worth::Never, name));
            let batch = Some(wire::Batch { entries: vec![entry], ..Default::default() });
            return self.liar_sends(conn, Up::Push(wire::Push { batch }));
        }
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

    /// What the liar gave back was forged, and dropped.
    pub(crate) fn liar_dropped(&mut self, conn: u64) {
        if self.liar.line == Some(conn) && self.liar.lie == Lie::Offers("word of the hub given back") {
            self.reach(self.liar.lie.name());
        }
    }

    /// What the liar gave back of its own ledger is evidence.
    pub(crate) fn liar_offered(&mut self, conn: u64, offered: &Offered) -> Result<()> {
        if self.liar.line != Some(conn) || !self.liar.lie.offers_own() {
            return Ok(());
        }
        let name = self.liar.lie.name();
        if offered.new > 0 && !self.truth.hub_went_back {
            return Err(Violation(format!("Liar: {name:?} wrote its history anew")));
        }
        if offered.held > 0 {
            self.reach(name);
        }
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

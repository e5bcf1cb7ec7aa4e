//! Promises that are checked at every step.

use truc_node::store::journal::{Admission, ConnectFacts};
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Link, OfficeId, Seat};
use truc_proto::session::{End, Facts, MailEnd, NodeWrite};
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::{self, EndReason, Verdict};

use super::lie::Told;
use super::line::Peer;
use super::{Result, Violation, World};

/// Facts of the hub's store when a Hello was judged.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    pub(crate) facts: Facts,
    pub(crate) line: Option<Link>,
    /// Whether the newest receipt on the machine's disk is for an entry that the hub does not have complete.
    pub(crate) forgot: bool,
}

impl World {
    pub(crate) fn is_honest(&self, conn: u64) -> bool {
        self.conns.get(&conn).is_none_or(|line| line.peer != Peer::Liar)
    }

    /// Promise Authority: nothing is read from a session whose credential is void.
    pub(crate) fn check_credential(&mut self, conn: u64) -> Result<()> {
        let void = self.conns.get(&conn).is_some_and(|line| line.void);
        if void && self.hub.sessions.contains_key(&conn) {
            return Err(Violation("Authority: a replaced machine is still listened to".into()));
        }
        Ok(())
    }

    /// What the hub will make of a Hello is judged by what its store says now.
    pub(crate) fn note_judged(&mut self, conn: u64, office: OfficeId, found: &ConnectFacts) -> Result<()> {
        let receipt = self.conns.get(&conn).and_then(|line| line.hello).and_then(|hello| hello.receipt);
        let forgot = match receipt {
            Some(link) => !self.hub.journal.reads().complete(office, &link)?,
            None => false,
        };
        if let Some(session) = self.hub.sessions.get_mut(&conn) {
            let line = found.line.map(|(link, _)| link);
            session.judged = Some(Judged { facts: found.facts.clone(), line, forgot });
        }
        Ok(())
    }

    /// Checks the hub's judgement of a Hello when it is sent: at once, or after questions.
    pub(crate) fn check_judgement(&mut self, conn: u64, frame: &wire::HubFrame) -> Result<()> {
        let Some(judged) = self.hub.sessions.get(&conn).and_then(|session| session.judged.clone()) else {
            return Ok(());
        };
        match &frame.frame {
            Some(Down::Standing(_)) => self.check_asked(conn, &judged),
            Some(Down::Welcome(welcome)) => self.check_verdict(conn, &judged, welcome.verdict()),
            _ => Ok(()),
        }
    }

    /// Promise Asked: the hub asks only for what Hello has not shown.
    fn check_asked(&mut self, conn: u64, judged: &Judged) -> Result<()> {
        self.reach("machine asked about the line");
        match self.conns.get(&conn).and_then(|line| line.hello) {
            Some(hello) if hello.receipt == judged.line || hello.tip == judged.line => {
                Err(Violation(format!("Asked: about {:?}, which Hello has shown", judged.line)))
            }
            _ => Ok(()),
        }
    }

    /// Promise Detect: the hub exchanges nothing with an overtaken incarnation that nobody approved. The disk that sent
    /// Hello counts: it may have been set back while Hello was under way.
    fn check_verdict(&mut self, conn: u64, judged: &Judged, verdict: Verdict) -> Result<()> {
        self.reach(match verdict {
            Verdict::Refill => "verdict refill",
            Verdict::Continue => "verdict continue",
            Verdict::Adopt => "verdict adopt",
            Verdict::Branch => "verdict branch",
            Verdict::Fork => "verdict fork",
            _ => "verdict question",
        });
        let Judged { facts, line, forgot } = judged;
        let Some((machine, hello)) =
            self.conns.get(&conn).and_then(|line| Some((line.machine()?, line.hello?)))
        else {
            return Ok(());
        };
        let office = self.machines[machine].office;
        if let (Verdict::Continue, Some(line)) = (verdict, line)
            && !self.is_on_chain(hello.tip, line.hash)
        {
            return Err(Violation(format!("Detect: {office} lacks {line:?}: {verdict:?}")));
        }
        let in_hand = facts.cursor >= facts.delivered || !facts.cursor_fits;
        if verdict == Verdict::Question && (hello.resuming || *forgot && in_hand) {
            return Err(Violation(format!("FalseAlarm: machine {machine} is sanctioned and questioned")));
        }
        let waits = matches!(verdict, Verdict::Refill | Verdict::Question);
        if facts.resuming || facts.forgot || waits || self.truth.hub_went_back {
            return Ok(());
        }
        let delivered = self.truth.delivered.get(&office).copied().unwrap_or(0);
        if facts.cursor < delivered {
            return Err(Violation(format!("Detect: {office} is at {} of {delivered}", facts.cursor)));
        }
        Ok(())
    }

    /// Whether an entry was written on the chain up to a tip.
    fn is_on_chain(&self, tip: Option<Link>, hash: Hash) -> bool {
        let mut at = tip.map(|tip| tip.hash);
        while let Some(entry) = at.and_then(|hash| self.truth.book.get(&hash)) {
            if entry.hash == hash {
                return true;
            }
            at = Some(entry.prev);
        }
        false
    }

    /// Promise FalseAlarm: only a machine that was set back or copied, or is a copy, is questioned.
    pub(crate) fn check_question(&mut self, conn: u64) -> Result<()> {
        self.reach("question raised");
        let Some(line) = self.conns.get(&conn) else { return Ok(()) };
        match line.peer {
            Peer::Liar => self.liar_questioned(conn),
            Peer::Machine(machine) => {
                let up = &self.machines[machine];
                // What a restored machine lost may be returned by others only after it was judged.
                let refilling = self.truth.hub_went_back && up.restored;
                let lied = up.lie.as_ref().is_some_and(Told::may_question);
                if !up.suspect && !refilling && !lied {
                    return Err(Violation(format!("FalseAlarm: machine {machine} is questioned")));
                }
                Ok(())
            }
        }
    }

    /// Promise FalseAlarm: the hub counts as gone back only if it was, or if somebody lies.
    pub(crate) fn check_went_back(&mut self, conn: u64) -> Result<()> {
        self.reach("hub went back noticed");
        let lied = match self.conns.get(&conn).map(|line| line.peer) {
            Some(Peer::Machine(machine)) => self.machines[machine].lie.is_some(),
            _ => true,
        };
        if let Some(Peer::Machine(machine)) = self.conns.get(&conn).map(|line| line.peer) {
            self.lie_resumed(machine);
        }
        if !self.truth.hub_went_back && !lied {
            return Err(Violation("FalseAlarm: the hub did not go back".into()));
        }
        Ok(())
    }

    pub(crate) fn check_forked(&mut self, conn: u64) -> Result<()> {
        self.reach("fork raised");
        if !self.truth.snapshots && self.is_honest(conn) {
            return Err(Violation("Fork: without a live snapshot".into()));
        }
        Ok(())
    }

    /// No honest machine breaks the protocol; a liar's session ends for the reason that belongs to its lie.
    pub(crate) fn check_end(&mut self, conn: u64, end: &End) -> Result<()> {
        if !self.is_honest(conn) {
            return self.liar_ended(conn, end);
        }
        let broken = matches!(end.reason, EndReason::EndProtocol | EndReason::EndEntry);
        let machine = self.conns.get(&conn).and_then(|line| line.machine());
        if broken && !self.answers_a_lie(machine, end) {
            return Err(Violation(format!("hub: {:?} {}", end.reason, end.detail)));
        }
        if end.reason == EndReason::EndVersion {
            self.reach("foreign version refused");
        }
        if end.reason == EndReason::EndReplaced {
            self.reach("older session of an office ended");
        }
        match &end.detail[..] {
            "the certificate ends" => self.reach("certificate expired under a session"),
            "said nothing" => self.reach("nothing was said for too long"),
            "mail was not taken" => self.reach("mail was not taken for too long"),
            _ => {}
        }
        Ok(())
    }

    /// Promises Place and Receipt, as early as they could be broken: receipted entries are in the journal.
    pub(crate) fn check_admission(
        &mut self,
        conn: u64,
        office: OfficeId,
        admission: &Admission,
    ) -> Result<()> {
        if let Some((link, position)) = admission.last
            && self.hub.journal.reads().link_at(position)? != link
        {
            return Err(Violation(format!("Receipt: {office} for {link:?}, which is not at {position}")));
        }
        if admission.new > 0 && !self.is_honest(conn) {
            self.reach("liar's entry admitted");
        }
        Ok(())
    }

    /// Basis of the promise Detect: the hub never forgets up to where an office reported its mail as durable.
    pub(crate) fn check_delivered(&mut self, office: OfficeId, said: u64) -> Result<()> {
        let known = self.truth.delivered.entry(office).or_default();
        *known = said.max(*known);
        let (known, kept) = (*known, self.hub.journal.reads().delivered(office)?);
        if kept < known {
            return Err(Violation(format!("Detect: {office} said {known}, kept is {kept}")));
        }
        Ok(())
    }

    /// Promise Evidence: the hub can show every entry that it reports as held, or has admitted it since.
    pub(crate) fn check_held(&mut self, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            let admitted = self.hub.journal.reads().holds(entry.header.ledger, &entry.link())?;
            if !admitted && !self.is_evidence(entry.hash)? {
                return Err(Violation(format!("Evidence: {:?} is not kept", entry.header.place())));
            }
        }
        Ok(())
    }

    pub(crate) fn is_evidence(&mut self, hash: Hash) -> Result<bool> {
        let conn = self.hub.journal.connection();
        let mut statement = conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM held WHERE hash = ?1)")
            .map_err(super::machine::sql)?;
        statement.query_row([hash.0], |row| row.get(0)).map_err(super::machine::sql)
    }

    /// Checks what a write of the session on a line left on a machine's disk. `since`: end of the journal before it;
    /// `alone`: no other write was in the group.
    pub(crate) fn check_write(
        &mut self,
        machine: usize,
        conn: u64,
        write: &NodeWrite,
        since: u64,
        alone: bool,
    ) -> Result<()> {
        if matches!(
            write,
            NodeWrite::Receipt { resumed: true, .. } | NodeWrite::Mail { end: MailEnd::Resumed, .. }
        ) {
            self.check_resumed(machine, conn)?;
        }
        match write {
            NodeWrite::Receipt { receipt, .. } => {
                let office = self.machines[machine].office;
                if !receipt.verify(office, &self.hub.identity.hub_key) {
                    return Err(Violation(format!("Receipt: {office} keeps one that the hub did not sign")));
                }
                self.truth.receipted.push((office, receipt.link));
                self.check_newest_receipt(machine, receipt.link.seat)
            }
            NodeWrite::Forged(entries) => self.check_forged(machine, entries),
            NodeWrite::Welcome { line: Some(line), .. } => {
                self.lie_believed(machine, conn);
                let reads = self.machines[machine].journal.reads();
                if reads.on_chain(reads.tip()?, &line.link)? {
                    self.check_newest_receipt(machine, line.link.seat)?;
                }
                Ok(())
            }
            NodeWrite::Aside { .. } => {
                self.machines[machine].chain += 1;
                Ok(())
            }
            NodeWrite::Mail { entries, mark, end, .. } => {
                if let MailEnd::Adopt { line, .. } = end {
                    self.machines[machine].chain += 1;
                    let journal = &self.machines[machine].journal;
                    if journal.tip() == Some(line.link) && !journal.reads().holds_chain(&line.link)? {
                        return Err(Violation(format!(
                            "OwnChain: machine {machine} adopts {line:?} too early"
                        )));
                    }
                }
                if mark.is_none() && alone {
                    self.check_early(machine, entries, since)?;
                }
                let entries: Vec<Entry> = entries.iter().map(|(_, entry)| entry.clone()).collect();
                self.check_authority(machine, &entries)?;
                self.check_order(machine, &entries, mark.is_some(), since)
            }
            _ => Ok(()),
        }
    }

    /// Promise Resumed: a machine that knows it is behind stays so until the hub has all that it had when it sent
    /// Hello. Nothing is checked if the hub's end of the session is closed, because the hub may have gone back since.
    fn check_resumed(&mut self, machine: usize, conn: u64) -> Result<()> {
        let office = self.machines[machine].office;
        let tip = self.conns.get(&conn).and_then(|line| line.hello).and_then(|hello| hello.tip);
        if let Some(tip) = tip
            && self.hub.sessions.contains_key(&conn)
            && !self.hub.journal.reads().complete(office, &tip)?
        {
            return Err(Violation(format!("Resumed: machine {machine}, and the hub lacks {tip:?}")));
        }
        Ok(())
    }

    /// Mail that came ahead of the queue is returned if the hub goes back before its turn: the hub then counts as
    /// lacking it.
    fn check_early(&self, machine: usize, entries: &[(u64, Entry)], since: u64) -> Result<()> {
        let reads = self.machines[machine].journal.reads();
        for (_, entry) in entries {
            if let Some(stored) = reads.at(entry.header.ledger, entry.header.seat)?
                && stored.position == since + 1
                && stored.hub_position.is_some()
            {
                let place = entry.header.place();
                return Err(Violation(format!("Progress: {place:?} came early and counts as kept")));
            }
        }
        Ok(())
    }

    /// Promise Receipt: the newest receipt never goes back along the chain, even if a hub that forgot sends older ones
    /// again.
    fn check_newest_receipt(&mut self, machine: usize, said: Seat) -> Result<()> {
        let newest = self.machines[machine].journal.receipt().map(|receipt| receipt.link.seat);
        let before =
            self.machines[machine].newest_receipt.filter(|(boot, _)| *boot == self.machines[machine].chain);
        if newest < Some(said) || before.is_some_and(|(_, before)| newest < Some(before)) {
            return Err(Violation(format!(
                "Receipt: the newest of machine {machine} went back to {newest:?}"
            )));
        }
        if let Some(newest) = newest {
            self.machines[machine].newest_receipt = Some((self.machines[machine].chain, newest));
        }
        Ok(())
    }

    /// Promise Authority: no machine receives an entry that its own check would refuse, unless the hub lies.
    fn check_authority(&mut self, machine: usize, entries: &[Entry]) -> Result<()> {
        // Who was lied to may go by another map than the hub for a while, or know more than a hub that went back.
        let lied_to = self.machines[machine].lie.is_some();
        let (registry, at_hub) = (self.known_to(machine)?, std::sync::Arc::clone(&self.hub.map.registry));
        for entry in entries {
            if entry.header.ledger == self.machines[machine].office {
                continue;
            }
            let place = entry.header.place();
            let arrived = self.hub.journal.reads().at(place.ledger, place.seat)?.and_then(|at| at.arrived);
            let mut judged = truc_node::derive::vet::vet(&registry, entry, arrived);
            if lied_to {
                judged = judged.or_else(|_| truc_node::derive::vet::vet(&at_hub, entry, arrived));
            }
            if let Err(refusal) = judged {
                // What is said of an office on a day counts for that whole day; what came before stays as judged.
                if self.refused_rightly(entry, refusal) {
                    continue;
                }
                if self.machines[machine].lie.is_none() {
                    return Err(Violation(format!("Authority: {place:?} was delivered: {}", refusal.code())));
                }
                self.lie_noticed(machine, refusal.code())?;
            }
        }
        Ok(())
    }

    /// Checks that the back-pointers of an own entry name the previous entry to each scope on its own chain.
    pub(crate) fn check_channels(&mut self, entry: &Entry) -> Result<()> {
        for channel in &entry.header.audience {
            let mut prev = entry.prev;
            let mut expected = None;
            while let Some(before) = self.truth.book.get(&prev) {
                if before.header.audience.iter().any(|earlier| earlier.scope == channel.scope) {
                    expected = Some(before.header.seat);
                    break;
                }
                prev = before.prev;
            }
            if channel.previous != expected {
                let place = entry.header.place();
                return Err(Violation(format!(
                    "Channels: {place:?} names {:?} before it, it is {expected:?}",
                    channel.previous
                )));
            }
        }
        Ok(())
    }
}

//! Writes of a node's session.

use std::sync::atomic::{AtomicBool, Ordering};

use prost::Message;
use rusqlite::params;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::{Link, Mark, Seat};
use truc_proto::limits;
use truc_proto::receipt::Receipt;
use truc_proto::session::OwnKeys;
use truc_proto::session::{MailEnd, NodeFacts, NodeWrite, Wrote};

use super::place::{Chain, Placed};
use super::{Journal, Result};

/// The writes of one session, in order. After one that failed none is made: the cursor would pass mail that a full disk
/// refused.
#[derive(Debug, Default)]
pub struct SessionWrites {
    failed: AtomicBool,
}

impl SessionWrites {
    /// Makes a write within the group under way; `None`: an earlier one failed.
    pub fn make(&self, journal: &mut Journal, write: NodeWrite) -> Result<Option<Wrote>> {
        if self.failed.load(Ordering::SeqCst) && !planted("session.writes-on") {
            return Ok(None);
        }
        let wrote = journal.session_write(write);
        // Those behind it in the same group must not be made either.
        if wrote.is_err() {
            self.fail();
        }
        wrote.map(Some)
    }

    /// Notes that a group with a write of this session failed.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }
}

impl Journal {
    /// Makes one write of the session within the group under way.
    pub fn session_write(&mut self, write: NodeWrite) -> Result<Wrote> {
        match write {
            NodeWrite::Welcome { from, resuming, line } => self.welcome(from, resuming, line),
            NodeWrite::Receipt { receipt, resumed } => {
                self.store_receipt(receipt)?;
                if resumed {
                    self.set_resuming(false)?;
                }
                Ok(Wrote::Done)
            }
            NodeWrite::Mail { entries, arrivals, mark, end } => {
                if let Some(mark) = mark.filter(|_| planted("cursor.ahead-of-mail")) {
                    self.move_cursor(mark)?;
                    self.commit()?;
                    self.begin()?;
                }
                let arrivals = arrivals.into_iter().chain(std::iter::repeat(0));
                for ((position, entry), arrival) in entries.iter().zip(arrivals) {
                    // An entry that came early counts as lacking at the hub until its ordered copy: the hub may go back
                    // before.
                    let at = mark.map(|_| *position).or(planted("early.counts-as-kept").then_some(*position));
                    self.take(at, entry)?;
                    self.note_arrival(entry, arrival)?;
                }
                if let Some(mark) = mark {
                    self.move_cursor(mark)?;
                }
                self.end_mail(end)
            }
            NodeWrite::Forged(entries) => {
                for entry in &entries {
                    self.keep_evidence(entry, true)?;
                }
                Ok(Wrote::Done)
            }
            NodeWrite::Aside { after } => self.set_aside(after),
            NodeWrite::Resume => {
                self.set_resuming(true)?;
                Ok(Wrote::Done)
            }
        }
    }

    /// Sets or clears *resuming*: the store knows that it is behind.
    pub fn set_resuming(&mut self, resuming: bool) -> Result<()> {
        self.conn.prepare_cached("UPDATE state SET resuming = ?1")?.execute([resuming])?;
        Ok(())
    }

    fn welcome(&mut self, from: Mark, resuming: bool, line: Option<Receipt>) -> Result<Wrote> {
        let cursor = self.reads().cursor()?.first().copied().unwrap_or(Mark::START);
        let back = cursor.position > from.position;
        if back {
            self.set_cursor_back(from)?;
        }
        if back && !planted("welcome.back-unknown") || resuming {
            self.set_resuming(true)?;
        }
        let Some(line) = line else {
            return Ok(Wrote::Welcomed { on_chain: true, held: true });
        };
        let on_chain = self.reads().on_chain(self.tip, &line.link)?;
        let waits = self.reads().is_evidence(self.own, &line.link)?
            && !self.reads().is_forged(self.own, &line.link)?;
        let held = waits || self.reads().holds(self.own, &line.link)?;
        if on_chain {
            self.store_receipt(line)?;
        }
        Ok(Wrote::Welcomed { on_chain, held })
    }

    /// Stores a newer receipt. It never goes back along the chain, even if a hub that went back gives older ones again.
    fn store_receipt(&mut self, receipt: Receipt) -> Result<()> {
        let newer = self.receipt.is_some_and(|stored| stored.link.seat >= receipt.link.seat);
        if newer && !planted("receipt.goes-back") {
            return Ok(());
        }
        self.replace_receipt(receipt)
    }

    fn replace_receipt(&mut self, receipt: Receipt) -> Result<()> {
        self.note_receipted(&receipt)?;
        self.conn
            .prepare_cached("UPDATE state SET receipt = ?1")?
            .execute([receipt.to_wire().encode_to_vec()])?;
        self.receipt = Some(receipt);
        Ok(())
    }

    /// Notes when the hub had an entry that is here now. The first word counts.
    fn note_arrival(&mut self, entry: &Entry, arrival: u64) -> Result<()> {
        let Some(position) = Some(entry.link()).filter(|_| arrival > 0).map_or(Ok(None), |link| {
            let found = self.reads().hash_at(entry.header.ledger, link.seat)?;
            Ok::<_, super::JournalError>(found.filter(|(hash, _)| *hash == link.hash))
        })?
        else {
            return Ok(());
        };
        self.conn
            .prepare_cached(
                "INSERT INTO arrival (position, last, time) VALUES (?1, ?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute(params![position.1 as i64, arrival as i64])?;
        Ok(())
    }

    /// Notes when the hub had the own entries that a receipt is the first to answer for.
    fn note_receipted(&mut self, receipt: &Receipt) -> Result<()> {
        let known = self.receipt.map(|receipt| receipt.link.seat);
        let stretches = self.reads().walk(self.own, Some(receipt.link.seat), |stretch| {
            known.is_some_and(|known| stretch.to.incarnation <= known.incarnation)
        })?;
        let no = self.ledger(self.own)?.no;
        for stretch in stretches {
            let from = match known {
                Some(known) if known.incarnation == stretch.to.incarnation => known.seq + 1,
                _ => stretch.from,
            };
            self.conn
                .prepare_cached(
                    "INSERT INTO arrival (position, last, time) SELECT position, position, ?5 FROM entry \
                     WHERE ledger = ?1 AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4 ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    no,
                    stretch.to.incarnation.0 as i64,
                    from as i64,
                    stretch.to.seq as i64,
                    receipt.hub_time.millis() as i64
                ])?;
        }
        Ok(())
    }

    /// Takes an entry from the hub. A known one changes nothing. One that has no place here is evidence: another stands
    /// there, or it contradicts what is before or after it.
    fn take(&mut self, position: Option<u64>, entry: &Entry) -> Result<()> {
        let (ledger, seat) = (entry.header.ledger, entry.header.seat);
        let mut placed = self.place(entry, position, Chain::Part)?;
        if matches!(placed, Placed::Not(_)) && self.make_way(entry)? {
            placed = self.place(entry, position, Chain::Part)?;
        }
        match placed {
            Placed::New => self.written_elsewhere(entry),
            Placed::Known => {
                let Some((position, (_, row))) = position.zip(self.reads().hash_at(ledger, seat)?) else {
                    return Ok(());
                };
                self.conn
                    .prepare_cached(
                        "UPDATE entry SET hub_position = ?2 WHERE position = ?1 AND hub_position IS NOT ?2 \
                         AND hub_position IS NOT 0",
                    )?
                    .execute(params![row as i64, position as i64])?;
            }
            Placed::Not(_) => {
                self.hold(entry)?;
                self.written_elsewhere(entry);
            }
        }
        Ok(())
    }

    /// Closes the open incarnation if a copy of this machine's memory writes in it too: the next own entry opens
    /// another one, instead of taking the same place as the copy's.
    fn written_elsewhere(&mut self, entry: &Entry) {
        if entry.header.ledger == self.own && self.open == Some(entry.header.seat.incarnation) {
            self.open = None;
        }
    }

    fn move_cursor(&mut self, mark: Mark) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO mark (position, running) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![mark.position as i64, mark.running.0])?;
        let mut marks: Vec<u64> = self.reads().cursor()?.iter().map(|mark| mark.position).collect();
        for position in thinned(&mut marks) {
            self.conn.prepare_cached("DELETE FROM mark WHERE position = ?1")?.execute([position as i64])?;
        }
        Ok(())
    }

    /// Sets the cursor back to `from`, where the hub's history begins to differ. Mail from after it may be missing at
    /// the hub, and so may own entries of other branches; the tip's chain is pushed anyway.
    fn set_cursor_back(&mut self, from: Mark) -> Result<()> {
        self.conn.execute("DELETE FROM mark WHERE position > ?1", [from.position as i64])?;
        self.forget_heads(from.position)?;
        self.conn.execute(
            "UPDATE entry SET hub_position = NULL WHERE hub_position > ?1",
            [from.position as i64],
        )?;
        if planted("refill.own-branches-kept") {
            return Ok(());
        }
        let no = self.ledger(self.own)?.no;
        self.conn.execute("UPDATE entry SET hub_position = NULL WHERE ledger = ?1", [no])?;
        for stretch in self.reads().walk(self.own, self.tip.map(|tip| tip.seat), |_| false)? {
            self.conn.execute(
                "UPDATE entry SET hub_position = 0 WHERE ledger = ?1 AND incarnation = ?2 \
                 AND seq BETWEEN ?3 AND ?4",
                params![no, stretch.to.incarnation.0 as i64, stretch.from as i64, stretch.to.seq as i64],
            )?;
        }
        Ok(())
    }

    /// Sets the cursor back to a mark at or before a position at the hub: mail from after it was missed, and comes again.
    pub fn ask_again(&mut self, before: u64) -> Result<()> {
        self.conn.execute("DELETE FROM mark WHERE position > ?1", [before as i64])?;
        self.set_resuming(true)
    }

    fn end_mail(&mut self, end: MailEnd) -> Result<Wrote> {
        match end {
            MailEnd::None => Ok(Wrote::Done),
            MailEnd::Resumed => {
                self.set_resuming(false)?;
                Ok(Wrote::Done)
            }
            MailEnd::Adopt { tip, .. } if tip != self.tip => Ok(Wrote::TipMoved),
            MailEnd::Adopt { line, .. } => {
                // The line may have come early, or before its predecessors in a refilled hub.
                if !self.reads().holds_chain(&line.link)? && !planted("adopt.incomplete") {
                    return Ok(Wrote::Incomplete);
                }
                let found = self.reads().hash_at(self.own, line.link.seat)?;
                if found.is_none_or(|(hash, _)| hash != line.link.hash) {
                    return Ok(Wrote::TipMoved);
                }
                self.move_tip(Some(line.link))?;
                self.head_moved(self.own, Some(line.link.seat))?;
                self.replace_receipt(line)?;
                self.set_resuming(false)?;
                self.open = None;
                Ok(Wrote::Done)
            }
        }
    }

    /// Sets own entries of the chain after `after` aside: they lost a fork, together with those that people wrote after
    /// Hello, in whatever incarnation. Their places become free for the entries that won, and the next own entry
    /// continues the last one that both branches have.
    fn set_aside(&mut self, after: Option<Seat>) -> Result<Wrote> {
        let stretches = self.reads().walk(self.own, self.tip.map(|tip| tip.seat), |stretch| {
            after.is_some_and(|after| stretch.to.incarnation <= after.incarnation)
        })?;
        let no = self.ledger(self.own)?.no;
        for stretch in stretches {
            let from = match after {
                Some(after) if after.incarnation == stretch.to.incarnation => after.seq + 1,
                _ => stretch.from,
            };
            // Entries above the tip in its incarnation were written by the copy that won.
            let lost = params![no, stretch.to.incarnation.0 as i64, from as i64, stretch.to.seq as i64];
            self.conn.execute(
                "INSERT INTO aside (position, ledger, incarnation, seq, hash, prev, signature, running, content) \
                 SELECT position, ledger, incarnation, seq, hash, prev, signature, running, content \
                 FROM entry WHERE ledger = ?1 AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4",
                lost,
            )?;
            self.conn.execute(
                "DELETE FROM entry WHERE ledger = ?1 AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4",
                lost,
            )?;
            // Back-pointers must not lead to them: the entries that win their places went to other scopes.
            self.conn.execute(
                "DELETE FROM channel WHERE ledger = ?1 AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4",
                lost,
            )?;
        }
        let tip = match after {
            Some(seat) => self.reads().hash_at(self.own, seat)?.map(|(hash, _)| Link { seat, hash }),
            None => None,
        };
        self.move_tip(tip)?;
        self.ledger(self.own)?.newest = None;
        self.head_moved(self.own, tip.map(|tip| tip.seat))?;
        self.open = None;
        self.take_places()?;
        Ok(Wrote::Aside { tip })
    }

    /// Moves own entries from evidence to their places, where they now follow what is here: mail does not bring them
    /// again.
    fn take_places(&mut self) -> Result<()> {
        // In this order each entry comes after its predecessor.
        for entry in self.reads().evidence(Some(self.own), limits::HELD_ENTRIES)? {
            let follows = match entry.header.predecessor() {
                None => true,
                Some(seat) => self.reads().holds(self.own, &Link { seat, hash: entry.prev })?,
            };
            if follows && !self.reads().is_forged(self.own, &entry.link())? {
                self.place(&entry, Some(0), Chain::Part)?;
            }
        }
        Ok(())
    }
}

/// What Hello says, read from the store.
pub fn node_facts(
    journal: super::Reads<'_>,
    hub_key: ed25519_dalek::VerifyingKey,
    keys: OwnKeys,
    clock: u64,
    program: &str,
) -> Result<NodeFacts> {
    let receipt = journal.receipt()?;
    Ok(NodeFacts {
        office: journal.own(),
        hub_key,
        keys,
        tip: journal.tip()?,
        receipt,
        cursor: journal.cursor()?,
        resuming: journal.resuming()?,
        beyond: journal.has_beyond()?,
        credential: journal.credential()?,
        backlog: journal.chain_length_after(receipt.map(|receipt| receipt.link.seat))?,
        clock,
        program: program.to_owned(),
        head: journal.newest_head()?,
        machine: None,
    })
}

/// The marks (newest first) to delete so that older ones remain at growing distances: the oldest of each power of two.
fn thinned(marks: &mut Vec<u64>) -> Vec<u64> {
    let Some(&newest) = marks.first() else { return Vec::new() };
    let bucket = |mark: u64| newest.saturating_sub(mark).checked_ilog2();
    let mut dropped = Vec::new();
    let mut kept = vec![newest];
    for (index, &mark) in marks.iter().enumerate().skip(1) {
        let oldest_of_its_bucket = marks.get(index + 1).is_none_or(|older| bucket(*older) != bucket(mark));
        if oldest_of_its_bucket {
            kept.push(mark);
        } else {
            dropped.push(mark);
        }
    }
    while kept.len() > limits::OLDER_MARKS + 1 {
        dropped.push(kept.remove(1));
    }
    *marks = kept;
    dropped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_proto::id::{Hash, OfficeId, RecordId};
    use truc_proto::time::Hlc;
    use truc_proto::wire::{Confidentiality, Urgency};
    use uuid::Uuid;

    use super::*;
    use crate::store::journal::{Draft, verify};

    const OWN: OfficeId = OfficeId(Uuid::from_u128(1));

    fn write(journal: &mut Journal, random: u32) -> Entry {
        let draft = Draft {
            author: "test".into(),
            record: RecordId(Uuid::from_u128(2)),
            kind: 99,
            body: vec![random as u8].into(),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        };
        let key = SigningKey::from_bytes(&[1; 32]);
        journal.group(|journal| journal.append(draft, &key, 1, random)).unwrap().1
    }

    fn make(journal: &mut Journal, write: NodeWrite) -> Wrote {
        journal.group(|journal| journal.session_write(write)).unwrap()
    }

    fn mail(journal: &mut Journal, entries: Vec<(u64, Entry)>, mark: Option<u64>, end: MailEnd) -> Wrote {
        let mark = mark.map(|position| Mark { position, running: Hash::ZERO });
        make(journal, NodeWrite::Mail { entries, arrivals: Vec::new(), mark, end })
    }

    fn line(entry: &Entry, position: u64) -> Receipt {
        Receipt::sign(OWN, entry.link(), position, Hlc(1), &SigningKey::from_bytes(&[1; 32]))
    }

    /// A machine, and a copy of it with its memory: both have written one entry and write on in the same incarnation.
    fn copied() -> (Journal, Journal, Entry) {
        let mut one = Journal::in_memory(OWN, false).unwrap();
        let first = write(&mut one, 1);
        let mut other = Journal::in_memory(OWN, false).unwrap();
        let end = MailEnd::Adopt { tip: None, line: line(&first, 1) };
        assert_eq!(mail(&mut other, vec![(1, first.clone())], Some(1), end), Wrote::Done);
        other.go_on_in(one.incarnation());
        (one, other, first)
    }

    fn whole(journal: &Journal) {
        let reached = verify(journal.reads(), Mark::START, None).unwrap();
        assert_eq!(reached, journal.end());
    }

    #[test]
    fn a_line_that_came_before_its_predecessors_is_not_adopted_yet() {
        let mut lost = Journal::in_memory(OWN, false).unwrap();
        let (first, second) = (write(&mut lost, 1), write(&mut lost, 1));
        let adopt = MailEnd::Adopt { tip: None, line: line(&second, 2) };
        let mut anew = Journal::in_memory(OWN, false).unwrap();
        assert_eq!(mail(&mut anew, vec![(2, second.clone())], None, adopt), Wrote::Incomplete);
        assert_eq!(anew.tip(), None);
        assert_eq!(mail(&mut anew, vec![(1, first)], Some(1), adopt), Wrote::Done);
        assert_eq!(anew.tip(), Some(second.link()));
    }

    /// Mail that brought it does not come again.
    #[test]
    fn what_won_takes_its_places_though_it_came_while_others_stood_there() {
        let (mut lost, mut won, first) = copied();
        let theirs = [write(&mut lost, 2), write(&mut lost, 3)];
        let won = [write(&mut won, 4), write(&mut won, 5), write(&mut won, 6)];
        let entries = (2..).zip(won.clone()).collect();
        assert_eq!(mail(&mut lost, entries, Some(4), MailEnd::None), Wrote::Done);
        whole(&lost);
        for entry in &won {
            assert!(
                !lost.reads().holds(OWN, &entry.link()).unwrap(),
                "beside what people wrote there is no place"
            );
        }
        let line = line(&won[2], 4);
        let welcome = NodeWrite::Welcome { from: Mark::START, resuming: true, line: Some(line) };
        assert_eq!(make(&mut lost, welcome), Wrote::Welcomed { on_chain: false, held: true });
        let aside = make(&mut lost, NodeWrite::Aside { after: Some(first.header.seat) });
        assert_eq!(aside, Wrote::Aside { tip: Some(first.link()) });
        whole(&lost);
        let end = MailEnd::Adopt { tip: Some(first.link()), line };
        assert_eq!(mail(&mut lost, vec![], None, end), Wrote::Done);
        assert_eq!(lost.tip(), Some(won[2].link()));
        for entry in &theirs {
            assert!(lost.reads().is_aside(&entry.link()).unwrap());
        }
        assert!(lost.reads().evidence(Some(OWN), 9).unwrap().is_empty());
    }

    /// The program was restarted and people wrote after Hello was sent: those entries are on the branch, too.
    #[test]
    fn a_branch_goes_aside_with_all_that_continues_it() {
        let (mut lost, mut won, first) = copied();
        let before = write(&mut lost, 2);
        lost.go_on_in(None);
        let after = write(&mut lost, 3);
        let won = [write(&mut won, 4), write(&mut won, 5)];
        make(&mut lost, NodeWrite::Aside { after: Some(first.header.seat) });
        for entry in [&before, &after] {
            assert!(lost.reads().is_aside(&entry.link()).unwrap());
            assert!(!lost.reads().holds(OWN, &entry.link()).unwrap());
        }
        let entries = (2..).zip(won.clone()).collect();
        let end = MailEnd::Adopt { tip: Some(first.link()), line: line(&won[1], 3) };
        assert_eq!(mail(&mut lost, entries, Some(3), end), Wrote::Done);
        whole(&lost);
    }

    /// The hub once gave the first with a false signature; what follows it may come before the genuine one.
    #[test]
    fn forged_bytes_keep_no_genuine_entry_out() {
        let mut lost = Journal::in_memory(OWN, false).unwrap();
        let own = [write(&mut lost, 1), write(&mut lost, 1)];
        let mut anew = Journal::in_memory(OWN, false).unwrap();
        let forged = Entry { signature: [0; 64], ..own[0].clone() };
        make(&mut anew, NodeWrite::Forged(vec![forged]));
        mail(&mut anew, vec![(2, own[1].clone())], None, MailEnd::None);
        let end = MailEnd::Adopt { tip: None, line: line(&own[1], 2) };
        assert_eq!(mail(&mut anew, vec![(1, own[0].clone())], Some(1), end), Wrote::Done);
        assert_eq!(anew.tip(), Some(own[1].link()));
        assert!(anew.reads().evidence(Some(OWN), 9).unwrap().is_empty());
        whole(&anew);
    }

    #[test]
    fn where_a_copy_writes_too_nothing_more_is_written() {
        let (mut one, mut other, first) = copied();
        let theirs = write(&mut other, 2);
        mail(&mut one, vec![(2, theirs.clone())], Some(2), MailEnd::None);
        let mine = write(&mut one, 3);
        assert_eq!(mine.header.base, Some(first.header.seat));
        assert!(one.reads().holds(OWN, &theirs.link()).unwrap());
        whole(&one);
    }

    #[test]
    fn older_marks_are_kept_at_growing_distance() {
        let mut marks = Vec::new();
        for position in 1..=100_000 {
            marks.insert(0, position);
            thinned(&mut marks);
            assert!(marks.len() <= limits::OLDER_MARKS + 1);
        }
        assert_eq!(marks[0], 100_000);
        assert!(
            marks
                .windows(3)
                .all(|three| three[0] - three[1] <= three[1] - three[2] + 1 || three[0] == 100_000),
            "{marks:?}"
        );
        assert!(*marks.last().unwrap_or(&100_000) <= 50_000, "{marks:?}");
    }
}

//! Writes of a hub's sessions: admissions, offers, delivered marks.

use std::collections::HashMap;

use ed25519_dalek::VerifyingKey;
use rusqlite::{OptionalExtension, params};
use truc_proto::audience::Scope;
use truc_proto::chain::{self, Break};
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::{Incarnation, Link, OfficeId, Seat};
use truc_proto::session::Obstacle;
use truc_proto::wire;

use super::place::{Chain, Latest, Placed, Why};
use super::{Journal, JournalError, Reads, Result, seat_of};

/// `hub_position` of an entry in a hub's journal that an addressee gave back, or that the line left behind. Its author
/// may lack it, so it is part of the author's mail.
pub(super) const GIVEN_BACK: u64 = 1;

/// `hub_position` of an entry that its author pushed.
const PUSHED: u64 = 0;

/// Nothing stands at an entry's place.
const FREE: Placed = Placed::Not(Why::Break(Break::Predecessor));

/// What became of a pushed batch; the caller signs the receipt.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// The last entry that was admitted or known, with its position.
    pub last: Option<(Link, u64)>,
    /// Number of new entries.
    pub new: usize,
    /// Entries not admitted, and why the first of them was not.
    pub rest: Option<(Vec<Entry>, Obstacle)>,
    /// An island was completed: the line lies further on than the batch.
    pub line_beyond: bool,
    /// How often a chain other than the line's was read whole.
    pub walks: u64,
}

/// Who gives an entry back, and to what hub.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Giver {
    /// It is the office whose ledger it is; else somebody who was sent it.
    pub author: bool,
    /// The hub knows that it was put back, and may have had the entry.
    pub put_back: bool,
}

/// What became of offered entries.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// Number of new entries.
    pub new: usize,
    /// Ledgers whose line moved.
    pub moved: Vec<OfficeId>,
    /// Entries that have no place here: kept as evidence.
    pub held: usize,
    /// How often a chain other than a line's was read whole.
    pub walks: u64,
}

impl Journal {
    /// Admits entries of one ledger that continue its line. Entries known already are receipted again; with `branch`,
    /// the first unknown one may continue any complete entry. The caller has checked that the batch is one chain with a
    /// signed head. `now`: time of arrival, Unix milliseconds.
    pub fn admit(&mut self, entries: Vec<Entry>, branch: bool, now: u64) -> Result<Admission> {
        let mut admission = Admission::default();
        let mut entries = entries.into_iter();
        while let Some(entry) = entries.next() {
            let ledger = entry.header.ledger;
            let line = self.ledger(ledger)?.line;
            let next = entry.follows(line.as_ref().map(|(link, _)| link)) || planted("admit.any-predecessor");
            let branches = branch && admission.new == 0;
            let (placed, branch) = if next {
                (self.place(&entry, Some(PUSHED), Chain::Head)?, None)
            } else if branches && self.stands(&entry)? == FREE && self.predecessor_complete(&entry)? {
                admission.walks += 1;
                let latest = self.reads().latest_on(ledger, entry.header.predecessor())?;
                (self.place(&entry, Some(PUSHED), Chain::Of(&latest))?, Some(latest))
            } else {
                (self.stands(&entry)?, None)
            };
            let obstacle = match placed {
                Placed::New => {
                    if branch.is_some() {
                        self.abandon(&entry)?;
                    }
                    admission.new += 1;
                    let position = self.end.position;
                    let line = self.completed(&entry, position, branch.is_some())?;
                    admission.line_beyond |= line != entry.link();
                    admission.last = Some((entry.link(), position));
                    continue;
                }
                Placed::Known if self.reads().complete(ledger, &entry.link())? => {
                    let position = self.reads().hash_at(ledger, entry.header.seat)?;
                    admission.last = position.map(|(_, position)| (entry.link(), position));
                    continue;
                }
                Placed::Known => Obstacle::NotNext,
                Placed::Not(Why::Taken) => Obstacle::Taken,
                Placed::Not(Why::Break(Break::Predecessor)) => Obstacle::NotNext,
                Placed::Not(_) => Obstacle::Chain,
            };
            let mut rest = vec![entry];
            rest.extend(entries.by_ref());
            admission.rest = Some((rest, obstacle));
        }
        self.arrived_now(admission.new, now)?;
        Ok(admission)
    }

    /// Takes an entry that an office gives back. A new entry of the hub's own ledger closes the hub's open incarnation.
    ///
    /// What continues a line might as well have been pushed, and the hub's own entries are its own word. What another
    /// was sent, and lies after the line with a gap between, the hub may have lost without knowing. All else is taken
    /// only by a hub that knows that it was put back, whoever gives it: otherwise an office could write its own history
    /// anew, by itself or with the help of another. Of its own, an office gives back none before what is already here
    /// unless it is whole. What is not taken is evidence. What an entry continues may be evidence for that reason alone:
    /// it is taken first, as far as the giver might have given it back.
    pub fn offered(&mut self, entry: &Entry, giver: Giver, offered: &mut Offered) -> Result<()> {
        for before in self.reads().evidence_before(entry)? {
            self.given_back(&before, giver, offered)?;
        }
        if self.given_back(entry, giver, offered)? {
            self.hold(entry)?;
            offered.held += 1;
        }
        Ok(())
    }

    /// Takes one entry that was given back; `true`: it has no place here.
    fn given_back(&mut self, entry: &Entry, giver: Giver, offered: &mut Offered) -> Result<bool> {
        let ledger = entry.header.ledger;
        let before = self.ledger(ledger)?.line;
        let line = before.map(|(link, _)| link);
        let follows = entry.follows(line.as_ref());
        let whole = self.predecessor_complete(entry)? || planted("offer.island-is-line");
        let after_line = line.is_none_or(|line| entry.header.seat.seq > line.seat.seq);
        let mine = ledger == self.own || giver.author && planted("offer.own-history");
        let later = !giver.author && !whole && after_line;
        let allowed = follows || mine || later || giver.put_back && (!giver.author || whole || after_line);
        let placed = if !allowed {
            self.stands(entry)?
        } else if follows {
            self.place(entry, Some(GIVEN_BACK), Chain::Head)?
        } else if whole && self.stands(entry)? == FREE {
            offered.walks += 1;
            let latest = self.reads().latest_on(ledger, entry.header.predecessor())?;
            self.place(entry, Some(GIVEN_BACK), Chain::Of(&latest))?
        } else {
            self.place(entry, Some(GIVEN_BACK), Chain::Part)?
        };
        match placed {
            Placed::New => {}
            Placed::Known => return Ok(false),
            Placed::Not(_) => return Ok(true),
        }
        offered.new += 1;
        if whole {
            let position = self.end.position;
            self.abandon(entry)?;
            self.completed(entry, position, !follows)?;
        } else {
            let state = self.ledger(ledger)?;
            state.islands = true;
            let (no, seat) = (state.no, entry.header.seat);
            self.conn
                .prepare_cached("INSERT INTO island (ledger, incarnation, seq) VALUES (?1, ?2, ?3)")?
                .execute(params![no, seat.incarnation.0 as i64, seat.seq as i64])?;
        }
        let after = self.ledger(ledger)?.line;
        if after != before && !offered.moved.contains(&ledger) && !planted("offer.line-untold") {
            offered.moved.push(ledger);
        }
        if ledger == self.own {
            self.open = None;
            self.move_tip(after.map(|(link, _)| link))?;
        }
        Ok(false)
    }

    /// Notes that the newest `count` entries came now (Unix milliseconds). Those that are given back to a hub that was put
    /// back it may have had before.
    pub fn arrived_now(&mut self, count: usize, now: u64) -> Result<()> {
        if count == 0 {
            return Ok(());
        }
        let last = self.end.position;
        let first = last + 1 - count as u64;
        self.conn
            .prepare_cached("INSERT INTO arrival (position, last, time) VALUES (?1, ?2, ?3)")?
            .execute(params![first as i64, last as i64, now as i64])?;
        Ok(())
    }

    /// What stands at an entry's place, for one that may not be put there.
    fn stands(&self, entry: &Entry) -> Result<Placed> {
        Ok(match self.reads().hash_at(entry.header.ledger, entry.header.seat)? {
            Some((hash, _)) if hash == entry.hash => Placed::Known,
            Some(_) => Placed::Not(Why::Taken),
            None => FREE,
        })
    }

    /// Raises the delivered mark of an office; the mark is never lowered.
    pub fn delivered(&mut self, office: OfficeId, position: u64) -> Result<()> {
        if planted("delivered.not-kept") {
            return Ok(());
        }
        if planted("delivered.lowered") {
            self.conn.execute("DELETE FROM delivered WHERE office = ?1", [office.0.as_bytes()])?;
        }
        self.conn
            .prepare_cached(
                "INSERT INTO delivered (office, position) VALUES (?1, ?2) \
                 ON CONFLICT (office) DO UPDATE SET position = max(position, excluded.position)",
            )?
            .execute(params![office.0.as_bytes(), position as i64])?;
        Ok(())
    }

    fn predecessor_complete(&self, entry: &Entry) -> Result<bool> {
        match entry.header.predecessor() {
            None => Ok(true),
            Some(seat) => self.reads().complete(entry.header.ledger, &Link { seat, hash: entry.prev }),
        }
    }

    /// Moves the line to the chain of `entry`. Entries that the line leaves behind become part of their author's mail:
    /// the machine that writes today may never have held them.
    fn abandon(&mut self, entry: &Entry) -> Result<()> {
        let ledger = entry.header.ledger;
        let state = self.ledger(ledger)?;
        let (no, Some((line, _))) = (state.no, state.line) else { return Ok(()) };
        if planted("line.left-untold") {
            return Ok(());
        }
        if entry.follows(Some(&line)) {
            return Ok(());
        }
        let kept: HashMap<Incarnation, u64> = self
            .reads()
            .walk(ledger, Some(entry.header.seat), |_| false)?
            .into_iter()
            .map(|stretch| (stretch.to.incarnation, stretch.to.seq))
            .collect();
        let left = self
            .reads()
            .walk(ledger, Some(line.seat), |stretch| kept.contains_key(&stretch.to.incarnation))?;
        for stretch in left {
            let shared = kept.get(&stretch.to.incarnation).copied().unwrap_or(0);
            self.conn.execute(
                "UPDATE entry SET hub_position = ?5 WHERE ledger = ?1 AND incarnation = ?2 \
                 AND seq BETWEEN ?3 AND ?4",
                params![
                    no,
                    stretch.to.incarnation.0 as i64,
                    stretch.from.max(shared + 1) as i64,
                    stretch.to.seq as i64,
                    GIVEN_BACK as i64
                ],
            )?;
        }
        Ok(())
    }

    /// Notes that a new entry has all its predecessors here: islands that continue it rightly are complete too, and the
    /// last of them becomes the line, which is returned. `moved`: the entry does not continue the line before.
    fn completed(&mut self, entry: &Entry, position: u64, moved: bool) -> Result<Link> {
        let ledger = entry.header.ledger;
        let (no, islands) = self.ledger(ledger).map(|state| (state.no, state.islands))?;
        let mut line = (entry.link(), position);
        let mut head: Option<Latest> = None;
        // Mostly none does. The ledger is not read whole for each entry as long as an island waits.
        if islands && !self.islands_after(no, &entry.link())?.is_empty() {
            let latest = if moved {
                self.reads().latest_on(ledger, Some(entry.header.seat))?
            } else {
                let scopes = entry.header.audience.iter().map(|channel| channel.scope.key());
                let mut latest = self.latest_of_head(no)?;
                latest.extend(scopes.map(|scope| (scope, entry.header.seat)));
                latest
            };
            let mut open = vec![(entry.end(), latest)];
            while let Some((end, latest)) = open.pop() {
                for (next, at) in self.islands_after(no, &end.link)? {
                    let Some(stored) = self.reads().at_position(at)? else { continue };
                    let mut last = |scope: Scope| Ok(latest.get(&scope.key()).copied());
                    // One that contradicts the chain before it stays an island.
                    if chain::continues::<JournalError>(&stored.entry.step(), Some(&end), Some(&mut last))?
                        .is_err()
                    {
                        continue;
                    }
                    self.conn
                        .prepare_cached(
                            "DELETE FROM island WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3",
                        )?
                        .execute(params![no, next.seat.incarnation.0 as i64, next.seat.seq as i64])?;
                    let mut onward = latest.clone();
                    onward.extend(
                        stored.entry.header.audience.iter().map(|channel| (channel.scope.key(), next.seat)),
                    );
                    if next.seat > line.0.seat {
                        line = (next, at);
                        head = Some(onward.clone());
                    }
                    open.push((stored.entry.end(), onward));
                }
            }
            let left = self
                .conn
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM island WHERE ledger = ?1)")?
                .query_row([no], |row| row.get(0))?;
            self.ledger(ledger)?.islands = left;
        }
        let state = self.ledger(ledger)?;
        state.line = Some(line);
        state.dirty = true;
        match head {
            Some(latest) => self.head_is(no, &latest)?,
            None if moved => self.head_moved(ledger, Some(line.0.seat))?,
            None => self.head_extended(entry)?,
        }
        Ok(line.0)
    }

    /// Islands whose predecessor is exactly this entry, with their positions.
    fn islands_after(&self, no: i64, link: &Link) -> Result<Vec<(Link, u64)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT entry.incarnation, entry.seq, entry.hash, entry.position FROM island \
             JOIN entry USING (ledger, incarnation, seq) \
             WHERE island.ledger = ?1 AND island.seq = ?2 AND entry.prev = ?3",
        )?;
        let rows = statement.query_map(params![no, link.seat.seq as i64 + 1, link.hash.0], |row| {
            let seat: Seat = seat_of(row.get(0)?, row.get(1)?);
            Ok((Link { seat, hash: super::hash_from(row.get(2)?) }, row.get::<_, i64>(3)? as u64))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Reads<'_> {
    /// What the journal knows for the connect decision and the Welcome; the registry adds the rest.
    pub fn connect_facts(
        &self,
        office: OfficeId,
        hello: &wire::Hello,
        hub_key: &VerifyingKey,
        refilled: bool,
    ) -> Result<ConnectFacts> {
        let tip: Option<Link> = hello.tip.as_ref().and_then(|tip| tip.try_into().ok());
        let line = self.line(office)?;
        let tip_known = match &tip {
            Some(tip) => self.complete(office, tip)?,
            None => false,
        };
        let tip_taken = match &tip {
            Some(tip) => self.hash_at(office, tip.seat)?.is_some_and(|(hash, _)| hash != tip.hash),
            None => false,
        };
        let mut fitting = None;
        for mark in &hello.cursor {
            let Ok(mark) = truc_proto::id::Mark::try_from(mark) else { continue };
            let here = self.mark_at(mark.position)?;
            if here == Some(mark) || here.is_some() && planted("cursor.position-only") {
                fitting = Some(mark);
                break;
            }
        }
        let newest = hello.cursor.first().map_or(0, |mark| mark.position);
        let from = fitting.unwrap_or(truc_proto::id::Mark::START);
        let receipt =
            hello.receipt.as_ref().and_then(|receipt| truc_proto::receipt::Receipt::from_wire(receipt, None));
        let receipt_link = receipt.map(|receipt| receipt.link);
        // Only this hub's own receipt counts as a sign that it forgot.
        let ours =
            receipt.is_some_and(|receipt| receipt.verify(office, hub_key)) || planted("forgot.any-word");
        let receipt_complete = match &receipt_link {
            Some(link) => self.complete(office, link)?,
            None => false,
        };
        let line_on_chain = match (&line, &tip) {
            (None, _) => Some(true),
            (Some(_), None) => Some(false),
            (Some((line, _)), Some(tip)) if line == tip => Some(true),
            (Some(_), Some(_)) if tip_known => Some(false),
            (Some((line, _)), Some(_)) if Some(*line) == receipt_link => Some(true),
            _ => None,
        };
        Ok(ConnectFacts {
            facts: truc_proto::session::Facts {
                replaced: false,
                beyond: hello.beyond,
                refilled,
                cursor_fits: from.position == newest,
                cursor: newest,
                delivered: self.delivered(office)?,
                resuming: hello.resuming,
                forgot: ours && !receipt_complete,
                tip: tip.is_some(),
                tip_known,
                tip_taken,
                line_on_chain,
            },
            line,
            from,
            push_after: receipt_link.filter(|_| receipt_complete).map(|link| link.seat),
        })
    }

    /// Number of entries of a ledger that are kept as evidence.
    pub fn held(&self, ledger: OfficeId) -> Result<u64> {
        let count: Option<i64> = self
            .conn()
            .prepare_cached(
                "SELECT count(*) FROM held WHERE ledger = (SELECT no FROM ledger WHERE office = ?1)",
            )?
            .query_row([ledger.0.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(count.unwrap_or(0) as u64)
    }
}

/// The journal's part of [`truc_proto::session::HubFacts`].
#[derive(Clone, Debug)]
pub struct ConnectFacts {
    /// Input of the connect decision; the caller sets `replaced`.
    pub facts: truc_proto::session::Facts,
    /// The line and its position.
    pub line: Option<(Link, u64)>,
    /// The newest mark of the node's cursor that is part of this history.
    pub from: truc_proto::id::Mark,
    /// Seat of the receipt that the node showed, if that entry is complete here.
    pub push_after: Option<Seat>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_proto::id::{OfficeId, RecordId};
    use truc_proto::wire::{Confidentiality, Urgency};
    use uuid::Uuid;

    use super::*;
    use crate::store::journal::{Draft, JournalError, SCHEMA};

    fn draft() -> Draft {
        Draft {
            author: "test".into(),
            record: RecordId(Uuid::from_u128(2)),
            kind: 99,
            body: Vec::new().into(),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
            seal: None,
        }
    }

    /// `count` entries of office 2.
    fn entries(count: usize) -> Vec<Entry> {
        let key = SigningKey::from_bytes(&[2; 32]);
        let mut node = Journal::in_memory(OfficeId(Uuid::from_u128(2)), false).unwrap();
        (0..count).map(|_| node.group(|journal| journal.append(draft(), &key, 1, 1)).unwrap().1).collect()
    }

    #[test]
    fn each_entry_of_a_push_arrived_when_the_push_did_and_others_did_not() {
        let hub = OfficeId(Uuid::from_u128(1));
        let key = SigningKey::from_bytes(&[1; 32]);
        let mut journal = Journal::in_memory(hub, true).unwrap();
        let all = entries(5);
        let admit = |journal: &mut Journal, range: std::ops::Range<usize>, now| {
            journal.group(|journal| journal.admit(all[range].to_vec(), false, now)).unwrap().new
        };
        assert_eq!(admit(&mut journal, 0..3, 100), 3);
        journal.group(|journal| journal.append(draft(), &key, 150, 1)).unwrap();
        assert_eq!(admit(&mut journal, 1..5, 200), 2, "the first two are known");
        let arrived: Vec<Option<i64>> =
            (0..=7).map(|position| journal.reads().arrived(position).unwrap()).collect();
        let (first, second) = (Some(100), Some(200));
        assert_eq!(arrived, [None, first, first, first, None, second, second, None]);
    }

    #[test]
    fn a_store_of_a_trial_version_is_refused_and_left_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let hub = OfficeId(Uuid::from_u128(1));
        let mut old = Journal::open(&path, hub, true).unwrap();
        old.connection().execute_batch("PRAGMA user_version = 5").unwrap();
        old.checkpoint().unwrap();
        drop(old);
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Journal::open(&path, hub, true), Err(JournalError::Older(5))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute_batch(&format!("PRAGMA user_version = {SCHEMA}")).unwrap();
        let other = Journal::open(&path, OfficeId(Uuid::from_u128(9)), true);
        assert!(matches!(other, Err(JournalError::OtherOffice(_))));
        Journal::open(&path, hub, true).unwrap();
    }
}

//! The journal's door: whether an entry may stand at its place, and what is noted of it there. Whatever comes in –
//! written here, pushed, delivered, given back, or taken out of evidence – comes through [`Journal::place`].

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};
use truc_proto::chain::{self, Break, End};
use truc_proto::entry::{Entry, running_hash};
use truc_proto::fault::planted;
use truc_proto::id::{Link, Mark, OfficeId, Seat};
use truc_proto::limits;

use super::{Journal, JournalError, Reads, Result, seat_of};

/// The newest entry to each scope on one chain, by the scope's key.
pub(super) type Latest = HashMap<[u8; 17], Seat>;

/// How much of an entry's chain is at hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chain<'a> {
    /// It continues the head of its ledger, whose newest entries the table `latest` names.
    Head,
    /// All of it is here; these are its newest entries.
    Of(&'a Latest),
    /// Part of it: neighbours are compared.
    Part,
}

/// What became of an entry at the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Placed {
    /// It stands at its place.
    New,
    /// It stood there already.
    Known,
    /// It has no place here.
    Not(Why),
}

impl Placed {
    /// Why an own entry, which nobody else writes, is not new at its place.
    pub(super) fn refusal(self) -> Option<&'static str> {
        match self {
            Self::New => None,
            Self::Known => Some("the next own entry is there already"),
            Self::Not(Why::Taken) => Some("another entry stands at the next own place"),
            Self::Not(Why::Incarnation) => Some("the next own incarnation begins elsewhere"),
            Self::Not(Why::Successor) => Some("what stands after the next own entry continues another"),
            Self::Not(Why::Break(Break::Predecessor)) => Some("the next own entry continues another"),
            Self::Not(Why::Break(Break::Seen)) => Some("the next own entry has seen less than the tip"),
            Self::Not(Why::Break(Break::Time)) => Some("the next own entry is older than the tip"),
            Self::Not(Why::Break(Break::Channel(_))) => {
                Some("a channel of the next own entry leads elsewhere")
            }
        }
    }
}

/// Why an entry has no place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// Another entry stands there.
    Taken,
    /// Its incarnation begins elsewhere.
    Incarnation,
    /// The entry after it continues another one.
    Successor,
    /// It does not continue what is before it.
    Break(Break),
}

impl Journal {
    /// Puts an entry at its place and notes what belongs to it, or says why not; then nothing has changed.
    pub(super) fn place(
        &mut self,
        entry: &Entry,
        hub_position: Option<u64>,
        chain: Chain<'_>,
    ) -> Result<Placed> {
        let ledger = entry.header.ledger;
        let no = self.ledger(ledger)?.no;
        match self.reads().hash_at(ledger, entry.header.seat)? {
            Some((hash, _)) if hash == entry.hash || planted("admit.place-only") => return Ok(Placed::Known),
            Some(_) => return Ok(Placed::Not(Why::Taken)),
            None => {}
        }
        if !self.begins_rightly(no, entry)? {
            return Ok(Placed::Not(Why::Incarnation));
        }
        if let Err(broken) = self.continues(no, entry, chain)? {
            return Ok(Placed::Not(Why::Break(broken)));
        }
        if self.continued_by_another(no, entry)? {
            return Ok(Placed::Not(Why::Successor));
        }
        self.insert(no, entry, hub_position)?;
        Ok(Placed::New)
    }

    /// Whether an incarnation has one base only, and no entry before its first.
    fn begins_rightly(&self, no: i64, entry: &Entry) -> Result<bool> {
        let seat = entry.header.seat;
        let run = seat.incarnation.0 as i64;
        let known: Option<(Option<i64>, Option<i64>)> = self
            .conn
            .prepare_cached(
                "SELECT base_incarnation, base_seq FROM incarnation WHERE ledger = ?1 AND incarnation = ?2",
            )?
            .query_row(params![no, run], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let known = known.map(|(run, seq)| run.zip(seq).map(|(run, seq)| seat_of(run, seq)));
        if !begins(entry) {
            return Ok(known.is_none_or(|base| base.is_none_or(|base| seat.seq > base.seq + 1)));
        }
        let earlier: bool = self
            .conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM entry WHERE ledger = ?1 AND incarnation = ?2 AND seq < ?3)",
            )?
            .query_row(params![no, run, seat.seq as i64], |row| row.get(0))?;
        let once = known.is_none_or(|base| base == entry.header.base) && !earlier;
        Ok(once || planted("place.second-base"))
    }

    /// Whether an entry continues what is before it, as far as that is here.
    fn continues(
        &mut self,
        no: i64,
        entry: &Entry,
        chain: Chain<'_>,
    ) -> Result<std::result::Result<(), Break>> {
        let header = &entry.header;
        let before = match header.predecessor() {
            None => None,
            Some(seat) => match self.end_at(header.ledger, seat)? {
                Some(end) => Some(end),
                // What continues evidence contradicts what stands here, as the evidence does. Forged bytes contradict
                // nobody: the genuine entry may have the same hash.
                None => {
                    let before = Link { seat, hash: entry.prev };
                    let evidence = self.reads().is_evidence(header.ledger, &before)?
                        && !self.reads().is_forged(header.ledger, &before)?;
                    return Ok(if evidence { Err(Break::Predecessor) } else { Ok(()) });
                }
            },
        };
        let mut last = |scope: truc_proto::audience::Scope| match chain {
            Chain::Head => self.latest(no, &scope.key()),
            Chain::Of(latest) => Ok(latest.get(&scope.key()).copied()),
            Chain::Part => Ok(None),
        };
        let last: Option<chain::Last<'_, JournalError>> =
            if matches!(chain, Chain::Part) { None } else { Some(&mut last) };
        chain::continues(&entry.step(), before.as_ref(), last)
    }

    /// Whether an entry that is here continues another entry at this one's place.
    fn continued_by_another(&self, no: i64, entry: &Entry) -> Result<bool> {
        let seat = entry.header.seat;
        let (run, seq) = (seat.incarnation.0 as i64, seat.seq as i64);
        Ok(self
            .conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM entry WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3 + 1 \
                   AND prev <> ?4) \
                 OR EXISTS (SELECT 1 FROM incarnation JOIN entry USING (ledger, incarnation) \
                   WHERE incarnation.ledger = ?1 AND base_incarnation = ?2 AND base_seq = ?3 \
                   AND entry.seq = ?3 + 1 AND entry.prev <> ?4)",
            )?
            .query_row(params![no, run, seq, entry.hash.0], |row| row.get(0))?)
    }

    /// The end of a chain at a seat; none: no entry stands there.
    fn end_at(&mut self, ledger: OfficeId, seat: Seat) -> Result<Option<End>> {
        let newest = self.ledger(ledger)?.newest.filter(|end| end.link.seat == seat);
        if newest.is_some() {
            return Ok(newest);
        }
        Ok(self.reads().at(ledger, seat)?.map(|stored| stored.entry.end()))
    }

    fn insert(&mut self, no: i64, entry: &Entry, hub_position: Option<u64>) -> Result<()> {
        let seat = entry.header.seat;
        let end =
            Mark { position: self.end.position + 1, running: running_hash(self.end.running, entry.hash) };
        self.conn
            .prepare_cached(
                "INSERT INTO entry (position, ledger, incarnation, seq, hash, prev, signature, running, \
                 hub_position, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                end.position as i64,
                no,
                seat.incarnation.0 as i64,
                seat.seq as i64,
                entry.hash.0,
                entry.prev.0,
                entry.signature,
                end.running.0,
                hub_position.map(|position| position as i64),
                &entry.content[..],
            ])?;
        self.end = end;
        if begins(entry) {
            let base = entry.header.base;
            self.conn
                .prepare_cached(
                    "INSERT INTO incarnation (ledger, incarnation, base_incarnation, base_seq) \
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    no,
                    seat.incarnation.0 as i64,
                    base.map(|base| base.incarnation.0 as i64),
                    base.map(|base| base.seq as i64),
                ])?;
        }
        if self.hub || entry.header.ledger == self.own {
            let mut note = self.conn.prepare_cached(
                "INSERT INTO channel (ledger, incarnation, seq, scope) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for channel in &entry.header.audience {
                note.execute(params![no, seat.incarnation.0 as i64, seat.seq as i64, channel.scope.key()])?;
            }
        }
        // What was evidence until its place was free is none any more.
        let held = self
            .conn
            .prepare_cached(
                "DELETE FROM held WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3 AND hash = ?4",
            )?
            .execute(params![no, seat.incarnation.0 as i64, seat.seq as i64, entry.hash.0])?;
        let state = self.ledger(entry.header.ledger)?;
        state.held = state.held.saturating_sub(held as u64);
        state.newest = Some(entry.end());
        Ok(())
    }

    /// The newest entry to a scope on the chain of a ledger's head: the own tip at a node, the line at a hub.
    pub(super) fn latest(&self, no: i64, scope: &[u8; 17]) -> Result<Option<Seat>> {
        if planted("channel.other-branch") {
            let newest = "SELECT incarnation, seq FROM channel WHERE ledger = ?1 AND scope = ?2 \
                          ORDER BY seq DESC LIMIT 1";
            let seat = |row: &rusqlite::Row<'_>| Ok(seat_of(row.get(0)?, row.get(1)?));
            return Ok(self.conn.query_row(newest, params![no, scope], seat).optional()?);
        }
        Ok(self
            .conn
            .prepare_cached("SELECT incarnation, seq FROM latest WHERE ledger = ?1 AND scope = ?2")?
            .query_row(params![no, scope], |row| Ok(seat_of(row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// Notes that the head of a ledger is this entry, which continues the one before.
    pub(super) fn head_extended(&mut self, entry: &Entry) -> Result<()> {
        let no = self.ledger(entry.header.ledger)?.no;
        let seat = entry.header.seat;
        for channel in &entry.header.audience {
            self.note_latest(no, &channel.scope.key(), seat)?;
        }
        Ok(())
    }

    /// Notes that the head of a ledger is at another place than before.
    pub(super) fn head_moved(&mut self, ledger: OfficeId, head: Option<Seat>) -> Result<()> {
        let no = self.ledger(ledger)?.no;
        let latest = self.reads().latest_on(ledger, head)?;
        self.head_is(no, &latest)
    }

    /// Notes the newest entries on the chain of a ledger's head.
    pub(super) fn head_is(&self, no: i64, latest: &Latest) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM latest WHERE ledger = ?1")?.execute([no])?;
        for (scope, seat) in latest {
            self.note_latest(no, scope, *seat)?;
        }
        Ok(())
    }

    /// The newest entry to each scope on the chain of a ledger's head.
    pub(super) fn latest_of_head(&self, no: i64) -> Result<Latest> {
        let mut rows =
            self.conn.prepare_cached("SELECT scope, incarnation, seq FROM latest WHERE ledger = ?1")?;
        let rows = rows.query_map([no], |row| Ok((row.get(0)?, seat_of(row.get(1)?, row.get(2)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn note_latest(&self, no: i64, scope: &[u8; 17], seat: Seat) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO latest (ledger, scope, incarnation, seq) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET incarnation = excluded.incarnation, seq = excluded.seq",
            )?
            .execute(params![no, scope, seat.incarnation.0 as i64, seat.seq as i64])?;
        Ok(())
    }

    /// Moves an entry whose signature nobody vouches for out of its place: it keeps its position, so that the running
    /// hash can still be followed, and whatever is derived from the journal begins anew.
    pub(super) fn displace(&mut self, ledger: OfficeId, seat: Seat) -> Result<()> {
        let no = self.ledger(ledger)?.no;
        let place = params![no, seat.incarnation.0 as i64, seat.seq as i64];
        self.conn.execute(
            "INSERT INTO aside (position, ledger, incarnation, seq, hash, prev, signature, running, content) \
             SELECT position, ledger, incarnation, seq, hash, prev, signature, running, content \
             FROM entry WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3",
            place,
        )?;
        self.conn.execute("DELETE FROM entry WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3", place)?;
        // The incarnation began with it, if it began there; what takes its place says the base anew.
        self.conn.execute(
            "DELETE FROM incarnation WHERE ledger = ?1 AND incarnation = ?2 \
             AND coalesce(base_seq, 0) + 1 = ?3",
            place,
        )?;
        self.ledger(ledger)?.newest = None;
        Ok(())
    }

    /// Moves what is in the way of an entry out of its place, as far as nobody vouches for it: at the entry's own place,
    /// before it, after it, or in its incarnation. At a node such bytes hold no place against others; a hub has them as
    /// part of a chain whose head is signed. Returns whether there was anything.
    pub(super) fn make_way(&mut self, entry: &Entry) -> Result<bool> {
        if self.hub || planted("place.unvouched-holds") {
            return Ok(false);
        }
        let (ledger, seat) = (entry.header.ledger, entry.header.seat);
        let before = entry.header.predecessor().unwrap_or(seat);
        let no = self.ledger(ledger)?.no;
        let in_the_way: Vec<(Seat, String)> = self
            .conn
            .prepare_cached(
                "SELECT incarnation, seq, reason FROM refused CROSS JOIN entry USING (position) \
                 LEFT JOIN incarnation AS run USING (ledger, incarnation) WHERE ledger = ?1 \
                 AND (incarnation = ?2 OR run.base_incarnation = ?2 OR incarnation = ?3 AND seq = ?4)",
            )?
            .query_map(
                params![no, seat.incarnation.0 as i64, before.incarnation.0 as i64, before.seq as i64],
                |row| Ok((seat_of(row.get(0)?, row.get(1)?), row.get(2)?)),
            )?
            .collect::<rusqlite::Result<_>>()?;
        let mut any = false;
        for (seat, _) in in_the_way.iter().filter(|(_, reason)| unvouched(reason)) {
            self.displace(ledger, *seat)?;
            any = true;
        }
        Ok(any)
    }

    /// Lets evidence take the places that it could not have beside entries which turned out to be vouched for by nobody.
    pub(super) fn free_places(&mut self, refused: &[(u64, String)]) -> Result<()> {
        let mut ledgers: Vec<OfficeId> = Vec::new();
        for (position, reason) in refused {
            if !self.hub
                && unvouched(reason)
                && let Some(stored) = self.reads().at_position(*position)?
                && !ledgers.contains(&stored.entry.header.ledger)
            {
                ledgers.push(stored.entry.header.ledger);
            }
        }
        for ledger in ledgers {
            // In this order each entry comes after its predecessor.
            for entry in self.reads().evidence(Some(ledger), limits::HELD_ENTRIES)? {
                if !self.reads().is_forged(ledger, &entry.link())?
                    && matches!(self.place(&entry, None, Chain::Part)?, Placed::Not(_))
                    && self.make_way(&entry)?
                {
                    self.place(&entry, None, Chain::Part)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether an entry is the first of its incarnation.
fn begins(entry: &Entry) -> bool {
    entry.header.seat.seq == 1 || entry.header.base.is_some()
}

/// Whether a reason of refusal says that nobody vouches for the bytes.
fn unvouched(reason: &str) -> bool {
    use truc_proto::refusal::Refusal;
    matches!(Refusal::from_code(reason), Some(Refusal::Signature | Refusal::UnknownOffice))
}

impl Reads<'_> {
    /// The newest entry to each scope on the chain up to a seat.
    pub(super) fn latest_on(&self, ledger: OfficeId, upto: Option<Seat>) -> Result<Latest> {
        let mut latest = Latest::new();
        let mut select = self.conn().prepare_cached(
            "SELECT scope, max(seq) FROM channel WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
             AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4 GROUP BY scope",
        )?;
        for stretch in self.walk(ledger, upto, |_| false)? {
            let (run, from, to) =
                (stretch.to.incarnation.0 as i64, stretch.from as i64, stretch.to.seq as i64);
            let mut rows = select.query(params![ledger.0.as_bytes(), run, from, to])?;
            while let Some(row) = rows.next()? {
                let seat = Seat { seq: row.get::<_, i64>(1)? as u64, ..stretch.to };
                latest.entry(row.get(0)?).or_insert(seat);
            }
        }
        Ok(latest)
    }
}

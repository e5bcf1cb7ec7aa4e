//! Strands within a batch: each is read once, folded in memory, and written once.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};
use truc_proto::audience::Scope;
use truc_proto::entry::{Entry, Header};
use truc_proto::id::{OfficeId, Seat};
use truc_proto::limits;
use truc_proto::record::{self, Move, Outcome, State};
use truc_proto::time::{Hlc, When};
use truc_proto::vietnamese::fold;

use super::{Fold, Result, outcome_text, shortened};
use crate::derive::views::columns::seat_of;
use crate::derive::views::kinds::{self, Key};

/// What the header of an opening move says of the record.
#[derive(Debug)]
struct Head {
    /// Time of the first version in this batch; counts only for a new record.
    opened: Hlc,
    position: u64,
    urgency: i32,
    confidentiality: i32,
    audience: Vec<Scope>,
}

/// A strand within a batch.
#[derive(Debug)]
pub(super) struct Slot {
    state: State,
    /// The tables do not hold the strand yet.
    fresh: bool,
    /// How many of its moves count.
    moves: usize,
    /// Seat and time of the strand's newest entry; none: it has no entry yet.
    newest: Option<(Seat, Hlc)>,
    /// Set if the version in force has changed.
    head: Option<Head>,
    /// An entry came late or was refused, so the strand must be folded from its start.
    refold: bool,
}

/// Strands that a batch touches.
pub(super) type Slots = HashMap<Key, Slot>;

/// Strands kept in memory within a batch before they are written.
const SLOTS: usize = 2_048;

/// Moves of a strand that count; further ones change nothing. Unit tests fold fewer.
const MOVES: usize = if cfg!(test) { 40 } else { limits::STRAND_MOVES };
/// Entries of the story that are moves of a strand.
const COUNTS: &str =
    "outcome NOT IN ('newer', 'sealed') AND outcome NOT LIKE 'refused:%' AND outcome NOT LIKE 'undigested:%'";
/// What happened to further ones.
const TOO_MANY: Outcome = Outcome::NotAllowed("too-many");

impl Fold<'_> {
    /// Folds a move of a known kind that was not refused.
    pub(super) fn strand_entry(
        &mut self,
        position: u64,
        entry: &Entry,
        arrived: Option<u64>,
        mv: Move,
    ) -> Result<()> {
        let header = &entry.header;
        let Some(slot) = self.slot(Key::of(header))? else { return Ok(()) };
        if slot.refold || slot.newest.is_some_and(|(seat, _)| seat > header.seat) {
            slot.refold = true;
            return Ok(());
        }
        let outcome = slot.take_in(position, header, header.when(arrived), mv);
        if outcome != Outcome::Applied {
            self.set_outcome(position, &outcome_text(outcome))?;
        }
        if self.slots.len() > SLOTS {
            self.write_slots()?;
        }
        Ok(())
    }

    /// Takes in when the hub had own entries, of which that was not known yet. False: nothing is new.
    pub fn settle(&mut self, own: OfficeId) -> Result<bool> {
        let waiting: Vec<i64> = self
            .views
            .conn
            .prepare_cached(
                "SELECT position FROM story WHERE ledger = ?1 AND arrived IS NULL ORDER BY position LIMIT ?2",
            )?
            .query_map(params![own.0.as_bytes(), SLOTS as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut news = false;
        for position in waiting {
            let (entry, Some(arrived)) = self.entry_at(position as u64)? else { break };
            self.views
                .conn
                .prepare_cached("UPDATE story SET arrived = ?2, time = ?3 WHERE position = ?1")?
                .execute(params![position, arrived as i64, entry.header.when(Some(arrived)).time.0 as i64])?;
            // What it says carries this time with it.
            self.refold_later(&entry)?;
            news = true;
        }
        Ok(news)
    }

    /// Marks this entry's strand to be folded from its start at the end of the batch.
    pub(super) fn refold_later(&mut self, entry: &Entry) -> Result<()> {
        if let Some(slot) = self.slot(Key::of(&entry.header))? {
            slot.refold = true;
        }
        Ok(())
    }

    fn slot(&mut self, key: Key) -> Result<Option<&mut Slot>> {
        if !self.slots.contains_key(&key) {
            let stored = self
                .views
                .conn
                .prepare_cached(
                    "SELECT state, incarnation, seq, updated, moves FROM strand
                     WHERE record = ?1 AND kind = ?2 AND office = ?3",
                )?
                .query_row(params![key.record.0.as_bytes(), key.kind, key.office.0.as_bytes()], |row| {
                    let newest = (seat_of(row.get(1)?, row.get(2)?), Hlc(row.get::<_, i64>(3)? as u64));
                    Ok((row.get::<_, String>(0)?, newest, row.get::<_, i64>(4)? as usize))
                })
                .optional()?;
            let slot = match stored {
                Some((state, newest, moves)) => {
                    // A state that does not read back was written by a program of another shape: its entries say the
                    // same again.
                    let (state, refold) = match (serde_json::from_str(&state), State::of_kind(key.kind)) {
                        (Ok(state), _) => (state, false),
                        (Err(_), Some(state)) => (state, true),
                        (Err(_), None) => return Ok(None),
                    };
                    Slot { state, fresh: false, moves, newest: Some(newest), head: None, refold }
                }
                None => match State::of_kind(key.kind) {
                    Some(state) => {
                        Slot { state, fresh: true, moves: 0, newest: None, head: None, refold: false }
                    }
                    None => return Ok(None),
                },
            };
            self.slots.insert(key, slot);
        }
        Ok(self.slots.get_mut(&key))
    }

    /// Writes all strands that the batch touched.
    pub(super) fn write_slots(&mut self) -> Result<()> {
        let mut slots: Vec<(Key, Slot)> = std::mem::take(&mut self.slots).into_iter().collect();
        // In the order of record ids, which grow with time, so that rows go to the end of their tables.
        slots.sort_unstable_by_key(|(key, _)| *key);
        let mut json = Vec::new();
        for (key, slot) in slots {
            if slot.refold {
                if let Some(empty) = State::of_kind(key.kind) {
                    let slot = self.refolded(key, empty)?;
                    self.write_slot(key, &slot, &mut json)?;
                }
            } else {
                self.write_slot(key, &slot, &mut json)?;
            }
        }
        Ok(())
    }

    /// Folds a strand from its start, in the order of its seats. Of the moves that do not count, those are looked at whose
    /// outcome this batch may have changed: as many as came with it, and those themselves.
    fn refolded(&self, key: Key, empty: State) -> Result<Slot> {
        let conn = &self.views.conn;
        let (record, office) = (key.record.0.as_bytes(), key.office.0.as_bytes());
        let mut told: Vec<(u64, String)> = Vec::new();
        let mut statement = conn.prepare_cached(&format!(
            "SELECT position, outcome FROM story WHERE record = ?1 AND kind = ?2 AND ledger = ?3 AND {COUNTS}
             ORDER BY incarnation, seq LIMIT ?4"
        ))?;
        let most = (MOVES + limits::FOLD_ENTRIES) as i64;
        let mut rows = statement.query(params![record, key.kind, office, most])?;
        while let Some(row) = rows.next()? {
            told.push((row.get::<_, i64>(0)? as u64, row.get(1)?));
        }
        let mut slot = Slot { state: empty, fresh: false, moves: 0, newest: None, head: None, refold: true };
        let further = told.split_off(told.len().min(MOVES));
        for (position, told) in told {
            let (entry, arrived) = self.entry_at(position)?;
            let when = entry.header.when(arrived);
            let Ok(mv) = record::of(&entry) else { continue };
            let outcome = outcome_text(slot.take_in(position, &entry.header, when, mv));
            if outcome != told {
                self.set_outcome(position, &outcome)?;
            }
        }
        if further.is_empty() {
            return Ok(slot);
        }
        let too_many = outcome_text(TOO_MANY);
        for (position, _) in further.into_iter().filter(|(_, told)| *told != too_many) {
            self.set_outcome(position, &too_many)?;
        }
        if let Some((seat, _)) = slot.newest {
            let (run, seq) = (seat.incarnation.0 as i64, seat.seq as i64);
            conn.prepare_cached(&format!(
                "UPDATE story SET outcome = ?1 WHERE position > ?2 AND +record = ?3 AND kind = ?4 AND ledger = ?5
                   AND (incarnation, seq) > (?6, ?7) AND {COUNTS}"
            ))?
            .execute(params![
                too_many,
                self.views.folded_to as i64,
                record,
                key.kind,
                office,
                run,
                seq
            ])?;
        }
        slot.newest = conn
            .prepare_cached(&format!(
                "SELECT incarnation, seq, time FROM story
                 WHERE record = ?1 AND kind = ?2 AND ledger = ?3 AND {COUNTS}
                 ORDER BY incarnation DESC, seq DESC LIMIT 1"
            ))?
            .query_row(params![record, key.kind, office], |row| {
                Ok((seat_of(row.get(0)?, row.get(1)?), Hlc(row.get::<_, i64>(2)? as u64)))
            })
            .optional()?;
        Ok(slot)
    }

    fn write_slot(&self, key: Key, slot: &Slot, json: &mut Vec<u8>) -> Result<()> {
        let conn = &self.views.conn;
        let (record, office) = (key.record.0.as_bytes(), key.office.0.as_bytes());
        if slot.refold {
            for sql in [
                "DELETE FROM strand WHERE record = ?1 AND kind = ?2 AND office = ?3",
                "DELETE FROM record WHERE id = ?1 AND kind = ?2 AND owner = ?3",
            ] {
                conn.prepare_cached(sql)?.execute(params![record, key.kind, office])?;
            }
        }
        if !slot.fresh && (slot.refold || slot.head.is_some()) {
            kinds::forget(conn, key)?;
        }
        self.write_answers(key, slot)?;
        let Some((seat, updated)) = slot.newest else { return Ok(()) };
        let (arrival, accepted) = kinds::arrival(&slot.state);
        json.clear();
        serde_json::to_writer(&mut *json, &slot.state)?;
        let sql = if slot.fresh || slot.refold {
            "INSERT INTO strand
               (record, kind, office, state, status, incarnation, seq, updated, arrival, accepted, moves)
             VALUES (?1, ?2, ?3, CAST(?4 AS TEXT), ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        } else {
            "UPDATE strand SET state = CAST(?4 AS TEXT), status = ?5, incarnation = ?6, seq = ?7, updated = ?8,
                               arrival = ?9, accepted = ?10, moves = ?11
             WHERE record = ?1 AND kind = ?2 AND office = ?3"
        };
        conn.prepare_cached(sql)?.execute(params![
            record,
            key.kind,
            office,
            &json[..],
            kinds::status(&slot.state),
            seat.incarnation.0 as i64,
            seat.seq as i64,
            updated.0 as i64,
            arrival,
            accepted.map(|accepted| accepted.0 as i64),
            slot.moves as i64
        ])?;
        kinds::follow(conn, key, &slot.state)?;
        let Some(head) = &slot.head else { return Ok(()) };
        let Some(paper) = kinds::paper(&slot.state) else { return Ok(()) };
        conn.prepare_cached(
            "INSERT INTO record (id, kind, owner, document_type, title, number, term, issued, due, urgency,
                                 confidentiality, audience, opened, position, search)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT DO UPDATE SET
               document_type = excluded.document_type, title = excluded.title, number = excluded.number,
               term = excluded.term, issued = excluded.issued, due = excluded.due, urgency = excluded.urgency,
               confidentiality = excluded.confidentiality, audience = excluded.audience,
               position = excluded.position, search = excluded.search",
        )?
        .execute(params![
            record,
            key.kind,
            office,
            paper.document_type,
            paper.title,
            paper.number,
            paper.term,
            paper.issued.map(|date| date.to_string()),
            paper.due().map(|due| due.0),
            head.urgency,
            head.confidentiality,
            serde_json::to_string(&head.audience)?,
            head.opened.0 as i64,
            head.position as i64,
            fold(&format!("{} {}", paper.number, paper.title))
        ])?;
        kinds::write(conn, key, &slot.state)?;
        let duties = kinds::duties(&slot.state, &head.audience);
        let mut duty = conn.prepare_cached(
            "INSERT OR REPLACE INTO duty (record, kind, owner, part, office, subtree, due, content, given)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                     (SELECT opened FROM record WHERE id = ?1 AND kind = ?2 AND owner = ?3))",
        )?;
        for owed in duties {
            duty.execute(params![
                record,
                key.kind,
                office,
                owed.part,
                owed.by.office.0.as_bytes(),
                owed.by.subtree,
                owed.due.map(|due| due.0),
                shortened(&owed.content)
            ])?;
        }
        Ok(())
    }
}

impl Fold<'_> {
    /// Writes what the office says about its duties, and as owner about the duties of others.
    fn write_answers(&self, key: Key, slot: &Slot) -> Result<()> {
        let conn = &self.views.conn;
        let (record, office) = (key.record.0.as_bytes(), key.office.0.as_bytes());
        if slot.refold {
            conn.prepare_cached("DELETE FROM answer WHERE record = ?1 AND kind = ?2 AND office = ?3")?
                .execute(params![record, key.kind, office])?;
        }
        for answer in kinds::answers(&slot.state) {
            conn.prepare_cached(
                "INSERT INTO answer (record, kind, office, part, word, said, done, done_signed, done_arrived)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT DO UPDATE SET word = excluded.word, said = excluded.said, done = excluded.done,
                   done_signed = excluded.done_signed, done_arrived = excluded.done_arrived
                 WHERE said <> excluded.said OR word <> excluded.word",
            )?
            .execute(params![
                record,
                key.kind,
                office,
                answer.part,
                answer.word,
                answer.said.0 as i64,
                answer.done.map(|done| done.time.0 as i64),
                answer.done.map(|done| done.signed.0 as i64),
                answer.done.and_then(|done| done.arrived).map(|arrived| arrived as i64)
            ])?;
        }
        if slot.refold || slot.state.owns() && !slot.fresh {
            // The owner may have changed a verdict.
            conn.prepare_cached("DELETE FROM verdict WHERE record = ?1 AND kind = ?2 AND owner = ?3")?
                .execute(params![record, key.kind, office])?;
        }
        for verdict in kinds::verdicts(&slot.state) {
            conn.prepare_cached(
                "INSERT OR REPLACE INTO verdict (record, kind, owner, part, office, said, accepted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                record,
                key.kind,
                office,
                verdict.part,
                verdict.office.0.as_bytes(),
                verdict.said.0 as i64,
                verdict.accepted
            ])?;
        }
        Ok(())
    }
}

impl Slot {
    fn take_in(&mut self, position: u64, header: &Header, when: When, mv: Move) -> Outcome {
        let opens = mv.opens();
        let time = when.time;
        let outcome = if self.moves < MOVES {
            self.moves += 1;
            self.state.apply(header.seat, when, mv)
        } else {
            TOO_MANY
        };
        self.newest = Some((header.seat, time));
        if outcome == Outcome::Applied && opens {
            self.head = Some(Head {
                opened: self.head.as_ref().map_or(time, |head| head.opened),
                position,
                urgency: header.urgency.into(),
                confidentiality: header.confidentiality.into(),
                audience: header.audience.iter().map(|channel| channel.scope).collect(),
            });
        }
        outcome
    }
}

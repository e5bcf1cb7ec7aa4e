//! The entries of each ledger to each scope, and the back-pointers to entries that are missing.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use truc_proto::audience::Scope;
use truc_proto::entry::{Channel, Header};
use truc_proto::id::{OfficeId, Place, Seat};
use truc_proto::time::Hlc;

use super::{Fold, Result};
use crate::derive::views::columns::seat_of;

/// Rows of `channel` and `ledger` that a batch changes, written at its end.
#[derive(Debug, Default)]
pub(super) struct Touched {
    channels: HashMap<(OfficeId, Scope), Span>,
    ledgers: HashMap<OfficeId, Spoken>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    first: Seat,
    last: Seat,
}

#[derive(Clone, Copy, Debug)]
struct Spoken {
    entries: u64,
    last: Seat,
    time: Hlc,
}

/// Notes that an entry is here that others may have named.
pub(super) fn found(conn: &Connection, place: Place) -> Result<()> {
    let Seat { incarnation, seq } = place.seat;
    conn.prepare_cached("DELETE FROM missing WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3")?
        .execute(params![place.ledger.0.as_bytes(), incarnation.0 as i64, seq as i64])?;
    Ok(())
}

/// Rows kept in memory within a batch before they are written.
const TOUCHED: usize = 8_192;

impl Fold<'_> {
    /// Notes a new entry in its ledger and its channels.
    pub(super) fn arrived(&mut self, header: &Header, arrived: Option<u64>) -> Result<()> {
        let place = header.place();
        self.note_ledger(header, header.when(arrived).time)?;
        if self.views.with_missing.contains(&place.ledger) {
            found(&self.views.conn, place)?;
        }
        for channel in &header.audience {
            self.note_channel(place, channel)?;
        }
        if self.touched.channels.len() + self.touched.ledgers.len() > TOUCHED {
            self.write_touched()?;
        }
        Ok(())
    }

    fn note_ledger(&mut self, header: &Header, time: Hlc) -> Result<()> {
        let known = match self.touched.ledgers.get(&header.ledger) {
            Some(known) => Some(*known),
            None => self
                .views
                .conn
                .prepare_cached("SELECT entries, incarnation, seq, time FROM ledger WHERE office = ?1")?
                .query_row([header.ledger.0.as_bytes()], |row| {
                    Ok(Spoken {
                        entries: row.get::<_, i64>(0)? as u64,
                        last: seat_of(row.get(1)?, row.get(2)?),
                        time: Hlc(row.get::<_, i64>(3)? as u64),
                    })
                })
                .optional()?,
        };
        let now = match known {
            Some(known) => Spoken {
                entries: known.entries + 1,
                last: known.last.max(header.seat),
                time: known.time.max(time),
            },
            None => Spoken { entries: 1, last: header.seat, time },
        };
        self.touched.ledgers.insert(header.ledger, now);
        Ok(())
    }

    fn note_channel(&mut self, place: Place, channel: &Channel) -> Result<()> {
        let key = (place.ledger, channel.scope);
        let (ledger, office) = (place.ledger.0.as_bytes(), channel.scope.office.0.as_bytes());
        let known = match self.touched.channels.get(&key) {
            Some(known) => Some(*known),
            None => self
                .views
                .conn
                .prepare_cached(
                    "SELECT first_incarnation, first_seq, last_incarnation, last_seq FROM channel
                     WHERE ledger = ?1 AND office = ?2 AND subtree = ?3",
                )?
                .query_row(params![ledger, office, channel.scope.subtree], |row| {
                    Ok(Span {
                        first: seat_of(row.get(0)?, row.get(1)?),
                        last: seat_of(row.get(2)?, row.get(3)?),
                    })
                })
                .optional()?,
        };
        // The previous entry nearly always is the newest one held; only otherwise it is looked up.
        if let Some(previous) = channel.previous
            && known.is_none_or(|span| span.last != previous && span.first != previous)
            && self.position_of(Place { ledger: place.ledger, seat: previous })?.is_none()
        {
            self.views
                .conn
                .prepare_cached(
                    "INSERT OR IGNORE INTO missing (ledger, incarnation, seq, office, subtree, by_incarnation, by_seq)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    ledger,
                    previous.incarnation.0 as i64,
                    previous.seq as i64,
                    office,
                    channel.scope.subtree,
                    place.seat.incarnation.0 as i64,
                    place.seat.seq as i64
                ])?;
            self.views.with_missing.insert(place.ledger);
        }
        let span = match known {
            Some(span) => Span { first: span.first.min(place.seat), last: span.last.max(place.seat) },
            None => Span { first: place.seat, last: place.seat },
        };
        self.touched.channels.insert(key, span);
        Ok(())
    }

    /// Writes the rows that the batch changed.
    pub(super) fn write_touched(&mut self) -> Result<()> {
        let conn = &self.views.conn;
        let mut ledger = conn.prepare_cached(
            "INSERT OR REPLACE INTO ledger (office, entries, incarnation, seq, time) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (office, spoken) in self.touched.ledgers.drain() {
            ledger.execute(params![
                office.0.as_bytes(),
                spoken.entries as i64,
                spoken.last.incarnation.0 as i64,
                spoken.last.seq as i64,
                spoken.time.0 as i64
            ])?;
        }
        let mut channel = conn.prepare_cached(
            "INSERT OR REPLACE INTO channel
               (ledger, office, subtree, first_incarnation, first_seq, last_incarnation, last_seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for ((office, scope), span) in self.touched.channels.drain() {
            channel.execute(params![
                office.0.as_bytes(),
                scope.office.0.as_bytes(),
                scope.subtree,
                span.first.incarnation.0 as i64,
                span.first.seq as i64,
                span.last.incarnation.0 as i64,
                span.last.seq as i64
            ])?;
        }
        Ok(())
    }
}

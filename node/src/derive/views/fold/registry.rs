//! The registry within the views: the hub's words, applied as they come and kept to build the registry from again.

use rusqlite::{Connection, Row, params};
use truc_proto::entry::Entry;
use truc_proto::id::{Incarnation, OfficeId, Place, Seat};
use truc_proto::record::{self, registry::Move};
use truc_proto::registry::Told;
use truc_proto::wire::{self, registry_move};

use super::{Fold, Result};
use crate::derive::views::Views;

/// Up to the end of the journal.
const ALL: u64 = i64::MAX as u64;

impl Views {
    /// Builds the registry from the registry entries in the views.
    pub(in crate::derive::views) fn rebuild_registry(&mut self) -> Result<()> {
        let mut told = Told::new(self.hub.0, self.hub.1);
        let mut rows = self.conn.prepare_cached(
            "SELECT position, body, incarnation, seq FROM registry_entry ORDER BY position",
        )?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let seat = Seat {
                incarnation: Incarnation(row.get::<_, i64>(2)? as u64),
                seq: row.get::<_, i64>(3)? as u64,
            };
            if let Some((position, word)) = word(row)? {
                told.take(seat, position, &word, |each| words(&self.conn, position, each))?;
            }
        }
        told.settle(|each| words(&self.conn, ALL, each))?;
        self.told = told;
        Ok(())
    }

    /// Counts words of the hub's that came out of order.
    pub(super) fn settle_registry(&mut self) -> Result<()> {
        self.told.settle(|each| words(&self.conn, ALL, each))
    }
}

/// Reads a row of position and body; none: it cannot be decoded.
fn word(row: &Row<'_>) -> rusqlite::Result<Option<(u64, wire::RegistryMove)>> {
    let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
    let Ok(Some(Move(word))) = Move::decode(body) else { return Ok(None) };
    Ok(Some((row.get::<_, i64>(0)? as u64, word)))
}

/// The hub's words up to a position of the journal, in the order in which it said them.
fn words(conn: &Connection, upto: u64, each: &mut dyn FnMut(u64, &wire::RegistryMove)) -> Result<()> {
    let mut rows = conn.prepare_cached(
        "SELECT position, body FROM registry_entry WHERE position <= ?1 ORDER BY incarnation, seq",
    )?;
    let mut rows = rows.query([upto as i64])?;
    while let Some(row) = rows.next()? {
        if let Some((position, word)) = word(row)? {
            each(position, &word);
        }
    }
    Ok(())
}

impl Fold<'_> {
    /// Folds a registry entry of the hub that was not refused.
    pub(super) fn registry_entry(
        &mut self,
        position: u64,
        entry: &Entry,
        mv: &record::registry::Move,
    ) -> Result<()> {
        if let Some(registry_move::Move::Refused(refused)) = &mv.0.r#move {
            return self.refused_by_hub(position, refused);
        }
        let seat = entry.header.seat;
        let Views { conn, told, .. } = &mut *self.views;
        conn.prepare_cached(
            "INSERT INTO registry_entry (incarnation, seq, position, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            seat.incarnation.0 as i64,
            seat.seq as i64,
            position as i64,
            &entry.body[..]
        ])?;
        told.take(seat, position, &mv.0, |each| words(conn, ALL, each))
    }

    /// Notes that the hub refused an entry. If the entry is here, its strand is folded without it.
    fn refused_by_hub(&mut self, position: u64, refused: &wire::EntryRefused) -> Result<()> {
        let Some(ledger) = OfficeId::from_wire(&refused.ledger) else { return Ok(()) };
        if ledger == self.views.hub.0 {
            // The hub does not refuse its own entries: a refusal could then revoke itself.
            return Ok(());
        }
        let seat = Seat { incarnation: Incarnation(refused.incarnation), seq: refused.seq };
        let place = Place { ledger, seat };
        self.refusal(place, &refused.hash, true, &refused.reason, position)?;
        self.views.with_refusals.insert(ledger);
        let Some(held) = self.position_of(place)? else { return Ok(()) };
        let (entry, _) = self.entry_at(held)?;
        if entry.hash.0[..] != refused.hash[..] {
            return Ok(());
        }
        let reason = self.hub_refused(&entry)?.unwrap_or_default();
        self.set_outcome(held, &format!("refused: {reason}"))?;
        self.refold_later(&entry)
    }
}

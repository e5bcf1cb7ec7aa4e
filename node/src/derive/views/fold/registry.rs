//! The registry within the views: applied entry by entry; rebuilt if one comes out of the order of the hub's ledger.

use std::sync::Arc;

use rusqlite::params;
use truc_proto::entry::Entry;
use truc_proto::id::{Incarnation, OfficeId, Place, Seat};
use truc_proto::record::{self, registry::Move};
use truc_proto::registry::Registry;
use truc_proto::wire::{self, registry_move};

use super::{Fold, Result};
use crate::derive::views::Views;

impl Views {
    /// Builds the registry from the registry entries in the views.
    pub(in crate::derive::views) fn rebuild_registry(&mut self) -> Result<()> {
        let mut registry = Registry::new(self.hub.0, self.hub.1);
        self.registry_seat = None;
        let mut rows = self.conn.prepare_cached(
            "SELECT incarnation, seq, position, body FROM registry_entry ORDER BY incarnation, seq",
        )?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let incarnation = Incarnation(row.get::<_, i64>(0)? as u64);
            self.registry_seat = Some(Seat { incarnation, seq: row.get::<_, i64>(1)? as u64 });
            let body = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
            if let Ok(Some(Move(mv))) = Move::decode(body) {
                registry.apply(row.get::<_, i64>(2)? as u64, &mv);
            }
        }
        self.registry = Arc::new(registry);
        Ok(())
    }
}

impl Fold<'_> {
    /// Folds a registry entry of the hub that was not refused.
    pub(super) fn registry_entry(
        &mut self,
        position: u64,
        entry: &Entry,
        mv: &record::registry::Move,
    ) -> Result<()> {
        let seat = entry.header.seat;
        self.views
            .conn
            .prepare_cached(
                "INSERT INTO registry_entry (incarnation, seq, position, body) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![seat.incarnation.0 as i64, seat.seq as i64, position as i64, &entry.body[..]])?;
        if let Some(registry_move::Move::Refused(refused)) = &mv.0.r#move {
            return self.refused_by_hub(position, refused);
        }
        if self.views.registry_seat.is_some_and(|last| last > seat) {
            self.registry_disordered = true;
        } else {
            self.views.registry_seat = Some(seat);
            Arc::make_mut(&mut self.views.registry).apply(position, &mv.0);
        }
        Ok(())
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

//! The chain of the own ledger: from an entry back over the bases to the first.

use rusqlite::{OptionalExtension, params};
use truc_proto::entry::Entry;
use truc_proto::id::{Link, OfficeId, Seat};
use truc_proto::limits;

use super::read::ENTRY_COLUMNS;
use super::{JournalError, Reads, Result, seat_of};

/// Part of a chain within one incarnation, both ends included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: u64,
    pub(super) to: Seat,
}

impl Reads<'_> {
    /// The seat that an incarnation continues, if any; outer `None`: the incarnation is unknown here.
    pub(super) fn base_of(&self, ledger: OfficeId, seat: Seat) -> Result<Option<Option<Seat>>> {
        Ok(self
            .conn()
            .prepare_cached(
                "SELECT base_incarnation, base_seq FROM incarnation \
                 WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) AND incarnation = ?2",
            )?
            .query_row(params![ledger.0.as_bytes(), seat.incarnation.0 as i64], |row| {
                let base: Option<i64> = row.get(0)?;
                Ok(match base {
                    Some(base) => Some(seat_of(base, row.get(1)?)),
                    None => None,
                })
            })
            .optional()?)
    }

    /// Stretches of a ledger's chain up to a seat, newest first, until `stop` returns true.
    pub(super) fn walk(
        &self,
        ledger: OfficeId,
        upto: Option<Seat>,
        mut stop: impl FnMut(&Stretch) -> bool,
    ) -> Result<Vec<Stretch>> {
        let mut stretches = Vec::new();
        let mut at = upto;
        while let Some(to) = at {
            let base = self.base_of(ledger, to)?.ok_or(JournalError::State("chain"))?;
            let stretch = Stretch { from: base.map_or(1, |base| base.seq + 1), to };
            stretches.push(stretch);
            if stop(&stretch) {
                break;
            }
            at = base;
        }
        Ok(stretches)
    }

    /// Whether exactly this entry is on the own chain up to `tip`.
    pub fn on_chain(&self, tip: Option<Link>, link: &Link) -> Result<bool> {
        let stretches = self.walk(self.own(), tip.map(|tip| tip.seat), |stretch| {
            stretch.to.incarnation <= link.seat.incarnation
        })?;
        let within = stretches.last().is_some_and(|stretch| {
            stretch.to.incarnation == link.seat.incarnation
                && (stretch.from..=stretch.to.seq).contains(&link.seat.seq)
        });
        Ok(within && self.holds(self.own(), link)?)
    }

    /// Whether exactly this entry of the own ledger is held, with everything before it on its chain.
    pub fn holds_chain(&self, link: &Link) -> Result<bool> {
        let mut at = self.holds(self.own(), link)?.then_some(link.seat);
        if at.is_none() {
            return Ok(false);
        }
        while let Some(to) = at {
            let Some(base) = self.base_of(self.own(), to)? else { return Ok(false) };
            let from = base.map_or(1, |base| base.seq + 1);
            let held: i64 = self
                .conn()
                .prepare_cached(
                    "SELECT count(*) FROM entry WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) \
                     AND incarnation = ?2 AND seq BETWEEN ?3 AND ?4",
                )?
                .query_row(
                    params![self.own().0.as_bytes(), to.incarnation.0 as i64, from as i64, to.seq as i64],
                    |row| row.get(0),
                )?;
            if held as u64 != to.seq + 1 - from {
                return Ok(false);
            }
            at = base;
        }
        Ok(true)
    }

    /// Own entries of the tip's chain after `after`, at most one batch, or [`limits::BATCH_BYTES`] and the entry that
    /// exceeds them; and whether they reach the tip.
    pub fn chain_after(&self, after: Option<Seat>) -> Result<(Vec<Entry>, bool)> {
        let tip = self.tip()?;
        let mut stretches = self.walk(self.own(), tip.map(|tip| tip.seat), |stretch| {
            after.is_some_and(|after| stretch.to.incarnation <= after.incarnation)
        })?;
        stretches.reverse();
        let (mut entries, mut size): (Vec<Entry>, usize) = (Vec::new(), 0);
        for stretch in stretches {
            let room = limits::BATCH_ENTRIES - entries.len();
            let from = match after {
                Some(after) if after.incarnation == stretch.to.incarnation => after.seq + 1,
                _ => stretch.from,
            };
            let mut statement = self.conn().prepare_cached(&format!(
                "SELECT {ENTRY_COLUMNS} FROM entry \
                 WHERE ledger = (SELECT no FROM ledger WHERE office = ?1) AND incarnation = ?2 \
                 AND seq BETWEEN ?3 AND ?4 ORDER BY seq LIMIT ?5"
            ))?;
            let rows = statement.query(params![
                self.own().0.as_bytes(),
                stretch.to.incarnation.0 as i64,
                from as i64,
                stretch.to.seq as i64,
                room as i64
            ])?;
            let read = self.collect_within(rows, limits::BATCH_BYTES - size)?;
            size += read.iter().map(|stored| stored.entry.content.len()).sum::<usize>();
            entries.extend(read.into_iter().map(|stored| stored.entry));
            if entries.len() >= limits::BATCH_ENTRIES || size >= limits::BATCH_BYTES {
                break;
            }
        }
        let end = entries.last().is_none_or(|last| Some(last.link()) == tip);
        Ok((entries, end))
    }

    /// Number of own entries on the tip's chain after `after`.
    pub fn chain_length_after(&self, after: Option<Seat>) -> Result<u64> {
        let tip = self.tip()?;
        // A seq is a height, so the distance on one chain is a difference.
        Ok(tip.map_or(0, |tip| tip.seat.seq)
            - after.map_or(0, |after| after.seq).min(tip.map_or(0, |tip| tip.seat.seq)))
    }
}

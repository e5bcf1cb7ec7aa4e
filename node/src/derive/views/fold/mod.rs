//! Folds one batch of entries into the views.

mod channels;
mod registry;
mod strands;

use rusqlite::{Connection, OptionalExtension, params};
use truc_proto::entry::Entry;
use truc_proto::id::Place;
use truc_proto::record::{self, Move, Outcome};
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;

use channels::Touched;
use strands::Slots;

use super::numbers;
use super::registers;
use super::{Result, Source, VIEWS, Views, ViewsError};
use crate::fault;
use crate::store::journal::Stored;

/// Outcome of an entry whose body nobody here can open.
const SEALED: &str = "sealed";
/// Longest `brief` and `content` in tables, characters.
const BRIEF: usize = 160;

/// A batch under way. Dropped without [`Fold::commit`], it changes nothing.
pub struct Fold<'a> {
    views: &'a mut Views,
    source: &'a dyn Source,
    touched: Touched,
    slots: Slots,
    last: u64,
    committed: bool,
}

impl<'a> Fold<'a> {
    pub(in crate::derive::views) fn begin(views: &'a mut Views, source: &'a dyn Source) -> Result<Self> {
        views.conn.execute_batch("BEGIN IMMEDIATE")?;
        let last = views.folded_to;
        Ok(Self {
            views,
            source,
            touched: Touched::default(),
            slots: Slots::default(),
            last,
            committed: false,
        })
    }

    /// The registry as of the entries folded so far, in whatever order they came and wherever batches end.
    pub fn registry(&mut self) -> Result<&Registry> {
        self.views.settle_registry()?;
        Ok(self.views.told.registry())
    }

    /// Folds the entry at a position of this store's journal; `arrived`: when the hub had it, Unix milliseconds; `refused`
    /// is this store's own verdict. An entry that was folded before changes nothing.
    pub fn entry(
        &mut self,
        position: u64,
        entry: &Entry,
        arrived: Option<u64>,
        refused: Option<Refusal>,
    ) -> Result<()> {
        self.last = self.last.max(position);
        let header = &entry.header;
        let (mv, refused) = match record::of(entry) {
            Ok(mv) => (Some(mv), refused),
            Err(_) => (None, refused.or(Some(Refusal::Malformed))),
        };
        let name = mv.as_ref().map_or("malformed", Move::name);
        // Of an entry that is for others, neither content nor channels are noted; of one that its author wrote to itself,
        // and this store refuses, no content.
        let astray = refused == Some(Refusal::NotAddressed);
        let told = mv.as_ref().filter(|_| !astray && (refused.is_none() || !header.is_inward()));
        let brief = told.map(Move::brief).unwrap_or_default();
        let about = told.and_then(Move::about);
        let inserted = self
            .views
            .conn
            .prepare_cached(
                "INSERT OR IGNORE INTO story
                   (position, record, kind, ledger, incarnation, seq, time, author, move, brief, signed, arrived,
                    outcome, destroyed, about)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'applied', ?13, ?14)",
            )?
            .execute(params![
                position as i64,
                header.record.0.as_bytes(),
                header.kind,
                header.ledger.0.as_bytes(),
                header.seat.incarnation.0 as i64,
                header.seat.seq as i64,
                header.when(arrived).time.0 as i64,
                mv.as_ref().and_then(Move::by).unwrap_or(&header.author),
                name,
                shortened(&brief),
                header.time.0 as i64,
                arrived.map(|arrived| arrived as i64),
                entry.destroyed,
                about.map(|office| *office.0.as_bytes())
            ])?;
        if inserted == 0 {
            return Ok(());
        }
        if !astray {
            self.arrived(header, arrived)?;
            if let Some(paper) = mv.as_ref().and_then(Move::paper) {
                numbers::note(&self.views.conn, position, header.ledger, header.record, paper)?;
                registers::note(&self.views.conn, position, header, paper)?;
            }
        }
        if let Some(refusal) = refused {
            self.refusal(header.place(), &entry.hash.0, false, refusal.code(), position)?;
        }
        let hub_word = self.hub_refused(entry)?;
        if let Some(reason) = hub_word.as_deref().or(refused.map(Refusal::code)) {
            return self.set_outcome(position, &format!("refused: {reason}"));
        }
        self.attachments(position, entry)?;
        match mv {
            None | Some(Move::Unknown { .. }) => self.set_outcome(position, "newer"),
            Some(Move::Sealed { .. }) => self.set_outcome(position, SEALED),
            Some(Move::Registry(mv)) if header.ledger == self.views.hub.0 => {
                self.registry_entry(position, entry, &mv)
            }
            Some(Move::Registry(_)) => self.set_outcome(position, "refused: not-hub"),
            // Whoever asks for the last word of a sort reads it in the journal.
            Some(Move::Keys(_)) => Ok(()),
            Some(mv) => self.strand_entry(position, entry, arrived, mv),
        }
    }

    /// Notes what another office wrote to itself: that its ledger goes on, and which files come with it. Nothing of what
    /// it says is in the views.
    pub fn inward(&mut self, position: u64, entry: &Entry, arrived: Option<u64>) -> Result<()> {
        self.last = self.last.max(position);
        self.arrived(&entry.header, arrived)?;
        self.attachments(position, entry)
    }

    fn attachments(&self, position: u64, entry: &Entry) -> Result<()> {
        for file in &entry.header.attachments {
            if entry.destroyed {
                let gone = "INSERT OR IGNORE INTO gone (position, hash) VALUES (?1, ?2)";
                self.views.conn.prepare_cached(gone)?.execute(params![position as i64, file.hash.0])?;
                continue;
            }
            self.views
                .conn
                .prepare_cached(
                    "INSERT OR IGNORE INTO attachment (position, hash, size, name, media_type, ledger, urgency)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    position as i64,
                    file.hash.0,
                    file.size as i64,
                    file.name,
                    file.media_type,
                    entry.header.ledger.0.as_bytes(),
                    entry.header.urgency as i32
                ])?;
        }
        Ok(())
    }

    /// Makes the batch take effect, in one transaction with `folded_to`.
    pub fn commit(mut self) -> Result<()> {
        self.write_slots()?;
        self.write_touched()?;
        self.views.conn.execute("UPDATE folded SET position = ?1", [self.last as i64])?;
        self.views.settle_registry()?;
        fault::point("views.commit.before");
        self.views.conn.execute_batch("COMMIT")?;
        fault::point("views.commit.after");
        self.views.folded_to = self.last;
        self.committed = true;
        self.views.scour.run(&self.views.conn, VIEWS);
        Ok(())
    }

    fn entry_at(&self, position: u64) -> Result<(Entry, Option<u64>)> {
        self.source.entry_at(position).map_err(ViewsError::Source)
    }

    /// Position of an entry in this store's journal; none: it is not folded.
    fn position_of(&self, place: Place) -> Result<Option<u64>> {
        let position: Option<i64> = self
            .views
            .conn
            .prepare_cached("SELECT position FROM story WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3")?
            .query_row(
                params![place.ledger.0.as_bytes(), place.seat.incarnation.0 as i64, place.seat.seq as i64],
                |row| row.get(0),
            )
            .optional()?;
        Ok(position.map(|position| position as u64))
    }

    fn set_outcome(&self, position: u64, outcome: &str) -> Result<()> {
        self.views
            .conn
            .prepare_cached("UPDATE story SET outcome = ?2 WHERE position = ?1")?
            .execute(params![position as i64, outcome])?;
        Ok(())
    }

    fn refusal(&self, place: Place, hash: &[u8], by_hub: bool, reason: &str, position: u64) -> Result<()> {
        note_refusal(&self.views.conn, place, hash, by_hub, reason, position)
    }

    /// Why the hub refused exactly this entry, if it did.
    fn hub_refused(&self, entry: &Entry) -> Result<Option<String>> {
        if !self.views.with_refusals.contains(&entry.header.ledger) {
            return Ok(None);
        }
        let place = entry.header.place();
        Ok(self
            .views
            .conn
            .prepare_cached(
                "SELECT reason FROM refusal
                 WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3 AND hash = ?4 AND by_hub = 1",
            )?
            .query_row(
                params![
                    place.ledger.0.as_bytes(),
                    place.seat.incarnation.0 as i64,
                    place.seat.seq as i64,
                    entry.hash.0
                ],
                |row| row.get(0),
            )
            .optional()?)
    }
}

impl Drop for Fold<'_> {
    fn drop(&mut self) {
        if !self.committed {
            // An error here comes again, visibly, at the next batch.
            let _ = self.views.conn.execute_batch("ROLLBACK");
            let _ = self.views.reload();
        }
    }
}

/// Notes an entry that cannot be folded: its place, which is missing no more, its verdict, and nothing of what it says.
pub(super) fn pass_over(
    conn: &Connection,
    stored: &Stored,
    refused: Option<Refusal>,
    why: &str,
) -> Result<()> {
    let Stored { position, arrived, entry, .. } = stored;
    let header = &entry.header;
    channels::found(conn, header.place())?;
    let name = record::of(entry).map_or("malformed", |mv| mv.name());
    conn.prepare_cached(
        "INSERT OR IGNORE INTO story
           (position, record, kind, ledger, incarnation, seq, time, author, move, brief, outcome, signed, arrived)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', ?10, ?11, ?12)",
    )?
    .execute(params![
        *position as i64,
        header.record.0.as_bytes(),
        header.kind,
        header.ledger.0.as_bytes(),
        header.seat.incarnation.0 as i64,
        header.seat.seq as i64,
        header.when(*arrived).time.0 as i64,
        header.author,
        name,
        match refused {
            Some(refusal) => format!("refused: {}", refusal.code()),
            None => format!("undigested: {why}"),
        },
        header.time.0 as i64,
        arrived.map(|arrived| arrived as i64)
    ])?;
    if let Some(refusal) = refused {
        note_refusal(conn, header.place(), &entry.hash.0, false, refusal.code(), *position)?;
    }
    Ok(())
}

fn note_refusal(
    conn: &Connection,
    place: Place,
    hash: &[u8],
    by_hub: bool,
    reason: &str,
    position: u64,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO refusal (ledger, incarnation, seq, hash, by_hub, reason, position)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET reason = excluded.reason, position = excluded.position
         WHERE excluded.position < position",
    )?
    .execute(params![
        place.ledger.0.as_bytes(),
        place.seat.incarnation.0 as i64,
        place.seat.seq as i64,
        hash,
        by_hub,
        reason,
        position as i64
    ])?;
    Ok(())
}

/// The outcome of a move as the story shows it.
fn outcome_text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::NotAllowed(reason) => format!("not-allowed: {reason}"),
    }
}

/// The first [`BRIEF`] characters of a text.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(BRIEF).map_or(text, |(end, _)| &text[..end])
}

//! Writes the index: entries in, rows out, in whatever order the entries come.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use truc_proto::entry::{Entry, Header};
use truc_proto::id::{Incarnation, OfficeId, Place, RecordId, Seat};
use truc_proto::limits;
use truc_proto::paper::DocumentType;
use truc_proto::record::{self, Move};
use truc_proto::registry::Registry;
use truc_proto::wire::registry_move;

use super::words::folded;
use super::{Entries, Result, SEARCH, SearchError, entries};
use crate::derive::guard::{self, Cause};
use crate::derive::vet;
use crate::derive::views::columns::uuid;
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::derive::views::{Views, ViewsError};
use crate::fault;
use crate::store::journal::Reads;
use crate::store::scour::Scour;

/// Version of the tables, in `PRAGMA user_version`. An index of another version is dropped and made anew.
const SCHEMA: i64 = 3;
const TABLES: &str = include_str!("schema.sql");

/// Bytes of words in memory at which they are written.
const WAITING: usize = 8 * 1024 * 1024;

/// A record and its kind.
type Key = (RecordId, u32);

/// An index, with one writer.
#[derive(Debug)]
pub struct Index {
    conn: Connection,
    upto: u64,
    taken: Vec<Taken>,
    /// Edition of the journal that is indexed.
    edition: u64,
    scour: Scour,
    /// Why the file was made anew when it was opened.
    mended: Option<String>,
}

/// What an entry may change in the index, once the views were asked about it.
#[derive(Debug)]
enum Taken {
    /// A version of a record, with its text.
    Opening(Key, u64, String),
    /// Text that was said about a record.
    Said(Box<Header>, u64, String),
    /// A fact about an office: it and others may have new names.
    Office,
    /// A refusal by the hub, of the entry at that place.
    Refused(Place),
}

/// The position up to which an index has followed the journal; none: it is one of another version.
pub fn upto(conn: &Connection) -> Result<Option<u64>> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != SCHEMA {
        return Ok(None);
    }
    let upto: i64 = conn.query_row("SELECT position FROM upto", [], |row| row.get(0))?;
    Ok(Some(upto as u64))
}

impl Index {
    /// Opens an index in a file. One that has another version, is ahead of the journal or is damaged is made anew.
    pub fn open(path: &Path, journal_end: u64) -> Result<Self> {
        match Self::try_open(path) {
            Ok(Some(index)) if index.upto <= journal_end => Ok(index),
            Ok(_) => Self::create(path),
            Err(SearchError::Sqlite(error)) if guard::cause_at_opening(&error) == Cause::Damage => {
                Ok(Self { mended: Some(error.to_string()), ..Self::create(path)? })
            }
            Err(error) => Err(error),
        }
    }

    /// Drops the index in a file and makes it anew.
    pub fn create(path: &Path) -> Result<Self> {
        guard::remove_database(path)?;
        let conn = Connection::open(path)?;
        tables(&conn)?;
        Self::with(conn)
    }

    /// An index in memory, for tests and for checking a store.
    pub fn in_memory() -> Result<Self> {
        let conn = Connection::open_in_memory()?;
        tables(&conn)?;
        Self::with(conn)
    }

    /// None: there is no index, or one of another version.
    fn try_open(path: &Path) -> Result<Option<Self>> {
        let conn = Connection::open(path)?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version == SCHEMA { Self::with(conn).map(Some) } else { Ok(None) }
    }

    fn with(conn: Connection) -> Result<Self> {
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // In WAL mode NORMAL stays consistent over a power cut: a commit may be lost, and its entries come again.
        conn.pragma_update(None, "synchronous", "NORMAL")?;
        conn.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        conn.pragma_update(None, "cache_size", -8_000)?;
        let (upto, edition): (i64, i64) =
            conn.query_row("SELECT position, edition FROM upto", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let edition = edition as u64;
        let mut scour = Scour::opened(edition);
        scour.run(&conn, SEARCH);
        Ok(Self { conn, upto: upto as u64, taken: Vec::new(), edition, scour, mended: None })
    }

    /// Empties the index; the journal must be indexed from its start.
    pub fn begin_anew(&mut self, edition: u64) -> Result<()> {
        self.taken.clear();
        let transaction = self.conn.transaction()?;
        guard::empty(&transaction)?;
        transaction.execute_batch(TABLES)?;
        transaction.execute("UPDATE upto SET edition = ?1", [edition as i64])?;
        transaction.commit()?;
        (self.upto, self.edition, self.scour) = (0, edition, Scour::Due);
        self.scour.run(&self.conn, SEARCH);
        Ok(())
    }

    /// Edition of the journal that is indexed.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Forgets the entries that were taken since the last commit.
    pub fn give_up(&mut self) {
        self.taken.clear();
    }

    /// Why the file was made anew when it was opened, once; none: it was sound, or there was none.
    pub fn mended(&mut self) -> Option<String> {
        self.mended.take()
    }

    /// Position in the journal up to which entries are indexed.
    pub fn upto(&self) -> u64 {
        self.upto
    }

    /// The writer's connection, for reading.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Takes the entry at a position; it takes effect with [`Index::commit`].
    pub fn take(&mut self, position: u64, entry: &Entry) {
        let header = &entry.header;
        // An entry that cannot be read is not found.
        let Ok(mv) = record::of(entry) else { return };
        match &mv {
            Move::Unknown { .. } | Move::Sealed { .. } => {}
            Move::Registry(word) => match &word.0.r#move {
                Some(registry_move::Move::Office(_)) => self.taken.push(Taken::Office),
                Some(registry_move::Move::Refused(said)) => {
                    let seat = Seat { incarnation: Incarnation(said.incarnation), seq: said.seq };
                    let place = OfficeId::from_wire(&said.ledger).map(|ledger| Place { ledger, seat });
                    self.taken.extend(place.map(Taken::Refused));
                }
                _ => {}
            },
            mv if mv.opens() => {
                self.taken.push(Taken::Opening((header.record, header.kind), position, texts(entry, mv)));
            }
            mv => {
                let text = texts(entry, mv);
                if !text.is_empty() {
                    self.taken.push(Taken::Said(Box::new(header.clone()), position, text));
                }
            }
        }
    }

    /// Makes the entries taken, up to a position, take effect. The views must have folded them.
    pub fn commit(
        &mut self,
        upto: u64,
        registry: &Registry,
        views: &Connection,
        entries: Entries<'_>,
    ) -> Result<()> {
        let transaction = self.conn.transaction()?;
        let writing = Writing { conn: &transaction, registry, views, entries };
        // In the order of ids, which grow with time, so that rows go to the end of their tables.
        let mut changed = BTreeSet::new();
        let mut versions = HashMap::new();
        let mut offices = false;
        for taken in self.taken.drain(..) {
            match taken {
                Taken::Opening(key, position, text) => {
                    changed.insert(key);
                    versions.insert(position, text);
                }
                Taken::Said(header, position, text) => {
                    if !writing.is_refused(position)? && writing.keep(&header, position, &text)? {
                        changed.insert((header.record, header.kind));
                    }
                }
                Taken::Office => offices = true,
                Taken::Refused(place) => changed.extend(writing.forget(place)?),
            }
        }
        if offices {
            changed.extend(writing.renamed()?);
        }
        let (mut found, mut waiting) = (Vec::new(), 0);
        for key in changed {
            let before = found.len();
            writing.record(key, &mut versions, &mut found)?;
            waiting += found[before..].iter().map(Words::size).sum::<usize>();
            if waiting > WAITING {
                writing.words(&mut found)?;
                waiting = 0;
            }
        }
        writing.words(&mut found)?;
        transaction.prepare_cached("UPDATE upto SET position = ?1")?.execute([upto as i64])?;
        fault::point("search.commit.before");
        transaction.commit()?;
        fault::point("search.commit.after");
        self.upto = upto;
        self.scour.run(&self.conn, SEARCH);
        Ok(())
    }

    /// Indexes the entries of a journal that the views have folded and the index lacks. Calls `progress` with the
    /// position.
    pub fn catch_up(
        &mut self,
        journal: Reads<'_>,
        views: &Views,
        mut progress: impl FnMut(u64),
    ) -> Result<()> {
        let registry = views.registry();
        loop {
            let mut batch = journal.stretch(self.upto, limits::FOLD_ENTRIES, limits::FOLD_BYTES)?;
            batch.retain(|stored| stored.position <= views.folded_to());
            let Some(last) = batch.last() else { return Ok(()) };
            let upto = last.position;
            let shown = batch.iter().filter(|stored| !vet::inward(journal.own(), &stored.entry.header));
            shown.for_each(|stored| self.take(stored.position, &stored.entry));
            self.commit(upto, &registry, views.connection(), &entries(journal))?;
            progress(upto);
        }
    }
}

fn tables(conn: &Connection) -> Result<()> {
    conn.execute_batch(&format!("BEGIN;\n{TABLES}\nPRAGMA user_version = {SCHEMA};\nCOMMIT;"))?;
    Ok(())
}

/// Everything that people wrote in an entry, except number and title, and the names of its files.
pub(super) fn texts(entry: &Entry, mv: &Move) -> String {
    let names = entry.header.attachments.iter().map(|file| file.name.as_str());
    let all = mv.texts().into_iter().chain(names).filter(|text| !text.is_empty());
    all.collect::<Vec<_>>().join("\n")
}

/// A commit under way.
struct Writing<'a> {
    conn: &'a Connection,
    registry: &'a Registry,
    views: &'a Connection,
    entries: Entries<'a>,
}

impl Writing<'_> {
    fn is_refused(&self, position: u64) -> Result<bool> {
        let select = || {
            self.views
                .prepare_cached("SELECT outcome LIKE 'refused:%' FROM story WHERE position = ?1")?
                .query_row([position as i64], |row| row.get(0))
                .optional()
        };
        Ok(select().map_err(ViewsError::from)?.unwrap_or(false))
    }

    /// Keeps what was said; false: it was kept already.
    fn keep(&self, header: &Header, position: u64, text: &str) -> Result<bool> {
        // As the views judge it, so that one record has one time everywhere.
        let mut select = self.views.prepare_cached("SELECT time FROM story WHERE position = ?1")?;
        let time: Option<i64> = select.query_row([position as i64], |row| row.get(0)).optional()?;
        let mut insert = self.conn.prepare_cached(
            "INSERT OR IGNORE INTO said (position, record, kind, ledger, incarnation, seq, time, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let kept = insert.execute(params![
            position as i64,
            header.record.0.as_bytes(),
            header.kind,
            header.ledger.0.as_bytes(),
            header.seat.incarnation.0 as i64,
            header.seat.seq as i64,
            time.unwrap_or(header.counts_from().0 as i64),
            text
        ])?;
        Ok(kept > 0)
    }

    /// Forgets what a refused entry said; returns its record.
    fn forget(&self, place: Place) -> Result<Option<Key>> {
        let seat = place.seat;
        let select = || {
            self.views
                .prepare_cached(
                    "SELECT position, record, kind FROM story
                     WHERE ledger = ?1 AND incarnation = ?2 AND seq = ?3 AND outcome LIKE 'refused:%'",
                )?
                .query_row(
                    params![place.ledger.0.as_bytes(), seat.incarnation.0 as i64, seat.seq as i64],
                    |row| Ok((row.get::<_, i64>(0)?, (RecordId(uuid(row, 1)?), row.get(2)?))),
                )
                .optional()
        };
        let Some((position, key)) = select().map_err(ViewsError::from)? else { return Ok(None) };
        self.conn.prepare_cached("DELETE FROM said WHERE position = ?1")?.execute([position])?;
        Ok(Some(key))
    }

    /// Records of offices whose names have changed; notes the new names.
    fn renamed(&self) -> Result<Vec<Key>> {
        let mut select = self.conn.prepare_cached("SELECT id, name FROM office")?;
        let known = select.query_map([], |row| Ok((OfficeId(uuid(row, 0)?), row.get(1)?)))?;
        let known = known.collect::<rusqlite::Result<HashMap<OfficeId, String>>>()?;
        let mut keep =
            self.conn.prepare_cached("INSERT OR REPLACE INTO office (id, name) VALUES (?1, ?2)")?;
        let mut select = self.conn.prepare_cached(
            "SELECT doc.record, doc.kind FROM word JOIN doc ON doc.id = word.rowid WHERE word MATCH ?1",
        )?;
        let mut records = Vec::new();
        for (office, _) in self.registry.offices() {
            let name = self.name_of(office);
            if known.get(&office) == Some(&name) {
                continue;
            }
            keep.execute(params![office.0.as_bytes(), name])?;
            let rows =
                select.query_map([owner_tag(office)], |row| Ok((RecordId(uuid(row, 0)?), row.get(1)?)))?;
            records.extend(rows.collect::<rusqlite::Result<Vec<Key>>>()?);
        }
        Ok(records)
    }

    fn name_of(&self, office: OfficeId) -> String {
        let fact = self.registry.office(office).and_then(|office| office.current());
        fact.map_or_else(String::new, |fact| fact.committee())
    }

    /// Brings the rows of a record in line with its entries, and adds its words to `found`. Texts of versions in
    /// `versions` are not read again.
    fn record(&self, key: Key, versions: &mut HashMap<u64, String>, found: &mut Vec<Words>) -> Result<()> {
        let (id, kind) = (key.0.0.as_bytes(), key.1);
        let mut rows = read::list(self.views, &Filter::id(key.0))?;
        rows.retain(|row| row.kind == kind);
        let mut select =
            self.conn.prepare_cached("SELECT owner, id FROM doc WHERE record = ?1 AND kind = ?2")?;
        let known = select.query_map(params![id, kind], |row| Ok((OfficeId(uuid(row, 0)?), row.get(1)?)))?;
        let known = known.collect::<rusqlite::Result<HashMap<OfficeId, i64>>>()?;
        for (_, doc) in known.iter().filter(|(owner, _)| rows.iter().all(|row| row.owner != **owner)) {
            self.conn.prepare_cached("DELETE FROM doc WHERE id = ?1")?.execute([doc])?;
            found.push(Words { doc: *doc, known: true, columns: None });
        }
        for row in &rows {
            let text = match versions.remove(&row.position) {
                Some(text) => text,
                None => self.text_at(row.position)?,
            };
            let doc = self.doc(row)?;
            let known = known.contains_key(&row.owner);
            found.push(Words { doc, known, columns: Some(self.columns(row, &text)?) });
        }
        Ok(())
    }

    /// The texts of the entry at a position; empty if the entry lost a fork, which the views do not show yet.
    fn text_at(&self, position: u64) -> Result<String> {
        let Some(entry) = (self.entries)(position)? else { return Ok(String::new()) };
        let mv = record::of(&entry);
        Ok(mv.map(|mv| texts(&entry, &mv)).unwrap_or_default())
    }

    fn doc(&self, row: &RecordRow) -> Result<i64> {
        let mut write = self.conn.prepare_cached(
            "INSERT INTO doc (record, kind, owner, position, opened, number, title, document_type, number_words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET
               position = excluded.position, opened = excluded.opened, number = excluded.number,
               title = excluded.title, document_type = excluded.document_type,
               number_words = excluded.number_words
             RETURNING id",
        )?;
        let doc = write.query_row(
            params![
                row.id.0.as_bytes(),
                row.kind,
                row.owner.0.as_bytes(),
                row.position as i64,
                row.opened,
                row.number,
                row.title,
                row.document_type,
                folded(&row.number)
            ],
            |row| row.get(0),
        )?;
        Ok(doc)
    }

    /// The indexed columns of a record. A secret record is found by its number only.
    fn columns(&self, row: &RecordRow, text: &str) -> Result<[String; 6]> {
        let (number, tags) =
            (folded(&row.number), format!("{} {}", kind_tag(row.kind), owner_tag(row.owner)));
        if row.confidentiality > 0 {
            let nothing = String::new;
            return Ok([number, nothing(), nothing(), nothing(), nothing(), tags]);
        }
        let document_type = DocumentType::from_code(&row.document_type).map_or("", DocumentType::vietnamese);
        let about = format!("{document_type} {}", self.name_of(row.owner));
        let said = said(self.conn, row.id, row.kind)?.join("\n");
        Ok([number, folded(&row.title), folded(text), folded(&about), folded(&said), tags])
    }

    /// Writes the words of many rows in one go: any other write between them makes FTS5 put its memory into a segment
    /// of its own, which costs several times as much as the words.
    fn words(&self, found: &mut Vec<Words>) -> Result<()> {
        let mut delete = self.conn.prepare_cached("DELETE FROM word WHERE rowid = ?1")?;
        for words in found.iter().filter(|words| words.known) {
            delete.execute([words.doc])?;
        }
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO word (rowid, number, title, text, about, said, tag) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for words in found.drain(..) {
            if let Some([number, title, text, about, said, tag]) = &words.columns {
                insert.execute(params![words.doc, number, title, text, about, said, tag])?;
            }
        }
        Ok(())
    }
}

/// A row of `word` to be written.
struct Words {
    /// Row id.
    doc: i64,
    /// The row exists already and must be deleted first.
    known: bool,
    /// The new columns; none: the row is only deleted.
    columns: Option<[String; 6]>,
}

impl Words {
    fn size(&self) -> usize {
        self.columns.iter().flatten().map(String::len).sum()
    }
}

/// What was said about a record, newest first, up to [`limits::SEARCH_SAID`] bytes.
pub(super) fn said(conn: &Connection, record: RecordId, kind: u32) -> Result<Vec<String>> {
    let mut select = conn.prepare_cached(
        "SELECT text FROM said WHERE record = ?1 AND kind = ?2
         ORDER BY time DESC, ledger, incarnation DESC, seq DESC",
    )?;
    let mut rows = select.query(params![record.0.as_bytes(), kind])?;
    let (mut all, mut room) = (Vec::new(), limits::SEARCH_SAID);
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let Some(left) = room.checked_sub(text.len()) else { break };
        room = left;
        all.push(text);
    }
    Ok(all)
}

/// The word that all records of a kind contain.
pub(super) fn kind_tag(kind: u32) -> String {
    format!("_k{kind}")
}

/// The word that all records of an office contain.
pub(super) fn owner_tag(owner: OfficeId) -> String {
    format!("_o{}", owner.0.simple())
}

/// The content of an index, one line a row, except its position: the same for the same entries, in whatever order they
/// came.
pub fn dump(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    // Temporary tables may be made on a read-only connection.
    conn.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, word, col)",
    )?;
    let mut lines = Vec::new();
    for sql in [
        "SELECT record, kind, owner, position, opened, number, title, document_type, number_words FROM doc",
        "SELECT * FROM said",
        "SELECT * FROM temp.vocabulary",
    ] {
        let mut select = conn.prepare(sql)?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            lines.push(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?));
        }
    }
    lines.sort_unstable();
    Ok(lines)
}

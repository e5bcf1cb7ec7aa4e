//! The reading side of the index: what somebody types becomes a question to SQLite, rows become hits.

use rusqlite::{Connection, Row, params};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record;

use super::index::{kind_tag, owner_tag, said, texts};
use super::words::{excerpt, typed};
use super::{Entries, Hit, Query, Result};
use crate::views::read::uuid;

/// Hits if nothing else is asked for.
const USUAL: u32 = 20;
/// Columns of a hit.
const DOC: &str =
    "doc.record, doc.kind, doc.owner, doc.number, doc.title, doc.document_type, doc.opened, doc.position";
/// Breaks ties, so that the same entries give the same answer wherever they lie.
const NEWEST: &str = "doc.opened DESC, doc.record, doc.kind, doc.owner";

/// Records of which all words are found: those of just that number, then as the words weigh (in number and title
/// more than in text), then the newest. Where too many are found to weigh them all, the newest that have the
/// words in number and title come first, then the newest of the others.
pub fn find(conn: &Connection, query: &Query, entries: Entries<'_>) -> Result<Vec<Hit>> {
    let words = typed(&query.text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let limit = if query.limit == 0 { USUAL } else { query.limit }.min(limits::SEARCH_PAGE as u32) as usize;
    let need = query.offset as usize + limit;
    let wanted = Wanted { conn, query, words: &words, need };
    let mut found: Vec<Hit> = Vec::new();
    let mut add = |more: Vec<Hit>| {
        for hit in more {
            let same =
                |known: &&Hit| (known.record, known.kind, known.owner) == (hit.record, hit.kind, hit.owner);
            if !found.iter().any(|known| same(&known)) {
                found.push(hit);
            }
        }
    };
    add(wanted.by_number()?);
    let anywhere = wanted.expression("");
    if wanted.can_weigh(&anywhere)? {
        add(wanted.weighed(&anywhere)?);
    } else {
        let ahead = wanted.expression("{number title} : ");
        add(if wanted.can_weigh(&ahead)? { wanted.weighed(&ahead)? } else { wanted.newest(&ahead)? });
        add(wanted.newest(&anywhere)?);
    }
    let mut page: Vec<Hit> = found.into_iter().skip(query.offset as usize).take(limit).collect();
    for hit in &mut page {
        hit.shown = shown(conn, hit, &words, entries)?;
    }
    Ok(page)
}

/// A question under way.
struct Wanted<'a> {
    conn: &'a Connection,
    query: &'a Query,
    words: &'a [String],
    need: usize,
}

impl Wanted<'_> {
    /// All words, each as the beginning of one, in these columns; kind and owner as the query wants. Words hold
    /// letters and digits only: nothing in quotes can be taken for syntax.
    fn expression(&self, columns: &str) -> String {
        let words: Vec<String> = self.words.iter().map(|word| format!("\"{word}\"*")).collect();
        let tags = self.query.kind.map(kind_tag).into_iter().chain(self.query.owner.map(owner_tag));
        let tags: String = tags.map(|tag| format!(" AND \"{tag}\"")).collect();
        format!("{columns}({}){tags}", words.join(" AND "))
    }

    fn can_weigh(&self, expression: &str) -> Result<bool> {
        let most = limits::SEARCH_WEIGHED as i64;
        let mut count = self
            .conn
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM word WHERE word MATCH ?1 LIMIT ?2)")?;
        let count: i64 = count.query_row(params![expression, most + 1], |row| row.get(0))?;
        Ok(count <= most)
    }

    fn by_number(&self) -> Result<Vec<Hit>> {
        let sql = format!(
            "SELECT {DOC} FROM doc WHERE number_words = ?1 AND number_words <> ''
               AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR owner = ?3)
             ORDER BY {NEWEST} LIMIT ?4"
        );
        let owner = self.query.owner.map(|owner| *owner.0.as_bytes());
        self.hits(&sql, params![self.words.join(" "), self.query.kind, owner, self.need as i64])
    }

    fn weighed(&self, expression: &str) -> Result<Vec<Hit>> {
        let sql = format!(
            "SELECT {DOC} FROM word JOIN doc ON doc.id = word.rowid WHERE word MATCH ?1
             ORDER BY bm25(word, 10.0, 5.0, 1.0, 1.0, 1.0, 0.0), {NEWEST} LIMIT ?2"
        );
        self.hits(&sql, params![expression, self.need as i64])
    }

    fn newest(&self, expression: &str) -> Result<Vec<Hit>> {
        let sql = format!(
            "SELECT {DOC} FROM
               (SELECT rowid AS id FROM word WHERE word MATCH ?1 ORDER BY rowid DESC LIMIT ?2)
               JOIN doc USING (id) ORDER BY {NEWEST} LIMIT ?3"
        );
        self.hits(&sql, params![expression, limits::SEARCH_NEWEST as i64, self.need as i64])
    }

    fn hits(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Hit>> {
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map(values, hit)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn hit(row: &Row<'_>) -> rusqlite::Result<Hit> {
    Ok(Hit {
        record: RecordId(uuid(row, 0)?),
        kind: row.get(1)?,
        owner: OfficeId(uuid(row, 2)?),
        number: row.get(3)?,
        title: row.get(4)?,
        document_type: row.get(5)?,
        opened: row.get(6)?,
        position: row.get::<_, i64>(7)? as u64,
        shown: Vec::new(),
    })
}

/// The excerpt with the most of the words: of the paper's text, of what was said about it, of its title.
fn shown(conn: &Connection, hit: &Hit, words: &[String], entries: Entries<'_>) -> Result<super::Pieces> {
    let text = entries(hit.position)?.and_then(|entry| {
        let mv = record::decode(entry.header.kind, &entry.body).ok()?;
        Some(texts(&entry, &mv))
    });
    let mut best = text.and_then(|text| excerpt(&text, words));
    let all = words.len() as u32;
    if best.as_ref().is_none_or(|(count, _)| *count < all) {
        let title = std::iter::once(hit.title.clone());
        for text in said(conn, hit.record, hit.kind)?.into_iter().chain(title) {
            let other = excerpt(&text, words);
            if other.as_ref().map(|(count, _)| *count) > best.as_ref().map(|(count, _)| *count) {
                best = other;
            }
        }
    }
    Ok(best.map(|(_, pieces)| pieces).unwrap_or_default())
}

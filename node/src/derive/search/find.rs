//! Reads the index: turns the typed text into a query for SQLite, and rows into hits.

use std::collections::HashSet;

use rusqlite::{Connection, Row, params};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record;

use super::index::{kind_tag, owner_tag, said, texts};
use super::words::{excerpt, typed};
use super::{Entries, Hit, Query, Result};
use crate::derive::views::columns::uuid;

/// Hits returned if the query sets no limit.
const USUAL: u32 = 20;
/// Columns of a hit.
const DOC: &str =
    "doc.record, doc.kind, doc.owner, doc.number, doc.title, doc.document_type, doc.opened, doc.position";
/// Order that breaks ties, so that the same entries give the same hits in every store.
const NEWEST: &str = "doc.opened DESC, doc.record, doc.kind, doc.owner";

/// Records that contain all words: first those with exactly that number, then those with the words as they stand, one
/// behind the other, then the others; each by rank (number and title count more than
/// text), then the newest. If there are too many to rank, the newest with the words in number and title come first,
/// then the newest of the others.
///
/// The last word may be a beginning, since somebody may be typing it. The words before may be so too, if nothing is
/// found with them as whole words. They nearly always are whole, which saves SQLite merging the lists of all words that
/// begin so.
pub fn find(conn: &Connection, query: &Query, entries: Entries<'_>) -> Result<Vec<Hit>> {
    let words = typed(&query.text);
    let Some((last, before)) = words.split_last() else { return Ok(Vec::new()) };
    let limit = if query.limit == 0 { USUAL } else { query.limit }.min(limits::SEARCH_PAGE as u32) as usize;
    let need = query.offset as usize + limit;
    // Words hold letters and digits only, so nothing in quotes can be taken for syntax.
    let begun = |word: &String| format!("\"{word}\"*");
    let whole = |word: &String| format!("\"{word}\"");
    let as_they_stand = before.iter().map(whole).chain([begun(last)]).collect();
    let mut found = Wanted { conn, query, words: &words, terms: as_they_stand, need }.all()?;
    if found.is_empty() && !before.is_empty() {
        let terms = words.iter().map(begun).collect();
        found = Wanted { conn, query, words: &words, terms, need }.all()?;
    }
    let mut page: Vec<Hit> = found.into_iter().skip(query.offset as usize).take(limit).collect();
    for hit in &mut page {
        hit.shown = shown(conn, hit, &words, entries)?;
    }
    Ok(page)
}

/// A search under way.
struct Wanted<'a> {
    conn: &'a Connection,
    query: &'a Query,
    words: &'a [String],
    /// The words in FTS5 syntax.
    terms: Vec<String>,
    need: usize,
}

impl Wanted<'_> {
    /// The best hits, as many as needed.
    fn all(&self) -> Result<Vec<Hit>> {
        let mut found = self.by_number()?;
        if self.words.len() > 1 {
            let phrase = |columns| self.tagged(columns, &format!("\"{}\"*", self.words.join(" ")));
            let many = self.newest_ids(&phrase(""))?.len() > limits::SEARCH_WEIGHED;
            add(
                &mut found,
                match many {
                    true => self.newest(&self.newest_ids(&phrase("{number title} : "))?)?,
                    false => self.weighed(&phrase(""))?,
                },
            );
        }
        let anywhere = self.expression("");
        let ids = self.newest_ids(&anywhere)?;
        if ids.len() <= limits::SEARCH_WEIGHED {
            add(&mut found, self.weighed(&anywhere)?);
        } else {
            let ahead = self.newest_ids(&self.expression("{number title} : "))?;
            add(&mut found, self.newest(&ahead)?);
            add(&mut found, self.newest(&ids)?);
        }
        Ok(found)
    }

    /// The query for all words in these columns, restricted to the kind and owner wanted.
    fn expression(&self, columns: &str) -> String {
        self.tagged(columns, &self.terms.join(" AND "))
    }

    fn tagged(&self, columns: &str, terms: &str) -> String {
        let tags = self.query.kind.map(kind_tag).into_iter().chain(self.query.owner.map(owner_tag));
        let tags: String = tags.map(|tag| format!(" AND \"{tag}\"")).collect();
        format!("{columns}({terms}){tags}")
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

    /// Rows of the newest records that match; one more than can be ranked, if there are so many.
    fn newest_ids(&self, expression: &str) -> Result<Vec<i64>> {
        let mut select = self
            .conn
            .prepare_cached("SELECT rowid FROM word WHERE word MATCH ?1 ORDER BY rowid DESC LIMIT ?2")?;
        let rows =
            select.query_map(params![expression, limits::SEARCH_WEIGHED as i64 + 1], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn weighed(&self, expression: &str) -> Result<Vec<Hit>> {
        let sql = format!(
            "SELECT {DOC} FROM word JOIN doc ON doc.id = word.rowid WHERE word MATCH ?1
             ORDER BY bm25(word, 10.0, 5.0, 1.0, 1.0, 1.0, 0.0), {NEWEST} LIMIT ?2"
        );
        self.hits(&sql, params![expression, self.need as i64])
    }

    fn newest(&self, ids: &[i64]) -> Result<Vec<Hit>> {
        let sql = format!(
            "SELECT {DOC} FROM doc WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY {NEWEST} LIMIT ?2"
        );
        let ids = serde_json::json!(&ids[..ids.len().min(limits::SEARCH_NEWEST)]).to_string();
        self.hits(&sql, params![ids, self.need as i64])
    }

    fn hits(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Hit>> {
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map(values, hit)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// Adds hits that are not among those found.
fn add(found: &mut Vec<Hit>, more: Vec<Hit>) {
    let key = |hit: &Hit| (hit.record, hit.kind, hit.owner);
    let mut known: HashSet<_> = found.iter().map(key).collect();
    found.extend(more.into_iter().filter(|hit| known.insert(key(hit))));
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

/// The excerpt with most of the words: from the paper's text, from what was said about it, or from its title.
fn shown(conn: &Connection, hit: &Hit, words: &[String], entries: Entries<'_>) -> Result<super::Pieces> {
    let text = entries(hit.position)?.and_then(|entry| {
        let mv = record::of(&entry).ok()?;
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

//! Results for people: fields and tables as aligned plain text, offices by name, times in UTC+7. Whatever is added to a
//! page is made visible here: text of others steers no terminal and makes no rows.

use std::fmt::Write;

use serde_json::Value;
use truc_proto::date::local;
use truc_proto::paper::DocumentType;
use truc_proto::visible;

use super::said;
use crate::words::{self, Lang};

/// Text under construction, from the JSON result of a command.
pub struct Page<'a> {
    /// Language of the text.
    pub lang: Lang,
    /// Result of the command.
    pub value: &'a Value,
    fields: Vec<(String, String)>,
    text: String,
}

impl<'a> Page<'a> {
    /// An empty page for a result.
    pub fn new(lang: Lang, value: &'a Value) -> Self {
        Self { lang, value, fields: Vec::new(), text: String::new() }
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.flush();
        self.text
    }

    /// The text of a catalogue key without arguments.
    pub fn word(&self, key: &str) -> String {
        words::say(self.lang, key, &[])
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        self.flush();
        self.text.push_str(&visible::block(line));
        self.text.push('\n');
    }

    /// Adds text that is a file's and not for the screen, as it is.
    pub fn raw(&mut self, text: &str) {
        self.flush();
        self.text.push_str(text);
    }

    /// Adds a field unless it is empty. Consecutive fields are aligned.
    pub fn field(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            let label = self.word(key);
            self.fields.push((label, visible::line(&value).into_owned()));
        }
    }

    /// Adds a table with a heading; nothing if it has no rows. Empty columns are left out.
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) {
        self.flush();
        if rows.is_empty() {
            return;
        }
        let shown: Vec<usize> = (0..heads.len())
            .filter(|column| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty())))
            .collect();
        let heads: Vec<String> = heads.iter().map(|key| self.word(key)).collect();
        let plain = |row: &Vec<String>| row.iter().map(|cell| visible::line(cell).into_owned()).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(plain).collect();
        let wide = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).chain([&heads[column]]);
            cells.map(|cell| width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = shown.iter().map(|column| wide(*column)).collect();
        for row in std::iter::once(&heads).chain(&rows) {
            let mut line = String::new();
            for (column, wide) in shown.iter().zip(&widths) {
                let cell = row.get(*column).map_or("", String::as_str);
                line.push_str(cell);
                line.push_str(&" ".repeat(wide - width(cell) + 2));
            }
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn flush(&mut self) {
        let wide = self.fields.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
        for (label, value) in std::mem::take(&mut self.fields) {
            // Writing into a string cannot fail.
            let _ = writeln!(self.text, "{label}{} {value}", " ".repeat(wide - width(&label) + 1));
        }
    }

    /// Code and name of an office that the result names.
    pub fn office(&self, id: &Value) -> String {
        let id = id.as_str().unwrap_or_default();
        let known = &self.value["offices"][id];
        match (text(&known["code"]), text(&known["name"])) {
            (code, name) if !code.is_empty() && !name.is_empty() => format!("{code} {name}"),
            (_, name) if !name.is_empty() => name,
            _ => id.to_owned(),
        }
    }

    /// A scope in words.
    pub fn scope(&self, scope: &Value) -> String {
        let office = self.office(&scope["office"]);
        if scope["subtree"] == true { format!("{office} {}", self.word("cli-and-below")) } else { office }
    }

    /// Scopes, separated by semicolons.
    pub fn scopes(&self, scopes: &Value) -> String {
        let all: Vec<String> = list(scopes).iter().map(|scope| self.scope(scope)).collect();
        all.join("; ")
    }

    /// A duty's status in words.
    pub fn duty(&self, status: &Value) -> String {
        let status = text(status);
        if status.is_empty() { status } else { self.word(&format!("cli-duty-{status}")) }
    }

    /// A verdict in words: done or not, accepted or returned.
    pub fn verdict(&self, verdict: &Value, yes: &str, no: &str) -> String {
        match verdict["accepted"].as_bool() {
            None => String::new(),
            Some(accepted) => {
                let word = self.word(if accepted { yes } else { no });
                noted(word, &verdict["note"])
            }
        }
    }

    /// Adds the list of records, with `more` columns of the kind.
    pub fn records(&mut self, more: &[&str], cells: impl Fn(&Self, &Value) -> Vec<String>) {
        let records = list(&self.value["records"]);
        let mut rows = Vec::new();
        for record in records {
            let mut row = vec![
                text(&record["id"]),
                text(&record["number"]),
                text(&record["title"]),
                self.office(&record["owner"]),
                text(&record["issued"]),
                when(&record["due"]),
            ];
            row.extend(cells(self, record));
            rows.push(row);
        }
        if rows.is_empty() {
            let line = self.word("cli-empty");
            return self.line(&line);
        }
        let mut heads = vec!["cli-id", "cli-number", "cli-title", "cli-owner", "cli-issued", "cli-due"];
        heads.extend(more);
        self.table(&heads, &rows);
        if self.value["more"] == true {
            let line = words::say(self.lang, "cli-list-ends", &[("count", rows.len().into())]);
            self.line(&line);
        }
    }

    /// Adds the result of a written entry.
    pub fn written(&mut self) {
        let value = self.value;
        self.field("cli-record", text(&value["record"]));
        self.field("cli-number", text(&value["number"]));
        let key = format!("mv-{}-{}", text(&value["kind"]), text(&value["move"]));
        self.field("cli-move", self.word(&key));
        self.field("cli-position", text(&value["position"]));
        let saved = self.word("line-saved");
        self.line(&saved);
    }

    /// Adds what every record shows before the part of its kind.
    pub fn head(&mut self) {
        let value = self.value;
        let kind = text(&value["document_type"]);
        let kind = DocumentType::from_code(&kind).map_or(kind, |kind| match self.lang {
            Lang::Vi => kind.vietnamese().to_owned(),
            Lang::En => kind.english().to_owned(),
        });
        self.field("cli-title", text(&value["title"]));
        self.field("cli-type", kind);
        self.field("cli-number", text(&value["number"]));
        self.field("cli-record", text(&value["id"]));
        self.field("cli-owner", self.office(&value["owner"]));
        self.field("cli-audience", self.scopes(&value["audience"]));
        self.field("cli-issued", text(&value["issued"]));
        self.field("cli-due", when(&value["due"]));
        let urgency = value["urgency"].as_u64().unwrap_or(0);
        if (1..=3).contains(&urgency) {
            self.field("cli-urgency", self.word(&format!("urg-{urgency}")));
        } else if urgency == 4 {
            let due = when(&value["due"]);
            self.field("cli-urgency", words::say(self.lang, "urg-4", &[("time", due.into())]));
        }
    }

    /// Adds what every record shows after the part of its kind: files, story, moves allowed now, text.
    pub fn foot(&mut self) {
        let value = self.value;
        let files: Vec<Vec<String>> = list(&value["attachments"])
            .iter()
            .map(|file| {
                let (have, size) = (file["have"].as_u64().unwrap_or(0), file["size"].as_u64().unwrap_or(0));
                let percent = (have.saturating_mul(100)).checked_div(size).unwrap_or(100);
                vec![text(&file["name"]), text(&file["size"]), format!("{percent} %")]
            })
            .collect();
        self.table(&["cli-file", "cli-size", "cli-here"], &files);
        let story: Vec<Vec<String>> = list(&value["story"])
            .iter()
            .map(|row| {
                vec![
                    when(&row["time"]),
                    self.office(&row["ledger"]),
                    text(&row["author"]),
                    said::move_word(self.lang, kind(row), &text(&row["move"])),
                    self.office(&row["about"]),
                    said::of(self.lang, kind(row), &text(&row["move"]), &text(&row["brief"])),
                    said::outcome(self.lang, &text(&row["outcome"])),
                ]
            })
            .collect();
        self.line("");
        let heads =
            ["cli-time", "cli-office", "cli-author", "cli-move", "cli-about", "cli-brief", "cli-outcome"];
        self.table(&heads, &story);
        let next = list(&value["next"]).iter().map(|mv| said::move_word(self.lang, kind(value), &text(mv)));
        let next: Vec<String> = next.collect();
        self.field("cli-next", next.join(", "));
        let body = text(&value["text"]);
        if !body.is_empty() {
            self.line("");
            self.line(body.trim_end());
        }
    }
}

/// Number of the kind of a record or an entry.
fn kind(value: &Value) -> u32 {
    value["kind"].as_u64().and_then(|kind| u32::try_from(kind).ok()).unwrap_or_default()
}

/// The elements of a list; empty for any other value.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A value as text; empty for null.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A word, followed by a note if there is one.
pub fn noted(word: String, note: &Value) -> String {
    let note = text(note);
    if note.is_empty() { word } else { format!("{word} ({note})") }
}

/// Unix milliseconds as text in UTC+7, precise to the minute; empty for null.
pub fn when(millis: &Value) -> String {
    millis.as_i64().map(clock).unwrap_or_default()
}

/// Time and text of a dated statement (`Said`); empty if there is none.
pub fn said(said: &Value) -> String {
    match said["time"].as_u64() {
        None => String::new(),
        Some(time) => noted(clock((time >> 16) as i64), &said["text"]),
    }
}

impl Page<'_> {
    /// The two times of something that was done: what its author says, and when the hub had it; empty if it was not.
    pub fn both(&self, done: &Value) -> [String; 2] {
        let Some(signed) = done["signed"].as_u64() else { return [String::new(), String::new()] };
        let arrived = done["arrived"].as_i64().map(clock);
        [clock((signed >> 16) as i64), arrived.unwrap_or_else(|| self.word("cli-came-unknown"))]
    }
}

fn clock(millis: i64) -> String {
    // Where no calendar reaches, its last day.
    let local = local(millis).or((millis > 0).then_some(jiff::civil::DateTime::MAX));
    local.map(|local| local.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// Columns that a text occupies in a terminal: combining marks occupy none.
fn width(text: &str) -> usize {
    text.chars().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_stand_under_each_other_in_any_composition() {
        let value = json!({});
        let mut page = Page::new(Lang::En, &value);
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned(), String::new()];
        page.table(&["cli-id", "cli-title", "cli-due"], &[row("Nghệ", "x"), row("Nghe\u{323}\u{302}", "y")]);
        let text = page.finish();
        let columns: Vec<usize> =
            text.lines().skip(1).map(|line| width(line.trim_end_matches(['x', 'y']))).collect();
        assert_eq!(columns[0], columns[1], "{text}");
        assert!(!text.contains("Due"), "an empty column is left out: {text}");
    }

    #[test]
    fn text_of_others_makes_no_rows_and_steers_no_terminal() {
        let hostile = "A\u{1b}[2J\u{9b}31m\r\nId   Number\u{202e}\0\u{7}";
        let value =
            json!({ "records": [{ "id": "1", "title": hostile, "owner": hostile, "number": hostile }] });
        let mut page = Page::new(Lang::En, &value);
        page.records(&[], |_, _| Vec::new());
        page.field("cli-title", hostile);
        page.line(hostile);
        let text = page.finish();
        assert!(
            !text.contains(|letter| visible::is_invisible(letter) && !"\r\n".contains(letter)),
            "{text:?}"
        );
        assert_eq!(
            text.lines().count(),
            2 + 1 + 2,
            "a head, a row, a field, and a text of two lines: {text}"
        );
        assert!(text.contains("A␛[2J⟦U+009B⟧31m␍␊Id   Number⟦U+202E⟧␀␇"), "{text}");
    }

    #[test]
    fn times_are_those_of_the_country() {
        assert_eq!(when(&json!(0)), "1970-01-01 07:00");
        assert_eq!(when(&json!(1_795_543_140_000_i64)), "2026-11-25 00:59");
        assert_eq!(when(&Value::Null), "");
    }
}

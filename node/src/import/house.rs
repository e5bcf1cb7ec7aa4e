//! The file of a house (`nep-nha.toml`): read into rows, and written again. What a row means, and what is wrong with it,
//! says [`truc_proto::house`].

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use truc_proto::date::Date;
use truc_proto::house::check::check;
use truc_proto::house::finding::{Finding, Problem};
use truc_proto::house::row::{Field, Row, Value};
use truc_proto::house::{Fact, House, Setting, Table};
use truc_proto::{identifier, limits};

use super::ImportError;
use crate::words::failure::Failure;

/// What a file says.
#[derive(Debug)]
pub struct HouseFile {
    /// Code of the office whose house it is; empty: the file does not say it.
    pub office: String,
    /// The line that says it, from 1; 0: none does.
    pub office_line: u32,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Tables and fields that no file has.
    pub unknown: Vec<Finding>,
}

/// Reads the text of a file.
pub fn load(path: &Path) -> Result<String, Failure> {
    let bytes = super::bytes(path)?;
    let about = |error: ImportError| Failure::from(error).about(path.display());
    if bytes.len() as u64 > limits::IMPORT_FILE {
        return Err(about(ImportError::TooLarge));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        about(ImportError::NotUtf8(good.iter().filter(|byte| **byte == b'\n').count() as u64 + 1))
    })
}

/// Tables of scalars whose fields are named with the table: `petitions.denouncer`.
const NESTED: [&str; 2] = ["petitions", "petitions.limits"];

/// Reads a file. A finding: it cannot be read from a line on.
pub fn read(text: &str) -> Result<HouseFile, Finding> {
    let reader = Reader { text };
    let parsed = DeTable::parse(text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        Finding::new(Problem::Toml, reader.line(&at))
    })?;
    let mut file = HouseFile { office: String::new(), office_line: 0, rows: Vec::new(), unknown: Vec::new() };
    for (key, value) in parsed.get_ref() {
        let (name, line) = (key.get_ref().as_ref(), reader.line(&key.span()));
        match (name.parse::<Table>(), value.get_ref()) {
            _ if name == "office" => {
                file.office = value.get_ref().as_str().unwrap_or_default().to_owned();
                file.office_line = line;
            }
            (Ok(table), DeValue::Array(rows)) => {
                for row in rows.iter() {
                    match row.get_ref() {
                        DeValue::Table(fields) => file.rows.extend(reader.rows(table, &row.span(), fields)),
                        _ => file.unknown.push(unknown(name, line)),
                    }
                }
            }
            (Ok(_), _) => file.unknown.push(unknown(name, line)),
            (Err(_), _) => {
                let mut fields = Vec::new();
                reader.scalars("", key, value, &mut fields);
                for (field, from) in fields {
                    if Setting::is_name(&field.name) {
                        let from = from.map(|from| Field { name: "from".into(), ..from });
                        let line = field.line;
                        let fields = [Some(field), from].into_iter().flatten().collect();
                        file.rows.push(Row { table: Table::Settings, line, fields });
                    } else {
                        file.unknown.push(unknown(&field.name, field.line));
                    }
                }
            }
        }
    }
    // Tables are kept by name; people read by line.
    file.rows.sort_by_key(|row| row.line);
    Ok(file)
}

/// Reads the file of an office and checks it with what its house holds: the facts, and what is wrong. `office`: its code;
/// empty: this machine has not heard it yet, and any house is taken for its own.
pub fn findings(text: &str, office: &str, house: &House) -> (Vec<Fact>, Vec<Finding>) {
    let file = match read(text) {
        Ok(file) => file,
        Err(broken) => return (Vec::new(), vec![broken]),
    };
    let mut findings = file.unknown;
    if !office.is_empty() && identifier::plain(&file.office) != office {
        let other = Finding::new(Problem::OtherOffice, file.office_line);
        findings.push(other.text("value", file.office).text("own", office));
    }
    let checked = check(house, &file.rows);
    findings.extend(checked.findings);
    findings.sort_by_key(|finding| (finding.line, finding.problem.key()));
    (checked.facts, findings)
}

/// A field or table that no file has, above all tables.
fn unknown(name: &str, line: u32) -> Finding {
    Finding::new(Problem::UnknownKey, line).text("field", name).text("table", "top")
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    /// The line of a place, from 1.
    fn line(&self, at: &Range<usize>) -> u32 {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        u32::try_from(before.bytes().filter(|byte| *byte == b'\n').count() + 1).unwrap_or(u32::MAX)
    }

    /// The rows of one table of the file. One row, but each scalar of a dated change is a row of its own.
    fn rows(&self, table: Table, at: &Range<usize>, fields: &DeTable<'_>) -> Vec<Row> {
        let line = self.line(at);
        let mut read = Vec::new();
        for (key, value) in fields {
            if table == Table::Settings {
                self.scalars("", key, value, &mut read);
            } else {
                read.push((self.field(key.get_ref(), key, value), None));
            }
        }
        let mut read: Vec<Field> = read.into_iter().map(|(field, _)| field).collect();
        read.sort_by_key(|field| field.line);
        if table != Table::Settings {
            return vec![Row { table, line, fields: read }];
        }
        let (days, scalars): (Vec<Field>, Vec<Field>) =
            read.into_iter().partition(|field| matches!(field.name.as_str(), "from" | "to"));
        let row = |scalar| {
            let fields = std::iter::once(scalar).chain(days.iter().cloned()).collect();
            Row { table, line, fields }
        };
        scalars.into_iter().map(row).collect()
    }

    /// The scalars of a field, each with the day from which it holds if that stands in its own table, as for hours.
    fn scalars(
        &self,
        above: &str,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        into: &mut Vec<(Field, Option<Field>)>,
    ) {
        let name = format!("{above}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(fields) if NESTED.contains(&name.as_str()) => {
                for (key, value) in fields {
                    self.scalars(&format!("{name}."), key, value, into);
                }
            }
            DeValue::Table(fields) => {
                let from = fields.iter().find(|(key, _)| key.get_ref() == "from");
                let from = from.map(|(key, value)| self.field("from", key, value));
                into.push((self.field(&name, key, value), from));
            }
            _ => into.push((self.field(&name, key, value), None)),
        }
    }

    fn field(
        &self,
        name: &str,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Field {
        Field { name: name.to_owned(), line: self.line(&key.span()), value: self.held(value.get_ref()) }
    }

    fn held(&self, value: &DeValue<'_>) -> Value {
        if let DeValue::Array(all) = value {
            let tables: Option<Vec<_>> = all
                .iter()
                .map(|one| match one.get_ref() {
                    DeValue::Table(fields) => Some(self.fields(fields)),
                    _ => None,
                })
                .collect();
            if let Some(tables) = tables.filter(|tables| !tables.is_empty()) {
                return Value::Tables(tables);
            }
        }
        held(value)
    }

    /// The fields of a table within a row, as they stand in the file.
    fn fields(&self, fields: &DeTable<'_>) -> Vec<Field> {
        let mut read: Vec<Field> =
            fields.iter().map(|(key, value)| self.field(key.get_ref(), key, value)).collect();
        read.sort_by_key(|field| field.line);
        read
    }
}

fn held(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(yes) => Value::Yes(*yes),
        DeValue::Integer(number) => Value::Bare(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Bare(number.as_str().to_owned()),
        DeValue::Datetime(time) => {
            let text = time.to_string();
            text.parse::<Date>().map_or(Value::Bare(text), Value::Day)
        }
        DeValue::Array(all) => Value::List(all.iter().map(|one| held(one.get_ref()).shown()).collect()),
        DeValue::Table(fields) => {
            let named = fields.iter().map(|(key, value)| (key.get_ref().to_string(), held(value.get_ref())));
            Value::Named(named.collect())
        }
    }
}

/// Writes the file of a house. The same facts always give the same bytes.
pub fn write(office: &str, house: &House) -> String {
    let mut text = format!("office = {}\n", quoted(office));
    let (scalars, rows): (Vec<Row>, Vec<Row>) =
        house.facts().map(|fact| fact.to_row()).partition(|row| row.table == Table::Settings);
    // What holds from the first day stands above all tables; the rest is dated changes.
    let (first, changes): (Vec<Row>, Vec<Row>) =
        scalars.into_iter().partition(|row| row.fields.iter().all(|field| !is_day(&field.name)));
    for prefix in ["", "petitions.", "petitions.limits."] {
        let fields: Vec<(&str, &Value)> = first
            .iter()
            .flat_map(|row| &row.fields)
            .filter_map(|field| Some((field.name.strip_prefix(prefix)?, &field.value)))
            .filter(|(name, _)| !name.contains('.'))
            .collect();
        if !prefix.is_empty() && !fields.is_empty() {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "\n[{}]", prefix.trim_end_matches('.'));
        }
        for (name, value) in fields {
            let _ = writeln!(text, "{name} = {}", written(value));
        }
    }
    for row in changes.iter().chain(&rows) {
        let _ = writeln!(text, "\n[[{}]]", <&str>::from(row.table));
        // A table within a table stands after the fields of the outer one.
        let (within, fields): (Vec<&Field>, Vec<&Field>) =
            row.fields.iter().partition(|field| matches!(field.value, Value::Tables(_)));
        for field in fields {
            let _ = writeln!(text, "{} = {}", field.name, written(&field.value));
        }
        for field in within {
            let Value::Tables(tables) = &field.value else { continue };
            for fields in tables {
                let _ = writeln!(text, "[[{}.{}]]", <&str>::from(row.table), field.name);
                for field in fields {
                    let _ = writeln!(text, "{} = {}", field.name, written(&field.value));
                }
            }
        }
    }
    text
}

fn is_day(name: &str) -> bool {
    matches!(name, "from" | "to")
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Bare(text) => text.clone(),
        Value::Yes(yes) => yes.to_string(),
        Value::Day(day) => day.to_string(),
        Value::List(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", texts.join(", "))
        }
        Value::Named(values) => {
            let values: Vec<String> =
                values.iter().map(|(name, value)| format!("{} = {}", key(name), written(value))).collect();
            format!("{{ {} }}", values.join(", "))
        }
        Value::Tables(tables) => {
            let tables: Vec<String> = tables
                .iter()
                .map(|fields| {
                    let fields: Vec<String> = fields
                        .iter()
                        .map(|field| format!("{} = {}", key(&field.name), written(&field.value)))
                        .collect();
                    format!("{{ {} }}", fields.join(", "))
                })
                .collect();
            format!("[{}]", tables.join(", "))
        }
    }
}

/// A name of a value, in quotation marks where TOML asks for them: codes of papers have letters like Đ.
fn key(name: &str) -> String {
    let bare = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-');
    if name.bytes().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;

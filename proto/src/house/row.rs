//! A fact as it is written: a line of a table, field by field. Files, commands and forms have rows; [`super::check`] reads
//! them into facts, and facts are written as rows again.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::road;
use super::thing::{Table, Thing};
use crate::date::Date;
use crate::{identifier, limits};

/// One line of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The table.
    pub table: Table,
    /// The line of the file where it begins, from 1; 0: it is from no file.
    pub line: u32,
    /// Its fields, in the order in which they are written.
    pub fields: Vec<Field>,
}

/// One field of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name in the file; that of a scalar with its tables: `petitions.denouncer`.
    pub name: String,
    /// Its line in the file, from 1; 0: it is from no file.
    pub line: u32,
    /// What it holds.
    pub value: Value,
}

/// What a field holds. A text is read as what the field asks for: commands and forms have nothing else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number, or whatever else is written without quotation marks and is no day, as it is written.
    Bare(String),
    /// Yes or no.
    Yes(bool),
    /// A day.
    Day(Date),
    /// Several texts.
    List(Vec<String>),
    /// Named values: `{ days = 10, kind = "calendar" }`.
    Named(Vec<(String, Value)>),
    /// Tables within the row: the steps of a road.
    Tables(Vec<Vec<Field>>),
}

impl Row {
    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The thing of which the row speaks, as far as it names it: its key fields in their one form.
    pub fn thing(&self) -> Thing {
        let key = |name: &&str| {
            let shown = self.field(name).map(|field| field.value.shown()).unwrap_or_default();
            canonical(self.table, name, &shown)
        };
        let key = match self.table {
            Table::Settings => self.fields.iter().take(1).map(|field| field.name.clone()).collect(),
            table => table.keys().iter().map(key).collect(),
        };
        Thing { table: self.table, key }
    }

    /// The line of a field; that of the row if it has none.
    pub fn line_of(&self, name: &str) -> u32 {
        self.field(name).map_or(self.line, |field| field.line)
    }
}

impl Value {
    /// The words of which it is made; those of named values in this order.
    pub fn words(&self, names: &[&str]) -> Vec<String> {
        match self {
            Self::Text(text) => parts(text),
            Self::Bare(text) => vec![text.clone()],
            Self::Yes(yes) => vec![yes.to_string()],
            Self::Day(day) => vec![day.to_string()],
            Self::List(texts) => texts.clone(),
            Self::Tables(tables) => tables.iter().map(|fields| road::line(fields)).collect(),
            Self::Named(values) => {
                let value = |name: &&str| values.iter().find(|(known, _)| known == name);
                names.iter().filter_map(value).flat_map(|(_, value)| value.words(&[])).collect()
            }
        }
    }

    /// As a message about it shows it.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.words(&[]).join(", "),
        }
    }
}

/// The parts of a text that lists several: `CV, GM, PC`.
pub(super) fn parts(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Composes letters as the standard does (NFC), without space around.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text.trim())
}

/// The one form of a field's text: ids in the letters in which they are kept, other texts composed. People are named by
/// their accounts, and roads, in small letters, all else by capitals.
pub(super) fn canonical(table: Table, field: &str, text: &str) -> String {
    match field {
        "person" | "to_person" | "stand_in" | "role" => identifier::account(text),
        "id" if matches!(table, Table::People | Table::Roads) => identifier::account(text),
        "id" | "unit" | "parent" | "heir" | "issuer" | "issuers" | "body" | "group" => {
            identifier::plain(text).to_uppercase()
        }
        "symbol" => identifier::symbol(text).unwrap_or_else(|| composed(text).into_owned()),
        _ => composed(text).into_owned(),
    }
}

/// Whether an id has the form of one: letters without marks, digits and `-`, at most [`limits::HOUSE_ID`].
pub(super) fn is_id(text: &str) -> bool {
    let good = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
    (1..=limits::HOUSE_ID).contains(&text.len()) && text.bytes().all(good)
}

//! A month of one office from within: what its people do with the papers that come, move by move, and what stands on their
//! pages at three moments. The files beside this one say what is expected; people and papers are invented.
#![allow(clippy::unwrap_used, missing_docs)]

mod cases;
mod house;
mod lists;
mod office;
mod outside;
mod play;
mod random;
mod registers;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use truc_proto::date::{Date, local};
use truc_proto::paper::Due;

/// A line of a file, by the names of its columns.
type Row = BTreeMap<String, String>;

fn rows(name: &str) -> Vec<Row> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/inside").join(name);
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// The cells of a file without its head.
fn cells(name: &str) -> Vec<Vec<String>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/inside").join(name);
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

/// Unix milliseconds of `2026-11-02T10:00` or of the close of a day.
fn millis(text: &str) -> i64 {
    let text = if text.len() == 16 { format!("{text}:00+07:00") } else { text.to_owned() };
    Due::parse(&text).unwrap().unwrap().0
}

fn day(millis: i64) -> Date {
    Date::of_millis(millis).unwrap()
}

/// `2026-11-02T10:00`.
fn stamp(millis: i64) -> String {
    local(millis).unwrap().strftime("%Y-%m-%dT%H:%M").to_string()
}

/// A date as people type it: without the hour at which the day closes.
fn typed(due: Due) -> String {
    if day(due.0).close_millis() == due.0 { day(due.0).to_string() } else { stamp(due.0) }
}

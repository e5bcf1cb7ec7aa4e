//! Forty days of one office from within: 25 drafts on three roads, 411 moves, 96 of them refused. The files beside this one
//! say what is expected of each move and what stands on the pages at three moments; people and papers are invented.
#![allow(clippy::unwrap_used, missing_docs)]

mod house;
mod lists;
mod play;
#[path = "../roads/house.rs"]
mod roads;

use std::collections::BTreeMap;
use std::path::PathBuf;

use truc_proto::date::{Date, local};
use truc_proto::paper::Due;

/// A line of a file, by the names of its columns.
type Row = BTreeMap<String, String>;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/drafts").join(name)
}

fn rows(name: &str) -> Vec<Row> {
    csv::Reader::from_path(path(name)).unwrap().deserialize().map(Result::unwrap).collect()
}

/// The cells of a file without its head.
fn cells(name: &str) -> Vec<Vec<String>> {
    csv::Reader::from_path(path(name)).unwrap().deserialize().map(Result::unwrap).collect()
}

/// Unix milliseconds of `2026-11-02T10:00`.
fn millis(text: &str) -> i64 {
    Due::parse(&format!("{text}:00+07:00")).unwrap().unwrap().0
}

fn day(millis: i64) -> Date {
    Date::of_millis(millis).unwrap()
}

fn stamp(millis: i64, format: &str) -> String {
    local(millis).unwrap().strftime(format).to_string()
}

//! `register`: the registers of a year, line by line.

pub mod lines;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::{Deserialize, Serialize};
use serde_json::json;
use strum::VariantArray as _;
use truc_proto::house::Right;
use truc_proto::paper::DocumentType;
use truc_proto::record::assignment::refusal::{Arg, Key, Refusal};
use truc_proto::record::kind_name;
use truc_proto::record::outside::Act;
use truc_proto::record::outside::registers::{Cell, Register, Words};
use truc_proto::{identifier, visible};

use super::assignment::Acting;
use super::page::{Page, list, text};
use super::{Context, Output, book, outside, paper};
use crate::words::failure::{ExitCode, Failure};
use crate::words::{self, Lang};
use lines::Line;

/// Between the cells of a line of CSV: the comma is the decimal mark of a Vietnamese Excel.
pub const BETWEEN: &str = ";";

/// Which register, of which year, from where to where.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Registers {
    /// incoming, petitions, transfers, secret, tasks.
    #[arg(value_parser = PossibleValuesParser::new(Register::VARIANTS.iter().map(|one| <&str>::from(*one))))]
    pub register: String,
    /// The calendar year; default: this one.
    #[arg(long)]
    pub year: Option<i16>,
    /// From this number on; of transfers and tasks: from this day on.
    #[arg(long, value_name = "NUMBER|DATE", default_value = "")]
    pub from: String,
    /// Up to this number or day.
    #[arg(long, value_name = "NUMBER|DATE", default_value = "")]
    pub to: String,
    /// The register of petitions with all who denounced; the reason is kept.
    #[arg(long, value_name = "WHY")]
    pub full: Option<String>,
    /// As CSV: semicolons between the cells, for a spreadsheet.
    #[arg(long)]
    pub csv: bool,
}

/// The words of a register in a language.
pub struct Catalogue(pub Lang);

impl Words for Catalogue {
    fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        let args: Vec<(&str, words::Value)> =
            args.iter().map(|(name, text)| (*name, (*text).into())).collect();
        words::say(self.0, key, &args)
    }

    fn document_type(&self, code: &str) -> String {
        let Some(kind) = DocumentType::from_code(code) else { return code.to_owned() };
        let name = if self.0 == Lang::Vi { kind.vietnamese() } else { kind.english() };
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// The lines of a register that an account may have. Of petitions all, if it says why (`full`): that is written first.
pub async fn made(
    context: &Context<'_>,
    lang: Lang,
    register: Register,
    year: i16,
    full: Option<&str>,
) -> Result<Vec<Line>, Failure> {
    may(context, register)?;
    let full = full.filter(|_| register == Register::Petitions);
    if let Some(why) = full {
        outside::make(context, None, Act::FullRegister(why.to_owned()), Acting::default()).await?;
    }
    lines::lines(context, &Catalogue(lang), register, book::year(year), full.is_some())
}

/// Fails unless the acting account may have a register: guests of the office have none, and that of petitions is for who
/// holds the right.
pub fn may(context: &Context<'_>, register: Register) -> Result<(), Failure> {
    let (moment, today) = (context.moment()?, context.today());
    let house = moment.house();
    let right = match register {
        Register::Petitions => house.has_right(context.author, Right::Petitions, today),
        _ => !house.is_guest(context.author, today),
    };
    let what = || Arg::Word(<&str>::from(Right::Petitions).into());
    if right { Ok(()) } else { Err(Refusal::new(Key::NoRight).with("what", what()).into()) }
}

impl Registers {
    pub(super) async fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let register: Register = self.register.parse().map_err(|_| paper::wrong(&self.register))?;
        let year = self.year.unwrap_or_else(|| context.today().civil().year());
        // A register is kept in the language of its office.
        let lang = Lang::Vi;
        let within = Range::read(self, register)?;
        let mut lines = made(context, lang, register, year, self.full.as_deref()).await?;
        lines.retain(|line| within.has(line));
        let head: Vec<String> =
            register.columns().iter().map(|(key, _)| words::say(lang, key, &[])).collect();
        let lines: Vec<_> = lines
            .iter()
            .map(|line| {
                let cells: Vec<String> = line.cells.iter().map(Cell::printed).collect();
                json!({ "record": line.record, "kind": kind_name(line.kind), "cells": cells })
            })
            .collect();
        Ok(json!({ "register": self.register, "year": year, "head": head, "lines": lines }))
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        let head: Vec<String> = list(&value["head"]).iter().map(text).collect();
        let rows = list(&value["lines"]).iter().map(|line| list(&line["cells"]).iter().map(text).collect());
        let rows: Vec<Vec<String>> = rows.collect();
        if self.csv {
            return page.raw(&csv(&head, &rows));
        }
        if rows.is_empty() {
            let line = page.word("cli-nothing-found");
            return page.line(&line);
        }
        let register: Option<Register> = self.register.parse().ok();
        let keys: Vec<&str> = register.into_iter().flat_map(Register::columns).map(|(key, _)| *key).collect();
        page.table(&keys, &rows);
    }
}

/// From where to where.
enum Range {
    Figures(u32, u32),
    Days(truc_proto::date::Date, truc_proto::date::Date),
}

impl Range {
    fn read(asked: &Registers, register: Register) -> Result<Self, Failure> {
        use truc_proto::date::Date;
        if matches!(register, Register::Transfers | Register::Tasks) {
            let day = |text: &str, none| if text.is_empty() { Ok(none) } else { paper::day(text) };
            return Ok(Self::Days(day(&asked.from, Date::FIRST)?, day(&asked.to, Date::LAST)?));
        }
        let wrong = |text: &str| Failure::new(ExitCode::Input, "arrival-form").with("number", text);
        let figure = |text: &str, none| match text {
            "" => Ok(none),
            text => identifier::whole(text).ok_or_else(|| wrong(text)),
        };
        Ok(Self::Figures(figure(&asked.from, 0)?, figure(&asked.to, u32::MAX)?))
    }

    fn has(&self, line: &Line) -> bool {
        match self {
            Self::Figures(from, to) => line.figure.is_some_and(|figure| (*from..=*to).contains(&figure)),
            Self::Days(from, to) => (*from..=*to).contains(&line.day),
        }
    }
}

/// CSV for a Vietnamese Excel, which opens it by double click: with a byte order mark, without which it garbles letters.
fn csv(head: &[String], rows: &[Vec<String>]) -> String {
    let mut out = String::from("\u{feff}");
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        out.push_str(&cells.join(BETWEEN));
        out.push_str("\r\n");
    }
    out
}

/// Text in CSV. What a spreadsheet would run as a formula gets an apostrophe in front (OWASP CSV injection).
pub fn quoted(text: &str) -> String {
    let text = &*visible::block(text);
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\n']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

//! A table as a response: a page, or a file with title, filter and the same rows.
//!
//! CSV is written for a Vietnamese Excel, which opens it by double click: UTF-8 with a byte order mark, without which it
//! garbles letters; semicolons between cells, because the comma is its decimal mark; dates as 29/11/2026 21:57. XLSX has
//! cells that are dates and numbers in any language.

use std::borrow::Cow;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use truc_proto::date;
use truc_proto::record::report::Decimal;
use truc_proto::visible;

use crate::accounts::rights::Right;
use crate::command::register::{BETWEEN, quoted};
use crate::words::failure::{ExitCode, Failure};

use super::fault::Answer;
use super::page::Page;
use super::table::{Cell, Table, Value};
use super::visit::{Visit, encoded};

impl Table {
    /// The whole page with the table, or the file that the request asks for.
    pub fn answer(self, visit: &Visit, at: &'static str, around: impl FnOnce(Markup) -> Markup) -> Answer {
        let filter = self.filter(visit);
        self.answer_with(visit, at, filter, around)
    }

    /// The same with other fields to filter by.
    pub fn answer_with(
        self,
        visit: &Visit,
        at: &'static str,
        filter: Markup,
        around: impl FnOnce(Markup) -> Markup,
    ) -> Answer {
        let table = self.chosen(visit);
        if let Some(file) = asked(visit, &table)? {
            return Ok(file);
        }
        let body = around(html! { (filter) (table.markup(visit)) });
        Ok(Page::new(table.name.clone(), body).at(at).render(visit))
    }
}

/// The file that the request asks for; none if it asks for a page.
pub fn asked(visit: &Visit, table: &Table) -> Result<Option<Response>, Failure> {
    let (bytes, kind, ending) = match visit.asked("as") {
        _ if !visit.may(Right::Export) => return Ok(None),
        "csv" => (csv(table).into_bytes(), "text/csv; charset=utf-8", "csv"),
        "xlsx" => {
            let made = xlsx(table);
            let made =
                made.map_err(|error| Failure::new(ExitCode::Unexpected, "export-failed").because(error))?;
            (made, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
        }
        _ => return Ok(None),
    };
    let name = encoded(&format!("{}.{ending}", table.name));
    let attached = format!("attachment; filename*=UTF-8''{name}");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, attached)];
    Ok(Some((headers, bytes).into_response()))
}

/// Digits that a number in a spreadsheet holds exactly.
const DIGITS: u32 = 15;
/// UTF-16 units that a cell of a workbook holds.
const CELL: usize = 32_767;
/// Letters that the name of a sheet may have.
const SHEET: usize = 31;

fn csv(table: &Table) -> String {
    let mut out = String::from("\u{feff}");
    let mut line = |cells: Vec<String>| {
        out.push_str(&cells.join(BETWEEN));
        out.push_str("\r\n");
    };
    table.heading().for_each(|said| line(vec![quoted(said)]));
    line(Vec::new());
    line(table.columns().iter().map(|column| quoted(&column.head)).collect());
    table.rows().iter().for_each(|row| line(row.iter().map(csv_cell).collect()));
    out
}

fn csv_cell(cell: &Cell) -> String {
    match &cell.value {
        Value::Number(number) => number.to_string().replace('.', ","),
        Value::Text | Value::Time(_) => quoted(&cell.text),
    }
}

/// Text as a cell of a workbook takes it, what is too long cut off; whatever somebody wrote into one record, the list of
/// all can be exported.
fn in_cell(text: &str) -> Cow<'_, str> {
    let text = visible::block(text);
    let mut units = 0;
    let too_far = |(_, letter): &(usize, char)| {
        units += letter.len_utf16();
        units >= CELL
    };
    match text.char_indices().find(too_far) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text,
    }
}

fn xlsx(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (title, head) = (Format::new().set_bold().set_font_size(14), Format::new().set_bold());
    let moment = Format::new().set_num_format("dd/mm/yyyy hh:mm");
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(&table.name))?;
    let mut line = 0;
    for (number, said) in table.heading().enumerate() {
        let said = in_cell(said);
        if number == 0 {
            sheet.write_string_with_format(line, 0, said, &title)?;
        } else {
            sheet.write_string(line, 0, said)?;
        }
        line += 1;
    }
    let heads = line + 1;
    for row in table.rows().iter().enumerate() {
        let line = heads + 1 + row.0 as u32;
        for (number, cell) in row.1.iter().enumerate() {
            let number = number as u16;
            match &cell.value {
                Value::Time(millis) if serial(*millis).is_some() => sheet.write_number_with_format(
                    line,
                    number,
                    serial(*millis).unwrap_or_default(),
                    &moment,
                )?,
                Value::Number(figure) if is_exact(*figure) => {
                    let format = Format::new().set_num_format(number_format(figure.scale));
                    let value: f64 = figure.to_string().parse().unwrap_or_default();
                    sheet.write_number_with_format(line, number, value, &format)?
                }
                _ => sheet.write_string(line, number, in_cell(&cell.text))?,
            };
        }
    }
    // The title is wider than any column: only the rows say how wide these are.
    sheet.autofit();
    for (number, column) in table.columns().iter().enumerate() {
        sheet.write_string_with_format(heads, number as u16, &column.head, &head)?;
    }
    sheet.set_freeze_panes(heads + 1, 0)?;
    book.save_to_buffer()
}

/// Days since the one that spreadsheets count from, in the country's time; none: no spreadsheet can write it.
fn serial(millis: i64) -> Option<f64> {
    let wall = date::local(millis)?;
    let days = (wall.date() - jiff::civil::date(1899, 12, 30)).get_days();
    let time = wall.time() - jiff::civil::Time::midnight();
    let minutes = i64::from(time.get_hours()) * 60 + time.get_minutes();
    (days > 60).then(|| f64::from(days) + minutes as f64 / 1440.0)
}

fn is_exact(figure: Decimal) -> bool {
    figure.unscaled.unsigned_abs() < 10_u64.pow(DIGITS)
}

fn number_format(scale: u32) -> String {
    if scale == 0 { "#,##0".to_owned() } else { format!("#,##0.{}", "0".repeat(scale as usize)) }
}

/// A title as the name of a sheet, which may neither be long nor have certain letters.
fn sheet_name(title: &str) -> String {
    let letter =
        |letter| if matches!(letter, '[' | ']' | ':' | '*' | '?' | '/' | '\\') { '-' } else { letter };
    let name: String = visible::block(title).chars().map(letter).take(SHEET).collect();
    let name = name.trim_matches(['\'', ' ']).to_owned();
    if name.is_empty() { "-".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn time(millis: i64, text: &str) -> Cell {
        Cell { value: Value::Time(millis), ..Cell::text(text) }
    }

    #[test]
    fn files_hold_what_the_table_holds_and_no_formula() {
        let heads = [("a", "Cơ quan".into()), ("b", "Số".into()), ("c", "Lúc".into())];
        let mut table = Table::titled("Chỉ đạo [1/2]", heads).about("Lọc: “bão”");
        let half =
            Cell { value: Value::Number(Decimal { unscaled: -125, scale: 1 }), ..Cell::text("−12,5") };
        let day = 20_786 * 86_400_000 + 14 * 3_600_000 + 57 * 60_000;
        table.row(vec![Cell::text("Xã \"A\"; B"), half, time(day, "29/11/2026 21:57")]);
        table.row(vec![Cell::text("=cmd()"), Cell::number(-3), Cell::text("-3")]);
        table.row(vec![Cell::text("A\0\u{1b}[2J\r\u{202e}"), Cell::text("\u{200b}"), Cell::text("")]);
        assert_eq!(
            csv(&table),
            "\u{feff}Chỉ đạo [1/2]\r\nLọc: “bão”\r\n\r\nCơ quan;Số;Lúc\r\n\
             \"Xã \"\"A\"\"; B\";-12,5;29/11/2026 21:57\r\n'=cmd();-3;'-3\r\nA␀␛[2J␍⟦U+202E⟧;⟦U+200B⟧;\r\n"
        );
        assert_eq!(&xlsx(&table).unwrap()[..2], b"PK");
        assert_eq!(sheet_name(&table.name), "Chỉ đạo -1-2-");
        assert_eq!(serial(day), Some(46_355.0 + (21.0 * 60.0 + 57.0) / 1440.0));
        assert_eq!(serial(i64::MIN), None);
        assert!(!is_exact(Decimal { unscaled: i64::MAX, scale: 2 }), "is written as text");
    }

    #[test]
    fn no_text_is_too_long_for_a_file() {
        for text in ["\u{ad}".repeat(16 * 1024), "Đ".repeat(40_000), "😀".repeat(20_000), "a".repeat(CELL)]
        {
            let cell = in_cell(&text);
            assert!(cell.encode_utf16().count() <= CELL);
            let mut table = Table::titled("Sổ", [("a", "Trích yếu".into())]);
            table.row(vec![Cell::text(&*text)]);
            assert_eq!(&xlsx(&table).unwrap()[..2], b"PK");
        }
        assert_eq!(in_cell(&"a".repeat(CELL - 1)).len(), CELL - 1);
    }
}

//! A table as a response: a page, or a file: CSV (RFC 4180, UTF-8 with a byte order mark, without which spreadsheets
//! garble Vietnamese) or XLSX.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use rust_xlsxwriter::{Format, Workbook};
use truc_proto::visible;

use crate::accounts::rights::Right;
use crate::words::failure::{ExitCode, Failure};

use super::fault::Answer;
use super::page::Page;
use super::table::{Order, Table};
use super::visit::{Visit, encoded};

impl Table {
    /// The whole page with the table, or the file that the request asks for.
    pub fn answer(self, visit: &Visit, at: &'static str, around: impl FnOnce(Markup) -> Markup) -> Answer {
        let table = self.chosen(visit);
        if let Some(file) = asked(visit, &table)? {
            return Ok(file);
        }
        let body = around(html! { (table.filter(visit)) (table.markup(visit)) });
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

fn csv(table: &Table) -> String {
    let mut out = String::from("\u{feff}");
    let heads = table.columns().iter().map(|column| quoted(&column.head));
    out.push_str(&heads.collect::<Vec<_>>().join(","));
    out.push_str("\r\n");
    for row in table.rows() {
        let cells: Vec<String> = row.iter().map(|cell| quoted(&cell.text)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// A cell of CSV. Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP CSV injection).
fn quoted(text: &str) -> String {
    let text = &*visible::block(text);
    let number = text.parse::<f64>().is_ok();
    let formula = !number && text.starts_with(['=', '+', '-', '@', '\t', '\n']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn xlsx(table: &Table) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold();
    let sheet = book.add_worksheet();
    for (number, column) in table.columns().iter().enumerate() {
        sheet.write_string_with_format(0, number as u16, &column.head, &head)?;
    }
    for (line, row) in table.rows().iter().enumerate() {
        for (number, cell) in row.iter().enumerate() {
            let (line, number) = (line as u32 + 1, number as u16);
            match (&cell.order, cell.text.parse::<f64>()) {
                (Order::Number(_), Ok(value)) => sheet.write_number(line, number, value)?,
                _ => sheet.write_string(line, number, visible::block(&cell.text))?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofit();
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::table::Cell;
    use super::*;

    #[test]
    fn files_hold_what_the_table_holds_and_no_formula() {
        let mut table = Table::titled("t", [("a", "Cơ quan".into()), ("b", "Số".into())]);
        table.row(vec![Cell::text("Xã \"A\", B"), Cell::number(-3)]);
        table.row(vec![Cell::text("=cmd()"), Cell::text("")]);
        table.row(vec![Cell::text("A\0\u{1b}[2J\r\u{202e}"), Cell::text("\u{200b}")]);
        assert_eq!(
            csv(&table),
            "\u{feff}Cơ quan,Số\r\n\"Xã \"\"A\"\", B\",-3\r\n'=cmd(),\r\nA␀␛[2J␍⟦U+202E⟧,⟦U+200B⟧\r\n"
        );
        assert_eq!(&xlsx(&table).unwrap()[..2], b"PK");
    }
}

//! The list of a kind's records: number, title and owner of each, then what the kind shows of it.

use maud::{Markup, html};

use crate::derive::views::read::Row;
use crate::web::fault::Answer;
use crate::web::parts::heading;
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;

use super::moves::Kind;

/// Records looked through for a list; older ones are found by search.
pub const LISTED: u32 = 2000;

/// What a kind's list shows.
pub struct Listing {
    /// Its columns after number, title and owner: name in addresses, and key of the head.
    pub columns: &'static [(&'static str, &'static str)],
    /// Those that hold figures.
    pub figures: &'static [&'static str],
    /// Key of what is said where there is no record.
    pub empty: &'static str,
    /// Key of the button that begins a new record.
    pub new: &'static str,
}

impl Listing {
    /// The page of a list, or the file that the visit asks for. Each row brings the cells of the kind's columns; `above`
    /// stands over the table.
    pub fn answer<K: Kind>(
        &self,
        visit: &Visit,
        above: Markup,
        rows: impl IntoIterator<Item = (Row, Vec<Cell>)>,
    ) -> Answer {
        let heads = [("number", "cli-number"), ("title", "cli-title"), ("owner", "cli-owner")];
        let mut table = Table::new(visit, K::KEY, &[&heads, self.columns].concat())
            .figures(self.figures)
            .or_else(visit.word(self.empty));
        for (row, cells) in rows {
            let address = format!("/{}/{}", K::NAME, row.id);
            let mut all = vec![
                Cell::link("so", &row.number, &address),
                Cell::link("t", &row.title, &address),
                Cell::text(visit.name(row.owner)),
            ];
            all.extend(cells);
            table.row(all);
        }
        let (title, new) = (table.name.clone(), format!("{}/new", K::AT));
        table.answer(visit, K::AT, |rows| {
            html! { (heading(visit, &title, &new, self.new)) (above) (rows) }
        })
    }
}

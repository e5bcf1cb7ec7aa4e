//! List pages: number, title and owner of each record, then the columns of its kind.

use maud::{Markup, html};

use crate::derive::views::read::RecordRow;
use crate::web::fault::Answer;
use crate::web::parts::heading;
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;

use super::moves::Kind;

/// Most records that a list loads; older ones are found by search.
pub const LISTED: u32 = 2000;

/// Description of a kind's list.
pub struct Listing {
    /// Columns after number, title and owner: name in query parameters and catalogue key of the heading.
    pub columns: &'static [(&'static str, &'static str)],
    /// Names of the columns that hold figures.
    pub figures: &'static [&'static str],
    /// Catalogue key of the text for an empty list.
    pub empty: &'static str,
    /// Catalogue key of the button for a new record.
    pub new: &'static str,
}

impl Listing {
    /// The page of the list, or the file that the request asks for. `rows` bring the cells of the kind's columns;
    /// `above` stands over the table.
    pub fn answer<K: Kind>(
        &self,
        visit: &Visit,
        above: Markup,
        rows: impl IntoIterator<Item = (RecordRow, Vec<Cell>)>,
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

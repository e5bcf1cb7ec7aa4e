//! Tables of which the store delivers one page at a time; never all in memory, so neither sorted nor counted here.

use maud::{Markup, html};
use truc_node::web::Visit;
use truc_node::web::parts::empty;
use truc_node::web::table::{PAGE, Table, files};
use truc_proto::limits;

/// How many rows the visit asks for: a page, or an export.
pub(super) fn limit(visit: &Visit) -> usize {
    if visit.asked("as").is_empty() { PAGE } else { limits::FILE_ROWS }
}

/// The table, with links (address, text) to other pages and to the exports.
pub(super) fn markup(visit: &Visit, table: &Table, pages: &[(String, String)]) -> Markup {
    html! {
        (plain(table))
        div.tfoot {
            @if !pages.is_empty() {
                nav.pages aria-label=(visit.word("table-pages")) { @for (address, word) in pages { a href=(address) { (word) } } }
            }
            @if !table.is_empty() { (files(visit)) }
        }
    }
}

/// The table without links.
pub(super) fn plain(table: &Table) -> Markup {
    if table.is_empty() {
        return empty(&table.empty, None);
    }
    table.grid(table.rows(), None)
}

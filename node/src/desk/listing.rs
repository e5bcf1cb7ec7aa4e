//! List pages: number, title and owner of each record, then the columns of its kind. The store filters, counts, sorts and
//! pages, so that a list is whole however long it is.

use std::collections::BTreeMap;

use maud::{Markup, html};
use truc_proto::paper::DocumentType;

use crate::derive::views::Result;
use crate::derive::views::filter::{Filter, OrderBy};
use crate::derive::views::read::{self, RecordRow, Viewpoint};
use crate::web::fault::Answer;
use crate::web::listing::{self, Asked, Sorted};
use crate::web::parts::{self, heading};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;
use crate::words::failure::Failure;
use rusqlite::Connection;

use super::moves::Kind;
use super::write::may_begin;

/// Columns that every list can be sorted by.
pub const SORTED: &[Sorted] = &[
    ("number", OrderBy::Words("record.number")),
    ("title", OrderBy::Words("record.title")),
    ("owner", OrderBy::Owner),
    ("at", OrderBy::Column("record.opened")),
    ("sent", OrderBy::Column("record.opened")),
    ("issued", OrderBy::Column("record.opened")),
    ("due", OrderBy::Column("record.due")),
    ("arrival", OrderBy::Arrival),
    ("state", OrderBy::State),
];

/// A way to narrow a list: its name in addresses, catalogue key, and the states that it shows; none: all.
pub type StateChip = (&'static str, &'static str, &'static [&'static str]);

/// One page of a list, with what the list counts.
pub struct Found<T> {
    /// What was asked.
    pub asked: Asked,
    /// The rows of the page.
    pub rows: Vec<T>,
    /// How many records there are in all in the state asked for.
    pub all: usize,
    /// How many there are in each state, whichever is asked for.
    counts: BTreeMap<String, usize>,
}

impl<T> Found<T> {
    /// The page of a list that the request asks for. `table` is the kind's own, and `read` reads what the filter says.
    pub fn read(
        visit: &Visit,
        filter: impl FnOnce(&Viewpoint<'_>) -> Filter,
        columns: &[Sorted],
        chips: &[StateChip],
        table: &str,
        read: impl FnOnce(&Connection, &Filter) -> Result<Vec<T>>,
    ) -> std::result::Result<Self, Failure> {
        visit.look(|conn, look| {
            let mut asked = Asked::of(visit, look, filter(look), &[SORTED, columns].concat());
            let counts = read::counts(conn, &asked.filter, table)?;
            let state = visit.asked("state");
            let chosen = chips.iter().find(|(name, ..)| *name == state && !state.is_empty());
            asked.filter.states = chosen
                .map_or(&[][..], |(.., states)| states)
                .iter()
                .map(|state| (*state).to_owned())
                .collect();
            let all = counted(&counts, chosen.map_or(&[], |(.., states)| states));
            asked.within(all);
            let rows = read(conn, &asked.filter)?;
            Ok(Self { asked, rows, all, counts })
        })
    }

    /// The chips, each with how many records it shows.
    pub fn chips(&self, visit: &Visit, chips: &[StateChip]) -> Markup {
        let state = visit.asked("state");
        let chips = chips.iter().map(|(name, key, states)| {
            let shown = parts::counted(&visit.word(key), counted(&self.counts, states));
            (visit.with("state", name), *name == state, shown)
        });
        parts::chips(Some("chips"), &visit.word("table-filter"), chips)
    }
}

fn counted(counts: &BTreeMap<String, usize>, states: &[&str]) -> usize {
    let shown = |state: &str| states.is_empty() || states.contains(&state);
    counts.iter().filter(|(state, _)| shown(state)).map(|(_, count)| count).sum()
}

/// Description of a kind's list.
pub struct Listing {
    /// Columns after number, title and owner: name in query parameters and catalogue key of the heading.
    pub columns: &'static [(&'static str, &'static str)],
    /// Which of these columns sort, beside those of [`SORTED`].
    pub sorted: &'static [Sorted],
    /// Names of the columns that hold figures.
    pub figures: &'static [&'static str],
    /// Ways to narrow the list by state.
    pub chips: &'static [StateChip],
    /// Catalogue key of the text for an empty list.
    pub empty: &'static str,
    /// Catalogue key of the button for a new record.
    pub new: &'static str,
}

impl Listing {
    /// The page of the list, or the file that the request asks for. `read` reads what the filter says, `cells` are those
    /// of the kind's columns; `above` stands over the table.
    pub fn answer<K: Kind, T>(
        &self,
        visit: &Visit,
        above: Markup,
        table: &str,
        filter: impl FnOnce(&Viewpoint<'_>) -> Filter,
        read: impl FnOnce(&Connection, &Filter) -> Result<Vec<T>>,
        cells: impl Fn(T) -> (RecordRow, Vec<Cell>),
    ) -> Answer {
        let kind = |look: &Viewpoint<'_>| Filter { kind: Some(K::TABLE.number), ..filter(look) };
        let mut found = Found::read(visit, kind, self.sorted, self.chips, table, read)?;
        let heads = [("number", "cli-number"), ("title", "cli-title"), ("owner", "cli-owner")];
        let mut table = Table::new(visit, K::KEY, &[&heads, self.columns].concat())
            .figures(self.figures)
            .or_else(visit.word(self.empty));
        for (row, cells) in std::mem::take(&mut found.rows).into_iter().map(cells) {
            let address = format!("/{}/{}", K::NAME, row.id);
            let mut all = vec![
                // A link needs words; the title beside it leads there too.
                if row.number.is_empty() { Cell::text("") } else { Cell::link("so", &row.number, &address) },
                Cell::link("t", &row.title, &address),
                Cell::text(visit.name(row.owner)),
            ];
            all.extend(cells);
            table.row(all);
        }
        let (title, new) = (table.name.clone(), format!("{}/new", K::AT));
        found.asked.table(table, found.all).answer_with(visit, K::AT, listing::fields(visit, &[]), |rows| {
            html! {
                @if may_begin(visit, K::TABLE) { (heading(visit, &title, &new, self.new)) } @else { h1 { (title) } }
                (above)
                @if !self.chips.is_empty() { (found.chips(visit, self.chips)) }
                (rows)
            }
        })
    }
}

/// The types of papers that the filter of a list of directives offers.
pub const TYPES: &[DocumentType] = DocumentType::ALL;

//! Tables as values: shown on a page, with sorting, filter and paging by links; or exported as CSV or XLSX with the
//! same rows. A cell's value is exported; its markup may show more.
//!
//! A table holds all its rows, or one page of those that a store holds ([`Table::paged`]): then the store has filtered,
//! sorted and counted, and nothing is filtered here a second time.

use maud::{Markup, html};
use truc_proto::id::OfficeId;
use truc_proto::record::report::Decimal;
use truc_proto::time::When;

use crate::accounts::rights::Right;
use crate::tell;
use crate::words::order::{order, person};
use crate::words::sought::Sought;

use super::parts::{self, Mark, badge, empty};
use super::visit::Visit;

/// Rows per page of a table.
pub const PAGE: usize = 50;

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name in query parameters.
    pub name: &'static str,
    /// Heading, in words.
    pub head: String,
    /// Whether it holds figures, which are aligned right.
    pub figures: bool,
    /// Whether rows can be sorted by it.
    pub sorts: bool,
}

/// What a cell holds, for exports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Its text.
    Text,
    /// An exact number.
    Number(Decimal),
    /// A moment, Unix milliseconds.
    Time(i64),
}

/// Sort key of a cell.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Order {
    /// Number: times, counts, figures.
    Number(i128),
    /// By words, as in a dictionary; see [`order`].
    Text(Vec<u8>),
}

/// A cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Text for the filter, and for exports if it holds no number or time.
    pub text: String,
    /// What it holds.
    pub value: Value,
    /// Sort key.
    pub order: Order,
    /// Markup for the page.
    pub shown: Markup,
}

impl Cell {
    /// A cell with text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let shown = html! { (text) };
        Self { order: Order::Text(order(&text)), value: Value::Text, text, shown }
    }

    /// A cell with a person's name.
    pub fn person(name: &str) -> Self {
        Self { order: Order::Text(person(name)), ..Self::text(name) }
    }

    /// A cell with a number.
    pub fn number(number: i64) -> Self {
        let value = Value::Number(Decimal { unscaled: number, scale: 0 });
        Self {
            text: number.to_string(),
            value,
            order: Order::Number(number.into()),
            shown: html! { (number) },
        }
    }

    /// A cell with an exact figure, written as in the visit's language.
    pub fn decimal(visit: &Visit, figure: Decimal) -> Self {
        let text = parts::figure(visit.lang, &figure.to_string());
        let shown = html! { (text) };
        Self { text, value: Value::Number(figure), order: Order::Number(figure.rank()), shown }
    }

    /// A cell with a time; an empty one sorts last.
    pub fn time(visit: &Visit, millis: Option<i64>) -> Self {
        match millis {
            None => Self::text("").rank(i64::MAX),
            Some(millis) => Self {
                text: visit.clock().written(millis),
                value: Value::Time(millis),
                order: Order::Number(millis.into()),
                shown: visit.time(millis),
            },
        }
    }

    /// Shown as it is written in files: the day itself and not "yesterday", for what is kept on paper.
    pub fn written(mut self) -> Self {
        self.shown = html! { (self.text) };
        self
    }

    /// Two cells: when something was done as its author says, and when the hub had it.
    pub fn both(visit: &Visit, done: Option<When>) -> [Self; 2] {
        let arrived = match done.map(|done| done.arrived) {
            Some(None) => Self::text(visit.word("cli-came-unknown")).rank(i64::MAX),
            arrived => Self::time(visit, arrived.flatten().map(|arrived| arrived as i64)),
        };
        [Self::time(visit, done.map(|done| done.signed.millis() as i64)), arrived]
    }

    /// A cell with a status: shape and word.
    pub fn badge(mark: Mark, word: &str) -> Self {
        Self::text(word).shown(badge(mark, word))
    }

    /// A cell with an office's name, linked to the office's page if this site has one.
    pub fn office(visit: &Visit, office: OfficeId) -> Self {
        Self::text(visit.name(office)).shown(parts::office(visit, office))
    }

    /// A cell with a link; `class` is `t` for a title, `so` for a number.
    pub fn link(class: &str, text: &str, address: &str) -> Self {
        Self::text(text).shown(html! { a.(class) href=(address) { (text) } })
    }

    /// Whether the cell is empty: on a phone, where each cell takes a line, it is left out.
    fn is_nothing(&self) -> bool {
        matches!(self.text.as_str(), "" | "–")
    }

    /// Sets the markup for the page.
    #[must_use]
    pub fn shown(mut self, shown: Markup) -> Self {
        self.shown = shown;
        self
    }

    /// Sets a number as sort key.
    #[must_use]
    pub fn rank(mut self, rank: i64) -> Self {
        self.order = Order::Number(rank.into());
        self
    }
}

/// Which part of the rows of a store a table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Paged {
    page: usize,
    all: usize,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Name, used as caption and as file name.
    pub name: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Text shown if there are no rows.
    pub empty: String,
    /// What stands under the title of an export: which rows these are.
    about: Vec<String>,
    paged: Option<Paged>,
}

impl Table {
    /// An empty table: its name by a catalogue key, and its columns by name in query parameters and catalogue key of
    /// the heading.
    pub fn new(visit: &Visit, key: &str, columns: &[(&'static str, &str)]) -> Self {
        Self::titled(visit.word(key), columns.iter().map(|(name, key)| (*name, visit.word(key))))
    }

    /// An empty table with name and headings in words.
    pub fn titled(
        name: impl Into<String>,
        columns: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let columns =
            columns.into_iter().map(|(name, head)| Column { name, head, figures: false, sorts: true });
        Self {
            name: name.into(),
            columns: columns.collect(),
            rows: Vec::new(),
            empty: String::new(),
            about: Vec::new(),
            paged: None,
        }
    }

    /// Says that the rows are one page, from 1 on, of so many that a store holds and has filtered and sorted.
    #[must_use]
    pub fn paged(mut self, page: usize, all: usize) -> Self {
        self.paged = Some(Paged { page, all });
        self
    }

    /// Names the columns whose headings sort; unless named, all do.
    #[must_use]
    pub fn sorted_by(mut self, names: &[&str]) -> Self {
        self.columns.iter_mut().for_each(|column| column.sorts = names.contains(&column.name));
        self
    }

    /// Adds a line about which rows these are.
    #[must_use]
    pub fn about(mut self, said: impl Into<String>) -> Self {
        self.about.push(said.into());
        self
    }

    /// Marks columns as figures.
    #[must_use]
    pub fn figures(mut self, names: &[&str]) -> Self {
        self.columns.iter_mut().for_each(|column| column.figures = names.contains(&column.name));
        self
    }

    /// Sets the text shown if there are no rows.
    #[must_use]
    pub fn or_else(mut self, said: impl Into<String>) -> Self {
        self.empty = said.into();
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Sorts the rows by columns, the first of them before the others, until a request asks for another order.
    #[must_use]
    pub fn ordered(mut self, names: &[&str]) -> Self {
        let columns = names.iter().filter_map(|name| self.columns.iter().position(|one| one.name == *name));
        let columns: Vec<usize> = columns.collect();
        self.rows.sort_by_cached_key(|row| {
            columns.iter().map(|at| row.get(*at).map(|cell| cell.order.clone())).collect::<Vec<_>>()
        });
        self
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Columns, for export.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Rows, for export.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// What stands over an export: the title, and which rows these are.
    pub fn heading(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.about.iter().map(|said| &**said))
    }

    /// Filters and sorts the rows as the request asks; rows of a store are so already.
    #[must_use]
    pub fn chosen(mut self, visit: &Visit) -> Self {
        if let Some(paged) = self.paged {
            let left_out = paged.all.saturating_sub(self.rows.len());
            if left_out > 0 {
                self.about.push(tell!(visit, "table-left-out", count = left_out));
            }
            return self;
        }
        let wanted = Sought::of(visit.asked("filter"));
        if !wanted.is_empty() {
            self.rows.retain(|row| {
                let text: Vec<&str> = row.iter().map(|cell| &*cell.text).collect();
                wanted.is_in(&text.join(" "))
            });
            self.about.push(tell!(visit, "table-filtered", text = visit.asked("filter")));
        }
        let (name, down) = match visit.asked("sort").strip_prefix('-') {
            Some(name) => (name, true),
            None => (visit.asked("sort"), false),
        };
        if let Some(column) = self.columns.iter().position(|column| column.name == name) {
            let order = |row: &Vec<Cell>| row.get(column).map(|cell| cell.order.clone());
            self.rows.sort_by_cached_key(order);
            if down {
                self.rows.reverse();
            }
        }
        self
    }

    /// The markup of the table within a page.
    pub fn markup(&self, visit: &Visit) -> Markup {
        if self.rows.is_empty() && visit.asked("filter").is_empty() && self.about.is_empty() {
            return empty(&self.empty, None);
        }
        let all = self.paged.map_or(self.rows.len(), |paged| paged.all);
        let pages = all.div_ceil(PAGE).max(1);
        let page = visit.asked("page").parse().unwrap_or(1).clamp(1, pages);
        let (page, rows) = match self.paged {
            Some(paged) => (paged.page, &self.rows[..]),
            None => (page, &self.rows[(page - 1) * PAGE..all.min(page * PAGE)]),
        };
        let first = ((page - 1) * PAGE + 1).min(all);
        html! {
            (self.grid(rows, Some(visit)))
            div.tfoot {
                span.mut {
                    @if pages == 1 { (tell!(visit, "table-rows", count = all)) }
                    @else { (tell!(visit, "table-rows-of", first = first, last = first + rows.len().saturating_sub(1), all = all)) }
                }
                @if !visit.asked("filter").is_empty() { a href=(visit.with("filter", "")) { (visit.word("table-unfilter")) } }
                @if pages > 1 {
                    nav.pages aria-label=(visit.word("table-pages")) {
                        @for number in page.saturating_sub(3).max(1)..=(page + 3).min(pages) {
                            a href=(visit.with("page", &number.to_string())) aria-current=[(number == page).then_some("page")] { (number) }
                        }
                    }
                }
                (files(visit))
            }
        }
    }

    /// The markup of given rows. With a visit, headings are links that sort. On a phone, these links stand in a line,
    /// each row is a block, and each cell is labelled by its heading.
    pub fn grid(&self, rows: &[Vec<Cell>], sorting: Option<&Visit>) -> Markup {
        let head = |column: &Column| {
            let sort = sorting.map_or("", |visit| visit.asked("sort"));
            let sorted = match sort.strip_prefix('-') {
                Some(name) if name == column.name => Some("descending"),
                None if sort == column.name => Some("ascending"),
                _ => None,
            };
            html! {
                th.r[column.figures] scope="col" aria-sort=[sorted] {
                    @if let Some(visit) = sorting.filter(|_| column.sorts) {
                        a.sort href=(visit.with("sort", &(if sorted == Some("ascending") { format!("-{}", column.name) } else { column.name.to_owned() }))) {
                            (column.head) @match sorted { Some("ascending") => " ▴", Some(_) => " ▾", None => "" }
                        }
                    } @else { (column.head) }
                }
            }
        };
        html! {
            div.tw tabindex="0" { table.cards {
                caption.vh { (self.name) }
                thead { tr data-l=[sorting.map(|visit| visit.word("table-sort"))] { @for column in &self.columns { (head(column)) } } }
                tbody {
                    @for row in rows {
                        tr { @for (index, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                            @if index == 0 { th.nil[cell.is_nothing()] scope="row" data-l=(column.head) { (cell.shown) } }
                            @else { td.r[column.figures].nil[cell.is_nothing()] data-l=(column.head) { (cell.shown) } }
                        } }
                    }
                }
            } }
        }
    }

    /// The field to filter the table, filled with the current filter.
    pub fn filter(&self, visit: &Visit) -> Markup {
        html! {
            form.filter role="search" {
                @for (key, value) in visit.query.iter().filter(|(key, _)| !matches!(key.as_str(), "filter" | "page")) {
                    input type="hidden" name=(key) value=(value);
                }
                input type="search" name="filter" value=(visit.asked("filter")) aria-label=(visit.word("table-filter")) placeholder=(visit.word("table-filter"));
                button.b { (visit.word("btn-filter")) }
            }
        }
    }
}

/// Links to the same rows as files; shown with the right to export.
pub fn files(visit: &Visit) -> Markup {
    html! {
        @if visit.may(Right::Export) {
            span.export { a href=(visit.with("as", "csv")) { "CSV" } " · " a href=(visit.with("as", "xlsx")) { "XLSX" } }
        }
    }
}

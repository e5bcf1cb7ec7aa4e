//! Tables as values: shown on a page, with sorting, filter and paging by links; or exported as CSV or XLSX with the
//! same rows. A cell's text is exported; its markup may show more.

use maud::{Markup, html};
use truc_proto::id::OfficeId;
use truc_proto::time::When;
use truc_proto::vietnamese::fold;

use crate::accounts::rights::Right;
use crate::tell;
use crate::words::order::order;

use super::parts::{self, Mark, badge, empty};
use super::visit::Visit;

/// Rows per page of a table.
const PAGE: usize = 50;

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name in query parameters.
    pub name: &'static str,
    /// Heading, in words.
    pub head: String,
    /// Whether it holds figures, which are aligned right.
    pub figures: bool,
}

/// Sort key of a cell.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Order {
    /// Number: times, counts.
    Number(i64),
    /// By words, as in a dictionary; see [`order`].
    Text(Vec<u8>),
}

/// A cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Text for export and filter.
    pub text: String,
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
        Self { order: Order::Text(order(&text)), text, shown }
    }

    /// A cell with a number.
    pub fn number(number: i64) -> Self {
        Self { text: number.to_string(), order: Order::Number(number), shown: html! { (number) } }
    }

    /// A cell with a time; an empty one sorts last.
    pub fn time(visit: &Visit, millis: Option<i64>) -> Self {
        match millis {
            None => Self { text: String::new(), order: Order::Number(i64::MAX), shown: html! {} },
            Some(millis) => Self {
                text: visit.clock().machine(millis),
                order: Order::Number(millis),
                shown: visit.time(millis),
            },
        }
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
        self.order = Order::Number(rank);
        self
    }
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
        let columns = columns.into_iter().map(|(name, head)| Column { name, head, figures: false });
        Self { name: name.into(), columns: columns.collect(), rows: Vec::new(), empty: String::new() }
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

    /// Filters and sorts the rows as the request asks.
    #[must_use]
    pub fn chosen(mut self, visit: &Visit) -> Self {
        let wanted = fold(visit.asked("filter"));
        let words: Vec<&str> = wanted.split_whitespace().collect();
        if !words.is_empty() {
            self.rows.retain(|row| {
                let text: Vec<String> = row.iter().map(|cell| fold(&cell.text)).collect();
                let text = text.join(" ");
                words.iter().all(|word| text.contains(word))
            });
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
        if self.rows.is_empty() && visit.asked("filter").is_empty() {
            return empty(&self.empty, None);
        }
        let pages = self.rows.len().div_ceil(PAGE).max(1);
        let page = visit.asked("page").parse().unwrap_or(1).clamp(1, pages);
        let rows = &self.rows[(page - 1) * PAGE..self.rows.len().min(page * PAGE)];
        html! {
            (self.grid(rows, Some(visit)))
            div.tfoot {
                span.mut { (tell!(visit, "table-rows", count = self.rows.len())) }
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
                    @if let Some(visit) = sorting {
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

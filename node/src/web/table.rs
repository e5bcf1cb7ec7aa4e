//! Tables as values: shown as a page's table, with sorting, filter and pages by links; or handed out as CSV
//! or XLSX, the same rows. A cell is its text; what is shown may be more.

use maud::{Markup, html};
use truc_proto::id::OfficeId;
use truc_proto::vietnamese::fold;

use crate::accounts::rights::Right;
use crate::tell;

use super::parts::{self, Mark, badge, empty};
use super::visit::Visit;

/// Rows of one page of a table.
const PAGE: usize = 50;

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its head, in words.
    pub head: String,
    /// Figures stand at the right.
    pub figures: bool,
}

/// What a cell is sorted by.
#[derive(Clone, PartialEq, PartialOrd, Debug)]
pub enum Order {
    /// By number: times, counts.
    Number(i64),
    /// By words, without marks.
    Text(String),
}

/// A cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Its text: what is exported and filtered.
    pub text: String,
    /// Where it sorts.
    pub order: Order,
    /// What the page shows.
    pub shown: Markup,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let shown = html! { (text) };
        Self { order: Order::Text(fold(&text)), text, shown }
    }

    /// A count or figure.
    pub fn number(number: i64) -> Self {
        Self { text: number.to_string(), order: Order::Number(number), shown: html! { (number) } }
    }

    /// A moment; none sorts last and shows nothing.
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

    /// A status: shape and word.
    pub fn badge(mark: Mark, word: &str) -> Self {
        Self::text(word).shown(badge(mark, word))
    }

    /// An office's name, with a link to its page where this site has one.
    pub fn office(visit: &Visit, office: OfficeId) -> Self {
        Self::text(visit.name(office)).shown(parts::office(visit, office))
    }

    /// A text that leads to something; the class says whether it is a title (`t`) or a number (`so`).
    pub fn link(class: &str, text: &str, address: &str) -> Self {
        Self::text(text).shown(html! { a.(class) href=(address) { (text) } })
    }

    /// Nothing to tell, where each cell takes a line of its own.
    fn is_nothing(&self) -> bool {
        matches!(self.text.as_str(), "" | "–")
    }

    /// The same cell, shown so.
    #[must_use]
    pub fn shown(mut self, shown: Markup) -> Self {
        self.shown = shown;
        self
    }

    /// The same cell, sorted by this number.
    #[must_use]
    pub fn rank(mut self, rank: i64) -> Self {
        self.order = Order::Number(rank);
        self
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name: caption, file name.
    pub name: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Said where there is no row at all.
    pub empty: String,
}

impl Table {
    /// A table named by a key of the catalogue, with these columns: name in addresses, and key of the head.
    pub fn new(visit: &Visit, key: &str, columns: &[(&'static str, &str)]) -> Self {
        Self::titled(visit.word(key), columns.iter().map(|(name, key)| (*name, visit.word(key))))
    }

    /// A table with its name and its heads in words.
    pub fn titled(
        name: impl Into<String>,
        columns: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, head)| Column { name, head, figures: false });
        Self { name: name.into(), columns: columns.collect(), rows: Vec::new(), empty: String::new() }
    }

    /// These columns hold figures.
    #[must_use]
    pub fn figures(mut self, names: &[&str]) -> Self {
        self.columns.iter_mut().for_each(|column| column.figures = names.contains(&column.name));
        self
    }

    /// What to say where there is no row.
    #[must_use]
    pub fn or_else(mut self, said: impl Into<String>) -> Self {
        self.empty = said.into();
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
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

    /// The rows that the visit asks for, in the order that it asks for.
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
            self.rows.sort_by(|a, b| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal));
            if down {
                self.rows.reverse();
            }
        }
        self
    }

    /// As part of a page.
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

    /// Rows under their heads; heads are links that sort, where there is a visit to lead back to. On a phone the
    /// heads that sort stand in a line, each row is a block, and each cell is told by its head.
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

    /// A field that filters it, and what was typed.
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

/// Ways to the same rows as files, for those who may take them out.
pub fn files(visit: &Visit) -> Markup {
    html! {
        @if visit.may(Right::Export) {
            span.export { a href=(visit.with("as", "csv")) { "CSV" } " · " a href=(visit.with("as", "xlsx")) { "XLSX" } }
        }
    }
}

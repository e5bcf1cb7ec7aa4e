//! What a request asks of a list of records that the store pages: filter, order, page. All of it stands in the address,
//! so that a list can be shared as it is seen, and an export holds what the page shows.

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::limits;
use truc_proto::paper::DocumentType;
use truc_proto::vietnamese::fold;

use super::parts::{self, type_name};
use super::table::{PAGE, Table};
use super::visit::Visit;
use crate::derive::views::filter::{Filter, Names, OrderBy};
use crate::derive::views::read::Viewpoint;
use crate::tell;

/// A column by which a list can be sorted: its name in addresses, and what the store sorts by.
pub type Sorted = (&'static str, OrderBy);

/// What a request asks of a list.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The filter, with order, page and limit.
    pub filter: Filter,
    /// The page, from 1 on.
    pub page: usize,
    /// Which rows these are, in words, for exports.
    about: Vec<String>,
    sorted: Vec<&'static str>,
}

impl Asked {
    /// Narrows a filter to what the request asks for.
    pub fn of(visit: &Visit, look: &Viewpoint<'_>, mut filter: Filter, columns: &[Sorted]) -> Self {
        let mut about = Vec::new();
        let mut note = |key: &str, text: String| about.push(format!("{}: {text}", visit.word(key)));
        let day = |name: &str| visit.asked(name).parse::<Date>().ok();
        filter.names = Names::of(look.registry);
        filter.search = visit.asked("filter").to_owned();
        if !filter.search.is_empty() {
            note("btn-filter", format!("“{}”", filter.search));
        }
        (filter.since, filter.until) = (day("from"), day("to"));
        for (key, day) in [("list-since", filter.since), ("list-until", filter.until)] {
            if let Some(day) = day {
                note(key, super::times::day(day.civil()));
            }
        }
        if let Some(kind) = DocumentType::from_code(visit.asked("type")) {
            filter.document_type = Some(kind.code().to_owned());
            note("cli-type", type_name(visit.lang, kind.code()));
        }
        filter.urgency = visit.asked("urgency").parse().unwrap_or(0);
        if let 1..=3 = filter.urgency {
            note("list-urgency", visit.word(&format!("urg-{}", filter.urgency)));
        }
        let owner = visit.asked("owner");
        if !owner.is_empty() {
            filter.owners = Some(filter.names.with(&fold(owner)).collect());
            note("cli-owner", format!("“{owner}”"));
        }
        let sort = visit.asked("sort");
        let (name, down) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        filter.order = columns.iter().find(|(column, _)| *column == name).map(|(_, order)| *order);
        filter.down = down;
        let page = visit.asked("page").parse().unwrap_or(1).max(1);
        let file = !visit.asked("as").is_empty();
        let (page, limit) = if file { (1, limits::FILE_ROWS) } else { (page, PAGE) };
        filter.limit = u32::try_from(limit).unwrap_or(u32::MAX);
        filter.skip = (page as u64 - 1).saturating_mul(limit as u64);
        Self { filter, page, about, sorted: columns.iter().map(|(name, _)| *name).collect() }
    }

    /// The page nearest to the one asked for that there is, of so many rows.
    pub fn within(&mut self, all: usize) {
        let pages = all.div_ceil(PAGE).max(1);
        if self.page > pages {
            self.page = pages;
            self.filter.skip = ((pages - 1) * PAGE) as u64;
        }
    }

    /// A table with the rows of this page, of so many.
    pub fn table(&self, table: Table, all: usize) -> Table {
        let table = table.paged(self.page, all).sorted_by(&self.sorted);
        self.about.iter().fold(table, |table, said| table.about(said.clone()))
    }
}

/// The fields of a list's filter, with what is chosen.
pub fn fields(visit: &Visit, types: &[DocumentType]) -> Markup {
    const OWN: [&str; 6] = ["filter", "from", "to", "type", "urgency", "owner"];
    let chosen = |name: &str, value: &str| visit.asked(name) == value;
    let used = OWN[1..].iter().any(|name| !visit.asked(name).is_empty());
    html! {
        form.filter.listing role="search" {
            @for (key, value) in visit.query.iter().filter(|(key, _)| !OWN.contains(&&**key) && !matches!(&**key, "page" | "as")) {
                input type="hidden" name=(key) value=(value);
            }
            input type="search" name="filter" value=(visit.asked("filter")) aria-label=(visit.word("table-filter")) placeholder=(visit.word("list-words"));
            button.b { (visit.word("btn-filter")) }
            details open[used] {
                summary { (visit.word("list-more")) }
                div.pairs {
                    label { (visit.word("list-since")) input type="date" name="from" value=(visit.asked("from")); }
                    label { (visit.word("list-until")) input type="date" name="to" value=(visit.asked("to")); }
                    @if types.len() > 1 {
                        label { (visit.word("cli-type")) select name="type" {
                            option value="" { (visit.word("chip-all")) }
                            @for kind in types { option value=(kind.code()) selected[chosen("type", kind.code())] { (parts::capital(&type_name(visit.lang, kind.code()))) } }
                        } }
                    }
                    label { (visit.word("cli-urgency")) select name="urgency" {
                        option value="" { (visit.word("chip-all")) }
                        @for level in ["1", "2", "3"] { option value=(level) selected[chosen("urgency", level)] { (tell!(visit, "list-at-least", level = visit.word(&format!("urg-{level}")))) } }
                    } }
                    label { (visit.word("cli-owner")) input type="text" name="owner" value=(visit.asked("owner")) autocomplete="off"; }
                }
            }
        }
    }
}

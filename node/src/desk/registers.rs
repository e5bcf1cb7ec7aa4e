//! The registers of papers: sổ đăng ký văn bản đi by term, văn bản đến by year; on the page, printed whole, and as files.

use std::collections::HashSet;

use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::id::RecordId;
use truc_proto::identifier;
use truc_proto::paper::DocumentType;
use truc_proto::record::directive::Status;
use truc_proto::record::outside::registers::Register;
use truc_proto::record::{State, kind_name};

use super::outside::books;
use crate::accounts::rights::Right;
use crate::command::register::Catalogue;
use crate::command::register::lines::{Line as RegisterLine, lines as register_lines};
use crate::derive::views::registers::{self, Line};
use crate::tell;
use crate::web::export;
use crate::web::fault::Answer;
use crate::web::page::Page;
use crate::web::parts::{self, capital, type_name};
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/registers/out", Need::Right(Right::Read), outgoing),
        Route::get("/registers/in", Need::Right(Right::Read), incoming),
    ]
}

/// The columns of the register of outgoing papers. Who keeps the file copy and how many copies there are is filled in on
/// paper.
const OUT: [(&str, &str); 9] = [
    ("number", "reg-number"),
    ("issued", "reg-issued"),
    ("title", "reg-title"),
    ("signer", "reg-signer"),
    ("to", "reg-to"),
    ("keeper", "reg-keeper"),
    ("copies", "reg-copies"),
    ("levels", "reg-levels"),
    ("note", "cli-note"),
];

/// The columns of the register of incoming papers.
const IN: [(&str, &str); 11] = [
    ("came", "reg-came"),
    ("arrival", "cli-arrival"),
    ("author", "reg-author"),
    ("number", "reg-number"),
    ("issued", "reg-issued"),
    ("title", "reg-title"),
    ("taker", "reg-taker"),
    ("given", "reg-given"),
    ("signed", "reg-signed"),
    ("due", "reg-due"),
    ("note", "cli-note"),
];

async fn outgoing(visit: Visit) -> Answer {
    let mut lines = visit.look(|views, look| registers::outgoing(views, look.me))?;
    lines.sort_by_cached_key(place);
    let terms = chosen(&visit, "term", lines.iter().map(|line| line.term.clone()).collect());
    let years = chosen(&visit, "year", lines.iter().map(|line| year(line.issued.as_deref())).collect());
    let mut table = Table::new(&visit, "reg-out", &OUT).or_else(visit.word("reg-out-empty"));
    for line in lines.iter().filter(|line| terms.has(&line.term) && years.has(&year(line.issued.as_deref())))
    {
        table.row(vec![
            Cell::link("so", &line.number, &address(line)).rank(place(line).3),
            day(line.issued.as_deref()),
            title(&visit, line),
            Cell::person(line.signer.lines().next_back().unwrap_or_default()),
            Cell::text(parts::scopes(&visit, &line.audience)),
            Cell::text(""),
            Cell::text(""),
            Cell::text(levels(&visit, line)),
            Cell::text(note(&visit, line)),
        ]);
    }
    answer(
        &visit,
        table,
        "/out",
        html! { (terms.chips(&visit, "reg-term")) (years.chips(&visit, "reg-year")) },
    )
}

async fn incoming(visit: Visit) -> Answer {
    let mut lines = visit.look(|views, look| registers::incoming(views, look.me))?;
    // What was accepted in the order of its numbers, and the rest in that of its coming.
    lines.sort_by_cached_key(|line| (arrival(line).is_none(), came(line), arrival(line)));
    // What came from outside stands in the same series.
    let outside = from_outside(&visit)?;
    let all =
        lines.iter().map(|line| year_of(came(line))).chain(outside.iter().map(|line| year_of_day(line.day)));
    let years = chosen(&visit, "year", all.collect());
    let known: HashSet<RecordId> = outside.iter().map(|line| line.record).collect();
    let mut table = Table::new(&visit, "reg-in", &IN).or_else(visit.word("reg-in-empty"));
    for line in outside.iter().filter(|line| years.has(&year_of_day(line.day))) {
        let mut cells = books::cells(line);
        // What else is to be said of a paper of the network.
        let more = lines.iter().find(|paper| paper.record == line.record).map(|paper| note(&visit, paper));
        if let (Some(more), Some(last)) = (more.filter(|more| !more.is_empty()), cells.last_mut()) {
            let said = [last.text.as_str(), &more].into_iter().filter(|text| !text.is_empty());
            *last = Cell::text(said.collect::<Vec<_>>().join("; "));
        }
        table.row(cells);
    }
    let rest = lines.iter().filter(|line| !known.contains(&line.record));
    for line in rest.filter(|line| years.has(&year_of(came(line)))) {
        let handled = match &line.own {
            Some(State::Directive(strand)) => Some(strand),
            _ => None,
        };
        let given = handled.and_then(|strand| strand.since.get(&Status::Assigned));
        let moment = |millis: Option<i64>| {
            let day = millis.map(|millis| visit.clock().day(millis)).unwrap_or_default();
            Cell { text: day, ..Cell::time(&visit, millis) }.written()
        };
        table.row(vec![
            moment(Some(came(line))),
            arrival(line).map_or_else(|| Cell::text(""), Cell::number),
            Cell::office(&visit, line.office),
            Cell::text(line.number.clone()).shown(html! { span.so { (line.number) } }),
            day(line.issued.as_deref()),
            title(&visit, line),
            Cell::text(handled.map(|strand| strand.assigned_to.clone()).unwrap_or_default()),
            moment(given.map(|when| when.time.millis() as i64)),
            Cell::text(""),
            moment(line.due),
            Cell::text(note(&visit, line)),
        ]);
    }
    let around = html! { (books::links(&visit, "/registers/in")) (years.chips(&visit, "reg-year")) };
    answer(&visit, table, "/in", around)
}

/// The numbered lines of all years at an office with a house: papers of the network and from outside, with what is done
/// about each.
fn from_outside(visit: &Visit) -> Result<Vec<RegisterLine>, Failure> {
    visit.within(|context| {
        if context.moment()?.house().is_empty() {
            return Ok(Vec::new());
        }
        register_lines(context, &Catalogue(visit.lang), Register::Incoming, (0, i64::MAX), false)
    })
}

/// The page, the file, or the whole register for the printer.
fn answer(visit: &Visit, table: Table, at: &'static str, chips: Markup) -> Answer {
    let table = table.chosen(visit);
    if let Some(file) = export::asked(visit, &table)? {
        return Ok(file);
    }
    let whole = visit.asked("as") == "print";
    let rows = if whole { table.grid(table.rows(), None) } else { table.markup(visit) };
    let body = html! {
        h1 { (table.name) }
        p.print-only { (visit.name(visit.me())) " · " (tell!(visit, "reg-printed", at = visit.clock().exact(Visit::moment()))) }
        (chips)
        (table.filter(visit))
        p.acts {
            @if whole { a.b href=(visit.with("as", "")) { (visit.word("reg-page")) } }
            @else { a.b href=(visit.with("as", "print")) { (visit.word("reg-print")) } }
        }
        div.book.incoming[at == "/in"] id="papers" data-part { (rows) }
    };
    Ok(Page::new(table.name.clone(), body).at(at).class("wide").still().render(visit))
}

/// One of several terms or years.
struct Choice {
    name: &'static str,
    all: Vec<String>,
    chosen: String,
}

/// The choice that is asked for: nothing asked, the newest; `all`: each.
fn chosen(visit: &Visit, name: &'static str, mut all: Vec<String>) -> Choice {
    all.sort_unstable();
    all.dedup();
    all.reverse();
    let asked = visit.asked(name);
    // The newest term stands alone at first; a year within it is chosen by hand.
    let first = if name == "term" || visit.path.ends_with("/in") { all.first().cloned() } else { None };
    let chosen = if asked.is_empty() { first.unwrap_or_else(|| ALL.to_owned()) } else { asked.to_owned() };
    Choice { name, all, chosen }
}

/// Names each term or year in an address.
const ALL: &str = "all";

impl Choice {
    fn has(&self, value: &str) -> bool {
        self.chosen == ALL || self.chosen == value
    }

    fn chips(&self, visit: &Visit, key: &str) -> Markup {
        let each = self.all.iter().map(|value| {
            let word = if value.is_empty() { visit.word("reg-none") } else { value.clone() };
            (visit.with(self.name, value), self.chosen == *value, html! { (word) })
        });
        let all = (visit.with(self.name, ALL), self.chosen == ALL, html! { (visit.word("chip-all")) });
        parts::chips(None, &visit.word(key), std::iter::once(all).chain(each))
    }
}

/// Where a line stands in the register: by type, symbol, term and figure.
fn place(line: &Line) -> (usize, String, String, i64) {
    let kind = DocumentType::from_code(&line.document_type);
    let order = DocumentType::ALL.iter().position(|known| Some(*known) == kind).unwrap_or(usize::MAX);
    let parts = identifier::parts(&line.number);
    let issuer = parts.map_or_else(|| line.number.clone(), |parts| parts.issuer.to_owned());
    (order, issuer, line.term.clone(), parts.map_or(0, |parts| i64::from(parts.figure)))
}

fn arrival(line: &Line) -> Option<i64> {
    match &line.own {
        Some(State::Directive(strand)) => strand.arrival_number.parse().ok(),
        _ => None,
    }
}

/// When a paper was taken into the register; if it was not, when it was written.
fn came(line: &Line) -> i64 {
    match &line.own {
        Some(State::Directive(strand)) => {
            strand.since.get(&Status::Accepted).map_or(line.at, |when| when.time.millis() as i64)
        }
        _ => line.at,
    }
}

fn year(issued: Option<&str>) -> String {
    issued.and_then(|day| day.get(..4)).unwrap_or_default().to_owned()
}

fn year_of(millis: i64) -> String {
    year(Date::of_millis(millis).map(|day| day.to_string()).as_deref())
}

fn year_of_day(day: Date) -> String {
    day.civil().year().to_string()
}

fn day(written: Option<&str>) -> Cell {
    let date: Option<Date> = written.and_then(|written| written.parse().ok());
    let rank = date.map_or(i64::MAX, Date::start_millis);
    let text = date.map(|date| times::day(date.civil())).unwrap_or_default();
    Cell::text(text).rank(rank)
}

fn title(visit: &Visit, line: &Line) -> Cell {
    let kind = capital(&type_name(visit.lang, &line.document_type));
    Cell::link("t", &format!("{kind}. {}", line.title), &address(line))
}

fn address(line: &Line) -> String {
    format!("/{}/{}", kind_name(line.kind), line.record)
}

fn levels(visit: &Visit, line: &Line) -> String {
    let mut words = Vec::new();
    if line.urgency > 0 {
        let key =
            if line.urgency == 4 { "cli-express-timed".to_owned() } else { format!("urg-{}", line.urgency) };
        words.push(visit.word(&key));
    }
    if line.confidentiality > 0 {
        words.push(visit.word(&format!("conf-{}", line.confidentiality)));
    }
    words.join(", ")
}

/// What the last column says of a paper: why its line is not as others.
fn note(visit: &Visit, line: &Line) -> String {
    let mut words = Vec::new();
    if let Some(why) = &line.refused {
        words.push(tell!(visit, "reg-refused", why = crate::command::said::refusal(visit.lang, why)));
    }
    if line.bearers > 1 {
        words.push(visit.word("reg-doubled"));
    }
    if line.versions > 1 {
        words.push(tell!(visit, "reg-versions", count = line.versions));
    }
    if let Some(State::Directive(strand)) = &line.own {
        if strand.owner.as_ref().is_some_and(|owner| owner.take_back.is_some()) {
            words.push(visit.word("reg-taken-back"));
        }
        if strand.take_back.as_ref().is_some_and(|answer| answer.agreed) {
            words.push(visit.word("reg-given-back"));
        }
        if strand.status == Some(Status::Refused) {
            words.push(visit.word("reg-not-taken"));
        }
    }
    words.join("; ")
}

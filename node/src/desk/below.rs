//! What waits for an office from those below it, as sections of Today: reports to judge, questions to answer,
//! self-reports to conclude, tasks done to confirm; own papers that are not done everywhere; drafts that wait for a
//! signature. Each says how many there are in all and leads to the whole list.

use std::collections::HashMap;

use maud::{Markup, html};
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::record::{Act as _, guidance, inspection, kind_name};

use crate::accounts::SavedDraft;
use crate::accounts::rights::Right;
use crate::derive::views::below::{self, Own, Waiting};
use crate::derive::views::owed::Matter;
use crate::derive::views::read::{self, Filter, RecordRow};
use crate::tell;
use crate::web::parts::{self, Mark, badge, section};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

use super::outline;

/// Names of offices that one row says; further ones are counted.
const NAMED: usize = 3;

/// What waits in a record.
type Waits = (RecordRow, Vec<Waiting>);

/// What waits.
pub struct Below {
    judge: (Vec<RecordRow>, usize),
    /// By section: what waits, by record, and how many things in all.
    waits: Vec<(Sort, Vec<Waits>, usize)>,
    own: (Vec<(RecordRow, Own)>, usize),
    drafts: Vec<SavedDraft>,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    Questions,
    SelfReports,
    Tasks,
}

impl Sort {
    const ALL: [Self; 3] = [Self::Questions, Self::SelfReports, Self::Tasks];

    fn of((_, kind): Matter) -> Self {
        match kind {
            guidance::Move::KIND => Self::Questions,
            inspection::Move::KIND => Self::SelfReports,
            _ => Self::Tasks,
        }
    }

    /// Id of the section, its title, what the summary of the day says, the button, and the whole list.
    fn words(self) -> [&'static str; 5] {
        match self {
            Self::Questions => {
                ["questions", "sec-to-answer", "today-questions", "btn-answer", "/guidances?state=own"]
            }
            Self::SelfReports => {
                ["verify", "sec-to-conclude", "today-verify", "btn-open", "/inspections?state=own"]
            }
            Self::Tasks => ["confirm", "sec-to-confirm", "today-confirm", "btn-open", "/out"],
        }
    }
}

impl Below {
    /// What waits for the office of a visit and, among drafts, for the person.
    pub fn read(visit: &Visit) -> Result<Self, Failure> {
        let mut drafts = Vec::new();
        if visit.may(Right::Issue) {
            drafts = visit.site.accounts.drafts(visit.author(), visit.may(Right::Handle))?;
            drafts.retain(|saved| saved.draft.shared && saved.draft.owner != visit.author());
        }
        visit.look(|conn, look| {
            let most = limits::TODAY_SHOWN;
            let judge = below::to_judge(look);
            let all = outline::count_in(conn, &judge, "report")?;
            let judge = Filter { limit: most as u32, ..judge };
            let rows = crate::derive::views::kinds::report::list(conn, &judge)?;
            let judge = (rows.into_iter().map(|listed| listed.row).collect(), all);
            let waiting = below::by_record(below::waiting(conn, look)?);
            let mut waits = Vec::new();
            for sort in Sort::ALL {
                let of: Vec<_> = waiting.iter().filter(|(matter, _)| Sort::of(*matter) == sort).collect();
                let all = of.iter().map(|(_, things)| things.len()).sum();
                let of = of.into_iter().take(most).cloned().collect::<Vec<_>>();
                let mut rows = rows_of(conn, look.me, of.iter().map(|(matter, _)| matter.0).collect())?;
                let with =
                    of.into_iter().filter_map(|(matter, things)| Some((rows.remove(&matter)?, things)));
                waits.push((sort, with.collect(), all));
            }
            let own = below::own_open(conn, look)?;
            let all = own.len();
            let own: Vec<Own> = own.into_iter().take(most).collect();
            let mut rows = rows_of(conn, look.me, own.iter().map(|own| own.id).collect())?;
            let matter = |own: &Own| (own.id, truc_proto::record::directive::Move::KIND);
            let own = own.into_iter().filter_map(|own| Some((rows.remove(&matter(&own))?, own))).collect();
            Ok(Self { judge, waits, own: (own, all), drafts })
        })
    }

    /// What the head of the day says: catalogue keys with counts.
    pub(super) fn summary(&self) -> Vec<(&'static str, usize)> {
        let waits = self.waits.iter().map(|(sort, _, all)| (sort.words()[2], *all));
        let first = [("today-sign", self.drafts.len()), ("today-judge", self.judge.1)];
        first.into_iter().chain(waits).collect()
    }

    /// Whether nothing waits here.
    pub(super) fn is_calm(&self) -> bool {
        self.own.1 == 0 && self.summary().iter().all(|(_, count)| *count == 0)
    }

    /// The sections with what waits.
    pub fn sections(&self, visit: &Visit) -> Markup {
        let count = |all: usize| tell!(visit, "count-things", count = all);
        let more = |shown: usize, all: usize, address: &str| {
            html! { @if shown < all { p { a href=(address) { (tell!(visit, "today-more", count = all - shown)) } } } }
        };
        html! {
            @if !self.drafts.is_empty() { (section("sign", &visit.word("sec-to-sign"), &count(self.drafts.len()), drafts(visit, &self.drafts))) }
            @let (rows, all) = &self.judge;
            @if *all > 0 { (section("judge", &visit.word("sec-to-judge"), &count(*all), html! {
                (records(visit, rows, Mark::Waiting, "btn-open"))
                (more(rows.len(), *all, "/reports?state=judge"))
            })) }
            @for (sort, rows, all) in &self.waits { @if *all > 0 {
                @let [id, title, _, button, address] = sort.words();
                (section(id, &visit.word(title), &count(*all), html! {
                    ul.rows { @for (row, things) in rows { (waits(visit, row, things, button)) } }
                    (more(rows.iter().map(|(_, things)| things.len()).sum(), *all, address))
                }))
            } }
        }
    }

    /// The section with own papers.
    pub(super) fn own(&self, visit: &Visit) -> Markup {
        let (rows, all) = &self.own;
        if rows.is_empty() {
            return html! {};
        }
        let body = html! {
            ul.rows { @for (row, own) in rows { (own_row(visit, row, own)) } }
            @if rows.len() < *all { p { a href="/out" { (tell!(visit, "today-more", count = all - rows.len())) } } }
        };
        section("own", &visit.word("sec-own"), &tell!(visit, "count-things", count = *all), body)
    }
}

/// Own records with these ids.
fn rows_of(
    conn: &rusqlite::Connection,
    me: OfficeId,
    ids: Vec<truc_proto::id::RecordId>,
) -> crate::derive::views::Result<HashMap<Matter, RecordRow>> {
    let limit = ids.len() as u32 + 1;
    let filter = Filter { owner: Some(me), ids: Some(ids), limit, ..Filter::default() };
    Ok(read::list(conn, &filter)?.into_iter().map(|row| ((row.id, row.kind), row)).collect())
}

/// What waits about one record: which parts, of whom, since when.
fn waits(visit: &Visit, row: &RecordRow, things: &[Waiting], button: &str) -> Markup {
    let address = format!("/{}/{}", kind_name(row.kind), row.id);
    let mut named: Vec<String> = Vec::new();
    for thing in things {
        let name = visit.name(thing.office);
        if !named.contains(&name) {
            named.push(name);
        }
    }
    let rest = named.len().saturating_sub(NAMED);
    let mut who = named.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if rest > 0 {
        who = tell!(visit, "scope-more", named = who, count = rest);
    }
    let first = things.first().map_or(row.opened, |thing| thing.said.millis() as i64);
    html! {
        li {
            div.when { (badge(Mark::Waiting, &visit.clock().told(first))) }
            div {
                a.t href=(address) { (row.title) }
                p { (parts::paper_name(visit.lang, &row.document_type, &row.number)) " · " (who) @if things.len() > 1 { " · " (tell!(visit, "count-things", count = things.len())) } }
            }
            a.b href=(address) { (visit.word(button)) }
        }
    }
}

fn own_row(visit: &Visit, row: &RecordRow, own: &Own) -> Markup {
    let address = format!("/directive/{}", row.id);
    let late = row.due.is_some_and(|due| due < visit.now);
    let mark = if late { Mark::Late } else { Mark::Running };
    let said = row.due.map_or_else(|| visit.clock().told(row.opened), |due| visit.clock().left(due));
    html! {
        li {
            div.when { (badge(mark, &said)) }
            div {
                a.t href=(address) { (parts::stamp(visit, row.urgency, row.due)) " " (row.title) }
                p { (parts::paper_name(visit.lang, &row.document_type, &row.number)) " · " @if own.all > 0 { (tell!(visit, "own-done", done = own.done, all = own.all)) } @if own.refused > 0 { @if own.all > 0 { " · " } strong { (tell!(visit, "next-refused", count = own.refused)) } } }
            }
            a.b href=(address) { (visit.word("btn-open")) }
        }
    }
}

fn drafts(visit: &Visit, drafts: &[SavedDraft]) -> Markup {
    html! {
        ul.rows { @for saved in drafts {
            @let address = format!("/drafts/{}", saved.draft.id);
            li {
                div.when { (badge(Mark::Waiting, &visit.clock().told(saved.saved_at as i64 * 1000))) }
                div {
                    a.t href=(address) { @if saved.draft.title.trim().is_empty() { (visit.word("draft-untitled")) } @else { (saved.draft.title) } }
                    p { (visit.person(&saved.draft.owner)) }
                }
                a.b href=(address) { (visit.word("btn-open")) }
            }
        } }
    }
}

/// Records as rows of Today, with a button if a key is given.
pub(super) fn records(visit: &Visit, records: &[RecordRow], mark: Mark, key: &str) -> Markup {
    html! {
        ul.rows {
            @for row in records {
                @let address = format!("/{}/{}", kind_name(row.kind), row.id);
                li {
                    div.when { @if let Some(due) = row.due { (badge(mark, &visit.clock().left(due))) } @else { (badge(mark, &visit.clock().told(row.opened))) } }
                    div {
                        a.t href=(address) { (parts::stamp(visit, row.urgency, row.due)) " " (row.title) }
                        p { (parts::paper_name(visit.lang, &row.document_type, &row.number)) " · " (visit.name(row.owner)) }
                    }
                    @if !key.is_empty() { a.b href=(address) { (visit.word(key)) } }
                }
            }
        }
    }
}

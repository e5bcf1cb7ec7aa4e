//! The form by which a work is given or proposed, and what stands of works on the page of a paper.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::house::House;
use truc_proto::id::RecordId;
use truc_proto::paper::{DocumentType, Due};
use truc_proto::record::{directive, kind_name, programme};
use truc_proto::vietnamese::fold;

use super::{AT, failed, give_address, part_rows, people};
use crate::accounts::Realm;
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::{self, Acting, Give, Keep, Verb};
use crate::command::tasks::PartRow;
use crate::derive::views::asked::{self, Asked, Stands};
use crate::derive::views::read::RecordRow;
use crate::desk::write;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::{Form, LEVEL};
use crate::web::page::Page;
use crate::web::parts::{self, field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

const ADDRESS: &str = "/works/new";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ADDRESS, Need::Right(Right::Read), async |visit: Visit| {
            let mut form = drafts::form(&visit, ADDRESS)?;
            if !form.is_set("source") {
                form.set("source", visit.asked("source"));
            }
            page(&visit, &form)
        })
        .keeps(Text::Paper),
        Route::post(ADDRESS, Need::Right(Right::Read), give).keeps(Text::Paper),
    ]
}

/// Whether the paper for which a form gives a work is secret, also through the work of which it is to be a part.
fn is_secret(visit: &Visit, source: &str) -> Result<bool, Failure> {
    visit.within(|context| {
        let Ok(source) = assignment::source(context, Some(source)) else { return Ok(false) };
        Ok(context.is_secret(&context.inside(None, &source)?))
    })
}

/// The part for which a form gives a work; none: for none.
fn part(visit: &Visit, source: &str) -> Result<Option<Asked>, Failure> {
    let Some((record, part)) = source.split_once('#') else { return Ok(None) };
    let Ok(record) = record.parse() else { return Ok(None) };
    let record = RecordId(record);
    let asked = visit.look(|views, look| asked::of_paper(views, look, record))?;
    let asked = asked.into_iter().find(|asked| asked.id == part);
    // Of a petition nothing is said to who does not see it.
    let hidden = asked.as_ref().is_some_and(|asked| asked.part.petition.is_some())
        && visit.within(|context| context.outside(record)).is_err();
    Ok(asked.filter(|_| !hidden))
}

fn outer_told(visit: &Visit, due: Due) -> Result<String, Failure> {
    visit.within(|context| Ok(context.moment()?.told(due)))
}

/// The unit whose keyword stands first in a text, and the keyword: who most likely does it.
fn proposed(house: &House, today: truc_proto::date::Date, text: &str) -> Option<(String, String)> {
    let text = fold(text);
    let keywords = house.units(today).flat_map(|unit| unit.keywords.iter().map(move |word| (unit, word)));
    let found = keywords.filter_map(|(unit, word)| Some((text.find(&fold(word))?, unit, word)));
    found.min_by_key(|(at, ..)| *at).map(|(_, unit, word)| (unit.id.clone(), word.clone()))
}

fn page(visit: &Visit, form: &Form) -> Answer {
    let (part, secret) = (part(visit, form.raw("source"))?, is_secret(visit, form.raw("source"))?);
    let fields = visit.within(|context| {
        let moment = context.moment()?;
        // Of a secret paper not even its title is written here.
        let content = part.as_ref().filter(|_| !secret).map_or("", |asked| asked.part.content.as_str());
        let likely = proposed(moment.house(), visit.today(), content);
        let mut form = form.clone();
        if form.raw("content").is_empty() {
            form.set("content", content);
        }
        let held = likely.as_ref().map_or("", |(unit, _)| unit.as_str());
        let types = DocumentType::ALL.iter().map(|kind| {
            let name = if visit.lang == crate::words::Lang::Vi { kind.vietnamese() } else { kind.english() };
            (kind.code().to_owned(), name.to_owned())
        });
        let types: Vec<(String, String)> = std::iter::once((String::new(), "…".to_owned())).chain(types).collect();
        let others = |name: &str, label: &str| html! {
            details { summary { (visit.word(label)) }
                @for person in moment.house().people(visit.today()) { label { input type="checkbox" name=(name) value=(person.id) checked[form.has(name, &person.id)]; " " (person.name) } br; }
                @for unit in moment.house().units(visit.today()) { label { input type="checkbox" name=(name) value=(unit.id) checked[form.has(name, &unit.id)]; " " (unit.name) } br; }
            }
        };
        Ok(html! {
            @if secret { p { b { (visit.word("work-secret")) } } p.hint { (visit.word("hint-secret-move")) } }
            @else { (field::Field::new(visit, "content", "work-content").required().text(&form, 2)) }
            (people(visit, &moment, &form, "lead", "lead", held))
            @if let Some((_, word)) = &likely { p.hint { (tell!(visit, "work-because", word = word.as_str())) } }
            (field::Field::new(visit, "due", "work-due").kind("date").hint(visit.word("work-due-hint")).line(&form))
            p { label { input type="checkbox" name="no_due" value="1" checked[form.is_set("no_due")]; " " (visit.word("work-no-due")) } }
            (field::Field::new(visit, "product", "work-product").choice(&form, &types))
            (others("helping", "work-helping"))
            (others("inform", "work-informed"))
            @if !secret {
                (field::Field::new(visit, "beyond", "work-beyond").line(&form))
                (field::Field::new(visit, "remark", "work-remark").line(&form))
            }
        })
    })?;
    let body = html! {
        h1 { (visit.word("btn-give-work")) }
        @if let Some(asked) = &part { p.meta { a href={ "/" (kind_name(asked.kind)) "/" (asked.record) } { (asked.part.name) } @if let Some(outer) = asked.part.outer { span { (tell!(visit, "work-outer-on", due = outer_told(visit, outer)?)) } } } }
        (field::summary(visit, form))
        form.box method="post" action=(ADDRESS) data-draft[!secret] {
            (drafts::head(visit, form))
            @if secret { input type="hidden" name=(LEVEL) value="1"; }
            @else { input type="hidden" name=(drafts::TITLE) value=(visit.word("btn-give-work")); }
            input type="hidden" name="source" value=(form.raw("source"));
            (fields)
            p.acts {
                button.b.go name="do" value="give" { (visit.word("btn-give-work")) }
                button.b name="do" value="propose" { (visit.word("btn-propose-work")) }
                // A petition is kept on its page, for a reason.
                @if part.as_ref().is_some_and(|asked| asked.part.petition.is_none()) { button.b name="do" value="keep" { (visit.word("btn-keep-part")) } }
                @if !secret { (drafts::saved(visit)) }
            }
        }
    };
    Page::new(visit.word("btn-give-work"), body).at(AT).render_form(visit, form)
}

async fn give(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let due = form.some("due").map(|_| write::due(&visit, &mut form, "due"));
    if !form.is_good() {
        return page(&visit, &form);
    }
    let text = |name: &str| form.get(name).to_owned();
    let all = |name: &str| form.all(name).map(str::to_owned).collect();
    let verb = if form.raw("do") == "keep" {
        Verb::Keep(Keep { source: text("source"), note: text("remark"), acting: Acting::default() })
    } else {
        let give = Box::new(Give {
            content: text("content"),
            source: form.some("source"),
            lead: text("lead"),
            helping: all("helping"),
            inform: all("inform"),
            due,
            no_due: form.is_set("no_due"),
            beyond: text("beyond"),
            product: text("product"),
            remark: text("remark"),
            ..Give::default()
        });
        if form.raw("do") == "propose" { Verb::Propose(give) } else { Verb::Give(give) }
    };
    let kept = matches!(verb, Verb::Keep(_));
    match visit.act(Records::Assignment(verb)).await {
        Ok(done) => {
            let record = done["record"].as_str().unwrap_or_default();
            visit.flash(visit.word("works-written"))?;
            let to = if kept { format!("{AT}?tab=office") } else { format!("/assignment/{record}") };
            Ok(Redirect::to(&to).into_response())
        }
        Err(failure) => page(&visit, &failed(&form, failure)),
    }
}

/// What a paper asks of this office, part by part, with its works: on the page of the paper. Nothing at an office without a
/// house.
pub(in crate::desk) fn of_paper(visit: &Visit, row: &RecordRow) -> Result<Markup, Failure> {
    visit.within(|context| {
        let moment = context.moment()?;
        let asked = context.look(|views, look| asked::of_paper(views, look, row.id))?;
        if moment.house().is_empty() || asked.is_empty() {
            return Ok(html! {});
        }
        let rows: Vec<PartRow> = asked.iter().map(|asked| moment.part(asked)).collect();
        Ok(parts::section("works", &visit.word("nav-works"), "", part_rows(visit, &moment, &rows)))
    })
}

/// Where the first part of a paper is given that waits for it; none: nothing waits, or the office has no house.
pub(in crate::desk) fn address_of(visit: &Visit, record: RecordId) -> Result<Option<String>, Failure> {
    visit.within(|context| {
        let moment = context.moment()?;
        if moment.house().is_empty() {
            return Ok(None);
        }
        let asked = context.look(|views, look| asked::of_paper(views, look, record))?;
        let waits = asked.iter().find(|asked| asked.stands() == Stands::ToAssign);
        Ok(waits.map(|asked| give_address(&moment.part(asked))))
    })
}

/// Whether works are given here by the house, and not by a word on the paper.
pub(in crate::desk) fn is_by_house(visit: &Visit) -> bool {
    let empty = visit.within(|context| Ok(context.moment()?.house().is_empty()));
    visit.site.realm == Realm::Desk && !empty.unwrap_or(true)
}

/// One press by which whoever asked is told that a part is done, with the product of the work. Kinds whose parts are told of
/// otherwise lead to their page.
pub(super) fn report(visit: &Visit, part: &PartRow) -> Markup {
    let field = match part.kind {
        kind if kind == directive::KIND.number => "task",
        kind if kind == programme::KIND.number => "item",
        _ => {
            return html! { a.b href={ "/" (kind_name(part.kind)) "/" (part.record) } { (visit.word("btn-open")) span.vh { " " (part.name) } } };
        }
    };
    let address = format!("/{}/{}/progress", kind_name(part.kind), part.record);
    let product = part.root.as_ref().map_or(String::new(), |root| root.row.work.result.clone());
    let hidden = [(field, part.part.as_str()), ("percent", "100"), ("note", &product)];
    html! { @if visit.may(Right::Handle) { (drafts::button(visit, &address, "go", &visit.word("btn-report-done"), &hidden)) } @else { a.b href=(give_address(part)) { (visit.word("btn-open")) } } }
}

//! The form by which a work is given or proposed, and what stands of works on the page of a paper.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::house::House;
use truc_proto::paper::DocumentType;
use truc_proto::record::{directive, kind_name, programme};
use truc_proto::vietnamese::fold;

use super::sheet::people;
use super::{AT, failed, give_address, part_rows};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::{Acting, Give, Keep, Verb};
use crate::command::tasks::PartRow;
use crate::derive::views::asked::{self, Asked};
use crate::derive::views::read::RecordRow;
use crate::desk::write;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;
use crate::words::failure::Failure;

const ADDRESS: &str = "/works/new";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ADDRESS, Need::Right(Right::Read), async |visit| {
            let mut form = Form::default();
            form.set("source", visit.asked("source"));
            page(&visit, &form)
        }),
        Route::post(ADDRESS, Need::Right(Right::Read), give),
    ]
}

/// The part for which a form gives a work; none: for none.
fn part(visit: &Visit, source: &str) -> Result<Option<Asked>, Failure> {
    let Some((record, part)) = source.split_once('#') else { return Ok(None) };
    let Ok(record) = record.parse() else { return Ok(None) };
    let record = truc_proto::id::RecordId(record);
    let asked = visit.look(|views, look| asked::of_paper(views, look, record))?;
    Ok(asked.into_iter().find(|asked| asked.id == part))
}

/// The unit whose keyword stands first in a text, and the keyword: who most likely does it.
fn proposed(house: &House, today: truc_proto::date::Date, text: &str) -> Option<(String, String)> {
    let text = fold(text);
    let keywords = house.units(today).flat_map(|unit| unit.keywords.iter().map(move |word| (unit, word)));
    let found = keywords.filter_map(|(unit, word)| Some((text.find(&fold(word))?, unit, word)));
    found.min_by_key(|(at, ..)| *at).map(|(_, unit, word)| (unit.id.clone(), word.clone()))
}

fn page(visit: &Visit, form: &Form) -> Answer {
    let part = part(visit, form.raw("source"))?;
    let fields = visit.within(|context| {
        let moment = context.moment()?;
        let content = part.as_ref().map_or("", |asked| asked.part.content.as_str());
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
            (field::Field::new(visit, "content", "work-content").required().text(&form, 2))
            (people(visit, &moment, &form, "lead", "lead", held))
            @if let Some((_, word)) = &likely { p.hint { (tell!(visit, "work-because", word = word.as_str())) } }
            (field::Field::new(visit, "due", "work-due").kind("date").hint(visit.word("work-due-hint")).line(&form))
            p { label { input type="checkbox" name="no_due" value="1" checked[form.is_set("no_due")]; " " (visit.word("work-no-due")) } }
            (field::Field::new(visit, "product", "work-product").choice(&form, &types))
            (others("helping", "work-helping"))
            (others("inform", "work-informed"))
            (field::Field::new(visit, "beyond", "work-beyond").line(&form))
            (field::Field::new(visit, "remark", "work-remark").line(&form))
        })
    })?;
    let body = html! {
        h1 { (visit.word("btn-give-work")) }
        @if let Some(asked) = &part { p.meta { a href={ "/" (kind_name(asked.kind)) "/" (asked.record) } { (asked.part.name) } @if let Some(outer) = asked.part.outer { span { (tell!(visit, "work-outer-on", due = truc_proto::record::assignment::due::told(outer))) } } } }
        (field::summary(visit, form))
        form.box method="post" action=(ADDRESS) {
            (field::token(visit))
            input type="hidden" name="source" value=(form.raw("source"));
            (fields)
            p.acts {
                button.b.go name="do" value="give" { (visit.word("btn-give-work")) }
                button.b name="do" value="propose" { (visit.word("btn-propose-work")) }
                @if part.is_some() { button.b name="do" value="keep" { (visit.word("btn-keep-part")) } }
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
    html! { @if visit.may(Right::Handle) { (field::button(visit, &address, "go", &visit.word("btn-report-done"), &hidden)) } @else { a.b href=(give_address(part)) { (visit.word("btn-open")) } } }
}

//! The page of the house (nếp nhà): its tables as tabs, as of any day. Who may edit it changes rows in place, each from a
//! day on; what is dated ahead is shown as such.

mod row;

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::house::row::Value;
use truc_proto::house::{Fact, House, Table};
use truc_proto::identifier;
use truc_proto::record::assignment::Saw;

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::house::{self, Away, Delegate, End, Import, Say, Verb};
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::{self, field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// Address of the page.
pub const AT: &str = "/house";

/// The tabs: name in the address, catalogue key, tables.
const TABS: [(&str, &str, &[Table]); 8] = [
    ("units", "house-tab-units", &[Table::Units]),
    ("people", "house-tab-people", &[Table::People, Table::Posts]),
    ("away", "house-tab-away", &[Table::Absences]),
    ("issuers", "house-tab-issuers", &[Table::Issuers, Table::Signers, Table::Terms]),
    (
        "roads",
        "house-tab-roads",
        &[Table::Roads, Table::Roles, Table::Groups, Table::Silences, Table::Openings],
    ),
    ("parties", "house-tab-parties", &[Table::Parties]),
    ("rights", "house-tab-rights", &[Table::Rights, Table::Delegations]),
    ("days", "house-tab-days", &[Table::Holidays, Table::Settings, Table::Resources]),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(AT, Need::Right(Right::Read), async |visit: Visit| page(&visit, &drafts::asked(&visit)?)),
        Route::post(AT, Need::Right(Right::Read), change).keeps(Text::Move),
    ]
}

/// The day of which the page tells: the one asked for, or today.
fn day(visit: &Visit) -> Date {
    identifier::day(visit.asked("on")).unwrap_or(visit.today())
}

fn page(visit: &Visit, form: &Form) -> Answer {
    let (known, saw, edits) = visit.within(|context| {
        let strand = house::said(context)?;
        let (known, saw) = (strand.house(), Saw::Move(strand.newest()).to_string());
        let edits = house::edits(context, &known).unwrap_or(false);
        Ok((known, saw, edits))
    })?;
    let shown = Shown { visit, known: &known, saw: &saw, form };
    let on = day(visit);
    let (tab, _, tables) = TABS.iter().find(|(name, ..)| *name == visit.asked("tab")).unwrap_or(&TABS[0]);
    let chips =
        TABS.iter().map(|(name, key, _)| (visit.with("tab", name), name == tab, html! { (visit.word(key)) }));
    let body = html! {
        h1 { (visit.word("nav-house")) }
        @if known.is_empty() {
            (parts::empty(&visit.word("house-none"), None))
        } @else {
            (parts::chips(None, &visit.word("nav-house"), chips))
            form.acts method="get" action=(AT) {
                input type="hidden" name="tab" value=(tab);
                label { (visit.word("house-see-day")) " " input type="date" name="on" value=(on); }
                button.b { (visit.word("house-see")) }
                @if on != visit.today() { a.b href=(visit.with("on", "")) { (visit.word("house-see-today")) } }
            }
        }
        (field::summary(visit, form))
        @if known.is_empty() {
            @if edits { (import(visit, form)) }
        } @else {
            @for table in *tables { (section(&shown, *table, on, edits)) }
        }
    };
    Page::new(visit.word("nav-house"), body).at(AT).class("wide").still().render_form(visit, form)
}

/// The first file of an office is put in by its administrator.
fn import(visit: &Visit, form: &Form) -> Markup {
    let form = &drafts::typed(visit, AT, &[("do", "import")], (form.raw("do") == "import").then_some(form));
    html! {
        form.box method="post" action=(AT) data-draft {
            (drafts::head(visit, form))
            input type="hidden" name=(drafts::TITLE) value=(visit.word("house-file"));
            (field::Field::new(visit, "text", "house-file").hint(visit.word("house-file-hint")).required().text(form, 20))
            p.acts { button.b.go name="do" value="import" { (visit.word("house-import")) } (drafts::saved(visit)) }
        }
    }
}

/// What the page shows of the house.
struct Shown<'a> {
    visit: &'a Visit,
    known: &'a House,
    /// How far it is known.
    saw: &'a str,
    /// The form that was posted or asked for.
    form: &'a Form,
}

fn section(shown: &Shown<'_>, table: Table, on: Date, edits: bool) -> Markup {
    let Shown { visit, known, .. } = *shown;
    let name: &str = table.into();
    let fields = row::heads(table);
    // Everybody reports an own absence, and lends own rights.
    let adds = edits || matches!(table, Table::Absences | Table::Delegations);
    let line = |fact: &Fact, ahead: bool| {
        html! {
            tr.mut[ahead] {
                @for cell in row::cells(visit, known, fact, on) { td { (cell) } }
                td { (days(visit, fact, ahead)) }
                @if edits { td { (row::edit(shown, fact, on)) } }
            }
        }
    };
    let body = html! {
        div.tw tabindex="0" { table {
            thead { tr {
                @for head in &fields { th scope="col" { (visit.word(head)) } }
                th scope="col" { (visit.word("house-days")) }
                @if edits { th scope="col" { (visit.word("house-edit")) } }
            } }
            tbody {
                @for fact in known.all(table, on) { (line(fact, false)) }
                @for fact in known.ahead(table, on) { (line(fact, true)) }
            }
        } }
        @if adds { (row::add(shown, table, on)) }
    };
    let count = known.all(table, on).count();
    parts::section(
        name,
        &visit.word(&format!("house-t-{name}")),
        &tell!(visit, "house-count", count = count),
        body,
    )
}

/// From when and until when a fact holds, in words.
fn days(visit: &Visit, fact: &Fact, ahead: bool) -> String {
    let told = |day: Option<Date>| day.map(|day| times::day(day.civil())).unwrap_or_default();
    match (fact.span.from, fact.span.to) {
        (from, _) if ahead => tell!(visit, "house-from", day = told(from)),
        (None, None) => String::new(),
        (from, None) => tell!(visit, "house-from", day = told(from)),
        (None, to) => tell!(visit, "house-to", day = told(to)),
        (from, to) => tell!(visit, "house-between", from = told(from), to = told(to)),
    }
}

async fn change(visit: Visit, posted: Posted) -> Answer {
    let back = visit.with("", "");
    let done = match verb(&posted) {
        Some(verb) => visit.act(Records::House(verb)).await,
        None => return Ok(Redirect::to(&back).into_response()),
    };
    let failed = |failure: Failure| {
        let mut form = posted.form.clone();
        form.failure = Some(failure);
        form
    };
    match done {
        Ok(value) if value["exit"].is_null() => {
            let said = house::summed_up(visit.lang, &value);
            visit.flash(said)?;
            // A person's end leads to his open works.
            let ended = posted.get("do") == "end" && posted.get("table") == <&str>::from(Table::People);
            let person = posted.get(&format!("{}id", row::FIELD)).to_owned();
            let works =
                ended.then(|| visit.within(|context| context.moment()?.had_by(&person))).transpose()?;
            if works.is_some_and(|works| !works.is_empty()) {
                return Ok(Redirect::to(&super::work::of_person(&person)).into_response());
            }
            Ok(Redirect::to(&back).into_response())
        }
        Ok(value) => {
            let mut form = posted.form.clone();
            for line in house::findings(visit.lang, &value) {
                form.wrong("text", line);
            }
            page(&visit, &form)
        }
        Err(failure) => page(&visit, &failed(failure)),
    }
}

/// The command of a posted form; none: it asks for nothing that there is.
fn verb(posted: &Posted) -> Option<Verb> {
    let table: Table =
        posted.get("table").parse().ok().or((posted.get("do") == "import").then_some(Table::Units))?;
    let named: Vec<(String, String)> = posted
        .values()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix(row::FIELD)?.to_owned(), value.trim().to_owned()))
        })
        .collect();
    // Only what was changed is said: what somebody else said meanwhile of another field stays.
    let was = |name: &str| posted.values().iter().find(|(field, _)| field == &format!("{}{name}", row::WAS));
    let is_key = |name: &str| table == Table::Settings || table.keys().contains(&name);
    let changed = named.iter().enumerate().filter(|(at, (name, value))| {
        let last = named.iter().rposition(|(other, _)| other == name) == Some(*at);
        last && (is_key(name) || was(name).is_none_or(|(_, was)| was != value))
    });
    let changed: Vec<String> = changed.map(|(_, (name, value))| format!("{name}={value}")).collect();
    let saw = posted.form.some("saw");
    let value =
        |name: &str| named.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let day = |name: &str| posted.form.some(name);
    Some(match posted.get("do") {
        "import" => Verb::Import(Import {
            file: "nep-nha.toml".into(),
            check: false,
            text: posted.raw("text").to_owned(),
        }),
        "end" => Verb::End(End {
            table: posted.get("table").to_owned(),
            fields: row::keys(table, &named),
            on: day("last").unwrap_or_default(),
            heir: day("heir"),
            saw,
        }),
        "say" if table == Table::Absences => Verb::Away(Away {
            person: value("person").unwrap_or_default(),
            from: day("from").unwrap_or_default(),
            to: day("to").unwrap_or_default(),
            stand_in: value("stand_in").filter(|person| !person.is_empty()),
            saw,
        }),
        "say" if table == Table::Delegations => Verb::Delegate(Delegate {
            person: value("person").unwrap_or_default(),
            to_person: value("to_person").unwrap_or_default(),
            what: Value::Text(value("what").unwrap_or_default()).words(&[]),
            from: day("from").unwrap_or_default(),
            to: day("to").unwrap_or_default(),
            paper: value("paper").unwrap_or_default(),
            saw,
        }),
        "say" => Verb::Say(Say {
            table: posted.get("table").to_owned(),
            fields: changed,
            from: day("from"),
            to: day("to"),
            saw,
        }),
        _ => return None,
    })
}

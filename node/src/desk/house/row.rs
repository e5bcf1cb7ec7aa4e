//! One row of a table of the house: its cells in words, and its forms.

use maud::{Markup, html};
use strum::VariantArray;
use truc_proto::date::Date;
use truc_proto::house::road::{CountsAs, Duty};
use truc_proto::house::row::Value;
use truc_proto::house::{Class, Fact, House, Regime, ResourceKind, Right, Role, Table};

use super::Shown;
use crate::web::form::Form;
use crate::web::parts::field;
use crate::web::shared::drafts;
use crate::web::visit::Visit;

/// What begins the names of the fields of a row in a form.
pub(super) const FIELD: &str = "f.";

/// What begins the names of hidden fields with what a row held when it was shown.
pub(super) const WAS: &str = "was.";

/// Fields that are yes or no.
const TICKS: [&str; 3] = ["head", "working", "lent"];

/// Catalogue keys of the columns of a table.
pub(super) fn heads(table: Table) -> Vec<String> {
    match table {
        Table::Settings => vec!["house-f-setting".to_owned(), "house-f-value".to_owned()],
        table => table.fields().iter().map(|name| label(name)).collect(),
    }
}

fn label(name: &str) -> String {
    format!("house-f-{name}")
}

/// What a scalar is called.
fn setting(visit: &Visit, name: &str) -> String {
    visit.word(&format!("house-s-{}", name.replace('.', "-")))
}

/// The fields of a row with what they hold; a scalar is one field.
fn values(fact: &Fact) -> Vec<(String, Value)> {
    let row = fact.to_row();
    let days = |name: &str| matches!(name, "from" | "to");
    row.fields.into_iter().filter(|field| !days(&field.name)).map(|field| (field.name, field.value)).collect()
}

/// The cells of a row in words: ids of people and units by their names on the day.
pub(super) fn cells(visit: &Visit, known: &House, fact: &Fact, on: Date) -> Vec<String> {
    let held = values(fact);
    let table = fact.what.thing().table;
    if table == Table::Settings {
        let cells =
            held.first().map(|(name, value)| vec![setting(visit, name), value.words(&PARTS).join(", ")]);
        return cells.unwrap_or_default();
    }
    let cell = |name: &&'static str| {
        let Some((_, value)) = held.iter().find(|(field, _)| field == name) else { return String::new() };
        match (*name, value) {
            ("person" | "to_person" | "stand_in" | "unit" | "parent" | "heir", Value::Text(id)) => {
                known.name(id, on).to_owned()
            }
            (_, Value::Yes(yes)) => visit.word(if *yes { "cli-yes" } else { "cli-no" }),
            (name, Value::Text(code)) => {
                let word = options(visit, name).into_iter().find(|(value, _)| value == code);
                word.map_or_else(|| code.clone(), |(_, word)| word)
            }
            (_, value) => typed(value),
        }
    };
    table.fields().iter().map(cell).collect()
}

/// What a field holds, as one types it.
fn typed(value: &Value) -> String {
    match value {
        Value::Named(values) if !values.iter().all(|(name, _)| PARTS.contains(&name.as_str())) => {
            let typed: Vec<String> =
                values.iter().map(|(name, value)| format!("{name}={}", value.shown())).collect();
            typed.join(", ")
        }
        value => value.words(&PARTS).join(", "),
    }
}

/// Names of the parts of scalars that have several.
const PARTS: [&str; 4] = ["morning", "afternoon", "days", "kind"];

/// The values that a field may have, with their words; none: it is typed.
fn options(visit: &Visit, name: &str) -> Vec<(String, String)> {
    let named = |codes: Vec<&'static str>| {
        let word = |code: &str| (code.to_owned(), visit.word(&format!("house-v-{code}")));
        codes.into_iter().map(word).collect::<Vec<_>>()
    };
    fn codes<T: VariantArray + Copy + Into<&'static str>>() -> Vec<&'static str> {
        T::VARIANTS.iter().map(|code| (*code).into()).collect()
    }
    match name {
        "class" => named(codes::<Class>()),
        "right" => named(codes::<Right>()),
        "regime" => named(codes::<Regime>()),
        "kind" => named(codes::<ResourceKind>()),
        "role" => named(codes::<Duty>()),
        "counts_as" => named(codes::<CountsAs>()),
        "account" => {
            let none = (String::new(), visit.word("house-v-none"));
            let roles = codes::<Role>().into_iter();
            let roles = roles.map(|role| (role.to_owned(), visit.word(&format!("role-{role}"))));
            std::iter::once(none).chain(roles).collect()
        }
        _ => Vec::new(),
    }
}

/// The fields that name the thing of a posted row.
pub(super) fn keys(table: Table, named: &[(String, String)]) -> Vec<String> {
    let is_key = |name: &str| table == Table::Settings || table.keys().contains(&name);
    named.iter().filter(|(name, _)| is_key(name)).map(|(name, value)| format!("{name}={value}")).collect()
}

/// The form of a row that holds: its fields may be changed from a day on, and it may get its last day.
pub(super) fn edit(shown: &Shown<'_>, fact: &Fact, on: Date) -> Markup {
    let Shown { visit, form, .. } = *shown;
    let thing = fact.what.thing();
    let mark = format!("{}-{}", <&str>::from(thing.table), thing.key.join("-"));
    let held: Vec<(String, String)> =
        values(fact).into_iter().map(|(name, value)| (name, typed(&value))).collect();
    let same = form.raw("mark") == mark;
    let typed = drafts::typed(visit, &address(visit), &[("mark", &mark)], same.then_some(form));
    // Whoever looks at a day to come means what he changes from that day.
    let from = fact.span.from.filter(|from| *from > on).unwrap_or(on.max(visit.today()));
    html! {
        details.move open[same] {
            summary.b { (visit.word("house-edit")) "…" }
            form.box method="post" data-draft {
                (head(shown, thing.table, &mark, &typed))
                (inputs(shown, thing.table, &held, &mark, &typed))
                (day(visit, "from", "field-from-day", &mark, Some(from), &typed))
                @if thing.table == Table::Absences || thing.table == Table::Delegations {
                    (day(visit, "to", "field-to-day", &mark, fact.span.to, &typed))
                }
                p.acts { button.b.go name="do" value="say" { (visit.word("house-say")) } }
                // Whoever ends something sees first what he leaves open.
                @if thing.table == Table::People { p { a href=(crate::desk::work::of_person(&thing.key.join(""))) { (visit.word("works-of-him")) } } }
                (day(visit, "last", "house-last-day", &mark, fact.span.to, &typed))
                @if thing.table == Table::Units {
                    div.field {
                        label for={ "heir-" (mark) } { (visit.word("house-f-heir")) }
                        input type="text" id={ "heir-" (mark) } name="heir" value=(typed.raw("heir")) autocomplete="off";
                    }
                }
                p.acts { button.b name="do" value="end" { (visit.word("house-end")) } }
            }
        }
    }
}

/// The form of a new row.
pub(super) fn add(shown: &Shown<'_>, table: Table, on: Date) -> Markup {
    let Shown { visit, form, .. } = *shown;
    let mark = format!("{}-", <&str>::from(table));
    let same = form.raw("mark") == mark;
    let typed = drafts::typed(visit, &address(visit), &[("mark", &mark)], same.then_some(form));
    // An absence and a delegation are mostly one's own.
    let own = matches!(table, Table::Absences | Table::Delegations);
    let held: Vec<(String, String)> =
        if own { vec![("person".to_owned(), visit.author().to_owned())] } else { Vec::new() };
    if table == Table::Settings {
        return html! {};
    }
    html! {
        details.move open[same] {
            summary.b { (visit.word("house-add")) "…" }
            form.box method="post" data-draft {
                (head(shown, table, &mark, &typed))
                (inputs(shown, table, &held, &mark, &typed))
                @if table != Table::Holidays {
                    (day(visit, "from", "field-from-day", &mark, Some(on.max(visit.today())), &typed))
                    (day(visit, "to", "field-to-day", &mark, None, &typed))
                }
                p.acts { button.b.go name="do" value="say" { (visit.word("house-say")) } }
            }
        }
    }
}

/// Where the forms of the page are drafts: the tab, whatever day it shows.
fn address(visit: &Visit) -> String {
    format!("{}?tab={}", super::AT, visit.asked("tab"))
}

fn head(shown: &Shown<'_>, table: Table, mark: &str, typed: &Form) -> Markup {
    let visit = shown.visit;
    // Whoever comes second is told what was said since he began.
    let saw = typed.some("saw").unwrap_or_else(|| shown.saw.to_owned());
    html! {
        input type="hidden" name="saw" value=(saw);
        (drafts::head(visit, typed))
        input type="hidden" name=(drafts::TITLE) value=(visit.word(&format!("house-t-{}", <&str>::from(table))));
        input type="hidden" name="table" value=(<&str>::from(table));
        input type="hidden" name="mark" value=(mark);
    }
}

/// The inputs of a row. `held`: what its fields hold; `typed`: what was typed over it.
fn inputs(shown: &Shown<'_>, table: Table, held: &[(String, String)], mark: &str, typed: &Form) -> Markup {
    let Shown { visit, known, .. } = *shown;
    let names: Vec<&str> = match table {
        Table::Settings => held.iter().map(|(name, _)| name.as_str()).collect(),
        table => table.fields().to_vec(),
    };
    let value = |name: &str| {
        let field = format!("{FIELD}{name}");
        let typed =
            typed.values().iter().rev().find(|(known, _)| *known == field).map(|(_, value)| value.clone());
        let held = || held.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        typed.or_else(held).unwrap_or_default()
    };
    html! {
        @for name in names {
            @let (id, field, value, options) = (format!("{name}-{mark}"), format!("{FIELD}{name}"), value(name), options(visit, name));
            @let told = if table == Table::Settings { setting(visit, name) } else { visit.word(&label(name)) };
            @if let Some((_, was)) = held.iter().find(|(field, _)| field == name) { input type="hidden" name={ (WAS) (name) } value=(was); }
            div.field {
                @if TICKS.contains(&name) {
                    input type="hidden" name=(field) value="false";
                    label { input type="checkbox" name=(field) value="true" checked[value == "true"]; (told) }
                } @else if !options.is_empty() {
                    label for=(id) { (told) }
                    select id=(id) name=(field) {
                        @for (code, word) in &options { option value=(code) selected[*code == value] { (word) } }
                    }
                } @else {
                    label for=(id) { (told) }
                    input type="text" id=(id) name=(field) value=(value) autocomplete="off" list=[listed(name).map(|list| format!("{list}-{mark}"))];
                    @if let Some(list) = listed(name) { (offered(visit, known, list, mark)) }
                }
            }
        }
    }
}

/// What a field offers while somebody types: people or units.
fn listed(name: &str) -> Option<&'static str> {
    match name {
        "person" | "to_person" | "stand_in" => Some("people"),
        "unit" | "parent" | "heir" => Some("units"),
        _ => None,
    }
}

fn offered(visit: &Visit, known: &House, list: &str, mark: &str) -> Markup {
    let today = visit.today();
    let all: Vec<(&str, &str)> = match list {
        "people" => known.people(today).map(|person| (person.id.as_str(), person.name.as_str())).collect(),
        _ => known.units(today).map(|unit| (unit.id.as_str(), unit.name.as_str())).collect(),
    };
    html! {
        datalist id={ (list) "-" (mark) } { @for (id, name) in all { option value=(id) { (name) } } }
    }
}

fn day(visit: &Visit, name: &str, key: &str, mark: &str, held: Option<Date>, typed: &Form) -> Markup {
    let id = format!("{name}-{mark}");
    let typed = typed.values().iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let value = typed.unwrap_or_else(|| held.map(|day| day.to_string()).unwrap_or_default());
    html! {
        div.field {
            label for=(id) { (visit.word(key)) }
            input type="date" id=(id) name=(name) value=(value);
            (field::spelled(visit.lang, &id, &value))
        }
    }
}

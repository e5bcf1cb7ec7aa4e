//! The house whose roads, duties, groups and signers are those of `roads.toml`. Its people are named there by id alone.

use std::collections::BTreeSet;

use toml::{Table, Value};
use truc_proto::house::check::check;
use truc_proto::house::road::{Charge, Member, Opening, Road};
use truc_proto::house::row::{Field, Row, Value as Held};
use truc_proto::house::{self as is, Fact, House, Issuer, Person, Signer, Span, What};
use truc_proto::paper::DocumentType;

/// What `roads.toml` says.
pub(crate) fn data() -> Table {
    include_str!("roads.toml").parse().unwrap()
}

pub(crate) fn text(of: &Table, name: &str) -> String {
    of.get(name)
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .unwrap_or_default()
}

pub(crate) fn texts(of: &Table, name: &str) -> Vec<String> {
    let all = of.get(name).and_then(Value::as_array).into_iter().flatten();
    all.map(|value| value.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn tables<'a>(of: &'a Table, name: &str) -> impl Iterator<Item = &'a Table> {
    of.get(name).and_then(Value::as_array).into_iter().flatten().map(|value| value.as_table().unwrap())
}

pub(crate) fn types(of: &Table) -> Vec<DocumentType> {
    texts(of, "types").iter().map(|code| DocumentType::from_code(code).unwrap()).collect()
}

pub(crate) fn days(of: &Table) -> Span {
    let day = |name: &str| of.contains_key(name).then(|| text(of, name).parse().unwrap());
    Span { from: day("from"), to: day("to") }
}

/// What a value of the file is in a row.
fn held(value: &Value) -> Held {
    match value {
        Value::Array(all) if all.iter().all(Value::is_table) => {
            Held::Tables(all.iter().map(|step| fields(step.as_table().unwrap())).collect())
        }
        Value::Array(all) => Held::List(all.iter().map(|text| text.as_str().unwrap().to_owned()).collect()),
        Value::Table(named) => {
            Held::Named(named.iter().map(|(name, value)| (name.clone(), held(value))).collect())
        }
        Value::Integer(number) => Held::Bare(number.to_string()),
        Value::Datetime(day) => Held::Day(day.to_string().parse().unwrap()),
        other => Held::Text(other.as_str().unwrap().to_owned()),
    }
}

fn fields(of: &Table) -> Vec<Field> {
    let field = |(name, value): (&String, &Value)| Field { name: name.clone(), line: 0, value: held(value) };
    of.iter().map(field).collect()
}

/// The row of a road as the file of a house has it.
pub(crate) fn row(of: &Table) -> Row {
    let mut of = of.clone();
    if let Some(steps) = of.remove("step") {
        of.insert("steps".to_owned(), steps);
    }
    for step in of.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(needs) = step.as_table_mut().and_then(|step| step.get_mut("needs")) {
            *needs = Value::from("more-than-half");
        }
    }
    Row { table: is::Table::Roads, line: 1, fields: fields(&of) }
}

/// The road of a row, whatever is wrong with it.
pub(crate) fn road(row: &Row) -> Road {
    match check(&House::default(), std::slice::from_ref(row)).facts.into_iter().next().map(|fact| fact.what) {
        Some(What::Road(road)) => road,
        _ => panic!("{row:?}"),
    }
}

/// The facts of `roads.toml`.
pub(crate) fn facts() -> Vec<(Span, What)> {
    let data = data();
    let mut facts = Vec::new();
    let mut people: BTreeSet<String> = BTreeSet::new();
    let all = |of: &str| data[of].as_table().unwrap().clone();
    for (group, _) in &all("groups") {
        for person in texts(&all("groups"), group) {
            people.insert(person.clone());
            facts.push((Span::ALWAYS, What::Member(Member { group: group.clone(), person })));
        }
    }
    for (role, _) in &all("roles") {
        for person in texts(&all("roles"), role) {
            people.insert(person.clone());
            facts.push((Span::ALWAYS, What::Charge(Charge { person, role: role.parse().unwrap() })));
        }
    }
    let register = |body: &str| {
        let issuer = tables(&data, "issuer").find(|issuer| text(issuer, "id") == body).unwrap();
        text(issuer, "register")
    };
    for issuer in tables(&data, "issuer") {
        let (id, symbol) = (text(issuer, "register"), text(issuer, "symbol"));
        let (line1, line2) = (String::new(), text(issuer, "name"));
        facts.push((Span::ALWAYS, What::Issuer(Issuer { id, symbol, line1, line2 })));
    }
    for (name, lent) in [("signer", false), ("title", true)] {
        for signer in tables(&data, name) {
            let (body, person) = (text(signer, "issuer"), text(signer, "person"));
            people.insert(person.clone());
            let form = text(signer, "form").replace(" / ", " | ");
            let (issuer, types) = (register(&body), types(signer));
            facts.push((
                Span::ALWAYS,
                What::Signer(Signer { issuer, body: Some(body), person, form, types, lent }),
            ));
        }
    }
    for silence in tables(&data, "silence") {
        let row = Row { table: is::Table::Silences, line: 0, fields: fields(silence) };
        facts.extend(check(&House::default(), &[row]).facts.into_iter().map(|fact| (fact.span, fact.what)));
    }
    for opening in tables(&data, "opening") {
        let number = |(code, last): (&String, &Value)| {
            (DocumentType::from_code(code).unwrap(), u32::try_from(last.as_integer().unwrap()).unwrap())
        };
        let last = opening["last"].as_table().unwrap().iter().map(number).collect();
        let opening = Opening { issuer: text(opening, "register"), last };
        facts.push((Span::ALWAYS, What::Opening(opening)));
    }
    for told in tables(&data, "road") {
        facts.push((days(told), What::Road(road(&row(told)))));
    }
    let person = |id: String| Person {
        name: id.clone(),
        id,
        title: "cán bộ".into(),
        unit: "DU".into(),
        head: false,
        account: Some(is::Role::Specialist),
    };
    facts.extend(people.into_iter().map(|id| (Span::ALWAYS, What::Person(person(id)))));
    facts
}

/// The house.
pub(crate) fn house() -> House {
    let mut house = House::default();
    for (span, what) in facts() {
        house.say(Fact { span, what });
    }
    house
}

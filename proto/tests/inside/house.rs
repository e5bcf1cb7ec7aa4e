//! The house of the office: units, people, posts, rights, absences, one delegation, signers, days off, outside bodies, and
//! what it says of petitions.

use truc_proto::house::{
    Absence, Class, Delegation, Fact, Grant, Holiday, House, Limit, Party, Person, Post, Setting, Signer,
    Span, Unit, What,
};

use super::{Row, rows};

pub(crate) fn house() -> House {
    let mut house = House::default();
    for row in rows("house.csv") {
        let end = |name: &str| row[name].parse().ok();
        house.say(Fact { span: Span { from: end("from"), to: end("to") }, what: what(&row) });
    }
    house
}

fn what(row: &Row) -> What {
    let [table, key, name, unit, more] =
        ["table", "key", "name", "unit", "more"].map(|name| row[name].clone());
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let head = more.ends_with("head");
    match &*table {
        "unit" => {
            let (class, heir) = more.split_once(' ').unwrap_or((&more, ""));
            let class: Class = class.parse().unwrap();
            What::Unit(Unit { id: key, name, class, parent: some(&unit), heir: some(heir), keywords: vec![] })
        }
        "person" => {
            let account = more.split(' ').next().unwrap().parse().ok();
            What::Person(Person { id: key, title: "cán bộ".into(), name, unit, head, account })
        }
        "post" => What::Post(Post { person: key, unit, title: name, head }),
        "right" => What::Grant(Grant { person: key, right: more.parse().unwrap() }),
        "absence" => What::Absence(Absence { person: key, stand_in: some(&more) }),
        "delegation" => {
            let what = more.split(' ').map(|lent| lent.parse().unwrap()).collect();
            What::Delegation(Delegation { person: key, to_person: name, what, paper: "214-QĐ/ĐU".into() })
        }
        "signer" => {
            let types = vec![];
            What::Signer(Signer { issuer: more, body: None, person: key, form: name, types, lent: false })
        }
        "holiday" => What::Holiday(Holiday { date: key.parse().unwrap(), working: more == "working", name }),
        "party" => What::Party(Party { id: key, name, regime: more.parse().unwrap(), unit: some(&unit) }),
        "setting" => What::Setting(match key.strip_prefix("petitions.limits.") {
            None => Setting::Denouncer(more.parse().unwrap()),
            Some(class) => {
                let (days, kind) = more.split_once(' ').unwrap();
                let limit = Limit { days: days.parse().unwrap(), kind: kind.parse().unwrap() };
                Setting::Limit(class.parse().unwrap(), limit)
            }
        }),
        other => panic!("{other}"),
    }
}

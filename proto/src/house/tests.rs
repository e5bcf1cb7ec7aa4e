//! A small house, and what it answers on the days on which something changes.
#![allow(clippy::unwrap_used)]

use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// `2026-11-16..2026-11-20`; either end may be missing.
fn span(text: &str) -> Span {
    let (from, to) = text.split_once("..").unwrap_or(("", ""));
    let end = |text: &str| if text.is_empty() { None } else { Some(day(text)) };
    Span { from: end(from), to: end(to) }
}

/// One fact of each table, with everything in it.
pub(crate) fn every_fact() -> Vec<Fact> {
    let text = |text: &str| text.to_owned();
    let limit = Limit { days: 7, kind: Counting::Working };
    let all = vec![
        What::Setting(Setting::Limit(PetitionClass::Denunciation, limit)),
        What::Unit(Unit {
            id: text("TOCDS"),
            name: text("Tổ giúp việc"),
            class: Class::Own,
            parent: Some(text("VPDU")),
            heir: Some(text("VPDU")),
            keywords: vec![text("chuyển đổi số")],
        }),
        person("lan", "VPDU", true, Some(Role::Clerk)),
        post("lan", "TOCDS", true),
        grant("lan", Right::Petitions),
        away("lan", "minh"),
        What::Delegation(Delegation {
            person: text("lan"),
            to_person: text("minh"),
            what: vec![Lent::Right(Right::Assign), Lent::Signature],
            paper: text("214-QĐ/ĐU"),
        }),
        What::Issuer(Issuer {
            id: text("DU"),
            symbol: text("ĐU"),
            line1: text("ĐẢNG BỘ"),
            line2: text("ĐẢNG ỦY"),
        }),
        What::Signer(Signer {
            issuer: text("DU"),
            body: Some(text("BTV")),
            person: text("lan"),
            form: text("T/M BAN THƯỜNG VỤ | BÍ THƯ"),
            types: vec![crate::paper::DocumentType::OfficialLetter],
            lent: true,
        }),
        What::Term(Term { issuer: text("DU"), term: text("2025-2030") }),
        What::Charge(road::Charge { person: text("lan"), role: road::Duty::Clerk }),
        What::Member(road::Member { group: text("BTV"), person: text("lan") }),
        What::Silence(road::Silence {
            group: text("BTV"),
            counts_as: road::CountsAs::Agree,
            types: vec![crate::paper::DocumentType::Decision],
            basis: Some(text("Điều 14, Quy chế 01-QC/ĐU")),
        }),
        What::Road(every_step()),
        What::Opening(road::Opening {
            issuer: text("DU"),
            last: vec![(crate::paper::DocumentType::Decision, 66), (crate::paper::DocumentType::Notice, 77)],
        }),
        What::Party(Party {
            id: text("UBND"),
            name: text("Ủy ban nhân dân xã"),
            regime: Regime::State,
            unit: Some(text("UBND")),
        }),
        What::Resource(Resource {
            id: text("X1"),
            kind: ResourceKind::Vehicle,
            name: text("Xe 7 chỗ"),
            seats: 6,
        }),
        What::Holiday(Holiday { date: day("2026-11-28"), working: true, name: text("làm bù") }),
    ];
    all.into_iter().map(|what| Fact { span: span("2026-01-01..2026-12-31"), what }).collect()
}

/// A road with everything in it.
fn every_step() -> road::Road {
    let text = |text: &str| text.to_owned();
    let step = |id: &str, act, yes: &str, no: &str| road::Step {
        id: text(id),
        act,
        who: text("drafter"),
        yes: Some(text(yes)),
        no: Some(text(no)),
        layers: Vec::new(),
        only: Vec::new(),
        until: None,
        needs: None,
        body: None,
    };
    road::Road {
        id: text("kh"),
        version: 2,
        name: text("Kế hoạch"),
        issuers: vec![text("BTV"), text("VP")],
        types: vec![crate::paper::DocumentType::Plan],
        signer: road::Proposed::Each(vec![(text("BTV"), text("bithu")), (text("VP"), text("cvp"))]),
        group: Some(text("BTV")),
        basis: Some(text("Quy chế 01-QC/ĐU")),
        steps: vec![
            step("soan", road::Act::Draft, "td", "td"),
            road::Step {
                layers: vec![road::Layer::Form, road::Layer::Content],
                only: vec![text("BTV")],
                ..step("td", road::Act::Appraise, "xin", "soan")
            },
            road::Step {
                until: TimeOfDay::new(17, 0),
                needs: Some(road::Needs::MoreThanHalf),
                body: Some(text("Ban Thường vụ, mở rộng")),
                ..step("xin", road::Act::Opinions, "xin", "xin")
            },
        ],
    }
}

#[test]
fn each_table_has_its_facts_in_both_written_forms() {
    let facts = every_fact();
    let tables: std::collections::BTreeSet<Table> =
        facts.iter().map(|fact| fact.what.thing().table).collect();
    assert!(<Table as strum::VariantArray>::VARIANTS.iter().all(|table| tables.contains(table)));
    for fact in facts {
        assert_eq!(fact.to_row().thing(), fact.what.thing());
        assert_eq!(Fact::from_wire(fact.to_wire()), Some(fact.clone()));
        let checked = check::check(&House::default(), &[fact.to_row()]);
        assert_eq!(checked.facts, std::slice::from_ref(&fact), "{fact:?}");
    }
}

fn unit(id: &str, parent: &str, heir: &str) -> What {
    let some = |id: &str| if id.is_empty() { None } else { Some(id.to_owned()) };
    What::Unit(Unit {
        id: id.into(),
        name: format!("Đơn vị {id}"),
        class: Class::Own,
        parent: some(parent),
        heir: some(heir),
        keywords: Vec::new(),
    })
}

fn person(id: &str, unit: &str, head: bool, account: Option<Role>) -> What {
    What::Person(Person {
        id: id.into(),
        name: format!("Người {id}"),
        title: "chuyên viên".into(),
        unit: unit.into(),
        head,
        account,
    })
}

fn post(person: &str, unit: &str, head: bool) -> What {
    What::Post(Post { person: person.into(), unit: unit.into(), title: "Tổ trưởng".into(), head })
}

fn grant(person: &str, right: Right) -> What {
    What::Grant(Grant { person: person.into(), right })
}

fn away(person: &str, stand_in: &str) -> What {
    let stand_in = if stand_in.is_empty() { None } else { Some(stand_in.to_owned()) };
    What::Absence(Absence { person: person.into(), stand_in })
}

fn signer(person: &str, form: &str) -> What {
    let form = form.to_owned();
    let (issuer, person) = ("DU".into(), person.into());
    What::Signer(Signer { issuer, body: None, person, form, types: Vec::new(), lent: false })
}

fn house(facts: &[(&str, What)]) -> House {
    let mut house = House::default();
    for (days, what) in facts {
        house.say(Fact { span: span(days), what: what.clone() });
    }
    house
}

fn office() -> House {
    let lent = Delegation {
        person: "bithu".into(),
        to_person: "hoa".into(),
        what: vec![Lent::Right(Right::Assign), Lent::Signature],
        paper: "214-QĐ/ĐU".into(),
    };
    house(&[
        ("", unit("TTDU", "", "")),
        ("", unit("VPDU", "", "")),
        ("..2026-11-19", unit("TOCDS", "VPDU", "VPDU")),
        ("..2026-11-21", unit("TOCU", "VPDU", "TOCDS")),
        ("..2026-11-21", unit("TOLE", "", "")),
        ("", person("bithu", "TTDU", true, Some(Role::Chief))),
        ("..2026-11-24", person("cvp", "VPDU", true, Some(Role::Chief))),
        ("", person("hoa", "VPDU", false, Some(Role::Specialist))),
        ("", person("minh", "VPDU", false, Some(Role::Specialist))),
        ("", person("lan", "VPDU", false, Some(Role::Clerk))),
        ("", person("laixe", "VPDU", false, None)),
        ("..2026-11-19", post("minh", "TOCDS", true)),
        ("2026-11-25..", post("hoa", "VPDU", true)),
        ("", grant("bithu", Right::Assign)),
        ("", grant("cvp", Right::House)),
        ("2026-11-16..2026-11-20", away("hoa", "minh")),
        ("2026-11-19..2026-11-20", away("minh", "lan")),
        ("2026-11-20..2026-11-20", away("lan", "hoa")),
        ("2026-11-26..", away("lan", "")),
        ("2026-11-26..2026-11-27", What::Delegation(lent)),
        ("", signer("bithu", "T/M BAN THƯỜNG VỤ | BÍ THƯ")),
        ("", signer("cvp", "CHÁNH VĂN PHÒNG")),
    ])
}

#[test]
fn stand_ins_are_followed_along_the_chain() {
    let house = office();
    for (who, on, acts) in [
        ("hoa", "2026-11-15", Some("hoa")),
        ("hoa", "2026-11-16", Some("minh")),
        ("hoa", "2026-11-19", Some("lan")),
        ("minh", "2026-11-19", Some("lan")),
        // It goes round.
        ("hoa", "2026-11-20", None),
        ("lan", "2026-11-20", None),
        ("hoa", "2026-11-21", Some("hoa")),
        // Nobody stands in.
        ("lan", "2026-11-26", None),
        // Somebody who has left, and somebody who never was.
        ("cvp", "2026-11-25", None),
        ("ai", "2026-11-25", None),
    ] {
        assert_eq!(house.acts(who, day(on)).map(|person| person.id.as_str()), acts, "{who} on {on}");
    }
}

#[test]
fn heads_and_members_are_those_of_the_day() {
    let house = office();
    let head = |unit, on| house.head(unit, day(on)).map(|person| person.id.as_str());
    for (unit, on, is) in [
        ("VPDU", "2026-11-24", Some("cvp")),
        ("VPDU", "2026-11-25", Some("hoa")),
        ("TOCDS", "2026-11-19", Some("minh")),
        ("TOCDS", "2026-11-20", None),
        ("TOLE", "2026-11-19", None),
    ] {
        assert_eq!(head(unit, on), is, "{unit} on {on}");
    }
    assert_eq!(house.heads("minh", day("2026-11-19")).collect::<Vec<_>>(), ["TOCDS"]);
    assert_eq!(house.units_of("minh", day("2026-11-19")).collect::<Vec<_>>(), ["VPDU", "TOCDS"]);
    assert_eq!(house.units_of("minh", day("2026-11-20")).collect::<Vec<_>>(), ["VPDU"]);
    assert_eq!(house.members("TOCDS", day("2026-11-19")).map(|p| &p.id[..]).collect::<Vec<_>>(), ["minh"]);
    assert_eq!(house.members("VPDU", day("2026-11-25")).count(), 4);
    assert_eq!(house.people(day("2026-11-24")).count(), 6);
    assert_eq!(house.last_day("cvp", day("2026-12-01")), Some(day("2026-11-24")));
    assert!(!house.has_account("laixe", day("2026-11-24")) && !house.has_account("cvp", day("2026-11-25")));
}

#[test]
fn ended_units_have_the_heirs_of_their_heirs() {
    let house = office();
    let heir = |unit, on| house.heir(unit, day(on)).map(|unit| unit.id.as_str());
    for (unit, on, is) in [
        ("TOCDS", "2026-11-19", None),
        ("TOCDS", "2026-11-20", Some("VPDU")),
        ("TOCU", "2026-11-22", Some("VPDU")),
        ("TOLE", "2026-11-22", None),
    ] {
        assert_eq!(heir(unit, on), is, "{unit} on {on}");
    }
    let on = day("2026-11-19");
    assert!(house.is_below("TOCU", "VPDU", on) && !house.is_below("VPDU", "TOCU", on));
    assert!(!house.is_below("VPDU", "VPDU", on));
    let round = house_of_units_that_go_round();
    assert!(!round.is_below("A", "C", on));
    assert_eq!(round.heir("A", on), None);
}

fn house_of_units_that_go_round() -> House {
    house(&[
        ("..2026-01-01", unit("A", "B", "B")),
        ("..2026-01-01", unit("B", "A", "A")),
        ("", unit("C", "", "")),
    ])
}

#[test]
fn rights_are_lent_for_days_by_who_has_them() {
    let house = office();
    for (who, right, on, has) in [
        ("bithu", Right::Assign, "2026-11-25", true),
        ("hoa", Right::Assign, "2026-11-25", false),
        ("hoa", Right::Assign, "2026-11-26", true),
        ("hoa", Right::Assign, "2026-11-28", false),
        ("hoa", Right::House, "2026-11-26", false),
        ("cvp", Right::House, "2026-11-24", true),
        ("cvp", Right::House, "2026-11-25", false),
    ] {
        assert_eq!(house.has_right(who, right, day(on)), has, "{who} on {on}");
    }
}

#[test]
fn the_chief_is_who_signs_as_chief_else_the_secretary() {
    let house = office();
    let chief = |on| house.chief(day(on)).map(|person| person.id.as_str());
    assert_eq!(chief("2026-11-24"), Some("cvp"));
    assert_eq!(chief("2026-11-25"), Some("bithu"));
    assert_eq!(house.secretary(day("2026-11-24")).unwrap().id, "bithu");
}

#[test]
fn a_fact_holds_until_the_next_one_of_its_thing() {
    let mut house = house(&[("", unit("BXDD", "", ""))]);
    let mut renamed =
        Unit { name: "Ban Tổ chức".into(), ..house.unit("BXDD", day("2026-01-01")).unwrap().clone() };
    house.say(Fact { span: span("2027-01-01.."), what: What::Unit(renamed.clone()) });
    assert_eq!(house.name("BXDD", day("2026-12-31")), "Đơn vị BXDD");
    assert_eq!(house.name("BXDD", day("2027-01-01")), "Ban Tổ chức");
    // Said again with the same first day, it replaces; taken back, what was said before holds on.
    renamed.name = "Ban Tổ chức, Dân vận".into();
    house.say(Fact { span: span("2027-01-01.."), what: What::Unit(renamed.clone()) });
    assert_eq!(house.name("BXDD", day("2027-01-01")), "Ban Tổ chức, Dân vận");
    house.say(Fact { span: Span::never(Some(day("2027-01-01"))), what: What::Unit(renamed) });
    assert_eq!(house.name("BXDD", day("2027-01-01")), "Đơn vị BXDD");
    assert_eq!(house.facts().count(), 1);
}

#[test]
fn spans_meet_where_they_share_a_day() {
    for (a, b, meet) in [
        ("", "", true),
        ("..2026-01-01", "2026-01-02..", false),
        ("..2026-01-02", "2026-01-02..", true),
        ("2026-01-01..2026-01-31", "2026-01-10..2026-01-12", true),
        ("2026-01-31..2026-01-01", "..", false),
    ] {
        assert_eq!((span(a).meets(&span(b)), span(b).meets(&span(a))), (meet, meet), "{a} {b}");
    }
}

#[test]
fn days_off_and_worked_move_working_days() {
    let off = |date: &str, working| {
        let name = "hoán đổi".to_owned();
        ("", What::Holiday(Holiday { date: day(date), working, name }))
    };
    let house = house(&[off("2026-11-23", false), off("2026-11-24", false), off("2026-11-28", true)]);
    assert_eq!(house.working_from(day("2026-11-21")), day("2026-11-25"));
    assert_eq!(house.working_until(day("2026-11-24")), day("2026-11-20"));
    assert_eq!(house.working_after(day("2026-11-20"), 4), day("2026-11-28"));
    assert_eq!(house.working_before(day("2026-11-28"), 3), day("2026-11-25"));
    assert_eq!(house.working_between(day("2026-11-20"), day("2026-11-30")), 5);
    assert_eq!(house.working_between(day("2026-11-30"), day("2026-11-20")), 0);
    let never = House::default();
    let mut never = never;
    let all = Setting::WeekdayOff(strum::VariantArray::VARIANTS.to_vec());
    never.say(Fact { span: Span::ALWAYS, what: What::Setting(all) });
    assert_eq!(never.working_from(day("2026-11-21")), day("2026-11-21"));
}

#[test]
fn a_setting_holds_from_its_day() {
    let mut house = house(&[("", What::Setting(Setting::InternalLead(3)))]);
    house.say(Fact { span: span("2027-01-01.."), what: What::Setting(Setting::InternalLead(1)) });
    let lead = |on| house.settings(day(on)).internal_lead;
    assert_eq!((lead("2026-12-31"), lead("2027-01-01")), (3, 1));
    assert_eq!(house.settings(day("2027-01-01")).default_days, 10);
}

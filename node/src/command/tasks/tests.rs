//! How long the lists take at an office with many works. It prints figures and judges none: run it by name, with
//! `--ignored --nocapture`, built as it ships.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use ed25519_dalek::SigningKey;
use truc_proto::audience::Scope;
use truc_proto::house::{Class, Fact, Grant, Person, Right, Role, Span, Unit, What};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::Due;
use truc_proto::record::assignment::{Act, Actor, Given, Move, Source};
use truc_proto::record::{self, Paper, directive, house, registry};
use truc_proto::wire::{self, OfficeFact, registry_move};
use uuid::Uuid;

use super::rows::Cut;
use crate::accounts::{Accounts, Realm};
use crate::command::Context;
use crate::derive::views::asked::Stands;
use crate::identity::{Identity, sealing};
use crate::office::{Intent, Office};
use crate::store::attachments::Attachments;

const PEOPLE: usize = 60;
const WORKS: usize = 10_000;
/// Works of a press.
const PRESS: usize = 200;
/// Tasks of a paper; half of the works are done for such.
const TASKS: usize = 25;

fn me() -> OfficeId {
    OfficeId(Uuid::from_u128(1))
}

fn fact(what: What) -> Fact {
    Fact { span: Span::ALWAYS, what }
}

async fn office(dir: &Path) -> Office {
    let key = SigningKey::from_bytes(&[1; 32]);
    let hub_key = key.verifying_key();
    let identity = Identity { office: me(), key, hub: me(), hub_key, ring: Default::default() };
    sealing::first(dir, &identity.ring).unwrap();
    let office = Office::open(dir, identity, Vec::new()).unwrap();
    let hub = OfficeFact {
        office: me().to_wire(),
        since: "2025-07-01".into(),
        tier: "hub".into(),
        name: "Đảng ủy xã".into(),
        symbols: vec!["ĐU".into()],
        ..Default::default()
    };
    let word = wire::RegistryMove { r#move: Some(registry_move::Move::Office(hub)) };
    let intent = Intent::new(
        "hub",
        RecordId(Uuid::now_v7()),
        record::Move::Registry(registry::Move(word)),
        Vec::new(),
    );
    office.act(intent).await.unwrap();
    let unit = Unit {
        id: "VP".into(),
        name: "Văn phòng".into(),
        class: Class::Own,
        parent: None,
        heir: None,
        keywords: Vec::new(),
    };
    let person = |number: usize| Person {
        id: format!("p{number}"),
        name: format!("Đồng chí {number}"),
        title: "cán bộ".into(),
        unit: "VP".into(),
        head: number == 0,
        account: Some(if number == 0 { Role::Chief } else { Role::Specialist }),
    };
    let mut facts = vec![fact(What::Unit(unit))];
    facts.extend((0..PEOPLE).map(|number| fact(What::Person(person(number)))));
    facts.push(fact(What::Grant(Grant { person: "p0".into(), right: Right::Assign })));
    let said = house::Move { deed: house::Deed::Import, by: "p0".into(), facts };
    office.act(Intent::new("p0", house::record(me()), said, Vec::new())).await.unwrap();
    office
}

/// Papers of the office for itself, with tasks; the source of each.
async fn tasks(office: &Office, papers: usize) -> Vec<Source> {
    let mut sources = Vec::new();
    for paper in 0..papers {
        let task = |number: usize| directive::Task {
            id: format!("T{number}"),
            content: format!("Nhiệm vụ {number}"),
            due: "2035-12-01".into(),
            assignees: vec![Scope::office(me())],
            product: String::new(),
        };
        let tasks: Vec<directive::Task> = (1..=TASKS).map(task).collect();
        let ids: Vec<String> = tasks.iter().map(|task| task.id.clone()).collect();
        let paper =
            Paper { document_type: "CV".into(), title: format!("Công văn {paper}"), ..Paper::default() };
        let issued = directive::Issued { paper, tasks, in_reply_to: None };
        let intent = Intent::opening("p0", directive::Move::Issued(issued), vec![Scope::office(me())]);
        let record = office.act(intent).await.unwrap().1.header.record;
        sources.extend(ids.into_iter().map(|part| Source::Paper { record, part }));
    }
    sources
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints how long the lists take with many works"]
async fn lists_of_ten_thousand_works() {
    let dir = tempfile::tempdir().unwrap();
    let office = office(dir.path()).await;
    let mut sources = tasks(&office, WORKS / 2 / TASKS).await;
    sources.resize(WORKS, Source::Word);
    let due = Some(Due(2_000_000_000_000));
    let give = |(number, source): (usize, &Source)| {
        let given = Given {
            source: source.clone(),
            content: format!("Báo cáo {number}"),
            lead: format!("p{}", 1 + number % (PEOPLE - 1)),
            due,
            ..Given::default()
        };
        Intent::opening("p0", Move { actor: Actor::himself("p0"), act: Act::Give(given) }, Vec::new())
    };
    let mut position = 0;
    let begun = Instant::now();
    for (press, some) in sources.chunks(PRESS).enumerate() {
        let intents = some.iter().enumerate().map(|(at, source)| give((press * PRESS + at, source)));
        let written = office.act_all(intents.collect()).await.unwrap();
        position = written.last().unwrap().position;
        office.wait_folded(position).await.unwrap();
    }
    println!(
        "{WORKS} works given, {PRESS} a press: {:?} each press",
        begun.elapsed() / (WORKS / PRESS) as u32
    );
    let accounts = Accounts::open(dir.path(), Realm::Desk).unwrap();
    let files = Attachments::open(&dir.path().join("attachments")).unwrap();
    for who in ["p1", "p0"] {
        let context = Context {
            office: &office,
            author: who,
            accounts: &accounts,
            files: &files,
            line: None,
            met: &|_, _| None,
            rehearsal: false,
        };
        let time = |what: &str, ask: &dyn Fn(&super::Moment<'_>) -> usize| {
            let begun = Instant::now();
            let moment = context.moment().unwrap();
            let made = begun.elapsed();
            let all = ask(&moment);
            println!("{who} {what}: {all} in all, {:?} of which the moment {made:?}", begun.elapsed());
        };
        let page = Cut::page(1);
        time("mine", &|moment| moment.mine(page).unwrap().all);
        time("given", &|moment| moment.given(page).unwrap().all);
        time("office", &|moment| moment.open(|_| true, page).unwrap().all);
        time("to assign", &|moment| moment.open(|stands| stands == Stands::ToAssign, page).unwrap().all);
        time("without a person", &|moment| moment.without_person(page).unwrap().all);
        time("search", &|moment| moment.matching("bao cao 77", page).unwrap().all);
    }
    assert!(position > 0);
}

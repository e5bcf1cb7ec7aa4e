//! Works in the writer's turn: of two who act on one work or one part at the same time, the second is told of the first,
//! and a press is written as a whole or not at all.

use futures_util::future::join;
use truc_proto::date::Date;
use truc_proto::house::{Class, Fact, Grant, Person, Right, Role, Span, Unit, What};
use truc_proto::paper::Due;
use truc_proto::record::assignment::refusal::Key;
use truc_proto::record::assignment::{Act, Actor, Approved, Given, HandedIn, Kept, Move, Saw, Source, Stage};
use truc_proto::record::{directive, house};

use super::*;
use crate::derive::views::kinds;

fn fact(what: What) -> Fact {
    Fact { span: Span::ALWAYS, what }
}

/// Two chiefs, and a unit with two people.
async fn inhabited(dir: &Path) -> Office {
    let office = office(dir).await;
    let unit = Unit {
        id: "VP".into(),
        name: "Văn phòng".into(),
        class: Class::Own,
        parent: None,
        heir: None,
        keywords: Vec::new(),
    };
    let person = |id: &str, head, role| {
        fact(What::Person(Person {
            id: id.into(),
            name: format!("Đồng chí {id}"),
            title: "cán bộ".into(),
            unit: "VP".into(),
            head,
            account: Some(role),
        }))
    };
    let right = |person: &str| fact(What::Grant(Grant { person: person.into(), right: Right::Assign }));
    let facts = vec![
        fact(What::Unit(unit)),
        person("cvp", true, Role::Chief),
        person("bithu", false, Role::Chief),
        person("hoa", false, Role::Specialist),
        person("minh", false, Role::Specialist),
        right("cvp"),
        right("bithu"),
    ];
    let said = house::Move { deed: house::Deed::Import, by: "cvp".into(), facts };
    office.act(Intent::new("cvp", house::record(id(1)), said, Vec::new())).await.unwrap();
    office
}

fn of(person: &str, record: Option<RecordId>, act: Act) -> Intent {
    let mv = Move { actor: Actor::himself(person), act };
    Intent { record, ..Intent::opening(person, mv, Vec::new()) }
}

fn given(source: &Source, lead: &str) -> Given {
    let due = Some(Due(Date::of_millis(4_000_000_000_000).unwrap().close_millis()));
    Given { source: source.clone(), content: "Báo cáo".into(), lead: lead.into(), due, ..Given::default() }
}

/// An own paper with a task for the office itself, as the source of works.
async fn task_of(office: &Office) -> Source {
    let task = directive::Task { assignees: vec![Scope::office(id(1))], ..task("T1", "") };
    let (_, entry) = office.act(letter("", vec![task])).await.unwrap();
    Source::Paper { record: entry.header.record, part: "T1".into() }
}

/// The key of the one of two that was refused; the other was written.
async fn race(office: &Office, one: Intent, other: Intent) -> Key {
    let before = end(office);
    let (one, other) = join(office.act(one), office.act(other)).await;
    let second = match (one, other) {
        (Ok(_), Err(second)) | (Err(second), Ok(_)) => second,
        both => panic!("one of two is written: {both:?}"),
    };
    assert_eq!(end(office), before + 1, "one entry");
    let Refused::Work(refusal) = refused(second) else { panic!() };
    refusal.key
}

async fn give(office: &Office, lead: &str) -> RecordId {
    let intent = of("cvp", None, Act::Give(given(&Source::Word, lead)));
    office.act(intent).await.unwrap().1.header.record
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_the_second_is_told_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let office = inhabited(dir.path()).await;
    for _ in 0..10 {
        let source = task_of(&office).await;
        let giving = |who, lead| of(who, None, Act::Give(given(&source, lead)));
        assert_eq!(race(&office, giving("cvp", "hoa"), giving("bithu", "minh")).await, Key::PartGiven);

        let work = give(&office, "VP").await;
        let taking = |who| of(who, Some(work), Act::Take(String::new()));
        assert_eq!(race(&office, taking("hoa"), taking("minh")).await, Key::AlreadyTaken);

        let work = give(&office, "hoa").await;
        office.act(of("hoa", Some(work), Act::HandIn(HandedIn::default()))).await.unwrap();
        let saw = |act| {
            let form = Form { saw: Some(Saw::Stage(Stage::HandedIn)), ..Form::default() };
            Intent { form, ..of("cvp", Some(work), act) }
        };
        let judged = race(&office, saw(Act::Confirm(String::new())), saw(Act::Return("thiếu".into()))).await;
        assert_eq!(judged, Key::Changed);

        let source = task_of(&office).await;
        let proposal = office.act(of("hoa", None, Act::Propose(given(&source, "minh")))).await.unwrap();
        let approving = of("cvp", Some(proposal.1.header.record), Act::Approve(Approved::default()));
        let giving = of("bithu", None, Act::Give(given(&source, "hoa")));
        assert_eq!(race(&office, approving, giving).await, Key::PartGiven);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_is_written_as_a_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let office = inhabited(dir.path()).await;
    let before = end(&office);
    let giving = |lead| of("cvp", None, Act::Give(given(&Source::Word, lead)));
    let (at, error) = office.act_all(vec![giving("hoa"), giving("ai"), giving("minh")]).await.unwrap_err();
    let Refused::Work(refusal) = refused(error) else { panic!() };
    assert_eq!((at, refusal.key), (1, Key::PersonUnknown));
    assert_eq!(end(&office), before, "nothing is written");
    office.act_all(vec![giving("hoa"), giving("minh")]).await.unwrap();
    assert_eq!(end(&office), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_that_a_part_is_done_before_its_work_is_confirmed() {
    let dir = tempfile::tempdir().unwrap();
    let office = inhabited(dir.path()).await;
    let source = task_of(&office).await;
    let Source::Paper { record, .. } = source else { unreachable!() };
    let work = office.act(of("cvp", None, Act::Give(given(&source, "hoa")))).await.unwrap().1.header.record;
    let done = || {
        let mv = directive::Move::Progress { task: "T1".into(), percent: 100, note: "88-BC/VPTU".into() };
        Intent::new("cvp", record, mv, Vec::new())
    };
    let error = office.act(done()).await.unwrap_err();
    assert!(matches!(refused(error), Refused::Work(refusal) if refusal.key == Key::RootOpen));
    office.act(of("cvp", Some(work), Act::Confirm("đã xem".into()))).await.unwrap();
    office.act(done()).await.unwrap();
}

/// What asks for no work today may ask for one tomorrow.
#[tokio::test(flavor = "multi_thread")]
async fn keeping_can_be_undone() {
    let dir = tempfile::tempdir().unwrap();
    let office = inhabited(dir.path()).await;
    let source = task_of(&office).await;
    let kept = Kept { source: source.clone(), note: "để biết".into() };
    let kept = office.act(of("cvp", None, Act::Keep(kept))).await.unwrap().1.header.record;
    let give = || of("cvp", None, Act::Give(given(&source, "hoa")));
    let error = office.act(give()).await.unwrap_err();
    assert!(matches!(refused(error), Refused::Work(refusal) if refusal.key == Key::PartClosed));
    // Who may not keep takes nothing back.
    let withdraw = |who| of(who, Some(kept), Act::Withdraw("cần làm".into()));
    let error = office.act(withdraw("hoa")).await.unwrap_err();
    assert!(matches!(refused(error), Refused::Work(refusal) if refusal.key == Key::NoRight));
    office.act(withdraw("cvp")).await.unwrap();
    let work = office.act(give()).await.unwrap().1.header.record;
    office.act(of("cvp", Some(work), Act::Confirm("đã xem".into()))).await.unwrap();
}

/// Of two who say something else of one thing of the house, the second is told of the first; of two things both stay.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_the_house_at_once_the_second_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let office = inhabited(dir.path()).await;
    let me = id(1);
    let saw = office.view(|views| Ok(kinds::house::said(views, me)?.newest())).unwrap();
    let say = |person: &str, title: &str| {
        let what = What::Person(Person {
            id: person.into(),
            name: person.into(),
            title: title.into(),
            unit: "VP".into(),
            head: false,
            account: None,
        });
        let said = house::Move { deed: house::Deed::Say, by: "cvp".into(), facts: vec![fact(what)] };
        let form = Form { saw: Some(Saw::Move(saw)), ..Form::default() };
        Intent { form, ..Intent::new("cvp", house::record(me), said, Vec::new()) }
    };
    let (one, other) = join(office.act(say("hoa", "phó ban")), office.act(say("hoa", "văn thư"))).await;
    let ((Ok(_), Err(second)) | (Err(second), Ok(_))) = (one, other) else { panic!("both are written") };
    assert!(matches!(refused(second), Refused::House(house::Clash::Said { .. })));
    office.act(say("minh", "văn thư")).await.unwrap();
}

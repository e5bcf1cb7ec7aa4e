//! What offices owe: all queries about it agree.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use truc_proto::audience::Scope;
use truc_proto::id::OfficeId;
use truc_proto::record::duty::DutyStatus;
use truc_proto::record::{directive, programme};
use truc_proto::time::Hlc;

use super::province::{Province, id, letter, plan, record_id, submitted, undated};
use super::{DAY, confirmed, look, progress};
use crate::derive::views::kinds::directive::Waits;
use crate::derive::views::kinds::{self, Shown};
use crate::derive::views::owed::{self, Word};
use crate::derive::views::{Views, read};

/// Everything owed, read both ways (all at once, record by record), in one order.
pub(super) fn whole(views: &Views) -> BTreeMap<owed::Matter, owed::Owed> {
    let mut all = BTreeMap::new();
    owed::all(views.connection(), |matter, owed| {
        all.insert(matter, owed);
    })
    .unwrap();
    for (matter, owed) in &all {
        assert_eq!(owed::one(views.connection(), *matter).unwrap(), *owed);
    }
    all
}

#[test]
fn what_is_owed_is_told_with_every_answer_and_denial() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", down[0])]), &down);
    province.writes(2, 51, letter(&[]), &down);
    province.writes(10, 50, progress("T1", 100), &up);
    province.writes(2, 50, confirmed("T1", 10, false), &down);
    province.writes(11, 50, directive::Move::status("01"), &up);
    province.writes(11, 50, directive::Move::status("02"), &up);
    province.writes(11, 52, submitted(1), &up);
    let views = province.views();
    let all = whole(&views);
    assert_eq!(all.keys().map(|(record, _)| *record).collect::<Vec<_>>(), [record_id(50), record_id(51)]);
    let first = &all[&(record_id(50), 3)];
    assert_eq!((first.duties[0].due, first.duties[0].by), (Some(4 * DAY + 10 * 3_600_000), down[0]));
    let told: Vec<_> = first
        .answers
        .iter()
        .map(|a| (a.office, a.part.as_str(), a.word.as_str(), a.done.is_some()))
        .collect();
    assert_eq!(told, [(id(11), "", "refused", false), (id(10), "T1", "", true)]);
    assert_eq!((first.denials.len(), first.denials[0].office), (1, id(10)));
    assert_eq!(all[&(record_id(51), 3)].duties[0].part, "", "a paper without tasks, as a whole");
    // The office's page and the province's agree: what was denied is not done.
    let registry = views.registry();
    let mine = read::duties(views.connection(), &look(&registry, 10, 20 * DAY), id(10)).unwrap();
    assert_eq!(mine.iter().filter(|duty| duty.status == DutyStatus::Overdue).count(), 2);
    province.writes(2, 50, confirmed("T1", 10, true), &down);
    let views = province.views();
    assert!(whole(&views)[&(record_id(50), 3)].denials.is_empty(), "the last verdict counts");
    let seen = |after| owed::touched(views.connection(), after).unwrap();
    assert_eq!(seen(views.folded_to() - 1).unwrap().len(), 1);
    assert_eq!(seen(0), None, "offices came");
}

/// How far each office is with every part of a record that it owes.
fn told(views: &Views, record: u128) -> Vec<(String, u128, Word)> {
    let mut all = Vec::new();
    for ((matter, kind), owed) in whole(views) {
        if matter == record_id(record) {
            owed.each(kind, &views.registry(), id(2), |duty, office, word| {
                all.push((duty.part.clone(), office.0.as_u128(), word));
            });
        }
    }
    all.sort_by_key(|(part, office, _)| (part.clone(), *office));
    all
}

/// As above, without times.
fn stages(views: &Views, record: u128) -> Vec<(String, u128, &'static str)> {
    let stage = |word| match word {
        Word::Nothing => "nothing",
        Word::Started => "started",
        Word::Done(_) => "done",
    };
    told(views, record).into_iter().map(|(part, office, word)| (part, office, stage(word))).collect()
}

#[test]
fn what_is_done_is_done_until_the_owner_says_that_it_is_not() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", down[0]), ("T2", Scope::office(id(10)))]), &down);
    for office in [10, 11] {
        province.writes(office, 50, progress("T1", 100), &up);
    }
    province.writes(10, 50, progress("T2", 40), &up);
    let of = |part: &str, office, stage| (part.to_owned(), office, stage);
    let mut expected =
        [of("T1", 10, "done"), of("T1", 11, "done"), of("T1", 12, "nothing"), of("T2", 10, "started")];
    assert_eq!(stages(&province.views(), 50), expected);
    province.writes(2, 50, confirmed("T1", 11, false), &down);
    expected[1].2 = "started";
    assert_eq!(stages(&province.views(), 50), expected);
    province.writes(11, 50, progress("T1", 100), &up);
    expected[1].2 = "done";
    assert_eq!(stages(&province.views(), 50), expected, "said again after the verdict");
    province.writes(2, 50, confirmed("T1", 11, false), &down);
    province.writes(2, 50, confirmed("T1", 11, true), &down);
    assert_eq!(stages(&province.views(), 50), expected);
}

#[test]
fn a_part_is_done_by_a_word_on_that_part_alone() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", down[0]), ("T2", down[0])]), &down);
    for code in ["01", "03", "06"] {
        province.writes(10, 50, directive::Move::status(code), &up);
    }
    let of_ten = |views: &Views| -> Vec<_> {
        stages(views, 50).into_iter().filter(|told| told.1 == 10).map(|told| told.2).collect()
    };
    assert_eq!(of_ten(&province.views()), ["nothing", "nothing"], "a word on the whole hides no open task");
    province.writes(10, 50, progress("T2", 100), &up);
    assert_eq!(of_ten(&province.views()), ["nothing", "done"], "it may still report");
    province.writes(2, 50, confirmed("T2", 10, false), &[Scope::office(id(10))]);
    assert_eq!(of_ten(&province.views()), ["nothing", "started"]);
}

#[test]
fn who_refused_is_out_and_a_closed_programme_leaves_nothing_owed() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", down[0])]), &down);
    for code in ["01", "02"] {
        province.writes(10, 50, directive::Move::status(code), &up);
    }
    province.writes(11, 50, directive::Move::status("01"), &up);
    let offices = |views: &Views| told(views, 50).iter().map(|told| told.1).collect::<Vec<_>>();
    assert_eq!(offices(&province.views()), [11, 12]);
    province.writes(2, 70, plan(10), &down);
    let done = programme::Move::Progress { item: "A".into(), percent: 100, note: String::new() };
    let word = province.writes(10, 70, done, &up);
    assert_eq!(stages(&province.views(), 70), [("A".to_owned(), 10, "done")]);
    province.hub_refuses(word);
    assert_eq!(
        stages(&province.views(), 70),
        [("A".to_owned(), 10, "nothing")],
        "a refused word counts nothing"
    );
    let owes = |views: &Views| {
        let registry = views.registry();
        let duties = read::duties(views.connection(), &look(&registry, 10, 20 * DAY), id(10)).unwrap();
        duties.iter().any(|duty| duty.record == record_id(70))
    };
    assert!(owes(&province.views()));
    province.writes(
        2,
        70,
        programme::Move::Closed { note: String::new(), dropped: vec![], carried: None },
        &down,
    );
    let views = province.views();
    assert_eq!((told(&views, 70), owes(&views)), (vec![], false));
}

#[test]
fn nothing_is_owed_to_an_office_that_is_not_above() {
    let mut province = Province::new();
    province.writes(10, 50, letter(&[]), &[Scope::office(id(2)), Scope::office(id(11))]);
    let views = province.views();
    let registry = views.registry();
    let owed =
        |office| read::duties(views.connection(), &look(&registry, 2, 20 * DAY), id(office)).unwrap().len();
    assert_eq!((owed(2), owed(11)), (0, 0), "a letter upwards or sideways asks");
    let mut told = Vec::new();
    for ((_, kind), owed) in whole(&views) {
        owed.each(kind, &registry, id(2), |_, office, _| told.push(office));
    }
    assert_eq!(told, []);
}

/// A move about the directive: which one, about which part, by or about which office.
fn said() -> impl Strategy<Value = (u8, u8, u128)> {
    (0..9u8, 0..3u8, prop::sample::select(vec![2, 10, 11, 12]))
}

type Status = BTreeMap<(u128, String), DutyStatus>;

/// How far each office is with each part, on the record's page as an office sees it.
fn by_record_as(me: u128, views: &Views, now: i64) -> Status {
    let registry = views.registry();
    let look = look(&registry, me, now);
    let mut all = Status::new();
    for found in kinds::show(views.connection(), &look, record_id(50)).unwrap() {
        let Shown::Directive(shown) = found.shown else { panic!("not a directive") };
        for task in shown.tasks {
            for one in task.offices {
                let key = (one.office.0.as_u128(), task.task.id.clone());
                all.extend(one.status.map(|status| (key, status)));
            }
        }
    }
    all
}

/// The same, from each office's own list.
fn by_office_as(me: u128, views: &Views, now: i64) -> Status {
    let registry = views.registry();
    let look = look(&registry, me, now);
    let of = |office| {
        let duties = read::duties(views.connection(), &look, id(office)).unwrap();
        duties.into_iter().map(move |duty| ((office, duty.part), duty.status))
    };
    [2, 10, 11, 12].into_iter().flat_map(of).collect()
}

/// The same, from the province's query.
fn by_province_as(me: u128, views: &Views, now: i64) -> Status {
    let registry = views.registry();
    let look = look(&registry, me, now);
    let mut all = Status::new();
    for ((_, kind), owed) in whole(views) {
        owed.each(kind, &registry, id(me), |duty, office, word| {
            let due = duty.due.map(truc_proto::paper::Due);
            all.insert((office.0.as_u128(), duty.part.clone()), look.status(office, due, word));
        });
    }
    all
}

fn by_record(views: &Views, now: i64) -> Status {
    by_record_as(2, views, now)
}

fn by_office(views: &Views, now: i64) -> Status {
    by_office_as(2, views, now)
}

fn by_province(views: &Views, now: i64) -> Status {
    by_province_as(2, views, now)
}

/// The deadline is 10:00 of day 4. Whatever clocks said: what was done in time is not late, and what was not is.
#[test]
fn nothing_honest_is_late_and_nothing_was_done_before_it_was_asked_for() {
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    let day = DAY as u64;
    let year = 365 * day;
    let status = |given: u64, signed: u64, seen: Option<u64>, arrived: Option<u64>, now: u64| {
        let mut province = Province::new();
        let asked = province.writes(2, 50, letter(&[("T1", Scope::office(id(10)))]), &down);
        province.at(asked, given, None, Some(given));
        let done = province.writes(10, 50, progress("T1", 100), &up);
        province.at(done, signed, seen, arrived);
        let views = province.views();
        let told = by_record(&views, now as i64);
        assert_eq!(by_office(&views, now as i64), told);
        assert_eq!(by_province(&views, now as i64), told);
        told[&(10, "T1".to_owned())]
    };
    let (good, late) = (DutyStatus::CompletedOnTime, DutyStatus::CompletedLate);
    let unknown = DutyStatus::CompletedUnjudged;
    for wrong in [20 * day, 60 * day, 100 * day, 400 * day, 10 * year, (1 << 47) - 4 * day] {
        let now = 3 * day + 2 * wrong;
        // Done and sent on day 3, by a clock in the future, for the office or for all that it had seen.
        assert_eq!(status(day, 3 * day + wrong, Some(2 * day), Some(3 * day), now), good, "{wrong}");
        assert_eq!(status(day, 3 * day + wrong, None, Some(3 * day), now), good, "{wrong}");
        assert_eq!(status(day, 3 * day, Some(2 * day + wrong), Some(3 * day), now), good, "{wrong}");
        // Nobody knows when it came: neither in time nor late, whatever it says.
        assert_eq!(status(day, 3 * day + wrong, Some(2 * day), None, 3 * day + 1), unknown, "{wrong}");
        // By a clock behind.
        let behind = (3 * day).saturating_sub(wrong);
        assert_eq!(status(day, behind, Some(2 * day), Some(3 * day), now), good);
        assert_eq!(status(day, behind, Some(2 * day), None, now), unknown);
        // Back-dated: the hub's word was seen after the deadline, or the task was given after it.
        assert_eq!(status(day, behind, Some(5 * day), Some(6 * day), now), late);
        assert_eq!(status(5 * day, 3 * day, None, Some(6 * day), now), late);
        assert_eq!(status(5 * day, behind, Some(2 * day), Some(6 * day), now), late);
    }
    // Without a line: done on day 3, sent on day 9.
    assert_eq!(status(day, 3 * day, Some(2 * day), Some(9 * day), 10 * day), good);
    assert_eq!(status(day, 5 * day, Some(2 * day), Some(9 * day), 10 * day), late);
}

/// Both times are told beside each judgement, and an office's own list tells them like the record.
#[test]
fn what_is_judged_is_told_with_both_its_times() {
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    let day = DAY as u64;
    let mut province = Province::new();
    let asked = province.writes(2, 50, letter(&[("T1", Scope::office(id(10)))]), &down);
    province.at(asked, day, None, Some(day));
    // Done after the deadline; its author says that it was before.
    let done = province.writes(10, 50, progress("T1", 100), &up);
    province.at(done, 3 * day, Some(6 * day), Some(7 * day));
    let arrived = province.writes(11, 50, directive::Move::status("01"), &up);
    province.at(arrived, 2 * day, None, None);
    let views = province.views();
    let registry = views.registry();
    let look = look(&registry, 2, 9 * DAY);
    let record = kinds::show(views.connection(), &look, record_id(50)).unwrap().remove(0);
    let told = serde_json::to_value(&record).unwrap();
    let both = |time: u64, signed: u64, arrived: Option<u64>| serde_json::json!({ "time": time << 16, "signed": signed << 16, "arrived": arrived });
    let task = &told["tasks"][0]["offices"][0];
    assert_eq!(task["done"], both(6 * day, 3 * day, Some(7 * day)));
    assert_eq!(task["status"], "completed-late");
    assert_eq!(told["addressees"][1]["since"]["arrived"], both(2 * day, 2 * day, None));
    let duty = read::duties(views.connection(), &look, id(10)).unwrap().remove(0);
    assert_eq!(serde_json::to_value(&duty).unwrap()["done"], task["done"]);
}

/// The receipt of an own entry comes after the entry was folded.
#[test]
fn own_work_is_judged_anew_when_its_receipt_comes() {
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    let day = DAY as u64;
    let mut province = Province::new();
    let asked = province.writes(2, 50, letter(&[("T1", Scope::office(id(10)))]), &down);
    province.at(asked, day, None, Some(day));
    let done = province.writes(10, 50, progress("T1", 100), &up);
    province.at(done, 400 * day, None, None);
    let mut views = province.views();
    let now = 500 * day as i64;
    let told = |views: &Views| by_record(views, now)[&(10, "T1".to_owned())];
    assert_eq!(told(&views), DutyStatus::CompletedUnjudged, "the hub has not had it");
    assert_eq!(views.waits(id(10)).unwrap(), Some(done));
    province.arrivals.insert(done, Some(3 * day));
    let mut batch = views.batch(&province).unwrap();
    assert!(batch.settle(id(10)).unwrap());
    assert!(!batch.settle(id(10)).unwrap());
    batch.commit().unwrap();
    assert_eq!(told(&views), DutyStatus::CompletedOnTime);
    assert_eq!(views.waits(id(10)).unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever the clocks said, and however late the paper was: without the hub's time nobody is judged, and all who
    /// tell of it tell the same.
    #[test]
    fn nobody_is_judged_before_the_hub_is_a_witness(
        given in 0..9u64, signed in 0..400u64, seen: Option<u8>, arrived: Option<u8>, now in 0..400i64,
    ) {
        let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
        let day = DAY as u64;
        let at = |days: Option<u8>| days.map(|days| u64::from(days) * day);
        let mut province = Province::new();
        let asked = province.writes(2, 50, letter(&[("T1", Scope::office(id(10)))]), &down);
        province.at(asked, given * day, None, Some(given * day));
        let done = province.writes(10, 50, progress("T1", 100), &up);
        province.at(done, signed * day, at(seen), at(arrived));
        let views = province.views();
        let told = by_record(&views, now * DAY);
        prop_assert_eq!(&by_office(&views, now * DAY), &told);
        prop_assert_eq!(&by_province(&views, now * DAY), &told);
        let status = told[&(10, "T1".to_owned())];
        prop_assert!(status.is_done());
        prop_assert_eq!(status == DutyStatus::CompletedUnjudged, arrived.is_none());
    }

    /// Whatever is said in whatever order: each open part stands on the record's page with the office that owes it, which is
    /// the giver's, and on a list of that office: to take in, to assign, by day, or without a day.
    #[test]
    fn no_work_is_on_no_list(moves in prop::collection::vec(said(), 0..24), dated: bool) {
        let mut province = Province::new();
        let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
        let tasks = [("T0", down[0]), ("T1", Scope::office(id(10))), ("T2", Scope::office(id(11)))];
        province.writes(2, 50, if dated { letter(&tasks) } else { undated(&tasks) }, &down);
        for (mv, part, office) in moves.into_iter().filter(|(.., office)| *office != 2) {
            let part = format!("T{part}");
            let mv = match mv {
                0..6 => directive::Move::status(["01", "02", "03", "04", "05", "06"][mv as usize]),
                6 => progress(&part, 40),
                7 => progress(&part, 100),
                _ => {
                    province.writes(2, 50, confirmed(&part, office, false), &[Scope::office(id(office))]);
                    continue;
                }
            };
            province.writes(office, 50, mv, &up);
        }
        let views = province.views();
        let registry = views.registry();
        let now = 9 * DAY;
        let page = kinds::show(views.connection(), &look(&registry, 2, now), record_id(50)).unwrap().remove(0);
        let Shown::Directive(shown) = page.shown else { panic!("not a directive") };
        for office in [10, 11, 12].map(id) {
            let at = shown.addressees.iter().find(|one| one.office == office).unwrap();
            let duties = read::duties(views.connection(), &look(&registry, 2, now), office).unwrap();
            let with_day = duties.iter().filter(|duty| duty.due.is_some() && !duty.status.is_done());
            let inside = read::inside(views.connection(), office, &with_day.map(|duty| duty.record).collect()).unwrap();
            let is_in = |list: &[read::RecordRow]| list.iter().any(|row| row.id == record_id(50));
            use directive::Status::{Accepted, Assigned, Processing, Refused};
            prop_assert_eq!(is_in(&inside.unassigned), at.status == Some(Accepted));
            let at_work = matches!(at.status, Some(Assigned | Processing));
            let mine = shown.tasks.iter().flat_map(|task| task.offices.iter().map(move |one| (task, one)));
            for (task, one) in mine.filter(|(_, one)| one.office == office) {
                let duty = duties.iter().find(|duty| duty.part == task.task.id);
                prop_assert_eq!(duty.map(|duty| duty.status), one.status, "page and list tell the same");
                prop_assert_eq!(one.status.is_none(), at.status == Some(Refused), "only a refusal ends a share");
            }
            let dated_open = duties.iter().any(|duty| duty.due.is_some() && !duty.status.is_done());
            prop_assert_eq!(is_in(&inside.undated), at_work && !dated_open);
            // The head of the page says that nothing waits only where the paper is on none of these lists.
            let waits = shown.waits(office);
            let listed = is_in(&inside.unassigned) || is_in(&inside.undated) || dated_open;
            let new = matches!(at.status, None | Some(directive::Status::Arrived));
            prop_assert_eq!(waits == Waits::Acceptance, new);
            prop_assert!(!listed || waits != Waits::Nothing, "{:?} {:?}", at.status, waits);
            prop_assert!(waits != Waits::Assignment || is_in(&inside.unassigned));
        }
    }

    /// Whatever is said in whatever order: the record's page, the office's list and the province agree.
    #[test]
    fn all_who_tell_of_a_duty_tell_the_same(moves in prop::collection::vec(said(), 0..24), day in 0..9i64) {
        let mut province = Province::new();
        let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
        let both = Scope::office(id(2));
        province.writes(2, 50, letter(&[("T0", down[0]), ("T1", Scope::office(id(10))), ("T2", both)]), &down);
        for (mv, part, office) in moves {
            let part = format!("T{part}");
            match mv {
                0..5 => {
                    let code = ["01", "02", "03", "06", "15"][mv as usize];
                    province.writes(office, 50, directive::Move::status(code), &up);
                }
                5 => { province.writes(office, 50, progress(&part, 40), &up); }
                6 => { province.writes(office, 50, progress(&part, 100), &up); }
                7 => { province.writes(2, 50, confirmed(&part, office, false), &down); }
                _ => { province.writes(2, 50, confirmed(&part, office, true), &down); }
            }
        }
        let views = province.views();
        let record = by_record(&views, day * DAY);
        prop_assert_eq!(&by_office(&views, day * DAY), &record);
        prop_assert_eq!(&by_province(&views, day * DAY), &record);
        let asked: BTreeSet<OfficeId> = record.keys().map(|(office, _)| id(*office)).collect();
        prop_assert!(asked.len() <= 4);
        // What the issuer does itself nobody else hears of, and so nobody calls it late.
        let mut theirs = record;
        theirs.retain(|(office, _), _| *office != 2);
        for me in [1, 2] {
            let told = if me == 2 { &by_record(&views, day * DAY) } else { &theirs };
            prop_assert_eq!(&by_record_as(me, &views, day * DAY), told);
            prop_assert_eq!(&by_office_as(me, &views, day * DAY), told);
            prop_assert_eq!(&by_province_as(me, &views, day * DAY), told);
        }
    }
}

#[test]
fn an_office_owes_nothing_from_before_it_was_there() {
    let mut province = Province::new();
    let down = [Scope::subtree(id(2))];
    province.writes(2, 50, letter(&[("T1", down[0])]), &down);
    province.founded(13, "commune", 2, "1970-01-03");
    province.writes(2, 51, letter(&[("T1", down[0])]), &down);
    let views = province.views();
    let registry = views.registry();
    let look = look(&registry, 13, 20 * DAY);
    assert!(read::duties(views.connection(), &look, id(13)).unwrap().is_empty());
    assert_eq!(super::shown(&views, 2, 0, 50)["addressees"].as_array().unwrap().len(), 3, "still of three");
    let mut owing = BTreeSet::new();
    for owed in whole(&views).values() {
        owed.each(3, &registry, id(1), |_, office, _| {
            owing.insert(office);
        });
    }
    assert_eq!(owing, [10, 11, 12].map(id).into());
    assert_eq!(owed::meant(&registry, down[0], id(2), Hlc::at(5 * DAY as u64)).len(), 4, "later it does");
}

//! Lists that are longer than a page, and what waits for an office from those below it.

use rusqlite::params;
use truc_proto::date::Date;

use super::super::filter::{Names, OrderBy, StateOf};
use super::super::{across, below};
use super::*;

/// Papers planted in the views: of `owner`, to `to`, one each day from 01/01/2026 on.
fn plant(views: &Views, kind: u32, owner: u128, to: &[Scope], first: u128, count: u128) {
    let start = "2026-01-01".parse::<Date>().unwrap().close_millis();
    for number in 0..count {
        let opened = (start + number as i64 * DAY) << 16;
        let title = format!("Về việc số {}", number + 1);
        views
            .connection()
            .execute(
                "INSERT INTO record (id, kind, owner, document_type, title, number, term, issued, due, urgency,
                   confidentiality, audience, opened, position, search)
                 VALUES (?1, ?2, ?3, 'CV', ?4, ?5, '', NULL, NULL, ?6, 0, ?7, ?8, 1, ?9)",
                params![
                    record_id(first + number).0.as_bytes(),
                    kind,
                    id(owner).0.as_bytes(),
                    title,
                    format!("{:02}-CV/TU", number + 1),
                    i64::from(number % 7 == 0),
                    serde_json::to_string(to).unwrap(),
                    opened,
                    truc_proto::vietnamese::fold(&format!("{:02}-CV/TU {title}", number + 1)),
                ],
            )
            .unwrap();
    }
}

fn said(views: &Views, record: u128, office: u128, status: &str, arrival: &str) {
    let sql = "INSERT INTO strand
        (record, kind, office, state, status, arrival, accepted, incarnation, seq, updated, moves)
        VALUES (?1, 3, ?2, '{}', ?3, ?4, NULL, 1, 1, 1, 1)";
    let conn = views.connection();
    conn.execute(sql, params![record_id(record).0.as_bytes(), id(office).0.as_bytes(), status, arrival])
        .unwrap();
}

/// A commune's own papers crowd out nothing: 150 came from the province, 3,000 newer ones went out, 20 are for others.
fn crowded() -> Views {
    let views = Province::new().views();
    plant(&views, 3, 2, &[Scope::subtree(id(2))], 1_000, 150);
    plant(&views, 3, 2, &[Scope::office(id(11))], 2_000, 20);
    plant(&views, 3, 10, &[Scope::office(id(2))], 3_000, 3_000);
    for number in 0..130 {
        said(&views, 1_000 + number, 10, "accepted", &(number + 1).to_string());
    }
    said(&views, 1_130, 10, "arrived", "");
    views
}

#[test]
fn a_list_counts_all_and_pages_after_it_has_filtered() {
    let views = crowded();
    let (conn, registry) = (views.connection(), views.registry());
    let look = look(&registry, 10, 0);
    let received = read::received(&look, 3);
    let counts = read::counts(conn, &received, "").unwrap();
    assert_eq!(counts, [("".into(), 19), ("accepted".into(), 130), ("arrived".into(), 1)].into());
    let ids = |filter: &Filter| -> Vec<u128> {
        read::list_taken_in(conn, filter).unwrap().iter().map(|(row, ..)| row.id.0.as_u128()).collect()
    };
    let page = |filter: Filter, skip| ids(&Filter { skip, limit: 50, ..filter });
    let all: Vec<u128> = (0..4).flat_map(|number| page(received.clone(), number * 50)).collect();
    assert_eq!(all, (1_000..1_150).rev().collect::<Vec<_>>(), "each once, the newest first");
    let waiting = Filter { states: vec!["".into(), "arrived".into()], ..received.clone() };
    assert_eq!(page(waiting, 0), (1_130..1_150).rev().collect::<Vec<_>>());
    let arrival = Filter { order: Some(OrderBy::Arrival), ..received.clone() };
    assert_eq!(page(arrival.clone(), 0)[..3], [1_000, 1_001, 1_002]);
    let last = page(Filter { down: true, ..arrival }, 0);
    assert_eq!(last[..2], [1_129, 1_128], "130 before 99; what has no number stands last");
}

#[test]
fn what_is_sought_is_found_by_word_day_sender_and_level() {
    let views = crowded();
    let (conn, registry) = (views.connection(), views.registry());
    let look = look(&registry, 10, 0);
    let found = |filter: Filter| -> Vec<u128> {
        let filter = Filter { limit: 10_000, names: Names::of(&registry), ..filter };
        read::list(conn, &filter).unwrap().iter().map(|row| row.id.0.as_u128() - 1_000).rev().collect()
    };
    let words = |text: &str| found(Filter { search: text.into(), ..read::received(&look, 3) });
    assert_eq!(words("31/01"), [30], "the 31st day");
    assert_eq!(words("31/1/2026"), [30]);
    assert_eq!(words("2/2026").len(), 28, "a whole month");
    assert_eq!(words("1/1"), [0], "and not the 11th of January");
    assert_eq!(words("VIEC SO 99"), [98]);
    assert_eq!(words("số 99 31/01").len(), 0, "all words");
    let sender = registry.office(id(2)).unwrap().current().unwrap().name.clone();
    assert_eq!(words(&sender).len(), 150, "{sender}");
    let day = |text: &str| text.parse().ok();
    let between = Filter { since: day("2026-01-30"), until: day("2026-02-02"), ..read::received(&look, 3) };
    assert_eq!(found(between), [29, 30, 31, 32]);
    let urgent = Filter { urgency: 1, ..read::received(&look, 3) };
    assert_eq!(found(urgent)[..3], [0, 7, 14]);
    assert_eq!(found(Filter { document_type: Some("HD".into()), ..read::received(&look, 3) }).len(), 0);
    let mut by_number = Filter { order: Some(OrderBy::Words("record.number")), ..read::received(&look, 3) };
    assert_eq!(found(by_number.clone()), (0..150).rev().collect::<Vec<_>>(), "06, 8, 12, 100");
    by_number.down = true;
    assert_eq!(found(by_number), (0..150).collect::<Vec<_>>());
    let of_many = Filter { kind: Some(3), order: Some(OrderBy::Owner), ..Filter::default() };
    assert_eq!(found(of_many).len(), 3_170);
}

#[test]
fn what_waits_for_a_word_of_ours_is_there_until_we_say_it() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    let to = |office: u128| [Scope::office(id(office))];
    province.writes(2, 71, guidance::Move::Issued { paper: paper("HD", "Gửi nhận văn bản") }, &down);
    province.writes(11, 71, guidance::Move::Acknowledged { note: String::new() }, &up);
    for number in [1, 2] {
        province.writes(11, 71, guidance::Move::Question { number, text: "Hỏi?".into() }, &up);
    }
    province.writes(2, 50, letter(&[("T1", down[0])]), &down);
    province.writes(10, 50, progress("T1", 60), &up);
    province.writes(11, 50, progress("T1", 100), &up);
    province.writes(2, 73, plan(10), &down);
    province.writes(
        10,
        73,
        programme::Move::Progress { item: "A".into(), percent: 100, note: String::new() },
        &up,
    );
    let waiting = |province: &Province| -> Vec<(u32, u128, String)> {
        let (views, registry) = (province.views(), province.views().registry());
        let found = below::waiting(views.connection(), &look(&registry, 2, 0)).unwrap();
        let mut found: Vec<_> =
            found.into_iter().map(|one| (one.matter.1, one.office.0.as_u128(), one.part)).collect();
        found.sort();
        found
    };
    let (directive, programme, guidance) =
        (directive::KIND.number, programme::KIND.number, guidance::KIND.number);
    let all = [
        (programme, 10, "A".to_owned()),
        (directive, 11, "T1".to_owned()),
        (guidance, 11, "1".to_owned()),
        (guidance, 11, "2".to_owned()),
    ];
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(waiting(&province), sorted);
    let answer = guidance::Move::Answer { office: id(11), number: 1, text: "Đáp.".into() };
    province.writes(2, 71, answer, &to(11));
    assert!(!waiting(&province).contains(&all[2]), "answered");
    province.writes(2, 50, confirmed("T1", 11, false), &to(11));
    assert!(!waiting(&province).contains(&all[1]), "it is not done, says the province");
    province.writes(11, 50, progress("T1", 100), &up);
    assert!(waiting(&province).contains(&all[1]), "and the office says again that it is");
    province.writes(2, 50, confirmed("T1", 11, true), &to(11));
    province.writes(11, 50, progress("T1", 100), &up);
    assert_eq!(waiting(&province).len(), 2, "what is settled stays so: {:?}", waiting(&province));
    let (views, registry) = (province.views(), province.views().registry());
    let own = below::own_open(views.connection(), &look(&registry, 2, 0)).unwrap();
    assert_eq!(own.iter().map(|own| (own.done, own.all)).collect::<Vec<_>>(), [(0, 3)]);
}

#[test]
fn a_report_waits_for_its_judge_until_its_newest_version_is_judged() {
    let mut province = Province::new();
    let (down, up) = ([Scope::office(id(10))], [Scope::office(id(2))]);
    let judged = |version, accepted| report::Move::Judged { version, accepted, note: "x".into() };
    province.writes(10, 60, submitted(1), &up);
    let states = |province: &Province, me: u128| {
        let (views, registry) = (province.views(), province.views().registry());
        let look = look(&registry, me, 0);
        let judge = read::counts(views.connection(), &below::to_judge(&look), "report").unwrap();
        let of = Filter { state_of: Some(StateOf::Report), kind: Some(4), ..Filter::default() };
        let listed = kinds::report::list(views.connection(), &of).unwrap();
        (judge.values().sum::<usize>(), listed[0].state.clone())
    };
    assert_eq!(states(&province, 2), (1, "submitted".to_owned()));
    assert_eq!(states(&province, 10).0, 0, "nobody judges its own");
    province.writes(2, 60, judged(1, false), &down);
    assert_eq!(states(&province, 2), (0, "returned".to_owned()));
    province.writes(10, 60, submitted(2), &up);
    assert_eq!(states(&province, 2), (1, "submitted".to_owned()));
    province.writes(2, 60, judged(2, true), &down);
    assert_eq!(states(&province, 2), (0, "accepted".to_owned()));
}

#[test]
fn a_form_is_one_however_its_code_is_written_and_asked_for_by_who_names_it() {
    let mut province = Province::new();
    let (down, up) = ([Scope::subtree(id(2))], [Scope::office(id(2))]);
    for (office, record, form) in [(10, 60, "VP-T/2026"), (11, 61, " vp-t/2026"), (12, 62, "VP–T/2026")] {
        let (from, to) = ("2026-10-15".parse().unwrap(), "2026-11-14".parse().unwrap());
        let period = Some(truc_proto::record::Period { kind: "month".into(), from, to });
        let report::Move::Submitted(said) = submitted(1) else { unreachable!() };
        let said = report::Submitted { form: form.into(), period, ..said };
        province.writes(office, record, report::Move::Submitted(said), &up);
    }
    let named = |content: &str| {
        let directive::Move::Issued(mut issued) = letter(&[("T1", down[0])]) else { unreachable!() };
        issued.tasks[0].content = content.into();
        directive::Move::Issued(issued)
    };
    province.writes(2, 50, named("Báo cáo tháng 11 theo biểu vp-t/2026 (thực hiện 04-HD/VPTU)"), &down);
    province.writes(2, 51, named("Báo cáo theo biểu VP-T/2026b"), &down);
    let views = province.views();
    let forms = across::forms(views.connection()).unwrap();
    assert_eq!((forms.len(), forms[0].reports, &*forms[0].key), (1, 3, "vp-t/2026"));
    let reports = across::reports(views.connection(), "VP-T/2026", "month", "2026-01-01", "2026-12-31");
    assert_eq!(reports.unwrap().len(), 3);
    let requests = across::requests(views.connection(), "VP-T/2026").unwrap();
    assert_eq!(requests.iter().map(|asked| asked.by).collect::<Vec<_>>(), [down[0]]);
}

#[test]
fn what_nobody_was_asked_waits_for_no_word() {
    let mut province = Province::new();
    let up = [Scope::office(id(2))];
    let both = [Scope::office(id(10)), Scope::office(id(11))];
    province.writes(2, 50, letter(&[("T1", Scope::office(id(11)))]), &both);
    // 10 is an addressee and has no task; it invents parts.
    province.writes(10, 50, progress("T1", 100), &up);
    province.writes(10, 50, progress("bịa", 100), &up);
    let (views, registry) = (province.views(), province.views().registry());
    let found = below::waiting(views.connection(), &look(&registry, 2, 0)).unwrap();
    let found: Vec<_> = found.into_iter().map(|one| (one.office.0.as_u128(), one.part)).collect();
    assert_eq!(found, []);
}

#[test]
fn who_was_not_asked_completes_nothing() {
    let mut province = Province::new();
    let up = [Scope::office(id(2))];
    let both = [Scope::office(id(10)), Scope::office(id(11))];
    province.writes(2, 50, letter(&[("T1", both[0]), ("T2", both[1])]), &both);
    for office in [11, 12] {
        for code in ["01", "03", "06"] {
            province.writes(office, 50, directive::Move::status(code), &up);
        }
    }
    let (views, registry) = (province.views(), province.views().registry());
    let own = below::own_open(views.connection(), &look(&registry, 2, 0)).unwrap();
    assert_eq!(own.iter().map(|own| (own.done, own.all)).collect::<Vec<_>>(), [(1, 2)]);
}

#[test]
fn a_remedy_before_the_conclusion_is_none() {
    let mut province = Province::new();
    let (down, up) = ([Scope::office(id(10))], [Scope::office(id(2))]);
    let opened = inspection::Opened {
        paper: paper("CV", "Kiểm tra"),
        period: None,
        checklist: vec![],
        supervision: false,
    };
    province.writes(2, 70, inspection::Move::Opened(opened), &down);
    province.writes(10, 70, inspection::Move::Remediated { note: "trước".into() }, &up);
    province.writes(2, 70, inspection::Move::Verifying { office: id(10), note: String::new() }, &down);
    let said = inspection::Move::Concluded {
        office: id(10),
        conclusion: "x".into(),
        remedy_by: "2026-12-31".into(),
    };
    province.writes(2, 70, said, &down);
    let views = province.views();
    assert_eq!(shown(&views, 2, 0, 70)["targets"][0]["stage"], "remediating");
    assert_eq!(shown(&views, 10, 0, 70)["targets"][0]["stage"], "remediating");
}

#[test]
fn nothing_is_destroyed_that_nobody_asked_back() {
    use super::super::destroyed;
    let mut province = Province::new();
    let (down, up) = ([Scope::office(id(10))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", down[0])]), &down);
    province.writes(10, 50, directive::Move::status("15"), &up);
    let views = province.views();
    assert_eq!(destroyed::due(views.connection(), id(10)).unwrap().len(), 0);
}

#[test]
fn what_is_asked_back_waits_for_that_answer_first() {
    use crate::desk::outline;
    let mut province = Province::new();
    let (down, up) = ([Scope::office(id(10))], [Scope::office(id(2))]);
    province.writes(2, 50, letter(&[("T1", down[0])]), &down);
    let stands = |province: &Province| {
        let (views, registry) = (province.views(), province.views().registry());
        let look = look(&registry, 10, 0);
        let waiting = outline::waiting(&look, &directive::KIND).unwrap();
        let (rows, back) = outline::asked_back(views.connection(), &look, 50).unwrap();
        assert_eq!(rows.len(), back);
        (outline::count(views.connection(), &waiting).unwrap(), back)
    };
    assert_eq!(stands(&province), (1, 0));
    province.writes(2, 50, directive::Move::status("13"), &down);
    assert_eq!(stands(&province), (0, 1), "whoever accepts it would never meet the question");
    province.writes(10, 50, directive::Move::status("16"), &up);
    assert_eq!(stands(&province), (1, 0), "it is kept, and waits to be accepted");
    province.writes(10, 50, directive::Move::status("01"), &up);
    province.writes(10, 50, directive::Move::status("02"), &up);
    assert_eq!(stands(&province), (0, 0));

    // What was refused cannot be given back.
    province.writes(2, 51, letter(&[("T1", down[0])]), &down);
    province.writes(10, 51, directive::Move::status("01"), &up);
    province.writes(10, 51, directive::Move::status("02"), &up);
    province.writes(2, 51, directive::Move::status("13"), &down);
    assert_eq!(stands(&province), (0, 0));
}

#[test]
fn a_refusal_waits_for_the_issuers_next_word() {
    let mut province = Province::new();
    let (up, both) = ([Scope::office(id(2))], [Scope::office(id(10)), Scope::office(id(11))]);
    province.writes(2, 50, letter(&[("T1", Scope::office(id(11)))]), &both);
    let refused = |province: &Province| -> Vec<usize> {
        let (views, registry) = (province.views(), province.views().registry());
        let own = below::own_open(views.connection(), &look(&registry, 2, 0)).unwrap();
        own.into_iter().map(|own| own.refused).filter(|refused| *refused > 0).collect()
    };
    assert!(refused(&province).is_empty());
    for office in [10, 12] {
        province.writes(office, 50, directive::Move::status("01"), &up);
        province.writes(office, 50, directive::Move::status("02"), &up);
    }
    assert_eq!(refused(&province), [1], "who is no addressee refuses nothing");
    province.writes(2, 50, confirmed("T1", 11, false), &[Scope::office(id(11))]);
    assert_eq!(refused(&province), [1], "that was about another office");
    province.writes(2, 50, directive::Move::Reminder { note: "vẫn phải làm".into() }, &both);
    assert!(refused(&province).is_empty());
}

#[test]
fn that_papers_have_arrived_is_said_once_and_of_ones_own() {
    use super::super::arrived::unsaid;
    let mut province = Province::new();
    province.writes(2, 50, letter(&[]), &[Scope::office(id(10))]);
    province.writes(2, 51, letter(&[]), &[Scope::office(id(11))]);
    let came = |province: &Province, after| {
        let views = province.views();
        unsaid(views.connection(), &views.registry(), id(10), after).unwrap().unsaid.len()
    };
    assert_eq!(came(&province, 0), 1);
    assert_eq!(came(&province, 1_000_000), 0);
    province.writes(10, 50, directive::Move::status("01"), &[Scope::office(id(2))]);
    assert_eq!(came(&province, 0), 0);
}

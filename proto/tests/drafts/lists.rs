//! What stands on the pages at a moment, and what the drafts come to, as cells.

use truc_proto::record::draft::lists::{Section, Until, mine};
use truc_proto::record::draft::remark::{Origin, Standing};
use truc_proto::record::draft::road::Layer;
use truc_proto::record::draft::{Approval, Draft, Ended, Matter};

use super::play::{Office, play, state};
use super::{cells, millis, stamp};

const MOMENTS: [&str; 3] = ["2026-12-04T18:00", "2026-12-18T18:00", "2027-01-01T18:00"];

pub(crate) fn matter(approval: &Approval) -> String {
    match &approval.matter {
        Matter::Met(step) => format!("meeting:{step}"),
        matter => matter.name().to_owned(),
    }
}

pub(crate) fn sections(office: &Office, draft: &Draft, person: &str, now: i64) -> Vec<(Section, Until)> {
    mine(&office.house.at(now), draft, person, now)
}

fn section(section: Section) -> &'static str {
    match section {
        Section::Sign => "Chờ ký",
        Section::Initial => "Chờ ký nháy",
        Section::Opinion => "Chờ cho ý kiến",
        Section::Appraise => "Chờ thẩm định",
        Section::Answer => "Phải tiếp thu, giải trình",
        Section::Absorb => "Phải tiếp thu, trình tiếp",
        Section::Check => "Chờ đối soát",
        Section::Meeting => "Chờ kết quả họp",
        Section::Ask => "Phải gửi phiếu",
        Section::Sum => "Phải tổng hợp ý kiến",
        Section::Issue => "Chờ ban hành",
    }
}

fn drafts(office: &Office) -> impl Iterator<Item = (&String, &Draft)> {
    office.drafts.iter().map(|(name, strand)| (name, strand.draft.as_ref().unwrap()))
}

fn standing(standing: Standing) -> &'static str {
    standing.into()
}

#[test]
fn the_drafts_stand_where_they_should() {
    let mut found = Vec::new();
    for moment in MOMENTS {
        let office = play(moment, |_, _| ());
        for (name, draft) in drafts(&office) {
            let live = draft.ended.is_none();
            let mut holding: Vec<String> =
                draft.approvals.iter().filter(|known| known.ended_by.is_none() && live).map(matter).collect();
            holding.sort();
            holding.dedup();
            let remark =
                draft.remarks.iter().map(|known| format!("{}={}", known.id, standing(known.standing)));
            let passed = draft.passed.iter().map(|(step, at)| format!("{step}@{}", stamp(*at, "%m-%d")));
            found.push(vec![
                moment.to_owned(),
                name.clone(),
                format!("{} v{}", draft.road.id, draft.road.version),
                draft.document_type.clone(),
                draft.drafter.clone(),
                draft.version().to_string(),
                state(draft),
                if live { stamp(draft.since, "%d/%m %H:%M") } else { String::new() },
                holding.join(";"),
                remark.collect::<Vec<_>>().join(";"),
                passed.collect::<Vec<_>>().join(";"),
            ]);
        }
    }
    assert_eq!(found, cells("states.csv"));
}

#[test]
fn the_pages_show_what_they_should() {
    let mut found = Vec::new();
    for moment in MOMENTS {
        let office = play(moment, |_, _| ());
        let now = millis(moment);
        for person in office.house.people() {
            let mut lines: Vec<(&str, String)> = Vec::new();
            for name in &office.begun {
                let draft = office.draft(name).unwrap();
                for (at, until) in sections(&office, draft, &person, now) {
                    let due = match until {
                        Until::Open => String::new(),
                        Until::Day(day) => format!(" (hạn {})", day.civil().strftime("%d/%m")),
                        Until::Moment(at) => format!(" (hạn {})", stamp(at, "%H:%M %d/%m")),
                    };
                    lines.push((section(at), format!("{name}{due}")));
                }
            }
            lines.sort_by_key(|(section, _)| *section);
            for same in lines.chunk_by(|a, b| a.0 == b.0) {
                let names: Vec<&str> = same.iter().map(|(_, name)| name.as_str()).collect();
                let count = names.len().to_string();
                found.push(vec![moment.into(), person.clone(), same[0].0.into(), count, names.join("; ")]);
            }
        }
    }
    assert_eq!(found, cells("today.csv"));
}

#[test]
fn opinions_have_two_figures() {
    let office = play("9", |_, _| ());
    let mut found = Vec::new();
    for (name, draft) in drafts(&office) {
        for (number, slip) in (1..).zip(&draft.slips) {
            for (moment, at) in [("at the deadline", Some(slip.until)), ("when summed up", slip.closed)] {
                let mut row: Vec<String> = vec![
                    name.clone(),
                    format!("{number}"),
                    slip.version.to_string(),
                    stamp(slip.until, "%Y-%m-%dT%H:%M"),
                    moment.into(),
                ];
                let Some(at) = at else {
                    row.extend(vec![String::new(); 9]);
                    row.push("chưa tổng hợp".into());
                    found.push(row);
                    continue;
                };
                if moment == "at the deadline" && slip.closed.is_some_and(|closed| closed < slip.until) {
                    continue;
                }
                let tally = slip.tally(Some(at));
                let lists = [&tally.agree, &tally.other, &tally.none, &tally.silent, &tally.late];
                row.extend(lists.map(|list| list.join("+")));
                row.push(if slip.silence_agrees { "agree" } else { "nothing" }.into());
                row.push(slip.basis.clone());
                row.extend([tally.counted.to_string(), tally.needed.to_string()]);
                row.push(if tally.carried() { "quá nửa" } else { "không quá nửa" }.into());
                found.push(row);
            }
        }
    }
    assert_eq!(found, cells("opinions.csv"));
}

#[test]
fn remarks_have_one_owner_at_a_time() {
    let office = play("9", |_, _| ());
    let mut found = Vec::new();
    for (name, draft) in drafts(&office) {
        for remark in &draft.remarks {
            let source = match &remark.origin {
                Origin::Meeting(event) => format!("meeting {event}"),
                origin => origin.name().to_owned(),
            };
            found.push(vec![
                name.clone(),
                remark.id.clone(),
                source,
                remark.by.clone(),
                remark.text.clone(),
                if remark.must { "phải trả lời" } else { "góp ý" }.into(),
                standing(remark.standing).into(),
                remark.how.map_or("", Into::into).into(),
                remark.answer.clone(),
                remark.checked_by.clone(),
            ]);
        }
    }
    assert_eq!(found, cells("remarks.csv"));
}

#[test]
fn offices_that_were_asked_are_named() {
    let office = play("9", |_, _| ());
    let mut found = Vec::new();
    for (name, draft) in drafts(&office) {
        for said in &draft.comments {
            let remark = draft.remark(&said.remark);
            let when = match (said.after, said.late) {
                (true, _) => "sau khi tổng hợp",
                (_, true) => "sau hạn",
                _ => "đúng hạn",
            };
            found.push(vec![
                name.clone(),
                said.version.to_string(),
                said.office.clone(),
                stamp(said.time, "%Y-%m-%dT%H:%M"),
                when.into(),
                if said.text.is_empty() { "không có ý kiến".into() } else { said.text.clone() },
                said.remark.clone(),
                remark.and_then(|remark| remark.how).map_or("", Into::into).into(),
                remark.map(|remark| remark.answer.clone()).unwrap_or_default(),
            ]);
        }
        for asked in &draft.consultations {
            for office in &asked.offices {
                if !draft.comments.iter().any(|said| said.office == *office) {
                    let mut row: Vec<String> =
                        vec![name.clone(), asked.version.to_string(), office.clone(), String::new()];
                    row.extend(["chưa trả lời".to_owned(), String::new(), String::new()]);
                    row.extend([String::new(), String::new()]);
                    found.push(row);
                }
            }
        }
    }
    assert_eq!(found, cells("comments.csv"));
}

#[test]
fn issued_papers_name_their_road() {
    let office = play("9", |_, _| ());
    let mut found = Vec::new();
    for (name, draft) in drafts(&office) {
        let Some(Ended::Issued { number, date, by, time, .. }) = &draft.ended else { continue };
        let of = |matter: &Matter| {
            draft
                .approval(matter)
                .map_or_else(String::new, |known| format!("{} (bản {})", known.by, known.version))
        };
        let mut met: Vec<String> = draft
            .approvals
            .iter()
            .filter(|known| known.ended_by.is_none())
            .filter_map(|known| match &known.matter {
                Matter::Met(step) => Some(format!("{step} {}", known.event)),
                _ => None,
            })
            .collect();
        met.sort();
        let drafted =
            (1..).zip(&draft.versions).map(|(number, version)| format!("{} bản {number}", version.by));
        let signed = draft.signed.iter().map(|signed| match &*signed.of {
            "" => format!("{}: {}", signed.by, signed.form.replace(" | ", " / ")),
            of => format!("{}: {} (ủy quyền của {of})", signed.by, signed.form.replace(" | ", " / ")),
        });
        let checked = draft.remarks.iter().filter(|remark| remark.standing == Standing::Checked).count();
        assert!(draft.signed.iter().all(|signed| signed.version == draft.version()), "{name}");
        assert!(!draft.remarks.iter().any(|remark| remark.holds()), "{name}");
        found.push(vec![
            number.clone(),
            stamp(*time, "%Y-%m-%dT%H:%M"),
            date.to_string(),
            name.clone(),
            draft.document_type.clone(),
            draft.title.clone(),
            drafted.collect::<Vec<_>>().join("; "),
            of(&Matter::Appraised(Layer::Form)),
            of(&Matter::Appraised(Layer::Content)),
            met.join("; "),
            of(&Matter::Opinions),
            of(&Matter::Initialled),
            signed.collect::<Vec<_>>().join("; "),
            format!("bản {}", draft.signed.last().unwrap().version),
            by.clone(),
            draft.remarks.len().to_string(),
            checked.to_string(),
        ]);
    }
    found.sort_by(|a, b| a[1].cmp(&b[1]));
    for (found, expected) in found.iter().zip(cells("issued.csv")) {
        assert_eq!(*found, expected);
    }
    assert_eq!(found.len(), cells("issued.csv").len());
}

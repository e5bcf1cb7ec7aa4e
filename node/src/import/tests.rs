#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use truc_proto::record::inspection::Finding;
use uuid::Uuid;

use super::*;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/samples")
}

/// The two office trees: three tiers until 30 June 2025, two since.
struct Trees {
    old: BTreeSet<String>,
    new: BTreeSet<String>,
}

fn trees() -> Trees {
    let codes = |name: &str| {
        let csv = fs::read_to_string(samples().join(name)).unwrap();
        csv.lines().skip(1).map(|row| row.split(',').next().unwrap().to_owned()).collect()
    };
    Trees { old: codes("offices-2024.csv"), new: codes("offices-2025.csv") }
}

fn id(code: &str) -> OfficeId {
    OfficeId(Uuid::from_u128(code.parse().unwrap()))
}

impl Offices for Trees {
    fn by_code(&self, code: &str, date: Date) -> Option<OfficeId> {
        let tree = if date < "2025-07-01".parse().unwrap() { &self.old } else { &self.new };
        tree.contains(code).then(|| id(code))
    }
}

fn file(number: &str) -> String {
    let mut files = fs::read_dir(samples().join("papers")).unwrap().map(|file| file.unwrap().path());
    let path = files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(number)).unwrap();
    fs::read_to_string(path).unwrap()
}

fn import(number: &str) -> (Draft, Move, String) {
    let file = file(number);
    let draft = parse(file.as_bytes()).unwrap().resolve(&trees()).unwrap();
    let mv = record::decode(draft.kind, &draft.body).unwrap();
    let body = file[3..].split_once("\n---\n").unwrap().1.to_owned();
    (draft, mv, body)
}

#[test]
fn every_sample_keeps_its_text_byte_for_byte() {
    for number in 1..=12 {
        let (draft, mv, body) = import(&format!("{number:02}"));
        let paper = mv.paper().unwrap();
        if number == 11 {
            assert!(paper.text.starts_with(&body) && paper.text.len() > body.len());
        } else {
            assert_eq!(paper.text, body, "{number}");
        }
        assert!(body.starts_with("\n> TÀI LIỆU MẪU") && body.ends_with('\n'));
        assert!(!draft.audience.is_empty() && !draft.author_hint.is_empty());
        assert_eq!(draft.confidentiality, Confidentiality::Open);
    }
}

#[test]
fn the_storm_letter_becomes_a_directive() {
    let (draft, mv, _) = import("01");
    assert_eq!((draft.kind, draft.urgency, draft.issuer), (3, Urgency::Express, id("40")));
    assert_eq!(draft.audience, [Scope::subtree(id("40"))]);
    assert_eq!(draft.author_hint, "TU");
    let Move::Directive(directive::Move::Issued(issued)) = mv else { panic!() };
    assert_eq!(issued.paper.document_type, "CV");
    assert_eq!(issued.paper.number, "913-CV/TU");
    assert_eq!(issued.paper.due, "2026-10-05T17:00:00+07:00");
    let counts: Vec<_> = issued.tasks.iter().map(|task| task.assignees.len()).collect();
    assert_eq!(counts, [1, 11, 36, 1, 1]);
    assert_eq!(issued.tasks[4].due, "2026-10-09");
    assert_eq!(issued.tasks[0].assignees, [Scope::subtree(id("40"))]);
}

#[test]
fn codes_mean_the_tree_of_the_papers_day() {
    let (draft, mv, _) = import("02");
    assert_eq!(draft.audience.len(), 20);
    assert!(draft.audience.contains(&Scope::office(id("432"))));
    let Move::Directive(directive::Move::Issued(issued)) = mv else { panic!() };
    assert_eq!(issued.tasks.iter().filter(|task| task.due.is_empty()).count(), 2);
    // The same paper two years later, when its districts no longer exist.
    let later = file("02").replace("issued: \"2024-12-03\"", "issued: \"2026-12-03\"");
    let refused = parse(later.as_bytes()).unwrap().resolve(&trees()).unwrap_err();
    assert!(matches!(refused, ImportError::UnknownOffice { line: 13, ref code, .. } if code == "412"));
}

#[test]
fn programmes_keep_lead_helpers_hours_and_places() {
    let (draft, mv, _) = import("03");
    assert_eq!(draft.kind, 2);
    let Move::Programme(programme::Move::Issued(issued)) = mv else { panic!() };
    assert_eq!((issued.items.len(), issued.version), (10, 1));
    assert_eq!(issued.items[1].coordinating.len(), 20);
    assert_eq!(issued.items[2].lead, id("16681"));
    assert_eq!(issued.items[3].preparer, "Đảng ủy Ủy ban nhân dân tỉnh");
    assert_eq!(issued.period.unwrap().kind, "year");
    let (_, mv, _) = import("04");
    let Move::Programme(programme::Move::Issued(issued)) = mv else { panic!() };
    assert_eq!(issued.items[6].coordinating, [Scope::office(id("17170")), Scope::office(id("17176"))]);
    let (draft, mv, _) = import("05");
    assert_eq!(draft.audience, [Scope::office(draft.issuer)]);
    let Move::Programme(programme::Move::Issued(issued)) = mv else { panic!() };
    assert_eq!(issued.items[0].starts, "2026-11-23T07:30:00+07:00");
    assert_eq!((issued.items[4].starts.as_str(), issued.items[4].product.as_str()), ("", ""));
    assert_eq!(issued.items[7].place, "Trụ sở Đảng ủy");
}

#[test]
fn figures_are_exact_and_no_data_is_not_zero() {
    let (draft, mv, _) = import("06");
    assert_eq!(draft.kind, 4);
    let Move::Report(report::Move::Submitted(said)) = mv else { panic!() };
    assert_eq!((said.form.as_str(), said.version, said.indicators.len()), ("VP-T/2026", 1, 12));
    let value = |at: usize| said.indicators[at].value;
    assert_eq!(value(6), Some(report::Decimal { unscaled: 912, scale: 1 }));
    assert_eq!(value(8), Some(report::Decimal { unscaled: 0, scale: 0 }));
    assert_eq!(value(10), None);
    let (draft, mv, _) = import("07");
    assert_eq!(draft.issuer, id("426"));
    let Move::Report(report::Move::Submitted(said)) = mv else { panic!() };
    assert_eq!(said.indicators[0].value.unwrap().to_string(), "3402");
    assert!(said.paper.title.contains("cấp uỷ"));
}

#[test]
fn an_inspection_and_its_answer_find_each_other_by_what_is_written_on_them() {
    let (draft, mv, _) = import("09");
    assert_eq!((draft.kind, draft.urgency), (6, Urgency::Urgent));
    let Move::Inspection(inspection::Move::Opened(opened)) = mv else { panic!() };
    assert_eq!(opened.checklist.len(), 6);
    let (draft, mv, _) = import("10");
    assert_eq!((draft.kind, draft.author_hint.as_str()), (6, "VPĐU"));
    let reference = draft.in_reply_to.unwrap();
    assert_eq!(reference.issuer, id("40"));
    assert_eq!((reference.series_term, reference.number), (opened.paper.term, opened.paper.number));
    let Move::Inspection(inspection::Move::SelfReported { answers, .. }) = mv else { panic!() };
    let findings: Vec<_> = answers.iter().map(|answer| answer.finding).collect();
    use Finding::{Met, NotMet, Partly};
    assert_eq!(findings, [Met, Partly, Met, Partly, Met, NotMet]);
    assert_eq!((answers[0].evidence.as_str(), answers[5].evidence.as_str()), ("K1-so-dang-ky.pdf", ""));
}

#[test]
fn guidance_and_meetings_are_guidance() {
    assert_eq!(import("08").0.kind, 5);
    let (draft, mv, body) = import("11");
    assert_eq!(draft.kind, 5);
    let paper = mv.paper().unwrap();
    assert_eq!((paper.document_type.as_str(), paper.due.as_str()), ("TB", "2026-11-25T11:00:00+07:00"));
    let added = &paper.text[body.len()..];
    for part in ["Bắt đầu: 8 giờ 00, thứ Năm 26/11/2026", "Phòng họp số 3", "trực tuyến", "3. Dự thảo"]
    {
        assert!(added.contains(part), "{added}");
    }
}

#[test]
fn text_that_is_not_normalised_stays_so() {
    let (draft, mv, body) = import("12");
    assert_eq!((draft.kind, draft.urgency), (3, Urgency::VeryUrgent));
    let paper = mv.paper().unwrap();
    assert_eq!((paper.document_type.as_str(), paper.number.as_str()), ("ĐA", "09-ĐA/ĐU"));
    assert!(file("12").contains(&format!("title: \"{}\"", paper.title)));
    assert!(paper.title.contains('\u{302}') && paper.title.contains('📄'));
    assert!(body.contains('\u{202e}') && body.lines().any(|line| line.chars().count() >= 20_000));
}

fn fails(number: &str, from: &str, to: &str) -> ImportError {
    let file = file(number);
    assert!(file.contains(from), "{from}");
    let paper = parse(file.replacen(from, to, 1).as_bytes());
    let error = paper.and_then(|paper| paper.resolve(&trees())).unwrap_err();
    let failure = Failure::from(error.clone());
    for lang in [Lang::Vi, Lang::En] {
        assert!(failure.message(lang).contains(". "), "{}", failure.message(lang));
    }
    let line = failure.args.iter().find(|(name, _)| name == "line").map(|(_, line)| line);
    if let Some(line) = line {
        assert_ne!(*line, 0u64.into(), "{error}");
    }
    error
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    use ImportError as E;
    assert!(
        matches!(fails("01", "issued:", "isued:"), E::UnknownField { line: 8, ref field } if field == "isued")
    );
    assert!(matches!(fails("01", "issued: \"2026-10-05\"\n", ""), E::MissingField { field: "issued", .. }));
    assert!(matches!(
        fails("01", "2026-10-05\"", "2026-02-30\""),
        E::BadDate { line: 8, field: "issued", .. }
    ));
    assert!(matches!(fails("01", "T10:00:00", "T25:00:00"), E::BadDate { line: 18, field: "tasks.due", .. }));
    assert!(matches!(fails("01", "hỏa tốc", "gấp"), E::UnknownValue { line: 10, field: "urgency", .. }));
    assert!(matches!(fails("01", "không mật", "tối mật"), E::Secret(11)));
    assert!(matches!(fails("01", "không mật", "riêng"), E::UnknownValue { line: 11, .. }));
    assert!(matches!(fails("01", "[\"subtree:40\"]", "[]"), E::NoRecipients(12)));
    assert!(matches!(fails("01", "\"16732\"", "\"99999\""), E::UnknownOffice { line: 22, .. }));
    assert!(matches!(fails("01", "issuer_code: \"40\"", "issuer_code: \"\""), E::EmptyField { line: 7, .. }));
    assert!(matches!(fails("01", "kind: directive", "kind: letter"), E::UnknownValue { line: 2, .. }));
    assert!(matches!(fails("01", "\"công văn\"", "\"công lệnh\""), E::UnknownValue { line: 3, .. }));
    assert!(matches!(
        fails("01", "kind: directive", "kind: guidance"),
        E::MisplacedField { line: 14 | 15, .. }
    ));
    assert!(matches!(
        fails("08", "kind: guidance", "kind: directive"),
        E::MissingField { field: "tasks", .. }
    ));
    assert!(matches!(fails("01", "id: \"T2\"", "id: \"T1\""), E::Rule(_)));
    assert!(matches!(fails("03", "to: \"2026-12-31\"", "to: \"2025-12-31\""), E::BadPeriod(13)));
    assert!(matches!(fails("06", "value: 91.2", "value: 9.12e1"), E::BadFigure { line: 23, .. }));
    assert!(matches!(fails("06", "value: 486", "value: 1_000"), E::BadFigure { .. }));
    assert!(matches!(fails("06", ", value: 486", ""), E::MissingField { field: "value", .. }));
    assert!(matches!(fails("10", "\"Đạt. 4", "\"Đạt4"), E::BadFinding(_)));
    assert!(matches!(fails("01", "---\nkind", "--\nkind"), E::NoFrontMatter));
    assert!(matches!(fails("08", "sample: true\n---", "sample: true"), E::FrontMatterOpen));
    assert!(matches!(fails("01", "title: \"", "title: \"\""), E::Syntax { line: 4, .. }));
    assert!(matches!(fails("01", "sample: true", "sample: true\nsample: true"), E::Syntax { line: 14, .. }));
    assert!(matches!(fails("01", "[\"subtree:40\"]", "&a [\"40\"]"), E::Syntax { .. }));
    assert!(matches!(fails("01", "**HỎA TỐC**", &"x".repeat(limits::ENTRY_CONTENT)), E::TooLong(_)));
}

/// The file with a change reads as the file without it.
#[track_caller]
fn reads_alike(name: &str, from: &str, to: &str) {
    let plain = file(name);
    let changed = plain.replacen(from, to, 1);
    assert_ne!(plain, changed);
    assert_eq!(parse(changed.as_bytes()).unwrap(), parse(plain.as_bytes()).unwrap(), "{to:?}");
}

#[test]
fn what_nobody_sees_makes_no_difference() {
    reads_alike("01", "không mật", "không\u{a0}mật");
    reads_alike("01", "hỏa tốc", "hỏa\u{200b} tốc");
    reads_alike("01", "---\nkind", "--- \nkind");
    reads_alike("01", "number: \"", "number: \"\u{200b}0");
    reads_alike("01", "\"2025-2030\"", "\"2025 – 2030\"");
    reads_alike("01", "issued: \"2026-10-05\"", "issued: \"5/10/2026\"");
    reads_alike("01", "\"16732\"", "\" 16732\u{a0}\"");
    reads_alike("01", "title: \"", "title: \"\\e\u{202e}");
    assert!(matches!(
        fails("01", "\"2025-2030\"", "xyz"),
        ImportError::UnknownValue { field: "series_term", .. }
    ));
    let blank = file("01").lines().find(|line| line.starts_with("title:")).unwrap().to_owned();
    assert!(matches!(
        fails("01", &blank, "title: \"\u{a0}\u{200b}\""),
        ImportError::EmptyField { line: 4, .. }
    ));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut bytes = file("01").into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 3;
    bytes[at] = 0xff;
    assert_eq!(parse(&bytes), Err(ImportError::NotUtf8(2)));
    let large = vec![b' '; limits::IMPORT_FILE as usize + 1];
    assert_eq!(parse(&large), Err(ImportError::TooLarge));
    assert_eq!(parse(b""), Err(ImportError::NoFrontMatter));
    assert_eq!(parse(b"---"), Err(ImportError::NoFrontMatter));
    let failure = Failure::from(parse(b"---\n").unwrap_err());
    assert_eq!(failure.exit, ExitCode::Input);
}

#[test]
fn a_file_is_loaded_within_the_limit_and_named() {
    let endless = load(Path::new("/dev/zero")).unwrap_err();
    assert_eq!((endless.key.as_ref(), endless.about.as_str()), ("import-too-large", "/dev/zero"));
    assert_eq!(load(Path::new("no-such-file.md")).unwrap_err().exit, ExitCode::NotFound);
    assert!(load(&samples().join("papers/08-huong-dan-gui-nhan-van-ban-bao-cao.md")).is_ok());
}

#[test]
fn line_ends_and_byte_order_mark_of_other_systems_do_no_harm() {
    let dos = format!("\u{feff}{}", file("08").replace('\n', "\r\n"));
    let paper = parse(dos.as_bytes()).unwrap();
    assert!(paper.paper().text.starts_with("\r\n> TÀI"));
    assert_eq!(paper.paper().number, "04-HD/VPTU");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_damage_to_a_file_makes_it_panic(number in 1usize..=12, at in any::<prop::sample::Index>(),
        cut in 0usize..40, put in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut bytes = file(&format!("{number:02}")).into_bytes();
        let end = bytes.windows(5).position(|part| part == b"\n---\n").unwrap() + 5;
        let from = at.index(end);
        let to = (from + cut).min(bytes.len());
        bytes.splice(from..to, put);
        if let Ok(paper) = parse(&bytes) {
            let _ = paper.resolve(&trees());
        }
    }
}

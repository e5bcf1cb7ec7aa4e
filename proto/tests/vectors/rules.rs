//! Verdicts of authority and secrecy over a small registry, and what entries fold to.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::Serialize;
use serde_json::{Value, json};
use truc_proto::audience::Scope;
use truc_proto::authority::check;
use truc_proto::entry::{Attachment, Channel, Header};
use truc_proto::id::{Hash, Incarnation, OfficeId, RecordId, Seat};
use truc_proto::record::{self, Outcome, State};
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::secrecy;
use truc_proto::time::{Hlc, When};
use truc_proto::wire::{self, Confidentiality};

use super::{OFFICE, PROVINCE, compare, entries, hex, hub_key, office};

const HUB: &str = "0198c0de-0000-7000-8000-000000000000";
const SISTER: &str = "0198c0de-0000-7000-8000-000000000003";
/// Seed of the ids of records.
const FIRST_RECORD: &str = "0198c0de-0000-7000-8000-0000000000a1";
const NOBODY: &str = "0198c0de-0000-7000-8000-0000000000ff";
/// Unix milliseconds of the first move.
const NOW: u64 = 1_795_000_000_000;

#[derive(Serialize)]
struct Verdicts {
    about: &'static str,
    hub: &'static str,
    /// Bodies of kind 1, in the order of the hub's ledger.
    registry: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Serialize)]
struct Case {
    name: &'static str,
    author: &'static str,
    record: String,
    kind: u32,
    body: String,
    /// Offices; `subtree:` before one for all under it too.
    audience: Vec<&'static str>,
    confidentiality: i32,
    attachments: usize,
    /// The refusal, or `allowed`.
    verdict: &'static str,
}

fn word(fact: wire::OfficeFact) -> wire::RegistryMove {
    wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) }
}

fn words() -> Vec<wire::RegistryMove> {
    let fact = |id: &str, tier: &str, parent: &str, code: &str, kind: &str, name: &str| {
        word(wire::OfficeFact {
            office: office(id).to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent: office(parent).to_wire(),
            code: code.into(),
            kind: kind.into(),
            name: name.into(),
            ..Default::default()
        })
    };
    vec![
        fact(PROVINCE, "province", HUB, "40", "tỉnh", "Tỉnh ủy Nghệ An"),
        fact(OFFICE, "commune", PROVINCE, "17464", "xã", "Đảng ủy xã Diễn Châu"),
        fact(SISTER, "commune", PROVINCE, "16681", "phường", "Đảng ủy phường Thành Vinh"),
    ]
}

fn paper(document_type: &str, title: &str) -> Option<wire::Paper> {
    Some(wire::Paper {
        document_type: document_type.into(),
        title: title.into(),
        number: String::new(),
        series_term: "2025-2030".into(),
        issued: "2026-11-24".into(),
        due: "2026-11-30".into(),
        text: String::new(),
        signer: String::new(),
        road: Bytes::new(),
    })
}

fn directive(mv: wire::directive_move::Move) -> (u32, Bytes) {
    (3, wire::DirectiveMove { r#move: Some(mv) }.encode_to_vec().into())
}

fn issued(document_type: &str, title: &str, assignee: Option<&str>) -> (u32, Bytes) {
    let task = |id: &str| wire::Task {
        id: "T1".into(),
        content: "Báo cáo kết quả".into(),
        assignees: vec![wire::Assignee { office: office(id).to_wire(), subtree: false }],
        due: "2026-11-28".into(),
        product: String::new(),
    };
    directive(wire::directive_move::Move::Issued(wire::DirectiveIssued {
        paper: paper(document_type, title),
        tasks: assignee.map(task).into_iter().collect(),
        in_reply_to: Bytes::new(),
    }))
}

/// A letter with this number.
fn numbered(number: &str) -> (u32, Bytes) {
    let paper = wire::Paper {
        number: number.into(),
        ..paper("CV", "V/v ứng phó bão số 9").unwrap_or_default()
    };
    directive(wire::directive_move::Move::Issued(wire::DirectiveIssued {
        paper: Some(paper),
        tasks: vec![],
        in_reply_to: Bytes::new(),
    }))
}

fn status(code: &str) -> (u32, Bytes) {
    directive(wire::directive_move::Move::Status(wire::DirectiveStatus {
        code: code.into(),
        ..Default::default()
    }))
}

fn guidance(mv: wire::guidance_move::Move) -> (u32, Bytes) {
    (5, wire::GuidanceMove { r#move: Some(mv) }.encode_to_vec().into())
}

fn guided(paper: Option<wire::Paper>) -> (u32, Bytes) {
    guidance(wire::guidance_move::Move::Issued(wire::GuidanceIssued { paper }))
}

fn acknowledged(note: &str) -> (u32, Bytes) {
    guidance(wire::guidance_move::Move::Acknowledged(wire::GuidanceAcknowledged { note: note.into() }))
}

fn report(version: u32, document_type: &str) -> (u32, Bytes) {
    let submitted = wire::ReportSubmitted {
        paper: paper(document_type, "Báo cáo tháng 11"),
        form: "VP-T/2026".into(),
        period: Some(wire::Period {
            kind: "month".into(),
            from: "2026-11-01".into(),
            to: "2026-11-30".into(),
        }),
        indicators: vec![wire::Indicator {
            id: "1".into(),
            label: "Văn bản đến".into(),
            unit: "văn bản".into(),
            value: Some(wire::Decimal { unscaled: 9120, scale: 2 }),
            note: String::new(),
        }],
        version,
    };
    let mv = wire::report_move::Move::Submitted(submitted);
    (4, wire::ReportMove { r#move: Some(mv) }.encode_to_vec().into())
}

fn judged(version: u32, accepted: bool) -> (u32, Bytes) {
    let mv = wire::report_move::Move::Judged(wire::ReportJudged { version, accepted, note: String::new() });
    (4, wire::ReportMove { r#move: Some(mv) }.encode_to_vec().into())
}

/// The body with a field more in its paper that no version knows: 100, with a text.
fn with_more((kind, body): (u32, Bytes)) -> (u32, Bytes) {
    let mut mv = wire::GuidanceMove::decode(body).unwrap();
    let Some(wire::guidance_move::Move::Issued(issued)) = mv.r#move.take() else {
        panic!("a paper is issued")
    };
    let mut paper = issued.paper.unwrap_or_default().encode_to_vec();
    paper.extend_from_slice(&[0xa2, 0x06, 3]);
    paper.extend_from_slice(b"mat");
    let within = |number: u8, inner: &[u8]| {
        let mut whole = vec![number << 3 | 2];
        prost::encoding::encode_varint(inner.len() as u64, &mut whole);
        [&whole[..], inner].concat()
    };
    (kind, within(1, &within(1, &paper)).into())
}

fn audience(texts: &[&'static str]) -> Vec<Scope> {
    texts
        .iter()
        .map(|text| match text.strip_prefix("subtree:") {
            Some(root) => Scope::subtree(office(root)),
            None => Scope::office(office(text)),
        })
        .collect()
}

fn case(
    name: &'static str,
    author: &'static str,
    (kind, body): (u32, Bytes),
    audience: Vec<&'static str>,
    confidentiality: Confidentiality,
) -> Case {
    let body = hex(body);
    let confidentiality = confidentiality.into();
    let record = record_of(author, kind);
    Case { name, author, record, kind, body, audience, confidentiality, attachments: 0, verdict: "" }
}

/// The id of an office's record of a kind.
fn record_of(owner: &str, kind: u32) -> String {
    RecordId::of(office(owner), kind, FIRST_RECORD.parse().unwrap()).to_string()
}

fn cases() -> Vec<Case> {
    use Confidentiality::{AbsoluteSecret, Open, Secret};
    let down = "subtree:0198c0de-0000-7000-8000-000000000001";
    let registry = (1, Bytes::from(words()[1].encode_to_vec()));
    let title = "V/v ứng phó bão số 9";
    vec![
        case("a letter to an office above", OFFICE, issued("CV", title, None), vec![PROVINCE], Open),
        Case {
            record: record_of(PROVINCE, 3),
            ..case(
                "a letter with the id of another office's record",
                OFFICE,
                issued("CV", title, None),
                vec![PROVINCE],
                Open,
            )
        },
        Case {
            record: record_of(OFFICE, 4),
            ..case(
                "a letter with the id of a report",
                OFFICE,
                issued("CV", title, None),
                vec![PROVINCE],
                Open,
            )
        },
        case("a number with the symbol of its author", OFFICE, numbered("05-CV/ĐU"), vec![PROVINCE], Open),
        case("a number with another's symbol", OFFICE, numbered("914-CV/TU"), vec![SISTER], Open),
        case("a number by the hub, which has no symbol", HUB, numbered("05-CV/VPTU"), vec![OFFICE], Open),
        case("a number of another type", PROVINCE, numbered("05-BC/TU"), vec![OFFICE], Open),
        case("a number that is none", PROVINCE, numbered("abc"), vec![OFFICE], Open),
        case(
            "a paper that the centre alone issues",
            PROVINCE,
            issued("LKG", title, None),
            vec![OFFICE],
            Open,
        ),
        case("a letter to a sister", OFFICE, issued("CV", title, None), vec![SISTER], Open),
        case("a binding paper to a sister", OFFICE, issued("CT", title, None), vec![SISTER], Open),
        case("a binding paper to all below", PROVINCE, issued("CT", title, None), vec![down], Open),
        case(
            "a paper of no known type counts as binding",
            OFFICE,
            issued("XX", title, None),
            vec![PROVINCE],
            Open,
        ),
        case("work for a sister", OFFICE, issued("CV", title, Some(SISTER)), vec![OFFICE], Open),
        case("work for an office below", PROVINCE, issued("CV", title, Some(OFFICE)), vec![OFFICE], Open),
        case("guidance to an office above", OFFICE, guided(paper("TB", title)), vec![PROVINCE], Open),
        case("a report to an office above", OFFICE, report(1, "BC"), vec![PROVINCE], Open),
        case("a report to a sister", OFFICE, report(1, "BC"), vec![SISTER], Open),
        case("a report judged by its author", OFFICE, judged(1, true), vec![PROVINCE], Open),
        case("an addressee that is not registered", PROVINCE, status("01"), vec![NOBODY], Open),
        case("an author that is not registered", NOBODY, status("01"), vec![PROVINCE], Open),
        case("the registry by another than the hub", PROVINCE, registry.clone(), vec![OFFICE], Open),
        case("the registry by the hub", HUB, registry, vec![OFFICE], Open),
        case(
            "a body that does not decode",
            OFFICE,
            (3, Bytes::from_static(&[0x0a, 5, 1])),
            vec![PROVINCE],
            Open,
        ),
        case("a known kind with an empty body", OFFICE, (3, Bytes::new()), vec![PROVINCE], Open),
        case(
            "a move of a known kind that is not known",
            OFFICE,
            (3, Bytes::from_static(&[0xa2, 6, 0])),
            vec![SISTER],
            Open,
        ),
        case("an unknown kind", OFFICE, (99, Bytes::from_static(b"?")), vec![SISTER], Open),
        case("an unknown kind, secret", OFFICE, (99, Bytes::from_static(b"?")), vec![PROVINCE], Secret),
        case("a stub", PROVINCE, guided(paper("TB", title)), vec![OFFICE], Secret),
        case(
            "a stub with its title at the highest level",
            PROVINCE,
            guided(paper("TB", title)),
            vec![OFFICE],
            AbsoluteSecret,
        ),
        case(
            "a stub without its title at the highest level",
            PROVINCE,
            guided(paper("TB", "")),
            vec![OFFICE],
            AbsoluteSecret,
        ),
        case("a note in a secret answer", OFFICE, acknowledged("đã nhận"), vec![PROVINCE], Secret),
        case(
            "a secret stub with a field that nobody knows",
            PROVINCE,
            with_more(guided(paper("TB", title))),
            vec![OFFICE],
            Secret,
        ),
        case(
            "an open paper with a field that nobody knows",
            PROVINCE,
            with_more(guided(paper("TB", title))),
            vec![OFFICE],
            Open,
        ),
        Case {
            attachments: 1,
            ..case("a secret stub with a file", PROVINCE, guided(paper("TB", title)), vec![OFFICE], Secret)
        },
    ]
}

fn header(case: &Case, body: &[u8]) -> Header {
    let channel = |scope| Channel { scope, previous: None };
    let file = Attachment { hash: Hash([7; 32]), size: 1, name: "a.pdf".into(), media_type: String::new() };
    Header {
        ledger: office(case.author),
        record: case.record.parse().unwrap(),
        kind: case.kind,
        mv: record::number(body),
        audience: audience(&case.audience).into_iter().map(channel).collect(),
        confidentiality: Confidentiality::try_from(case.confidentiality).unwrap(),
        attachments: vec![file; case.attachments],
        ..entries::first_header()
    }
}

fn judge(registry: &Registry, case: &Case) -> Result<(), Refusal> {
    let body = Bytes::from(super::unhex(&case.body));
    let header = header(case, &body);
    let entry = entries::write(&header, &body, Hash::ZERO);
    let mv = record::read(&entry).map_err(|_| Refusal::Malformed)?;
    secrecy::legible(&entry)?;
    check(registry, &header, &mv, None)
}

#[test]
fn who_may_write_what_to_whom() {
    let mut registry = Registry::new(office(HUB), hub_key().verifying_key());
    for (word, position) in words().iter().zip(1..) {
        assert!(registry.apply(position, word));
    }
    let mut cases = cases();
    for case in &mut cases {
        case.verdict = judge(&registry, case).map_or_else(Refusal::code, |()| "allowed");
    }
    let of = |name: &str| cases.iter().find(|case| case.name == name).unwrap().verdict;
    assert_eq!(of("a known kind with an empty body"), "malformed");
    assert_eq!(of("a secret stub with a field that nobody knows"), "secret");
    assert_eq!(of("an open paper with a field that nobody knows"), "allowed");
    assert_eq!(of("a stub"), "allowed");
    assert_eq!(of("a letter with the id of another office's record"), "foreign-record");
    assert_eq!(of("a letter with the id of a report"), "foreign-record");
    compare(
        "verdicts.json",
        &Verdicts {
            about: "Verdicts of the rules of section 10 over a registry of a province and two communes. Each case \
                    is an entry's author, record, kind, body, audience, confidentiality and number of attachments; its \
                    signature and its chain are taken as right.",
            hub: HUB,
            registry: words().iter().map(|word| hex(word.encode_to_vec())).collect(),
            cases,
        },
    );
}

#[derive(Serialize)]
struct Folding {
    about: &'static str,
    records: Vec<Record>,
}

#[derive(Serialize)]
struct Record {
    name: &'static str,
    kind: u32,
    moves: Vec<Moved>,
    /// The strand of each office at the end.
    strands: BTreeMap<String, Value>,
}

#[derive(Serialize)]
struct Moved {
    office: &'static str,
    seq: u64,
    time: u64,
    /// When the hub had it, Unix milliseconds; null: nobody knows.
    arrived: Option<u64>,
    body: String,
    /// `applied`, or why it changed nothing.
    outcome: &'static str,
}

fn folded(name: &'static str, moves: Vec<(&'static str, (u32, Bytes))>) -> Record {
    let mut strands: BTreeMap<OfficeId, State> = BTreeMap::new();
    let kind = moves[0].1.0;
    let moves = moves.into_iter().zip(1..).map(|((author, (kind, body)), seq)| {
        let mv = record::decode(kind, &body).unwrap();
        let seat = Seat { incarnation: Incarnation::after(None, 1), seq };
        let time = Hlc::tick(Hlc::default(), NOW + seq * 60_000);
        // One arrives while its author's clock is ahead, and of one nobody knows when it came.
        let arrived = match seq % 7 {
            5 => Some(time.millis() - 1_000),
            6 => None,
            _ => Some(time.millis() + 1_000),
        };
        let strand = strands.entry(office(author)).or_insert_with(|| State::of(&mv).unwrap());
        let outcome = match strand.apply(seat, When::of(time, None, arrived), mv) {
            Outcome::Applied => "applied",
            Outcome::NotAllowed(why) => why,
        };
        Moved { office: author, seq, time: time.0, arrived, body: hex(body), outcome }
    });
    let moves = moves.collect();
    let strands = strands.into_iter().map(|(office, state)| (office.to_string(), json!(state))).collect();
    Record { name, kind, moves, strands }
}

#[test]
fn what_entries_fold_to() {
    let progress = |percent| {
        directive(wire::directive_move::Move::Progress(wire::TaskProgress {
            task: "T1".into(),
            percent,
            note: String::new(),
        }))
    };
    let question = |number| {
        guidance(wire::guidance_move::Move::Question(wire::GuidanceQuestion {
            number,
            text: "Hạn nào?".into(),
        }))
    };
    let inspection = |mv| (6, Bytes::from(wire::InspectionMove { r#move: Some(mv) }.encode_to_vec()));
    let programme = |mv| (2, Bytes::from(wire::ProgrammeMove { r#move: Some(mv) }.encode_to_vec()));
    use wire::inspection_move::Move as Inspected;
    use wire::programme_move::Move as Planned;
    let verifying = || {
        let office = office(OFFICE).to_wire();
        inspection(Inspected::Verifying(wire::VerificationStarted { office, note: String::new() }))
    };
    let plan = |version| {
        programme(Planned::Issued(wire::ProgrammeIssued {
            paper: paper("CTr", "Chương trình công tác năm 2027")
                .map(|paper| wire::Paper { number: "05-CTr/TU".into(), ..paper }),
            period: Some(wire::Period {
                kind: "year".into(),
                from: "2027-01-01".into(),
                to: "2027-12-31".into(),
            }),
            items: vec![wire::ProgrammeItem {
                id: "1".into(),
                content: "Sơ kết".into(),
                lead: office(OFFICE).to_wire(),
                ..Default::default()
            }],
            version,
            dropped: Vec::new(),
        }))
    };
    let opened = inspection(Inspected::Opened(wire::InspectionOpened {
        paper: paper("KH", "Kiểm tra"),
        period: None,
        checklist: vec![wire::ChecklistItem { id: "1".into(), question: "Sổ?".into() }],
        supervision: false,
    }));
    let records = vec![
        folded(
            "a directive, accepted and done; a second acceptance changes nothing",
            vec![
                (PROVINCE, issued("CV", "V/v ứng phó bão", Some(OFFICE))),
                (OFFICE, status("01")),
                (OFFICE, status("03")),
                (OFFICE, status("03")),
                (OFFICE, progress(40)),
                (OFFICE, progress(100)),
                (OFFICE, status("06")),
                (PROVINCE, issued("CV", "lần nữa", None)),
                (OFFICE, status("99")),
            ],
        ),
        folded(
            "a report, returned, sent again, accepted",
            vec![
                (OFFICE, report(1, "BC")),
                (PROVINCE, judged(1, false)),
                (OFFICE, report(1, "BC")),
                (OFFICE, report(2, "BC")),
                (PROVINCE, judged(2, true)),
                (PROVINCE, judged(2, false)),
            ],
        ),
        folded(
            "guidance: acknowledged twice, asked",
            vec![
                (PROVINCE, guided(paper("HD", "Hướng dẫn báo cáo"))),
                (OFFICE, acknowledged("")),
                (OFFICE, acknowledged("lần hai")),
                (OFFICE, question(1)),
                (OFFICE, question(1)),
            ],
        ),
        folded(
            "an inspection",
            vec![(PROVINCE, opened), (PROVINCE, verifying()), (PROVINCE, verifying()), (OFFICE, verifying())],
        ),
        folded("a programme, adjusted", vec![(PROVINCE, plan(1)), (PROVINCE, plan(2)), (PROVINCE, plan(2))]),
    ];
    let outcomes: Vec<&str> = records.iter().flat_map(|of| &of.moves).map(|mv| mv.outcome).collect();
    assert!(outcomes.contains(&"not-owner") && outcomes.contains(&"applied"), "{outcomes:?}");
    compare(
        "folding.json",
        &Folding {
            about: "Moves of records in the order of arrival, each with what it did, and the strands of the offices \
                    at the end. `time` is hybrid logical and signed, `arrived` when the hub had the entry (Unix \
                    milliseconds; null: nobody knows), `seq` the place in its author's ledger (incarnation \
                    0000000100000001). The strands are as this program keeps them: their names are not part of the \
                    protocol, their meaning is.",
            records,
        },
    );
}

#![allow(clippy::unwrap_used)]
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::*;
use crate::entry::{Attachment, Channel, INSIDE, SEALED_FILE};
use crate::id::{Hash, Incarnation, RecordId, Seat};
use crate::record::{Paper, directive, guidance, inspection, programme, tests::samples};
use crate::time::Hlc;
use crate::wire::{self, Confidentiality, Urgency};

pub(crate) fn id(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

pub(crate) fn header(author: u128, kind: u32, audience: &[Scope]) -> Header {
    Header {
        ledger: id(author),
        seat: Seat { incarnation: Incarnation(1 << 32), seq: 1 },
        base: None,
        time: Hlc(0),
        seen: None,
        author: "van-thu".into(),
        record: RecordId::of(id(author), kind, Uuid::from_u128(7)),
        kind,
        mv: 0,
        audience: audience.iter().map(|scope| Channel { scope: *scope, previous: None }).collect(),
        urgency: Urgency::Normal,
        confidentiality: Confidentiality::Open,
        attachments: vec![],
        seal: None,
    }
}

/// Registry of hub 1, province 2, districts 10 and 11, communes 100 and 101 (under 10) and 110 (under 11).
fn province() -> Registry {
    let mut registry = Registry::new(id(1), SigningKey::from_bytes(&[1; 32]).verifying_key());
    let tree = [
        (2, "province", 1),
        (10, "district", 2),
        (11, "district", 2),
        (100, "commune", 10),
        (101, "commune", 10),
        (110, "commune", 11),
    ];
    for (office, tier, parent) in tree {
        let fact = wire::OfficeFact {
            office: id(office).to_wire(),
            since: "2020-01-01".into(),
            tier: tier.into(),
            parent: id(parent).to_wire(),
            ..Default::default()
        };
        let mv = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
        assert!(registry.apply(1, &mv));
    }
    registry
}

fn letter(document_type: &str) -> Move {
    let paper = Paper { document_type: document_type.into(), ..Paper::default() };
    directive::Move::Issued(directive::Issued { paper, tasks: vec![], in_reply_to: None }).into()
}

fn judge(author: u128, mv: &Move, audience: &[Scope]) -> Result<(), Refusal> {
    check(&province(), &sealed_header(author, mv.kind(), audience), mv, None)
}

/// A header that says the body is sealed, if bodies of this kind are.
fn sealed_header(author: u128, kind: u32, audience: &[Scope]) -> Header {
    let inward = crate::record::kind(kind).is_some_and(|kind| kind.inward);
    let plain = header(author, kind, audience);
    if inward { Header { seal: Some(Hash::ZERO), author: INSIDE.into(), ..plain } } else { plain }
}

/// An office in each relation to district 10: own, below, above, sideways.
const DISTRICT_SEES: [(u128, char); 4] = [(10, 'o'), (100, 'b'), (2, 'a'), (11, 's')];

#[test]
fn the_whole_table() {
    let expected = "
        2 closed oba; 2 confirmed oba; 2 issued oba; 2 progress oba;
        3 accepted obas; 3 agreed obas; 3 arrived obas; 3 assigned o; 3 completed obas; 3 confirmed ob;
        3 declined obas; 3 issued obas; 3 processing obas; 3 progress oa; 3 refused obas; 3 reminder ob;
        3 status obas; 3 take-back obas;
        4 accepted ob; 4 returned ob; 4 submitted oa;
        5 acknowledged oa; 5 answer ob; 5 issued ob; 5 question oa;
        6 closed ob; 6 concluded ob; 6 opened ob; 6 remediated oa; 6 self-reported oa; 6 verifying ob;
        7 away o; 7 delegate o; 7 end o; 7 import o; 7 say o;
        8 approve o; 8 ask o; 8 back o; 8 check o; 8 confirm o; 8 contribute o; 8 deny o; 8 give o;
        8 grant o; 8 hand-in o; 8 keep o; 8 move-due o; 8 note o; 8 pass o; 8 progress o; 8 propose o;
        8 reassign o; 8 reopen o; 8 return o; 8 seen o; 8 take o; 8 withdraw o;
        9 adopt o; 9 answer o; 9 appraise o; 9 approve o; 9 ask o; 9 begin o; 9 check o; 9 close-ask o;
        9 close-consult o; 9 comment o; 9 consult o; 9 extend-ask o; 9 hand-in o; 9 initial o; 9 issue o;
        9 meeting o; 9 opinion o; 9 reassign o; 9 redirect o; 9 resume o; 9 return o; 9 save o; 9 sign o;
        9 supersede o; 9 take-back o; 9 unsign o; 9 withdraw o;
        10 accept o; 10 answer o; 10 arrive o; 10 classify o; 10 correct o; 10 full-register o; 10 guide o;
        10 identity o; 10 keep o; 10 note o; 10 paper-copy o; 10 receipt o; 10 reply o; 10 sender o;
        10 summary o; 10 transfer o; 10 void o;
        16 checked o; 16 deposited o; 16 key o; 16 recovered o";
    let mut seen: Vec<String> = Vec::new();
    for mv in samples().into_iter().filter(|mv| mv.kind() != 1) {
        let to = DISTRICT_SEES
            .iter()
            .filter(|(office, _)| {
                let mv = about(plain(mv.clone()), id(*office));
                judge(10, &mv, &[Scope::office(id(*office))]).is_ok()
            })
            .map(|(_, letter)| *letter)
            .collect::<String>();
        seen.push(format!("{} {} {to}", mv.kind(), mv.name()));
    }
    seen.sort();
    seen.dedup();
    let mut expected: Vec<String> =
        expected.split(';').map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    expected.sort();
    assert_eq!(seen, expected);
}

/// The same move, about this office if it is about one.
fn about(mv: Move, office: OfficeId) -> Move {
    use directive::Move as Directive;
    use inspection::Move as Inspection;
    match mv {
        Move::Directive(Directive::Confirmed { task, accepted, note, .. }) => {
            Directive::Confirmed { task, office, accepted, note }.into()
        }
        Move::Programme(programme::Move::Confirmed { item, accepted, note, .. }) => {
            programme::Move::Confirmed { item, office, accepted, note }.into()
        }
        Move::Guidance(guidance::Move::Answer { number, text, .. }) => {
            guidance::Move::Answer { office, number, text }.into()
        }
        Move::Inspection(Inspection::Verifying { note, .. }) => Inspection::Verifying { office, note }.into(),
        Move::Inspection(Inspection::Concluded { conclusion, remedy_by, .. }) => {
            Inspection::Concluded { office, conclusion, remedy_by }.into()
        }
        Move::Inspection(Inspection::Closed { note, .. }) => Inspection::Closed { office, note }.into(),
        other => {
            assert_eq!(other.about(), None, "{}: say here how it is made about an office", other.name());
            other
        }
    }
}

/// A body is sealed exactly where its kind is for the inside of an office; nothing is said of its files but their size.
#[test]
fn what_is_inward_is_sealed_and_nothing_else_is() {
    let own = |mv: &Move| match mv.rule() {
        Some(rule) if !rule.is_inward() => vec![],
        _ => vec![Scope::office(id(10))],
    };
    let mut inward = 0;
    for mv in samples().into_iter().filter(|mv| mv.kind() != 1).map(plain) {
        let right = sealed_header(10, mv.kind(), &own(&mv));
        let other = if right.seal.is_some() { None } else { Some(Hash::ZERO) };
        let judged = |header: &Header| check(&province(), header, &mv, None);
        assert_ne!(judged(&right), Err(Refusal::Seal), "{}", mv.name());
        assert_eq!(judged(&Header { seal: other, ..right.clone() }), Err(Refusal::Seal), "{}", mv.name());
        let closed = Move::Sealed { kind: mv.kind(), number: 1 };
        let file = |name: &str| Attachment {
            hash: Hash([7; 32]),
            size: 300,
            name: name.into(),
            media_type: String::new(),
        };
        if right.seal.is_some() {
            inward += 1;
            assert_eq!(check(&province(), &right, &closed, None), Ok(()), "as a hub reads it");
            let with = |name| Header { attachments: vec![file(name)], ..right.clone() };
            assert_eq!(judged(&with(SEALED_FILE)), Ok(()));
            assert_eq!(judged(&with("đơn.pdf")), Err(Refusal::Seal), "a name tells what it is about");
            let named = Header { author: "hoa".into(), ..right.clone() };
            assert_eq!(judged(&named), Err(Refusal::Seal), "the header names no person");
            let secret = Header { confidentiality: Confidentiality::Secret, ..right.clone() };
            assert_eq!(judged(&secret), Err(Refusal::Secret), "sealing does not open the gate");
            assert_eq!(check(&province(), &secret, &closed, None), Err(Refusal::Secret), "at the hub too");
            let foreign = Header { record: RecordId(Uuid::from_u128(1)), ..right.clone() };
            assert_eq!(check(&province(), &foreign, &closed, None), Err(Refusal::ForeignRecord));
        }
    }
    assert!(inward >= 5);
    // A newer program may seal what it writes to its own office alone.
    let newer = Move::Sealed { kind: 99, number: 1 };
    let sealed =
        |to: &[Scope]| Header { seal: Some(Hash::ZERO), author: INSIDE.into(), ..header(10, 99, to) };
    assert_eq!(check(&province(), &sealed(&[]), &newer, None), Ok(()));
    let to_other = sealed(&[Scope::office(id(100))]);
    assert_eq!(check(&province(), &to_other, &newer, None), Err(Refusal::Seal));
}

#[test]
fn what_is_for_the_office_alone_goes_to_nobody_else_even_if_it_is_unknown() {
    for kind in crate::record::KINDS.iter().filter(|kind| kind.inward) {
        assert!(kind.moves.iter().all(crate::record::Rule::is_inward), "{}", kind.name);
        let newer = Move::Unknown { kind: kind.number, body: vec![0xfa, 0x01, 0x00].into() };
        let own = Scope::office(id(10));
        assert_eq!((judge(10, &newer, &[]), judge(10, &newer, &[own])), (Ok(()), Ok(())));
        for other in [100, 2, 11].map(|other| Scope::office(id(other))) {
            assert_eq!(judge(10, &newer, &[own, other]), Err(Refusal::MayNotAddress), "{other:?}");
        }
        assert_eq!(judge(10, &newer, &[Scope::subtree(id(10))]), Err(Refusal::MayNotAddress));
    }
}

#[test]
fn a_move_about_one_office_goes_to_that_office_alone() {
    let mut tried = 0;
    for mv in samples().into_iter().filter(|mv| mv.about().is_some()) {
        let mv = about(mv, id(100));
        let one = Scope::office(id(100));
        assert_eq!(judge(10, &mv, &[one]), Ok(()), "{}", mv.name());
        let wrong: [&[Scope]; 5] = [
            &[],
            &[Scope::office(id(101))],
            &[one, Scope::office(id(101))],
            &[Scope::subtree(id(10))],
            &[Scope::subtree(id(100))],
        ];
        for audience in wrong {
            assert_eq!(judge(10, &mv, audience), Err(Refusal::NotConcerned), "{} {audience:?}", mv.name());
        }
        tried += 1;
    }
    assert_eq!(tried, 6);
}

#[test]
fn who_is_given_work_is_among_the_addressees() {
    let task = |assignees: Vec<Scope>| {
        let (id, content, due, product) = ("T1".into(), "…".into(), String::new(), String::new());
        let tasks = vec![directive::Task { id, content, assignees, due, product }];
        let paper = Paper { document_type: "CV".into(), ..Paper::default() };
        Move::from(directive::Move::Issued(directive::Issued { paper, tasks, in_reply_to: None }))
    };
    let item = |lead: u128| {
        let sample = samples().into_iter().find(|mv| mv.kind() == 2 && mv.name() == "issued").unwrap();
        let Move::Programme(programme::Move::Issued(mut issued)) = sample else { panic!() };
        issued.items[0].lead = id(lead);
        issued.paper.number = String::new();
        Move::from(programme::Move::Issued(issued))
    };
    let (one, other, all) = (Scope::office(id(100)), Scope::office(id(101)), Scope::subtree(id(10)));
    let missing = Err(Refusal::LeadNotAddressed);
    let above = Scope::subtree(id(2));
    let cases = [
        (2, task(vec![one]), vec![one], Ok(())),
        (2, task(vec![one]), vec![all], Ok(())),
        (2, task(vec![one]), vec![above], Ok(())),
        (2, task(vec![all]), vec![above], Ok(())),
        (2, task(vec![all]), vec![all], Ok(())),
        (2, task(vec![one]), vec![other], missing),
        (2, task(vec![one, other]), vec![one], missing),
        (2, task(vec![all]), vec![one, other], missing),
        (2, task(vec![one]), vec![Scope::office(id(10))], missing),
        (2, task(vec![one]), vec![], missing),
        (10, task(vec![Scope::office(id(10))]), vec![one], Ok(())),
        (2, item(100), vec![all], Ok(())),
        (2, item(100), vec![other], missing),
        (10, item(10), vec![one], Ok(())),
    ];
    for (at, (author, mv, audience, expected)) in cases.into_iter().enumerate() {
        assert_eq!(judge(author, &mv, &audience), expected, "{at}");
    }
}

/// The same move without work for other offices, and with a paper that does not bind and bears no number.
fn plain(mut mv: Move) -> Move {
    if let Some(paper) = mv.paper_mut() {
        paper.number = String::new();
    }
    match mv {
        Move::Directive(directive::Move::Issued(_)) => letter("CV"),
        Move::Programme(programme::Move::Issued(issued)) => {
            programme::Move::Issued(programme::Issued { items: vec![], ..issued }).into()
        }
        other => other,
    }
}

#[test]
fn binding_papers_go_down_only() {
    let open = DocumentType::ALL.iter().filter(|kind| !kind.is_central());
    for kind in open.map(|kind| kind.code()).chain(["", "XX"]) {
        let directs = DocumentType::from_code(kind).is_none_or(DocumentType::directs);
        for (office, relation) in DISTRICT_SEES {
            let verdict = judge(10, &letter(kind), &[Scope::office(id(office))]);
            let expected =
                if directs && "as".contains(relation) { Err(Refusal::MayNotDirect) } else { Ok(()) };
            assert_eq!(verdict, expected, "{kind} to {relation}");
        }
    }
}

/// Every kind of record that brings a paper, every level, every symbol: only its owner numbers with it.
#[test]
fn a_number_bears_a_symbol_of_its_author() {
    let owned = [(1, ""), (2, "TU VPTU"), (10, "HU VPHU"), (100, "ĐU VPĐU")];
    let mut papers = 0;
    for mv in samples().into_iter().filter(|mv| mv.paper().is_some()) {
        let mut mv = plain(mv);
        let kind = DocumentType::from_code(&mv.paper().unwrap().document_type).unwrap();
        papers += 1;
        for (author, own) in owned {
            for symbol in ["TU", "VPTU", "HU", "VPHU", "ĐU", "VPĐU", "UBND", "tu"] {
                let mut number = |number: String| {
                    mv.paper_mut().unwrap().number = number;
                    judge(author, &mv, &[Scope::office(id(author))])
                };
                let mine = own.split(' ').any(|own| own == symbol);
                let expected = if mine { Ok(()) } else { Err(Refusal::NotYourSymbol) };
                assert_eq!(number(kind.number_text(7, symbol)), expected, "{author} {symbol}");
                let other = if kind.symbol() == "GM" { "PC" } else { "GM" };
                assert_eq!(number(format!("07-{other}/{symbol}")), Err(Refusal::Malformed), "{symbol}");
            }
        }
        for none in ["07", "abc", "07-CV", "00-CV/TU", "123456-CV/TU", "07/CV-TU"] {
            mv.paper_mut().unwrap().number = none.into();
            assert_eq!(judge(2, &mv, &[Scope::office(id(2))]), Err(Refusal::Malformed), "{none}");
        }
    }
    assert!(papers >= 6, "a paper of each kind, and a self-report");
    assert_eq!(judge(2, &letter("LKG"), &[Scope::office(id(2))]), Err(Refusal::NotForBody));
}

/// Which types a body issues is asked of each paper by author, hub and addressee.
#[test]
fn a_body_issues_papers_of_its_own_types() {
    use DocumentType::{Communique, Conclusion, Directive, OfficialLetter, Resolution};
    let (registry, not) = (province(), Err(Refusal::NotForBody));
    for (author, kind, symbol, expected) in [
        (2, Communique, "TU", Ok(())),
        (2, Resolution, "VPTU", not),
        (2, Directive, "VPTU", not),
        (2, Conclusion, "VPTU", Ok(())),
        (100, Resolution, "ĐU", Ok(())),
        (100, Directive, "ĐU", Ok(())),
        (100, Resolution, "VPĐU", not),
        (100, Conclusion, "VPĐU", not),
        (100, Communique, "ĐU", not),
        (100, Communique, "", not),
        (100, OfficialLetter, "VPĐU", Ok(())),
        (100, Resolution, "TU", Err(Refusal::NotYourSymbol)),
    ] {
        let mut mv = letter(kind.code());
        if !symbol.is_empty() {
            mv.paper_mut().unwrap().number = kind.number_text(7, symbol);
        }
        let told = format!("{author} {} {symbol}", kind.code());
        assert_eq!(judge_on(&registry, "2026-11-30", author, &mv, author), expected, "{told}");
        // What bears a date from before the regulation is judged as it was then.
        mv.paper_mut().unwrap().issued = Some("2025-12-31".parse().unwrap());
        let before = if expected == not { Ok(()) } else { expected };
        assert_eq!(judge_on(&registry, "2026-11-30", author, &mv, author), before, "{told} before");
    }
}

/// A paper bears the symbol that its office had on the date of the paper.
#[test]
fn symbols_change_from_a_day_on() {
    let mut registry = province();
    let fact = wire::OfficeFact {
        office: id(100).to_wire(),
        parent: id(10).to_wire(),
        tier: "commune".into(),
        since: "2027-01-01".into(),
        said: "2026-11-30".into(),
        symbols: vec!["ĐU".into(), "BXDĐ".into()],
        ..Default::default()
    };
    let word = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
    assert!(registry.apply(50, &word));
    let mut mv = letter("CV");
    for (day, issued, symbol, expected) in [
        ("2026-12-31", "2026-12-31", "VPĐU", Ok(())),
        ("2026-12-31", "2026-12-31", "BXDĐ", Err(Refusal::NotYourSymbol)),
        ("2027-01-05", "2027-01-05", "BXDĐ", Ok(())),
        ("2027-01-05", "2027-01-05", "VPĐU", Err(Refusal::NotYourSymbol)),
        ("2027-01-05", "2026-12-31", "VPĐU", Ok(())),
        ("2026-12-31", "2027-01-05", "BXDĐ", Err(Refusal::NotYourSymbol)),
    ] {
        let paper = mv.paper_mut().unwrap();
        paper.number = DocumentType::OfficialLetter.number_text(1, symbol);
        paper.issued = Some(issued.parse().unwrap());
        assert_eq!(judge_on(&registry, day, 100, &mv, 10), expected, "{day} {issued} {symbol}");
    }
    // What is said late counts for papers of before, and for no entry that was written before it was said.
    let fact = wire::OfficeFact {
        office: id(101).to_wire(),
        parent: id(10).to_wire(),
        tier: "commune".into(),
        since: "2025-07-01".into(),
        said: "2026-11-30".into(),
        symbols: vec!["BXDĐ".into()],
        ..Default::default()
    };
    let word = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
    assert!(registry.apply(51, &word));
    let paper = mv.paper_mut().unwrap();
    paper.number = "01-CV/BXDĐ".into();
    paper.issued = Some("2026-01-05".parse().unwrap());
    assert_eq!(judge_on(&registry, "2026-11-30", 101, &mv, 10), Ok(()));
    assert_eq!(judge_on(&registry, "2026-11-29", 101, &mv, 10), Err(Refusal::NotYourSymbol));
}

#[test]
fn a_commune_cannot_direct_a_district_by_tasks_either() {
    let with_task = |assignee: u128| {
        let paper = Paper { document_type: "CV".into(), ..Paper::default() };
        let assignees = vec![Scope::office(id(assignee))];
        let (id, content, due, product) = ("T1".into(), "…".into(), String::new(), String::new());
        let tasks = vec![directive::Task { id, content, assignees, due, product }];
        Move::from(directive::Move::Issued(directive::Issued { paper, tasks, in_reply_to: None }))
    };
    let to_district = [Scope::office(id(10))];
    assert_eq!(judge(100, &with_task(10), &to_district), Err(Refusal::MayNotDirect));
    assert_eq!(judge(100, &with_task(101), &to_district), Err(Refusal::MayNotDirect));
    assert_eq!(judge(100, &with_task(100), &to_district), Ok(()), "its own office may take on work");
    assert_eq!(judge(10, &with_task(100), &[Scope::office(id(100))]), Ok(()));
    assert_eq!(judge(10, &with_task(110), &[Scope::office(id(100))]), Err(Refusal::MayNotDirect));
}

#[test]
fn a_subtree_has_all_relations_of_what_is_in_it() {
    let order = letter("CT");
    assert_eq!(judge(2, &order, &[Scope::subtree(id(2))]), Ok(()));
    assert_eq!(judge(10, &order, &[Scope::subtree(id(10))]), Ok(()));
    assert_eq!(judge(10, &order, &[Scope::subtree(id(2))]), Err(Refusal::MayNotDirect));
    assert_eq!(judge(10, &order, &[Scope::subtree(id(11))]), Err(Refusal::MayNotDirect));
    assert_eq!(judge(100, &letter("CV"), &[Scope::subtree(id(1))]), Ok(()));
    let report = plain(samples().into_iter().find(|mv| mv.kind() == 4).unwrap());
    assert_eq!(judge(100, &report, &[Scope::office(id(10)), Scope::office(id(2))]), Ok(()));
    assert_eq!(judge(100, &report, &[Scope::subtree(id(10))]), Err(Refusal::MayNotAddress));
}

#[test]
fn the_registry_is_the_hubs_and_strangers_are_refused() {
    let mv = samples().into_iter().find(|mv| mv.kind() == 1).unwrap();
    assert_eq!(judge(1, &mv, &[Scope::subtree(id(1))]), Ok(()));
    assert_eq!(judge(2, &mv, &[]), Err(Refusal::NotHub));
    let unknown_registry_move = Move::Unknown { kind: 1, body: bytes::Bytes::new() };
    assert_eq!(judge(2, &unknown_registry_move, &[]), Err(Refusal::NotHub));
    assert_eq!(judge(999, &letter("CV"), &[]), Err(Refusal::UnknownOffice));
    assert_eq!(judge(2, &letter("CV"), &[Scope::office(id(999))]), Err(Refusal::UnknownOffice));
}

#[test]
fn unknown_kinds_are_relayed_and_misnamed_ones_are_not() {
    let unknown = Move::Unknown { kind: 99, body: bytes::Bytes::from_static(b"new") };
    assert_eq!(judge(100, &unknown, &[Scope::office(id(2)), Scope::office(id(110))]), Ok(()));
    assert_eq!(check(&province(), &header(2, 4, &[]), &letter("CV"), None), Err(Refusal::Malformed));
}

#[test]
fn codes_lead_back_to_their_refusal() {
    for refusal in Refusal::ALL.iter().copied() {
        assert_eq!(Refusal::from_code(refusal.code()), Some(refusal));
    }
    assert_eq!(Refusal::from_code("new-reason"), None);
}

/// Like [`judge`], on a day and by a registry.
fn judge_on(registry: &Registry, day: &str, author: u128, mv: &Move, to: u128) -> Result<(), Refusal> {
    let date: Date = day.parse().unwrap();
    let time = Hlc((date.start_millis() as u64) << 16);
    check(registry, &Header { time, ..header(author, mv.kind(), &[Scope::office(id(to))]) }, mv, None)
}

fn said(registry: &mut Registry, office: u128, parent: u128, since: &str, said: &str, closed: bool) {
    let tier = if office < 100 { "district" } else { "commune" };
    let (office, parent) = (id(office).to_wire(), id(parent).to_wire());
    let (tier, since, said) = (tier.into(), since.into(), said.into());
    let fact = wire::OfficeFact { office, parent, tier, since, said, closed, ..Default::default() };
    let mv = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
    assert!(registry.apply(50, &mv));
}

#[test]
fn an_entry_is_judged_by_the_map_of_its_day() {
    let mut registry = province();
    said(&mut registry, 100, 11, "2027-07-01", "2026-11-30", false);
    let order = letter("CT");
    let may = Err(Refusal::MayNotDirect);
    for (day, from_10, from_11) in
        [("2026-12-01", Ok(()), may), ("2027-06-30", Ok(()), may), ("2027-07-01", may, Ok(()))]
    {
        assert_eq!(judge_on(&registry, day, 10, &order, 100), from_10, "{day}");
        assert_eq!(judge_on(&registry, day, 11, &order, 100), from_11, "{day}");
    }
    let turned = wire::DayTurned { day: "2027-07-01".into() };
    registry.apply(60, &wire::RegistryMove { r#move: Some(wire::registry_move::Move::Turned(turned)) });
    assert_eq!(judge_on(&registry, "2027-06-30", 10, &order, 100), Ok(()), "it comes late, and was right");
    // A clock that was set back does not bring the old map back to who has seen the new day.
    let mut sly = header(10, order.kind(), &[Scope::office(id(100))]);
    let seen = "2027-07-02".parse::<Date>().unwrap().start_millis() as u64;
    sly.seen = Some(crate::entry::Seen { position: 60, hub_time: Hlc(seen << 16) });
    assert_eq!(check(&registry, &sly, &order, None), Err(Refusal::MayNotDirect));
}

/// A machine may sign what time it likes, by malice or with a wrong clock.
#[test]
fn a_time_of_the_future_gives_no_rights_that_are_still_to_come_and_takes_none_away() {
    let mut registry = province();
    said(&mut registry, 100, 11, "2027-07-01", "2026-11-30", false);
    said(&mut registry, 101, 10, "2027-07-01", "2026-11-30", true);
    let millis = |day: &str| day.parse::<Date>().unwrap().start_millis() as u64;
    let arrived = Some(millis("2026-12-01"));
    let seen = crate::entry::Seen { position: 60, hub_time: Hlc(millis("2030-01-01") << 16) };
    for (time, seen) in [("2026-12-01", None), ("2030-01-01", None), ("2026-12-01", Some(seen))] {
        let judge = |author, mv: &Move, to, arrived| {
            let header = header(author, mv.kind(), &[Scope::office(id(to))]);
            check(&registry, &Header { time: Hlc(millis(time) << 16), seen, ..header }, mv, arrived)
        };
        assert_eq!(judge(11, &letter("CT"), 100, arrived), Err(Refusal::MayNotDirect), "{time} {seen:?}");
        assert_eq!(judge(10, &letter("CT"), 100, arrived), Ok(()), "{time} {seen:?}");
        assert_eq!(judge(101, &letter("CV"), 10, arrived), Ok(()), "{time} {seen:?}");
        let later = Some(millis("2031-01-01"));
        let moved = time == "2030-01-01" || seen.is_some();
        assert_eq!(
            judge(11, &letter("CT"), 100, later).is_ok(),
            moved,
            "it came after the day: {time} {seen:?}"
        );
    }
}

#[test]
fn an_office_writes_to_others_from_its_first_day_and_begins_nothing_after_its_last() {
    let mut registry = province();
    said(&mut registry, 102, 10, "2027-01-01", "2026-11-30", false);
    said(&mut registry, 101, 10, "2027-01-01", "2026-11-30", true);
    let (order, letter) = (letter("CT"), letter("CV"));
    let answer = Move::from(directive::Move::status("accepted"));
    for (author, day, mv, to, expected) in [
        (102, "2026-12-31", &letter, 10, Err(Refusal::OfficeNotYet)),
        (102, "2026-12-31", &order, 102, Ok(())),
        (102, "2027-01-01", &letter, 10, Ok(())),
        (101, "2026-12-31", &letter, 10, Ok(())),
        (101, "2027-01-01", &letter, 10, Err(Refusal::OfficeEnded)),
        (101, "2027-01-01", &letter, 101, Ok(())),
        (101, "2027-01-01", &answer, 10, Ok(())),
        (10, "2027-02-01", &letter, 101, Ok(())),
    ] {
        assert_eq!(judge_on(&registry, day, author, mv, to), expected, "{author} on {day} to {to}");
    }
}

#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::entry::{Header, SALT};
use crate::id::{Hash, Incarnation, OfficeId, RecordId};
use crate::time::Hlc;
use crate::{limits, wire};

pub(super) fn office(number: u128) -> OfficeId {
    OfficeId(Uuid::from_u128(number))
}

pub(super) fn paper(kind: &str) -> Paper {
    Paper {
        document_type: kind.into(),
        title: "Về công tác văn phòng cấp ủy".into(),
        number: format!("12-{kind}/TU"),
        term: "2025-2030".into(),
        issued: Some("2026-10-05".parse().unwrap()),
        due: "2026-10-09".into(),
        text: "# Kính gửi\n".into(),
        signer: String::new(),
        road: None,
    }
}

pub(super) fn period() -> Option<Period> {
    let (from, to) = ("2026-09-15".parse().unwrap(), "2026-10-14".parse().unwrap());
    Some(Period { kind: "month".into(), from, to })
}

/// Words in a sample.
pub(super) fn note() -> String {
    "đã rõ".to_owned()
}

/// One move of each name there is, with everything in it: each kind's own, and one of the registry.
pub(crate) fn samples() -> Vec<Move> {
    let mut all = samples_of_kinds();
    let fact =
        wire::OfficeFact { office: office(2).to_wire(), tier: "province".into(), ..Default::default() };
    let fact = wire::registry_move::Move::Office(fact);
    all.push(Move::Registry(registry::Move(wire::RegistryMove { r#move: Some(fact) })));
    all.extend(keys::samples().into_iter().map(Move::Keys));
    all
}

fn seat(seq: u64) -> Seat {
    Seat { incarnation: Incarnation(1 << 32), seq }
}

fn when(seq: u64) -> When {
    When::of(Hlc(seq << 16), None, Some(seq))
}

/// Folds moves in order; returns the state and each move's outcome.
fn fold(moves: &[Move]) -> (State, Vec<Outcome>) {
    let mut state = State::of(&moves[0]).unwrap();
    let outcomes = (1..).zip(moves).map(|(seq, mv)| state.apply(seat(seq), when(seq), mv.clone())).collect();
    (state, outcomes)
}

fn codes(codes: &[&str]) -> Vec<bool> {
    let moves: Vec<Move> = codes.iter().map(|code| directive::Move::status(code).into()).collect();
    fold(&moves).1.iter().map(|outcome| *outcome == Outcome::Applied).collect()
}

fn sample(kind: u32, name: &str) -> Move {
    samples().into_iter().find(|mv| mv.kind() == kind && mv.name() == name).unwrap()
}

#[test]
fn moves_survive_their_encoding() {
    for mv in samples() {
        assert_eq!(decode(mv.kind(), &mv.encode()), Ok(mv));
    }
}

#[test]
fn each_kind_and_each_of_its_moves_has_its_row() {
    let all = |part: fn(&Kind) -> String| {
        let parts: std::collections::BTreeSet<String> = KINDS.iter().map(|kind| part(kind)).collect();
        assert_eq!(parts.len(), KINDS.len(), "a number or name is given twice: {parts:?}");
    };
    all(|kind| kind.number.to_string());
    all(|kind| kind.name.to_owned());
    for mv in samples().iter().filter(|mv| !matches!(mv, Move::Registry(_) | Move::Keys(_))) {
        let (kind, rule) = (kind(mv.kind()).unwrap(), mv.rule().unwrap());
        assert_eq!(kind.rule(mv.name()), Some(rule), "{} {}: not in the table", kind.name, mv.name());
        assert_eq!(rule.paper, mv.paper().is_some(), "{} {}: takes a number?", kind.name, mv.name());
    }
    for kind in KINDS {
        let names: Vec<&str> = kind.moves.iter().map(|rule| rule.name).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{} {name}: twice in the table", kind.name);
            let has = samples().iter().any(|mv| mv.kind() == kind.number && mv.name() == *name);
            assert!(has, "{} {name}: no sample", kind.name);
        }
        assert!(kind.moves.iter().any(|rule| rule.opens), "{} cannot begin", kind.name);
        assert!(kind.asks_word.unwrap_or_default().iter().all(|name| names.contains(name)), "{}", kind.name);
    }
}

#[test]
fn an_unknown_move_of_a_known_kind_is_kept_as_it_came() {
    let newer = Bytes::from_static(&[0xfa, 0x01, 0x02, 0x08, 0x01]);
    for kind in KINDS.iter().map(|kind| kind.number) {
        assert_eq!(decode(kind, &newer), Ok(Move::Unknown { kind, body: newer.clone() }));
        assert!(decode(kind, &Bytes::new()).is_err(), "nothing is no move");
    }
}

#[test]
fn bodies_with_bad_parts_are_malformed() {
    let issued = |change: &dyn Fn(&mut wire::DirectiveIssued)| {
        let mv = wire::DirectiveMove::decode(&sample(3, "issued").encode()[..]).unwrap();
        let Some(wire::directive_move::Move::Issued(mut issued)) = mv.r#move else { unreachable!() };
        change(&mut issued);
        let mv = wire::DirectiveMove { r#move: Some(wire::directive_move::Move::Issued(issued)) };
        decode(3, &mv.encode_to_vec().into())
    };
    use prost::Message;
    assert!(issued(&|_| ()).is_ok());
    assert!(issued(&|i| i.tasks.push(i.tasks[0].clone())).is_err(), "the same id twice");
    assert!(issued(&|i| i.tasks[0].id.clear()).is_err());
    assert!(issued(&|i| i.tasks[0].due = "mai".into()).is_err());
    assert!(issued(&|i| i.tasks[0].assignees[0].office = vec![1].into()).is_err());
    assert!(issued(&|i| i.in_reply_to = vec![1].into()).is_err());
    assert!(issued(&|i| i.paper.as_mut().unwrap().issued = "2026-02-30".into()).is_err());
    assert!(issued(&|i| i.tasks = vec![i.tasks[0].clone(); crate::limits::PARTS + 1]).is_err());
    assert!(issued(&|i| i.paper.as_mut().unwrap().title = "x".repeat(crate::limits::NOTE + 1)).is_err());
}

#[test]
fn figures_are_exact() {
    for text in ["0", "-0.5", "91.2", "28.20", "9223372036854775807", "-1.000000000000000001"] {
        assert_eq!(text.parse::<report::Decimal>().unwrap().to_string(), text);
    }
    for text in ["", "-", ".5", "5.", "1,5", "1e3", "99999999999999999999", "+1", "1.-5", "--1"] {
        assert!(text.parse::<report::Decimal>().is_err(), "{text}");
    }
}

#[test]
fn the_status_flow_of_edxml() {
    assert_eq!(codes(&["01", "03", "04", "05", "06"]), [true; 5]);
    assert_eq!(codes(&["01", "03", "06"]), [true; 3]);
    assert_eq!(codes(&["03", "01", "03"]), [false, true, true], "nothing is accepted before it arrived");
    assert_eq!(codes(&["01", "03", "05", "04", "05", "06"]), [true, true, true, false, false, true]);
    assert_eq!(codes(&["01", "02", "03"]), [true, true, false], "a refusal ends it");
    assert_eq!(codes(&["01", "03", "06", "05"]), [true, true, true, false]);
    assert_eq!(codes(&["01", "77", "03"]), [true, false, true], "unknown codes change nothing");
    assert_eq!(codes(&["01", "16", "03", "15", "06", "16"]), [true, true, true, true, false, false]);
    assert_eq!(codes(&["13"]), [false], "only the issuer takes back");
}

#[test]
fn only_the_owner_makes_the_owners_moves() {
    for (kind, name) in [
        (2, "confirmed"),
        (2, "closed"),
        (3, "confirmed"),
        (3, "reminder"),
        (3, "take-back"),
        (5, "answer"),
        (6, "verifying"),
    ] {
        assert_eq!(fold(&[sample(kind, name)]).1, [Outcome::NotAllowed("not-owner")], "{kind} {name}");
    }
    assert_eq!(
        fold(&[sample(3, "issued"), sample(3, "confirmed"), sample(3, "take-back")]).1,
        [Outcome::Applied; 3]
    );
}

#[test]
fn a_report_is_returned_corrected_and_accepted_once() {
    let judged =
        |version, accepted| Move::from(report::Move::Judged { version, accepted, note: String::new() });
    let (_, outcomes) = fold(&[judged(1, false), judged(1, true), judged(1, false), judged(2, true)]);
    let final_word = Outcome::NotAllowed("already-accepted");
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Applied, final_word, Outcome::Applied]);
    let (state, outcomes) = fold(&[sample(4, "submitted"), sample(4, "submitted"), judged(1, true)]);
    assert_eq!(outcomes[1..], [Outcome::NotAllowed("version-taken"), Outcome::NotAllowed("own-report")]);
    let State::Report(strand) = state else { unreachable!() };
    assert!(strand.owner.unwrap().submitted.paper.text.is_empty(), "the text stays in its entry");
}

#[test]
fn an_inspection_goes_its_stages_for_each_target() {
    let opened = sample(6, "opened");
    let mut targets = BTreeMap::new();
    let stages = |owner_moves: &[Move], target: Option<&inspection::Strand>| {
        let State::Inspection(owner) = fold(owner_moves).0 else { unreachable!() };
        inspection::stage(owner.owner.as_ref().unwrap(), office(10), target)
    };
    let State::Inspection(reported) = fold(&[sample(6, "self-reported")]).0 else { unreachable!() };
    // Remedied after the conclusion, which is the third of the moves below.
    let mut said = vec![sample(6, "self-reported"); 3];
    said.push(sample(6, "remediated"));
    let State::Inspection(remedied) = fold(&said).0 else { unreachable!() };
    use inspection::Stage;
    let all = [opened.clone(), sample(6, "verifying"), sample(6, "concluded"), sample(6, "closed")];
    targets.insert(Stage::Notified, stages(&all[..1], None));
    targets.insert(Stage::SelfReported, stages(&all[..1], Some(&reported)));
    targets.insert(Stage::Verifying, stages(&all[..2], Some(&reported)));
    targets.insert(Stage::Remediating, stages(&all[..3], Some(&reported)));
    targets.insert(Stage::Concluded, stages(&all[..3], Some(&remedied)));
    targets.insert(Stage::Closed, stages(&all, Some(&remedied)));
    assert_eq!(targets.len(), 6);
    assert!(targets.iter().all(|(expected, stage)| expected == stage), "{targets:?}");
    let skipped = fold(&[opened, sample(6, "concluded"), sample(6, "closed")]).1;
    assert_eq!(skipped[1..], [Outcome::NotAllowed("out-of-order"); 2]);
}

#[test]
fn done_means_since_it_first_stood_at_a_hundred() {
    let progress =
        |percent| Move::from(directive::Move::Progress { task: "A".into(), percent, note: String::new() });
    let done = |percents: &[u32]| {
        let State::Directive(strand) = fold(&percents.iter().copied().map(progress).collect::<Vec<_>>()).0
        else {
            unreachable!()
        };
        strand.progress["A"].done
    };
    assert_eq!(done(&[50]), None);
    assert_eq!(done(&[50, 100, 100]), Some(when(2)));
    assert_eq!(done(&[100, 90]), None, "a correction takes it back");
}

#[test]
fn what_may_be_done_next_is_what_would_be_applied() {
    for kind in KINDS.iter().map(|kind| kind.number) {
        let moves: Vec<Move> = samples().into_iter().filter(|mv| mv.kind() == kind).collect();
        let empty = State::of_kind(kind).unwrap();
        let opening = empty.next(&empty, office(1), office(999), false);
        let opens = |name: &&str| super::kind(kind).unwrap().rule(name).unwrap().opens;
        assert!(!opening.is_empty() && opening.iter().all(opens), "an empty record can only be opened");
        let opening = moves.iter().find(|mv| mv.opens()).unwrap();
        let owner = fold(std::slice::from_ref(opening)).0;
        assert!(empty.next(&owner, office(1), office(999), false).is_empty(), "it is none of their business");
        for mine in [&empty, &owner] {
            for name in mine.next(&owner, office(1), office(999), true) {
                assert!(moves.iter().any(|mv| mv.name() == name), "{kind}: {name} is no move");
            }
        }
        for name in empty.next(&owner, office(1), office(999), true) {
            let mv = moves.iter().find(|mv| mv.name() == name).unwrap();
            assert_eq!(empty.clone().apply(seat(2), when(2), mv.clone()), Outcome::Applied, "{kind}: {name}");
        }
    }
}

#[test]
fn an_issuer_reports_on_the_tasks_that_it_took_on_itself() {
    let letter = fold(&[sample(3, "issued")]).0;
    let steering = ["confirmed", "reminder", "take-back"];
    assert_eq!(letter.next(&letter, office(1), office(999), false), steering);
    assert_eq!(
        letter.next(&letter, office(100), office(999), false),
        [&steering[..], &["progress"]].concat()
    );
}

/// Whether a strand lets its office make a move, as far as `owner` and the strand of `other` are known to it.
fn fits<S: Strand>(
    strand: &S,
    mv: &S::Move,
    me: u128,
    owner: &S,
    other: (u128, &S),
) -> Result<(), &'static str> {
    let around = Around {
        record: RecordId(Uuid::from_u128(5)),
        me: office(me),
        owner: office(1),
        opened: owner,
        audience: &[Scope::office(office(10))],
        within: &|scope, office| scope.office == office,
        strands: &|asked| (asked == office(other.0)).then_some(other.1),
        successor: None,
    };
    strand.fits(mv, &around).map_err(|unfit| unfit.reason)
}

/// Folds moves that follow each other in time after `begun`.
fn folded<S: Strand>(begun: u64, moves: Vec<S::Move>) -> S {
    let mut strand = S::default();
    for (seq, mv) in (begun..).zip(moves) {
        assert_eq!(strand.apply(seat(seq), when(seq), mv), Outcome::Applied);
    }
    strand
}

#[test]
fn a_result_is_judged_once_and_a_denied_one_is_open() {
    use directive::{Issued, Move, Strand};
    let task = |id: &str| directive::Task {
        id: id.into(),
        content: "việc".into(),
        assignees: vec![Scope::office(office(10))],
        due: String::new(),
        product: String::new(),
    };
    let issued = Move::Issued(Issued { paper: paper("CV"), tasks: vec![task("A")], in_reply_to: None });
    let verdict = |accepted| Move::Confirmed { task: "A".into(), office: office(10), accepted, note: note() };
    let done = || Move::Progress { task: "A".into(), percent: 100, note: note() };
    let issuer = |verdicts: Vec<Move>| {
        let mut strand: Strand = folded(1, vec![issued.clone()]);
        for (seq, mv) in (20..).zip(verdicts) {
            strand.apply(seat(seq), when(seq), mv);
        }
        strand
    };
    let theirs = |at: u64| folded::<Strand>(at, vec![Move::status("01"), Move::status("03"), done()]);
    let judge = |issuer: &Strand, theirs: &Strand, accepted| {
        fits(issuer, &verdict(accepted), 1, issuer, (10, theirs))
    };
    assert_eq!(judge(&issuer(vec![]), &theirs(5), true), Ok(()));
    assert_eq!(judge(&issuer(vec![]), &theirs(5), false), Ok(()));
    assert_eq!(judge(&issuer(vec![]), &Strand::default(), false), Err("not-reported"));
    let less = Move::Progress { task: "A".into(), percent: 20, note: note() };
    let report = |issuer: &Strand| fits(&theirs(5), &less, 10, issuer, (1, issuer));
    assert_eq!(report(&issuer(vec![])), Err("reported"), "by somebody whose page is old");
    assert_eq!(report(&issuer(vec![verdict(false)])), Ok(()));
    for first in [true, false] {
        for second in [true, false] {
            let judged = issuer(vec![verdict(first)]);
            assert_eq!(judge(&judged, &theirs(5), second), Err("judged"), "{first} {second}");
            assert_eq!(judge(&judged, &theirs(30), second), Ok(()), "said anew after the verdict");
        }
    }
    let complete =
        |issuer: &Strand, theirs: &Strand| fits(theirs, &Move::status("06"), 10, issuer, (1, issuer));
    assert_eq!(complete(&issuer(vec![]), &theirs(5)), Ok(()));
    assert_eq!(complete(&issuer(vec![verdict(true)]), &theirs(5)), Ok(()));
    assert_eq!(complete(&issuer(vec![verdict(false)]), &theirs(5)), Err("open-parts"));
    assert_eq!(complete(&issuer(vec![verdict(false)]), &theirs(30)), Ok(()), "done again");
}

#[test]
fn a_question_is_answered_once() {
    use guidance::{Move, Strand};
    let issued = || Move::Issued { paper: paper("HD") };
    let answer = |number| Move::Answer { office: office(10), number, text: note() };
    let asked = |number| Move::Question { number, text: note() };
    let theirs: Strand = folded(5, vec![asked(1), asked(2)]);
    let issuer: Strand = folded(1, vec![issued(), answer(1)]);
    assert_eq!(fits(&issuer, &answer(1), 1, &issuer, (10, &theirs)), Err("answered"));
    assert_eq!(fits(&issuer, &answer(2), 1, &issuer, (10, &theirs)), Ok(()));
    assert_eq!(fits(&issuer, &answer(3), 1, &issuer, (10, &theirs)), Err("not-asked"));
}

#[test]
fn a_word_before_the_conclusion_remedies_nothing() {
    use inspection::{Move, Stage, Strand, stage};
    let of = |name: &str| match sample(inspection::Move::KIND, name) {
        super::Move::Inspection(mv) => mv,
        _ => unreachable!(),
    };
    let concluded =
        Move::Concluded { office: office(10), conclusion: note(), remedy_by: "2026-12-20".into() };
    let verifying = Move::Verifying { office: office(10), note: note() };
    let owner: Strand = folded(10, vec![of("opened"), verifying, concluded]);
    let remedied = |at| folded::<Strand>(at, vec![Move::Remediated { note: note() }]);
    let at = |theirs: &Strand| stage(owner.owner.as_ref().unwrap(), office(10), Some(theirs));
    assert_eq!(at(&remedied(5)), Stage::Remediating);
    assert_eq!(at(&remedied(20)), Stage::Concluded);
}

#[test]
fn a_hub_gives_no_copy_back() {
    let asked = fold(&[sample(3, "issued"), sample(3, "take-back")]).0;
    let other = State::of_kind(3).unwrap();
    let may = |hub| other.next(&asked, office(2), office(hub), true);
    assert!(may(999).contains(&"agreed") && !may(2).contains(&"agreed"));
    assert!(may(2).contains(&"declined"), "it says so");
}

fn any_move() -> impl Strategy<Value = Move> {
    prop::sample::select(samples())
}

proptest! {
    #[test]
    fn decoding_never_panics(kind in 0u32..9, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(kind, &body.into());
    }

    #[test]
    fn damaged_bodies_never_panic(mv in any_move(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = mv.encode().to_vec();
        if !body.is_empty() {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let _ = decode(mv.kind(), &body.into());
    }

    #[test]
    fn what_is_not_allowed_changes_nothing(moves in prop::collection::vec(any_move(), 1..40)) {
        let Some(mut state) = State::of(&moves[0]) else { return Ok(()) };
        for (seq, mv) in (1..).zip(&moves) {
            let before = state.clone();
            if state.apply(seat(seq), when(seq), mv.clone()) != Outcome::Applied {
                prop_assert_eq!(&state, &before, "{} changed something", mv.name());
            }
            let json = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(&serde_json::from_str::<State>(&json).unwrap(), &state);
        }
    }

    /// Each strand is folded by itself: the order of arrival among strands does not matter.
    #[test]
    fn any_interleaving_gives_the_same_strands(
        moves in prop::collection::vec((0u128..4, any_move()), 1..60),
        shuffle in any::<prop::sample::Selector>(),
    ) {
        let strands = |order: &mut dyn Iterator<Item = (u128, u64, &Move)>| {
            let mut strands: BTreeMap<(u128, u32), State> = BTreeMap::new();
            for (office, seq, mv) in order {
                if let Some(empty) = State::of(mv) {
                    strands.entry((office, mv.kind())).or_insert(empty).apply(seat(seq), when(seq), mv.clone());
                }
            }
            strands
        };
        let written: Vec<(u128, u64, &Move)> = (1..).zip(&moves).map(|(seq, (office, mv))| (*office, seq, mv)).collect();
        let mut queues: BTreeMap<u128, std::collections::VecDeque<_>> = BTreeMap::new();
        for entry in &written {
            queues.entry(entry.0).or_default().push_back(*entry);
        }
        let mut arrived = Vec::new();
        while !queues.is_empty() {
            let office = *shuffle.select(queues.keys());
            let queue = queues.get_mut(&office).unwrap();
            arrived.push(queue.pop_front().unwrap());
            queues.retain(|_, queue| !queue.is_empty());
        }
        prop_assert_eq!(strands(&mut arrived.into_iter()), strands(&mut written.into_iter()));
    }
}

fn written(header: &Header, body: &[u8]) -> Entry {
    let key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
    Entry::write(header, body, [0; SALT], Hash::ZERO, &key).unwrap()
}

#[test]
fn the_header_says_the_number_of_the_move_that_the_body_holds() {
    for mv in samples() {
        let body = mv.encode();
        let number = number(&body);
        let header = |number| Header { mv: number, ..crate::authority::tests::header(2, mv.kind(), &[]) };
        assert_eq!(read(&written(&header(number), &body)), Ok(mv.clone()), "{}", mv.name());
        assert!(number > 0);
        assert_eq!(read(&written(&header(number + 1), &body)), Err(Malformed("move")), "{}", mv.name());
        let twice = [&body[..], &body[..]].concat();
        assert_eq!(read(&written(&header(number), &twice)), Err(Malformed("move")), "two moves");
        assert_eq!(read(&written(&header(0), &[])), Err(Malformed("move")), "no move");
        let sealed = Header { seal: Some(Hash::ZERO), ..header(number) };
        let closed = Move::Sealed { kind: mv.kind(), number };
        assert_eq!(read(&written(&sealed, b"nobody reads this")), Ok(closed), "{}", mv.name());
    }
    // What an unknown kind holds, nobody can tell.
    assert!(read(&written(&crate::authority::tests::header(2, 99, &[]), "mai sau".as_bytes())).is_ok());
}

/// One office may say what it likes about a record as often as it likes: what a store keeps of it stays small.
#[test]
fn no_strand_grows_beyond_what_a_store_reads_with_each_move() {
    let long = || "x".repeat(limits::NOTE);
    let named = |at: usize| format!("{at:0>512}");
    let confirmed = |at: usize| directive::Move::Confirmed {
        task: "A".into(),
        office: office(at as u128),
        accepted: false,
        note: long(),
    };
    let progress = |at: usize| directive::Move::Progress { task: named(at), percent: 1, note: long() };
    let done = |at: usize| programme::Move::Progress { item: named(at), percent: 1, note: long() };
    let judged = |at: usize| report::Move::Judged { version: at as u32, accepted: false, note: long() };
    let question = |at: usize| guidance::Move::Question { number: at as u32, text: long() };
    let answer = |at: usize| guidance::Move::Answer {
        office: office(at as u128 % 7),
        number: at as u32 / 7,
        text: long(),
    };
    let verifying = |at: usize| inspection::Move::Verifying { office: office(at as u128), note: long() };
    let opened = |kind, name| vec![sample(kind, name)];
    type Flood<'a> = (Vec<Move>, &'a dyn Fn(usize) -> Move);
    let floods: [Flood<'_>; 8] = [
        (opened(3, "issued"), &|at| confirmed(at).into()),
        (vec![], &|at| progress(at).into()),
        (opened(3, "issued"), &|at| if at % 2 == 0 { confirmed(at).into() } else { progress(at).into() }),
        (vec![], &|at| done(at).into()),
        (vec![], &|at| judged(at).into()),
        (vec![], &|at| question(at + 1).into()),
        (opened(5, "issued"), &|at| answer(at).into()),
        (opened(6, "opened"), &|at| verifying(at).into()),
    ];
    for (number, (before, flood)) in floods.iter().enumerate() {
        let moves: Vec<Move> = before.iter().cloned().chain((0..400).map(flood)).collect();
        let (state, outcomes) = fold(&moves);
        let size = serde_json::to_string(&state).unwrap().len();
        assert!((limits::STRAND / 2..2 * limits::STRAND).contains(&size), "{number}: {size}");
        assert_eq!(outcomes.last(), Some(&Outcome::NotAllowed("too-many")), "{number}");
    }
}

#![allow(clippy::unwrap_used)]
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::*;
use crate::entry::{Header, SALT};
use crate::id::{Hash, OfficeId, RecordId};
use crate::record;
use crate::registry::Registry;
use crate::session::OwnKeys;
use crate::time::Hlc;

const OWN: OfficeId = OfficeId(Uuid::from_u128(1));
const HUB: OfficeId = OfficeId(Uuid::from_u128(9));

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn facts(cursor: &[Mark], resuming: bool) -> NodeFacts {
    NodeFacts {
        office: OWN,
        hub_key: key(7).verifying_key(),
        keys: OwnKeys::new(
            OWN,
            key(1).verifying_key(),
            key(7).verifying_key(),
            &Registry::new(HUB, key(7).verifying_key()),
        ),
        tip: None,
        receipt: None,
        cursor: cursor.to_vec(),
        resuming,
        beyond: false,
        credential: 1,
        backlog: 0,
        clock: 0,
        program: "test".into(),
        head: None,
        machine: None,
    }
}

/// What Hello says about being behind, and what a Welcome writes down about it.
fn behind(cursor: &[Mark], resuming: bool, verdict: Verdict, delivered: u64) -> (bool, bool) {
    let (mut session, work) = NodeSession::start(facts(cursor, resuming));
    let [NodeWork::Send(wire::NodeFrame { frame: Some(Up::Hello(hello)) })] = &work[..] else {
        panic!("{work:?}")
    };
    let welcome = wire::Welcome {
        verdict: verdict.into(),
        version: 2,
        from: cursor.first().map(|mark| (*mark).into()),
        delivered,
        ..Default::default()
    };
    let frame = Some(hub_frame::Frame::Welcome(welcome));
    let work = session.step(NodeEvent::Frame(wire::HubFrame { frame, head: None }));
    let [NodeWork::Write(NodeWrite::Welcome { resuming, .. })] = &work[..] else { panic!("{work:?}") };
    (hello.resuming, *resuming)
}

/// A hub that was rebuilt empty sent the cursor back to the start, nothing was delivered there, and then it was put back
/// to a copy that remembers what it delivered: an honest store looks like an old copy of itself.
#[test]
fn who_has_no_mail_in_hand_says_so() {
    let some = [Mark { position: 5, running: Hash([1; 32]) }];
    assert_eq!(behind(&some, false, Verdict::Continue, 5), (false, false));
    assert_eq!(behind(&some, true, Verdict::Continue, 5), (true, false));
    for start in [&[][..], &[Mark::START]] {
        // Behind until all of it is here again, also if the line is cut before.
        assert_eq!(behind(start, false, Verdict::Continue, 128), (true, true));
        // A hub that is new, or as empty as the store: there is nothing to catch up with.
        assert_eq!(behind(start, false, Verdict::Continue, 0), (true, false));
    }
}

/// An entry of a ledger, first of it.
fn entry(ledger: OfficeId, kind: u32, body: &[u8], key: &SigningKey) -> Entry {
    let header = Header {
        ledger,
        seat: Seat { incarnation: Incarnation(1 << 32), seq: 1 },
        base: None,
        time: Hlc(1),
        seen: None,
        author: "a".into(),
        record: RecordId(Uuid::from_u128(3)),
        kind,
        mv: record::number(body),
        audience: vec![],
        urgency: wire::Urgency::Normal,
        confidentiality: wire::Confidentiality::Open,
        attachments: vec![],
        seal: None,
    };
    Entry::write(&header, body, [0; SALT], Hash::ZERO, key).unwrap()
}

/// What a session that takes its ledger back does with these entries: those it writes as mail, those it keeps as forged,
/// and whether it goes on.
fn delivered(entries: &[&Entry], early: bool) -> (Vec<Entry>, Vec<Entry>, bool) {
    let (mut session, _) = NodeSession::start(facts(&[], true));
    let welcome = wire::Welcome { verdict: Verdict::Adopt.into(), version: 2, ..Default::default() };
    let frame = |frame| NodeEvent::Frame(wire::HubFrame { frame: Some(frame), head: None });
    session.step(frame(hub_frame::Frame::Welcome(welcome)));
    session.step(NodeEvent::Wrote(Wrote::Welcomed { on_chain: false, held: false }));
    let mark = Mark { position: entries.len() as u64, running: Hash([1; 32]) };
    let deliver = wire::Deliver {
        positions: (1..=mark.position).collect(),
        arrivals: vec![0; entries.len()],
        batch: Some(batch::pack(entries.iter().copied())),
        mark: (!early).then(|| mark.into()),
        early,
    };
    let (mut mail, mut forged, mut on) = (Vec::new(), Vec::new(), true);
    for work in session.step(frame(hub_frame::Frame::Deliver(deliver))) {
        match work {
            NodeWork::Write(NodeWrite::Mail { entries, .. }) => {
                mail.extend(entries.into_iter().map(|(_, entry)| entry));
            }
            NodeWork::Write(NodeWrite::Forged(entries)) => forged.extend(entries),
            NodeWork::End(end) => on = end.reason != EndReason::EndEntry,
            _ => {}
        }
    }
    (mail, forged, on)
}

#[test]
fn nobody_is_taken_at_his_word_about_the_own_ledger() {
    let mine = entry(OWN, 99, b"x", &key(1));
    let earlier = entry(OWN, 99, b"x", &key(5));
    let others = entry(OfficeId(Uuid::from_u128(4)), 99, b"x", &key(4));
    assert_eq!(delivered(&[&mine, &others], false), (vec![mine.clone(), others.clone()], vec![], true));
    assert_eq!(delivered(&[&others, &earlier], false), (vec![], vec![earlier.clone()], false));
    // Early, it may come before the hub's word about its key: it comes once more.
    assert_eq!(delivered(&[&earlier], true), (vec![], vec![], true));
    // A machine that the office had before, as the hub announced under its signature.
    let issued = wire::CredentialIssued {
        office: OWN.to_wire(),
        number: 1,
        ledger_key: key(5).verifying_key().as_bytes().to_vec().into(),
        ..Default::default()
    };
    let word = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Credential(issued)) };
    let body = prost::Message::encode_to_vec(&word);
    let said = entry(HUB, 1, &body, &key(7));
    assert_eq!(delivered(&[&said, &earlier], false), (vec![said, earlier.clone()], vec![], true));
    let unsaid = entry(HUB, 1, &body, &key(8));
    assert_eq!(delivered(&[&unsaid, &earlier], false), (vec![], vec![earlier], false));
}

/// A verdict that undoes what was written would be the hub's way to write an office's history anew.
#[test]
fn a_line_on_the_own_chain_is_nothing_to_adopt() {
    for verdict in [Verdict::Continue, Verdict::Adopt, Verdict::Branch, Verdict::Fork, Verdict::Question] {
        for on_chain in [true, false] {
            let (mut session, _) = NodeSession::start(facts(&[], true));
            let welcome = wire::Welcome { verdict: verdict.into(), version: 2, ..Default::default() };
            let frame = Some(hub_frame::Frame::Welcome(welcome));
            session.step(NodeEvent::Frame(wire::HubFrame { frame, head: None }));
            let work = session.step(NodeEvent::Wrote(Wrote::Welcomed { on_chain, held: true }));
            let ends = work
                .iter()
                .any(|work| matches!(work, NodeWork::End(end) if end.reason == EndReason::EndProtocol));
            let undoes = matches!(verdict, Verdict::Adopt | Verdict::Branch | Verdict::Fork);
            let right = verdict == Verdict::Question || on_chain != undoes;
            assert_eq!(ends, !right, "{verdict:?} {on_chain}");
        }
    }
}

#![allow(clippy::unwrap_used)]
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::*;
use crate::id::{Hash, OfficeId};

fn facts(cursor: &[Mark], resuming: bool) -> NodeFacts {
    NodeFacts {
        office: OfficeId(Uuid::from_u128(1)),
        hub_key: SigningKey::from_bytes(&[7; 32]).verifying_key(),
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

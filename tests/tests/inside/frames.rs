//! A peer that speaks the protocol frame by frame, rightly and wrongly: what it does harms nobody else.

use bytes::Bytes;
use truc_hub::line::quotas::What;
use truc_node::derive::views::story;
use truc_node::store::journal::Reads;
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::{Entry, Header, Seen};
use truc_proto::id::{Hash, Incarnation, OfficeId, Seat};
use truc_proto::limits;
use truc_proto::record::{self, Move, guidance};
use truc_proto::time::Hlc;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, EndReason, Verdict};
use truc_tests::peer::{Ledger, Machine, Session, UNKNOWN_KIND, hello};
use truc_tests::province::{Province, Result, intent};
use truc_tests::support::eventually;

/// An enrolled machine of an office, with its session.
struct Peer {
    machine: Machine,
    ledger: Ledger,
    session: Session,
}

impl Peer {
    /// Enrols and says Hello as an empty, honest office would.
    async fn call(province: &Province, office: OfficeId, folder: &str) -> Result<Self> {
        let dir = province.dir.path().join(folder);
        Self::of(province, Machine::enrol(&province.code(office)?, &dir, 0).await?).await
    }

    async fn of(province: &Province, machine: Machine) -> Result<Self> {
        let hello = wire::Hello { resuming: true, ..hello(machine.credential) };
        let channel = machine.channel(province.hub().config.address.parse()?).await?;
        let (session, welcome) = Session::open(channel, hello).await?;
        assert_eq!(welcome.verdict(), Verdict::Continue);
        let ledger = Ledger::new(machine.office, machine.key.clone(), 7);
        Ok(Self { machine, ledger, session })
    }

    async fn push(&self, entry: &Entry) -> Result<()> {
        self.session.push(batch::pack([entry])).await
    }

    /// The first entry of the ledger, to an office.
    fn entry(&self, body: Bytes, to: OfficeId) -> Entry {
        self.ledger.sign(&self.ledger.header(UNKNOWN_KIND, Scope::office(to)), body, Hash::ZERO)
    }
}

/// A hub, a province office, a commune that misbehaves.
async fn stage() -> Result<(Province, OfficeId, OfficeId)> {
    let province = Province::new().await?;
    let top = province.add("province", None, "40", "Văn phòng Tỉnh ủy").await?;
    let a = province.add("commune", Some(top), "17464", "Đảng ủy xã Diễn Châu").await?;
    Ok((province, top, a))
}

fn entries_of(province: &Province, office: OfficeId) -> usize {
    let hub = &province.hub().hub.office;
    hub.read(|journal| journal.own_positions(office, 0, 100)).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_said_twice_is_one_entry() -> Result<()> {
    let (province, top, a) = stage().await?;
    let mut peer = Peer::call(&province, a, "a").await?;
    let entry = peer.entry(Bytes::from_static(b"mai sau"), top);
    peer.push(&entry).await?;
    let first = peer.session.receipt().await?;
    peer.push(&entry).await?;
    let second = peer.session.receipt().await?;
    assert_eq!((first.seq, first.position), (second.seq, second.position));
    assert_eq!(entries_of(&province, a), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_an_unknown_kind_is_relayed_and_shown_as_newer() -> Result<()> {
    let (province, top, a) = stage().await?;
    let node_top = province.node(top, "top").await?;
    let mut peer = Peer::call(&province, a, "a").await?;
    peer.push(&peer.entry(Bytes::from_static(b"mai sau"), top)).await?;
    peer.session.receipt().await?;
    node_top.until(|office| Ok(!office.view(story::newer)?.is_empty())).await?;
    Ok(())
}

/// A mark that never was claims that the hub went back, which the hub's ledger notes: of one office so often a day.
#[tokio::test(flavor = "multi_thread")]
async fn claims_that_the_hub_went_back_fill_no_ledger() -> Result<()> {
    let (province, _, a) = stage().await?;
    let machine = Peer::call(&province, a, "a").await?.machine;
    let (hub, more) = (&province.hub().hub, 3);
    // A mark of this history stands before the invented one: otherwise the claim counts for nothing.
    let true_mark = hub.office.read(|journal| journal.mark_of(1))?.ok_or("a mark")?;
    let true_mark = wire::Mark { position: 1, running: true_mark.running.0.to_vec().into() };
    for number in 1..=limits::DAY_WENT_BACK + more {
        let mark = wire::Mark { position: 1_000 + number, running: vec![number as u8; 32].into() };
        let hello = wire::Hello { cursor: vec![mark, true_mark.clone()], ..hello(machine.credential) };
        let channel = machine.channel(province.hub().config.address.parse()?).await?;
        let (_, welcome) = Session::open(channel, hello).await?;
        assert_eq!(welcome.verdict(), Verdict::Refill);
    }
    let words = || {
        let read = |journal: Reads<'_>| {
            let positions = journal.own_positions(hub.office.id(), 0, 1_000)?;
            let entries = positions.into_iter().map(|position| journal.at_position(position));
            entries.collect::<std::result::Result<Vec<_>, _>>()
        };
        let entries = hub.office.read(read).unwrap().into_iter().flatten().map(|stored| stored.entry);
        let went_back = |entry: &Entry| matches!(record::read(entry), Ok(mv) if mv.name() == "went-back");
        entries.filter(went_back).count() as u64
    };
    let denied = || {
        let of_it = hub.quotas.denied().remove(&a).unwrap_or_default();
        of_it.iter().filter(|denied| denied.what == What::WentBack).map(|denied| denied.times).sum::<u64>()
    };
    eventually("all claims were heard", || words() + denied() == limits::DAY_WENT_BACK + more).await;
    assert_eq!((words(), denied()), (limits::DAY_WENT_BACK, more));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_ends_the_session_with_its_own_reason_and_is_not_kept() -> Result<()> {
    let (province, top, a) = stage().await?;
    let machine = Peer::call(&province, a, "a").await?.machine;
    let body = Bytes::from_static(b"x");
    type Wrong = Box<dyn Fn(&Peer) -> wire::Batch + Send>;
    let good = move |peer: &Peer| peer.entry(body.clone(), top);
    let with = |change: fn(&mut wire::Entry), good: Box<dyn Fn(&Peer) -> Entry + Send>| -> Wrong {
        Box::new(move |peer| {
            let mut entry = batch::to_wire(&good(peer), true);
            change(&mut entry);
            wire::Batch { entries: vec![entry], ..Default::default() }
        })
    };
    let cases: Vec<(&str, Wrong)> = vec![
        ("malformed", with(|entry| entry.content = Bytes::from_static(b"\xff\xff"), Box::new(good.clone()))),
        ("malformed", with(|entry| entry.signature = Bytes::new(), Box::new(good.clone()))),
        ("signature", with(|entry| entry.signature = vec![1; 64].into(), Box::new(good.clone()))),
        ("too-large", with(|entry| entry.content = vec![0; 600_000].into(), Box::new(good.clone()))),
        ("chain", with(|entry| entry.prev = Some(vec![9; 32].into()), Box::new(good.clone()))),
        (
            "too-large",
            Box::new(|_| wire::Batch {
                packed: vec![1; 100].into(),
                unpacked: u32::MAX,
                ..Default::default()
            }),
        ),
        (
            "other-ledger",
            Box::new(move |peer| {
                let entry = good(peer);
                let header = Header { ledger: top, ..entry.header.clone() };
                batch::pack([&peer.ledger.sign(&header, entry.body, Hash::ZERO)])
            }),
        ),
    ];
    for (reason, wrong) in cases {
        let mut peer = Peer::of(&province, machine.clone()).await?;
        peer.session.push(wrong(&peer)).await?;
        let ended = peer.session.ended().await?;
        assert_eq!((ended.reason(), ended.detail.as_str()), (EndReason::EndEntry, reason));
    }
    assert_eq!(entries_of(&province, a), 0);
    for reason in ["malformed", "signature", "too-large", "chain", "other-ledger"] {
        noted(&province, &format!("Đảng ủy xã Diễn Châu: {reason}")).await;
    }
    // Nobody else noticed.
    let node_top = province.node(top, "top").await?;
    node_top.until(|office| Ok(office.registry().office(a).is_some())).await?;
    let mv = Move::Guidance(guidance::Move::Issued { paper: Default::default() });
    node_top.office.act(intent(mv, Scope::office(a))).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_forbidden_ends_the_session_by_name() -> Result<()> {
    let (province, _, a) = stage().await?;
    let machine = Peer::call(&province, a, "a").await?.machine;
    let crowd =
        wire::Batch { entries: vec![wire::Entry::default(); limits::FIELDS + 1], ..Default::default() };
    let large = wire::Status { program: "x".repeat(limits::FRAME + 1), ..Default::default() };
    let never = wire::Mark { position: 0, running: vec![9; 32].into() };
    let cases = [
        ("too many fields", Up::Push(wire::Push { batch: Some(crowd) })),
        ("frame too large", Up::Status(large)),
        ("frame out of turn", Up::BranchDone(wire::BranchDone {})),
        ("delivered what was not sent", Up::Delivered(wire::Delivered { mark: Some(never) })),
        ("empty batch", Up::Push(wire::Push { batch: Some(wire::Batch::default()) })),
    ];
    for (how, frame) in cases {
        let mut peer = Peer::of(&province, machine.clone()).await?;
        peer.session.send(frame).await?;
        let ended = peer.session.ended().await?;
        assert_eq!((ended.reason(), ended.detail.as_str()), (EndReason::EndProtocol, how));
    }
    Ok(())
}

/// Waits until the hub's audit has a note that begins so.
async fn noted(province: &Province, begins: &str) {
    let accounts = &province.hub().accounts;
    eventually(&format!("there is a note: {begins}"), || {
        accounts.notes(None, 500).unwrap().iter().any(|note| note.about.starts_with(begins))
    })
    .await;
}

/// The entry of that height in the first incarnation, after another one.
fn after(peer: &Peer, seq: u64, prev: Hash, to: OfficeId, change: impl FnOnce(&mut Header)) -> Entry {
    let first = peer.ledger.header(UNKNOWN_KIND, Scope::office(to));
    let mut header = Header { seat: Seat { seq, ..first.seat }, ..first };
    change(&mut header);
    peer.ledger.sign(&header, Bytes::from_static(b"x"), prev)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_skips_or_rewrites_is_held_and_noted_and_nobody_else_is_disturbed() -> Result<()> {
    let (province, top, a) = stage().await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let node_top = province.node(top, "top").await?;
    let mut skips = Peer::call(&province, a, "a").await?;
    let mut rewrites = Peer::call(&province, b, "b").await?;
    for (peer, seq, note) in [
        (&mut skips, 3, "Đảng ủy xã Diễn Châu: not-next"),
        (&mut rewrites, 1, "Đảng ủy phường Cửa Lò: place-taken"),
    ] {
        peer.push(&peer.entry(Bytes::from_static(b"good"), top)).await?;
        peer.session.receipt().await?;
        let prev = if seq == 1 { Hash::ZERO } else { Hash([9; 32]) };
        peer.push(&after(peer, seq, prev, top, |_| {})).await?;
        // Kept as evidence, and a person is asked; from here on nothing of it is taken.
        assert_eq!(peer.session.held().await?.seq, seq);
        noted(&province, note).await;
        let office = peer.machine.office;
        assert_eq!(entries_of(&province, office), 1);
        let hub = &province.hub().hub;
        eventually("a person is asked", || {
            hub.office.registry().office(office).is_some_and(|office| office.is_questioned())
        })
        .await;
    }
    node_top.until(|office| Ok(office.view(story::newer)?.len() == 2)).await?;
    // Others are served as before.
    let mv = Move::Guidance(guidance::Move::Issued { paper: Default::default() });
    node_top.office.act(intent(mv, Scope::office(a))).await?;
    node_top.receipted().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_counts_from_the_receipt_that_it_has_seen_whatever_its_clock_says() -> Result<()> {
    let (province, top, a) = stage().await?;
    let node_top = province.node(top, "top").await?;
    let mut peer = Peer::call(&province, a, "a").await?;
    let first = peer.entry(Bytes::from_static(b"x"), top);
    peer.push(&first).await?;
    let receipt = peer.session.receipt().await?;
    let seen = Seen { position: receipt.position, hub_time: Hlc(receipt.hub_time) };
    let backdated = after(&peer, 2, first.hash, top, |header| {
        // As early as the chain allows: not before the entry before it.
        header.time = first.header.time;
        header.seen = Some(seen);
        header.audience[0].previous = Some(first.header.seat);
    });
    peer.push(&backdated).await?;
    peer.session.receipt().await?;
    node_top.until(|office| Ok(office.view(story::newer)?.len() == 2)).await?;
    let newest = node_top.office.view(story::newer)?.remove(0);
    assert_eq!((newest.seat, newest.time as u64), (backdated.header.seat, seen.hub_time.millis()));
    Ok(())
}

/// To go on from an earlier entry has the hub read the whole ledger. A machine says by itself that it was restored, so it
/// could do so without end.
#[tokio::test]
async fn who_branches_without_end_waits() -> Result<()> {
    let (province, top, a) = stage().await?;
    let mut peer = Peer::call(&province, a, "a").await?;
    let first = peer.entry(Bytes::from_static(b"x"), top);
    peer.push(&first).await?;
    peer.session.receipt().await?;
    let mut waits = None;
    // The first one continues the line.
    for run in 0..=limits::DAY_BRANCHES + 1 {
        let branch = after(&peer, 2, first.hash, top, |header| {
            header.base = Some(first.header.seat);
            header.seat.incarnation = Incarnation::after(Some(first.header.seat.incarnation), run as u32);
            header.audience[0].previous = Some(first.header.seat);
        });
        let hello = wire::Hello { resuming: true, tip: Some(branch.link().into()), ..hello(1) };
        let channel = peer.machine.channel(province.hub().config.address.parse()?).await?;
        let (session, welcome) = Session::open(channel, hello).await?;
        peer.session = session;
        if welcome.later.is_some() {
            waits = welcome.later;
            break;
        }
        assert_eq!(welcome.verdict(), Verdict::Branch, "{run}");
        peer.push(&branch).await?;
        peer.session.receipt().await?;
    }
    assert_eq!(waits.ok_or("it goes on for ever")?.what, "branches");
    Ok(())
}

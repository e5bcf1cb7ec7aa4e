//! A peer that speaks the protocol frame by frame, rightly and wrongly: what it does harms nobody else.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use truc_node::clock::unix_millis;
use truc_node::derive::views::story;
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::{IDENTITY, keys, tls};
use truc_node::line::dial;
use truc_node::line::enrol::enrol;
use truc_node::office::Intent;
use truc_proto::audience::Scope;
use truc_proto::batch;
use truc_proto::entry::{Channel, Entry, Header, Seen};
use truc_proto::id::{Hash, Incarnation, OfficeId, RecordId, Seat};
use truc_proto::record::{Move, guidance};
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::sync_client::SyncClient;
use truc_proto::wire::{self, Confidentiality, EndReason, Urgency, Verdict};
use truc_tests::province::{Province, Result};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(30);

/// One session, by hand.
struct Raw {
    office: OfficeId,
    key: SigningKey,
    up: mpsc::UnboundedSender<wire::NodeFrame>,
    down: tonic::Streaming<wire::HubFrame>,
}

impl Raw {
    /// Enrols and says Hello as an empty, honest office would.
    async fn call(province: &Province, office: OfficeId, folder: &str) -> Result<Self> {
        let dir = province.dir.path().join(folder);
        enrol(&province.code(office)?, &dir).await?;
        Self::call_from(&dir).await
    }

    async fn call_from(dir: &Path) -> Result<Self> {
        let enrolled = Enrolled::load(dir)?.ok_or("not enrolled")?;
        let key = keys::load_ledger_key(&dir.join(IDENTITY))?;
        let authority = enrolled.certificates.last().ok_or("no authority")?.clone();
        let config =
            tls::session_config(keys::load_tls(&dir.join(IDENTITY))?, &[authority], Default::default())?;
        let channel = dial::connect(&enrolled.session_address, config).await?;
        let (up, frames) = mpsc::unbounded_channel();
        let hello = wire::Hello {
            version_min: 1,
            version_max: 1,
            resuming: true,
            credential: enrolled.credential,
            ..Default::default()
        };
        up.send(wire::NodeFrame { frame: Some(Up::Hello(hello)) })?;
        let down = SyncClient::new(channel).open(UnboundedReceiverStream::new(frames)).await?.into_inner();
        let mut raw = Self { office: enrolled.office, key, up, down };
        let Down::Welcome(welcome) = raw.next(|frame| matches!(frame, Down::Welcome(_))).await? else {
            return Err("no welcome".into());
        };
        assert_eq!(welcome.verdict(), Verdict::Continue);
        Ok(raw)
    }

    fn send(&self, frame: Up) {
        self.up.send(wire::NodeFrame { frame: Some(frame) }).unwrap();
    }

    fn push(&self, batch: wire::Batch) {
        self.send(Up::Push(wire::Push { batch: Some(batch) }));
    }

    /// The next frame of a sort; others are passed over.
    async fn next(&mut self, wanted: impl Fn(&Down) -> bool) -> Result<Down> {
        loop {
            let frame = timeout(SOON, self.down.message()).await??.ok_or("the hub hung up")?;
            let frame = frame.frame.ok_or("an empty frame")?;
            if wanted(&frame) {
                return Ok(frame);
            }
        }
    }

    async fn ended(&mut self) -> Result<(EndReason, String)> {
        match self.next(|frame| matches!(frame, Down::Ended(_))).await? {
            Down::Ended(ended) => Ok((ended.reason(), ended.detail)),
            _ => Err("not ended".into()),
        }
    }

    async fn receipt(&mut self) -> Result<wire::Receipt> {
        match self.next(|frame| matches!(frame, Down::Receipt(_))).await? {
            Down::Receipt(receipt) => Ok(receipt),
            _ => Err("no receipt".into()),
        }
    }

    /// The first entry of the ledger, of a kind, to an office.
    fn entry(&self, kind: u32, body: Bytes, to: OfficeId) -> Entry {
        let header = Header {
            ledger: self.office,
            seat: Seat { incarnation: Incarnation::after(None, 7), seq: 1 },
            base: None,
            time: Hlc::tick(Hlc::default(), unix_millis()),
            seen: None,
            author: "raw".into(),
            record: RecordId(Uuid::now_v7()),
            kind,
            audience: vec![Channel { scope: Scope::office(to), previous: None }],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
        };
        Entry::write(&header, body, Hash::ZERO, &self.key).unwrap()
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
    let mut raw = Raw::call(&province, a, "a").await?;
    let batch = batch::pack([&raw.entry(99, Bytes::from_static(b"mai sau"), top)]);
    raw.push(batch.clone());
    let first = raw.receipt().await?;
    raw.push(batch);
    let second = raw.receipt().await?;
    assert_eq!((first.seq, first.position), (second.seq, second.position));
    assert_eq!(entries_of(&province, a), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_an_unknown_kind_is_relayed_and_shown_as_newer() -> Result<()> {
    let (province, top, a) = stage().await?;
    let node_top = province.node(top, "top").await?;
    let mut raw = Raw::call(&province, a, "a").await?;
    raw.push(batch::pack([&raw.entry(99, Bytes::from_static(b"mai sau"), top)]));
    raw.receipt().await?;
    timeout(SOON, node_top.until(|office| Ok(!office.view(story::newer)?.is_empty()))).await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_ends_the_session_with_its_own_reason_and_is_not_kept() -> Result<()> {
    let (province, top, a) = stage().await?;
    let dir = province.dir.path().join("a");
    drop(Raw::call(&province, a, "a").await?);
    let body = Bytes::from_static(b"x");
    type Wrong = Box<dyn Fn(&Raw) -> wire::Batch + Send>;
    let good = move |raw: &Raw| raw.entry(99, body.clone(), top);
    let with = |change: fn(&mut wire::Entry), good: Box<dyn Fn(&Raw) -> Entry + Send>| -> Wrong {
        Box::new(move |raw| {
            let mut entry = batch::to_wire(&good(raw), true);
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
            Box::new(move |raw| {
                let entry = good(raw);
                let header = Header { ledger: top, ..entry.header.clone() };
                batch::pack([&Entry::write(&header, entry.body, Hash::ZERO, &raw.key).unwrap()])
            }),
        ),
    ];
    for (reason, wrong) in cases {
        let mut raw = Raw::call_from(&dir).await?;
        raw.push(wrong(&raw));
        assert_eq!(raw.ended().await?, (EndReason::EndEntry, reason.to_owned()));
    }
    assert_eq!(entries_of(&province, a), 0);
    for reason in ["malformed", "signature", "too-large", "chain", "other-ledger"] {
        noted(&province, &format!("Đảng ủy xã Diễn Châu: {reason}")).await?;
    }
    // Nobody else noticed.
    let node_top = province.node(top, "top").await?;
    timeout(SOON, node_top.until(|office| Ok(office.registry().office(a).is_some()))).await??;
    let mv = Move::Guidance(guidance::Move::Issued { paper: Default::default() });
    node_top.office.act(Intent::new("clerk", RecordId(Uuid::now_v7()), mv, vec![Scope::office(a)])).await?;
    Ok(())
}

/// Waits until the hub's audit has a note that begins so.
async fn noted(province: &Province, begins: &str) -> Result<()> {
    let accounts = &province.hub().accounts;
    let found = || async {
        while !accounts.notes(None, 500)?.iter().any(|note| note.about.starts_with(begins)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Result::Ok(())
    };
    timeout(SOON, found()).await.map_err(|_| format!("no note: {begins}"))?
}

/// The entry of that height in the first incarnation, after another one.
fn after(raw: &Raw, seq: u64, prev: Hash, to: OfficeId, change: impl FnOnce(&mut Header)) -> Entry {
    let first = raw.entry(99, Bytes::from_static(b"x"), to);
    let mut header = Header { seat: Seat { seq, ..first.header.seat }, ..first.header };
    change(&mut header);
    Entry::write(&header, first.body, prev, &raw.key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_skips_or_rewrites_is_held_and_noted_and_nobody_else_is_disturbed() -> Result<()> {
    let (province, top, a) = stage().await?;
    let b = province.add("commune", Some(top), "16732", "Đảng ủy phường Cửa Lò").await?;
    let node_top = province.node(top, "top").await?;
    let mut skips = Raw::call(&province, a, "a").await?;
    let mut rewrites = Raw::call(&province, b, "b").await?;
    for (raw, seq, note) in [
        (&mut skips, 3, "Đảng ủy xã Diễn Châu: not-next"),
        (&mut rewrites, 1, "Đảng ủy phường Cửa Lò: place-taken"),
    ] {
        let first = raw.entry(99, Bytes::from_static(b"good"), top);
        raw.push(batch::pack([&first]));
        raw.receipt().await?;
        let prev = if seq == 1 { Hash::ZERO } else { Hash([9; 32]) };
        let lie = after(raw, seq, prev, top, |_| {});
        raw.push(batch::pack([&lie]));
        // Kept as evidence, and a person is asked; from here on nothing of it is taken.
        let held = raw.next(|frame| matches!(frame, Down::Held(_))).await?;
        assert!(matches!(held, Down::Held(held) if held.seq == seq));
        noted(&province, note).await?;
        assert_eq!(entries_of(&province, raw.office), 1);
        let asked = || async {
            let hub = &province.hub().hub;
            while !hub.office.registry().office(raw.office).is_some_and(|office| office.is_questioned()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(SOON, asked()).await?;
    }
    timeout(SOON, node_top.until(|office| Ok(office.view(story::newer)?.len() == 2))).await??;
    // Others are served as before.
    let mv = Move::Guidance(guidance::Move::Issued { paper: Default::default() });
    node_top.office.act(Intent::new("clerk", RecordId(Uuid::now_v7()), mv, vec![Scope::office(a)])).await?;
    let receipted = || async {
        while node_top.office.read(|journal| journal.unreceipted())? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Result::Ok(())
    };
    timeout(SOON, receipted()).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_counts_from_the_receipt_that_it_has_seen_whatever_its_clock_says() -> Result<()> {
    let (province, top, a) = stage().await?;
    let node_top = province.node(top, "top").await?;
    let mut raw = Raw::call(&province, a, "a").await?;
    let first = raw.entry(99, Bytes::from_static(b"x"), top);
    raw.push(batch::pack([&first]));
    let receipt = raw.receipt().await?;
    let seen = Seen { position: receipt.position, hub_time: Hlc(receipt.hub_time) };
    let backdated = after(&raw, 2, first.hash, top, |header| {
        header.time = Hlc::tick(Hlc::default(), 1_000);
        header.seen = Some(seen);
        header.audience[0].previous = Some(first.header.seat);
    });
    raw.push(batch::pack([&backdated]));
    raw.receipt().await?;
    timeout(SOON, node_top.until(|office| Ok(office.view(story::newer)?.len() == 2))).await??;
    let newest = node_top.office.view(story::newer)?.remove(0);
    assert_eq!((newest.seat, newest.time as u64), (backdated.header.seat, seen.hub_time.millis()));
    Ok(())
}

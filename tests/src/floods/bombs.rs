//! H2: small messages that demand much memory.

use std::io::Read;

use bytes::Bytes;
use prost::Message;
use truc_proto::entry::SALT;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, Header};

use super::http2::{Attacker, SESSION};
use super::hub::Hub;
use super::line::{frame, kind, open};
use super::{GROWTH, Outcome};

/// Names of the bombs.
pub const BOMBS: &[&str] = &[
    "length of 4 GiB",
    "message of 96 MiB",
    "zstd 32,000:1",
    "zstd that says its size",
    "unknown fields",
    "nested 10,000 deep",
    "empty entries",
    "empty entries, packed",
    "empty scopes",
    "empty marks",
];

fn push(batch: wire::Batch) -> Vec<u8> {
    wire::NodeFrame { frame: Some(Up::Push(wire::Push { batch: Some(batch) })) }.encode_to_vec()
}

/// Compressed zeros: 32,000 to one.
fn zeros(size: u64) -> Bytes {
    let mut packed = Vec::new();
    zstd::stream::copy_encode(std::io::repeat(0).take(size), &mut packed, 1).unwrap();
    packed.into()
}

/// Sends a bomb as the first frame of a session; returns whether the hub refused it without growing.
pub async fn drop_bomb(hub: &Hub, who: &Attacker, name: &'static str) -> Outcome {
    let message: Vec<u8> = match name {
        // The length alone; no data follows.
        "length of 4 GiB" => Vec::new(),
        "message of 96 MiB" => vec![0; 96 << 20],
        "zstd 32,000:1" => {
            let batch = wire::Batch { packed: zeros(900 << 20), unpacked: 900 << 10, ..Default::default() };
            push(batch)
        }
        "zstd that says its size" => {
            let batch = wire::Batch { packed: zeros(900 << 20), unpacked: 900 << 20, ..Default::default() };
            push(batch)
        }
        // Half a million times field 100, which no frame has.
        "unknown fields" => [0xa0, 0x06, 0x00].repeat(340_000),
        // Protobuf groups: the only part of the format that nests without lengths.
        "nested 10,000 deep" => [0xa3, 0x06].repeat(10_000),
        "empty entries" => {
            let entries = vec![wire::Entry::default(); 500_000];
            push(wire::Batch { entries, ..Default::default() })
        }
        "empty entries, packed" => {
            let plain = wire::Batch { entries: vec![wire::Entry::default(); 480_000], ..Default::default() };
            let plain = plain.encode_to_vec();
            let packed = zstd::bulk::compress(&plain, 1).unwrap().into();
            let batch = wire::Batch { packed, unpacked: plain.len() as u32, ..Default::default() };
            push(batch)
        }
        "empty scopes" => {
            let audience = vec![wire::Channel::default(); 250_000];
            let header = Header { audience, ..Default::default() }.encode_to_vec().into();
            let content = wire::Content { header, body: vec![0; SALT].into(), ..Default::default() };
            let entry = wire::Entry {
                content: content.encode_to_vec().into(),
                signature: vec![0; 64].into(),
                prev: Some(vec![0; 32].into()),
            };
            push(wire::Batch { entries: vec![entry], ..Default::default() })
        }
        "empty marks" => {
            let hello = wire::Hello { cursor: vec![wire::Mark::default(); 500_000], ..Default::default() };
            wire::NodeFrame { frame: Some(Up::Hello(hello)) }.encode_to_vec()
        }
        other => panic!("no such bomb: {other}"),
    };
    let before = hub.process.resident();
    hub.process.forget_peak();
    let heard = match name {
        "length of 4 GiB" => {
            let head = frame(kind::DATA, 0, 1, &[0, 255, 255, 255, 255, 1, 2, 3]);
            who.flood([open(1, SESSION), head].into_iter()).await
        }
        _ => who.say(SESSION, &message).await,
    };
    let grown = hub.process.peak().saturating_sub(before);
    // Unknown fields are skipped for the sake of newer programs, so this frame counts as empty.
    let told = format!("{heard:?}; grown by {:.1} MiB", grown as f64 / f64::from(1 << 20));
    Outcome { attack: name, held: heard.refused() && grown <= GROWTH / 4, told }
}

//! H5: well-formed traffic in quantity, from machines of enrolled offices that somebody else has: nothing in it is
//! malformed, so nothing ends it but what one office may bring in a day.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::{Connection, OpenFlags};
use tokio::task::JoinSet;
use tokio::time::timeout;
use truc_proto::audience::Scope;
use truc_proto::entry::Entry;
use truc_proto::id::Hash;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::{self, Verdict};
use truc_proto::{batch, limits};

use super::hub::{Hub, Site};
use crate::peer::{self, Ledger, Machine, shake};

/// Kind of a directive: its body is decoded and judged.
const DIRECTIVE: u32 = 3;
/// A session that says nothing for so long is over.
const SILENCE: Duration = Duration::from_secs(5);
/// Malformed entries that one machine tries to hand in.
const MALFORMED: usize = 10_000;

/// The floods, by name.
pub const FLOODS: &[&str] = &["offers", "malformed entries", "invented marks"];

/// A flood by a machine, for so long. Returns how often it got through with what it tried.
pub async fn flood(name: &str, at: SocketAddr, machine: Machine, most: Duration) -> usize {
    let tried = match name {
        "offers" => timeout(most, offers(at, machine)).await,
        "malformed entries" => timeout(most, malformed(at, machine)).await,
        "invented marks" => timeout(most, marks(at, machine)).await,
        other => panic!("no such flood: {other}"),
    };
    tried.unwrap_or(0)
}

/// Gives back one entry of the hub's 256 times a frame, again and again.
async fn offers(at: SocketAddr, machine: Machine) -> usize {
    let hello = peer::hello(machine.credential);
    let channel = machine.channel(at).await.unwrap();
    let (mut session, _) = peer::Session::open(channel, hello).await.unwrap();
    let known: Entry = loop {
        if let Down::Deliver(deliver) = session.next().await.unwrap() {
            break batch::unpack(deliver.batch.unwrap_or_default()).unwrap().remove(0);
        }
    };
    drop(session);
    let same = batch::pack(std::iter::repeat_n(&known, limits::BATCH_ENTRIES));
    loop {
        let hello = wire::Hello { beyond: true, resuming: true, ..peer::hello(machine.credential) };
        let Ok(channel) = machine.channel(at).await else { continue };
        let Ok((session, welcome)) = peer::Session::open(channel, hello).await else { continue };
        assert_eq!(welcome.verdict(), Verdict::Refill);
        while session.send(Up::Offer(wire::Offer { batch: Some(same.clone()) })).await.is_ok() {}
    }
}

/// Pushes directives that do not decode.
async fn malformed(at: SocketAddr, machine: Machine) -> usize {
    let mut ledger = Ledger::new(machine.office, machine.key.clone(), machine.credential as u32);
    let bad: Vec<Entry> = (0..MALFORMED)
        .map(|_| {
            let header = ledger.header(DIRECTIVE, Scope::office(machine.office));
            ledger.append(&header, Bytes::from_static(b"\xff"))
        })
        .collect();
    let mut sent = 0;
    let hello = peer::hello(machine.credential);
    let Ok(channel) = machine.channel(at).await else { return 0 };
    let Ok((mut session, _)) = peer::Session::open(channel, hello).await else { return 0 };
    for some in bad.chunks(limits::BATCH_ENTRIES) {
        if session.push(batch::pack(some)).await.is_err() {
            break;
        }
        loop {
            match timeout(SILENCE, session.next()).await {
                Ok(Ok(Down::Receipt(receipt))) if receipt.seq as usize >= sent + some.len() => break,
                Ok(Ok(_)) => {}
                // The hub takes no more of this today.
                _ => return sent,
            }
        }
        sent += some.len();
    }
    sent
}

/// Says again and again that the hub once was further on.
async fn marks(at: SocketAddr, machine: Machine) -> usize {
    let mut said = 0;
    loop {
        let running = Hash([said as u8; 32]).to_wire();
        let cursor = vec![wire::Mark { position: 1_000_000 + said, running }];
        let hello = wire::Hello { cursor, ..peer::hello(machine.credential) };
        let Ok(channel) = machine.channel(at).await else { continue };
        if peer::Session::open(channel, hello).await.is_ok() {
            said += 1;
        }
    }
}

/// So many handshakes of one machine at once, from its one address. How many succeed.
pub async fn handshakes(hub: &Hub, machine: &Machine, count: usize) -> usize {
    let mut all = JoinSet::new();
    for _ in 0..count {
        let (at, from, config) = (hub.sessions, machine.source, Arc::clone(&machine.config));
        all.spawn(async move { shake(at, from, config).await });
    }
    let begun = Instant::now();
    let mut open = Vec::new();
    while let Some(shaken) = all.join_next().await {
        open.extend(shaken.unwrap().ok());
    }
    assert!(begun.elapsed() < limits::TLS_HANDSHAKE + SILENCE);
    open.len()
}

/// Number of entries of the hub's own ledger.
pub fn said_by_the_hub(site: &Site) -> u64 {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let journal = Connection::open_with_flags(site.dir().join("journal.db"), flags).unwrap();
    let own =
        "SELECT count(*) FROM entry JOIN ledger ON no = ledger WHERE office = (SELECT office FROM state)";
    journal.query_row(own, [], |row| row.get::<_, i64>(0)).unwrap() as u64
}

//! H1: what HTTP/2 allows a peer to ask for without end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::hub::{Hub, Site};
use super::line::{Heard, Line, call, code, flag, frame, kind, open};
use super::{GROWTH, Outcome};
use crate::peer::Machine;

/// A session.
pub const SESSION: &str = "/truc.v1.Sync/Open";
/// A file that is being brought: it waits for its first message.
pub const FILE: &str = "/truc.v1.Attachments/Put";
/// What anybody may call.
pub const ENROL: &str = "/truc.v1.Enrolment/Enrol";
/// Nothing moved for so long: it is over.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many of each there are.
const MANY: u32 = 100_000;

/// Somebody who attacks a listener.
#[derive(Clone)]
pub struct Attacker {
    /// The listener.
    pub at: SocketAddr,
    /// From where.
    pub from: Ipv4Addr,
    /// With whose certificate, if with any.
    pub config: Arc<ClientConfig>,
    /// What is called there.
    pub path: &'static str,
}

impl Attacker {
    /// A machine of an office that was taken over.
    pub fn machine(hub: &Hub, machine: &Machine) -> Self {
        Self { at: hub.sessions, from: machine.source, config: Arc::clone(&machine.config), path: FILE }
    }

    /// Somebody without a certificate.
    pub fn stranger(hub: &Hub, site: &Site) -> Self {
        Self { at: hub.enrolment, from: Ipv4Addr::new(127, 200, 0, 1), config: site.stranger(), path: ENROL }
    }

    /// Sends so much on a new connection, and hears what comes back.
    pub async fn flood(&self, frames: impl Iterator<Item = Vec<u8>>) -> Heard {
        match Line::open(self.at, self.from, Arc::clone(&self.config)).await {
            Ok(line) => line.flood(frames, PATIENCE).await,
            Err(_) => Heard { closed: true, ..Heard::default() },
        }
    }

    /// Says one message in a call.
    pub async fn say(&self, path: &str, message: &[u8]) -> Heard {
        match Line::open(self.at, self.from, Arc::clone(&self.config)).await {
            Ok(line) => line.say(path, message, PATIENCE).await,
            Err(_) => Heard { closed: true, ..Heard::default() },
        }
    }

    async fn deafly(&self, frames: impl Iterator<Item = Vec<u8>>) {
        if let Ok(line) = Line::open(self.at, self.from, Arc::clone(&self.config)).await {
            drop(line.deafly(frames, PATIENCE).await);
        }
    }
}

/// The attacks by name.
pub const ATTACKS: &[&str] = &[
    "rapid reset",
    "provoked resets",
    "CONTINUATION",
    "empty DATA",
    "DATA of one byte",
    "SETTINGS unread",
    "PING unread",
    "10,000 streams",
    "connections",
];

/// Numbers of a client's streams.
fn streams() -> impl Iterator<Item = u32> {
    (0..MANY).map(|number| 2 * number + 1)
}

/// Makes an attack, and says whether the hub held.
pub async fn attack(hub: &Hub, who: &Attacker, name: &'static str) -> Outcome {
    let before = hub.process.resident();
    hub.process.forget_peak();
    let (refused, told) = made(hub, who, name).await;
    let grown = hub.process.peak().saturating_sub(before);
    let told = format!("{told}; grown by {:.1} MiB", grown as f64 / f64::from(1 << 20));
    Outcome { attack: name, held: refused && grown <= GROWTH, told }
}

async fn made(hub: &Hub, who: &Attacker, name: &str) -> (bool, String) {
    let path = who.path;
    let calmed = |heard: Heard| (heard.calmed(), format!("{heard:?}"));
    match name {
        "rapid reset" => {
            let cancel = code::CANCEL.to_be_bytes();
            let pair = |stream| [open(stream, path), frame(kind::RST_STREAM, 0, stream, &cancel)].concat();
            calmed(who.flood(streams().map(pair)).await)
        }
        // Each is the client's error, and so the hub resets the stream itself.
        "provoked resets" => {
            let block = call(path, &[("content-length", "0")]);
            let pair = |stream| {
                let open = frame(kind::HEADERS, flag::END_HEADERS, stream, &block);
                [open, frame(kind::DATA, 0, stream, b"x")].concat()
            };
            calmed(who.flood(streams().map(pair)).await)
        }
        // 160 MiB of a header that never ends.
        "CONTINUATION" => {
            let begin = frame(kind::HEADERS, 0, 1, &call(path, &[]));
            let mut field = vec![0, 1, b'x', 0x7f, 0x81, 0x7c];
            field.resize(field.len() + 127 + 15_873, b'y');
            let more = (0..10_000).map(|_| frame(kind::CONTINUATION, 0, 1, &field));
            calmed(who.flood(std::iter::once(begin).chain(more)).await)
        }
        "empty DATA" => {
            let empty = (0..10 * MANY).map(|_| frame(kind::DATA, 0, 1, &[]));
            calmed(who.flood(std::iter::once(open(1, path)).chain(empty)).await)
        }
        // The message that they make is too large, or at last none: there is an end either way.
        "DATA of one byte" => {
            let begin = [open(1, path), frame(kind::DATA, 0, 1, &[0, 0, 15, 255, 255])].concat();
            let bytes = (0..10 * MANY).map(|_| frame(kind::DATA, 0, 1, b"x"));
            let heard = who.flood(std::iter::once(begin).chain(bytes)).await;
            (heard.refused(), format!("{heard:?}"))
        }
        // Nobody reads the answers: the hub must stop reading too.
        "SETTINGS unread" => {
            who.deafly((0..5 * MANY).map(|_| frame(kind::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9]))).await;
            (true, String::new())
        }
        "PING unread" => {
            who.deafly((0..5 * MANY).map(|_| frame(kind::PING, 0, 0, b"12345678"))).await;
            (true, String::new())
        }
        "10,000 streams" => {
            let heard = who.flood(streams().take(10_000).map(|stream| open(stream, path))).await;
            let refused = heard.resets.get(&code::REFUSED_STREAM).copied().unwrap_or_default();
            (heard.goaway.is_some() || refused + 64 >= 10_000, format!("{heard:?}"))
        }
        "connections" => {
            let before = hub.process.descriptors();
            let mut open = Vec::new();
            for _ in 0..100 {
                open.extend(Line::open(who.at, who.from, Arc::clone(&who.config)).await.ok());
            }
            let left = hub.process.descriptors().saturating_sub(before);
            (left <= 16, format!("{left} of 100 connections are open"))
        }
        other => panic!("no such attack: {other}"),
    }
}

//! H1: requests that HTTP/2 lets a peer make without end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::hub::{Hub, Site};
use super::line::{Heard, Line, call, code, flag, frame, kind, open};
use super::{GROWTH, Outcome};
use crate::peer::Machine;

/// Path of the call that opens a session.
pub const SESSION: &str = "/truc.v1.Sync/Open";
/// Path of the call that uploads a file: the hub waits for its first message.
pub const FILE: &str = "/truc.v1.Attachments/Put";
/// Path of the enrolment call, which anybody may make.
pub const ENROL: &str = "/truc.v1.Enrolment/Enrol";
/// An attack is over when nothing moves for this long.
const PATIENCE: Duration = Duration::from_secs(2);
/// Number of frames or streams per attack.
const MANY: u32 = 100_000;

/// An attacker of a listener.
#[derive(Clone)]
pub struct Attacker {
    /// Address of the listener.
    pub at: SocketAddr,
    /// Address that the attacker connects from.
    pub from: Ipv4Addr,
    /// TLS configuration, with or without a client certificate.
    pub config: Arc<ClientConfig>,
    /// Path of the call that is attacked.
    pub path: &'static str,
}

impl Attacker {
    /// An attacker with an office's machine, which was taken over.
    pub fn machine(hub: &Hub, machine: &Machine) -> Self {
        Self { at: hub.sessions, from: machine.source, config: Arc::clone(&machine.config), path: FILE }
    }

    /// An attacker without a certificate.
    pub fn stranger(hub: &Hub, site: &Site) -> Self {
        Self { at: hub.enrolment, from: Ipv4Addr::new(127, 200, 0, 1), config: site.stranger(), path: ENROL }
    }

    /// Sends the frames on a new connection; returns the hub's reaction.
    pub async fn flood(&self, frames: impl Iterator<Item = Vec<u8>>) -> Heard {
        match Line::open(self.at, self.from, Arc::clone(&self.config)).await {
            Ok(line) => line.flood(frames, PATIENCE).await,
            Err(_) => Heard { closed: true, ..Heard::default() },
        }
    }

    /// Sends one message in a call; returns the hub's reaction.
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

/// Names of the attacks.
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

/// Stream numbers of a client.
fn streams() -> impl Iterator<Item = u32> {
    (0..MANY).map(|number| 2 * number + 1)
}

/// Makes an attack; returns whether the hub held.
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
        // Each is an error of the client, so the hub itself resets the stream.
        "provoked resets" => {
            let block = call(path, &[("content-length", "0")]);
            let pair = |stream| {
                let open = frame(kind::HEADERS, flag::END_HEADERS, stream, &block);
                [open, frame(kind::DATA, 0, stream, b"x")].concat()
            };
            calmed(who.flood(streams().map(pair)).await)
        }
        // 160 MiB of a header without end.
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
        // The message grows too large, or ends: the call ends either way.
        "DATA of one byte" => {
            let begin = [open(1, path), frame(kind::DATA, 0, 1, &[0, 0, 15, 255, 255])].concat();
            let bytes = (0..10 * MANY).map(|_| frame(kind::DATA, 0, 1, b"x"));
            let heard = who.flood(std::iter::once(begin).chain(bytes)).await;
            (heard.refused(), format!("{heard:?}"))
        }
        // The answers are not read, so the hub must stop reading.
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
            // Offices behind one router enrol from one address: strangers have more room than a machine that is known.
            let known = who.config.client_auth_cert_resolver.has_certs();
            let most = if known { 16 } else { truc_proto::limits::HANDSHAKES_PER_SOURCE + 16 };
            for _ in 0..2 * most + 68 {
                open.extend(Line::open(who.at, who.from, Arc::clone(&who.config)).await.ok());
            }
            let left = hub.process.descriptors().saturating_sub(before);
            (left <= most, format!("{left} of {} connections are open", 2 * most + 68))
        }
        other => panic!("no such attack: {other}"),
    }
}

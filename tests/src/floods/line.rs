//! HTTP/2 by hand: frames as bytes, sent as fast as they are taken, and what comes back counted.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use truc_proto::limits;

use crate::peer::shake;

/// Kinds of frames (RFC 9113, 6).
#[allow(missing_docs)]
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags of frames.
#[allow(missing_docs)]
pub mod flag {
    pub const ACK: u8 = 1;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
}

/// Codes of errors (RFC 9113, 7).
#[allow(missing_docs)]
pub mod code {
    pub const REFUSED_STREAM: u32 = 7;
    pub const CANCEL: u32 = 8;
    pub const ENHANCE_YOUR_CALM: u32 = 11;
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Payload of one DATA frame.
const DATA_FRAME: usize = 16 * 1024;
/// Written at once.
const PIECE: usize = 64 * 1024;

/// One frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The header block of a call, nothing of it indexed, with further fields.
pub fn call(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    let text = |block: &mut Vec<u8>, text: &str| {
        block.push(u8::try_from(text.len()).ok().filter(|len| *len < 127).unwrap());
        block.extend(text.as_bytes());
    };
    block.push(0x04);
    text(&mut block, path);
    block.push(0x01);
    text(&mut block, "hub");
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")].iter().chain(more) {
        block.push(0);
        text(&mut block, name);
        text(&mut block, value);
    }
    block
}

/// The frame that opens a call.
pub fn open(stream: u32, path: &str) -> Vec<u8> {
    frame(kind::HEADERS, flag::END_HEADERS, stream, &call(path, &[]))
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The code of GOAWAY, if it came.
    pub goaway: Option<u32>,
    /// Streams that were reset, by code.
    pub resets: BTreeMap<u32, u64>,
    /// Streams that the hub has ended.
    pub ended: u64,
    /// Bytes of DATA.
    pub data: u64,
    /// The connection is closed.
    pub closed: bool,
}

/// A frame that came.
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn number(&self, at: usize) -> Option<u32> {
        self.payload.get(at..at + 4).map(|four| u32::from_be_bytes(four.try_into().unwrap()))
    }
}

/// A connection whose handshake is done, with the preface sent.
pub struct Line {
    read: ReadHalf<TlsStream<TcpStream>>,
    write: WriteHalf<TlsStream<TcpStream>>,
}

impl Line {
    /// TCP, TLS, preface, both SETTINGS.
    pub async fn open(to: SocketAddr, from: Ipv4Addr, config: Arc<ClientConfig>) -> io::Result<Self> {
        let (mut read, mut write) = split(shake(to, from, config).await?);
        write.write_all(&[PREFACE, &frame(kind::SETTINGS, 0, 0, &[])].concat()).await?;
        // Its SETTINGS come first; an acknowledgement before them would be an error of its own.
        next(&mut read).await?;
        write.write_all(&frame(kind::SETTINGS, flag::ACK, 0, &[])).await?;
        write.flush().await?;
        Ok(Self { read, write })
    }

    /// Sends it all, as long as the hub takes it, and hears what comes back until the connection is closed or nothing
    /// moves for `patience`.
    pub async fn flood(self, frames: impl Iterator<Item = Vec<u8>>, patience: Duration) -> Heard {
        let Self { mut read, write } = self;
        let sent = AtomicBool::new(false);
        let hear = async {
            let mut heard = Heard::default();
            loop {
                match timeout(patience, next(&mut read)).await {
                    Ok(Ok(frame)) => heard.note(&frame),
                    Ok(Err(_)) => {
                        heard.closed = true;
                        return heard;
                    }
                    Err(_) if sent.load(Ordering::Relaxed) => return heard,
                    Err(_) => {}
                }
            }
        };
        let send = async {
            let write = send(write, frames, patience).await;
            sent.store(true, Ordering::Relaxed);
            write
        };
        tokio::join!(hear, send).0
    }

    /// Calls and says one message, as fast as the hub's windows allow. Hears until the call is refused, or nothing
    /// moves for `patience`.
    pub async fn say(self, path: &str, message: &[u8], patience: Duration) -> Heard {
        let Self { mut read, mut write } = self;
        let mut whole = vec![0];
        whole.extend((message.len() as u32).to_be_bytes());
        whole.extend(message);
        let windows = Windows::default();
        let hear = async {
            let mut heard = Heard::default();
            while !heard.refused() {
                match timeout(patience, next(&mut read)).await {
                    Ok(Ok(frame)) => {
                        windows.note(&frame);
                        heard.note(&frame);
                    }
                    Ok(Err(_)) => heard.closed = true,
                    Err(_) => break,
                }
            }
            windows.shut();
            heard
        };
        let send = async {
            if write.write_all(&open(1, path)).await.is_err() {
                return;
            }
            for part in whole.chunks(DATA_FRAME) {
                if !windows.take(part.len()).await
                    || write.write_all(&frame(kind::DATA, 0, 1, part)).await.is_err()
                    || write.flush().await.is_err()
                {
                    return;
                }
            }
        };
        tokio::join!(hear, send).0
    }

    /// Sends it and nothing more: how long until the hub ended the first stream, or all; none: not within `most`.
    pub async fn ended_after(self, bytes: &[u8], most: Duration) -> Option<Duration> {
        let Self { mut read, mut write } = self;
        let begun = Instant::now();
        write.write_all(bytes).await.ok()?;
        write.flush().await.ok()?;
        let ended = async {
            let mut heard = Heard::default();
            while !heard.refused() {
                match next(&mut read).await {
                    Ok(frame) => heard.note(&frame),
                    Err(_) => return,
                }
            }
        };
        timeout(most, ended).await.ok().map(|()| begun.elapsed())
    }

    /// The same without reading anything. What is returned keeps the connection open.
    pub async fn deafly(self, frames: impl Iterator<Item = Vec<u8>>, patience: Duration) -> impl Sized {
        let Self { read, write } = self;
        (read, send(write, frames, patience).await)
    }
}

/// What the hub still allows to be sent: on the connection, and on the one stream.
struct Windows {
    left: Mutex<Option<[i64; 2]>>,
    moved: Notify,
}

impl Default for Windows {
    fn default() -> Self {
        // What a connection begins with, and what the hub's SETTINGS give each stream.
        Self { left: Mutex::new(Some([65_535, limits::STREAM_WINDOW.into()])), moved: Notify::new() }
    }
}

impl Windows {
    fn left(&self) -> MutexGuard<'_, Option<[i64; 2]>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, frame: &Frame) {
        if frame.kind == kind::WINDOW_UPDATE
            && let Some(left) = self.left().as_mut()
        {
            left[usize::from(frame.stream > 0)] += i64::from(frame.number(0).unwrap_or_default());
            self.moved.notify_one();
        }
    }

    fn shut(&self) {
        *self.left() = None;
        self.moved.notify_one();
    }

    /// Waits until so much may be sent; false: nothing may be any more.
    async fn take(&self, bytes: usize) -> bool {
        loop {
            match self.left().as_mut() {
                None => return false,
                Some(left) if left.iter().all(|left| *left >= bytes as i64) => {
                    left.iter_mut().for_each(|left| *left -= bytes as i64);
                    return true;
                }
                Some(_) => {}
            }
            self.moved.notified().await;
        }
    }
}

impl Heard {
    fn note(&mut self, frame: &Frame) {
        match frame.kind {
            kind::GOAWAY => self.goaway = frame.number(4),
            kind::RST_STREAM => {
                *self.resets.entry(frame.number(0).unwrap_or_default()).or_default() += 1;
            }
            kind::DATA => self.data += frame.payload.len() as u64,
            _ => {}
        }
        if matches!(frame.kind, kind::DATA | kind::HEADERS) && frame.flags & flag::END_STREAM != 0 {
            self.ended += 1;
        }
    }

    /// It said that this is too much, and hung up.
    pub fn calmed(&self) -> bool {
        self.goaway == Some(code::ENHANCE_YOUR_CALM)
    }

    /// The call was answered with an error, or the connection was ended.
    pub fn refused(&self) -> bool {
        self.goaway.is_some() || self.closed || self.ended > 0 || !self.resets.is_empty()
    }
}

/// The next frame.
async fn next(read: &mut ReadHalf<TlsStream<TcpStream>>) -> io::Result<Frame> {
    let mut head = [0; 9];
    read.read_exact(&mut head).await?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    read.read_exact(&mut payload).await?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Ok(Frame { kind: head[3], flags: head[4], stream, payload })
}

async fn send(
    mut write: WriteHalf<TlsStream<TcpStream>>,
    frames: impl Iterator<Item = Vec<u8>>,
    patience: Duration,
) -> WriteHalf<TlsStream<TcpStream>> {
    let mut piece = Vec::with_capacity(2 * PIECE);
    let mut frames = frames.peekable();
    while let Some(frame) = frames.next() {
        piece.extend(frame);
        if piece.len() >= PIECE || frames.peek().is_none() {
            // Not taken: the hub reads no more, or has hung up.
            let taken = timeout(patience, async {
                write.write_all(&piece).await?;
                write.flush().await
            });
            if !matches!(taken.await, Ok(Ok(()))) {
                break;
            }
            piece.clear();
        }
    }
    write
}

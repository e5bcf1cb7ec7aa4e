//! Hand-made peers of a hub: an enrolled machine without a program, a ledger in memory, and a session whose frames the
//! test sends itself, right or wrong.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use truc_node::clock::unix_millis;
use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::{IDENTITY, keys, tls};
use truc_node::line::dial;
use truc_node::line::enrol::enrol;
use truc_proto::audience::Scope;
use truc_proto::entry::{self, Entry, Header};
use truc_proto::id::{Hash, Incarnation, Link, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::record;
use truc_proto::session::VERSIONS;
use truc_proto::time::Hlc;
use truc_proto::wire::hub_frame::Frame as Down;
use truc_proto::wire::node_frame::Frame as Up;
use truc_proto::wire::sync_client::SyncClient;
use truc_proto::wire::{self, Confidentiality, Urgency};
use uuid::Uuid;

use crate::province::Result;
use crate::support::soon;

/// A kind of entry that no program knows; relayed unchanged.
pub const UNKNOWN_KIND: u32 = 9_999;
/// Frames queued for sending.
const WAITING: usize = 16;

/// An enrolled machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Office of the machine.
    pub office: OfficeId,
    /// Key that signs its ledger.
    pub key: SigningKey,
    /// Number of its credential.
    pub credential: u64,
    /// TLS configuration with its certificate.
    pub config: Arc<ClientConfig>,
    /// Address that it connects from.
    pub source: Ipv4Addr,
}

impl Machine {
    /// Loads the `number`th machine of a test from the folder where it was enrolled.
    pub fn load(dir: &Path, number: usize) -> Result<Self> {
        let enrolled = Enrolled::load(dir)?.ok_or("not enrolled")?;
        let identity = dir.join(IDENTITY);
        let authority = enrolled.certificates.last().ok_or("no authority")?.clone();
        Ok(Self {
            office: enrolled.office,
            key: keys::load_ledger_key(&identity)?,
            credential: enrolled.credential,
            config: tls::session_config(keys::load_tls(&identity)?, &[authority], Default::default())?,
            source: source(number),
        })
    }

    /// Enrols the machine in the folder, then loads it.
    pub async fn enrol(code: &str, dir: &Path, number: usize) -> Result<Self> {
        enrol(code, dir).await?;
        Self::load(dir, number)
    }

    /// Connects to a hub's session listener.
    pub async fn channel(&self, hub: SocketAddr) -> Result<Channel> {
        let (source, config) = (self.source, Arc::clone(&self.config));
        let connector = tower::service_fn(move |_| {
            let config = Arc::clone(&config);
            async move { Ok::<_, io::Error>(TokioIo::new(shake(hub, source, config).await?)) }
        });
        Ok(dial::endpoint(&hub.to_string())?.connect_with_connector(connector).await?)
    }
}

/// The `number`th loopback address of a test. Each office gets its own, because a hub limits what one address may do.
pub fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 1 + (number / 62_500) as u8, (number / 250 % 250) as u8, (number % 250) as u8 + 1)
}

/// Connects by TCP from an address.
pub async fn tcp(to: SocketAddr, from: Ipv4Addr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let tcp = socket.connect(to).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// Connects by TLS from an address.
pub async fn shake(
    to: SocketAddr,
    from: Ipv4Addr,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::IpAddress(to.ip().into());
    TlsConnector::from(config).connect(name, tcp(to, from).await?).await
}

/// A ledger in memory.
#[derive(Debug)]
pub struct Ledger {
    /// Office of the ledger.
    pub office: OfficeId,
    /// Key that signs it.
    pub key: SigningKey,
    /// The newest entry.
    pub tip: Option<Link>,
    incarnation: Incarnation,
    time: Hlc,
    /// The newest entry of each channel.
    channels: HashMap<[u8; 17], Seat>,
}

impl Ledger {
    /// A ledger without entries. `random` distinguishes its incarnation from others.
    pub fn new(office: OfficeId, key: SigningKey, random: u32) -> Self {
        let incarnation = Incarnation::after(None, random);
        Self { office, key, tip: None, incarnation, time: Hlc::default(), channels: HashMap::new() }
    }

    /// Seq of the newest entry.
    pub fn height(&self) -> u64 {
        self.tip.map_or(0, |tip| tip.seat.seq)
    }

    /// The header of the next entry, for a new record.
    pub fn header(&self, kind: u32, to: Scope) -> Header {
        Header {
            ledger: self.office,
            seat: Seat { incarnation: self.incarnation, seq: self.height() + 1 },
            base: None,
            time: Hlc::tick(self.time, unix_millis()),
            seen: None,
            author: "chanh-van-phong".into(),
            record: RecordId::of(self.office, kind, Uuid::now_v7()),
            kind,
            mv: 0,
            audience: vec![entry::Channel { scope: to, previous: self.channels.get(&to.key()).copied() }],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: Vec::new(),
            seal: None,
        }
    }

    /// Signs an entry after any other one, without adding it. The header gets the number of the move.
    #[allow(clippy::unwrap_used)]
    pub fn sign(&self, header: &Header, body: Bytes, prev: Hash) -> Entry {
        let header = Header { mv: record::number(&body), ..header.clone() };
        Entry::write(&header, &body, [0; entry::SALT], prev, &self.key).unwrap()
    }

    /// Signs and adds an entry.
    pub fn append(&mut self, header: &Header, body: Bytes) -> Entry {
        let entry = self.sign(header, body, self.tip.map_or(Hash::ZERO, |tip| tip.hash));
        self.channels.extend(header.audience.iter().map(|channel| (channel.scope.key(), header.seat)));
        self.time = header.time;
        self.tip = Some(entry.link());
        entry
    }
}

/// A session whose frames the test sends itself.
#[derive(Debug)]
pub struct Session {
    up: mpsc::Sender<wire::NodeFrame>,
    down: Streaming<wire::HubFrame>,
}

/// The Hello of a machine with an empty store.
pub fn hello(credential: u64) -> wire::Hello {
    wire::Hello { version_min: VERSIONS.0, version_max: VERSIONS.1, credential, ..Default::default() }
}

/// A frame of a node.
pub fn frame(frame: Up) -> wire::NodeFrame {
    wire::NodeFrame { frame: Some(frame) }
}

impl Session {
    /// Sends Hello on a channel and waits for Welcome.
    pub async fn open(
        channel: Channel,
        hello: wire::Hello,
    ) -> std::result::Result<(Self, wire::Welcome), Status> {
        let (up, frames) = mpsc::channel(WAITING);
        // The queue is empty, so this cannot wait.
        let _ = up.send(frame(Up::Hello(hello))).await;
        let mut client = SyncClient::new(channel).max_decoding_message_size(limits::FRAME);
        let down = client.open(ReceiverStream::new(frames)).await?.into_inner();
        let mut session = Self { up, down };
        loop {
            match session.next().await? {
                Down::Welcome(welcome) => return Ok((session, welcome)),
                // Its tip continues nothing that the hub had last, unless its receipt says so.
                Down::Standing(_) => {
                    let _ =
                        session.up.send(frame(Up::Standing(wire::StandingAnswer { on_chain: false }))).await;
                }
                _ => {}
            }
        }
    }

    /// A sender of frames, for tests that send while they receive.
    pub fn sender(&self) -> mpsc::Sender<wire::NodeFrame> {
        self.up.clone()
    }

    /// Sends a frame.
    pub async fn send(&self, up: Up) -> Result<()> {
        Ok(self.up.send(frame(up)).await?)
    }

    /// Pushes entries.
    pub async fn push(&self, batch: wire::Batch) -> Result<()> {
        self.send(Up::Push(wire::Push { batch: Some(batch) })).await
    }

    /// The next frame; an error where the hub ends the session.
    pub async fn next(&mut self) -> std::result::Result<Down, Status> {
        match self.frame().await? {
            Down::Ended(ended) => Err(Status::aborted(format!("the hub ends the session: {ended:?}"))),
            frame => Ok(frame),
        }
    }

    async fn frame(&mut self) -> std::result::Result<Down, Status> {
        let frame = self.down.message().await?.ok_or_else(|| Status::aborted("the hub hung up"))?;
        frame.frame.ok_or_else(|| Status::aborted("an empty frame"))
    }

    /// Waits for a receipt; other frames are passed over.
    pub async fn receipt(&mut self) -> Result<wire::Receipt> {
        soon("a receipt comes", async {
            loop {
                if let Down::Receipt(receipt) = self.next().await? {
                    return Ok(receipt);
                }
            }
        })
        .await
    }

    /// Waits for the word that nothing more of this ledger is taken; other frames are passed over.
    pub async fn held(&mut self) -> Result<wire::Held> {
        soon("an entry is held", async {
            loop {
                if let Down::Held(held) = self.next().await? {
                    return Ok(held);
                }
            }
        })
        .await
    }

    /// Waits until the hub ends the session; other frames are passed over.
    pub async fn ended(&mut self) -> Result<wire::Ended> {
        soon("the hub ends the session", async {
            loop {
                if let Down::Ended(ended) = self.frame().await? {
                    return Ok(ended);
                }
            }
        })
        .await
    }
}

//! H3: slow callers, which occupy places that others need.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;
use truc_proto::limits;

use super::http2::SESSION;
use super::hub::Hub;
use super::line::{Line, open};
use crate::peer::{Machine, shake, source, tcp};

/// Longer than any slow caller may last.
const MOST: Duration = Duration::from_secs(25);
/// A caller that is refused notices within this time, which is shorter than every deadline.
const AT_ONCE: Duration = Duration::from_secs(4);
/// Wait between two bytes of a slow handshake.
const BYTE: Duration = Duration::from_millis(500);
/// Number of the first source address, apart from those of machines.
const SOURCES: usize = 62_500;

/// How a caller is slow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum How {
    /// Sends the handshake byte by byte.
    Handshake,
    /// Connects by TCP and stays silent.
    Tcp,
    /// Completes TLS with a valid certificate and stays silent.
    Tls,
    /// Opens a session and sends no Hello.
    Session,
    /// Connects to the console like a browser and stays silent.
    Page,
}

/// How each caller was slow, and how long it lasted; none: longer than [`MOST`].
pub type Lasted = Vec<(How, Option<Duration>)>;

/// Starts `count` slow handshakes and as many silent connections, with as many from one address as the hub allows; and
/// for each machine a silent browser, a caller silent after its handshake, and one silent in a session.
pub fn callers(hub: &Hub, count: usize, machines: &[Machine]) -> JoinSet<(How, Option<Duration>)> {
    let mut all = JoinSet::new();
    for _ in machines {
        let pages = hub.pages;
        all.spawn(async move {
            let mut tcp = tcp(pages, Ipv4Addr::LOCALHOST).await.unwrap();
            let begun = Instant::now();
            let over = ended(&mut tcp, MOST).await;
            (How::Page, over.then(|| begun.elapsed()))
        });
    }
    let hub = hub.sessions;
    for number in 0..2 * count {
        let from = source(SOURCES + number / limits::HANDSHAKES_PER_SOURCE);
        let how = if number < count { How::Handshake } else { How::Tcp };
        all.spawn(async move {
            let begun = Instant::now();
            let lasts = async {
                let Ok(mut tcp) = tcp(hub, from).await else { return };
                // A ClientHello of 512 bytes.
                let mut hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 252][..], &[3; 512]].concat().into_iter();
                let pause = if how == How::Handshake { BYTE } else { MOST };
                while !ended(&mut tcp, pause).await {
                    if let Some(byte) = hello.next()
                        && tcp.write_all(&[byte]).await.is_err()
                    {
                        return;
                    }
                }
            };
            (how, timeout(MOST, lasts).await.ok().map(|()| begun.elapsed()))
        });
    }
    for machine in machines {
        let one = machine.clone();
        all.spawn(async move {
            let mut tls = shake(hub, one.source, Arc::clone(&one.config)).await.unwrap();
            let begun = Instant::now();
            let over = ended(&mut tls, MOST).await;
            (How::Tls, over.then(|| begun.elapsed()))
        });
        let one = machine.clone();
        all.spawn(async move {
            let line = Line::open(hub, one.source, Arc::clone(&one.config)).await.unwrap();
            (How::Session, line.ended_after(&open(1, SESSION), MOST).await)
        });
    }
    all
}

/// Opens `each` silent connections from each of `addresses` addresses. Returns how many the hub closes at once, while
/// the others stay open.
pub async fn crowd(hub: &Hub, addresses: usize, each: usize) -> usize {
    let at = hub.sessions;
    let mut all = Vec::new();
    for number in 0..addresses * each {
        all.push(tcp(at, source(SOURCES + number / each)).await.unwrap());
    }
    let mut cut = JoinSet::new();
    for mut one in all {
        cut.spawn(async move { ended(&mut one, AT_ONCE).await });
    }
    cut.join_all().await.into_iter().filter(|cut| *cut).count()
}

/// Whether the other end closes within a time; data that it sends is ignored.
async fn ended(io: &mut (impl AsyncRead + Unpin), within: Duration) -> bool {
    let mut some = [0; 1024];
    let hung_up = async { while io.read(&mut some).await.is_ok_and(|read| read > 0) {} };
    timeout(within, hung_up).await.is_ok()
}

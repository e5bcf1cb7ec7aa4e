//! H3: callers that take their time, so that their places are gone for others.

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

/// Longer than any of them may last.
const MOST: Duration = Duration::from_secs(25);
/// Who is refused is refused by then, and no deadline has passed.
const AT_ONCE: Duration = Duration::from_secs(4);
/// Between two bytes of a slow handshake.
const BYTE: Duration = Duration::from_millis(500);
/// Their addresses begin here, apart from those of machines.
const SOURCES: usize = 62_500;

/// How a caller is slow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum How {
    /// A byte of the handshake now and then.
    Handshake,
    /// TCP, and no word.
    Tcp,
    /// TLS with a good certificate, and no word.
    Tls,
    /// A session without a Hello.
    Session,
    /// A browser's connection to the console, and no word.
    Page,
}

/// How many are slow in each way, and how long they lasted; none: longer than [`MOST`].
pub type Lasted = Vec<(How, Option<Duration>)>;

/// So many slow handshakes, as many silent connections, and each of these machines silent after its handshake and
/// in a session, and as many browsers. As many from one address as the hub allows.
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

/// Opens so many connections from each of so many addresses, none of which says a word. How many of them are hung up
/// on at once, while the others are kept.
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

/// Whether the other end hangs up within a time; what it says meanwhile does not count.
async fn ended(io: &mut (impl AsyncRead + Unpin), within: Duration) -> bool {
    let mut some = [0; 1024];
    let hung_up = async { while io.read(&mut some).await.is_ok_and(|read| read > 0) {} };
    timeout(within, hung_up).await.is_ok()
}

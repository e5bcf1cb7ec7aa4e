//! All nodes come back at once after a restart of the hub.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use super::{Both, Sides};
use crate::Result;
use crate::args::Args;
use crate::client::Session;
use crate::figures::Thresholds;
use crate::floor::bare_tls;
use crate::hub::Hub;
use crate::line::Connector;
use crate::table::{Goal, Table};

/// A connection request that was lost is repeated by the kernel after one second.
const LOST: Duration = Duration::from_millis(900);

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let nodes = args.size(500, 20);
    let mut sides = Sides::new(args, nodes, false).await?;
    let (_bare, address) = bare_tls::start(sides.sketch()?.folder())?;
    let lines: Vec<Connector> =
        sides.sketch()?.communes.iter().map(|office| office.connector.clone()).collect();
    let (mut all, mut start, mut lost) = (Both::default(), Both::default(), Both::default());
    let mut handshakes = Thresholds::default();
    for hub in &mut sides.0 {
        // The mail of the beginning.
        let open = hub.open_all(nodes).await?;
        hub.communes = open.into_iter().map(|(office, _)| office).collect();
    }
    for round in 0..=args.rounds(5) {
        let bare = bare(&lines, address).await?;
        if round > 0 {
            handshakes.add_ms(bare);
        }
        for hub in &mut sides.0 {
            let listens = hub.restart().await?;
            let (took, late) = come_back(hub).await?;
            if round > 0 {
                start.of(hub).add_ms(listens);
                all.of(hub).add_ms(took);
                lost.of(hub).add(late as f64);
            }
        }
    }
    table.add(all.beside(
        format!("reconnect: {nodes} nodes welcomed, ms"),
        "bare mTLS handshakes",
        handshakes,
        Goal::RatioAtMost(1.5),
    ));
    table.add(all.line("reconnect: nodes welcomed, ms", Goal::None));
    table.add(lost.line("reconnect: connections refused, or lost and repeated", Goal::AtMost(0.0)));
    table.add(start.line("reconnect: from the start of the hub to its first connection, ms", Goal::None));
    Ok(())
}

/// So many handshakes at once, each until the server's first byte.
async fn bare(lines: &[Connector], address: SocketAddr) -> Result<Duration> {
    let mut tasks = JoinSet::new();
    let began = Instant::now();
    for line in lines {
        let line = line.clone();
        tasks.spawn(async move {
            let mut tls = line.connect(address).await?;
            tls.read_u8().await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(began.elapsed())
}

/// All offices at once, until the last Welcome; how many had to try again or wait for a second request.
async fn come_back(hub: &mut Hub) -> Result<(Duration, usize)> {
    let mut tasks = JoinSet::new();
    let began = Instant::now();
    for office in hub.communes.drain(..) {
        tasks.spawn(async move {
            let began = Instant::now();
            let mut refused = 0;
            loop {
                match Session::open(&office).await {
                    Ok(session) => return (office, session, refused + usize::from(began.elapsed() > LOST)),
                    Err(_) if refused < 100 => refused += 1,
                    Err(error) => panic!("a node cannot come back: {error}"),
                }
            }
        });
    }
    let (mut late, mut open) = (0, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (office, session, lost) = done?;
        late += lost;
        hub.communes.push(office);
        open.push(session);
    }
    Ok((began.elapsed(), late))
}

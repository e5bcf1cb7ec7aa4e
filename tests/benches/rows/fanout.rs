//! A directive of the province to all its connected communes.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Both, Sides};
use crate::Result;
use crate::args::Args;
use crate::bodies::Content;
use crate::client::{Event, Session, pushes};
use crate::hub::Hub;
use crate::office::Office;
use crate::table::{Goal, Table};

/// No round takes so long, unless mail is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connected communes of one side.
struct Side {
    arrivals: mpsc::UnboundedReceiver<usize>,
    readers: Vec<JoinHandle<Result<()>>>,
    session: Session,
    journal: Connection,
}

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let communes = args.size(500, 20);
    let rounds = args.rounds(20);
    let mut sides = Sides::new(args, communes, true).await?;
    let mut connected = Vec::new();
    for hub in &mut sides.0 {
        connected.push(connect(hub, communes).await?);
    }
    let (mut receipt, mut sent, mut durable, mut cpu) =
        (Both::default(), Both::default(), Both::default(), Both::default());
    let mut began = Vec::new();
    for round in 0..rounds + 3 {
        for (hub, side) in sides.0.iter_mut().zip(&mut connected) {
            if round == 3 {
                hub.process.settle().await;
                began.push(hub.process.cpu());
            }
            let times = tokio::time::timeout(PATIENCE, one(hub, side, communes)).await;
            let times = times.map_err(|_| "a directive did not reach everybody")??;
            // Three rounds to warm up.
            if round >= 3 {
                receipt.of(hub).add_ms(times[0]);
                sent.of(hub).add_ms(times[1]);
                durable.of(hub).add_ms(times[2]);
            }
        }
    }
    for (hub, began) in sides.0.iter().zip(began) {
        hub.process.settle().await;
        cpu.of(hub).add((hub.process.cpu() - began) * 1e3 / rounds as f64);
    }
    for hub in &sides.0 {
        hub.refused_nothing()?;
    }
    for side in connected {
        side.readers.iter().for_each(JoinHandle::abort);
    }
    table.add(receipt.line(format!("directive to {communes} connected: receipt, ms"), Goal::None));
    table.add(sent.line("directive: last Delivered sent, ms", Goal::None));
    table.add(durable.line("directive: all Delivered durable at the hub, ms", Goal::RatioAtMost(1.3)));
    table.add(cpu.line("directive: hub CPU ms", Goal::None));
    Ok(())
}

async fn connect(hub: &mut Hub, communes: usize) -> Result<Side> {
    let (arrived, arrivals) = mpsc::unbounded_channel();
    let mut readers = Vec::with_capacity(communes);
    for (office, session) in hub.open_all(communes).await? {
        readers.push(tokio::spawn(read(office, session, arrived.clone())));
    }
    let session = Session::open_caught_up(&mut hub.province).await?;
    hub.process.settle().await;
    Ok(Side { arrivals, readers, session, journal: hub.journal()? })
}

/// Takes mail and acknowledges it, for ever.
async fn read(mut office: Office, mut session: Session, arrived: mpsc::UnboundedSender<usize>) -> Result<()> {
    loop {
        if let Event::Mail(mail) = session.next(&mut office).await? {
            arrived.send(mail.positions.len())?;
        }
    }
}

/// One directive: when its receipt came, when everybody had acknowledged, when all of that was durable.
async fn one(hub: &mut Hub, side: &mut Side, communes: usize) -> Result<[Duration; 3]> {
    let scope = hub.to_all();
    let from = hub.province.height();
    let entry = hub.province.write(Content::Letter, scope)?;
    let push = pushes(&[entry], 1, hub.packs());
    let began = Instant::now();
    let pushing = async {
        side.session.push_all(&mut hub.province, from, push).await?;
        Result::Ok(began.elapsed())
    };
    let arriving = async {
        let mut arrived = 0;
        while arrived < communes {
            arrived += side.arrivals.recv().await.ok_or("all readers have ended")?;
        }
        Result::Ok(began.elapsed())
    };
    let (receipt, sent) = tokio::try_join!(pushing, arriving)?;
    let position = hub.province.receipt.as_ref().ok_or("no receipt")?.position;
    loop {
        let count: i64 = side
            .journal
            .prepare_cached("SELECT count(*) FROM delivered WHERE position >= ?1")?
            .query_row([position as i64], |row| row.get(0))?;
        if count as usize >= communes {
            return Ok([receipt, sent, began.elapsed()]);
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
}

//! One node takes 100,000 entries that waited for it, and makes them durable itself.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use tokio::sync::mpsc;
use truc_node::store::journal::Journal;
use truc_proto::batch;
use truc_proto::id::Mark;
use truc_proto::session::{MailEnd, NodeWrite};
use truc_proto::wire;
use truc_proto::wire::node_frame::Frame as Up;
use truc_tests::peer;

use super::{Both, Sides, load};
use crate::Result;
use crate::args::Args;
use crate::client::{Event, Session};
use crate::floor::sqlite;
use crate::hub::{Hub, store_folder};
use crate::table::{Goal, Table};

const COMMUNES: usize = 10;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let entries = args.size(100_000, 2_000);
    let mut sides = Sides::new(args, COMMUNES, false).await?;
    for hub in &mut sides.0 {
        load::fill(hub, entries).await?;
        hub.province.resuming = true;
    }
    let mut rate = Both::default();
    for round in 0..=args.rounds(5) {
        for hub in &mut sides.0 {
            let folder = store_folder(args)?;
            let (count, took) = catch_up(hub, folder.path()).await?;
            if count < entries as u64 {
                return Err(format!("only {count} of {entries} entries came").into());
            }
            if round > 0 {
                rate.of(hub).add(count as f64 / took.as_secs_f64());
            }
            hub.process.settle().await;
        }
    }
    for hub in &sides.0 {
        hub.refused_nothing()?;
    }
    table.add(rate.line(
        format!("catch-up of {entries} entries by one node, its commits counted: entries/s"),
        Goal::RatioAtLeast(0.5),
    ));
    Ok(())
}

/// From Hello to the last commit.
async fn catch_up(hub: &mut Hub, folder: &Path) -> Result<(u64, Duration)> {
    // A machine that lost its disk: its mail starts at the first entry, again and again.
    hub.province.mark = None;
    let keeper = if hub.is_sketch() {
        FactsCache::bare(&folder.join("mail.db"))?
    } else {
        FactsCache::Real(Box::new(Journal::open(&folder.join("journal.db"), hub.province.id, false)?))
    };
    let began = Instant::now();
    let mut session = Session::open(&hub.province).await?;
    session.acknowledges = false;
    // The hub's credit bounds what waits here.
    let (mail, waiting) = mpsc::channel(64);
    let up = session.sender();
    let keeping = tokio::task::spawn_blocking(move || keep(keeper, waiting, &up));
    loop {
        match session.next(&mut hub.province).await? {
            Event::Mail(deliver) => mail.send(deliver).await?,
            Event::CaughtUp => break,
            _ => {}
        }
    }
    drop(mail);
    let count = keeping.await??;
    Ok((count, began.elapsed()))
}

/// Makes durable what waits, in one group, and says so; then the next.
fn keep(
    mut keeper: FactsCache,
    mut waiting: mpsc::Receiver<wire::Deliver>,
    up: &mpsc::Sender<wire::NodeFrame>,
) -> Result<u64> {
    let mut count = 0;
    while let Some(first) = waiting.blocking_recv() {
        let mut group = vec![first];
        while let Ok(next) = waiting.try_recv() {
            group.push(next);
        }
        count += group.iter().map(|mail| mail.positions.len() as u64).sum::<u64>();
        let marks: Vec<_> = group.iter().map(|mail| mail.mark.clone()).collect();
        keeper.write(group)?;
        for mark in marks {
            up.blocking_send(peer::frame(Up::Delivered(wire::Delivered { mark })))?;
        }
    }
    Ok(count)
}

/// A node's journal, or as little as the sketch's client needs.
enum FactsCache {
    Real(Box<Journal>),
    Bare(Connection),
}

impl FactsCache {
    fn bare(path: &Path) -> Result<Self> {
        let conn = sqlite::open(path)?;
        conn.execute_batch(sqlite::SCHEMA)?;
        Ok(Self::Bare(conn))
    }

    fn write(&mut self, group: Vec<wire::Deliver>) -> Result<()> {
        match self {
            Self::Real(journal) => {
                journal.begin()?;
                for mail in group {
                    let mark = mail.mark.as_ref().map(Mark::try_from).transpose()?;
                    let entries = batch::unpack(mail.batch.unwrap_or_default())?;
                    let entries = mail.positions.into_iter().zip(entries).collect();
                    journal.session_write(NodeWrite::Mail {
                        entries,
                        arrivals: Vec::new(),
                        mark,
                        end: MailEnd::None,
                    })?;
                }
                Ok(journal.commit()?)
            }
            Self::Bare(conn) => {
                let transaction = conn.transaction()?;
                {
                    let mut insert = transaction.prepare_cached(sqlite::INSERT)?;
                    for entry in group.into_iter().flat_map(|mail| mail.batch.unwrap_or_default().entries) {
                        let hash = entry.prev.as_deref().unwrap_or_default();
                        insert.execute(params![hash, &entry.signature[..], &entry.content[..]])?;
                    }
                }
                Ok(transaction.commit()?)
            }
        }
    }
}

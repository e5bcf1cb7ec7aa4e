//! Many offices pushing at once what they wrote beforehand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use truc_proto::audience::Scope;
use truc_proto::limits;

use crate::Result;
use crate::bodies::Content;
use crate::client::{Pushed, Session, pushes};
use crate::hub::Hub;
use crate::office::Office;

/// An office, its session, the height before its unpushed entries, and these.
pub(super) type Loaded = (Office, Session, u64, Vec<Pushed>);

/// Lets each office write and sign `each` entries, on all cores; nothing of it is measured.
pub(super) fn write(
    open: Vec<(Office, Session)>,
    each: usize,
    content: Content,
    to: Scope,
    packed: bool,
) -> Result<Vec<Loaded>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut shares: Vec<Vec<(Office, Session)>> = (0..cores).map(|_| Vec::new()).collect();
    for (number, office) in open.into_iter().enumerate() {
        shares[number % cores].push(office);
    }
    let one = move |(mut office, session): (Office, Session)| -> Result<Loaded> {
        let from = office.height();
        let entries = office.write_many(each, content, to)?;
        Ok((office, session, from, pushes(&entries, limits::BATCH_ENTRIES, packed)))
    };
    let write = move |share: Vec<_>| share.into_iter().map(one).collect::<Result<Vec<_>>>();
    tokio::task::block_in_place(|| {
        let threads: Vec<_> =
            shares.into_iter().map(|share| std::thread::spawn(move || write(share))).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.append(&mut thread.join().map_err(|_| "a writer panicked")??);
        }
        Ok(all)
    })
}

/// Lets all push at once; says how long it took until the last receipt, and how many receipts there were.
pub(super) async fn push(loaded: Vec<Loaded>) -> Result<(Vec<(Office, Session)>, Duration, usize)> {
    let start = Arc::new(Barrier::new(loaded.len() + 1));
    let mut tasks = JoinSet::new();
    for (mut office, mut session, from, pushes) in loaded {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            let receipts = session.push_all(&mut office, from, pushes).await?;
            Result::Ok((office, session, receipts))
        });
    }
    start.wait().await;
    let began = Instant::now();
    let (mut open, mut receipts) = (Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (office, session, count) = done??;
        receipts += count;
        open.push((office, session));
    }
    Ok((open, began.elapsed(), receipts))
}

/// Fills a hub with `entries` reports to the province, written by all its communes.
pub(super) async fn fill(hub: &mut Hub, entries: usize) -> Result<()> {
    let communes = hub.communes.len();
    let open = hub.open_all(communes).await?;
    let loaded = write(open, entries / communes, Content::Text, hub.to_province(), hub.packs())?;
    let (open, _, _) = push(loaded).await?;
    hub.communes = open.into_iter().map(|(office, _)| office).collect();
    hub.process.settle().await;
    Ok(())
}

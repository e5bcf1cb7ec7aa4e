//! Durable, verified ingest: 200 offices that were offline push what they wrote meanwhile.

use super::{Both, Sides, load};
use crate::Result;
use crate::args::Args;
use crate::bodies::Content;
use crate::figures::Thresholds;
use crate::floor::sqlite;
use crate::flushes::flushes;
use crate::hub::store_folder;
use crate::table::{Goal, Table};

/// Rows a commit of the bare writer.
const AT_ONCE: usize = 1000;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let (sessions, each) = (args.size(200, 8), args.size(500, 40));
    let entries = (sessions * each) as f64;
    let mut sides = Sides::new(args, sessions, false).await?;
    let mut open = Vec::new();
    for hub in &mut sides.0 {
        open.push(hub.open_all(sessions).await?);
    }
    let bare_folder = store_folder(args)?;
    let mut bare = Thresholds::default();
    let (mut rate, mut flushed, mut cpu, mut cpu_all, mut down, mut load_cpu) = (
        Both::default(),
        Both::default(),
        Both::default(),
        Both::default(),
        Both::default(),
        Both::default(),
    );
    for round in 0..=args.rounds(5) {
        let took =
            tokio::task::block_in_place(|| sqlite::write(bare_folder.path(), sessions * each, AT_ONCE))?;
        if round > 0 {
            bare.add(entries / took.as_secs_f64());
        }
        for (hub, open) in sides.0.iter_mut().zip(&mut open) {
            let loaded =
                load::write(std::mem::take(open), each, Content::Text, hub.to_province(), hub.packs())?;
            hub.process.settle().await;
            let before = (hub.process.cpu(), own_cpu(), flushes(hub.folder()), received(&loaded));
            let (back, took, _) = load::push(loaded).await?;
            let after = (hub.process.cpu(), own_cpu(), flushes(hub.folder()));
            *open = back;
            hub.process.settle().await;
            if round == 0 {
                continue;
            }
            let per_100k = 1e5 / entries;
            rate.of(hub).add(entries / took.as_secs_f64());
            cpu.of(hub).add((after.0 - before.0) * per_100k);
            cpu_all.of(hub).add((hub.process.cpu() - before.0) * per_100k);
            load_cpu.of(hub).add((after.1 - before.1) * per_100k);
            if let (Some(before), Some(after)) = (before.2, after.2) {
                flushed.of(hub).add((after - before) as f64 * 1000.0 / entries);
            }
            let now: u64 = open.iter().map(|(_, session)| session.traffic.so_far().1).sum();
            down.of(hub).add((now - before.3) as f64 / entries);
        }
    }
    for hub in &sides.0 {
        hub.refused_nothing()?;
    }
    table.add(rate.beside(
        format!("ingest, {sessions} sessions: entries/s durable"),
        "bare SQLite, 1000 a commit",
        bare,
        Goal::RatioAtLeast(0.5),
    ));
    table.add(rate.line("ingest: entries/s durable", Goal::None));
    table.add(flushed.line("ingest: disk flushes per 1000 entries", Goal::AtMost(10.0)));
    table.add(cpu.line("ingest: hub CPU s per 100k entries, until the last receipt", Goal::None));
    table.add(cpu_all.line("ingest: hub CPU s per 100k entries, until it is quiet again", Goal::None));
    table.add(down.line("ingest: receipt bytes per entry", Goal::AtMost(5.0)));
    table.add(load_cpu.line("ingest: CPU s per 100k entries of the load itself", Goal::None));
    Ok(())
}

fn received(loaded: &[load::Loaded]) -> u64 {
    loaded.iter().map(|(_, session, _, _)| session.traffic.so_far().1).sum()
}

fn own_cpu() -> f64 {
    truc_tests::programs::cpu("self")
}

//! A hub's store verified, exported, and the archive verified, by the real commands. 1,000,000 entries in 120 s are asked
//! for: 8,334 a second.

use std::time::Instant;

use super::load;
use crate::Result;
use crate::args::Args;
use crate::figures::Thresholds;
use crate::hub::{Hub, Make, store_folder};
use crate::table::{Goal, Line, Table};

const COMMUNES: usize = 10;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    if args.floors_only || args.library {
        return Ok(());
    }
    let entries = args.size(100_000, 2_000);
    let mut hub = Hub::product(args, COMMUNES).await?;
    load::fill(&mut hub, entries).await?;
    hub.stop();
    let Make::Product(product) = hub.made() else { return Ok(()) };
    let folder = store_folder(args)?;
    let [mut store, mut export, mut archive] =
        [Thresholds::default(), Thresholds::default(), Thresholds::default()];
    for round in 0..args.rounds(3) {
        let path = folder.path().join(round.to_string());
        let path = path.to_str().ok_or("the folder's name is not UTF-8")?;
        let timed = |figures: &mut Thresholds, work: &dyn Fn() -> Result<()>| -> Result<()> {
            let began = Instant::now();
            tokio::task::block_in_place(work)?;
            figures.add(entries as f64 / began.elapsed().as_secs_f64());
            Ok(())
        };
        timed(&mut store, &|| product.verify())?;
        timed(&mut export, &|| product.export(path))?;
        timed(&mut archive, &|| product.verify_archive(path))?;
    }
    let rows = [("a store verified", store), ("a store exported", export), ("an archive verified", archive)];
    for (what, ours) in rows {
        let what = format!("{what} by the command: entries/s");
        table.add(Line { what, ours, floor: None, goal: Goal::AtLeast(8_334.0) });
    }
    Ok(())
}

//! Views folded anew from a journal, by the real command.

use std::time::Instant;

use super::{Both, load};
use crate::Result;
use crate::args::Args;
use crate::figures::Thresholds;
use crate::floor::fold;
use crate::hub::{Hub, Make, store_folder};
use crate::table::{Goal, Table};

const COMMUNES: usize = 10;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    if args.floors_only {
        return Ok(());
    }
    let mut hub = Hub::product(args, COMMUNES).await?;
    load::fill(&mut hub, args.size(100_000, 2_000)).await?;
    hub.stop();
    let journal = hub.journal()?;
    let floor_folder = store_folder(args)?;
    let (mut rate, mut floor) = (Both::default(), Thresholds::default());
    for round in 0..=args.rounds(3) {
        let (count, bare) = tokio::task::block_in_place(|| fold::run(floor_folder.path(), &journal))?;
        let Make::Product(product) = hub.made() else { continue };
        let began = Instant::now();
        tokio::task::block_in_place(|| product.rebuild_views())?;
        let took = began.elapsed();
        if round > 0 {
            floor.add(count as f64 / bare.as_secs_f64());
            rate.ours.add(count as f64 / took.as_secs_f64());
        }
    }
    table.add(rate.beside(
        "views rebuilt by the command, its start counted: entries/s",
        "rows read and copied",
        floor,
        Goal::AtLeast(50_000.0),
    ));
    Ok(())
}

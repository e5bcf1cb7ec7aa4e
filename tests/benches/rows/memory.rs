//! What an office costs the hub while it is connected and silent.

use super::{Both, Sides};
use crate::Result;
use crate::args::Args;
use crate::table::{Goal, Table};

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let sessions = args.size(500, 20);
    let mut sides = Sides::new(args, sessions, false).await?;
    let (mut none, mut all, mut each) = (Both::default(), Both::default(), Both::default());
    for round in 0..=args.rounds(3) {
        for hub in &mut sides.0 {
            // Anew each time: what an earlier round needed for its mail stays with the allocator. The round
            // that takes the mail of the beginning does not count.
            hub.restart().await?;
            hub.process.settle().await;
            let before = hub.process.pss();
            let open = hub.open_all(sessions).await?;
            hub.process.settle().await;
            let after = hub.process.pss();
            hub.communes = open.into_iter().map(|(office, _)| office).collect();
            if round > 0 {
                none.of(hub).add(before / 1024.0);
                all.of(hub).add(after / 1024.0);
                each.of(hub).add((after - before) / sessions as f64);
            }
        }
    }
    table.add(each.line(format!("memory: KiB per idle session, {sessions} sessions"), Goal::AtMost(40.0)));
    table.add(none.line("memory: MiB of the hub without sessions", Goal::None));
    table.add(all.line(format!("memory: MiB of the hub with {sessions} sessions"), Goal::None));
    Ok(())
}

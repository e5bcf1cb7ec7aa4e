//! Bytes of the TLS stream per entry of 1 KiB, and of the answers.

use truc_proto::limits;

use super::{Both, Sides};
use crate::Result;
use crate::args::Args;
use crate::bodies::{BODY, Content};
use crate::client::pushes;
use crate::table::{Goal, Table};

const SIGNATURE: usize = 64;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let (pipelined, lone) = (args.size(4096, 512), args.size(200, 20));
    let incompressible = (BODY + SIGNATURE) as f64 * 1.05;
    let mut sides = Sides::new(args, 1, false).await?;
    let mut open = Vec::new();
    for hub in &mut sides.0 {
        open.extend(hub.open_all(1).await?);
    }
    for (content, name, goal) in [
        (Content::Bytes, "random bytes", Goal::AtMost(incompressible)),
        (Content::Text, "random ASCII text", Goal::None),
        (Content::Vietnamese, "Vietnamese text", Goal::AtMost(0.6 * 1024.0)),
    ] {
        let (mut up, mut down, mut lone_up, mut lone_down) =
            (Both::default(), Both::default(), Both::default(), Both::default());
        for _ in 0..args.rounds(3) {
            for (hub, (office, session)) in sides.0.iter().zip(&mut open) {
                // Texts said twice in one batch would be packed better than papers are.
                let at_most = match content {
                    Content::Vietnamese => office.bodies.distinct().min(limits::BATCH_ENTRIES),
                    _ => limits::BATCH_ENTRIES,
                };
                for (count, at_most, up, down) in
                    [(pipelined, at_most, &mut up, &mut down), (lone, 1, &mut lone_up, &mut lone_down)]
                {
                    let from = office.height();
                    let entries = office.write_many(count, content, hub.to_province())?;
                    let frames = pushes(&entries, at_most, hub.packs());
                    let before = session.traffic.so_far();
                    if at_most == 1 {
                        for (number, push) in frames.into_iter().enumerate() {
                            session.push_all(office, from + number as u64, vec![push]).await?;
                        }
                    } else {
                        session.push_all(office, from, frames).await?;
                    }
                    let after = session.traffic.so_far();
                    up.of(hub).add((after.0 - before.0) as f64 / count as f64);
                    down.of(hub).add((after.1 - before.1) as f64 / count as f64);
                }
            }
        }
        table.add(up.line(format!("wire, {name}: bytes up per entry, pipelined"), goal));
        if content == Content::Bytes {
            table.add(down.line("wire: receipt bytes per entry, pipelined", Goal::AtMost(5.0)));
        }
        table.add(lone_up.line(format!("wire, {name}: bytes up per entry, one at a time"), Goal::None));
        if content == Content::Bytes {
            table.add(lone_down.line("wire: receipt bytes per entry, one at a time", Goal::None));
        }
    }
    for hub in &sides.0 {
        hub.process.settle().await;
        hub.refused_nothing()?;
    }
    if let Some((office, _)) = open.first() {
        table.remark(format!(
            "Vietnamese batches hold at most {} entries: no text is said twice in one.",
            office.bodies.distinct().min(limits::BATCH_ENTRIES)
        ));
    }
    Ok(())
}

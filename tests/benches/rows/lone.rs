//! A lone receipt: one entry, and the hub's word for it before the next one.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Both, Sides};
use crate::Result;
use crate::args::Args;
use crate::bodies::Content;
use crate::client::pushes;
use crate::figures::Thresholds;
use crate::floor::{bare_tls, sqlite};
use crate::hub::store_folder;
use crate::table::{Goal, Table};

/// About what one entry takes on the wire.
const FRAME: usize = 1165;

pub(super) async fn run(args: &Args, table: &mut Table) -> Result<()> {
    let block = args.size(200, 20);
    let mut sides = Sides::new(args, 1, false).await?;
    let mut open = Vec::new();
    for hub in &mut sides.0 {
        open.extend(hub.open_all(1).await?);
    }
    let sketch = sides.sketch()?;
    let (_echo, address) = bare_tls::start(sketch.folder())?;
    let mut echo = sketch.province.connector.connect(address).await?;
    echo.read_u8().await?;
    let bare_folder = store_folder(args)?;
    let (mut latency, mut bare) = (Both::default(), Thresholds::default());
    for round in 0..=args.rounds(5) {
        for (hub, (office, session)) in sides.0.iter().zip(&mut open) {
            let from = office.height();
            let entries = office.write_many(block, Content::Text, hub.to_province())?;
            let frames = pushes(&entries, 1, hub.packs());
            for (number, push) in frames.into_iter().enumerate() {
                let began = Instant::now();
                session.push_all(office, from + number as u64, vec![push]).await?;
                if round > 0 {
                    latency.of(hub).add(began.elapsed().as_secs_f64() * 1e6);
                }
            }
            hub.process.settle().await;
        }
        let commits = tokio::task::block_in_place(|| sqlite::write(bare_folder.path(), block, 1))?;
        let commit = commits.as_secs_f64() * 1e6 / block as f64;
        let (sent, mut heard) = (vec![7; FRAME], vec![0; FRAME]);
        for _ in 0..block {
            let began = Instant::now();
            echo.write_all(&sent).await?;
            echo.flush().await?;
            echo.read_exact(&mut heard).await?;
            if round > 0 {
                bare.add(began.elapsed().as_secs_f64() * 1e6 + commit);
            }
        }
    }
    for hub in &sides.0 {
        hub.refused_nothing()?;
    }
    table.add(latency.beside("lone receipt, µs", "TLS echo + bare commit", bare, Goal::None));
    table.add(latency.line("lone receipt, µs", Goal::RatioAtMost(1.3)));
    Ok(())
}

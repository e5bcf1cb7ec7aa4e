//! The rows, one file each, and what they share. Every row measures its sides in turn, A B A B, so that what
//! else happens on the machine hits them alike.

mod catchup;
mod fanout;
mod ingest;
mod load;
mod lone;
mod memory;
mod pages;
mod rebuild;
mod reconnect;
mod search;
mod verify;
mod wire;

use crate::args::{Args, Name};
use crate::figures::Thresholds;
use crate::hub::Hub;
use crate::table::{Goal, Line, Table};
use crate::{Result, product};

/// Runs what was asked for.
pub(crate) async fn run(args: &Args) -> Result<Table> {
    if !args.floors_only {
        product::build(args)?;
    }
    let mut table = Table::default();
    for name in [
        Name::Ingest,
        Name::Lone,
        Name::Wire,
        Name::Fanout,
        Name::Memory,
        Name::Reconnect,
        Name::Catchup,
        Name::Rebuild,
        Name::Verify,
        Name::Search,
        Name::Pages,
    ] {
        if !args.wants(name) {
            continue;
        }
        eprintln!("{name:?}");
        match name {
            Name::Ingest => ingest::run(args, &mut table).await,
            Name::Lone => lone::run(args, &mut table).await,
            Name::Wire => wire::run(args, &mut table).await,
            Name::Fanout => fanout::run(args, &mut table).await,
            Name::Memory => memory::run(args, &mut table).await,
            Name::Reconnect => reconnect::run(args, &mut table).await,
            Name::Catchup => catchup::run(args, &mut table).await,
            Name::Rebuild => rebuild::run(args, &mut table).await,
            Name::Verify => verify::run(args, &mut table).await,
            Name::Search => search::run(args, &mut table).await,
            Name::Pages => pages::run(args, &mut table).await,
        }
        .map_err(|error| format!("{name:?}: {error}"))?;
    }
    Ok(table)
}

/// The hub and the sketch, or the sketch alone.
struct Sides(Vec<Hub>);

impl Sides {
    async fn new(args: &Args, communes: usize, fan_out: bool) -> Result<Self> {
        let mut sides = Vec::new();
        if !args.floors_only {
            sides.push(Hub::product(args, communes).await?);
        }
        sides.push(Hub::sketch(args, communes, fan_out)?);
        Ok(Self(sides))
    }

    fn sketch(&self) -> Result<&Hub> {
        Ok(self.0.last().ok_or("no sketch")?)
    }
}

/// Figures of both sides.
#[derive(Clone, Default)]
struct Both {
    ours: Thresholds,
    sketch: Thresholds,
}

impl Both {
    fn of(&mut self, hub: &Hub) -> &mut Thresholds {
        if hub.is_sketch() { &mut self.sketch } else { &mut self.ours }
    }

    /// A line with the sketch beside us.
    fn line(self, what: impl Into<String>, goal: Goal) -> Line {
        Line { what: what.into(), ours: self.ours, floor: Some(("sketch", self.sketch)), goal }
    }

    /// A line with another floor beside us.
    fn beside(&self, what: impl Into<String>, name: &'static str, floor: Thresholds, goal: Goal) -> Line {
        Line { what: what.into(), ours: self.ours.clone(), floor: Some((name, floor)), goal }
    }
}

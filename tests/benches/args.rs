//! What the command line may ask for.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures the hub and its floors side by side and prints a table of ratios.
///
/// Example: cargo bench -p truc-tests -- --only ingest --only lone --markdown results.md
#[derive(Parser, Clone, Debug)]
#[command(name = "spine")]
pub(crate) struct Args {
    /// Only these rows; may be given several times.
    #[arg(long, value_enum)]
    pub(crate) only: Vec<Name>,
    /// Small sizes and one or two rounds: shows that everything works, its numbers mean nothing.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The pages over 1,000,000 entries instead of 100,000: making them takes minutes.
    #[arg(long)]
    pub(crate) full: bool,
    /// Measured rounds of each side; each row has its own number otherwise.
    #[arg(long)]
    pub(crate) rounds: Option<usize>,
    /// Writes the table as Markdown; between the marks, if the file has them.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Where the stores are made (and removed); must be a disk, not memory. Default: in the target folder.
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Folder with the programs truc-hub and truc-node. Default: built now, as this benchmark was.
    #[arg(long)]
    pub(crate) programs: Option<PathBuf>,
    /// The hub out of its library instead of the program truc-hub.
    #[arg(long)]
    pub(crate) library: bool,
    /// The floors alone.
    #[arg(long)]
    pub(crate) floors_only: bool,

    /// Serves one floor; for the benchmark itself.
    #[arg(long, hide = true)]
    pub(crate) floor: Option<String>,
    /// cargo says that it is benchmarking.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
    /// Test runners ask what tests there are.
    #[arg(long, hide = true)]
    pub(crate) list: bool,
    /// Test runners filter.
    #[arg(hide = true)]
    pub(crate) filter: Vec<String>,
}

/// The rows.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    /// Durable ingest from 200 sessions.
    Ingest,
    /// A receipt for one entry at a time.
    Lone,
    /// Bytes on the wire.
    Wire,
    /// A directive to 500 connected nodes.
    Fanout,
    /// Memory of idle sessions.
    Memory,
    /// 500 nodes come back after a restart.
    Reconnect,
    /// One node catches up 100,000 entries.
    Catchup,
    /// Views are folded anew.
    Rebuild,
    /// A store is verified, exported, and the archive verified.
    Verify,
    /// Search as one types.
    Search,
    /// Pages of the console over a whole province.
    Pages,
}

impl Args {
    /// Whether a row was asked for.
    pub(crate) fn wants(&self, name: Name) -> bool {
        self.only.is_empty() || self.only.contains(&name)
    }

    /// A size: the whole one, or the one that only shows that it works.
    pub(crate) fn size(&self, whole: usize, quick: usize) -> usize {
        if self.quick { quick } else { whole }
    }

    /// How many rounds a row is measured.
    pub(crate) fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { usual }).max(1)
    }
}

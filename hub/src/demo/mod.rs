//! `truc-hub demo`: a province on this machine, with real programs, real enrolment codes and the sample papers. A line
//! is cut, a node is killed, on request the hub is lost; then all stores are judged from outside.

pub mod address;
mod commune;
pub mod cut;
mod lost;
mod pages;
mod picture;
mod play;
mod stage;
mod stay;

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use truc_node::words::failure::{ExitCode, Failure};

use crate::check;

use picture::Picture;
use stage::Stage;

/// A province on this machine, to look at or to check.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// How many offices run a node: a number, or `all` of the tree.
    #[arg(long, default_value = "12")]
    offices: Offices,
    /// The tree of offices: three tiers until 30 June 2025, two since.
    #[arg(long, value_enum, default_value = "2025")]
    tree: Tree,
    /// Play, verify from outside, stop: exit 0 if every promise was kept, 1 if not.
    #[arg(long)]
    check: bool,
    /// Two machines are stolen, and the hub's folder is deleted; rebuild it from the authority's key and the export of
    /// the registry, and let the nodes refill it.
    #[arg(long)]
    lose_hub: bool,
}

/// How many offices run a node.
#[derive(Clone, Copy, Debug)]
enum Offices {
    All,
    Some(usize),
}

impl std::str::FromStr for Offices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(number) if number >= MIN_OFFICES => Ok(Self::Some(number)),
            _ if text == "all" => Ok(Self::All),
            _ => Err(format!("`all`, or a number from {MIN_OFFICES}")),
        }
    }
}

/// The fewest offices that can run: the province and those whose papers are played.
const MIN_OFFICES: usize = 6;

/// Which tree of offices is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Tree {
    #[value(name = "2024")]
    Three,
    #[value(name = "2025")]
    Two,
}

impl Demo {
    /// Plays the demo. Returns what `--json` prints last, and whether all is well. With `dir`, which must be empty or
    /// missing, the stores remain there: DIR/hub and DIR/nodes/CODE.
    pub fn run(&self, dir: Option<PathBuf>, json: bool) -> Result<(Value, bool), Failure> {
        let begun = Instant::now();
        let scratch;
        let dir = match dir {
            Some(dir) => dir,
            None => {
                scratch = Scratch::new()?;
                scratch.0.clone()
            }
        };
        if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::new(ExitCode::Store, "demo-not-empty").about(dir.display()));
        }
        let offices = match self.offices {
            Offices::All => usize::MAX,
            Offices::Some(number) => number,
        };
        let mut picture = Picture::new(json);
        let mut stage = Stage::set(&dir, self.tree == Tree::Three, offices, &mut picture)?;
        play::play(&mut stage, &mut picture)?;
        let lost = self.lose_hub.then(|| lost::lose(&mut stage, &mut picture)).transpose()?;
        if !self.check {
            play::leave_work(&stage, &mut picture)?;
            stay::stay(&picture, &stage, json);
            stage::wait_for_stop()?;
        }
        stage.stop(&mut picture)?;
        picture.step("demo-checking", &[]);
        let report = check::check(&dir, |done, all| picture.progress(done, all))
            .map_err(|error| Failure::new(ExitCode::Unexpected, "demo-check-failed").because(error))?;
        picture.judged(&report);
        let mut good = report.good();
        let mut value = json!(report);
        if let Some(lost) = lost {
            let (account, again) = lost.told(&dir)?;
            picture.refilled(&again);
            good &= again.lacking.is_empty();
            value["refill"] = account;
        }
        value["seconds"] = json!((begun.elapsed().as_secs_f64() * 10.0).round() / 10.0);
        Ok((value, good))
    }
}

/// A temporary folder that is deleted when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let name = format!("truc-demo-{}", uuid::Uuid::new_v4().simple());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).map_err(|error| Failure::from(error).about(dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, dir = %self.0.display(), "the demo's folder stays behind");
        }
    }
}

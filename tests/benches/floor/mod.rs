//! Programs that do as little as can be done, to measure the real one by. They belong to the benchmark.

pub(crate) mod bare_tls;
pub(crate) mod fold;
pub(crate) mod sketch;
mod sketch_server;
mod sketch_store;
pub(crate) mod sqlite;

use std::path::Path;

use crate::args::Args;
use crate::{Result, library};

/// In the child process: serves the floor named until killed. First line of output: its address.
pub(crate) fn serve(floor: &str, args: &Args) -> Result<()> {
    let folder = args.dir.as_deref().unwrap_or(Path::new("."));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match floor {
            "tls" => bare_tls::serve(folder).await,
            "sketch" => sketch_server::serve(folder, false).await,
            "sketch-fan-out" => sketch_server::serve(folder, true).await,
            "library-rebuild" => library::rebuild(folder).await,
            other if other.starts_with("library:") => library::serve(folder, other[8..].parse()?).await,
            other => Err(format!("no floor {other}").into()),
        }
    })
}

//! The spine's numbers beside the floor: `cargo bench -p truc-tests`. See `README.md` here.

mod args;
mod bodies;
mod client;
mod figures;
mod floor;
mod flushes;
mod hub;
mod library;
mod line;
mod office;
mod product;
mod rows;
mod table;

use std::error::Error;

use clap::Parser;

use crate::args::Args;

/// Whatever goes wrong ends the run: a benchmark has nothing to save.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(floor) = &args.floor {
        return floor::serve(floor, &args);
    }
    if args.list {
        // Test runners ask every target; there are no tests here.
        return Ok(());
    }
    if !args.bench {
        println!("benchmarks run with `cargo bench -p truc-tests`");
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let table = runtime.block_on(rows::run(&args))?;
    print!("{}", table.text());
    if let Some(file) = &args.markdown {
        table.write_markdown(file, &args)?;
        println!("written to {}", file.display());
    }
    Ok(())
}

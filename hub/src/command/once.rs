//! Runs one command on a hub that no process serves.

use std::fs::File;
use std::path::Path;

use serde_json::Value;
use truc_node::accounts::{Accounts, Realm};
use truc_node::command::{Context, Request, open};
use truc_node::store::attachments::Attachments;
use truc_node::words::failure::{ExitCode, Failure};

use super::{Command, Desk};
use crate::config::Config;
use crate::hub::Hub;

/// Opens the hub, executes one command, closes the hub. The caller holds the store's lock. On a disk that takes no
/// writes, what only reads is executed all the same.
pub async fn once(dir: &Path, request: Request<Command>, opened: Vec<File>) -> Result<Value, Failure> {
    let config = Config::load(dir)?;
    let hub = match Hub::open(dir, config.identity(dir)?).map_err(Failure::from) {
        Err(failure) if failure.exit == ExitCode::CannotWrite => return reading(dir, request, failure).await,
        hub => hub?,
    };
    let files = Attachments::open(dir)?.handed(opened);
    let accounts = Accounts::open(dir, Realm::Console)?;
    let desk = Desk { hub: &hub, accounts: &accounts, files: &files };
    let done = request.command.execute(&desk, &request.author).await;
    tokio::task::block_in_place(|| drop(hub));
    done
}

/// Executes a command that only reads on a hub that cannot be opened, because the disk takes no writes: `failure` says
/// how.
pub async fn reading(dir: &Path, request: Request<Command>, failure: Failure) -> Result<Value, Failure> {
    let records = match request.command {
        Command::Records(records) if records.reads() => records,
        _ => return Err(failure),
    };
    let (office, files) = open::reading(dir, Config::load(dir)?.identity(dir)?, &failure)?;
    let accounts = Accounts::open(dir, Realm::Console)?;
    let context = Context {
        office: &office,
        author: &request.author,
        accounts: &accounts,
        files: &files,
        line: None,
        met: &|_, _| None,
    };
    records.execute(&context).await
}

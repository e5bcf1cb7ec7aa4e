//! Runs one command on a hub that no process serves.

use std::fs::File;
use std::path::Path;

use serde_json::Value;
use truc_node::accounts::{Accounts, Realm};
use truc_node::command::Request;
use truc_node::store::attachments::Attachments;
use truc_node::words::failure::Failure;

use super::{Command, Desk};
use crate::config::Config;
use crate::hub::Hub;

/// Opens the hub, executes one command, closes the hub. The caller holds the store's lock.
pub async fn once(dir: &Path, request: Request<Command>, opened: Vec<File>) -> Result<Value, Failure> {
    let config = Config::load(dir)?;
    let hub = Hub::open(dir, config.identity(dir)?)?;
    let files = Attachments::open(dir)?.handed(opened);
    let accounts = Accounts::open(dir, Realm::Console)?;
    let desk =
        Desk { hub: &hub, accounts: &accounts, files: &files, numbering: &tokio::sync::Mutex::default() };
    let done = request.command.execute(&desk, &request.author).await;
    tokio::task::block_in_place(|| drop(hub));
    done
}

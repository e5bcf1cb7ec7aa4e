//! Runs one command on a hub that no process serves.

use std::fs::File;
use std::path::Path;

use serde_json::Value;
use truc_node::accounts::{Accounts, Realm};
use truc_node::command::{Request, open};
use truc_node::store::attachments::Attachments;
use truc_node::store::disk;
use truc_node::store::lock::Lock;
use truc_node::words::failure::Failure;

use super::{Command, Desk};
use crate::config::Config;
use crate::hub::Hub;

/// Opens the hub, executes one command, closes the hub. The caller holds the store's lock.
pub async fn once(dir: &Path, request: Request<Command>, opened: Vec<File>) -> Result<Value, Failure> {
    let hub = Hub::open(dir, Config::load(dir)?.identity(dir)?)?;
    let files = Attachments::open(dir)?.handed(opened);
    let accounts = Accounts::open(dir, Realm::Console)?;
    let desk = Desk { hub: &hub, accounts: &accounts, files: &files };
    let done = request.command.execute(&desk, &request.author).await;
    tokio::task::block_in_place(|| drop(hub));
    done
}

/// Executes a command that only reads. Nothing is written, unless what is derived from the journal is missing or behind
/// and nobody else has the store: `held` says who has it.
pub async fn reading(dir: &Path, request: Request<Command>, held: Option<Failure>) -> Result<Value, Failure> {
    let identity = Config::load(dir)?.identity(dir)?;
    let failure = match held {
        Some(held) => held,
        None => {
            let still = Hub::open_reading(dir, identity.clone(), disk::obstacle(dir));
            if let Ok(hub) = still
                && hub.is_complete().is_ok_and(|complete| complete)
            {
                return read(dir, request, &hub).await;
            }
            let opened = Lock::take(dir).and_then(|lock| {
                let hub = Hub::open(dir, identity.clone())?;
                Ok((lock, hub))
            });
            match opened {
                Ok((_lock, hub)) => {
                    let done = read(dir, request, &hub).await;
                    tokio::task::block_in_place(|| drop(hub));
                    return done;
                }
                Err(failure) if open::may_read_on(&failure) => failure,
                Err(failure) => return Err(failure),
            }
        }
    };
    let hub = Hub::open_reading(dir, identity, Some(open::trouble(&failure))).map_err(|error| {
        tracing::debug!(%error, "the store cannot be read either");
        failure
    })?;
    read(dir, request, &hub).await
}

async fn read(dir: &Path, request: Request<Command>, hub: &Hub) -> Result<Value, Failure> {
    let accounts = Accounts::reading(dir, Realm::Console)?;
    let desk = Desk { hub, accounts: &accounts, files: &Attachments::reading(dir) };
    request.command.execute(&desk, &request.author).await
}

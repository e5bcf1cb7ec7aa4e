//! Actions of the console's pages run as the hub's own commands, in the name of the signed-in account.

use axum::response::{IntoResponse, Redirect};
use serde_json::Value;
use truc_node::web::{Answer, Visit};
use truc_node::words::failure::Failure;

use crate::command::{Command, Desk};
use crate::hub::Hub;

/// Executes a command for a page.
pub async fn act(visit: &Visit, hub: &Hub, command: Command) -> Result<Value, Failure> {
    let desk = Desk { hub, accounts: &visit.site.accounts, files: &visit.site.files };
    command.execute(&desk, visit.author()).await
}

/// Redirects to a page that first shows `said`, what was done.
pub fn done(visit: &Visit, said: String, address: &str) -> Answer {
    visit.flash(said)?;
    Ok(Redirect::to(address).into_response())
}

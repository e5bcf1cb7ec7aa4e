//! What a page of the console does goes through the hub's own commands, in the account's name.

use axum::response::{IntoResponse, Redirect};
use serde_json::Value;
use truc_node::web::{Answer, Visit};
use truc_node::words::failure::Failure;

use crate::command::{Command, Desk};
use crate::hub::Hub;

/// Carries a command out.
pub async fn act(visit: &Visit, hub: &Hub, command: Command) -> Result<Value, Failure> {
    let desk = Desk {
        hub,
        accounts: &visit.site.accounts,
        files: &visit.site.files,
        numbering: &visit.site.numbering,
    };
    command.execute(&desk, visit.author()).await
}

/// Goes on to a page, which says first what was done.
pub fn done(visit: &Visit, said: String, address: &str) -> Answer {
    if let Some(token) = &visit.token {
        visit.site.accounts.flash(token, said)?;
    }
    Ok(Redirect::to(address).into_response())
}

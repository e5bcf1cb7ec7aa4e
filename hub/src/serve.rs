//! `serve`: runs a hub until it is told to stop.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use sd_notify::NotifyState;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use truc_node::accounts::Accounts;
use truc_node::command::Request;
use truc_node::command::local::Socket;
use truc_node::derive::views::across;
use truc_node::hook::{self, Hook, Notice};
use truc_node::serve::{lock, notify, stop_signal};
use truc_node::store::attachments::Attachments;
use truc_node::supervise;
use truc_node::web::listen::Address;
use truc_node::words::failure::Failure;
use truc_proto::limits;

use crate::command::{Command, Desk};
use crate::config::Config;
use crate::console::serve::Console;
use crate::hub::Hub;
use crate::listeners::Serving;
use crate::trust::keeper::Trust;

/// What the commands that come over the socket share.
#[derive(Clone)]
struct Shared {
    hub: Arc<Hub>,
    accounts: Accounts,
    files: Attachments,
}

impl Shared {
    async fn answer(self, request: Request<Command>, opened: Vec<File>) -> Result<Value, Failure> {
        let files = self.files.handed(opened);
        let desk = Desk { hub: &self.hub, accounts: &self.accounts, files: &files };
        request.command.execute(&desk, &request.author).await
    }
}

/// Options of `serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Serve {
    /// Where the console's pages are: an address with a port, or `off`. Beyond this machine they are served
    /// over TLS, with the certificate in `web-tls` of the hub's folder; one is made if there is none.
    #[arg(long, env = "TRUC_CONSOLE", value_name = "ADDRESS", default_value = "127.0.0.1:7090")]
    pub console: Address,
    /// What is done about express papers of any office.
    #[command(flatten)]
    pub hook: Hook,
}

/// The express papers of the last day, whoever they are for.
fn express(hub: &Hub) -> Result<Vec<Notice>, Failure> {
    let since = hub.clock().millis().saturating_sub(limits::NOTIFY_OLD.as_millis() as u64);
    let rows = hub.office.view(|views| across::express(views, since as i64));
    let registry = hub.office.registry();
    Ok(rows.map_err(Failure::from)?.iter().map(|row| Notice::of(row, &registry)).collect())
}

/// Serves the store in `dir` until SIGTERM or SIGINT.
pub async fn serve(dir: &Path, how: &Serve) -> Result<Value, Failure> {
    // Read first: in a folder without a hub this fails, and no store is made there.
    Config::load(dir)?;
    let lock = lock(dir, || false)?;
    let mut stop = stop_signal()?;
    let serving = Serving::start(dir).await?;
    reload_signal(&serving.trust)?;
    let accounts = serving.accounts.clone();
    accounts.welcome()?;
    let socket = Socket::bind(&lock)?;
    let pages = if how.console == Address::Off {
        None
    } else {
        let console = Console {
            dir,
            accounts: accounts.clone(),
            hub: Arc::clone(&serving.hub),
            files: serving.files.clone(),
            stop: stop.clone(),
        };
        let (url, pages) = console.start(how.console).await?;
        tracing::info!(url, "the console");
        Some(pages)
    };
    let hooked =
        hook::run(how.hook.clone(), Arc::clone(&serving.hub), |hub| &hub.office, express, stop.clone());
    let hooked = supervise::spawn("hook", hooked);
    let shared = Shared { hub: Arc::clone(&serving.hub), accounts, files: serving.files.clone() };
    notify(&[NotifyState::Ready]);
    let handler = move |request, opened, _progress| shared.clone().answer(request, opened);
    let stopped = async move {
        // A sender that is gone also means that the program stops.
        let _ = stop.wait_for(|stop| *stop).await;
        notify(&[NotifyState::Stopping]);
    };
    socket.serve(handler, stopped).await;
    for work in pages.into_iter().chain(Some(hooked)) {
        if let Err(error) = work.await {
            tracing::warn!(%error, "the pages or the hook ended with a panic");
        }
    }
    // Dropping the last reference to the hub waits for its writer and pump, so it is done on a blocking thread.
    let hub = Arc::clone(&serving.hub);
    serving.stop().await;
    if let Err(error) = tokio::task::spawn_blocking(move || drop(hub)).await {
        tracing::warn!(%error, "closing ended with a panic");
    }
    drop(lock);
    Ok(json!({ "stopped": true }))
}

/// Reads the certificates again at each SIGHUP, so that one that was made elsewhere can be put in place.
fn reload_signal(trust: &Arc<Trust>) -> Result<(), Failure> {
    let (mut told, trust) = (signal(SignalKind::hangup())?, Arc::downgrade(trust));
    supervise::spawn("reload", async move {
        while told.recv().await.is_some()
            && let Some(trust) = trust.upgrade()
        {
            trust.reload_or_tell();
        }
    });
    Ok(())
}

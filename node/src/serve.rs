//! `serve`: runs a node until it is told to stop: office, line to the hub, desk, local socket.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use sd_notify::NotifyState;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use truc_proto::limits;
use truc_proto::record::KINDS;

use crate::accounts::{Accounts, Realm};
use crate::blocking::blocking;
use crate::clock::{Clock, unix_millis};
use crate::command::local::{self, Socket};
use crate::command::{Command, Context, Request, open};
use crate::desk::outline;
use crate::desk::serve::Desk;
use crate::hook::{self, Hook, Notice};
use crate::identity::enrolled::Enrolled;
use crate::identity::trust::Trust;
use crate::line::carrier;
use crate::line::freight::FileNews;
use crate::line::state::LineState;
use crate::line::uplink::{self, Line};
use crate::office::{Office, arrival, destroy, seals, verifier};
use crate::store::attachments::Attachments;
use crate::store::disk;
use crate::store::lock::Lock;
use crate::supervise;
use crate::web::listen::Address;
use crate::words::failure::{ExitCode, Failure};

/// State that the requests of all commands share.
#[derive(Clone)]
struct Shared {
    office: Arc<Office>,
    accounts: Accounts,
    files: Attachments,
    line: watch::Receiver<LineState>,
}

impl Shared {
    /// Express papers that nobody here has accepted.
    fn express(&self) -> Result<Vec<Notice>, Failure> {
        let context = Context {
            office: &self.office,
            author: "",
            accounts: &self.accounts,
            files: &self.files,
            line: None,
            met: &|_, _| None,
            rehearsal: false,
        };
        let express = context.look(|views, look| outline::express(views, look, KINDS))?;
        Ok(express.rows.iter().map(|row| Notice::of(row, &self.office.registry())).collect())
    }

    async fn answer(self, request: Request<Command>, opened: Vec<File>) -> Result<Value, Failure> {
        let line = self.line.borrow().clone();
        let context = Context {
            office: &self.office,
            author: &request.author,
            accounts: &self.accounts,
            files: &self.files.handed(opened),
            line: Some(line),
            met: &|_, _| None,
            rehearsal: false,
        };
        request.command.execute(&context).await
    }
}

/// How a node is served.
#[derive(Clone, Debug, clap::Args)]
pub struct Serve {
    /// Where the desk's pages are: an address with a port, or `off`. Beyond this machine they are served over
    /// TLS, with the certificate in `web-tls` of the store's folder; one is made if there is none.
    #[arg(long, env = "TRUC_DESK", value_name = "ADDRESS", default_value = "127.0.0.1:7080")]
    pub desk: Address,
    /// What is done about express papers.
    #[command(flatten)]
    pub hook: Hook,
}

/// Serves the store in `dir` until SIGTERM or SIGINT. While the disk takes no writes, the desk shows what is there and
/// says so; when it takes them again, everything is served.
pub async fn serve(dir: &Path, how: &Serve) -> Result<Value, Failure> {
    let enrolled = open::enrolled(dir)?;
    let stop = stop_signal()?;
    loop {
        match whole(dir, how, &enrolled, stop.clone()).await {
            Err(failure) if failure.exit == ExitCode::CannotWrite && how.desk != Address::Off => {
                reading(dir, how, &enrolled, stop.clone(), &failure).await?;
            }
            served => return served,
        }
        if *stop.borrow() {
            return Ok(json!({ "stopped": true }));
        }
    }
}

/// Serves the desk's pages of a store that is only read, until told to stop or until the disk takes writes again.
async fn reading(
    dir: &Path,
    how: &Serve,
    enrolled: &Enrolled,
    mut stop: watch::Receiver<bool>,
    failure: &Failure,
) -> Result<(), Failure> {
    let (office, files) = open::reading(dir, open::identity(dir, enrolled)?, failure)?;
    let office = Arc::new(office);
    let accounts = Accounts::open(dir, Realm::Desk)?;
    let (halt, halted) = watch::channel(false);
    let (_line, line) = watch::channel(LineState { since: unix_millis(), ..LineState::default() });
    let desk = Desk { dir, accounts, office: Arc::clone(&office), files, line, stop: halted };
    let (url, pages) = desk.start(how.desk).await?;
    tracing::error!(url, %failure, "the disk takes no writes: the desk only shows what is there");
    notify(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep(limits::STORE_RETRY) => {}
        }
        let place = dir.to_owned();
        if blocking(move || Ok::<_, Failure>(disk::takes_writes(&place))).await? {
            tracing::warn!("the disk takes writes again");
            break;
        }
    }
    halt.send_replace(true);
    if let Err(error) = pages.await {
        tracing::warn!(%error, "the pages ended with a panic");
    }
    close(office).await;
    Ok(())
}

/// Serves everything: pages, commands, the line to the hub.
async fn whole(
    dir: &Path,
    how: &Serve,
    enrolled: &Enrolled,
    mut stop: watch::Receiver<bool>,
) -> Result<Value, Failure> {
    let lock = lock(dir, || *stop.borrow())?;
    let (office, files) = open::office(dir, enrolled).await?;
    let office = Arc::new(office);
    let accounts = Accounts::open(dir, Realm::Desk)?;
    accounts.welcome()?;
    let (state, line_state) = watch::channel(LineState { since: unix_millis(), ..LineState::default() });
    let (channel, channels) = watch::channel(None);
    let (news, told) = (FileNews::default(), state.clone());
    let trust = Arc::new(Trust::load(dir, Clock::default())?);
    trust.config(0).map_err(|error| Failure::new(ExitCode::Store, "keys-unusable").because(error))?;
    let line = Line { address: enrolled.session_address.clone(), trust, state, channel, news: news.clone() };
    let socket = Socket::bind(&lock)?;
    let uplink = supervise::spawn("uplink", uplink::run(Arc::clone(&office), line, stop.clone()));
    let lines = carrier::Lines { channel: channels, news, state: told };
    let carried = carrier::run(Arc::clone(&office), files.clone(), lines, stop.clone());
    let carrier = supervise::spawn("carrier", carried);
    let verifier =
        supervise::spawn("verifier", verifier::run(Arc::clone(&office), |office| office, stop.clone()));
    let destroyer =
        supervise::spawn("destroyer", destroy::run(Arc::clone(&office), |office| office, stop.clone()));
    let arrivals =
        supervise::spawn("arrivals", arrival::run(Arc::clone(&office), |office| office, stop.clone()));
    let sealing = supervise::spawn("sealing", seals::run(Arc::clone(&office), stop.clone()));
    let doubter = supervise::spawn("disk", disk::doubt(dir.to_owned()));
    let pages = if how.desk == Address::Off {
        None
    } else {
        let desk = Desk {
            dir,
            accounts: accounts.clone(),
            office: Arc::clone(&office),
            files: files.clone(),
            line: line_state.clone(),
            stop: stop.clone(),
        };
        let (url, pages) = desk.start(how.desk).await?;
        tracing::info!(url, "the desk");
        Some(pages)
    };
    let shared = Shared { office: Arc::clone(&office), accounts, files, line: line_state };
    let hooked = hook::run(
        how.hook.clone(),
        Arc::new(shared.clone()),
        |shared| &shared.office,
        Shared::express,
        stop.clone(),
    );
    let hooked = supervise::spawn("hook", hooked);
    notify(&[NotifyState::Ready]);
    tracing::info!(office = %enrolled.office, hub = enrolled.session_address, "serving");
    let handler = move |request, opened, _progress| shared.clone().answer(request, opened);
    let stopped = async move {
        // A dropped sender means stop too.
        let _ = stop.wait_for(|stop| *stop).await;
        notify(&[NotifyState::Stopping]);
    };
    socket.serve(handler, stopped).await;
    for work in
        [uplink, carrier, verifier, destroyer, arrivals, sealing, doubter, hooked].into_iter().chain(pages)
    {
        if let Err(error) = work.await {
            tracing::warn!(%error, "the line's work ended with a panic");
        }
    }
    close(office).await;
    drop(lock);
    Ok(json!({ "stopped": true }))
}

/// Takes the lock of a store that is to be served. A command that has it is waited for, another service is not.
pub fn lock(dir: &Path, stopping: impl Fn() -> bool) -> Result<Lock, Failure> {
    let mut said = false;
    Lock::wait(dir, limits::LOCK_WAIT, |locked| {
        if local::is_served(dir) || stopping() {
            return false;
        }
        if !std::mem::replace(&mut said, true) {
            tracing::info!(%locked, "another program has the store; waiting for it to end");
        }
        true
    })
}

/// Closes the office on a blocking thread.
async fn close(office: Arc<Office>) {
    let closed = tokio::task::spawn_blocking(move || match Arc::try_unwrap(office) {
        Ok(mut office) => office.close(),
        Err(_) => tracing::warn!("the office is still in use; it is closed with the program"),
    });
    if let Err(error) = closed.await {
        tracing::warn!(%error, "closing ended with a panic");
    }
}

/// A receiver that turns true with the first SIGTERM or SIGINT; a second signal ends the program at once.
pub fn stop_signal() -> Result<watch::Receiver<bool>, Failure> {
    let (told, stop) = watch::channel(false);
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    supervise::spawn("signals", async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        told.send_replace(true);
        // Ends at once, because closing may hang on a failing disk.
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        std::process::exit(ExitCode::Unexpected as i32);
    });
    Ok(stop)
}

/// Reports the state to the service manager (systemd), if there is one.
pub fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the service manager could not be told");
    }
}

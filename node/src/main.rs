//! `truc-node`: command line of an office's node.

use std::process::ExitCode as Exit;

use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use truc_node::accounts::{Accounts, Realm};
use truc_node::backup::StoreKind;
use truc_node::command::backup::{self, Backup, Restore};
use truc_node::command::disk_test::{self, DiskTest};
use truc_node::command::global::{EXIT_CODES, Global};
use truc_node::command::page::{Page, text};
use truc_node::command::run::{self, Reading, Way};
use truc_node::command::{Command, Context, Request, export, open, rebuild, refer, verify};
use truc_node::identity::enrolled::Enrolled;
use truc_node::line::enrol;
use truc_node::log;
use truc_node::office::Office;
use truc_node::serve;
use truc_node::store::attachments::Attachments;
use truc_node::store::lock::Lock;
use truc_node::words::failure::{ExitCode, Failure};

/// An office of Trục: its records, offline and on.
#[derive(Parser)]
#[command(version = truc_node::VERSION, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make this machine an office's: keys are made here, the certificate comes from the hub.
    #[command(after_help = "Example: truc-node enrol TRUC1-… --dir /var/lib/truc\n         \
                            truc-node enrol - --dir /var/lib/truc < code.txt")]
    Enrol {
        /// The enrolment code from the letter; `-` reads it from standard input, where no other user sees it.
        code: String,
    },
    /// Say where the hub is, if it has moved and this machine has not heard so from it. Stop the node first.
    #[command(after_help = "Example: truc-node set-hub hub2.nghean.example:7443 --dir /var/lib/truc")]
    SetHub {
        /// `host:port`.
        address: String,
    },
    /// Run the node until told to stop (SIGTERM, SIGINT).
    #[command(after_help = "Example: truc-node serve --dir /var/lib/truc")]
    Serve(serve::Serve),
    /// Drop the views and fold them again from the journal. Nothing is lost with views.
    #[command(after_help = "Example: truc-node rebuild-views --dir /var/lib/truc")]
    RebuildViews,
    /// Copies the whole store into one file, checked; the node may go on meanwhile.
    #[command(after_help = "Example: truc-node backup /media/usb --dir /var/lib/truc --keep 14\n         \
                            truc-node backup - --dir /var/lib/truc | age -r KEY > truc.age")]
    Backup(Backup),
    /// Puts a backup into an empty folder; what came after it comes back from the hub.
    #[command(after_help = "Example: truc-node restore /media/usb/truc-….backup --dir /var/lib/truc")]
    Restore(Restore),
    /// Measure how long the disk of the folder takes to save, and say whether it can be believed.
    #[command(after_help = "Example: truc-node disk-test --dir /var/lib/truc")]
    DiskTest(DiskTest),
    /// Check that the store, or an archive, is whole and unforged: chains, signatures, channels, receipts, keys. Only reads.
    #[command(after_help = "Example: truc-node verify --dir /var/lib/truc\n         \
                            truc-node verify /media/stick/archive --authority authority.crt\n\n\
                            Exits 0 if everything is proven, 6 if something is wrong; the first bad place is told.")]
    Verify(verify::Verify),
    /// Write an archive for third parties: readable and provable without this program.
    #[command(after_help = "Example: truc-node export /media/stick/archive --dir /var/lib/truc\n         \
                            truc-node export 2026 --year 2026")]
    Export(export::Export),
    #[command(flatten)]
    Ask(Command),
}

fn main() -> Exit {
    truc_node::fault::arm();
    let Cli { global, action } = Cli::parse();
    log::start(if matches!(action, Action::Serve(_)) { "info" } else { "off" });
    match action {
        Action::Enrol { code } => run::tell(global.json, enrol(&global, &code), render_enrolled),
        Action::SetHub { address } => run::tell(global.json, set_hub(&global, &address), render_enrolled),
        Action::Serve(how) => {
            let served = run::runtime().and_then(|runtime| runtime.block_on(serve::serve(&global.dir, &how)));
            run::tell(global.json, served, |_| {})
        }
        Action::RebuildViews => run::tell(global.json, rebuild_views(&global), rebuild::render),
        Action::Backup(backup) => {
            let made = open::enrolled(&global.dir)
                .and_then(|enrolled| backup.execute(&global.dir, StoreKind::Node, enrolled.office));
            run::tell(global.json, made, backup::render_made)
        }
        Action::Restore(restore) => run::tell(
            global.json,
            restore.execute(&global.dir, StoreKind::Node, |_, _| Ok(())),
            backup::render_restored,
        ),
        Action::DiskTest(test) => {
            let (measured, exit) = test.execute(&global.dir);
            let told = run::tell(global.json, measured, disk_test::render);
            if told == Exit::SUCCESS { exit.into() } else { told }
        }
        Action::Verify(what) => {
            let store = || open::identity(&global.dir, &open::enrolled(&global.dir)?);
            let trusted = || open::authorities(&global.dir);
            verify::tell(global.json, what.execute(&global.dir, store, trusted))
        }
        Action::Export(what) => run::tell(global.json, export_archive(&global, &what), export::render),
        Action::Ask(command) => {
            let rendered = command.clone();
            let done = ask(&global, command);
            let exit = done.as_ref().map_or(ExitCode::Unexpected, |value| rendered.exit(value));
            let told = run::tell(global.json, done, |page| rendered.render(page));
            if told == Exit::SUCCESS { exit.into() } else { told }
        }
    }
}

fn enrol(global: &Global, code: &str) -> Result<Value, Failure> {
    let typed = match code {
        "-" => std::io::read_to_string(std::io::stdin())?,
        code => code.to_owned(),
    };
    // If the folder is an office's store already, a running node may use it: take its lock.
    let _lock = Enrolled::load(&global.dir)?.map(|_| Lock::take(&global.dir)).transpose()?;
    let enrolled = run::runtime()?.block_on(enrol::enrol(typed.trim(), &global.dir))?;
    Ok(json!({
        "office": enrolled.office, "name": enrolled.name, "hub": enrolled.hub_office,
        "credential": enrolled.credential, "session_address": enrolled.session_address,
    }))
}

fn set_hub(global: &Global, address: &str) -> Result<Value, Failure> {
    let enrolled = open::enrolled(&global.dir)?;
    refer::address(address)?;
    let _lock = Lock::take(&global.dir)?;
    let enrolled = enrolled.set_hub(&global.dir, address)?;
    Ok(
        json!({ "office": enrolled.office, "name": enrolled.name, "session_address": enrolled.session_address }),
    )
}

fn render_enrolled(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-office", text(&value["name"]));
    page.field("cli-id", text(&value["office"]));
    page.field("cli-hub", text(&value["session_address"]));
}

fn rebuild_views(global: &Global) -> Result<Value, Failure> {
    let enrolled = open::enrolled(&global.dir)?;
    let _lock = Lock::take(&global.dir)?;
    rebuild::rebuild(&global.dir, &open::identity(&global.dir, &enrolled)?, &[])
}

fn export_archive(global: &Global, what: &export::Export) -> Result<Value, Failure> {
    let identity = open::identity(&global.dir, &open::enrolled(&global.dir)?)?;
    what.execute(&global.dir, &identity, &open::authorities(&global.dir)?)
}

fn ask(global: &Global, mut command: Command) -> Result<Value, Failure> {
    let enrolled = open::enrolled(&global.dir)?;
    let mut attached = Vec::new();
    command.prepare(&mut attached)?;
    let request = Request { author: global.author(), command };
    if request.command.reads() {
        let held = match run::ask_reading(&global.dir, &request)? {
            Reading::There(value) => return Ok(value),
            Reading::Here(held) => held,
        };
        let identity = open::identity(&global.dir, &enrolled)?;
        return run::runtime()?.block_on(async {
            let taken = match held {
                Some(held) => Err(held),
                None => match open::still(&global.dir, identity.clone()) {
                    Some((office, files)) => return read(global, request, office, &files).await,
                    None => Lock::take(&global.dir),
                },
            };
            let opened = match &taken {
                Ok(_lock) => open::office(&global.dir, &enrolled).await,
                Err(failure) => Err(failure.clone()),
            };
            let (office, files) = match opened {
                Err(failure) if open::may_read_on(&failure) => {
                    open::reading(&global.dir, identity, &failure)?
                }
                opened => opened?,
            };
            read(global, request, office, &files).await
        });
    }
    let lock = match run::ask(&global.dir, &request, &attached)? {
        Way::There(value) => return Ok(value),
        Way::Here(lock) => lock,
    };
    let runtime = run::runtime()?;
    let done = runtime.block_on(async {
        let (mut office, files) = open::office(&global.dir, &enrolled).await?;
        let accounts = Accounts::open(&global.dir, Realm::Desk)?;
        let context = Context {
            office: &office,
            author: &request.author,
            accounts: &accounts,
            files: &files.handed(attached),
            line: None,
            met: &|_, _| None,
            rehearsal: false,
        };
        let done = request.command.execute(&context).await;
        tokio::task::block_in_place(|| office.close());
        done
    });
    drop(lock);
    done
}

/// Carries out a command that only reads.
async fn read(
    global: &Global,
    request: Request<Command>,
    mut office: Office,
    files: &Attachments,
) -> Result<Value, Failure> {
    let accounts = Accounts::reading(&global.dir, Realm::Desk)?;
    let context = Context {
        office: &office,
        author: &request.author,
        accounts: &accounts,
        files,
        line: None,
        met: &|_, _| None,
        rehearsal: false,
    };
    let done = request.command.execute(&context).await;
    tokio::task::block_in_place(|| office.close());
    done
}

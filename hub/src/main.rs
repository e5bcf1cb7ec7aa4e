//! `truc-hub`: the office that others connect to, on the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode as Exit;

use clap::{Parser, Subcommand};
use serde_json::Value;
use truc_hub::command::{Command, init, once};
use truc_hub::config::Config;
use truc_hub::delivery::index;
use truc_hub::demo::Demo;
use truc_hub::recover::rebuild;
use truc_hub::serve;
use truc_node::backup::StoreKind;
use truc_node::command::backup::{self, Backup, Restore};
use truc_node::command::disk_test::{self, DiskTest};
use truc_node::command::global::{EXIT_CODES, Global};
use truc_node::command::run::{self, Reading, Way};
use truc_node::command::{Request, export, rebuild as views, verify};
use truc_node::derive::views::Views;
use truc_node::identity::keys;
use truc_node::log;
use truc_node::store::journal::Reads;
use truc_node::store::lock::Lock;
use truc_node::words::failure::{ExitCode, Failure};

/// The hub of a province: offices enrol with it, and their records travel through it.
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
    /// Make a hub: the province's authority, the hub's own ledger, its configuration.
    #[command(
        after_help = "Example: truc-hub init --dir /var/lib/truc-hub --name 'Văn phòng Tỉnh ủy Nghệ An' \
                            --address hub.example:7443 --enrol-address hub.example:7444"
    )]
    Init(init::Init),
    /// Run the hub until told to stop (SIGTERM, SIGINT).
    #[command(after_help = "Example: truc-hub serve --dir /var/lib/truc-hub")]
    Serve(serve::Serve),
    /// A province on this machine: real programs, real codes, the sample papers; look at it, or check it
    #[command(
        after_help = "Example: truc-hub demo\n         truc-hub demo --offices all --tree 2025 --check --json"
    )]
    Demo(Demo),
    /// Drop the views and fold them again from the journal. Nothing is lost with views.
    #[command(after_help = "Example: truc-hub rebuild-views --dir /var/lib/truc-hub")]
    RebuildViews,
    /// Copies the whole store into one file, checked; the hub may go on meanwhile.
    #[command(
        after_help = "Example: truc-hub backup /media/usb --dir /var/lib/truc-hub --keep 14\n         \
                            truc-hub backup - --dir /var/lib/truc-hub | age -r KEY > hub.age"
    )]
    Backup(Backup),
    /// Puts a backup into an empty folder; what came after it comes back from the nodes.
    #[command(after_help = "Example: truc-hub restore /media/usb/truc-….backup --dir /var/lib/truc-hub")]
    Restore(Restore),
    /// What a lost hub is rebuilt from, beside the authority's key: offices, credentials, revocations, its letters.
    #[command(after_help = "Example: truc-hub export-registry /media/safe/registry --dir /var/lib/truc-hub")]
    ExportRegistry {
        /// The file to make.
        to: PathBuf,
    },
    /// Makes a lost hub anew in an empty folder; its nodes give everything else back when they call.
    #[command(
        after_help = "Example: truc-hub rebuild --dir /var/lib/truc-hub --authority-key authority.key \
                      --registry registry"
    )]
    Rebuild {
        /// The authority's private key, as it lay in the hub's folder.
        #[arg(long, value_name = "FILE")]
        authority_key: PathBuf,
        /// What `export-registry` made.
        #[arg(long, value_name = "FILE")]
        registry: PathBuf,
    },
    /// Measure how long the disk of the folder takes to save, and say whether it can be believed.
    #[command(after_help = "Example: truc-hub disk-test --dir /var/lib/truc-hub")]
    DiskTest(DiskTest),
    /// Check that the store, or an archive, is whole and unforged: chains, signatures, channels, receipts, keys. Only
    /// reads.
    #[command(after_help = "Example: truc-hub verify --dir /var/lib/truc-hub\n         \
                            truc-hub verify /media/stick/archive --authority authority.crt\n\n\
                            Exits 0 if everything is proven, 6 if something is wrong; the first bad place is told.")]
    Verify(verify::Verify),
    /// Write an archive for third parties: readable and provable without this program.
    #[command(
        after_help = "Example: truc-hub export /media/stick/archive --dir /var/lib/truc-hub\n         \
                            truc-hub export 2026 --year 2026"
    )]
    Export(export::Export),
    #[command(flatten)]
    Ask(Command),
}

fn main() -> Exit {
    truc_node::fault::arm();
    let Cli { global, action } = Cli::parse();
    log::start(if matches!(action, Action::Serve(_)) { "info" } else { "off" });
    match action {
        Action::Init(init) => {
            let made = run::runtime().and_then(|runtime| runtime.block_on(init.execute(&global.dir)));
            run::tell(global.json, made, init::render)
        }
        Action::Serve(how) => {
            let served = run::runtime().and_then(|runtime| runtime.block_on(serve::serve(&global.dir, &how)));
            run::tell(global.json, served, |_| {})
        }
        Action::Demo(demo) => match demo.run(kept(&global), global.json) {
            Ok((report, good)) => {
                let told = run::tell(global.json, Ok(report), |_| {});
                if good { told } else { Exit::FAILURE }
            }
            Err(failure) => run::tell(global.json, Err(failure), |_| {}),
        },
        Action::RebuildViews => run::tell(global.json, rebuild_views(&global), views::render),
        Action::Backup(backup) => {
            let made = Config::load(&global.dir)
                .map_err(Failure::from)
                .and_then(|config| backup.execute(&global.dir, StoreKind::Hub, config.office));
            run::tell(global.json, made, backup::render_made)
        }
        Action::Restore(restore) => run::tell(
            global.json,
            restore.execute(&global.dir, StoreKind::Hub, rebuild::behind),
            backup::render_restored,
        ),
        Action::ExportRegistry { to } => {
            run::tell(global.json, rebuild::export(&global.dir, &to), rebuild::render_exported)
        }
        Action::Rebuild { authority_key, registry } => {
            let made = rebuild::rebuild(&global.dir, &authority_key, &registry);
            run::tell(global.json, made, rebuild::render_rebuilt)
        }
        Action::DiskTest(test) => {
            let (measured, exit) = test.execute(&global.dir);
            let told = run::tell(global.json, measured, disk_test::render);
            if told == Exit::SUCCESS { exit.into() } else { told }
        }
        Action::Verify(what) => {
            let store = || Ok(Config::load(&global.dir)?.identity(&global.dir)?);
            let trusted = || Ok(keys::load_certificates(&global.dir.join(keys::AUTHORITY_CERTIFICATE))?);
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

/// The folder given with `--dir`. The default, the working directory, is no place for the demo's stores: none.
fn kept(global: &Global) -> Option<PathBuf> {
    (global.dir != Path::new(".")).then(|| global.dir.clone())
}

fn rebuild_views(global: &Global) -> Result<Value, Failure> {
    let config = Config::load(&global.dir)?;
    let _lock = Lock::take(&global.dir)?;
    let mail = |journal: Reads<'_>, views: &Views| index::rebuild(&global.dir, journal, views);
    views::rebuild(&global.dir, &config.identity(&global.dir)?, &[&mail])
}

fn export_archive(global: &Global, what: &export::Export) -> Result<Value, Failure> {
    let identity = Config::load(&global.dir)?.identity(&global.dir)?;
    let authorities = keys::load_certificates(&global.dir.join(keys::AUTHORITY_CERTIFICATE))?;
    what.execute(&global.dir, &identity, &authorities)
}

fn ask(global: &Global, mut command: Command) -> Result<Value, Failure> {
    Config::load(&global.dir)?;
    let mut opened = Vec::new();
    command.prepare(&mut opened)?;
    let request = Request { author: global.author(), command };
    if request.command.reads() {
        return match run::ask_reading(&global.dir, &request)? {
            Reading::There(value) => Ok(value),
            Reading::Here(held) => run::runtime()?.block_on(once::reading(&global.dir, request, held)),
        };
    }
    match run::ask(&global.dir, &request, &opened)? {
        Way::There(value) => Ok(value),
        Way::Here(_lock) => run::runtime()?.block_on(once::once(&global.dir, request, opened)),
    }
}

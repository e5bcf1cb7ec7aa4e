//! Every command line of the real programs, in one place.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use truc_node::identity::enrolled::Enrolled;
use truc_node::identity::{IDENTITY, keys};
use truc_node::line::enrol::enrol;

use crate::args::Args;
use crate::hub::listening;
use crate::office::Machine;
use crate::process::Process;
use crate::{Result, library};

const PROVINCE: &str = "40";

/// A store of `truc-hub` and how its program is called.
#[derive(Debug)]
pub(crate) struct Product {
    program: PathBuf,
    folder: PathBuf,
    /// `program` is this benchmark, which serves the library.
    library: bool,
}

impl Product {
    /// Makes a hub in `folder` with a province and so many communes, starts it and enrols them all.
    /// The province comes first.
    pub(crate) async fn set_up(
        args: &Args,
        folder: &Path,
        communes: usize,
    ) -> Result<(Self, Process, SocketAddr, Vec<Machine>)> {
        if args.library {
            return Self::set_up_library(folder, communes).await;
        }
        let product = Self { program: program(args, "truc-hub")?, folder: folder.to_owned(), library: false };
        let (sessions, enrolment) = (free_port()?, free_port()?);
        product.init(sessions, enrolment)?;
        let offices = product.import(communes)?;
        let mut process = product.serve()?;
        listening(&mut process, sessions).await?;
        listening(&mut process, enrolment).await?;
        let mut machines = Vec::with_capacity(offices.len());
        for office in &offices {
            // A code lives for minutes, so each is made just before it is used.
            machines.push(enrolled(&product.code(office)?, folder).await?);
        }
        Ok((product, process, sessions, machines))
    }

    async fn set_up_library(
        folder: &Path,
        communes: usize,
    ) -> Result<(Self, Process, SocketAddr, Vec<Machine>)> {
        let product = Self { program: std::env::current_exe()?, folder: folder.to_owned(), library: true };
        let mut command = product.library(&format!("library:{communes}"));
        let (process, address) = Process::start_told(&mut command)?;
        let mut machines = Vec::with_capacity(communes + 1);
        for code in std::fs::read_to_string(folder.join(library::CODES))?.lines() {
            machines.push(enrolled(code, folder).await?);
        }
        Ok((product, process, address.parse()?, machines))
    }

    fn init(&self, sessions: SocketAddr, enrolment: SocketAddr) -> Result<()> {
        let (sessions, enrolment) = (sessions.to_string(), enrolment.to_string());
        self.run(&["init", "--name", "Trung tâm", "--address", &sessions, "--enrol-address", &enrolment])
            .map(drop)
    }

    /// Imports an office list; the codes in it, the province's first.
    fn import(&self, communes: usize) -> Result<Vec<String>> {
        let codes: Vec<String> = (0..communes).map(|number| format!("{}", 10_001 + number)).collect();
        let mut list = String::from("code,parent_code,tier,kind,name,name_ascii\n");
        list.push_str(&format!("{PROVINCE},,province,tỉnh,Tỉnh Thử,Tinh Thu\n"));
        for code in &codes {
            list.push_str(&format!("{code},{PROVINCE},commune,xã,Xã Thử {code},Xa Thu {code}\n"));
        }
        let file = self.folder.join("offices.csv");
        std::fs::write(&file, list)?;
        let file = file.to_str().ok_or("the folder's name is not UTF-8")?;
        self.run(&["office", "import", file])?;
        Ok(std::iter::once(PROVINCE.to_owned()).chain(codes).collect())
    }

    /// A new enrolment code for an office.
    fn code(&self, office: &str) -> Result<String> {
        let said: serde_json::Value =
            serde_json::from_slice(&self.run(&["--json", "office", "code", office])?.stdout)?;
        Ok(said["codes"][0]["code"].as_str().ok_or("`office code --json` shows no code")?.to_owned())
    }

    /// Starts the hub.
    pub(crate) fn serve(&self) -> Result<Process> {
        let log = self.folder.join("serve.log");
        match self.library {
            true => Process::start(&mut self.library("library:0"), &log),
            false => Process::start(self.command().args(["serve", "--console", "off"]), &log),
        }
    }

    /// Starts the hub with its console; none where the library is served, which has no pages.
    pub(crate) fn serve_console(&self) -> Result<Option<(Process, SocketAddr)>> {
        if self.library {
            return Ok(None);
        }
        let (console, log) = (free_port()?, self.folder.join("serve.log"));
        let process =
            Process::start(self.command().args(["serve", "--console", &console.to_string()]), &log)?;
        Ok(Some((process, console)))
    }

    /// Folds the views anew; the hub must not be running.
    pub(crate) fn rebuild_views(&self) -> Result<()> {
        if !self.library {
            return self.run(&["--json", "rebuild-views"]).map(drop);
        }
        let status = self.library("library-rebuild").status()?;
        if status.success() { Ok(()) } else { Err("the views cannot be rebuilt".into()) }
    }

    /// Verifies the store; the library has no such command.
    pub(crate) fn verify(&self) -> Result<()> {
        self.run(&["--json", "verify"]).map(drop)
    }

    /// Exports all of it.
    pub(crate) fn export(&self, archive: &str) -> Result<()> {
        self.run(&["--json", "export", archive]).map(drop)
    }

    /// Verifies an archive with the hub's own authority.
    pub(crate) fn verify_archive(&self, archive: &str) -> Result<()> {
        self.run(&["--json", "verify", archive]).map(drop)
    }

    fn library(&self, what: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--floor", what, "--dir"]).arg(&self.folder);
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("TRUC_DIR", &self.folder);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.command().args(arguments).output()?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("truc-hub {}: {}: {}", arguments.join(" "), output.status, said.trim()).into())
    }
}

/// Enrols a machine with a code, as `truc-node enrol` does, and forgets its store.
async fn enrolled(code: &str, folder: &Path) -> Result<Machine> {
    let machine = tempfile::tempdir_in(folder)?;
    let store = machine.path().join("store");
    machine_of(enrol(code, &store).await?, &store)
}

fn machine_of(enrolled: Enrolled, store: &Path) -> Result<Machine> {
    let identity = store.join(IDENTITY);
    Ok(Machine {
        office: enrolled.office,
        identity: keys::load_tls(&identity)?,
        authority: enrolled.certificates.last().ok_or("no authority")?.clone(),
        key: keys::load_ledger_key(&identity)?,
        credential: enrolled.credential,
    })
}

/// A port that was free a moment ago.
fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Where a program is: in the folder asked for, or where this benchmark was built.
fn program(args: &Args, name: &str) -> Result<PathBuf> {
    let folder = match &args.programs {
        Some(folder) => folder.clone(),
        None => built()?,
    };
    let path = folder.join(name);
    if path.exists() { Ok(path) } else { Err(format!("{} is not there", path.display()).into()) }
}

/// The folder of this benchmark's profile: `target/release`, mostly.
fn built() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    Ok(here.ancestors().nth(2).ok_or("no target folder")?.to_owned())
}

/// Builds the programs as this benchmark was built, unless they were named or are not needed.
pub(crate) fn build(args: &Args) -> Result<()> {
    if args.programs.is_some() || args.library {
        return Ok(());
    }
    let built = built()?;
    let (target, profile) = (built.parent(), built.file_name().and_then(|name| name.to_str()));
    let (target, profile) = (target.ok_or("no target folder")?, profile.ok_or("no profile")?);
    // The one profile that has another name than its folder.
    let profile = if profile == "debug" { "dev" } else { profile };
    let cargo = std::env::var_os("CARGO").ok_or("not run by cargo: say --programs")?;
    let mut command = Command::new(cargo);
    command.args(["build", "--profile", profile, "-p", "truc-hub", "--bins", "--target-dir"]).arg(target);
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if status.success() { Ok(()) } else { Err("the programs do not build".into()) }
}

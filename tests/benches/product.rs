//! Every command line of the real programs, in one place.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use truc_hub::demo::address;
use truc_tests::peer::Machine;
use truc_tests::programs::{Process, command_at};
use truc_tests::support::built;

use crate::args::Args;
use crate::hub::listening;
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
        let (sessions, enrolment) = (address::free(), address::free());
        let init = ["init", "--name", "Trung tâm", "--address", &sessions, "--enrol-address", &enrolment];
        product.run(&init)?;
        let sessions = sessions.parse()?;
        let offices = product.import(communes)?;
        let mut process = product.serve();
        listening(&mut process, sessions).await?;
        listening(&mut process, enrolment.parse()?).await?;
        let mut machines = Vec::with_capacity(offices.len());
        for (number, office) in offices.iter().enumerate() {
            // A code lives for minutes, so each is made just before it is used.
            machines.push(enrolled(&product.code(office)?, folder, number).await?);
        }
        Ok((product, process, sessions, machines))
    }

    async fn set_up_library(
        folder: &Path,
        communes: usize,
    ) -> Result<(Self, Process, SocketAddr, Vec<Machine>)> {
        let product = Self { program: std::env::current_exe()?, folder: folder.to_owned(), library: true };
        let mut command = product.library(&format!("library:{communes}"));
        let (process, address) = Process::start_told(&mut command);
        let mut machines = Vec::with_capacity(communes + 1);
        for (number, code) in std::fs::read_to_string(folder.join(library::CODES))?.lines().enumerate() {
            machines.push(enrolled(code, folder, number).await?);
        }
        Ok((product, process, address.parse()?, machines))
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
    pub(crate) fn serve(&self) -> Process {
        let log = self.folder.join("serve.log");
        match self.library {
            true => Process::start(&mut self.library("library:0"), &log),
            false => Process::start(&mut self.command(&["serve"]), &log),
        }
    }

    /// Starts the hub with its console; none where the library is served, which has no pages.
    pub(crate) fn serve_console(&self) -> Result<Option<(Process, SocketAddr)>> {
        if self.library {
            return Ok(None);
        }
        let (console, log) = (address::free(), self.folder.join("serve.log"));
        let process = Process::start(self.command(&["serve"]).env("TRUC_CONSOLE", &console), &log);
        Ok(Some((process, console.parse()?)))
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

    fn command(&self, arguments: &[&str]) -> Command {
        command_at(&self.program, &self.folder, arguments)
    }

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.command(arguments).output()?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("truc-hub {}: {}: {}", arguments.join(" "), output.status, said.trim()).into())
    }
}

/// Enrols a machine with a code, as `truc-node enrol` does, and forgets its store.
async fn enrolled(code: &str, folder: &Path, number: usize) -> Result<Machine> {
    let machine = tempfile::tempdir_in(folder)?;
    Machine::enrol(code, &machine.path().join("store"), number).await
}

/// Where a program is: in the folder asked for, or where this benchmark was built.
fn program(args: &Args, name: &str) -> Result<PathBuf> {
    let path = args.programs.clone().unwrap_or_else(built).join(name);
    if path.exists() { Ok(path) } else { Err(format!("{} is not there", path.display()).into()) }
}

/// Builds the programs as this benchmark was built, unless they were named or are not needed.
pub(crate) fn build(args: &Args) -> Result<()> {
    if args.programs.is_some() || args.library {
        return Ok(());
    }
    let built = built();
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

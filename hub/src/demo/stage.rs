//! The processes of the demo: starts the hub and the nodes, and sends commands to them.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use serde_json::Value;
use truc_node::accounts::Realm;
use truc_node::words::failure::{ExitCode, Failure};

use super::address;
use super::cut::Cut;
use super::pages::{CHIEF, CONSOLE, DESK, Pages, SUPERVISOR, commune};
use super::picture::Picture;
use crate::check::{self, known};
use crate::config::Config;

const TWO_TIERS: &str = include_str!("../../../deploy/samples/offices-2025.csv");
const THREE_TIERS: &str = include_str!("../../../deploy/samples/offices-2024.csv");

/// Name of the hub's office.
const HUB: &str = "Trung tâm Tỉnh ủy Nghệ An";
/// Folder for the logs of the programs.
const LOGS: &str = "logs";
/// How many commands or starts run at the same time: enough to keep two cores busy.
const AT_ONCE: usize = 4;
/// How long the demo waits for anything before it fails.
const PATIENCE: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(100);

/// Codes of the offices with a desk, in the two-tier and in the three-tier province.
const DESKS: [&[&str]; 2] = [&["40", "17464", "16732"], &["40", "426", "412"]];

/// A node of the demo.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    child: Option<Child>,
}

/// Everything that runs.
pub(super) struct Stage {
    dir: PathBuf,
    programs: PathBuf,
    hub: Option<Child>,
    /// Nodes by administrative code of their office.
    pub(super) nodes: BTreeMap<String, Node>,
    /// Machines that were stolen: they still run and call, and must be refused.
    pub(super) stolen: BTreeMap<String, Node>,
    /// Code of the province's office.
    pub(super) top: String,
    /// Code of the office whose line will be cut.
    pub(super) weak: String,
    /// The relay through which that office's node reaches the hub.
    pub(super) line: Cut,
    pub(super) three_tiers: bool,
    /// Console of the hub, once it has been started.
    pub(super) console: Option<Pages>,
    /// Desks by code of their office.
    pub(super) desks: BTreeMap<String, Pages>,
}

/// One row of the office list.
struct Row {
    code: String,
    name: String,
}

impl Stage {
    /// Makes the hub and the nodes, enrols each node with its own code, starts them, waits until all are connected and know
    /// the list of offices.
    pub(super) fn set(
        dir: &Path,
        three_tiers: bool,
        offices: usize,
        picture: &mut Picture,
    ) -> Result<Self, Failure> {
        let list = if three_tiers { THREE_TIERS } else { TWO_TIERS };
        let rows = cast(list, three_tiers, offices);
        let hub_dir = dir.join("hub");
        std::fs::create_dir_all(dir.join("nodes"))?;
        std::fs::create_dir_all(dir.join(LOGS))?;
        let (sessions, enrolment) = (address::free(), address::free());
        picture.step("demo-hub", &[("offices", rows.len().into())]);
        hub_command(
            &hub_dir,
            &[
                "init",
                "--name",
                HUB,
                "--address",
                &sessions,
                "--enrol-address",
                &enrolment,
                "--since",
                "2024-12-01",
            ],
        )?;
        // Here all nodes call from one address.
        let mut config = Config::load(&hub_dir)?;
        config.handshakes_per_source = 1_000;
        config.save(&hub_dir)?;
        let csv = dir.join("offices.csv");
        std::fs::write(&csv, list)?;
        let since = if three_tiers { "2024-12-01" } else { "2025-07-01" };
        hub_command(&hub_dir, &["office", "import", &csv.to_string_lossy(), "--since", since])?;
        let programs = program("truc-hub")?.parent().map(Path::to_owned).unwrap_or_default();
        let line = Cut::new(&sessions)?;
        let top = rows[0].code.clone();
        let weak = if three_tiers { "426" } else { "17464" }.to_owned();
        let mut stage = Self {
            dir: dir.to_owned(),
            programs,
            hub: None,
            nodes: BTreeMap::new(),
            stolen: BTreeMap::new(),
            top,
            weak,
            line,
            three_tiers,
            console: None,
            desks: BTreeMap::new(),
        };
        for row in rows {
            let dir = dir.join("nodes").join(&row.code);
            stage.nodes.insert(row.code, Node { name: row.name, dir, child: None });
        }
        picture.draw_offices(stage.nodes.keys());
        stage.start_hub(picture)?;
        picture.step("demo-enrol", &[]);
        stage.enrol_all(picture)?;
        for code in DESKS[usize::from(three_tiers)] {
            let Some(node) = stage.nodes.get(*code) else { continue };
            let people = if *code == commune::CODE { commune::PEOPLE } else { DESK };
            let desk = Pages::prepare(&node.dir, Realm::Desk, &node.name, address::free(), people)?;
            stage.desks.insert((*code).to_owned(), desk);
        }
        let codes: Vec<String> = stage.nodes.keys().cloned().collect();
        for code in codes {
            stage.start(&code)?;
        }
        picture.step("demo-connect", &[]);
        stage.connected(picture)?;
        // Connected is not yet informed: the list of offices follows, and papers name offices.
        stage.rest(picture)?;
        Ok(stage)
    }

    /// Starts the hub with a console account, and waits until it listens.
    pub(super) fn start_hub(&mut self, picture: &mut Picture) -> Result<(), Failure> {
        let hub_dir = self.hub_dir();
        let console = Pages::prepare(&hub_dir, Realm::Console, HUB, address::free(), CONSOLE)?;
        let pages = ("TRUC_CONSOLE", console.address.as_str());
        self.hub = Some(start(program("truc-hub")?, &hub_dir, &self.dir.join(LOGS), pages)?);
        self.console = Some(console);
        let config = Config::load(&hub_dir)?;
        self.until("demo-hub", picture, |_, _| Ok(TcpStream::connect(&config.enrol_address).is_ok()))
    }

    /// Stops the hub; the nodes keep running.
    pub(super) fn stop_hub(&mut self) -> Result<(), Failure> {
        if let Some(mut hub) = self.hub.take() {
            terminate(&hub)?;
            hub.wait()?;
        }
        Ok(())
    }

    /// Waits until every node is connected.
    pub(super) fn connected(&self, picture: &mut Picture) -> Result<(), Failure> {
        self.until("demo-connect", picture, |stage, picture| {
            let status = stage.ask_hub(&["status"])?;
            let connected = status["connected"].as_u64().unwrap_or(0) as usize;
            picture.progress(connected, stage.nodes.len());
            Ok(connected == stage.nodes.len())
        })
    }

    /// A machine is stolen: it is revoked, its office enrols a new one, and the stolen one keeps running.
    pub(super) fn steal(&mut self, code: &str, picture: &mut Picture) -> Result<(), Failure> {
        let Some(node) = self.nodes.get_mut(code) else { return Ok(()) };
        if let Some(mut child) = node.child.take() {
            terminate(&child)?;
            child.wait()?;
        }
        let away = self.dir.join("stolen");
        std::fs::create_dir_all(&away)?;
        let away = away.join(code);
        std::fs::rename(&node.dir, &away)?;
        let name = node.name.clone();
        let log = self.dir.join(LOGS).join("stolen");
        std::fs::create_dir_all(&log)?;
        let child = start(program("truc-node")?, &away, &log, ("TRUC_DESK", "off"))?;
        self.stolen.insert(code.to_owned(), Node { name, dir: away, child: Some(child) });
        self.ask_hub(&["office", "revoke", code, "--reason", "Máy bị mất cắp"])?;
        let made = self.ask_hub(&["office", "code", code, "--replace"])?;
        self.ask(code, &["enrol", made["codes"][0]["code"].as_str().unwrap_or_default()])?;
        self.start(code)?;
        self.until("demo-stolen", picture, |stage, _| {
            // A command sent before the node listens would open the store itself, and the node could then not start.
            if UnixStream::connect(stage.nodes[code].dir.join("truc.sock")).is_err() {
                return Ok(false);
            }
            let status = stage.ask(code, &["status"])?;
            Ok(status["line"]["standing"] == "on" && status["resuming"] == false)
        })
    }

    /// Waits until the hub refuses every stolen machine.
    pub(super) fn shut_out(&self, picture: &mut Picture) -> Result<(), Failure> {
        self.until("demo-stolen", picture, |stage, _| {
            for node in stage.stolen.values() {
                if command(program("truc-node")?, &node.dir, CHIEF, &["status"])?["line"]["standing"]
                    != "refused"
                {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    fn enrol_all(&mut self, picture: &mut Picture) -> Result<(), Failure> {
        let all = self.nodes.len();
        let done = AtomicUsize::new(0);
        let picture = Mutex::new(picture);
        self.each(|code, node| {
            let made = self.ask_hub(&["office", "code", code, "--replace"])?;
            let text = made["codes"][0]["code"].as_str().unwrap_or_default().to_owned();
            command(program("truc-node")?, &node.dir, CHIEF, &["enrol", &text])?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            picture.lock().unwrap_or_else(std::sync::PoisonError::into_inner).progress(done, all);
            Ok(())
        })?;
        // The office whose line will be cut calls the relay instead of the hub.
        let path = self.nodes[&self.weak].dir.join("identity/enrolled.json");
        let mut enrolled: Value = serde_json::from_slice(&std::fs::read(&path)?)
            .map_err(|error| Failure::new(ExitCode::Unexpected, "demo-failed").because(error))?;
        enrolled["session_address"] = self.line.address().into();
        truc_node::identity::keys::write_private(&path, enrolled.to_string().as_bytes())?;
        Ok(())
    }

    /// Runs `work` for every node, [`AT_ONCE`] at a time. A failure is returned after the others have ended.
    pub(super) fn each(
        &self,
        work: impl Fn(&str, &Node) -> Result<(), Failure> + Sync,
    ) -> Result<(), Failure> {
        let waiting: Mutex<Vec<(&String, &Node)>> = Mutex::new(self.nodes.iter().rev().collect());
        let failed = Mutex::new(None);
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    loop {
                        let next = waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
                        let Some((code, node)) = next else { return };
                        if let Err(failure) = work(code, node) {
                            *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(failure);
                            return;
                        }
                    }
                });
            }
        });
        match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// The folder of the programs.
    pub(super) fn programs(&self) -> &Path {
        &self.programs
    }

    /// The hub's folder.
    pub(super) fn hub_dir(&self) -> PathBuf {
        self.dir.join("hub")
    }

    /// The folder of all stores.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether an office may be any office: no other step of the demo needs it in particular.
    pub(super) fn is_extra(&self, code: &str) -> bool {
        code != self.top && code != self.weak && !DESKS[usize::from(self.three_tiers)].contains(&code)
    }

    /// The folder into which sample papers are written before their import.
    pub(super) fn papers_dir(&self) -> PathBuf {
        self.dir.join("papers")
    }

    /// Sends a command to the hub.
    pub(super) fn ask_hub(&self, words: &[&str]) -> Result<Value, Failure> {
        hub_command(&self.hub_dir(), words)
    }

    /// Sends a command to an office's node, by its chief.
    pub(super) fn ask(&self, code: &str, words: &[&str]) -> Result<Value, Failure> {
        let desk = self.desks.get(code).and_then(|desk| desk.accounts.first());
        self.ask_as(code, desk.map_or(CHIEF, |chief| chief.user), words)
    }

    /// Sends a command to an office's node, by an account of it.
    pub(super) fn ask_as(&self, code: &str, who: &str, words: &[&str]) -> Result<Value, Failure> {
        command(program("truc-node")?, &self.nodes[code].dir, who, words)
    }

    /// Whether an office has a node in this demo.
    pub(super) fn has(&self, code: &str) -> bool {
        self.nodes.contains_key(code)
    }

    /// Kills a node with SIGKILL: like a power cut, the process gets no chance to finish anything.
    pub(super) fn kill(&mut self, code: &str) -> Result<(), Failure> {
        if let Some(mut child) = self.nodes.get_mut(code).and_then(|node| node.child.take()) {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts a node (again).
    pub(super) fn start(&mut self, code: &str) -> Result<(), Failure> {
        let desk = self.desks.get(code).map_or("off", |desk| desk.address.as_str());
        if let Some(node) = self.nodes.get_mut(code) {
            let logs = self.dir.join(LOGS);
            node.child = Some(start(program("truc-node")?, &node.dir, &logs, ("TRUC_DESK", desk))?);
        }
        Ok(())
    }

    /// Waits until every entry is at the hub and at all its addressees.
    pub(super) fn rest(&self, picture: &mut Picture) -> Result<(), Failure> {
        self.until("demo-rest", picture, |stage, picture| {
            let open = check::open_ends(&stage.dir)
                .map_err(|error| Failure::new(ExitCode::Unexpected, "demo-check-failed").because(error))?;
            picture.progress(stage.nodes.len().saturating_sub(open), stage.nodes.len());
            Ok(open == 0)
        })
    }

    /// Waits until every attachment is in every store in which an entry names it.
    pub(super) fn filed(&self, picture: &mut Picture) -> Result<(), Failure> {
        self.until("demo-files", picture, |stage, picture| {
            let without = known::without_files(&stage.dir)
                .map_err(|error| Failure::new(ExitCode::Unexpected, "demo-check-failed").because(error))?;
            picture.progress(stage.nodes.len().saturating_sub(without), stage.nodes.len());
            Ok(without == 0)
        })
    }

    /// Polls a condition until it holds; fails after [`PATIENCE`]. `what` names the step in the failure.
    pub(super) fn until(
        &self,
        what: &'static str,
        picture: &mut Picture,
        mut condition: impl FnMut(&Self, &mut Picture) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        while !condition(self, picture)? {
            if begun.elapsed() > PATIENCE {
                return Err(Failure::new(ExitCode::Unexpected, "demo-too-long").because(what));
            }
            sleep(PAUSE);
        }
        Ok(())
    }

    /// Stops all programs with SIGTERM and waits for their end.
    pub(super) fn stop(&mut self, picture: &mut Picture) -> Result<(), Failure> {
        picture.step("demo-stopping", &[]);
        let nodes = self.nodes.values_mut().chain(self.stolen.values_mut());
        let mut children: Vec<Child> = nodes.filter_map(|node| node.child.take()).collect();
        for child in &children {
            terminate(child)?;
        }
        for child in &mut children {
            child.wait()?;
        }
        self.stop_hub()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After a failure no process of the demo may be left running.
        let nodes = self.nodes.values_mut().chain(self.stolen.values_mut());
        for mut child in nodes.filter_map(|node| node.child.take()).chain(self.hub.take()) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// At most `offices` that run a node: the province, those whose papers are played, then others in the list's order.
fn cast(list: &str, three_tiers: bool, offices: usize) -> Vec<Row> {
    let speaking: &[&str] = if three_tiers {
        &["40", "426", "412"]
    } else {
        &["40", "17464", "16732", "17179", "17254", "17506"]
    };
    let mut rows: Vec<Row> = list
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split(',');
            let code = columns.next()?.to_owned();
            let name = columns.nth(3)?.to_owned();
            Some(Row { code, name })
        })
        .collect();
    let rank = |row: &Row| speaking.iter().position(|code| *code == row.code).unwrap_or(speaking.len());
    rows.sort_by_key(rank);
    rows.truncate(offices);
    rows
}

/// Path of a program in the folder of this one.
fn program(name: &str) -> Result<PathBuf, Failure> {
    let here = std::env::current_exe()?;
    let path = here.with_file_name(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(Failure::new(ExitCode::NotFound, "demo-no-program").about(path.display()))
    }
}

/// Starts `serve` of a program; `pages` is the environment variable with the address of its pages.
fn start(program: PathBuf, dir: &Path, logs: &Path, pages: (&str, &str)) -> Result<Child, Failure> {
    let name = dir.file_name().unwrap_or_default();
    let log = logs.join(name).with_extension("log");
    let log = File::options().create(true).append(true).open(log)?;
    Ok(Command::new(program)
        .args(["serve", "--dir"])
        .arg(dir)
        .env(pages.0, pages.1)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?)
}

fn terminate(child: &Child) -> Result<(), Failure> {
    // A process that has already ended is reaped by the wait that follows.
    Command::new("kill").args(["-TERM", &child.id().to_string()]).stderr(Stdio::null()).status()?;
    Ok(())
}

fn hub_command(dir: &Path, words: &[&str]) -> Result<Value, Failure> {
    command(program("truc-hub")?, dir, SUPERVISOR, words)
}

/// Runs a command as a person would, and returns its JSON.
fn command(program: PathBuf, dir: &Path, author: &str, words: &[&str]) -> Result<Value, Failure> {
    let output = Command::new(program)
        .args(words)
        .args(["--json", "--author", author, "--dir"])
        .arg(dir)
        .stdin(Stdio::null())
        .output()?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    // A status that names something ill is an answer.
    let told = words.first() == Some(&"status") && output.status.code() == Some(ExitCode::Ill as i32);
    if output.status.success() || told {
        return Ok(answer);
    }
    let said = answer["error"]["message"].as_str().map(str::to_owned);
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned());
    Err(Failure::new(ExitCode::Unexpected, "demo-failed").about(format!("{}: {said}", words[0])))
}

/// Waits for SIGINT or SIGTERM.
pub(super) fn wait_for_stop() -> Result<(), Failure> {
    truc_node::command::run::runtime()?.block_on(async {
        let mut stop = truc_node::serve::stop_signal()?;
        // A sender that is gone also means that the program stops.
        let _ = stop.wait_for(|stop| *stop).await;
        Ok(())
    })
}

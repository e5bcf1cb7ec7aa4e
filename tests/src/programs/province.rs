//! A province of processes in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;
use tempfile::TempDir;
use truc_hub::demo::address;

use super::{Process, ask, command, program_of, run};
use crate::support::until;

/// A province and two communes.
pub const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy\n\
    1,40,commune,xã,Đảng ủy xã Một\n\
    2,40,commune,phường,Đảng ủy phường Hai\n";

/// A hub and its nodes as processes: stores in `hub` and `nodes/CODE` of a temporary folder, logs beside them.
pub struct Province {
    // First field, hence dropped first: the programs end before their folder is removed.
    serving: Mutex<BTreeMap<String, Process>>,
    folder: TempDir,
    /// Addresses of pages by name of the store; other stores serve no pages.
    pub pages: BTreeMap<&'static str, String>,
    /// Where the hub listens for sessions.
    pub sessions: String,
    /// Where the hub listens for enrolment.
    pub enrolment: String,
}

impl Province {
    /// Makes a hub with the offices of a list, without serving it.
    #[track_caller]
    pub fn new(offices: &str) -> Self {
        Self::made(offices, |province, address, enrol| {
            let init = ["init", "--name", "Trung tâm", "--address", address, "--enrol-address", enrol];
            province.hub(&init);
        })
    }

    /// Like [`Self::new`], with a hub that the caller makes for these addresses of sessions and enrolment.
    #[track_caller]
    pub fn made(offices: &str, make: impl FnOnce(&Self, &str, &str)) -> Self {
        let province = Self {
            serving: Mutex::default(),
            folder: tempfile::tempdir().unwrap(),
            pages: BTreeMap::new(),
            sessions: address::free(),
            enrolment: address::free(),
        };
        fs::create_dir(province.path().join("nodes")).unwrap();
        make(&province, &province.sessions, &province.enrolment);
        province.handshakes_per_source(1000);
        let list = province.write("offices.csv", offices);
        province.hub(&["office", "import", list.to_str().unwrap()]);
        province
    }

    /// The small province, with all programs serving and connected.
    #[track_caller]
    pub fn running() -> Self {
        let province = Self::new(OFFICES);
        province.start("hub");
        for code in ["40", "1", "2"] {
            province.enrol(code);
            province.start(code);
        }
        let said = province.hub(&["status"])["journal"].clone();
        for code in ["40", "1", "2"] {
            until("the node knows the registry", || province.node(code, &["status"])["journal"] == said);
        }
        province
    }

    /// Sets how many concurrent handshakes the hub accepts from one address, from its next start on.
    pub fn handshakes_per_source(&self, count: usize) {
        let path = self.dir("hub").join("hub.toml");
        let lines = fs::read_to_string(&path).unwrap();
        let lines = lines.lines().filter(|line| !line.starts_with("handshakes_per_source"));
        let kept: String = lines.map(|line| format!("{line}\n")).collect();
        // Before the first table: a value after it would belong to the table.
        fs::write(&path, format!("handshakes_per_source = {count}\n{kept}")).unwrap();
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the hub or of a node's store.
    pub fn dir(&self, name: &str) -> PathBuf {
        if name == "hub" { self.path().join("hub") } else { self.path().join("nodes").join(name) }
    }

    /// Log of a store's program.
    pub fn log(&self, name: &str) -> PathBuf {
        self.path().join(format!("{name}.log"))
    }

    /// Writes a file outside of the stores.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs a command on a store, which must succeed; returns its JSON result.
    #[track_caller]
    pub fn ask(&self, name: &str, args: &[&str]) -> Value {
        ask(program_of(name), &self.dir(name), args)
    }

    /// Runs a command on the hub's store.
    #[track_caller]
    pub fn hub(&self, args: &[&str]) -> Value {
        self.ask("hub", args)
    }

    /// Runs a command on a node's store.
    #[track_caller]
    pub fn node(&self, code: &str, args: &[&str]) -> Value {
        self.ask(code, args)
    }

    /// A new enrolment code for an office.
    #[track_caller]
    pub fn code(&self, office: &str) -> String {
        self.hub(&["office", "code", office, "--replace"])["codes"][0]["code"].as_str().unwrap().to_owned()
    }

    /// Enrols a machine of an office.
    #[track_caller]
    pub fn enrol(&self, office: &str) {
        let code = self.code(office);
        self.node(office, &["enrol", &code]);
    }

    /// Makes an enrolled machine connect to the hub at another address.
    pub fn call_by(&self, code: &str, address: &str) {
        let path = self.dir(code).join("identity/enrolled.json");
        let mut enrolled: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        enrolled["session_address"] = address.into();
        fs::write(&path, enrolled.to_string()).unwrap();
    }

    fn serve(&self, name: &str, environment: &[(&str, &str)]) -> Process {
        let mut command = command(program_of(name), &self.dir(name), &["serve"]);
        if let Some(address) = self.pages.get(name) {
            command.env(if name == "hub" { "TRUC_CONSOLE" } else { "TRUC_DESK" }, address);
        }
        Process::start(command.envs(environment.iter().copied()), &self.log(name))
    }

    /// Starts hub or node, and waits until it serves.
    #[track_caller]
    pub fn start(&self, name: &str) {
        let process = self.started(name, &[]);
        self.serving.lock().unwrap().insert(name.to_owned(), process);
    }

    /// Like [`Self::start`], with additional environment variables.
    #[track_caller]
    pub fn started(&self, name: &str, environment: &[(&str, &str)]) -> Process {
        let mut process = self.serve(name, environment);
        while let Err(ended) = process.serves(&self.dir(name)) {
            let said = fs::read_to_string(self.log(name)).unwrap();
            // Exit code 6: another command has the store just now; try again.
            assert_eq!(ended.code(), Some(6), "{name} ended: {said}");
            process = self.serve(name, environment);
        }
        if let Some(address) = self.pages.get(name) {
            until("pages are served", || TcpStream::connect(address).is_ok());
        }
        process
    }

    /// Starts hub or node so that it ends at a kill point, and waits until it serves or ends.
    #[track_caller]
    pub fn doomed(&self, name: &str, point: &str, nth: usize) -> Process {
        let mut process = self.serve(name, &[("TRUC_KILL_AT", &format!("{point}:{nth}"))]);
        // It may end before it serves: some points are passed at the start.
        let _ = process.serves(&self.dir(name));
        process
    }

    /// Makes a serving program reload its files (SIGHUP).
    #[track_caller]
    pub fn reload(&self, name: &str) {
        self.serving.lock().unwrap()[name].signal("HUP");
    }

    /// Resident memory of a serving program, bytes.
    #[track_caller]
    pub fn resident(&self, name: &str) -> u64 {
        self.serving.lock().unwrap()[name].resident()
    }

    /// Stops hub or node; it must exit with 0.
    #[track_caller]
    pub fn stop(&self, name: &str) {
        self.end(name).stop();
    }

    /// Kills hub or node.
    #[track_caller]
    pub fn kill(&self, name: &str) {
        self.end(name).kill();
    }

    #[track_caller]
    fn end(&self, name: &str) -> Process {
        self.serving.lock().unwrap().remove(name).unwrap()
    }

    /// State of the line of a serving node.
    #[track_caller]
    pub fn standing(&self, code: &str) -> String {
        self.node(code, &["status"])["line"]["standing"].as_str().unwrap_or_default().to_owned()
    }

    /// Titles of the directives and letters in a store, oldest first.
    #[track_caller]
    pub fn titles(&self, code: &str) -> Vec<String> {
        let list = self.node(code, &["directive", "list", "--last", "100000"]);
        let mut records = list["records"].as_array().unwrap().clone();
        records.sort_by_key(|record| record["position"].as_u64());
        records.iter().map(|record| record["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Entries in a store's journal.
    #[track_caller]
    pub fn journal(&self, code: &str) -> u64 {
        self.node(code, &["status"])["journal"].as_u64().unwrap()
    }

    /// Entries that people of an office wrote: not those in which the machine says that papers have arrived.
    #[track_caller]
    pub fn written(&self, code: &str) -> usize {
        let log = self.node(code, &["log", "--office", "own", "--last", "100000"]);
        log["entries"].as_array().unwrap().iter().filter(|entry| entry["author"] != "truc").count()
    }

    /// Waits until nothing is under way; all programs run.
    #[track_caller]
    pub fn rest(&self) {
        until("nothing is under way", || truc_hub::check::open_ends(self.path()).unwrap() == 0);
    }

    /// Stops everything and verifies the stores from outside; where all programs run, once nothing is under way.
    #[track_caller]
    pub fn judge(&self) -> truc_hub::check::Report {
        let names: Vec<String> = self.serving.lock().unwrap().keys().cloned().collect();
        if names.len() == fs::read_dir(self.path().join("nodes")).unwrap().count() + 1 {
            self.rest();
        }
        names.iter().for_each(|name| self.stop(name));
        let report = truc_hub::check::check(self.path(), |_, _| {}).unwrap();
        assert!(report.good(), "{report:?}");
        report
    }
}

impl Drop for Province {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        // The folder is removed after the test: print the logs, which tell why it failed.
        for file in fs::read_dir(self.path()).into_iter().flatten().flatten().map(|file| file.path()) {
            if file.extension().is_some_and(|end| end == "log") {
                eprintln!("--- {}\n{}", file.display(), fs::read_to_string(&file).unwrap_or_default());
            }
        }
    }
}

/// Sends a letter; returns whether it was acknowledged.
pub fn letter(dir: &Path, title: &str, to: &str) -> bool {
    run("truc-node", dir, &["directive", "create", "--title", title, "--to", to]).status.success()
}

//! A province of processes in a temporary folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use truc_hub::demo::address;

/// Long enough for a busy machine; nothing takes so long when all is well.
const SOON: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// A province and two communes.
pub(crate) const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy\n\
    1,40,commune,xã,Đảng ủy xã Một\n\
    2,40,commune,phường,Đảng ủy phường Hai\n";

/// A program of the build under test; cargo lays it beside the folder of the test programs.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.exists(), "{} is not built; run cargo build first", path.display());
    path
}

/// A command of a program, ready to be run.
pub(crate) fn command(name: &str, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program(name));
    command.args(args).arg("--dir").arg(dir).env("TRUC_LANG", "en").env_remove("RUST_LOG");
    // Pages have tests of their own; here many programs share one machine.
    command.envs([("TRUC_DESK", "off"), ("TRUC_CONSOLE", "off")]);
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(name: &str, dir: &Path, args: &[&str]) -> Output {
    command(name, dir, args).output().unwrap()
}

/// Runs a command that must succeed; what it answers to machines.
#[track_caller]
pub(crate) fn ask(name: &str, dir: &Path, args: &[&str]) -> Value {
    let output = run(name, dir, &[args, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{args:?}: {said} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
}

/// Runs a command that must fail: with this exit code and one line that contains the words.
#[track_caller]
pub(crate) fn fails(name: &str, dir: &Path, args: &[&str], exit: i32, words: &str) {
    one_sentence(&run(name, dir, args), exit, words);
}

#[track_caller]
pub(crate) fn one_sentence(output: &Output, exit: i32, words: &str) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert!(said.contains(words), "{words:?} is not in {said:?}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Waits for a condition; looks every 50 ms, gives up after 30 s.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < SOON, "in vain waited until {what}");
        sleep(PAUSE);
    }
}

/// A serving process; killed when it is dropped.
pub(crate) struct Serving(Child);

impl Serving {
    /// Starts one and waits until it answers. Another command may have the store just now: then again.
    #[track_caller]
    fn start(name: &str, dir: &Path) -> Self {
        // Beside hub and nodes, where it is taken for no store.
        let name_of = dir.file_name().unwrap().to_string_lossy();
        let province = dir.ancestors().find(|folder| folder.join("nodes").exists()).unwrap();
        let log = province.join(format!("{name_of}.log"));
        let begin = || {
            let log = File::options().create(true).append(true).open(&log).unwrap();
            Self(command(name, dir, &["serve"]).stdout(Stdio::null()).stderr(log).spawn().unwrap())
        };
        let mut serving = begin();
        until("it serves", || {
            if let Some(ended) = serving.0.try_wait().unwrap() {
                let said = fs::read_to_string(&log).unwrap();
                assert_eq!(ended.code(), Some(6), "{name} ended: {said}");
                serving = begin();
            }
            UnixStream::connect(dir.join("truc.sock")).is_ok()
        });
        serving
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM; it must end with 0.
    #[track_caller]
    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -TERM $0", &pid]).status().unwrap().success());
        let mut ended = None;
        until("it has stopped", || {
            ended = self.0.try_wait().unwrap();
            ended.is_some()
        });
        assert_eq!(ended.unwrap().code(), Some(0));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A hub and its nodes: `hub` and `nodes/CODE` in a temporary folder.
pub(crate) struct Province {
    folder: TempDir,
    serving: RefCell<BTreeMap<String, Serving>>,
}

impl Province {
    /// A hub with the offices of a list, not serving.
    #[track_caller]
    pub(crate) fn new(offices: &str) -> Self {
        Self::made(offices, |province, address, enrol| {
            let init = ["init", "--name", "Trung tâm", "--address", address, "--enrol-address", enrol];
            province.hub(&init);
        })
    }

    /// The same, with a hub that somebody else makes for these addresses of sessions and enrolment.
    #[track_caller]
    pub(crate) fn made(offices: &str, make: impl FnOnce(&Self, &str, &str)) -> Self {
        let province = Self { folder: tempfile::tempdir().unwrap(), serving: RefCell::default() };
        make(&province, &address::free(), &address::free());
        let path = province.dir("hub").join("hub.toml");
        let lines = fs::read_to_string(&path).unwrap();
        let lines = lines.lines().filter(|line| !line.starts_with("handshakes_per_source"));
        let raised: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(&path, raised + "handshakes_per_source = 1000\n").unwrap();
        let list = province.write("offices.csv", offices);
        province.hub(&["office", "import", list.to_str().unwrap()]);
        fs::create_dir(province.path().join("nodes")).unwrap();
        province
    }

    /// The small province, all serving and knowing each other.
    #[track_caller]
    pub(crate) fn running() -> Self {
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

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the hub or of a node's store.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        if name == "hub" { self.path().join("hub") } else { self.path().join("nodes").join(name) }
    }

    /// Writes a file that is no part of a store.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    #[track_caller]
    pub(crate) fn hub(&self, args: &[&str]) -> Value {
        ask("truc-hub", &self.dir("hub"), args)
    }

    #[track_caller]
    pub(crate) fn node(&self, code: &str, args: &[&str]) -> Value {
        ask("truc-node", &self.dir(code), args)
    }

    #[track_caller]
    pub(crate) fn code(&self, office: &str) -> String {
        self.hub(&["office", "code", office])["codes"][0]["code"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn enrol(&self, office: &str) {
        let code = self.code(office);
        self.node(office, &["enrol", &code]);
    }

    #[track_caller]
    pub(crate) fn start(&self, name: &str) {
        let program = if name == "hub" { "truc-hub" } else { "truc-node" };
        let serving = Serving::start(program, &self.dir(name));
        self.serving.borrow_mut().insert(name.to_owned(), serving);
    }

    #[track_caller]
    pub(crate) fn reload(&self, name: &str) {
        let pid = self.serving.borrow()[name].0.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -HUP $0", &pid]).status().unwrap().success());
    }

    #[track_caller]
    pub(crate) fn stop(&self, name: &str) {
        let serving = self.serving.borrow_mut().remove(name).unwrap();
        serving.stop();
    }

    pub(crate) fn kill(&self, name: &str) {
        self.serving.borrow_mut().remove(name).unwrap().kill();
    }

    /// How the line of a serving node stands.
    #[track_caller]
    pub(crate) fn standing(&self, code: &str) -> String {
        self.node(code, &["status"])["line"]["standing"].as_str().unwrap_or_default().to_owned()
    }

    /// Titles of the directives and letters in a store, oldest first.
    #[track_caller]
    pub(crate) fn titles(&self, code: &str) -> Vec<String> {
        let list = self.node(code, &["directive", "list", "--last", "100000"]);
        let mut records = list["records"].as_array().unwrap().clone();
        records.sort_by_key(|record| record["position"].as_u64());
        records.iter().map(|record| record["title"].as_str().unwrap().to_owned()).collect()
    }

    /// Entries in a store's journal.
    #[track_caller]
    pub(crate) fn journal(&self, code: &str) -> u64 {
        self.node(code, &["status"])["journal"].as_u64().unwrap()
    }

    /// Stops everything and judges the stores from outside.
    #[track_caller]
    pub(crate) fn judge(&self) -> truc_hub::check::Report {
        let names: Vec<String> = self.serving.borrow().keys().cloned().collect();
        names.iter().for_each(|name| self.stop(name));
        let report = truc_hub::check::check(self.path(), |_, _| {}).unwrap();
        assert!(report.good(), "{report:?}");
        report
    }
}

/// Sends a letter; whether it was acknowledged.
pub(crate) fn letter(dir: &Path, title: &str, to: &str) -> bool {
    run("truc-node", dir, &["directive", "create", "--title", title, "--to", to]).status.success()
}

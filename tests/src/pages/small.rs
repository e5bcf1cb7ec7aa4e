//! A small province of one's own, whose programs may be killed and whose line may be cut: a hub with its
//! console, the province and a commune with their desks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;
use tempfile::TempDir;
use truc_hub::demo::address;
use truc_hub::demo::cut::Cut;
use truc_node::accounts::{Realm, Role};

use super::people::Person;
use super::{program, until};

const OFFICES: &str = "code,parent_code,tier,kind,name\n\
    40,,province,tỉnh,Tỉnh ủy\n\
    1,40,commune,xã,Đảng ủy xã Một\n";

/// The commune, whose node calls over [`Small::line`].
pub const COMMUNE: &str = "1";
/// The province.
pub const TOP: &str = "40";
/// The hub.
pub const HUB: &str = "hub";

/// The province.
pub struct Small {
    folder: TempDir,
    pages: BTreeMap<&'static str, String>,
    serving: Mutex<BTreeMap<String, Child>>,
    /// The commune's line.
    pub line: Cut,
}

impl Small {
    /// All serve and are connected; whoever works there signs in with [`Small::person`].
    #[track_caller]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("truc-small-").tempdir().unwrap();
        let (sessions, enrolment) = (address::free(), address::free());
        let pages = [HUB, TOP, COMMUNE].map(|name| (name, address::free())).into();
        let line = Cut::new(&sessions).unwrap();
        let small = Self { folder, pages, serving: Mutex::default(), line };
        small.ask(
            HUB,
            &["init", "--name", "Trung tâm", "--address", &sessions, "--enrol-address", &enrolment],
        );
        let list = small.folder.path().join("offices.csv");
        fs::write(&list, OFFICES).unwrap();
        small.ask(HUB, &["office", "import", list.to_str().unwrap()]);
        small.start(HUB);
        until("offices can enrol", || TcpStream::connect(&enrolment).is_ok());
        for office in [TOP, COMMUNE] {
            let said = small.ask(HUB, &["office", "code", office]);
            small.ask(office, &["enrol", said["codes"][0]["code"].as_str().unwrap()]);
        }
        let path = small.dir(COMMUNE).join("identity/enrolled.json");
        let mut enrolled: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        enrolled["session_address"] = small.line.address().into();
        fs::write(&path, enrolled.to_string()).unwrap();
        small.start(TOP);
        small.start(COMMUNE);
        until("all are connected", || small.ask(HUB, &["status"])["connected"] == 2);
        small
    }

    /// The folder of a store.
    pub fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// Where desk or console is.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/", self.pages[name])
    }

    /// Somebody new.
    #[track_caller]
    pub fn person(&self, name: &str, role: Role, user: &str) -> Person {
        let realm = if name == HUB { Realm::Console } else { Realm::Desk };
        Person::new(&self.dir(name), realm, role, user)
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn ask(&self, name: &str, words: &[&str]) -> Value {
        let output = self.command(name).args(words).arg("--json").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{words:?}: {said} {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{words:?}: {error}: {said}"))
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(if name == HUB { "truc-hub" } else { "truc-node" }));
        command.arg("--dir").arg(self.dir(name)).stdin(Stdio::null());
        command.env("TRUC_LANG", "en").env_remove("RUST_LOG");
        command
    }

    /// Starts hub or node, and waits until its pages answer.
    #[track_caller]
    pub fn start(&self, name: &str) {
        let log = File::options().create(true).append(true).open(self.log(name)).unwrap();
        let address = &self.pages[name];
        let mut command = self.command(name);
        command.arg("serve").env(if name == HUB { "TRUC_CONSOLE" } else { "TRUC_DESK" }, address);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.serving.lock().unwrap().insert(name.to_owned(), child);
        until("pages are served", || TcpStream::connect(address).is_ok());
    }

    /// SIGKILL.
    #[track_caller]
    pub fn kill(&self, name: &str) {
        let mut child = self.serving.lock().unwrap().remove(name).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Default for Small {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        for child in self.serving.get_mut().unwrap().values_mut() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
        // The folder goes with the test: what the programs said tells why it failed.
        if thread::panicking() {
            for name in [HUB, TOP, COMMUNE] {
                let said = fs::read_to_string(self.log(name)).unwrap_or_default();
                eprintln!("--- {name}\n{said}");
            }
        }
    }
}

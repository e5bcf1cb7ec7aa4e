//! The demo province, shared by all tests of a program: `truc-hub demo --json`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;
use truc_node::accounts::Realm;

use super::people::Person;
use crate::programs::{Tethered, program};

/// Code of the commune whose desk most tests use.
pub const COMMUNE: &str = "16732";
/// Code of the province.
pub const TOP: &str = "40";

static DEMO: LazyLock<Demo> = LazyLock::new(Demo::start);

/// A demo that was played to its end and still runs.
pub struct Demo {
    /// Folder with `hub` and `nodes/CODE`.
    pub dir: PathBuf,
    said: Value,
    _process: std::sync::Mutex<Tethered>,
}

impl Demo {
    /// The shared demo; the first caller starts it.
    pub fn shared() -> &'static Self {
        &DEMO
    }

    /// Starts a separate demo.
    pub fn start() -> Self {
        // The shell removes the folder, because only it knows when all programs in it have ended.
        let folder = tempfile::Builder::new().prefix("truc-pages-").tempdir().unwrap().keep();
        let (dir, log) = (folder.join("demo"), folder.join("log"));
        let words = ["demo", "--offices", "6", "--json", "--dir"].map(OsStr::new);
        let args: Vec<&OsStr> = words.into_iter().chain([dir.as_os_str()]).collect();
        let mut process = Tethered::start(&folder, &log, &program("truc-hub"), &args);
        let line = process.line();
        let said = line.and_then(|line| serde_json::from_str(&line).ok());
        let said = said.unwrap_or_else(|| panic!("no demo: {}", std::fs::read_to_string(&log).unwrap()));
        Self { dir, said, _process: std::sync::Mutex::new(process) }
    }

    /// URL of the console.
    pub fn console(&self) -> &str {
        self.said["console"]["url"].as_str().unwrap()
    }

    /// The console's administrator.
    pub fn supervisor(&self) -> Person {
        Person::all(&self.said["console"]).remove(0)
    }

    /// URL of an office's desk.
    pub fn desk(&self, code: &str) -> &str {
        self.said_of(code)["url"].as_str().unwrap()
    }

    /// The chief of an office with a desk.
    pub fn chief(&self, code: &str) -> Person {
        Person::all(self.said_of(code)).remove(0)
    }

    /// The person with this account at an office with a desk.
    pub fn person(&self, code: &str, user: &str) -> Person {
        let all = Person::all(self.said_of(code));
        all.into_iter().find(|person| person.user == user).unwrap()
    }

    /// The folder of a store.
    pub fn store(&self, realm: Realm, code: &str) -> PathBuf {
        match realm {
            Realm::Desk => self.dir.join("nodes").join(code),
            Realm::Console => self.dir.join("hub"),
        }
    }

    /// Desks are listed in the order of codes.
    fn said_of(&self, code: &str) -> &Value {
        const CODES: [&str; 3] = [COMMUNE, "17464", TOP];
        let index = CODES.iter().position(|known| *known == code).unwrap();
        &self.said["desks"][index]
    }
}

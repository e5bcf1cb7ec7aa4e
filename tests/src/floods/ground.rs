//! A hub of the real program with enrolled machines that have no program: tests speak for them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;
use truc_hub::demo::address;
use truc_node::identity::certificate::fingerprint;
use truc_node::identity::{IDENTITY, keys, tls};
use truc_node::line::enrol::enrol;
use truc_proto::id::OfficeId;

use crate::pages::program;

/// Longer than anything takes when all is well.
const SOON: Duration = Duration::from_secs(60);
/// Machines that are enrolled at once.
const ENROLLING: usize = 16;

/// An enrolled machine.
#[derive(Clone)]
pub struct Machine {
    /// Whose.
    pub office: OfficeId,
    /// Signs its ledger.
    pub key: SigningKey,
    /// Number of its credential.
    pub credential: u64,
    /// TLS with its certificate.
    pub config: Arc<ClientConfig>,
    /// The address that it calls from.
    pub source: Ipv4Addr,
}

/// A hub's folder with enrolled machines: the province first, then communes.
pub struct Ground {
    folder: TempDir,
    /// Where its session listener is.
    pub sessions: SocketAddr,
    /// Where its enrolment listener is.
    pub enrolment: SocketAddr,
    /// The machines.
    pub machines: Vec<Machine>,
    authority: CertificateDer<'static>,
}

/// A serving hub; killed when it is dropped.
pub struct Hub {
    process: Child,
    log: PathBuf,
    /// Where its session listener is.
    pub sessions: SocketAddr,
    /// Where its enrolment listener is.
    pub enrolment: SocketAddr,
    /// Where the console is.
    pub pages: SocketAddr,
}

/// An address that nobody listens at.
fn free() -> SocketAddr {
    address::free().parse().unwrap()
}

/// The `number`th loopback address of a test; a hub bounds what comes from one.
pub fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 1 + (number / 62_500) as u8, (number / 250 % 250) as u8, (number % 250) as u8 + 1)
}

impl Ground {
    /// A province and so many communes.
    pub async fn prepare(communes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (sessions, enrolment) = (free(), free());
        let dir = folder.path().join("hub");
        let (at, enrol_at) = (sessions.to_string(), enrolment.to_string());
        ask(&dir, &["init", "--name", "Trung tâm", "--address", &at, "--enrol-address", &enrol_at]);
        let mut list = String::from("code,parent_code,tier,kind,name\n40,,province,tỉnh,Tỉnh ủy\n");
        for code in 10_001..=10_000 + communes {
            list.push_str(&format!("{code},40,commune,xã,Đảng ủy xã {code}\n"));
        }
        let file = folder.path().join("offices.csv");
        fs::write(&file, list).unwrap();
        ask(&dir, &["office", "import", file.to_str().unwrap()]);
        let authority = keys::load_certificates(&dir.join(keys::AUTHORITY_CERTIFICATE)).unwrap();
        let authority = authority.last().unwrap().clone();
        let mut ground = Self { folder, sessions, enrolment, machines: Vec::new(), authority };
        ground.handshakes_per_source(1000);
        let hub = ground.serve(None);
        let said = ask(&dir, &["office", "code", "--all"]);
        let codes = said["codes"].as_array().unwrap();
        let codes = codes.iter().map(|code| {
            let of = code["office_code"].as_str().unwrap().parse::<usize>().unwrap();
            (of, code["code"].as_str().unwrap().to_owned())
        });
        let mut codes: Vec<(usize, String)> = codes.collect();
        codes.sort();
        ground.machines = ground.enrolled(codes).await;
        drop(hub);
        ground.handshakes_per_source(truc_proto::limits::HANDSHAKES_PER_SOURCE);
        ground
    }

    async fn enrolled(&self, codes: Vec<(usize, String)>) -> Vec<Machine> {
        let (mut machines, mut under_way) = (Vec::new(), JoinSet::new());
        for (number, (_, code)) in codes.into_iter().enumerate() {
            let store = self.folder.path().join(format!("machine-{number}"));
            under_way.spawn(async move {
                let enrolled = enrol(&code, &store).await.unwrap();
                let identity = store.join(IDENTITY);
                let authority = enrolled.certificates.last().unwrap().clone();
                let tls = keys::load_tls(&identity).unwrap();
                let machine = Machine {
                    office: enrolled.office,
                    key: keys::load_ledger_key(&identity).unwrap(),
                    credential: enrolled.credential,
                    config: tls::session_config(tls, &[authority], Default::default()).unwrap(),
                    source: source(number),
                };
                (number, machine)
            });
            if under_way.len() == ENROLLING {
                machines.push(under_way.join_next().await.unwrap().unwrap());
            }
        }
        machines.extend(under_way.join_all().await);
        machines.sort_by_key(|(number, _)| *number);
        machines.into_iter().map(|(_, machine)| machine).collect()
    }

    /// The hub's folder.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("hub")
    }

    /// TLS of somebody without a certificate.
    pub fn stranger(&self) -> Arc<ClientConfig> {
        tls::enrolment_config(fingerprint(&self.authority)).unwrap()
    }

    fn handshakes_per_source(&self, count: usize) {
        let path = self.dir().join("hub.toml");
        let lines = fs::read_to_string(&path).unwrap();
        let lines = lines.lines().filter(|line| !line.starts_with("handshakes_per_source"));
        let kept: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(&path, format!("{kept}handshakes_per_source = {count}\n")).unwrap();
    }

    /// Starts the hub, perhaps with a planted bug, and waits until it serves.
    pub fn serve(&self, planted: Option<&str>) -> Hub {
        let log = self.folder.path().join("hub.log");
        let out = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(program("truc-hub"));
        let pages = free();
        command.args(["serve", "--console", &pages.to_string(), "--dir"]).arg(self.dir());
        command.env("RUST_LOG", "info,h2=off").env_remove("TRUC_PLANT").stdin(Stdio::null());
        if let Some(planted) = planted {
            command.env("TRUC_PLANT", planted);
        }
        let process = command.stdout(Stdio::null()).stderr(out).spawn().unwrap();
        let (sessions, enrolment) = (self.sessions, self.enrolment);
        let mut hub = Hub { process, log, sessions, enrolment, pages };
        let socket = self.dir().join("truc.sock");
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            let ended = hub.process.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < SOON, "the hub does not serve: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        hub
    }
}

/// Runs a command of the hub that must succeed; what it answers to machines.
fn ask(dir: &Path, args: &[&str]) -> Value {
    let mut command = Command::new(program("truc-hub"));
    command.args(args).arg("--json").arg("--dir").arg(dir).env_remove("TRUC_PLANT");
    let output = command.env("TRUC_LANG", "en").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Hub {
    /// Memory that it holds now, bytes.
    pub fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that it held since [`Self::forget_peak`], bytes.
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// From now on the peak counts anew.
    pub fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }

    fn status(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Open files and sockets.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    /// How often a line of its log has these words.
    pub fn said(&self, words: &str) -> usize {
        fs::read_to_string(&self.log).unwrap().matches(words).count()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

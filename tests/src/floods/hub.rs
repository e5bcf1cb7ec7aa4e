//! A hub that runs the real program, with enrolled machines whose part tests play by hand.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tokio::task::JoinSet;
use truc_hub::demo::address;
use truc_node::identity::certificate::fingerprint;
use truc_node::identity::{keys, tls};

use crate::peer::Machine;
use crate::programs::{Process, Province};
use crate::support::until;

/// Machines enrolled at the same time.
const ENROLLING: usize = 16;

/// The folder of a hub with enrolled machines: the province first, then communes.
pub struct Site {
    province: Province,
    /// The machines.
    pub machines: Vec<Machine>,
    authority: CertificateDer<'static>,
}

/// A serving hub; killed when it is dropped.
pub struct Hub {
    /// The running program.
    pub process: Process,
    log: PathBuf,
    /// Address of the session listener.
    pub sessions: SocketAddr,
    /// Address of the enrolment listener.
    pub enrolment: SocketAddr,
    /// Address of the console.
    pub pages: SocketAddr,
}

impl Site {
    /// Makes a hub with a province and `communes` communes.
    pub async fn prepare(communes: usize) -> Self {
        let mut list = String::from("code,parent_code,tier,kind,name\n40,,province,tỉnh,Tỉnh ủy\n");
        for code in 10_001..=10_000 + communes {
            list.push_str(&format!("{code},40,commune,xã,Đảng ủy xã {code}\n"));
        }
        let province = Province::new(&list);
        let authority =
            keys::load_certificates(&province.dir("hub").join(keys::AUTHORITY_CERTIFICATE)).unwrap();
        let authority = authority.last().unwrap().clone();
        let mut site = Self { province, machines: Vec::new(), authority };
        let hub = site.serve(None);
        let said = site.province.hub(&["office", "code", "--all"]);
        let codes = said["codes"].as_array().unwrap();
        let codes = codes.iter().map(|code| {
            let of = code["office_code"].as_str().unwrap().parse::<usize>().unwrap();
            (of, code["code"].as_str().unwrap().to_owned())
        });
        let mut codes: Vec<(usize, String)> = codes.collect();
        codes.sort();
        site.machines = site.enrolled(codes).await;
        drop(hub);
        site.province.handshakes_per_source(truc_proto::limits::HANDSHAKES_PER_SOURCE);
        site
    }

    async fn enrolled(&self, codes: Vec<(usize, String)>) -> Vec<Machine> {
        let (mut machines, mut under_way) = (Vec::new(), JoinSet::new());
        for (number, (_, code)) in codes.into_iter().enumerate() {
            let store = self.province.path().join(format!("machine-{number}"));
            under_way.spawn(async move { (number, Machine::enrol(&code, &store, number).await.unwrap()) });
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
        self.province.dir("hub")
    }

    /// TLS configuration without a client certificate.
    pub fn stranger(&self) -> Arc<ClientConfig> {
        tls::enrolment_config(fingerprint(&self.authority)).unwrap()
    }

    /// Starts the hub, with a planted bug if named, and waits until it serves.
    pub fn serve(&self, planted: Option<&str>) -> Hub {
        let pages = address::free();
        let mut environment = vec![("RUST_LOG", "info,h2=off"), ("TRUC_CONSOLE", &pages)];
        environment.extend(planted.map(|planted| ("TRUC_PLANT", planted)));
        let process = self.province.started("hub", &environment);
        until("pages are served", || TcpStream::connect(&pages).is_ok());
        Hub {
            process,
            log: self.province.log("hub"),
            sessions: self.province.sessions.parse().unwrap(),
            enrolment: self.province.enrolment.parse().unwrap(),
            pages: pages.parse().unwrap(),
        }
    }
}

impl Hub {
    /// Number of lines of the log that contain these words.
    pub fn said(&self, words: &str) -> usize {
        fs::read_to_string(&self.log).unwrap().matches(words).count()
    }
}

//! Floor: the same gRPC session over the same TLS into the same SQLite, in groups, without anything else:
//! no entry is decoded, hashed, verified, authorised, routed or folded, receipts are not signed. Started
//! here, served by `sketch_server`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use truc_hub::authority::Authority;
use truc_node::clock::unix_now;
use truc_node::identity::keys::{TlsIdentity, new_ledger_key};
use truc_node::identity::tls::session_config;
use truc_proto::id::OfficeId;
use truc_tests::peer::{Machine, source};
use truc_tests::programs::Process;
use uuid::Uuid;

use crate::Result;

/// How it is started.
#[derive(Debug)]
pub(crate) struct Sketch {
    folder: PathBuf,
    fan_out: bool,
}

impl Sketch {
    /// An authority in `folder` and certificates for a province and so many communes. With `fan_out`, what
    /// one of them pushes goes to all the others.
    pub(crate) fn set_up(folder: &Path, communes: usize, fan_out: bool) -> Result<(Self, Vec<Machine>)> {
        let now = unix_now();
        let authority = Authority::init(folder, "Phác thảo", now)?;
        let mut machines = Vec::with_capacity(communes + 1);
        for number in 0..=communes {
            let office = OfficeId(Uuid::from_u64_pair(1, number as u64));
            let key = KeyPair::generate()?;
            let request = CertificateParams::default().serialize_request(&key)?;
            let issued = authority.issue_office(office, request.der(), now)?;
            let identity = TlsIdentity {
                certificates: vec![issued.certificate],
                key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            };
            let trusted = [authority.certificate().clone()];
            machines.push(Machine {
                office,
                key: new_ledger_key()?,
                credential: 1,
                config: session_config(identity, &trusted, Default::default())?,
                source: source(number),
            });
        }
        Ok((Self { folder: folder.to_owned(), fan_out }, machines))
    }

    /// Starts it; the address stays the same over restarts.
    pub(crate) fn start(&self) -> Result<(Process, SocketAddr)> {
        let mut command = Command::new(std::env::current_exe()?);
        let floor = if self.fan_out { "sketch-fan-out" } else { "sketch" };
        command.args(["--floor", floor, "--dir"]).arg(&self.folder);
        let (process, address) = Process::start_told(&mut command);
        Ok((process, address.parse()?))
    }
}

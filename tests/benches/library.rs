//! The hub out of its library, served by this very program as a child: the same code as `truc-hub serve`,
//! without its command line. For measuring before and beside the packaged program (`--library`).

use std::net::SocketAddr;
use std::path::Path;

use truc_hub::authority::Authority;
use truc_hub::config::{Allowed, CONFIG, Config};
use truc_hub::demo::address;
use truc_hub::listeners::Serving;
use truc_node::clock::unix_now;
use truc_node::derive::search::SEARCH;
use truc_node::derive::views::VIEWS;
use truc_node::identity::keys;
use truc_node::office::Office;
use truc_node::store::journal::JOURNAL;
use truc_proto::code::EnrolmentCode;
use truc_proto::enrolment::secret_hash;
use truc_proto::id::OfficeId;
use truc_proto::wire::OfficeFact;
use truc_proto::wire::registry_move::Move as Word;
use uuid::Uuid;

use crate::Result;

/// Enrolment codes of all offices, a line each, the province's first.
pub(crate) const CODES: &str = "codes.txt";

/// In the child: serves the hub in `folder` until killed, after making it with so many communes if there is
/// none. First line of output: the address of the session listener.
pub(crate) async fn serve(folder: &Path, communes: usize) -> Result<()> {
    let fresh = !folder.join(CONFIG).exists();
    if fresh {
        init(folder)?;
    }
    let serving = Serving::start(folder).await?;
    if fresh {
        register(&serving, folder, communes).await?;
    }
    println!("{}", serving.config.address);
    std::future::pending().await
}

fn init(folder: &Path) -> Result<()> {
    Authority::init(folder, "Thử nghiệm", unix_now())?;
    let identity = folder.join(truc_node::identity::IDENTITY);
    keys::make_folder(&identity)?;
    keys::save_ledger_key(&identity, &keys::new_ledger_key()?)?;
    let (listen, enrol_listen): (SocketAddr, SocketAddr) =
        (address::free().parse()?, address::free().parse()?);
    let config = Config {
        office: OfficeId(Uuid::new_v4()),
        name: "Trung tâm".into(),
        address: listen.to_string(),
        enrol_address: enrol_listen.to_string(),
        listen,
        enrol_listen,
        handshakes_per_source: truc_proto::limits::HANDSHAKES_PER_SOURCE,
        quota: Allowed { entries: u64::MAX, bytes: u64::MAX, ..Allowed::default() },
        files: truc_hub::config::FileQuotas::default(),
    };
    Ok(config.save(folder)?)
}

async fn register(serving: &Serving, folder: &Path, communes: usize) -> Result<()> {
    let hub = serving.config.office;
    let province = OfficeId(Uuid::new_v4());
    let mut offices = vec![(province, Some(hub), "province", "40".to_owned())];
    offices.extend(
        (0..communes).map(|number| {
            (OfficeId(Uuid::new_v4()), Some(province), "commune", format!("{}", 10_001 + number))
        }),
    );
    let itself = (hub, None, "hub", String::new());
    let facts = std::iter::once(&itself).chain(&offices).map(|(office, parent, tier, code)| {
        let fact = OfficeFact {
            office: office.to_wire(),
            since: "2025-07-01".into(),
            tier: (*tier).into(),
            parent: parent.map(OfficeId::to_wire).unwrap_or_default(),
            code: code.clone(),
            kind: String::new(),
            name: format!("Văn phòng {code}"),
            closed: false,
            successors: Vec::new(),
            symbols: Vec::new(),
            said: String::new(),
        };
        (Word::Office(fact), serving.hub.everybody())
    });
    serving.hub.say_all("hub", facts.collect()).await?;
    let now = unix_now();
    let mut codes = String::new();
    for (office, ..) in &offices {
        let secret: [u8; 16] = keys::random()?;
        let expires = now + 3600;
        serving.hub.codes.add(secret_hash(&secret), *office, expires, now)?;
        let authority = serving.authorities().current.fingerprint();
        let address = serving.config.enrol_address.clone();
        let code = EnrolmentCode { secret, authority, address, expires };
        codes.push_str(&code.to_text()?);
        codes.push('\n');
    }
    Ok(std::fs::write(folder.join(CODES), codes)?)
}

/// In the child: makes views and search index of the store in `folder` anew.
pub(crate) async fn rebuild(folder: &Path) -> Result<()> {
    for file in [VIEWS, SEARCH] {
        for suffix in ["", "-wal", "-shm"] {
            // They may not be there.
            let _ = std::fs::remove_file(folder.join(format!("{file}{suffix}")));
        }
    }
    let identity = Config::load(folder)?.identity(folder)?;
    let conn = truc_node::store::journal::open_reader(&folder.join(JOURNAL))?;
    let end = truc_node::store::journal::Reads::new(&conn, identity.office).end()?.position;
    let office = Office::open(folder, identity, Vec::new())?;
    Ok(office.wait_folded(end).await?)
}

//! `init`: makes a hub: its authority, ledger key, configuration, and the first facts of its registry.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};
use truc_node::clock::unix_now;
use truc_node::command::page::{Page, text};
use truc_node::command::refer;
use truc_node::identity::keys;
use truc_node::store::lock::Lock;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::code::split_address;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::wire::OfficeFact;
use truc_proto::wire::registry_move::Move as Word;
use uuid::Uuid;

use crate::authority::{AUTHORITY_KEY, Authority};
use crate::config::{CONFIG, Config, FileQuotas};
use crate::hub::{Hub, ITSELF};
use crate::trust::vouch::vouch;
use truc_node::identity::IDENTITY;

/// Options of `init`.
#[derive(Clone, Debug, Args)]
pub struct Init {
    /// Name of the hub's office and of the province's authority.
    #[arg(long)]
    pub name: String,
    /// `host:port` at which nodes reach the hub.
    #[arg(long)]
    pub address: String,
    /// `host:port` at which new machines enrol.
    #[arg(long)]
    pub enrol_address: String,
    /// Where to listen for nodes; default: the address if it is an IP address, otherwise its port everywhere.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Where to listen for new machines; default as for `--listen`.
    #[arg(long)]
    pub enrol_listen: Option<SocketAddr>,
    /// First day of the hub's own office.
    #[arg(long, default_value = "2025-07-01")]
    pub since: String,
}

impl Init {
    /// Makes the hub. An authority or ledger key that is already in the folder is used; an existing hub is refused.
    pub async fn execute(self, dir: &Path) -> Result<Value, Failure> {
        for address in [&self.address, &self.enrol_address] {
            refer::address(address)?;
        }
        if self.name.is_empty() || self.name.len() > limits::LINE {
            return Err(Failure::new(ExitCode::Input, "value-wrong").with("value", self.name));
        }
        let since = super::import::day(&self.since)?;
        let _lock = Lock::take(dir)?;
        if dir.join(CONFIG).exists() {
            return Err(Failure::new(ExitCode::Store, "hub-exists").about(dir.display()));
        }
        let authority = if dir.join(AUTHORITY_KEY).exists() {
            Authority::load(dir)?
        } else {
            Authority::init(dir, &self.name, unix_now())?
        };
        let identity = dir.join(IDENTITY);
        keys::make_folder(&identity)?;
        if !identity.join(keys::LEDGER_KEY).exists() {
            keys::save_ledger_key(&identity, &keys::new_ledger_key()?)?;
        }
        let config = Config {
            office: OfficeId(Uuid::new_v4()),
            name: self.name.clone(),
            listen: self.listen.unwrap_or_else(|| everywhere(&self.address)),
            enrol_listen: self.enrol_listen.unwrap_or_else(|| everywhere(&self.enrol_address)),
            address: self.address,
            enrol_address: self.enrol_address,
            quota: Default::default(),
            handshakes_per_source: limits::HANDSHAKES_PER_SOURCE,
            files: FileQuotas::default(),
        };
        let hub = Hub::open(dir, config.identity(dir)?)?;
        let fact = OfficeFact {
            office: config.office.to_wire(),
            since: since.to_string(),
            tier: "hub".into(),
            name: self.name,
            ..OfficeFact::default()
        };
        hub.say(ITSELF, Word::Office(fact), hub.everybody()).await?;
        vouch(&hub, &authority).await?;
        // Written last, so that a folder whose `init` was cut short is not taken for a hub.
        config.save(dir)?;
        Ok(json!({
            "office": config.office, "name": config.name, "authority": authority.fingerprint(),
            "address": config.address, "enrol_address": config.enrol_address,
        }))
    }
}

/// The address itself if its host is an IP address; otherwise its port on all interfaces.
fn everywhere(address: &str) -> SocketAddr {
    let (host, port) = split_address(address).unwrap_or(("", 0));
    SocketAddr::new(host.parse().unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)), port)
}

/// Prints the outcome for people.
pub fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-office", text(&value["name"]));
    page.field("cli-id", text(&value["office"]));
    page.field("cli-authority", text(&value["authority"]));
    page.field("cli-address", text(&value["address"]));
    page.field("cli-enrol-address", text(&value["enrol_address"]));
}

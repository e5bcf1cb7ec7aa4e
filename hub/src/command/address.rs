//! `address`: where nodes reach the hub. They take the list by themselves, so a hub that moves says its new address
//! beside the old one first, and takes the old one back when nobody calls there any more.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::page::{Page, list, text};
use truc_node::command::{Context, refer};
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::limits;
use truc_proto::wire::HubAddresses;
use truc_proto::wire::registry_move::Move as Word;

use crate::config::Config;
use crate::hub::Hub;

/// The subcommands of `address`.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// The addresses that nodes call, best first.
    #[command(after_help = "Example: truc-hub address list")]
    List,
    /// Name one more address; nodes learn it with their mail, and call whichever answers.
    #[command(after_help = "Example: truc-hub address add hub2.nghean.example:7443 --first")]
    Add {
        /// `host:port`.
        address: String,
        /// Before the others instead of after them.
        #[arg(long)]
        first: bool,
    },
    /// Take an address back. A node that has not heard of another one since needs `truc-node set-hub`.
    #[command(after_help = "Example: truc-hub address remove 10.0.0.5:7443")]
    Remove {
        /// `host:port`.
        address: String,
    },
}

impl Verb {
    pub(super) async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let deciding = hub.decide().await;
        let registry = hub.office.registry();
        let mut addresses = registry.addresses().to_vec();
        if addresses.is_empty() {
            addresses.push(Config::load(hub.office.dir())?.address);
        }
        let before = addresses.clone();
        match self {
            Self::List => {}
            Self::Add { address, first } => {
                refer::address(&address)?;
                addresses.retain(|known| *known != address);
                if addresses.len() == limits::HUB_ADDRESSES {
                    let many = Failure::new(ExitCode::Input, "address-many");
                    return Err(many.with("limit", limits::HUB_ADDRESSES));
                }
                addresses.insert(if first { 0 } else { addresses.len() }, address);
            }
            Self::Remove { address } => {
                addresses.retain(|known| *known != address);
                if addresses == before {
                    return Err(Failure::new(ExitCode::NotFound, "address-unknown").with("address", address));
                }
                if addresses.is_empty() {
                    return Err(Failure::new(ExitCode::NotAllowed, "address-last").with("address", address));
                }
            }
        }
        if addresses != before {
            let word = Word::Addresses(HubAddresses { addresses: addresses.clone() });
            hub.enact(&deciding, context.author, vec![word]).await?;
        }
        Ok(json!({ "addresses": addresses, "changed": addresses != before }))
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        let rows: Vec<Vec<String>> =
            list(&value["addresses"]).iter().map(|address| vec![text(address)]).collect();
        page.table(&["cli-address"], &rows);
        if !matches!(self, Self::List) {
            let saved = page.word("line-saved");
            page.line(&saved);
        }
    }
}

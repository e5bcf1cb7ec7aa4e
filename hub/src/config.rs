//! The hub's configuration: `hub.toml` in its folder, written by `init`.

use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};
use truc_node::identity::keys::{self, KeyError};
use truc_node::identity::{IDENTITY, Identity};
use truc_proto::id::OfficeId;

/// File name.
pub const CONFIG: &str = "hub.toml";

/// What an integrator may set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The hub's own office; made by `init`, never changed.
    pub office: OfficeId,
    /// Its name.
    pub name: String,
    /// `host:port` at which nodes reach the session listener; in the server certificate.
    pub address: String,
    /// `host:port` at which new nodes reach the enrolment listener; printed into enrolment codes.
    pub enrol_address: String,
    /// Where the session listener listens.
    pub listen: SocketAddr,
    /// Where the enrolment listener listens.
    pub enrol_listen: SocketAddr,
    /// TLS handshakes under way at once from one address; raise it where many offices share one.
    #[serde(default = "handshakes")]
    pub handshakes_per_source: usize,
}

fn handshakes() -> usize {
    truc_proto::limits::HANDSHAKES_PER_SOURCE
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(std::path::PathBuf, #[source] std::io::Error),
    /// It does not parse; the text says where.
    #[error("{0}: {1}")]
    Format(std::path::PathBuf, String),
    /// Keys.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Config {
    /// Reads it from a hub's folder.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(CONFIG);
        let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::Io(path.clone(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Format(path, error.to_string()))
    }

    /// Writes it into a hub's folder.
    pub fn save(&self, dir: &Path) -> Result<(), ConfigError> {
        let path = dir.join(CONFIG);
        let text = toml::to_string_pretty(self)
            .map_err(|error| ConfigError::Format(path.clone(), error.to_string()))?;
        Ok(keys::write_private(&path, text.as_bytes())?)
    }

    /// The hub's identity: it believes itself.
    pub fn identity(&self, dir: &Path) -> Result<Identity, ConfigError> {
        let key = keys::load_ledger_key(&dir.join(IDENTITY))?;
        Ok(Identity { office: self.office, hub_key: key.verifying_key(), key, hub: self.office })
    }
}

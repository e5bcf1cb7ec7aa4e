//! The hub's configuration: `hub.toml` in the hub's folder, written by `init`.

use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};
use truc_node::identity::keys::{self, KeyError};
use truc_node::identity::{IDENTITY, Identity};
use truc_proto::id::OfficeId;
use truc_proto::limits;

/// Name of the file in the hub's folder.
pub const CONFIG: &str = "hub.toml";

/// What stands in `hub.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Id of the hub's own office; made by `init` and never changed.
    pub office: OfficeId,
    /// Name of the hub's own office.
    pub name: String,
    /// `host:port` at which nodes reach the session listener; the hub's certificate is for this host.
    pub address: String,
    /// `host:port` at which new nodes reach the enrolment listener; printed into enrolment codes.
    pub enrol_address: String,
    /// Socket address on which the session listener listens.
    pub listen: SocketAddr,
    /// Socket address on which the enrolment listener listens.
    pub enrol_listen: SocketAddr,
    /// How many TLS handshakes from one address may be under way at once; raise it where many offices share an address.
    #[serde(default = "handshakes")]
    pub handshakes_per_source: usize,
    /// What each office may bring in a day; what is not said is as in `proto/src/limits.rs`.
    #[serde(default, skip_serializing_if = "Allowed::is_usual")]
    pub quota: Allowed,
    /// How much files may take.
    #[serde(default)]
    pub files: FileQuotas,
}

/// How much of the hub the files of offices may take: the table `[files]` of `hub.toml`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileQuotas {
    /// Bytes of all unfinished uploads of one office.
    pub unfinished: u64,
    /// Bytes that one office may bring within a day.
    pub a_day: u64,
    /// Percent of the disk that files leave free, for entries.
    pub disk_kept: u64,
}

impl Default for FileQuotas {
    fn default() -> Self {
        Self {
            unfinished: limits::UNFINISHED_BYTES,
            a_day: limits::FILES_A_DAY,
            disk_kept: limits::DISK_KEPT,
        }
    }
}

/// What each office may bring in a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Allowed {
    /// Entries.
    pub entries: u64,
    /// Bytes of their contents.
    pub bytes: u64,
    /// Refused entries, before the office must wait.
    pub refused: u64,
    /// Refusals that the hub writes into its ledger.
    pub refused_said: u64,
    /// Bytes of evidence.
    pub evidence: u64,
    /// Offered entries with wrong signatures.
    pub forged: u64,
    /// Questions to a person.
    pub questions: u64,
    /// Claims that the hub went back.
    pub went_back: u64,
    /// Branches of its ledger.
    pub branches: u64,
    /// Enrolments.
    pub enrolments: u64,
}

impl Allowed {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Allowed {
    fn default() -> Self {
        Self {
            entries: limits::DAY_ENTRIES,
            bytes: limits::DAY_BYTES,
            refused: limits::DAY_REFUSED,
            refused_said: limits::DAY_REFUSED_SAID,
            evidence: limits::DAY_EVIDENCE,
            forged: limits::DAY_FORGED,
            questions: limits::DAY_QUESTIONS,
            went_back: limits::DAY_WENT_BACK,
            branches: limits::DAY_BRANCHES,
            enrolments: limits::DAY_ENROLMENTS,
        }
    }
}

fn handshakes() -> usize {
    limits::HANDSHAKES_PER_SOURCE
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    Io(std::path::PathBuf, #[source] std::io::Error),
    /// The file does not parse; the text says where.
    #[error("{0}: {1}")]
    Format(std::path::PathBuf, String),
    /// A key file failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Config {
    /// Reads the configuration from a hub's folder.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(CONFIG);
        let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::Io(path.clone(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Format(path, error.to_string()))
    }

    /// Writes the configuration into a hub's folder.
    pub fn save(&self, dir: &Path) -> Result<(), ConfigError> {
        let path = dir.join(CONFIG);
        let text = toml::to_string_pretty(self)
            .map_err(|error| ConfigError::Format(path.clone(), error.to_string()))?;
        Ok(keys::write_private(&path, text.as_bytes())?)
    }

    /// The identity of the hub's office. The hub trusts its own ledger key, where a node trusts its hub's.
    pub fn identity(&self, dir: &Path) -> Result<Identity, ConfigError> {
        let key = keys::load_ledger_key(&dir.join(IDENTITY))?;
        Ok(Identity {
            office: self.office,
            hub_key: key.verifying_key(),
            key,
            hub: self.office,
            ring: Default::default(),
        })
    }
}

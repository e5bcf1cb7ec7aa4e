//! How the connection to the hub stands.

use super::renewal::Failed;

/// State of the connection, for people and for other parts of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LineState {
    /// In one word.
    pub standing: Standing,
    /// Since when, Unix milliseconds.
    pub since: u64,
    /// Why it is not connected, for the log.
    pub detail: String,
    /// The last renewal of the certificate, if it failed.
    #[serde(default)]
    pub renewal: Option<Failed>,
    /// Since when mail that the hub says it has is overdue, Unix milliseconds.
    #[serde(default)]
    pub owed: Option<u64>,
    /// The hub takes no more own entries for now.
    #[serde(default)]
    pub later: Option<Later>,
}

/// Own entries wait, because this office has sent what the hub takes of one kind in a day.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Later {
    /// `entries`, `bytes`, `refused` or `disk`.
    pub what: String,
    /// When the node asks again, Unix milliseconds.
    pub until: u64,
}

/// State of the connection in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Not connected.
    #[default]
    Off,
    /// Connected; the verdict is pending, or the ledger is being taken back.
    Joining,
    /// Connected and working.
    On,
    /// Connected; a person at the hub is being asked about this machine.
    Questioned,
    /// The hub refuses this machine; calling again will not help.
    Refused,
}

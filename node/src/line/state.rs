//! How the connection to the hub stands.

use truc_proto::enrolment::FileRefusal;

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
    /// Files that still have to travel.
    #[serde(default)]
    pub files: FilesWaiting,
}

/// Files that still have to travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FilesWaiting {
    /// Files of own entries that the hub does not have yet.
    pub up: u64,
    /// Files of received entries that are not here yet.
    pub down: u64,
    /// What keeps files back.
    pub trouble: Option<FileTrouble>,
}

/// Why files wait although the hub is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileTrouble {
    /// What is free on the disk here is kept for entries.
    RoomHere,
    /// What is free on the hub's disk is kept for entries.
    RoomAtHub,
    /// This office brings more than it may at once.
    Quota,
    /// Files that this office brought did not have their hash.
    Wrong,
}

impl FileTrouble {
    pub(crate) fn of(why: FileRefusal) -> Self {
        match why {
            FileRefusal::Room => Self::RoomAtHub,
            FileRefusal::Quota => Self::Quota,
            FileRefusal::Wrong => Self::Wrong,
        }
    }
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

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
    /// Why it is not connected; none: it is, or the program stops.
    #[serde(default)]
    pub why: Option<Why>,
    /// The same in more detail, in English for the log.
    pub detail: String,
    /// Since when a person at the hub is asked about this machine, Unix milliseconds: what waits goes only when it was
    /// said to be the right one. It stays while two copies of a machine call in turn.
    #[serde(default)]
    pub asked: Option<u64>,
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

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nobody answers at the hub's addresses.
    Unreachable,
    /// Whoever answers is not the hub, or a clock is wrong.
    NotTheHub,
    /// The addresses or keys here cannot be used.
    Configuration,
    /// The connection broke off.
    Cut,
    /// The certificate was revoked, or replaced by that of another machine.
    Revoked,
    /// The certificate has ended, or a clock is wrong.
    Expired,
    /// The hub does not know the certificate.
    Unknown,
    /// Another machine of this office has called since.
    Replaced,
    /// The programs do not speak the same version.
    Version,
    /// One side sent what the other cannot read.
    Protocol,
    /// The hub stops, or starts.
    HubStops,
    /// The hub cannot write now.
    HubStore,
    /// The hub does not believe its own clock.
    HubClock,
    /// The hub takes no more for now.
    Later,
    /// The store here cannot be read or written.
    Store,
}

impl Why {
    /// All reasons.
    pub const ALL: [Self; 15] = [
        Self::Unreachable,
        Self::NotTheHub,
        Self::Configuration,
        Self::Cut,
        Self::Revoked,
        Self::Expired,
        Self::Unknown,
        Self::Replaced,
        Self::Version,
        Self::Protocol,
        Self::HubStops,
        Self::HubStore,
        Self::HubClock,
        Self::Later,
        Self::Store,
    ];

    /// Its catalogue key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unreachable => "line-why-unreachable",
            Self::NotTheHub => "line-why-not-the-hub",
            Self::Configuration => "line-why-configuration",
            Self::Cut => "line-why-cut",
            Self::Revoked => "line-why-revoked",
            Self::Expired => "line-why-expired",
            Self::Unknown => "line-why-unknown",
            Self::Replaced => "line-why-replaced",
            Self::Version => "line-why-version",
            Self::Protocol => "line-why-protocol",
            Self::HubStops => "line-why-hub-stops",
            Self::HubStore => "line-why-hub-store",
            Self::HubClock => "line-why-hub-clock",
            Self::Later => "line-why-later",
            Self::Store => "line-why-store",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Lang, say};

    #[test]
    fn every_reason_is_told_in_both_languages() {
        for why in Why::ALL {
            assert_eq!(serde_json::json!(why), why.key().trim_start_matches("line-why-"));
            for lang in [Lang::Vi, Lang::En] {
                let said = say(lang, why.key(), &[]);
                assert!(said != why.key() && said.len() > 10, "{said}");
            }
        }
    }
}

//! What a fact speaks of: a table of the house file, and the thing in it.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The tables of a house file, in its order. Their names are those of the file.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Table {
    /// Scalars: office hours, usual due dates, limits of petitions.
    Settings,
    /// Units (đơn vị).
    Units,
    /// People with their main posts.
    People,
    /// Posts beside the main ones.
    Posts,
    /// Rights beyond the role.
    Rights,
    /// Who is away, and who stands in.
    Absences,
    /// Rights that are lent.
    Delegations,
    /// Bodies that issue papers.
    Issuers,
    /// Who signs for them.
    Signers,
    /// Their terms (nhiệm kỳ).
    Terms,
    /// Who has a duty on the roads of drafts.
    Roles,
    /// Who is asked for opinions.
    Groups,
    /// What silence counts as.
    Silences,
    /// The roads of drafts (quy trình).
    Roads,
    /// Last numbers that were given by hand.
    Openings,
    /// Bodies outside the network (nơi nhận).
    Parties,
    /// Rooms and vehicles.
    Resources,
    /// Days off, and days worked that would be off.
    Holidays,
}

impl Table {
    /// The fields that tell the things of a table from each other; none: each field is a thing of its own.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Settings => &[],
            Self::Units | Self::People | Self::Issuers | Self::Roads | Self::Parties | Self::Resources => {
                &["id"]
            }
            Self::Posts => &["person", "unit"],
            Self::Rights => &["person", "right"],
            Self::Absences => &["person"],
            Self::Delegations => &["person", "to_person"],
            Self::Signers => &["issuer", "person", "form"],
            Self::Terms | Self::Openings => &["issuer"],
            Self::Roles => &["person", "role"],
            Self::Groups => &["group", "person"],
            Self::Silences => &["group", "counts_as"],
            Self::Holidays => &["date"],
        }
    }
}

/// What a fact speaks of. Facts of one thing make its timeline: each holds until the next begins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Thing {
    /// The table.
    pub table: Table,
    /// What tells the thing from others of its table: its id, or the ids that it joins.
    pub key: Vec<String>,
}

impl Thing {
    /// The thing of this table with this key.
    pub fn new(table: Table, key: &[&str]) -> Self {
        Self { table, key: key.iter().map(|&part| part.to_owned()).collect() }
    }
}

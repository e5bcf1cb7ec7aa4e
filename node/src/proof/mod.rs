//! Proof for third parties: a store verified as it lies, an archive written for others, an archive verified with
//! nothing but the authority's certificate.
//!
//! What decides is [`truc_proto::proof`]; here is what reads, writes and hashes files around it.

pub mod archive;
mod signers;
mod store;
mod vouched;

use std::collections::BTreeMap;

use truc_proto::id::Hash;
use truc_proto::proof::Findings;
use truc_proto::registry::Registry;

pub use store::{Store, verify, verify_journal};
pub use vouched::vouched_key;

/// Entries looked at together: their signatures are checked by all processors at once.
const PIECE: usize = 2048;

/// What a verification came to.
#[derive(Debug)]
pub struct Verdict {
    /// What the judge found.
    pub findings: Findings,
    /// Names and keys as of the end.
    pub registry: Registry,
    /// Entries of a kind or move that this program does not know: verified, not readable here.
    pub newer: u64,
    /// Entries whose content does not leave the house: their hash and signature stand for it.
    pub withheld: u64,
    /// Entries kept as evidence: no part of any ledger.
    pub held: u64,
    /// Files that are here and have their hash.
    pub files: u64,
    /// Files that are not here (yet).
    pub pending: u64,
}

impl Verdict {
    /// Whether everything is proven.
    pub fn good(&self) -> bool {
        self.findings.faults == 0
    }
}

/// Files that entries name, with the first entry that does.
type Named = BTreeMap<Hash, (truc_proto::id::Place, u64)>;

//! Proof for third parties: verifying a store as it is on disk, writing an archive for others, and verifying an archive
//! with nothing but the authority's certificate.
//!
//! [`truc_proto::proof`] judges; this module reads, writes and hashes the files.

pub mod archive;
mod signers;
mod store;
#[cfg(test)]
mod tests;
mod vouched;

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use truc_proto::head::Head;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::proof::{Fault, Findings, Wrong};
use truc_proto::registry::Registry;

pub use store::{Store, verify, verify_journal};
pub use vouched::vouched_key;

/// Entries per step: their signatures are checked on all processors at once.
const PIECE: usize = 2048;

/// Result of a verification.
#[derive(Debug)]
pub struct Verification {
    /// Findings of the judge.
    pub findings: Findings,
    /// The registry as of the last entry.
    pub registry: Registry,
    /// Entries of a kind or move that this program does not know: verified, but not readable here.
    pub newer: u64,
    /// Entries whose content is withheld, since it is secret: hash and signature stand for it.
    pub withheld: u64,
    /// Entries whose bodies were destroyed by order of an entry: hash and signature stand for them.
    pub destroyed: u64,
    /// Entries kept as evidence, which belong to no ledger.
    pub held: u64,
    /// Files that are present and have their hash.
    pub files: u64,
    /// Files that are not present (yet).
    pub pending: u64,
    /// Heads of the hub's journal, as the hub signed them.
    pub heads: Vec<Head>,
}

impl Verification {
    /// Whether everything is proven.
    pub fn good(&self) -> bool {
        self.findings.faults == 0
    }
}

/// Adds to one of two verdicts of one province the places where the hub told their offices different histories. Two
/// such heads are proof: only the hub can have signed them.
pub fn compare(verdict: &mut Verification, other: &Verification) {
    two_histories(&verdict.heads, &other.heads, &mut verdict.findings);
}

/// The heads that the hub signed, each given with its position. A head that it did not sign is a fault, and so are two
/// histories.
fn signed_heads(
    hub: OfficeId,
    keys: &[VerifyingKey],
    said: impl Iterator<Item = (u64, Option<Head>)>,
    findings: &mut Findings,
) -> Vec<Head> {
    let mut heads = Vec::new();
    for (position, head) in said {
        match head.filter(|head| keys.iter().any(|key| head.verify(hub, key))) {
            Some(head) => heads.push(head),
            None => findings.fault(Fault::of(position, Wrong::Head)),
        }
    }
    two_histories(&heads, &heads, findings);
    heads
}

fn two_histories(heads: &[Head], others: &[Head], findings: &mut Findings) {
    let known: BTreeMap<(u64, u64), &Head> =
        others.iter().map(|head| ((head.life, head.mark.position), head)).collect();
    for head in heads {
        let other = known.get(&(head.life, head.mark.position));
        if other.is_some_and(|other| other.contradicts(head)) {
            findings.fault(Fault::of(head.mark.position, Wrong::TwoHistories));
        }
    }
}

/// Files that entries name, with place and position of the first entry that does.
type Named = BTreeMap<Hash, (truc_proto::id::Place, u64)>;

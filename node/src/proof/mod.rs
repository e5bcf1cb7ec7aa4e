//! Proof for third parties: a store verified as it lies, an archive written for others, an archive verified with
//! nothing but the authority's certificate.
//!
//! What decides is [`truc_proto::proof`]; here is what reads, writes and hashes files around it.

pub mod archive;
mod signers;
mod store;
mod vouched;

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use truc_proto::head::Head;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::proof::{Fault, Findings, Wrong};
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
    /// Heads of the hub's journal, as the hub signed them.
    pub heads: Vec<Head>,
}

impl Verdict {
    /// Whether everything is proven.
    pub fn good(&self) -> bool {
        self.findings.faults == 0
    }
}

/// Notes in one of two verdicts of one province where the hub told their offices otherwise. Two heads are proof: nobody
/// but the hub can have signed them.
pub fn compare(verdict: &mut Verdict, other: &Verdict) {
    two_histories(&verdict.heads, &other.heads, &mut verdict.findings);
}

/// Those heads, named by their position, that the hub signed. It must have signed all, and no two histories.
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

/// Files that entries name, with the first entry that does.
type Named = BTreeMap<Hash, (truc_proto::id::Place, u64)>;

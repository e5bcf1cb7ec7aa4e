//! Finds the key of each signature: the one expensive step of a verification, done for many entries at once.

use std::collections::HashMap;
use std::num::NonZero;
use std::thread;

use ed25519_dalek::VerifyingKey;
use truc_proto::entry::signed;
use truc_proto::id::OfficeId;
use truc_proto::proof::{Judge, JudgedEntry};

/// The key that each signature fits, among those that the judge knows. Whether the key counts at the entry's place is
/// for the judge to say.
pub(super) fn signers(judge: &Judge, stones: &[JudgedEntry]) -> Vec<Option<VerifyingKey>> {
    let mut keys: HashMap<OfficeId, Vec<VerifyingKey>> = HashMap::new();
    for stone in stones {
        keys.entry(stone.place.ledger).or_insert_with(|| judge.candidates(stone.place.ledger));
    }
    let of = |stone: &JudgedEntry| {
        let keys = keys.get(&stone.place.ledger).into_iter().flatten();
        keys.copied().find(|key| signed(stone.hash, &stone.signature, key))
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = stones.len().div_ceil(threads).max(64);
    thread::scope(|scope| {
        let shares: Vec<_> = stones
            .chunks(share)
            .map(|stones| (stones, scope.spawn(move || stones.iter().map(of).collect::<Vec<_>>())))
            .collect();
        let mut all = Vec::new();
        for (stones, done) in shares {
            // After a panic in the thread, the judge checks these signatures itself.
            all.extend(done.join().unwrap_or_else(|_| vec![None; stones.len()]));
        }
        all
    })
}

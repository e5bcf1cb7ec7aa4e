//! Heads: the hub's signed statements of where its journal stands. The hub has one journal, so two heads of one life at
//! one position with different running hashes prove that it showed two histories.

use bytes::Bytes;
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::id::{Mark, OfficeId};
use crate::limits;
use crate::signature;
use crate::time::Hlc;
use crate::wire;

/// A head; `Head` in `session.proto` specifies the signed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The life of the hub's journal: 0 until the hub is first put back to an older state, another number after each
    /// time. Positions of different lives are not compared.
    pub life: u64,
    /// Position in the hub's journal, and the running hash there.
    pub mark: Mark,
    /// When the head was signed, by the hub's clock.
    pub hub_time: Hlc,
    /// Signature by the hub's ledger key.
    pub signature: [u8; 64],
}

impl Head {
    /// Signs a head of the journal of the office `hub`.
    pub fn sign(hub: OfficeId, life: u64, mark: Mark, hub_time: Hlc, key: &SigningKey) -> Self {
        let signature = signature::sign(key, &signed_bytes(hub, life, mark, hub_time));
        Self { life, mark, hub_time, signature }
    }

    /// Whether the hub with this key signed the head.
    pub fn verify(&self, hub: OfficeId, key: &VerifyingKey) -> bool {
        signature::verify(key, &signed_bytes(hub, self.life, self.mark, self.hub_time), &self.signature)
    }

    /// Whether the two heads cannot belong to one history.
    pub fn contradicts(&self, other: &Self) -> bool {
        self.life == other.life
            && self.mark.position == other.mark.position
            && self.mark.running != other.mark.running
    }

    /// Encodes the head for messages.
    pub fn to_wire(&self) -> wire::Head {
        wire::Head {
            life: self.life,
            position: self.mark.position,
            running: self.mark.running.to_wire(),
            hub_time: self.hub_time.0,
            signature: Bytes::copy_from_slice(&self.signature),
        }
    }

    /// Decodes a head; none if a field has the wrong length. The signature is not checked.
    pub fn from_wire(head: &wire::Head) -> Option<Self> {
        let running = crate::id::Hash::from_slice(&head.running)?;
        Some(Self {
            life: head.life,
            mark: Mark { position: head.position, running },
            hub_time: Hlc(head.hub_time),
            signature: head.signature.as_ref().try_into().ok()?,
        })
    }
}

fn signed_bytes(hub: OfficeId, life: u64, mark: Mark, hub_time: Hlc) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12 + 16 + 8 + 8 + 32 + 8);
    bytes.extend_from_slice(b"truc/head/1\0");
    bytes.extend_from_slice(hub.0.as_bytes());
    bytes.extend_from_slice(&life.to_be_bytes());
    bytes.extend_from_slice(&mark.position.to_be_bytes());
    bytes.extend_from_slice(&mark.running.0);
    bytes.extend_from_slice(&hub_time.0.to_be_bytes());
    bytes
}

/// The position of the head that goes with mail after `after` up to `upto`: the one with the most factors of 2 among
/// them, if it is a multiple of [`limits::HEAD_EVERY`]. So offices whose mail is cut into other pieces get heads at the
/// same positions, which can be compared.
pub fn roundest(after: u64, upto: u64) -> Option<u64> {
    let round = |bits: u32| upto >> bits << bits;
    let bits = (0..u64::BITS).rev().find(|bits| round(*bits) > after)?;
    Some(round(bits)).filter(|position| position.is_multiple_of(limits::HEAD_EVERY))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::Hash;

    const HUB: OfficeId = OfficeId(Uuid::from_u128(1));

    fn mark(position: u64, running: u8) -> Mark {
        Mark { position, running: Hash([running; 32]) }
    }

    #[test]
    fn a_head_speaks_of_one_place_of_one_journal() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let head = Head::sign(HUB, 3, mark(16, 1), Hlc(9), &key);
        let public = key.verifying_key();
        assert!(head.verify(HUB, &public));
        assert!(!head.verify(OfficeId(Uuid::from_u128(2)), &public));
        assert!(!head.verify(HUB, &SigningKey::from_bytes(&[8; 32]).verifying_key()));
        for other in [
            Head { life: 4, ..head },
            Head { mark: mark(17, 1), ..head },
            Head { mark: mark(16, 2), ..head },
            Head { hub_time: Hlc(8), ..head },
        ] {
            assert!(!other.verify(HUB, &public), "{other:?}");
        }
        assert_eq!(Head::from_wire(&head.to_wire()), Some(head));
        assert_eq!(Head::from_wire(&wire::Head { signature: Bytes::new(), ..head.to_wire() }), None);
        assert_eq!(Head::from_wire(&wire::Head { running: Bytes::new(), ..head.to_wire() }), None);
    }

    #[test]
    fn only_two_hashes_at_one_place_of_one_life_contradict() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let head = |life, position, running| Head::sign(HUB, life, mark(position, running), Hlc(1), &key);
        assert!(head(0, 16, 1).contradicts(&head(0, 16, 2)));
        assert!(!head(0, 16, 1).contradicts(&head(0, 16, 1)));
        assert!(!head(0, 16, 1).contradicts(&head(0, 32, 2)));
        assert!(!head(0, 16, 1).contradicts(&head(5, 16, 2)), "the hub was put back in between");
    }

    proptest! {
        /// The head of a long piece of mail is also among those of the shorter pieces that cover the same positions.
        #[test]
        fn heads_of_all_offices_meet(after in 0..5_000u64, length in 1..600u64, cuts in prop::collection::vec(1..600u64, 0..8)) {
            let upto = after + length;
            let Some(at) = roundest(after, upto) else {
                prop_assert!(upto / limits::HEAD_EVERY == after / limits::HEAD_EVERY);
                return Ok(());
            };
            prop_assert!(at > after && at <= upto && at.is_multiple_of(limits::HEAD_EVERY));
            let mut places: Vec<u64> = cuts.into_iter().map(|cut| after + cut).filter(|cut| *cut < upto).collect();
            places.extend([after, upto]);
            places.sort_unstable();
            places.dedup();
            let heads: Vec<u64> = places.windows(2).filter_map(|step| roundest(step[0], step[1])).collect();
            prop_assert!(heads.contains(&at), "{at} is not in {heads:?}");
        }
    }
}

//! Receipts: the hub's signed word that it has made an entry, and all before it on its chain, durable.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::id::{Hash, Incarnation, Link, OfficeId, Seat};
use crate::time::Hlc;
use crate::wire;

const DOMAIN: &[u8; 15] = b"truc/receipt/1\0";

/// A hub's signed word; see `Receipt` in `session.proto` for the signed bytes. The ledger is not within:
/// a receipt is only ever read beside the ledger that it speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The entry, exactly.
    pub link: Link,
    /// Its position in the hub's journal.
    pub position: u64,
    /// When the hub said so, by its clock.
    pub hub_time: Hlc,
    /// By the hub's ledger key.
    pub signature: [u8; 64],
}

/// Why a receipt cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// A field has the wrong length.
    #[error("the receipt is malformed: {0}")]
    Malformed(&'static str),
    /// It names no hash, and the receiver does not hold the entry.
    #[error("the receipt is for an entry that is not here")]
    UnknownEntry,
    /// It names another hash than the entry that stands here.
    #[error("the receipt is for another entry at the same place")]
    OtherEntry,
    /// Not signed by this hub for this ledger, entry, position and time.
    #[error("the signature of the receipt is wrong")]
    Signature,
}

impl Receipt {
    /// The hub's word on an entry that is durable.
    pub fn sign(ledger: OfficeId, link: Link, position: u64, hub_time: Hlc, key: &SigningKey) -> Self {
        let signature = key.sign(&signed_bytes(ledger, &link, position, hub_time)).to_bytes();
        Self { link, position, hub_time, signature }
    }

    /// Checks, strictly, that the hub with this ledger key said so about this ledger.
    pub fn verify(&self, ledger: OfficeId, key: &VerifyingKey) -> Result<(), ReceiptError> {
        let signed = signed_bytes(ledger, &self.link, self.position, self.hub_time);
        key.verify_strict(&signed, &Signature::from_bytes(&self.signature))
            .map_err(|_| ReceiptError::Signature)
    }

    /// For the wire, with the hash: to a receiver that may not hold the entry.
    pub fn to_wire(&self) -> wire::Receipt {
        wire::Receipt { hash: self.link.hash.to_wire(), ..self.to_wire_short() }
    }

    /// For the wire, without the hash: to the author, who holds the entry.
    pub fn to_wire_short(&self) -> wire::Receipt {
        wire::Receipt {
            incarnation: self.link.seat.incarnation.0,
            seq: self.link.seat.seq,
            hash: bytes::Bytes::new(),
            position: self.position,
            hub_time: self.hub_time.0,
            signature: bytes::Bytes::copy_from_slice(&self.signature),
        }
    }

    /// The seat that a receipt on the wire speaks of: where to look for the hash that it may leave out.
    pub fn seat_of(receipt: &wire::Receipt) -> Seat {
        Seat { incarnation: Incarnation(receipt.incarnation), seq: receipt.seq }
    }

    /// Reads a receipt. `known` is the hash of the entry that the receiver holds at that seat.
    pub fn from_wire(receipt: &wire::Receipt, known: Option<Hash>) -> Result<Self, ReceiptError> {
        let hash = match (receipt.hash.is_empty(), known) {
            (true, known) => known.ok_or(ReceiptError::UnknownEntry)?,
            (false, known) => {
                let named = Hash::from_slice(&receipt.hash).ok_or(ReceiptError::Malformed("hash"))?;
                if known.is_some_and(|known| known != named) {
                    return Err(ReceiptError::OtherEntry);
                }
                named
            }
        };
        Ok(Self {
            link: Link { seat: Self::seat_of(receipt), hash },
            position: receipt.position,
            hub_time: Hlc(receipt.hub_time),
            signature: receipt.signature[..].try_into().map_err(|_| ReceiptError::Malformed("signature"))?,
        })
    }
}

fn signed_bytes(ledger: OfficeId, link: &Link, position: u64, hub_time: Hlc) -> [u8; 95] {
    let mut bytes = [0; 95];
    bytes[..15].copy_from_slice(DOMAIN);
    bytes[15..31].copy_from_slice(ledger.0.as_bytes());
    bytes[31..39].copy_from_slice(&link.seat.incarnation.0.to_be_bytes());
    bytes[39..47].copy_from_slice(&link.seat.seq.to_be_bytes());
    bytes[47..79].copy_from_slice(&link.hash.0);
    bytes[79..87].copy_from_slice(&position.to_be_bytes());
    bytes[87..].copy_from_slice(&hub_time.0.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const LEDGER: OfficeId = OfficeId(Uuid::from_u128(5));

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    fn link(incarnation: u64, seq: u64, hash: [u8; 32]) -> Link {
        Link { seat: Seat { incarnation: Incarnation(incarnation), seq }, hash: Hash(hash) }
    }

    #[test]
    fn the_signed_bytes_are_those_of_the_specification() {
        let bytes = signed_bytes(LEDGER, &link(1, 2, [4; 32]), 6, Hlc(7));
        let mut expected = b"truc/receipt/1\0".to_vec();
        expected.extend(5u128.to_be_bytes());
        expected.extend(1u64.to_be_bytes());
        expected.extend(2u64.to_be_bytes());
        expected.extend([4; 32]);
        expected.extend(6u64.to_be_bytes());
        expected.extend(7u64.to_be_bytes());
        assert_eq!(bytes[..], expected);
    }

    #[test]
    fn the_hash_may_be_left_out_for_who_holds_the_entry() {
        let receipt = Receipt::sign(LEDGER, link(1, 2, [4; 32]), 6, Hlc(7), &key());
        let short = receipt.to_wire_short();
        assert_eq!(Receipt::from_wire(&short, Some(Hash([4; 32]))), Ok(receipt));
        assert_eq!(Receipt::from_wire(&short, None), Err(ReceiptError::UnknownEntry));
        let other = Receipt::from_wire(&short, Some(Hash([5; 32]))).unwrap();
        assert_eq!(other.verify(LEDGER, &key().verifying_key()), Err(ReceiptError::Signature));
        let whole = receipt.to_wire();
        assert_eq!(Receipt::from_wire(&whole, None), Ok(receipt));
        assert_eq!(Receipt::from_wire(&whole, Some(Hash([5; 32]))), Err(ReceiptError::OtherEntry));
    }

    #[test]
    fn wrong_lengths_are_malformed() {
        let receipt = Receipt::sign(LEDGER, link(1, 2, [4; 32]), 6, Hlc(7), &key()).to_wire();
        let short = wire::Receipt { signature: receipt.signature.slice(1..), ..receipt.clone() };
        assert_eq!(Receipt::from_wire(&short, None), Err(ReceiptError::Malformed("signature")));
        let short = wire::Receipt { hash: receipt.hash.slice(1..), ..receipt };
        assert_eq!(Receipt::from_wire(&short, None), Err(ReceiptError::Malformed("hash")));
    }

    proptest! {
        #[test]
        fn a_receipt_holds_for_exactly_what_it_says(
            incarnation: u64, seq: u64, hash: [u8; 32], position: u64, time: u64, bit in 0usize..95 * 8,
        ) {
            let receipt = Receipt::sign(LEDGER, link(incarnation, seq, hash), position, Hlc(time), &key());
            let read = Receipt::from_wire(&receipt.to_wire(), None).unwrap();
            prop_assert_eq!(read.verify(LEDGER, &key().verifying_key()), Ok(()));

            let mut signed = signed_bytes(LEDGER, &read.link, position, Hlc(time));
            signed[bit / 8] ^= 1 << (bit % 8);
            prop_assume!(bit / 8 >= 15);
            let field = |from: usize| u64::from_be_bytes(signed[from..from + 8].try_into().unwrap());
            let ledger = OfficeId::from_wire(&signed[15..31]).unwrap();
            let changed = Receipt {
                link: link(field(31), field(39), signed[47..79].try_into().unwrap()),
                position: field(79),
                hub_time: Hlc(field(87)),
                signature: read.signature,
            };
            prop_assert_eq!(changed.verify(ledger, &key().verifying_key()), Err(ReceiptError::Signature));
        }
    }
}

//! The hub's signed word that an entry, and all before it on its chain, is durable at the hub.

use bytes::Bytes;
use ed25519_dalek::{SigningKey, VerifyingKey};

use crate::entry::Seen;
use crate::id::{Hash, Incarnation, Link, OfficeId, Seat};
use crate::limits;
use crate::signature;
use crate::time::Hlc;
use crate::wire;

/// A receipt; `Receipt` in `session.proto` specifies the signed bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The newest entry that it covers.
    pub link: Link,
    /// Position of that entry in the hub's journal.
    pub position: u64,
    /// When the hub made the entry durable, by the hub's clock.
    pub hub_time: Hlc,
    /// Signature by the hub's ledger key.
    pub signature: [u8; 64],
}

impl Receipt {
    /// Signs a receipt. Send it only after the commit that makes the entry durable.
    pub fn sign(ledger: OfficeId, link: Link, position: u64, hub_time: Hlc, key: &SigningKey) -> Self {
        let signature = signature::sign(key, &signed_bytes(ledger, &link, position, hub_time));
        Self { link, position, hub_time, signature }
    }

    /// Whether the hub with this key signed the receipt, for that ledger.
    pub fn verify(&self, ledger: OfficeId, hub: &VerifyingKey) -> bool {
        let bytes = signed_bytes(ledger, &self.link, self.position, self.hub_time);
        signature::verify(hub, &bytes, &self.signature)
    }

    /// The `seen` of an entry that is written after this receipt.
    pub fn seen(&self) -> Seen {
        Seen { position: self.position, hub_time: self.hub_time }
    }

    /// Encodes the whole receipt, for a receiver that may not hold the entry.
    pub fn to_wire(&self) -> wire::Receipt {
        wire::Receipt { hash: self.link.hash.to_wire(), ..self.to_short_wire() }
    }

    /// Encodes the receipt without the hash, for the office that has just pushed the entry.
    pub fn to_short_wire(&self) -> wire::Receipt {
        wire::Receipt {
            incarnation: self.link.seat.incarnation.0,
            seq: self.link.seat.seq,
            hash: Bytes::new(),
            position: self.position,
            hub_time: self.hub_time.0,
            signature: Bytes::copy_from_slice(&self.signature),
        }
    }

    /// Decodes a receipt; `hash` stands in for the one that a short receipt leaves out.
    pub fn from_wire(receipt: &wire::Receipt, hash: Option<Hash>) -> Option<Self> {
        let hash = if receipt.hash.is_empty() { hash? } else { Hash::from_slice(&receipt.hash)? };
        if receipt.position > limits::NUMBER {
            return None;
        }
        Some(Self {
            link: Link { seat: seat_of(receipt), hash },
            position: receipt.position,
            hub_time: Hlc(receipt.hub_time),
            signature: receipt.signature.as_ref().try_into().ok()?,
        })
    }
}

/// Seat of the receipted entry.
pub fn seat_of(receipt: &wire::Receipt) -> Seat {
    Seat { incarnation: Incarnation(receipt.incarnation), seq: receipt.seq }
}

/// The bytes that the hub signs; see `Receipt` in `session.proto`.
pub fn signed_bytes(ledger: OfficeId, link: &Link, position: u64, hub_time: Hlc) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(15 + 16 + 8 + 8 + 32 + 8 + 8);
    bytes.extend_from_slice(b"truc/receipt/1\0");
    bytes.extend_from_slice(ledger.0.as_bytes());
    bytes.extend_from_slice(&link.seat.incarnation.0.to_be_bytes());
    bytes.extend_from_slice(&link.seat.seq.to_be_bytes());
    bytes.extend_from_slice(&link.hash.0);
    bytes.extend_from_slice(&position.to_be_bytes());
    bytes.extend_from_slice(&hub_time.0.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_receipt_speaks_of_one_entry_of_one_ledger() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let ledger = OfficeId(Uuid::from_u128(1));
        let link = Link { seat: Seat { incarnation: Incarnation(5), seq: 3 }, hash: Hash([9; 32]) };
        let receipt = Receipt::sign(ledger, link, 41, Hlc(77), &key);
        assert!(receipt.verify(ledger, &key.verifying_key()));
        assert!(!receipt.verify(OfficeId(Uuid::from_u128(2)), &key.verifying_key()));
        assert!(!Receipt { position: 42, ..receipt }.verify(ledger, &key.verifying_key()));
        assert_eq!(Receipt::from_wire(&receipt.to_wire(), None), Some(receipt));
        assert_eq!(Receipt::from_wire(&receipt.to_short_wire(), Some(link.hash)), Some(receipt));
        assert_eq!(Receipt::from_wire(&receipt.to_short_wire(), None), None);
    }
}

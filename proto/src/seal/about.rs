//! What a sealed body is bound to: it opens in no other place than its own.

use crate::entry::Header;
use crate::id::{OfficeId, RecordId};
use crate::wire::Urgency;

/// What the header says in clear about a sealed body. The seat is not in it: it is known only when the entry is
/// written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// The office whose ledger the entry stands in.
    pub ledger: OfficeId,
    /// The record it is about.
    pub record: RecordId,
    /// The record's kind.
    pub kind: u32,
    /// Number of the move.
    pub mv: u32,
    /// Urgency (độ khẩn).
    pub urgency: Urgency,
}

impl About {
    /// As a header says it.
    pub fn of(header: &Header) -> Self {
        let Header { ledger, record, kind, mv, urgency, .. } = *header;
        Self { ledger, record, kind, mv, urgency }
    }

    /// What pieces are bound to: ledger (16 bytes), record (16), kind, move and urgency (u32 each, big endian).
    pub(super) fn bytes(&self) -> [u8; 44] {
        let mut bytes = [0; 44];
        bytes[..16].copy_from_slice(self.ledger.0.as_bytes());
        bytes[16..32].copy_from_slice(self.record.0.as_bytes());
        bytes[32..36].copy_from_slice(&self.kind.to_be_bytes());
        bytes[36..40].copy_from_slice(&self.mv.to_be_bytes());
        bytes[40..].copy_from_slice(&(self.urgency as u32).to_be_bytes());
        bytes
    }
}

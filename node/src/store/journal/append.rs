//! Writing own entries.

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use truc_proto::audience::Scope;
use truc_proto::chain;
use truc_proto::entry::{Attachment, Channel, Entry, Header, SALT, Seen};
use truc_proto::fault::planted;
use truc_proto::id::{Hash, Incarnation, RecordId, Seat};
use truc_proto::record;
use truc_proto::time::Hlc;
use truc_proto::wire::{Confidentiality, Urgency};

use super::place::Chain;
use super::{Journal, JournalError, Result};

/// An entry that an office wants to write; the journal adds its place in the ledger.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The account that acts.
    pub author: String,
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: u32,
    /// The encoded move.
    pub body: Bytes,
    /// Whom it is for; empty: this office alone.
    pub audience: Vec<Scope>,
    /// Urgency (độ khẩn).
    pub urgency: Urgency,
    /// Secrecy level (độ mật).
    pub confidentiality: Confidentiality,
    /// Attached files.
    pub attachments: Vec<Attachment>,
    /// Of a sealed body.
    pub seal: Option<Seal>,
}

/// What a header says of a sealed body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The commitment to its content key.
    pub commit: Hash,
    /// Number of the move in it.
    pub mv: u32,
}

/// The random bytes that go into an entry.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// Makes an incarnation unique; used by the first entry after a start.
    incarnation: u32,
    salt: [u8; SALT],
}

impl From<[u8; 16]> for Chance {
    fn from(random: [u8; 16]) -> Self {
        let [a, b, c, d, salt @ ..] = random;
        Self { incarnation: u32::from_le_bytes([a, b, c, d]), salt }
    }
}

/// For simulations and tests, in which everything follows from one number: the salt hides nothing.
impl From<u32> for Chance {
    fn from(incarnation: u32) -> Self {
        Self { incarnation, salt: [0; SALT] }
    }
}

impl Journal {
    /// The time of an own entry that is written now, and the newest word of the hub that its author has seen.
    fn stamp(&self, now_ms: u64) -> (Hlc, Option<Seen>) {
        let before = self.tip_seen.filter(|_| !planted("seen.newest-receipt"));
        let seen = chain::both(before, self.receipt.map(|receipt| receipt.seen()));
        (Hlc::next(self.tip_time, seen.map(|seen| seen.hub_time), now_ms), seen)
    }

    /// The time from which an own entry counts that is written now: [`Header::counts_from`].
    pub fn counts_from(&self, now_ms: u64) -> Hlc {
        let (time, seen) = self.stamp(now_ms);
        seen.map_or(time, |seen| time.max(seen.hub_time))
    }

    /// Writes an own entry after the tip: signed, chained, with its channels' back-pointers. Always allowed, connected
    /// or not.
    pub fn append(
        &mut self,
        draft: Draft,
        key: &SigningKey,
        now_ms: u64,
        chance: impl Into<Chance>,
    ) -> Result<(u64, Entry)> {
        let Chance { incarnation: random, salt } = chance.into();
        let tip = self.tip.map(|tip| tip.seat);
        let (incarnation, base) = match self.open {
            Some(open) => (open, None),
            None => (Incarnation::after(tip.map(|tip| tip.incarnation), random), tip),
        };
        let seat = Seat { incarnation, seq: tip.map_or(0, |tip| tip.seq) + 1 };
        let no = self.ledger(self.own)?.no;
        let audience = draft
            .audience
            .iter()
            .map(|scope| Ok(Channel { scope: *scope, previous: self.latest(no, &scope.key())? }))
            .collect::<Result<_>>()?;
        let (time, seen) = self.stamp(now_ms);
        let header = Header {
            ledger: self.own,
            seat,
            base,
            time,
            seen,
            author: draft.author,
            record: draft.record,
            kind: draft.kind,
            mv: draft.seal.map_or_else(|| record::number(&draft.body), |seal| seal.mv),
            audience,
            urgency: draft.urgency,
            confidentiality: draft.confidentiality,
            attachments: draft.attachments,
            seal: draft.seal.map(|seal| seal.commit),
        };
        let prev = self.tip.map_or(Hash::ZERO, |tip| tip.hash);
        let entry = Entry::write(&header, &draft.body, salt, prev, key)?;
        if let Some(why) = self.place(&entry, Some(0), Chain::Head)?.refusal() {
            // If another incarnation has drawn the same random number, the next write draws another.
            self.open = None;
            return Err(JournalError::State(why));
        }
        self.head_extended(&entry)?;
        self.open = Some(incarnation);
        (self.tip, self.tip_dirty) = (Some(entry.link()), true);
        (self.tip_time, self.tip_seen) = (header.time, header.seen);
        let position = self.end.position;
        if self.hub {
            let state = self.ledger(self.own)?;
            state.line = Some((entry.link(), position));
            state.dirty = true;
        }
        Ok((position, entry))
    }
}

//! Writes own entries: seals what stays inside the office, and appends.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use truc_proto::entry::{Entry, INSIDE};
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record;
use truc_proto::seal::{self, About, ContentKey, Ring, inside};

use super::{Intent, OfficeError, Refused, SealedFiles};
use crate::identity::Identity;
use crate::identity::keys;
use crate::store::journal::{Draft, Journal, JournalError, Seal};

/// What one entry needs of chance. It is drawn before the writer's turn.
pub(super) struct Drawn {
    chance: [u8; 16],
    content: ContentKey,
}

impl Drawn {
    pub(super) fn new() -> Result<Self, OfficeError> {
        Ok(Self { chance: keys::random()?, content: ContentKey::new(keys::random()?) })
    }
}

/// What the entries of an office are written with.
pub(super) struct Pen {
    me: OfficeId,
    key: SigningKey,
    ring: Option<Arc<Ring>>,
}

impl Pen {
    pub(super) fn of(identity: &Identity) -> Self {
        Self { me: identity.office, key: identity.key.clone(), ring: identity.ring.load_full() }
    }

    /// The keys that open what is sealed.
    pub(super) fn ring(&self) -> Option<&Ring> {
        self.ring.as_deref()
    }

    /// Whether the office can write a move: for what is sealed it needs a key.
    pub(super) fn may_write(&self, intent: &Intent) -> Result<(), Refused> {
        let lacks = is_sealed(intent.mv.kind()) && self.ring.is_none();
        if lacks { Err(Refused::NoSealingKey) } else { Ok(()) }
    }

    /// Writes a move after the tip. The entry is given back as its author reads it.
    pub(super) fn write(
        &self,
        journal: &mut Journal,
        intent: Intent,
        record: RecordId,
        now_ms: u64,
        drawn: Drawn,
    ) -> Result<(u64, Entry), JournalError> {
        let Drawn { chance, content } = drawn;
        let sealed = intent.sealed.clone().unwrap_or(SealedFiles { key: content, files: Vec::new() });
        let draft = intent.draft(record);
        if !is_sealed(draft.kind) {
            return journal.append(draft, &self.key, now_ms, chance);
        }
        let draft = self.sealed(draft, sealed)?;
        let (position, entry) = journal.append(draft, &self.key, now_ms, chance)?;
        Ok((
            position,
            match self.ring() {
                Some(ring) => inside::opened(entry, self.me, ring),
                None => entry,
            },
        ))
    }

    fn sealed(&self, draft: Draft, sealed: SealedFiles) -> Result<Draft, JournalError> {
        let ring = self.ring().ok_or(JournalError::Setting("sealing key"))?;
        let (mv, urgency) = (record::number(&draft.body), draft.urgency);
        let about = About { ledger: self.me, record: draft.record, kind: draft.kind, mv, urgency };
        let files: Vec<_> = sealed.files.into_iter().zip(draft.attachments).collect();
        let (packed, attachments) = inside::pack(&draft.body, &files)?;
        let body = seal::seal(&about, &packed, &sealed.key, &[(self.me, ring.newest().public())])?;
        let seal = Some(Seal { commit: sealed.key.commit(), mv });
        Ok(Draft { author: INSIDE.to_owned(), body, attachments, seal, ..draft })
    }
}

/// Whether bodies of a kind are sealed.
pub fn is_sealed(kind: u32) -> bool {
    record::kind(kind).is_some_and(|kind| kind.inward)
}

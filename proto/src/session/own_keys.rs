//! Whose signatures count in the own ledger: a node takes nobody at his word about itself.

use ed25519_dalek::VerifyingKey;

use crate::batch;
use crate::entry::Entry;
use crate::fault::planted;
use crate::id::OfficeId;
use crate::record::registry::Move;
use crate::registry::Registry;
use crate::wire::registry_move;

/// The keys of the machines that write, or wrote, the own ledger: this machine's, which it holds itself, and those that
/// the hub has announced under its signature.
#[derive(Clone, Debug)]
pub struct OwnKeys {
    office: OfficeId,
    hub: OfficeId,
    hub_key: VerifyingKey,
    keys: Vec<VerifyingKey>,
}

impl OwnKeys {
    /// The keys of an office whose machine signs with `own`, by what its registry knows.
    pub fn new(office: OfficeId, own: VerifyingKey, hub_key: VerifyingKey, registry: &Registry) -> Self {
        let announced = registry.office(office).into_iter().flat_map(|office| office.credentials());
        let mut keys = vec![own];
        keys.extend(announced.map(|credential| credential.key));
        Self { office, hub: registry.hub(), hub_key, keys }
    }

    /// Takes note of a key of an earlier machine, where the entry is the hub's signed word about one: in mail it stands
    /// before what that machine wrote.
    pub(super) fn hear(&mut self, entry: &Entry) {
        let header = &entry.header;
        if header.ledger != self.hub || header.kind != Move::KIND {
            return;
        }
        if let Ok(Some(Move(word))) = Move::decode(&entry.body)
            && let Some(registry_move::Move::Credential(issued)) = word.r#move
            && OfficeId::from_wire(&issued.office) == Some(self.office)
            && let Ok(bytes) = <[u8; 32]>::try_from(&issued.ledger_key[..])
            && let Ok(key) = VerifyingKey::from_bytes(&bytes)
            && !self.keys.contains(&key)
            && entry.verify(&self.hub_key).is_ok()
        {
            self.keys.push(key);
        }
    }

    /// Whether an entry is not said to be the office's own, or one of its machines signed it.
    pub(super) fn vouch(&self, entry: &Entry) -> bool {
        entry.header.ledger != self.office
            || batch::verify_any(entry, &self.keys).is_ok()
            || planted("own.unvouched")
    }
}

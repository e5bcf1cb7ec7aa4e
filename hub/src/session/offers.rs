//! Entries that an office gives back to a hub which may lack them.

use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::record::{self, Move};
use truc_proto::registry::Registry;
use truc_proto::wire::RegistryMove;

/// The hub's own words as one office gives them back. They count at once, before they are folded: they name the keys of
/// what comes after them.
#[derive(Debug, Default)]
pub struct GivenBack(Vec<RegistryMove>);

impl GivenBack {
    /// The entries whose signatures hold, by what the hub knows and by its own words that stand before them. A hub that
    /// was put back also takes what machines wrote that it has revoked since, up to where it had their ledgers.
    pub fn genuine(&mut self, entries: Vec<Entry>, registry: &Registry, put_back: bool) -> Vec<Entry> {
        let mut registry = registry.clone();
        for word in &self.0 {
            registry.apply(registry.newest(), word);
        }
        batch::genuine(entries, |entry| {
            let (ledger, seat) = (entry.header.ledger, entry.header.seat);
            let keys = if put_back { registry.keys_at(ledger, seat) } else { registry.keys(ledger) };
            if ledger == registry.hub()
                && batch::verify_any(entry, &keys).is_ok()
                && let Ok(Move::Registry(word)) = record::read(&entry.header, &entry.body)
            {
                registry.apply(registry.newest(), &word.0);
                self.0.push(word.0);
            }
            keys
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;
    use ed25519_dalek::SigningKey;
    use prost::Message;
    use truc_proto::entry::{Header, SALT};
    use truc_proto::id::{Hash, Incarnation, OfficeId, RecordId, Seat};
    use truc_proto::time::Hlc;
    use truc_proto::wire::registry_move::Move as Word;
    use truc_proto::wire::{Confidentiality, CredentialIssued, OfficeFact, Urgency};
    use uuid::Uuid;

    use super::*;

    const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
    const OFFICE: OfficeId = OfficeId(Uuid::from_u128(2));

    fn entry(ledger: OfficeId, seq: u64, kind: u32, body: Vec<u8>, key: &SigningKey) -> Entry {
        let header = Header {
            ledger,
            seat: Seat { incarnation: Incarnation(1 << 32), seq },
            base: None,
            time: Hlc(1),
            seen: None,
            author: "a".into(),
            record: RecordId(Uuid::from_u128(3)),
            kind,
            mv: record::number(&body),
            audience: vec![],
            urgency: Urgency::Normal,
            confidentiality: Confidentiality::Open,
            attachments: vec![],
        };
        Entry::write(&header, &body, [0; SALT], Hash::ZERO, key).unwrap()
    }

    fn word(word: Word, key: &SigningKey) -> Entry {
        entry(HUB, 1, 1, RegistryMove { r#move: Some(word) }.encode_to_vec(), key)
    }

    #[test]
    fn what_the_hub_said_counts_for_what_comes_after_it() {
        let [hub, office, stranger] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let mut registry = Registry::new(HUB, hub.verifying_key());
        let fact = OfficeFact {
            office: OFFICE.to_wire(),
            since: "2025-07-01".into(),
            tier: "commune".into(),
            parent: HUB.to_wire(),
            code: "1".into(),
            name: "A".into(),
            ..Default::default()
        };
        assert!(registry.apply(1, &RegistryMove { r#move: Some(Word::Office(fact)) }));
        let key = |key: &SigningKey| Bytes::copy_from_slice(key.verifying_key().as_bytes());
        let issued = |key: Bytes| {
            let certificate = Bytes::from_static(&[7; 32]);
            let (office, not_after) = (OFFICE.to_wire(), u64::MAX);
            let issued = CredentialIssued {
                office,
                number: 1,
                ledger_key: key,
                certificate,
                not_after,
                ..Default::default()
            };
            Word::Credential(issued)
        };
        let own = entry(OFFICE, 1, 99, vec![1], &office);
        let said = word(issued(key(&office)), &hub);
        let hashes = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.hash).collect::<Vec<_>>();

        let mut given_back = GivenBack::default();
        let both = vec![own.clone(), said.clone(), own.clone()];
        let genuine = hashes(given_back.genuine(both, &registry, false));
        assert_eq!(genuine, [said.hash, own.hash], "nobody knew the key before");
        assert_eq!(
            hashes(given_back.genuine(vec![own.clone()], &registry, false)),
            [own.hash],
            "a later frame"
        );

        let forged = word(issued(key(&stranger)), &stranger);
        let strangers = entry(OFFICE, 1, 99, vec![1], &stranger);
        let mut given_back = GivenBack::default();
        assert!(given_back.genuine(vec![forged, strangers, own], &registry, true).is_empty());
    }
}

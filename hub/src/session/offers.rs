//! Entries that an office gives back to a hub which may lack them.

use std::collections::HashSet;
use std::sync::Arc;

use truc_node::store::journal::{JournalError, Reads};
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::limits;
use truc_proto::record::{self, Move};
use truc_proto::registry::Registry;
use truc_proto::wire::RegistryMove;

/// The hub's own words as one office gives them back. They count at once, before they are folded: they name the keys of
/// what comes after them.
#[derive(Debug, Default)]
pub struct GivenBack {
    /// The office has shown by the hub's own signature that the hub was put back.
    proven: bool,
    words: Vec<RegistryMove>,
    /// Their hashes: a word that is said again is neither verified nor applied again.
    known: HashSet<Hash>,
    /// The registry that the words were last applied to, and what came of it.
    applied: Option<(Arc<Registry>, Arc<Registry>)>,
}

impl GivenBack {
    /// Notes that the hub's own signature shows that it was put back: this office has what the hub forgot.
    pub fn prove(&mut self) {
        self.proven = true;
    }

    /// Whether the hub is known to have been put back, by its own store (`noted`) or by this office's proof.
    pub fn put_back(&self, noted: bool) -> bool {
        noted || self.proven
    }

    /// The entries whose signatures hold, and how many others there were: by what the hub knows and by its own words that stand before them. A hub that
    /// was put back also takes what machines wrote that it has revoked since, up to where it had their ledgers.
    pub fn genuine(
        &mut self,
        mut entries: Vec<Entry>,
        registry: &Arc<Registry>,
        put_back: bool,
    ) -> (Vec<Entry>, usize) {
        if !self.applied.as_ref().is_some_and(|(base, _)| Arc::ptr_eq(base, registry)) {
            let mut with = Arc::clone(registry);
            for word in &self.words {
                let with = Arc::make_mut(&mut with);
                with.apply(with.newest(), word);
            }
            self.applied = Some((Arc::clone(registry), with));
        }
        let Self { words, known, applied: Some((_, registry)), .. } = self else { return (entries, 0) };
        let hub = registry.hub();
        entries.retain(|entry| entry.header.ledger != hub || !known.contains(&entry.hash));
        let offered = entries.len();
        let genuine = batch::genuine(entries, |entry| {
            let (ledger, seat) = (entry.header.ledger, entry.header.seat);
            let keys = if put_back { registry.keys_at(ledger, seat) } else { registry.keys(ledger) };
            if ledger == hub
                && words.len() < limits::GIVEN_BACK_WORDS
                && batch::verify_any(entry, &keys).is_ok()
                && known.insert(entry.hash)
                && let Ok(Move::Registry(word)) = record::read(entry)
            {
                let registry = Arc::make_mut(registry);
                registry.apply(registry.newest(), &word.0);
                words.push(word.0);
            }
            keys
        });
        let forged = offered - genuine.len();
        (genuine, forged)
    }
}

/// How many of the entries that an office gives back count as brought by it, and their bytes: all of them, unless the hub
/// was put back; then its own.
pub fn counted(genuine: &[Entry], giver: OfficeId, put_back: bool) -> (u64, u64) {
    let counts = |entry: &&Entry| !put_back || entry.header.ledger == giver;
    genuine
        .iter()
        .filter(counts)
        .fold((0, 0), |(entries, bytes), entry| (entries + weight(entry), bytes + entry.content.len() as u64))
}

/// As how many entries one counts.
pub fn weight(entry: &Entry) -> u64 {
    1 + (entry.header.audience.len() / limits::SCOPES_COUNTED) as u64
}

/// The entries that are new here, each once: what is held already needs no check. The hub's own words are new until they
/// are folded (`folded`: up to where), since only then the registry knows the keys that they name.
pub fn unknown(
    entries: Vec<Entry>,
    reads: Reads<'_>,
    hub: OfficeId,
    folded: u64,
) -> Result<Vec<Entry>, JournalError> {
    let (mut new, mut seen) = (Vec::new(), HashSet::new());
    for entry in entries {
        let ledger = entry.header.ledger;
        let held = match reads.hash_at(ledger, entry.header.seat)? {
            Some((hash, position)) => hash == entry.hash && (ledger != hub || position <= folded),
            None => false,
        };
        if !held && seen.insert(entry.hash) {
            new.push(entry);
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;
    use ed25519_dalek::SigningKey;
    use prost::Message;
    use truc_proto::entry::{Header, SALT};
    use truc_proto::id::{Incarnation, RecordId, Seat};
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
            seal: None,
        };
        Entry::write(&header, &body, [0; SALT], Hash::ZERO, key).unwrap()
    }

    fn word(word: Word, key: &SigningKey) -> Entry {
        entry(HUB, 1, 1, RegistryMove { r#move: Some(word) }.encode_to_vec(), key)
    }

    #[test]
    fn a_hub_that_was_put_back_is_given_others_words_without_end_and_own_ones_as_ever() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let [own, other] = [OFFICE, HUB].map(|ledger| entry(ledger, 1, 99, vec![1], &key));
        let size = |entry: &Entry| entry.content.len() as u64;
        let both = [own.clone(), other.clone()];
        assert_eq!(counted(&both, OFFICE, false), (2, size(&own) + size(&other)));
        assert_eq!(counted(&both, OFFICE, true), (1, size(&own)));
        assert_eq!(counted(&both[1..], OFFICE, true), (0, 0));
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
        let registry = Arc::new(registry);
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
        let hashes = |(entries, _): (Vec<Entry>, usize)| {
            entries.into_iter().map(|entry| entry.hash).collect::<Vec<_>>()
        };

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
        assert_eq!(given_back.genuine(vec![forged, strangers, own], &registry, true), (vec![], 3));
    }
}

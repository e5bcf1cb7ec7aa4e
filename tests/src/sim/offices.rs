//! The offices that a run begins with: two provinces under the hub, communes under them, each with its keys.

use std::collections::HashMap;

use ed25519_dalek::SigningKey;
use truc_node::identity::Identity;
use truc_proto::id::OfficeId;
use truc_proto::registry::Registry;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{CredentialIssued, OfficeFact, RegistryMove};
use uuid::Uuid;

use super::map::Map;
use super::{Result, Violation};

/// The hub's own office.
pub(crate) const HUB: OfficeId = OfficeId(Uuid::from_u128(1));

/// The seed of its ledger key.
pub(crate) const HUB_KEY: [u8; 32] = [1; 32];

/// Id of an office by number; 0 is the province.
pub(crate) fn office_id(number: usize) -> OfficeId {
    OfficeId(Uuid::from_u128(100 + number as u128))
}

/// The ledger key of an office's machine with this credential.
pub(crate) fn key(number: usize, credential: u64) -> SigningKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
    seed[8..16].copy_from_slice(&credential.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

/// Who writes an office's ledger with this key.
pub(crate) fn identity(office: OfficeId, key: SigningKey) -> Identity {
    let hub_key = SigningKey::from_bytes(&HUB_KEY).verifying_key();
    Identity { office, key, hub: HUB, hub_key, ring: Default::default() }
}

/// Number of provinces; they have the lowest numbers.
pub(crate) const PROVINCES: usize = 2;

/// What is said of the offices before the first entry. There is one commune more than `offices` has honest machines: the
/// liar's.
fn facts(offices: usize) -> Vec<RegistryMove> {
    let said = |number: usize| {
        let (tier, parent) = match number {
            0..PROVINCES => ("province", HUB),
            _ => ("commune", office_id(number % PROVINCES)),
        };
        Word::Office(OfficeFact {
            office: office_id(number).to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent: parent.to_wire(),
            code: number.to_string(),
            name: format!("office {number}"),
            ..Default::default()
        })
    };
    (0..=offices).map(|number| RegistryMove { r#move: Some(said(number)) }).collect()
}

/// The map before the first entry.
pub(crate) fn map(keys: &HashMap<OfficeId, Vec<SigningKey>>, offices: usize) -> Result<Map> {
    let mut registry = Registry::new(HUB, keys[&HUB][0].verifying_key());
    let facts = facts(offices);
    for fact in &facts {
        if !registry.apply(0, fact) {
            return Err(Violation(format!("the registry refuses {fact:?}")));
        }
    }
    for number in 0..=offices {
        credential(&mut registry, office_id(number), 1, &keys[&office_id(number)][0]);
    }
    Ok(Map::new(registry, &facts))
}

/// Announces that the hub has enrolled a machine of an office.
pub(crate) fn credential(registry: &mut Registry, office: OfficeId, number: u64, key: &SigningKey) {
    let word = Word::Credential(issued(office, number, key));
    registry.apply(0, &RegistryMove { r#move: Some(word) });
}

/// The hub's word on a machine of an office.
pub(crate) fn issued(office: OfficeId, number: u64, key: &SigningKey) -> CredentialIssued {
    CredentialIssued {
        office: office.to_wire(),
        number,
        ledger_key: bytes::Bytes::copy_from_slice(key.verifying_key().as_bytes()),
        certificate: bytes::Bytes::copy_from_slice(key.verifying_key().as_bytes()),
        not_after: u64::MAX,
        ..CredentialIssued::default()
    }
}

//! The offices of a run: a province under the hub, communes under the province, each with its keys.

use std::collections::HashMap;

use ed25519_dalek::SigningKey;
use truc_node::identity::Identity;
use truc_proto::id::OfficeId;
use truc_proto::registry::Registry;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{CredentialIssued, OfficeFact, RegistryMove};
use uuid::Uuid;

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
    Identity { office, key, hub: HUB, hub_key }
}

/// The registry before the first entry. It has one commune more than `offices` has honest machines: the liar's.
pub(crate) fn registry(keys: &HashMap<OfficeId, Vec<SigningKey>>, offices: usize) -> Result<Registry> {
    let hub_key = keys[&HUB][0].verifying_key();
    let mut registry = Registry::new(HUB, hub_key);
    for number in 0..=offices {
        let (tier, parent) = if number == 0 { ("province", HUB) } else { ("commune", office_id(0)) };
        let fact = OfficeFact {
            office: office_id(number).to_wire(),
            since: "2025-07-01".into(),
            tier: tier.into(),
            parent: parent.to_wire(),
            code: number.to_string(),
            name: format!("office {number}"),
            ..Default::default()
        };
        say(&mut registry, Word::Office(fact))?;
        credential(&mut registry, office_id(number), 1, &keys[&office_id(number)][0])?;
    }
    Ok(registry)
}

/// Announces that the hub has enrolled a machine of an office.
pub(crate) fn credential(
    registry: &mut Registry,
    office: OfficeId,
    number: u64,
    key: &SigningKey,
) -> Result<()> {
    let issued = CredentialIssued {
        office: office.to_wire(),
        number,
        ledger_key: bytes::Bytes::copy_from_slice(key.verifying_key().as_bytes()),
        certificate: bytes::Bytes::copy_from_slice(key.verifying_key().as_bytes()),
        not_after: u64::MAX,
        ..CredentialIssued::default()
    };
    say(registry, Word::Credential(issued))
}

fn say(registry: &mut Registry, word: Word) -> Result<()> {
    let said = RegistryMove { r#move: Some(word) };
    if registry.apply(0, &said) { Ok(()) } else { Err(Violation(format!("the registry refuses {said:?}"))) }
}

//! The check that every store makes of every entry before anybody is shown it: signature and authority.

use ed25519_dalek::VerifyingKey;
use truc_proto::audience::Scope;
use truc_proto::authority::{self, Refusal};
use truc_proto::batch;
use truc_proto::entry::Entry;
use truc_proto::fault::planted;
use truc_proto::id::OfficeId;
use truc_proto::record;
use truc_proto::registry::Registry;

/// Whether the rules allow an entry, by what the registry says at its place in the journal.
pub fn vet(registry: &Registry, entry: &Entry) -> Result<(), Refusal> {
    let keys: Vec<VerifyingKey> = registry.keys_at(entry.header.ledger, entry.header.seat);
    if keys.is_empty() {
        return Err(Refusal::UnknownOffice);
    }
    if !planted("vet.unsigned") {
        batch::verify_any(entry, &keys)?;
    }
    permit(registry, entry)
}

/// Whether an entry of another is for this office at all: a scope of its audience is one that the office stands in, or
/// once stood in. When it did is the hub's to judge, by positions of its own; a hub that hands over what is for others
/// is told from one that was put back by that. Everybody's registry is for everybody, before they are in it.
pub fn addressed(registry: &Registry, own: OfficeId, entry: &Entry) -> Result<(), Refusal> {
    let hub = registry.hub();
    let mine = registry.memberships(own);
    let mut scopes = entry.header.audience.iter().map(|channel| channel.scope);
    let stands =
        scopes.any(|scope| scope == Scope::subtree(hub) || mine.iter().any(|stretch| stretch.scope == scope));
    if stands || own == hub || entry.header.ledger == own { Ok(()) } else { Err(Refusal::NotAddressed) }
}

/// The part of [`vet`] that an office asks before it writes: everything but the signature.
pub fn permit(registry: &Registry, entry: &Entry) -> Result<(), Refusal> {
    let mv = record::decode(entry.header.kind, &entry.body).map_err(|_| Refusal::Malformed)?;
    if planted("vet.anybody") {
        return Ok(());
    }
    authority::check(registry, &entry.header, &mv)
}

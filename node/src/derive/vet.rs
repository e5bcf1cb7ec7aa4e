//! The check that every store makes of every entry before it shows it to anybody: signature and authority.

use ed25519_dalek::VerifyingKey;
use truc_proto::audience::Scope;
use truc_proto::authority::{self};
use truc_proto::batch;
use truc_proto::entry::{Entry, Header};
use truc_proto::fault::planted;
use truc_proto::id::OfficeId;
use truc_proto::record;
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::seal;
use truc_proto::secrecy;

/// Whether an entry's signature is good and the rules allow it, by this registry. `arrived`: when the hub had it, Unix
/// milliseconds, as far as that is known.
pub fn vet(registry: &Registry, entry: &Entry, arrived: Option<u64>) -> Result<(), Refusal> {
    let keys: Vec<VerifyingKey> = registry.keys_at(entry.header.ledger, entry.header.seat);
    if keys.is_empty() {
        return Err(Refusal::UnknownOffice);
    }
    if !planted("vet.unsigned") {
        batch::verify_any(entry, &keys)?;
    }
    permit(registry, entry, arrived)
}

/// Whether an entry of another office is for this one at all: one of its scopes must be one that this office is or was
/// in. Whether it was at that position only the hub can judge. This shows a hub that delivers what is for others, as
/// opposed to one that was put back. The hub's entries to everybody are for offices that the registry does not know
/// yet, too.
pub fn addressed(registry: &Registry, own: OfficeId, entry: &Entry) -> Result<(), Refusal> {
    let hub = registry.hub();
    let mine = registry.memberships(own);
    let mut scopes = entry.header.audience.iter().map(|channel| channel.scope);
    let stands =
        scopes.any(|scope| scope == Scope::subtree(hub) || mine.iter().any(|stretch| stretch.scope == scope));
    if stands || own == hub || entry.header.ledger == own { Ok(()) } else { Err(Refusal::NotAddressed) }
}

/// Whether another office wrote an entry to itself alone. A hub keeps it, to give it back to its author, and shows to
/// nobody what it says: it is in no view and no search.
pub fn inward(own: OfficeId, header: &Header) -> bool {
    header.ledger != own && header.is_inward()
}

/// The part of [`vet`] after the signature: the body decodes, and the rules allow it.
pub fn permit(registry: &Registry, entry: &Entry, arrived: Option<u64>) -> Result<(), Refusal> {
    let mv = record::read(entry).map_err(|_| Refusal::Malformed)?;
    if planted("vet.anybody") {
        return Ok(());
    }
    if entry.closed {
        seal::inward(entry)?;
    }
    secrecy::legible(entry)?;
    authority::check(registry, &entry.header, &mv, arrived)
}

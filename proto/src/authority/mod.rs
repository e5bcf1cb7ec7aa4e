//! Who may write what to whom: the same rules at the author, the hub and the addressee. To whom each move may go
//! stands in the tables of the kinds ([`crate::record::kind`]); here is how they are applied.

use crate::audience::Scope;
use crate::entry::Header;
use crate::id::OfficeId;
use crate::paper::DocumentType;
use crate::record::kind::{ANYWHERE, DOWN, May, Relation};
use crate::record::{self, Move, registry as registry_kind};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::secrecy;

#[cfg(test)]
pub(crate) mod tests;

/// Where a paper whose type binds its addressees may go, whatever record carries it.
const BINDING_PAPER: May = DOWN;
/// Which offices a paper may give work to: assignees of tasks, leads of items.
const WORK: May = DOWN;

/// Whether the author may write this to its audience: its kind's table, and the gate of [`secrecy`].
/// Signature and chain are checked elsewhere.
pub fn check(registry: &Registry, header: &Header, mv: &Move) -> Result<(), Refusal> {
    let author = header.ledger;
    if registry.office(author).is_none() {
        return Err(Refusal::UnknownOffice);
    }
    if header.kind != mv.kind() {
        return Err(Refusal::Malformed);
    }
    if header.kind == registry_kind::Move::KIND {
        return if author == registry.hub() { Ok(()) } else { Err(Refusal::NotHub) };
    }
    secrecy::gate(header, mv)?;
    let audience = header.audience.iter().map(|channel| channel.scope);
    let binding = binds(mv);
    // Unknown kinds are relayed.
    let may = mv.rule().map_or(ANYWHERE, |rule| rule.may);
    for scope in audience {
        for relation in relations(registry, author, scope)? {
            if binding && !BINDING_PAPER[*relation as usize] {
                return Err(Refusal::MayNotDirect);
            }
            if !may[*relation as usize] {
                return Err(Refusal::MayNotAddress);
            }
        }
    }
    for scope in mv.work() {
        if relations(registry, author, scope)?.iter().any(|relation| !WORK[*relation as usize]) {
            return Err(Refusal::MayNotDirect);
        }
    }
    Ok(())
}

/// The relations of a scope's offices to the author. For a subtree: of all offices that may be in it.
pub fn relations(
    registry: &Registry,
    author: OfficeId,
    scope: Scope,
) -> Result<&'static [Relation], Refusal> {
    use Relation::{Above, Below, Own, Sideways};
    if registry.office(scope.office).is_none() {
        return Err(Refusal::UnknownOffice);
    }
    Ok(match scope.subtree {
        _ if registry.is_above(author, scope.office) => &[Below],
        false if scope.office == author => &[Own],
        true if scope.office == author => &[Own, Below],
        false if registry.is_above(scope.office, author) => &[Above],
        true if registry.is_above(scope.office, author) => &[Above, Own, Below, Sideways],
        _ => &[Sideways],
    })
}

/// Whether the paper's type binds its addressees. A directive of an unknown type is taken to bind.
fn binds(mv: &Move) -> bool {
    mv.paper().is_some_and(|paper| match DocumentType::from_code(&paper.document_type) {
        Some(kind) => kind.directs(),
        None => record::kind(mv.kind()).is_some_and(|kind| kind.steers),
    })
}

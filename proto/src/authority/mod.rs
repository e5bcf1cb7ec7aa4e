//! Who may write what to whom: the same rules at the author, the hub and the addressee. To whom each move may go
//! stands in the tables of the kinds ([`crate::record::kind`]); here is how they are applied.

use crate::audience::Scope;
use crate::date::Date;
use crate::entry::{Attachment, Header, INSIDE, SEALED_FILE};
use crate::fault::planted;
use crate::id::OfficeId;
use crate::identifier;
use crate::paper::DocumentType;
use crate::record::kind::{ANYWHERE, DOWN, May, OWN, Relation};
use crate::record::{self, Move, keys, registry as registry_kind};
use crate::refusal::Refusal;
use crate::registry::Registry;
use crate::secrecy;
use crate::wire::Confidentiality;

pub mod bodies;
#[cfg(test)]
pub(crate) mod tests;

/// Where a paper whose type binds its addressees may go, whatever record carries it.
const BINDING_PAPER: May = DOWN;
/// Which offices a paper may give work to: assignees of tasks, leads of items.
const WORK: May = DOWN;

/// Whether the author may write this to its audience: its kind's table, the gate of [`secrecy`], and whose record it is.
/// It is judged by the map of the day on which it was written, as was known on that day: what is said later of offices,
/// or in advance, changes no verdict. `arrived`: when the hub had it, Unix milliseconds; none: it is being written, or
/// nobody knows. Signature and chain are checked elsewhere.
pub fn check(registry: &Registry, header: &Header, mv: &Move, arrived: Option<u64>) -> Result<(), Refusal> {
    let (author, day) = (header.ledger, day(header, arrived));
    if !registry.exists_on(author, day) {
        return Err(Refusal::UnknownOffice);
    }
    if header.kind != mv.kind() {
        return Err(Refusal::Malformed);
    }
    if header.kind == registry_kind::Move::KIND {
        return if author == registry.hub() { Ok(()) } else { Err(Refusal::NotHub) };
    }
    secrecy::gate(header, mv)?;
    sealed(header)?;
    says_little(header)?;
    if header.kind == keys::Move::KIND && !header.is_inward() {
        return Err(Refusal::MayNotAddress);
    }
    let rule = mv.rule();
    // Unknown kinds and moves are relayed, but for those of a kind that is for its office alone.
    let inward = record::kind(header.kind).is_some_and(|kind| kind.inward);
    let may = if inward { OWN } else { rule.map_or(ANYWHERE, |rule| rule.may) };
    let begins = rule.is_none_or(|rule| rule.opens || rule.paper);
    let standing = standing(registry, author, begins, day);
    let binding = binds(mv);
    for channel in &header.audience {
        let relations = relations(registry, author, channel.scope, day)?;
        if relations != [Relation::Own] {
            standing?;
        }
        for relation in relations {
            if binding && !BINDING_PAPER[*relation as usize] {
                return Err(Refusal::MayNotDirect);
            }
            if !may[*relation as usize] {
                return Err(Refusal::MayNotAddress);
            }
        }
    }
    for scope in mv.work() {
        if relations(registry, author, scope, day)?.iter().any(|relation| !WORK[*relation as usize]) {
            return Err(Refusal::MayNotDirect);
        }
    }
    if !unaddressed(registry, header, mv, arrived).is_empty() {
        return Err(Refusal::LeadNotAddressed);
    }
    if let Some(office) = mv.about()
        && !concerns(header, office)
    {
        return Err(Refusal::NotConcerned);
    }
    numbered(registry, author, day, mv)?;
    // Last, so that whoever may not write the move at all hears that.
    if (mv.opens() || header.seal.is_some())
        && !header.record.is_of(author, header.kind)
        && !planted("record.anybodys")
    {
        return Err(Refusal::ForeignRecord);
    }
    Ok(())
}

/// Whether a header says of a sealed body no more than it may: no level, since sealing does not open the gate of secrecy,
/// and no person.
fn says_little(header: &Header) -> Result<(), Refusal> {
    if header.seal.is_none() {
        return Ok(());
    }
    if header.confidentiality != Confidentiality::Open {
        return Err(Refusal::Secret);
    }
    if header.author == INSIDE { Ok(()) } else { Err(Refusal::Seal) }
}

/// Whether a body is sealed where it must be, and only there: what stays inside an office is, in whatever store it lies,
/// and what goes to others is not yet.
fn sealed(header: &Header) -> Result<(), Refusal> {
    // Words about keys are for whoever has lost them.
    let keys = header.kind == keys::Move::KIND;
    let inward = record::kind(header.kind).map(|kind| kind.inward).or(keys.then_some(false));
    let allowed = match (inward, header.seal) {
        (Some(inward), seal) => {
            inward == seal.is_some() && (seal.is_none() || header.attachments.iter().all(unnamed))
        }
        // Of a newer program's kinds nobody here knows; what its office keeps for itself is its own matter.
        (None, Some(_)) => header.is_inward(),
        (None, None) => true,
    };
    if allowed { Ok(()) } else { Err(Refusal::Seal) }
}

/// Whether nothing is said of a file but its size: names and types of sealed ones stand in the body.
fn unnamed(file: &Attachment) -> bool {
    file.name == SEALED_FILE && file.media_type.is_empty()
}

/// Offices to which a move gives work without being addressed to them: they would never hear of it.
pub fn unaddressed(registry: &Registry, header: &Header, mv: &Move, arrived: Option<u64>) -> Vec<Scope> {
    let day = day(header, arrived);
    let within = |scope: Scope, of: Scope| {
        of == scope
            || of.subtree && (of.office == scope.office || registry.is_above_at(of.office, scope.office, day))
    };
    let mut work = mv.work();
    work.retain(|scope| {
        // What an office takes on itself it knows. Its subtree is no more than the others in it.
        *scope != Scope::office(header.ledger)
            && !header.audience.iter().any(|channel| within(*scope, channel.scope))
    });
    work.dedup();
    work
}

/// Whether an entry is for this office alone, or its author's own.
fn concerns(header: &Header, office: OfficeId) -> bool {
    let alone = header.audience.iter().all(|channel| channel.scope == Scope::office(office));
    alone && (office == header.ledger || !header.audience.is_empty())
}

/// Whether the author may issue such a paper under such a number: the type is not the centre's alone, the number is one of
/// this type, with a symbol that the author owns on the date of the paper, and the body of that symbol issues the type.
fn numbered(registry: &Registry, author: OfficeId, day: Date, mv: &Move) -> Result<(), Refusal> {
    let Some(paper) = mv.paper() else { return Ok(()) };
    let kind = DocumentType::from_code(&paper.document_type);
    if kind.is_some_and(DocumentType::is_central) {
        return Err(Refusal::NotForBody);
    }
    let number = match paper.number.as_str() {
        "" => None,
        number => Some(identifier::parts(number).ok_or(Refusal::Malformed)?),
    };
    if let Some(number) = &number {
        if kind.is_some_and(|kind| kind.symbol() != number.kind) {
            return Err(Refusal::Malformed);
        }
        if !registry.symbols(author, day, paper.issued).contains(&number.issuer) {
            return Err(Refusal::NotYourSymbol);
        }
    }
    let (symbol, issued) = (number.as_ref().map(|number| number.issuer), paper.issued.unwrap_or(day));
    match (kind, registry.judged(author, day)) {
        (Some(kind), Some(fact)) if !bodies::issues(fact.tier, symbol, kind, issued) => {
            Err(Refusal::NotForBody)
        }
        _ => Ok(()),
    }
}

/// The day by whose map an entry is judged. It does not lie after the hub had the entry: a time of the future gives no
/// rights that are still to come, and takes none away.
pub fn day(header: &Header, arrived: Option<u64>) -> Date {
    i64::try_from(header.when(arrived).time.millis()).ok().and_then(Date::of_millis).unwrap_or(Date::LAST)
}

/// Whether the author may write to others on a day. An office that has ended answers what it was asked, and begins
/// nothing; one that is still to come writes to itself.
fn standing(registry: &Registry, author: OfficeId, begins: bool, day: Date) -> Result<(), Refusal> {
    match registry.judged(author, day) {
        _ if author == registry.hub() => Ok(()),
        None => Err(Refusal::OfficeNotYet),
        Some(fact) if fact.closed && begins => Err(Refusal::OfficeEnded),
        Some(_) => Ok(()),
    }
}

/// The relations of a scope's offices to the author on a day. For a subtree: of all offices that may be in it.
pub fn relations(
    registry: &Registry,
    author: OfficeId,
    scope: Scope,
    day: Date,
) -> Result<&'static [Relation], Refusal> {
    use Relation::{Above, Below, Own, Sideways};
    if !registry.exists_on(scope.office, day) {
        return Err(Refusal::UnknownOffice);
    }
    Ok(match scope.subtree {
        _ if registry.is_above_at(author, scope.office, day) => &[Below],
        false if scope.office == author => &[Own],
        true if scope.office == author => &[Own, Below],
        false if registry.is_above_at(scope.office, author, day) => &[Above],
        true if registry.is_above_at(scope.office, author, day) => &[Above, Own, Below, Sideways],
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

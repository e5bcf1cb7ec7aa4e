//! Authority: who may write what to whom. One table, which author, hub and addressee all apply.

use serde::{Deserialize, Serialize};

use crate::audience::Scope;
use crate::entry::{EntryError, Header};
use crate::id::OfficeId;
use crate::paper::DocumentType;
use crate::record::{
    Act, Move, directive, guidance, inspection, programme, registry as registry_kind, report,
};
use crate::registry::Registry;
use crate::secrecy;

#[cfg(test)]
pub(crate) mod tests;

macro_rules! refusals {
    ($($name:ident $code:literal $doc:literal)*) => {
        /// Why an entry is refused. It stays in its ledger, is shown as refused, and goes to nobody.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Refusal {
            $(#[doc = $doc] $name,)*
        }

        impl Refusal {
            /// All refusals.
            pub const ALL: &[Refusal] = &[$(Self::$name),*];

            /// The stable code in messages, stores and tests.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The refusal with this code; none: this program does not know the code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

refusals! {
    UnknownOffice "unknown-office" "The author or an addressee is not in the registry."
    NotHub "not-hub" "Only the hub writes the registry."
    MayNotDirect "may-not-direct" "A binding paper, or work, for an office that is neither the author's own nor below it."
    MayNotAddress "may-not-address" "This move may not go to an office in that relation to the author."
    NotAddressed "not-addressed" "The entry is not for this office: the hub must not have delivered it."
    Secret "secret" "Secret content, which may not travel on this channel."
    Malformed "malformed" "The body is no move of its kind."
    TooLarge "too-large" "Larger than the limits allow."
    Format "format" "A header format that the hub does not know."
    Signature "signature" "The signature belongs to no valid key of the author's office."
    Chain "chain" "The entry does not follow its predecessor."
}

impl From<EntryError> for Refusal {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Malformed(_) => Self::Malformed,
            EntryError::TooLarge(_) => Self::TooLarge,
            EntryError::Format(_) => Self::Format,
            EntryError::Signature => Self::Signature,
            EntryError::Chain => Self::Chain,
        }
    }
}

/// The relation of an addressee to the author.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// The author's own office.
    Own,
    /// Below the author, at any distance.
    Below,
    /// Above the author, at any distance.
    Above,
    /// None of the above.
    Sideways,
}

/// Whether offices in the relation Own, Below, Above, Sideways (in this order) may be addressed.
type May = [bool; 4];

const ANYWHERE: May = [true, true, true, true];
const DOWN: May = [true, true, false, false];
const UP: May = [true, false, true, false];
const UP_AND_DOWN: May = [true, true, true, false];

/// Where a paper whose type binds its addressees may go, whatever record carries it.
const BINDING_PAPER: May = DOWN;
/// Which offices a paper may give work to: assignees of tasks, leads of items.
const WORK: May = DOWN;

/// The authority table: kind, moves, whom they may address. Registry moves are not in it, because only the hub writes
/// them. Unknown kinds may go anywhere, so that older programs relay them.
const TABLE: &[(u32, &[&str], May)] = &[
    (programme::Move::KIND, &["issued", "confirmed", "closed"], UP_AND_DOWN),
    (programme::Move::KIND, &["progress"], UP_AND_DOWN),
    // Letters go anywhere; the two rules above limit binding papers and tasks.
    (directive::Move::KIND, &["issued", "take-back"], ANYWHERE),
    (directive::Move::KIND, &["confirmed", "reminder"], DOWN),
    (
        directive::Move::KIND,
        &["arrived", "refused", "accepted", "assigned", "processing", "completed"],
        ANYWHERE,
    ),
    (directive::Move::KIND, &["agreed", "declined", "status"], ANYWHERE),
    (directive::Move::KIND, &["progress"], UP),
    (report::Move::KIND, &["submitted"], UP),
    (report::Move::KIND, &["accepted", "returned"], DOWN),
    (guidance::Move::KIND, &["issued", "answer"], DOWN),
    (guidance::Move::KIND, &["acknowledged", "question"], UP),
    (inspection::Move::KIND, &["opened", "verifying", "concluded", "closed"], DOWN),
    (inspection::Move::KIND, &["self-reported", "remediated"], UP),
];

/// Whether the author may write this to its audience: the table and the gate of [`secrecy`], not signature or chain.
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
    let may = match mv {
        Move::Unknown { .. } => ANYWHERE,
        _ => may(mv).ok_or(Refusal::MayNotAddress)?,
    };
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
    for scope in work_given(mv) {
        if relations(registry, author, scope)?.iter().any(|relation| !WORK[*relation as usize]) {
            return Err(Refusal::MayNotDirect);
        }
    }
    Ok(())
}

fn may(mv: &Move) -> Option<May> {
    let row = TABLE.iter().find(|(kind, names, _)| *kind == mv.kind() && names.contains(&mv.name()));
    row.map(|(_, _, may)| *may)
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
        None => mv.kind() == directive::Move::KIND,
    })
}

fn work_given(mv: &Move) -> Vec<Scope> {
    match mv {
        Move::Directive(directive::Move::Issued(issued)) => {
            issued.tasks.iter().flat_map(|task| task.assignees.iter().copied()).collect()
        }
        Move::Programme(programme::Move::Issued(issued)) => {
            issued.items.iter().map(|item| Scope::office(item.lead)).collect()
        }
        _ => Vec::new(),
    }
}

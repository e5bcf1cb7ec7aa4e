//! What the writer's turn asks of papers that may have to take a road: those of a type for which the house has one come from a
//! draft, and say what was signed.

use truc_proto::date::Date;
use truc_proto::house::House;
use truc_proto::identifier;
use truc_proto::record::draft::refusal::{Key, Refusal};
use truc_proto::record::draft::{Draft, Part, part};
use truc_proto::record::{Move, Paper, directive, report};
use truc_proto::wire::Confidentiality;

use super::{Intent, Numbering};

/// Whether a move issues a paper that may have to take a road: a letter, directive or report of this office, which comes
/// from no draft. What a secret one says is not written here, so it takes none here.
pub(super) fn is_asked(intent: &Intent) -> bool {
    let opens = matches!(
        intent.mv,
        Move::Directive(directive::Move::Issued(_)) | Move::Report(report::Move::Submitted(_))
    );
    opens
        && intent.record.is_none()
        && intent.draft.is_none()
        && intent.confidentiality == Confidentiality::Open
}

/// Fails if the house has a road for such a paper on its date, which is today if it bears none.
pub(super) fn is_off(house: &House, intent: &Intent, today: Date) -> Result<(), Refusal> {
    let (Some(paper), Some(kind)) = (intent.mv.paper(), intent.document_type()) else { return Ok(()) };
    let day = paper.issued.unwrap_or(today);
    let symbol = match &intent.numbering {
        Numbering::Next { symbol } => Some(symbol.as_str()),
        _ => identifier::parts(&paper.number).map(|parts| parts.issuer),
    };
    let is_his = |body: &String| {
        symbol.is_none_or(|symbol| house.issuer_of_body(body, day).is_some_and(|of| of.symbol == symbol))
    };
    let road = house.roads(day).find(|road| road.types.contains(&kind) && road.issuers.iter().any(is_his));
    match road {
        None => Ok(()),
        Some(_) => Err(Refusal::new(Key::IssueOffRoad).with("type", kind.vietnamese())),
    }
}

/// Fails unless a paper is the text that was signed.
pub(super) fn is_signed(draft: &Draft, paper: &Paper) -> Result<(), Refusal> {
    let says = |name, text: &str| draft.parts.get(&name).map_or(text.is_empty(), |hash| *hash == part(text));
    if says(Part::Title, &paper.title) && says(Part::Body, &paper.text) {
        return Ok(());
    }
    Err(Refusal::new(Key::VersionMoved).with("now", draft.version()))
}

/// The last figure of the book of paper from which the register of a paper counts on; 0: it begins here.
pub(super) fn opening(house: &House, intent: &Intent) -> i64 {
    let Numbering::Next { symbol } = &intent.numbering else { return 0 };
    let paper = intent.mv.paper().and_then(|paper| Some((paper.issued?, intent.document_type()?)));
    let last = paper.and_then(|(day, kind)| {
        let issuer = house.issuers(day).find(|issuer| issuer.symbol == *symbol)?;
        house.opening(&issuer.id, kind, day)
    });
    i64::from(last.unwrap_or(0))
}

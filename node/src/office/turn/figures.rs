//! Numbers that are given in the writer's turn: of papers by their registers, of what arrives by book and year.

use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record::outside::{self as from_outside, Book};
use truc_proto::record::{Malformed, Move, directive};

use super::{Refused, Turn};
use crate::derive::views::numbers::Numbered;
use crate::office::{Intent, Numbering};

impl Turn<'_> {
    pub(super) fn number(
        &self,
        record: RecordId,
        intent: &Intent,
        mv: &mut Move,
        highest: i64,
        bearers: &[RecordId],
    ) -> Result<(), Refused> {
        match &intent.numbering {
            Numbering::AsWritten => {
                let Some(number) = mv.paper().and_then(Numbered::of) else { return Ok(()) };
                let new = self.bearers.get(&number).into_iter().flatten();
                if bearers.iter().chain(new).any(|bearer| *bearer != record) {
                    let written = mv.paper().map(|paper| paper.number.clone()).unwrap_or_default();
                    return Err(Refused::NumberTaken(written));
                }
                let highest = self.highest_of(&number, highest);
                let again =
                    bearers.iter().chain(self.bearers.get(&number).into_iter().flatten()).next().is_some();
                if !again && number.figure > highest + limits::FIGURE_AHEAD {
                    let written = mv.paper().map(|paper| paper.number.clone()).unwrap_or_default();
                    return Err(Refused::NumberAhead { written, next: highest + 1 });
                }
            }
            Numbering::Next { symbol } => {
                let place = next_place(intent).ok_or(Malformed("number"))?;
                let kind = intent.document_type().ok_or(Malformed("document type"))?;
                let next = u32::try_from(self.highest_of(&place, highest) + 1).ok();
                let figure = next.filter(|next| *next <= limits::FIGURE).ok_or(Refused::RegisterFull)?;
                self.is_whole()?;
                if let Some(paper) = mv.paper_mut() {
                    paper.number = kind.number_text(figure, symbol);
                }
            }
            Numbering::Arrival { .. } => {
                self.is_whole()?;
                if let Some((typed, _)) = arrival_of(mv) {
                    if self.has_arrived(intent, typed, record, bearers) {
                        return Err(Refused::ArrivalTaken(typed));
                    }
                    return Ok(());
                }
                let new = self.arrivals_of(intent).map(|(number, ..)| i64::from(*number)).max();
                let next = new.unwrap_or(0).max(highest).saturating_add(1);
                match mv {
                    Move::Directive(directive::Move::Status { arrival_number, .. }) => {
                        *arrival_number = next.to_string();
                    }
                    Move::Outside(from_outside::Move { act: from_outside::Act::Arrive(arrived), .. }) => {
                        let figure = u32::try_from(next).ok().filter(|next| *next <= limits::FIGURE);
                        arrived.arrival = figure.ok_or(Refused::RegisterFull)?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The arrival numbers of this turn in the book and year of an intent.
    pub(super) fn arrivals_of<'t>(
        &'t self,
        intent: &'t Intent,
    ) -> impl Iterator<Item = &'t (u32, Book, i64, RecordId)> {
        let (from, wanted) = match &intent.numbering {
            Numbering::Arrival { since, book } => (*since, Some(*book)),
            Numbering::AsWritten | Numbering::Next { .. } => (0, None),
        };
        self.arrivals.iter().filter(move |(_, book, given, _)| Some(*book) == wanted && *given >= from)
    }

    /// Whether another paper of the book and year has an arrival number.
    pub(super) fn has_arrived(
        &self,
        intent: &Intent,
        number: u32,
        record: RecordId,
        bearers: &[RecordId],
    ) -> bool {
        let new = self.arrivals_of(intent).filter(|(given, ..)| *given == number).map(|(.., bearer)| bearer);
        bearers.iter().chain(new).any(|bearer| *bearer != record)
    }

    /// The highest figure of a number's register, which was `known` before this turn.
    pub(super) fn highest_of(&self, number: &Numbered, known: i64) -> i64 {
        let register = (number.document_type.clone(), number.term.clone(), number.tail.clone());
        self.highest.get(&register).map_or(known, |new| known.max(*new))
    }

    /// Fails while own entries are missing: the last number may be among them.
    pub(super) fn is_whole(&self) -> Result<(), Refused> {
        if self.resuming { Err(Refused::Resuming) } else { Ok(()) }
    }
}

/// The arrival number (số đến) that a move gives, and its book; none if it gives none.
pub(super) fn arrival_of(mv: &Move) -> Option<(u32, Book)> {
    match mv {
        Move::Directive(directive::Move::Status { arrival_number, .. }) => {
            Some((arrival_number.parse().ok()?, Book::Incoming))
        }
        Move::Outside(from_outside::Move { act: from_outside::Act::Arrive(arrived), .. }) => {
            Some((arrived.arrival, arrived.book)).filter(|(arrival, _)| *arrival > 0)
        }
        _ => None,
    }
}

/// The register from which a paper takes its next number, as the place of its first one.
pub(super) fn next_place(intent: &Intent) -> Option<Numbered> {
    let Numbering::Next { symbol } = &intent.numbering else { return None };
    let mut paper = intent.mv.paper()?.clone();
    paper.number = intent.document_type()?.number_text(1, symbol);
    Numbered::of(&paper)
}

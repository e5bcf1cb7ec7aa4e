//! Register of an office's document numbers: consecutive per document type, term and symbol, none given out twice. It
//! is read from the own ledger, so rebuilding the views loses no number.

use rusqlite::params;
use truc_proto::date::Date;
use truc_proto::identifier::{figure_of, number_key};
use truc_proto::paper::DocumentType;
use truc_proto::record::{self, KINDS, Paper};
use truc_proto::registry::Tier;

use super::Context;
use crate::derive::views::read;
use crate::store::journal::JournalError;
use crate::words::failure::{ExitCode, Failure};

/// Default symbol of the issuing committee, by tier.
pub fn symbol(tier: Option<Tier>) -> &'static str {
    match tier {
        Some(Tier::Hub) => "VPTU",
        Some(Tier::Province) => "TU",
        Some(Tier::District) => "HU",
        Some(Tier::Commune) | None => "ĐU",
    }
}

/// Default term (nhiệm kỳ): five years, beginning in years that end in 0 or 5.
pub fn term(date: Date) -> String {
    let year = date.civil().year();
    let from = year - year % 5;
    format!("{from}-{}", from + 5)
}

/// Gives out numbers. The caller holds `Context::numbering` until the entry with the number is written.
pub struct Register {
    papers: Vec<Paper>,
}

impl Register {
    /// Opens the register to take a number. Fails while the store is known to be behind the hub, because its last
    /// number may be missing.
    pub fn open(context: &Context<'_>) -> Result<Self, Failure> {
        if context.office.read(|journal| journal.resuming())? {
            return Err(Failure::new(ExitCode::NotAllowed, "number-resuming"));
        }
        Self::read(context)
    }

    /// Reads the own papers.
    pub fn read(context: &Context<'_>) -> Result<Self, Failure> {
        let own = context.office.id();
        // Includes refused papers: their numbers were given out too.
        let moves = KINDS.iter().flat_map(|kind| kind.moves).filter(|rule| rule.paper).map(|rule| rule.name);
        let moves = moves.collect::<Vec<_>>().join("', '");
        let positions: Vec<u64> = context.office.view(|views| {
            let mut statement = views.prepare_cached(&format!(
                "SELECT position FROM story WHERE ledger = ?1 AND move IN ('{moves}')"
            ))?;
            let rows = statement.query_map(params![own.0.as_bytes()], |row| row.get::<_, i64>(0))?;
            Ok(rows.map(|row| row.map(|position| position as u64)).collect::<rusqlite::Result<_>>()?)
        })?;
        let papers = context.office.read(|journal| {
            let mut papers = Vec::new();
            for position in positions {
                let stored = journal.at_position(position)?;
                let entry = stored.ok_or(JournalError::Damaged(position, "missing"))?.entry;
                let mv = record::decode(entry.header.kind, &entry.body).ok();
                papers.extend(mv.and_then(|mv| mv.paper().cloned().map(Paper::without_text)));
            }
            Ok(papers)
        })?;
        Ok(Self { papers })
    }

    /// The next number of a register, as written on the paper.
    pub fn next(&self, kind: DocumentType, term: &str, symbol: &str) -> String {
        let of = self.papers.iter().filter(|paper| paper.document_type == kind.code() && paper.term == term);
        let highest = of.filter_map(|paper| figure_of(&paper.number, kind, symbol)).max().unwrap_or(0);
        kind.number_text(highest + 1, symbol)
    }

    /// Whether this office has used the number, however it is written, in this term.
    pub fn has(&self, kind: &str, term: &str, number: &str) -> bool {
        let mut of = self.papers.iter().filter(|paper| paper.document_type == kind && paper.term == term);
        of.any(|paper| number_key(&paper.number) == number_key(number))
    }
}

/// The next arrival number (số đến): consecutive within the calendar year. Fails while the store is known to be behind
/// the hub, because its last number may be missing.
pub fn next_arrival(context: &Context<'_>) -> Result<String, Failure> {
    if context.office.read(|journal| journal.resuming())? {
        return Err(Failure::new(ExitCode::NotAllowed, "number-resuming"));
    }
    let begins = Date::new(context.today().civil().year(), 1, 1).map_or(0, Date::start_millis);
    let own = context.office.id();
    let highest = context.office.view(|views| read::highest_arrival(views, own, begins))?;
    Ok((highest + 1).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn paper(kind: &str, term: &str, number: &str) -> Paper {
        Paper { document_type: kind.into(), term: term.into(), number: number.into(), ..Paper::default() }
    }

    #[test]
    fn each_register_counts_for_itself() {
        let register = Register {
            papers: vec![
                paper("CV", "2025-2030", "913-CV/TU"),
                paper("CV", "2025-2030", "07-CV/TU"),
                paper("CV", "2020-2025", "5000-CV/TU"),
                paper("CV", "2025-2030", "41-CV/VPTU"),
                paper("QĐ", "2025-2030", "12-QĐ/TU"),
                paper("QyĐ", "2025-2030", "30-QĐ/TU"),
                paper("CV", "2025-2030", "khong so"),
                paper("CV", "2025-2030", ""),
            ],
        };
        let next = |kind, term, symbol| register.next(kind, term, symbol);
        assert_eq!(next(DocumentType::OfficialLetter, "2025-2030", "TU"), "914-CV/TU");
        assert_eq!(next(DocumentType::OfficialLetter, "2025-2030", "VPTU"), "42-CV/VPTU");
        assert_eq!(next(DocumentType::OfficialLetter, "2020-2025", "TU"), "5001-CV/TU");
        assert_eq!(next(DocumentType::Decision, "2025-2030", "TU"), "13-QĐ/TU", "a symbol is no type");
        assert_eq!(next(DocumentType::Regulation, "2025-2030", "TU"), "31-QĐ/TU");
        assert_eq!(next(DocumentType::Notice, "2025-2030", "TU"), "01-TB/TU");
        assert!(register.has("CV", "2025-2030", "07-CV/TU"));
        assert!(!register.has("CV", "2020-2025", "07-CV/TU"));
        for same in ["7-CV/TU", " 007 – cv/tu\u{200b}", "07\u{a0}-CV/TU"] {
            assert!(register.has("CV", "2025-2030", same), "{same:?} is 07-CV/TU");
        }
    }

    #[test]
    fn terms_are_of_five_years() {
        assert_eq!(term("2026-11-24".parse().unwrap()), "2025-2030");
        assert_eq!(term("2024-12-31".parse().unwrap()), "2020-2025");
        assert_eq!(term("2030-01-01".parse().unwrap()), "2030-2035");
    }
}

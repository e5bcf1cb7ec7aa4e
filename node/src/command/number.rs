//! Numbers of papers as people ask for them: a figure or a whole number, and the symbol of the issuing body. Which number
//! comes next is decided when the paper is written ([`crate::office::Numbering`]).

use truc_proto::date::Date;
use truc_proto::identifier;
use truc_proto::paper::DocumentType;
use truc_proto::record::outside::Book;

use super::Context;
use crate::office::Numbering;
use crate::words::failure::{ExitCode, Failure};

/// The symbols with which this office may number a paper of that date, the usual one first; none: it has no register.
pub fn symbols(context: &Context<'_>, issued: Date) -> Vec<String> {
    let registry = context.office.registry();
    let own = registry.symbols(context.office.id(), context.today(), Some(issued));
    own.into_iter().map(str::to_owned).collect()
}

/// The symbol that is asked for, one of the own; none asked for: the usual one. None: the office has no register, and
/// none was asked for.
pub fn symbol(own: &[String], asked: Option<&str>) -> Result<Option<String>, Failure> {
    match asked.map(identifier::plain).filter(|asked| !asked.is_empty()) {
        None => Ok(own.first().cloned()),
        Some(asked) => one_of(own, &asked).map(Some),
    }
}

fn one_of(own: &[String], asked: &str) -> Result<String, Failure> {
    if own.is_empty() {
        return Err(Failure::new(ExitCode::NotAllowed, "number-no-register"));
    }
    let key = asked.to_lowercase();
    own.iter().find(|own| own.to_lowercase() == key).cloned().ok_or_else(|| {
        Failure::new(ExitCode::NotAllowed, "number-not-yours")
            .with("symbol", asked)
            .with("own", own.join(", "))
    })
}

/// The number that somebody typed, in the form in which it is kept: a figure alone gets type and symbol; a whole number
/// must be of this type and of one of the own symbols.
pub fn typed(text: &str, kind: DocumentType, own: &[String], asked: Option<&str>) -> Result<String, Failure> {
    let wrong = |key, exit| Failure::new(exit, key).with("number", text).with("symbol", kind.symbol());
    if kind.symbol().is_empty() {
        return Err(wrong("number-none", ExitCode::NotAllowed));
    }
    if let Some(figure) = identifier::whole(text) {
        let symbol = symbol(own, asked)?;
        let symbol = symbol.ok_or_else(|| Failure::new(ExitCode::NotAllowed, "number-no-register"))?;
        return Ok(kind.number_text(figure, &symbol));
    }
    let number = identifier::number(text);
    let parts = identifier::parts(&number).ok_or_else(|| wrong("number-form", ExitCode::Input))?;
    if parts.kind != kind.symbol() {
        return Err(wrong("number-type", ExitCode::NotAllowed));
    }
    Ok(kind.number_text(parts.figure, &one_of(own, parts.issuer)?))
}

/// The arrival number (số đến) that somebody typed, in its form; empty: the next of the year is meant.
pub fn arrival(text: &str) -> Result<String, Failure> {
    if truc_proto::visible::is_blank(text) {
        return Ok(String::new());
    }
    let wrong = || Failure::new(ExitCode::Input, "arrival-form").with("number", text);
    identifier::whole(text).map(|number| number.to_string()).ok_or_else(wrong)
}

/// Arrival numbers are whole within the calendar year and the book.
pub fn of_arrival(context: &Context<'_>, book: Book) -> Numbering {
    let since = Date::new(context.today().civil().year(), 1, 1).map_or(0, Date::start_millis);
    Numbering::Arrival { since, book }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_typed_becomes_one_number_or_is_refused() {
        let own = ["TU".to_owned(), "VPTU".to_owned()];
        let read = |text: &str| {
            let read = typed(text, DocumentType::OfficialLetter, &own, None);
            read.map_err(|failure| (failure.key.to_string(), failure.exit as u8))
        };
        for same in ["7", "07", " 007 ", "７", "7-cv/tu", "07 – CV / TU", "07-CV/TU\u{200b}"] {
            assert_eq!(read(same).as_deref(), Ok("07-CV/TU"), "{same:?}");
        }
        assert_eq!(read("9-cv/vptu").as_deref(), Ok("09-CV/VPTU"));
        for none in ["abc", "0", "-7", "7a", "7bis-CV/TU", "12/CV-TU", "0-CV/TU", "123456", "CV/TU", "7-CV"] {
            assert_eq!(read(none), Err(("number-form".into(), ExitCode::Input as u8)), "{none}");
        }
        assert_eq!(read("15-BC/TU"), Err(("number-type".into(), ExitCode::NotAllowed as u8)));
        assert_eq!(read("15-CV/ĐU"), Err(("number-not-yours".into(), ExitCode::NotAllowed as u8)));
        let with = |asked| typed("5", DocumentType::OfficialLetter, &own, Some(asked));
        assert_eq!(with("vptu").as_deref(), Ok("05-CV/VPTU"));
        assert!(with("HU").is_err_and(|failure| failure.key == "number-not-yours"));
        let none = typed("5", DocumentType::PublicLetter, &own, None);
        assert!(none.is_err_and(|failure| failure.key == "number-none"));
        assert!(
            typed("5", DocumentType::OfficialLetter, &[], None)
                .is_err_and(|failure| failure.key == "number-no-register")
        );
        assert_eq!(symbol(&[], None), Ok(None));
    }

    #[test]
    fn arrival_numbers_are_whole() {
        assert_eq!(arrival(" 0012\u{a0}").as_deref(), Ok("12"));
        assert_eq!(arrival("").as_deref(), Ok(""));
        for wrong in ["mười", "bảy", "1,5", "0", "-1", "٣", "12a"] {
            assert!(arrival(wrong).is_err_and(|failure| failure.key == "arrival-form"), "{wrong}");
        }
    }
}

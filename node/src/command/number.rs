//! What numbers of papers are made of: terms, symbols, years. Which number a paper bears is decided when it is written
//! ([`crate::office::Numbering`]).

use truc_proto::date::Date;
use truc_proto::registry::Tier;

use super::Context;
use crate::office::Numbering;

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

/// The next arrival number (số đến): consecutive within the calendar year.
pub fn next_arrival(context: &Context<'_>) -> Numbering {
    let since = Date::new(context.today().civil().year(), 1, 1).map_or(0, Date::start_millis);
    Numbering::Arrival { since }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn terms_are_of_five_years() {
        assert_eq!(term("2026-11-24".parse().unwrap()), "2025-2030");
        assert_eq!(term("2024-12-31".parse().unwrap()), "2020-2025");
        assert_eq!(term("2030-01-01".parse().unwrap()), "2030-2035");
    }
}

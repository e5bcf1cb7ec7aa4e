//! Identifiers that people type: office codes, numbers of papers, terms, account names, dates. Here they are brought
//! into one form and checked, once for all commands, pages, lists and imports.
//!
//! What nobody sees makes no difference: compositions of letters, invisible characters, kinds of space and dash. For
//! passwords see the accounts of the node: there each letter counts, only its composition does not.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::date::{BadDate, Date, rfc3339_millis};
use crate::limits;
use crate::paper::DocumentType;
use crate::visible::is_invisible;

/// Why a text is no code of an office.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadCode {
    /// Nothing is left of it.
    #[error("it is empty")]
    Empty,
    /// More than [`limits::CODE`] bytes.
    #[error("it is too long")]
    TooLong,
    /// A spreadsheet rounded it (`1.67E+04`): the last digits are lost.
    #[error("a spreadsheet rounded it")]
    Rounded,
    /// It has a character that no code has.
    #[error("it has the character {0:?}")]
    Letter(char),
}

/// The text is no term (nhiệm kỳ).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a term (YYYY-YYYY)")]
pub struct BadTerm;

/// An office's code: letters, digits and `- . _ /`. What spreadsheets add is taken away (`16681.0`, `="16681"`,
/// `'16681`); what they rounded is refused.
pub fn code(text: &str) -> Result<String, BadCode> {
    let plain = plain(text);
    let mut code = plain.strip_prefix('=').unwrap_or(&plain).trim_matches(['"', '\'', '`', '’', '‘', ' ']);
    if is_rounded(code) {
        return Err(BadCode::Rounded);
    }
    if let Some((whole, zeros)) = code.split_once('.')
        && [whole, zeros].iter().all(|part| !part.is_empty() && is_digits(part))
        && zeros.bytes().all(|zero| zero == b'0')
    {
        code = whole;
    }
    if code.is_empty() {
        return Err(BadCode::Empty);
    }
    if code.len() > limits::CODE {
        return Err(BadCode::TooLong);
    }
    match code.chars().find(|letter| !letter.is_alphanumeric() && !"-._/".contains(*letter)) {
        Some(letter) => Err(BadCode::Letter(letter)),
        None => Ok(code.to_owned()),
    }
}

/// A figure as spreadsheets write large ones: `1.67E+04`.
fn is_rounded(text: &str) -> bool {
    let Some((figure, power)) = text.split_once(['E', 'e']) else { return false };
    let power = power.strip_prefix('+').unwrap_or_default();
    let figure = figure.replace([',', '.'], "");
    !power.is_empty() && is_digits(power) && !figure.is_empty() && is_digits(&figure)
}

/// A paper's number (số, ký hiệu) in the form in which it is kept and written: no spaces around dash and stroke, a
/// figure of at least two digits without further zeros, the symbol of the type as the rule writes it (`101-CV/TU`).
/// Empty: no number. Two numbers are the same if their [`number_key`] is.
pub fn number(text: &str) -> String {
    let text = plain(text);
    let mut words = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let close = words.is_empty() || words.ends_with(['-', '/']) || word.starts_with(['-', '/']);
        if !close {
            words.push(' ');
        }
        words.push_str(word);
    }
    let (figure, rest) = figure(&words);
    if figure.is_empty() {
        return words;
    }
    let figure = figure.trim_start_matches('0');
    let symbol = rest.strip_prefix('-').and_then(|rest| rest.split_once('/'));
    let known = symbol.and_then(|(symbol, issuer)| {
        let same = |kind: &&DocumentType| kind.symbol().to_lowercase() == symbol.to_lowercase();
        Some(format!("-{}/{issuer}", DocumentType::ALL.iter().find(same)?.symbol()))
    });
    format!("{figure:0>2}{}", known.as_deref().unwrap_or(rest))
}

/// A number in its parts: `07-CV/ĐU`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Number<'a> {
    /// The figure, at least 1.
    pub figure: u32,
    /// The symbol of the type.
    pub kind: &'a str,
    /// The symbol of the issuing body.
    pub issuer: &'a str,
}

/// The parts of a number in the form that [`number`] gives; none if it is no number of a paper of the Party: a figure
/// with letters, no figure, no symbol, a figure beyond [`limits::FIGURE`], the order of the State (`12/QĐ-UBND`).
pub fn parts(number: &str) -> Option<Number<'_>> {
    let (figure, rest) = figure(number);
    let (kind, issuer) = rest.strip_prefix('-')?.split_once('/')?;
    let letters = |text: &str| !text.is_empty() && text.chars().all(char::is_alphabetic);
    let figure = figure.parse().ok().filter(|figure| (1..=limits::FIGURE).contains(figure))?;
    (letters(kind) && symbol(issuer).as_deref() == Some(issuer)).then_some(Number { figure, kind, issuer })
}

/// The symbol of an issuing body (ký hiệu): letters and digits, `.` or `-` between them.
pub fn symbol(text: &str) -> Option<String> {
    let plain = plain(text);
    let inner = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    let good = plain.len() <= limits::CODE
        && plain.starts_with(char::is_alphabetic)
        && plain.ends_with(char::is_alphanumeric)
        && plain.chars().all(inner);
    good.then_some(plain)
}

/// A whole number from 1, as registers have them, however it is written; none if it is none.
pub fn whole(text: &str) -> Option<u32> {
    let plain = plain(text);
    let good = is_digits(&plain) && !plain.is_empty();
    let number = if good { plain.parse().ok() } else { None };
    number.filter(|number| (1..=limits::FIGURE).contains(number))
}

/// What two writings of one number have in common.
pub fn number_key(text: &str) -> String {
    number(text).to_lowercase()
}

/// The digits with which a text begins, and the rest.
fn figure(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

/// A term (nhiệm kỳ) as it is kept: `2025-2030`, at most [`limits::TERM_YEARS`] years.
pub fn term(text: &str) -> Result<String, BadTerm> {
    let plain: String = plain(text).split_whitespace().collect();
    let (from, to) = plain.split_once('-').ok_or(BadTerm)?;
    let year = |text: &str| if text.len() == 4 && is_digits(text) { text.parse().ok() } else { None };
    let (first, last): (u16, u16) = (year(from).ok_or(BadTerm)?, year(to).ok_or(BadTerm)?);
    let years = last.checked_sub(first).ok_or(BadTerm)?;
    if (1..=limits::TERM_YEARS).contains(&years) { Ok(plain) } else { Err(BadTerm) }
}

/// An account's name: small letters, without space around it. Whether such a name may be given the accounts decide.
pub fn account(text: &str) -> String {
    plain(text).to_lowercase()
}

/// A day: `YYYY-MM-DD`, or day, month and year as people write them (`24/11/2026`, `5.1.2026`).
pub fn day(text: &str) -> Result<Date, BadDate> {
    let plain = plain(text);
    let parts: Vec<&str> = plain.split(['-', '/', '.']).map(str::trim).collect();
    let [first, month, last] = parts[..] else { return Err(BadDate) };
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let fits = |text: &str, most: usize| (1..=most).contains(&text.len()) && is_digits(text);
    if year.len() != 4 || !fits(year, 4) || !fits(month, 2) || !fits(day, 2) {
        return Err(BadDate);
    }
    let number = |text: &str| text.parse::<i16>().map_err(|_| BadDate);
    Date::new(number(year)?, number(month)? as i8, number(day)? as i8).ok_or(BadDate)
}

/// A deadline as papers carry it: a day as [`day`] reads it, or a time (RFC 3339); empty: none.
pub fn due(text: &str) -> Result<String, BadDate> {
    let plain = plain(text);
    if plain.is_empty() {
        return Ok(plain);
    }
    day(&plain).map(|day| day.to_string()).or_else(|_| rfc3339_millis(&plain).map(|_| plain))
}

/// A text in which all that nobody sees is alike: composed letters, compatibility forms as plain ones, one kind of
/// space and dash, nothing invisible, no space around it. `Ð` (eth), which old keyboards wrote, is `Đ`.
pub fn plain(text: &str) -> String {
    let seen = text.chars().filter(|letter| letter.is_whitespace() || !is_invisible(*letter));
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize_iter(seen);
    let alike = |letter: char| match letter {
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2d7}' => '-',
        'Ð' => 'Đ',
        'ð' => 'đ',
        space if space.is_whitespace() => ' ',
        other => other,
    };
    composed.map(alike).collect::<String>().trim().to_owned()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_number_has_one_form() {
        for same in [
            " 101-CV/TU",
            "101-CV/TU ",
            "101\u{a0}-\u{a0}CV/TU",
            "101-CV/TU\u{200b}",
            "101-cv/TU",
            "0101-CV/TU",
            "101–CV/TU",
            "101 - CV / TU",
            "１０１－CV/TU",
            "\u{202e}101-CV/TU",
        ] {
            assert_eq!(number(same), "101-CV/TU", "{same:?}");
        }
        assert_eq!(number_key("101-cv/tu"), number_key("0101–CV/TU"));
        assert_eq!((number("7-ctr/TU"), number("07-CTR/TU")), ("07-CTr/TU".into(), "07-CTr/TU".into()));
        assert_eq!(number("05-\u{d0}A/\u{d0}U"), "05-ĐA/ĐU");
        assert_ne!(number_key("05-ĐA/TU"), number_key("05-DA/TU"));
        assert_eq!(number("  không  số "), "không số");
        assert_eq!(number("000123/QĐ-UBND"), "123/QĐ-UBND");
        assert_eq!(number("\u{200b} "), "");
    }

    #[test]
    fn terms_are_two_years() {
        for same in ["2025-2030", "2025 - 2030", "2025–2030", "\u{200b}2025\u{a0}—\u{a0}2030 "] {
            assert_eq!(term(same).as_deref(), Ok("2025-2030"), "{same:?}");
        }
        for wrong in ["", "xyz", "2025", "2030-2025", "2025-2025", "25-30", "2025-2030-2035", "1900-2030"] {
            assert_eq!(term(wrong), Err(BadTerm), "{wrong}");
        }
    }

    #[test]
    fn codes_survive_spreadsheets_or_are_refused() {
        for same in [
            "16681",
            "\u{200b}16681",
            " 16681\u{a0}",
            "16681.0",
            "=\"16681\"",
            "'16681",
            "\"16681\"",
            "１６６８１",
        ] {
            assert_eq!(code(same).as_deref(), Ok("16681"), "{same:?}");
        }
        for own in ["A27.01", "H40", "40", "x-1", "ĐU/2", "2E4", "01.1"] {
            assert_eq!(code(own).as_deref(), Ok(own));
        }
        assert_eq!(code("1.67E+04"), Err(BadCode::Rounded));
        assert_eq!(code("1,67E+04"), Err(BadCode::Rounded));
        assert_eq!(code("\u{200b}'"), Err(BadCode::Empty));
        assert_eq!(code("16 681"), Err(BadCode::Letter(' ')));
        assert_eq!(code("16681;40"), Err(BadCode::Letter(';')));
        assert_eq!(code(&"1".repeat(limits::CODE + 1)), Err(BadCode::TooLong));
    }

    #[test]
    fn accounts_are_named_without_regard_to_case() {
        assert_eq!(account(" Lanhdao\u{200b}"), "lanhdao");
        assert_eq!(account("LÃNHĐẠO"), account("la\u{303}nhđa\u{323}o"));
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        for same in [
            "2026-01-05",
            "5/1/2026",
            "05/01/2026",
            "5-1-2026",
            "5.1.2026",
            "2026–01–05",
            " 5 / 1 / 2026 ",
            "2026-1-5",
        ] {
            assert_eq!(day(same).unwrap().to_string(), "2026-01-05", "{same:?}");
        }
        for wrong in
            ["", "5/1/26", "13/13/2026", "2026-02-30", "2026/05", "5/1/2026/1", "5/1/202a", "005/1/2026"]
        {
            assert_eq!(day(wrong), Err(BadDate), "{wrong}");
        }
        assert_eq!(due("5/1/2026").as_deref(), Ok("2026-01-05"));
        assert_eq!(due("2026-01-05T10:00:00+07:00 ").as_deref(), Ok("2026-01-05T10:00:00+07:00"));
        assert_eq!((due(" \u{200b}"), due("mai")), (Ok(String::new()), Err(BadDate)));
    }

    proptest! {
        #[test]
        fn what_is_in_its_form_stays(text in "\\PC{0,20}|[0-9 \u{a0}–-]{0,5}[-/A-Za-zĐđ. ]{0,12}") {
            prop_assert_eq!(plain(&plain(&text)), plain(&text));
            prop_assert_eq!(number(&number(&text)), number(&text));
            prop_assert_eq!(number_key(&number(&text)), number_key(&text));
            prop_assert_eq!(account(&account(&text)), account(&text));
            if let Ok(code) = code(&text) {
                prop_assert_eq!(super::code(&code), Ok(code));
            }
            if let Ok(term) = term(&text) {
                prop_assert_eq!(super::term(&term), Ok(term));
            }
        }
    }
}

//! A sheet of paper that holds a part of an office's recovery key: lines of text, each with four check letters.
//!
//! ```text
//! TRUC-R1 2/3 00007 check                     version 1, sheet 2 of 3, set 7
//! 0198c0de-0000-7000-8000-000000000002 check  the office
//! 48213 90077 check                           the first digits of the fingerprint of the public recovery key
//! 13 groups of four letters, check            a value of 32 bytes in the alphabet of enrolment codes; for three people
//!                                             one for each of the other two, in the order of their sheets
//! ```
//!
//! The check letters are the first four of SHA-256("truc/sheet/1\0" || this line and all before it, each as it is read
//! and without its check, with a line feed behind it).

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::hybrid::Secret;
use crate::code::{self, BASE32};
use crate::id::OfficeId;
use crate::limits;

const CHECK_DOMAIN: &[u8] = b"truc/sheet/1\0";
const MARK: &str = "TRUCR";
const VERSION: char = '1';
/// Symbols of a value of 32 bytes.
const VALUE: usize = 52;
/// Letters in a group, and of a check.
const GROUP: usize = 4;

/// How many people hold sheets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Persons {
    /// One person, whose sheet is enough.
    One = 1,
    /// Two, who are needed both.
    Two = 2,
    /// Three, of whom any two are enough.
    Three = 3,
}

impl Persons {
    fn of(sheets: u8) -> Option<Self> {
        [Self::One, Self::Two, Self::Three].into_iter().find(|persons| *persons as u8 == sheets)
    }

    /// How many of the sheets are needed.
    pub fn needed(self) -> usize {
        if self == Self::One { 1 } else { 2 }
    }

    /// Values on each sheet.
    fn values(self) -> usize {
        if self == Self::Three { 2 } else { 1 }
    }
}

/// One sheet.
#[derive(Clone)]
pub struct Sheet {
    /// The office whose keys it helps to recover.
    pub office: OfficeId,
    /// Number of the set: sheets of different sets do not fit together.
    pub set: u16,
    /// Number of the sheet in its set, from 1.
    pub number: u8,
    /// Who else has one.
    pub persons: Persons,
    /// The first two groups of the fingerprint of the public recovery key.
    pub fingerprint: String,
    pub(super) values: Vec<Secret>,
}

/// The values stay out of logs.
impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sheet({} of {:?}, set {}, office {})", self.number, self.persons, self.set, self.office)
    }
}

/// Why a text is not a sheet that can be used. Lines count from 1, as they are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SheetError {
    /// Another text.
    #[error("this is not a recovery sheet")]
    NotASheet,
    /// A sheet of a newer format than this program knows.
    #[error("this recovery sheet needs a newer version of the program")]
    Newer,
    /// The first line that is wrong: a character is missing, added or wrong in it, or it is of another sheet.
    #[error("line {0} of the recovery sheet is wrong: a character is missing, added or wrong in it")]
    Line(usize),
}

impl Sheet {
    /// The text for paper.
    pub fn to_text(&self) -> Zeroizing<String> {
        let Self { office, set, number, persons, fingerprint, values } = self;
        let head = format!("TRUC-R{VERSION} {number}/{} {set:05}", *persons as u8);
        let mut check = Check::new();
        let mut text = Zeroizing::new(String::with_capacity(limits::SHEET_TEXT));
        let mut line = |line: &str| {
            text.push_str(line);
            text.push(' ');
            text.push_str(&check.of(&read(line)));
            text.push('\n');
        };
        line(&head);
        line(&office.to_string());
        line(fingerprint);
        for value in values {
            let symbols = Zeroizing::new(BASE32.encode(&**value));
            let mut groups = Zeroizing::new(String::with_capacity(2 * VALUE));
            for (at, symbol) in symbols.chars().enumerate() {
                if at > 0 && at % GROUP == 0 {
                    groups.push(' ');
                }
                groups.push(symbol);
            }
            line(&groups);
        }
        text
    }

    /// Reads what a person typed: letter case, spaces, hyphens, line ends, O for 0, I or L for 1 do not matter.
    pub fn from_text(text: &str) -> Result<Self, SheetError> {
        if text.len() > limits::SHEET_TEXT {
            return Err(SheetError::NotASheet);
        }
        let typed = read(text);
        let rest = typed.strip_prefix(MARK).ok_or(SheetError::NotASheet)?;
        match rest.chars().next() {
            Some(VERSION) => {}
            Some('2'..='9') => return Err(SheetError::Newer),
            _ => return Err(SheetError::NotASheet),
        }
        let mut lines = Lines { rest: typed.as_bytes(), number: 0, check: Check::new() };
        let head = lines.next(MARK.len() + 1 + 2 + 5, |head| {
            let (number, of, set) = (&head[6..7], &head[7..8], &head[8..]);
            let persons = Persons::of(of.parse().ok()?)?;
            let number = number.parse().ok().filter(|number| (1..=persons as u8).contains(number))?;
            Some((number, persons, set.parse().ok()?))
        })?;
        let (number, persons, set) = head;
        let office = lines.next(32, |office| Uuid::try_parse(office).ok().map(OfficeId))?;
        let fingerprint = lines.next(10, |digits| {
            digits
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| format!("{} {}", &digits[..5], &digits[5..]))
        })?;
        let mut values = Vec::new();
        for _ in 0..persons.values() {
            values.push(lines.next(VALUE, |value| {
                let bytes = Zeroizing::new(BASE32.decode(value.as_bytes()).ok()?);
                bytes.as_slice().try_into().ok().map(Zeroizing::new)
            })?);
        }
        lines.end()?;
        Ok(Self { office, set, number, persons, fingerprint, values })
    }
}

/// What is read of a text: as of an enrolment code, and without the stroke in "2/3".
fn read(text: &str) -> Zeroizing<String> {
    code::typed(&text.replace('/', " "))
}

/// The lines of a sheet, which are told apart by their lengths: whoever types one may break it where he likes.
struct Lines<'t> {
    rest: &'t [u8],
    /// Number of the line that was read last.
    number: usize,
    check: Check,
}

impl Lines<'_> {
    /// What the next line, of so many symbols and its check, says.
    fn next<T>(&mut self, symbols: usize, meaning: impl FnOnce(&str) -> Option<T>) -> Result<T, SheetError> {
        self.number += 1;
        let wrong = SheetError::Line(self.number);
        let (line, rest) = self.rest.split_at_checked(symbols).ok_or(wrong)?;
        let (check, rest) = rest.split_at_checked(GROUP).ok_or(wrong)?;
        self.rest = rest;
        let line = std::str::from_utf8(line).ok().filter(|line| line.is_ascii()).ok_or(wrong)?;
        if self.check.of(line).as_bytes() != check {
            return Err(wrong);
        }
        meaning(line).ok_or(wrong)
    }

    fn end(&self) -> Result<(), SheetError> {
        if self.rest.is_empty() { Ok(()) } else { Err(SheetError::Line(self.number)) }
    }
}

/// Makes the check letters, line by line.
struct Check(Sha256);

impl Check {
    fn new() -> Self {
        Self(Sha256::new_with_prefix(CHECK_DOMAIN))
    }

    /// The check letters of the next line.
    fn of(&mut self, line: &str) -> String {
        self.0.update(line);
        self.0.update(b"\n");
        let mut letters = BASE32.encode(&self.0.clone().finalize());
        letters.truncate(GROUP);
        letters
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{RecoveryKey, sheets};
    use super::*;

    const ALL: [Persons; 3] = [Persons::One, Persons::Two, Persons::Three];

    fn office() -> OfficeId {
        "0198c0de-0000-7000-8000-000000000002".parse().unwrap()
    }

    fn key(seed: u8) -> RecoveryKey {
        RecoveryKey::new(Zeroizing::new([seed; 32]))
    }

    fn set(seed: u8, persons: Persons) -> Vec<Sheet> {
        let random = Zeroizing::new([[seed + 1; 32], [seed + 2; 32], [seed + 3; 32]]);
        sheets(&key(seed), office(), 7, persons, &random)
    }

    #[test]
    fn a_sloppy_hand_is_forgiven() {
        let text = set(40, Persons::Three)[1].to_text();
        for typed in [
            text.to_lowercase(),
            text.replace(' ', ""),
            text.replace('\n', " "),
            text.replace(' ', "\n"),
            text.replace('0', "o").replace('1', "l"),
            text.replace('1', "I"),
            text.replace('-', "–"),
            text.replace('/', ""),
            format!("\r\n {}\r\n\r\n", text.replace('\n', "\r\n")),
        ] {
            let sheet = Sheet::from_text(&typed).unwrap();
            assert_eq!(*sheet.to_text(), *text, "{typed}");
        }
    }

    #[test]
    fn what_is_not_a_sheet_is_told_apart_from_a_damaged_one() {
        let text = set(40, Persons::Three)[1].to_text();
        let lines: Vec<&str> = text.lines().collect();
        let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n");
        for (typed, error) in [
            (String::new(), SheetError::NotASheet),
            ("xin chào".into(), SheetError::NotASheet),
            ("TRUC1-00000".into(), SheetError::NotASheet),
            ("TRUC-R".into(), SheetError::NotASheet),
            ("TRUC-R2 1/1".into(), SheetError::Newer),
            ("TRUC-R1".into(), SheetError::Line(1)),
            ("TRUC-R1 Ơ".repeat(9), SheetError::Line(1)),
            (text.repeat(9), SheetError::NotASheet),
            (without(0), SheetError::NotASheet),
            (without(1), SheetError::Line(2)),
            (without(2), SheetError::Line(3)),
            (without(3), SheetError::Line(4)),
            (without(4), SheetError::Line(5)),
            (format!("{} 0", *text), SheetError::Line(5)),
            (text.replace(lines[3], lines[4]), SheetError::Line(4)),
        ] {
            assert_eq!(Sheet::from_text(&typed).err(), Some(error), "{typed}");
        }
        for (head, line) in [("0/3 00007", 1), ("4/3 00007", 1), ("1/4 00007", 1), ("1/3 65536", 1)] {
            let mut check = Check::new();
            let head = format!("TRUC-R1 {head}");
            let letters = check.of(&read(&head));
            assert_eq!(Sheet::from_text(&format!("{head} {letters}")).err(), Some(SheetError::Line(line)));
        }
    }

    #[test]
    fn values_stay_out_of_logs() {
        let shown = format!("{:?} {:?}", set(40, Persons::Three), key(40));
        assert!(
            !shown.contains("40, 40") && !shown.contains("41, 41") && !shown.contains("value"),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn any_one_changed_character_is_noticed_in_its_line(
            persons in prop::sample::select(ALL.as_slice()), at: prop::sample::Index, with in "[0-9A-Za-z]",
        ) {
            let text = set(40, persons)[0].to_text();
            let at = at.index(text.len());
            prop_assume!(text.as_bytes()[at].is_ascii_alphanumeric());
            let mut changed = text.to_string();
            changed.replace_range(at..=at, &with);
            prop_assume!(*read(&changed) != *read(&text));
            let line = text[..at].matches('\n').count() + 1;
            let error = Sheet::from_text(&changed).err();
            let mark = line == 1 && matches!(error, Some(SheetError::NotASheet | SheetError::Newer));
            prop_assert!(mark || error == Some(SheetError::Line(line)), "{error:?}");
        }

        #[test]
        fn any_missing_character_is_noticed_in_its_line(
            persons in prop::sample::select(ALL.as_slice()), at: prop::sample::Index,
        ) {
            let text = set(40, persons)[0].to_text();
            let at = at.index(text.len());
            prop_assume!(text.as_bytes()[at].is_ascii_alphanumeric());
            let line = text[..at].matches('\n').count() + 1;
            let mut changed = text.to_string();
            changed.remove(at);
            // Two alike side by side at the end of a line: the next line is the first that differs.
            prop_assume!(text[at..].chars().next() != text[at + 1..].trim_start().chars().next());
            let error = Sheet::from_text(&changed).err();
            let mark = line == 1 && error == Some(SheetError::NotASheet);
            prop_assert!(mark || error == Some(SheetError::Line(line)), "{error:?}");
        }

        #[test]
        fn reading_never_panics(text in "(TRUC-R1)?\\PC{0,300}") {
            let _ = Sheet::from_text(&text);
        }
    }
}

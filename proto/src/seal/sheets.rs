//! Sheets of paper that hold an office's recovery key: one person alone, two together, or any two of three.
//!
//! Two values hide the key when it is one XOR the other and one is random: either alone tells nothing. For three people
//! each pair has two such values of its own, so everybody has two. A sheet is lines of text, each with four check letters:
//!
//! ```text
//! TRUC-R1 2/3 00007 check                    version 1, sheet 2 of 3, set 7
//! 0198c0de-0000-7000-8000-000000000002 check the office
//! 48213 90077 check                          the first digits of the fingerprint of the public recovery key
//! 13 groups of four letters, check           a value of 32 bytes in the alphabet of enrolment codes; for three people one
//!                                            for each of the other two, in the order of their sheets
//! ```
//!
//! The check letters are the first four of SHA-256("truc/sheet/1\0" || this line and all before it, each as it is read and
//! without its check, with a line feed behind it).

use std::collections::HashSet;
use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::hybrid::Secret;
use super::recovery::RecoveryKey;
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
    values: Vec<Secret>,
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

/// Why sheets give no recovery key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SheetsError {
    /// There are fewer than the set needs.
    #[error("{0} recovery sheets are needed")]
    Few(usize),
    /// The sheet with this number is of another office, set or recovery key than the first one.
    #[error("recovery sheet {0} is of another set than the first one")]
    Mixed(u8),
    /// The sheet with this number is there twice.
    #[error("recovery sheet {0} is there twice")]
    Twice(u8),
    /// These two give another key than the one whose digits stand on them.
    #[error("recovery sheets {0} and {1} give another key than the one whose digits stand on them")]
    Wrong(u8, u8),
}

/// The sheets of a set. `set`: a number that the office has not used before. `random`: 96 random bytes.
pub fn sheets(
    key: &RecoveryKey,
    office: OfficeId,
    set: u16,
    persons: Persons,
    random: &Zeroizing<[[u8; 32]; 3]>,
) -> Vec<Sheet> {
    let count = persons as u8;
    let mut values = vec![Vec::new(); usize::from(count)];
    if persons == Persons::One {
        values[0].push(key.bytes());
    }
    for ((first, second), random) in pairs(count).zip(random.iter()) {
        // The pairs come in an order in which each sheet gets its values in the order of the others' numbers.
        values[first].push(Zeroizing::new(*random));
        values[second].push(xor(&key.bytes(), random));
    }
    let fingerprint = key.public().fingerprint(2);
    (1..)
        .zip(values)
        .map(|(number, values)| Sheet {
            office,
            set,
            number,
            persons,
            fingerprint: fingerprint.clone(),
            values,
        })
        .collect()
}

/// All pairs of so many sheets, counted from 0.
fn pairs(count: u8) -> impl Iterator<Item = (usize, usize)> {
    let count = usize::from(count);
    (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
}

fn xor(one: &[u8; 32], other: &[u8; 32]) -> Secret {
    let mut both = Zeroizing::new(*one);
    both.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    both
}

/// The recovery key that sheets hold. If there are more than are needed, all must give it.
pub fn put_together(sheets: &[Sheet]) -> Result<RecoveryKey, SheetsError> {
    let first = sheets.first().ok_or(SheetsError::Few(1))?;
    let set = |sheet: &Sheet| (sheet.office, sheet.set, sheet.persons, sheet.fingerprint.clone());
    if let Some(other) = sheets.iter().find(|sheet| set(sheet) != set(first)) {
        return Err(SheetsError::Mixed(other.number));
    }
    let mut seen = HashSet::new();
    if let Some(again) = sheets.iter().find(|sheet| !seen.insert(sheet.number)) {
        return Err(SheetsError::Twice(again.number));
    }
    let right = |key: &RecoveryKey| key.public().fingerprint(2) == first.fingerprint;
    if first.persons == Persons::One {
        let key = RecoveryKey::new(first.values[0].clone());
        return if right(&key) { Ok(key) } else { Err(SheetsError::Wrong(1, 1)) };
    }
    let mut key = Err(SheetsError::Few(first.persons.needed()));
    for (one, other) in pairs(sheets.len() as u8) {
        let (one, other) = (&sheets[one], &sheets[other]);
        let together = RecoveryKey::new(xor(one.for_other(other), other.for_other(one)));
        if !right(&together) {
            return Err(SheetsError::Wrong(one.number, other.number));
        }
        key = Ok(together);
    }
    key
}

impl Sheet {
    /// The value for another sheet of the same set.
    fn for_other(&self, other: &Sheet) -> &Secret {
        let before = usize::from(other.number) - 1;
        &self.values[if other.number > self.number { before - 1 } else { before }]
    }

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

    fn typed(sheets: &[&Sheet]) -> Result<[u8; 32], SheetsError> {
        let read: Vec<_> = sheets.iter().map(|sheet| Sheet::from_text(&sheet.to_text()).unwrap()).collect();
        put_together(&read).map(|key| *key.bytes())
    }

    #[test]
    fn enough_sheets_give_the_key_and_fewer_nothing() {
        let right = Ok(*key(40).bytes());
        let one = set(40, Persons::One);
        assert_eq!(typed(&[&one[0]]), right);
        let two = set(40, Persons::Two);
        assert_eq!(typed(&[&two[0], &two[1]]), right);
        assert_eq!(typed(&[&two[1], &two[0]]), right);
        let three = set(40, Persons::Three);
        for (one, other) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            assert_eq!(typed(&[&three[one], &three[other]]), right, "{one} {other}");
        }
        assert_eq!(typed(&[&three[2], &three[0], &three[1]]), right);
        for sheets in [&two, &three] {
            for sheet in sheets {
                assert_eq!(typed(&[sheet]), Err(SheetsError::Few(2)));
                assert!(sheet.values.iter().all(|value| **value != *key(40).bytes()));
            }
        }
        assert_eq!(typed(&[]), Err(SheetsError::Few(1)));
        let values: HashSet<_> = three.iter().flat_map(|sheet| &sheet.values).map(|value| **value).collect();
        assert_eq!(values.len(), 6, "each pair has values of its own");
    }

    #[test]
    fn sheets_of_two_sets_are_told_apart() {
        let sheets = set(40, Persons::Three);
        let renewed = super::sheets(&key(40), office(), 8, Persons::Three, &Zeroizing::new([[9; 32]; 3]));
        let others = [
            set(50, Persons::Three)[1].clone(),
            set(40, Persons::Two)[1].clone(),
            renewed[1].clone(),
            Sheet { office: OfficeId(Uuid::from_u128(5)), ..sheets[1].clone() },
        ];
        for other in &others {
            assert_eq!(typed(&[&sheets[0], other]), Err(SheetsError::Mixed(2)), "{other:?}");
            assert_eq!(typed(&[&sheets[0], &sheets[2], other]), Err(SheetsError::Mixed(2)), "{other:?}");
        }
        assert_eq!(typed(&[&sheets[1], &sheets[1]]), Err(SheetsError::Twice(2)));
        // Values of another set under the head of this one.
        let false_one = Sheet { values: renewed[2].values.clone(), ..sheets[2].clone() };
        assert_eq!(typed(&[&sheets[0], &false_one]), Err(SheetsError::Wrong(1, 3)));
        assert_eq!(typed(&[&sheets[0], &sheets[1], &false_one]), Err(SheetsError::Wrong(1, 3)));
        let one = set(40, Persons::One).remove(0);
        let false_one = Sheet { values: renewed[2].values[..1].to_vec(), ..one };
        assert_eq!(typed(&[&false_one]), Err(SheetsError::Wrong(1, 1)));
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

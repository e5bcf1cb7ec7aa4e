//! The recovery key, split into sheets and put together again: one person alone, two together, or any two of three.
//!
//! Two values hide the key when one is random and the other is the key XOR the first: either alone tells nothing. For
//! three people each pair has two such values of its own, so everybody has two.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::hybrid::Secret;
use super::recovery::RecoveryKey;
use super::sheet::{Persons, Sheet};
use crate::id::OfficeId;

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
        let together = RecoveryKey::new(xor(value(one, other), value(other, one)));
        if !right(&together) {
            return Err(SheetsError::Wrong(one.number, other.number));
        }
        key = Ok(together);
    }
    key
}

/// The value on a sheet for another sheet of the same set.
fn value<'s>(sheet: &'s Sheet, other: &Sheet) -> &'s Secret {
    let before = usize::from(other.number) - 1;
    &sheet.values[if other.number > sheet.number { before - 1 } else { before }]
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

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
}

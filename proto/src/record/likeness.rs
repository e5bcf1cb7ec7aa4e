//! Whether a text names who denounced, asked without knowing who it is: of name and address no more is kept beside the
//! petition than how long they are and what they hash to. It is a help to whoever writes, and no proof: of a name that is
//! written otherwise nothing is found.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::identifier;
use crate::vietnamese::fold;

/// What tells two hashes of other things apart.
const DOMAIN: &[u8] = b"truc/likeness/1\0";
/// Bytes of the hash that are kept.
const BYTES: usize = 16;
/// Shorter names and addresses are in every text, and are not looked for.
const SHORTEST: usize = 4;

/// A name or an address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Likeness {
    letters: usize,
    hash: [u8; BYTES],
}

/// The letters of a text, in one form: no marks, no capitals, nothing between the words.
fn letters(text: &str) -> Vec<char> {
    fold(&identifier::plain(text)).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn hash(letters: &[char]) -> [u8; BYTES] {
    let text: String = letters.iter().collect();
    let whole = Sha256::new().chain_update(DOMAIN).chain_update(text.as_bytes()).finalize();
    std::array::from_fn(|at| whole[at])
}

impl Likeness {
    /// Of a name or an address; none: it is too short to be looked for.
    pub fn of(text: &str) -> Option<Self> {
        let letters = letters(text);
        (letters.len() >= SHORTEST).then(|| Self { letters: letters.len(), hash: hash(&letters) })
    }

    /// Whether a text contains it.
    pub fn is_in(&self, text: &str) -> bool {
        letters(text).windows(self.letters).any(|window| hash(window) == self.hash)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let name = Likeness::of("Giang Tố Thử").unwrap();
        for text in ["Bà Giang Tố Thử ở xóm 3 nêu", "bà GIANG  TO THU", "Giang-Tô\u{301}-Thử"] {
            assert!(name.is_in(text), "{text}");
        }
        assert!(!name.is_in("Nêu việc chia đất sai"));
        assert!(Likeness::of("xóm 3").unwrap().is_in("nhà ở Xóm 3"));
        assert_eq!(Likeness::of(" x "), None);
    }
}

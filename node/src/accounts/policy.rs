//! Password rules, as data.
//!
//! OWASP ASVS 5.0 (6.2) and TCVN 14423 differ: ASVS forbids composition rules and forced changes; TCVN asks for 8
//! characters with a second factor, and otherwise for 14 of four classes. The rules here ask for length: 12 without a
//! second factor, no classes, no periodic change, no common password.

use std::collections::HashSet;
use std::sync::LazyLock;

use truc_proto::vietnamese::fold;

use crate::words::failure::{ExitCode, Failure};

/// Rules for passwords.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passwords {
    /// Minimum length in characters for accounts with a second factor (ASVS 6.2.1: at least 8).
    pub least_with_second_factor: usize,
    /// Minimum length in characters without a second factor.
    pub least: usize,
    /// Maximum length in characters (ASVS 6.2.9: at least 64 must be allowed); longer ones would only cost hashing
    /// time.
    pub most: usize,
    /// Whether common passwords are allowed (ASVS 6.2.4).
    pub common: bool,
    /// Whether it may contain the account's name, if the name has at least three characters.
    pub name: bool,
}

/// The rules in force.
pub const PASSWORDS: Passwords =
    Passwords { least_with_second_factor: 8, least: 12, most: 256, common: false, name: false };

/// Shortest name that is searched for in a password: shorter ones occur by chance.
const NAME: usize = 3;

/// Common passwords, one per line, lower case, without marks; includes Vietnamese ones.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Fails if the rules forbid this password for the account `name`.
pub fn check(rules: &Passwords, name: &str, password: &str, second_factor: bool) -> Result<(), Failure> {
    let characters = password.chars().count();
    let least = if second_factor { rules.least_with_second_factor } else { rules.least };
    if characters < least {
        return Err(Failure::new(ExitCode::Input, "password-short").with("least", least));
    }
    if characters > rules.most {
        return Err(Failure::new(ExitCode::Input, "password-long").with("most", rules.most));
    }
    let folded = fold(password);
    if !rules.common && is_common(&folded) {
        return Err(Failure::new(ExitCode::Input, "password-common"));
    }
    if !rules.name && name.len() >= NAME && folded.contains(name) {
        return Err(Failure::new(ExitCode::Input, "password-name"));
    }
    Ok(())
}

/// Whether a password is in [`COMMON`], also written twice or with digits and signs around it; or consists only of
/// digits (dates, phone and identity numbers) or of one repeated letter.
fn is_common(folded: &str) -> bool {
    let joined: String = folded.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let core = joined.trim_matches(|letter: char| letter.is_ascii_digit());
    let half = &joined[..joined.len() / 2];
    let twice =
        joined.is_char_boundary(joined.len() / 2) && !half.is_empty() && joined[half.len()..] == *half;
    let first = folded.chars().next();
    let digits = !joined.is_empty() && core.is_empty();
    [folded, &joined, core].into_iter().any(|form| COMMON.contains(form))
        || twice && COMMON.contains(half)
        || digits
        || folded.chars().all(|letter| Some(letter) == first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(password: &str, second_factor: bool) -> String {
        let checked = check(&PASSWORDS, "nva.vp", password, second_factor);
        checked.map_or_else(|failure| failure.key.into_owned(), |()| String::new())
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(refused("ngựa vằn ăn", false), "password-short", "eleven letters of fifteen bytes");
        assert_eq!(refused("ngựa vằn ăn cỏ", false), "");
        assert_eq!(refused("ngựa vằn", true), "");
        assert_eq!(refused("ngựa vằ", true), "password-short");
        let long = "một hai ba ".repeat(30);
        assert_eq!(refused(&long.chars().take(256).collect::<String>(), false), "");
        assert_eq!(refused(&long.chars().take(257).collect::<String>(), false), "password-long");
        assert_eq!(refused("💧🔥🌱🪨🌙⭐🌊🍃🌾🐟🐃🏯", false), "", "any characters");
    }

    #[test]
    fn what_many_have_is_refused_in_its_usual_disguises() {
        for common in [
            "123456789012",
            "password12345",
            "Password@2026",
            "matkhau123456",
            "Mật khẩu 2026!",
            "anhyeuem123456",
            "qwertyqwerty",
            "aaaaaaaaaaaaa",
            "😀😀😀😀😀😀😀😀😀😀😀😀",
            "0912 345 678 9",
            "VanPhong@2026",
        ] {
            assert_eq!(refused(common, false), "password-common", "{common}");
        }
        assert_eq!(refused("iloveyou", true), "password-common");
        assert_eq!(refused("cá lóc nướng trui", false), "");
    }

    #[test]
    fn it_does_not_contain_the_name() {
        assert_eq!(refused("xin NVA.vp chào", false), "password-name");
        assert_eq!(refused("xin nva vp chào", false), "");
        assert!(check(&PASSWORDS, "vt", "xin chào vt nhé anh", false).is_ok(), "two letters stand anywhere");
    }

    #[test]
    fn the_list_is_as_it_is_compared() {
        assert!(COMMON.len() >= 2900, "{}", COMMON.len());
        for word in COMMON.iter() {
            assert_eq!(fold(word), *word);
            assert!(!word.is_empty() && *word == word.trim(), "{word:?}");
        }
    }
}

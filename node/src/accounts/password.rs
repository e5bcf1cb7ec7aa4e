//! Password hashes: Argon2id, with the parameters inside the hash.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use icu_normalizer::DecomposingNormalizerBorrowed;
use truc_proto::vietnamese::is_marked;
use zeroize::Zeroizing;

use crate::identity::keys;
use crate::words::failure::{ExitCode, Failure};

/// Blocks that are asked of the system for a hash, 34 MiB, of which a hash touches 19. glibc gives what is freed below
/// 32 MiB back to the thread that asked for it and not to the system: each thread that ever hashed would keep 19 MiB.
/// What is larger goes back at once, and what is not touched takes no memory.
const ASKED: usize = 34 * 1024;

/// Hash to compare with when there is no account: the work takes equally long and no password matches. Its parameters
/// equal those of [`hash`], which a test checks.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password with a new salt: Argon2id, 19 MiB, two passes, one lane. These are the library's defaults and
/// those of the OWASP Password Storage Cheat Sheet.
pub(super) fn hash(password: &str) -> Result<String, Failure> {
    let odd = |error: argon2::password_hash::Error| {
        Failure::new(ExitCode::Unexpected, "password-hash").because(error)
    };
    let (params, salt) = (Params::default(), keys::random::<16>()?);
    let salt = Salt::new(&salt).map_err(|error| odd(error.into()))?;
    let with = (Algorithm::default(), Version::default(), &params);
    let output = filled(with, password, &salt).map_err(odd)?;
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&params).map_err(odd)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// The hash of a password, made in memory that goes back to the system.
fn filled(
    (algorithm, version, params): (Algorithm, Version, &Params),
    password: &str,
    salt: &[u8],
) -> Result<Output, argon2::password_hash::Error> {
    let count = params.block_count();
    let mut blocks = Vec::with_capacity(count.max(ASKED));
    blocks.resize(count, Block::new());
    let mut bytes = Zeroizing::new([0; Output::MAX_LENGTH]);
    let bytes = &mut bytes[..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    let argon = Argon2::new(algorithm, version, params.clone());
    argon.hash_password_into_with_memory(normal(password).as_bytes(), salt, bytes, &mut blocks)?;
    Ok(Output::new(bytes)?)
}

/// Whether a password matches a hash. Without a hash the same work is done, and the answer is no: the time does not
/// show whether an account exists.
pub(super) fn fits(password: &str, hash: Option<&str>) -> bool {
    #[cfg(test)]
    work::DONE.set(work::DONE.get() + 1);
    let work = || -> Option<bool> {
        let parsed = PasswordHash::new(hash.unwrap_or(NOBODY)).ok()?;
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).ok()?;
        let version = Version::try_from(parsed.version?).ok()?;
        let params = Params::try_from(&parsed).ok()?;
        let made = filled((algorithm, version, &params), password, parsed.salt.as_ref()?).ok()?;
        // The comparison takes as long whatever is wrong.
        Some(made == parsed.hash?)
    };
    work() == Some(true) && hash.is_some()
}

/// Decomposes the password, because keyboards and systems differ in how they compose letters such as `ậ`. Letters of Vietnamese come apart (NFD),
/// all others stay as they were typed: so the hashes that are kept were made.
fn normal(password: &str) -> Zeroizing<String> {
    let nfd = DecomposingNormalizerBorrowed::new_nfd();
    let letters: Zeroizing<Vec<char>> = Zeroizing::new(password.chars().collect());
    let mut apart = Zeroizing::new(String::with_capacity(password.len() * 3));
    for run in letters.chunk_by(|one, next| comes_apart(*one) && comes_apart(*next)) {
        if comes_apart(run[0]) {
            apart.extend(nfd.normalize_iter(run.iter().copied()));
        } else {
            apart.extend(run);
        }
    }
    apart
}

/// A letter with marks of Vietnamese, or such a mark: grave, acute, circumflex, tilde, breve, hook above, horn, dot below.
fn comes_apart(letter: char) -> bool {
    "\u{300}\u{301}\u{302}\u{303}\u{306}\u{309}\u{31b}\u{323}".contains(letter) || is_marked(letter)
}

/// Number of hashes that this thread has verified.
#[cfg(test)]
pub(super) mod work {
    use std::cell::Cell;
    thread_local! {
        pub(crate) static DONE: Cell<u32> = const { Cell::new(0) };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn letters_of_vietnamese_come_apart_as_unicode_says_and_no_others() {
        for (letter, apart) in [
            ('ậ', "a\u{323}\u{302}"),
            ('ặ', "a\u{323}\u{306}"),
            ('Ấ', "A\u{302}\u{301}"),
            ('ẵ', "a\u{306}\u{303}"),
            ('ợ', "o\u{31b}\u{323}"),
            ('Ử', "U\u{31b}\u{309}"),
            ('ỹ', "y\u{303}"),
        ] {
            assert_eq!(*normal(&letter.to_string()), apart, "{letter}");
        }
        for letter in "đöñîûİ\u{212a}한\u{308}".chars() {
            assert_eq!(*normal(&letter.to_string()), letter.to_string());
        }
        let apart: std::collections::BTreeSet<_> = ('\0'..=char::MAX)
            .filter(|letter| comes_apart(*letter))
            .map(|letter| normal(&letter.to_string()).to_string())
            .filter(|apart| apart.chars().count() > 1)
            .collect();
        assert_eq!(apart.len(), 132, "each letter with its marks, and none comes apart as another does");
    }

    #[test]
    fn however_it_is_composed_it_comes_apart_the_same() {
        let apart = normal("Huyện ủy Kỳ Sơn; Đặng, ầy!");
        for other in [
            "Huy\u{ea}\u{323}n u\u{309}y K\u{1ef3} So\u{31b}n; Đ\u{103}\u{323}ng, \u{e2}\u{300}y!",
            "Huye\u{302}\u{323}n \u{1ee7}y Ky\u{300} Sơn; Đa\u{306}\u{323}ng, a\u{302}\u{300}y!",
            "Huy\u{1eb9}\u{302}n u\u{309}y Kỳ Sơn; Đ\u{1ea1}\u{306}ng, ầy!",
        ] {
            assert_eq!(normal(other), apart, "{other}");
        }
        assert_eq!(normal(&apart), apart);
        assert_eq!(*normal("\u{323}\u{301}x"), "\u{323}\u{301}x", "marks without a letter stay");
    }

    #[test]
    fn a_password_fits_its_own_hash_however_its_letters_are_composed() {
        let kept = hash("Mật khẩu Nghệ An").unwrap();
        assert!(fits("Mật khẩu Nghệ An", Some(&kept)));
        assert!(fits("Ma\u{323}\u{302}t khâ\u{309}u Nghe\u{302}\u{323} An", Some(&kept)));
        assert!(!fits("mật khẩu Nghệ An", Some(&kept)));
        assert!(!fits("Mat khau Nghe An", Some(&kept)));
        assert_ne!(hash("Mật khẩu Nghệ An").unwrap(), kept, "each has its own salt");
        assert!(!fits("x", Some("no hash")));
    }

    #[test]
    fn nobody_has_a_hash_of_the_same_cost_and_no_password() {
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODY), cost(&hash("x").unwrap()));
        assert_eq!(cost(NOBODY), "$argon2id$v=19$m=19456,t=2,p=1");
        assert!(PasswordHash::new(NOBODY).is_ok(), "otherwise no work would be done");
        assert!(!fits("", None));
    }
}

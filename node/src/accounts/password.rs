//! Password hashes: Argon2id, with the parameters inside the hash.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use truc_proto::vietnamese;
use zeroize::Zeroizing;

use crate::words::failure::{ExitCode, Failure};

/// Hash to compare with when there is no account: the work takes equally long and no password matches. Its parameters
/// equal those of [`hash`], which a test checks.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password with a new salt: Argon2id, 19 MiB, two passes, one lane. These are the library's defaults and
/// those of the OWASP Password Storage Cheat Sheet.
pub(super) fn hash(password: &str) -> Result<String, Failure> {
    let hashed = Argon2::default().hash_password(normal(password).as_bytes());
    let odd = |error| Failure::new(ExitCode::Unexpected, "password-hash").because(error);
    hashed.map(|hash| hash.to_string()).map_err(odd)
}

/// Whether a password matches a hash. Without a hash the same work is done, and the answer is no: the time does not
/// show whether an account exists.
pub(super) fn fits(password: &str, hash: Option<&str>) -> bool {
    #[cfg(test)]
    work::DONE.set(work::DONE.get() + 1);
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY));
    let verified =
        parsed.map(|parsed| Argon2::default().verify_password(normal(password).as_bytes(), &parsed));
    hash.is_some() && matches!(verified, Ok(Ok(())))
}

/// Decomposes the password, because keyboards and systems differ in how they compose letters such as `ậ`.
fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(vietnamese::decompose(password))
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

//! Values that must not appear in logs: session tokens, generated passwords.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::identity::keys;
use crate::words::failure::Failure;

const CSRF_DOMAIN: &[u8] = b"truc/csrf/1\0";
/// Crockford's alphabet in lower case: no two letters look alike.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 256 random bits that identify a session or a pending login (ASVS 5.0, 7.2.3). Only their SHA-256 is stored, so
/// nobody can sign in with what a stolen store holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self(keys::random()?))
    }

    /// The SHA-256 under which the token is stored.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The session's token against cross-site request forgery; derived from this token, not stored.
    pub(super) fn csrf(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(CSRF_DOMAIN);
        hasher.update(self.0);
        BASE64URL_NOPAD.encode(&hasher.finalize())
    }
}

/// As in the cookie: base64url without padding, 43 characters.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for Token {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NotAToken)?;
        bytes.try_into().map(Self).map_err(|_| NotAToken)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

/// A login whose password was right and whose second factor is still missing. Its text form is carried by the login
/// page's form or cookie; it gives no access by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pending(pub(super) Token);

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Pending {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        text.parse().map(Self)
    }
}

/// A secret to be shown to a person once; zeroized when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret as text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Generates a secret that people can read out and type: groups of four letters, five bits each.
pub(super) fn readable(groups: usize) -> Result<Secret, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(groups * 5));
    for group in 0..groups {
        if group > 0 {
            text.push('-');
        }
        let random: Zeroizing<[u8; 4]> = Zeroizing::new(keys::random()?);
        text.extend(random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])));
    }
    Ok(Secret(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tokens_come_back_from_text_and_do_not_show() {
        let token = Token::new().unwrap();
        let text = token.to_string();
        assert_eq!(text.len(), 43);
        assert_eq!(text.parse(), Ok(token.clone()));
        assert_eq!(text.parse(), Ok(Pending(token.clone())));
        assert_ne!(Token::new().unwrap(), token);
        assert_eq!("abc".parse::<Token>(), Err(NotAToken));
        assert_eq!(text[..42].parse::<Token>(), Err(NotAToken));
        for shown in [format!("{token:?}"), format!("{:?}", Pending(token.clone()))] {
            assert!(!shown.contains(&text), "{shown}");
        }
        assert_ne!(token.csrf(), text);
        assert_eq!(token.csrf(), token.csrf());
    }

    #[test]
    fn readable_secrets_are_readable_and_do_not_show() {
        let secret = readable(4).unwrap();
        assert_eq!(secret.reveal().len(), 19);
        assert!(secret.reveal().bytes().all(|byte| byte == b'-' || LETTERS.contains(&byte)));
        assert_ne!(readable(4).unwrap(), secret);
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}

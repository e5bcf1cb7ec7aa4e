//! The enrolment code: what a person carries from the hub to a new machine, on paper or by telephone.
//!
//! `TRUC1`, then Crockford's base32 (no I, L, O, U) in groups of five of:
//! secret (16 bytes) | SHA-256 of the authority's certificate (32) | expiry, Unix seconds (8, big endian)
//! | address of the enrolment listener (UTF-8) | first 4 bytes of SHA-256("truc/code/1\0" | all before).

use std::fmt;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::id::Hash;
use crate::limits;

const PREFIX: &str = "TRUC";
const VERSION: char = '1';
const GROUP: usize = 5;
const CHECK_DOMAIN: &[u8] = b"truc/code/1\0";
const CHECK: usize = 4;
const FIXED: usize = 16 + 32 + 8;

/// Content of an enrolment code. At the hub, the secret stands for exactly one office.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// Shows the hub that the bearer may enrol; used once.
    pub secret: [u8; 16],
    /// SHA-256 of the authority's certificate (DER), which the machine may trust.
    pub authority: Hash,
    /// `host:port` of the hub's enrolment listener.
    pub address: String,
    /// When the code expires, Unix seconds.
    pub expires: u64,
}

/// The secret stays out of logs.
impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolmentCode")
            .field("authority", &self.authority)
            .field("address", &self.address)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Why a text is not an enrolment code that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodeError {
    /// Another text: it does not begin as a code does, or holds no address.
    #[error("this is not an enrolment code")]
    NotACode,
    /// A code of a newer format than this program knows.
    #[error("this enrolment code needs a newer version of the program")]
    Newer,
    /// A code with characters lost, added or changed.
    #[error("the enrolment code is damaged: a character is missing, added or wrong")]
    Damaged,
    /// The address is not `host:port`; only when a code is made.
    #[error("the address is not host:port")]
    Address,
}

/// Crockford's base32: 32 symbols that no hand confuses.
pub(crate) static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().expect("32 distinct ASCII symbols")
});

impl EnrolmentCode {
    /// The text for paper: upper case, groups of five.
    pub fn to_text(&self) -> Result<Zeroizing<String>, CodeError> {
        if !is_address(&self.address) {
            return Err(CodeError::Address);
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(FIXED + self.address.len() + CHECK));
        bytes.extend_from_slice(&self.secret);
        bytes.extend_from_slice(&self.authority.0);
        bytes.extend_from_slice(&self.expires.to_be_bytes());
        bytes.extend_from_slice(self.address.as_bytes());
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        let symbols = Zeroizing::new(BASE32.encode(&bytes));
        let mut text = Zeroizing::new(String::with_capacity(symbols.len() * 6 / GROUP + 16));
        text.push_str(PREFIX);
        text.push(VERSION);
        for (index, symbol) in symbols.chars().enumerate() {
            if index % GROUP == 0 {
                text.push('-');
            }
            text.push(symbol);
        }
        Ok(text)
    }

    /// Reads what a person typed: letter case, spaces, line ends, O for 0, I or L for 1 do not matter. The caller
    /// checks whether the code has expired: this crate knows no time.
    pub fn from_text(text: &str) -> Result<Self, CodeError> {
        if text.len() > limits::CODE_TEXT {
            return Err(CodeError::NotACode);
        }
        let typed = typed(text);
        let rest = typed.strip_prefix(PREFIX).ok_or(CodeError::NotACode)?;
        let symbols = match rest.chars().next() {
            Some(VERSION) => &rest[1..],
            Some('2'..='9') => return Err(CodeError::Newer),
            _ => return Err(CodeError::NotACode),
        };
        let bytes = Zeroizing::new(BASE32.decode(symbols.as_bytes()).map_err(|_| CodeError::Damaged)?);
        let (payload, check) =
            bytes.len().checked_sub(CHECK).map(|at| bytes.split_at(at)).ok_or(CodeError::Damaged)?;
        if payload.len() < FIXED || checksum(payload) != check {
            return Err(CodeError::Damaged);
        }
        let (secret, payload) = payload.split_at(16);
        let (authority, payload) = payload.split_at(32);
        let (expires, address) = payload.split_at(8);
        let address = std::str::from_utf8(address).ok().filter(|address| is_address(address));
        Ok(Self {
            secret: secret.try_into().map_err(|_| CodeError::Damaged)?,
            authority: Hash::from_slice(authority).ok_or(CodeError::Damaged)?,
            address: address.ok_or(CodeError::NotACode)?.to_owned(),
            expires: u64::from_be_bytes(expires.try_into().map_err(|_| CodeError::Damaged)?),
        })
    }
}

/// What somebody typed from paper in these symbols: upper case, without spaces, line ends and hyphens; O is 0, I and L
/// are 1.
pub(crate) fn typed(text: &str) -> Zeroizing<String> {
    let symbols = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'));
    let read = symbols.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    Zeroizing::new(read.collect())
}

fn checksum(payload: &[u8]) -> [u8; CHECK] {
    let mut hasher = Sha256::new();
    hasher.update(CHECK_DOMAIN);
    hasher.update(payload);
    let hash: [u8; 32] = hasher.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Splits `host:port`; an IPv6 host stands in brackets, which are taken off. None if the text is something else.
pub fn split_address(address: &str) -> Option<(&str, u16)> {
    if address.len() > limits::ADDRESS {
        return None;
    }
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    match host.strip_prefix('[') {
        Some(inner) => {
            let inner = inner.strip_suffix(']')?;
            inner.parse::<std::net::Ipv6Addr>().ok().map(|_| (inner, port))
        }
        None => {
            let named = !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
            named.then_some((host, port))
        }
    }
}

/// Whether a text is `host:port` as codes, certificates and configurations use it.
pub fn is_address(address: &str) -> bool {
    split_address(address).is_some()
}

/// Why nobody can reach a machine at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadAddress {
    /// It is not `host:port`.
    Form,
    /// The name has letters that names on the line do not have: it must be written as `xn--…`.
    Letters,
    /// Figures and dots that are no IP address.
    Figures,
    /// It means all addresses of a machine (`0.0.0.0`, `[::]`): a machine can listen there, nobody can call it.
    Unspecified,
}

/// Whether others may reach a machine at `host:port`, as far as the text tells.
pub fn reachable(address: &str) -> Result<(), BadAddress> {
    if !address.is_ascii() {
        return Err(BadAddress::Letters);
    }
    let (host, _) = split_address(address).ok_or(BadAddress::Form)?;
    match host.parse::<std::net::IpAddr>() {
        Ok(ip) if ip.is_unspecified() => Err(BadAddress::Unspecified),
        Ok(_) => Ok(()),
        // Resolvers take such a text for an address, each in its own way.
        Err(_) if host.rsplit('.').find(|label| !label.is_empty()).is_none_or(is_figure) => {
            Err(BadAddress::Figures)
        }
        Err(_) => Ok(()),
    }
}

fn is_figure(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_digit()) || label.starts_with("0x")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn sample() -> EnrolmentCode {
        EnrolmentCode {
            secret: [7; 16],
            authority: Hash([9; 32]),
            address: "truc.nghean.example:7444".into(),
            expires: 1_795_000_000,
        }
    }

    fn as_read(text: &str) -> String {
        text.replace(['-', ' '], "").to_uppercase().replace('O', "0").replace(['I', 'L'], "1")
    }

    #[test]
    fn the_alphabet_is_crockfords() {
        assert_eq!(BASE32.encode(&[0xff]), "ZW");
    }

    #[test]
    fn what_is_not_a_code_is_told_apart_from_a_damaged_one() {
        let text = sample().to_text().unwrap();
        assert!(text.starts_with("TRUC1-"), "{}", *text);
        for (typed, error) in [
            ("", CodeError::NotACode),
            ("xin chào", CodeError::NotACode),
            ("TRUC", CodeError::NotACode),
            ("TRUCX-00000", CodeError::NotACode),
            ("TRUC2-00000", CodeError::Newer),
            ("TRUC1", CodeError::Damaged),
            ("TRUC1-00000", CodeError::Damaged),
            (&text[..text.len() - 1], CodeError::Damaged),
            (&text[..text.len() - 6], CodeError::Damaged),
            (&format!("{}0", *text), CodeError::Damaged),
            (&text.replacen('-', "-Ơ", 2), CodeError::Damaged),
            (&"TRUC1-0".repeat(1000), CodeError::NotACode),
        ] {
            assert_eq!(EnrolmentCode::from_text(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn a_sloppy_hand_is_forgiven() {
        let text = sample().to_text().unwrap();
        for typed in [
            text.to_lowercase(),
            text.replace('-', " "),
            text.replace('-', ""),
            text.replace('0', "o").replace('1', "l"),
            text.replace('1', "I"),
            format!("  {}\r\n", text.replace('-', "–")),
        ] {
            assert_eq!(EnrolmentCode::from_text(&typed), Ok(sample()), "{typed}");
        }
    }

    #[test]
    fn an_address_is_host_and_port() {
        for good in ["10.0.0.1:1", "[::1]:7443", "hub.example:65535"] {
            assert!(is_address(good), "{good}");
        }
        assert_eq!(split_address("[::1]:7443"), Some(("::1", 7443)));
        for bad in ["", "hub", "hub:", ":1", "hub:0", "hub:65536", "::1:5x", "a/b:1", "[::1:5", "h b:1"] {
            assert!(!is_address(bad), "{bad}");
        }
        let wrong = EnrolmentCode { address: "hub".into(), ..sample() };
        assert_eq!(wrong.to_text().err(), Some(CodeError::Address));
    }

    #[test]
    fn an_address_at_which_nobody_answers_is_told() {
        for good in ["hub.example:7443", "10.0.0.1:1", "[2001:db8::1]:7443", "hub:1", "xn--tnh-2ma.vn:1"] {
            assert_eq!(reachable(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("hub", BadAddress::Form),
            ("tỉnh.vn:7443", BadAddress::Letters),
            ("0.0.0.0:7443", BadAddress::Unspecified),
            ("[::]:7443", BadAddress::Unspecified),
            ("127.1:7443", BadAddress::Figures),
            ("256.1.1.1:7443", BadAddress::Figures),
            ("hub.1:7443", BadAddress::Figures),
            ("0x7f000001:7443", BadAddress::Figures),
        ] {
            assert_eq!(reachable(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn the_secret_stays_out_of_logs() {
        let code = EnrolmentCode { secret: [201; 16], ..sample() };
        let shown = format!("{code:?}");
        assert!(!shown.contains("secret") && !shown.contains("201") && !shown.contains("c9"), "{shown}");
    }

    proptest! {
        #[test]
        fn round_trip(
            secret: [u8; 16], authority: [u8; 32], expires: u64,
            host in "[a-z0-9][a-z0-9.-]{0,60}", port in 1u16..,
        ) {
            let code = EnrolmentCode {
                secret, authority: Hash(authority), expires, address: format!("{host}:{port}"),
            };
            let text = code.to_text().unwrap();
            prop_assert_eq!(EnrolmentCode::from_text(&text), Ok(code));
        }

        #[test]
        fn any_one_changed_character_is_noticed(
            secret: [u8; 16], at: prop::sample::Index, with in "[0-9A-Za-z -]",
        ) {
            let text = EnrolmentCode { secret, ..sample() }.to_text().unwrap();
            let at = at.index(text.len());
            let mut changed = text.to_string();
            changed.replace_range(at..=at, &with);
            prop_assume!(as_read(&changed) != as_read(&text));
            prop_assert!(EnrolmentCode::from_text(&changed).is_err());
        }

        #[test]
        fn reading_never_panics(text in "(TRUC1)?\\PC{0,200}") {
            let _ = EnrolmentCode::from_text(&text);
        }
    }
}

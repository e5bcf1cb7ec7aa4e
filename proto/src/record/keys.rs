//! Kind 16: what an office says of its sealing keys, to itself and in clear. It has no strands: the last word of each sort
//! counts.

use bytes::Bytes;
use prost::Message;

use super::Malformed;
use super::parts::{self, joined, note};
use crate::limits;
use crate::wire::{self, keys_move};

/// A word about the sealing keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    /// From here on this key seals.
    Key {
        /// Number of the key in wraps.
        number: u32,
        /// X25519 public key.
        public: [u8; 32],
    },
    /// All sealing keys of the office, sealed to a recovery key of which there are sheets.
    Deposited {
        /// Number of the set of sheets: 1, 2, 3 …
        set: u32,
        /// X25519 public key of the recovery key.
        recovery: [u8; 32],
        /// The sealed keys; see [`crate::seal`].
        keys: Bytes,
        /// Who holds the sheets, in the order of their numbers.
        holders: Vec<String>,
        /// Number of the newest of these keys.
        newest: u32,
    },
    /// Sheets were held against their recovery key; nothing was opened.
    Checked {
        /// The set.
        set: u32,
        /// Who did it.
        by: String,
    },
    /// The keys of a deposit were opened with sheets.
    Recovered {
        /// The set.
        set: u32,
        /// Who did it.
        by: String,
        /// Why.
        reason: String,
    },
}

impl Move {
    /// The kind's number in headers.
    pub const KIND: u32 = 16;
    /// The kind's name in commands and tables.
    pub const NAME: &str = "keys";

    /// Reads a body. None: a move that this program does not know yet.
    pub fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::KeysMove::decode(body).map_err(|_| Malformed("keys"))?;
        let Some(mv) = mv.r#move else { return Ok(None) };
        let key = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| Malformed("public key"));
        Ok(Some(match mv {
            keys_move::Move::Key(said) => Self::Key { number: said.number, public: key(&said.public)? },
            keys_move::Move::Deposited(said) => {
                if said.holders.len() > limits::SHEETS {
                    return Err(Malformed("holders"));
                }
                for holder in &said.holders {
                    parts::line(holder)?;
                }
                let (recovery, keys) = (key(&said.recovery)?, said.keys);
                Self::Deposited { set: said.set, recovery, keys, holders: said.holders, newest: said.newest }
            }
            keys_move::Move::Checked(said) => {
                parts::line(&said.by)?;
                Self::Checked { set: said.set, by: said.by }
            }
            keys_move::Move::Recovered(said) => {
                parts::line(&said.by)?;
                Self::Recovered { set: said.set, by: said.by, reason: note(said.reason)? }
            }
        }))
    }

    /// The body, to be written into an entry.
    pub fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Key { number, public } => {
                let public = Bytes::copy_from_slice(&public);
                keys_move::Move::Key(wire::SealingKeySaid { number, public })
            }
            Self::Deposited { set, recovery, keys, holders, newest } => {
                let recovery = Bytes::copy_from_slice(&recovery);
                keys_move::Move::Deposited(wire::KeysDeposited { set, recovery, keys, holders, newest })
            }
            Self::Checked { set, by } => keys_move::Move::Checked(wire::SheetsChecked { set, by }),
            Self::Recovered { set, by, reason } => {
                keys_move::Move::Recovered(wire::KeysRecovered { set, by, reason })
            }
        };
        wire::KeysMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    /// The name by which views know it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Key { .. } => "key",
            Self::Deposited { .. } => "deposited",
            Self::Checked { .. } => "checked",
            Self::Recovered { .. } => "recovered",
        }
    }

    /// One line for a timeline.
    pub fn brief(&self) -> String {
        match self {
            Self::Key { number, .. } => number.to_string(),
            Self::Deposited { set, holders, .. } => joined(&[set, &holders.join(", ")]),
            Self::Checked { set, by } => joined(&[set, by]),
            Self::Recovered { set, by, reason } => joined(&[set, by, reason]),
        }
    }
}

/// One move of each name.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use super::tests::note;
    vec![
        Move::Key { number: 7, public: [1; 32] },
        Move::Deposited {
            set: 1,
            recovery: [2; 32],
            keys: Bytes::from_static(b"sealed"),
            holders: vec!["Lê Thị Hoa Mẫu".into(), "Võ Minh Thử".into()],
            newest: 7,
        },
        Move::Checked { set: 1, by: "hoa".into() },
        Move::Recovered { set: 1, by: "hoa".into(), reason: note() },
    ]
}

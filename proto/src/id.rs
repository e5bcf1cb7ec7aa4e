//! Identifiers: offices, records, incarnations, places, hashes, marks.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::fault::planted;
use crate::{limits, wire};

/// Id of a committee office, permanent and meaningless. Name, tier and codes are dated facts about the office.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfficeId(pub Uuid);

/// Id of a record: a programme, directive, report and so on. It says whose record it is: see [`RecordId::of`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

macro_rules! uuid_name {
    ($name:ident) => {
        impl $name {
            /// Reads the 16 bytes of the wire.
            pub fn from_wire(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }

            /// The 16 bytes of the wire.
            pub fn to_wire(self) -> bytes::Bytes {
                bytes::Bytes::copy_from_slice(self.0.as_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_name!(OfficeId);
uuid_name!(RecordId);

/// Domain of the hash in record ids.
const RECORD: &[u8] = b"truc/record/1\0";
/// Bytes of a record id before the tag of its owner.
const RECORD_HEAD: usize = 10;

impl RecordId {
    /// The id of the record of this kind that `owner` opens: the same for the same seed, another for another one.
    ///
    /// The last six bytes are a hash of owner, kind and the bytes before them. Whoever knows an id cannot open a record
    /// with it, for it is not his; so an id means one record, whatever comes first and whoever reads it. The first six
    /// bytes are those of the seed, so that ids of UUIDs of version 7 grow with time.
    pub fn of(owner: OfficeId, kind: u32, seed: Uuid) -> Self {
        let mut bytes = *seed.as_bytes();
        let drawn = Sha256::digest(bytes);
        bytes[6..RECORD_HEAD].copy_from_slice(&drawn[..4]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let tag = Self::tag(owner, kind, &bytes);
        bytes[RECORD_HEAD..].copy_from_slice(&tag);
        Self(Uuid::from_bytes(bytes))
    }

    /// Whether the record with this id is one of this kind, and this office's.
    pub fn is_of(self, owner: OfficeId, kind: u32) -> bool {
        self.0.as_bytes()[RECORD_HEAD..] == Self::tag(owner, kind, self.0.as_bytes())
    }

    fn tag(owner: OfficeId, kind: u32, bytes: &[u8; 16]) -> [u8; 16 - RECORD_HEAD] {
        let hash = Sha256::new()
            .chain_update(RECORD)
            .chain_update(owner.0.as_bytes())
            .chain_update(kind.to_be_bytes())
            .chain_update(&bytes[..RECORD_HEAD])
            .finalize();
        let mut tag = [0; 16 - RECORD_HEAD];
        tag.copy_from_slice(&hash[..16 - RECORD_HEAD]);
        tag
    }
}

/// One run of the program that writes a ledger: depth (its base's plus 1) in the high 32 bits, 32 random bits below.
/// Incarnations are ordered and unique without a clock or anybody's consent, and a restored copy does not repeat one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub u64);

impl Incarnation {
    /// The incarnation that continues `base`, told apart from its siblings by `random`.
    pub fn after(base: Option<Incarnation>, random: u32) -> Self {
        let depth = base.map_or(0, |base| base.0 >> 32) + 1;
        let random = if planted("incarnation.numbered") { 0 } else { random };
        Self(depth << 32 | u64::from(random))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08x}", self.0 >> 32, self.0 as u32)
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Stands for the missing predecessor of a first entry.
    pub const ZERO: Hash = Hash([0; 32]);

    /// Reads 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes of the wire.
    pub fn to_wire(self) -> bytes::Bytes {
        bytes::Bytes::copy_from_slice(&self.0)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().and_then(|b| Self::from_slice(&b))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in hexadecimal"))
    }
}

/// A place within one ledger. Strands and branches are ordered by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// The incarnation that wrote there.
    pub incarnation: Incarnation,
    /// Height in the chain, from 1.
    pub seq: u64,
}

/// A place among all ledgers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The office whose ledger it is.
    pub ledger: OfficeId,
    /// The seat in that ledger.
    pub seat: Seat,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.ledger, self.seat.incarnation, self.seat.seq)
    }
}

/// An exact entry of a ledger: seat and hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Where the entry stands.
    pub seat: Seat,
    /// Hash of the entry.
    pub hash: Hash,
}

/// A position in the hub's journal with the running hash there: it names one history, not only a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// Position of an entry in the hub's journal; 0: before the first.
    pub position: u64,
    /// Running hash of the journal at that position.
    pub running: Hash,
}

impl Mark {
    /// The mark before the first entry.
    pub const START: Mark = Mark { position: 0, running: Hash::ZERO };
}

impl From<Mark> for wire::Mark {
    fn from(mark: Mark) -> Self {
        wire::Mark { position: mark.position, running: mark.running.to_wire() }
    }
}

impl TryFrom<&wire::Mark> for Mark {
    type Error = &'static str;

    fn try_from(mark: &wire::Mark) -> Result<Self, Self::Error> {
        let running = Hash::from_slice(&mark.running).ok_or("running hash of a mark")?;
        if mark.position > limits::NUMBER {
            return Err("position of a mark");
        }
        Ok(Mark { position: mark.position, running })
    }
}

impl From<Link> for wire::Link {
    fn from(link: Link) -> Self {
        wire::Link { incarnation: link.seat.incarnation.0, seq: link.seat.seq, hash: link.hash.to_wire() }
    }
}

impl TryFrom<&wire::Link> for Link {
    type Error = &'static str;

    fn try_from(link: &wire::Link) -> Result<Self, Self::Error> {
        let hash = Hash::from_slice(&link.hash).ok_or("hash of a link")?;
        Ok(Link { seat: Seat { incarnation: Incarnation(link.incarnation), seq: link.seq }, hash })
    }
}

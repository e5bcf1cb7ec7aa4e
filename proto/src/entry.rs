//! Entries: encoded, hashed, chained and signed once. The same bytes are sent and stored; nothing is ever re-encoded.

use std::collections::HashSet;

use bytes::Bytes;
use ed25519_dalek::{SigningKey, VerifyingKey};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::audience::Scope;
use crate::fault::planted;
use crate::id::{Hash, Incarnation, Link, OfficeId, Place, RecordId, Seat};
use crate::signature;
use crate::time::{Hlc, When};
use crate::wire::{self, Confidentiality, Urgency};
use crate::{crowd, limits};

/// Version of the header format; others are refused.
pub const FORMAT: u32 = 2;

const HASH_DOMAIN: &[u8] = b"truc/entry/2\0";
const BODY_DOMAIN: &[u8] = b"truc/body/1\0";
const SIGN_DOMAIN: &[u8] = b"truc/sign/2\0";

/// Random bytes at the head of a body: a short message cannot be guessed from the hash of its body.
pub const SALT: usize = 12;

/// The author that the header of a sealed entry names, for all people of an office: who acted stands in the body. No account
/// has this name.
pub const INSIDE: &str = "noi-bo";
/// The name of every file of a sealed entry.
pub const SEALED_FILE: &str = "niem-phong";

/// Why bytes are not an entry that can be trusted. `Display` is English, for logs; peers get [`EntryError::code`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EntryError {
    /// The bytes do not decode, or a field has the wrong length.
    #[error("the entry is malformed: {0}")]
    Malformed(&'static str),
    /// Larger than `limits` allow.
    #[error("the entry is too large: {0}")]
    TooLarge(&'static str),
    /// A header format that this program does not know.
    #[error("the entry has header format {0}, which this program does not know")]
    Format(u32),
    /// The signature does not belong to the content and the key.
    #[error("the signature is wrong")]
    Signature,
    /// The entry does not continue the predecessor that it names.
    #[error("the entry does not follow its predecessor")]
    Chain,
}

impl EntryError {
    /// A short code for peers, the audit and tests.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooLarge(_) => "too-large",
            Self::Format(_) => "format",
            Self::Signature => "signature",
            Self::Chain => "chain",
        }
    }
}

/// The newest hub receipt that the author's office held when it wrote the entry: the entry cannot be older.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Position in the hub's journal.
    pub position: u64,
    /// Hub time of the receipt.
    pub hub_time: Hlc,
}

/// One scope of the audience, with the writer's previous entry to the same scope on its chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Whom the entry is for.
    pub scope: Scope,
    /// Seat of the writer's previous entry to this scope; an addressee that lacks that entry sees a gap.
    pub previous: Option<Seat>,
}

/// A file that goes with an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// SHA-256 of the whole file.
    pub hash: Hash,
    /// Size, bytes.
    pub size: u64,
    /// File name, for people.
    pub name: String,
    /// Media type, as the author's machine guessed it.
    pub media_type: String,
}

/// What an entry says beside its body; `entry.proto` specifies each field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The office whose ledger it stands in.
    pub ledger: OfficeId,
    /// Its place in that ledger.
    pub seat: Seat,
    /// In the first entry of an incarnation: the seat that it continues.
    pub base: Option<Seat>,
    /// When it was written, by the author's clock.
    pub time: Hlc,
    /// The newest hub receipt that the office held.
    pub seen: Option<Seen>,
    /// The account that acted.
    pub author: String,
    /// The record it is about.
    pub record: RecordId,
    /// The record's kind.
    pub kind: u32,
    /// Number of the move: the field of the kind's message that the body holds. See [`crate::record::read`].
    pub mv: u32,
    /// Whom the entry is for; empty: the office itself.
    pub audience: Vec<Channel>,
    /// Urgency (độ khẩn).
    pub urgency: Urgency,
    /// Secrecy level (độ mật).
    pub confidentiality: Confidentiality,
    /// Attached files.
    pub attachments: Vec<Attachment>,
    /// Of a sealed body: the commitment to its content key. None: the body is in clear.
    pub seal: Option<Hash>,
}

impl Header {
    /// Whether it is for nobody but its author.
    pub fn is_inward(&self) -> bool {
        self.audience.iter().all(|channel| channel.scope == Scope::office(self.ledger))
    }

    /// Ledger and seat of the entry.
    pub fn place(&self) -> Place {
        Place { ledger: self.ledger, seat: self.seat }
    }

    /// The time from which the entry counts: the signed time, but never before the receipt that its author had seen,
    /// whatever the author's clock said.
    pub fn counts_from(&self) -> Hlc {
        self.seen.map_or(self.time, |seen| self.time.max(seen.hub_time))
    }

    /// When what it says was done, as far as anybody can know; `arrived`: when the hub had it, Unix milliseconds; none:
    /// nobody knows.
    pub fn when(&self, arrived: Option<u64>) -> When {
        When::of(self.time, self.seen.map(|seen| seen.hub_time), arrived)
    }

    /// The seat of the predecessor; none for the first entry of a ledger.
    pub fn predecessor(&self) -> Option<Seat> {
        if self.base.is_some() {
            self.base
        } else if self.seat.seq > 1 {
            Some(Seat { seq: self.seat.seq - 1, ..self.seat })
        } else {
            None
        }
    }

    fn to_wire(&self) -> wire::Header {
        wire::Header {
            format: FORMAT,
            ledger: self.ledger.to_wire(),
            incarnation: self.seat.incarnation.0,
            seq: self.seat.seq,
            base: self.base.map(base_to_wire),
            time: self.time.0,
            seen: self.seen.map(|seen| wire::Seen { position: seen.position, hub_time: seen.hub_time.0 }),
            author: self.author.clone(),
            record: self.record.to_wire(),
            kind: self.kind,
            r#move: self.mv,
            audience: self
                .audience
                .iter()
                .map(|channel| wire::Channel {
                    office: channel.scope.office.to_wire(),
                    subtree: channel.scope.subtree,
                    previous: channel.previous.map(base_to_wire),
                })
                .collect(),
            urgency: self.urgency.into(),
            confidentiality: self.confidentiality.into(),
            attachments: self
                .attachments
                .iter()
                .map(|file| wire::Attachment {
                    hash: file.hash.to_wire(),
                    size: file.size,
                    name: file.name.clone(),
                    media_type: file.media_type.clone(),
                })
                .collect(),
            seal: self.seal.map(|commit| commit.to_wire()).unwrap_or_default(),
        }
    }

    fn from_wire(header: wire::Header) -> Result<Self, EntryError> {
        use EntryError::{Malformed, TooLarge};
        if header.format != FORMAT {
            return Err(EntryError::Format(header.format));
        }
        if header.audience.len() > limits::AUDIENCE {
            return Err(TooLarge("audience"));
        }
        if header.attachments.len() > limits::ATTACHMENTS {
            return Err(TooLarge("attachments"));
        }
        named(&header.author, limits::AUTHOR, "author")?;
        let seat = seat_from_wire(header.incarnation, header.seq).ok_or(Malformed("seat"))?;
        let base = match &header.base {
            Some(base) => Some(base_from_wire(base).ok_or(Malformed("base"))?),
            None => None,
        };
        let base_fits = base.is_none_or(|base| {
            base.seq.checked_add(1) == Some(seat.seq) && base.incarnation < seat.incarnation
        });
        if !base_fits {
            return Err(Malformed("seq does not follow the base"));
        }
        let time = Hlc(header.time);
        let seen = match header.seen {
            Some(seen) => Some(Seen {
                position: number(seen.position).ok_or(Malformed("position seen"))?,
                hub_time: Hlc(seen.hub_time),
            }),
            None => None,
        };
        let audience = header
            .audience
            .iter()
            .map(|channel| channel_from_wire(channel, seat))
            .collect::<Result<Vec<Channel>, EntryError>>()?;
        if twice(audience.iter().map(|channel| channel.scope)) && !planted("header.scope-twice") {
            return Err(Malformed("a scope twice"));
        }
        let attachments = header
            .attachments
            .into_iter()
            .map(attachment_from_wire)
            .collect::<Result<Vec<Attachment>, EntryError>>()?;
        if twice(attachments.iter().map(|file| (file.hash, &file.name))) {
            return Err(Malformed("an attachment twice"));
        }
        let sized_twice =
            |file: &Attachment| attachments.iter().any(|one| one.hash == file.hash && one.size != file.size);
        if attachments.iter().any(sized_twice) {
            return Err(Malformed("an attachment of two sizes"));
        }
        let seal = match &header.seal {
            empty if empty.is_empty() => None,
            commit => Some(Hash::from_slice(commit).ok_or(Malformed("seal"))?),
        };
        Ok(Header {
            ledger: OfficeId::from_wire(&header.ledger).ok_or(Malformed("ledger"))?,
            seat,
            base,
            time,
            seen,
            author: header.author,
            record: RecordId::from_wire(&header.record).ok_or(Malformed("record"))?,
            kind: header.kind,
            mv: header.r#move,
            audience,
            urgency: Urgency::try_from(header.urgency).map_err(|_| Malformed("urgency"))?,
            confidentiality: Confidentiality::try_from(header.confidentiality)
                .map_err(|_| Malformed("confidentiality"))?,
            attachments,
            seal,
        })
    }
}

fn base_to_wire(seat: Seat) -> wire::Base {
    wire::Base { incarnation: seat.incarnation.0, seq: seat.seq }
}

fn base_from_wire(base: &wire::Base) -> Option<Seat> {
    seat_from_wire(base.incarnation, base.seq)
}

fn seat_from_wire(incarnation: u64, seq: u64) -> Option<Seat> {
    Some(Seat { incarnation: Incarnation(number(incarnation)?), seq: number(seq)? })
}

/// A number that counts something: neither 0 nor more than stores can keep.
fn number(number: u64) -> Option<u64> {
    (1..=limits::NUMBER).contains(&number).then_some(number)
}

fn channel_from_wire(channel: &wire::Channel, seat: Seat) -> Result<Channel, EntryError> {
    use EntryError::Malformed;
    let office = OfficeId::from_wire(&channel.office).ok_or(Malformed("office of a channel"))?;
    let previous = match &channel.previous {
        Some(previous) => {
            let before = base_from_wire(previous)
                .filter(|before| before.incarnation <= seat.incarnation && before.seq < seat.seq)
                .or_else(|| base_from_wire(previous).filter(|_| planted("header.place-to-come")));
            Some(before.ok_or(Malformed("place before on a channel"))?)
        }
        None => None,
    };
    Ok(Channel { scope: Scope { office, subtree: channel.subtree }, previous })
}

fn attachment_from_wire(file: wire::Attachment) -> Result<Attachment, EntryError> {
    if file.size > limits::ATTACHMENT_SIZE {
        return Err(EntryError::TooLarge("attachment"));
    }
    named(&file.name, limits::ATTACHMENT_NAME, "name of an attachment")?;
    named(&file.media_type, limits::MEDIA_TYPE, "media type of an attachment")?;
    let hash = Hash::from_slice(&file.hash).ok_or(EntryError::Malformed("hash of an attachment"))?;
    Ok(Attachment { hash, size: file.size, name: file.name, media_type: file.media_type })
}

/// Whether a name fits its field and stands on one line: it is shown in lists, terminals and file names.
fn named(name: &str, most: usize, what: &'static str) -> Result<(), EntryError> {
    if name.len() > most {
        return Err(EntryError::TooLarge(what));
    }
    if name.chars().any(char::is_control) { Err(EntryError::Malformed(what)) } else { Ok(()) }
}

fn twice<T: Eq + std::hash::Hash>(mut all: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    !all.all(|one| seen.insert(one))
}

/// A decoded and hashed entry. Only [`Entry::verify`] proves who wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The decoded header.
    pub header: Header,
    /// The encoded message, without the salt before it; the header's kind says of which type. Of an entry whose body was
    /// destroyed: what its store keeps in its stead. Of a sealed one: a `Sealed`, until [`Entry::opened`].
    pub body: Bytes,
    /// Whether the body was destroyed, so that only its hash is left.
    pub destroyed: bool,
    /// Whether the body is sealed and was not opened: nobody here can read it.
    pub closed: bool,
    /// Hash of its predecessor; zero for the first of a ledger.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
    /// The encoded `Content` (header and body): the bytes that are sent and stored.
    pub content: Bytes,
    /// Signature over the hash, by the ledger key of the author's office.
    pub signature: [u8; 64],
}

impl Entry {
    /// Encodes, hashes and signs a new entry; entries are made nowhere else. `salt` must be random.
    pub fn write(
        header: &Header,
        body: &[u8],
        salt: [u8; SALT],
        prev: Hash,
        key: &SigningKey,
    ) -> Result<Self, EntryError> {
        let parts =
            Parts { header: header.to_wire().encode_to_vec().into(), body: [&salt, body].concat().into() };
        Self::read(parts.content(), parts.sign(prev, key), prev)
    }

    /// Decodes and hashes what arrived or was stored. Does not check the signature.
    pub fn read(content: Bytes, signature: [u8; 64], prev: Hash) -> Result<Self, EntryError> {
        if content.len() > limits::ENTRY_CONTENT {
            return Err(EntryError::TooLarge("content"));
        }
        let parts = Parts::of(&content)?;
        if crowd::fields(&parts.header, &[]) > limits::HEADER_FIELDS {
            return Err(EntryError::TooLarge("header"));
        }
        if parts.header.is_empty() {
            return Err(EntryError::Malformed("no header"));
        }
        if parts.body.len() < SALT {
            return Err(EntryError::Malformed("no salt"));
        }
        let header =
            wire::Header::decode(parts.header.clone()).map_err(|_| EntryError::Malformed("header"))?;
        let header = Header::from_wire(header)?;
        if header.predecessor().is_none() != (prev == Hash::ZERO) {
            return Err(EntryError::Chain);
        }
        let hash = parts.hash(prev);
        let body = parts.body.slice(SALT..);
        let closed = header.seal.is_some();
        Ok(Self { header, body, destroyed: false, closed, prev, hash, content, signature })
    }

    /// Reads what a store holds of an entry whose body was destroyed: `content` has the body's hash in its place. `stead`:
    /// the message that is read instead of the one that is gone; nothing proves it.
    pub fn read_destroyed(
        content: Bytes,
        signature: [u8; 64],
        prev: Hash,
        stead: Bytes,
    ) -> Result<Self, EntryError> {
        let malformed = |_| EntryError::Malformed("content");
        let decoded = wire::Content::decode(content.clone()).map_err(malformed)?;
        let body = Hash::from_slice(&decoded.destroyed).ok_or(EntryError::Malformed("hash of a body"))?;
        if !decoded.body.is_empty() || decoded.encode_to_vec() != content {
            return Err(EntryError::Malformed("content"));
        }
        let header =
            wire::Header::decode(decoded.header.clone()).map_err(|_| EntryError::Malformed("header"))?;
        let header = Header::from_wire(header)?;
        let hash = hash_of(prev, &body.0, &decoded.header);
        let closed = header.seal.is_some();
        Ok(Self { header, body: stead, destroyed: true, closed, prev, hash, content, signature })
    }

    /// The entry with the message that was found in its sealed body. What is signed and sent stays as it is.
    #[must_use]
    pub fn opened(self, message: Bytes) -> Self {
        Self { body: message, closed: false, ..self }
    }

    /// The content without its body, as a store keeps it after the body was destroyed.
    pub fn without_body(&self) -> Result<Bytes, EntryError> {
        let parts = self.parts()?;
        let destroyed = body_hash(&parts.body).to_vec().into();
        Ok(wire::Content { header: parts.header, body: Bytes::new(), destroyed }.encode_to_vec().into())
    }

    /// Of an entry whose body was destroyed: its header as encoded, and the hash of the body.
    pub fn destroyed_parts(&self) -> Option<(Bytes, Hash)> {
        let content = wire::Content::decode(self.content.clone()).ok()?;
        Some((content.header, Hash::from_slice(&content.destroyed)?))
    }

    /// What a store holds of an entry with this header and the hash of its body.
    pub fn destroyed_content(header: Bytes, body: Hash) -> Bytes {
        wire::Content { header, body: Bytes::new(), destroyed: body.to_wire() }.encode_to_vec().into()
    }

    /// Its two parts as encoded.
    pub fn parts(&self) -> Result<Parts, EntryError> {
        Parts::of(&self.content)
    }

    /// Whether the header is encoded exactly as this program encodes what it reads of it: fields in the order of their
    /// numbers, none twice, none left at its default, none unknown. Then nothing is in it that was not read. (The parts
    /// of the content are always so; [`record::is_exact`](crate::record::is_exact) says it of the body.)
    pub fn has_exact_header(&self) -> bool {
        let parts = self.parts().ok();
        parts.is_some_and(|parts| {
            wire::Header::decode(parts.header.clone())
                .is_ok_and(|header| header.encode_to_vec() == parts.header)
        })
    }

    /// Checks the author's signature.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), EntryError> {
        if signed(self.hash, &self.signature, key) { Ok(()) } else { Err(EntryError::Signature) }
    }

    /// Seat and hash of the entry.
    pub fn link(&self) -> Link {
        Link { seat: self.header.seat, hash: self.hash }
    }

    /// Whether the entry names `link` as its predecessor; with none, whether it is the first of its ledger. Whether it
    /// may stand there is for [`crate::chain::continues`] to say.
    pub fn follows(&self, link: Option<&Link>) -> bool {
        match (self.header.predecessor(), link) {
            (None, None) => true,
            (Some(seat), Some(link)) => {
                seat == link.seat && (self.prev == link.hash || planted("chain.place-only"))
            }
            _ => false,
        }
    }
}

/// The two parts of an entry, as its author encoded them. The hash of an entry holds the body by its own hash only, so
/// that a chain can still be followed where a body is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    /// The encoded header.
    pub header: Bytes,
    /// The salt, and the encoded message of the record's kind.
    pub body: Bytes,
}

impl Parts {
    /// The parts of an encoded `Content`. Content and parts stand for each other exactly: bytes that [`Parts::content`]
    /// would not make are malformed, since no signature covers what is around the parts.
    pub fn of(content: &Bytes) -> Result<Self, EntryError> {
        let decoded = wire::Content::decode(content.clone()).map_err(|_| EntryError::Malformed("content"))?;
        let parts = Self { header: decoded.header, body: decoded.body };
        if parts.content() == content { Ok(parts) } else { Err(EntryError::Malformed("content")) }
    }

    /// The encoded `Content`.
    pub fn content(&self) -> Bytes {
        let (header, body) = (self.header.clone(), self.body.clone());
        wire::Content { header, body, destroyed: Bytes::new() }.encode_to_vec().into()
    }

    /// The hash of the entry after the one with hash `prev`.
    pub fn hash(&self, prev: Hash) -> Hash {
        hash_of(prev, &body_hash(&self.body), &self.header)
    }

    /// The signature of the entry after the one with hash `prev`, whatever its parts say.
    pub fn sign(&self, prev: Hash, key: &SigningKey) -> [u8; 64] {
        signature::sign(key, &signed_bytes(self.hash(prev)))
    }
}

fn body_hash(body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(BODY_DOMAIN).chain_update(body).finalize().into()
}

/// The hash of the entry after the one with hash `prev`, from its body's hash and its header.
fn hash_of(prev: Hash, body: &[u8; 32], header: &[u8]) -> Hash {
    let hasher = Sha256::new().chain_update(HASH_DOMAIN).chain_update(prev.0);
    Hash(hasher.chain_update(body).chain_update(header).finalize().into())
}

/// The running hash of a journal after one more entry.
pub fn running_hash(before: Hash, entry: Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"truc/journal/1\0");
    hasher.update(before.0);
    hasher.update(entry.0);
    Hash(hasher.finalize().into())
}

/// As [`Entry::verify`], for an entry of which only hash and signature are at hand.
pub fn signed(hash: Hash, signature: &[u8; 64], key: &VerifyingKey) -> bool {
    signature::verify(key, &signed_bytes(hash), signature)
}

fn signed_bytes(hash: Hash) -> [u8; 44] {
    let mut bytes = [0; 44];
    bytes[..12].copy_from_slice(SIGN_DOMAIN);
    bytes[12..].copy_from_slice(&hash.0);
    bytes
}

//! Sealed bodies: encrypted before they are hashed and signed, so that the hub keeps and gives on what it cannot read.
//!
//! A content key encrypts the body; the key itself is encrypted ("wrapped") to each addressee; the header commits to
//! it. This module knows no journal and no registry: whose keys they are, and whether the addressees are those of the
//! entry, is for its callers. Random bytes are handed in.

mod about;
mod content;
mod hybrid;
pub mod inside;
mod key;
mod pad;
mod pieces;
mod recovery;
mod sheet;
mod split;
#[cfg(test)]
mod tests;
mod wrap;

use std::collections::HashSet;

use bytes::Bytes;
use prost::Message;

pub use about::About;
pub use content::ContentKey;
pub use hybrid::PublicKey;
pub use key::{Ring, RingError, SealingKey, SealingPublic};
pub use pieces::{Opener, PieceError, PieceKey, Sealer, is_sealed_size, sealed_size};
pub use recovery::{DepositError, RecoveryKey, deposit};
pub use sheet::{Persons, Sheet, SheetError};
pub use split::{SheetsError, put_together, sheets};

use crate::entry::Entry;
use crate::id::{Hash, OfficeId};
use crate::refusal::Refusal;
use crate::{crowd, limits, wire};

/// The one way of sealing that there is.
const SUITE: u32 = 1;

/// Why a body cannot be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// It is for nobody.
    #[error("a sealed body has at least one addressee")]
    Nobody,
    /// It is for more offices than an entry can be sealed to.
    #[error("a sealed body has at most {} addressees", limits::SEALED_TO)]
    TooMany,
    /// An office is named twice.
    #[error("the office {0} is named twice")]
    Twice(OfficeId),
    /// A number of a key is 0, or nothing can be sealed to the key.
    #[error("nothing can be sealed to the key of the office {0}")]
    Key(OfficeId),
    /// There are too many files, or one has a name or type that nobody could read again.
    #[error("the files of the entry cannot be named")]
    Files,
    /// The body is larger than any number can say.
    #[error("the body cannot be sealed: {0}")]
    Pieces(#[from] PieceError),
}

/// Why a sealed body stays closed. `Display` is English, for logs; peers get [`Closed::code`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Closed {
    /// It was sealed to a key of this office that the ring does not have.
    #[error("it is sealed to the office's sealing key {0}, which is not here")]
    NoKey(u32),
    /// No wrap is for this office, or the one that is does not open.
    #[error("it has no wrap that this office can open")]
    Wrap,
    /// The content key in the wrap is another one than the header commits to.
    #[error("its key is not the one that the header commits to")]
    Commit,
    /// A piece is damaged, missing or in a wrong place, or the padding is wrong.
    #[error("a piece of it is damaged, or stands in a wrong place")]
    Piece,
    /// It has not the form of a sealed body.
    #[error("it is not a sealed body: {0}")]
    Form(&'static str),
    /// It is sealed in a way that this program does not know.
    #[error("it is sealed by suite {0}, which this program does not know")]
    Suite(u32),
}

impl Closed {
    /// A short code for peers, the audit and tests.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoKey(_) => "no-key",
            Self::Wrap => "wrap",
            Self::Commit => "commit",
            Self::Piece => "piece",
            Self::Form(_) => "form",
            Self::Suite(_) => "suite",
        }
    }
}

/// A sealed body that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The message of the record's kind, as it would stand in an entry that is not sealed.
    pub body: Bytes,
    /// The content key, which opens the files of the entry.
    pub key: ContentKey,
}

/// Seals a body to offices, each with the sealing key that it says is its newest: an encoded `Sealed`. The header of
/// the entry must say what `about` says, and commit to `key`. The author's own office is an addressee like any other.
pub fn seal(
    about: &About,
    plain: &[u8],
    key: &ContentKey,
    to: &[(OfficeId, SealingPublic)],
) -> Result<Bytes, SealError> {
    if to.is_empty() {
        return Err(SealError::Nobody);
    }
    if to.len() > limits::SEALED_TO {
        return Err(SealError::TooMany);
    }
    let mut named = HashSet::new();
    if let Some((office, _)) = to.iter().find(|(office, _)| !named.insert(*office)) {
        return Err(SealError::Twice(*office));
    }
    let bound = wrap::bound(about, key.commit(), to.iter().map(|(office, key)| (*office, key.number)));
    let wrapped = |(office, public): &(OfficeId, SealingPublic)| {
        let wrap = wrap::wrap(key, &bound, *office, public).filter(|wrap| wrap.key > 0);
        wrap.ok_or(SealError::Key(*office))
    };
    let wraps = to.iter().map(wrapped).collect::<Result<_, _>>()?;
    let piece_key = key.for_body();
    let mut sealer = Sealer::new(&piece_key, about, plain.len() as u64)?;
    let (mut pieces, mut rest) = (Vec::new(), plain);
    while let Some(wanted) = sealer.wants() {
        let (text, after) = rest.split_at_checked(wanted).ok_or(PieceError::Size)?;
        pieces.extend(sealer.piece(text)?);
        rest = after;
    }
    Ok(wire::Sealed { suite: SUITE, wraps, pieces: pieces.into() }.encode_to_vec().into())
}

/// Opens a sealed body for one of its addressees. `commit`: what the header of the entry commits to. Nothing is given
/// out before all of it is right.
pub fn open(about: &About, commit: Hash, body: &Bytes, me: OfficeId, ring: &Ring) -> Result<Opened, Closed> {
    let (sealed, to) = read(body)?;
    let mine = to.iter().position(|(office, _)| *office == me).ok_or(Closed::Wrap)?;
    let key = ring.key(to[mine].1).ok_or(Closed::NoKey(to[mine].1))?;
    let bound = wrap::bound(about, commit, to.iter().copied());
    let key = wrap::unwrap(&sealed.wraps[mine], &bound, key).ok_or(Closed::Wrap)?;
    if key.commit() != commit {
        return Err(Closed::Commit);
    }
    let body = plain_of(&key.for_body(), about, &sealed.pieces).map_err(|_| Closed::Piece)?;
    Ok(Opened { body: body.into(), key })
}

/// Whether a sealed body has the form of one, and is sealed to its author's office alone, as all are by now. Whoever cannot
/// open it can tell no more.
pub fn inward(entry: &Entry) -> Result<(), Refusal> {
    let to = check(&entry.body).map_err(|_| Refusal::Seal)?;
    let own = to.iter().all(|(office, _)| *office == entry.header.ledger);
    if own { Ok(()) } else { Err(Refusal::Seal) }
}

fn plain_of(key: &PieceKey, about: &About, pieces: &[u8]) -> Result<Vec<u8>, PieceError> {
    let mut opener = Opener::new(key, about, pieces.len() as u64)?;
    let (mut plain, mut rest) = (Vec::new(), pieces);
    while let Some(wanted) = opener.wants() {
        let (piece, after) = rest.split_at_checked(wanted).ok_or(PieceError::Size)?;
        plain.extend(opener.piece(piece)?);
        rest = after;
    }
    Ok(plain)
}

/// Whether a body has the form of a sealed one, as far as somebody can tell who cannot open it: whom it is sealed to,
/// each office with the number of its key.
pub fn check(body: &Bytes) -> Result<Vec<(OfficeId, u32)>, Closed> {
    read(body).map(|(_, to)| to)
}

fn read(body: &Bytes) -> Result<(wire::Sealed, Vec<(OfficeId, u32)>), Closed> {
    use Closed::Form;
    // Beside wraps there are the suite and the pieces.
    if crowd::fields(body, &[]) > limits::SEALED_TO + 2 {
        return Err(Form("too many wraps"));
    }
    let sealed = wire::Sealed::decode(body.clone()).map_err(|_| Form("it does not decode"))?;
    match sealed.suite {
        SUITE => {}
        0 => return Err(Form("no suite")),
        other => return Err(Closed::Suite(other)),
    }
    if sealed.encode_to_vec() != *body {
        return Err(Form("encoding"));
    }
    if sealed.wraps.is_empty() {
        return Err(Form("no wrap"));
    }
    let to: Option<Vec<(OfficeId, u32)>> = sealed.wraps.iter().map(wrap::addressee).collect();
    let to = to.ok_or(Form("a wrap"))?;
    let mut named = HashSet::new();
    if !to.iter().all(|(office, _)| named.insert(*office)) {
        return Err(Form("an office twice"));
    }
    if !is_sealed_size(sealed.pieces.len() as u64) {
        return Err(Form("size of the pieces"));
    }
    Ok((sealed, to))
}

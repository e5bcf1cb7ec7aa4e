//! The coder of pieces, for bodies and for files of any size: each piece stands by itself, in its place, and the last
//! one says that it is the last.
//!
//! piece = ChaCha20Poly1305 of 64 KiB of the padded plaintext (the last: of what is left);
//! nonce = number of the piece from 0 (11 bytes, big endian) || 1 for the last, else 0.

use chacha20poly1305::aead::Aead;
use chacha20poly1305::aead::Payload;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};

use super::about::About;
use super::hybrid::{Secret, TAG};
use super::pad;

/// Bytes of the padded plaintext in one piece.
const PIECE: u64 = 64 * 1024;
/// Bytes of a sealed piece.
const SEALED_PIECE: u64 = PIECE + TAG as u64;

/// The key of one body or one file.
pub struct PieceKey(ChaCha20Poly1305);

impl PieceKey {
    pub(super) fn new(key: Secret) -> Self {
        Self(ChaCha20Poly1305::new((&*key).into()))
    }
}

/// Why pieces cannot be sealed or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PieceError {
    /// No plaintext has a sealed size like this, or other bytes were handed in than were wanted.
    #[error("the sealed text or file has a wrong size")]
    Size,
    /// A piece is damaged, of another text, in another place, or not the last one; or the padding is wrong.
    #[error("a piece of the sealed text or file is damaged, or stands in a wrong place")]
    Damaged,
}

/// Bytes that a plaintext of `plain` bytes has when it is sealed; none beyond what a number of 64 bits can say.
pub fn sealed_size(plain: u64) -> Option<u64> {
    let padded = pad::padded(plain)?;
    padded.checked_add(padded.div_ceil(PIECE) * TAG as u64)
}

/// The padded length of what has this sealed size; none if no plaintext has it.
fn padded_of(sealed: u64) -> Option<u64> {
    let padded = sealed.checked_sub(sealed.div_ceil(SEALED_PIECE) * TAG as u64)?;
    pad::is_padded(padded).then_some(padded)
}

/// Whether some plaintext has this sealed size.
pub fn is_sealed_size(sealed: u64) -> bool {
    padded_of(sealed).is_some()
}

/// Where in the padded plaintext a coder stands.
struct Place {
    about: [u8; 44],
    /// Bytes before the next piece.
    at: u64,
    padded: u64,
}

impl Place {
    /// Bytes of the padded plaintext in the next piece; none after the last.
    fn next(&self) -> Option<u64> {
        let left = self.padded - self.at;
        (left > 0).then_some(left.min(PIECE))
    }

    fn nonce(&self, size: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&(self.at / PIECE).to_be_bytes());
        nonce[11] = u8::from(self.at + size == self.padded);
        nonce
    }
}

/// The part of `from..to` that lies between `at` and `at + size`, as offsets from `at`.
fn within(at: u64, size: u64, from: u64, to: u64) -> std::ops::Range<usize> {
    let offset = |place: u64| place.clamp(at, at + size) - at;
    offset(from) as usize..offset(to) as usize
}

/// Seals a plaintext of known size, piece by piece.
pub struct Sealer<'k> {
    key: &'k PieceKey,
    plain: u64,
    place: Place,
}

impl<'k> Sealer<'k> {
    /// For a plaintext of `plain` bytes.
    pub fn new(key: &'k PieceKey, about: &About, plain: u64) -> Result<Self, PieceError> {
        let padded = pad::padded(plain).ok_or(PieceError::Size)?;
        Ok(Self { key, plain, place: Place { about: about.bytes(), at: 0, padded } })
    }

    /// Bytes of the plaintext that the next piece takes: 0 where only padding is left; none after the last piece.
    pub fn wants(&self) -> Option<usize> {
        Some(self.text(self.place.next()?).len())
    }

    /// The next piece, sealed, from exactly as many bytes as it wants.
    pub fn piece(&mut self, plain: &[u8]) -> Result<Vec<u8>, PieceError> {
        let size = self.place.next().ok_or(PieceError::Size)?;
        let text = self.text(size);
        if plain.len() != text.len() {
            return Err(PieceError::Size);
        }
        let mut padded = vec![0; size as usize];
        if self.place.at == 0 {
            padded[..pad::LENGTH as usize].copy_from_slice(&self.plain.to_be_bytes());
        }
        padded[text].copy_from_slice(plain);
        let payload = Payload { msg: &padded, aad: &self.place.about };
        let sealed =
            self.key.0.encrypt(&self.place.nonce(size).into(), payload).map_err(|_| PieceError::Size)?;
        self.place.at += size;
        Ok(sealed)
    }

    /// Where in the next piece the plaintext stands.
    fn text(&self, size: u64) -> std::ops::Range<usize> {
        within(self.place.at, size, pad::LENGTH, pad::LENGTH + self.plain)
    }
}

/// Opens what a [`Sealer`] made, piece by piece. Whoever uses it keeps what it gives to himself until [`Opener::wants`]
/// says that nothing is left: before that, the end may be missing.
pub struct Opener<'k> {
    key: &'k PieceKey,
    /// Size of the plaintext; unknown before the first piece.
    plain: u64,
    place: Place,
}

impl<'k> Opener<'k> {
    /// For `sealed` bytes in all.
    pub fn new(key: &'k PieceKey, about: &About, sealed: u64) -> Result<Self, PieceError> {
        let padded = padded_of(sealed).ok_or(PieceError::Size)?;
        Ok(Self { key, plain: 0, place: Place { about: about.bytes(), at: 0, padded } })
    }

    /// Bytes of the next sealed piece; none after the last.
    pub fn wants(&self) -> Option<usize> {
        self.place.next().map(|size| size as usize + TAG)
    }

    /// The plaintext of the next piece, from exactly as many bytes as it wants; empty where only padding is left.
    pub fn piece(&mut self, sealed: &[u8]) -> Result<Vec<u8>, PieceError> {
        let size = self.place.next().ok_or(PieceError::Size)?;
        if sealed.len() != size as usize + TAG {
            return Err(PieceError::Size);
        }
        let payload = Payload { msg: sealed, aad: &self.place.about };
        let mut padded =
            self.key.0.decrypt(&self.place.nonce(size).into(), payload).map_err(|_| PieceError::Damaged)?;
        if self.place.at == 0 {
            let length = padded.first_chunk().ok_or(PieceError::Damaged)?;
            self.plain = u64::from_be_bytes(*length);
            if pad::padded(self.plain) != Some(self.place.padded) {
                return Err(PieceError::Damaged);
            }
        }
        let text = within(self.place.at, size, pad::LENGTH, pad::LENGTH + self.plain);
        if padded[text.end..].iter().any(|byte| *byte != 0) {
            return Err(PieceError::Damaged);
        }
        self.place.at += size;
        padded.truncate(text.end);
        padded.drain(..text.start);
        Ok(padded)
    }
}

//! Files that are sealed as they are put in, and opened as they are read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use truc_proto::entry::Attachment;
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::seal::{About, Opener, PieceKey, Sealer, inside};

use super::{AttachmentError, Attachments, described};

/// A file that is sealed while it is read.
struct Sealing<'a> {
    source: &'a File,
    sealer: Sealer<'a>,
    piece: Vec<u8>,
    /// How much of the piece was read.
    at: usize,
}

impl Read for Sealing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len()
            && let Some(wanted) = self.sealer.wants()
        {
            let mut plain = vec![0; wanted];
            // One that has become shorter ends here.
            self.source.read_exact(&mut plain)?;
            self.piece = self.sealer.piece(&plain).map_err(io::Error::other)?;
            self.at = 0;
        }
        let read = (&self.piece[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl Attachments {
    /// As [`Attachments::put_file`], sealed with a key of the entry that will name it: the file as it is, and what lies in the
    /// store, under the file's own name.
    pub fn put_sealed(
        &self,
        path: &Path,
        key: &PieceKey,
        about: &About,
    ) -> Result<(inside::File, Attachment), AttachmentError> {
        let (name, source, metadata) = self.looked_at(path)?;
        let plain = metadata.len();
        let wrong = |_| AttachmentError::TooLarge(path.to_owned(), plain);
        let size = truc_proto::seal::sealed_size(plain).filter(|size| *size <= limits::ATTACHMENT_SIZE);
        let size = size.ok_or(wrong(()))?;
        let sealer = Sealer::new(key, about, plain).map_err(|_| wrong(()))?;
        let mut sealing = Sealing { source: &source, sealer, piece: Vec::new(), at: 0 };
        let hash = self.put(&mut sealing, size, (&source, &metadata, path))?;
        let Attachment { name, media_type, .. } = described(name, hash, &metadata);
        let file = inside::File { name: name.clone(), media_type: media_type.clone(), size: plain };
        Ok((file, Attachment { hash, size, name, media_type }))
    }

    /// Opens a sealed file piece by piece, until `take` wants no more. Its bytes should have been checked
    /// ([`Attachments::check`]): the end of one that was cut short is missed only after the pieces before it.
    pub fn open_sealed(
        &self,
        hash: Hash,
        key: &PieceKey,
        about: &About,
        mut take: impl FnMut(Vec<u8>) -> bool,
    ) -> Result<(), AttachmentError> {
        let path = self.whole(hash);
        let mut file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => AttachmentError::Absent(hash),
            _ => AttachmentError::io(&path)(error),
        })?;
        let size = fs::metadata(&path).map_err(AttachmentError::io(&path))?.len();
        let mut opener = Opener::new(key, about, size).map_err(|_| AttachmentError::Closed(hash))?;
        while let Some(wanted) = opener.wants() {
            let mut piece = vec![0; wanted];
            file.read_exact(&mut piece).map_err(AttachmentError::io(&path))?;
            if !take(opener.piece(&piece).map_err(|_| AttachmentError::Closed(hash))?) {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_proto::id::{OfficeId, RecordId};
    use truc_proto::seal::ContentKey;
    use truc_proto::wire::Urgency;
    use uuid::Uuid;

    use super::*;

    fn about(mv: u32) -> About {
        let (ledger, record) = (OfficeId(Uuid::from_u128(1)), RecordId(Uuid::from_u128(2)));
        About { ledger, record, kind: 8, mv, urgency: Urgency::Normal }
    }

    #[test]
    fn a_sealed_file_opens_with_its_key_in_its_place_alone() {
        let folder = tempfile::tempdir().unwrap();
        let files = Attachments::open(folder.path()).unwrap();
        let key = ContentKey::new([7; 32]);
        for size in [0_usize, 1, 1000, 64 * 1024 - 8, 64 * 1024, 300_000] {
            let text: Vec<u8> = "Đơn của bà Mẫu. ".bytes().cycle().take(size).collect();
            let path = folder.path().join("đơn.txt");
            fs::write(&path, &text).unwrap();
            let (file, stored) = files.put_sealed(&path, &key.for_file(0), &about(1)).unwrap();
            assert_eq!((file.name.as_str(), file.size), ("đơn.txt", size as u64));
            assert_eq!(files.have(stored.hash).unwrap().bytes, stored.size, "{size}");
            files.check(stored.hash).unwrap();
            let open = |key: &PieceKey, about: &About| {
                let mut all = Vec::new();
                files.open_sealed(stored.hash, key, about, |piece| {
                    all.extend(piece);
                    true
                })?;
                Ok::<_, AttachmentError>(all)
            };
            assert_eq!(open(&key.for_file(0), &about(1)).unwrap(), text, "{size}");
            for (key, about) in [(key.for_file(1), about(1)), (key.for_file(0), about(2))] {
                assert!(matches!(open(&key, &about), Err(AttachmentError::Closed(_))), "{size}");
            }
            let kept = fs::read(folder.path().join("attachments").join(stored.hash.to_string())).unwrap();
            assert!(size < 100 || !kept.windows(20).any(|bytes| text.starts_with(bytes)), "{size}: in clear");
        }
    }
}

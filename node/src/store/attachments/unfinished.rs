//! Unfinished uploads at a hub: each belongs to the office that brings it, so nobody's bytes spoil another's.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use truc_proto::id::{Hash, OfficeId};

use super::{AttachmentError, Attachments, Receiving};

/// Subfolder of the attachments with a folder for each office.
const UNFINISHED: &str = "unfinished";

/// An upload that is not whole yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upload {
    /// The office that brings it.
    pub by: OfficeId,
    /// The file.
    pub hash: Hash,
    /// Size of the whole file as that office says, bytes.
    pub size: u64,
}

impl Attachments {
    /// Goes on receiving what an office brings, although another may have brought the whole file before: that it brings
    /// all bytes itself shows that it has them.
    pub fn receive(&self, upload: Upload) -> Result<Receiving, AttachmentError> {
        let folder = self.uploads_of(upload.by);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(AttachmentError::io(&folder))?;
        Receiving::resume(self.clone(), self.unfinished_path(upload), upload.hash, upload.size, true)
    }

    /// Bytes of an upload that are here.
    pub fn received(&self, upload: Upload) -> Result<u64, AttachmentError> {
        let path = self.unfinished_path(upload);
        match fs::metadata(&path) {
            Ok(about) => Ok(about.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(AttachmentError::io(&path)(error)),
        }
    }

    /// The unfinished uploads of an office.
    pub fn unfinished_by(&self, by: OfficeId) -> Result<Vec<Upload>, AttachmentError> {
        let uploads = names(&self.uploads_of(by))?.into_iter().filter_map(|name| {
            let (hash, size) = name.split_once('-')?;
            Some(Upload { by, hash: Hash::from_hex(hash)?, size: size.parse().ok()? })
        });
        Ok(uploads.collect())
    }

    /// The unfinished uploads of all offices.
    pub fn unfinished(&self) -> Result<Vec<Upload>, AttachmentError> {
        let mut all = Vec::new();
        for name in names(&self.folder.join(UNFINISHED))? {
            if let Ok(by) = name.parse() {
                all.extend(self.unfinished_by(OfficeId(by))?);
            }
        }
        Ok(all)
    }

    /// Removes an unfinished upload, unless it is just coming.
    pub fn forget(&self, upload: Upload) -> Result<(), AttachmentError> {
        let path = self.unfinished_path(upload);
        let claims = super::receiving::locked(&self.claims);
        if claims.contains_key(&path) {
            return Ok(());
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(AttachmentError::io(&path)(error)),
            _ => Ok(()),
        }
    }

    fn uploads_of(&self, by: OfficeId) -> PathBuf {
        self.folder.join(UNFINISHED).join(by.0.to_string())
    }

    fn unfinished_path(&self, upload: Upload) -> PathBuf {
        self.uploads_of(upload.by).join(format!("{}-{}", upload.hash, upload.size))
    }
}

/// Names in a folder; none if there is no such folder.
fn names(folder: &std::path::Path) -> Result<Vec<String>, AttachmentError> {
    let at = AttachmentError::io;
    let found = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.map_err(at(folder))?,
    };
    let names = found.map(|found| Ok(found?.file_name().into_string().ok()));
    Ok(names.collect::<io::Result<Vec<_>>>().map_err(at(folder))?.into_iter().flatten().collect())
}

//! Attachments: files named by their SHA-256, in a folder of their own beside the journal.
//!
//! A file gets its name by one rename, after its bytes were flushed and found to have that hash. Whenever the program
//! stops, a reader finds the right bytes or nothing.

mod receiving;
mod sealed;
#[cfg(test)]
mod tests;
mod unfinished;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use truc_proto::entry::Attachment;
use truc_proto::id::Hash;
use truc_proto::limits;

use crate::words::failure::{ExitCode, Failure};

pub use receiving::Receiving;
pub use unfinished::Upload;

/// Folder of attachments within a store.
pub const FOLDER: &str = "attachments";
const UNFINISHED: &str = "new-";
const PARTIAL: &str = "part";
const SPOILT: &str = "spoilt";

/// First part of the paths of files that a command handed over open. No file lies there.
const HANDED: &str = "handed over";

/// The path by which [`Attachments::put_file`] finds the file with this number among those handed over.
pub fn handed_path(number: usize, name: &OsStr) -> PathBuf {
    Path::new(HANDED).join(number.to_string()).join(name)
}

fn handed_number(path: &Path) -> Option<usize> {
    path.strip_prefix(HANDED).ok()?.iter().next()?.to_str()?.parse().ok()
}

/// Why a file was not taken, kept or read. No half-written file is visible after any of these.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Larger than [`limits::ATTACHMENT_SIZE`].
    #[error("{}: more than {} bytes", .0.display(), limits::ATTACHMENT_SIZE)]
    TooLarge(PathBuf, u64),
    /// There is no such file any more.
    #[error("{}: not there", .0.display())]
    Gone(PathBuf),
    /// It is a folder, a device or a pipe.
    #[error("{}: not an ordinary file", .0.display())]
    NotAFile(PathBuf),
    /// The name is not UTF-8, or longer than [`limits::ATTACHMENT_NAME`].
    #[error("{}: the name is too long or not UTF-8", .0.display())]
    Name(PathBuf),
    /// The file's size changed while it was read.
    #[error("{}: changed while it was read", .0.display())]
    Changed(PathBuf),
    /// The file is not here, or not whole yet.
    #[error("attachment {0} is not here")]
    Absent(Hash),
    /// The bytes that arrived do not have the hash; they were discarded.
    #[error("what arrived for attachment {0} does not match its hash and was discarded")]
    Wrong(Hash),
    /// The file was whole once, and its bytes no longer have the hash.
    #[error("attachment {0} is damaged on the disk and was set aside")]
    Spoilt(Hash),
    /// The file is sealed, and does not open with the key of its entry.
    #[error("attachment {0} does not open")]
    Closed(Hash),
    /// The chunk does not begin where the last one ended, or goes beyond the declared size.
    #[error("a chunk of attachment {hash} at {offset} does not fit: {have} bytes are here")]
    Offset {
        /// Hash of the file.
        hash: Hash,
        /// Where the chunk claims to begin, bytes.
        offset: u64,
        /// Bytes that are here.
        have: u64,
    },
    /// Another transfer of the same file has taken over.
    #[error("another transfer of attachment {0} has taken over")]
    Superseded(Hash),
    /// The disk is so full that what is left of it is kept for entries.
    #[error("{}: what is free on the disk is kept for entries", .0.display())]
    NoRoom(PathBuf),
}

impl AttachmentError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

impl From<AttachmentError> for Failure {
    fn from(error: AttachmentError) -> Self {
        let cause = error.to_string();
        let failure = match error {
            AttachmentError::Io { path, source } => return Self::io(&path, source),
            AttachmentError::TooLarge(path, size) => Self::new(ExitCode::Input, "attachment-too-large")
                .sized("size", size)
                .sized("limit", limits::ATTACHMENT_SIZE)
                .about(name(&path)),
            AttachmentError::Gone(path) => {
                Self::new(ExitCode::NotFound, "attachment-gone").about(name(&path))
            }
            AttachmentError::NotAFile(path) => {
                Self::new(ExitCode::Input, "attachment-not-a-file").about(name(&path))
            }
            AttachmentError::Name(path) => Self::new(ExitCode::Input, "attachment-name").about(name(&path)),
            AttachmentError::Changed(path) => {
                Self::new(ExitCode::Input, "attachment-changed").about(name(&path))
            }
            AttachmentError::Absent(_) => Self::new(ExitCode::NotFound, "attachment-absent"),
            AttachmentError::Closed(_) => Self::new(ExitCode::Store, "attachment-closed"),
            AttachmentError::Spoilt(_) => Self::new(ExitCode::Store, "attachment-spoilt"),
            AttachmentError::Wrong(_) => Self::new(ExitCode::Unexpected, "attachment-wrong"),
            AttachmentError::Offset { .. } | AttachmentError::Superseded(_) => {
                Self::new(ExitCode::Unexpected, "attachment-busy")
            }
            AttachmentError::NoRoom(_) => Self::new(ExitCode::CannotWrite, "attachment-no-room"),
        };
        failure.because(cause)
    }
}

/// The name of a file that people added: where it lies in a store is nothing that they can use.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// How much of a file is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Have {
    /// Bytes from the start, without a hole.
    pub bytes: u64,
    /// The file is whole, and its bytes had the hash.
    pub complete: bool,
}

/// Number of the newest transfer into each file: only that one may write.
type Claims = Arc<Mutex<HashMap<PathBuf, Arc<Mutex<u64>>>>>;

/// The attachments of a store. Cheap to clone; clones share the claims. Calls block on the disk.
#[derive(Clone, Debug)]
pub struct Attachments {
    folder: PathBuf,
    claims: Claims,
    serial: Arc<AtomicU64>,
    /// Part of the disk that files of others leave free, percent.
    kept: u64,
    /// Files that a command handed over open; [`handed_path`] names them.
    handed: Arc<[File]>,
    #[cfg(test)]
    crash: tests::Crash,
}

impl Attachments {
    /// Opens the attachments of the store in `dir`, whose lock the caller holds. Unfinished copies of an earlier
    /// process are removed; partly received files are kept.
    pub fn open(dir: &Path) -> Result<Self, AttachmentError> {
        let folder = dir.join(FOLDER);
        let io = AttachmentError::io;
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io(&folder))?;
        sync_folder(dir).map_err(io(dir))?;
        for file in fs::read_dir(&folder).map_err(io(&folder))? {
            let path = file.map_err(io(&folder))?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED)) {
                fs::remove_file(&path).map_err(io(&path))?;
            }
        }
        Ok(Self::reading(dir))
    }

    /// The same with another part of the disk that files of others leave free, percent.
    #[must_use]
    pub fn keeping(self, kept: u64) -> Self {
        Self { kept, ..self }
    }

    /// The same with files that a command handed over open.
    #[must_use]
    pub fn handed(&self, files: Vec<File>) -> Self {
        Self { handed: files.into(), ..self.clone() }
    }

    /// Opens what is to be put in: one that was handed over, or one of this machine.
    fn source(&self, path: &Path) -> Result<File, AttachmentError> {
        let gone = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => AttachmentError::Gone(path.to_owned()),
            _ => AttachmentError::io(path)(error),
        };
        if let Some(number) = handed_number(path) {
            let handed = self.handed.get(number).ok_or_else(|| AttachmentError::Gone(path.to_owned()))?;
            let mut file = handed.try_clone().map_err(AttachmentError::io(path))?;
            if !file.metadata().map_err(AttachmentError::io(path))?.is_file() {
                return Err(AttachmentError::NotAFile(path.to_owned()));
            }
            file.rewind().map_err(AttachmentError::io(path))?;
            return Ok(file);
        }
        // Checked before opening, which would wait for the other end of a pipe.
        if !fs::metadata(path).map_err(gone)?.is_file() {
            return Err(AttachmentError::NotAFile(path.to_owned()));
        }
        File::open(path).map_err(gone)
    }

    /// Fails if files of others may take no more of the disk.
    fn room(&self) -> Result<(), AttachmentError> {
        // A disk that does not tell is written until it is full.
        let Ok(disk) = rustix::fs::statvfs(&self.folder) else { return Ok(()) };
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let kept = (bytes(disk.f_blocks) / 100).saturating_mul(self.kept);
        // A part that somebody has configured is taken as it is.
        let most = if self.kept == limits::DISK_KEPT { limits::DISK_KEPT_MOST } else { u64::MAX };
        if bytes(disk.f_bavail) < kept.min(most) {
            return Err(AttachmentError::NoRoom(self.folder.clone()));
        }
        Ok(())
    }

    /// The attachments of a store that is only read.
    pub fn reading(dir: &Path) -> Self {
        Self {
            folder: dir.join(FOLDER),
            claims: Claims::default(),
            serial: Arc::default(),
            kept: limits::DISK_KEPT,
            handed: Arc::default(),
            #[cfg(test)]
            crash: tests::Crash::default(),
        }
    }

    /// Copies a file of this machine into the store and describes it for a header.
    pub fn put_file(&self, path: &Path) -> Result<Attachment, AttachmentError> {
        let (name, source, about) = self.looked_at(path)?;
        let hash = self.put(&mut &source, about.len(), (&source, &about, path))?;
        Ok(described(name, hash, &about))
    }

    /// Copies what is read of a file into the store: `size` bytes. `of`: the file, as it was looked at, and where.
    fn put(
        &self,
        source: &mut dyn Read,
        size: u64,
        of: (&File, &Metadata, &Path),
    ) -> Result<Hash, AttachmentError> {
        let unfinished =
            self.folder.join(format!("{UNFINISHED}{}", self.serial.fetch_add(1, Ordering::Relaxed)));
        let taken = self.take_in(source, size, of, &unfinished);
        if taken.is_err() && !self.crashed() {
            // Best effort: the next start removes it too.
            let _ = fs::remove_file(&unfinished);
        }
        taken
    }

    /// Describes a file of this machine for a header, and stores nothing.
    pub fn describe(&self, path: &Path) -> Result<Attachment, AttachmentError> {
        let (name, mut source, about) = self.looked_at(path)?;
        let hash = hash_of(&mut source).map_err(AttachmentError::io(path))?;
        Ok(described(name, hash, &about))
    }

    /// The name of a file of this machine, and the file, opened: it can be taken in.
    fn looked_at<'a>(&self, path: &'a Path) -> Result<(&'a str, File, Metadata), AttachmentError> {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| name.len() <= limits::ATTACHMENT_NAME) else {
            return Err(AttachmentError::Name(path.to_owned()));
        };
        let source = self.source(path)?;
        let about = source.metadata().map_err(AttachmentError::io(path))?;
        if about.len() > limits::ATTACHMENT_SIZE {
            return Err(AttachmentError::TooLarge(path.to_owned(), about.len()));
        }
        Ok((name, source, about))
    }

    fn take_in(
        &self,
        source: &mut dyn Read,
        size: u64,
        (file, about, path): (&File, &Metadata, &Path),
        unfinished: &Path,
    ) -> Result<Hash, AttachmentError> {
        let io = AttachmentError::io;
        let mut copy = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(unfinished)
            .map_err(io(unfinished))?;
        self.step("attachments.create.after", unfinished)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; limits::CHUNK];
        let mut copied = 0;
        loop {
            let read = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(io(path)(error)),
            };
            copied += read as u64;
            // A file that grows while it is read could fill the disk.
            if copied > size {
                return Err(AttachmentError::Changed(path.to_owned()));
            }
            hasher.update(&buffer[..read]);
            copy.write_all(&buffer[..read]).map_err(io(unfinished))?;
            self.step("attachments.copy.after", unfinished)?;
        }
        if copied != size || changes(file, path, about)? {
            return Err(AttachmentError::Changed(path.to_owned()));
        }
        copy.sync_all().map_err(io(unfinished))?;
        self.step("attachments.sync.after", unfinished)?;
        let hash = Hash(hasher.finalize().into());
        self.show(unfinished, hash)?;
        Ok(hash)
    }

    /// Gives flushed and verified bytes their name.
    fn show(&self, from: &Path, hash: Hash) -> Result<(), AttachmentError> {
        let to = self.whole(hash);
        self.step("attachments.rename.before", from)?;
        fs::rename(from, &to).map_err(AttachmentError::io(&to))?;
        self.step("attachments.rename.after", &to)?;
        sync_folder(&self.folder).map_err(AttachmentError::io(&self.folder))?;
        self.step("attachments.folder.after", &to)
    }

    /// How much of a file is here.
    pub fn have(&self, hash: Hash) -> Result<Have, AttachmentError> {
        for (path, complete) in [(self.whole(hash), true), (self.partial(hash), false)] {
            match fs::metadata(&path) {
                Ok(about) => return Ok(Have { bytes: about.len(), complete }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(AttachmentError::io(&path)(error)),
            }
        }
        Ok(Have::default())
    }

    /// Up to `length` bytes of a whole file from `offset` on, at most [`limits::CHUNK`]; fewer only at its end.
    pub fn read_at(&self, hash: Hash, offset: u64, length: usize) -> Result<Vec<u8>, AttachmentError> {
        let path = self.whole(hash);
        let mut file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => AttachmentError::Absent(hash),
            _ => AttachmentError::io(&path)(error),
        })?;
        file.seek(SeekFrom::Start(offset)).map_err(AttachmentError::io(&path))?;
        let length = length.min(limits::CHUNK);
        let mut bytes = Vec::with_capacity(length);
        file.take(length as u64).read_to_end(&mut bytes).map_err(AttachmentError::io(&path))?;
        Ok(bytes)
    }

    /// Fails unless a whole file still has the hash of its name. A damaged one is set aside under another name: it is
    /// absent from then on, and fetched again from where it came.
    pub fn check(&self, hash: Hash) -> Result<(), AttachmentError> {
        let path = self.whole(hash);
        let mut file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => AttachmentError::Absent(hash),
            _ => AttachmentError::io(&path)(error),
        })?;
        if hash_of(&mut file).map_err(AttachmentError::io(&path))? == hash {
            return Ok(());
        }
        let aside = self.folder.join(format!("{hash}.{SPOILT}"));
        fs::rename(&path, &aside).map_err(AttachmentError::io(&path))?;
        tracing::error!(file = %aside.display(), "an attachment is damaged and was set aside");
        Err(AttachmentError::Spoilt(hash))
    }

    /// Goes on receiving a file of `size` bytes where an earlier transfer stopped. A transfer of the same file that is
    /// still under way may hang on a lost connection, so this one supersedes it.
    pub fn resume(&self, hash: Hash, size: u64) -> Result<Receiving, AttachmentError> {
        Receiving::resume(self.clone(), self.partial(hash), hash, size, false)
    }

    fn whole(&self, hash: Hash) -> PathBuf {
        self.folder.join(hash.to_string())
    }

    fn partial(&self, hash: Hash) -> PathBuf {
        self.folder.join(format!("{hash}.{PARTIAL}"))
    }

    /// A place where tests stop the program.
    #[cfg(not(test))]
    fn step(&self, name: &'static str, _: &Path) -> Result<(), AttachmentError> {
        crate::fault::point(name);
        Ok(())
    }

    #[cfg(test)]
    fn step(&self, name: &'static str, path: &Path) -> Result<(), AttachmentError> {
        self.crash.step(name, path)
    }

    #[cfg(not(test))]
    fn crashed(&self) -> bool {
        false
    }

    #[cfg(test)]
    fn crashed(&self) -> bool {
        self.crash.happened()
    }
}

/// Whether a file was written since it was looked at, or is still being written: one that was written a moment ago is
/// looked at once more after that moment.
fn changes(file: &File, path: &Path, before: &Metadata) -> Result<bool, AttachmentError> {
    let looks = |about: &Metadata| (about.len(), about.mtime(), about.mtime_nsec());
    let now = || file.metadata().map_err(AttachmentError::io(path));
    let fresh = before.modified().map(|written| written.elapsed().unwrap_or_default());
    if let Some(rest) = fresh.ok().and_then(|fresh| limits::FILE_SETTLED.checked_sub(fresh)) {
        std::thread::sleep(rest);
    }
    Ok(looks(before) != looks(&now()?))
}

/// SHA-256 of a file's bytes, from the current offset on.
fn hash_of(file: &mut File) -> io::Result<Hash> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; limits::CHUNK];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Hash(hasher.finalize().into())),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// SHA-256 of a file.
pub fn hash_file(path: &Path) -> Result<Hash, AttachmentError> {
    let io = AttachmentError::io;
    hash_of(&mut File::open(path).map_err(io(path))?).map_err(io(path))
}

/// A file as a header names it.
fn described(name: &str, hash: Hash, about: &Metadata) -> Attachment {
    let (name, media_type) = (name.to_owned(), media_type(name).to_owned());
    Attachment { hash, size: about.len(), name, media_type }
}

/// Removes a file of the store in `dir`, whole or in part; one that is not there is no fault. A whole one that was put
/// there within `spared` stays: it may be for an entry that is being written.
pub fn remove(dir: &Path, hash: Hash, spared: Duration) -> Result<(), AttachmentError> {
    let folder = dir.join(FOLDER);
    let whole = folder.join(hash.to_string());
    let fresh = || {
        let put = fs::metadata(&whole).and_then(|about| about.modified());
        !spared.is_zero() && put.is_ok_and(|put| put.elapsed().is_ok_and(|since| since < spared))
    };
    // In the order in which a file gets these names: a transfer that is under way finds nothing to give the next one to.
    let mut names = vec![folder.join(format!("{hash}.{PARTIAL}"))];
    if !fresh() {
        names.extend([whole.clone(), folder.join(format!("{hash}.{SPOILT}"))]);
    }
    for path in names {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(AttachmentError::io(&path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes renames and new files in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The media type that a name suggests: for readers, never a reason to run anything.
fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("pdf") => "application/pdf",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("pptx") => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Some("odt") => "application/vnd.oasis.opendocument.text",
        Some("doc") => "application/msword",
        Some("xls") => "application/vnd.ms-excel",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("tif" | "tiff") => "image/tiff",
        Some("txt") => "text/plain",
        Some("md") => "text/markdown",
        Some("csv") => "text/csv",
        Some("xml") => "application/xml",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

//! The bag around the payload (BagIt 1.0, RFC 8493): its files and their checksums.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use truc_proto::id::Hash;
use truc_proto::limits;
use truc_proto::proof::{Fault, Wrong};

use super::ArchiveError;
use super::tables::Lines;
use crate::store::attachments::{AttachmentError, hash_file};

const DECLARATION: &str = "bagit.txt";
const INFO: &str = "bag-info.txt";
pub(super) const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";

/// SHA-256 of files, by their path in the bag.
pub(super) type Sums = BTreeMap<String, Hash>;

/// A bag being written. Only its owner may read it, and decides who else may.
#[derive(Debug)]
pub(super) struct Bag {
    root: PathBuf,
    sums: Sums,
    bytes: u64,
}

/// A file of the bag that is being written.
#[derive(Debug)]
pub(super) struct Part {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Sha256,
    pub(super) bytes: u64,
}

impl Bag {
    /// Begins a bag in a folder that does not exist yet or is empty.
    pub(super) fn new(root: &Path) -> Result<Self, ArchiveError> {
        let taken = fs::read_dir(root).is_ok_and(|mut files| files.next().is_some());
        if taken || (root.exists() && !root.is_dir()) {
            return Err(ArchiveError::Exists(root.to_owned()));
        }
        let bag = Self { root: root.to_owned(), sums: Sums::new(), bytes: 0 };
        bag.folder(root)?;
        Ok(bag)
    }

    fn folder(&self, path: &Path) -> Result<(), ArchiveError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(ArchiveError::io(path))
    }

    /// Begins a file.
    pub(super) fn part(&self, name: &str) -> Result<Part, ArchiveError> {
        let path = self.root.join(name);
        if let Some(folder) = path.parent() {
            self.folder(folder)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = BufWriter::new(file.map_err(ArchiveError::io(&path))?);
        Ok(Part { name: name.to_owned(), path, file, hasher: Sha256::new(), bytes: 0 })
    }

    /// Ends a file: makes it durable and adds it to the checksums.
    pub(super) fn end(&mut self, part: Part) -> Result<Hash, ArchiveError> {
        let Part { name, path, file, hasher, bytes } = part;
        let file = file.into_inner().map_err(|error| ArchiveError::io(&path)(error.into_error()))?;
        file.sync_all().map_err(ArchiveError::io(&path))?;
        let hash = Hash(hasher.finalize().into());
        if name.starts_with("data/") {
            self.bytes += bytes;
        }
        self.sums.insert(name, hash);
        Ok(hash)
    }

    /// Writes a whole file.
    pub(super) fn put(&mut self, name: &str, text: impl AsRef<[u8]>) -> Result<Hash, ArchiveError> {
        let mut part = self.part(name)?;
        part.write(text.as_ref())?;
        self.end(part)
    }

    /// Copies a file; returns the hash of what was copied.
    pub(super) fn copy(&mut self, name: &str, from: &Path) -> Result<Hash, ArchiveError> {
        let io = ArchiveError::io;
        let mut source = File::open(from).map_err(io(from))?;
        let mut part = self.part(name)?;
        let mut buffer = vec![0; limits::CHUNK];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return self.end(part),
                Ok(read) => part.write(&buffer[..read])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io(from)(error)),
            }
        }
    }

    /// Writes the manifest of the payload; returns its hash, which the seal signs.
    pub(super) fn manifest(&mut self) -> Result<Hash, ArchiveError> {
        let text = listing(self.sums.iter().filter(|(name, _)| name.starts_with("data/")));
        self.put(MANIFEST, text)
    }

    /// Closes the bag; `info` are lines of `bag-info.txt`.
    pub(super) fn close(mut self, info: &[(&str, String)]) -> Result<(), ArchiveError> {
        self.put(DECLARATION, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")?;
        let payload = self.sums.keys().filter(|name| name.starts_with("data/")).count();
        let mut text: String =
            info.iter().map(|(name, value)| format!("{name}: {}\n", super::tables::line(value))).collect();
        text.push_str(&format!("Payload-Oxum: {}.{payload}\n", self.bytes));
        self.put(INFO, text)?;
        let text = listing(self.sums.iter().filter(|(name, _)| !name.starts_with("data/")));
        self.put(TAG_MANIFEST, text)?;
        File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(ArchiveError::io(&self.root))
    }
}

impl Part {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(ArchiveError::io(&self.path))
    }

    pub(super) fn record(&mut self, record: &csv::StringRecord) -> Result<(), ArchiveError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let line = writer.write_record(record).map_err(std::io::Error::other);
        let line = line.and_then(|()| writer.into_inner().map_err(|error| error.into_error()));
        self.write(&line.map_err(ArchiveError::io(&self.path))?)
    }
}

fn listing<'a>(files: impl Iterator<Item = (&'a String, &'a Hash)>) -> String {
    files.map(|(name, hash)| format!("{hash}  {name}\n")).collect()
}

/// A bag that was read: what its files hash to, whatever its manifests say.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// Files that exist and that a manifest names, with their real hash.
    pub(super) sums: Sums,
    /// Hash of the payload's manifest.
    pub(super) manifest: Hash32,
    /// Faults of the bag.
    pub(super) faults: Vec<Fault>,
}

/// A hash; none: the file cannot be read.
pub(super) type Hash32 = Option<Hash>;

/// Opens a bag, checking every file against the manifests. Calls `progress` with the bytes of each file.
pub(super) fn open(root: &Path, mut progress: impl FnMut(u64)) -> Result<Opened, ArchiveError> {
    let path = root.join(DECLARATION);
    let declared = fs::read_to_string(&path).unwrap_or_default();
    if !declared.starts_with("BagIt-Version: ") {
        return Err(ArchiveError::not(&path, "no BagIt declaration"));
    }
    let mut opened = Opened::default();
    let mut expected = Sums::new();
    for (manifest, payload) in [(MANIFEST, true), (TAG_MANIFEST, false)] {
        let path = root.join(manifest);
        match File::open(&path) {
            Ok(file) => {
                let listed = listed(file, payload);
                opened
                    .faults
                    .extend(listed.1.map(|line| Fault::of(format!("{manifest}:{line}"), Wrong::Manifest)));
                expected.extend(listed.0);
            }
            Err(_) => opened.faults.push(Fault::of(manifest, Wrong::FileMissing)),
        }
    }
    opened.manifest = hash_file(&root.join(MANIFEST)).ok();
    let mut found = Vec::new();
    list(root, root, &mut found)?;
    for name in &found {
        let known = expected.contains_key(name) || name == TAG_MANIFEST;
        if !known {
            opened.faults.push(Fault::of(name, Wrong::FileExtra));
        }
    }
    for (name, sum) in &expected {
        let path = root.join(name);
        // A symbolic link could lead out of the bag.
        if !path.symlink_metadata().is_ok_and(|about| about.is_file()) {
            opened.faults.push(Fault::of(name, Wrong::FileMissing));
            continue;
        }
        let hash = hash_file(&path).map_err(|error| match error {
            AttachmentError::Io { path, source } => ArchiveError::Io { path, source },
            error => ArchiveError::not(&path, error),
        })?;
        if hash != *sum {
            opened.faults.push(Fault::of(name, Wrong::FileAltered));
        }
        progress(path.metadata().map_or(0, |about| about.len()));
        opened.sums.insert(name.clone(), hash);
    }
    Ok(opened)
}

/// The files that a manifest lists, up to the first line that is not as [`Bag`] writes it (in order of names, each name
/// once), and that line's number. No checksum covers the tag manifest, so only this exact form is taken.
pub(super) fn listed(file: impl Read, payload: bool) -> (Sums, Option<usize>) {
    let (mut sums, mut reader, mut line) = (Sums::new(), BufReader::new(Lines::new(file)), String::new());
    for number in 1.. {
        line.clear();
        if reader.read_line(&mut line).is_ok_and(|read| read == 0) {
            break;
        }
        let read = line.split_once("  ").and_then(|(sum, name)| {
            let (sum, name) = (Hash::from_hex(sum)?, name.strip_suffix('\n')?.to_owned());
            let ours = name.starts_with("data/") == payload && plain(&name);
            let next = sums.last_key_value().is_none_or(|(last, _)| *last < name);
            (ours && next && line == listing([(&name, &sum)].into_iter())).then_some((name, sum))
        });
        let Some((name, sum)) = read else { return (sums, Some(number)) };
        sums.insert(name, sum);
    }
    (sums, None)
}

/// Whether a path stays within the bag.
pub(super) fn plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), ArchiveError> {
    for file in fs::read_dir(folder).map_err(ArchiveError::io(folder))? {
        let file = file.map_err(ArchiveError::io(folder))?;
        let path = file.path();
        if file.file_type().is_ok_and(|kind| kind.is_dir()) {
            list(root, &path, found)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            found.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_manifest_has_one_form() {
        let sums: Sums = [("bag-info.txt", 0xab), ("bagit.txt", 0xcd)]
            .map(|(name, byte)| (name.to_owned(), Hash([byte; 32])))
            .into();
        let whole = listing(sums.iter());
        assert_eq!(listed(whole.as_bytes(), false), (sums.clone(), None));
        let (first, second) = whole.split_at(whole.find('\n').unwrap() + 1);
        let others = [
            (whole.replacen("ab", "AB", 1), 1),
            (whole.replacen("  ", " ", 1), 1),
            (whole.replacen("  ", " *", 1), 1),
            (whole.replacen('\n', "\n\n", 1), 2),
            (whole.trim_end().to_owned(), 2),
            (format!("{second}{first}"), 2),
            (format!("{first}{first}"), 2),
            (whole.replacen("bag-info", "data/x", 1), 1),
            (whole.replacen("bag-info", "../x", 1), 1),
        ];
        for (other, line) in others {
            assert_eq!(listed(other.as_bytes(), false).1, Some(line), "{other:?}");
        }
        assert!(listed(&[whole.as_bytes(), &[0xff]].concat()[..], false).1.is_some());
    }
}

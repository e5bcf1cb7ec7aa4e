//! What a disk may hold after a power cut: everything that was flushed, and of the rest any sectors.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::sim::rng::Rng;

/// Sector size in bytes: a disk usually writes a sector whole or not at all.
const SECTOR: usize = 512;

#[derive(Clone, Debug)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

/// A file on the disk, and its changes since the last flush.
#[derive(Clone, Debug)]
pub(super) struct File {
    flushed: Arc<Vec<u8>>,
    since: Vec<Change>,
}

impl File {
    pub(super) fn flushed(bytes: Vec<u8>) -> Self {
        Self { flushed: Arc::new(bytes), since: Vec::new() }
    }

    pub(super) fn write(&mut self, at: u64, bytes: &[u8]) {
        self.since.push(Change::Write(at, bytes.to_owned()));
    }

    pub(super) fn truncate(&mut self, size: u64) {
        self.since.push(Change::Truncate(size));
    }

    pub(super) fn flush(&mut self) {
        let bytes = Arc::make_mut(&mut self.flushed);
        for change in self.since.drain(..) {
            match change {
                Change::Write(at, written) => put(bytes, at as usize, &written),
                Change::Truncate(size) => bytes.truncate(size as usize),
            }
        }
    }

    fn after_a_cut(&self, keep: &mut impl FnMut() -> Kept) -> Vec<u8> {
        let mut bytes = self.flushed.to_vec();
        for change in &self.since {
            match change {
                Change::Truncate(size) => {
                    if !matches!(keep(), Kept::Lost) {
                        bytes.truncate(*size as usize);
                    }
                }
                Change::Write(at, written) => {
                    let mut at = *at as usize;
                    let mut rest = &written[..];
                    while !rest.is_empty() {
                        let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                        match keep() {
                            Kept::Lost => {}
                            Kept::Whole => put(&mut bytes, at, sector),
                            Kept::Torn => put(&mut bytes, at, &sector[..sector.len() / 2]),
                        }
                        at += sector.len();
                        rest = after;
                    }
                }
            }
        }
        bytes
    }
}

/// What a power cut leaves of a sector that was not flushed.
enum Kept {
    Lost,
    Whole,
    Torn,
}

fn put(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    if bytes.len() < at + written.len() {
        bytes.resize(at + written.len(), 0);
    }
    bytes[at..at + written.len()].copy_from_slice(written);
}

/// All files at the time of a flush.
#[derive(Clone, Debug)]
pub struct Snapshot {
    files: Vec<(String, File)>,
    /// Number of writes that were acknowledged by then.
    pub acknowledged: usize,
}

impl Snapshot {
    pub(super) fn of(files: &BTreeMap<String, File>, acknowledged: usize) -> Self {
        let files = files.iter().map(|(name, file)| (name.clone(), file.clone())).collect();
        Self { files, acknowledged }
    }

    /// Writes into `folder` what the disk may hold after a power cut at this moment. Seed 0 drops all unflushed
    /// sectors, seed 1 keeps all, every other seed draws for each sector whether it is kept, lost or torn.
    pub fn write(&self, folder: &Path, seed: u64) -> std::io::Result<()> {
        let mut rng = Rng::new(seed);
        let mut keep = || match seed {
            0 => Kept::Lost,
            1 => Kept::Whole,
            _ => match rng.below(32) {
                0 => Kept::Torn,
                drawn if drawn % 2 == 0 => Kept::Lost,
                _ => Kept::Whole,
            },
        };
        for (name, file) in &self.files {
            let name = Path::new(name).file_name().unwrap_or_default();
            std::fs::write(folder.join(name), file.after_a_cut(&mut keep))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_flushed_stays_and_the_rest_may_go() {
        let mut file = File::flushed(vec![1; SECTOR]);
        file.write(0, &[2; SECTOR]);
        file.flush();
        file.write(SECTOR as u64, &[3; 2 * SECTOR]);
        let files = BTreeMap::from([("f".to_owned(), file)]);
        let snapshot = Snapshot::of(&files, 7);
        let folder = tempfile::tempdir().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            snapshot.write(folder.path(), seed).unwrap();
            let bytes = std::fs::read(folder.path().join("f")).unwrap();
            assert_eq!(bytes[..SECTOR], [2; SECTOR]);
            seen.insert(bytes);
        }
        assert!(seen.contains(&vec![2; SECTOR]));
        assert!(seen.len() >= 4, "lost, whole, one of both, torn: {}", seen.len());
    }
}

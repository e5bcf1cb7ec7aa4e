//! Seeds and their mutations, determined by one number.

use std::fs;
use std::path::PathBuf;

use super::{Target, archive};
use crate::sim::Rng;

/// Numbers and texts that often break parsers.
const TRICKS: &[&[u8]] = &[
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\x7f",
    b"\n",
    b"\"",
    b",",
    b"---\n",
    b": ",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
    b"18446744073709551615",
    b"-1",
    b"../../",
    b"a\xcc\x81",
    b"[[[[[[[[",
    b"&a *a",
    b"TRUC1-",
];

/// Seeds of a target: files of the repository and generated ones.
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds = vec![Vec::new()];
    if target.name == "archive" {
        seeds.extend(archive::seeds());
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    seeds.extend(files.iter().filter_map(|file| fs::read(file).ok()));
    seeds
}

/// A random seed, changed in a few places.
pub fn mutant(seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut pick = |bound: usize| rng.below(bound.max(1) as u64) as usize;
    let mut bytes = seeds[pick(seeds.len())].clone();
    for _ in 0..=pick(4) {
        let at = pick(bytes.len() + 1);
        match pick(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << pick(8),
            1 if at < bytes.len() => bytes[at] = pick(256) as u8,
            2 => drop(bytes.splice(at..at, TRICKS[pick(TRICKS.len())].iter().copied())),
            3 => drop(bytes.drain(at..(at + pick(16)).min(bytes.len()))),
            4 => bytes.truncate(at),
            5 => {
                let end = (at + pick(64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = pick(bytes.len() + 1);
                drop(bytes.splice(to..to, piece));
            }
            _ => {
                let other = &seeds[pick(seeds.len())];
                let from = pick(other.len() + 1);
                let piece = other[from..(from + pick(64)).min(other.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

/// Runs a target over its seeds and `mutants` mutations; `tell` gets each input before it is run, so that a crash can
/// be traced.
pub fn run(target: &Target, seed: u64, mutants: usize, mut tell: impl FnMut(&[u8])) {
    let seeds = seeds(target);
    let mut rng = Rng::new(seed);
    for bytes in &seeds {
        tell(bytes);
        (target.run)(bytes);
    }
    for _ in 0..mutants {
        let bytes = mutant(&seeds, &mut rng);
        tell(&bytes);
        (target.run)(&bytes);
    }
}

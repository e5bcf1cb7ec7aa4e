//! Somebody who alters archives, and knows what he is doing: he mends every checksum, and may even hold the key of the
//! office that made the archive.

use std::fs;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use truc_proto::entry::Entry;
use truc_proto::id::OfficeId;

/// Columns of the index.
pub(crate) const POSITION: usize = 0;
pub(crate) const OFFICE: usize = 1;
pub(crate) const PREV: usize = 5;
pub(crate) const HASH: usize = 6;
pub(crate) const SIGNATURE: usize = 7;
pub(crate) const FILE: usize = 8;
pub(crate) const OFFSET: usize = 9;
pub(crate) const HEADER: usize = 10;
pub(crate) const BODY: usize = 11;
pub(crate) const STATE: usize = 12;
pub(crate) const MOVE: usize = 14;
pub(crate) const AUTHOR: usize = 18;
pub(crate) const TITLE: usize = 19;

pub(crate) struct Forger {
    pub(crate) root: PathBuf,
}

impl Forger {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join("data").join(name)
    }

    pub(crate) fn table(&self, name: &str) -> Vec<StringRecord> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(self.path(name)).unwrap();
        reader.records().map(|record| record.unwrap()).collect()
    }

    pub(crate) fn write(&self, name: &str, rows: &[StringRecord]) {
        let mut writer = csv::WriterBuilder::new().from_path(self.path(name)).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        writer.flush().unwrap();
    }

    /// Rewrites the index; `change` gets its rows without the heading.
    pub(crate) fn index(&self, change: impl FnOnce(&mut Vec<StringRecord>)) {
        let mut rows = self.table("index.csv");
        let head = rows.remove(0);
        change(&mut rows);
        rows.insert(0, head);
        self.write("index.csv", &rows);
    }

    /// Rewrites one cell of a table.
    pub(crate) fn cell(&self, name: &str, row: usize, column: usize, text: &str) {
        let mut rows = self.table(name);
        rows[row + 1] = with(&rows[row + 1], column, text);
        self.write(name, &rows);
    }

    /// Where in the index the entries of an office stand.
    pub(crate) fn of(&self, office: OfficeId) -> Vec<usize> {
        let rows = self.table("index.csv");
        let office = office.to_string();
        (1..rows.len()).filter(|row| rows[*row][OFFICE] == office).map(|row| row - 1).collect()
    }

    pub(crate) fn row(&self, row: usize) -> StringRecord {
        self.table("index.csv")[row + 1].clone()
    }

    /// The bytes of an entry, to be changed in place.
    pub(crate) fn content(&self, row: usize, change: impl FnOnce(&mut [u8])) {
        let row = self.row(row);
        let path = self.root.join(&row[FILE]);
        let mut bytes = fs::read(&path).unwrap();
        let [from, header, body] = [OFFSET, HEADER, BODY].map(|column| row[column].parse::<usize>().unwrap());
        change(&mut bytes[from..from + header + body]);
        fs::write(path, bytes).unwrap();
    }

    /// Puts other bytes in the place of an entry's.
    pub(crate) fn replace(&self, row: usize, entry: &Entry, signature: &[u8]) {
        let parts = entry.parts().unwrap();
        let file = self.row(row)[FILE].to_owned();
        let path = self.root.join(&file);
        let mut bytes = fs::read(&path).unwrap();
        let offset = bytes.len();
        bytes.extend_from_slice(&parts.header);
        bytes.extend_from_slice(&parts.body);
        fs::write(path, bytes).unwrap();
        let cells = [
            (OFFSET, offset.to_string()),
            (HEADER, parts.header.len().to_string()),
            (BODY, parts.body.len().to_string()),
            (HASH, entry.hash.to_string()),
            (SIGNATURE, HEXLOWER.encode(signature)),
        ];
        for (column, text) in cells {
            self.cell("index.csv", row, column, &text);
        }
    }

    /// Changes what the archive says of itself.
    pub(crate) fn facts(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let path = self.path("archive.json");
        let mut facts = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut facts);
        fs::write(path, facts.to_string()).unwrap();
    }

    /// So many entries less, and no whole journal any more.
    pub(crate) fn admits_to_less(&self, by: u64) {
        self.facts(|facts| {
            facts["entries"] = (facts["entries"].as_u64().unwrap() - by).into();
            facts["journal"] = false.into();
        });
    }

    /// Mends the checksums.
    pub(crate) fn mend(&self) {
        let payload = listing(&self.root, |name| name.starts_with("data/"));
        fs::write(self.root.join("manifest-sha256.txt"), payload).unwrap();
        let tags = listing(&self.root, |name| !name.starts_with("data/") && !name.starts_with("tagmanifest"));
        fs::write(self.root.join("tagmanifest-sha256.txt"), tags).unwrap();
    }

    /// Mends the checksums and seals anew. Written from the specification, not with the program's own code.
    pub(crate) fn seal(&self, office: OfficeId, key: &SigningKey) {
        self.mend();
        let manifest: [u8; 32] =
            Sha256::digest(fs::read(self.root.join("manifest-sha256.txt")).unwrap()).into();
        let signed = [&b"truc/archive/1\0"[..], office.0.as_bytes(), &manifest].concat();
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        let text = format!(
            "office: {office}\nkey: {}\nmanifest: {}\nsigned: {}\nsignature: {}\n",
            hex(key.verifying_key().as_bytes()),
            hex(&manifest),
            hex(&signed),
            hex(&key.sign(&signed).to_bytes())
        );
        fs::write(self.root.join("seal.txt"), text).unwrap();
        self.mend();
    }
}

pub(crate) fn with(row: &StringRecord, column: usize, text: &str) -> StringRecord {
    row.iter().enumerate().map(|(index, cell)| if index == column { text } else { cell }).collect()
}

fn listing(root: &Path, ours: impl Fn(&str) -> bool) -> String {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(root, &mut found);
    let name = |path: PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = found.into_iter().map(name).filter(|name| ours(name)).collect();
    names.sort();
    let line = |name: &String| {
        let sum: [u8; 32] = Sha256::digest(fs::read(root.join(name)).unwrap()).into();
        format!("{}  {name}\n", HEXLOWER.encode(&sum))
    };
    names.iter().map(line).collect()
}

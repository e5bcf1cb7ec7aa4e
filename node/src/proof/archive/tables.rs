//! The tables of an archive: CSV (RFC 4180), one line a row. Columns that shell tools can cut stand before free text.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use truc_proto::entry::Entry;
use truc_proto::id::{Hash, Incarnation, OfficeId, Place, Seat};
use truc_proto::limits;
use truc_proto::receipt::{Receipt, signed_bytes};
use truc_proto::record::{self, Move};
use truc_proto::registry::Registry;
use truc_proto::time::Hlc;
use truc_proto::wire::{RegistryMove, registry_move};

use super::ArchiveError;

/// Columns of `index.csv`.
pub(super) const INDEX: &[&str] = &[
    "position",
    "office",
    "incarnation",
    "seq",
    "base",
    "prev",
    "hash",
    "signature",
    "file",
    "offset",
    "header",
    "body",
    "state",
    "kind",
    "move",
    "record",
    "time",
    "confidentiality",
    "author",
    "title",
];
/// Columns of `receipts.csv`.
pub(super) const RECEIPTS: &[&str] =
    &["office", "incarnation", "seq", "hash", "position", "hub_time", "time", "signed", "signature"];
/// Columns of `keys.csv`.
pub(super) const KEYS: &[&str] =
    &["office", "number", "key", "certificate", "certificate_ends", "announced", "revoked"];
/// Columns of `offices.csv`.
pub(super) const OFFICES: &[&str] = &["office", "since", "tier", "parent", "code", "closed", "kind", "name"];
/// Columns of `attachments.csv`.
pub(super) const FILES: &[&str] = &["hash", "size", "position", "state", "media_type", "name"];

/// State of an entry whose content is withheld, since it is secret.
pub(super) const WITHHELD: &str = "withheld";
/// State of an entry whose body was destroyed: the body's hash stands in its place.
pub(super) const DESTROYED: &str = "destroyed";
/// State of an own entry that lost a fork.
pub(super) const ASIDE: &str = "aside";
/// State of a refused entry; the reason follows.
pub(super) const REFUSED: &str = "refused:";
/// State of a file that the archive holds.
pub(super) const PRESENT: &str = "present";
/// State of a file that was missing when the archive was made.
pub(super) const PENDING: &str = "pending";

/// A time (Unix milliseconds) as archives write it: UTC; empty if no calendar has it.
pub(super) fn utc(millis: u64) -> String {
    let time = i64::try_from(millis).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map(|time| time.to_string()).unwrap_or_default()
}

/// Text on one line: control characters become spaces.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Where an entry is: the file, the offset of its header in it, and the lengths of the header and of the body after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lies {
    pub(super) file: String,
    pub(super) offset: u64,
    pub(super) header: usize,
    pub(super) body: usize,
}

/// A row of the index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct IndexRow {
    pub(super) position: u64,
    pub(super) place: Place,
    pub(super) base: Option<Seat>,
    pub(super) prev: Hash,
    pub(super) hash: Hash,
    pub(super) signature: [u8; 64],
    pub(super) lies: Option<Lies>,
    pub(super) state: String,
    pub(super) kind: u32,
    pub(super) said: Said,
}

/// The readable columns, which repeat what the content says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) mv: String,
    pub(super) record: String,
    pub(super) time: String,
    pub(super) confidentiality: String,
    pub(super) author: String,
    pub(super) title: String,
}

impl Said {
    /// The readable columns for an entry; of a withheld one, author and title stay empty.
    pub(super) fn of(entry: &Entry, mv: Option<&Move>, withheld: bool) -> Self {
        let header = &entry.header;
        let shown = |text: String| if withheld { String::new() } else { text };
        Self {
            mv: mv.map_or("malformed", Move::name).to_owned(),
            record: header.record.to_string(),
            time: utc(header.time.millis()),
            confidentiality: (header.confidentiality as i32).to_string(),
            author: shown(line(&header.author)),
            title: shown(line(mv.and_then(Move::paper).map_or("", |paper| &paper.title))),
        }
    }

    /// The first column that differs from the table's. Columns may differ that an older program left open because it
    /// could not read the move.
    pub(super) fn differs(&self, table: &Self) -> Option<&'static str> {
        let open = ["unknown", "malformed"].contains(&table.mv.as_str());
        let pairs = [
            ("move", &self.mv, &table.mv, open),
            ("record", &self.record, &table.record, false),
            ("time", &self.time, &table.time, false),
            ("confidentiality", &self.confidentiality, &table.confidentiality, false),
            ("author", &self.author, &table.author, false),
            ("title", &self.title, &table.title, open && table.title.is_empty()),
        ];
        pairs.into_iter().find(|(_, is, says, open)| is != says && !open).map(|(column, ..)| column)
    }
}

/// The move of an entry; none if its body does not decode.
pub(super) fn move_of(entry: &Entry) -> Option<Move> {
    record::read(entry).ok()
}

fn seat_text(seat: Seat) -> String {
    format!("{}/{}", seat.incarnation, seat.seq)
}

fn incarnation(text: &str) -> Option<Incarnation> {
    let (depth, random) = text.split_once('.')?;
    let random = u32::from_str_radix(random, 16).ok().filter(|_| random.len() == 8)?;
    Some(Incarnation(u64::from(depth.parse::<u32>().ok()?) << 32 | u64::from(random)))
}

impl IndexRow {
    /// Encodes the row.
    pub(super) fn to_record(&self) -> StringRecord {
        let seat = self.place.seat;
        let [file, offset, header, body] = match &self.lies {
            Some(lies) => {
                let [header, body] = [lies.header, lies.body].map(|length| length.to_string());
                [lies.file.clone(), lies.offset.to_string(), header, body]
            }
            None => Default::default(),
        };
        let said = &self.said;
        StringRecord::from(vec![
            self.position.to_string(),
            self.place.ledger.to_string(),
            seat.incarnation.to_string(),
            seat.seq.to_string(),
            self.base.map(seat_text).unwrap_or_default(),
            self.prev.to_string(),
            self.hash.to_string(),
            HEXLOWER.encode(&self.signature),
            file,
            offset,
            header,
            body,
            self.state.clone(),
            self.kind.to_string(),
            said.mv.clone(),
            said.record.clone(),
            said.time.clone(),
            said.confidentiality.clone(),
            said.author.clone(),
            said.title.clone(),
        ])
    }

    /// Decodes a row; the error names the column.
    pub(super) fn from_record(record: &StringRecord) -> Result<Self, &'static str> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let hash = |column: usize| Hash::from_hex(cell(column)).ok_or(INDEX[column]);
        let number = |column: usize| cell(column).parse::<u64>().map_err(|_| INDEX[column]);
        let base = match cell(4).split_once('/') {
            None if cell(4).is_empty() => None,
            None => return Err("base"),
            Some((run, seq)) => Some(Seat {
                incarnation: incarnation(run).ok_or("base")?,
                seq: seq.parse().map_err(|_| "base")?,
            }),
        };
        let lies = match cell(8) {
            "" => None,
            file => Some(Lies {
                file: file.to_owned(),
                offset: number(9)?,
                header: number(10)?.try_into().map_err(|_| "header")?,
                body: number(11)?.try_into().map_err(|_| "body")?,
            }),
        };
        let signature = HEXLOWER_PERMISSIVE.decode(cell(7).as_bytes()).map_err(|_| "signature")?;
        Ok(Self {
            position: number(0)?,
            place: Place {
                ledger: cell(1).parse().map_err(|_| "office")?,
                seat: Seat { incarnation: incarnation(cell(2)).ok_or("incarnation")?, seq: number(3)? },
            },
            base,
            prev: hash(5)?,
            hash: hash(6)?,
            signature: signature.try_into().map_err(|_| "signature")?,
            lies,
            state: cell(12).to_owned(),
            kind: cell(13).parse().map_err(|_| "kind")?,
            said: Said {
                mv: cell(14).to_owned(),
                record: cell(15).to_owned(),
                time: cell(16).to_owned(),
                confidentiality: cell(17).to_owned(),
                author: cell(18).to_owned(),
                title: cell(19).to_owned(),
            },
        })
    }

    /// Seat of the predecessor, by the row's columns.
    pub(super) fn predecessor(&self) -> Option<Seat> {
        let seat = self.place.seat;
        self.base.or_else(|| (seat.seq > 1).then(|| Seat { seq: seat.seq - 1, ..seat }))
    }
}

/// Encodes a receipt as a row.
pub(super) fn receipt_record(ledger: OfficeId, receipt: &Receipt) -> StringRecord {
    let Receipt { link, position, hub_time, signature } = receipt;
    StringRecord::from(vec![
        ledger.to_string(),
        link.seat.incarnation.to_string(),
        link.seat.seq.to_string(),
        link.hash.to_string(),
        position.to_string(),
        hub_time.0.to_string(),
        utc(hub_time.millis()),
        HEXLOWER.encode(&signed_bytes(ledger, link, *position, *hub_time)),
        HEXLOWER.encode(signature),
    ])
}

/// Decodes a receipt; none if encoding it again gives another row.
pub(super) fn receipt_from(record: &StringRecord) -> Option<(OfficeId, Receipt)> {
    let cell = |column: usize| record.get(column).unwrap_or_default();
    let ledger = cell(0).parse().ok()?;
    let seat = Seat { incarnation: incarnation(cell(1))?, seq: cell(2).parse().ok()? };
    let signature = HEXLOWER_PERMISSIVE.decode(cell(8).as_bytes()).ok()?;
    let receipt = Receipt {
        link: truc_proto::id::Link { seat, hash: Hash::from_hex(cell(3))? },
        position: cell(4).parse().ok()?,
        hub_time: Hlc(cell(5).parse().ok()?),
        signature: signature.try_into().ok()?,
    };
    (receipt_record(ledger, &receipt) == *record).then_some((ledger, receipt))
}

/// Rows of the keys: one for each that the hub announced, in the order of its ledger.
pub(super) fn key_records(words: &[(Seat, RegistryMove)]) -> Vec<StringRecord> {
    let mut rows: Vec<(OfficeId, u64, Vec<String>)> = Vec::new();
    for (seat, word) in words {
        match &word.r#move {
            Some(registry_move::Move::Credential(issued)) => {
                let Some(office) = OfficeId::from_wire(&issued.office) else { continue };
                rows.push((
                    office,
                    issued.number,
                    vec![
                        office.to_string(),
                        issued.number.to_string(),
                        HEXLOWER.encode(&issued.ledger_key),
                        HEXLOWER.encode(&issued.certificate),
                        utc(issued.not_after.saturating_mul(1000)),
                        seat_text(*seat),
                        String::new(),
                    ],
                ));
            }
            Some(registry_move::Move::Revoked(revoked)) => {
                let office = OfficeId::from_wire(&revoked.office);
                let hit = rows.iter_mut().filter(|(of, number, row)| {
                    Some(*of) == office && *number <= revoked.up_to && row[6].is_empty()
                });
                hit.for_each(|(_, _, row)| row[6] = seat_text(*seat));
            }
            _ => {}
        }
    }
    rows.into_iter().map(|(_, _, row)| StringRecord::from(row)).collect()
}

/// Rows of all facts of all offices.
pub(super) fn office_records(registry: &Registry) -> Vec<StringRecord> {
    let mut offices: Vec<_> = registry.offices().collect();
    offices.sort_by_key(|(id, _)| *id);
    let facts = offices.iter().flat_map(|(id, office)| office.facts().map(move |fact| (id, fact)));
    facts
        .map(|(id, fact)| {
            StringRecord::from(vec![
                id.to_string(),
                fact.since.to_string(),
                fact.tier.name().to_owned(),
                fact.parent.map(|parent| parent.to_string()).unwrap_or_default(),
                line(&fact.code),
                fact.closed.to_string(),
                line(&fact.kind),
                line(&fact.name),
            ])
        })
        .collect()
}

/// Opens a table, whose heading must be `columns`.
pub(super) fn open(
    path: &Path,
    columns: &[&str],
) -> Result<csv::Reader<BufReader<Lines<File>>>, ArchiveError> {
    let file = File::open(path).map_err(ArchiveError::io(path))?;
    reader(Lines::new(file), columns).map_err(|why| ArchiveError::not(path, why))
}

/// As [`open`], over any bytes.
pub(super) fn reader<R: Read>(
    lines: Lines<R>,
    columns: &[&str],
) -> Result<csv::Reader<BufReader<Lines<R>>>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(BufReader::new(lines));
    match reader.headers() {
        Ok(found) if found == columns => Ok(reader),
        Ok(_) => Err("other columns".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Refuses lines longer than [`limits::ARCHIVE_LINE`], so that no line of an archive can fill the memory.
#[derive(Debug)]
pub(super) struct Lines<R> {
    inner: R,
    length: usize,
}

impl<R> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, length: 0 }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for part in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
            self.length += part.len();
            if self.length > limits::ARCHIVE_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            if part.ends_with(b"\n") {
                self.length = 0;
            }
        }
        Ok(read)
    }
}

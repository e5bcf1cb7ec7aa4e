//! Lists of offices as CSV, read and checked as a whole before anything is written.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::{Registry, Tier};

const NEEDED: [&str; 5] = ["code", "parent_code", "tier", "kind", "name"];
/// A column for people who read the list; the registry does not keep it.
const IGNORED: &str = "name_ascii";

/// One office of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfficeRow {
    /// Line of the file, counted from 1; 0 for an office that comes from no file.
    pub line: u64,
    /// Administrative code.
    pub code: String,
    /// Administrative code of the office above; empty: the hub.
    pub parent: String,
    /// Its level.
    pub tier: Tier,
    /// The kind of unit: tỉnh, huyện, xã, phường …
    pub kind: String,
    /// Full name.
    pub name: String,
}

/// Reads a list; rows come out with parents before their children. Fails with the first fault.
pub fn read(bytes: &[u8]) -> Result<Vec<OfficeRow>, Failure> {
    let (rows, wrong) = examine(bytes);
    wrong.into_iter().next().map_or(Ok(rows), Err)
}

/// Reads a list as far as possible; returns its rows and every fault of form.
pub fn examine(bytes: &[u8]) -> (Vec<OfficeRow>, Vec<Failure>) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(
        // Spreadsheets begin a file with a byte order mark.
        bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
    );
    let mut records = reader.byte_records();
    let (width, places) = match head(records.next()) {
        Ok(head) => head,
        Err(failure) => return (Vec::new(), vec![failure]),
    };
    let (mut rows, mut all): (Vec<OfficeRow>, Vec<Failure>) = (Vec::new(), Vec::new());
    let mut lines: HashMap<String, u64> = HashMap::new();
    for record in records {
        let row = record.map_err(form).and_then(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            row(line, fields(line, &record)?, width, places)
        });
        let row = row.and_then(|row| match lines.insert(row.code.clone(), row.line) {
            Some(first) => {
                Err(wrong(row.line, "list-duplicate").with("code", &*row.code).with("first", first))
            }
            None => Ok(row),
        });
        match row {
            Ok(row) if rows.len() == limits::OFFICE_ROWS => {
                all.push(wrong(row.line, "list-too-long").with("limit", limits::OFFICE_ROWS));
                break;
            }
            Ok(row) => rows.push(row),
            Err(failure) => all.push(failure),
        }
    }
    rows.sort_by_key(|row| (row.tier, row.line));
    (rows, all)
}

/// The number of columns, and the index of each needed one.
fn head(record: Option<csv::Result<csv::ByteRecord>>) -> Result<(usize, [usize; NEEDED.len()]), Failure> {
    let head = record.ok_or_else(|| column("code"))?;
    let head = fields(1, &head.map_err(form)?)?;
    if let Some(unknown) = head.iter().find(|name| !NEEDED.contains(&name.as_str()) && *name != IGNORED) {
        return Err(wrong(1, "list-unknown-column").with("column", unknown.as_str()));
    }
    let mut places = [0; NEEDED.len()];
    for (place, name) in places.iter_mut().zip(NEEDED) {
        *place = head.iter().position(|head| head == name).ok_or_else(|| column(name))?;
    }
    Ok((head.len(), places))
}

fn row(
    line: u64,
    row: Vec<String>,
    width: usize,
    places: [usize; NEEDED.len()],
) -> Result<OfficeRow, Failure> {
    if row.len() != width {
        return Err(wrong(line, "list-columns").with("found", row.len()).with("expected", width));
    }
    let [code, parent, tier, kind, name] = places.map(|place| row[place].clone());
    if code.is_empty() || name.is_empty() || [&code, &kind, &name].iter().any(|s| s.len() > limits::LINE) {
        return Err(wrong(line, "list-empty"));
    }
    let known = Tier::from_name(&tier).filter(|tier| *tier != Tier::Hub);
    let tier = known.ok_or_else(|| wrong(line, "list-tier").with("tier", tier))?;
    Ok(OfficeRow { line, code, parent, tier, kind, name })
}

/// Checks that every parent exists, in the list or the registry, and is of a higher level. Fails with the first fault.
pub fn check(rows: &[OfficeRow], registry: &Registry, since: Date) -> Result<(), Failure> {
    misplaced(rows, registry, since).into_iter().next().map_or(Ok(()), Err)
}

/// Every row of a list whose parent does not exist or is of no higher level, or whose code an office gets only later.
pub fn misplaced(rows: &[OfficeRow], registry: &Registry, since: Date) -> Vec<Failure> {
    let tiers: HashMap<&str, Tier> = rows.iter().map(|row| (row.code.as_str(), row.tier)).collect();
    let above = |parent: &str| match parent {
        "" => Some(Tier::Hub),
        code => tiers.get(code).copied().or_else(|| tier_of(registry, registry.by_code(code, since)?, since)),
    };
    let wrong = |row: &OfficeRow| match above(&row.parent) {
        None => Some(wrong(row.line, "list-no-parent").with("parent", row.parent.as_str())),
        Some(above) if above >= row.tier || (row.parent.is_empty() && row.tier != Tier::Province) => {
            let failure = wrong(row.line, "list-wrong-parent");
            Some(failure.with("tier", row.tier.name()).with("above", above.name()))
        }
        Some(_) => later(row, registry, since),
    };
    rows.iter().filter_map(wrong).collect()
}

/// A day typed by mistake would make a second office of every code, as if the one that has it were another.
fn later(row: &OfficeRow, registry: &Registry, since: Date) -> Option<Failure> {
    if registry.by_code(&row.code, since).is_some() {
        return None;
    }
    let facts =
        registry.holders(&row.code).filter_map(|id| registry.office(id)).flat_map(|known| known.facts());
    let held = facts.filter(|fact| fact.code == row.code && fact.since > since && !fact.closed);
    let first = held.min_by_key(|fact| fact.since)?;
    let failure = wrong(row.line, "list-code-later").with("code", row.code.as_str());
    Some(failure.with("office", first.name.as_str()).with("day", first.since.to_string()))
}

fn tier_of(registry: &Registry, office: OfficeId, date: Date) -> Option<Tier> {
    registry.fact_at(office, date).map(|fact| fact.tier)
}

fn fields(line: u64, record: &csv::ByteRecord) -> Result<Vec<String>, Failure> {
    let text = |field: &[u8]| std::str::from_utf8(field).map(|text| text.trim().to_owned());
    record.iter().map(|field| text(field).map_err(|_| wrong(line, "list-not-utf8"))).collect()
}

fn wrong(line: u64, key: &'static str) -> Failure {
    Failure { key: key.into(), ..Failure::new(ExitCode::Input, "list-form") }.with("line", line)
}

fn column(name: &'static str) -> Failure {
    Failure::new(ExitCode::Input, "list-missing-column").with("column", name)
}

fn form(error: csv::Error) -> Failure {
    let line = error.position().map_or(0, csv::Position::line);
    Failure::new(ExitCode::Input, "list-form").with("line", line).because(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use truc_node::words::Lang;
    use uuid::Uuid;

    use super::*;

    const HEAD: &str =
        "code,parent_code,tier,kind,name,name_ascii\n40,,province,tỉnh,Tỉnh Nghệ An,Tinh Nghe An\n";

    fn registry() -> Registry {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
        Registry::new(OfficeId(Uuid::from_u128(1)), key)
    }

    fn failure(bytes: &[u8]) -> Failure {
        let date = "2025-07-01".parse().unwrap();
        read(bytes).and_then(|rows| check(&rows, &registry(), date)).unwrap_err()
    }

    #[track_caller]
    fn refused(rest: &str, key: &str, line: &str) {
        let failure = failure(format!("{HEAD}{rest}").as_bytes());
        assert_eq!((failure.key.as_ref(), failure.exit), (key, ExitCode::Input));
        for lang in [Lang::Vi, Lang::En] {
            let message = failure.message(lang);
            assert!(message.contains(line) && !message.starts_with(key), "{message}");
        }
    }

    #[test]
    fn the_real_lists_are_in_order() {
        for (list, offices) in [
            (&include_bytes!("../../../deploy/samples/offices-2025.csv")[..], 131),
            (&include_bytes!("../../../deploy/samples/offices-2024.csv")[..], 433),
        ] {
            let rows = read(list).unwrap();
            assert_eq!(rows.len(), offices);
            check(&rows, &registry(), "2025-07-01".parse().unwrap()).unwrap();
            assert!(rows.is_sorted_by_key(|row| row.tier));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        refused("1,99,commune,xã,A,A\n", "list-no-parent", "3");
        refused("1,40,commune,xã,A,A\n1,40,commune,xã,B,B\n", "list-duplicate", "4");
        refused("1,,commune,xã,A,A\n", "list-wrong-parent", "3");
        refused("1,40,commune,xã,A,A\n2,1,district,huyện,B,B\n", "list-wrong-parent", "4");
        refused("1,40,hub,xã,A,A\n", "list-tier", "3");
        refused("1,40,commune,xã\n", "list-columns", "3");
        refused("1,40,commune,xã,,\n", "list-empty", "3");
        let bytes = [HEAD.as_bytes(), b"1,40,commune,x\xe3,A,A\n"].concat();
        assert_eq!(failure(&bytes).key, "list-not-utf8");
        assert_eq!(failure(b"code,parent_code,tier,kind,name,colour\n").key, "list-unknown-column");
        assert_eq!(failure(b"code,parent_code,tier,kind\n").key, "list-missing-column");
        assert_eq!(failure(b"").key, "list-missing-column");
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let rest = "1,40,commune,xã,A,A\n1,40,commune,xã,B,B\n2,40,commune,xã\n3,99,commune,xã,C,C\n";
        let (rows, wrong) = examine(format!("{HEAD}{rest}").as_bytes());
        let keys = |all: &[Failure]| all.iter().map(|failure| failure.key.to_string()).collect::<Vec<_>>();
        assert_eq!((rows.len(), keys(&wrong)), (3, vec!["list-duplicate".to_owned(), "list-columns".into()]));
        let misplaced = misplaced(&rows, &registry(), "2025-07-01".parse().unwrap());
        assert_eq!(keys(&misplaced), ["list-no-parent"]);
    }

    #[test]
    fn a_list_of_a_million_rows_is_refused_early() {
        let mut list = HEAD.to_owned();
        for code in 0..limits::OFFICE_ROWS {
            list.push_str(&format!("x{code},40,commune,xã,A,A\n"));
        }
        assert_eq!(read(list.as_bytes()).unwrap_err().key, "list-too-long");
    }
}

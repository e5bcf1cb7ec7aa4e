//! Lists of offices as people have them, read and checked as a whole before anything is written: comma, semicolon or
//! tab, UTF-8 or UTF-16, titles above the head, empty rows and columns. What a spreadsheet damaged is refused with its
//! line, the reason and the remedy.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::identifier::{self, BadCode};
use truc_proto::limits;
use truc_proto::registry::{Fact, Registry, Tier};
use truc_proto::vietnamese::fold;
use truc_proto::visible::{self, is_blank};

const NEEDED: [&str; 5] = ["code", "parent_code", "tier", "kind", "name"];
/// A column for people who read the list; the registry does not keep it.
const IGNORED: &str = "name_ascii";
/// A column that a list may have: the symbols with which the office numbers its papers, if they are not those of its tier.
const SYMBOLS: &str = "symbols";
/// What stands between columns: comma, semicolon (where the comma is a decimal sign), tab.
const SEPARATORS: &[u8] = b",;\t";
/// How many rows may stand before the head of the table, with the head: titles, dates, the name of the sender.
const TITLES: usize = 20;
/// How many offices are named where a row leaves them under an office of no higher level.
const NAMED: usize = 5;
/// How files begin that are workbooks, not tables: XLSX and XLS.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

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
    /// Symbols with which it numbers its papers; empty: nothing is said of them.
    #[serde(default)]
    pub symbols: Vec<String>,
}

/// Reads a list; rows come out with parents before their children. Fails with the first fault.
pub fn read(bytes: &[u8]) -> Result<Vec<OfficeRow>, Failure> {
    let (rows, wrong) = examine(&text(bytes)?);
    wrong.into_iter().next().map_or(Ok(rows), Err)
}

/// The text of a file, as spreadsheets and editors save it: UTF-8 or UTF-16.
pub fn text(bytes: &[u8]) -> Result<String, Failure> {
    if WORKBOOKS.iter().any(|begin| bytes.starts_with(begin)) {
        return Err(Failure::new(ExitCode::Input, "list-workbook"));
    }
    // UTF-16 says its order by a mark; without one, Latin letters show it by their zeros.
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((rest, false)),
        [0xfe, 0xff, rest @ ..] => Some((rest, true)),
        [_, 0, _, 0, ..] => Some((bytes, false)),
        [0, _, 0, _, ..] => Some((bytes, true)),
        _ => None,
    };
    if let Some((wide, big)) = wide {
        let unit = |pair: &[u8]| if big { [pair[0], pair[1]] } else { [pair[1], pair[0]] };
        let units: Vec<u16> = wide.chunks_exact(2).map(|pair| u16::from_be_bytes(unit(pair))).collect();
        let whole = wide.len() % 2 == 0;
        let text = String::from_utf16(&units).ok().filter(|_| whole);
        return text.map(|text| plain_lines(&text)).ok_or_else(|| wrong(1, "list-not-utf8"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(plain_lines).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        wrong(1 + before.iter().filter(|byte| **byte == b'\n').count() as u64, "list-not-utf8")
    })
}

fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Reads a list, as [`text`] gives it, as far as possible; returns its rows and every fault of form.
pub fn examine(text: &str) -> (Vec<OfficeRow>, Vec<Failure>) {
    let best = separators(text).iter().map(|separator| (found(text, *separator), *separator));
    // Of equally good separators the first.
    let best = best.rev().max_by_key(|(found, _)| found.as_ref().map_or(0, |(_, score)| *score));
    let (head, separator) = match best {
        Some((Some((line, _)), separator)) => (line, separator),
        _ => return (Vec::new(), vec![column("code")]),
    };
    let mut records =
        rows(text, separator).skip_while(|record| record.as_ref().map_or(true, |(line, _)| *line < head));
    let columns = match records.next().map(|record| Columns::read(head, &record?.1)) {
        Some(Ok(columns)) => columns,
        Some(Err(failure)) => return (Vec::new(), vec![failure]),
        None => return (Vec::new(), vec![column("code")]),
    };
    let (mut rows, mut all): (Vec<OfficeRow>, Vec<Failure>) = (Vec::new(), Vec::new());
    let mut lines: HashMap<String, u64> = HashMap::new();
    for record in records {
        let row = record.and_then(|(line, record)| match record.iter().all(is_blank) {
            true => Ok(None),
            false => columns.row(line, &record).map(Some),
        });
        let row = row.and_then(|row| {
            let Some(row) = row else { return Ok(None) };
            let first = *lines.entry(row.code.clone()).or_insert(row.line);
            if first == row.line {
                return Ok(Some(row));
            }
            Err(wrong(row.line, "list-duplicate").with("code", &*row.code).with("first", first))
        });
        match row {
            Ok(Some(row)) if rows.len() == limits::OFFICE_ROWS => {
                all.push(wrong(row.line, "list-too-long").with("limit", limits::OFFICE_ROWS));
                break;
            }
            Ok(row) => rows.extend(row),
            Err(failure) => all.push(failure),
        }
    }
    rows.sort_by_key(|row| (row.tier, row.line));
    (rows, all)
}

/// The separators that a text may have: the one that it names (`sep=;`, as spreadsheets understand it), or any.
fn separators(text: &str) -> &'static [u8] {
    let named = text.lines().next().and_then(|line| line.trim_matches(['"', ' ']).strip_prefix("sep="));
    match named {
        Some(named) => {
            SEPARATORS.iter().find(|one| named.as_bytes() == [**one]).map_or(SEPARATORS, std::slice::from_ref)
        }
        None => SEPARATORS,
    }
}

/// The line of the head of the table, which titles may precede, and how many of the needed columns it names.
fn found(text: &str, separator: u8) -> Option<(u64, usize)> {
    let heads = rows(text, separator).take(TITLES).filter_map(Result::ok).map(|(line, record)| {
        let names: Vec<String> = record.iter().map(named).collect();
        (line, NEEDED.iter().filter(|needed| names.iter().any(|name| name == *needed)).count())
    });
    let best = |best: Option<(u64, usize)>, (line, score)| match best {
        // Of equally good heads the first.
        Some((_, known)) if known >= score => best,
        _ => Some((line, score)),
    };
    heads.fold(None, best).filter(|(_, score)| *score > 0)
}

/// The rows with their lines.
fn rows(text: &str, separator: u8) -> impl Iterator<Item = Result<(u64, csv::StringRecord), Failure>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(separator);
    reader.from_reader(text.as_bytes()).into_records().map(|record| {
        let record = record.map_err(form)?;
        // The reader counts empty lines as the beginning of the row after them.
        let place = record.position().map_or((0, 0), |place| (place.byte() as usize, place.line()));
        let empty = text.as_bytes().iter().skip(place.0).take_while(|byte| **byte == b'\n').count();
        Ok((place.1 + empty as u64, record))
    })
}

/// A column's name without regard to case, and to what joins its words.
fn named(cell: &str) -> String {
    identifier::plain(cell).to_lowercase().replace([' ', '-'], "_")
}

/// Which columns a table has.
struct Columns {
    width: usize,
    needed: [usize; NEEDED.len()],
    symbols: Option<usize>,
    unnamed: Vec<usize>,
}

impl Columns {
    fn read(line: u64, head: &csv::StringRecord) -> Result<Self, Failure> {
        let names: Vec<String> = head.iter().map(named).collect();
        let mut needed = [0; NEEDED.len()];
        for (place, name) in needed.iter_mut().zip(NEEDED) {
            *place = names.iter().position(|known| known == name).ok_or_else(|| column(name))?;
        }
        let symbols = names.iter().position(|name| name == SYMBOLS);
        let mut unnamed = Vec::new();
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() {
                unnamed.push(at);
            } else if name != IGNORED && name != SYMBOLS && !needed.contains(&at) {
                return Err(wrong(line, "list-unknown-column").with("column", name.as_str()));
            }
        }
        Ok(Self { width: names.len(), needed, symbols, unnamed })
    }

    fn row(&self, line: u64, record: &csv::StringRecord) -> Result<OfficeRow, Failure> {
        let filled = (0..record.len()).rev().find(|at| !is_blank(&record[*at])).map_or(0, |last| last + 1);
        let short = self.needed.iter().any(|place| *place >= record.len());
        if short || filled > self.width {
            let failure = wrong(line, "list-columns").with("found", filled.min(record.len()));
            return Err(failure.with("expected", self.width));
        }
        if let Some(at) = self.unnamed.iter().find(|at| !is_blank(record.get(**at).unwrap_or_default())) {
            return Err(wrong(line, "list-unnamed-column").with("number", at + 1));
        }
        let [code, parent, tier, kind, name] = self.needed.map(|place| record.get(place).unwrap_or_default());
        let symbols = self.symbols.and_then(|place| record.get(place)).unwrap_or_default();
        Ok(OfficeRow {
            symbols: read_symbols(symbols)
                .map_err(|symbol| wrong(line, "list-symbol").with("symbol", &*visible::line(&symbol)))?,
            ..office(line, code, parent, tier, kind, name)?
        })
    }
}

/// One office, as people write it down.
pub fn office(
    line: u64,
    code: &str,
    parent: &str,
    tier: &str,
    kind: &str,
    name: &str,
) -> Result<OfficeRow, Failure> {
    let code_of = |text: &str| {
        identifier::code(text).map_err(|bad| match bad {
            BadCode::Empty | BadCode::TooLong => wrong(line, "list-empty"),
            BadCode::Rounded => wrong(line, "list-code-rounded").with("code", text.trim()),
            BadCode::Letter(letter) => {
                let letter = visible::line(letter.encode_utf8(&mut [0; 4])).into_owned();
                wrong(line, "list-code-letter")
                    .with("code", &*visible::line(text.trim()))
                    .with("letter", letter)
            }
        })
    };
    let code = code_of(code)?;
    let parent = if is_blank(parent) { String::new() } else { code_of(parent)? };
    let (kind, name) = (words(line, kind)?, words(line, name)?);
    if name.is_empty() || kind.len().max(name.len()) > limits::LINE {
        return Err(wrong(line, "list-empty"));
    }
    let tier = identifier::plain(tier).to_lowercase();
    let known = Tier::from_name(&tier).filter(|tier| *tier != Tier::Hub);
    let tier = known.ok_or_else(|| wrong(line, "list-tier").with("tier", tier))?;
    Ok(OfficeRow { line, code, parent, tier, kind, name, symbols: Vec::new() })
}

/// Symbols of issuing bodies as people write them in one cell: `TU, VPTU`. Fails with the first that is none.
pub fn read_symbols(text: &str) -> Result<Vec<String>, String> {
    let mut symbols = Vec::new();
    for symbol in text.split([',', ';', ' ', '|']).filter(|symbol| !is_blank(symbol)) {
        let symbol = identifier::symbol(symbol).ok_or_else(|| symbol.to_owned())?;
        if !symbols.contains(&symbol) {
            symbols.push(symbol);
        }
    }
    Ok(symbols)
}

/// That a list gives open codes to other names than their offices bear; none: it does not. Another name is mostly another
/// office, which would get the ledger and the numbers of the one that has the code.
pub fn renamed(rows: &[OfficeRow], registry: &Registry, since: Date) -> Option<Failure> {
    let known = |row: &OfficeRow| {
        let fact = registry.fact_at(registry.by_code(&row.code, since)?, since)?;
        (fold(&fact.name) != fold(&row.name)).then(|| format!("{}: {} → {}", row.code, fact.name, row.name))
    };
    let renamed: Vec<String> = rows.iter().filter_map(known).collect();
    (!renamed.is_empty()).then(|| {
        Failure::new(ExitCode::NotAllowed, "list-renames")
            .with("count", renamed.len())
            .with("offices", renamed.join("; "))
    })
}

/// A text of words: what nobody sees is left out; what would break a line or turn the direction of writing is refused.
fn words(line: u64, text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let turns = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(turns) {
        return Err(wrong(line, "list-control").with("text", &*visible::line(text)));
    }
    let spaced = |letter: char| if letter.is_whitespace() { ' ' } else { letter };
    Ok(visible::clean(text).chars().map(spaced).collect::<String>().trim().to_owned())
}

/// Checks that every parent exists, in the list or the registry, and is of a higher level, and that nobody stays under an
/// office of no higher level. Fails with the first fault.
pub fn check(rows: &[OfficeRow], registry: &Registry, since: Date) -> Result<(), Failure> {
    misplaced(rows, registry, since).into_iter().next().map_or(Ok(()), Err)
}

/// Every row of a list whose parent does not exist or is of no higher level, which leaves offices under it that are of no
/// lower level, or whose code an office gets only later.
pub fn misplaced(rows: &[OfficeRow], registry: &Registry, since: Date) -> Vec<Failure> {
    let tiers: HashMap<&str, Tier> = rows.iter().map(|row| (row.code.as_str(), row.tier)).collect();
    let above = |parent: &str| match parent {
        "" => Some(Tier::Hub),
        code => tiers.get(code).copied().or_else(|| tier_of(registry, registry.by_code(code, since)?, since)),
    };
    let mut below: HashMap<OfficeId, Vec<&Fact>> = HashMap::new();
    for fact in
        registry.offices().filter_map(|(id, _)| registry.fact_at(id, since)).filter(|fact| !fact.closed)
    {
        if let Some(parent) = fact.parent {
            below.entry(parent).or_default().push(fact);
        }
    }
    let wrong = |row: &OfficeRow| match above(&row.parent) {
        None => Some(wrong(row.line, "list-no-parent").with("parent", row.parent.as_str())),
        Some(above) if above >= row.tier || (row.parent.is_empty() && row.tier != Tier::Province) => {
            let failure = wrong(row.line, "list-wrong-parent");
            Some(failure.with("tier", row.tier.name()).with("above", above.name()))
        }
        Some(_) => {
            let known = registry.by_code(&row.code, since);
            // Those that the list names are judged by what it says of them.
            let stays = |fact: &&&Fact| fact.tier <= row.tier && !tiers.contains_key(fact.code.as_str());
            let stay = known.and_then(|id| below.get(&id)).into_iter().flatten().filter(stays);
            too_low(row, stay.copied()).or_else(|| later(row, registry, since))
        }
    };
    rows.iter().filter_map(wrong).collect()
}

/// That a row would leave these offices under an office of no higher level; none: there are none.
pub(super) fn too_low<'f>(row: &OfficeRow, stay: impl Iterator<Item = &'f Fact>) -> Option<Failure> {
    let mut codes: Vec<&str> = stay.map(|fact| fact.code.as_str()).collect();
    if codes.is_empty() {
        return None;
    }
    codes.sort_unstable();
    let failure =
        wrong(row.line, "list-too-low").with("code", row.code.as_str()).with("tier", row.tier.name());
    let failure = failure.with("count", codes.len());
    codes.truncate(NAMED);
    Some(failure.with("codes", codes.join(", ")))
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

    /// The list of three offices with these bytes between columns and rows.
    fn table(separator: &str, head: &str, rows: &[&str]) -> String {
        let all = [&[head][..], rows].concat().join("\r\n");
        all.replace('|', separator)
    }

    const ROWS: [&str; 3] = [
        "40||province|tỉnh|Tỉnh Nghệ An",
        "16681|40|commune|phường|Phường Thành Vinh",
        "2|40|commune|xã|Xã Hai",
    ];

    fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        format!("{mark}{text}").encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn lists_are_read_as_people_have_them() {
        let head = "code|parent_code|tier|kind|name";
        let plain = read(table(",", head, &ROWS).as_bytes()).unwrap();
        let codes: Vec<&str> = plain.iter().map(|row| row.code.as_str()).collect();
        assert_eq!(codes, ["40", "16681", "2"]);
        let same = |bytes: &[u8]| {
            let rows = read(bytes).unwrap();
            assert!(
                rows.iter().zip(&plain).all(|(a, b)| OfficeRow { line: b.line, ..a.clone() } == *b),
                "{rows:?}"
            );
            assert_eq!(rows.len(), plain.len());
        };
        for separator in [",", ";", "\t"] {
            let list = table(separator, head, &ROWS);
            same(list.as_bytes());
            same(format!("\u{feff}{list}").as_bytes());
            same(format!("sep={separator}\r\n{list}").as_bytes());
            for (big, mark) in [(false, true), (true, true), (false, false), (true, false)] {
                same(&utf16(&list, big, mark));
            }
            // Titles, empty rows, empty columns, other writings of the names.
            let titled = format!(
                "Danh sách; cơ quan, năm 2025{0}{0}{0}{0}\r\n\r\n{list}\r\n{0}{0}{0}{0}\r\n",
                separator
            );
            same(titled.as_bytes());
            same(table(separator, "Code|Parent code|TIER|Kind|name ", &ROWS).as_bytes());
            let wide: Vec<String> = ROWS.iter().map(|row| format!("{row}||")).collect();
            let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
            same(table(separator, &format!("{head}||"), &wide).as_bytes());
        }
        for code in ["16681.0", "'16681", "\u{200b}16681", "16681\u{a0}", "\"=\"\"16681\"\"\"", "=\"16681\""]
        {
            same(table(",", head, &ROWS).replace("16681", code).as_bytes());
        }
    }

    #[test]
    fn what_a_spreadsheet_damaged_is_refused_with_its_reason() {
        refused("1.67E+04,40,commune,xã,A,A\n", "list-code-rounded", "3");
        refused("\n,,,,,\n1.67E+04,40,commune,xã,A,A\n", "list-code-rounded", "5");
        refused("1,1.67E+04,commune,xã,A,A\n", "list-code-rounded", "3");
        refused("16 681,40,commune,xã,A,A\n", "list-code-letter", "3");
        refused("1,40,commune,xã,\"A\nB\",A\n", "list-control", "3");
        refused("1,40,commune,xã,A\u{0}B,A\n", "list-control", "3");
        refused("1,40,commune,xã,A\u{202e}B,A\n", "list-control", "3");
        refused("1,40,commune,xã,\u{200b},A\n", "list-empty", "3");
        refused("1,40,commune,xã,A,A,more\n", "list-columns", "3");
        let unnamed = "code,parent_code,tier,kind,name,\n40,,province,t,A,?\n";
        assert_eq!(failure(unnamed.as_bytes()).key, "list-unnamed-column");
        for workbook in [&b"PK\x03\x04..."[..], b"\xd0\xcf\x11\xe0..."] {
            let failure = failure(workbook);
            assert_eq!(failure.key, "list-workbook");
            assert!(failure.message(Lang::En).contains("CSV"));
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let rest = "1,40,commune,xã,A,A\n1,40,commune,xã,B,B\n2,40,commune,xã\n3,99,commune,xã,C,C\n";
        let (rows, wrong) = examine(&format!("{HEAD}{rest}"));
        let keys = |all: &[Failure]| all.iter().map(|failure| failure.key.to_string()).collect::<Vec<_>>();
        assert_eq!((rows.len(), keys(&wrong)), (3, vec!["list-duplicate".to_owned(), "list-columns".into()]));
        let (_, thrice) =
            examine(&format!("{HEAD}1,40,commune,xã,A,A\n1,40,commune,xã,B,B\n1,40,commune,xã,C,C\n"));
        for failure in thrice {
            assert!(failure.message(Lang::En).contains("in line 3"), "the first: {failure:?}");
        }
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

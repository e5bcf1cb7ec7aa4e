//! The registers as they are printed at the end of the month, cell by cell, with the words of the catalogue; who looked at
//! who had denounced; and what each account sees.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use truc_proto::house::House;
use truc_proto::paper::DocumentType;
use truc_proto::record::assignment::part::Part;
use truc_proto::record::assignment::{Stage, Work, roles};
use truc_proto::record::outside::registers::{
    Cell, Incoming, PetitionLine, Register, Task, TaskLine, Words, incoming, petition, secret, task, transfer,
};
use truc_proto::record::outside::sight::{sees, sees_sender};
use truc_proto::record::outside::{Book, Outside};

use super::office::{Named, Office, name_of};
use super::outside::arrivals;
use super::{Row, cells, day, millis, rows, stamp};

/// The Vietnamese catalogue: its plain messages, each a line.
struct Catalogue(BTreeMap<String, String>);

impl Catalogue {
    fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/words/vi");
        let files =
            fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let lines: Vec<String> =
            files.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        Self(
            lines
                .iter()
                .filter_map(|line| line.split_once(" = "))
                .map(|(key, text)| (key.into(), text.into()))
                .collect(),
        )
    }
}

impl Words for Catalogue {
    fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        let text = self.0.get(key).unwrap_or_else(|| panic!("{key}")).clone();
        args.iter().fold(text, |text, (name, value)| text.replace(&format!("{{ ${name} }}"), value))
    }

    fn document_type(&self, code: &str) -> String {
        let name = DocumentType::from_code(code).map_or(code, |kind| kind.vietnamese());
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

fn works<'o>(office: &'o Office, part: &str) -> Vec<&'o Work> {
    office.works_of(part).into_iter().map(AsRef::as_ref).collect()
}

fn incoming_lines(office: &Office, words: &Catalogue, now: i64) -> Vec<Vec<Cell>> {
    let numbers = arrivals();
    let mut papers = rows("papers.csv");
    papers.retain(|row| {
        row["register"] == "den" && !row["accepted"].is_empty() && millis(&row["accepted"]) <= now
    });
    papers.sort_by_key(|row| numbers[&row["id"]].1);
    let line = |row: &Row| {
        let id = &row["id"];
        let outside = office.outside.get(id).and_then(|strand| strand.paper());
        let parts: Vec<(&str, &Part, Vec<&Work>)> = office
            .papers
            .iter()
            .filter(|(name, _)| name.split('#').next() == Some(id))
            .map(|(name, paper)| {
                (name.split_once('#').map_or("", |(_, task)| task), &paper.part, works(office, name))
            })
            .collect();
        let urgency =
            ["", "khẩn", "thượng khẩn", "hỏa tốc"].iter().position(|urgency| *urgency == row["urgency"]);
        let line = Incoming {
            came: day(millis(&row["accepted"])),
            arrival: numbers[id].1,
            author: match outside {
                Some(outside) => office.house.name(&outside.paper.party, day(now)).to_owned(),
                None => row["author"].clone(),
            },
            number: &row["number"],
            issued: row["issued"].parse().ok(),
            document_type: &row["type"],
            title: &row["title"],
            urgency: urgency.unwrap() as u32,
            copies: Vec::new(),
            tasks: parts.into_iter().map(|(id, part, works)| Task { id, part, works }).collect(),
            outside,
        };
        incoming(&office.house, words, &line)
    };
    papers.iter().map(line).collect()
}

fn of_book(office: &Office, book: Book) -> Vec<(&String, &Outside)> {
    let all = office.outside.iter().filter_map(|(id, strand)| Some((id, strand.paper()?)));
    let mut of_book: Vec<_> = all.filter(|(_, outside)| outside.paper.book == book).collect();
    of_book.sort_by_key(|(_, outside)| outside.paper.arrival);
    of_book
}

fn petition_lines(office: &Office, words: &Catalogue, full: bool, now: i64) -> Vec<Vec<Cell>> {
    let line = |(id, outside): &(&String, &Outside)| {
        let earlier = outside.paper.petition.as_ref().and_then(|petition| petition.earlier);
        let earlier =
            earlier.and_then(|earlier| Some(office.outside.get(&name_of(earlier))?.paper()?.paper.arrival));
        let shown = full || sees_sender(&office.house, outside, "lan", day(now));
        let sender = office.senders.get(*id).filter(|_| shown);
        let line = PetitionLine { outside, works: works(office, id), sender, earlier, hidden: false };
        petition(&office.house, words, &line)
    };
    of_book(office, Book::Petitions).iter().map(line).collect()
}

fn task_lines(office: &Office, words: &Catalogue, now: i64) -> Vec<Vec<Cell>> {
    let line = |named: &Named| {
        let work: &Work = named.as_ref();
        let part = office.papers.get(&office.part_of(&work.source)).map(|paper| &paper.part);
        let petition = part.is_some_and(|part| part.petition.is_some());
        if matches!(work.stage, Stage::Proposed | Stage::Kept) || petition {
            return None;
        }
        let line = TaskLine {
            work,
            source: part.map_or("", |part| &part.name),
            secret: part.is_some_and(|part| part.secret),
        };
        Some(task(&office.house, words, &line, day(now)))
    };
    office.works.values().filter_map(line).collect()
}

fn opened(office: &Office) -> Vec<Vec<String>> {
    let of = |outside: &Outside| {
        let number = outside.paper.arrival.to_string();
        outside
            .opened
            .iter()
            .map(|said| {
                vec![stamp(said.time.millis() as i64), number.clone(), said.by.clone(), said.note.clone()]
            })
            .collect::<Vec<_>>()
    };
    of_book(office, Book::Petitions).into_iter().flat_map(|(_, outside)| of(outside)).collect()
}

/// Each account and each record that it sees.
fn seen(office: &Office, now: i64) -> Vec<Vec<String>> {
    let (house, today): (&House, _) = (&office.house, day(now));
    let accounts: Vec<&str> = house
        .people(today)
        .filter(|person| person.account.is_some())
        .map(|person| person.id.as_str())
        .collect();
    let row = |id: &str, sees: &dyn Fn(&str) -> bool| {
        let marks = accounts.iter().map(|who| if sees(who) { "x" } else { "" }.to_owned());
        std::iter::once(id.to_owned()).chain(marks).collect::<Vec<String>>()
    };
    let works_seen = office.works.values().filter(|named| named.as_ref().stage != Stage::Kept).map(|named| {
        let part = office.papers.get(&office.part_of(&named.as_ref().source)).map(|paper| &paper.part);
        row(&named.id, &|who| roles::sees(house, named.as_ref(), part, who, today))
    });
    let petitions_seen = of_book(office, Book::Petitions)
        .into_iter()
        .map(|(id, outside)| row(id, &|who| sees(house, outside, works(office, id), who, today)));
    works_seen.chain(petitions_seen).collect()
}

fn same(name: &str, rows: &[Vec<String>]) {
    let expected = cells(name);
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!(row, expected, "{name}");
    }
    assert_eq!(rows.len(), expected.len(), "{name}");
}

/// Holds the registers of the office against what is expected.
pub(crate) fn compare(office: &Office, now: i64) {
    let words = Catalogue::read();
    let (house, transfers) = (&office.house, of_book(office, Book::Petitions));
    let secret = |(id, outside): &(&String, &Outside)| secret(house, &words, outside, &works(office, id));
    let lines = [
        (Register::Incoming, "register-incoming.csv", incoming_lines(office, &words, now)),
        (Register::Petitions, "register-petitions-masked.csv", petition_lines(office, &words, false, now)),
        (Register::Petitions, "register-petitions-full.csv", petition_lines(office, &words, true, now)),
        (
            Register::Transfers,
            "register-transfers.csv",
            transfers.iter().filter_map(|(_, outside)| transfer(house, outside)).collect(),
        ),
        (Register::Secret, "register-secret.csv", of_book(office, Book::Secret).iter().map(secret).collect()),
        (Register::Tasks, "register-tasks.csv", task_lines(office, &words, now)),
    ];
    for (register, name, lines) in lines {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inside").join(name);
        let head: Vec<String> =
            csv::Reader::from_path(path).unwrap().headers().unwrap().iter().map(str::to_owned).collect();
        let columns: Vec<String> = register.columns().iter().map(|(key, _)| words.say(key, &[])).collect();
        assert_eq!(columns, head, "{name}");
        let lines: Vec<Vec<String>> =
            lines.iter().map(|line| line.iter().map(Cell::printed).collect()).collect();
        same(name, &lines);
    }
    same("opened.csv", &opened(office));
    same("sees.csv", &seen(office, now));
}

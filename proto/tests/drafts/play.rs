//! The play, move by move: exit, sentence, state, version and what ended.

use std::collections::BTreeMap;

use truc_proto::id::Hash;
use truc_proto::id::{Incarnation, RecordId, Seat};
use truc_proto::record::draft::bench::Bench as _;
use truc_proto::record::draft::judge::{Setting, judge, settle};
use truc_proto::record::draft::lists::Section;
use truc_proto::record::draft::refusal::{Class, Key, Refusal};
use truc_proto::record::draft::road::Doing;
use truc_proto::record::draft::{
    Act, Adopted, Answer, Asked, Begun, Checked, Comment, Consulted, Draft, Ended, Extended, Issued, Met,
    Move, Named, Opinion, Part, PartText, Remarked, Saved, Seen, Signed, Slot, State, Strand, Superseded,
    Verdict, Weight, Word,
};
use truc_proto::record::{Outcome, Strand as _};
use truc_proto::time::{Hlc, When};
use uuid::Uuid;

use super::house::House;
use super::lists::sections;
use super::{Row, cells, day, millis, rows};

/// What a clerk is told who asks for a number while the register is not known: not a matter of drafts.
const RESUMING: [&str; 2] = ["2026-12-17T18:00", "2026-12-18T19:00"];

pub(crate) type Said = BTreeMap<String, String>;

pub(crate) struct Office {
    pub(crate) house: House,
    pub(crate) drafts: BTreeMap<String, Strand>,
    /// The names of the drafts in the order in which they were begun.
    pub(crate) begun: Vec<String>,
    last: BTreeMap<(String, String), u32>,
    seq: u64,
}

/// Of a move: exit, key, and what is shown of the draft after it.
struct Told {
    exit: u32,
    key: &'static str,
}

fn exit(key: Key) -> u32 {
    match key.class() {
        Class::Wrong => 3,
        Class::Unknown => 4,
        // Kept beside, and said so.
        Class::NotAllowed => 5,
        Class::Said => 0,
    }
}

fn told(refusal: &Refusal) -> Told {
    Told { exit: exit(refusal.key), key: refusal.key.name() }
}

fn record(name: &str) -> RecordId {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    RecordId(Uuid::from_bytes(bytes))
}

pub(crate) fn named(record: RecordId) -> String {
    String::from_utf8(record.0.as_bytes().iter().copied().take_while(|byte| *byte > 0).collect()).unwrap()
}

fn remarks(text: &str) -> Vec<Remarked> {
    let remark = |text: &str| Remarked {
        text: text.trim_start_matches('?').to_owned(),
        suggestion: text.starts_with('?'),
    };
    text.split(';').filter(|text| !text.is_empty()).map(remark).collect()
}

/// Parts of a save: `body,tasks` or `body:light`. Its text is new each time.
fn parts(text: &str, seq: u64, draft: Option<&Draft>) -> Result<Vec<PartText>, Key> {
    let part = |text: &str| {
        let (name, weight) = text.split_once(':').unwrap_or((text, "heavy"));
        let part = match name {
            "attachments" => Part::Files,
            name => name.parse().map_err(|_| Key::DraftTypeFixed)?,
        };
        let weight = weight.parse().unwrap();
        // The play does not say how the title reads after it was changed.
        let title = draft.filter(|_| part == Part::Title).map(|draft| draft.title.clone());
        Ok(PartText { part, text: title.unwrap_or_else(|| format!("{name} {seq}")), weight })
    };
    text.split(',').filter(|text| !text.is_empty()).map(part).collect()
}

pub(crate) fn state(draft: &Draft) -> String {
    let word = match draft.state() {
        State::At(Doing::Draft) => "đang soạn",
        State::At(Doing::Appraise) => "chờ thẩm định",
        State::At(Doing::Approve) => "chờ Thường trực cho ý kiến",
        State::At(Doing::Opinions) => "đang xin ý kiến",
        State::At(Doing::Meeting) => "chờ họp",
        State::At(Doing::Absorb) => "đang tiếp thu",
        State::At(Doing::Initial) => "chờ ký nháy",
        State::At(Doing::Sign) => "chờ ký",
        State::At(Doing::Issue) => "đã ký, chờ ban hành",
        State::Issued => "đã ban hành",
        State::Withdrawn => "đã rút",
        State::Superseded => "đã thay bằng",
    };
    match &draft.ended {
        Some(Ended::Issued { number, .. }) => format!("{word} {number}"),
        Some(Ended::Superseded { by }) => format!("{word} {}", named(*by)),
        _ => word.to_owned(),
    }
}

impl Office {
    pub(crate) fn open() -> Self {
        let (drafts, begun, last) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { house: House::read(), drafts, begun, last, seq: 0 }
    }

    pub(crate) fn draft(&self, name: &str) -> Option<&Draft> {
        self.drafts.get(name)?.draft.as_ref()
    }

    /// What an act of the play is as a move.
    fn act(&self, by: &str, mv: &str, said: &Said, draft: Option<&Draft>, now: i64) -> Result<Act, Key> {
        let by = by.to_owned();
        let text = |name: &str| said.get(name).cloned().unwrap_or_default();
        let number = |name: &str| text(name).parse::<u32>().unwrap_or(0);
        let list = |name: &str| -> Vec<String> {
            text(name).split('+').filter(|text| !text.is_empty()).map(str::to_owned).collect()
        };
        let word = |name: &str| Word { by: by.clone(), note: text(name) };
        let back = || text("verdict") == "back";
        let verdict = || Verdict {
            by: by.clone(),
            version: number("v"),
            back: back(),
            remarks: remarks(&text("remarks")),
        };
        let until = || millis(&said["until"]);
        Ok(match mv {
            "begin" | "import" => {
                let title = |part, text| PartText { part, text, weight: Weight::Heavy };
                let drafter = said.get("drafter").cloned().unwrap_or_else(|| by.clone());
                let slots = list("slots").into_iter().map(|slot| {
                    let (person, form) = slot.split_once('/').unwrap();
                    Slot { person: person.into(), form: form.into() }
                });
                Act::Begin(Begun {
                    issuer: text("issuer"),
                    document_type: text("type"),
                    source: text("source"),
                    author: if mv == "import" { text("author") } else { String::new() },
                    drafter,
                    joint: list("help"),
                    signer: text("signer"),
                    slots: slots.collect(),
                    road: Default::default(),
                    parts: vec![title(Part::Title, text("title")), title(Part::Urgency, text("urgency"))],
                    by,
                })
            }
            "save" => {
                Act::Save(Saved { base: number("base"), parts: parts(&text("parts"), self.seq, draft)?, by })
            }
            "adopt" => Act::Adopt(Adopted { beside: number("beside"), dropped: text("how") == "drop", by }),
            "hand-in" => Act::HandIn(word("note")),
            "take-back" => Act::TakeBack(word("note")),
            "appraise" => Act::Appraise(verdict()),
            "approve" => Act::Approve(verdict()),
            "ask" => Act::Ask(Asked {
                by,
                until: until(),
                members: Vec::new(),
                silence_agrees: false,
                basis: String::new(),
                question: String::new(),
            }),
            "opinion" => Act::Opinion(Opinion {
                by,
                of: text("of"),
                version: number("v"),
                opinion: text("is").parse().map_err(|_| Key::OpinionWord)?,
                text: text("text"),
                slip: text("slip"),
            }),
            "extend-ask" => Act::ExtendAsk(Extended { by, until: until(), why: text("why") }),
            "close-ask" => Act::CloseAsk(word("note")),
            "consult" => Act::Consult(Consulted { by, offices: list("to"), until: until() }),
            // What an office says is entered by who asked it.
            "comment" => {
                let enters = draft.map(|draft| draft.drafter.clone()).unwrap_or_default();
                Act::Comment(Comment { by: enters, office: by, text: text("text") })
            }
            "close-consult" => Act::CloseConsult(word("note")),
            "answer" => Act::Answer(Answer {
                by,
                remark: text("r"),
                how: text("how").parse().map_err(|_| Key::RemarkHow)?,
                text: text("text"),
            }),
            "check" => Act::Check(Checked {
                by,
                remark: text("r"),
                reopened: text("verdict") != "ok",
                why: text("why"),
            }),
            "meeting" => Act::Meeting(Met {
                by,
                event: text("event"),
                version: number("v"),
                result: text("result").parse().unwrap(),
                remarks: remarks(&text("remarks")),
            }),
            "initial" => Act::Initial(Seen { by, version: number("v") }),
            "redirect" => Act::Redirect(Named { by, to: text("to"), why: text("why") }),
            "sign" => Act::Sign(Signed {
                by,
                version: number("v"),
                hash: Hash::ZERO,
                form: text("as").replace(" / ", " | "),
                of: String::new(),
            }),
            "unsign" => Act::Unsign(word("why")),
            "return" => Act::Return(word("why")),
            "issue" => Act::Issue(Issued {
                by,
                paper: record("paper"),
                number: String::new(),
                date: said.get("date").map_or_else(|| day(now), |date| date.parse().unwrap()),
                road: Hash([1; 32]),
            }),
            "withdraw" => Act::Withdraw(word("why")),
            "resume" => Act::Resume(word("why")),
            "supersede" => Act::Supersede(Superseded { by, draft: record(&text("new")), note: text("why") }),
            "reassign" => Act::Reassign(Named { by, to: text("to"), why: text("why") }),
            other => panic!("{other}"),
        })
    }

    /// The next number of a paper.
    fn next(&self, draft: &Draft, now: i64) -> Option<((String, String), u32, String)> {
        let kind = &draft.document_type;
        if self.house.is_unnumbered(kind) {
            return None;
        }
        let (register, symbol) = self.house.register(&draft.issuer, now);
        let opening = self.house.opening(&register, kind, now);
        let series = (register, kind.clone());
        let next = self.last.get(&series).copied().unwrap_or(opening) + 1;
        Some((series, next, format!("{next:02}-{kind}/{symbol}")))
    }

    fn make(&mut self, row: &Row, said: &Said) -> Told {
        let (now, by, name, mv) = (millis(&row["at"]), &row["by"], &row["draft"], &*row["move"]);
        self.seq += 1;
        let before = self.draft(name);
        // Whoever writes a word that nobody knows is told so before anything else; nobody does both in the play.
        let act = match self.act(by, mv, said, before, now) {
            Ok(act) => act,
            Err(key) => return told(&key.into()),
        };
        let nothing = matches!(&act, Act::Save(saved) if saved.parts.is_empty());
        let bench = self.house.at(now);
        let setting = Setting {
            bench: &bench,
            now,
            draft: before,
            open: said.get("level").is_none_or(|level| level == "open"),
            other: said.get("new").is_some_and(|new| self.drafts.contains_key(new)),
        };
        let mut act = act;
        settle(&setting, &mut act);
        let came_of = match judge(&setting, &act) {
            Ok(came_of) => came_of,
            Err(refusal) => return told(&refusal),
        };
        if nothing {
            return told(&Key::DraftUnchanged.into());
        }
        if let (Act::Issue(issued), Some(draft)) = (&mut act, before) {
            issued.number = match self.next(draft, now) {
                None => "(không số)".into(),
                Some(_) if (RESUMING[0]..RESUMING[1]).contains(&&*row["at"]) => {
                    return Told { exit: 5, key: "number-resuming" };
                }
                Some((series, next, number)) => {
                    self.last.insert(series, next);
                    number
                }
            };
        }
        let seat = Seat { incarnation: Incarnation(1), seq: self.seq };
        let when = When::unsent(Hlc::at(now.cast_unsigned()));
        if !self.begun.contains(name) {
            self.begun.push(name.clone());
        }
        let strand = self.drafts.entry(name.clone()).or_default();
        assert_eq!(strand.apply(seat, when, Move(act)), Outcome::Applied, "{row:?}");
        came_of.map_or(Told { exit: 0, key: "" }, |came_of| told(&came_of))
    }

    /// One line of the play.
    fn line(&mut self, row: &Row) -> Told {
        let said: Said = row["with"]
            .split('|')
            .filter_map(|said| said.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let now = millis(&row["at"]);
        match &*row["move"] {
            "issue-direct" => {
                // No desk and no command issues a type off its road: see the tests of the node.
                let road = self.house.at(now).road("BTV", &said["type"]);
                told(&road.map(|_| Key::IssueOffRoad).unwrap().into())
            }
            _ => self.make(row, &said),
        }
    }
}

/// What is lent and taken back is a matter of the house; what the house refuses is tested there.
fn is_lending(row: &Row) -> bool {
    row["draft"] == "-"
}

/// Plays until a moment, and tells each move to somebody.
pub(crate) fn play(until: &str, mut tell: impl FnMut(&Row, &Office)) -> Office {
    let mut office = Office::open();
    let expected = rows("moves.csv");
    for (row, expected) in rows("play.csv").iter().zip(&expected) {
        if row["at"].as_str() > until {
            break;
        }
        if is_lending(row) {
            let said: Said = row["with"]
                .split('|')
                .filter_map(|said| said.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            match (&*row["move"], &*expected["exit"]) {
                ("delegate", "0") => office.house.lend(&row["by"], &said),
                ("undelegate", "0") => office.house.take_back(&row["by"], millis(&row["at"])),
                _ => {}
            }
            continue;
        }
        let told = office.line(row);
        let draft = office.draft(&row["draft"]);
        let ended = |draft: &Draft| {
            let saved = matches!(&*row["move"], "save" | "adopt") && told.exit == 0;
            let number = draft.version();
            let now = draft.versions.last().filter(|version| saved && version.time == millis(&row["at"]));
            let newly =
                now.into_iter().flat_map(|_| &draft.approvals).filter(|known| known.ended_by == Some(number));
            newly.map(super::lists::matter).collect::<Vec<_>>().join(";")
        };
        let found = [
            told.exit.to_string(),
            told.key.to_owned(),
            draft.map(state).unwrap_or_default(),
            draft.filter(|draft| draft.ended.is_none()).map(|draft| draft.step.clone()).unwrap_or_default(),
            draft.map(|draft| draft.version().to_string()).unwrap_or_default(),
            draft.map(ended).unwrap_or_default(),
        ];
        let names = ["exit", "sentence", "state_after", "step", "version", "approvals_ended"];
        assert_eq!(found, names.map(|name| expected[name].clone()), "{row:?}");
        tell(row, &office);
    }
    office
}

#[test]
fn each_move_is_answered_as_it_should_be() {
    let mut moves = 0;
    play("9", |_, _| moves += 1);
    let lent = rows("play.csv").iter().filter(|row| is_lending(row)).count();
    assert_eq!((moves + lent, lent), (cells("play.csv").len(), 10));
}

/// After each move an open draft is being written or stands on somebody's page, one that ended on none, and nobody is to
/// appraise what he wrote.
#[test]
fn no_draft_is_forgotten() {
    play("9", |row, office| {
        let now = millis(&row["at"]);
        for (name, strand) in &office.drafts {
            let draft = strand.draft.as_ref().unwrap();
            let mut listed = 0;
            for person in office.house.people() {
                let lines = sections(office, draft, &person, now);
                listed += lines.len();
                let own =
                    lines.iter().any(|(section, _)| *section == Section::Appraise) && draft.wrote(&person);
                assert!(!own, "{person} appraises his own {name}: {row:?}");
            }
            match draft.doing() {
                None => assert_eq!(listed, 0, "{name}: {row:?}"),
                Some(Doing::Draft) => {}
                Some(_) => assert!(listed > 0, "{name} on nobody's page: {row:?}"),
            }
        }
    });
}

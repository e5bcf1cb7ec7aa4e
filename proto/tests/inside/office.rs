//! The office with its works, the papers that came by the network as far as works ask for them, and what came from outside.

use std::collections::BTreeMap;

use truc_proto::house::House;
use truc_proto::id::{Incarnation, RecordId, Seat};
use truc_proto::paper::Due;
use truc_proto::record::assignment::due::propose;
use truc_proto::record::assignment::judge::{judge, may_report};
use truc_proto::record::assignment::part::{Ended, How, Part, Standing, standing};
use truc_proto::record::assignment::refusal::{Key, Refusal};
use truc_proto::record::assignment::setting::{Setting, settle};
use truc_proto::record::assignment::{
    Act, Actor, Approved, Dated, Given, HandedIn, Kept, Move, Passed, Progress, Source, Strand, Work,
};
use truc_proto::record::outside::{self, Sender};
use truc_proto::record::{Outcome, Strand as _};
use truc_proto::time::{Hlc, When};

use super::{Row, day, house, millis, rows};

/// A part of a paper.
#[derive(Clone)]
pub(crate) struct Paper {
    pub(crate) part: Part,
    /// When the paper was accepted, Unix milliseconds.
    pub(crate) since: i64,
}

/// A work with the name that the test gives it.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) id: String,
    strand: Strand,
}

impl AsRef<Work> for Named {
    fn as_ref(&self) -> &Work {
        self.strand.work.as_ref().unwrap()
    }
}

#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) house: House,
    pub(crate) papers: BTreeMap<String, Paper>,
    pub(crate) works: BTreeMap<String, Named>,
    /// What came from outside, and who sent the petitions among it.
    pub(crate) outside: BTreeMap<String, outside::Strand>,
    pub(crate) senders: BTreeMap<String, Sender>,
    seq: u64,
}

/// A record's id is its name.
pub(crate) fn record(name: &str) -> RecordId {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    RecordId(uuid::Uuid::from_bytes(bytes))
}

pub(crate) fn name_of(record: RecordId) -> String {
    String::from_utf8(record.0.as_bytes().to_vec()).unwrap().trim_end_matches('\0').to_owned()
}

fn source(text: &str) -> Source {
    if let Some(parent) = text.strip_prefix('^') {
        return Source::Work(record(parent));
    }
    let (paper, part) = text.split_once('#').unwrap_or((text, ""));
    if text == "-" { Source::Word } else { Source::Paper { record: record(paper), part: part.into() } }
}

impl Office {
    pub(crate) fn new() -> Self {
        let mut papers = BTreeMap::new();
        let by_network = |row: &Row| row["channel"] == "net" && !row["accepted"].is_empty();
        for row in rows("papers.csv").into_iter().filter(by_network) {
            let tasks = if row["tasks"].is_empty() { ">>" } else { &row["tasks"] };
            for task in tasks.split(';') {
                let [task, due, content] = task.split('>').collect::<Vec<_>>()[..] else { panic!("{task}") };
                let title = |text: &str| if text.is_empty() { row["title"].clone() } else { text.to_owned() };
                let part = Part {
                    name: format!("{} {task}", row["number"]).trim_end().to_owned(),
                    content: title(content),
                    outer: Some(due).filter(|due| !due.is_empty()).map(|due| Due(millis(due))),
                    reports: !task.is_empty(),
                    ..Part::default()
                };
                let id = if task.is_empty() { row["id"].clone() } else { format!("{}#{task}", row["id"]) };
                papers.insert(id, Paper { part, since: millis(&row["accepted"]) });
            }
        }
        let (works, outside, senders) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut office = Self { house: house::house(), papers, works, outside, senders, seq: 0 };
        office.arrive();
        office
    }

    /// The paper's part for which a work, or the work of which it is a part, is done.
    pub(crate) fn part_of(&self, source: &Source) -> String {
        match source {
            Source::Word => String::new(),
            Source::Paper { record, part } if part.is_empty() => name_of(*record),
            Source::Paper { record, part } => format!("{}#{part}", name_of(*record)),
            Source::Work(parent) => self
                .works
                .get(&name_of(*parent))
                .map_or_else(String::new, |work| self.part_of(&work.as_ref().source)),
        }
    }

    pub(crate) fn parent_of(source: &Source) -> String {
        if let Source::Work(parent) = source { name_of(*parent) } else { String::new() }
    }

    /// The works of a part, whatever became of them.
    pub(crate) fn works_of(&self, part: &str) -> Vec<&Named> {
        let of = |work: &&Named| {
            let source = &work.as_ref().source;
            !part.is_empty() && !matches!(source, Source::Work(_)) && self.part_of(source) == part
        };
        self.works.values().filter(of).collect()
    }

    /// The parts that are open at a moment, and where they stand; `works`: those of each.
    pub(crate) fn open<T>(
        &self,
        now: i64,
        mut each: impl FnMut(&str, &Paper, Standing<'_, &Named>) -> T,
    ) -> Vec<T> {
        let accepted = self.papers.iter().filter(|(_, paper)| paper.since <= now);
        let mut all = Vec::new();
        for (name, paper) in accepted {
            let works = self.works_of(name);
            let standing = standing(&paper.part, &works);
            if !matches!(standing, Standing::Closed(_)) {
                all.push(each(name, paper, standing));
            }
        }
        all
    }

    /// Makes the move of a row, or says why not.
    pub(crate) fn play(&mut self, row: &Row) -> Result<(), Refusal> {
        let now = millis(&row["time"]);
        let args: BTreeMap<&str, &str> =
            row["args"].split(';').filter_map(|arg| arg.trim_start().split_once('=')).collect();
        let (id, mv) = (row["record"].as_str(), row["move"].as_str());
        let actor = Actor { by: row["by"].clone(), stands_for: row["as"].clone() };
        if mv.starts_with("outer-") {
            return self.of_paper(id, mv, &args, &actor, now);
        }
        let is_petition = self.outside.get(id).and_then(outside::Strand::paper).is_some_and(is_petition);
        if id.starts_with('P') && (mv != "keep" || is_petition) {
            return self.of_outside(id, mv, &args, &actor, now);
        }
        let id = if mv == "keep" { format!("K{id}") } else { id.to_owned() };
        let mut mv = Move { actor, act: act(mv, &row["record"], &args) };
        let work = self.works.get(&id).map(|named| named.as_ref().clone());
        let source = match (&work, &mv.act) {
            (Some(work), _) => work.source.clone(),
            (None, Act::Give(given) | Act::Propose(given)) => given.source.clone(),
            (None, Act::Keep(kept)) => kept.source.clone(),
            _ => Source::Word,
        };
        let part = self.part_of(&source);
        let known = self.papers.get(&part).filter(|paper| paper.since <= now).map(|paper| paper.part.clone());
        let parent = self.works.get(&Self::parent_of(&source)).map(|named| named.as_ref().clone());
        let works: Vec<Work> = self.works_of(&part).into_iter().map(|named| named.as_ref().clone()).collect();
        let children: Vec<String> = self
            .works
            .values()
            .filter(|child| Self::parent_of(&child.as_ref().source) == id && child.as_ref().stage.is_live())
            .map(|child| child.id.clone())
            .collect();
        let setting = Setting {
            house: &self.house,
            now,
            work: work.as_ref(),
            parent: parent.as_ref(),
            part: known.as_ref(),
            works: &works.iter().collect::<Vec<_>>(),
            children: &children,
            saw: args.get("saw").map(|saw| saw.parse().unwrap()),
            files: args.contains_key("file"),
        };
        if known.as_ref().is_some_and(|part| part.secret) {
            // What a work on a secret paper is about is a phrase that the pages have.
            match &mut mv.act {
                Act::Give(given) => given.content = String::new(),
                Act::HandIn(result) => {
                    result.note = String::new();
                    result.number = String::new();
                }
                _ => {}
            }
        }
        settle(&setting, &mut mv, false);
        if let Act::Give(given) | Act::Propose(given) = &mut mv.act
            && given.due.is_none()
        {
            given.due = propose(&self.house, day(now), None, setting.outer(), true);
        }
        judge(&setting, &mv)?;
        let time = Hlc::at(now as u64);
        self.seq += 1;
        let seat = Seat { incarnation: Incarnation(1 << 32), seq: self.seq };
        let new = Named { id: id.clone(), strand: Strand::default() };
        let strand = &mut self.works.entry(id).or_insert(new).strand;
        assert_eq!(strand.apply(seat, When::unsent(time), mv), Outcome::Applied, "{row:?}");
        Ok(())
    }

    /// What happens to a paper of the network.
    fn of_paper(
        &mut self,
        id: &str,
        mv: &str,
        args: &BTreeMap<&str, &str>,
        actor: &Actor,
        now: i64,
    ) -> Result<(), Refusal> {
        let works: Vec<Work> = self.works_of(id).into_iter().map(|named| named.as_ref().clone()).collect();
        let Some(paper) = self.papers.get(id) else { return Ok(()) };
        let mut part = paper.part.clone();
        let mut end = |how, why: &str| {
            let time = part.ended.as_ref().map_or(Hlc::at(now as u64), |ended| ended.time);
            part.ended = Some(Ended { how, why: why.to_owned(), time });
        };
        match mv {
            "outer-done" => {
                let setting = Setting {
                    house: &self.house,
                    now,
                    work: None,
                    parent: None,
                    part: Some(&paper.part),
                    works: &works.iter().collect::<Vec<_>>(),
                    children: &[],
                    saw: None,
                    files: false,
                };
                may_report(&setting, actor)?;
                end(How::Reported, args["product"]);
            }
            "outer-due" => part.outer = Some(Due(millis(args["due"]))),
            "outer-withdrawn" => end(How::Withdrawn, args["why"]),
            "outer-confirmed" => end(How::Confirmed, "cấp trên đã xác nhận"),
            other => panic!("{other}"),
        }
        self.papers.get_mut(id).unwrap().part = part;
        Ok(())
    }
}

fn act(mv: &str, record: &str, args: &BTreeMap<&str, &str>) -> Act {
    let text = |name: &str| args.get(name).copied().unwrap_or_default().to_owned();
    let due = |name: &str| args.get(name).map(|due| Due(millis(due)));
    let names = |name: &str| text(name).split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let given = || Given {
        source: source(args["source"]),
        content: text("content"),
        lead: text("lead"),
        helping: names("help"),
        informed: names("info"),
        confirmer: text("confirm"),
        due: due("due"),
        product: text("product"),
        remark: text("note"),
        beyond: text("beyond"),
    };
    let passed = || Passed {
        to: text("to"),
        due: due("due"),
        check: args.contains_key("check"),
        note: text("note"),
        beyond: text("beyond"),
    };
    let dated = |name: &str, why: &str| Dated { due: due(name), note: text(why), beyond: text("beyond") };
    let note = text("note");
    match mv {
        "give" => Act::Give(given()),
        "propose" => Act::Propose(given()),
        "approve" => Act::Approve(Approved { lead: text("lead"), due: due("due"), beyond: text("beyond") }),
        "keep" => Act::Keep(Kept { source: source(record), note }),
        "take" => Act::Take(note),
        "pass" => Act::Pass(passed()),
        "back" => Act::Back(note),
        "reassign" => Act::Reassign(passed()),
        "progress" => Act::Progress(Progress { percent: args["p"].parse().unwrap(), note }),
        "contribute" => Act::Contribute(note),
        "seen" => Act::Seen(note),
        "note" => Act::Note(note),
        "hand-in" => Act::HandIn(HandedIn {
            number: text("number"),
            note: text("said"),
            without_product: text("none"),
            silent: names("without"),
        }),
        "check" => Act::Check(note),
        "return" => Act::Return(note),
        "confirm" => Act::Confirm(note),
        "ask" => Act::Ask(dated("until", "why")),
        "grant" => Act::Grant(dated("until", "note")),
        "deny" => Act::Deny(note),
        "move-due" => Act::MoveDue(dated("due", "note")),
        "withdraw" => Act::Withdraw(note),
        "reopen" => Act::Reopen(dated("due", "note")),
        other => panic!("{other}"),
    }
}

fn is_petition(outside: &outside::Outside) -> bool {
    outside.paper.petition.is_some()
}

/// The key that is expected.
pub(crate) fn expected(row: &Row) -> Option<Key> {
    let key = Key::ALL.iter().find(|key| key.name() == row["key"]);
    assert!(key.is_some() || row["key"].is_empty(), "{row:?}");
    key.copied()
}

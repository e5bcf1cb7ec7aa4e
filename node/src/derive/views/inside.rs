//! What a move of a work is held against: the house, the part of a paper for which the work is done, the other works for that
//! part, the work of which it is a part, and its own parts.
//!
//! The views say how they were. In the writer's turn the own moves that the views had not folded come on top ([`Later`]),
//! so of two who give one part at the same time, the second is told of the first.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::Connection;
use truc_proto::date::Date;
use truc_proto::house::House;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::identifier::number_key;
use truc_proto::record::assignment::due::propose;
use truc_proto::record::assignment::judge::{judge, may_close, may_report};
use truc_proto::record::assignment::refusal::Refusal;
use truc_proto::record::assignment::setting::{Setting, settle};
use truc_proto::record::assignment::{Act, Actor, KIND, Move, Saw, Source, Strand, Work};
use truc_proto::record::outside::judge::{Alike, paper_key};
use truc_proto::record::{State, house, outside};
use truc_proto::registry::Registry;

use super::Result;
use super::asked::Paper;
use super::kinds::assignment::{self as works, WorkRow};
use super::kinds::{self, outside as papers};
use super::read::{self, Filter};

/// What the views say.
#[derive(Clone, Debug)]
pub struct Inside {
    me: OfficeId,
    record: Option<RecordId>,
    house: Arc<House>,
    paper: Option<Paper>,
    part: String,
    works: Vec<WorkRow>,
    parent: Option<WorkRow>,
    children: Vec<WorkRow>,
    work: Option<State>,
    /// A work of which it is a part, at some distance, and which the views do not have.
    lost: Option<RecordId>,
}

/// Own moves that the views had not folded.
pub struct Later<'a> {
    /// A strand with those moves on top.
    pub on: &'a dyn Fn(RecordId, u32, Option<State>) -> Option<State>,
    /// The works among the records that they are about.
    pub works: &'a [RecordId],
}

impl Later<'_> {
    /// Nothing came after what the views say.
    pub const NOTHING: Later<'static> = Later { on: &|_, _, state| state, works: &[] };
}

/// A paper that may be the one that a move registers.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its record.
    pub record: RecordId,
    /// How it is here.
    pub alike: Alike,
    /// The body that sent it: its id in the house, or what it is called.
    pub bodies: Vec<String>,
    /// Số, ký hiệu.
    pub number: String,
    /// Date on the paper.
    pub issued: Option<Date>,
}

impl Candidate {
    /// A paper that came from outside, if its number is not void.
    pub fn of_outside(record: RecordId, outside: &outside::Outside) -> Option<Self> {
        let paper = &outside.paper;
        outside.void.is_none().then(|| Self {
            record,
            alike: Alike { arrival: paper.arrival, network: false },
            bodies: vec![paper.party.clone()],
            number: paper.number.clone(),
            issued: paper.issued,
        })
    }

    fn has(&self, key: Option<&str>, house: &House, today: Date) -> bool {
        let same =
            |body: &String| paper_key(house.name(body, today), &self.number, self.issued).as_deref() == key;
        key.is_some() && self.bodies.iter().any(same)
    }

    /// The papers here that bear a number, from outside and by the network.
    pub fn of_number(
        conn: &Connection,
        registry: &Registry,
        me: OfficeId,
        number: &str,
    ) -> Result<Vec<Self>> {
        let outside = papers::of_number(conn, me, &number_key(number))?;
        let mut all: Vec<Self> =
            outside.iter().filter_map(|row| Self::of_outside(row.record, &row.outside)).collect();
        let by_network = Filter { number: Some(number.to_owned()), not_of: Some(me), ..Filter::default() };
        for row in read::list(conn, &by_network)? {
            let own = read::strand(conn, row.id, row.kind, me)?;
            let arrival = own.as_ref().map_or("".into(), |own| kinds::arrival(own).0);
            let alike = Alike { arrival: arrival.parse().unwrap_or(0), network: true };
            let issued = row.issued.as_ref().and_then(|day| day.parse().ok());
            let fact = registry.fact_at(row.owner, issued.unwrap_or(Date::LAST));
            let bodies = fact.map_or_else(Vec::new, |fact| vec![fact.name.clone(), fact.committee()]);
            all.push(Self { record: row.id, alike, bodies, number: row.number, issued });
        }
        Ok(all)
    }
}

/// What stands beside a move of what came from outside.
pub struct Beside<'a> {
    /// Papers that bear the number that it says.
    pub candidates: &'a [Candidate],
    /// Another paper has the arrival number that it says.
    pub used: bool,
    /// Whether files go with it.
    pub files: bool,
}

/// How a move was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Form {
    /// What was shown of the work, or how far the house was known; none: nothing.
    pub saw: Option<Saw>,
    /// The date that was named stays where it is, on a day off too.
    pub exact: bool,
    /// The office proposes a date where nobody named one.
    pub propose: bool,
    /// Files go with it.
    pub files: bool,
}

impl Inside {
    /// What a work is held against, as of one moment. `record`: the work; none: it is only to come, and is done for
    /// `source`.
    pub fn read(conn: &Connection, me: OfficeId, record: Option<RecordId>, source: &Source) -> Result<Self> {
        let work = match record {
            Some(record) => read::strand(conn, record, KIND.number, me)?,
            None => None,
        };
        let mut inside = Self {
            me,
            record,
            house: kinds::house::known(conn, me)?,
            paper: None,
            part: String::new(),
            works: Vec::new(),
            parent: None,
            children: record.map_or_else(|| Ok(Vec::new()), |record| works::children(conn, me, record))?,
            work,
            lost: None,
        };
        let mut next = inside.known().map_or(source, |work| &work.source).clone();
        if let Source::Work(parent) = next {
            inside.parent = works::work(conn, me, parent)?;
        }
        // However deep it lies: what is said of the paper holds for each part of a part.
        let mut asked = BTreeSet::new();
        while let Source::Work(parent) = next {
            let row = works::work(conn, me, parent)?.filter(|_| asked.insert(parent));
            inside.lost = inside.lost.or(row.is_none().then_some(parent));
            next = row.map(|row| row.work.source).unwrap_or_default();
        }
        if let Source::Paper { record, part } = next {
            inside.paper = Paper::read(conn, me, record)?;
            inside.works = works::of_part(conn, me, record, &part)?;
            inside.part = part;
        }
        Ok(inside)
    }

    /// Whether the views lack a work on the way to the paper which own moves have: what the paper asks for is not known yet.
    pub fn lags(&self, later: &Later<'_>) -> bool {
        self.lost.is_some_and(|lost| later.works.contains(&lost))
    }

    /// The same with own moves on top.
    pub fn with(mut self, later: &Later<'_>, source: &Source) -> Self {
        let on = later.on;
        if let Some(State::House(new)) = on(house::record(self.me), house::KIND.number, None) {
            let mut house = House::clone(&self.house);
            new.said.into_iter().flat_map(|said| said.facts).for_each(|fact| house.say(fact));
            self.house = Arc::new(house);
        }
        self.work = self.record.and_then(|record| on(record, KIND.number, self.work.take()));
        self.paper = self.paper.map(|paper| paper.with(on));
        let source = self.known().map_or(source, |work| &work.source).clone();
        let of_part = Source::Paper {
            record: self.paper.as_ref().map_or(RecordId(uuid::Uuid::nil()), |paper| paper.record),
            part: self.part.clone(),
        };
        let of_this = self.record.map(Source::Work);
        let all = |before: Vec<WorkRow>, is_for: &dyn Fn(RecordId, &Source) -> bool| {
            let new = later.works.iter().filter(|new| before.iter().all(|row| row.record != **new));
            let new = new.map(|record| (*record, None));
            let known = before.iter().map(|row| (row.record, Some(row.work.clone())));
            let state = |work| State::Assignment(Strand { work: Some(work) });
            let strands =
                known.chain(new).map(|(record, work)| (record, on(record, KIND.number, work.map(state))));
            let works = strands.filter_map(|(record, state)| match state {
                Some(State::Assignment(Strand { work: Some(work) })) => Some(WorkRow { record, work }),
                _ => None,
            });
            works.filter(|row| is_for(row.record, &row.work.source)).collect::<Vec<WorkRow>>()
        };
        let works = all(std::mem::take(&mut self.works), &|_, source| *source == of_part);
        let children = all(std::mem::take(&mut self.children), &|_, source| Some(source) == of_this.as_ref());
        let parent =
            all(self.parent.take().into_iter().collect(), &|record, _| source == Source::Work(record)).pop();
        Self { works, children, parent, ..self }
    }

    fn known(&self) -> Option<&Work> {
        match &self.work {
            Some(State::Assignment(strand)) => strand.work.as_ref(),
            _ => None,
        }
    }

    /// The house.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Asks something of the setting of a move at a moment, Unix milliseconds.
    pub fn ask<T>(
        &self,
        registry: &Registry,
        now: i64,
        form: Form,
        ask: impl FnOnce(&Setting<'_>) -> T,
    ) -> T {
        let part = self.paper.as_ref().and_then(|paper| paper.part(registry, self.me, &self.part));
        let live = self.children.iter().filter(|child| child.work.stage.is_live());
        let children: Vec<String> = live.map(|child| child.work.content.clone()).collect();
        let works: Vec<&Work> = self.works.iter().map(AsRef::as_ref).collect();
        ask(&Setting {
            house: &self.house,
            now,
            work: self.known(),
            parent: self.parent.as_ref().map(|row| &row.work),
            part: part.as_ref(),
            works: &works,
            children: &children,
            saw: form.saw,
            files: form.files,
        })
    }

    /// Settles the date of a move and says whether it may be made.
    pub fn judge(
        &self,
        registry: &Registry,
        now: i64,
        form: Form,
        mv: &mut Move,
    ) -> std::result::Result<(), Refusal> {
        self.ask(registry, now, form, |setting| {
            settle(setting, mv, form.exact);
            if let (true, Act::Give(given) | Act::Propose(given)) = (form.propose, &mut mv.act)
                && given.due.is_none()
            {
                let today = Date::of_millis(now).unwrap_or(Date::LAST);
                given.due = propose(
                    setting.house,
                    today,
                    None,
                    setting.outer(),
                    self.is_dated_by_rule(setting.house, today),
                );
            }
            judge(setting, mv)
        })
    }

    /// Completes a move of what came from outside and says whether it may be made. `strand`: the record as it is now.
    pub fn judge_outside(
        &self,
        now: i64,
        strand: &outside::Strand,
        beside: &Beside<'_>,
        mv: &mut outside::Move,
    ) -> std::result::Result<(), Refusal> {
        let house = self.house();
        let today = Date::of_millis(now).unwrap_or(Date::LAST);
        outside::judge::settle(house, now, strand, mv);
        let works: Vec<&Work> = self.works.iter().map(AsRef::as_ref).collect();
        let key = outside::judge::key_of(house, today, strand, mv);
        let same = |one: &&Candidate| one.has(key.as_deref(), house, today);
        let alike: Vec<Alike> = beside.candidates.iter().filter(same).map(|one| one.alike.clone()).collect();
        outside::judge::judge(
            &outside::judge::Setting {
                house,
                now,
                strand,
                works: &works,
                alike: &alike,
                used: beside.used,
                files: beside.files,
            },
            mv,
        )
    }

    /// Whether somebody may tell whoever asked that the part is done. Where no work was given for it, nothing stands
    /// against that.
    pub fn may_report(
        &self,
        registry: &Registry,
        now: i64,
        actor: &Actor,
    ) -> std::result::Result<(), Refusal> {
        if self.works.is_empty() {
            return Ok(());
        }
        self.ask(registry, now, Form::default(), |setting| may_report(setting, actor))
    }

    /// Whether the part may be closed with the paper.
    pub fn may_close(&self, registry: &Registry, now: i64) -> std::result::Result<(), Refusal> {
        self.ask(registry, now, Form::default(), may_close)
    }

    /// Whether the office proposes a date for papers of this type that name none.
    fn is_dated_by_rule(&self, house: &House, today: Date) -> bool {
        let kind = self.paper.as_ref().and_then(Paper::document_type);
        kind.is_some_and(|kind| house.settings(today).default_for.contains(&kind))
    }
}

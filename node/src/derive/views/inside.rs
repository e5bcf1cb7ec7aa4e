//! What a move of a work is held against: the house, the part of a paper for which the work is done, the other works for that
//! part, the work of which it is a part, and its own parts.
//!
//! The views say how they were. In the writer's turn the own moves that the views had not folded come on top ([`Later`]),
//! so of two who give one part at the same time, the second is told of the first.

use rusqlite::Connection;
use truc_proto::house::House;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record::assignment::due::propose;
use truc_proto::record::assignment::judge::{Setting, judge, may_report, settle};
use truc_proto::record::assignment::refusal::Refusal;
use truc_proto::record::assignment::{Act, Actor, KIND, Move, Source, Stage, Strand, Work};
use truc_proto::record::{State, house};
use truc_proto::registry::Registry;

use super::asked::Paper;
use super::kinds::assignment::{self as works, WorkRow};
use super::{Result, read};
use truc_proto::date::Date;

/// What the views say.
#[derive(Clone, Debug)]
pub struct Inside {
    me: OfficeId,
    record: Option<RecordId>,
    house: Option<State>,
    paper: Option<Paper>,
    part: String,
    works: Vec<WorkRow>,
    parent: Option<WorkRow>,
    children: Vec<WorkRow>,
    work: Option<State>,
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

/// How a move was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Form {
    /// The stage of the work that was shown; none: nothing was shown.
    pub saw: Option<Stage>,
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
            house: read::strand(conn, house::record(me), house::KIND.number, me)?,
            paper: None,
            part: String::new(),
            works: Vec::new(),
            parent: None,
            children: record.map_or_else(|| Ok(Vec::new()), |record| works::children(conn, me, record))?,
            work,
        };
        let mut next = inside.known().map_or(source, |work| &work.source).clone();
        if let Source::Work(parent) = next {
            inside.parent = works::work(conn, me, parent)?;
        }
        for _ in 0..limits::WORK_DEPTH {
            let Source::Work(parent) = next else { break };
            next = works::work(conn, me, parent)?.map(|row| row.work.source).unwrap_or_default();
        }
        if let Source::Paper { record, part } = next {
            inside.paper = Paper::read(conn, me, record)?;
            inside.works = works::of_part(conn, me, record, &part)?;
            inside.part = part;
        }
        Ok(inside)
    }

    /// The same with own moves on top.
    pub fn with(mut self, later: &Later<'_>, source: &Source) -> Self {
        let on = later.on;
        self.house = on(house::record(self.me), house::KIND.number, self.house.take());
        self.work = self.record.and_then(|record| on(record, KIND.number, self.work.take()));
        if let Some(paper) = &mut self.paper {
            paper.own = on(paper.record, paper.kind, paper.own.take());
        }
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
    pub fn house(&self) -> House {
        match &self.house {
            Some(State::House(strand)) => strand.house(),
            _ => House::default(),
        }
    }

    /// Asks something of the setting of a move at a moment, Unix milliseconds.
    pub fn ask<T>(
        &self,
        registry: &Registry,
        now: i64,
        form: Form,
        ask: impl FnOnce(&Setting<'_>) -> T,
    ) -> T {
        let house = self.house();
        let part = self.paper.as_ref().and_then(|paper| paper.part(registry, self.me, &self.part));
        let live = self.children.iter().filter(|child| child.work.stage.is_live());
        let children: Vec<String> = live.map(|child| child.work.content.clone()).collect();
        let works: Vec<&Work> = self.works.iter().map(AsRef::as_ref).collect();
        ask(&Setting {
            house: &house,
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
            if !form.exact {
                settle(setting, mv);
            }
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

    /// Whether the office proposes a date for papers of this type that name none.
    fn is_dated_by_rule(&self, house: &House, today: Date) -> bool {
        let kind = self.paper.as_ref().and_then(Paper::document_type);
        kind.is_some_and(|kind| house.settings(today).default_for.contains(&kind))
    }
}

//! A moment of the house and the works, from which all lists of works are made.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use truc_proto::house::{Class, House, What};
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::paper::Due;
use truc_proto::record::assignment::due::told;
use truc_proto::record::assignment::lists::{self, Beside, Line};
use truc_proto::record::assignment::part::{Part, Petition};
use truc_proto::record::assignment::refusal::{Key, Refusal};
use truc_proto::record::assignment::roles::{self, Holder, holder};
use truc_proto::record::assignment::{Source, Stage, Work};
use truc_proto::record::outside::sight;

use super::super::{Context, house};
use truc_proto::vietnamese::fold;

use super::rows::{Cut, Found, Late, OrphanRow, PartRow, Said, TaskRow, TransferRow, without_words};
use crate::derive::views::asked::{self, Asked, Stands};
use crate::derive::views::inside::{Form, Inside};
use crate::derive::views::kinds::assignment::{self as works, WorkRow};
use crate::derive::views::kinds::outside;
use crate::words::failure::Failure;

/// A moment of the house, for which rows are made.
pub struct Moment<'c> {
    house: Arc<House>,
    /// The petitions, and whom each is about; empty: nobody.
    petitions: BTreeMap<RecordId, String>,
    context: &'c Context<'c>,
    now: i64,
    /// The persons whose works the acting account sees: itself, and those for whom it acts.
    acts_for: Vec<String>,
    /// The parts of papers that were read, by their papers.
    papers: RefCell<BTreeMap<RecordId, Vec<(String, Part)>>>,
}

impl Context<'_> {
    /// The house as it is known now, for rows of this moment.
    pub(crate) fn moment(&self) -> Result<Moment<'_>, Failure> {
        let now = self.office.time().millis() as i64;
        let (house, who, today) = (house::known(self)?, self.author, self.today());
        let petitions = self.office.view(|views| outside::petitions(views, self.office.id()))?;
        let others = house.people(today).map(|person| person.id.clone());
        let acts_for = others.filter(|person| person != who && roles::may_act(&house, who, person, today));
        let acts_for = std::iter::once(who.to_owned()).chain(acts_for).collect();
        Ok(Moment { house, petitions, context: self, now, acts_for, papers: RefCell::default() })
    }

    /// What a move of a work is held against now.
    pub(crate) fn inside(&self, record: Option<RecordId>, source: &Source) -> Result<Inside, Failure> {
        let me = self.office.id();
        Ok(self.office.view(|views| Inside::read(views, me, record, source))?)
    }

    /// Whether the paper of a work, or of one of which it is a part, is secret: nothing is said of it here.
    pub(crate) fn is_secret(&self, inside: &Inside) -> bool {
        let (registry, now) = (self.office.registry(), self.office.time().millis() as i64);
        inside.ask(&registry, now, Form::default(), |setting| setting.part.is_some_and(|part| part.secret))
    }

    /// A work, as far as the acting account sees it.
    pub(crate) fn work(&self, record: RecordId) -> Result<WorkRow, Failure> {
        let me = self.office.id();
        let found = self.office.view(|views| works::work(views, me, record))?;
        let moment = self.moment()?;
        let seen = found.filter(|row| moment.sees(&row.work));
        seen.ok_or_else(|| Refusal::new(Key::NotFound).into())
    }
}

impl<'c> Moment<'c> {
    /// The house.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Who asks, and of which office.
    pub(crate) fn context(&self) -> &'c Context<'c> {
        self.context
    }

    fn today(&self) -> truc_proto::date::Date {
        self.context.today()
    }

    /// The part of a paper for which a work is done, also as a part of another work; none: there is none.
    fn above(&self, source: &Source) -> Option<Part> {
        let Source::Paper { record, part } = self.root(source)? else { return None };
        let mut papers = self.papers.borrow_mut();
        let parts = papers.entry(record).or_insert_with(|| {
            self.context.look(|views, look| asked::parts_of(views, look, record)).unwrap_or_default()
        });
        parts.iter().find(|(id, _)| *id == part).map(|(_, part)| part.clone())
    }

    /// What the work at the top is done for, of which a work is a part. None: it cannot be read, and the page shows the rest.
    pub(crate) fn root(&self, source: &Source) -> Option<Source> {
        match source {
            Source::Work(_) => self.context.look(|views, look| asked::root(views, look.me, source)).ok(),
            source => Some(source.clone()),
        }
    }

    /// Whether the acting account sees a work, for itself or for somebody in whose place it acts. What is hidden from the
    /// office's own people is what petitions ask for.
    pub(crate) fn sees(&self, work: &Work) -> bool {
        let (part, by) = (self.petition(work), self.context.author);
        let sees = |who: &String| roles::sees_for(&self.house, work, part.as_ref(), by, who, self.today());
        self.acts_for.iter().any(sees)
    }

    /// The petition for which a work is done; none: it is done for none.
    fn petition(&self, work: &Work) -> Option<Part> {
        if self.petitions.is_empty() {
            return None;
        }
        let Source::Paper { record, .. } = self.root(&work.source)? else { return None };
        let about = self.petitions.get(&record)?.clone();
        Some(Part { petition: Some(Petition { about, ..Petition::default() }), ..Part::default() })
    }

    /// A date as people write it today.
    pub fn told(&self, due: Due) -> String {
        told(&self.house, due, self.today())
    }

    /// The name of a person or unit.
    pub fn name(&self, id: &str) -> String {
        self.house.name(id, self.today()).to_owned()
    }

    /// A work as a row.
    pub fn row(&self, row: WorkRow, line: Option<Line<'_>>) -> TaskRow {
        let (house, today, work) = (&self.house, self.today(), &row.work);
        let has = holder(house, work, today);
        let why = match has {
            Holder::Nobody(why) if work.stage.is_live() => why.name(),
            _ => "",
        };
        let holder = has.person().filter(|_| work.stage.is_live()).unwrap_or_default().to_owned();
        let page = lists::at(house, work, today).unwrap_or_default().to_owned();
        let confirms = roles::confirmer(house, work, today).unwrap_or_default().to_owned();
        let due = work.due.filter(|_| work.stage.is_open());
        let part = self.above(&work.source);
        let over = part.as_ref().filter(|part| work.stage.is_live() && part.is_over_above());
        let over = over.and_then(|part| part.ended.as_ref()).map_or("", |ended| ended.how.name());
        let outer = part.as_ref().and_then(|part| part.outer).filter(|outer| {
            let moved = work.due.is_some_and(|due| due > *outer) && work.beyond.is_empty();
            work.stage.is_live() && moved
        });
        let outer = outer.map_or_else(String::new, |outer| self.told(outer));
        let secret = part.is_some_and(|part| part.secret);
        let lateness = due.filter(|_| over.is_empty()).map(|due| Late::of(house, due, self.now));
        let due_text = work.due.map_or_else(String::new, |due| self.told(due));
        let beside = line.and_then(|line| {
            let (key, who) = match line.beside {
                Beside::Nothing => return None,
                Beside::StandsFor(person) => ("work-stands-for".to_owned(), person),
                Beside::Away(Some(person)) => ("work-away-for".to_owned(), person),
                Beside::Away(None) => ("work-away".to_owned(), ""),
                Beside::Nobody(why) => (format!("work-why-{}", why.name()), ""),
            };
            Some(Said { key, who: self.name(who) })
        });
        let section = line.map_or("", |line| line.section.into());
        let until = line.and_then(|line| line.asked).map_or_else(String::new, |due| self.told(due));
        let masked = !self.sees(work);
        let row = if masked { WorkRow { work: without_words(row.work), ..row } } else { row };
        TaskRow {
            holder,
            why,
            page,
            confirms,
            over,
            outer,
            secret,
            lateness,
            due_text,
            section,
            until,
            beside,
            masked,
            row,
        }
    }

    /// A part of a paper as a row.
    pub fn part(&self, asked: &Asked) -> PartRow {
        let petition = asked.part.petition.is_some();
        let masked =
            petition && !roles::sees_part(&self.house, Some(&asked.part), self.context.author, self.today());
        PartRow {
            masked,
            record: asked.record,
            kind: asked.kind,
            part: asked.id.clone(),
            name: asked.part.name.clone(),
            content: if masked { String::new() } else { asked.part.content.clone() },
            due_text: asked.due().map_or_else(String::new, |due| self.told(due)),
            lateness: asked.due().map(|due| Late::of(&self.house, due, self.now)),
            stands: asked.stands(),
            root: asked.root().map(|row| self.row(row.clone(), None)),
            proposal: asked.proposal().map(|row| self.row(row.clone(), None)),
            kept: asked.kept().map(|row| self.row(row.clone(), None)),
        }
    }

    /// Việc của tôi: the lines of the acting account, in the order of the page.
    pub fn mine(&self, cut: Cut) -> Result<Found<TaskRow>, Failure> {
        let who = self.context.author;
        let names = lists::names(&self.house, who, self.today());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (mut found, ended) = self.context.look(|views, look| {
            Ok((works::naming(views, look.me, &names)?, works::maybe_over(views, look.me, &names)?))
        })?;
        found.extend(self.with_nobody()?);
        found.sort_by_key(|row| row.record);
        found.dedup_by_key(|row| row.record);
        let mut lines: Vec<(Line<'_>, &WorkRow)> = Vec::new();
        for row in &found {
            let here = lists::mine(&self.house, &row.work, who, self.today());
            lines.extend(here.into_iter().map(|line| (line, row)));
        }
        for row in &ended {
            let part = self.above(&row.work.source);
            let line = lists::over(&self.house, &row.work, part.as_ref(), who, self.today());
            lines.extend(line.map(|line| (line, row)));
        }
        lines.sort_by_key(|(line, row)| (line.section, row.work.due.is_none(), row.work.due, row.record));
        Ok(cut.of(lines, |(line, row)| self.row(row.clone(), Some(line))))
    }

    /// The open works that a person has, as far as the acting account sees them.
    pub fn had_by(&self, person: &str) -> Result<Vec<RecordId>, Failure> {
        Ok(self.works_of(person, Cut::ALL)?.rows.into_iter().map(|row| row.row.record).collect())
    }

    /// The same as rows, those first that are due first.
    pub fn works_of(&self, person: &str, cut: Cut) -> Result<Found<TaskRow>, Failure> {
        let mut found = self.context.look(|views, look| works::led_by(views, look.me, &[person]))?;
        found.retain(|row| row.work.stage.is_open() && self.sees(&row.work));
        found.sort_by_key(|row| (row.work.due.is_none(), row.work.due, row.record));
        Ok(cut.of(found, |row| self.row(row, None)))
    }

    /// Whether the acting account assigns what waits, or acts for somebody who does.
    pub fn assigns(&self) -> bool {
        lists::may_assign(&self.house, self.context.author, self.today())
    }

    /// Works that have these words in what people wrote of them, whose people or units are called so, or whose paper has this
    /// number, as far as the acting account sees them; the live ones first.
    pub fn matching(&self, text: &str, cut: Cut) -> Result<Found<TaskRow>, Failure> {
        let said = fold(text);
        let words: Vec<String> =
            said.split_whitespace().take(limits::SEARCH_WORDS).map(str::to_owned).collect();
        if words.is_empty() || self.house.is_empty() {
            return Ok(Found { rows: Vec::new(), all: 0 });
        }
        let is_called = |name: &str| fold(name).contains(said.trim());
        let facts = self.house.facts().filter_map(|fact| match fact.what {
            What::Person(person) if is_called(&person.name) => Some(person.id),
            What::Unit(unit) if is_called(&unit.name) => Some(unit.id),
            _ => None,
        });
        let names: BTreeSet<String> = facts.collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (number, most) = (text.trim().to_lowercase(), limits::SEARCH_PAGE);
        let mut found = self.context.look(|views, look| {
            let mut found = works::matching(views, look.me, &words, &number, most)?;
            found.extend(works::of_lead(views, look.me, &names, most)?);
            found.extend(works::naming(views, look.me, &names)?);
            Ok(found)
        })?;
        found.sort_by_key(|row| (!row.work.stage.is_live(), Reverse(row.record)));
        found.dedup_by_key(|row| row.record);
        found.retain(|row| row.work.stage != Stage::Kept && self.sees(&row.work));
        Ok(cut.of(found, |row| self.row(row, None)))
    }

    /// Tôi giao: live works that the acting account gave, those first whose result waits.
    pub fn given(&self, cut: Cut) -> Result<Found<TaskRow>, Failure> {
        let who = self.context.author;
        let names = lists::names(&self.house, who, self.today());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut found = self.context.look(|views, look| works::given_by(views, look.me, &names))?;
        found.retain(|row| lists::given(&self.house, &row.work, self.today()) == Some(who));
        found.sort_by_key(|row| {
            let (waits, due) = (row.work.handed_in.is_some(), row.work.due);
            (!waits, due.is_none(), due, row.record)
        });
        Ok(cut.of(found, |row| self.row(row, None)))
    }

    /// What is open at the office, part by part; `which` of it.
    pub fn open(&self, which: impl Fn(Stands) -> bool, cut: Cut) -> Result<Found<PartRow>, Failure> {
        let mut parts = self.asked()?;
        parts.retain(|part| which(part.stands()));
        Ok(cut.of(parts, |part| self.part(&part)))
    }

    /// What waits to be assigned, and what waits to be told to whoever asked.
    pub fn waiting(&self, cut: Cut) -> Result<[Found<PartRow>; 2], Failure> {
        let parts = self.asked()?;
        let of = |stands: Stands| {
            let these = parts.iter().filter(|part| part.stands() == stands).collect();
            cut.of(these, |part: &Asked| self.part(part))
        };
        Ok([of(Stands::ToAssign), of(Stands::ToReport)])
    }

    fn asked(&self) -> Result<Vec<Asked>, Failure> {
        let sees = |who: &String| roles::sees_part(&self.house, None, who, self.today());
        if self.house.is_empty() || !self.acts_for.iter().any(sees) {
            return Ok(Vec::new());
        }
        self.context.look(asked::open)
    }

    /// Live works that nobody has, and on whose page they stand.
    pub fn without_person(&self, cut: Cut) -> Result<Found<TaskRow>, Failure> {
        let today = self.today();
        let mut found = self.with_nobody()?;
        found.sort_by_key(|row| (row.work.due.is_none(), row.work.due, row.record));
        let waits = |row: &WorkRow| {
            row.work.stage == Stage::Proposed || lists::unassigned(&self.house, &row.work, today).is_some()
        };
        found.retain(|row| waits(row) && self.sees(&row.work));
        Ok(cut.of(found, |row| self.row(row, None)))
    }

    /// Live works that nobody may have today, each once: of units, of who has left, given back, and only proposed.
    fn with_nobody(&self) -> Result<Vec<WorkRow>, Failure> {
        let gone = |id: &str| self.house.person(id, self.today()).is_none();
        let facts = self.house.facts().filter_map(|fact| match fact.what {
            What::Unit(unit) => Some(unit.id),
            What::Person(person) if gone(&person.id) => Some(person.id),
            _ => None,
        });
        let names: BTreeSet<String> = facts.collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut found = self.context.look(|views, look| {
            let mut found = works::led_by(views, look.me, &names)?;
            found.extend(works::given_back(views, look.me)?);
            found.extend(works::proposed(views, look.me)?);
            Ok(found)
        })?;
        found.sort_by_key(|row| row.record);
        found.dedup_by_key(|row| row.record);
        Ok(found)
    }

    /// Nơi khác phải làm: open works of agencies and cells beside the office.
    pub fn owed(&self, cut: Cut) -> Result<Found<(String, TaskRow)>, Failure> {
        let today = self.today();
        let beside: Vec<&str> = self
            .house
            .units(today)
            .filter(|unit| unit.class != Class::Own)
            .map(|unit| unit.id.as_str())
            .collect();
        let people =
            beside.iter().flat_map(|unit| self.house.members(unit, today)).map(|person| person.id.as_str());
        let names: Vec<&str> = beside.iter().copied().chain(people).collect();
        let found = self.context.look(|views, look| works::led_by(views, look.me, &names))?;
        let owed = |row: WorkRow| {
            let unit = lists::owed_by(&self.house, &row.work, today).filter(|_| self.sees(&row.work))?;
            Some((unit.to_owned(), row))
        };
        let mut rows: Vec<(String, WorkRow)> = found.into_iter().filter_map(owed).collect();
        rows.sort_by_key(|(unit, row)| (unit.clone(), row.work.due, row.record));
        Ok(cut.of(rows, |(unit, row)| (unit, self.row(row, None))))
    }

    /// What was passed on and is not answered: to which unit or body, the number of the slip, until when.
    pub fn transfers(&self) -> Result<Vec<TransferRow>, Failure> {
        let found = self.context.look(|views, look| outside::awaited(views, look.me))?;
        let mut rows = Vec::new();
        for row in found {
            let (Some(went), Some(decided)) = (row.outside.awaited(), &row.outside.decided) else { continue };
            rows.push(TransferRow {
                record: row.record,
                from: sight::unit(&self.house, &went.to, self.today()).to_owned(),
                name: self.name(&went.to),
                paper: decided.paper.clone(),
                due: went.answer_by,
                due_text: self.told(went.answer_by),
                lateness: Late::of(&self.house, went.answer_by, self.now),
                masked: !self.sees_outside(&row)?,
            });
        }
        rows.sort_by_key(|row| (row.due, row.record));
        Ok(rows)
    }

    /// What the acting account's own unit is to sign for or to answer.
    pub fn passed_to_me(&self) -> Result<Vec<TransferRow>, Failure> {
        let mut rows = self.transfers()?;
        let units: Vec<&str> = self.house.units_of(self.context.author, self.today()).collect();
        rows.retain(|row| !row.masked && units.contains(&row.from.as_str()));
        Ok(rows)
    }

    /// What breaks the invariant.
    pub(super) fn orphans(&self) -> Result<Vec<OrphanRow>, Failure> {
        let live = self.context.look(|views, look| works::live(views, look.me))?;
        let wrong = |row: &WorkRow| {
            let wrong = lists::orphan(&self.house, &row.work, self.today())?;
            // Of a petition nothing is said to who does not see it.
            let content = if self.sees(&row.work) { row.work.content.clone() } else { String::new() };
            Some(OrphanRow { record: row.record, content, wrong: wrong.into() })
        };
        let mut rows: Vec<OrphanRow> = live.iter().filter_map(wrong).collect();
        for part in self.context.look(asked::open)?.iter().filter(|part| part.roots() > 1) {
            rows.push(OrphanRow {
                record: part.record,
                content: part.part.name.clone(),
                wrong: "given-twice",
            });
        }
        Ok(rows)
    }
}

//! The lines of the registers, from the views: which papers, petitions and works stand in one, in its order.

use std::collections::BTreeMap;

use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::assignment::{Stage, Work};
use truc_proto::record::directive::Status;
use truc_proto::record::outside::registers::{
    Cell, Incoming, PetitionLine, Register, Task, TaskLine, Words, incoming, petition, secret, task, transfer,
};
use truc_proto::record::outside::{Book, KIND, What, sight};
use truc_proto::record::{State, assignment};
use truc_proto::time::Hlc;

use crate::command::Context;
use crate::command::tasks::Moment;
use crate::derive::views::asked::{self, Asked};
use crate::derive::views::kinds::assignment as works;
use crate::derive::views::kinds::outside::{self as papers, OutsideRow};
use crate::derive::views::registers;
use crate::words::failure::Failure;

/// A line and what it is about.
#[derive(Clone, Debug)]
pub struct Line {
    /// The record.
    pub record: RecordId,
    /// Number of its kind.
    pub kind: u32,
    /// Its number in the book; none: it has none.
    pub figure: Option<u32>,
    /// Its day.
    pub day: Date,
    /// The cells, by the columns of the register.
    pub cells: Vec<Cell>,
}

/// The lines of a register within a stretch of time (Unix milliseconds, without its end), as far as the acting account sees them. `full`: with who denounced; whether that is
/// allowed is asked, and noted, before.
pub fn lines(
    context: &Context<'_>,
    words: &impl Words,
    register: Register,
    within: (i64, i64),
    full: bool,
) -> Result<Vec<Line>, Failure> {
    let making = Making { context, moment: context.moment()?, words, within };
    match register {
        Register::Incoming => making.incoming(),
        Register::Petitions => making.petitions(full),
        Register::Transfers => making.transfers(),
        Register::Secret => making.secret(),
        Register::Tasks => making.tasks(),
    }
}

struct Making<'c, W> {
    context: &'c Context<'c>,
    moment: Moment<'c>,
    words: &'c W,
    within: (i64, i64),
}

fn day(time: Hlc) -> Date {
    Date::of_millis(time.millis() as i64).unwrap_or(Date::LAST)
}

impl<W: Words> Making<'_, W> {
    /// A book of the year, as far as the acting account sees it.
    fn book(&self, book: Book) -> Result<Vec<OutsideRow>, Failure> {
        let (since, until) = self.within;
        let rows = self.context.look(|views, look| papers::book(views, look.me, book, since, until))?;
        let mut seen = Vec::with_capacity(rows.len());
        for row in rows {
            if self.moment.sees_outside(&row)? {
                seen.push(row);
            }
        }
        Ok(seen)
    }

    fn of_paper(&self, record: RecordId) -> Result<Vec<Asked>, Failure> {
        self.context.look(|views, look| asked::of_paper(views, look, record))
    }

    /// The works for a paper from outside.
    fn works(&self, record: RecordId) -> Result<Vec<Work>, Failure> {
        let rows = self.context.look(|views, look| works::of_part(views, look.me, record, ""))?;
        Ok(rows.into_iter().map(|row| row.work).collect())
    }

    fn incoming(&self) -> Result<Vec<Line>, Failure> {
        let (since, until) = self.within;
        let mut all = Vec::new();
        for line in self.context.look(|views, look| registers::incoming(views, look.me))? {
            let Some(State::Directive(strand)) = &line.own else { continue };
            let accepted = strand.since.get(&Status::Accepted).map(|when| when.time);
            let (Some(accepted), Ok(arrival)) = (accepted, strand.arrival_number.parse()) else { continue };
            let at = accepted.millis() as i64;
            if !(since..until).contains(&at) {
                continue;
            }
            let asked = self.of_paper(line.record)?;
            let copies = self.context.look(|views, look| papers::copies(views, look.me, line.record))?;
            let copied = |what: What| match what {
                What::Copy { copied, .. } => copied.day,
                What::Paper(_) | What::FullRegister(_) => None,
            };
            let made = Incoming {
                came: day(accepted),
                arrival,
                author: self.office(line.office, day(accepted)),
                number: &line.number,
                issued: line.issued.as_deref().and_then(|day| day.parse().ok()),
                document_type: &line.document_type,
                title: &line.title,
                urgency: line.urgency,
                copies: copies.into_iter().filter_map(copied).collect(),
                tasks: tasks(&asked),
                outside: None,
            };
            all.push(Line {
                record: line.record,
                kind: line.kind,
                figure: Some(arrival),
                day: day(accepted),
                cells: incoming(self.moment.house(), self.words, &made),
            });
        }
        for row in self.book(Book::Incoming)? {
            let asked = self.of_paper(row.record)?;
            let (outside, paper) = (&row.outside, &row.outside.paper);
            let registered = day(outside.registered.time);
            let made = Incoming {
                came: paper.received.unwrap_or(registered),
                arrival: paper.arrival,
                author: self.moment.house().name(&paper.party, registered).to_owned(),
                number: &paper.number,
                issued: paper.issued,
                document_type: &paper.document_type,
                title: &paper.title,
                urgency: paper.urgency,
                copies: Vec::new(),
                tasks: tasks(&asked),
                outside: Some(outside),
            };
            let cells = incoming(self.moment.house(), self.words, &made);
            all.push(Self::line(&row, registered, cells));
        }
        all.sort_by_key(|line| (line.figure, line.day, line.record));
        Ok(all)
    }

    fn line(row: &OutsideRow, day: Date, cells: Vec<Cell>) -> Line {
        let figure = Some(row.outside.paper.arrival);
        Line { record: row.record, kind: KIND.number, figure, day, cells }
    }

    fn office(&self, office: OfficeId, day: Date) -> String {
        let registry = self.context.office.registry();
        registry.fact_at(office, day).map(|fact| fact.committee()).unwrap_or_default()
    }

    fn petitions(&self, full: bool) -> Result<Vec<Line>, Failure> {
        let (house, who, today) = (self.moment.house(), self.context.author, self.context.today());
        let (since, until) = self.within;
        // Whoever a petition is about sees that there is one, and nothing more.
        let book = |views: &_, me| papers::book(views, me, Book::Petitions, since, until);
        let rows = self.context.look(|views, look| book(views, look.me))?;
        let mut all = Vec::new();
        for row in rows {
            let outside = &row.outside;
            let hidden = sight::is_about(outside, who);
            if !hidden && !self.moment.sees_outside(&row)? {
                continue;
            }
            let works = self.works(row.record)?;
            let shown = !hidden && (full || sight::sees_sender(house, outside, who, today));
            let sender = if shown { self.context.sender(outside)? } else { None };
            let earlier = outside.paper.petition.as_ref().and_then(|petition| petition.earlier);
            let earlier = match earlier {
                Some(earlier) => self.context.look(|views, look| papers::one(views, look.me, earlier))?,
                None => None,
            };
            let line = PetitionLine {
                outside,
                works: works.iter().collect(),
                sender: sender.as_ref(),
                earlier: earlier.map(|row| row.outside.paper.arrival),
                hidden,
            };
            let registered = day(outside.registered.time);
            all.push(Self::line(&row, registered, petition(house, self.words, &line)));
        }
        Ok(all)
    }

    fn transfers(&self) -> Result<Vec<Line>, Failure> {
        let mut all = Vec::new();
        for book in [Book::Incoming, Book::Petitions] {
            for row in self.book(book)? {
                let cells = transfer(self.moment.house(), &row.outside);
                let when = row.outside.decided.as_ref().map(|decided| decided.said.time);
                all.extend(cells.zip(when).map(|(cells, when)| (when, Self::line(&row, day(when), cells))));
            }
        }
        all.sort_by_key(|(when, line)| (*when, line.record));
        Ok(all.into_iter().map(|(_, line)| line).collect())
    }

    fn secret(&self) -> Result<Vec<Line>, Failure> {
        let mut all = Vec::new();
        for row in self.book(Book::Secret)? {
            let works = self.works(row.record)?;
            let cells =
                secret(self.moment.house(), self.words, &row.outside, &works.iter().collect::<Vec<_>>());
            all.push(Self::line(&row, day(row.outside.registered.time), cells));
        }
        Ok(all)
    }

    fn tasks(&self) -> Result<Vec<Line>, Failure> {
        let (since, until) = self.within;
        let mut sources: BTreeMap<(RecordId, String), Option<Asked>> = BTreeMap::new();
        let mut all = Vec::new();
        for row in self.context.look(|views, look| works::all(views, look.me))? {
            let work = &row.work;
            let given = work.given.millis() as i64;
            let counts =
                !matches!(work.stage, Stage::Proposed | Stage::Kept) && (since..until).contains(&given);
            if !counts || !self.moment.sees(work) {
                continue;
            }
            let asked = match self.moment.root(&work.source) {
                Some(assignment::Source::Paper { record, part }) => {
                    let key = (record, part);
                    if !sources.contains_key(&key) {
                        let found = self.of_paper(record)?.into_iter().find(|asked| asked.id == key.1);
                        sources.insert(key.clone(), found);
                    }
                    sources.get(&key).and_then(Option::as_ref)
                }
                _ => None,
            };
            // Works of petitions stand with the petition.
            if asked.is_some_and(|asked| asked.part.petition.is_some()) {
                continue;
            }
            let line = TaskLine {
                work,
                source: asked.map_or("", |asked| &asked.part.name),
                secret: asked.is_some_and(|asked| asked.part.secret),
            };
            let cells = task(self.moment.house(), self.words, &line, self.context.today());
            let kind = assignment::KIND.number;
            all.push(Line { record: row.record, kind, figure: None, day: day(work.given), cells });
        }
        Ok(all)
    }
}

fn tasks(asked: &[Asked]) -> Vec<Task<'_>> {
    asked
        .iter()
        .map(|asked| Task {
            id: &asked.id,
            part: &asked.part,
            works: asked.works.iter().map(|row| &row.work).collect(),
        })
        .collect()
}

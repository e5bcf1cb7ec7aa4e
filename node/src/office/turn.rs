//! What is decided in the writer's turn: whether a move may be written, and which number it bears.
//!
//! The views are read before the turn ([`Known`]). The turn itself reads the journal alone: the own entries that came
//! after those that the views had folded. So of two moves made at the same time, the second is held against the first,
//! and no number is given twice. What is refused here leaves nothing behind, and burns no number.

use std::collections::HashMap;

use rusqlite::Connection;
use truc_proto::audience::Scope;
use truc_proto::authority;
use truc_proto::entry::{Attachment, Entry, Header};
use truc_proto::id::{Incarnation, OfficeId, RecordId, Seat};
use truc_proto::limits;
use truc_proto::paper::DocumentType;
use truc_proto::record::dates::{self, Odd, Writing};
use truc_proto::record::{
    self, Around, Malformed, Move, Outcome, State, Unfit, assignment, directive, programme,
};
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::time::{Hlc, When};
use truc_proto::wire::Confidentiality;

use super::{Intent, Numbering};
use crate::derive::views::destroyed::{self, TakenBack};
use crate::derive::views::inside::{Form, Inside, Later};
use crate::derive::views::numbers::{self, Numbered};
use crate::derive::views::read::{self, Filter};
use crate::derive::views::{self, story};
use crate::store::journal::{JournalError, Reads};

/// Why a move was not written. Nothing of it is in the journal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// The rules forbid it.
    #[error("the rules forbid it: {}", .0.code())]
    Rules(Refusal),
    /// It gives work to offices that it is not addressed to, by code.
    #[error("lead-not-addressed: {}", .0.join(", "))]
    LeadNotAddressed(Vec<String>),
    /// Nobody could read it: names the faulty part.
    #[error(transparent)]
    Form(#[from] Malformed),
    /// The dates of the paper cannot be.
    #[error(transparent)]
    Odd(#[from] Odd),
    /// The record does not allow the move now.
    #[error("the record does not allow {name} now")]
    NotNow {
        /// Number of the record's kind.
        kind: u32,
        /// The move.
        name: &'static str,
        /// The moves that it allows.
        allowed: Vec<&'static str>,
    },
    /// The move would have no effect, for this reason.
    #[error("{name} would have no effect: {reason}")]
    NoEffect {
        /// Number of the record's kind.
        kind: u32,
        /// The move.
        name: &'static str,
        /// The reason, as the story of a record shows it.
        reason: &'static str,
    },
    /// The move does not fit what others wrote of the record.
    #[error("{name} does not fit the record: {} {}", .unfit.reason, .unfit.parts.join(", "))]
    Unfit {
        /// Number of the record's kind.
        kind: u32,
        /// The move.
        name: &'static str,
        /// Why, and the parts concerned.
        unfit: Unfit,
    },
    /// The work does not allow the move to this person now.
    #[error("the work does not allow it: {}", .0.key.name())]
    Work(assignment::refusal::Refusal),
    /// Another paper bears the number.
    #[error("the number {0} is another paper's")]
    NumberTaken(String),
    /// The figure is further beyond the register's last than [`limits::FIGURE_AHEAD`]: a slip of the hand, after which the
    /// register would go on from there.
    #[error("the number {written} is far beyond the next one, {next}")]
    NumberAhead {
        /// The number.
        written: String,
        /// The figure that would come next.
        next: i64,
    },
    /// The register's last figure is given: no further number can be made.
    #[error("the register is full")]
    RegisterFull,
    /// Another paper has this arrival number of the year.
    #[error("the arrival number {0} is another paper's")]
    ArrivalTaken(u32),
    /// Something else was written under the name that this one bears ([`Intent::once`]); the number of that paper.
    #[error("another paper was written under this name")]
    Named(String),
    /// It would be sealed, and this machine has no key for that.
    #[error("there is no sealing key")]
    NoSealingKey,
    /// The store knows that it lacks own entries, so it does not know its last number.
    #[error("the last number is not known")]
    Resuming,
    /// The views are too far behind the journal to ask the record.
    #[error("the views are behind")]
    Behind,
}

/// What the views say of the record and the registers that an intent is about.
#[derive(Debug)]
pub(super) struct Known {
    /// Position up to which own entries are in what follows.
    pub(super) upto: u64,
    /// The office's own strand, and where the entry stands that opened the record, if it is asked for.
    own: Option<(State, Option<u64>)>,
    /// The strand of the record's owner, if that is another office.
    owner: Option<State>,
    /// Whether the record is addressed to this office.
    addressed: bool,
    /// The record's owner, and whom it is for.
    opened: Option<(OfficeId, Vec<Scope>)>,
    /// Strands of other offices that the move is held against.
    others: HashMap<OfficeId, State>,
    /// The own programme that is to carry on what is open in the one that is closed.
    successor: Option<State>,
    /// How secret the record is.
    level: Confidentiality,
    /// Whether no further move of this office about the record counts.
    full: bool,
    /// Highest figure of the register, or highest arrival number of the year.
    highest: i64,
    /// Records that bear the number, or the arrival number.
    bearers: Vec<RecordId>,
    /// What is destroyed with the move: the copy of a paper that it gives back.
    pub(super) copy: TakenBack,
    /// What a move of a work is held against; none: it is of another kind.
    inside: Option<Inside>,
}

impl Known {
    /// What is known of a record of a kind that has no state: its moves are held against no other.
    pub(super) fn nothing() -> Self {
        // No entry is after this position.
        let upto = i64::MAX.cast_unsigned();
        Self {
            upto,
            own: None,
            owner: None,
            addressed: false,
            opened: None,
            others: HashMap::new(),
            successor: None,
            level: Confidentiality::Open,
            full: false,
            highest: 0,
            bearers: Vec::new(),
            copy: TakenBack::default(),
            inside: None,
        }
    }

    /// How secret a move about the record is, if its form says so much: what is said of a secret paper is as secret.
    pub(super) fn at_least(&self, level: Confidentiality) -> Confidentiality {
        level.max(self.level)
    }

    /// Reads what the views know, as of one moment.
    pub(super) fn read(
        conn: &Connection,
        registry: &Registry,
        me: OfficeId,
        record: RecordId,
        intent: &Intent,
    ) -> views::Result<Self> {
        let kind = intent.mv.kind();
        let mut known = Self { upto: read::folded_to(conn)?, ..Self::nothing() };
        let filter = Filter { kind: Some(kind), ..Filter::id(record) };
        let row = read::list(conn, &filter)?.pop();
        if let Some(own) = read::strand(conn, record, kind, me)? {
            let opened =
                intent.once.map(|_| story::opened(conn, me, record, intent.mv.kind(), intent.mv.name()));
            known.own = Some((own, opened.transpose()?.flatten()));
            known.full = read::is_full(conn, record, kind, me)?;
        }
        if let Some(row) = row {
            if row.owner != me {
                known.owner = read::strand(conn, record, kind, row.owner)?;
                known.addressed = row.audience.iter().any(|scope| within(registry, *scope, me));
            }
            if let Some(strand) = known.owner.as_ref().or(known.own.as_ref().map(|(own, _)| own)) {
                for office in strand.asks(&intent.mv) {
                    if let Some(other) = read::strand(conn, record, kind, office)? {
                        known.others.insert(office, other);
                    }
                }
            }
            let level = i32::try_from(row.confidentiality).ok();
            let level = level.and_then(|level| Confidentiality::try_from(level).ok());
            known.level = level.unwrap_or(Confidentiality::AbsoluteSecret);
            known.opened = Some((row.owner, row.audience));
        }
        if let Move::Programme(programme::Move::Closed { carried: Some(next), .. }) = &intent.mv {
            known.successor = read::strand(conn, *next, kind, me)?;
        }
        if matches!(&intent.mv, Move::Directive(directive::Move::Status { code, .. }) if code == directive::AGREED)
        {
            known.copy = destroyed::of(conn, me, record)?;
        }
        if let Move::Assignment(mv) = &intent.mv {
            known.inside = Some(Inside::read(conn, me, Some(record), mv.source())?);
        }
        if let Some(part) = finished(&intent.mv) {
            let source = assignment::Source::Paper { record, part: part.to_owned() };
            known.inside = Some(Inside::read(conn, me, None, &source)?);
        }
        match &intent.numbering {
            Numbering::Arrival { since } => {
                known.highest = i64::try_from(read::highest_arrival(conn, me, *since)?).unwrap_or(i64::MAX);
                if let Some(arrival) = arrival_of(&intent.mv) {
                    known.bearers = read::arrived_as(conn, me, *since, arrival)?;
                }
            }
            Numbering::Next { .. } => {
                if let Some(number) = next_place(intent) {
                    known.highest = numbers::highest(conn, me, &number)?;
                }
            }
            Numbering::AsWritten => {
                if let Some(number) = intent.mv.paper().and_then(Numbered::of) {
                    known.bearers = numbers::bearers(conn, me, &number)?;
                    known.highest = numbers::highest(conn, me, &number)?;
                }
            }
        }
        Ok(known)
    }
}

fn within(registry: &Registry, scope: Scope, office: OfficeId) -> bool {
    scope.office == office || scope.subtree && registry.is_above(scope.office, office)
}

/// What becomes of an intent.
#[derive(Debug)]
pub(super) enum Decided {
    /// This is written.
    Write(Box<Move>),
    /// It was written before.
    Stands(At),
}

/// Where an own entry stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// At this position of the journal.
    Position(u64),
    /// It is written in this turn, as the move with this number.
    Here(usize),
}

/// A register of papers: type of paper, term, and what follows the figure in its numbers.
type Series = (String, String, String);

/// An own move, where it stands and when it was made.
type OwnMove = (At, Seat, Hlc, Move);

/// The turn: own entries that the views had not folded, and what was decided in it so far.
pub(super) struct Turn<'a> {
    me: OfficeId,
    registry: &'a Registry,
    resuming: bool,
    /// Own moves by record, and where they stand.
    moves: HashMap<(RecordId, u32), Vec<OwnMove>>,
    /// How many intents were decided.
    decided: usize,
    /// Records by the numbers of their papers, and the highest figure of each register.
    bearers: HashMap<Numbered, Vec<RecordId>>,
    highest: HashMap<Series, i64>,
    /// Arrival numbers, when they were given, Unix milliseconds, and to which record.
    arrivals: Vec<(u32, i64, RecordId)>,
}

/// Seat of a move that has none yet: a trial does not ask for it.
const TRIAL: Seat = Seat { incarnation: Incarnation(0), seq: 0 };

impl<'a> Turn<'a> {
    /// Reads the own entries after `upto`. None: there are more than a turn may read.
    pub(super) fn begin(
        reads: Reads<'_>,
        registry: &'a Registry,
        upto: u64,
    ) -> Result<Option<Self>, JournalError> {
        let me = reads.own();
        let mut turn = Self {
            me,
            registry,
            resuming: reads.resuming()?,
            moves: HashMap::new(),
            decided: 0,
            bearers: HashMap::new(),
            highest: HashMap::new(),
            arrivals: Vec::new(),
        };
        let positions = reads.own_positions(me, upto, limits::TURN_BEHIND + 1)?;
        if positions.len() > limits::TURN_BEHIND {
            return Ok(None);
        }
        for position in positions {
            let stored = reads.at_position(position)?;
            let entry = stored.ok_or(JournalError::Damaged(position, "missing"))?.entry;
            let header = &entry.header;
            if let Ok(mv) = record::of(&entry) {
                turn.note(At::Position(position), header.seat, header.counts_from(), header.record, mv);
            }
        }
        Ok(Some(turn))
    }

    fn note(&mut self, at: At, seat: Seat, time: Hlc, record: RecordId, mv: Move) {
        if let Some(number) = mv.paper().and_then(Numbered::of) {
            let register = (number.document_type.clone(), number.term.clone(), number.tail.clone());
            let highest = self.highest.entry(register).or_default();
            *highest = number.figure.max(*highest);
            self.bearers.entry(number).or_default().push(record);
        }
        self.arrivals.extend(arrival_of(&mv).map(|number| (number, time.millis() as i64, record)));
        self.moves.entry((record, mv.kind())).or_default().push((at, seat, time, mv));
    }

    /// Decides an intent about `record`, and holds what follows against it. `now` is the time of the trial.
    pub(super) fn decide(
        &mut self,
        record: RecordId,
        intent: &Intent,
        known: Known,
        now: Hlc,
    ) -> Result<Decided, Refused> {
        let mut mv = intent.mv.clone();
        let key = (record, mv.kind());
        let (own, opened) = known.own.map_or((None, None), |(own, opened)| (Some(own), opened));
        let mut opened = opened.map(At::Position);
        let mut strand = own.or_else(|| State::of_kind(mv.kind()));
        if matches!(mv, Move::Unknown { .. }) {
            // Of a move of a newer program nobody here can say what it does.
            strand = None;
        }
        if let Some(strand) = &mut strand {
            for (at, seat, time, earlier) in self.moves.get(&key).into_iter().flatten() {
                let opens = earlier.opens();
                if strand.apply(*seat, When::unsent(*time), earlier.clone()) == Outcome::Applied && opens {
                    opened = opened.or(Some(*at));
                }
            }
            if let (Some(_), true, Some(at)) = (intent.once, mv.opens(), opened) {
                self.decided += 1;
                return Ok(Decided::Stands(at));
            }
        }
        if let Some(inside) = known.inside {
            let works: Vec<RecordId> = self.works().collect();
            let later = Later { on: &|record, kind, state| self.later(record, kind, state), works: &works };
            let form = Form { files: !intent.attachments.is_empty(), ..intent.form };
            let now = now.millis() as i64;
            match &mut mv {
                Move::Assignment(mv) => {
                    inside.with(&later, &mv.source().clone()).judge(self.registry, now, form, mv)
                }
                mv => {
                    let part = finished(mv).unwrap_or_default().to_owned();
                    let source = assignment::Source::Paper { record, part };
                    let actor = assignment::Actor::himself(&intent.author);
                    inside.with(&later, &source).may_report(self.registry, now, &actor)
                }
            }
            .map_err(Refused::Work)?;
        }
        self.number(record, intent, &mut mv, known.highest, &known.bearers)?;
        if let Some(strand) = &strand {
            strand.complete(&mut mv);
        }
        // A paper that is secret, and what is said of it here, is without words.
        if mv.lacks_reason() && intent.confidentiality == Confidentiality::Open {
            return Err(Refused::Form(Malformed("reason")));
        }
        // Read as its receivers will read it.
        record::decode(mv.kind(), &mv.encode())?;
        let again = self.is_again(record, &mv, &known.bearers);
        let writing = Writing { now: now.millis() as i64, urgency: intent.urgency, again };
        dates::plausible(&mv, writing)?;
        let header = intent.header(self.me, record, now);
        permits(self.registry, &header, &mv)?;
        if let Some(mut strand) = strand {
            let (kind, name) = (mv.kind(), mv.name());
            let owner = known.owner.as_ref().unwrap_or(&strand);
            let allowed = strand.next(owner, self.me, self.registry.hub(), known.addressed);
            if !allowed.contains(&name) {
                return Err(Refused::NotNow { kind, name, allowed });
            }
            if let Some((owner, audience)) = &known.opened {
                let around = Around {
                    record,
                    me: self.me,
                    owner: *owner,
                    opened: known.owner.as_ref().unwrap_or(&strand),
                    audience,
                    within: &|scope, office| within(self.registry, scope, office),
                    strands: &|office| known.others.get(&office),
                    successor: known.successor.as_ref(),
                };
                strand.fits(&mv, &around).map_err(|unfit| Refused::Unfit { kind, name, unfit })?;
            }
            if known.full {
                return Err(Refused::NoEffect { kind, name, reason: "too-many" });
            }
            if let Outcome::NotAllowed(reason) = strand.apply(TRIAL, When::unsent(now), mv.clone()) {
                return Err(Refused::NoEffect { kind, name, reason });
            }
        }
        self.note(At::Here(self.decided), TRIAL, now, record, mv.clone());
        self.decided += 1;
        Ok(Decided::Write(Box::new(mv)))
    }

    /// The works that own moves of this turn are about.
    fn works(&self) -> impl Iterator<Item = RecordId> {
        self.moves.keys().filter(|(_, kind)| *kind == assignment::KIND.number).map(|(record, _)| *record)
    }

    /// A strand of this office with the moves of this turn on top.
    fn later(&self, record: RecordId, kind: u32, before: Option<State>) -> Option<State> {
        let Some(new) = self.moves.get(&(record, kind)) else { return before };
        let mut state = before.or_else(|| State::of_kind(kind))?;
        for (_, seat, time, mv) in new {
            state.apply(*seat, When::unsent(*time), mv.clone());
        }
        Some(state)
    }

    fn number(
        &self,
        record: RecordId,
        intent: &Intent,
        mv: &mut Move,
        highest: i64,
        bearers: &[RecordId],
    ) -> Result<(), Refused> {
        match &intent.numbering {
            Numbering::AsWritten => {
                let Some(number) = mv.paper().and_then(Numbered::of) else { return Ok(()) };
                let new = self.bearers.get(&number).into_iter().flatten();
                if bearers.iter().chain(new).any(|bearer| *bearer != record) {
                    let written = mv.paper().map(|paper| paper.number.clone()).unwrap_or_default();
                    return Err(Refused::NumberTaken(written));
                }
                let highest = self.highest_of(&number, highest);
                let again =
                    bearers.iter().chain(self.bearers.get(&number).into_iter().flatten()).next().is_some();
                if !again && number.figure > highest + limits::FIGURE_AHEAD {
                    let written = mv.paper().map(|paper| paper.number.clone()).unwrap_or_default();
                    return Err(Refused::NumberAhead { written, next: highest + 1 });
                }
            }
            Numbering::Next { symbol } => {
                let place = next_place(intent).ok_or(Malformed("number"))?;
                let kind = document_type(intent).ok_or(Malformed("document type"))?;
                let next = u32::try_from(self.highest_of(&place, highest) + 1).ok();
                let figure = next.filter(|next| *next <= limits::FIGURE).ok_or(Refused::RegisterFull)?;
                self.is_whole()?;
                if let Some(paper) = mv.paper_mut() {
                    paper.number = kind.number_text(figure, symbol);
                }
            }
            Numbering::Arrival { since } => {
                self.is_whole()?;
                let of_year = || self.arrivals.iter().filter(|(_, given, _)| given >= since);
                if let Some(typed) = arrival_of(mv) {
                    let new = of_year().filter(|(number, ..)| *number == typed).map(|(.., bearer)| bearer);
                    if bearers.iter().chain(new).any(|bearer| *bearer != record) {
                        return Err(Refused::ArrivalTaken(typed));
                    }
                } else if let Move::Directive(directive::Move::Status { arrival_number, .. }) = mv {
                    let new = of_year().map(|(number, ..)| i64::from(*number)).max();
                    *arrival_number = new.unwrap_or(0).max(highest).saturating_add(1).to_string();
                }
            }
        }
        Ok(())
    }

    /// The highest figure of a number's register, which was `known` before this turn.
    fn highest_of(&self, number: &Numbered, known: i64) -> i64 {
        let register = (number.document_type.clone(), number.term.clone(), number.tail.clone());
        self.highest.get(&register).map_or(known, |new| known.max(*new))
    }

    /// Whether the paper is a further version of one that this record has: it keeps its number.
    fn is_again(&self, record: RecordId, mv: &Move, bearers: &[RecordId]) -> bool {
        let number = mv.paper().and_then(Numbered::of);
        let new = number.and_then(|number| self.bearers.get(&number)).into_iter().flatten();
        !mv.opens() && bearers.iter().chain(new).any(|bearer| *bearer == record)
    }

    /// Fails while own entries are missing: the last number may be among them.
    fn is_whole(&self) -> Result<(), Refused> {
        if self.resuming { Err(Refused::Resuming) } else { Ok(()) }
    }
}

/// Whether the rules allow a move with this header.
pub(super) fn permits(registry: &Registry, header: &Header, mv: &Move) -> Result<(), Refused> {
    let verdict = authority::check(registry, header, mv, None);
    let Err(Refusal::LeadNotAddressed) = verdict else { return verdict.map_err(Refused::Rules) };
    let day = authority::day(header, None);
    let code = |scope: &Scope| {
        let fact = registry.fact_at(scope.office, day);
        let code = fact.map_or_else(|| scope.office.to_string(), |fact| fact.code.clone());
        if scope.subtree { format!("subtree:{code}") } else { code }
    };
    let offices = authority::unaddressed(registry, header, mv, None);
    Err(Refused::LeadNotAddressed(offices.iter().map(code).collect()))
}

/// Whether an entry says what is intended now. The number may have been given to it when it was written.
pub(super) fn says(entry: &Entry, intent: &Intent) -> Result<(), Refused> {
    let header = &entry.header;
    let there = record::of(entry)?;
    let number = there.paper().map(|paper| paper.number.clone()).unwrap_or_default();
    let mut mv = intent.mv.clone();
    if let (Some(paper), true) = (mv.paper_mut(), intent.numbering != Numbering::AsWritten) {
        paper.number.clone_from(&number);
    }
    let audience = header.audience.iter().map(|channel| channel.scope);
    let same = there == mv && audience.eq(intent.audience.iter().copied());
    let files = match header.seal {
        // Sealed once more, the same file has other bytes.
        Some(_) => header.attachments.iter().map(named).eq(intent.attachments.iter().map(named)),
        None => header.attachments == intent.attachments,
    };
    if same && files { Ok(()) } else { Err(Refused::Named(number)) }
}

fn named(file: &Attachment) -> (&str, &str, u64) {
    (&file.name, &file.media_type, file.size)
}

/// The task or item that a move reports as done; none: it reports none.
fn finished(mv: &Move) -> Option<&str> {
    match mv {
        Move::Directive(directive::Move::Progress { task, percent: 100.., .. }) => Some(task),
        Move::Programme(programme::Move::Progress { item, percent: 100.., .. }) => Some(item),
        _ => None,
    }
}

/// The arrival number (số đến) that a move gives; none if it gives none.
fn arrival_of(mv: &Move) -> Option<u32> {
    match mv {
        Move::Directive(directive::Move::Status { arrival_number, .. }) => arrival_number.parse().ok(),
        _ => None,
    }
}

fn document_type(intent: &Intent) -> Option<DocumentType> {
    DocumentType::from_code(&intent.mv.paper()?.document_type)
}

/// The register from which a paper takes its next number, as the place of its first one.
fn next_place(intent: &Intent) -> Option<Numbered> {
    let Numbering::Next { symbol } = &intent.numbering else { return None };
    let mut paper = intent.mv.paper()?.clone();
    paper.number = document_type(intent)?.number_text(1, symbol);
    Numbered::of(&paper)
}

//! What is decided in the writer's turn: whether a move may be written, and which number it bears.
//!
//! The views are read before the turn ([`Known`]). The turn itself reads the journal alone: the own entries that came
//! after those that the views had folded. So of two moves made at the same time, the second is held against the first,
//! and no number is given twice. What is refused here leaves nothing behind, and burns no number.

pub(super) mod figures;

use std::collections::HashMap;

use rusqlite::Connection;
use truc_proto::audience::Scope;
use truc_proto::authority;
use truc_proto::entry::{Attachment, Entry, Header};
use truc_proto::id::{Hash, Incarnation, OfficeId, RecordId, Seat};
use truc_proto::record::assignment::Saw;
use truc_proto::record::dates::{self, Odd, Writing};
use truc_proto::record::outside::{self as from_outside, Book};
use truc_proto::record::{
    self, Around, Malformed, Move, Outcome, Paper, State, Unfit, assignment, directive, draft, house,
    programme,
};
use truc_proto::refusal::Refusal;
use truc_proto::registry::Registry;
use truc_proto::time::{Hlc, When};
use truc_proto::wire::Confidentiality;
use truc_proto::{identifier, limits};

use super::closes::{closed, finished};
use super::{Intent, Numbering, road};
use crate::derive::views::asked;
use crate::derive::views::destroyed::{self, TakenBack};
use crate::derive::views::inside::{Beside, Candidate, Form, Inside, Later};
use crate::derive::views::kinds::outside;
use crate::derive::views::numbers::{self, Numbered};
use crate::derive::views::on_road::{OnRoad, house_of, on_day};
use crate::derive::views::read::{self, Filter};
use crate::derive::views::{self, story};
use crate::store::journal::{JournalError, Reads};
use figures::{arrival_of, next_place};

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
    /// Somebody said something of the same thing of the house meanwhile, or what is said does not fit it any more.
    #[error("the house was changed meanwhile")]
    House(house::Clash),
    /// The work does not allow the move to this person now.
    #[error("the work does not allow it: {}", .0.key.name())]
    Work(assignment::refusal::Refusal),
    /// The draft does not allow the move to this person now, or the paper takes a road that it did not go.
    #[error("the draft does not allow it: {}", .0.key.name())]
    Draft(draft::refusal::Refusal),
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
    /// What a move of a work, or of what came from outside, is held against; none: it is of another kind.
    inside: Option<Inside>,
    /// What a move of a draft is held against; none: it is of another kind.
    road: Option<OnRoad>,
    /// The house, where a paper is issued that may have to take a road.
    house: Option<State>,
    /// Papers that may be the one that a move registers.
    candidates: Vec<Candidate>,
    /// The parts of the paper that the move closes, with their works.
    closes: Vec<Inside>,
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
            road: None,
            house: None,
            candidates: Vec::new(),
            closes: Vec::new(),
        }
    }

    /// Where the entries of a draft stand that is issued.
    pub(super) fn entries(&self) -> &[u64] {
        self.road.as_ref().map_or(&[], |road| &road.positions)
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
        if let Move::Draft(mv) = &intent.mv {
            known.road = Some(OnRoad::read(conn, me, record, &mv.0)?);
        }
        if road::is_asked(intent) || matches!(intent.numbering, Numbering::Next { .. }) {
            known.house = read::strand(conn, house::record(me), house::KIND.number, me)?;
        }
        if let Move::Outside(mv) = &intent.mv {
            let source = assignment::Source::Paper { record, part: String::new() };
            known.inside = Some(Inside::read(conn, me, None, &source)?);
            if let Some(number) = paper_number(mv, known.own.as_ref().map(|(own, _)| own)) {
                known.candidates = Candidate::of_number(conn, registry, me, &number)?;
                known.candidates.retain(|one| one.record != record);
            }
        }
        if let Some(part) = finished(&intent.mv) {
            let source = assignment::Source::Paper { record, part: part.to_owned() };
            known.inside = Some(Inside::read(conn, me, None, &source)?);
        }
        if let Some(closed) = closed(&intent.mv)
            && let Some(paper) = asked::Paper::read(conn, me, record)?
        {
            for (part, _) in paper.parts(registry, me) {
                if closed.is_none_or(|closed| closed == part) {
                    let source = assignment::Source::Paper { record, part };
                    known.closes.push(Inside::read(conn, me, None, &source)?);
                }
            }
        }
        match &intent.numbering {
            Numbering::Arrival { since, book: Book::Incoming } => {
                known.highest = i64::try_from(read::highest_arrival(conn, me, *since)?).unwrap_or(i64::MAX);
                if let Some((arrival, _)) = arrival_of(&intent.mv) {
                    known.bearers = read::arrived_as(conn, me, *since, arrival)?;
                }
            }
            Numbering::Arrival { since, book } => {
                known.highest = outside::highest(conn, me, *book, *since)?;
                if let Some((arrival, _)) = arrival_of(&intent.mv) {
                    let found = outside::numbered(conn, me, *book, arrival, *since, i64::MAX)?;
                    known.bearers = found.into_iter().map(|row| row.record).collect();
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
    /// This is written, and this came of it.
    Write(Box<Move>, Option<draft::refusal::Refusal>),
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
    /// Places and hashes of the entries of drafts that are issued, by draft.
    roads: HashMap<RecordId, Vec<(Seat, Hash)>>,
    /// Arrival numbers and their books, when they were given, Unix milliseconds, and to which record.
    arrivals: Vec<(u32, Book, i64, RecordId)>,
}

/// Seat of a move that has none yet: a trial does not ask for it.
const TRIAL: Seat = Seat { incarnation: Incarnation(0), seq: 0 };

impl<'a> Turn<'a> {
    /// Reads the own entries after `upto`, and those of drafts that are issued, which stand before. None: there are more
    /// than a turn may read.
    pub(super) fn begin(
        reads: Reads<'_>,
        registry: &'a Registry,
        upto: u64,
        drafts: &[(RecordId, Vec<u64>)],
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
            roads: HashMap::new(),
            arrivals: Vec::new(),
        };
        let at = |position: u64| {
            let stored = reads.at_position(position)?;
            Ok(stored.ok_or(JournalError::Damaged(position, "missing"))?.entry)
        };
        for (record, positions) in drafts {
            let before = positions.iter().filter(|position| **position <= upto);
            let entries = before.map(|position| at(*position).map(|entry| (entry.header.seat, entry.hash)));
            turn.roads.insert(*record, entries.collect::<Result<_, JournalError>>()?);
        }
        let positions = reads.own_positions(me, upto, limits::TURN_BEHIND + 1)?;
        if positions.len() > limits::TURN_BEHIND {
            return Ok(None);
        }
        for position in positions {
            let entry = at(position)?;
            let header = &entry.header;
            if header.kind == draft::KIND.number
                && let Some(road) = turn.roads.get_mut(&header.record)
            {
                road.push((header.seat, entry.hash));
            }
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
        let arrival = arrival_of(&mv).map(|(number, book)| (number, book, time.millis() as i64, record));
        self.arrivals.extend(arrival);
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
            if inside.lags(&later) {
                return Err(Refused::Behind);
            }
            match &mut mv {
                Move::Assignment(mv) => {
                    inside.with(&later, &mv.source().clone()).judge(self.registry, now, form, mv)
                }
                Move::Outside(mv) => {
                    let source = assignment::Source::Paper { record, part: String::new() };
                    let none = Default::default();
                    let strand = match &strand {
                        Some(State::Outside(strand)) => strand,
                        _ => &none,
                    };
                    let mut candidates = known.candidates;
                    candidates.extend(self.registered(record));
                    let typed = arrival_of(&intent.mv).map(|(number, _)| number);
                    let used =
                        typed.is_some_and(|typed| self.has_arrived(intent, typed, record, &known.bearers));
                    let beside = Beside { candidates: &candidates, used, files: form.files };
                    inside.with(&later, &source).judge_outside(now, strand, &beside, mv)
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
        if let (Move::House(said), Some(State::House(house)), Some(Saw::Move(saw))) =
            (&mv, &strand, intent.form.saw)
        {
            house.fits_still(saw, said).map_err(Refused::House)?;
        }
        for part in known.closes {
            let works: Vec<RecordId> = self.works().collect();
            let later = Later { on: &|record, kind, state| self.later(record, kind, state), works: &works };
            let part = part.with(&later, &assignment::Source::Word);
            part.may_close(self.registry, now.millis() as i64).map_err(Refused::Work)?;
        }
        let mut said = None;
        if let (Some(road), Move::Draft(draft::Move(act))) = (known.road, &mut mv) {
            let road = road.with(&|record, kind, state| self.later(record, kind, state));
            let open = intent.confidentiality == Confidentiality::Open;
            let judged = road.judge(self.registry, now.millis() as i64, open, act);
            said = judged.map_err(Refused::Draft)?;
            if let (draft::Act::Issue(issued), Some(draft)) = (act, road.draft()) {
                let paper = self.paper_here(issued.paper).ok_or(Malformed("paper"))?;
                road::is_signed(draft, paper).map_err(Refused::Draft)?;
                issued.number.clone_from(&paper.number);
                issued.road = self.road(record);
            }
        }
        let mut highest = known.highest;
        if let Some(state) = self.later(house::record(self.me), house::KIND.number, known.house) {
            let house = house_of(Some(&state));
            if road::is_asked(intent) {
                let day = on_day(&house, self.registry, self.me, now.millis() as i64).day;
                road::is_off(&house, intent, day).map_err(Refused::Draft)?;
            }
            highest = highest.max(road::opening(&house, intent));
        }
        if let (Some(draft), Some(paper)) = (intent.draft, mv.paper_mut()) {
            paper.road = Some(self.road(draft));
        }
        self.number(record, intent, &mut mv, highest, &known.bearers)?;
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
        Ok(Decided::Write(Box::new(mv), said))
    }

    /// The hash over the entries of a draft.
    fn road(&self, draft: RecordId) -> Hash {
        draft::road(self.roads.get(&draft).map_or(&[], Vec::as_slice))
    }

    /// The paper that is written in this turn under a record, without other words about it.
    fn paper_here(&self, record: RecordId) -> Option<&Paper> {
        let here = self.moves.iter().filter(|((paper, _), _)| *paper == record).flat_map(|(_, moves)| moves);
        let mut papers = here.filter_map(|(at, _, _, mv)| match at {
            At::Here(_) => mv.paper(),
            At::Position(_) => None,
        });
        papers.next()
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

    /// The papers from outside that were registered in this turn, but for one.
    fn registered(&self, but: RecordId) -> Vec<Candidate> {
        let kind = from_outside::KIND.number;
        let new = self.moves.keys().filter(|(record, of)| *of == kind && *record != but);
        let candidate = |(record, _): &(RecordId, u32)| match self.later(*record, kind, None)? {
            State::Outside(strand) => Candidate::of_outside(*record, strand.paper()?),
            _ => None,
        };
        new.filter_map(candidate).collect()
    }

    /// Whether the paper is a further version of one that this record has: it keeps its number.
    fn is_again(&self, record: RecordId, mv: &Move, bearers: &[RecordId]) -> bool {
        let number = mv.paper().and_then(Numbered::of);
        let new = number.and_then(|number| self.bearers.get(&number)).into_iter().flatten();
        !mv.opens() && bearers.iter().chain(new).any(|bearer| *bearer == record)
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
    complete(&there, &mut mv);
    let audience = header.audience.iter().map(|channel| channel.scope);
    if let (
        Move::Draft(draft::Move(draft::Act::Begin(now))),
        Move::Draft(draft::Move(draft::Act::Begin(then))),
    ) = (&mut mv, &there)
    {
        // The road is the house's word, of the day on which it was begun.
        now.road.clone_from(&then.road);
    }
    let same = there == mv && audience.eq(intent.audience.iter().copied());
    let files = match header.seal {
        // Sealed once more, the same file has other bytes.
        Some(_) => header.attachments.iter().map(named).eq(intent.attachments.iter().map(named)),
        None => header.attachments == intent.attachments,
    };
    if same && files { Ok(()) } else { Err(Refused::Named(number)) }
}

/// Gives what somebody meant to register what it got when it was written: its number, and what the house said of it.
fn complete(there: &Move, mv: &mut Move) {
    use from_outside::{Act, Move as Of};
    let (
        Move::Outside(Of { act: Act::Arrive(there), .. }),
        Move::Outside(Of { act: Act::Arrive(meant), .. }),
    ) = (there, mv)
    else {
        return;
    };
    if meant.arrival == 0 {
        meant.arrival = there.arrival;
    }
    meant.number = identifier::number(&meant.number);
    meant.party.clone_from(&there.party);
    if let (Some(meant), Some(there)) = (&mut meant.petition, &there.petition) {
        meant.limit = there.limit;
    }
}

fn named(file: &Attachment) -> (&str, &str, u64) {
    (&file.name, &file.media_type, file.size)
}

/// The number of the paper that a move registers, or leaves in the register after a correction; none: it does neither.
fn paper_number(mv: &from_outside::Move, own: Option<&State>) -> Option<String> {
    use from_outside::{Act, Field};
    let registered = || match own {
        Some(State::Outside(strand)) => strand.paper().map(|outside| outside.paper.number.clone()),
        _ => None,
    };
    let number = match &mv.act {
        Act::Arrive(arrived) => Some(arrived.number.clone()),
        Act::Correct(change) if change.field == Field::Number => Some(change.now.clone()),
        Act::Correct(change) if matches!(change.field, Field::Party | Field::Issued) => registered(),
        _ => None,
    };
    number.map(|number| identifier::number(&number)).filter(|number| !number.is_empty())
}

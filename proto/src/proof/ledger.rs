//! One ledger as the judge sees it: its incarnations, what each continues, and its channels.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::Arc;

use super::{Fault, JudgedEntry, Wrong};
use crate::audience::Scope;
use crate::chain::{self, Break, Step};
use crate::id::{Hash, Incarnation, Link, OfficeId, Place, Seat};
use crate::limits;

/// How much of a ledger must be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// The whole ledger.
    Whole,
    /// All entries to one scope.
    Channel(Scope),
    /// Any part.
    Part,
}

/// End of a contiguous piece of chain.
#[derive(Clone, Debug)]
struct End {
    link: Link,
    /// What the entry says of itself; none: its content is withheld.
    said: Option<chain::End>,
    /// The newest entry to each scope on the chain.
    channels: Arc<HashMap<Scope, Seat>>,
    /// Entries of the chain whose audience is unknown, since their content is withheld.
    veiled: Arc<Vec<Seat>>,
}

/// One incarnation: the numbers held, and the end of its contiguous piece.
#[derive(Debug, Default)]
struct Run {
    held: Ranges,
    end: Option<End>,
}

/// An entry (place, position) and the seat of the one before it on the channel.
type Gap = (Place, u64, Seat);

#[derive(Debug)]
pub(super) struct Ledger {
    extent: Extent,
    runs: HashMap<Incarnation, Run>,
    /// Chain ends at the seats that other incarnations continue; none until the entry there has come.
    bases: HashMap<Seat, Option<End>>,
    /// Entries whose predecessor has not come yet, by the predecessor's seat.
    waiting: HashMap<Seat, Vec<JudgedEntry>>,
    waits: usize,
    /// Back-pointers on the one channel that must be whole.
    owed: Vec<Gap>,
}

impl Ledger {
    pub(super) fn new(extent: Extent) -> Self {
        Self {
            extent,
            runs: HashMap::new(),
            bases: HashMap::new(),
            waiting: HashMap::new(),
            waits: 0,
            owed: Vec::new(),
        }
    }

    /// Announces a seat that another incarnation continues.
    pub(super) fn expect_base(&mut self, seat: Seat) {
        self.bases.insert(seat, None);
    }

    /// Takes the next entry and returns its faults.
    pub(super) fn take(&mut self, stone: JudgedEntry) -> Vec<Fault> {
        let seat = stone.place.seat;
        let mut faults = Vec::new();
        if !self.runs.entry(seat.incarnation).or_default().held.insert(seat.seq) {
            faults.push(Fault::at(stone.place, Some(stone.position), Wrong::Repeated));
            return faults;
        }
        match self.extent {
            Extent::Whole => self.take_whole(stone, &mut faults),
            Extent::Channel(scope) => {
                let to = stone
                    .said
                    .iter()
                    .flat_map(|said| &said.channels)
                    .filter(|channel| channel.scope == scope);
                self.owed.extend(
                    to.filter_map(|channel| channel.previous)
                        .map(|previous| (stone.place, stone.position, previous)),
                );
                self.take_part(&stone, &mut faults);
            }
            Extent::Part => self.take_part(&stone, &mut faults),
        }
        faults
    }

    /// Takes an entry of a ledger that is here in part: only neighbours can be compared.
    fn take_part(&mut self, stone: &JudgedEntry, faults: &mut Vec<Fault>) {
        let seat = stone.place.seat;
        if let Some(before) = stone.predecessor.and_then(|before| self.end_at(before)) {
            faults.extend(broken(Some(before), stone, false));
        }
        let end = End::of(stone);
        if let Some(kept) = self.bases.get_mut(&seat) {
            *kept = Some(end.clone());
        }
        let run = self.runs.entry(seat.incarnation).or_default();
        if run.end.as_ref().is_none_or(|end| end.link.seat < seat) {
            run.end = Some(end);
        }
    }

    fn take_whole(&mut self, stone: JudgedEntry, faults: &mut Vec<Fault>) {
        let mut ready = vec![stone];
        while let Some(stone) = ready.pop() {
            let before = match stone.predecessor {
                None => None,
                Some(before) => match self.end_before(before, stone.place.seat) {
                    Some(end) => Some(end),
                    None => {
                        self.wait(before, stone, faults);
                        continue;
                    }
                },
            };
            let seat = stone.place.seat;
            faults.extend(broken(before.as_ref(), &stone, true));
            let end = join(before, &stone);
            if let Some(kept) = self.bases.get_mut(&seat) {
                *kept = Some(end.clone());
            }
            self.runs.entry(seat.incarnation).or_default().end = Some(end);
            if let Some(next) = self.waiting.remove(&seat) {
                self.waits -= next.len();
                ready.extend(next);
            }
        }
    }

    /// Chain end at a seat, if it is still known.
    fn end_at(&self, seat: Seat) -> Option<&End> {
        let end = self.runs.get(&seat.incarnation).and_then(|run| run.end.as_ref());
        end.filter(|end| end.link.seat == seat).or_else(|| self.bases.get(&seat)?.as_ref())
    }

    /// Chain end at `before`, for its successor at `seat`. Within a run there is one successor, so its map of channels
    /// is moved, not copied.
    fn end_before(&mut self, before: Seat, seat: Seat) -> Option<End> {
        if before.incarnation == seat.incarnation
            && let Some(run) = self.runs.get_mut(&seat.incarnation)
            && run.end.as_ref().is_some_and(|end| end.link.seat == before)
        {
            return run.end.take();
        }
        self.end_at(before).cloned()
    }

    fn wait(&mut self, seat: Seat, stone: JudgedEntry, faults: &mut Vec<Fault>) {
        if self.waits < limits::PROOF_WAITING {
            self.waits += 1;
            self.waiting.entry(seat).or_default().push(stone);
        } else {
            faults.push(Fault::at(stone.place, Some(stone.position), Wrong::Missing).about(seat_text(seat)));
        }
    }

    /// Whether the chain up to that seat is complete, as far as it has to be.
    pub(super) fn reaches(&self, seat: Seat) -> bool {
        let end = self.runs.get(&seat.incarnation).and_then(|run| run.end.as_ref());
        self.extent != Extent::Whole || end.is_some_and(|end| end.link.seat >= seat)
    }

    /// The first entry, by position, whose predecessor never came, and the predecessor's seat.
    pub(super) fn first_gap(&self) -> Option<(Place, u64, String)> {
        let unheld = self.waiting.iter().filter(|(seat, _)| !self.holds(**seat));
        let all = unheld.flat_map(|(seat, stones)| stones.iter().map(move |stone| (seat, stone)));
        all.min_by_key(|(_, stone)| stone.position)
            .map(|(seat, stone)| (stone.place, stone.position, seat_text(*seat)))
    }

    /// How many entries wait for their predecessor.
    pub(super) fn waiting(&self) -> u64 {
        self.waits as u64
    }

    /// Entries on the channel that must be whole whose predecessor on it is missing, with that one's seat.
    pub(super) fn holes(&self) -> impl Iterator<Item = (Place, u64, String)> {
        let missing = self.owed.iter().filter(|(_, _, previous)| !self.holds(*previous));
        missing.map(|(place, position, previous)| (*place, *position, seat_text(*previous)))
    }

    fn holds(&self, seat: Seat) -> bool {
        self.runs.get(&seat.incarnation).is_some_and(|run| run.held.contains(seat.seq))
    }
}

/// How an entry contradicts the end of the chain before it; `whole`: the channels of that chain are known, too.
fn broken(before: Option<&End>, stone: &JudgedEntry, whole: bool) -> Option<Fault> {
    let fault = |wrong| Fault::at(stone.place, Some(stone.position), wrong);
    let hash = before.map_or(Hash::ZERO, |end| end.link.hash);
    let (said, before) = match (&stone.said, before.map(|end| (end, end.said))) {
        (Some(said), None) => (said, None),
        (Some(said), Some((end, Some(before)))) => (said, Some((end, before))),
        // A withheld content says no more than its place.
        _ => return (hash != stone.prev).then(|| fault(Wrong::Chain)),
    };
    let step = Step {
        predecessor: stone.predecessor,
        prev: stone.prev,
        time: said.time,
        seen: said.seen,
        audience: &said.channels,
    };
    let mut last = |scope: Scope| -> Result<Option<Seat>, Infallible> {
        let Some((end, _)) = before else { return Ok(None) };
        let says = said.channels.iter().find(|channel| !end.veiled.is_empty() && channel.scope == scope);
        let veiled = says.and_then(|channel| channel.previous).filter(|says| end.veiled.contains(says));
        Ok(veiled.or_else(|| end.channels.get(&scope).copied()))
    };
    let before = before.map(|(_, before)| before);
    let last: Option<chain::Last<'_, Infallible>> = if whole { Some(&mut last) } else { None };
    let Ok(judged) = chain::continues(&step, before.as_ref(), last);
    judged.err().map(|broken| match broken {
        Break::Predecessor => fault(Wrong::Chain),
        Break::Seen => fault(Wrong::Seen),
        Break::Time => fault(Wrong::Time),
        Break::Channel(scope) => fault(Wrong::Channel).about(scope_text(scope)),
    })
}

impl End {
    fn of(stone: &JudgedEntry) -> Self {
        let link = Link { seat: stone.place.seat, hash: stone.hash };
        let said = stone.said.as_ref();
        Self {
            link,
            said: said.map(|said| chain::End { link, time: said.time, seen: said.seen }),
            channels: Arc::default(),
            veiled: Arc::default(),
        }
    }
}

/// The chain end after one more entry.
fn join(before: Option<End>, stone: &JudgedEntry) -> End {
    let mut end = End::of(stone);
    if let Some(before) = before {
        (end.channels, end.veiled) = (before.channels, before.veiled);
    }
    let Some(said) = &stone.said else {
        Arc::make_mut(&mut end.veiled).push(end.link.seat);
        return end;
    };
    if !said.channels.is_empty() {
        let map = Arc::make_mut(&mut end.channels);
        map.extend(said.channels.iter().map(|channel| (channel.scope, end.link.seat)));
    }
    end
}

fn seat_text(seat: Seat) -> String {
    format!("{}/{}", seat.incarnation, seat.seq)
}

fn scope_text(scope: Scope) -> String {
    let office: OfficeId = scope.office;
    if scope.subtree { format!("{office}+") } else { office.to_string() }
}

/// A set of numbers, kept as ranges: first to last.
#[derive(Debug, Default)]
struct Ranges(BTreeMap<u64, u64>);

impl Ranges {
    fn contains(&self, number: u64) -> bool {
        self.0.range(..=number).next_back().is_some_and(|(_, last)| number <= *last)
    }

    /// Adds a number; `false`: it was in the set.
    fn insert(&mut self, number: u64) -> bool {
        if self.contains(number) {
            return false;
        }
        let last = number.checked_add(1).and_then(|next| self.0.remove(&next)).unwrap_or(number);
        match self.0.range_mut(..number).next_back() {
            Some((_, before)) if *before + 1 == number => *before = last,
            _ => {
                self.0.insert(number, last);
            }
        }
        true
    }
}

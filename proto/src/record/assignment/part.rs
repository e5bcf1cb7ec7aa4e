//! A part of a paper that asks this office for something, and where it stands: at each moment at exactly one place.

use std::cmp::Reverse;

use super::state::{Stage, Work};
use crate::date::Date;
use crate::paper::Due;
use crate::record::likeness::Likeness;
use crate::time::Hlc;

/// A part that this office has accepted: a task, an item, or the paper itself when it has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// As people call it: number of the paper, and the task: `1001-CV/TU T1`.
    pub name: String,
    /// What is asked for.
    pub content: String,
    /// When whoever asks wants it; none: no date is named.
    pub outer: Option<Due>,
    /// How it ended, as far as not the works here say so.
    pub ended: Option<Ended>,
    /// From when on it is open again, after a work for it was done: who asked for it wants more, or a petition was
    /// accepted.
    pub open_again: Option<Hlc>,
    /// The paper is secret: no words about it here.
    pub secret: bool,
    /// Somebody waits to be told when it is done.
    pub reports: bool,
    /// It is a petition.
    pub petition: Option<Petition>,
}

/// What is known of a petition here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Petition {
    /// The person of the house that it is about; empty: nobody.
    pub about: String,
    /// Until when it is to be decided; none: it was, or the house says no limit.
    pub limit: Option<Date>,
    /// What name and address of who denounced are like: no word about the work names them.
    pub sender: Vec<Likeness>,
}

/// How a part ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Told to whoever asked.
    Reported,
    /// Taken back, replaced or dropped by whoever asked.
    Withdrawn,
    /// Confirmed by whoever asked.
    Confirmed,
    /// Decided at this office without a work: answered, passed on, filed.
    Decided,
    /// A work for it was done, and nobody waits to be told.
    Done,
    /// Kept: it asks nothing of anybody.
    Kept,
}

impl How {
    /// The stable name in catalogues.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Withdrawn => "withdrawn",
            Self::Confirmed => "confirmed",
            Self::Decided => "decided",
            Self::Done => "done",
            Self::Kept => "kept",
        }
    }
}

/// The end of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// How.
    pub how: How,
    /// The words; may be empty.
    pub why: String,
    /// When.
    pub time: Hlc,
}

impl Part {
    /// Whether whoever asked has ended it, so that a work for it is no longer late.
    pub fn is_over_above(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| matches!(ended.how, How::Withdrawn | How::Confirmed))
    }
}

/// Where a part stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing<'a, W> {
    /// It is closed.
    Closed(Ended),
    /// It has its work; more than one only after two lives of an office.
    Given(Vec<&'a W>),
    /// Its work is done, and whoever asked is not told yet.
    ToReport(&'a W),
    /// It waits to be given; with the proposals that stand.
    ToAssign(Vec<&'a W>),
}

/// Where a part stands. `works`: all works that were given, proposed or kept for it, whatever became of them, in any
/// form that has the work in it.
pub fn standing<'a, W: AsRef<Work>>(part: &Part, works: &'a [W]) -> Standing<'a, W> {
    let staged = |is: fn(Stage) -> bool| works.iter().filter(move |work| is((*work).as_ref().stage));
    if let Some(ended) = &part.ended {
        return Standing::Closed(ended.clone());
    }
    if let Some(kept) = staged(|stage| stage == Stage::Kept).next() {
        return Standing::Closed(end(How::Kept, kept.as_ref()));
    }
    let given: Vec<&W> = staged(|stage| stage.is_live() && stage != Stage::Proposed).collect();
    if !given.is_empty() {
        return Standing::Given(given);
    }
    let done = staged(|stage| stage == Stage::Done).max_by_key(|work| (*work).as_ref().ended);
    match done.filter(|done| part.open_again.is_none_or(|again| Some(again) <= (*done).as_ref().ended)) {
        Some(done) if part.reports => return Standing::ToReport(done),
        Some(done) => return Standing::Closed(end(How::Done, done.as_ref())),
        None => {}
    }
    // What was given after a proposal has answered it.
    let answered = staged(|stage| stage != Stage::Proposed).map(|work| work.as_ref().given).max();
    let mut proposals: Vec<&W> = staged(|stage| stage == Stage::Proposed)
        .filter(|work| Some((*work).as_ref().given) > answered)
        .collect();
    proposals.sort_by_key(|work| Reverse((*work).as_ref().given));
    Standing::ToAssign(proposals)
}

fn end(how: How, work: &Work) -> Ended {
    let why = if how == How::Kept { work.remark.clone() } else { String::new() };
    Ended { how, why, time: work.ended.unwrap_or(work.given) }
}

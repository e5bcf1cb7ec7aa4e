//! What a move of a work is held against, and what is settled of it before it is judged.

use super::due::{closed, day, propose};
use super::moves::{Act, Move};
use super::part::Part;
use super::saw::Saw;
use super::state::Work;
use crate::house::House;
use crate::paper::Due;

/// What a move is held against.
pub struct Setting<'a> {
    /// The house, as it is known now.
    pub house: &'a House,
    /// Now, Unix milliseconds.
    pub now: i64,
    /// The work; none where the move opens one.
    pub work: Option<&'a Work>,
    /// The work of which it is a part.
    pub parent: Option<&'a Work>,
    /// The part of a paper for which it, or the work of which it is a part, is done; none: there is no such part, or it is
    /// done for none.
    pub part: Option<&'a Part>,
    /// The works that were given, proposed or kept for that part.
    pub works: &'a [&'a Work],
    /// Its own parts that are live, as people call them.
    pub children: &'a [String],
    /// What the form showed of the work; none: nothing.
    pub saw: Option<Saw>,
    /// Whether files go with the move.
    pub files: bool,
}

/// A date that a person named: without an hour it ends with the day of the house, and it moves onto a working day, unless it
/// is to stay where it is. A date that has passed stays as it was said, to be refused so.
pub fn settle(setting: &Setting<'_>, mv: &mut Move, exact: bool) {
    fill(setting, mv);
    let outer = match (&mv.act, setting.work) {
        (Act::Pass(_), Some(work)) => work.due,
        _ => setting.outer(),
    };
    let today = day(setting.now);
    let asks = matches!(mv.act, Act::Ask(_));
    let due = match &mut mv.act {
        Act::Give(given) | Act::Propose(given) => &mut given.due,
        Act::Approve(approved) => &mut approved.due,
        Act::Pass(passed) | Act::Reassign(passed) => &mut passed.due,
        Act::Grant(dated) | Act::MoveDue(dated) | Act::Reopen(dated) | Act::Ask(dated) => &mut dated.due,
        _ => return,
    };
    *due = due.map(|said| closed(setting.house, said));
    if exact || asks {
        return;
    }
    let moved = due.and_then(|said| propose(setting.house, today, Some(said), outer, false));
    if moved.is_some_and(|moved| day(moved.0) >= today) {
        *due = moved;
    }
}

/// What is to be done, where nobody said it: what the part of the paper says, but for a secret one.
fn fill(setting: &Setting<'_>, mv: &mut Move) {
    if let Act::Give(given) | Act::Propose(given) = &mut mv.act
        && given.content.trim().is_empty()
        && let Some(part) = setting.part.filter(|part| setting.parent.is_none() && !part.secret)
    {
        given.content.clone_from(&part.content);
    }
}

impl Setting<'_> {
    /// The date that a work may not pass without a word: of the work of which it is a part, else of the paper's part.
    pub fn outer(&self) -> Option<Due> {
        match self.parent {
            Some(parent) => parent.due,
            None => self.part.and_then(|part| part.outer),
        }
    }
}

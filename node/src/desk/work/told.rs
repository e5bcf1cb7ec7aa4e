//! The story of a work in words: people by their names, for whom somebody acted, to whom it went, until when, and why.

use truc_proto::record;
use truc_proto::record::assignment::{Act, Actor, Move};

use crate::command::Context;
use crate::command::tasks::Moment;
use crate::derive::views::story::StoryRow;
use crate::tell;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// The story with the words of each move, as its entry says them. An entry that does not open here keeps what the views
/// know of it.
pub(super) fn told(
    visit: &Visit,
    context: &Context<'_>,
    moment: &Moment<'_>,
    story: Vec<StoryRow>,
) -> Result<Vec<StoryRow>, Failure> {
    let with_words = |row: StoryRow| {
        let stored = context.office.read(|journal| journal.at_position(row.position))?;
        let said = stored.and_then(|stored| record::of(&stored.entry).ok());
        Ok(match said {
            Some(record::Move::Assignment(Move { actor, act })) => {
                StoryRow { author: who(visit, moment, &actor), brief: words(visit, moment, &act), ..row }
            }
            _ => StoryRow { author: moment.name(&row.author), ..row },
        })
    };
    story.into_iter().map(with_words).collect()
}

/// Who acted, and in whose place.
pub(super) fn who(visit: &Visit, moment: &Moment<'_>, actor: &Actor) -> String {
    let by = moment.name(&actor.by);
    if actor.stands_for.is_empty() {
        return by;
    }
    format!("{by} {}", tell!(visit, "work-stands-for", who = moment.name(&actor.stands_for)))
}

/// What a move says beside its name.
fn words(visit: &Visit, moment: &Moment<'_>, act: &Act) -> String {
    let to = |name: &str| match name {
        "" => String::new(),
        name => format!("→ {}", moment.name(name)),
    };
    let due = |due: Option<_>| match due {
        Some(due) => tell!(visit, "work-due-on", due = moment.told(due)),
        None => String::new(),
    };
    let names = |names: &[String]| names.iter().map(|id| moment.name(id)).collect::<Vec<_>>().join(", ");
    let parts = match act {
        Act::Give(given) | Act::Propose(given) => {
            vec![
                given.content.clone(),
                to(&given.lead),
                due(given.due),
                given.remark.clone(),
                given.beyond.clone(),
            ]
        }
        Act::Approve(approved) => vec![to(&approved.lead), due(approved.due), approved.beyond.clone()],
        Act::Keep(kept) => vec![kept.note.clone()],
        Act::Pass(passed) | Act::Reassign(passed) => {
            vec![to(&passed.to), due(passed.due), passed.note.clone(), passed.beyond.clone()]
        }
        Act::Progress(said) => vec![format!("{}%", said.percent), said.note.clone()],
        Act::HandIn(result) => {
            let silent = match result.silent.as_slice() {
                [] => String::new(),
                silent => tell!(visit, "work-was-silent", who = names(silent)),
            };
            vec![result.number.clone(), result.note.clone(), result.without_product.clone(), silent]
        }
        Act::Ask(dated) | Act::Grant(dated) | Act::MoveDue(dated) | Act::Reopen(dated) => {
            vec![due(dated.due), dated.note.clone(), dated.beyond.clone()]
        }
        Act::Take(note)
        | Act::Back(note)
        | Act::Contribute(note)
        | Act::Seen(note)
        | Act::Note(note)
        | Act::Check(note)
        | Act::Return(note)
        | Act::Confirm(note)
        | Act::Deny(note)
        | Act::Withdraw(note) => vec![note.clone()],
    };
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join("; ")
}

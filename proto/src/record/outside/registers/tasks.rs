//! Sổ theo dõi nhiệm vụ: works, but for those of petitions.

use super::{Cell, Words, day};
use crate::date::Date;
use crate::house::House;
use crate::record::assignment::due::told;
use crate::record::assignment::roles::answers;
use crate::record::assignment::{Stage, Work};

/// A work in the register.
pub struct TaskLine<'a> {
    /// The work.
    pub work: &'a Work,
    /// The part for which it, or the work of which it is a part, is done, as people call it; empty: for none.
    pub source: &'a str,
    /// The paper is secret.
    pub secret: bool,
}

/// The line of a work, as of a day.
pub fn task(house: &House, words: &impl Words, line: &TaskLine<'_>, today: Date) -> Vec<Cell> {
    let work = line.work;
    let given = day(work.given);
    let content = if line.secret { words.say("work-secret", &[]) } else { work.content.clone() };
    let source =
        if line.source.is_empty() { words.say("register-word", &[]) } else { line.source.to_owned() };
    let helping: Vec<&str> = work.helping.iter().map(|name| house.name(name, given)).collect();
    let leader =
        answers(house, work.confirmer(), today).map(|who| house.name(who, today)).unwrap_or_default();
    let returns = match work.returns {
        0 => String::new(),
        returns => words.say("register-returned", &[("n", &returns.to_string())]),
    };
    vec![
        Cell::text(content),
        Cell::text(source),
        Cell::text(house.name(&work.lead, given)),
        Cell::text(helping.join(", ")),
        Cell::text(leader),
        Cell::text(dues(house, words, work)),
        Cell::text(work.product.as_str()),
        Cell::text(state(words, work)),
        Cell::text(returns),
    ]
}

/// The first date and each change with its reason; with the year if it is not that in which the work was given.
fn dues(house: &House, words: &impl Words, work: &Work) -> String {
    let told = |due| told(house, due, day(work.given));
    let first = work.first_due.map_or_else(String::new, told);
    let changes = work.changes.iter().map(|change| {
        let why = match change.why.as_str() {
            "" => words.say("register-passed", &[]),
            why => why.to_owned(),
        };
        words.say("register-change", &[("due", &told(change.due)), ("why", &why)])
    });
    std::iter::once(first).chain(changes).collect::<Vec<_>>().join("; ")
}

fn state(words: &impl Words, work: &Work) -> String {
    match (work.stage, work.is_late()) {
        (Stage::Done, Some(true)) => words.say("register-state-late", &[]),
        (Stage::Done, _) => words.say("register-state-on-time", &[]),
        (Stage::Taken, _) if work.progress > 0 => {
            let word = words.say("work-stage-taken", &[]);
            format!("{word} {}%", work.progress)
        }
        (stage, _) => words.say(&format!("work-stage-{}", stage.as_ref()), &[]),
    }
}

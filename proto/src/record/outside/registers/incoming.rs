//! Sổ đăng ký văn bản đến: papers of the network and from outside, in one series; and sổ đăng ký văn bản mật đến.

use super::{Cell, Words, day, root, short, signed, taker};
use crate::date::Date;
use crate::house::House;
use crate::record::assignment::due::told;
use crate::record::assignment::part::{Ended, How, Part, Standing, standing};
use crate::record::assignment::{Stage, Work};
use crate::record::outside::{Decision, Outside, Road};

/// A paper in the register.
pub struct Incoming<'a> {
    /// The day on which it came.
    pub came: Date,
    /// Its arrival number.
    pub arrival: u32,
    /// The body that sent it, by its name of that day.
    pub author: String,
    /// Số, ký hiệu.
    pub number: &'a str,
    /// Date on the paper.
    pub issued: Option<Date>,
    /// Code of the document type.
    pub document_type: &'a str,
    /// Title (trích yếu).
    pub title: &'a str,
    /// Urgency (độ khẩn), 0 to 4.
    pub urgency: u32,
    /// The days on which paper copies of it came.
    pub copies: Vec<Date>,
    /// What it asks, part by part.
    pub tasks: Vec<Task<'a>>,
    /// It is a paper from outside.
    pub outside: Option<&'a Outside>,
}

/// A part of a paper, with its works.
pub struct Task<'a> {
    /// Task or item; empty: the paper itself.
    pub id: &'a str,
    /// What is asked.
    pub part: &'a Part,
    /// The works that were given, proposed or kept for it.
    pub works: Vec<&'a Work>,
}

/// The line of a paper in the register of incoming papers.
pub fn incoming(house: &House, words: &impl Words, line: &Incoming<'_>) -> Vec<Cell> {
    let several = line.tasks.len() > 1;
    let decision = line.outside.and_then(|outside| Some((outside, outside.decided.as_ref()?)));
    let (mut who, mut given, mut took, mut due, mut notes) = (vec![], vec![], vec![], vec![], vec![]);
    for task in &line.tasks {
        let tag = if several { format!("{}: ", task.id) } else { String::new() };
        let mut note = |text: String| notes.push(format!("{tag}{text}"));
        if let Some(work) = root(&task.works) {
            who.push(format!("{tag}{}", taker(house, work)));
            given.push(day(work.given));
            took.extend(
                Some(signed(house, work)).filter(|said| !said.is_empty()).map(|said| tag.clone() + &said),
            );
            due.extend(dates(house, words, work).map(|dates| tag.clone() + &dates));
            done(house, words, work).into_iter().for_each(&mut note);
            let withdrawn = task.part.ended.as_ref().filter(|ended| ended.how == How::Withdrawn);
            withdrawn.map(|ended| withdrawn_word(words, ended)).into_iter().for_each(&mut note);
        } else if let Some((outside, decided)) = decision {
            note(road(house, words, outside, decided, &decided.said.note));
        } else if let Standing::Closed(ended) = standing(task.part, &task.works) {
            note(closed(words, &ended));
        } else {
            note(words.say("register-unassigned", &[]));
        }
    }
    for copy in &line.copies {
        notes.push(words.say("register-copy", &[("day", &short(*copy))]));
    }
    if let Some(void) = line.outside.and_then(|outside| outside.void.as_ref()) {
        (who, due) = (Vec::new(), Vec::new());
        notes = vec![words.say("register-void", &[("why", &void.note)])];
    }
    vec![
        Cell::Day(Some(line.came)),
        Cell::Figure(line.arrival, 1),
        Cell::text(line.author.as_str()),
        Cell::text(line.number),
        Cell::Day(line.issued),
        Cell::text(title(words, line)),
        Cell::text(who.join("; ")),
        Cell::Day(given.into_iter().min()),
        Cell::text(took.join("; ")),
        Cell::text(due.join("; ")),
        Cell::text(notes.join("; ")),
    ]
}

fn title(words: &impl Words, line: &Incoming<'_>) -> String {
    let title = format!("{} {}", words.document_type(line.document_type), line.title);
    let title = title.trim();
    if line.urgency == 0 {
        return title.to_owned();
    }
    // A time of its own is express, too.
    format!("{title} ({})", words.say(&format!("urg-{}", line.urgency.min(3)), &[]))
}

/// The first date, and the one in force where it is another; with the year if it is not that in which the work was given.
fn dates(house: &House, words: &impl Words, work: &Work) -> Option<String> {
    let told = |due| told(house, due, day(work.given));
    let (first, due) = (work.first_due?, work.due?);
    let moved = match first == due {
        true => String::new(),
        false => words.say("register-moved", &[("due", &told(due))]),
    };
    Some(told(first) + &moved)
}

/// What came of a work.
fn done(house: &House, words: &impl Words, work: &Work) -> Option<String> {
    let handed_in = day(work.handed_in?);
    let on = short(handed_in);
    match work.stage {
        Stage::HandedIn => Some(words.say("register-handed-in", &[("day", &on)])),
        Stage::Done => {
            let late = work.due.filter(|_| work.is_late() == Some(true)).map(|due| {
                let due = crate::record::assignment::due::day(due.0);
                match house.working_between(due, handed_in) {
                    0 => words.say("register-late-today", &[]),
                    days => words.say("register-late", &[("n", &days.to_string())]),
                }
            });
            let done = words.say("register-done", &[("day", &on)]);
            Some([Some(done), late].into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn withdrawn_word(words: &impl Words, ended: &Ended) -> String {
    if ended.why.is_empty() { words.say("register-withdrawn", &[]) } else { ended.why.clone() }
}

/// How a part ended for which nobody worked.
fn closed(words: &impl Words, ended: &Ended) -> String {
    let on = short(day(ended.time));
    match (ended.how, ended.why.as_str()) {
        (How::Kept, "") => words.say("register-kept", &[("day", &on)]),
        (How::Kept, why) => words.say("register-kept-because", &[("why", why), ("day", &on)]),
        (How::Reported, why) => {
            words.say("register-reported", &[("why", why), ("day", &on)]).replace("  ", " ")
        }
        (How::Withdrawn, _) => withdrawn_word(words, ended),
        (How::Confirmed | How::Decided | How::Done, _) => words.say("register-done", &[("day", &on)]),
    }
}

/// What was decided of a paper or petition, and why.
pub(super) fn road(
    house: &House,
    words: &impl Words,
    outside: &Outside,
    decided: &Decision,
    why: &str,
) -> String {
    let when = day(decided.said.time);
    let on = short(when);
    let because = |key: &str| match why {
        "" => words.say(&format!("register-{key}"), &[("day", &on)]),
        why => words.say(&format!("register-{key}-because"), &[("why", why), ("day", &on)]),
    };
    match decided.road {
        Road::Kept(_) => because("kept"),
        Road::Guided => because("guided"),
        Road::Answered => words.say("register-answered", &[("paper", &decided.paper), ("day", &on)]),
        Road::Transferred => {
            let to = outside.transfer.as_ref().map_or("", |transfer| house.name(&transfer.to, when));
            words.say("register-transferred", &[("to", to), ("paper", &decided.paper), ("day", &on)])
        }
    }
}

/// The line of a stub in the register of secret papers. `works`: those that were given for it.
pub fn secret(house: &House, words: &impl Words, outside: &Outside, works: &[&Work]) -> Vec<Cell> {
    let paper = &outside.paper;
    let registered = day(outside.registered.time);
    let work = root(works);
    // At the highest level not even that is said.
    let title = match (paper.level, &outside.void) {
        (_, Some(void)) => words.say("register-void", &[("why", &void.note)]),
        (3.., None) => String::new(),
        (_, None) => words.say("register-no-title", &[]),
    };
    vec![
        Cell::Day(paper.received),
        Cell::Figure(paper.arrival, 2),
        Cell::text(house.name(&paper.party, registered)),
        Cell::text(paper.number.as_str()),
        Cell::Day(paper.issued),
        Cell::text(words.say(&format!("conf-{}", paper.level), &[])),
        Cell::text(title),
        Cell::text(work.map(|work| house.name(&work.lead, day(work.given))).unwrap_or_default()),
        Cell::text(work.map(|work| signed(house, work)).unwrap_or_default()),
    ]
}

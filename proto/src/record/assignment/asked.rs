//! What the papers of others ask of this office: the parts that its works are done for, from the strands of a paper.

use super::part::{Ended, How, Part, Petition};
use crate::audience::Scope;
use crate::id::OfficeId;
use crate::paper::Due;
use crate::record::directive::{self, Status};
use crate::record::outside::{Outside, Road};
use crate::record::{Confirmation, Paper, Progress, State, guidance, inspection, programme};
use crate::time::Hlc;

/// A paper as this office has it.
pub struct Asking<'a> {
    /// This office.
    pub me: OfficeId,
    /// Whether this office issued it.
    pub is_own: bool,
    /// The strand of the office that issued it.
    pub owner: &'a State,
    /// This office's own strand; none: it has said nothing.
    pub own: Option<&'a State>,
    /// Whether a scope reaches this office.
    pub reaches: &'a dyn Fn(Scope) -> bool,
    /// Whether the paper is secret.
    pub secret: bool,
}

/// The parts of a paper that ask this office for something, by their ids; the paper itself has an empty one. Nothing of a
/// paper that this office has not accepted.
pub fn parts(asking: &Asking<'_>) -> Vec<(String, Part)> {
    let mut parts = match asking.owner {
        State::Directive(strand) => asking.directive(strand),
        State::Programme(strand) => asking.programme(strand),
        State::Guidance(strand) => asking.guidance(strand),
        State::Inspection(strand) => asking.inspection(strand),
        State::Outside(strand) => {
            let part = strand.paper().and_then(of_outside);
            return part.map(|part| (String::new(), part)).into_iter().collect();
        }
        State::Report(_) | State::Assignment(_) | State::House(_) | State::Draft(_) => Vec::new(),
    };
    parts.iter_mut().for_each(|(_, part)| part.secret = asking.secret);
    parts
}

/// A part of a paper, as far as the paper says it.
fn part(paper: &Paper, id: &str, content: &str, outer: Option<Due>) -> Part {
    let name = if paper.number.is_empty() { &paper.title } else { &paper.number };
    Part {
        name: format!("{name} {id}").trim_end().to_owned(),
        content: if content.is_empty() { paper.title.clone() } else { content.to_owned() },
        outer,
        reports: true,
        ..Part::default()
    }
}

fn date(text: &str) -> Option<Due> {
    Due::parse(text).ok().flatten()
}

/// How a task or item ended, by what this office reported and whoever asked said of it; and from when on it is open again.
fn verdict(part: &mut Part, progress: Option<&Progress>, said: Option<&Confirmation>) {
    let finished = progress.and_then(|progress| progress.finished(said));
    let why = progress.map_or_else(String::new, |progress| progress.note.clone());
    match said {
        Some(said) if said.accepted && finished.is_some() => {
            part.ended = Some(Ended { how: How::Confirmed, why: said.note.clone(), time: said.time });
        }
        _ => part.ended = finished.map(|done| Ended { how: How::Reported, why, time: done.time }),
    }
    part.open_again = said.filter(|said| !said.accepted).map(|said| said.time);
}

/// What came from outside as a whole: it has no tasks. None: its number is void.
pub fn of_outside(outside: &Outside) -> Option<Part> {
    if outside.void.is_some() {
        return None;
    }
    let paper = &outside.paper;
    let petition = paper.petition.as_ref().map(|petition| Petition {
        about: petition.about.clone(),
        limit: petition.limit.filter(|_| outside.accepted.is_none()),
        sender: match &outside.sender {
            Some(sent) if outside.is_denunciation() => sent.likeness.clone(),
            _ => Vec::new(),
        },
    });
    let ended = outside.decided.as_ref().map(|decided| Ended {
        how: if matches!(decided.road, Road::Kept(_)) { How::Kept } else { How::Decided },
        why: [decided.paper.as_str(), &decided.said.note].join(" ").trim().to_owned(),
        time: decided.said.time,
    });
    Some(Part {
        name: outside.name(),
        content: paper.title.clone(),
        ended,
        open_again: outside.accepted.as_ref().map(|said| said.time),
        secret: outside.is_secret(),
        reports: petition.is_some(),
        petition,
        ..Part::default()
    })
}

fn over(how: How, time: Hlc) -> Option<Ended> {
    Some(Ended { how, why: String::new(), time })
}

impl Asking<'_> {
    fn directive(&self, strand: &directive::Strand) -> Vec<(String, Part)> {
        let Some(owner) = &strand.owner else { return Vec::new() };
        let nothing = directive::Strand::default();
        let own = match self.own {
            Some(State::Directive(own)) => own,
            _ => &nothing,
        };
        let accepted = own.since.contains_key(&Status::Accepted);
        if !self.is_own && !accepted {
            return Vec::new();
        }
        let paper = &owner.issued.paper;
        // What goes to all under an issuer is not its own work.
        let mine = |scope: &Scope| (self.reaches)(*scope) && !(self.is_own && scope.subtree);
        let tasks = owner.issued.tasks.iter().filter(|task| task.assignees.iter().any(mine));
        let mut parts: Vec<(String, Part)> = tasks
            .map(|task| {
                let due = date(&task.due).or(paper.due());
                let mut part = part(paper, &task.id, &task.content, due);
                let said = owner.confirmed.get(&task.id).and_then(|by| by.get(&self.me));
                verdict(&mut part, own.progress.get(&task.id), said);
                (task.id.clone(), part)
            })
            .collect();
        if parts.is_empty() && !self.is_own {
            // Nobody waits for a word on a paper that gives no task.
            let mut part = Part { reports: false, ..part(paper, "", "", paper.due()) };
            part.ended = own.since.get(&Status::Completed).and_then(|done| over(How::Reported, done.time));
            parts.push((String::new(), part));
        }
        if let Some(answer) = own.take_back.as_ref().filter(|answer| answer.agreed) {
            let given_back = over(How::Withdrawn, answer.said.when.time);
            parts.iter_mut().for_each(|(_, part)| part.ended.clone_from(&given_back));
        }
        parts
    }

    fn programme(&self, strand: &programme::Strand) -> Vec<(String, Part)> {
        let Some(owner) = &strand.owner else { return Vec::new() };
        let own = match self.own {
            Some(State::Programme(own)) => Some(own),
            _ => None,
        };
        let of = |item: &programme::Item| {
            let mut part = part(&owner.issued.paper, &item.id, &item.content, date(&item.due));
            let progress = own.and_then(|own| own.progress.get(&item.id));
            verdict(&mut part, progress, owner.confirmed.get(&item.id));
            if let (Some(closed), None) = (&owner.closed, &part.ended) {
                part.ended = over(How::Withdrawn, closed.when.time);
            }
            (item.id.clone(), part)
        };
        let dropped = owner.dropped.values().filter(|gone| gone.item.lead == self.me).map(|gone| {
            let (id, mut part) = of(&gone.item);
            part.ended = Some(Ended { how: How::Withdrawn, why: gone.reason.clone(), time: gone.time });
            (id, part)
        });
        owner.issued.items.iter().filter(|item| item.lead == self.me).map(of).chain(dropped).collect()
    }

    fn guidance(&self, strand: &guidance::Strand) -> Vec<(String, Part)> {
        let Some(owner) = strand.owner.as_ref().filter(|_| !self.is_own) else { return Vec::new() };
        let acknowledged = match self.own {
            Some(State::Guidance(own)) => own.acknowledged.as_ref(),
            _ => None,
        };
        // Nobody waits for a word on one that names no day.
        let due = owner.paper.due();
        let mut part = Part { reports: due.is_some(), ..part(&owner.paper, "", "", due) };
        part.ended = acknowledged.and_then(|said| over(How::Reported, said.when.time));
        vec![(String::new(), part)]
    }

    /// The report of this office on itself; after a conclusion, its remedies.
    fn inspection(&self, strand: &inspection::Strand) -> Vec<(String, Part)> {
        use inspection::Stage;
        let Some(owner) = strand.owner.as_ref().filter(|_| !self.is_own) else { return Vec::new() };
        let own = match self.own {
            Some(State::Inspection(own)) => Some(own),
            _ => None,
        };
        let said = owner.targets.get(&self.me);
        let stage = inspection::stage(owner, self.me, own);
        let paper = &owner.opened.paper;
        let mut report = part(paper, "", "", paper.due());
        if stage > Stage::Notified {
            let reported = own.and_then(|own| own.self_report.as_ref()).map(|report| report.when.time);
            let begun = said.and_then(|said| said.verifying.as_ref().or(said.concluded.as_ref()));
            // Who goes on without the report asks for it no more.
            let begun = || over(How::Withdrawn, begun.map(|said| said.when.time).unwrap_or_default());
            report.ended = reported.and_then(|time| over(How::Reported, time)).or_else(begun);
        }
        let mut parts = vec![(String::new(), report)];
        if let Some(said) = said.filter(|said| !said.remedy_by.is_empty()) {
            let due = date(&said.remedy_by);
            let content = said.concluded.as_ref().map_or("", |concluded| &concluded.text);
            let mut remedy = part(paper, inspection::REMEDY, content, due);
            if stage != Stage::Remediating {
                let own = own.and_then(|own| own.remediated.as_ref());
                let how = if said.closed.is_some() { How::Confirmed } else { How::Reported };
                let word = said.closed.as_ref().or(own);
                remedy.ended = over(how, word.map(|word| word.when.time).unwrap_or_default());
            }
            parts.push((inspection::REMEDY.to_owned(), remedy));
        }
        parts
    }
}

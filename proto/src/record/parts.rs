//! What all kinds of record share: papers, periods, things said, progress, and reading them from messages.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::audience::Scope;
use crate::date::Date;
use crate::id::{OfficeId, Seat};
use crate::limits;
use crate::paper::Due;
use crate::time::Hlc;
use crate::wire;

/// Why a body is no move of its kind; names the part at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the body is malformed: {0}")]
pub struct Malformed(pub &'static str);

/// What became of a move at its place in its strand. Either way it is kept and shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It changed the strand.
    Applied,
    /// It is not allowed there and changed nothing; a short reason.
    NotAllowed(&'static str),
}

/// The paper behind a record.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Paper {
    /// Code of the document type; see [`crate::paper::DocumentType`].
    pub document_type: String,
    /// Trích yếu.
    pub title: String,
    /// As written; empty: not numbered.
    pub number: String,
    /// Nhiệm kỳ; empty: unknown.
    pub term: String,
    /// Date on the paper.
    pub issued: Option<Date>,
    /// Deadline as written; empty: none. Always readable by [`Due::parse`].
    pub due: String,
    /// Markdown, as written. Left out of strands: it stays in its entry.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Paper {
    /// Reads a paper; a missing one is an empty one.
    pub fn from_wire(paper: Option<wire::Paper>) -> Result<Self, Malformed> {
        let paper = paper.unwrap_or_default();
        for short in [&paper.document_type, &paper.number, &paper.series_term] {
            line(short)?;
        }
        let issued = match paper.issued.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Malformed("date of issue"))?),
        };
        due(&paper.due)?;
        Ok(Self {
            document_type: paper.document_type,
            title: note(paper.title)?,
            number: paper.number,
            term: paper.series_term,
            issued,
            due: paper.due,
            text: paper.text,
        })
    }

    /// As on the wire.
    pub fn to_wire(&self) -> Option<wire::Paper> {
        Some(wire::Paper {
            document_type: self.document_type.clone(),
            title: self.title.clone(),
            number: self.number.clone(),
            series_term: self.term.clone(),
            issued: self.issued.map(|date| date.to_string()).unwrap_or_default(),
            due: self.due.clone(),
            text: self.text.clone(),
        })
    }

    /// Its deadline.
    pub fn due(&self) -> Option<Due> {
        Due::parse(&self.due).ok().flatten()
    }

    /// What a strand keeps of it.
    pub fn without_text(&self) -> Self {
        Self {
            document_type: self.document_type.clone(),
            title: self.title.clone(),
            number: self.number.clone(),
            term: self.term.clone(),
            issued: self.issued,
            due: self.due.clone(),
            text: String::new(),
        }
    }
}

/// A stretch of days that a programme plans or a report or inspection covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Period {
    /// year, half, quarter, month, week, range, term.
    pub kind: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    /// Reads a period that may be missing; its days must exist and not be reversed.
    pub fn from_wire(period: Option<wire::Period>) -> Result<Option<Self>, Malformed> {
        let Some(period) = period else { return Ok(None) };
        line(&period.kind)?;
        let day = |text: &str| text.parse().map_err(|_| Malformed("period"));
        let (from, to) = (day(&period.from)?, day(&period.to)?);
        if from > to {
            return Err(Malformed("period"));
        }
        Ok(Some(Self { kind: period.kind, from, to }))
    }

    /// As on the wire.
    pub fn to_wire(&self) -> wire::Period {
        wire::Period { kind: self.kind.clone(), from: self.from.to_string(), to: self.to.to_string() }
    }
}

/// Something said once: a note, an answer, a decision, with its place and time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// The entry that said it.
    pub seat: Seat,
    /// When, by the author's clock.
    pub time: Hlc,
    /// The words; may be empty.
    pub text: String,
}

/// How far an office is with a task or item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u32,
    /// The words; may be empty.
    pub note: String,
    /// When it was last said.
    pub time: Hlc,
    /// When it first stood at 100, if it still does.
    pub done: Option<Hlc>,
}

impl Progress {
    /// What follows from one more report of progress.
    pub fn after(before: Option<&Progress>, percent: u32, note: &str, time: Hlc) -> Self {
        let done = (percent >= 100).then(|| before.and_then(|before| before.done).unwrap_or(time));
        Self { percent, note: note.to_owned(), time, done }
    }
}

/// A judgement: done or not, accepted or returned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Which way.
    pub accepted: bool,
    /// The words; may be empty.
    pub note: String,
    /// When.
    pub time: Hlc,
}

/// A due date, as a move of a record writes it.
pub(super) fn due(text: &str) -> Result<(), Malformed> {
    Due::parse(text).map(drop).map_err(|_| Malformed("due date"))
}

/// Checks a short text.
pub(super) fn line(text: &str) -> Result<(), Malformed> {
    if text.len() > limits::LINE { Err(Malformed("too long a line")) } else { Ok(()) }
}

/// Checks a longer text.
pub(super) fn note(text: String) -> Result<String, Malformed> {
    if text.len() > limits::NOTE { Err(Malformed("too long a note")) } else { Ok(text) }
}

/// Checks a percentage.
pub(super) fn percent(percent: u32) -> Result<u32, Malformed> {
    if percent > 100 { Err(Malformed("percent")) } else { Ok(percent) }
}

/// Reads an office.
pub(super) fn office(bytes: &[u8]) -> Result<OfficeId, Malformed> {
    OfficeId::from_wire(bytes).ok_or(Malformed("office"))
}

/// Reads an office with or without all under it.
pub(super) fn scope(bytes: &[u8], subtree: bool) -> Result<Scope, Malformed> {
    Ok(Scope { office: office(bytes)?, subtree })
}

/// Reads a list whose parts have names of their own; no name may be empty or come twice.
pub(super) fn parts<W, P>(
    list: Vec<W>,
    read: impl Fn(W) -> Result<P, Malformed>,
    id: impl Fn(&P) -> &str,
) -> Result<Vec<P>, Malformed> {
    if list.len() > limits::PARTS {
        return Err(Malformed("too many parts"));
    }
    let parts = list.into_iter().map(read).collect::<Result<Vec<P>, Malformed>>()?;
    let mut names: Vec<&str> = parts.iter().map(&id).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) || names.iter().any(|name| name.is_empty()) {
        return Err(Malformed("ids of parts"));
    }
    names.into_iter().try_for_each(line)?;
    Ok(parts)
}

/// Reads a list of scopes.
pub(super) fn scopes(
    list: impl ExactSizeIterator<Item = Result<Scope, Malformed>>,
) -> Result<Vec<Scope>, Malformed> {
    if list.len() > limits::AUDIENCE {
        return Err(Malformed("too many offices"));
    }
    list.collect()
}

/// A list of texts for a timeline, empty ones left out.
pub(super) fn joined(parts: &[&dyn fmt::Display]) -> String {
    let texts = parts.iter().map(ToString::to_string).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join(" · ")
}

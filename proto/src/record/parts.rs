//! Parts that all kinds of record share (papers, periods, words, progress), and how they are read from messages.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::around::{Unfit, must};
use crate::audience::Scope;
use crate::date::Date;
use crate::id::{Hash, OfficeId, Seat};
use crate::paper::Due;
use crate::time::{Hlc, When};
use crate::wire;
use crate::{identifier, limits};

/// The body is no move of its kind; names the faulty part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the body is malformed: {0}")]
pub struct Malformed(pub &'static str);

/// What a move did at its place in a strand. Whatever it did, it is kept and shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It changed the strand.
    Applied,
    /// It is not allowed there and changed nothing; the reason as a short code.
    NotAllowed(&'static str),
}

/// The paper behind a record.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Paper {
    /// Code of the document type; see [`crate::paper::DocumentType`].
    pub document_type: String,
    /// Trích yếu.
    pub title: String,
    /// Số, ký hiệu in the form of [`identifier::number`]; empty: no number.
    pub number: String,
    /// Nhiệm kỳ in the form of [`identifier::term`]; empty: unknown.
    pub term: String,
    /// Date of issue on the paper.
    pub issued: Option<Date>,
    /// Deadline as written; empty: none. Always readable by [`Due::parse`].
    pub due: String,
    /// Text in Markdown, as written. Strands leave it out, because it can be read from its entry.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Who signed, as printed at the foot, one a line: for whom, as what, the name; empty: not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signer: String,
    /// Hash over the entries of the draft that became this paper, in the ledger of its author; none: it took no road there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub road: Option<Hash>,
}

impl Paper {
    /// Reads a paper; a missing one counts as empty.
    pub fn from_wire(paper: Option<wire::Paper>) -> Result<Self, Malformed> {
        let paper = paper.unwrap_or_default();
        for short in [&paper.document_type, &paper.number, &paper.series_term] {
            line(short)?;
        }
        // One number, one form: what differs only in what nobody sees would be given out twice.
        if identifier::number(&paper.number) != paper.number {
            return Err(Malformed("number"));
        }
        let term = &paper.series_term;
        if !term.is_empty() && identifier::term(term).as_ref() != Ok(term) {
            return Err(Malformed("term"));
        }
        let issued = match paper.issued.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Malformed("date of issue"))?),
        };
        due(&paper.due)?;
        line(&paper.signer)?;
        Ok(Self {
            document_type: paper.document_type,
            title: note(paper.title)?,
            number: paper.number,
            term: paper.series_term,
            issued,
            due: paper.due,
            text: paper.text,
            signer: paper.signer,
            road: match &paper.road[..] {
                [] => None,
                road => Some(Hash::from_slice(road).ok_or(Malformed("road"))?),
            },
        })
    }

    /// The paper as a message.
    pub fn to_wire(&self) -> Option<wire::Paper> {
        Some(wire::Paper {
            document_type: self.document_type.clone(),
            title: self.title.clone(),
            number: self.number.clone(),
            series_term: self.term.clone(),
            issued: self.issued.map(|date| date.to_string()).unwrap_or_default(),
            due: self.due.clone(),
            text: self.text.clone(),
            signer: self.signer.clone(),
            road: self.road.map(Hash::to_wire).unwrap_or_default(),
        })
    }

    /// The deadline.
    pub fn due(&self) -> Option<Due> {
        Due::parse(&self.due).ok().flatten()
    }

    /// The paper as strands keep it.
    pub fn without_text(mut self) -> Self {
        self.text = String::new();
        self
    }
}

/// The days that a programme plans for, or that a report or an inspection covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Period {
    /// One of [`Period::KINDS`].
    pub kind: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    /// The kinds of periods: week, month, quarter, half a year, year, term, and any other range of days.
    pub const KINDS: [&str; 7] = ["week", "month", "quarter", "half", "year", "term", "range"];

    /// Reads a period, which may be missing. Its kind must be known, the days must exist, and the last one must not be before the first.
    pub fn from_wire(period: Option<wire::Period>) -> Result<Option<Self>, Malformed> {
        let Some(period) = period else { return Ok(None) };
        if !Self::KINDS.contains(&&*period.kind) {
            return Err(Malformed("kind of period"));
        }
        let day = |text: &str| text.parse().map_err(|_| Malformed("period"));
        let (from, to) = (day(&period.from)?, day(&period.to)?);
        if from > to {
            return Err(Malformed("period"));
        }
        Ok(Some(Self { kind: period.kind, from, to }))
    }

    /// The period as a message.
    pub fn to_wire(&self) -> wire::Period {
        wire::Period { kind: self.kind.clone(), from: self.from.to_string(), to: self.to.to_string() }
    }
}

/// A note, an answer or a decision, with its place and time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Said {
    /// Place of the entry.
    pub seat: Seat,
    /// When it was said.
    #[serde(flatten)]
    pub when: When,
    /// The words; may be empty.
    pub text: String,
}

/// An office's progress on a task or item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u32,
    /// The words; may be empty.
    pub note: String,
    /// When it was last reported.
    pub time: Hlc,
    /// When it reached 100; none if it has not, or has fallen since.
    pub done: Option<When>,
}

impl Progress {
    /// Bytes of its name and text.
    pub(super) fn bytes((name, progress): (&String, &Progress)) -> usize {
        name.len() + progress.note.len()
    }

    /// The progress after one more report.
    pub fn after(before: Option<&Progress>, percent: u32, note: String, when: When) -> Self {
        let done = (percent >= 100).then(|| before.and_then(|before| before.done).unwrap_or(when));
        Self { percent, note, time: when.time, done }
    }

    /// When the work was finished, as far as the last verdict on it does not deny that.
    pub(super) fn finished(&self, verdict: Option<&Confirmation>) -> Option<When> {
        let denied = verdict.is_some_and(|verdict| !verdict.accepted && verdict.time >= self.time);
        self.done.filter(|_| !denied)
    }
}

/// Fails unless a verdict on work can be given: on what is reported as done, and was said since the last verdict. So of two
/// people who judge one result, the second is told of the first.
pub(super) fn judgeable(progress: Option<&Progress>, last: Option<&Confirmation>) -> Result<(), Unfit> {
    let done = progress.filter(|progress| progress.done.is_some()).ok_or(Unfit::new("not-reported"))?;
    must(last.is_none_or(|last| done.time > last.time), "judged")
}

/// Fails if an office has reported work as done and nobody denies it: whoever says less is told of that first.
pub(super) fn reportable(progress: Option<&Progress>, last: Option<&Confirmation>) -> Result<(), Unfit> {
    must(progress.is_none_or(|progress| progress.finished(last).is_none()), "reported")
}

/// A verdict on work or on a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    /// Whether the work is finished, or the report accepted.
    pub accepted: bool,
    /// The words; may be empty.
    pub note: String,
    /// Time of the verdict.
    pub time: Hlc,
}

/// Whether a strand that holds these words, each with the bytes of its name and text, takes no more.
pub(super) fn is_full(words: impl Iterator<Item = usize>) -> bool {
    words.map(|bytes| bytes + limits::WORD).sum::<usize>() >= limits::STRAND
}

/// Checks a due date: empty, `YYYY-MM-DD` or RFC 3339.
pub(super) fn due(text: &str) -> Result<(), Malformed> {
    Due::parse(text).map(drop).map_err(|_| Malformed("due date"))
}

/// Checks that a short text is within [`limits::LINE`] bytes.
pub(super) fn line(text: &str) -> Result<(), Malformed> {
    if text.len() > limits::LINE { Err(Malformed("too long a line")) } else { Ok(()) }
}

/// Checks that a longer text is within [`limits::NOTE`] bytes.
pub(super) fn note(text: String) -> Result<String, Malformed> {
    if text.len() > limits::NOTE { Err(Malformed("too long a note")) } else { Ok(text) }
}

/// Checks a percentage: at most 100.
pub(super) fn percent(percent: u32) -> Result<u32, Malformed> {
    if percent > 100 { Err(Malformed("percent")) } else { Ok(percent) }
}

/// Reads the id of an office.
pub(super) fn office(bytes: &[u8]) -> Result<OfficeId, Malformed> {
    OfficeId::from_wire(bytes).ok_or(Malformed("office"))
}

/// Reads a scope.
pub(super) fn scope(bytes: &[u8], subtree: bool) -> Result<Scope, Malformed> {
    Ok(Scope { office: office(bytes)?, subtree })
}

/// Reads a list of parts with ids. An id may be neither empty nor used twice.
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

/// Joins texts for a timeline; empty ones are left out.
pub(super) fn joined(parts: &[&dyn fmt::Display]) -> String {
    let texts = parts.iter().map(ToString::to_string).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join(" · ")
}

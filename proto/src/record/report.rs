//! Kind 4: báo cáo on a period, with typed indicators and text. The author submits versions. Each addressee accepts a
//! version or returns it for correction. "No data" is not zero.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;
use serde::{Deserialize, Serialize};

pub use super::figure::Decimal;
use super::kind::{DOWN, Kind, Of, Rule, UP};
use super::parts::{self, joined, line, note};
use super::{Act, Around, Confirmation, Malformed, Outcome, Paper, Period, Unfit};
use crate::audience::Scope;
use crate::id::{OfficeId, Seat};
use crate::identifier;
use crate::limits;
use crate::time::{Hlc, When};
use crate::wire::{self, report_move};

/// What two writings of a form's code have in common: `VP-T/2026` and `vp-t/2026` are one form.
pub fn form_key(code: &str) -> String {
    identifier::plain(code).to_lowercase()
}

/// One indicator (chỉ tiêu).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Indicator {
    /// The indicator's id in the form: "A01".
    pub id: String,
    /// What the indicator counts.
    pub label: String,
    /// Unit of the figure.
    pub unit: String,
    /// The figure; none: no data.
    pub value: Option<Decimal>,
    /// Why there is no data, or why the figure has changed much.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// One version of a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Submitted {
    /// The paper.
    pub paper: Paper,
    /// Code of the form.
    pub form: String,
    /// The period that it covers.
    pub period: Option<Period>,
    /// The figures.
    pub indicators: Vec<Indicator>,
    /// Version: 1, 2, 3 …
    pub version: u32,
}

/// What can be done with a report.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "moves are read one at a time and never kept")]
pub enum Move {
    /// The author submits a version. Version 1 opens the record; a correction is a new version.
    Submitted(Submitted),
    /// An addressee accepts or returns a version.
    Judged {
        /// The version that is judged.
        version: u32,
        /// Whether it is accepted; otherwise it is returned for correction.
        accepted: bool,
        /// A note; may be empty.
        note: String,
    },
}

const SUBMITTED: Rule = Rule::new("submitted", UP, Of::Record).opens().paper();
const ACCEPTED: Rule = Rule::new("accepted", DOWN, Of::Record);
const RETURNED: Rule = Rule::new("returned", DOWN, Of::Record);

/// What a report is.
pub const KIND: Kind = Kind {
    number: 4,
    name: "report",
    moves: &[SUBMITTED, ACCEPTED, RETURNED],
    asks_word: None,
    gives_tasks: false,
    steers: false,
    inward: false,
};

impl Act for Move {
    type Message = wire::ReportMove;
    const TABLE: &'static Kind = &KIND;

    fn decode(body: &[u8]) -> Result<Option<Self>, Malformed> {
        let mv = wire::ReportMove::decode(body).map_err(|_| Malformed("report"))?;
        let Some(mv) = mv.r#move else { return Ok(None) };
        Ok(Some(match mv {
            report_move::Move::Submitted(said) => {
                line(&said.form)?;
                Self::Submitted(Submitted {
                    paper: Paper::from_wire(said.paper)?,
                    form: said.form,
                    period: Period::from_wire(said.period)?,
                    indicators: parts::parts(said.indicators, indicator_from_wire, |indicator| {
                        &indicator.id
                    })?,
                    version: said.version,
                })
            }
            report_move::Move::Judged(said) => {
                Self::Judged { version: said.version, accepted: said.accepted, note: note(said.note)? }
            }
        }))
    }

    fn encode(&self) -> Bytes {
        let mv = match self.clone() {
            Self::Submitted(said) => report_move::Move::Submitted(wire::ReportSubmitted {
                paper: said.paper.to_wire(),
                form: said.form,
                period: said.period.as_ref().map(Period::to_wire),
                indicators: said.indicators.into_iter().map(indicator_to_wire).collect(),
                version: said.version,
            }),
            Self::Judged { version, accepted, note } => {
                report_move::Move::Judged(wire::ReportJudged { version, accepted, note })
            }
        };
        wire::ReportMove { r#move: Some(mv) }.encode_to_vec().into()
    }

    fn rule(&self) -> &'static Rule {
        match self {
            Self::Submitted(_) => &SUBMITTED,
            Self::Judged { accepted: true, .. } => &ACCEPTED,
            Self::Judged { accepted: false, .. } => &RETURNED,
        }
    }

    fn brief(&self) -> String {
        match self {
            Self::Submitted(said) => joined(&[&said.paper.number, &said.paper.title]),
            Self::Judged { version, note, .. } => joined(&[version, note]),
        }
    }

    fn paper(&self) -> Option<&Paper> {
        match self {
            Self::Submitted(said) => Some(&said.paper),
            Self::Judged { .. } => None,
        }
    }

    fn paper_mut(&mut self) -> Option<&mut Paper> {
        match self {
            Self::Submitted(said) => Some(&mut said.paper),
            Self::Judged { .. } => None,
        }
    }

    fn work(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn about(&self) -> Option<OfficeId> {
        None
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Submitted(Submitted { paper, indicators, .. }) => {
                let figures = indicators.iter().flat_map(|figure| [&*figure.label, &figure.note]);
                std::iter::once(&*paper.text).chain(figures).collect()
            }
            Self::Judged { note, .. } => vec![note],
        }
    }

    fn lacks_reason(&self) -> bool {
        matches!(self, Self::Judged { accepted: false, note, .. } if note.trim().is_empty())
    }

    fn carries_content(&self) -> bool {
        match self {
            Self::Submitted(said) => !said.paper.text.is_empty() || !said.indicators.is_empty(),
            Self::Judged { note, .. } => !note.is_empty(),
        }
    }
}

fn indicator_from_wire(indicator: wire::Indicator) -> Result<Indicator, Malformed> {
    let value = match indicator.value {
        Some(value) if value.scale > limits::DECIMAL_SCALE => return Err(Malformed("figure")),
        Some(value) => Some(Decimal { unscaled: value.unscaled, scale: value.scale }),
        None => None,
    };
    let (label, unit) = (note(indicator.label)?, note(indicator.unit)?);
    Ok(Indicator { id: indicator.id, label, unit, value, note: note(indicator.note)? })
}

fn indicator_to_wire(indicator: Indicator) -> wire::Indicator {
    let decimal = |value: Decimal| wire::Decimal { unscaled: value.unscaled, scale: value.scale };
    wire::Indicator {
        id: indicator.id,
        label: indicator.label,
        unit: indicator.unit,
        value: indicator.value.map(decimal),
        note: indicator.note,
    }
}

/// The part of a strand that only the author has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The newest version; its paper without text.
    pub submitted: Submitted,
    /// Place of the entry of that version.
    pub seat: Seat,
    /// When each version was submitted.
    pub versions: BTreeMap<u32, Hlc>,
}

/// One office's strand of a report.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Strand {
    /// The author's part; none in other offices' strands.
    pub owner: Option<Owner>,
    /// This office's verdict by version. An acceptance is final.
    pub judged: BTreeMap<u32, Confirmation>,
}

impl super::Strand for Strand {
    type Move = Move;

    fn apply(&mut self, seat: Seat, when: When, mv: Move) -> Outcome {
        match mv {
            Move::Submitted(new) => {
                if new.version == 0 {
                    return Outcome::NotAllowed("no-version");
                }
                if let Some(owner) = &self.owner {
                    if new.version <= owner.submitted.version {
                        return Outcome::NotAllowed("version-taken");
                    }
                    if owner.versions.len() >= limits::PARTS {
                        return Outcome::NotAllowed("too-many");
                    }
                }
                let mut versions = self.owner.take().map(|owner| owner.versions).unwrap_or_default();
                versions.insert(new.version, when.time);
                let submitted = Submitted { paper: new.paper.without_text(), ..new };
                self.owner = Some(Owner { submitted, seat, versions });
            }
            Move::Judged { version, accepted, note } => {
                if self.owner.is_some() {
                    return Outcome::NotAllowed("own-report");
                }
                if self.judged.get(&version).is_some_and(|before| before.accepted) {
                    return Outcome::NotAllowed("already-accepted");
                }
                let full = parts::is_full(self.judged.values().map(|verdict| verdict.note.len()));
                if full || self.judged.len() >= limits::PARTS && !self.judged.contains_key(&version) {
                    return Outcome::NotAllowed("too-many");
                }
                self.judged.insert(version, Confirmation { accepted, note, time: when.time });
            }
        }
        Outcome::Applied
    }

    fn fits(&self, _: &Move, _: &Around<'_, Self>) -> Result<(), Unfit> {
        Ok(())
    }

    fn owns(&self) -> bool {
        self.owner.is_some()
    }

    fn next(&self, owner: &Self, _: OfficeId, _: bool) -> Vec<&'static str> {
        match (&self.owner, &owner.owner) {
            (Some(_), _) | (None, None) => vec!["submitted"],
            (None, Some(theirs)) => match self.judged.get(&theirs.submitted.version) {
                Some(verdict) if verdict.accepted => Vec::new(),
                _ => vec!["accepted", "returned"],
            },
        }
    }
}

/// One move of each name, with everything in it.
#[cfg(test)]
pub(super) fn samples() -> Vec<Move> {
    use super::tests::{note, paper, period};
    let figure = |id: &str, value: Option<&str>| Indicator {
        id: id.into(),
        label: note(),
        unit: "%".into(),
        value: value.and_then(|text| text.parse().ok()),
        note: note(),
    };
    let indicators = vec![figure("A01", Some("91.2")), figure("A11", None), figure("A09", Some("0"))];
    let (form, period) = ("VP-T/2026".into(), period());
    vec![
        Move::Submitted(Submitted { paper: paper("BC"), form, period, indicators, version: 1 }),
        Move::Judged { version: 1, accepted: true, note: note() },
        Move::Judged { version: 1, accepted: false, note: note() },
    ]
}

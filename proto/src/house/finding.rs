//! What can be wrong with a house, as data: keys of sentences, lines, and what the sentences say.

use strum::IntoStaticStr;

use crate::date::Date;

/// What can be wrong with a house. The names are the keys of sentences.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Problem {
    /// The file cannot be read from this line on.
    Toml,
    /// The file is another office's.
    OtherOffice,
    /// The table has no such field.
    UnknownKey,
    /// The id is none.
    BadId,
    /// Another row has the id at the same time.
    IdTwice,
    /// There is no such unit.
    UnitUnknown,
    /// The unit is under itself.
    UnitLoop,
    /// There is no such class of units.
    ClassUnknown,
    /// There is no such person.
    PersonUnknown,
    /// There is no such issuer.
    IssuerUnknown,
    /// The last day is before the first.
    DateOrder,
    /// Two people head a unit at the same time.
    TwoHeads,
    /// Two issuers have one symbol at the same time.
    SymbolTwice,
    /// Two terms of an issuer share days.
    TermOverlap,
    /// The form of the signature is in no table.
    FormUnknown,
    /// For a committee nobody signs K/T.
    FormCollective,
    /// There is no such right.
    RightUnknown,
    /// The right to open identities goes with the right to see petitions.
    IdentityWithoutPetitions,
    /// There is no such role.
    RoleUnknown,
    /// A field that must be there is missing.
    FieldMissing,
    /// The field cannot have this value.
    ValueWrong,
    /// A text or list is too long.
    TooLong,
    /// A road has no step.
    RoadEmpty,
    /// A step of a road cannot be read.
    RoadStep,
    /// Two steps of a road have one id.
    RoadStepTwice,
    /// A step leads to one that there is not.
    RoadUnknownStep,
    /// A road does not begin with its only step of drafting.
    RoadStart,
    /// A road does not end with its only step of issuing.
    RoadEnd,
    /// A road goes round though nobody says no.
    RoadLoop,
    /// From a step nothing leads to issuing.
    RoadDeadEnd,
    /// Nothing leads to a step.
    RoadUnreachable,
    /// Nobody signs before it is issued.
    RoadNoSign,
    /// After the signature something else than issuing is done.
    RoadChangeAfterSign,
    /// Opinions are taken in nowhere.
    RoadNoAbsorb,
    /// A step returns to one where nobody writes.
    RoadBackNowhere,
    /// Opinions have no time.
    RoadNoDeadline,
    /// Nobody can do a step.
    RoadNobody,
    /// Only those who draft could appraise.
    RoadOwnAppraisal,
    /// Silence counts as agreement, and nothing says why.
    RoadSilence,
    /// A body does not issue papers of the type.
    RoadType,
    /// Two roads are for one body and type on one day.
    RoadTwice,
    /// A later version of a road has no higher number.
    RoadVersion,
    /// A road would be another on days that have passed.
    RoadBackwards,
    /// The house has too many roads.
    RoadMany,
    /// Warning: a unit ends and nobody says who has its works.
    NoHeir,
    /// Warning: nobody heads the unit.
    NoHead,
    /// Warning: the signer has left before the last day on which the fact lets him sign.
    SignerLeft,
    /// Warning: on some day nobody stands in.
    StandInAway,
    /// Warning: a name is not composed.
    NotNfc,
}

impl Problem {
    /// Its key, with which its sentence is found.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// Whether it only warns.
    pub fn is_warning(self) -> bool {
        matches!(self, Self::NoHeir | Self::NoHead | Self::SignerLeft | Self::StandInAway | Self::NotNfc)
    }
}

/// A value in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arg {
    /// A name, id or other text.
    Text(String),
    /// A day.
    Day(Date),
    /// A line of the file.
    Line(u32),
}

/// Something that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What.
    pub problem: Problem,
    /// The line of the file, from 1; 0: there is no file.
    pub line: u32,
    /// What its sentence says, by name.
    pub args: Vec<(&'static str, Arg)>,
}

impl Finding {
    /// A finding without arguments.
    pub fn new(problem: Problem, line: u32) -> Self {
        Self { problem, line, args: Vec::new() }
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.args.push((name, Arg::Text(text.into())));
        self
    }

    /// Adds a day.
    #[must_use]
    pub(super) fn day(mut self, name: &'static str, day: Date) -> Self {
        self.args.push((name, Arg::Day(day)));
        self
    }

    /// Adds a line.
    #[must_use]
    pub(super) fn line(mut self, name: &'static str, line: u32) -> Self {
        self.args.push((name, Arg::Line(line)));
        self
    }
}

//! The road of a draft (quy trình), as data of the house: from the first line to the number of the paper. It is small on
//! purpose: nine acts, one way forward (`yes`), returns (`no`), days and versions. It has no conditions and no branches,
//! so [`check`] can judge it whole before it is taken, and nobody has to mend a diagram on a busy day.
//!
//! A road is chosen by body, type and day when a draft begins, and stays with the draft in its version, also after another
//! version has begun: [`House::road`] finds it by id and version.

pub mod check;
mod written;

pub(super) use written::{line, unreadable};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{House, Issuer, Person, Signer, Table, Thing, TimeOfDay, What};
use crate::date::Date;
use crate::paper::DocumentType;

/// Declares words of the file, as an enum.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident $case:literal { $($(#[$word:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray,
            Serialize, Deserialize,
        )]
        #[strum(serialize_all = $case)]
        pub enum $name {
            $($(#[$word])* $variant,)*
        }
    };
}

words! {
    /// What is done at a step.
    Act "kebab-case" {
        /// The text is written (soạn).
        Draft,
        /// Form and content are appraised (thẩm định).
        Appraise,
        /// A standing member lets it go out (Thường trực cho ý kiến).
        Approve,
        /// A group is asked by a day and hour (xin ý kiến).
        Opinions,
        /// A meeting decides (họp).
        Meeting,
        /// Opinions are taken in (tiếp thu).
        Absorb,
        /// The chief of the office puts the initials (ký nháy).
        Initial,
        /// It is signed (ký).
        Sign,
        /// It gets its number (ban hành).
        Issue,
    }
}

impl Act {
    /// Whether text is written at such a step by who drafts.
    pub fn writes(self) -> bool {
        matches!(self, Self::Draft | Self::Absorb)
    }
}

words! {
    /// What an appraisal looks at.
    Layer "kebab-case" {
        /// Form and layout (thể thức).
        Form,
        /// Content (nội dung).
        Content,
    }
}

words! {
    /// What carries at a step of opinions.
    Needs "kebab-case" {
        /// More than half of all who were asked, also of those who were silent.
        MoreThanHalf,
    }
}

words! {
    /// A duty on roads: who may act at which steps.
    Duty "kebab-case" {
        /// Drafts.
        Drafter,
        /// Appraises.
        Appraiser,
        /// Lets drafts go out: a standing member.
        Standing,
        /// Asks for opinions, and says what meetings decided.
        Secretary,
        /// Puts the initials. Where the house names nobody, its chief of office does.
        Chief,
        /// Issues.
        Clerk,
    }
}

words! {
    /// What silence counts as where a group was asked.
    CountsAs "kebab-case" {
        /// Nothing: it is shown as a figure of its own.
        Nothing,
        /// Agreement, by the paper that says so.
        Agree,
    }
}

/// A road for some types of papers of some bodies. The days on which drafts begin on it are those of its fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Road {
    /// Its id; all its versions have it.
    pub id: String,
    /// Its version, from 1: later ones are higher.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// For which bodies: see [`Signer::body`].
    pub issuers: Vec<String>,
    /// For which types of papers.
    pub types: Vec<DocumentType>,
    /// Who is proposed to sign.
    pub signer: Proposed,
    /// Who is asked for opinions; none: nobody.
    pub group: Option<String>,
    /// The working regulation that it follows.
    pub basis: Option<String>,
    /// Its steps, the first of all first.
    pub steps: Vec<Step>,
}

/// A step of a road.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Its id within the road.
    pub id: String,
    /// What is done.
    pub act: Act,
    /// Who does it: the name of a [`Duty`]; at a signature `signer`.
    pub who: String,
    /// The next step.
    pub yes: Option<String>,
    /// The step to which it is returned.
    pub no: Option<String>,
    /// What is appraised.
    pub layers: Vec<Layer>,
    /// The only bodies that have this step; none named: all.
    pub only: Vec<String>,
    /// The hour until which opinions are asked for.
    pub until: Option<TimeOfDay>,
    /// What carries.
    pub needs: Option<Needs>,
    /// The name of the body that meets.
    pub body: Option<String>,
}

/// Who is proposed to sign what takes a road.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Proposed {
    /// One person for all bodies.
    One(String),
    /// A person for each body.
    Each(Vec<(String, String)>),
}

impl Proposed {
    /// Who is proposed for a body.
    pub fn of(&self, body: &str) -> Option<&str> {
        match self {
            Self::One(person) => Some(person),
            Self::Each(people) => people.iter().find(|(of, _)| of == body).map(|(_, person)| person.as_str()),
        }
    }

    /// All of them.
    pub fn people(&self) -> Vec<&str> {
        match self {
            Self::One(person) => vec![person],
            Self::Each(people) => people.iter().map(|(_, person)| person.as_str()).collect(),
        }
    }
}

/// A person has a duty on roads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Charge {
    /// Who.
    pub person: String,
    /// Which.
    pub role: Duty,
}

/// A person belongs to a group that is asked for opinions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Which group.
    pub group: String,
    /// Who.
    pub person: String,
}

/// What silence of a group counts as.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Silence {
    /// Of which group.
    pub group: String,
    /// As what.
    pub counts_as: CountsAs,
    /// For which types of papers.
    pub types: Vec<DocumentType>,
    /// The paper that says so.
    pub basis: Option<String>,
}

/// The last numbers that a body had given by hand when its register began here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opening {
    /// Whose register.
    pub issuer: String,
    /// The last number of each type.
    pub last: Vec<(DocumentType, u32)>,
}

impl Road {
    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Whether papers of a body and type take it.
    pub fn is_for(&self, body: &str, kind: DocumentType) -> bool {
        self.issuers.iter().any(|of| of == body) && self.types.contains(&kind)
    }
}

impl Step {
    /// Whether papers of a body have the step; others pass over it.
    pub fn is_for(&self, body: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == body)
    }

    /// The duty of who acts; none: whoever signs, or a name that is none.
    pub fn duty(&self) -> Option<Duty> {
        self.who.parse().ok()
    }
}

/// Reads one table of the house.
macro_rules! facts_of {
    ($house:expr, $day:expr, $table:ident, $variant:ident) => {
        $house.all(Table::$table, $day).filter_map(|fact| match &fact.what {
            What::$variant(what) => Some(what),
            _ => None,
        })
    };
}

impl House {
    /// The roads on which drafts begin on a day.
    pub fn roads(&self, day: Date) -> impl Iterator<Item = &Road> {
        facts_of!(self, day, Roads, Road)
    }

    /// The road on which a draft of a body and type begins on a day.
    pub fn road_for(&self, body: &str, kind: DocumentType, day: Date) -> Option<&Road> {
        self.roads(day).find(|road| road.is_for(body, kind))
    }

    /// A road in its version, whenever it held: what a running draft keeps.
    pub fn road(&self, id: &str, version: u32) -> Option<&Road> {
        let timeline = self.timeline(&Thing::new(Table::Roads, &[id]));
        let roads = timeline.iter().rev().filter(|fact| !fact.span.is_empty());
        roads.filter_map(|fact| as_road(&fact.what)).find(|road| road.version == version)
    }

    /// Who has a duty on a day, in the order of the house. Whoever has left has none.
    pub fn on_duty(&self, duty: Duty, day: Date) -> impl Iterator<Item = &Person> {
        let named = facts_of!(self, day, Roles, Charge).filter(move |charge| charge.role == duty);
        let named: Vec<&Charge> = named.collect();
        let chief = if duty == Duty::Chief && named.is_empty() { self.chief(day) } else { None };
        named.into_iter().filter_map(move |charge| self.person(&charge.person, day)).chain(chief)
    }

    /// Whether a person has a duty on a day.
    pub fn has_duty(&self, person: &str, duty: Duty, day: Date) -> bool {
        self.on_duty(duty, day).any(|on_duty| on_duty.id == person)
    }

    /// Who belongs to a group on a day, in the order of the house. Whoever has left does not.
    pub fn group<'a>(&'a self, group: &'a str, day: Date) -> impl Iterator<Item = &'a Person> {
        let of = move |member: &&Member| member.group == group;
        facts_of!(self, day, Groups, Member)
            .filter(of)
            .filter_map(move |member| self.person(&member.person, day))
    }

    /// What silence of a group about papers of a type counts as on a day. None: nobody said it, and it counts as nothing.
    pub fn silence(&self, group: &str, kind: DocumentType, day: Date) -> Option<&Silence> {
        facts_of!(self, day, Silences, Silence)
            .find(|silence| silence.group == group && silence.types.contains(&kind))
    }

    /// The last number of a type that an issuer had given by hand when its register began here.
    pub fn opening(&self, issuer: &str, kind: DocumentType, day: Date) -> Option<u32> {
        let opening = facts_of!(self, day, Openings, Opening).find(|opening| opening.issuer == issuer)?;
        opening.last.iter().find(|(of, _)| *of == kind).map(|(_, last)| *last)
    }

    /// The issuer under whose symbol a body's papers go out on a day.
    pub fn issuer_of_body(&self, body: &str, day: Date) -> Option<&Issuer> {
        let through = self.signers(day).find(|signer| signer.body() == body).map(|signer| &signer.issuer);
        let id = through.map_or(body, String::as_str);
        self.issuers(day).find(|issuer| issuer.id == id)
    }

    /// Who may sign a body's papers of a type on a day by a right of their own. Whoever has left may not.
    pub fn signers_for<'a>(
        &'a self,
        body: &'a str,
        kind: DocumentType,
        day: Date,
    ) -> impl Iterator<Item = (&'a Signer, &'a Person)> {
        let signs = move |signer: &&Signer| signer.body() == body && !signer.lent && signer.signs(kind);
        self.signers(day)
            .filter(signs)
            .filter_map(move |signer| Some((signer, self.person(&signer.person, day)?)))
    }

    /// The titles of a person in a body on a day: the forms in which a signature that is lent to them is printed.
    pub fn titles<'a>(
        &'a self,
        body: &'a str,
        person: &'a str,
        day: Date,
    ) -> impl Iterator<Item = &'a Signer> {
        let title = move |signer: &&Signer| signer.body() == body && signer.person == person;
        self.signers(day).filter(title)
    }
}

fn as_road(what: &What) -> Option<&Road> {
    match what {
        What::Road(road) => Some(road),
        _ => None,
    }
}

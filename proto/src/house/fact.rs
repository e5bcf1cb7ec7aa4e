//! What can be said of an office from within: one type for each table of a house file (`nep-nha.toml`). Each line of a
//! table is a fact; [`Span`] says on which days it holds.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::road::{Charge, Member, Opening, Road, Silence};
use super::setting::Setting;
use super::thing::{Table, Thing};
use crate::date::Date;
use crate::paper::DocumentType;

/// Days on which a fact holds; both ends belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// First day. None: from the first day of the office.
    pub from: Option<Date>,
    /// Last day. None: until further notice.
    pub to: Option<Date>,
}

impl Span {
    /// From the first day of the office until further notice.
    pub const ALWAYS: Self = Self { from: None, to: None };

    /// No day: whoever says a thing again with these days takes back what was said from `from` on.
    pub fn never(from: Option<Date>) -> Self {
        Self { from, to: Some(from.map_or(Date::FIRST, |from| from.plus(-1))) }
    }

    /// Whether the day is one of these.
    pub fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Whether there is no such day: the last is before the first.
    pub fn is_empty(&self) -> bool {
        self.to.is_some_and(|to| self.from.map_or(to == Date::FIRST, |from| to < from))
    }

    /// Whether some day belongs to both.
    pub fn meets(&self, other: &Self) -> bool {
        let starts_by_the_end = |a: &Self, b: &Self| match (a.from, b.to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        !self.is_empty()
            && !other.is_empty()
            && starts_by_the_end(self, other)
            && starts_by_the_end(other, self)
    }
}

/// A fact of the house: what is so, and on which days.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// The days.
    pub span: Span,
    /// What is so.
    pub what: What,
}

/// What is so: one line of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum What {
    /// A scalar.
    Setting(Setting),
    /// A unit.
    Unit(Unit),
    /// A person with the main post.
    Person(Person),
    /// A post beside the main one.
    Post(Post),
    /// A right beyond the role.
    Grant(Grant),
    /// Somebody is away.
    Absence(Absence),
    /// Somebody's rights are lent.
    Delegation(Delegation),
    /// A body that issues papers.
    Issuer(Issuer),
    /// Who signs for an issuer.
    Signer(Signer),
    /// A term of an issuer.
    Term(Term),
    /// Somebody has a duty on roads.
    Charge(Charge),
    /// Somebody belongs to a group.
    Member(Member),
    /// What silence counts as.
    Silence(Silence),
    /// The road of drafts.
    Road(Road),
    /// Last numbers that were given by hand.
    Opening(Opening),
    /// A body outside the network.
    Party(Party),
    /// A room or vehicle.
    Resource(Resource),
    /// A day off, or a day worked that would be off.
    Holiday(Holiday),
}

impl What {
    /// The thing of which it is said.
    pub fn thing(&self) -> Thing {
        match self {
            Self::Setting(setting) => Thing::new(Table::Settings, &[&setting.name()]),
            Self::Unit(unit) => Thing::new(Table::Units, &[&unit.id]),
            Self::Person(person) => Thing::new(Table::People, &[&person.id]),
            Self::Post(post) => Thing::new(Table::Posts, &[&post.person, &post.unit]),
            Self::Grant(grant) => Thing::new(Table::Rights, &[&grant.person, grant.right.into()]),
            Self::Absence(absence) => Thing::new(Table::Absences, &[&absence.person]),
            Self::Delegation(lent) => Thing::new(Table::Delegations, &[&lent.person, &lent.to_person]),
            Self::Issuer(issuer) => Thing::new(Table::Issuers, &[&issuer.id]),
            Self::Signer(signer) => {
                Thing::new(Table::Signers, &[&signer.issuer, &signer.person, &signer.form])
            }
            Self::Term(term) => Thing::new(Table::Terms, &[&term.issuer]),
            Self::Charge(charge) => Thing::new(Table::Roles, &[&charge.person, charge.role.into()]),
            Self::Member(member) => Thing::new(Table::Groups, &[&member.group, &member.person]),
            Self::Silence(silence) => {
                Thing::new(Table::Silences, &[&silence.group, silence.counts_as.into()])
            }
            Self::Road(road) => Thing::new(Table::Roads, &[&road.id]),
            Self::Opening(opening) => Thing::new(Table::Openings, &[&opening.issuer]),
            Self::Party(party) => Thing::new(Table::Parties, &[&party.id]),
            Self::Resource(resource) => Thing::new(Table::Resources, &[&resource.id]),
            Self::Holiday(holiday) => Thing::new(Table::Holidays, &[&holiday.date.to_string()]),
        }
    }
}

/// Where a unit belongs.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Class {
    /// To the office.
    Own,
    /// To another body at the same place, which works at this desk until it has a machine of its own.
    Agency,
    /// A cell (chi bộ).
    Cell,
}

/// A unit (đơn vị).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unit {
    /// Its id; never given to another unit.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it belongs.
    pub class: Class,
    /// The unit above it.
    pub parent: Option<String>,
    /// The unit that has its works when it has ended.
    pub heir: Option<String>,
    /// Words by which papers are proposed to it.
    pub keywords: Vec<String>,
}

/// Role of a person's account at the desk.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// Văn thư.
    Clerk,
    /// Chuyên viên.
    Specialist,
    /// Lãnh đạo.
    Chief,
    /// Quản trị.
    Administrator,
}

/// A person with the main post. The last day of the fact is the last day in the office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Person {
    /// The id, and the name of the account.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The title of the main post.
    pub title: String,
    /// The unit of the main post.
    pub unit: String,
    /// Whether the person heads that unit.
    pub head: bool,
    /// The role at the desk. None: the person has no account, and others follow the works.
    pub account: Option<Role>,
}

/// A post beside the main one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Post {
    /// Who.
    pub person: String,
    /// In which unit.
    pub unit: String,
    /// The title.
    pub title: String,
    /// Whether the person heads that unit.
    pub head: bool,
}

/// A right beyond the role.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
pub enum Right {
    /// To give work to anybody.
    #[strum(serialize = "giao-viec")]
    Assign,
    /// To see the register of petitions.
    #[strum(serialize = "don-thu")]
    Petitions,
    /// To open who denounced.
    #[strum(serialize = "danh-tinh")]
    Identity,
    /// To edit the house.
    #[strum(serialize = "nep-nha")]
    House,
    /// To give out vehicles.
    #[strum(serialize = "dieu-xe")]
    Vehicles,
}

/// A person has a right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// Who.
    pub person: String,
    /// Which.
    pub right: Right,
}

/// Somebody is away. Work is stood in for; rights are not: see [`Delegation`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Absence {
    /// Who is away.
    pub person: String,
    /// Who acts instead. None: nobody.
    pub stand_in: Option<String>,
}

/// What can be lent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Lent {
    /// A right.
    Right(Right),
    /// Signing (`ky`).
    Signature,
}

impl Lent {
    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right(right) => right.into(),
            Self::Signature => "ky",
        }
    }
}

impl FromStr for Lent {
    type Err = strum::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == Self::Signature.name() { Ok(Self::Signature) } else { text.parse().map(Self::Right) }
    }
}

/// Rights of one person are lent to another by a paper.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Delegation {
    /// Whose rights.
    pub person: String,
    /// To whom.
    pub to_person: String,
    /// Which.
    pub what: Vec<Lent>,
    /// The number of the paper.
    pub paper: String,
}

/// A body of the office that issues papers. The registry says who owns the symbol, the house who signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Issuer {
    /// Its id.
    pub id: String,
    /// Its symbol in numbers.
    pub symbol: String,
    /// The first line of its name on papers: the body above. May be empty.
    pub line1: String,
    /// The second line: its own name.
    pub line2: String,
}

/// Who signs for an issuer, and in which form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signer {
    /// For which issuer.
    pub issuer: String,
    /// For which body of it: `BCH` and `BTV` issue under one symbol. None: the issuer is one body.
    pub body: Option<String>,
    /// Who.
    pub person: String,
    /// The lines above the signature, with ` | ` between them: `T/M BAN THƯỜNG VỤ | BÍ THƯ`.
    pub form: String,
    /// For which types of papers. Empty: for all.
    pub types: Vec<DocumentType>,
    /// Whether this is a title alone: the person signs in this form only while somebody's signature is lent to them.
    pub lent: bool,
}

impl Signer {
    /// The body for which is signed.
    pub fn body(&self) -> &str {
        self.body.as_deref().unwrap_or(&self.issuer)
    }

    /// Whether papers of a type are signed so.
    pub fn signs(&self, kind: DocumentType) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    /// The lines above the signature.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.form.split('|').map(str::trim)
    }
}

/// A term (nhiệm kỳ) of an issuer: the series of its numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Term {
    /// Of which issuer.
    pub issuer: String,
    /// Its name: `2025-2030`.
    pub term: String,
}

/// Whose rules a body's papers follow.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Regime {
    /// The Party's.
    Party,
    /// The State's.
    State,
    /// Neither.
    Outside,
}

/// A body outside the network (nơi nhận).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Party {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose rules its papers follow.
    pub regime: Regime,
    /// The unit of the house that it is.
    pub unit: Option<String>,
}

/// What a resource is.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
pub enum ResourceKind {
    /// A room.
    Room,
    /// A vehicle.
    Vehicle,
}

/// A room or vehicle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: ResourceKind,
    /// Its name.
    pub name: String,
    /// How many people it holds.
    pub seats: u32,
}

/// A day that is not what its weekday says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// Whether people work on it.
    pub working: bool,
    /// Why.
    pub name: String,
}

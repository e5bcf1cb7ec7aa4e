//! What can be said of an office from within: one type for each table of a house file (`nep-nha.toml`). Each line of a
//! table is a fact; [`Span`] says on which days it holds.

use std::fmt;
use std::str::FromStr;

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::date::Date;
use crate::paper::DocumentType;

/// Days on which a fact holds; both ends belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The days.
    pub span: Span,
    /// What is so.
    pub what: What,
}

/// The tables of a house file, in its order. Their names are those of the file.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Table {
    /// Scalars ([`Setting`]).
    Settings,
    /// [`Unit`].
    Units,
    /// [`Person`].
    People,
    /// [`Post`].
    Posts,
    /// [`Grant`].
    Rights,
    /// [`Absence`].
    Absences,
    /// [`Delegation`].
    Delegations,
    /// [`Issuer`].
    Issuers,
    /// [`Signer`].
    Signers,
    /// [`Term`].
    Terms,
    /// [`Party`].
    Parties,
    /// [`Resource`].
    Resources,
    /// [`Holiday`].
    Holidays,
}

/// What is so: one line of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// A body outside the network.
    Party(Party),
    /// A room or vehicle.
    Resource(Resource),
    /// A day off, or a day worked that would be off.
    Holiday(Holiday),
}

/// What a fact speaks of. Facts of one thing make its timeline: each holds until the next begins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Thing {
    /// The table.
    pub table: Table,
    /// What tells the thing from others of its table: its id, or the ids that it joins.
    pub key: Vec<String>,
}

impl Thing {
    /// The thing of this table with this key.
    pub fn new(table: Table, key: &[&str]) -> Self {
        Self { table, key: key.iter().map(|&part| part.to_owned()).collect() }
    }
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
            Self::Party(party) => Thing::new(Table::Parties, &[&party.id]),
            Self::Resource(resource) => Thing::new(Table::Resources, &[&resource.id]),
            Self::Holiday(holiday) => Thing::new(Table::Holidays, &[&holiday.date.to_string()]),
        }
    }
}

/// Where a unit belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray,
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Who.
    pub person: String,
    /// Which.
    pub right: Right,
}

/// Somebody is away. Work is stood in for; rights are not: see [`Delegation`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Absence {
    /// Who is away.
    pub person: String,
    /// Who acts instead. None: nobody.
    pub stand_in: Option<String>,
}

/// What can be lent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signer {
    /// For which issuer.
    pub issuer: String,
    /// Who.
    pub person: String,
    /// The lines above the signature, with ` | ` between them: `T/M BAN THƯỜNG VỤ | BÍ THƯ`.
    pub form: String,
    /// For which types of papers. Empty: for all.
    pub types: Vec<DocumentType>,
}

impl Signer {
    /// The lines above the signature.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.form.split('|').map(str::trim)
    }
}

/// A term (nhiệm kỳ) of an issuer: the series of its numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// Of which issuer.
    pub issuer: String,
    /// Its name: `2025-2030`.
    pub term: String,
}

/// Whose rules a body's papers follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum ResourceKind {
    /// A room.
    Room,
    /// A vehicle.
    Vehicle,
}

/// A room or vehicle.
#[derive(Clone, PartialEq, Eq, Debug)]
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// Whether people work on it.
    pub working: bool,
    /// Why.
    pub name: String,
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The weekday of a day.
    pub fn of(day: Date) -> Self {
        Self::VARIANTS[day.civil().weekday().to_monday_zero_offset() as usize % Self::VARIANTS.len()]
    }
}

/// A time of day, UTC+7; written `HH:MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeOfDay {
    /// Minutes after midnight, below 24 hours.
    minutes: u16,
}

/// The text is no time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a time of day (HH:MM)")]
pub struct BadTime;

impl TimeOfDay {
    /// This hour and minute; none if there is no such time.
    pub const fn new(hour: u16, minute: u16) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self { minutes: hour * 60 + minute }) } else { None }
    }

    /// Minutes after midnight.
    pub fn minutes(self) -> u16 {
        self.minutes
    }
}

impl FromStr for TimeOfDay {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let (hour, minute) = text.split_once(':').ok_or(BadTime)?;
        let two = |text: &str| match text.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => text.parse().map_err(|_| BadTime),
            _ => Err(BadTime),
        };
        Self::new(two(hour)?, two(minute)?).ok_or(BadTime)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

/// Office hours: half a day, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    /// Begin and end in the morning.
    pub morning: [TimeOfDay; 2],
    /// Begin and end in the afternoon.
    pub afternoon: [TimeOfDay; 2],
}

/// Where the identity of who denounced is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Denouncer {
    /// In an envelope, never typed.
    #[default]
    Paper,
    /// Typed, sealed, apart from the petition.
    Sealed,
}

/// Classes of petitions.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray,
)]
pub enum PetitionClass {
    /// Khiếu nại.
    #[strum(serialize = "khieu-nai")]
    Complaint,
    /// Tố cáo.
    #[strum(serialize = "to-cao")]
    Denunciation,
    /// Kiến nghị.
    #[strum(serialize = "kien-nghi")]
    Proposal,
    /// Phản ánh.
    #[strum(serialize = "phan-anh")]
    Feedback,
}

/// Which days a limit counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Counting {
    /// All.
    Calendar,
    /// Working days.
    Working,
}

/// In how many days a petition of a class is to be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// How many days.
    pub days: u32,
    /// Which days count.
    pub kind: Counting,
}

/// A scalar of the house. Each is dated by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Setting {
    /// The office above, by its code.
    Above(String),
    /// The office's name.
    Name(String),
    /// Its first day.
    FirstDay(Date),
    /// Office hours.
    Hours(Hours),
    /// Days of the week on which nobody works.
    WeekdayOff(Vec<Weekday>),
    /// Minutes between two trips of one vehicle, below which the desk warns.
    VehicleGapMinutes(u32),
    /// When people are reminded.
    UrgeAt(TimeOfDay),
    /// When a day ends that is named as a date without an hour.
    DayEnds(TimeOfDay),
    /// Working days by which an inner date is proposed before the outer one.
    InternalLead(u32),
    /// Calendar days after which a work is due for which nobody named a date.
    DefaultDays(u32),
    /// Types of papers for which [`Setting::DefaultDays`] is proposed.
    DefaultFor(Vec<DocumentType>),
    /// Offices beside this one that get work through papers, by their codes.
    Bodies(Vec<String>),
    /// Where the identity of who denounced is kept.
    Denouncer(Denouncer),
    /// The paper on which the limits of petitions rest.
    Basis(String),
    /// The limit of a class of petitions.
    Limit(PetitionClass, Limit),
}

impl Setting {
    /// Its name in the file; those of petitions with their tables: `petitions.limits.to-cao`.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Above(_) => "above",
            Self::Name(_) => "name",
            Self::FirstDay(_) => "first_day",
            Self::Hours(_) => "hours",
            Self::WeekdayOff(_) => "weekday_off",
            Self::VehicleGapMinutes(_) => "vehicle_gap_minutes",
            Self::UrgeAt(_) => "urge_at",
            Self::DayEnds(_) => "day_ends",
            Self::InternalLead(_) => "internal_lead",
            Self::DefaultDays(_) => "default_days",
            Self::DefaultFor(_) => "default_for",
            Self::Bodies(_) => "bodies",
            Self::Denouncer(_) => "petitions.denouncer",
            Self::Basis(_) => "petitions.basis",
            Self::Limit(class, _) => return format!("petitions.limits.{}", <&str>::from(class)),
        };
        name.to_owned()
    }
}

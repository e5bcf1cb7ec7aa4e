//! The scalars of a house: office hours, default dates, limits of petitions. Each is a fact of its own, so each is dated.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::row::Value;
use crate::date::Date;
use crate::paper::DocumentType;
use crate::{identifier, limits};

/// A day of the week.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl TryFrom<String> for TimeOfDay {
    type Error = BadTime;

    fn try_from(text: String) -> Result<Self, BadTime> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
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

/// Office hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hours {
    /// Begin and end in the morning.
    pub morning: [TimeOfDay; 2],
    /// Begin and end in the afternoon.
    pub afternoon: [TimeOfDay; 2],
}

impl Hours {
    fn of(words: &[String]) -> Option<Self> {
        let half = |text: &String| -> Option<[TimeOfDay; 2]> {
            let (begin, end) = text.split_once('-')?;
            let half = [begin.trim().parse().ok()?, end.trim().parse().ok()?];
            (half[0] < half[1]).then_some(half)
        };
        let [morning, afternoon] = words else { return None };
        Some(Self { morning: half(morning)?, afternoon: half(afternoon)? })
    }

    fn words(&self) -> [String; 2] {
        [self.morning, self.afternoon].map(|[begin, end]| format!("{begin}-{end}"))
    }
}

/// Where the identity of who denounced is kept.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
)]
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
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Counting {
    /// All.
    Calendar,
    /// Working days.
    Working,
}

/// In how many days a petition of a class is to be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limit {
    /// How many days.
    pub days: u32,
    /// Which days count.
    pub kind: Counting,
}

/// A scalar of the house. Each is dated by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

/// Names of the parts of office hours.
const HALVES: [&str; 2] = ["morning", "afternoon"];
/// Names of the parts of a limit.
const LIMIT: [&str; 2] = ["days", "kind"];

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
            Self::Limit(class, _) => return format!("{LIMITS}{}", <&str>::from(class)),
        };
        name.to_owned()
    }

    /// Whether there is a scalar of this name.
    pub fn is_name(name: &str) -> bool {
        const NAMES: [&str; 14] = [
            "above",
            "name",
            "first_day",
            "hours",
            "weekday_off",
            "vehicle_gap_minutes",
            "urge_at",
            "day_ends",
            "internal_lead",
            "default_days",
            "default_for",
            "bodies",
            "petitions.denouncer",
            "petitions.basis",
        ];
        NAMES.contains(&name)
            || name.strip_prefix(LIMITS).is_some_and(|class| class.parse::<PetitionClass>().is_ok())
    }

    /// Reads the field of a row.
    pub(super) fn read(name: &str, value: &Value) -> Option<Self> {
        match (name, value) {
            // Commas do not part these.
            ("above" | "name" | "petitions.basis", Value::Text(text)) => {
                Self::of(name, std::slice::from_ref(text))
            }
            ("hours", value) => Self::of(name, &value.words(&HALVES)),
            (name, value) => Self::of(name, &value.words(&LIMIT)),
        }
    }

    /// The scalar of this name that is made of these words. None: there is no such scalar, or it is not made of them.
    pub(super) fn of(name: &str, words: &[String]) -> Option<Self> {
        let one = match words {
            [one] => Some(one),
            _ => None,
        };
        Some(match name {
            "above" => Self::Above(one?.clone()),
            "name" => Self::Name(one?.clone()),
            "first_day" => Self::FirstDay(identifier::day(one?).ok()?),
            "hours" => Self::Hours(Hours::of(words)?),
            "weekday_off" => {
                Self::WeekdayOff(words.iter().map(|day| day.parse().ok()).collect::<Option<_>>()?)
            }
            "vehicle_gap_minutes" => Self::VehicleGapMinutes(count(one?)?),
            "urge_at" => Self::UrgeAt(one?.parse().ok()?),
            "day_ends" => Self::DayEnds(one?.parse().ok()?),
            "internal_lead" => Self::InternalLead(count(one?)?),
            "default_days" => Self::DefaultDays(count(one?)?),
            "default_for" => Self::DefaultFor(
                words.iter().map(|kind| DocumentType::from_code(kind)).collect::<Option<_>>()?,
            ),
            "bodies" => Self::Bodies(words.to_vec()),
            "petitions.denouncer" => Self::Denouncer(one?.parse().ok()?),
            "petitions.basis" => Self::Basis(one?.clone()),
            _ => {
                let class = name.strip_prefix(LIMITS)?.parse().ok()?;
                let [days, kind] = words else { return None };
                Self::Limit(class, Limit { days: count(days)?, kind: kind.parse().ok()? })
            }
        })
    }

    /// The words of which it is made.
    pub(super) fn words(&self) -> Vec<String> {
        match self {
            Self::Above(text) | Self::Name(text) | Self::Basis(text) => vec![text.clone()],
            Self::FirstDay(day) => vec![day.to_string()],
            Self::Hours(hours) => hours.words().to_vec(),
            Self::WeekdayOff(days) => days.iter().map(|day| <&str>::from(day).to_owned()).collect(),
            Self::VehicleGapMinutes(number) | Self::InternalLead(number) | Self::DefaultDays(number) => {
                vec![number.to_string()]
            }
            Self::UrgeAt(time) | Self::DayEnds(time) => vec![time.to_string()],
            Self::DefaultFor(types) => types.iter().map(|kind| kind.code().to_owned()).collect(),
            Self::Bodies(bodies) => bodies.clone(),
            Self::Denouncer(denouncer) => vec![<&str>::from(denouncer).to_owned()],
            Self::Limit(_, limit) => vec![limit.days.to_string(), <&str>::from(limit.kind).to_owned()],
        }
    }

    /// What is written of it.
    pub(super) fn value(&self) -> Value {
        let text = |text: &String| Value::Text(text.clone());
        let named = |names: [&str; 2], values: [Value; 2]| {
            Value::Named(names.into_iter().map(str::to_owned).zip(values).collect())
        };
        match (self, &self.words()[..]) {
            (Self::FirstDay(day), _) => Value::Day(*day),
            (Self::Hours(_), [morning, afternoon]) => named(HALVES, [text(morning), text(afternoon)]),
            (Self::Limit(..), [days, kind]) => named(LIMIT, [Value::Bare(days.clone()), text(kind)]),
            (Self::VehicleGapMinutes(_) | Self::InternalLead(_) | Self::DefaultDays(_), [number]) => {
                Value::Bare(number.clone())
            }
            (Self::WeekdayOff(_) | Self::DefaultFor(_) | Self::Bodies(_), words) => {
                Value::List(words.to_vec())
            }
            (_, words) => Value::Text(words.concat()),
        }
    }
}

/// What the names of limits of petitions begin with.
const LIMITS: &str = "petitions.limits.";

/// A number of days or minutes, which may be 0.
fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| *count <= limits::HOUSE_COUNT)
}

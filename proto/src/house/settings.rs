//! The scalars of a house on a day, and its working days.

use std::collections::BTreeMap;

use super::{Denouncer, Hours, House, Limit, PetitionClass, Setting, Table, Thing, TimeOfDay, Weekday, What};
use crate::date::Date;
use crate::limits;
use crate::paper::DocumentType;

/// Days of the week on which nobody works where the house does not say it.
const WEEKEND: &[Weekday] = &[Weekday::Saturday, Weekday::Sunday];

/// The scalars that hold on a day. What nobody said has its usual value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The office above, by its code; empty: nobody said it.
    pub above: String,
    /// The office's name; empty: nobody said it.
    pub name: String,
    /// The office's first day.
    pub first_day: Option<Date>,
    /// Office hours.
    pub hours: Hours,
    /// Days of the week on which nobody works.
    pub weekday_off: Vec<Weekday>,
    /// Minutes between two trips of one vehicle, below which the desk warns.
    pub vehicle_gap_minutes: u32,
    /// When people are reminded.
    pub urge_at: TimeOfDay,
    /// When a day ends that is named as a date without an hour.
    pub day_ends: TimeOfDay,
    /// Working days by which an inner date is proposed before the outer one.
    pub internal_lead: u32,
    /// Calendar days after which a work is due for which nobody named a date.
    pub default_days: u32,
    /// Types of papers for which `default_days` is proposed.
    pub default_for: Vec<DocumentType>,
    /// Offices beside this one that get work through papers, by their codes.
    pub bodies: Vec<String>,
    /// Where the identity of who denounced is kept.
    pub denouncer: Denouncer,
    /// The paper on which the limits of petitions rest; empty: nobody said it.
    pub basis: String,
    /// Limits of petitions by class. A class without one has none that the office has confirmed.
    pub limits: BTreeMap<PetitionClass, Limit>,
}

const fn time(hour: u16, minute: u16) -> TimeOfDay {
    match TimeOfDay::new(hour, minute) {
        Some(time) => time,
        None => panic!("no such time of day"),
    }
}

impl Default for Settings {
    /// What most offices say: two days a week off, 07:30 to 17:00.
    fn default() -> Self {
        Self {
            above: String::new(),
            name: String::new(),
            first_day: None,
            hours: Hours {
                morning: const { [time(7, 30), time(11, 30)] },
                afternoon: const { [time(13, 30), time(17, 0)] },
            },
            weekday_off: WEEKEND.to_vec(),
            vehicle_gap_minutes: 30,
            urge_at: const { time(8, 0) },
            day_ends: const { time(17, 0) },
            internal_lead: 2,
            default_days: 10,
            default_for: vec![
                DocumentType::Plan,
                DocumentType::Resolution,
                DocumentType::Programme,
                DocumentType::Directive,
                DocumentType::Conclusion,
            ],
            bodies: Vec::new(),
            denouncer: Denouncer::default(),
            basis: String::new(),
            limits: BTreeMap::new(),
        }
    }
}

impl Settings {
    fn set(&mut self, setting: &Setting) {
        match setting {
            Setting::Above(above) => self.above.clone_from(above),
            Setting::Name(name) => self.name.clone_from(name),
            Setting::FirstDay(day) => self.first_day = Some(*day),
            Setting::Hours(hours) => self.hours = *hours,
            Setting::WeekdayOff(days) => self.weekday_off.clone_from(days),
            Setting::VehicleGapMinutes(minutes) => self.vehicle_gap_minutes = *minutes,
            Setting::UrgeAt(time) => self.urge_at = *time,
            Setting::DayEnds(time) => self.day_ends = *time,
            Setting::InternalLead(days) => self.internal_lead = *days,
            Setting::DefaultDays(days) => self.default_days = *days,
            Setting::DefaultFor(types) => self.default_for.clone_from(types),
            Setting::Bodies(bodies) => self.bodies.clone_from(bodies),
            Setting::Denouncer(denouncer) => self.denouncer = *denouncer,
            Setting::Basis(basis) => self.basis.clone_from(basis),
            Setting::Limit(class, limit) => {
                self.limits.insert(*class, *limit);
            }
        }
    }
}

impl House {
    /// The scalars that hold on a day.
    pub fn settings(&self, day: Date) -> Settings {
        let mut settings = Settings::default();
        for fact in self.all(Table::Settings, day) {
            if let What::Setting(setting) = &fact.what {
                settings.set(setting);
            }
        }
        settings
    }

    /// Whether people work on a day: what was said of the day itself, else its weekday.
    pub fn is_working(&self, day: Date) -> bool {
        match self.on(&Thing::new(Table::Holidays, &[&day.to_string()]), day).map(|fact| &fact.what) {
            Some(What::Holiday(holiday)) => holiday.working,
            _ => !self.weekday_off(day).contains(&Weekday::of(day)),
        }
    }

    /// Days of the week on which nobody works, as of a day.
    fn weekday_off(&self, day: Date) -> &[Weekday] {
        match self.on(&Thing::new(Table::Settings, &["weekday_off"]), day).map(|fact| &fact.what) {
            Some(What::Setting(Setting::WeekdayOff(days))) => days,
            _ => WEEKEND,
        }
    }

    /// The day itself, or the next working day.
    pub fn working_from(&self, day: Date) -> Date {
        self.nearest_working(day, 1)
    }

    /// The day itself, or the last working day before it.
    pub fn working_until(&self, day: Date) -> Date {
        self.nearest_working(day, -1)
    }

    /// So many working days after a day.
    pub fn working_after(&self, day: Date, days: u32) -> Date {
        (0..days).fold(day, |day, _| self.nearest_working(day.plus(1), 1))
    }

    /// So many working days before a day.
    pub fn working_before(&self, day: Date, days: u32) -> Date {
        (0..days).fold(day, |day, _| self.nearest_working(day.plus(-1), -1))
    }

    /// How many working days are after one day and not after another. Counted are at most [`limits::WORKING_DAYS`].
    pub fn working_between(&self, after: Date, until: Date) -> u32 {
        let mut day = after;
        let mut count = 0;
        while day < until && count < limits::WORKING_DAYS {
            day = day.plus(1);
            count += u32::from(self.is_working(day));
        }
        count
    }

    /// The first working day from a day on, forwards or backwards. A house that never works within
    /// [`limits::DAYS_OFF`] days keeps the day.
    fn nearest_working(&self, day: Date, step: i32) -> Date {
        let mut tried = day;
        for _ in 0..limits::DAYS_OFF {
            if self.is_working(tried) {
                return tried;
            }
            tried = tried.plus(step);
        }
        day
    }
}

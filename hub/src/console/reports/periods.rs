//! The periods of a form that end in one year, and groups of their offices: the data of both pages about completeness.

use std::collections::{BTreeMap, BTreeSet};

use truc_node::derive::views::across::{self, ReportRow, Request};
use truc_node::web::Visit;
use truc_node::words::failure::Failure;
use truc_node::words::order::order;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::registry::{Registry, Tier};

use super::completeness::{self, Got, Tally};
use crate::console::province::former_district;

/// How many periods a page holds at most.
pub(super) const SHOWN: usize = 12;
/// Name of the kind of period that is shown as twelve months.
pub(super) const MONTH: &str = "month";

/// One period.
#[derive(Clone, Debug)]
pub(super) struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// When the report is due, Unix milliseconds.
    pub deadline: i64,
    /// Offices that were asked to report.
    pub expected: BTreeSet<OfficeId>,
    /// What offices have reported.
    pub got: BTreeMap<OfficeId, Got>,
}

impl Period {
    /// Counts over all offices.
    pub(super) fn tally(&self) -> Tally {
        completeness::tally(&self.expected, &self.got, self.deadline)
    }

    /// Counts over some offices.
    pub(super) fn tally_of(&self, offices: &BTreeSet<OfficeId>) -> Tally {
        let expected = self.expected.intersection(offices).copied().collect();
        let got = self.got.iter().filter(|(office, _)| offices.contains(office));
        completeness::tally(&expected, &got.map(|(id, got)| (*id, got.clone())).collect(), self.deadline)
    }

    /// Offices that were asked to report and have not.
    pub(super) fn missing(&self) -> impl Iterator<Item = OfficeId> {
        self.expected.iter().copied().filter(|office| !self.got.contains_key(office))
    }
}

/// Reads the periods of a form and kind that end in a year, oldest first. A month without any report is among them if
/// it comes after the first month with one and is over.
pub(super) fn read(visit: &Visit, form: &str, kind: &str, year: i32) -> Result<Vec<Period>, Failure> {
    let (first, last) = (format!("{year:04}-01-01"), format!("{year:04}-12-31"));
    let (rows, requests) = visit.look(|conn, _| {
        Ok((across::reports(conn, form, kind, &first, &last)?, across::requests(conn, form)?))
    })?;
    let registry = visit.registry();
    let positions: Vec<u64> = rows.iter().map(|row| row.first).collect();
    let arrived: BTreeMap<u64, Option<i64>> = visit.office().read(|journal| {
        positions.iter().map(|position| Ok((*position, journal.arrived(*position)?))).collect()
    })?;
    let arrived = |position| arrived.get(&position).copied().flatten();
    Ok(periods(&rows, &requests, &registry, kind, visit.today(), arrived))
}

fn periods(
    rows: &[ReportRow],
    requests: &[Request],
    registry: &Registry,
    kind: &str,
    today: Date,
    arrived: impl Fn(u64) -> Option<i64>,
) -> Vec<Period> {
    let mut days: BTreeSet<(Date, Date)> = rows.iter().filter_map(days_of).collect();
    if kind == MONTH {
        days.extend(silent_months(&days, today));
    }
    let mut asked: BTreeMap<(Date, Date), (i64, BTreeSet<OfficeId>)> = BTreeMap::new();
    for request in requests {
        let offices = completeness::asked(registry, request);
        if let Some(day) = completeness::period_of(request, &days).filter(|_| !offices.is_empty()) {
            // Who asks again gives more time.
            let (due, all) = asked.entry(day).or_insert((request.due, BTreeSet::new()));
            *due = request.due.max(*due);
            all.extend(offices);
        }
    }
    let made = |(to, from): (Date, Date)| {
        let request = asked.get(&(to, from));
        let own = || rows.iter().filter(move |row| days_of(row) == Some((to, from)));
        Period {
            from,
            to,
            deadline: request.map_or_else(
                || completeness::deadline(to, own().map(|row| (row.owner, row.due))),
                |(due, _)| *due,
            ),
            expected: request.map(|(_, offices)| offices.clone()).unwrap_or_default(),
            got: completeness::got(own(), registry, &arrived),
        }
    };
    shown(days.into_iter().map(made).collect())
}

/// The newest periods, as many as a page holds. If there are more, those that one office alone reports on go first: it may
/// have invented them.
fn shown(mut all: Vec<Period>) -> Vec<Period> {
    let mut spare = all.len().saturating_sub(SHOWN);
    all.retain(|period| {
        let goes = spare > 0 && period.got.len() == 1;
        spare -= usize::from(goes);
        !goes
    });
    all.drain(..all.len().saturating_sub(SHOWN));
    all
}

/// The last day first, so that periods sort by their end.
fn days_of(row: &ReportRow) -> Option<(Date, Date)> {
    Some((row.to.parse().ok()?, row.from.parse().ok()?))
}

/// Months after the first reported one that are over and of which nobody has reported. They begin and end on the same
/// days of the month as the earliest period.
fn silent_months(days: &BTreeSet<(Date, Date)>, today: Date) -> Vec<(Date, Date)> {
    let month = |date: Date| (date.civil().year(), date.civil().month());
    let known: BTreeSet<(i16, i8)> = days.iter().map(|(to, _)| month(*to)).collect();
    let Some((&(year, first), &(to, from))) = known.first().zip(days.first()) else { return Vec::new() };
    let (end, begin) = (to.civil().day(), from.civil().day());
    let silent = (first..=12).filter(|month| !known.contains(&(year, *month))).filter_map(|month| {
        let to = (0..4).find_map(|less| Date::new(year, month, end.checked_sub(less)?))?;
        let (year, before) = match (begin > end, month) {
            (false, _) => (year, month),
            (true, 1) => (year - 1, 12),
            (true, _) => (year, month - 1),
        };
        let from = (0..4).find_map(|less| Date::new(year, before, begin.checked_sub(less)?))?;
        (to < today).then_some((to, from))
    });
    silent.collect()
}

/// Groups of the offices in these periods: each district by itself, communes by their district; if all are under one
/// office, communes by their former district if more than half were in one, otherwise by initial.
pub(super) fn groups(registry: &Registry, periods: &[Period]) -> Vec<(String, BTreeSet<OfficeId>)> {
    let mut groups: BTreeMap<(Vec<u8>, String), BTreeSet<OfficeId>> = BTreeMap::new();
    let mut parents = BTreeSet::new();
    let mut all: BTreeMap<OfficeId, Date> = BTreeMap::new();
    for period in periods {
        let ids = period.expected.iter().chain(period.got.keys());
        all.extend(ids.map(|id| (*id, period.to)));
    }
    let fact = |id: OfficeId, day: Date| registry.fact_at(id, day).or_else(|| registry.office(id)?.current());
    for (id, day) in &all {
        parents.extend(fact(*id, *day).and_then(|fact| fact.parent));
    }
    let was: BTreeMap<OfficeId, OfficeId> =
        all.keys().filter_map(|id| Some((*id, former_district(registry, *id)?))).collect();
    let by_region = was.len() * 2 > all.len();
    for (id, day) in all {
        let Some(one) = fact(id, day) else { continue };
        let name = match (one.tier, one.parent.filter(|_| parents.len() > 1)) {
            (Tier::District, _) => one.name.clone(),
            (Tier::Commune, Some(parent)) => {
                fact(parent, day).map_or_else(String::new, |fact| fact.committee())
            }
            _ => match was.get(&id).filter(|_| by_region).and_then(|region| fact(*region, day)) {
                Some(region) => region.name.clone(),
                None => letter(&one.name, &one.kind),
            },
        };
        groups.entry((order(&name), name)).or_default().insert(id);
    }
    groups.into_iter().map(|((_, name), offices)| (name, offices)).collect()
}

/// The initial of an office's name without the kind of office. Đ is a letter of its own; other marks are dropped.
fn letter(name: &str, kind: &str) -> String {
    let (folded, lower) = (name.to_lowercase(), kind.to_lowercase());
    let own = folded.strip_prefix(&lower).map_or(folded.as_str(), str::trim_start);
    match own.chars().next() {
        Some('đ') => "Đ".to_owned(),
        Some(first) => truc_proto::vietnamese::fold(&first.to_string()).to_uppercase(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn months_that_nobody_reported_on_are_shown_once_they_are_over() {
        let days =
            BTreeSet::from([(day("2026-09-14"), day("2026-08-15")), (day("2026-11-14"), day("2026-10-15"))]);
        let silent = silent_months(&days, day("2026-12-14"));
        assert_eq!(silent, [(day("2026-10-14"), day("2026-09-15"))]);
        let silent = silent_months(&days, day("2026-12-15"));
        assert_eq!(silent[1], (day("2026-12-14"), day("2026-11-15")));
        let plain = BTreeSet::from([(day("2026-01-31"), day("2026-01-01"))]);
        let silent = silent_months(&plain, day("2026-03-01"));
        assert_eq!(silent, [(day("2026-02-28"), day("2026-02-01"))]);
    }

    #[test]
    fn an_office_does_not_push_the_periods_of_others_off_the_page() {
        let period = |to: u8, offices: u128| {
            let to = day(&format!("2026-12-{to:02}"));
            let got = Got {
                record: truc_proto::id::RecordId(uuid::Uuid::from_u128(1)),
                number: String::new(),
                version: 1,
                signed: 1,
                arrived: None,
                accepted: None,
            };
            let office = |number| OfficeId(uuid::Uuid::from_u128(number));
            let got = (0..offices).map(|number| (office(number), got.clone())).collect();
            Period { from: to, to, deadline: 0, expected: BTreeSet::new(), got }
        };
        let days =
            |all: Vec<Period>| shown(all).iter().map(|period| period.to.civil().day()).collect::<Vec<_>>();
        let own = |from: i8, to: i8| (from..=to).collect::<Vec<_>>();
        let honest = |to: u8| period(to, if to == 3 { 0 } else { 2 });
        let flood = (1..=5).map(honest).chain((6..=30).map(|to| period(to, 1))).collect();
        assert_eq!(days(flood), [own(1, 5), own(24, 30)].concat(), "also the silent one stays");
        assert_eq!(days((1..=30).map(|to| period(to, 1)).collect()), own(19, 30));
        assert_eq!(days((1..=30).map(honest).collect()), own(19, 30));
        assert_eq!(days((1..=4).map(|to| period(to, 1)).collect()), own(1, 4));
    }

    #[test]
    fn letters_are_those_of_the_name_and_not_of_the_kind() {
        assert_eq!(letter("Xã Diễn Châu", "xã"), "D");
        assert_eq!(letter("Phường Đông Hiếu", "phường"), "Đ");
        assert_eq!(letter("Xã Yên Thành", "xã"), "Y");
        assert_eq!(letter("Ấp", "xã"), "A");
    }
}

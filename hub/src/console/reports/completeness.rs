//! Which offices should have reported, which did and when, and the totals of their figures. Pure functions.

use std::collections::{BTreeMap, BTreeSet};

use truc_node::derive::views::across::ReportRow;
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::report::{Decimal, Indicator};
use truc_proto::registry::{Fact, Registry, Tier};

const DAY: i64 = 86_400_000;
/// Bound on a walk up the office tree, which has 4 levels: hub, province, district, commune.
const DEPTH: usize = 8;

/// What one office has reported on one form and period, all its records together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Got {
    /// The newest record. Its newest version counts.
    pub record: RecordId,
    /// The record's document number.
    pub number: String,
    /// The record's newest version.
    pub version: u32,
    /// When the first version was signed, Unix milliseconds: a correction does not make a report late.
    pub signed: i64,
    /// When the first version reached the hub, Unix milliseconds; none: unknown.
    pub arrived: Option<i64>,
    /// Whether all addressees that answered the newest version accepted it; none: nobody has answered.
    pub accepted: Option<bool>,
}

/// Groups the reports of one period by office. `arrived` gives the arrival time of the entry at a position.
pub(super) fn got<'a>(
    rows: impl Iterator<Item = &'a ReportRow>,
    registry: &Registry,
    arrived: impl Fn(u64) -> Option<i64>,
) -> BTreeMap<OfficeId, Got> {
    let mut all: BTreeMap<OfficeId, Got> = BTreeMap::new();
    for row in rows {
        let addressed = |office: OfficeId| {
            row.audience.iter().any(|scope| {
                scope.office == office || scope.subtree && registry.is_above(scope.office, office)
            })
        };
        let verdicts = row.verdicts.iter().filter(|(office, _)| addressed(*office));
        let accepted = verdicts.map(|(_, accepted)| *accepted).reduce(|one, other| one && other);
        let before = all.remove(&row.owner);
        let (signed, came) = (row.signed, arrived(row.first));
        // Rows are sorted by signed time: the first decides whether the report was on time, the last gives the figures.
        let (signed, came) = before.map_or((signed, came), |before| (before.signed, before.arrived));
        let (number, version) = (row.number.clone(), row.version);
        all.insert(row.owner, Got { record: row.record, number, version, signed, arrived: came, accepted });
    }
    all
}

/// Pairs of an addressee and the tier of the offices that report to it.
pub(super) fn pairs<'a>(
    rows: impl Iterator<Item = &'a ReportRow>,
    registry: &Registry,
) -> BTreeSet<(OfficeId, Tier)> {
    let day = |row: &ReportRow| row.to.parse().ok();
    rows.flat_map(|row| {
        let tier = fact(registry, row.owner, day(row)).map(|fact| fact.tier);
        row.audience.iter().filter_map(move |scope| Some((scope.office, tier?)))
    })
    .collect()
}

/// Offices that should report on a period ending on `day`: open then, of a tier that reports, below one reported to.
pub(super) fn expected(
    registry: &Registry,
    pairs: &BTreeSet<(OfficeId, Tier)>,
    day: Date,
) -> BTreeSet<OfficeId> {
    let reports = |(id, _): &(OfficeId, _)| {
        let Some(fact) = registry.fact_at(*id, day).filter(|fact| !fact.closed) else { return false };
        let above = |office: &OfficeId| registry.fact_at(*office, day)?.parent;
        let ancestors = std::iter::successors(fact.parent, above).take(DEPTH);
        ancestors.into_iter().any(|above| pairs.contains(&(above, fact.tier)))
    };
    registry.offices().filter(reports).map(|(id, _)| id).collect()
}

fn fact(registry: &Registry, office: OfficeId, day: Option<Date>) -> Option<&Fact> {
    day.and_then(|day| registry.fact_at(office, day)).or_else(|| registry.office(office)?.current())
}

/// When reports on a period are due, Unix milliseconds: the deadline that most offices name, each by its first report;
/// of several, the earliest. So no office makes others late by reporting often. If none names one: 17:00 on the day
/// after the period's last day. State bodies close a month's figures on the 14th and report on the 15th (Nghị định
/// 09/2019/NĐ-CP and the circulars after it).
pub(super) fn deadline(to: Date, dues: impl Iterator<Item = (OfficeId, i64)>) -> i64 {
    let (mut heard, mut named) = (BTreeSet::new(), BTreeMap::<i64, usize>::new());
    for (_, due) in dues.filter(|(office, _)| heard.insert(*office)) {
        *named.entry(due).or_default() += 1;
    }
    let most = named.into_iter().max_by_key(|(due, count)| (*count, std::cmp::Reverse(*due)));
    most.map_or_else(|| to.close_millis() + DAY, |(due, _)| due)
}

/// How complete a period is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    /// Offices that should have reported.
    pub expected: usize,
    /// Offices that have reported.
    pub received: usize,
    /// Reports signed by the deadline.
    pub signed: usize,
    /// Reports that reached the hub by the deadline.
    pub arrived: usize,
    /// Reports whose time of arrival is unknown.
    pub unknown: usize,
    /// Reports accepted.
    pub accepted: usize,
    /// Reports returned for correction.
    pub returned: usize,
}

/// Counts the reports of a period. An office that has reported counts as expected, too.
pub(super) fn tally(expected: &BTreeSet<OfficeId>, got: &BTreeMap<OfficeId, Got>, deadline: i64) -> Tally {
    let count = |what: &dyn Fn(&Got) -> bool| got.values().filter(|got| what(got)).count();
    Tally {
        expected: expected.iter().chain(got.keys()).collect::<BTreeSet<_>>().len(),
        received: got.len(),
        signed: count(&|got| got.signed <= deadline),
        arrived: count(&|got| got.arrived.is_some_and(|arrived| arrived <= deadline)),
        unknown: count(&|got| got.arrived.is_none()),
        accepted: count(&|got| got.accepted == Some(true)),
        returned: count(&|got| got.accepted == Some(false)),
    }
}

/// The total of an indicator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Total {
    /// Id of the indicator in the form.
    pub id: String,
    /// What the indicator counts.
    pub label: String,
    /// Unit. For "%" the total is a mean, because percentages cannot be added.
    pub unit: String,
    /// The exact total; none: no office gave a figure, or the total is too large to be represented.
    pub value: Option<Decimal>,
    /// How many offices gave a figure.
    pub counted: usize,
}

impl Total {
    /// The value for sorting and drawing; not exact.
    pub(super) fn number(&self) -> Option<f64> {
        self.value?.to_string().parse().ok()
    }

    /// Whether the total is a mean.
    pub(super) fn is_mean(&self) -> bool {
        self.unit.trim() == "%"
    }
}

/// Adds up the figures of many reports for each indicator, in the order of their first appearance.
pub(super) fn totals<'a>(reports: impl Iterator<Item = &'a [Indicator]>) -> Vec<Total> {
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    let mut all: Vec<(Total, Option<(i128, u32)>)> = Vec::new();
    for indicator in reports.flatten() {
        let index = *at.entry(indicator.id.clone()).or_insert_with(|| {
            let (id, label, unit) = (indicator.id.clone(), indicator.label.clone(), indicator.unit.clone());
            all.push((Total { id, label, unit, value: None, counted: 0 }, Some((0, 0))));
            all.len() - 1
        });
        let (total, sum) = &mut all[index];
        if let Some(value) = indicator.value {
            total.counted += 1;
            *sum = sum.and_then(|sum| plus(sum, (value.unscaled.into(), value.scale)));
        }
    }
    let made = |(mut total, sum): (Total, Option<(i128, u32)>)| {
        let sum = sum.filter(|_| total.counted > 0);
        let sum = if total.is_mean() { sum.and_then(|sum| mean(sum, total.counted)) } else { sum };
        total.value = sum
            .and_then(|(unscaled, scale)| Some(Decimal { unscaled: i64::try_from(unscaled).ok()?, scale }));
        total
    };
    all.into_iter().map(made).collect()
}

fn scaled(value: (i128, u32), scale: u32) -> Option<i128> {
    value.0.checked_mul(10_i128.checked_pow(scale.checked_sub(value.1)?)?)
}

fn plus(one: (i128, u32), other: (i128, u32)) -> Option<(i128, u32)> {
    let scale = one.1.max(other.1);
    Some((scaled(one, scale)?.checked_add(scaled(other, scale)?)?, scale))
}

/// The mean, rounded half away from zero, with at most one decimal place more than the sum.
fn mean(sum: (i128, u32), count: usize) -> Option<(i128, u32)> {
    let count = i128::try_from(count).ok()?;
    let scale = sum.1 + 1;
    let wide = scaled(sum, scale)?;
    let half = if wide < 0 { -count / 2 } else { count / 2 };
    let (mut mean, mut scale) = (wide.checked_add(half)? / count, scale);
    while scale > 0 && mean % 10 == 0 {
        (mean, scale) = (mean / 10, scale - 1);
    }
    Some((mean, scale))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;
    use ed25519_dalek::SigningKey;
    use truc_proto::audience::Scope;
    use truc_proto::wire;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> OfficeId {
        OfficeId(Uuid::from_u128(number))
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn say(registry: &mut Registry, office: u128, tier: &str, parent: u128, since: &str, closed: bool) {
        let fact = wire::OfficeFact {
            office: id(office).to_wire(),
            since: since.into(),
            tier: tier.into(),
            parent: Bytes::copy_from_slice(id(parent).0.as_bytes()),
            name: format!("Office {office}"),
            closed,
            ..Default::default()
        };
        let mv = wire::RegistryMove { r#move: Some(wire::registry_move::Move::Office(fact)) };
        assert!(registry.apply(1, &mv));
    }

    /// Registry of hub 1, province 2, districts 20 and 21, communes 200 and 201 (under 20) and 210 (under 21).
    fn province() -> Registry {
        let mut registry = Registry::new(id(1), SigningKey::from_bytes(&[1; 32]).verifying_key());
        for (office, tier, parent) in [
            (2, "province", 1),
            (20, "district", 2),
            (21, "district", 2),
            (200, "commune", 20),
            (201, "commune", 20),
            (210, "commune", 21),
        ] {
            say(&mut registry, office, tier, parent, "2020-01-01", false);
        }
        registry
    }

    fn row(owner: u128, to: u128, signed: i64, verdicts: &[(u128, bool)]) -> ReportRow {
        ReportRow {
            record: RecordId(Uuid::from_u128(owner * 1000 + signed as u128)),
            owner: id(owner),
            from: "2024-11-15".into(),
            to: "2024-12-14".into(),
            version: 1,
            signed,
            first: signed as u64,
            number: String::new(),
            due: None,
            audience: vec![Scope::office(id(to))],
            verdicts: verdicts.iter().map(|(office, good)| (id(*office), *good)).collect(),
        }
    }

    #[test]
    fn those_are_expected_who_were_open_and_of_the_level_that_reports() {
        let mut registry = province();
        let rows = [row(20, 2, 0, &[])];
        let districts = pairs(rows.iter(), &registry);
        assert_eq!(expected(&registry, &districts, day("2024-12-14")), [id(20), id(21)].into());
        let rows = [row(200, 20, 0, &[])];
        let communes = pairs(rows.iter(), &registry);
        let under_20 = expected(&registry, &communes, day("2024-12-14"));
        assert_eq!(under_20, [id(200), id(201)].into(), "not those of the other district");
        say(&mut registry, 201, "commune", 20, "2025-01-01", true);
        assert_eq!(expected(&registry, &communes, day("2024-12-14")), under_20, "it was open then");
        assert_eq!(expected(&registry, &communes, day("2025-01-14")), [id(200)].into());
        assert_eq!(expected(&registry, &communes, day("2019-12-14")), [].into());
    }

    #[test]
    fn a_report_is_on_time_by_when_it_was_signed_and_by_when_it_came() {
        let registry = province();
        let rows = [
            row(200, 20, 10, &[(20, true)]),
            row(201, 20, 10, &[(20, false), (21, true)]),
            row(210, 20, 30, &[]),
        ];
        let came = |position: u64| if position == 10 { Some(25) } else { None };
        let got = got(rows.iter(), &registry, came);
        let tally = tally(&[id(200), id(201), id(202)].into(), &got, 20);
        assert_eq!(
            tally,
            Tally { expected: 4, received: 3, signed: 2, arrived: 0, unknown: 1, accepted: 1, returned: 1 }
        );
        assert_eq!(super::tally(&[].into(), &got, 25).arrived, 2);
    }

    #[test]
    fn a_second_report_brings_new_figures_but_not_a_new_time() {
        let registry = province();
        let rows = [row(200, 20, 10, &[(20, false)]), row(200, 20, 30, &[(20, true)])];
        let got = got(rows.iter(), &registry, |position| Some(position as i64 + 1));
        let one = &got[&id(200)];
        assert_eq!((one.signed, one.arrived, one.accepted), (10, Some(11), Some(true)));
        assert_eq!(one.record, rows[1].record);
    }

    #[test]
    fn a_deadline_is_what_most_offices_say_or_the_day_after() {
        let to = day("2026-10-14");
        let of = |dues: &[(u128, i64)]| {
            deadline(to, dues.iter().map(|(office, due)| (OfficeId(Uuid::from_u128(*office)), *due)))
        };
        assert_eq!(of(&[]), day("2026-10-15").close_millis());
        assert_eq!(of(&[(1, 7), (2, 9), (3, 9), (4, 7), (5, 8)]), 7, "of two alike the earlier one");
        assert_eq!(of(&[(1, 7), (2, 9), (3, 9)]), 9);
        assert_eq!(of(&[(1, 7), (1, 7), (1, 7), (2, 9), (3, 9)]), 9, "who reports often has one voice");
    }

    fn figure(id: &str, unit: &str, value: Option<&str>) -> Indicator {
        let value = value.map(|value| value.parse().unwrap());
        Indicator { id: id.into(), label: id.into(), unit: unit.into(), value, note: String::new() }
    }

    #[test]
    fn sums_are_exact_and_say_how_many_they_come_from() {
        let one = [figure("A01", "văn bản", Some("486")), figure("A07", "%", Some("91.2"))];
        let two = [figure("A01", "văn bản", None), figure("A07", "%", Some("93"))];
        let three = [figure("A01", "văn bản", Some("0.1")), figure("A11", "hồ sơ", None)];
        let reports = [&one[..], &two[..], &three[..]];
        let sums = totals(reports.into_iter());
        let told: Vec<_> =
            sums.iter().map(|sum| (sum.id.as_str(), sum.value.map(|v| v.to_string()), sum.counted)).collect();
        assert_eq!(
            told,
            [("A01", Some("486.1".into()), 2), ("A07", Some("92.1".into()), 2), ("A11", None, 0),],
            "no data is never zero"
        );
    }

    #[test]
    fn a_sum_that_cannot_be_written_is_none_and_hurts_nobody() {
        let large = [figure("A", "x", Some(&i64::MAX.to_string())), figure("B", "x", Some("1"))];
        let small = [figure("A", "x", Some("0.000000000000000001")), figure("B", "x", Some("2"))];
        let reports = [&large[..], &small[..]];
        let sums = totals(reports.into_iter());
        assert_eq!((sums[0].value, sums[0].counted), (None, 2));
        assert_eq!(sums[1].value.map(|value| value.to_string()).as_deref(), Some("3"));
    }
}

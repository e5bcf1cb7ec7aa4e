//! Which offices were asked to report, which did and when, and the totals of their figures. Pure functions.

use std::collections::{BTreeMap, BTreeSet};

use truc_node::derive::views::across::{ReportRow, Request};
use truc_node::derive::views::owed;
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::record::figure::Exact;
use truc_proto::record::report::{Indicator, form_key};
use truc_proto::registry::Registry;
use truc_proto::vietnamese::fold;

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

/// Offices of which a report was asked: those that the request names, as they were under its author and open on the day
/// when it was due. Nobody asks itself, or an office above.
pub(super) fn asked(registry: &Registry, request: &Request) -> BTreeSet<OfficeId> {
    let Some(due) = Date::of_millis(request.due) else { return BTreeSet::new() };
    let meant = |(id, _): &(OfficeId, _)| {
        let Some(fact) = registry.fact_at(*id, due).filter(|fact| !fact.closed) else { return false };
        let above = |office: &OfficeId| registry.fact_at(*office, due)?.parent;
        let mut ancestors = std::iter::successors(fact.parent, above).take(DEPTH);
        let named = request.by.office == *id;
        let below = request.by.subtree && ancestors.any(|above| above == request.by.office);
        (named || below) && *id != request.owner && owed::may_owe(registry, *id, request.owner)
    };
    registry.offices().filter(meant).map(|(id, _)| id).collect()
}

/// The period that a request is about: of those that end within a month of its deadline the nearest, as a report is asked
/// for shortly after its period ends, or shortly before.
pub(super) fn period_of(request: &Request, days: &BTreeSet<(Date, Date)>) -> Option<(Date, Date)> {
    const NEAR: i64 = 31 * DAY;
    let apart = |(to, _): &&(Date, Date)| (request.due - to.close_millis()).abs();
    days.iter().min_by_key(apart).filter(|day| apart(day) <= NEAR).copied()
}

/// When reports on a period are due, Unix milliseconds: the deadline that more than half of the offices name that
/// reported, each by its first report. So no few make others late. If there is none: 17:00 on the day after the period's
/// last day. State bodies close a month's figures on the 14th and report on the 15th (Nghị định 09/2019/NĐ-CP and the
/// circulars after it).
pub(super) fn deadline(to: Date, dues: impl Iterator<Item = (OfficeId, Option<i64>)>) -> i64 {
    let (mut heard, mut named) = (BTreeSet::new(), BTreeMap::<i64, usize>::new());
    for due in dues.filter(|(office, _)| heard.insert(*office)).filter_map(|(_, due)| due) {
        *named.entry(due).or_default() += 1;
    }
    let most = named.into_iter().find(|(_, count)| count * 2 > heard.len());
    most.map_or_else(|| to.close_millis() + DAY, |(due, _)| due)
}

/// How complete a period is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    /// Offices that were asked to report.
    pub expected: usize,
    /// Offices that have reported.
    pub received: usize,
    /// Those of them that nobody had asked.
    pub unasked: usize,
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

/// Counts the reports of a period. Offices that reported unasked count as received and are in no rate.
pub(super) fn tally(expected: &BTreeSet<OfficeId>, got: &BTreeMap<OfficeId, Got>, deadline: i64) -> Tally {
    let count = |what: &dyn Fn(&Got) -> bool| got.values().filter(|got| what(got)).count();
    Tally {
        expected: expected.len(),
        received: got.len(),
        unasked: got.keys().filter(|office| !expected.contains(office)).count(),
        signed: count(&|got| got.signed <= deadline),
        arrived: count(&|got| got.arrived.is_some_and(|arrived| arrived <= deadline)),
        unknown: count(&|got| got.arrived.is_none()),
        accepted: count(&|got| got.accepted == Some(true)),
        returned: count(&|got| got.accepted == Some(false)),
    }
}

impl Tally {
    /// Offices that were asked and have not reported.
    pub(super) fn missing(&self) -> usize {
        (self.expected + self.unasked).saturating_sub(self.received)
    }
}

/// What the figures of many reports for one indicator come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sum {
    /// Their exact sum.
    Is(Exact),
    /// A share or a mean: such figures cannot be added, they are listed.
    Ratio,
    /// No office gave a figure.
    NoData,
    /// Too large to be written.
    TooLarge,
}

/// The total of an indicator over reports that measure it in the same unit. Figures in another unit stand in a total of
/// their own: only like is added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Total {
    /// Id of the indicator in the form.
    pub id: String,
    /// What the indicator counts.
    pub label: String,
    /// Unit.
    pub unit: String,
    /// The sum.
    pub sum: Sum,
    /// How many offices gave a figure.
    pub counted: usize,
}

impl Total {
    /// What all writings of id and unit have in common.
    pub(super) fn key(&self) -> (String, String) {
        key(&self.id, &self.unit)
    }

    /// The sum, if there is one.
    pub(super) fn value(&self) -> Option<Exact> {
        if let Sum::Is(sum) = self.sum { Some(sum) } else { None }
    }
}

/// What all writings of an indicator's id and unit have in common.
pub(super) fn key(id: &str, unit: &str) -> (String, String) {
    (form_key(id), form_key(unit).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether figures of an indicator are shares or means, as far as unit and label say so.
fn is_ratio(unit: &str, label: &str) -> bool {
    const WORDS: [&str; 5] = ["ty le", "ti le", "ty trong", "binh quan", "trung binh"];
    let label = fold(label);
    unit.contains(['%', '‰', '/']) || WORDS.iter().any(|word| label.contains(word))
}

/// Adds up the figures of many reports for each indicator and unit, in the order of their first appearance.
pub(super) fn totals<'a>(reports: impl Iterator<Item = &'a [Indicator]>) -> Vec<Total> {
    let mut at: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut all: Vec<Total> = Vec::new();
    // Of each, how many call it a share or a mean: one office's label does not take the sum from all.
    let mut ratios: Vec<usize> = Vec::new();
    for indicator in reports.flatten() {
        let index = *at.entry(key(&indicator.id, &indicator.unit)).or_insert_with(|| {
            let (id, label, unit) = (indicator.id.clone(), indicator.label.clone(), indicator.unit.clone());
            all.push(Total { id, label, unit, sum: Sum::NoData, counted: 0 });
            ratios.push(0);
            all.len() - 1
        });
        let total = &mut all[index];
        let Some(value) = indicator.value else { continue };
        total.counted += 1;
        ratios[index] += usize::from(is_ratio(&indicator.unit, &indicator.label));
        total.sum = match total.sum {
            Sum::NoData => Sum::Is(value.into()),
            Sum::Is(sum) => sum.plus(value.into()).map_or(Sum::TooLarge, Sum::Is),
            other => other,
        };
    }
    let mostly = |(total, ratios): &(&mut Total, usize)| ratios * 2 > total.counted;
    for (total, _) in all.iter_mut().zip(ratios).filter(mostly) {
        total.sum = Sum::Ratio;
    }
    // One indicator in several units stands in lines below each other.
    let first: BTreeMap<String, usize> =
        all.iter().enumerate().rev().map(|(index, total)| (form_key(&total.id), index)).collect();
    all.sort_by_key(|total| first.get(&form_key(&total.id)).copied());
    all
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

    fn request(owner: u128, by: Scope, due: &str) -> Request {
        Request { owner: id(owner), by, due: day(due).close_millis(), content: String::new() }
    }

    #[test]
    fn those_are_expected_who_were_asked_and_open_then() {
        let mut registry = province();
        let mut asked = |owner, by, due: &str, closed: bool| {
            if closed {
                say(&mut registry, 201, "commune", 20, "2025-01-01", true);
            }
            super::asked(&registry, &request(owner, by, due))
        };
        let under_20 = Scope::subtree(id(20));
        assert_eq!(asked(20, under_20, "2024-12-15", false), [id(200), id(201)].into(), "not itself");
        assert_eq!(asked(2, under_20, "2024-12-15", false), [id(20), id(200), id(201)].into());
        assert_eq!(asked(20, under_20, "2024-12-15", true), [id(200), id(201)].into(), "it was open then");
        assert_eq!(asked(20, under_20, "2025-01-15", true), [id(200)].into());
        assert_eq!(asked(20, under_20, "2019-12-15", true), [].into());
        assert_eq!(asked(200, Scope::office(id(20)), "2025-01-15", true), [].into(), "upwards is a wish");
    }

    #[test]
    fn a_request_is_about_the_period_next_to_its_deadline() {
        let days: BTreeSet<_> = [("2026-10-14", "2026-09-15"), ("2026-11-14", "2026-10-15")]
            .map(|(to, from)| (day(to), day(from)))
            .into();
        let of = |due| period_of(&request(2, Scope::subtree(id(2)), due), &days).map(|(to, _)| to);
        assert_eq!(of("2026-11-20"), Some(day("2026-11-14")));
        assert_eq!(of("2026-10-15"), Some(day("2026-10-14")));
        assert_eq!(of("2026-11-10"), Some(day("2026-11-14")), "an estimate is asked for before the end");
        assert_eq!(of("2027-03-01"), None);
    }

    #[test]
    fn nobody_is_expected_because_somebody_reported() {
        let registry = province();
        let rows = [row(200, 20, 10, &[])];
        let got = got(rows.iter(), &registry, |_| Some(5));
        let tally = super::tally(&[].into(), &got, 20);
        assert_eq!((tally.expected, tally.received, tally.unasked, tally.missing()), (0, 1, 1, 0));
        let asked = super::tally(&[id(201)].into(), &got, 20);
        assert_eq!((asked.expected, asked.missing()), (1, 1), "the other's report does not stand for it");
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
            Tally {
                expected: 3,
                received: 3,
                unasked: 1,
                signed: 2,
                arrived: 0,
                unknown: 1,
                accepted: 1,
                returned: 1
            }
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
            let due = |due| Some(due).filter(|due| *due > 0);
            deadline(to, dues.iter().map(|(office, day)| (OfficeId(Uuid::from_u128(*office)), due(*day))))
        };
        let rule = day("2026-10-15").close_millis();
        assert_eq!(of(&[]), rule);
        assert_eq!(of(&[(1, 7), (2, 9), (3, 9), (4, 7), (5, 8)]), rule, "no day has most of them");
        assert_eq!(of(&[(1, 7), (2, 0), (3, 0)]), rule, "one office decides for no other");
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
        let told: Vec<_> = sums.iter().map(|sum| (sum.id.as_str(), said(sum), sum.counted)).collect();
        assert_eq!(
            told,
            [("A01", "486.1".into(), 2), ("A07", "Ratio".into(), 2), ("A11", "NoData".into(), 0)],
            "no data is never zero, and no mean is made of shares"
        );
    }

    #[test]
    fn one_label_takes_no_sum_away() {
        let call =
            |label: &str| [Indicator { label: label.into(), ..figure("A01", "văn bản", Some("5")) }];
        let (one, two, odd) = (call("Văn bản đến"), call("Văn bản đến"), call("Tỷ lệ văn bản"));
        let sums = totals([&one[..], &two[..], &odd[..]].into_iter());
        assert_eq!(said(&sums[0]), "15");
        let sums = totals([&one[..], &odd[..], &odd[..]].into_iter());
        assert_eq!(said(&sums[0]), "Ratio");
    }

    fn said(total: &Total) -> String {
        total.value().map_or_else(|| format!("{:?}", total.sum), |sum| sum.to_string())
    }

    #[test]
    fn only_like_is_added() {
        let one = [figure("A02", "cuộc", Some("11")), figure("a01", "văn bản", Some("1"))];
        let two = [figure("A02", "tỷ đồng", Some("1.5")), figure("A01", "Văn  bản", Some("2"))];
        let labelled = Indicator { label: "Tỷ lệ đúng hạn".into(), ..figure("A09", "", Some("50")) };
        let sums = totals([&one[..], &two[..], &[labelled][..]].into_iter());
        let told: Vec<_> = sums.iter().map(|sum| (&*sum.id, &*sum.unit, said(sum), sum.counted)).collect();
        assert_eq!(
            told,
            [
                ("A02", "cuộc", "11".into(), 1),
                ("A02", "tỷ đồng", "1.5".into(), 1),
                ("a01", "văn bản", "3".into(), 2),
                ("A09", "", "Ratio".into(), 1)
            ]
        );
    }

    #[test]
    fn sums_beyond_the_figures_of_reports_are_exact_too() {
        let large = [figure("A", "x", Some(&i64::MAX.to_string())), figure("B", "x", Some("1"))];
        let small = [figure("A", "x", Some("0.000000000000000001")), figure("B", "x", Some("2"))];
        let sums = totals([&large[..], &small[..]].into_iter());
        assert_eq!(said(&sums[0]), format!("{}.000000000000000001", i64::MAX));
        assert_eq!((said(&sums[1]), sums[0].counted), ("3".into(), 2));
    }
}

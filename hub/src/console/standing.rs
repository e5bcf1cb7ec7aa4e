//! How every task and item of the province stands now, for each office.

use std::collections::HashMap;

use truc_node::derive::views::owed::Matter;
use truc_node::derive::views::read::Viewpoint;
use truc_proto::id::OfficeId;
use truc_proto::paper::Due;
use truc_proto::record::duty::{self, DutyStatus, Thresholds};
use truc_proto::vietnamese::fold;

use super::facts::{Facts, Part, Stage};

/// Classes of duties by how they stand, as lists show them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    /// Overdue.
    Late,
    /// Unknown, because the office is silent.
    Unknown,
    /// Due soon.
    Soon,
    /// Open with time left, or without a deadline.
    Running,
    /// Done, in time or not.
    Done,
}

impl Class {
    /// All classes, worst first.
    pub(super) const ALL: [Self; 5] = [Self::Late, Self::Unknown, Self::Soon, Self::Running, Self::Done];

    /// The class of a status.
    pub(super) fn of(status: DutyStatus) -> Self {
        match status {
            DutyStatus::Overdue => Self::Late,
            DutyStatus::Unknown => Self::Unknown,
            DutyStatus::DueSoon => Self::Soon,
            DutyStatus::NotStarted | DutyStatus::InProgress | DutyStatus::NoDeadline => Self::Running,
            DutyStatus::CompletedOnTime | DutyStatus::CompletedLate | DutyStatus::CompletedUnjudged => {
                Self::Done
            }
        }
    }
}

/// Counts by class, in the order of [`Class::ALL`].
pub(super) type Counts = [usize; Class::ALL.len()];

/// A filter for duties; the default matches all.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Only duties of this office.
    pub office: Option<OfficeId>,
    words: Vec<String>,
}

impl Wanted {
    /// Duties of this office that contain all these words in what is to be done; marks do not matter.
    pub(super) fn new(office: Option<OfficeId>, text: &str) -> Self {
        Self { office, words: fold(text).split_whitespace().map(str::to_owned).collect() }
    }

    fn part(&self, part: &Part) -> bool {
        self.words.is_empty() || {
            let content = fold(&part.content);
            self.words.iter().all(|word| content.contains(word.as_str()))
        }
    }
}

/// Everything owed in the province, and what is needed to say how it stands now.
pub(super) struct Standing<'a> {
    /// Open offices, sorted by name.
    offices: &'a [OfficeId],
    heard: Vec<Option<i64>>,
    figures: Thresholds,
    now: i64,
    /// Tasks and items, sorted by deadline.
    parts: Vec<&'a Part>,
}

/// One duty of one office.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duty<'a> {
    /// The task or item.
    pub owed: &'a Part,
    /// The office that owes it.
    pub office: OfficeId,
    /// How it stands.
    pub status: DutyStatus,
}

impl<'a> Standing<'a> {
    /// The standing of these facts at the moment of `look`.
    pub(super) fn of(facts: &'a Facts, look: &Viewpoint<'_>) -> Self {
        let mut parts: Vec<&Part> = facts.parts.values().flat_map(|parts| parts.iter()).collect();
        parts.sort_by_key(|part| (part.due.unwrap_or(i64::MAX), part.matter, &part.part));
        let heard = facts.offices.iter().map(|office| (look.heard)(*office)).collect();
        Self { offices: &facts.offices, heard, figures: look.figures, now: look.now, parts }
    }

    /// How a duty stands; none: the office at this index does not owe it.
    fn status(&self, part: &Part, office: usize) -> Option<DutyStatus> {
        Some(match part.stages[office] {
            Stage::NotAsked => return None,
            Stage::Done => DutyStatus::CompletedOnTime,
            Stage::DoneLate => DutyStatus::CompletedLate,
            Stage::DoneUnjudged => DutyStatus::CompletedUnjudged,
            stage => {
                let due = part.due.map(Due);
                duty::status(due, stage == Stage::Started, None, self.figures, self.now, self.heard[office])
            }
        })
    }

    /// The duties that match a filter, grouped by task or item, in the order of deadlines.
    fn all<'b>(&'b self, wanted: &'b Wanted) -> impl Iterator<Item = Duty<'a>> + 'b {
        self.parts.iter().filter(|part| wanted.part(part)).flat_map(move |part| {
            (0..self.offices.len()).filter_map(move |index| {
                let office = self.offices[index];
                let status =
                    self.status(part, index).filter(|_| wanted.office.is_none_or(|one| one == office));
                Some(Duty { owed: part, office, status: status? })
            })
        })
    }

    /// How many duties are in each class.
    pub(super) fn counts(&self, wanted: &Wanted) -> Counts {
        let mut counts = Counts::default();
        self.all(wanted).for_each(|duty| counts[Class::of(duty.status) as usize] += 1);
        counts
    }

    /// For each record, how many of its duties are in each class.
    pub(super) fn by_record(&self) -> HashMap<Matter, Counts> {
        let mut all: HashMap<Matter, Counts> = HashMap::new();
        for duty in self.all(&Wanted::default()) {
            all.entry(duty.owed.matter).or_default()[Class::of(duty.status) as usize] += 1;
        }
        all
    }

    /// The duties in these classes, class by class, then by deadline: at most `limit`, after skipping `skip`.
    pub(super) fn duties(
        &self,
        wanted: &Wanted,
        classes: &[Class],
        skip: usize,
        limit: usize,
    ) -> Vec<Duty<'a>> {
        let of = |class| self.all(wanted).filter(move |duty| Class::of(duty.status) == class);
        classes.iter().copied().flat_map(of).skip(skip).take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use truc_proto::id::RecordId;
    use truc_proto::registry::Registry;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn office(number: u128) -> OfficeId {
        OfficeId(uuid::Uuid::from_u128(number))
    }

    fn part(number: u128, due: Option<i64>, stages: &[Stage]) -> Part {
        Part {
            matter: matter(number),
            owner: office(9),
            part: "T1".into(),
            content: "Rà soát điểm sạt lở".into(),
            due,
            stages: stages.into(),
        }
    }

    fn matter(number: u128) -> Matter {
        (RecordId(uuid::Uuid::from_u128(number)), 3)
    }

    /// Now is day 100. Office 1 was heard from now, office 2 three days ago.
    fn facts() -> Facts {
        let parts = [
            part(1, Some(90 * DAY), &[Stage::Nothing, Stage::Started]),
            part(2, Some(95 * DAY), &[Stage::Done, Stage::DoneLate]),
            part(3, Some(101 * DAY), &[Stage::Started, Stage::NotAsked]),
            part(4, None, &[Stage::Nothing, Stage::NotAsked]),
        ];
        let parts = parts.into_iter().map(|part| (part.matter, [part].into())).collect();
        Facts { offices: [office(1), office(2)].into(), parts, ..Facts::default() }
    }

    fn standing(facts: &Facts) -> Standing<'_> {
        let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key();
        let registry = Registry::new(office(9), key);
        let heard = |one| Some(if one == office(2) { 97 * DAY } else { 100 * DAY });
        let look = Viewpoint {
            me: office(9),
            registry: &registry,
            now: 100 * DAY,
            figures: Thresholds::default(),
            heard: &heard,
        };
        Standing::of(facts, &look)
    }

    #[test]
    fn silence_is_counted_apart_and_what_was_done_stays_done() {
        let facts = facts();
        let standing = standing(&facts);
        assert_eq!(standing.counts(&Wanted::default()), [1, 1, 1, 1, 2]);
        let silent = Wanted { office: Some(office(2)), ..Wanted::default() };
        assert_eq!(standing.counts(&silent), [0, 1, 0, 0, 1]);
        assert_eq!(standing.by_record()[&matter(2)], [0, 0, 0, 0, 2]);
    }

    #[test]
    fn pages_go_through_all_duties_once_worst_first() {
        let facts = facts();
        let standing = standing(&facts);
        let wanted = Wanted::default();
        let pages: Vec<DutyStatus> = (0..4)
            .flat_map(|page| standing.duties(&wanted, &Class::ALL, page * 2, 2))
            .map(|duty| duty.status)
            .collect();
        use DutyStatus::{CompletedLate, CompletedOnTime, DueSoon, NoDeadline, Overdue, Unknown};
        assert_eq!(pages, [Overdue, Unknown, DueSoon, NoDeadline, CompletedOnTime, CompletedLate]);
    }

    #[test]
    fn words_are_found_without_their_marks() {
        let facts = facts();
        let standing = standing(&facts);
        let of = |text: &str| standing.counts(&Wanted::new(None, text)).iter().sum::<usize>();
        assert_eq!((of("sat lo"), of("rà  điểm"), of("bão")), (6, 6, 0));
    }
}

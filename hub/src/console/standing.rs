//! How every task and item of the province stands, office by office: one table of bytes, filled set by set.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;
use truc_node::views;
use truc_node::views::across::{self, Owed};
use truc_node::views::read::Look;
use truc_proto::audience::Scope;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::paper::Due;
use truc_proto::record::duty::{self, DutyStatus, Figures};
use truc_proto::vietnamese::fold;

/// What an office has said of something owed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Word {
    /// It does not owe it, or is out of it.
    #[default]
    NotAsked,
    Nothing,
    Started,
    Done,
    DoneLate,
}

/// How duties stand, as lists gather them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    /// Overdue.
    Late,
    /// The office is silent: nobody can say.
    Unknown,
    /// Due soon.
    Soon,
    /// Within its time, or without a deadline.
    Running,
    /// Done, in time or not.
    Done,
}

impl Class {
    /// Worst first.
    pub(super) const ALL: [Self; 5] = [Self::Late, Self::Unknown, Self::Soon, Self::Running, Self::Done];

    /// Of a status.
    pub(super) fn of(status: DutyStatus) -> Self {
        match status {
            DutyStatus::Overdue => Self::Late,
            DutyStatus::Unknown => Self::Unknown,
            DutyStatus::DueSoon => Self::Soon,
            DutyStatus::NotStarted | DutyStatus::InProgress | DutyStatus::NoDeadline => Self::Running,
            DutyStatus::CompletedOnTime | DutyStatus::CompletedLate => Self::Done,
        }
    }
}

/// Counts by class, in the order of [`Class::ALL`].
pub(super) type Counts = [usize; Class::ALL.len()];

/// Something owed with what each office has said of it.
struct Part {
    owed: Owed,
    words: Vec<Word>,
}

/// Which duties are wanted; by default all.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Only this office's.
    pub office: Option<OfficeId>,
    words: Vec<String>,
}

impl Wanted {
    /// Those of an office, and with these words in what is to be done, with or without marks.
    pub(super) fn new(office: Option<OfficeId>, text: &str) -> Self {
        Self { office, words: fold(text).split_whitespace().map(str::to_owned).collect() }
    }

    fn part(&self, owed: &Owed) -> bool {
        self.words.is_empty() || {
            let content = fold(&owed.content);
            self.words.iter().all(|word| content.contains(word.as_str()))
        }
    }
}

/// Everything owed in the province, and how it stands now.
pub(super) struct Standing {
    /// Open offices, by name.
    offices: Vec<OfficeId>,
    heard: Vec<Option<i64>>,
    figures: Figures,
    now: i64,
    parts: Vec<Part>,
}

/// One duty of one office.
#[derive(Clone, Copy, Debug)]
pub(super) struct Duty<'a> {
    /// What is owed.
    pub owed: &'a Owed,
    /// By whom.
    pub office: OfficeId,
    /// How it stands.
    pub status: DutyStatus,
}

impl Standing {
    /// Reads it all.
    pub(super) fn read(conn: &Connection, look: &Look<'_>) -> views::Result<Self> {
        let mut offices: Vec<(String, OfficeId)> = look
            .registry
            .offices()
            .filter(|(id, office)| look.registry.is_open(*id) && office.current().is_some())
            .map(|(id, office)| (office.current().map_or_else(String::new, |fact| fold(&fact.name)), id))
            .collect();
        offices.sort_unstable();
        let offices: Vec<OfficeId> = offices.into_iter().map(|(_, id)| id).collect();
        let place: HashMap<OfficeId, usize> =
            offices.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        let mut scopes: HashMap<Scope, Vec<usize>> = HashMap::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut at: HashMap<(RecordId, u32, String), usize> = HashMap::new();
        for owed in across::owed(conn)? {
            let mut words = vec![Word::NotAsked; offices.len()];
            for scope in &owed.by {
                let within = scopes.entry(*scope).or_insert_with(|| {
                    look.registry.resolve(*scope).iter().filter_map(|id| place.get(id).copied()).collect()
                });
                within.iter().for_each(|index| words[*index] = Word::Nothing);
            }
            // "All under us" does not mean the office that says it.
            let named = owed.by.contains(&Scope::office(owed.owner));
            if let Some(index) = place.get(&owed.owner).filter(|_| !named) {
                words[*index] = Word::NotAsked;
            }
            at.insert((owed.record, owed.kind, owed.part.clone()), parts.len());
            parts.push(Part { owed, words });
        }
        across::said(conn, |record, kind, part, said| {
            let Some(part) = at.get(&(record, kind, part.to_owned())).and_then(|at| parts.get_mut(*at))
            else {
                return;
            };
            for word in said {
                let Some(index) = place.get(&word.office) else { continue };
                if part.words[*index] != Word::NotAsked {
                    part.words[*index] = match (word.done, part.owed.due) {
                        (None, _) => Word::Started,
                        (Some(done), Some(due)) if done > due => Word::DoneLate,
                        (Some(_), _) => Word::Done,
                    };
                }
            }
        })?;
        let ended = across::ended(conn)?;
        for part in &mut parts {
            for office in ended.get(&part.owed.record).into_iter().flatten() {
                if let Some(index) = place.get(office) {
                    part.words[*index] = Word::NotAsked;
                }
            }
        }
        parts.sort_by_key(|part| (part.owed.due.unwrap_or(i64::MAX), part.owed.record));
        let heard = offices.iter().map(|office| (look.heard)(*office)).collect();
        Ok(Self { offices, heard, figures: look.figures, now: look.now, parts })
    }

    /// How a duty stands; none: that office does not owe it.
    fn status(&self, part: &Part, office: usize) -> Option<DutyStatus> {
        Some(match part.words[office] {
            Word::NotAsked => return None,
            Word::Done => DutyStatus::CompletedOnTime,
            Word::DoneLate => DutyStatus::CompletedLate,
            word => {
                let due = part.owed.due.map(Due);
                duty::status(due, word == Word::Started, None, self.figures, self.now, self.heard[office])
            }
        })
    }

    /// All duties that are wanted, those of one part together, parts by deadline.
    fn all<'a>(&'a self, wanted: &'a Wanted) -> impl Iterator<Item = Duty<'a>> + 'a {
        self.parts.iter().filter(|part| wanted.part(&part.owed)).flat_map(move |part| {
            (0..self.offices.len()).filter_map(move |index| {
                let office = self.offices[index];
                let status =
                    self.status(part, index).filter(|_| wanted.office.is_none_or(|one| one == office));
                Some(Duty { owed: &part.owed, office, status: status? })
            })
        })
    }

    /// How many duties stand how.
    pub(super) fn counts(&self, wanted: &Wanted) -> Counts {
        let mut counts = Counts::default();
        self.all(wanted).for_each(|duty| counts[Class::of(duty.status) as usize] += 1);
        counts
    }

    /// How many duties of each record stand how.
    pub(super) fn by_record(&self) -> BTreeMap<RecordId, Counts> {
        let mut all: BTreeMap<RecordId, Counts> = BTreeMap::new();
        for duty in self.all(&Wanted::default()) {
            all.entry(duty.owed.record).or_default()[Class::of(duty.status) as usize] += 1;
        }
        all
    }

    /// Duties of these classes, class by class, then by deadline: at most `limit` after the first `skip`.
    pub(super) fn duties<'a>(
        &'a self,
        wanted: &'a Wanted,
        classes: &'a [Class],
        skip: usize,
        limit: usize,
    ) -> Vec<Duty<'a>> {
        let of = |class: &'a Class| self.all(wanted).filter(move |duty| Class::of(duty.status) == *class);
        classes.iter().flat_map(of).skip(skip).take(limit).collect()
    }

    /// Open offices, by name.
    pub(super) fn offices(&self) -> &[OfficeId] {
        &self.offices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn office(number: u128) -> OfficeId {
        OfficeId(uuid::Uuid::from_u128(number))
    }

    fn part(number: u128, due: Option<i64>, words: &[Word]) -> Part {
        let owed = Owed {
            record: RecordId(uuid::Uuid::from_u128(number)),
            kind: 3,
            owner: office(9),
            part: "T1".into(),
            content: "Rà soát điểm sạt lở".into(),
            due,
            by: Vec::new(),
        };
        Part { owed, words: words.to_vec() }
    }

    /// Office 1 was heard now, office 2 not for three days; now is day 100.
    fn standing() -> Standing {
        Standing {
            offices: vec![office(1), office(2)],
            heard: vec![Some(100 * DAY), Some(97 * DAY)],
            figures: Figures::default(),
            now: 100 * DAY,
            parts: vec![
                part(1, Some(90 * DAY), &[Word::Nothing, Word::Started]),
                part(2, Some(95 * DAY), &[Word::Done, Word::DoneLate]),
                part(3, Some(101 * DAY), &[Word::Started, Word::NotAsked]),
                part(4, None, &[Word::Nothing, Word::NotAsked]),
            ],
        }
    }

    #[test]
    fn silence_is_counted_apart_and_what_was_done_stays_done() {
        let standing = standing();
        assert_eq!(standing.counts(&Wanted::default()), [1, 1, 1, 1, 2]);
        let silent = Wanted { office: Some(office(2)), ..Wanted::default() };
        assert_eq!(standing.counts(&silent), [0, 1, 0, 0, 1]);
        assert_eq!(standing.by_record()[&RecordId(uuid::Uuid::from_u128(2))], [0, 0, 0, 0, 2]);
    }

    #[test]
    fn pages_go_through_all_duties_once_worst_first() {
        let standing = standing();
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
        let standing = standing();
        let of = |text: &str| standing.counts(&Wanted::new(None, text)).iter().sum::<usize>();
        assert_eq!((of("sat lo"), of("rà  điểm"), of("bão")), (6, 6, 0));
    }
}

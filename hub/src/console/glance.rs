//! How each office stands, reduced to one state that is decided from facts alone: what the office owes, when it was
//! last heard from, and the time.
//!
//! The worst state counts, in the order of [`State`]. Nobody can say of a silent office whether it is late or on time:
//! a deadline that passed *during* the silence is unknown. A deadline that passed before it stays late and is drawn
//! with a broken edge.

use strum::{EnumString, IntoStaticStr};
use truc_node::web::parts::Mark;
use truc_proto::limits;
use truc_proto::record::duty::Thresholds;

/// How an office or a thing it owes stands, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// An express paper (hỏa tốc) is not accepted.
    Express,
    /// Overdue (quá hạn).
    Late,
    /// Silent (mất liên lạc): nobody knows.
    Unknown,
    /// An express paper was sent a short time ago and is not accepted yet.
    Sent,
    /// Due soon (sắp đến hạn).
    Soon,
    /// Finished late (hoàn thành quá hạn), a short time ago.
    DoneLate,
    /// On course (đúng tiến độ).
    OnCourse,
    /// The office has never had a machine: nothing can be asked of it here.
    Absent,
}

impl State {
    /// All states, worst first.
    pub const ALL: [Self; 8] = [
        Self::Express,
        Self::Late,
        Self::Unknown,
        Self::Sent,
        Self::Soon,
        Self::DoneLate,
        Self::OnCourse,
        Self::Absent,
    ];

    /// Shape and colour of the state.
    pub fn mark(self) -> Mark {
        match self {
            Self::Express => Mark::Express,
            Self::Late => Mark::Late,
            Self::Unknown => Mark::Unknown,
            Self::Sent => Mark::Waiting,
            Self::Soon => Mark::Soon,
            Self::DoneLate => Mark::DoneLate,
            Self::OnCourse => Mark::OnCourse,
            Self::Absent => Mark::None,
        }
    }

    /// The state's name in addresses and catalogue keys.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// Something that an office owes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owing {
    /// To accept an express paper.
    Express {
        /// From when on it is ignored, Unix milliseconds: before, it was just sent.
        from: i64,
    },
    /// To finish something by a deadline.
    Until {
        /// The deadline, Unix milliseconds.
        due: i64,
        /// When it was finished, Unix milliseconds; none: not yet.
        done: Option<i64>,
    },
}

/// What is known of an office's machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contact {
    /// When it was last heard from, Unix milliseconds; the present if it is connected; none: never.
    pub heard: Option<i64>,
    /// Whether it has, or has ever had, a credential.
    pub enrolled: bool,
}

impl Contact {
    /// Whether it has not been heard from for longer than `figures` allow.
    pub fn silent(self, figures: Thresholds, now: i64) -> bool {
        figures.silent(self.heard, now)
    }

    /// Whether the office has never had a machine.
    pub fn absent(self) -> bool {
        !self.enrolled && self.heard.is_none()
    }
}

/// How one thing stands that an office owes. `now` is in Unix milliseconds.
pub fn standing(owing: Owing, contact: Contact, figures: Thresholds, now: i64) -> State {
    if contact.absent() {
        return State::Absent;
    }
    let (due, done) = match owing {
        Owing::Express { from } if now >= from => return State::Express,
        // Whether a silent machine has an express paper nobody knows.
        Owing::Express { .. } if contact.silent(figures, now) => return State::Unknown,
        Owing::Express { .. } => return State::Sent,
        Owing::Until { due, done } => (due, done),
    };
    let lately = limits::DONE_LATE_SHOWN.as_millis() as i64;
    match done {
        Some(done) if done > due && now.saturating_sub(done) <= lately => State::DoneLate,
        Some(_) => State::OnCourse,
        None if contact.silent(figures, now) => match contact.heard {
            Some(heard) if due < heard => State::Late,
            _ => State::Unknown,
        },
        None if now > due => State::Late,
        None if figures.is_soon(due, now) => State::Soon,
        None => State::OnCourse,
    }
}

/// How an office stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand {
    /// The worst state of all things owed.
    pub state: State,
    /// Whether the office is also silent: `state` then describes the time when it was last heard from.
    pub broken: bool,
    /// Index of the thing owed in that state that has the earliest deadline; none: nothing owed is in that state.
    pub worst: Option<usize>,
    /// How many things owed are in that state.
    pub count: usize,
    /// How many are late, whatever is worse.
    pub late: usize,
}

impl Stand {
    /// Whether the office counts as being in a state: in its worst one, and as late also behind an express paper.
    pub fn is(&self, state: State) -> bool {
        self.state == state || state == State::Late && self.late > 0
    }
}

/// How an office stands, given everything that it owes. `now` is in Unix milliseconds.
pub fn office(owing: &[Owing], contact: Contact, figures: Thresholds, now: i64) -> Stand {
    let silent = contact.silent(figures, now);
    let base = match () {
        () if contact.absent() => State::Absent,
        () if silent => State::Unknown,
        () => State::OnCourse,
    };
    let mut stand = Stand { state: base, broken: false, worst: None, count: 0, late: 0 };
    if base == State::Absent {
        return stand;
    }
    let deadline = |index: usize| match owing.get(index) {
        Some(Owing::Until { due, .. }) => *due,
        Some(Owing::Express { .. }) | None => i64::MIN,
    };
    for (index, owing) in owing.iter().enumerate() {
        let state = standing(*owing, contact, figures, now);
        stand.late += usize::from(state == State::Late);
        if state > stand.state || state == State::OnCourse {
            continue;
        }
        if state < stand.state {
            (stand.state, stand.worst, stand.count) = (state, None, 0);
        }
        stand.count += 1;
        if stand.worst.is_none_or(|worst| deadline(index) < deadline(worst)) {
            stand.worst = Some(index);
        }
    }
    stand.broken = silent && stand.state < State::Unknown;
    stand
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 60 * 60 * 1000;
    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 1_000 * DAY;
    const FIGURES: Thresholds = Thresholds { silence: limits::SILENCE, soon: limits::DUE_SOON };
    const EXPRESS: Owing = Owing::Express { from: NOW };
    const JUST_SENT: Owing = Owing::Express { from: NOW + 1 };
    const HERE: Contact = Contact { heard: Some(NOW), enrolled: true };

    fn heard(ago: i64) -> Contact {
        Contact { heard: Some(NOW - ago), enrolled: true }
    }

    fn due(due: i64) -> Owing {
        Owing::Until { due, done: None }
    }

    fn done(due: i64, done: i64) -> Owing {
        Owing::Until { due, done: Some(done) }
    }

    /// A name, what the office owes, its contact, the expected state, whether broken.
    type Row<'a> = (&'a str, &'a [Owing], Contact, State, bool);

    #[test]
    fn every_row_of_the_table() {
        use State::{Absent, DoneLate, Express, Late, OnCourse, Sent, Soon, Unknown};
        let never = Contact { heard: None, enrolled: false };
        let enrolled = Contact { heard: None, enrolled: true };
        let rows: &[Row<'_>] = &[
            ("owes nothing", &[], HERE, OnCourse, false),
            ("far away", &[due(NOW + 3 * DAY + 1)], HERE, OnCourse, false),
            ("in three days", &[due(NOW + 3 * DAY)], HERE, Soon, false),
            ("now", &[due(NOW)], HERE, Soon, false),
            ("a moment ago", &[due(NOW - 1)], HERE, Late, false),
            ("done in time", &[done(NOW - DAY, NOW - DAY)], HERE, OnCourse, false),
            ("done late, lately", &[done(NOW - 9 * DAY, NOW - 7 * DAY)], HERE, DoneLate, false),
            ("done late, long ago", &[done(NOW - 9 * DAY, NOW - 7 * DAY - 1)], HERE, OnCourse, false),
            ("express", &[EXPRESS], HERE, Express, false),
            ("express before late", &[due(NOW - DAY), EXPRESS], HERE, Express, false),
            ("express just sent", &[JUST_SENT], HERE, Sent, false),
            ("late before just sent", &[JUST_SENT, due(NOW - DAY)], HERE, Late, false),
            ("silent, express just sent", &[JUST_SENT], heard(2 * DAY), Unknown, false),
            ("late before soon", &[due(NOW + DAY), due(NOW - DAY)], HERE, Late, false),
            ("soon before done late", &[done(NOW - 2 * DAY, NOW - DAY), due(NOW + DAY)], HERE, Soon, false),
            ("not yet silent", &[due(NOW - HOUR)], heard(DAY), Late, false),
            ("silent", &[], heard(DAY + 1), Unknown, false),
            ("silent, due soon", &[due(NOW + DAY)], heard(2 * DAY), Unknown, false),
            ("silent, done late", &[done(NOW - 4 * DAY, NOW - 3 * DAY)], heard(2 * DAY), Unknown, false),
            ("passed during silence", &[due(NOW - DAY)], heard(2 * DAY), Unknown, false),
            ("passed when last heard", &[due(NOW - 2 * DAY)], heard(2 * DAY), Unknown, false),
            ("passed before silence", &[due(NOW - 2 * DAY - 1)], heard(2 * DAY), Late, true),
            ("silent, express", &[EXPRESS], heard(2 * DAY), Express, true),
            ("enrolled, never heard", &[due(NOW - DAY)], enrolled, Unknown, false),
            ("never here", &[due(NOW - DAY), EXPRESS], never, Absent, false),
        ];
        for (name, owing, contact, state, broken) in rows {
            let stand = office(owing, *contact, FIGURES, NOW);
            assert_eq!((stand.state, stand.broken), (*state, *broken), "{name}");
        }
    }

    #[test]
    fn what_is_silent_and_what_is_soon_is_as_people_set_it() {
        let figures = Thresholds { silence: Duration::from_secs(2 * 3600), soon: Duration::from_secs(3600) };
        let state = |owing, contact| office(&[owing], contact, figures, NOW).state;
        assert_eq!(state(due(NOW + HOUR), HERE), State::Soon);
        assert_eq!(state(due(NOW + HOUR + 1), HERE), State::OnCourse);
        assert_eq!(state(due(NOW + DAY), heard(2 * HOUR)), State::OnCourse);
        assert_eq!(state(due(NOW + DAY), heard(2 * HOUR + 1)), State::Unknown);
    }

    #[test]
    fn the_worst_is_the_earliest_and_its_like_are_counted() {
        let owing = [due(NOW + DAY), due(NOW - HOUR), due(NOW - DAY), done(NOW - DAY, NOW)];
        let stand = office(&owing, HERE, FIGURES, NOW);
        assert_eq!((stand.state, stand.worst, stand.count), (State::Late, Some(2), 2));
        let stand = office(&[due(NOW - DAY)], heard(2 * DAY), FIGURES, NOW);
        assert_eq!((stand.worst, stand.count), (Some(0), 1), "what is unknown is named too");
        assert_eq!(office(&[], heard(2 * DAY), FIGURES, NOW).worst, None);
    }

    #[test]
    fn what_is_late_is_counted_behind_an_express_paper() {
        let stand = office(&[EXPRESS, due(NOW - DAY), due(NOW - HOUR)], HERE, FIGURES, NOW);
        assert_eq!((stand.state, stand.late), (State::Express, 2));
        assert!(stand.is(State::Late) && stand.is(State::Express) && !stand.is(State::Soon));
    }

    #[test]
    fn names_come_back() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
        }
        assert!(State::ALL.is_sorted());
    }

    fn any_owing() -> impl Strategy<Value = Owing> {
        let moment = NOW - 20 * DAY..NOW + 20 * DAY;
        prop_oneof![
            1 => prop_oneof![Just(EXPRESS), Just(JUST_SENT)],
            6 => (moment.clone(), prop::option::of(moment)).prop_map(|(due, done)| Owing::Until { due, done }),
        ]
    }

    proptest! {
        /// A silent office is never on course, soon or done late; it is late only for what was overdue when last heard
        /// from.
        #[test]
        fn silence_is_neither_on_time_nor_late(
            owing in prop::collection::vec(any_owing(), 0..8),
            ago in prop::option::of(DAY + 1..40 * DAY),
        ) {
            let contact = Contact { heard: ago.map(|ago| NOW - ago), enrolled: true };
            let stand = office(&owing, contact, FIGURES, NOW);
            prop_assert!(stand.state <= State::Unknown);
            let was_late = owing.iter().any(|owing| {
                matches!(owing, Owing::Until { due, done: None } if contact.heard.is_some_and(|heard| *due < heard))
            });
            prop_assert_eq!(stand.state == State::Late, was_late && !owing.contains(&EXPRESS));
        }

        /// Owing more never makes an office look better.
        #[test]
        fn more_is_never_better(
            owing in prop::collection::vec(any_owing(), 1..8),
            ago in prop::option::of(0..40 * DAY),
            enrolled: bool,
        ) {
            let contact = Contact { heard: ago.map(|ago| NOW - ago), enrolled };
            let (all, less) = (office(&owing, contact, FIGURES, NOW), office(&owing[1..], contact, FIGURES, NOW));
            prop_assert!(all.state <= less.state);
        }
    }
}

//! Whether the dates of a paper can be: asked once, where the paper is written, whoever writes it by whatever way. Others
//! do not judge them, because the clocks of offices differ.

use super::{Move, Paper, Period, directive, inspection, programme, report};
use crate::date::Date;
use crate::limits;
use crate::paper::Due;
use crate::wire::Urgency;

/// Milliseconds of a day; the country has no summer time.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Why the dates of a paper cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Odd {
    /// The paper is dated after today.
    #[error("the paper is dated {0}, after today")]
    Ahead(Date),
    /// What is to be remedied is due on a day that has passed.
    #[error("it is due on {0}, which has passed")]
    Past(Date),
    /// On the date of the paper another term ran.
    #[error("a paper of {issued} is of the term {}, not {term}", .terms.join(" or "))]
    Term {
        /// The date of the paper.
        issued: Date,
        /// The term that it names.
        term: String,
        /// The terms that ran on that date.
        terms: Vec<String>,
    },
    /// Something is due at an hour of today that has passed.
    #[error("{part} is due at an hour that has passed")]
    Passed {
        /// Task or item; empty: the paper itself.
        part: String,
    },
    /// The paper is for an hour (hỏa tốc hẹn giờ), and names none.
    #[error("a paper for an hour names none")]
    NoHour,
    /// A period has not as many days as one of its kind.
    #[error("{from} to {to} is no {kind}")]
    NotAsLong {
        /// One of [`Period::KINDS`].
        kind: String,
        /// First day of the period.
        from: Date,
        /// Last day of the period.
        to: Date,
    },
    /// A period ends more than [`limits::DUE_YEARS`] years from the date of the paper, or begins more than
    /// [`limits::PERIOD_YEARS`] before it: a slip of the hand.
    #[error("the period {from} to {to} lies far from the date of the paper")]
    PeriodFar {
        /// First day of the period.
        from: Date,
        /// Last day of the period.
        to: Date,
    },
    /// Something is due before the date of the paper.
    #[error("{part} is due before the date of the paper, {issued}")]
    DueBefore {
        /// The date of the paper.
        issued: Date,
        /// Task or item; empty: the paper itself.
        part: String,
    },
    /// Something is due more than [`limits::DUE_YEARS`] years after the date of the paper: a slip of the hand.
    #[error("{part} is due long after the date of the paper, {issued}")]
    DueFar {
        /// The date of the paper.
        issued: Date,
        /// Task or item; empty: the paper itself.
        part: String,
    },
    /// An item of a programme is due outside its period.
    #[error("{part} is due outside the period {from} to {to}")]
    Outside {
        /// The item.
        part: String,
        /// First day of the period.
        from: Date,
        /// Last day of the period.
        to: Date,
    },
    /// An inspection looks back over more than [`limits::INSPECTED_YEARS`] years.
    #[error("the period {from} to {to} is too long")]
    Long {
        /// First day of the period.
        from: Date,
        /// Last day of the period.
        to: Date,
    },
}

/// The terms (nhiệm kỳ) that run on a day, the newest last. Terms have five years and begin in years that end in 0 or 5,
/// on the day after the congress of each committee: in such a year both run.
pub fn terms(day: Date) -> Vec<String> {
    let year = day.civil().year();
    let from = year - year % 5;
    let begun = if year == from { vec![from - 5, from] } else { vec![from] };
    begun.into_iter().filter(|from| *from > 0).map(|from| format!("{from:04}-{:04}", from + 5)).collect()
}

/// The term of a paper of which none is said. A paper of an earlier term is taken for one as long as that term's registers
/// are open ([`limits::TERM_OPEN`]); later it is a slip of the hand, or somebody says its term.
pub fn term(issued: Date, today: Date) -> String {
    let newest = |day| terms(day).pop().unwrap_or_default();
    let days = (today.start_millis() - issued.start_millis()) / DAY;
    newest(if days > limits::TERM_OPEN { today } else { issued })
}

/// When and how a paper is written.
#[derive(Clone, Copy, Debug)]
pub struct Writing {
    /// The time of its author, Unix milliseconds.
    pub now: i64,
    /// How urgent it is.
    pub urgency: Urgency,
    /// It is a further version, which keeps number and term of the first.
    pub again: bool,
}

/// Fails if the dates of a paper cannot be.
pub fn plausible(mv: &Move, writing: Writing) -> Result<(), Odd> {
    let Writing { now, urgency, again } = writing;
    let Some(today) = Date::of_millis(now) else { return Ok(()) };
    if let Move::Inspection(inspection::Move::Concluded { remedy_by, .. }) = mv {
        let due = Due::parse(remedy_by).ok().flatten();
        let past = due.and_then(|due| Date::of_millis(due.0)).filter(|day| *day < today);
        return past.map_or(Ok(()), |day| Err(Odd::Past(day)));
    }
    let Some(paper) = mv.paper() else { return Ok(()) };
    let issued = paper.issued.unwrap_or(today);
    if issued > today {
        return Err(Odd::Ahead(issued));
    }
    if paper.issued.is_some() {
        of_term(paper, issued, again)?;
    }
    if urgency == Urgency::ExpressTimed && !again && issued == today && !has_hour(&paper.due) {
        return Err(Odd::NoHour);
    }
    let due = |text: &str| Due::parse(text).ok().flatten();
    let before = |due: Option<Due>| !again && due.is_some_and(|due| due.0 < issued.start_millis());
    let far = |due: Option<Due>| {
        due.is_some_and(|due| due.0 - issued.start_millis() > limits::DUE_YEARS * 366 * DAY)
    };
    // A day without an hour is meant as a day, also in the evening.
    let passed =
        |text: &str| !again && issued == today && has_hour(text) && due(text).is_some_and(|due| due.0 < now);
    let given = |text: &str, part: &str| match due(text) {
        due if before(due) => Err(Odd::DueBefore { issued, part: part.to_owned() }),
        due if far(due) => Err(Odd::DueFar { issued, part: part.to_owned() }),
        _ if passed(text) => Err(Odd::Passed { part: part.to_owned() }),
        _ => Ok(()),
    };
    // A report bears the deadline that it answers, and may be late; all others give one.
    let answers = matches!(mv, Move::Report(_) | Move::Inspection(inspection::Move::SelfReported { .. }));
    if !answers {
        given(&paper.due, "")?;
    }
    match mv {
        Move::Programme(programme::Move::Issued(programme::Issued { period: Some(period), .. }))
        | Move::Report(report::Move::Submitted(report::Submitted { period: Some(period), .. }))
            if !again =>
        {
            lasts(period)?;
            near(period, issued)?;
        }
        _ => {}
    }
    match mv {
        Move::Directive(directive::Move::Issued(said)) => {
            said.tasks.iter().try_for_each(|task| given(&task.due, &task.id))
        }
        // An item may have been due, and done, before the programme is issued.
        Move::Programme(programme::Move::Issued(programme::Issued {
            period: Some(period), items, ..
        })) => {
            let outside = |item: &&programme::Item| due(&item.due).is_some_and(|due| !lies_in(due, period));
            let Some(item) = items.iter().find(outside) else { return Ok(()) };
            Err(Odd::Outside { part: item.id.clone(), from: period.from, to: period.to })
        }
        Move::Inspection(inspection::Move::Opened(inspection::Opened { period: Some(period), .. })) => {
            looks_back(period)
        }
        _ => Ok(()),
    }
}

fn of_term(paper: &Paper, issued: Date, again: bool) -> Result<(), Odd> {
    let terms = terms(issued);
    if again || paper.term.is_empty() || terms.contains(&paper.term) {
        return Ok(());
    }
    Err(Odd::Term { issued, term: paper.term.clone(), terms })
}

fn lies_in(due: Due, period: &Period) -> bool {
    (period.from.start_millis()..period.to.start_millis() + DAY).contains(&due.0)
}

/// Whether a deadline names an hour.
fn has_hour(due: &str) -> bool {
    due.contains('T')
}

/// Fails if a period has not as many days as one of its kind. Where it begins is the form's matter: a month may run from
/// the 15th to the 14th.
fn lasts(period: &Period) -> Result<(), Odd> {
    let days = (period.to.start_millis() - period.from.start_millis()) / DAY + 1;
    let may = match &*period.kind {
        "week" => 1..=7,
        "month" => 28..=31,
        "quarter" => 89..=92,
        "half" => 181..=184,
        "year" => 365..=366,
        "term" => 4 * 365..=6 * 366,
        _ => 1..=i64::MAX,
    };
    let Period { kind, from, to } = period;
    if may.contains(&days) {
        Ok(())
    } else {
        Err(Odd::NotAsLong { kind: kind.clone(), from: *from, to: *to })
    }
}

/// Fails if a period ends far from the date of the paper, or lasts longer than anybody looks back.
fn near(period: &Period, issued: Date) -> Result<(), Odd> {
    let far = |day: Date, years: i64| (day.start_millis() - issued.start_millis()).abs() > years * 366 * DAY;
    let Period { from, to, .. } = period;
    if far(*from, limits::PERIOD_YEARS) || far(*to, limits::DUE_YEARS) {
        return Err(Odd::PeriodFar { from: *from, to: *to });
    }
    Ok(())
}

fn looks_back(period: &Period) -> Result<(), Odd> {
    let (from, to) = (period.from.civil(), period.to.civil());
    let years = jiff::ToSpan::years(i64::from(limits::INSPECTED_YEARS));
    // A day that the year does not have counts as the last of its month.
    let end = from.checked_add(years).unwrap_or(jiff::civil::Date::MAX);
    if to < end { Ok(()) } else { Err(Odd::Long { from: period.from, to: period.to }) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::{period, samples};
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// Noon of a day.
    fn at(today: &str) -> Writing {
        Writing { now: day(today).start_millis() + DAY / 2, urgency: Urgency::Normal, again: false }
    }

    fn letter(issued: &str, term: &str, due: &str) -> Result<(), Odd> {
        let paper =
            Paper { term: term.into(), issued: Some(day(issued)), due: due.into(), ..Paper::default() };
        let mv = directive::Move::Issued(directive::Issued { paper, tasks: vec![], in_reply_to: None });
        plausible(&mv.into(), at("2026-11-30"))
    }

    #[test]
    fn a_year_of_congresses_has_two_terms() {
        assert_eq!(terms(day("2026-11-24")), ["2025-2030"]);
        assert_eq!(terms(day("2025-07-01")), ["2020-2025", "2025-2030"]);
        assert_eq!(terms(day("2024-12-31")), ["2020-2025"]);
        assert_eq!(terms(day("2030-01-01")), ["2025-2030", "2030-2035"]);
    }

    #[test]
    fn an_old_date_needs_its_term() {
        let term = |issued, today| term(day(issued), day(today));
        assert_eq!(term("2026-11-24", "2026-11-30"), "2025-2030");
        assert_eq!(term("2029-12-31", "2030-01-05"), "2025-2030", "the old registers are still open");
        assert_eq!(term("2029-12-01", "2030-01-05"), "2030-2035", "refused: that term did not run then");
        assert_eq!(term("1990-01-01", "2026-11-30"), "2025-2030");
    }

    #[test]
    fn the_dates_of_a_paper_can_be() {
        assert_eq!(letter("2026-11-30", "2025-2030", "2026-11-30"), Ok(()));
        assert_eq!(letter("2024-12-02", "2020-2025", "2024-12-09"), Ok(()), "a paper of the past");
        assert_eq!(letter("2026-12-01", "2025-2030", ""), Err(Odd::Ahead(day("2026-12-01"))));
        assert!(matches!(letter("1990-01-01", "2025-2030", ""), Err(Odd::Term { .. })));
        assert!(matches!(letter("2026-11-24", "2020-2025", ""), Err(Odd::Term { .. })));
        assert!(matches!(letter("2026-11-30", "2025-2030", "2020-01-01"), Err(Odd::DueBefore { .. })));
        assert!(matches!(letter("2026-11-30", "", "2026-11-29T23:59:00+07:00"), Err(Odd::DueBefore { .. })));
        assert_eq!(letter("2026-11-30", "2025-2030", "2030-12-31"), Ok(()));
        assert!(
            matches!(letter("2026-11-30", "", "2206-12-05"), Err(Odd::DueFar { .. })),
            "a slip of the hand"
        );
    }

    #[test]
    fn an_hour_that_has_passed_is_no_deadline() {
        let issued = |due: &str| letter("2026-11-30", "2025-2030", due);
        assert_eq!(issued("2026-11-30T12:01:00+07:00"), Ok(()));
        assert_eq!(issued("2026-11-30T11:59:00+07:00"), Err(Odd::Passed { part: String::new() }));
        assert_eq!(letter("2026-11-27", "", "2026-11-30T11:59:00+07:00"), Ok(()), "a paper of the past");
    }

    #[test]
    fn a_paper_for_an_hour_names_it() {
        let timed = |due: &str| {
            let paper = Paper { due: due.into(), ..Paper::default() };
            let mv = directive::Move::Issued(directive::Issued { paper, tasks: vec![], in_reply_to: None });
            plausible(&mv.into(), Writing { urgency: Urgency::ExpressTimed, ..at("2026-11-30") })
        };
        assert_eq!(timed(""), Err(Odd::NoHour));
        assert_eq!(timed("2026-12-01"), Err(Odd::NoHour));
        assert_eq!(timed("2026-11-30T14:00:00+07:00"), Ok(()));
    }

    #[test]
    fn a_period_is_as_long_as_its_kind() {
        let lasts = |kind: &str, from: &str, to: &str| {
            lasts(&Period { kind: kind.into(), from: day(from), to: day(to) }).is_ok()
        };
        for (kind, from, to) in [
            ("week", "2026-11-23", "2026-11-29"),
            ("week", "2026-11-23", "2026-11-27"),
            ("month", "2027-02-01", "2027-02-28"),
            ("month", "2026-10-15", "2026-11-14"),
            ("quarter", "2027-01-01", "2027-03-31"),
            ("quarter", "2026-12-15", "2027-03-14"),
            ("half", "2027-01-01", "2027-06-30"),
            ("half", "2026-07-01", "2026-12-31"),
            ("year", "2028-01-01", "2028-12-31"),
            ("term", "2025-08-11", "2030-08-10"),
            ("range", "2026-11-30", "2026-11-30"),
        ] {
            assert!(lasts(kind, from, to), "{kind} {from} {to}");
        }
        for (kind, from, to) in [
            ("week", "2026-11-23", "2027-11-29"),
            ("month", "2026-11-30", "2026-12-01"),
            ("month", "2026-11-01", "2026-12-31"),
            ("quarter", "2026-01-01", "2026-01-31"),
            ("half", "2026-01-01", "2026-12-31"),
            ("year", "2026-11-30", "2026-11-30"),
        ] {
            assert!(!lasts(kind, from, to), "{kind} {from} {to}");
        }
        let month = Period { kind: "month".into(), from: day("1826-10-15"), to: day("1826-11-14") };
        assert!(matches!(near(&month, day("2026-11-30")), Err(Odd::PeriodFar { .. })), "a slip of the hand");
        let twenty = Period { kind: "range".into(), from: day("2006-10-01"), to: day("2026-09-30") };
        assert_eq!(near(&twenty, day("2026-11-30")), Ok(()), "twenty years of a resolution");
    }

    #[test]
    fn no_remedy_is_due_in_the_past() {
        let concluded = |remedy_by: &str| {
            let office = crate::id::OfficeId(uuid::Uuid::from_u128(10));
            let conclusion = "khắc phục".to_owned();
            let mv = inspection::Move::Concluded { office, conclusion, remedy_by: remedy_by.into() };
            plausible(&mv.into(), at("2026-11-30"))
        };
        assert_eq!(concluded(""), Ok(()));
        assert_eq!(concluded("2026-11-30"), Ok(()));
        assert_eq!(concluded("2026-11-29"), Err(Odd::Past(day("2026-11-29"))));
    }

    #[test]
    fn parts_are_due_in_their_time() {
        let (today, period) = (at("2026-11-30"), period().unwrap());
        for mut mv in samples() {
            assert_eq!(plausible(&mv, today), Ok(()), "{}", mv.name());
            match &mut mv {
                Move::Directive(directive::Move::Issued(said)) => said.tasks[0].due = "2020-01-01".into(),
                Move::Programme(programme::Move::Issued(said)) => said.items[0].due = "2026-10-15".into(),
                Move::Inspection(inspection::Move::Opened(said)) => {
                    said.period = Some(Period { from: day("2010-01-01"), ..period.clone() });
                }
                _ => continue,
            }
            assert!(plausible(&mv, today).is_err(), "{}", mv.name());
        }
        let years =
            |from: &str, to: &str| looks_back(&Period { kind: "range".into(), from: day(from), to: day(to) });
        assert_eq!(years("2021-07-01", "2026-06-30"), Ok(()));
        assert!(years("2021-07-01", "2026-07-01").is_err());
    }
}

//! On whose page a draft stands. No task is stored: the lists are computed from the draft and the house of the moment.

use super::bench::{Bench, Duty};
use super::remark::Standing;
use super::road::Doing;
use super::state::Draft;
use crate::date::Date;
use crate::limits;

/// Where a draft stands on somebody's page.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Section {
    /// Chờ ký.
    Sign,
    /// Chờ ký nháy.
    Initial,
    /// Chờ cho ý kiến.
    Opinion,
    /// Chờ thẩm định.
    Appraise,
    /// Phải tiếp thu, giải trình.
    Answer,
    /// Phải tiếp thu, trình tiếp.
    Absorb,
    /// Chờ đối soát.
    Check,
    /// Chờ kết quả họp.
    Meeting,
    /// Phải gửi phiếu.
    Ask,
    /// Phải tổng hợp ý kiến.
    Sum,
    /// Chờ ban hành.
    Issue,
}

/// When something is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// It has no time.
    Open,
    /// On this day.
    Day(Date),
    /// At this moment, Unix milliseconds.
    Moment(i64),
}

/// Whether somebody may sign a draft that waits for a signature: it waits for him, or he holds the right of whom it waits
/// for. Nobody signs by accident what waits for another.
pub fn may_sign(bench: &dyn Bench, draft: &Draft, person: &str) -> bool {
    if !draft.slots.is_empty() {
        return draft.slots.iter().any(|slot| slot.person == person);
    }
    let right = bench.signs(person, &draft.issuer, &draft.document_type);
    right.is_some_and(|right| person == draft.signer || right.of == draft.signer)
}

/// Whose page a draft stands on now, and why.
pub fn mine(bench: &dyn Bench, draft: &Draft, person: &str, now: i64) -> Vec<(Section, Until)> {
    let Some(doing) = draft.doing() else { return Vec::new() };
    let is = |duty| bench.is(person, duty);
    let must = |standing| draft.remarks.iter().any(|remark| remark.must && remark.standing == standing);
    let (open, answered) = (must(Standing::Open), must(Standing::Answered));
    let mut lines = Vec::new();
    let mut put = |section, until| lines.push((section, until));
    if answered && doing != Doing::Appraise && !draft.wrote(person) && is(Duty::Appraiser) {
        put(Section::Check, Until::Open);
    }
    match doing {
        Doing::Draft | Doing::Absorb if draft.drafter != person => {}
        Doing::Draft | Doing::Absorb if open => put(Section::Answer, Until::Open),
        Doing::Absorb if !answered => put(Section::Absorb, Until::Open),
        Doing::Draft | Doing::Absorb => {}
        Doing::Appraise => {
            if is(Duty::Appraiser) && !draft.wrote(person) {
                let since = Date::of_millis(draft.since).unwrap_or(Date::LAST);
                put(Section::Appraise, Until::Day(bench.working_after(since, limits::DRAFT_APPRAISE_DAYS)));
            }
        }
        Doing::Approve if is(Duty::Standing) => put(Section::Opinion, Until::Open),
        Doing::Meeting if is(Duty::Secretary) => put(Section::Meeting, Until::Open),
        Doing::Initial if is(Duty::Chief) => put(Section::Initial, Until::Open),
        Doing::Issue if is(Duty::Clerk) => put(Section::Issue, Until::Open),
        Doing::Approve | Doing::Meeting | Doing::Initial | Doing::Issue => {}
        Doing::Opinions => match draft.slip() {
            None if is(Duty::Secretary) => put(Section::Ask, Until::Open),
            None => {}
            Some(slip) => {
                let silent = slip.tally(None).silent;
                if silent.contains(&person) {
                    put(Section::Opinion, Until::Moment(slip.until));
                }
                if is(Duty::Secretary) && (now >= slip.until || silent.is_empty()) {
                    put(Section::Sum, Until::Open);
                }
            }
        },
        Doing::Sign => {
            let waits = match draft.next_slot() {
                Some(slot) => slot.person == person,
                None => may_sign(bench, draft, person),
            };
            if waits {
                put(Section::Sign, Until::Open);
            }
        }
    }
    lines
}

/// Whether somebody sees a draft: who writes it, has or had a step of it, is a standing member, chief of the office or helps
/// the standing members; the clerk from the signature on. Nobody else hears that there is one.
pub fn sees(bench: &dyn Bench, draft: &Draft, person: &str, now: i64) -> bool {
    let office = [Duty::Standing, Duty::Chief, Duty::Secretary];
    let signed = draft.ended.is_some() || draft.doing() == Some(Doing::Issue);
    let asked = draft.slips.iter().any(|slip| slip.members.iter().any(|member| member == person));
    draft.wrote(person)
        || office.iter().any(|duty| bench.is(person, *duty))
        || signed && bench.is(person, Duty::Clerk)
        || asked
        || draft.signer == person
        || draft.slots.iter().any(|slot| slot.person == person)
        || draft.approvals.iter().any(|approval| approval.by == person)
        || draft.remarks.iter().any(|remark| remark.by == person || remark.checked_by == person)
        || !mine(bench, draft, person, now).is_empty()
}

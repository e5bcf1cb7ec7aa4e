//! The targets of an inspection as a matrix: each with its stage and its answer to each question, the late ones first.

use maud::{Markup, html};
use truc_proto::record::inspection::{Answer, Finding, Stage};

use crate::derive::views::kinds::inspection::{Shown, ShownTarget};
use crate::web::parts::{self, Mark, badge, glyph};
use crate::web::table::{Cell, Table};
use crate::web::visit::Visit;
use crate::words::order::order;

/// Mark and catalogue key of a finding.
pub(super) fn finding(finding: Finding) -> (Mark, &'static str) {
    match finding {
        Finding::Met => (Mark::Done, "insp-met"),
        Finding::Partly => (Mark::Soon, "insp-partly"),
        Finding::NotMet => (Mark::Late, "insp-not-met"),
        Finding::Unspecified => (Mark::Waiting, "insp-unsaid"),
    }
}

/// The targets in the order in which somebody has to look at them: those that are late, those that wait for the
/// inspecting office's word, the others; within these by name.
pub(super) fn sorted<'a>(visit: &Visit, shown: &'a Shown) -> Vec<&'a ShownTarget> {
    let mut targets: Vec<&ShownTarget> = shown.targets.iter().collect();
    targets.sort_by_cached_key(|target| (first(target), order(&visit.name(target.office))));
    targets
}

fn first(target: &ShownTarget) -> (u8, Mark) {
    let mark = Mark::of(target.status);
    match target.stage {
        Stage::Notified if matches!(mark, Mark::Late | Mark::Unknown) => (0, mark),
        Stage::SelfReported | Stage::Verifying => (1, Mark::Waiting),
        Stage::Notified | Stage::Remediating => (2, mark),
        Stage::Concluded | Stage::Closed => (3, mark),
    }
}

/// How many targets have reported on themselves.
pub(super) fn reported(shown: &Shown) -> usize {
    shown.targets.iter().filter(|target| target.self_report.is_some()).count()
}

/// The answer of a target to a question.
fn answer<'a>(target: &'a ShownTarget, question: &str) -> Option<&'a Answer> {
    target.self_report.as_ref()?.answers.iter().find(|one| one.id == question)
}

/// The matrix, with a link to the box of each target; `stage` says a stage as shape and word, `ticks` which targets can
/// be ticked. The head of a question says how many targets meet it, of how many.
pub(super) fn matrix(
    visit: &Visit,
    shown: &Shown,
    targets: &[&ShownTarget],
    stage: impl Fn(&ShownTarget) -> (Mark, String),
    ticks: impl Fn(&ShownTarget) -> bool,
) -> Markup {
    let fixed = [("office", visit.word("cli-office")), ("stage", visit.word("cli-stage"))];
    let met = |id: &str| {
        let all = targets.iter().filter_map(|target| answer(target, id));
        all.filter(|answer| answer.finding == Finding::Met).count()
    };
    let questions = shown
        .checklist
        .iter()
        .map(|question| ("", format!("{} {}/{}", question.id, met(&question.id), targets.len())));
    let mut table = Table::titled(visit.word("sec-targets"), fixed.into_iter().chain(questions));
    for target in targets {
        let name = visit.name(target.office);
        let (mark, word) = stage(target);
        let address = format!("#target-{}", target.office);
        let mut row = vec![
            Cell::text(name.clone()).shown(html! {
                @if ticks(target) { input type="checkbox" name="office" value=(target.office) aria-label=(name); " " }
                a.plain href=(address) { (name) }
            }),
            Cell::text(word.clone()).shown(badge(mark, &word)),
        ];
        row.extend(shown.checklist.iter().map(|question| {
            let Some(answer) = answer(target, &question.id) else { return Cell::text("–") };
            let (mark, key) = finding(answer.finding);
            let word = visit.word(key);
            let about =
                if answer.answer.is_empty() { word.clone() } else { format!("{word}: {}", answer.answer) };
            let shown =
                html! { span.(mark.name()) title=(about) { (glyph(mark.name())) span.vh { (word) } } };
            Cell::text(word.clone()).shown(shown)
        }));
        table.row(row);
    }
    html! {
        (table.grid(table.rows(), None))
        p.hint { (visit.word("insp-head-note")) }
        p.legend.under {
            @for one in [Finding::Met, Finding::Partly, Finding::NotMet] {
                @let (mark, key) = finding(one);
                span.(mark.name()) { (parts::glyph(mark.name())) span.mut { (visit.word(key)) } }
            }
        }
    }
}

//! What the page of a draft shows: how versions differ, remarks, opinions with those who are silent, what it has passed.

use maud::{Markup, html};
use truc_proto::compare::Difference;
use truc_proto::record::draft::remark::Standing;
use truc_proto::record::draft::slip::Tally;
use truc_proto::record::draft::{Commented, Draft, Matter, Part};

use crate::command::draft::{Seen, said};
use crate::tell;
use crate::web::parts::difference::difference;
use crate::web::parts::{Mark, badge};
use crate::web::visit::Visit;

/// How versions differ, part by part.
pub(super) fn changes(visit: &Visit, id: &str, parts: &[(Part, Difference)]) -> Markup {
    html! {
        @if parts.is_empty() { p.mut { (visit.word("draft-same")) } }
        @for (part, found) in parts {
            @let name: &str = part.into();
            h3 { (visit.word(&format!("draft-part-{name}"))) }
            (difference(visit.lang, &format!("{id}-{name}"), found))
        }
    }
}

/// Opinions: both figures, and who is silent by name.
pub(super) fn opinions(visit: &Visit, moment: &Seen, draft: &Draft) -> Markup {
    let names = |ids: &[&str]| ids.iter().map(|id| moment.name(id)).collect::<Vec<_>>().join(", ");
    let figures = |tally: &Tally<'_>| {
        let groups = [
            ("draft-opinions-agree", &tally.agree),
            ("draft-opinions-other", &tally.other),
            ("draft-opinions-none", &tally.none),
            ("draft-opinions-silent", &tally.silent),
        ];
        html! {
            ul.brief {
                @for (key, who) in groups { @if !who.is_empty() { li { (tell!(visit, key, n = who.len(), who = names(who))) } } }
                li { (tell!(visit, "draft-opinions-counted", counted = tally.counted, needed = tally.needed)) }
            }
        }
    };
    html! {
        @for slip in &draft.slips {
            p { (tell!(visit, "draft-opinions-until", until = said(slip.until), version = slip.version)) @if !slip.question.is_empty() { " – " (slip.question) } }
            @if slip.silence_agrees { p.hint { (tell!(visit, "draft-opinions-basis", basis = slip.basis.as_str())) } }
            (figures(&slip.tally(slip.closed)))
            @for given in slip.given.iter().filter(|given| !given.text.is_empty()) { p { b { (moment.name(&given.of)) } ": " (given.text) } }
        }
    }
}

/// What other offices answered, and who of those asked has not.
pub(super) fn comments(visit: &Visit, moment: &Seen, draft: &Draft) -> Markup {
    let of = |office: &String| -> Vec<&Commented> {
        draft.comments.iter().filter(|comment| comment.office == *office).collect()
    };
    html! {
        @for asked in &draft.consultations {
            p { (tell!(visit, "draft-opinions-until", until = said(asked.until), version = asked.version)) }
            ul.brief {
                @for office in &asked.offices {
                    @if of(office).is_empty() { li { (moment.name(office)) ": " (visit.word("draft-comment-missing")) } }
                    @for comment in of(office) {
                        li {
                            (moment.name(office)) ": "
                            @if comment.text.is_empty() { (visit.word("draft-stance-none")) } @else { (comment.text) }
                            @if comment.after { " · " (visit.word("comment-after")) } @else if comment.late { " · " (visit.word("comment-late")) }
                        }
                    }
                }
            }
        }
    }
}

/// Who drafted, appraised, approved and signed it; also what ended, and by which version.
pub(super) fn passed(visit: &Visit, moment: &Seen, draft: &Draft) -> Markup {
    let name = |matter: &Matter| visit.word(&format!("draft-approval-{}", matter.name()));
    let mut drafted: Vec<String> = Vec::new();
    for (number, version) in (1..).zip(&draft.versions) {
        drafted.push(tell!(visit, "draft-approval-about", who = moment.name(&version.by), version = number));
    }
    html! {
        dl {
            dt { (visit.word("draft-drafted")) } dd { (drafted.join("; ")) }
            @for approval in &draft.approvals {
                dt { (name(&approval.matter)) }
                dd {
                    (tell!(visit, "draft-approval-about", who = moment.name(&approval.by), version = approval.version))
                    @if !approval.event.is_empty() { " · " (approval.event) }
                    @if let Some(version) = approval.ended_by { " · " (badge(Mark::Soon, &tell!(visit, "draft-approval-ended", version = version))) }
                }
            }
            @for signed in &draft.signed {
                dt { (visit.word("draft-signed-by")) }
                dd {
                    (tell!(visit, "draft-approval-about", who = moment.name(&signed.by), version = signed.version))
                    " · " (signed.form)
                    @if !signed.of.is_empty() { " · " (tell!(visit, "draft-lent-of", who = moment.name(&signed.of))) }
                }
            }
            @if !draft.passed.is_empty() {
                @let steps: Vec<&str> = draft.passed.iter().map(|(step, _)| step.as_str()).collect();
                dt { (visit.word("draft-passed")) } dd { (steps.join(", ")) }
            }
        }
    }
}

/// The remarks with their answers; `forms` is what can be done with one.
pub(super) fn remarks(
    visit: &Visit,
    moment: &Seen,
    draft: &Draft,
    forms: impl Fn(&str, Standing) -> Markup,
) -> Markup {
    html! {
        ul.rows {
            @for remark in &draft.remarks {
                @let mark = match remark.standing { Standing::Open if remark.must => Mark::Late, Standing::Open => Mark::None, Standing::Answered => Mark::Soon, Standing::Checked => Mark::Done };
                @let standing: &str = remark.standing.into();
                li {
                    div.when { (badge(mark, &visit.word(&format!("remark-is-{standing}")))) }
                    div {
                        p { b { (remark.id) } " · " (moment.name(&remark.by)) " · " (visit.word(if remark.must { "draft-must" } else { "draft-suggestion" })) }
                        p { (remark.text) }
                        @if let Some(how) = remark.how { @let how: &str = how.into(); p.mut { (visit.word(&format!("draft-how-{how}"))) @if !remark.answer.is_empty() { ": " (remark.answer) } } }
                        (forms(&remark.id, remark.standing))
                    }
                }
            }
        }
    }
}

//! The page of a draft: the next act first, then what changed, the text, remarks, opinions, what it has passed, the story.

use maud::{Markup, html};
use truc_proto::id::RecordId;
use truc_proto::record::draft::remark::Standing;
use truc_proto::record::draft::{Draft, Ended, KIND, Part};
use truc_proto::record::{directive, report};

use super::{AT, address, edit_address, show};
use crate::command::draft::{Seen, Texts, compared, may, said, seen, texts};
use crate::derive::views::kinds::draft::DraftRow;
use crate::derive::views::story::{self, StoryRow};
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::markdown;
use crate::web::page::Page;
use crate::web::parts::field::Field;
use crate::web::parts::{self, field, section};
use crate::web::shared::drafts as kept;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// The moves that are what somebody most likely wants, in this order.
const MAIN: [&str; 12] = [
    "sign",
    "issue",
    "appraise",
    "approve",
    "opinion",
    "initial",
    "meeting",
    "ask",
    "close-ask",
    "hand-in",
    "adopt",
    "resume",
];

/// What is needed to show a draft.
struct Shown {
    row: DraftRow,
    moment: Seen,
    known: Texts,
    next: Vec<&'static str>,
    story: Vec<StoryRow>,
}

pub(super) fn page(visit: &Visit, form: &Form) -> Answer {
    let id = visit.param("id").parse().map(RecordId).map_err(|_: uuid::Error| Fault::NotFound)?;
    let found = visit.within(|context| {
        let row = seen(context, id)?;
        Ok(Shown {
            moment: Seen::now(context)?,
            known: texts(context, id, &row.draft)?,
            next: may(context, id, &row.draft)?,
            story: context.look(|views, look| story::of_own(views, look.me, id, KIND.number))?,
            row,
        })
    });
    let shown = match found {
        Err(failure) if failure.key == "draft-unknown" => return Err(Fault::NotFound),
        found => found?,
    };
    let body = html! { article.doc { (body(visit, &shown, form)?) } };
    Page::new(shown.row.draft.title.clone(), body).at(AT).render_form(visit, form)
}

/// The version that somebody saw last: with a word, else the one before the newest.
fn last_seen(draft: &Draft, who: &str) -> u32 {
    let approved =
        draft.approvals.iter().filter(|approval| approval.by == who).map(|approval| approval.version);
    let slips = draft.slips.iter().filter(|slip| slip.given.iter().any(|given| given.of == who));
    let written =
        (1..).zip(&draft.versions).filter(|(_, version)| version.by == who).map(|(number, _)| number);
    let seen = approved.chain(slips.map(|slip| slip.version)).chain(written).max();
    seen.filter(|seen| *seen < draft.version()).unwrap_or(draft.version().saturating_sub(1)).max(1)
}

fn body(visit: &Visit, shown: &Shown, form: &Form) -> Result<Markup, Failure> {
    let (draft, moment) = (&shown.row.draft, &shown.moment);
    let now = draft.version();
    let asked = |name: &str, usual: u32| {
        visit.asked(name).parse().ok().filter(|version| (1..=now).contains(version)).unwrap_or(usual)
    };
    let (from, to) = (asked("from", last_seen(draft, visit.author())), asked("to", now));
    let parts = shown.known.of(to).cloned().unwrap_or_default();
    let text = |part| parts.get(&part).map_or("", String::as_str);
    let changed = match (shown.known.of(from), shown.known.of(to)) {
        (Some(old), Some(new)) if from < to => compared(old, new),
        _ => Vec::new(),
    };
    let main = MAIN.iter().find(|name| shown.next.contains(name)).copied();
    let mut others = shown.next.clone();
    others.retain(|name| Some(*name) != main && !matches!(*name, "answer" | "check" | "save" | "adopt"));
    let version = draft.versions.get((to as usize).saturating_sub(1));
    let ended = match &draft.ended {
        Some(Ended::Issued { number, paper, .. }) => {
            let is_report = paper.is_of(visit.me(), report::KIND.number);
            let kind = if is_report { report::KIND.name } else { directive::KIND.name };
            Some((number.clone(), format!("/{kind}/{paper}")))
        }
        Some(Ended::Superseded { by }) => Some((visit.word("draft-state-superseded"), address(*by))),
        _ => None,
    };
    let of_remark = |id: &str, standing| remark_forms(visit, shown, form, id, standing);
    Ok(html! {
        header.top {
            p.crumb { a href=(AT) { (visit.word("nav-sign")) } }
            h1 { (draft.title) }
            p.meta {
                b { (visit.word(&format!("draft-state-{}", draft.state().name()))) }
                span { (parts::type_name(visit.lang, &draft.document_type)) }
                span { (moment.name(&draft.issuer)) }
                span { (visit.word("draft-drafter")) ": " (moment.name(&draft.drafter)) }
                @if !draft.signer.is_empty() && draft.ended.is_none() { span { (tell!(visit, "draft-waits-for", who = moment.name(&draft.signer))) } }
                @if let Some((name, place)) = &ended { span { a href=(place) { (name) } } }
            }
            (field::summary(visit, form))
            div.next id="next" data-part {
                @if draft.beside.iter().any(|beside| beside.open) { p.note { (visit.word("draft-kept-beside")) } }
                @if shown.next.is_empty() { p { b { (visit.word("doc-nothing-waits")) } } }
                div.acts {
                    @if shown.next.contains(&"save") { a.b.go[main.is_none()] href=(edit_address(shown.row.record)) { (tell!(visit, "draft-edit", version = now)) } }
                    @if let Some(main) = main { (deed(visit, shown, main, true, form)?) }
                    @for name in &others { (deed(visit, shown, name, false, form)?) }
                }
            }
        }
        div.todo id="todo" data-part {
            @if from < to { (section("difference", &tell!(visit, "draft-difference", from = from, to = to), "", show::changes(visit, "since", &changed))) }
            @if now > 1 {
                nav.acts aria-label=(visit.word("draft-version")) {
                    @for number in 1..=now { a.b href={ "?to=" (number) "&from=" (number.saturating_sub(1).max(1)) } { (number) } }
                }
            }
            (section("text", &tell!(visit, "draft-text-of", version = to), "", html! {
                @if let Some(version) = version { p.mut { (tell!(visit, "draft-of-version", version = to, who = moment.name(&version.by), time = said(version.time))) } }
                div.paper { (markdown::paper(text(Part::Body))) }
                dl {
                    @for part in [Part::Recipients, Part::Tasks, Part::Signing, Part::Urgency] {
                        @if !text(part).is_empty() { @let name: &str = part.into(); dt { (visit.word(&format!("draft-part-{name}"))) } dd { (text(part)) } }
                    }
                }
            }))
            @if draft.beside.iter().any(|beside| beside.open) { (section("beside", &visit.word("draft-beside-title"), "", beside(visit, shown))) }
            @if !draft.remarks.is_empty() { (section("remarks", &visit.word("draft-remarks"), "", show::remarks(visit, moment, draft, of_remark))) }
            @if !draft.slips.is_empty() { (section("opinions", &visit.word("draft-opinions"), "", show::opinions(visit, moment, draft))) }
            @if !draft.consultations.is_empty() { (section("comments", &visit.word("draft-comments"), "", show::comments(visit, moment, draft))) }
            (section("passed", &visit.word("draft-approvals"), &tell!(visit, "draft-road-version", name = draft.road.name.as_str(), version = draft.road.version), show::passed(visit, moment, draft)))
        }
        div.story {
            (section("story", &visit.word("draft-story"), "", html! {
                ul.brief {
                    @for row in shown.story.iter().rev() {
                        li { (visit.time(row.time)) " · " (moment.name(&row.author)) " · " (parts::move_word(visit.lang, KIND.number, &row.mv)) @if !row.brief.is_empty() { ": " (row.brief) } }
                    }
                }
            }))
        }
    })
}

/// Texts that were kept beside, and what can be done with them.
fn beside(visit: &Visit, shown: &Shown) -> Markup {
    let draft = &shown.row.draft;
    let may = shown.next.contains(&"adopt");
    let hidden = |number: u32, how: &str| {
        let number = number.to_string();
        let values = [("move", "adopt"), ("beside", number.as_str()), ("how", how)];
        let word = visit.word(if how == "drop" { "btn-draft-drop" } else { "btn-draft-adopt" });
        field::button(visit, &address(shown.row.record), "", &word, &values)
    };
    html! {
        @for (number, kept) in (1u32..).zip(&draft.beside).filter(|(_, kept)| kept.open) {
            p { (tell!(visit, "draft-beside-of", n = number, who = shown.moment.name(&kept.by), base = kept.base)) }
            @if let Some(parts) = shown.known.beside(number) {
                @let old = shown.known.newest().cloned().unwrap_or_default();
                @let new: std::collections::BTreeMap<_, _> = old.clone().into_iter().chain(parts.clone()).collect();
                (show::changes(visit, &format!("beside-{number}"), &compared(&old, &new)))
            }
            @if may { div.acts { (hidden(number, "use")) (hidden(number, "drop")) } }
        }
    }
}

/// What can be done with one remark.
fn remark_forms(visit: &Visit, shown: &Shown, form: &Form, id: &str, standing: Standing) -> Markup {
    let place = address(shown.row.record);
    let same = |mv: &str| form.raw("remark") == id && form.raw("move") == mv;
    let of = |mv: &str| {
        kept::typed(visit, &place, &[("move", mv), ("remark", id)], Some(form).filter(|_| same(mv)))
    };
    let (answer, check) = (of("answer"), of("check"));
    let hidden = |mv: &str, typed: &Form| html! { (kept::head(visit, typed)) input type="hidden" name="move" value=(mv); input type="hidden" name="remark" value=(id); };
    html! {
        @if standing == Standing::Open && shown.next.contains(&"answer") {
            form.box method="post" action=(place) {
                (hidden("answer", &answer))
                (Field::new(visit, "text", "draft-answer").text(&answer, 2))
                p.acts {
                    button.b name="how" value="taken" { (visit.word("draft-how-taken")) }
                    button.b name="how" value="explained" { (visit.word("draft-how-explained")) }
                }
            }
        }
        @if standing == Standing::Answered && shown.next.contains(&"check") {
            form.box method="post" action=(place) {
                (hidden("check", &check))
                (Field::new(visit, "why", "field-why").line(&check))
                p.acts {
                    button.b.go name="verdict" value="ok" { (visit.word("btn-draft-check")) }
                    button.b name="verdict" value="again" { (visit.word("btn-draft-reopen")) }
                }
            }
        }
    }
}

/// The form of one move. What is typed into it is kept until it is carried out. How many moves there were stands in it, so that
/// the same move after another one is no second press.
fn deed(visit: &Visit, shown: &Shown, name: &str, main: bool, form: &Form) -> Result<Markup, Failure> {
    let place = address(shown.row.record);
    let draft = &shown.row.draft;
    let same = form.raw("move") == name;
    let typed = if same { form.clone() } else { kept::of_move(visit, &place, &[("move", name)])? };
    let word = parts::capital(&parts::move_word(visit.lang, KIND.number, name));
    let choice = |name: &str, label: &str, of: &str, words: &[&str]| {
        let options: Vec<(String, String)> = words
            .iter()
            .map(|word| ((*word).to_owned(), visit.word(&format!("draft-{of}-{word}"))))
            .collect();
        Field::new(visit, name, label).choice(&typed, &options)
    };
    let note = || Field::new(visit, "note", "field-why").text(&typed, 2);
    let two = |go: &str, back: &str| {
        html! {
            button.b.go name="verdict" value="pass" { (visit.word(go)) }
            button.b name="verdict" value="back" { (visit.word(back)) }
        }
    };
    let remarks = || {
        html! {
            (Field::new(visit, "must", "draft-field-must").text(&typed, 2))
            (Field::new(visit, "suggest", "draft-field-suggest").text(&typed, 2))
        }
    };
    let go = || html! { button.b.go { (word) } };
    let (fields, buttons) = match name {
        "appraise" | "approve" => (remarks(), two("btn-draft-pass", "btn-draft-back")),
        "meeting" => {
            let results = choice("result", "draft-field-opinion", "meeting", &["pass", "changes", "back"]);
            (
                html! { (Field::new(visit, "event", "draft-field-event").required().line(&typed)) (results) (remarks()) },
                go(),
            )
        }
        "opinion" => {
            let words = ["agree", "agree-note", "other", "none"];
            let stance = choice("opinion", "draft-field-opinion", "stance", &words);
            (html! { (stance) (Field::new(visit, "text", "draft-words").text(&typed, 3)) }, go())
        }
        "ask" => (
            html! {
                (Field::new(visit, "until", "draft-field-until").kind("datetime-local").required().line(&typed))
                (Field::new(visit, "question", "draft-field-question").line(&typed))
            },
            go(),
        ),
        "extend-ask" => (
            html! { (Field::new(visit, "until", "draft-field-until").kind("datetime-local").required().line(&typed)) (note()) },
            go(),
        ),
        "consult" => (
            html! {
                (Field::new(visit, "offices", "draft-offices").hint(visit.word("draft-offices-hint")).required().line(&typed))
                (Field::new(visit, "until", "draft-field-until").kind("datetime-local").required().line(&typed))
            },
            go(),
        ),
        "comment" => {
            let asked = draft.consultations.iter().flat_map(|asked| &asked.offices);
            let options: Vec<(String, String)> =
                asked.map(|office| (office.clone(), shown.moment.name(office))).collect();
            let office = Field::new(visit, "office", "draft-offices").choice(&typed, &options);
            (html! { (office) (Field::new(visit, "text", "draft-words").text(&typed, 3)) }, go())
        }
        "redirect" | "reassign" => (html! { (people(visit, shown, &typed)) (note()) }, go()),
        "sign" => (html! { p { (tell!(visit, "draft-ask-sign", version = draft.version())) } }, go()),
        "issue" => (
            html! {
                p { (visit.word("draft-ask-issue")) }
                (Field::new(visit, "date", "draft-field-date").kind("date").line(&typed))
                p { label { input type="checkbox" name="report" value="1" checked[typed.is_set("report")]; " " (visit.word("draft-field-report")) } }
            },
            go(),
        ),
        "return" | "withdraw" | "unsign" => (note(), go()),
        _ => (html! {}, go()),
    };
    let opened = main && matches!(name, "sign" | "issue" | "appraise" | "approve" | "opinion");
    Ok(html! {
        @if matches!(name, "hand-in" | "take-back" | "close-ask" | "initial" | "resume" | "close-consult") {
            form.inline method="post" action=(place) {
                (kept::head(visit, &typed)) input type="hidden" name="move" value=(name); input type="hidden" name="version" value=(draft.version()); input type="hidden" name="moves" value=(draft.moves);
                button.b.go[main] { (word) }
            }
        } @else {
            details.move open[same || opened] {
                summary.b.go[main] { (word) }
                form.box method="post" action=(place) data-draft {
                    (kept::head(visit, &typed)) input type="hidden" name="move" value=(name); input type="hidden" name="version" value=(draft.version()); input type="hidden" name="moves" value=(draft.moves);
                    (fields)
                    p.acts { (kept::saved(visit)) (buttons) }
                }
            }
        }
    })
}

/// A choice among the people of today.
fn people(visit: &Visit, shown: &Shown, form: &Form) -> Markup {
    let people = shown.moment.house().people(visit.today());
    let options: Vec<(String, String)> =
        people.map(|person| (person.id.clone(), format!("{} – {}", person.name, person.title))).collect();
    Field::new(visit, "to", "draft-field-to").choice(form, &options)
}

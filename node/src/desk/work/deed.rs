//! Forms of the moves of a work, each with a draft of its own.

use maud::{Markup, html};
use truc_proto::record::assignment::{KIND, Saw};

use super::people;
use crate::command::assignment::May;
use crate::command::tasks::{Moment, TaskRow};
use crate::tell;
use crate::web::form::{Form, LEVEL};
use crate::web::parts::{self, field};
use crate::web::shared::drafts;
use crate::web::visit::Visit;

/// Keys that press the buttons of moves.
const KEYS: [(&str, &str); 7] = [
    ("take", "t"),
    ("hand-in", "r"),
    ("confirm", "c"),
    ("return", "v"),
    ("ask", "e"),
    ("back", "b"),
    ("approve", "y"),
];

/// What may be typed into the forms of moves: names of fields, and keys of their labels.
pub(super) const TYPED: [(&str, &str); 4] = [
    ("number", "work-result-number"),
    ("without_product", "work-without-product"),
    ("note", "field-note"),
    ("beyond", "work-beyond"),
];

/// What the form of a move needs to know of its work.
pub(super) struct Around<'a> {
    pub visit: &'a Visit,
    pub moment: &'a Moment<'a>,
    pub row: &'a TaskRow,
    /// Who helps and has said nothing.
    pub silent: &'a [String],
    /// The paper is secret: nothing is said here.
    pub secret: bool,
    /// The form that was posted or asked for.
    pub form: &'a Form,
}

/// The form of a move: one button where nothing is asked, else fields behind it. What is typed is kept as a draft of this
/// person for this move of this work, but for a secret paper.
pub(super) fn deed(around: &Around<'_>, may: &May, main: bool) -> Markup {
    let Around { visit, moment, row, silent, secret, form } = *around;
    let (name, work) = (may.mv, &row.row.work);
    let same = form.raw("move") == name;
    let address = format!("/assignment/{}", row.row.record);
    let typed = drafts::typed(visit, &address, &[("move", name)], same.then_some(form));
    let plain = parts::capital(&parts::move_word(visit.lang, KIND.number, name));
    // Whoever acts in somebody's place reads so on the button.
    let word = match may.stands_for.as_str() {
        "" => plain,
        person => format!("{plain} ({})", tell!(visit, "work-stands-for", who = moment.name(person))),
    };
    let hidden = html! {
        (drafts::head(visit, &typed))
        input type="hidden" name=(drafts::TITLE) value=(word);
        input type="hidden" name="move" value=(name);
        input type="hidden" name="as" value=(may.stands_for);
        input type="hidden" name="saw" value=(Saw::of(work));
        @if secret { input type="hidden" name=(LEVEL) value="1"; }
    };
    let asks = |names: &[&str]| names.contains(&name);
    let line = |name: &'static str, key: &str| field::Field::new(visit, name, key).line(&typed);
    let fields = html! {
        @if secret { p.hint { (visit.word("hint-secret-move")) } }
        @if asks(&["pass", "reassign", "approve"]) { (people(visit, moment, &typed, if name == "approve" { "lead" } else { "to" }, &format!("{name}-to"), &work.lead)) }
        @if name == "progress" { (field::Field::new(visit, "percent", "field-percent").required().kind("number").line(&typed)) }
        @if name == "hand-in" && !secret {
            (line("number", "work-result-number"))
            @if !work.product.is_empty() { (line("without_product", "work-without-product")) }
        }
        @if name == "hand-in" { @for id in silent { p { label { input type="checkbox" name="without" value=(id) checked[typed.has("without", id)]; " " (tell!(visit, "work-without", who = moment.name(id))) } } } }
        @if asks(&["pass", "reassign", "approve", "ask", "grant", "move-due", "reopen"]) { (field::Field::new(visit, "due", "work-due").kind("date").line(&typed)) }
        @if name == "pass" { p { label { input type="checkbox" name="check" value="1" checked[typed.is_set("check")]; " " (visit.word("work-check-first")) } } }
        @if !secret {
            @if name != "approve" { (field::Field::new(visit, "note", "field-note").text(&typed, 2)) }
            @if asks(&["reassign", "approve", "grant", "move-due", "reopen"]) { (line("beyond", "work-beyond")) }
            @if name == "hand-in" { (field::inward_files(visit, &typed, "files-hand-in")) }
        }
    };
    let files = name == "hand-in" && !secret;
    let pressed = KEYS.iter().find(|(mv, _)| *mv == name).map(|(_, key)| *key);
    html! {
        @if asks(&["take", "seen", "check"]) {
            form.inline method="post" action=(address) { (hidden) button.b.go[main] data-key=[pressed] { (word) } }
        } @else {
            details.move open[same] {
                summary.b.go[main] data-key=[pressed] { (word) }
                form.box method="post" action=(address) enctype=[files.then_some("multipart/form-data")] data-draft[!secret] {
                    (hidden) (fields)
                    p.acts { button.b.go { (word) } @if !secret { (drafts::saved(visit)) } }
                }
            }
        }
    }
}

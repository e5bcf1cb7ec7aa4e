//! Forms of moves. The record's rules say which moves are allowed now, the table of rights says to whom; this file says
//! which fields each has. [`super::document`] receives the forms.

use maud::{Markup, html};
use truc_proto::record::{self, kind::Of};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::derive::views::kinds::Record;
use crate::tell;
use crate::web::form::{Form, LEVEL};
use crate::web::parts::{Mark, field, glyph};
use crate::web::shared::drafts;
use crate::web::site::Nav;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// A field of a move's form.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Name of the field in the form.
    pub name: &'static str,
    /// Catalogue key of the label.
    pub key: &'static str,
    /// Kind of input.
    pub input: Input,
    /// Whether it must be filled in.
    pub required: bool,
}

/// Kind of input of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// One line.
    Line,
    /// A person of the office, or any other text.
    Person,
    /// Several lines.
    Text,
    /// A number from 0 to 100.
    Percent,
    /// A date.
    Day,
    /// Files.
    Files,
}

/// A move as the pages offer it.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// Name of the move in the record.
    pub name: &'static str,
    /// Right required to make it.
    pub right: Right,
    /// Catalogue key of the button's label.
    pub key: &'static str,
    /// Fields of its form.
    pub asks: &'static [Ask],
    /// Catalogue key of the question to confirm a move that cannot be undone; empty: not asked.
    pub grave: &'static str,
    /// Whether its button is the page's main button.
    pub main: bool,
    /// Keyboard shortcut that opens it; empty: none.
    pub shortcut: &'static str,
}

impl Move {
    /// A move without fields.
    pub const fn new(name: &'static str, right: Right, key: &'static str) -> Self {
        Self { name, right, key, asks: &[], grave: "", main: false, shortcut: "" }
    }

    /// Makes the move's button the page's main button.
    #[must_use]
    pub const fn main(mut self) -> Self {
        self.main = true;
        self
    }

    /// Sets the fields.
    #[must_use]
    pub const fn asks(mut self, asks: &'static [Ask]) -> Self {
        self.asks = asks;
        self
    }

    /// Makes the form ask for confirmation, because the move cannot be undone.
    #[must_use]
    pub const fn grave(mut self, key: &'static str) -> Self {
        self.grave = key;
        self
    }

    /// Sets the keyboard shortcut.
    #[must_use]
    pub const fn shortcut(mut self, key: &'static str) -> Self {
        self.shortcut = key;
        self
    }
}

/// Field that says what comes next when the move is made.
pub const THEN: &str = "then";
/// Its value: the form by which work is given.
pub const GIVE: &str = "give";

/// An optional note.
pub const NOTE: Ask = Ask { name: "note", key: "field-note", input: Input::Text, required: false };
/// A required reason.
pub const WHY: Ask = Ask { name: "note", key: "field-why", input: Input::Text, required: true };
/// Optional files.
pub const FILES: Ask = Ask { name: "files", key: "field-files", input: Input::Files, required: false };

/// The word that a task or an item is not done, which says why.
pub const NOT_DONE: Move = Move::new("confirmed", Right::Judge, "btn-not-done").asks(&[WHY]);

/// Errors of a form that cannot become a command: field and words.
pub type Wrong = Vec<(String, String)>;

/// Contributions of a kind to the page of a record.
#[derive(Debug, Default)]
pub struct Parts {
    /// What is to be done next; none: nothing.
    pub next: Option<Next>,
    /// Content beside the paper, above the story.
    pub side: Vec<Markup>,
    /// Content below the paper: answers of others, tables.
    pub below: Vec<Markup>,
}

/// What this office has to do next.
#[derive(Debug)]
pub struct Next {
    /// Mark of its status.
    pub mark: Mark,
    /// The task in one sentence, with its deadline.
    pub said: String,
    /// Further information.
    pub note: String,
}

/// A line of a move's form about one task or item.
#[derive(Debug)]
pub struct Each {
    /// Name of the field.
    pub name: String,
    /// The task or item, in words.
    pub label: String,
    /// Whether the line must be filled in.
    pub required: bool,
}

/// The pages of a kind of record.
pub trait Kind: 'static {
    /// The kind's table.
    const TABLE: &'static record::Kind;
    /// Number of the kind.
    const KIND: u32 = Self::TABLE.number;
    /// Name of the kind in addresses and commands.
    const NAME: &'static str = Self::TABLE.name;
    /// Address of its list in the navigation.
    const AT: &'static str;
    /// Catalogue key of that entry of the navigation.
    const KEY: &'static str;
    /// That place in a desk's navigation; none: it stands there for all kinds.
    const NAV: Option<Nav>;
    /// Words and button of those that wait for this office's word, where Today lists them as such.
    const TODAY: Option<[&'static str; 2]>;
    /// Its moves that have a button; the others are written on pages of their own.
    const MOVES: &'static [Move];

    /// The command for a move's form; fails with the form's errors.
    fn command(visit: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong>;
    /// What a move's form asks beside its fields, as of each open task: name of the field, label and whether it must be
    /// filled in.
    fn each(_: &Visit, _: &Record, _: &str) -> Vec<Each> {
        Vec::new()
    }
    /// The kind's contributions to the page of a record.
    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure>;
}

/// The moves that both the record and the account's rights allow now.
pub fn allowed<'a, K: Kind>(
    visit: &'a Visit,
    record: &'a Record,
) -> impl Iterator<Item = &'static Move> + 'a {
    K::MOVES.iter().filter(|mv| visit.may(mv.right) && may_now(record, mv.name))
}

/// Whether the record allows a move now. "Accepted" and "refused" count as allowed where "arrived" is still missing:
/// "arrived" is written first.
fn may_now(record: &Record, name: &str) -> bool {
    let arriving = matches!(name, "accepted" | "refused") && record.next.contains(&"arrived");
    arriving || record.next.contains(&name)
}

/// Whether a move is about one task, office or question: its button stands there.
pub fn of_part<K: Kind>(mv: &Move) -> bool {
    K::TABLE.rule(mv.name).is_some_and(|rule| rule.of == Of::Part)
}

/// The button of a move; a move with fields or a confirmation opens its form.
pub fn button(visit: &Visit, address: &str, mv: &Move, form: &Form, hidden: &[(&str, &str)]) -> Markup {
    button_with(visit, address, mv, form, hidden, &[])
}

/// As [`button`], with a line about each of several tasks or items.
pub fn button_with(
    visit: &Visit,
    address: &str,
    mv: &Move,
    form: &Form,
    hidden: &[(&str, &str)],
    each: &[Each],
) -> Markup {
    // Of a secret paper nothing is said here but that a step is made.
    let (secret, level) = (form.is_secret(), form.raw(LEVEL).to_owned());
    let wordless = |ask: &&Ask| !secret || !matches!(ask.input, Input::Text | Input::Files);
    // A page has one main button: buttons of a task, office or question, which have hidden fields, are never it.
    let class = if mv.main && hidden.is_empty() { "go" } else { "" };
    if mv.asks.is_empty() && mv.grave.is_empty() && each.is_empty() {
        return html! {
            form.inline method="post" action=(address) {
                (drafts::named(visit, address, hidden))
                @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
                button class={ "b " (class) } data-key=[(!mv.shortcut.is_empty()).then_some(mv.shortcut)] { (visit.word(mv.key)) }
            }
        };
    }
    let same = form.raw("move") == mv.name && hidden.iter().all(|(name, value)| form.raw(name) == *value);
    let form = &drafts::typed(visit, address, hidden, same.then_some(form));
    let label = visit.word(mv.key);
    let label = label.trim_end_matches('…');
    // Makes element ids unique: several forms of one page may have the same fields.
    let mark: String = hidden.iter().map(|(_, value)| format!("-{value}")).collect();
    html! {
        details.move open[same] {
            summary class={ "b " (class) } data-key=[(!mv.shortcut.is_empty()).then_some(mv.shortcut)] { (label) "…" }
            form.box method="post" action=(address) enctype=[mv.asks.iter().any(|ask| ask.input == Input::Files).then_some("multipart/form-data")] data-draft[!mv.asks.is_empty()] {
                (drafts::head(visit, form))
                input type="hidden" name=(drafts::TITLE) value=(about(visit, label, hidden));
                @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
                @if !mv.grave.is_empty() { p { (tell!(visit, mv.grave, office = whom(visit, hidden))) } }
                @if !each.is_empty() { p.sm { (visit.word(&format!("each-{}", mv.name))) } }
                @for line in each { (line_of(form, line, mv.name)) }
                @if secret { input type="hidden" name=(LEVEL) value=(level); p.hint { (visit.word("hint-secret-move")) } }
                @for ask in mv.asks.iter().filter(wordless) { (asked(visit, form, ask, &format!("{}{mark}", mv.name))) }
                p.acts {
                    button class={ "b " (if mv.grave.is_empty() { "go" } else { "go grave" }) } { (label) }
                    @if mv.name == "accepted" && hidden.is_empty() && super::work::is_by_house(visit) { button.b name=(THEN) value=(GIVE) { (visit.word("btn-accept-give")) } }
                    @if !mv.asks.is_empty() { (drafts::saved(visit)) }
                }
            }
        }
    }
}

fn line_of(form: &Form, line: &Each, mark: &str) -> Markup {
    let id = format!("{}-{mark}", line.name);
    let wrong = form.error(&line.name);
    html! {
        div.field {
            label for=(id) { (line.label) @if line.required { span.req aria-hidden="true" { " *" } } }
            input type="text" id=(id) name=(line.name) value=(form.raw(&line.name)) required[line.required] autocomplete="off" aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("err-{id}"))];
            @if let Some(said) = wrong { p.err id={ "err-" (id) } { (glyph("late")) span { (said) } } }
        }
    }
}

/// The office that a form is about; empty: none.
fn whom(visit: &Visit, hidden: &[(&str, &str)]) -> String {
    let office = hidden.iter().find(|(name, _)| *name == "office");
    office.and_then(|(_, id)| id.parse().ok()).map(|office| visit.name(office)).unwrap_or_default()
}

/// What a move's draft is called in lists: the move, and the task, item or office that it is about.
fn about(visit: &Visit, label: &str, hidden: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| match *name {
        "office" => value.parse().ok().map(|office| visit.name(office)),
        "done" => None,
        _ => Some((*value).to_owned()),
    };
    let parts: Vec<String> = hidden.iter().filter_map(part).collect();
    if parts.is_empty() { label.to_owned() } else { format!("{label} ({})", parts.join(", ")) }
}

fn asked(visit: &Visit, form: &Form, ask: &Ask, mark: &str) -> Markup {
    let label = visit.word(ask.key);
    let id = format!("{}-{mark}", ask.name);
    let wrong = form.error(ask.name);
    let described = wrong.map(|_| format!("err-{id}"));
    let invalid = wrong.map(|_| "true");
    let value = form.raw(ask.name);
    if ask.input == Input::Files {
        return field::files(visit, form, &id);
    }
    html! {
        div.field {
            label for=(id) { (label) @if ask.required { span.req aria-hidden="true" { " *" } } }
            @match ask.input {
                Input::Text => textarea id=(id) name=(ask.name) rows="3" required[ask.required] aria-invalid=[invalid] aria-describedby=[described.as_deref()] { "\n" (value) },
                Input::Percent => {
                    input type="number" min="0" max="100" step="5" inputmode="numeric" id=(id) name=(ask.name) value=(value) required[ask.required] aria-invalid=[invalid] aria-describedby=[described.as_deref()];
                }
                Input::Day => {
                    input type="date" id=(id) name=(ask.name) value=(value) required[ask.required] aria-invalid=[invalid] aria-describedby=[described.as_deref()];
                    (field::spelled(visit.lang, &id, value))
                }
                Input::Person => {
                    input type="text" id=(id) name=(ask.name) value=(value) list={ "people-" (mark) } required[ask.required] autocomplete="off" aria-invalid=[invalid] aria-describedby=[described.as_deref()];
                    datalist id={ "people-" (mark) } {
                        @for account in visit.site.accounts.list().unwrap_or_default().iter().filter(|account| !account.disabled) { option value=(account.shown) {} }
                    }
                }
                Input::Line | Input::Files => {
                    input type="text" id=(id) name=(ask.name) value=(value) required[ask.required] autocomplete="off" aria-invalid=[invalid] aria-describedby=[described.as_deref()];
                }
            }
            @if let Some(said) = wrong { p.err id={ "err-" (id) } { (glyph("late")) span { (said) } } }
        }
    }
}

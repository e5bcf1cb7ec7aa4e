//! What may be done with a record now: the record's own rules say which moves, the table of rights says by
//! whom; here is only what a person is asked for each. Where the answer goes: [`super::document`].

use maud::{Markup, html};

use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::act::Which;
use crate::derive::views::kinds::Record;
use crate::web::form::Form;
use crate::web::parts::{Mark, field, glyph};
use crate::web::shared::drafts::DRAFT;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

/// What is asked of a person who makes a move.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Name of the field.
    pub name: &'static str,
    /// Its label.
    pub key: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// Must be filled in.
    pub required: bool,
}

/// How a field is filled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// One line.
    Line,
    /// One of the office's people, or anything else.
    Person,
    /// Several lines.
    Text,
    /// 0 to 100.
    Percent,
    /// A day.
    Day,
    /// Files.
    Files,
}

/// A move as people meet it.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// Its name in the record.
    pub name: &'static str,
    /// Who may make it.
    pub right: Right,
    /// The words on its button.
    pub key: &'static str,
    /// What is asked.
    pub asks: &'static [Ask],
    /// What it means, asked before it is done because it cannot be taken back; empty: nothing.
    pub grave: &'static str,
    /// The main thing to do.
    pub main: bool,
    /// The key that opens it.
    pub shortcut: &'static str,
}

impl Move {
    /// A move that asks for nothing.
    pub const fn new(name: &'static str, right: Right, key: &'static str) -> Self {
        Self { name, right, key, asks: &[], grave: "", main: false, shortcut: "" }
    }

    /// The main thing to do.
    #[must_use]
    pub const fn main(mut self) -> Self {
        self.main = true;
        self
    }

    /// Asks for this.
    #[must_use]
    pub const fn asks(mut self, asks: &'static [Ask]) -> Self {
        self.asks = asks;
        self
    }

    /// Cannot be taken back: this is asked first.
    #[must_use]
    pub const fn grave(mut self, key: &'static str) -> Self {
        self.grave = key;
        self
    }

    /// Opened by this key.
    #[must_use]
    pub const fn shortcut(mut self, key: &'static str) -> Self {
        self.shortcut = key;
        self
    }
}

/// A note that may be left out.
pub const NOTE: Ask = Ask { name: "note", key: "field-note", input: Input::Text, required: false };
/// A reason.
pub const WHY: Ask = Ask { name: "note", key: "field-why", input: Input::Text, required: true };
/// Files with a move.
pub const FILES: Ask = Ask { name: "files", key: "field-files", input: Input::Files, required: false };

/// Why a form is no command: field and words.
pub type Wrong = Vec<(String, String)>;

/// What a kind adds to the page.
#[derive(Debug, Default)]
pub struct Parts {
    /// The one sentence of what is to be done by when; none: nothing waits.
    pub next: Option<Next>,
    /// Beside the paper, above the story.
    pub side: Vec<Markup>,
    /// Under the paper: answers of others, tables.
    pub below: Vec<Markup>,
}

/// What is to be done next.
#[derive(Debug)]
pub struct Next {
    /// How it stands.
    pub mark: Mark,
    /// In a sentence.
    pub said: String,
    /// What else to know.
    pub note: String,
}

/// The pages of a kind.
pub trait Kind: 'static {
    /// Number of the kind.
    const KIND: u32;
    /// Its name in addresses and commands.
    const NAME: &'static str;
    /// Where lists of it are in the navigation.
    const AT: &'static str;
    /// The words of that place.
    const KEY: &'static str;
    /// Its moves.
    const MOVES: &'static [Move];

    /// The command that a filled-in move is.
    fn command(visit: &Visit, mv: &str, which: Which, form: &Form) -> Result<Records, Wrong>;
    /// What stands beside the paper, and above it.
    fn parts(visit: &Visit, record: &Record, form: &Form) -> Result<Parts, Failure>;
}

/// Whether the record and the account allow a move now.
pub fn allowed<'a, K: Kind>(
    visit: &'a Visit,
    record: &'a Record,
) -> impl Iterator<Item = &'static Move> + 'a {
    K::MOVES.iter().filter(|mv| visit.may(mv.right) && may_now(record, mv.name))
}

/// Whether the record allows a move now. What has not been said to have arrived is said so on the way.
fn may_now(record: &Record, name: &str) -> bool {
    let arriving = matches!(name, "accepted" | "refused") && record.next.contains(&"arrived");
    arriving || record.next.contains(&name)
}

/// A move's button; with what is asked behind it, where something is asked.
pub fn button(visit: &Visit, address: &str, mv: &Move, form: &Form, hidden: &[(&str, &str)]) -> Markup {
    // A page has one main button: those of its parts are not it.
    let class = if mv.main && hidden.is_empty() { "go" } else { "" };
    if mv.asks.is_empty() && mv.grave.is_empty() {
        return html! {
            form.inline method="post" action=(address) {
                (field::token(visit))
                @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
                button class={ "b " (class) } data-key=[(!mv.shortcut.is_empty()).then_some(mv.shortcut)] { (visit.word(mv.key)) }
            }
        };
    }
    let same = form.raw("move") == mv.name && hidden.iter().all(|(name, value)| form.raw(name) == *value);
    let nothing = Form::default();
    let form = if same { form } else { &nothing };
    // Several moves of one page ask for the same fields.
    let mark: String = hidden.iter().map(|(_, value)| format!("-{value}")).collect();
    html! {
        details.move open[same] {
            summary class={ "b " (class) } data-key=[(!mv.shortcut.is_empty()).then_some(mv.shortcut)] { (visit.word(mv.key)) @if !visit.word(mv.key).ends_with('…') { "…" } }
            form.box method="post" action=(address) enctype=[mv.asks.iter().any(|ask| ask.input == Input::Files).then_some("multipart/form-data")] {
                (field::token(visit))
                @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
                @if form.is_set(DRAFT) { input type="hidden" name=(DRAFT) value=(form.raw(DRAFT)); }
                @if !mv.grave.is_empty() { p { (visit.word(mv.grave)) } }
                @for ask in mv.asks { (asked(visit, form, ask, &format!("{}{mark}", mv.name))) }
                p.acts { button class={ "b " (if mv.grave.is_empty() { "go" } else { "go grave" }) } { (visit.word(mv.key).trim_end_matches('…')) } }
            }
        }
    }
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

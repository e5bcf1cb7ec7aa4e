//! Forms for new papers of all kinds: type, title, recipients, levels, deadline, text, files, rows of parts; and their
//! conversion to a command's arguments.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde_json::{Value, json};
use truc_proto::audience::Scope;
use truc_proto::authority::bodies;
use truc_proto::date::{local, rfc3339_millis};
use truc_proto::id::OfficeId;
use truc_proto::paper::DocumentType;
use truc_proto::record::Kind;
use truc_proto::record::kind::Relation;
use truc_proto::{identifier, limits};

use crate::command::Records;
use crate::command::paper::{ConfidentialityArg, Levels, PaperArgs, SendArgs, UrgencyArg};
use crate::store::uploads::path_of;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::{Form, LEVEL};
use crate::web::page::Page;
use crate::web::parts::field::{self, Field, summary};
use crate::web::parts::picker::{Offered, TO, picker};
use crate::web::parts::{self, capital, type_name};
use crate::web::posted::ATTACH;
use crate::web::shared::drafts;
use crate::web::visit::Visit;
use crate::words::order::order;

use super::moves::Wrong;

/// The field with the symbol of the issuing body.
pub const SYMBOL: &str = "symbol";

/// A page for writing a new paper.
pub struct Write<'a> {
    /// Title of the page.
    pub title: String,
    /// Address that the form posts to.
    pub address: &'a str,
    /// Address of the current entry of the navigation.
    pub at: &'static str,
    /// Document types to choose from.
    pub types: &'a [DocumentType],
    /// The table of its kind.
    pub kind: &'static Kind,
    /// Offices to choose from.
    pub offered: Offered,
    /// Whether it can have an urgency.
    pub urgency: bool,
    /// Label of the main button.
    pub button: &'a str,
    /// Whether the page has one column, because the kind's own part is wide.
    pub full: bool,
}

impl Write<'_> {
    /// The page; `more` is the kind's own part.
    pub fn page(&self, visit: &Visit, form: &Form, more: Markup) -> Answer {
        if !may_begin(visit, self.kind) {
            let body =
                html! { h1 { (self.title) } div.errbox role="alert" { p { (visit.word("begin-none")) } } };
            let page = Page::new(self.title.clone(), body).at(self.at).render(visit);
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        let body = html! {
            h1 { (self.title) }
            (summary(visit, form))
            form.write.full[self.full] method="post" action=(self.address) enctype="multipart/form-data" data-draft data-secret=(visit.word("ask-secret")) {
                (drafts::head(visit, form))
                (offered(visit))
                // Before anything is typed: a secret text must not be.
                (secrecy(visit, form))
                div.two {
                    // In one column, the recipients stand before the long parts.
                    @if self.full { (self.beside(visit, form)) }
                    div {
                        (self.head(visit, form))
                        (more)
                        fieldset.open data-open {
                            (text(visit, form))
                            (field::files(visit, form, "files"))
                        }
                    }
                    @if !self.full { (self.beside(visit, form)) }
                }
                (drafts::foot(visit, form, self.main(visit)))
            }
        };
        Page::new(self.title.clone(), body).at(self.at).render_form(visit, form)
    }

    fn beside(&self, visit: &Visit, form: &Form) -> Markup {
        html! {
            aside {
                (picker(visit, form, self.offered))
                (self.levels(visit, form))
            }
        }
    }

    fn main(&self, visit: &Visit) -> Markup {
        if !visit.may(crate::accounts::rights::Right::Issue) {
            return html! { span.mut.sm { (visit.word("write-no-right")) } };
        }
        html! { button.b.go data-ask { (visit.word(self.button)) } }
    }

    fn head(&self, visit: &Visit, form: &Form) -> Markup {
        let title = Field::new(visit, "title", "cli-title").wanted().focus(form.is_good());
        let types: Vec<(String, String)> = self
            .types
            .iter()
            .filter(|kind| any_body_issues(visit, **kind))
            .map(|kind| (kind.code().to_owned(), capital(&type_name(visit.lang, kind.code()))))
            .collect();
        html! {
            @if self.types.len() > 1 { (Field::new(visit, "type", "cli-type").required().choice(form, &types)) }
            @else if let Some(kind) = self.types.first() { input type="hidden" name="type" value=(kind.code()); }
            (title.text(form, 2))
            (number(visit, form))
        }
    }

    fn levels(&self, visit: &Visit, form: &Form) -> Markup {
        let urgencies: Vec<(String, String)> = ["urg-0", "urg-1", "urg-2", "urg-3", "cli-express-timed"]
            .iter()
            .enumerate()
            .map(|(level, key)| (level.to_string(), capital(&visit.word(key))))
            .collect();
        html! {
            @if self.urgency { (Field::new(visit, "urgency", "cli-urgency").choice(form, &urgencies)) }
            (Field::new(visit, "due", "cli-due").kind("datetime-local").line(form))
        }
    }
}

/// The figure of the number, and beside it the symbol of the body that issues the paper: one of those that the registry
/// gives to this office. An office without a register writes papers without a number.
fn number(visit: &Visit, form: &Form) -> Markup {
    let registry = visit.registry();
    let own = registry.symbols(visit.me(), visit.today(), None);
    if own.is_empty() {
        return html! { p.hint { (visit.word("hint-no-register")) } };
    }
    let symbols: Vec<(String, String)> =
        own.iter().map(|symbol| ((*symbol).to_owned(), (*symbol).to_owned())).collect();
    html! {
        div.pair {
            (Field::new(visit, "number", "cli-number").hint(visit.word("hint-number")).line(form))
            (Field::new(visit, SYMBOL, "cli-symbols").hint(visit.word("hint-symbol")).choice(form, &symbols))
        }
    }
}

/// Whether there is anybody to whom this office may send what opens a record of a kind: an open office where the kind's
/// table lets it go.
pub fn may_begin(visit: &Visit, kind: &Kind) -> bool {
    let registry = visit.registry();
    let me = visit.me();
    let others = || registry.offices().map(|(id, _)| id).filter(|id| *id != me && registry.is_open(*id));
    let (above, below) = (|id| registry.is_above(id, me), |id| registry.is_above(me, id));
    let mut opening = kind.moves.iter().filter(|rule| rule.opens);
    opening.any(|rule| {
        let may = |relation: Relation| rule.may[relation as usize];
        may(Relation::Above) && registry.ancestors(me).next().is_some()
            || may(Relation::Below) && others().any(below)
            || may(Relation::Sideways) && others().any(|id| !above(id) && !below(id))
    })
}

/// Whether a body of this office issues papers of a type.
fn any_body_issues(visit: &Visit, kind: DocumentType) -> bool {
    let registry = visit.registry();
    let Some(fact) = visit.fact(&registry, visit.me()) else { return true };
    let symbols = registry.symbols(visit.me(), visit.today(), None);
    symbols.is_empty()
        || symbols.iter().any(|symbol| bodies::issues(fact.tier, Some(symbol), kind, visit.today()))
}

/// The field that a failure is about; none: it is said of the whole form.
fn field_of(key: &str) -> Option<&'static str> {
    match key {
        "number-form" | "number-type" | "number-none" | "number-taken" | "number-ahead" | "number-last"
        | "number-no-register" => Some("number"),
        "number-not-yours" | "refusal-not-your-symbol" => Some(SYMBOL),
        "refusal-not-for-body" => Some("type"),
        "paper-due-before" | "paper-due-far" | "paper-due-passed" | "paper-no-hour" => Some("due"),
        "attachment-gone" | "attachment-too-large" => Some("files"),
        "period-long" | "period-not-as-long" | "period-far" => Some("to"),
        _ => None,
    }
}

/// The choice of the secrecy level.
fn secrecy(visit: &Visit, form: &Form) -> Markup {
    let levels: Vec<(String, String)> =
        (0..=3).map(|level| (level.to_string(), capital(&visit.word(&format!("conf-{level}"))))).collect();
    Field::new(visit, LEVEL, "field-secrecy").hint(visit.word("hint-secrecy")).choice(form, &levels)
}

fn text(visit: &Visit, form: &Form) -> Markup {
    Field::new(visit, "text", "field-text").hint(visit.word("hint-text")).text(form, 12)
}

/// The paper of a form; errors are added to the form.
pub fn paper(visit: &Visit, form: &mut Form) -> PaperArgs {
    let stub = drafts::kept(form);
    if form.is_secret() && typed(form).any(|name| !stub.is_set(name)) {
        form.wrong(LEVEL, visit.word("err-secret-text"));
        // Nothing of it is shown again.
        form.retain(|name| stub.is_set(name));
    }
    if form.get("title").is_empty() && form.level() < 3 {
        form.wrong("title", tell!(visit, "err-field-empty", field = visit.word("cli-title")));
    }
    lengths(visit, form);
    let due = due(visit, form, "due");
    PaperArgs {
        title: form.get("title").split_whitespace().collect::<Vec<_>>().join(" "),
        document_type: form.some("type"),
        number: form.some("number"),
        no_number: false,
        symbol: form.some(SYMBOL),
        term: None,
        issued: None,
        due: Some(due).filter(|due| !due.is_empty()),
        text: form.some("text").map(|text| text.replace("\r\n", "\n")),
        text_file: None,
    }
}

/// Names of the fields in which something stands.
fn typed(form: &Form) -> impl Iterator<Item = &str> {
    let all = form.values().iter().filter(|(name, value)| !value.trim().is_empty() && name != drafts::SURE);
    all.map(|(name, _)| name.as_str())
}

/// Adds an error to each field that exceeds the record's limit. Long text belongs into the paper's text or a file.
fn lengths(visit: &Visit, form: &mut Form) {
    let long = |(name, value): &(String, String)| {
        let most = if name == "number" { limits::LINE } else { limits::NOTE };
        (name != "text" && value.len() > most).then(|| (name.clone(), value.len(), most))
    };
    let long: Vec<_> = form.values().iter().filter_map(long).collect();
    for (name, length, most) in long {
        form.wrong(name, tell!(visit, "err-field-long", length = length, limit = most));
    }
}

/// The recipients and levels of a form.
pub fn send(visit: &Visit, form: &mut Form) -> SendArgs {
    let to: Vec<String> = form.all(TO).map(str::to_owned).collect();
    if to.is_empty() {
        form.wrong(TO, visit.word("err-no-recipients"));
    }
    // The draft names the paper: a form that is sent twice issues it once.
    SendArgs { to, levels: attached(visit, form), once: form.get(drafts::DRAFT).parse().ok() }
}

/// The levels and files of a form.
pub fn attached(visit: &Visit, form: &Form) -> Levels {
    Levels {
        urgency: match form.get("urgency") {
            "1" => UrgencyArg::Urgent,
            "2" => UrgencyArg::VeryUrgent,
            "3" => UrgencyArg::Express,
            "4" => UrgencyArg::ExpressTimed,
            _ => UrgencyArg::Normal,
        },
        confidentiality: match form.get("confidentiality") {
            "1" => ConfidentialityArg::Secret,
            "2" => ConfidentialityArg::TopSecret,
            "3" => ConfidentialityArg::AbsoluteSecret,
            _ => ConfidentialityArg::Open,
        },
        attach: form.all(ATTACH).filter_map(|handle| path_of(visit.office().dir(), handle)).collect(),
    }
}

/// A deadline in the record's notation, from a browser's date field, or typed as people write a day; empty: none.
pub fn due(visit: &Visit, form: &mut Form, name: &str) -> String {
    let typed = form.get(name).to_owned();
    let written = match typed.len() {
        // Date and time: local time of the country.
        16 => format!("{}:00+07:00", typed.replace(' ', "T")),
        _ => typed.clone(),
    };
    identifier::due(&written).unwrap_or_else(|_| {
        form.wrong(name, tell!(visit, "err-field-date", value = typed));
        written
    })
}

/// A deadline of a record as a browser's date field holds it: a day, or a moment in local time.
pub fn field_due(due: &str) -> String {
    match rfc3339_millis(due).ok().and_then(local) {
        Some(at) if due.len() > DAY => at.strftime("%Y-%m-%dT%H:%M").to_string(),
        _ => due.to_owned(),
    }
}

/// The input type for what a date field holds, so that nothing of it is lost; `empty`: where it holds nothing.
pub fn date_kind<'a>(held: &str, empty: &'a str) -> &'a str {
    match held.len() {
        0 => empty,
        DAY => "date",
        _ => "datetime-local",
    }
}

/// How long a written day is: `2026-11-30`.
const DAY: usize = 10;

/// A percentage from 0 to 100.
pub fn percent(visit: &Visit, form: &Form) -> Result<u32, Wrong> {
    let percent = form.get("percent").parse().ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| {
        vec![("percent".into(), tell!(visit, "err-field-percent", value = form.get("percent")))]
    })
}

/// Numbers of the rows to show: the existing ones, and new ones up to `least`.
pub fn shown_rows(form: &Form, part: &str, least: usize) -> Vec<usize> {
    let mut rows = form.rows(part);
    let mut next = rows.last().map_or(0, |last| last + 1);
    while rows.len() < least {
        rows.push(next);
        next += 1;
    }
    rows
}

/// A field of a row.
pub fn cell(visit: &Visit, form: &Form, part: &str, row: usize, name: &str, key: &str, kind: &str) -> Markup {
    let name = format!("{part}.{row}.{name}");
    let field = Field::new(visit, &name, key).kind(kind);
    if kind == "text" { field.text(form, 2) } else { field.line(form) }
}

/// Field of a row for offices, by code or from a list of names; empty: all recipients.
pub fn offices(visit: &Visit, form: &Form, part: &str, row: usize, name: &str, key: &str) -> Markup {
    let name = format!("{part}.{row}.{name}");
    Field::new(visit, &name, key).hint(visit.word("hint-assignees")).list(OFFICES).line(form)
}

/// Id of the list of offices that fields of rows offer.
pub const OFFICES: &str = "offices";

/// The offices to which a paper may give work, by name; the script offers those that are ticked as recipients. One whose
/// name another one bears too is offered by its code.
fn offered(visit: &Visit) -> Markup {
    let registry = visit.registry();
    let me = visit.me();
    let open = registry
        .offices()
        .filter(|(id, _)| registry.is_open(*id) && (*id == me || registry.is_above(me, *id)));
    let mut names: Vec<(String, String, OfficeId)> = open
        .filter_map(|(id, _)| visit.fact(&registry, id).map(|fact| (fact.committee(), fact.code.clone(), id)))
        .collect();
    names.sort_by_cached_key(|(name, ..)| order(name));
    let twice = |at: usize| {
        let same = |other: Option<usize>| {
            other.and_then(|other| names.get(other)).is_some_and(|(name, ..)| *name == names[at].0)
        };
        same(at.checked_sub(1)) || same(Some(at + 1))
    };
    html! {
        datalist id=(OFFICES) {
            @for (at, (name, code, id)) in names.iter().enumerate() {
                @if twice(at) { option value=(code) data-id=(id) { (name) } } @else { option value=(name) data-id=(id) {} }
            }
        }
    }
}

/// Issues a new paper. None: it was refused, or is to be confirmed first, and the form says so. `key` is that of the
/// question.
pub async fn issue(
    visit: &Visit,
    form: &mut Form,
    kind: &str,
    key: &str,
    command: Records,
) -> Option<Answer> {
    let sure = form.is_set(drafts::SURE);
    // Nothing is asked that would be refused.
    let done =
        if sure { visit.act(command).await } else { visit.rehearse(command).await.map(|()| Value::Null) };
    match done {
        Ok(output) if sure => Some(written(visit, kind, &output)),
        Ok(_) => {
            let question = question(visit, form, key);
            if visit.asked("ask") == "1" {
                return Some(Ok(Json(json!({ "ask": question })).into_response()));
            }
            form.question = Some(question);
            None
        }
        Err(failure) => {
            match field_of(&failure.key) {
                Some(field) => form.wrong(field, failure.on_page(visit.lang)),
                None => form.failure = Some(failure),
            }
            None
        }
    }
}

/// What will happen, in one sentence: asked when the form is good.
fn question(visit: &Visit, form: &Form, key: &str) -> String {
    let scope = |text: &str| match text.strip_prefix("subtree:") {
        Some(office) => office.parse().ok().map(Scope::subtree),
        None => text.parse().ok().map(Scope::office),
    };
    let to: Vec<Scope> = form.all(TO).filter_map(scope).collect();
    let what = type_name(visit.lang, form.get("type"));
    // An office without a register gives no number.
    let numbered = !visit.registry().symbols(visit.me(), visit.today(), None).is_empty();
    let key = if key == "ask-issue" && !numbered { "ask-issue-plain" } else { key };
    tell!(visit, key, what = what, to = parts::scopes(visit, &to))
}

/// Response after issuing: shows the paper.
fn written(visit: &Visit, kind: &str, output: &Value) -> Answer {
    visit.flash(match output["number"].as_str().unwrap_or_default() {
        "" => visit.word("line-saved"),
        number => tell!(visit, "done-issued", number = number),
    })?;
    let id = output["record"].as_str().unwrap_or_default();
    Ok(Redirect::to(&format!("/{kind}/{id}")).into_response())
}

/// A period from two dates, in the commands' notation; none if both are empty.
pub fn period(visit: &Visit, form: &mut Form, kind: &str) -> Option<String> {
    if form.get("from").is_empty() && form.get("to").is_empty() {
        return None;
    }
    let [from, to] = ["from", "to"].map(|name| {
        let typed = form.get(name).to_owned();
        identifier::day(&typed).map(|day| day.to_string()).unwrap_or_else(|_| {
            form.wrong(name, tell!(visit, "err-field-date", value = typed.as_str()));
            typed
        })
    });
    if from > to {
        form.wrong("to", visit.word("err-field-period"));
    }
    Some(format!("{kind}:{from}:{to}"))
}

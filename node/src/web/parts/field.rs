//! Form fields: label, hint, input, and below it the error in words.

use maud::{Markup, html};

use crate::tell;
use crate::web::form::Form;
use crate::web::posted::CSRF;
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::Lang;

use super::glyph;

/// Names of fields that no page gives back.
const SECRETS: [&str; 2] = ["password", "code"];

/// Description of a field.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    name: &'a str,
    label: String,
    hint: String,
    required: bool,
    wanted: bool,
    kind: &'a str,
    complete: &'a str,
    focus: bool,
    list: Option<&'a str>,
    plain: bool,
    lang: Lang,
}

impl<'a> Field<'a> {
    /// A text field: name in the form, catalogue key of the label.
    pub fn new(visit: &Visit, name: &'a str, label: &str) -> Self {
        let (label, hint) = (visit.word(label), String::new());
        Self {
            name,
            label,
            hint,
            required: false,
            wanted: false,
            kind: "text",
            complete: "off",
            focus: false,
            list: None,
            plain: false,
            lang: visit.lang,
        }
    }

    /// Sets the hint, in words.
    #[must_use]
    pub fn hint(mut self, words: String) -> Self {
        self.hint = words;
        self
    }

    /// Makes the field required.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Marks the field as one to be filled in, which only the office checks: whether it must be depends on another.
    #[must_use]
    pub fn wanted(mut self) -> Self {
        self.wanted = true;
        self
    }

    /// Sets the HTML input type: `date`, `number`, `password` …
    #[must_use]
    pub fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    /// Sets `autocomplete`: what browsers may fill in.
    #[must_use]
    pub fn complete(mut self, complete: &'a str) -> Self {
        self.complete = complete;
        self
    }

    /// Sets whether the page opens with the cursor in this field.
    #[must_use]
    pub fn focus(mut self, focus: bool) -> Self {
        self.focus = focus;
        self
    }

    /// Sets the id of a list of values that the page offers.
    #[must_use]
    pub fn list(mut self, id: &'a str) -> Self {
        self.list = Some(id);
        self
    }

    /// Keeps what is typed as it is typed: telephones begin other fields with a capital, and mend words.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    fn around(&self, form: &Form, input: Markup) -> Markup {
        html! {
            div.field {
                label for=(self.name) { (self.label) @if self.required || self.wanted { span.req aria-hidden="true" { " *" } } }
                @if !self.hint.is_empty() { p.hint id={ "hint-" (self.name) } { (self.hint) } }
                (input)
                (error(form, self.name))
            }
        }
    }

    fn described(&self, form: &Form) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("hint-{}", self.name));
        let wrong = form.error(self.name).map(|_| format!("err-{}", self.name));
        let all: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    /// The field as one line.
    pub fn line(&self, form: &Form) -> Markup {
        let wrong = form.error(self.name).is_some();
        // A password is never sent back to the page.
        let value = if self.kind == "password" { "" } else { form.raw(self.name) };
        self.around(
            form,
            html! {
                input.bad[wrong] type=(self.kind) id=(self.name) name=(self.name) value=(value) autocomplete=(self.complete) list=[self.list]
                    required[self.required] autofocus[self.focus] aria-invalid=[wrong.then_some("true")]
                    autocapitalize=[self.plain.then_some("none")] spellcheck=[self.plain.then_some("false")]
                    aria-describedby=[self.described(form)];
                @if matches!(self.kind, "date" | "datetime-local") { (spelled(self.lang, self.name, value)) }
            },
        )
    }

    /// The field as several lines.
    pub fn text(&self, form: &Form, rows: u32) -> Markup {
        let wrong = form.error(self.name).is_some();
        self.around(
            form,
            html! {
                textarea.bad[wrong] id=(self.name) name=(self.name) rows=(rows) required[self.required]
                    autofocus[self.focus] aria-invalid=[wrong.then_some("true")] aria-describedby=[self.described(form)] {
                    // HTML drops a line break at the beginning of a textarea: add one, so that a typed one stays.
                    "\n" (form.raw(self.name))
                }
            },
        )
    }

    /// The field as a choice of one option; options are pairs of value and words.
    pub fn choice(&self, form: &Form, options: &[(String, String)]) -> Markup {
        let chosen = form.raw(self.name);
        self.around(
            form,
            html! {
                select id=(self.name) name=(self.name) required[self.required] aria-describedby=[self.described(form)] {
                    @for (value, word) in options {
                        option value=(value) selected[value == chosen] { (word) }
                    }
                }
            },
        )
    }

    /// The field as a checkbox.
    pub fn tick(&self, form: &Form) -> Markup {
        html! {
            div.field.tick {
                label {
                    input type="checkbox" name=(self.name) value="1" checked[form.is_set(self.name)];
                    (self.label)
                }
                @if !self.hint.is_empty() { p.hint { (self.hint) } }
                (error(form, self.name))
            }
        }
    }
}

/// The day in a date field, in words: browsers show and read its figures in the order of their own language. The script
/// follows what is typed.
pub fn spelled(lang: Lang, id: &str, value: &str) -> Markup {
    let day = value.get(..10).and_then(|day| day.parse().ok());
    html! { output.day.xs.mut for=(id) { @if let Some(day) = day { (times::spelled(lang, day)) } } }
}

/// The error of a field.
pub fn error(form: &Form, name: &str) -> Markup {
    match form.error(name) {
        None => html! {},
        Some(said) => html! { p.err id={ "err-" (name) } { (glyph("late")) span { (said) } } },
    }
}

/// Summary of the form's errors for the top of the page, with links to the fields.
pub fn summary(visit: &Visit, form: &Form) -> Markup {
    if form.is_good() {
        return html! {};
    }
    let wrong = form.errors();
    // A password or code is not given back: then it is not said that everything is there.
    let whole = !form.values().is_empty() && !SECRETS.iter().any(|name| form.is_set(name));
    html! {
        section.errsum role="alert" tabindex="-1" aria-labelledby="errsum" {
            @if let Some(failure) = &form.failure {
                h2 id="errsum" { (failure.on_page(visit.lang)) }
            } @else {
                h2 id="errsum" { (tell!(visit, "form-wrong", count = wrong.len())) }
            }
            @if whole { p.sm { (visit.word("form-kept")) } }
            ul {
                @for (name, said) in wrong { li { a href={ "#" (name) } { (said) } } }
            }
        }
    }
}

/// Hidden field with the token against forged requests; every form needs it.
pub fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(visit.csrf()); }
}

/// Hidden field with the account's name, by which password managers find the password.
pub fn username(visit: &Visit) -> Markup {
    html! {
        input type="text" hidden autocomplete="username" value=(visit.author()) aria-label=(visit.word("field-account"));
    }
}

/// A form that consists of one button.
pub fn button(visit: &Visit, address: &str, class: &str, word: &str, hidden: &[(&str, &str)]) -> Markup {
    html! {
        form.inline method="post" action=(address) {
            (token(visit))
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            button.b.(class) { (word) }
        }
    }
}

/// File field: files uploaded already, and an input for more. With scripts, files are uploaded when chosen or dropped,
/// with progress. `id` is the element's id, because several forms of one page may have such a field.
pub fn files(visit: &Visit, form: &Form, id: &str) -> Markup {
    handed_in(visit, form, id, "/upload")
}

/// The same for a record that stays inside the office.
pub fn inward_files(visit: &Visit, form: &Form, id: &str) -> Markup {
    use crate::web::posted::{INWARD, STAYS};
    html! { input type="hidden" name=(STAYS) value="1"; (handed_in(visit, form, id, INWARD)) }
}

fn handed_in(visit: &Visit, form: &Form, id: &str, address: &str) -> Markup {
    use crate::web::posted::ATTACH;
    html! {
        div.field.drop data-drop=(address) data-failed=(visit.word("file-not-sent")) {
            label for=(id) { (visit.word("field-files")) }
            p.hint { (visit.word("hint-files")) }
            ul.files data-files {
                @for handle in form.all(ATTACH) {
                    li {
                        label { input type="checkbox" name=(ATTACH) value=(handle) checked; (handle.split_once('/').map_or(handle, |(_, name)| name)) }
                    }
                }
            }
            input type="file" id=(id) name="files" multiple;
            (error(form, "files"))
        }
    }
}

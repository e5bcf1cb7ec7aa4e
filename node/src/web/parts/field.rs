//! Fields of forms: label above, hint, input, and what is wrong right under it, in words.

use maud::{Markup, html};

use crate::tell;
use crate::web::form::Form;
use crate::web::posted::CSRF;
use crate::web::visit::Visit;

use super::glyph;

/// One field as a page describes it.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    name: &'a str,
    label: String,
    hint: String,
    required: bool,
    kind: &'a str,
    complete: &'a str,
    focus: bool,
}

impl<'a> Field<'a> {
    /// A line of text by its name in the form, with a label by its key.
    pub fn new(visit: &Visit, name: &'a str, label: &str) -> Self {
        let (label, hint) = (visit.word(label), String::new());
        Self { name, label, hint, required: false, kind: "text", complete: "off", focus: false }
    }

    /// With a hint, in words.
    #[must_use]
    pub fn hint(mut self, words: String) -> Self {
        self.hint = words;
        self
    }

    /// Must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// As HTML names it: `date`, `number`, `password` …
    #[must_use]
    pub fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    /// What browsers may fill in: `autocomplete`.
    #[must_use]
    pub fn complete(mut self, complete: &'a str) -> Self {
        self.complete = complete;
        self
    }

    /// Whether it is the first field that is typed into.
    #[must_use]
    pub fn focus(mut self, focus: bool) -> Self {
        self.focus = focus;
        self
    }

    fn around(&self, form: &Form, input: Markup) -> Markup {
        html! {
            div.field {
                label for=(self.name) { (self.label) @if self.required { span.req aria-hidden="true" { " *" } } }
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

    /// One line.
    pub fn line(&self, form: &Form) -> Markup {
        let wrong = form.error(self.name).is_some();
        // A secret is never sent back to the page.
        let value = if self.kind == "password" { "" } else { form.raw(self.name) };
        self.around(
            form,
            html! {
                input.bad[wrong] type=(self.kind) id=(self.name) name=(self.name) value=(value) autocomplete=(self.complete)
                    required[self.required] autofocus[self.focus] aria-invalid=[wrong.then_some("true")]
                    aria-describedby=[self.described(form)];
            },
        )
    }

    /// Several lines.
    pub fn text(&self, form: &Form, rows: u32) -> Markup {
        let wrong = form.error(self.name).is_some();
        self.around(
            form,
            html! {
                textarea.bad[wrong] id=(self.name) name=(self.name) rows=(rows) required[self.required]
                    autofocus[self.focus] aria-invalid=[wrong.then_some("true")] aria-describedby=[self.described(form)] {
                    // A first line break would be swallowed.
                    "\n" (form.raw(self.name))
                }
            },
        )
    }

    /// One of several; pairs of value and words.
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

    /// A box to tick.
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

/// What is wrong with a field.
pub fn error(form: &Form, name: &str) -> Markup {
    match form.error(name) {
        None => html! {},
        Some(said) => html! { p.err id={ "err-" (name) } { (glyph("late")) span { (said) } } },
    }
}

/// What is wrong with a form, at the top of the page, with links to the fields. All that was typed is kept.
pub fn summary(visit: &Visit, form: &Form) -> Markup {
    if form.is_good() {
        return html! {};
    }
    let wrong = form.errors();
    html! {
        section.errsum role="alert" tabindex="-1" aria-labelledby="errsum" {
            @if let Some(failure) = &form.failure {
                h2 id="errsum" { (failure.message(visit.lang)) }
            } @else {
                h2 id="errsum" { (tell!(visit, "form-wrong", count = wrong.len())) }
            }
            p.sm { (visit.word("form-kept")) }
            ul {
                @for (name, said) in wrong { li { a href={ "#" (name) } { (said) } } }
            }
        }
    }
}

/// What every form carries.
pub fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(visit.csrf()); }
}

/// Whose password a form asks for, hidden: password managers look for it.
pub fn username(visit: &Visit) -> Markup {
    html! {
        input type="text" hidden autocomplete="username" value=(visit.author()) aria-label=(visit.word("field-account"));
    }
}

/// A small form of one button: something to be done that asks for no words.
pub fn button(visit: &Visit, address: &str, class: &str, word: &str, hidden: &[(&str, &str)]) -> Markup {
    html! {
        form.inline method="post" action=(address) {
            (token(visit))
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            button.b.(class) { (word) }
        }
    }
}

/// Files: what is here already, and more. Without scripts a file input; with them files are sent as they are
/// dropped, with progress.
/// `id` is the field's own on the page, where several moves ask for files.
pub fn files(visit: &Visit, form: &Form, id: &str) -> Markup {
    use crate::web::posted::ATTACH;
    html! {
        div.field.drop data-drop="/upload" {
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

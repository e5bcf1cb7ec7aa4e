//! Đôn đốc: reminding chosen offices. If the hub issued the directive itself, the reminder is an entry of that record.
//! If another office issued it, the hub sends a letter of its own that replies to it, because nobody writes in
//! another's ledger. That letter bears a number only if the registry gives the hub a register. In both cases the text is shown first and can be changed.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_node::command::Records;
use truc_node::command::act::Which;
use truc_node::command::directive::{Create, Say, Verb};
use truc_node::command::paper::{Levels, PaperArgs, SendArgs};
use truc_node::desk::write;
use truc_node::tell;
use truc_node::web::Visit;
use truc_node::web::fault::Answer;
use truc_node::web::form::Form;
use truc_node::web::page::Page;
use truc_node::web::parts::capital;
use truc_node::web::parts::field::{Field, summary};
use truc_node::web::posted::Posted;
use truc_node::web::shared::drafts::{self, DRAFT};
use truc_node::words::order::order;
use truc_proto::id::{OfficeId, RecordId};
use uuid::Uuid;

/// Name of the form field with the ticked offices.
pub(super) const OFFICE: &str = "office";

/// Name of the form field that says from where the reminder was requested: a state's name or `overview` for the
/// overview; absent for the directive's own page.
pub(super) const FROM: &str = "from";

/// Path to which a reminder of a directive is posted.
pub(super) fn address(record: RecordId) -> String {
    format!("/directives/{record}/remind")
}

/// A reminder before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Reminder {
    /// Path to which the reminder's form is posted.
    pub address: String,
    /// Where to go afterwards.
    pub back: String,
    /// The entry of the navigation to highlight.
    pub at: &'static str,
    /// Id of the directive; none: the reminder is about something that never arrived, such as a missing report.
    pub about: Option<String>,
    /// What people call the paper that it is about.
    pub paper: String,
    /// Whether the hub issued that directive: the reminder then is an entry of the record, for all its addressees.
    pub own: bool,
    /// Proposed subject of the letter.
    pub title: String,
    /// Proposed text.
    pub text: String,
    /// Form fields to carry over to the second post.
    pub carried: Vec<(&'static str, String)>,
}

/// The ticked offices among those on the page, each once.
pub(super) fn ticked(form: &Form, known: &[OfficeId]) -> Vec<OfficeId> {
    let asked = |office: &OfficeId| form.all(OFFICE).any(|value| value == office.to_string());
    known.iter().copied().filter(asked).collect()
}

impl Reminder {
    /// Shows the reminder's form, or sends the reminder if the form was submitted.
    pub(super) async fn answer(self, visit: &Visit, posted: &Posted, offices: &[OfficeId]) -> Answer {
        let mut form = posted.form.clone();
        if offices.is_empty() && form.get("send") == "1" {
            // Nothing was sent, and what was typed stays.
            form.wrong("text", visit.word("remind-nobody"));
            return self.ask(visit, &form, offices);
        }
        if offices.is_empty() {
            visit.flash(visit.word("remind-nobody"))?;
            return Ok(Redirect::to(&self.back).into_response());
        }
        if form.get("send") != "1" {
            form.set("title", self.title.clone());
            form.set("text", self.text.clone());
            form.set("urgency", "1");
            // The draft names the letter: a form that is sent twice issues it once.
            form.set(DRAFT, Uuid::now_v7().to_string());
            form.set(drafts::VERSION, "0");
            form.set(drafts::FORM, self.address.clone());
            return self.ask(visit, &form, offices);
        }
        for (name, key) in [("title", "cli-title"), ("text", "field-text")] {
            if form.get(name).is_empty() && !(self.own && name == "title") {
                form.wrong(name, tell!(visit, "err-field-empty", field = visit.word(key)));
            }
        }
        if !form.is_good() {
            return self.ask(visit, &form, offices);
        }
        match visit.act(Records::Directive(self.command(visit, &form, offices))).await {
            Ok(output) => {
                let number = output["number"].as_str().unwrap_or_default();
                let said = if number.is_empty() {
                    tell!(visit, "toast-reminded", count = offices.len())
                } else {
                    tell!(visit, "toast-reminded-by", count = offices.len(), number = number)
                };
                let about = format!("{} ({})", self.paper, offices.len());
                let now = visit.seconds();
                visit.site.accounts.note(visit.author(), "reminded", &about, Some(visit.source), now)?;
                visit.flash(said)?;
                Ok(Redirect::to(&self.back).into_response())
            }
            Err(failure) => {
                form.failure = Some(failure);
                self.ask(visit, &form, offices)
            }
        }
    }

    /// Shows a reminder that was begun; where nobody is ticked, the page on which to tick.
    pub(super) fn again(self, visit: &Visit, form: &Form, offices: &[OfficeId]) -> Answer {
        if offices.is_empty() {
            Ok(Redirect::to(&self.back).into_response())
        } else {
            self.ask(visit, form, offices)
        }
    }

    fn command(&self, visit: &Visit, form: &Form, offices: &[OfficeId]) -> Verb {
        let text = form.get("text").replace("\r\n", "\n");
        if let (true, Some(about)) = (self.own, &self.about) {
            return Verb::Remind(Say {
                which: Which { record: about.clone() },
                note: text,
                arrival_number: String::new(),
                assigned_to: String::new(),
                levels: Levels::default(),
            });
        }
        let paper = PaperArgs {
            title: form.get("title").to_owned(),
            document_type: Some("CV".into()),
            number: None,
            no_number: false,
            symbol: None,
            term: None,
            issued: None,
            due: None,
            text: Some(text),
            text_file: None,
        };
        let to = offices.iter().map(OfficeId::to_string).collect();
        let send = SendArgs { to, levels: write::attached(visit, form), once: form.get(DRAFT).parse().ok() };
        Verb::Create(Box::new(Create { paper, send, tasks: Vec::new(), in_reply_to: self.about.clone() }))
    }

    /// Shows what will be sent to whom; everything can be changed before it goes.
    fn ask(&self, visit: &Visit, form: &Form, offices: &[OfficeId]) -> Answer {
        let urgencies: Vec<(String, String)> =
            (0..4).map(|level| (level.to_string(), capital(&visit.word(&format!("urg-{level}"))))).collect();
        let heading = tell!(visit, "remind-offices", count = offices.len());
        let means = if self.own { "remind-means-own" } else { "remind-means-letter" };
        let body = html! {
            p.crumb { a href=(self.back) { (visit.word("remind-back")) } }
            h1 { (heading) }
            (summary(visit, form))
            form.ask method="post" action=(self.address) data-draft {
                (drafts::head(visit, form))
                input type="hidden" name=(drafts::TITLE) value=(heading);
                input type="hidden" name="send" value="1";
                @for (name, value) in &self.carried { input type="hidden" name=(name) value=(value); }
                @for office in offices { input type="hidden" name=(OFFICE) value=(office); }
                p.note { (visit.word(means)) @if !self.own && offices.len() > 1 { " " (visit.word("remind-all-read")) } }
                @if !self.own {
                    (Field::new(visit, "title", "cli-title").required().line(form))
                    (Field::new(visit, "urgency", "cli-urgency").choice(form, &urgencies))
                }
                (Field::new(visit, "text", "field-text").required().focus(true).text(form, 9))
                (whom(visit, offices))
                p.acts {
                    button.b.go { (heading) }
                    a.b.plain href=(self.back) { (visit.word("remind-not")) }
                    (drafts::saved(visit))
                }
            }
        };
        Page::new(heading, body).at(self.at).class("ask-page").render_form(visit, form)
    }
}

fn whom(visit: &Visit, offices: &[OfficeId]) -> Markup {
    let mut names: Vec<String> = offices.iter().map(|office| visit.name(*office)).collect();
    names.sort_by_cached_key(|name| order(name));
    html! {
        details.field open[offices.len() <= 20] {
            summary { b { (visit.word("field-to")) } " " span.mut { (tell!(visit, "agg-offices", count = offices.len())) } }
            ul.names { @for name in &names { li { (name) } } }
        }
    }
}

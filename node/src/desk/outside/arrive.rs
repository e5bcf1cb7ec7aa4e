//! The form by which something that came is registered. Which book it goes into is asked first: what is secret bears no
//! words, and of a petition who sent it is typed on its own page, which keeps no draft.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::paper::DocumentType;

use super::{AT, failed};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::outside::{Arrive, Sent, Verb};
use crate::command::paper::Levels;
use crate::desk::write;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::parts::{capital, type_name};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route, Text};
use crate::web::shared::drafts;
use crate::web::visit::Visit;
use crate::words::failure::Failure;

const ADDRESS: &str = "/outside/new";

/// The books: name in the address, catalogue keys of the link and of the page's title.
pub(super) const BOOKS: [(&str, &str, &str); 3] = [
    ("incoming", "btn-arrive-paper", "arrive-paper"),
    ("petitions", "btn-arrive-petition", "arrive-petition"),
    ("secret", "btn-arrive-secret", "arrive-secret"),
];

/// How something comes.
const CHANNELS: [&str; 7] = ["post", "hand", "fax", "mail", "axis", "reception", "forwarded"];
/// Classes of petitions.
pub(super) const CLASSES: [&str; 4] = ["khieu-nai", "to-cao", "kien-nghi", "phan-anh"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(ADDRESS, Need::Right(Right::Read), async |visit| {
            let mut form = drafts::form(&visit, ADDRESS)?;
            if form.raw("book").is_empty() {
                form.set("book", visit.asked("book"));
            }
            page(&visit, &form)
        })
        .keeps(Text::Paper),
        Route::post(ADDRESS, Need::Right(Right::Read), arrive).keeps(Text::Paper).files(),
    ]
}

/// The choices of a list of names, with the words of the catalogue.
pub(super) fn choices(visit: &Visit, prefix: &str, names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), capital(&visit.word(&format!("{prefix}{name}"))))).collect()
}

/// The people of the house, with nobody first.
pub(super) fn people(visit: &Visit) -> Result<Vec<(String, String)>, Failure> {
    visit.within(|context| {
        let moment = context.moment()?;
        let people = moment.house().people(visit.today());
        let people = people.map(|person| (person.id.clone(), format!("{} – {}", person.name, person.title)));
        Ok(std::iter::once((String::new(), "…".to_owned())).chain(people).collect())
    })
}

/// The units and outside bodies of the house to which something can be passed, with none first.
pub(super) fn bodies(visit: &Visit) -> Result<Vec<(String, String)>, Failure> {
    visit.within(|context| {
        let moment = context.moment()?;
        let (house, today) = (moment.house(), visit.today());
        let parties = house.parties(today).map(|party| (party.id.clone(), party.name.clone()));
        let units = house.units(today).map(|unit| (unit.id.clone(), unit.name.clone()));
        Ok(std::iter::once((String::new(), "…".to_owned())).chain(parties).chain(units).collect())
    })
}

fn page(visit: &Visit, form: &Form) -> Answer {
    let book = BOOKS.iter().find(|(name, ..)| *name == form.raw("book"));
    let Some((book, _, title)) = book else {
        let body = html! {
            h1 { (visit.word("arrive-which")) }
            p { (visit.word("arrive-level-first")) }
            p.acts { @for (book, key, _) in BOOKS { a.b href={ (ADDRESS) "?book=" (book) } { (visit.word(key)) } } }
        };
        return Ok(Page::new(visit.word("arrive-which"), body).at(AT).render(visit));
    };
    let parties: Vec<String> = visit.within(|context| {
        let moment = context.moment()?;
        Ok(moment.house().parties(visit.today()).map(|party| party.name.clone()).collect())
    })?;
    let types = DocumentType::ALL
        .iter()
        .map(|kind| (kind.code().to_owned(), capital(&type_name(visit.lang, kind.code()))));
    let types: Vec<(String, String)> =
        std::iter::once((String::new(), "…".to_owned())).chain(types).collect();
    let levels: Vec<(String, String)> =
        (1..=3).map(|level| (level.to_string(), capital(&visit.word(&format!("conf-{level}"))))).collect();
    let urgencies: Vec<(String, String)> =
        (0..=3).map(|level| (level.to_string(), capital(&visit.word(&format!("urg-{level}"))))).collect();
    let petition = *book == "petitions";
    let secret = *book == "secret";
    let body = html! {
        h1 { (visit.word(title)) }
        (field::summary(visit, form))
        form.box method="post" action=(ADDRESS) enctype="multipart/form-data" data-draft {
            (drafts::head(visit, form))
            input type="hidden" name="book" value=(book);
            @if secret {
                p.note { (visit.word("arrive-secret-note")) }
                (Field::new(visit, "confidentiality", "register-level").required().choice(form, &levels))
            }
            @if petition { (petition_fields(visit, form)?) }
            @else { (paper_fields(visit, form, &parties, &types)) }
            @if !secret {
                (Field::new(visit, "title", if petition { "register-summary" } else { "cli-title" }).required().text(form, 2))
                (Field::new(visit, "urgency", "cli-urgency").choice(form, &urgencies))
                (Field::new(visit, "pages", "outside-pages").kind("number").line(form))
            }
            (Field::new(visit, "channel", "outside-channel").choice(form, &choices(visit, "channel-", &CHANNELS)))
            (Field::new(visit, "received", "reg-came").kind("date").hint(visit.word("arrive-received-hint")).line(form))
            (Field::new(visit, "arrival", "cli-arrival").hint(visit.word("arrive-number-hint")).line(form))
            @if petition { p.hint { (visit.word("arrive-scan-hint")) } }
            @if !secret { (field::files(visit, form, "files")) }
            (drafts::foot(visit, form, html! { button.b.go { (visit.word("btn-arrive")) } }))
        }
    };
    Page::new(visit.word(title), body).at(AT).render_form(visit, form)
}

fn paper_fields(visit: &Visit, form: &Form, parties: &[String], types: &[(String, String)]) -> Markup {
    html! {
        (Field::new(visit, "party", "reg-author").required().list("parties").line(form))
        datalist id="parties" { @for party in parties { option value=(party) {} } }
        div.pair {
            (Field::new(visit, "number", "reg-number").line(form))
            (Field::new(visit, "issued", "register-issued").kind("date").line(form))
        }
        (Field::new(visit, "type", "cli-type").choice(form, types))
    }
}

fn petition_fields(visit: &Visit, form: &Form) -> Result<Markup, Failure> {
    let people = people(visit)?;
    Ok(html! {
        (Field::new(visit, "class", "register-class").required().choice(form, &choices(visit, "petition-", &CLASSES)))
        (Field::new(visit, "about", "outside-about").hint(visit.word("outside-about-hint")).choice(form, &people))
        (Field::new(visit, "earlier", "outside-earlier").hint(visit.word("outside-earlier-hint")).line(form))
        p.hint { (visit.word("arrive-sender-later")) }
    })
}

async fn arrive(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    for day in ["received", "issued"] {
        if form.some(day).is_some() {
            write::due(&visit, &mut form, day);
        }
    }
    if !form.is_good() {
        return page(&visit, &form);
    }
    let text = |name: &str| form.get(name).to_owned();
    let petition = form.raw("book") == "petitions";
    let levels = write::attached(&visit, &form);
    let earlier = form.some("earlier").map(|number| match number.contains(':') {
        true => number,
        false => format!("petitions:{number}"),
    });
    let command = Arrive {
        title: text("title"),
        party: text("party"),
        number: text("number"),
        issued: form.some("issued"),
        document_type: text("type"),
        received: form.some("received"),
        channel: form.some("channel").unwrap_or_else(|| "post".into()),
        pages: form.get("pages").parse().unwrap_or(0),
        arrival: text("arrival"),
        class: form.some("class").filter(|_| petition),
        about: text("about"),
        earlier: earlier.filter(|_| petition),
        sent: Sent::default(),
        // The draft names the paper: a form that is sent twice registers it once.
        once: form.get(drafts::DRAFT).parse().ok(),
        levels: Levels {
            attach: if form.raw("book") == "secret" { Vec::new() } else { levels.attach },
            ..levels
        },
        ..Arrive::default()
    };
    match visit.act(Records::Outside(Verb::Arrive(Box::new(command)))).await {
        Ok(done) => {
            let number = done["arrival_number"].as_str().unwrap_or_default();
            visit.flash(tell!(visit, "arrive-done", number = number))?;
            let record = done["record"].as_str().unwrap_or_default();
            Ok(Redirect::to(&format!("/outside/{record}")).into_response())
        }
        Err(failure) => page(&visit, &failed(&form, failure)),
    }
}

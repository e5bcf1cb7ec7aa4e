//! The enrolment letter: one printed page with which an office's machine enrols. The code in it is a secret: it is made
//! when the letter is asked for, and stored only as a hash. The letter itself stays in memory for some minutes, so that
//! whoever presses twice, or reloads, sees the letter that is valid instead of making it void.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;
use truc_node::accounts::rights::Right;
use truc_node::command::page::list;
use truc_node::tell;
use truc_node::web::page::Page;
use truc_node::web::parts::{empty, qr};
use truc_node::web::route::{Need, Route};
use truc_node::web::shared::drafts::DRAFT;
use truc_node::web::shared::shortly::Shortly;
use truc_node::web::times::formal;
use truc_node::web::{Answer, Posted, Visit};
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::code::EnrolmentCode;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::registry::Tier;
use truc_proto::time::Moment;
use uuid::Uuid;

use super::act::{act, done};
use super::province::{named, short};
use crate::command::Command;
use crate::command::code::{Code, DEFAULT_LIFE};
use crate::command::office::Verb;
use crate::hub::Hub;

/// Name of the form field for the life of a code.
const VALID: &str = "valid";
/// Lives of a code that can be chosen, in the command's notation: for handing over at once, the next day, or by post.
const LIVES: [&str; 3] = [DEFAULT_LIFE, "1d", "7d"];
/// Letters in a group of a printed code, so that it can be read out.
const GROUP: usize = 4;

pub(super) fn routes(hub: &Arc<Hub>) -> Vec<Route> {
    let (one, several) = (Arc::clone(hub), Arc::clone(hub));
    let written = Arc::new(Written::default());
    let (by_one, by_several, shown) = (Arc::clone(&written), Arc::clone(&written), written);
    let keeps = Need::Right(Right::Offices);
    vec![
        Route::get("/letters/{id}", keeps, move |visit| {
            let written = Arc::clone(&shown);
            async move { show(&visit, &written) }
        }),
        Route::post("/offices/{id}/letter", keeps, move |visit, posted: Posted| {
            let (hub, written) = (Arc::clone(&one), Arc::clone(&by_one));
            async move {
                let id = named(&visit, &hub)?;
                write(&visit, &hub, &written, &posted, (&[id], true)).await
            }
        })
        .once()
        .back("/offices/{id}"),
        Route::post("/offices/letters", keeps, move |visit, posted: Posted| {
            let (hub, written) = (Arc::clone(&several), Arc::clone(&by_several));
            async move {
                let registry = hub.office.registry();
                let chosen = posted.all("office").filter_map(|text| text.parse().ok());
                let chosen = chosen.filter(|id: &OfficeId| registry.office(*id).is_some());
                // Many at once are for offices without a machine: nobody looks at each of them.
                let wants = |id: OfficeId| hub.wants_code(id).map(|wants| wants.then_some(id)).transpose();
                let wanting = chosen.filter_map(wants).collect::<Result<Vec<_>, _>>();
                let chosen: Vec<OfficeId> = wanting.map_err(Failure::from)?;
                write(&visit, &hub, &written, &posted, (&chosen, false)).await
            }
        })
        .once()
        .back("/offices"),
    ]
}

/// The control that chooses the life of a code, with the name of this request: sent twice, it makes one code.
pub(super) fn lives(visit: &Visit) -> Markup {
    html! {
        input type="hidden" name=(DRAFT) value=(Uuid::now_v7());
        label {
            (visit.word("field-valid")) " "
            select name=(VALID) { @for life in LIVES { option value=(life) { (visit.word(&format!("life-{life}"))) } } }
        }
    }
}

/// The codes of letters that were written a short time ago.
type Written = Shortly<Vec<Value>>;

/// Makes the codes for these offices, and leads to their letters.
async fn write(
    visit: &Visit,
    hub: &Hub,
    written: &Written,
    posted: &Posted,
    (offices, replace): (&[OfficeId], bool),
) -> Answer {
    let valid = posted.get(VALID);
    if offices.len() > limits::LETTERS {
        let many = Failure::new(ExitCode::Input, "letter-too-many");
        return Err(many.with("limit", limits::LETTERS).into());
    }
    let valid = if valid.is_empty() { DEFAULT_LIFE } else { valid }.to_owned();
    let named = offices.iter().map(OfficeId::to_string).collect();
    let code = Code { offices: named, all: false, replace, valid };
    let output = act(visit, hub, Command::Office(Verb::Code(code))).await?;
    let codes = list(&output["codes"]).to_vec();
    let made = codes.len();
    if made == 0 {
        return done(visit, visit.word("letter-none"), "/offices");
    }
    let id = posted.get(DRAFT).parse().unwrap_or_else(|_| Uuid::now_v7());
    written.keep(id, visit.author(), Moment::seconds(visit.seconds()), codes);
    done(visit, tell!(visit, "letter-made", count = made), &format!("/letters/{id}"))
}

/// The page of letters that were written a short time ago.
fn show(visit: &Visit, written: &Written) -> Answer {
    let id = visit.param("id").parse().ok();
    let found = id.and_then(|id: Uuid| written.find(id, visit.author(), Moment::seconds(visit.seconds())));
    let made = found.iter().flatten().map(Letter::read).collect::<Result<Vec<_>, _>>()?;
    let body = html! {
        p.crumb { a href="/offices" { (visit.word("letter-back")) } }
        @if made.is_empty() { (empty(&visit.word("letter-gone"), Some(("/offices", &*visit.word("letter-back"))))) }
        @if let Some(first) = made.first() { p.note.screen { (tell!(visit, "letter-life", time = first.until(visit))) } }
        @for letter in &made { (letter.markup(visit)) }
    };
    Ok(Page::new(visit.word("letter-title"), body).at("/offices").render(visit))
}

/// The content of a letter.
struct Letter {
    name: String,
    text: String,
    code: EnrolmentCode,
}

impl Letter {
    /// Reads what the command `office code` returned.
    fn read(code: &Value) -> Result<Self, Failure> {
        let text = code["code"].as_str().unwrap_or_default().to_owned();
        let read = EnrolmentCode::from_text(&text);
        let code_read =
            read.map_err(|error| Failure::new(ExitCode::Unexpected, "local-cut").because(error))?;
        let name = code["name"].as_str().unwrap_or_default().to_owned();
        Ok(Self { name, text, code: code_read })
    }

    /// Until when the code is valid, for people.
    fn until(&self, visit: &Visit) -> String {
        let until = i64::try_from(self.code.expires.saturating_mul(1000)).unwrap_or(i64::MAX);
        let clock = visit.clock();
        format!("{} {}", clock.hour(until), clock.day(until))
    }

    fn markup(&self, visit: &Visit) -> Markup {
        let registry = visit.registry();
        let top = registry.offices().find_map(|(_, office)| {
            office.current().filter(|fact| fact.tier == Tier::Province && !fact.closed)
        });
        let place = top.map(short).unwrap_or_default();
        html! {
            article.letter {
                header {
                    div {
                        p.from { (visit.name(visit.me())) }
                        h1 { (tell!(visit, "letter-of", office = self.name.as_str())) }
                        p.mut { (tell!(visit, "letter-date", place = place, date = formal(visit.today()))) }
                    }
                    div.qr45 role="img" aria-label=(visit.word("letter-qr")) { (qr(&self.text)) }
                }
                h2 { (visit.word("letter-code")) }
                p.code { @for group in groups(&self.text) { span { (group) } " " } }
                p.until { b { (tell!(visit, "letter-expires", time = self.until(visit))) } }
                p { (tell!(visit, "letter-address", address = self.code.address.as_str())) }
                ol.steps { @for key in ["letter-step-1", "letter-step-2", "letter-step-3"] { li { (visit.word(key)) } } }
                p { (visit.word("cli-authority")) ":" }
                p.print { @for group in groups(&self.code.authority.to_string()) { span { (group) } " " } }
                p.mut { (visit.word("letter-secret")) }
                div.signs {
                    @for key in ["letter-gave", "letter-took"] { div { b { (visit.word(key)) } p.mut { (visit.word("letter-sign")) } } }
                }
            }
        }
    }
}

/// A code in groups that can be read out. A machine accepts them with the spaces in between.
fn groups(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.chunks(GROUP).map(|group| group.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;
    use truc_proto::id::Hash;

    use super::*;

    proptest! {
        /// The code as printed, typed in again, is read as the same code.
        #[test]
        fn the_letters_code_is_the_code(secret: [u8; 16], authority: [u8; 32], expires: u64, port in 1u16..) {
            let address = format!("hub.tinhuy.example:{port}");
            let code = EnrolmentCode { secret, authority: Hash(authority), address, expires };
            let text = code.to_text().unwrap();
            let letter = Letter::read(&json!({ "code": text.as_str(), "name": "Xã A" })).unwrap();
            let groups = groups(&letter.text);
            prop_assert!(groups.iter().rev().skip(1).all(|group| group.len() == GROUP));
            prop_assert_eq!(EnrolmentCode::from_text(&groups.join(" ")).unwrap(), code);
            prop_assert!(qr(&letter.text).into_string().starts_with("<svg"));
        }
    }

    #[test]
    fn what_is_no_code_is_on_no_paper() {
        assert!(Letter::read(&json!({})).is_err());
        assert!(Letter::read(&json!({ "code": "TRUC1-AAAAA", "name": "Xã A" })).is_err());
    }
}

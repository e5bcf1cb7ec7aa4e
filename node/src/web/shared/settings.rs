//! Thresholds for duties, for everybody here: after how long an office counts as silent, and what counts as due soon.

use std::time::Duration;

use axum::response::{IntoResponse, Redirect};
use maud::html;
use truc_proto::limits;
use truc_proto::record::duty::Thresholds;

use crate::accounts::rights::Right;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{self, Field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::visit::Visit;

const KEEP: Need = Need::Right(Right::Settings);
const DAY: u64 = 86_400;
/// Units of time to choose from, by catalogue key, with their length in seconds; the largest first.
const UNITS: [(&str, u64); 3] = [("day", DAY), ("hour", 3600), ("minute", 60)];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/settings", KEEP, async |visit: Visit| {
            show(&visit, &filled(visit.site.accounts.figures()))
        }),
        Route::post("/settings", KEEP, save),
    ]
}

/// The form filled with the thresholds in force.
fn filled(figures: Thresholds) -> Form {
    let mut form = Form::default();
    let (count, unit) = told(figures.silence);
    form.set("silence", count.to_string());
    form.set("silence-unit", unit);
    form.set("soon", (figures.soon.as_secs() / DAY).to_string());
    form
}

/// A duration as a whole number of the largest possible unit.
fn told(time: Duration) -> (u64, &'static str) {
    let seconds = time.as_secs();
    let whole = UNITS.iter().find(|(_, unit)| seconds.is_multiple_of(*unit));
    whole.map_or((seconds / 60, "minute"), |(name, unit)| (seconds / unit, *name))
}

/// The typed thresholds; a value that is no number gets an error at its field.
fn typed(visit: &Visit, form: &mut Form) -> Option<Thresholds> {
    let unit = UNITS.iter().find(|(name, _)| *name == form.get("silence-unit")).map_or(1, |(_, unit)| *unit);
    let mut figure = |name: &str, unit: u64| {
        let value = form.get(name).to_owned();
        // A product that overflows is out of bounds in any case.
        let time = value.parse().ok().map(|count: u64| Duration::from_secs(count.saturating_mul(unit)));
        if time.is_none() {
            form.wrong(name, tell!(visit, "err-whole-number", value = value));
        }
        time
    };
    let (silence, soon) = (figure("silence", unit), figure("soon", DAY));
    Some(Thresholds { silence: silence?, soon: soon? })
}

fn show(visit: &Visit, form: &Form) -> Answer {
    let units = UNITS.map(|(name, _)| (name.to_owned(), visit.word(&format!("unit-{name}"))));
    let soon_hint = tell!(visit, "hint-soon", most = limits::DUE_SOON_MOST.as_secs() / DAY);
    let silence_hint = tell!(
        visit,
        "hint-silence",
        least = limits::SILENCE_LEAST.as_secs() / 60,
        most = limits::SILENCE_MOST.as_secs() / DAY
    );
    let number =
        |name, label, hint| Field::new(visit, name, label).hint(hint).required().kind("number").line(form);
    let body = html! {
        div.narrow {
            p.crumb { a href="/me" { (visit.word("me-title")) } }
            h1 { (visit.word("nav-settings")) }
            p.mut { (visit.word("settings-about")) }
            (field::summary(visit, form))
            form.box method="post" action="/settings" {
                (field::token(visit))
                (number("silence", "field-silence", silence_hint))
                (Field::new(visit, "silence-unit", "field-silence-unit").required().choice(form, &units))
                (number("soon", "field-soon", soon_hint))
                p.acts { button.b.go { (visit.word("btn-save")) } }
            }
        }
    };
    Page::new(visit.word("nav-settings"), body).at("/me").render_form(visit, form)
}

async fn save(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let Some(figures) = typed(&visit, &mut form) else { return show(&visit, &form) };
    let set = visit.site.accounts.set_figures(visit.author(), figures, Some(visit.source), visit.seconds());
    match set {
        Ok(()) => {
            visit.flash(visit.word("done-settings"))?;
            Ok(Redirect::to("/settings").into_response())
        }
        Err(failure) => {
            match failure.key.as_ref() {
                "figure-silence" => form.wrong("silence", failure.on_page(visit.lang)),
                "figure-soon" => form.wrong("soon", failure.on_page(visit.lang)),
                _ => form.failure = Some(failure),
            }
            show(&visit, &form)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_shown_in_their_largest_whole_unit() {
        let told = |seconds| told(Duration::from_secs(seconds));
        assert_eq!(told(300), (5, "minute"));
        assert_eq!(told(90 * 60), (90, "minute"));
        assert_eq!(told(2 * 3600), (2, "hour"));
        assert_eq!(told(DAY), (1, "day"));
        assert_eq!(told(30 * DAY), (30, "day"));
    }

    proptest! {
        /// What the page shows is what was set.
        #[test]
        fn nothing_changes_on_the_way_to_the_page(minutes in 0u64..100_000) {
            let (count, name) = told(Duration::from_secs(minutes * 60));
            let unit = UNITS.iter().find(|(unit, _)| *unit == name).map(|(_, unit)| *unit);
            prop_assert_eq!(unit.map(|unit| unit * count), Some(minutes * 60));
        }
    }
}

//! The sheet for writing a report: figures beside those of the last period, "no data" with its reason; nothing typed is
//! lost.

use std::collections::BTreeMap;

use jiff::ToSpan;
use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::paper::DocumentType;
use truc_proto::record::Act as _;
use truc_proto::record::report::{Decimal, Move as Says};

use crate::command::Records;
use crate::command::act::{self, Which};
use crate::command::paper::Part;
use crate::command::report::{Content, Create, IndicatorArg, Resubmit, Verb};
use crate::derive::views::kinds::{self, report as views};
use crate::derive::views::read::Filter;
use crate::tell;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::parts::field::{self, Field};
use crate::web::parts::picker::Offered;
use crate::web::parts::{self, figure};
use crate::web::posted::Posted;
use crate::web::shared::drafts;
use crate::web::visit::Visit;
use crate::words::Lang;

use super::super::moves::Kind as _;
use super::super::write::{self, Write};
use super::Pages;

/// Field with the language in whose notation the figures stand.
const NOTATION: &str = "notation";
/// How many of this office's newest reports are looked through for one of the same period.
const EARLIER: u32 = 200;

/// The last whole monthly reporting period before a day: from the 15th of a month to the 14th of the next (Nghị định
/// 09/2019/NĐ-CP).
fn last_month(today: Date) -> Option<(Date, Date)> {
    let today = today.civil();
    let end = if today.day() > 14 { today } else { today.checked_sub(1.month()).ok()? };
    let begin = end.checked_sub(1.month()).ok()?;
    Some((Date::new(begin.year(), begin.month(), 15)?, Date::new(end.year(), end.month(), 14)?))
}

/// The form to begin with: a draft, a version to be corrected, or this office's last report, whose figures become those
/// of the last period.
pub(super) fn form(visit: &Visit) -> Result<Form, Fault> {
    let mut form = drafts::form(visit, "/reports/new")?;
    if form.is_set("title") {
        return Ok(form);
    }
    let again = visit.asked("again");
    let filter = Filter { owner: Some(visit.me()), limit: 1, ..Filter::default() };
    let listed = visit.look(|conn, _| views::list(conn, &filter))?;
    let which = match (again, listed.first()) {
        ("", None) => {
            form.set("period", "month");
            let above = visit.registry().parent(visit.me());
            above.into_iter().for_each(|above| form.add(parts::picker::TO, above.to_string()));
            begin_period(visit, &mut form);
            return Ok(form);
        }
        ("", Some(listed)) => listed.row.id.to_string(),
        (again, _) => again.to_owned(),
    };
    let record = visit.within(|context| act::find(context, Says::KIND, &Which { record: which.clone() }))?;
    let kinds::Shown::Report(shown) = &record.shown else { return Ok(form) };
    if again.is_empty() {
        begin_period(visit, &mut form);
    }
    form.set("form", shown.form.clone());
    for scope in &record.row.audience {
        form.add(parts::picker::TO, scope.office.to_string());
    }
    if !again.is_empty() {
        form.set("again", again);
        form.set("title", record.row.title.clone());
        form.set("number", record.row.number.clone());
    }
    if let Some(period) = &shown.period {
        form.set("period", period.kind.clone());
        if !again.is_empty() {
            form.set("from", period.from.to_string());
            form.set("to", period.to.to_string());
        }
    }
    for (row, indicator) in shown.indicators.iter().enumerate() {
        let value = indicator.value.map(|value| value.to_string());
        let shown = value.as_deref().map(|value| figure(visit.lang, value));
        let mut set = |name: &str, value: String| form.set(&format!("indicator.{row}.{name}"), value);
        set("id", indicator.id.clone());
        set("content", indicator.label.clone());
        set("unit", indicator.unit.clone());
        if again.is_empty() {
            set("before", value.unwrap_or_default());
            set("value", String::new());
        } else {
            if value.is_none() {
                set("none", "1".to_owned());
            }
            set("value", shown.unwrap_or_default());
            set("note", indicator.note.clone());
        }
    }
    Ok(form)
}

/// Fills in period and title of a monthly report.
fn begin_period(visit: &Visit, form: &mut Form) {
    if let Some((from, to)) = last_month(visit.today()) {
        let (month, year) = (format!("{:02}", to.civil().month()), to.civil().year().to_string());
        form.set("from", from.to_string());
        form.set("to", to.to_string());
        form.set("title", tell!(visit, "report-title", month = month, year = year));
    }
}

pub(super) fn page(visit: &Visit, form: &Form) -> Answer {
    let again = !form.get("again").is_empty();
    let write = Write {
        title: visit.word(if again { "write-report-again" } else { "write-report" }),
        address: "/reports/new",
        at: "/reports",
        types: &[DocumentType::Report],
        kind: Pages::TABLE,
        offered: Offered::Above,
        urgency: false,
        button: "btn-send",
        full: true,
    };
    let kinds = ["month", "quarter", "half", "year", "week", "range"];
    let kinds: Vec<(String, String)> =
        kinds.iter().map(|kind| ((*kind).to_owned(), visit.word(&format!("period-{kind}")))).collect();
    let day = |name, label| Field::new(visit, name, label).kind("date").required().line(form);
    let form = &noted(visit, form);
    let returned = returned(visit, form)?;
    let first = same_period(visit, form)?;
    let more = html! {
        @if again { input type="hidden" name="again" value=(form.get("again")); }
        input type="hidden" name=(NOTATION) value=(visit.lang.code());
        @if !returned.is_empty() { p.note { b { (visit.word("rep-returned")) } ": " (returned) } }
        @if let Some(first) = &first {
            p.note { (visit.word("report-first")) " " a href={ "/report/" (first.row.id) } { (parts::paper_name(visit.lang, &first.row.document_type, &first.row.number)) } }
        }
        div.pair {
            (Field::new(visit, "form", "cli-form").line(form))
            (Field::new(visit, "period", "cli-period").required().choice(form, &kinds))
        }
        div.pair { (day("from", "field-period-from")) (day("to", "field-period-to")) }
        (rows(visit, form))
    };
    write.page(visit, form, more)
}

/// The form with its figures in the notation of the page. A draft may have been typed in the other one.
fn noted(visit: &Visit, form: &Form) -> Form {
    let typed = notation(visit, form);
    let mut noted = form.clone();
    if typed != visit.lang {
        for row in form.rows("indicator") {
            let name = format!("indicator.{row}.value");
            if let Ok(value) = plain_figure(typed, form.get(&name)).parse::<Decimal>() {
                noted.set(&name, figure(visit.lang, &value.to_string()));
            }
        }
    }
    noted
}

/// The language in whose notation the figures of a form stand.
fn notation(visit: &Visit, form: &Form) -> Lang {
    if form.get(NOTATION).is_empty() { visit.lang } else { Lang::from_code(form.get(NOTATION)) }
}

/// Why the report that is corrected was returned; empty: it is a new one, or nothing was said.
fn returned(visit: &Visit, form: &Form) -> Result<String, Fault> {
    if form.get("again").is_empty() {
        return Ok(String::new());
    }
    let which = Which { record: form.get("again").to_owned() };
    let record = visit.within(|context| act::find(context, Says::KIND, &which))?;
    Ok(match &record.shown {
        kinds::Shown::Report(shown) => super::said_of(shown),
        _ => String::new(),
    })
}

/// This office's report for the same form and period, if it is not that one which is corrected.
fn same_period(visit: &Visit, form: &Form) -> Result<Option<views::Listed>, Fault> {
    if !form.get("again").is_empty() {
        return Ok(None);
    }
    let filter = Filter { owner: Some(visit.me()), limit: EARLIER, ..Filter::default() };
    let mut all = visit.look(|conn, _| views::list(conn, &filter))?.into_iter();
    Ok(all.find(|listed| {
        let period = (listed.period_from.as_str(), listed.period_to.as_str());
        listed.form == form.get("form") && period == (form.get("from"), form.get("to"))
    }))
}

/// A row per figure: last period, this period, "no data" and its reason.
fn rows(visit: &Visit, form: &Form) -> Markup {
    let rows = write::shown_rows(form, "indicator", 3);
    let labels: BTreeMap<&str, String> = [
        "cli-id",
        "cli-indicator",
        "cli-unit",
        "field-last-period",
        "field-this-period",
        "rep-no-data",
        "field-why-no-data",
    ]
    .into_iter()
    .map(|key| (key, visit.word(key)))
    .collect();
    html! {
        fieldset.rowset id="indicator" data-rows="indicator" {
            legend { (visit.word("sec-figures")) }
            p.hint { (visit.word("hint-figures")) }
            div.tw tabindex="0" { table.ind.edit {
                thead { tr { @for key in ["cli-id", "cli-indicator", "cli-unit", "field-last-period", "field-this-period", "rep-no-data", "field-why-no-data"] { th scope="col" { (labels[key]) } } } }
                tbody {
                    @for row in &rows {
                        @let name = |field: &str| format!("indicator.{row}.{field}");
                        @let input = |field: &str, key: &str, class: &str| {
                            let name = name(field);
                            let wrong = form.error(&name);
                            html! {
                                input.(class).bad[wrong.is_some()] type="text" id=(name) name=(name) value=(form.raw(&name)) aria-label=(labels[key]) autocomplete="off"
                                    inputmode=[(class == "fig").then_some("decimal")] pattern=[(class == "fig").then_some(r"[\-−]?[0-9][0-9., ]*")] aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("err-{name}"))];
                                (field::error(form, &name))
                            }
                        };
                        tr data-row {
                            td data-l=(labels["cli-id"]) { (input("id", "cli-id", "short")) }
                            td data-l=(labels["cli-indicator"]) { (input("content", "cli-indicator", "")) }
                            td data-l=(labels["cli-unit"]) { (input("unit", "cli-unit", "short")) }
                            td.r.n.mut data-l=(labels["field-last-period"]) { (figure(visit.lang, form.raw(&name("before")))) input type="hidden" name=(name("before")) value=(form.raw(&name("before"))); }
                            td data-l=(labels["field-this-period"]) { (input("value", "field-this-period", "fig")) span.xs.warn data-jump=(visit.word("warn-jump-word")) {} }
                            td { label.lab2 { input type="checkbox" name=(name("none")) value="1" checked[form.is_set(&name("none"))]; (labels["rep-no-data"]) } }
                            td data-l=(labels["field-why-no-data"]) { (input("note", "field-why-no-data", "")) }
                        }
                    }
                }
            } }
            (drafts::more(visit, form, "indicator"))
        }
    }
}

/// The figures of a form; a wrong one gets an error at its field.
fn indicators(visit: &Visit, form: &mut Form) -> Vec<Part<IndicatorArg>> {
    let mut all = Vec::new();
    let typed = notation(visit, form);
    let rows: Vec<usize> = form.rows("indicator");
    for row in rows {
        let get = |name: &str| form.get(&format!("indicator.{row}.{name}")).to_owned();
        let (label, note, none) = (get("content"), get("note"), !get("none").is_empty());
        let value = plain_figure(typed, &get("value"));
        if label.is_empty() && value.is_empty() && note.is_empty() && get("id").is_empty() {
            continue;
        }
        let id = if get("id").is_empty() { format!("A{:02}", row + 1) } else { get("id") };
        let unit = get("unit");
        let field = format!("indicator.{row}.value");
        if none {
            if note.is_empty() {
                let said = tell!(visit, "err-field-empty", field = visit.word("field-why-no-data"));
                form.wrong(format!("indicator.{row}.note"), said);
            }
        } else if value.is_empty() {
            form.wrong(field, tell!(visit, "err-figure-empty", field = label.as_str()));
        } else if value.parse::<Decimal>().is_err() {
            form.wrong(field, not_a_figure(visit, typed, &get("value")));
        }
        if label.is_empty() {
            let said = tell!(visit, "err-field-empty", field = visit.word("cli-indicator"));
            form.wrong(format!("indicator.{row}.content"), said);
        }
        let value = if none { String::new() } else { value };
        all.push(Part::Fields(IndicatorArg { id, label, unit, value, note }));
    }
    all
}

/// Why what was typed is no figure; if only the marks between its digits are another language's, how it is written here.
fn not_a_figure(visit: &Visit, lang: Lang, typed: &str) -> String {
    match regrouped(lang, typed) {
        Some(right) => tell!(visit, "err-figure-marks", value = typed, right = right),
        None => tell!(visit, "err-figure", value = typed),
    }
}

/// A whole number whose thousands are parted with the decimal mark of a language, as that language writes it.
fn regrouped(lang: Lang, typed: &str) -> Option<String> {
    let point = if lang == Lang::Vi { ',' } else { '.' };
    let groups: Vec<&str> = typed.trim_start_matches(['-', '−']).split(point).collect();
    let digits = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = groups.len() > 2 && groups[1..].iter().all(|group| group.len() == 3);
    let whole = typed.replace(point, "").replace('−', "-");
    (grouped && groups.iter().all(digits)).then(|| figure(lang, &whole))
}

/// A figure in a language's notation, such as "4.127" or "91,2" in Vietnamese, as a plain decimal.
fn plain_figure(lang: Lang, typed: &str) -> String {
    let typed: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let typed = typed.replace('−', "-");
    let (thousand, point) = if lang == Lang::Vi { ('.', ',') } else { (',', '.') };
    if typed.contains(point) {
        return typed.replace(thousand, "").replace(point, ".");
    }
    // The mark groups thousands if three digits follow each and the first group is not zero.
    let groups: Vec<&str> = typed.trim_start_matches('-').split(thousand).collect();
    let grouped = groups.len() > 1
        && groups[1..].iter().all(|group| group.len() == 3)
        && !groups[0].is_empty()
        && groups[0].len() <= 3
        && groups[0] != "0";
    typed.replace(thousand, if grouped { "" } else { "." })
}

pub(super) async fn create(visit: Visit, posted: Posted) -> Answer {
    let mut form = posted.form.clone();
    let paper = write::paper(&visit, &mut form);
    let send = write::send(&visit, &mut form);
    let period = write::period(&visit, &mut form, posted.get("period"));
    if period.is_none() {
        form.wrong("from", tell!(visit, "err-field-empty", field = visit.word("field-period-from")));
    }
    let indicators = indicators(&visit, &mut form);
    if form.is_good() {
        let content = Content { form: posted.get("form").to_owned(), period, indicators };
        let verb = match posted.get("again") {
            "" => Verb::Create(Box::new(Create { paper, send, content })),
            again => {
                let which = Which { record: again.to_owned() };
                Verb::Resubmit(Box::new(Resubmit { which, paper, levels: send.levels, content }))
            }
        };
        let command = Records::Report(verb);
        let early = posted.get("to").parse().is_ok_and(|to: Date| to >= visit.today());
        let key = match same_period(&visit, &form)? {
            Some(_) => "ask-send-second",
            None if early => "ask-send-early",
            None => "ask-send",
        };
        if let Some(answer) = write::issue(&visit, &mut form, Pages::NAME, key, command).await {
            return answer;
        }
    }
    page(&visit, &form)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_month_closes_on_the_fourteenth() {
        let last = |day: &str| last_month(day.parse().unwrap()).map(|(from, to)| format!("{from} {to}"));
        assert_eq!(last("2026-11-26").as_deref(), Some("2026-10-15 2026-11-14"));
        assert_eq!(last("2026-11-14").as_deref(), Some("2026-09-15 2026-10-14"));
        assert_eq!(last("2026-01-05").as_deref(), Some("2025-11-15 2025-12-14"));
    }

    #[test]
    fn a_refused_figure_is_shown_as_typed_with_what_is_right() {
        for (vietnamese, english) in [("1,234,567", "1.234.567"), ("−12,345,678", "-12.345.678")] {
            assert!(plain_figure(Lang::Vi, vietnamese).parse::<Decimal>().is_err(), "{vietnamese}");
            assert_eq!(regrouped(Lang::Vi, vietnamese).unwrap().replace('−', "-"), english.replace('−', "-"));
            assert!(plain_figure(Lang::En, english).parse::<Decimal>().is_err(), "{english}");
            let right = regrouped(Lang::En, english).unwrap();
            assert_eq!(right.replace('−', "-"), vietnamese.replace('−', "-"));
        }
        for none in ["1,23,456", "1,2345", "abc,def,ghi", ",123,456", "12"] {
            assert_eq!(regrouped(Lang::Vi, none), None, "{none}");
        }
    }

    #[test]
    fn figures_are_read_as_people_type_them() {
        for (vietnamese, english, plain) in [
            ("4.127", "4,127", "4127"),
            ("91,2", "91.2", "91.2"),
            ("1.234.567,5", "1,234,567.5", "1234567.5"),
            ("12", "12", "12"),
            ("2,125", "2.125", "2.125"),
            ("0.125", "0,125", "0.125"),
            ("−3", "-3", "-3"),
            ("1 200", "1 200", "1200"),
            ("91.25", "91,25", "91.25"),
            ("", "", ""),
            ("abc", "abc", "abc"),
        ] {
            assert_eq!(plain_figure(Lang::Vi, vietnamese), plain, "{vietnamese}");
            assert_eq!(plain_figure(Lang::En, english), plain, "{english}");
        }
    }

    proptest! {
        /// What a page shows is read as the same figure.
        #[test]
        fn a_figure_that_is_shown_is_read_as_it_was(figure_of in "-?(0|[1-9][0-9]{0,11})(\\.[0-9]{1,6})?") {
            let value: Decimal = figure_of.parse().unwrap();
            for lang in [Lang::Vi, Lang::En] {
                let shown = figure(lang, &value.to_string());
                prop_assert_eq!(plain_figure(lang, &shown).parse::<Decimal>().ok(), Some(value), "{}", shown);
            }
        }
    }
}

//! The registers at the desk: as a page, as CSV or XLSX, and for the printer.

use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use truc_proto::date::Date;
use truc_proto::id::RecordId;
use truc_proto::limits;
use truc_proto::record::State;
use truc_proto::record::kind_name;
use truc_proto::record::outside::registers::{Cell as Said, Register};
use truc_proto::record::outside::{KIND, What};

use super::{AT, failed};
use crate::accounts::rights::Right;
use crate::command::Records;
use crate::command::assignment::Acting;
use crate::command::book;
use crate::command::outside::{Verb, Why};
use crate::command::register::lines::{Line, lines};
use crate::command::register::{self, Catalogue};
use crate::derive::views::read;
use crate::tell;
use crate::web::export;
use crate::web::fault::{Answer, Fault};
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts;
use crate::web::parts::field::{self, Field};
use crate::web::posted::Posted;
use crate::web::route::{Need, Route};
use crate::web::table::{Cell, Table};
use crate::web::times;
use crate::web::visit::Visit;
use crate::words::failure::{ExitCode, Failure};

/// The registers: which, address, title.
const BOOKS: [(Register, &str, &str); 4] = [
    (Register::Petitions, "/registers/petitions", "register-petitions"),
    (Register::Secret, "/registers/secret", "register-secret"),
    (Register::Transfers, "/registers/transfers", "register-transfers"),
    (Register::Tasks, "/registers/tasks", "register-tasks"),
];

/// Where the register of petitions is asked for with all senders.
const FULL: &str = "/registers/petitions/full";

pub(super) fn routes() -> Vec<Route> {
    let mut all = vec![
        Route::get(FULL, Need::Right(Right::Export), async |visit| full_page(&visit, &Form::default())),
        Route::post(FULL, Need::Right(Right::Export), full),
    ];
    all.extend(BOOKS.map(|(_, address, _)| Route::get(address, Need::Right(Right::Read), page)));
    all
}

/// Links to all registers; `at`: the address of this one.
pub(in crate::desk) fn links(visit: &Visit, at: &str) -> Markup {
    let first = ("/registers/in".to_owned(), at == "/registers/in", html! { (visit.word("reg-in")) });
    let more = BOOKS
        .iter()
        .map(|(_, address, key)| ((*address).to_owned(), at == *address, html! { (visit.word(key)) }));
    parts::chips(None, &visit.word("registers"), std::iter::once(first).chain(more))
}

/// The cells of a line as those of a table; the figure, or else the first cell, leads to the record.
pub(in crate::desk) fn cells(line: &Line) -> Vec<Cell> {
    let address = format!("/{}/{}", kind_name(line.kind), line.record);
    let leads = line.cells.iter().position(|cell| matches!(cell, Said::Figure(..))).unwrap_or(0);
    let cell = |(at, cell): (usize, &Said)| {
        let text = cell.printed();
        let made = match cell {
            Said::Text(_) => Cell::text(text.clone()),
            Said::Figure(figure, _) => Cell { text: text.clone(), ..Cell::number(i64::from(*figure)) },
            Said::Day(day) => Cell::text(day.map(|day| times::day(day.civil())).unwrap_or_default())
                .rank(day.map_or(i64::MAX, Date::start_millis)),
        };
        if at == leads { made.shown(html! { a href=(address) { (text) } }) } else { made }
    };
    line.cells.iter().enumerate().map(cell).collect()
}

async fn page(visit: Visit) -> Answer {
    let visit = &visit;
    let (register, address, title) =
        *BOOKS.iter().find(|(_, address, _)| *address == visit.path).ok_or(Fault::NotFound)?;
    let this_year = visit.today().civil().year();
    let year: i16 = visit.asked("year").parse().unwrap_or(this_year);
    let full = register == Register::Petitions && is_opened(visit)?;
    let may = visit.within(|context| register::may(context, register));
    if may.is_err_and(|failure| failure.key == "no-right") {
        let body = html! { h1 { (visit.word(title)) } (links(visit, address)) p.note { (visit.word("register-not-yours")) } };
        return Ok(Page::new(visit.word(title), body).at(AT).render(visit));
    }
    let lines =
        visit.within(|context| lines(context, &Catalogue(visit.lang), register, book::year(year), full))?;
    let columns = register.columns().iter().map(|(key, _)| (*key, visit.word(key)));
    let mut table = Table::titled(visit.word(title), columns).or_else(visit.word("register-empty"));
    lines.iter().for_each(|line| table.row(cells(line)));
    let span = lines.first().zip(lines.last()).and_then(|(first, last)| Some((first.figure?, last.figure?)));
    let years = [this_year, this_year - 1]
        .map(|of| (visit.with("year", &of.to_string()), of == year, html! { (of.to_string()) }));
    let table = table.chosen(visit);
    if let Some(file) = export::asked(visit, &table)? {
        return Ok(file);
    }
    let whole = visit.asked("as") == "print";
    let rows = if whole { table.grid(table.rows(), None) } else { table.markup(visit) };
    let body = html! {
        h1 { (table.name) }
        p.print-only { (visit.name(visit.me())) " · " (tell!(visit, "register-of-year", year = year.to_string())) @if let Some((first, last)) = span { " · " (tell!(visit, "register-span", first = first.to_string(), last = last.to_string())) } }
        (links(visit, address))
        (parts::chips(None, &visit.word("reg-year"), years))
        (table.filter(visit))
        p.acts {
            @if whole { a.b href=(visit.with("as", "")) { (visit.word("reg-page")) } }
            @else { a.b href=(visit.with("as", "print")) { (visit.word("reg-print")) } }
            @if register == Register::Petitions && !full && visit.may(Right::Export) { a.b href=(FULL) { (visit.word("register-full")) } }
        }
        div.book.(<&str>::from(register)) id="papers" data-part { (rows) }
        @if whole { div.signs.print-only { p { (visit.word("register-keeper")) } p { (visit.word("register-chief")) } } }
    };
    let class = if register.is_upright() { "" } else { "wide" };
    Ok(Page::new(table.name.clone(), body).at(AT).class(class).still().render(visit))
}

/// Whether the acting account has just said why it wants the register with all senders.
fn is_opened(visit: &Visit) -> Result<bool, Failure> {
    let Ok(record) = visit.asked("opened").parse().map(RecordId) else { return Ok(false) };
    let state = visit.look(|views, look| read::strand(views, record, KIND.number, look.me))?;
    let Some(State::Outside(strand)) = state else { return Ok(false) };
    let Some(What::FullRegister(said)) = strand.what else { return Ok(false) };
    let until = said.time.millis() as i64 + limits::REGISTER_OPEN.as_millis() as i64;
    let may = visit.within(|context| {
        let moment = context.moment()?;
        Ok(moment.house().has_right(visit.author(), truc_proto::house::Right::Identity, visit.today()))
    })?;
    Ok(may && said.by == visit.author() && visit.now <= until)
}

fn full_page(visit: &Visit, form: &Form) -> Answer {
    let body = html! {
        h1 { (visit.word("register-full")) }
        (field::summary(visit, form))
        form.box method="post" action=(FULL) {
            (field::token(visit))
            p { (visit.word("register-full-note")) }
            (Field::new(visit, "why", "field-why").required().text(form, 2))
            p.acts { button.b.go { (visit.word("register-full")) } }
        }
    };
    Page::new(visit.word("register-full"), body).at(AT).render_form(visit, form)
}

async fn full(visit: Visit, posted: Posted) -> Answer {
    let why = posted.form.get("why").to_owned();
    let verb = Verb::FullRegister(Why { note: why, acting: Acting::default() });
    match visit.act(Records::Outside(verb)).await {
        Ok(done) => {
            let record = done["record"].as_str().unwrap_or_default();
            Ok(Redirect::to(&format!("/registers/petitions?opened={record}")).into_response())
        }
        Err(failure) if failure.exit == ExitCode::NotFound => Err(Fault::NotFound),
        Err(failure) => full_page(&visit, &failed(&posted.form, failure)),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::Register;

    /// The stylesheet has the widths of the registers' columns: styles within a page are not allowed.
    #[test]
    fn each_column_has_its_width_on_paper() {
        let style = include_str!("../../web/assets/truc.css");
        for register in Register::VARIANTS {
            for (at, (key, wide)) in (1..).zip(register.columns()) {
                let rule = format!(".book.{} th:nth-child({at}){{width:{wide}mm}}", <&str>::from(register));
                assert!(style.contains(&rule), "{register:?} {key}: {rule}");
            }
        }
    }
}

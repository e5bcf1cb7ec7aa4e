//! What every change of a second factor goes through: the password before it, the recovery codes after it.

use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use crate::accounts::Secret;
use crate::tell;
use crate::web::fault::Answer;
use crate::web::page::Page;
use crate::web::visit::Visit;

/// Address of the page of one's own second factors.
pub(super) const AT: &str = "/me/factor";

/// Whether the password was typed in this session a short time ago. If not, the answer leads to where it is asked for.
pub(super) fn unproved(visit: &Visit) -> Option<Response> {
    let proved =
        visit.token.as_ref().is_some_and(|token| visit.site.accounts.is_proved(token, visit.seconds()));
    (!proved).then(|| Redirect::to(AT).into_response())
}

/// The page with recovery codes, the only time that they are seen.
pub(super) fn fresh(visit: &Visit, codes: &[Secret]) -> Answer {
    let body = html! {
        div.narrow {
            h1 { (visit.word("factor-codes")) }
            p { (tell!(visit, "me-factor-codes", count = codes.len())) }
            ul.box.codes { @for code in codes { li { code { (code.reveal()) } } } }
            p.acts { a.b.go href=(AT) { (visit.word("btn-close")) } }
        }
    };
    Ok(Page::new(visit.word("factor-codes"), body).at("/me").still().render(visit))
}

/// Where a new factor leads: to the recovery codes that came with it, or back to the page.
pub(super) fn added(visit: &Visit, codes: &[Secret]) -> Answer {
    if codes.is_empty() { Ok(Redirect::to(AT).into_response()) } else { fresh(visit, codes) }
}

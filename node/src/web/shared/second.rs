//! The page that asks for the second factor, and where a passkey can be one.

use axum::Json;
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde_json::json;

use crate::accounts::{Pending, RelyingParty};
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{Field, summary};
use crate::web::parts::glyph;
use crate::web::posted::Posted;
use crate::web::visit::Visit;
use crate::words::failure::Failure;
use crate::words::key;

use super::enter::{KEPT, NEXT, PENDING};

/// What a second factor can be shown as.
struct Ways {
    /// What code may be typed, as a key of the catalogue; none: there is none.
    code: Option<&'static str>,
    /// Whether a passkey can be used at the address of this visit.
    passkey: bool,
    /// Whether the account has passkeys that cannot be used here.
    elsewhere: bool,
}

/// The ways of the account that waits: what it has, and where it can be used.
fn ways(visit: &Visit, pending: &Pending) -> Result<Ways, Failure> {
    let has = visit.site.accounts.factors_of(pending, visit.seconds())?;
    let code = match (has.app, has.codes > 0) {
        (true, true) => Some(key("hint-code")),
        (true, false) => Some(key("hint-code-app")),
        (false, true) => Some(key("hint-code-recovery")),
        (false, false) => None,
    };
    let passkey = has.passkeys > 0 && usable(visit);
    Ok(Ways { code, passkey, elsewhere: has.passkeys > 0 && !passkey })
}

/// The same for the script of a page that asks for the password itself.
pub(super) fn asked(visit: &Visit, pending: &Pending) -> Answer {
    let ways = ways(visit, pending)?;
    let hint = [ways.code, ways.elsewhere.then(|| key("passkey-by-name"))];
    let hint: Vec<String> = hint.into_iter().flatten().map(|key| visit.word(key)).collect();
    let told = json!({
        "pending": pending.to_string(),
        "code": ways.code.is_some(),
        "passkey": ways.passkey,
        "hint": hint.join(" "),
    });
    Ok(Json(told).into_response())
}

/// Page that asks for the second factor.
pub(super) fn second(visit: &Visit, posted: &Posted, pending: &Pending, form: &Form) -> Answer {
    let Ways { code: hint, passkey, elsewhere } = ways(visit, pending)?;
    let body = html! {
        div.narrow {
            h1 { (visit.word("login-second")) }
            (summary(visit, form))
            form.box method="post" action="/login/code" data-passkey=[passkey.then_some("/login/passkey")] {
                (carried(&posted.form))
                input type="hidden" name=(PENDING) value=(pending.to_string());
                @if let Some(hint) = hint {
                    (Field::new(visit, "code", "field-code").hint(visit.word(hint)).required().complete("one-time-code").plain().focus(true).line(form))
                }
                @if elsewhere { p.hint { (visit.word("passkey-by-name")) } }
                p.acts {
                    @if hint.is_some() { button.b.go { (visit.word("btn-login")) } }
                    @if passkey { button.b.jsonly type="button" hidden data-passkey-use { (visit.word("btn-passkey-use")) } }
                }
                @if passkey { (failed(visit)) }
            }
            p.hint { (visit.word("factor-lost")) }
        }
    };
    Ok(Page::new(visit.word("login-second"), body).render(visit))
}

/// Hidden fields with what a form carries through the login.
pub(super) fn carried(form: &Form) -> Markup {
    html! {
        @for name in [NEXT, KEPT] {
            @if !form.raw(name).is_empty() { input type="hidden" name=(name) value=(form.raw(name)); }
        }
    }
}

/// The site as the browser knows it; none if it is visited by IP address.
pub(super) fn site(visit: &Visit) -> Option<RelyingParty> {
    let host = visit.host.as_str();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let named = !name.is_empty() && name.parse::<std::net::IpAddr>().is_err() && !name.starts_with('[');
    let scheme = if visit.site.secure { "https" } else { "http" };
    named.then(|| RelyingParty { origin: format!("{scheme}://{host}"), id: name.to_owned() })
}

/// Whether passkeys can be used at the address of this visit.
pub(super) fn usable(visit: &Visit) -> bool {
    site(visit).is_some()
}

/// Hidden message for a device that has no passkey or whose user did not confirm; the script shows it.
pub(super) fn failed(visit: &Visit) -> Markup {
    html! { p.err role="alert" hidden data-passkey-failed { (glyph("late")) span { (visit.word("passkey-failed")) } } }
}

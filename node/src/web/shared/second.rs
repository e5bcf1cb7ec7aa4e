//! The page that asks for the second factor, and where a passkey can be one.

use maud::{Markup, html};

use crate::accounts::{Pending, RelyingParty};
use crate::web::fault::Answer;
use crate::web::form::Form;
use crate::web::page::Page;
use crate::web::parts::field::{Field, summary};
use crate::web::parts::glyph;
use crate::web::posted::Posted;
use crate::web::visit::Visit;
use crate::words::key;

use super::enter::{KEPT, NEXT, PENDING};

/// Page that asks for the second factor: for what the account has, and where it can be used.
pub(super) fn second(visit: &Visit, posted: &Posted, pending: &Pending, form: &Form) -> Answer {
    let has = visit.site.accounts.factors_of(pending, visit.seconds())?;
    let passkey = has.passkeys > 0 && usable(visit);
    let hint = match (has.app, has.codes > 0) {
        (true, true) => Some(key("hint-code")),
        (true, false) => Some(key("hint-code-app")),
        (false, true) => Some(key("hint-code-recovery")),
        (false, false) => None,
    };
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
                @if has.passkeys > 0 && !passkey { p.hint { (visit.word("passkey-by-name")) } }
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

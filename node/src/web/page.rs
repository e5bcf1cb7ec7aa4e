//! The frame of every page: office, navigation, state of the line, message about the last action. Also the pages for
//! faults.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use truc_proto::visible;

use crate::accounts::{Realm, Theme};
use crate::command::status::Standing;
use crate::tell;

use super::assets;
use super::fault::{Answer, Fault, status};
use super::form::Form;
use super::parts::glyph;
use super::renewal;
use super::site::NavPosition;
use super::visit::Visit;

/// SVG shapes of all statuses, included once per page, so that no status depends on colour alone.
const SPRITE: &str = include_str!("assets/sprite.svg");

/// A page without its frame.
pub struct Page {
    title: String,
    body: Markup,
    class: &'static str,
    current: &'static str,
    renewal: Renewal,
}

/// How an open page comes by news.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Renewal {
    /// It renews its parts.
    Live,
    /// It never does.
    Still,
    /// It does, and rings: a watch, on which there is nothing to press.
    Watch,
}

impl Page {
    /// A page with a title and its content.
    pub fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), body, class: "", current: "", renewal: Renewal::Live }
    }

    /// Adds a CSS class to the page.
    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Marks this entry of the navigation as current.
    #[must_use]
    pub fn at(mut self, path: &'static str) -> Self {
        self.current = path;
        self
    }

    /// Lets the page never renew itself: it shows what is seen once, or asks for a secret.
    #[must_use]
    pub fn still(mut self) -> Self {
        self.renewal = Renewal::Still;
        self
    }

    /// Makes it the page of a watch: without navigation, and ringing for what stands on it with `data-ring`.
    #[must_use]
    pub fn watch(mut self) -> Self {
        self.renewal = Renewal::Watch;
        self
    }

    /// Renders the page of a form; with status 422 if the form has errors.
    pub fn render_form(self, visit: &Visit, form: &Form) -> Answer {
        let status = if form.is_good() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Ok((status, self.render(visit)).into_response())
    }

    /// Renders the page in its frame.
    pub fn render(self, visit: &Visit) -> Response {
        let theme = visit.account().map(|account| account.theme).filter(|theme| *theme != Theme::Auto);
        let console = visit.site.realm == Realm::Console;
        let watch = self.renewal == Renewal::Watch;
        let signed_in = visit.session.is_some();
        let flash = flash(visit);
        let keys = visit.account().is_none_or(|account| account.keys);
        let page = html! {
            (DOCTYPE)
            html lang=(visit.lang.code()) data-theme=[theme.map(Theme::code)] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    title { (self.title) " – Trục" }
                    link rel="stylesheet" href=(assets::address("truc.css"));
                    link rel="icon" type="image/svg+xml" href=(assets::address("truc.svg"));
                    script defer src=(assets::address("truc.js")) {}
                    script defer src=(assets::address("forms.js")) {}
                }
                body.con[console] data-keys[keys] data-live=[(signed_in && self.renewal == Renewal::Live).then_some(visit.known)]
                    data-watch=[watch.then_some("/watch/live")]
                    data-csrf=[visit.session.as_ref().map(|session| &session.csrf)]
                    data-account=(visit.author())
                    data-unsent=(visit.word("form-unsent")) {
                    (PreEscaped(SPRITE))
                    a.skip href="#main" { (visit.word("nav-skip")) }
                    (band(visit, console, self.current, signed_in && !watch))
                    @if !console { (line(visit)) }
                    (store(visit))
                    (clock(visit))
                    @if let Some(flash) = flash { p.toast role="status" { (flash) } }
                    p.vh id="said" role="status" {}
                    main id="main" class=(self.class) tabindex="-1" { (self.body) }
                    @if signed_in && !watch { (tabs(visit, self.current)) (help(visit)) (again(visit)) }
                }
            }
        };
        // The one place that all pages pass: what others wrote is shown and never obeyed, wherever it stands.
        let page = page.into_string();
        let page = visible::block(&page);
        match &visit.shown {
            Some(shown) => renewal::answer(&page, shown),
            None => Html(renewal::marked(&page)).into_response(),
        }
    }
}

/// Takes the message about the last action. A page that only renews itself leaves it for the next real one.
fn flash(visit: &Visit) -> Option<String> {
    let waiting = visit.session.as_ref().is_some_and(|session| session.flash.is_some());
    let token = visit.token.as_ref().filter(|_| waiting && visit.shown.is_none())?;
    // If it cannot be read now, the next page shows it.
    visit.site.accounts.take_flash(token).ok().flatten()
}

fn band(visit: &Visit, console: bool, current: &str, nav_too: bool) -> Markup {
    let registry = visit.registry();
    let me = visit.me();
    let above = registry.parent(me).map(|parent| visit.name(parent)).unwrap_or_default();
    let (who, under) =
        if console { (visit.word("console-name"), visit.name(me)) } else { (visit.name(me), above) };
    html! {
        header.band {
            a.mark href="/" { svg aria-hidden="true" { use href="#i-truc" {} } "Trục" }
            p.who { (who) small { (under) } }
            @if nav_too && console { (nav(visit, current)) }
            @if nav_too {
                form role="search" aria-label=(visit.word("search-label")) action="/search" {
                    input type="search" name="q" value=(if visit.path == "/search" { visit.asked("q") } else { "" })
                        aria-label=(visit.word("search-label")) placeholder=(visit.word(if console { "search-console" } else { "search-placeholder" })) autocomplete="off";
                }
                a.acct href="/me" { (visit.account().map_or("", |account| account.shown.as_str())) }
            }
        }
        @if nav_too && !console { (nav(visit, current)) }
    }
}

fn nav(visit: &Visit, current: &str) -> Markup {
    let counts = visit.site.counts();
    html! {
        nav.nav aria-label=(visit.word("nav-main")) {
            ul id="nav" data-part {
                @for item in visit.site.frame.nav.iter().filter(|item| item.place != NavPosition::More && visit.shows(item)) {
                    li {
                        a href=(item.path) aria-current=[(item.path == current).then_some("page")] data-go=(item.letter) {
                            (visit.word(item.key))
                            @if let Some(count) = counts.get(item.path).filter(|count| **count > 0) { " " b { (count) } }
                        }
                    }
                }
            }
        }
    }
}

/// The five entries at the bottom of a phone.
fn tabs(visit: &Visit, current: &str) -> Markup {
    let counts = visit.site.counts();
    html! {
        nav.tab aria-label=(visit.word("nav-phone")) {
            @for (item, short) in visit.site.frame.nav.iter().filter_map(|item| match item.place { NavPosition::Tab(short) if visit.shows(item) => Some((item, short)), _ => None }) {
                a href=(item.path) aria-current=[(item.path == current).then_some("page")] {
                    @if let Some(count) = counts.get(item.path).filter(|count| **count > 0) { b { (count) } }
                    (visit.word(short))
                }
            }
            @let more = visit.site.frame.nav.iter().filter(|item| !matches!(item.place, NavPosition::Tab(_)) && visit.shows(item));
            @let more: usize = more.filter_map(|item| counts.get(item.path)).sum();
            a href="/me" aria-current=[(current == "/me").then_some("page")] { @if more > 0 { b { (more) } } (visit.word("nav-more")) }
        }
    }
}

/// Warning about the store, on every page of desk and console.
fn store(visit: &Visit) -> Markup {
    let health = visit.office().health().map(|health| health.borrow().clone()).unwrap_or_default();
    let ailment = crate::command::status::ailment(&health, &visit.office().verified().borrow());
    if visit.session.is_none() {
        return html! {};
    }
    let Some((key, about)) = ailment else {
        let said = [super::parts::derived_words(visit), super::parts::lasting_words(visit)].concat();
        return html! { @for said in &said { p.linesnd role="status" { (glyph("snd")) span { (said) } } } };
    };
    let args = [("time", visit.clock().at(about as i64).into()), ("position", about.into())];
    let said = crate::words::say(visit.lang, key, &args);
    html! { p.lineoff id="store" role="alert" { (glyph("off")) span { (said) } } }
}

/// Warning about the clock, on every page of desk and console, and before anybody is signed in: codes of a second factor
/// fail for that reason.
fn clock(visit: &Visit) -> Markup {
    let Some(wrong) = visit.office().time().wrong() else {
        return html! {};
    };
    let said = crate::command::status::clock_words(visit.lang, wrong, |millis| visit.clock().exact(millis));
    html! { p.lineoff id="clock" role="alert" { (glyph("off")) span { (said) } } }
}

/// Sentence about the line, on every page of a desk.
fn line(visit: &Visit) -> Markup {
    if visit.session.is_none() {
        return html! {};
    }
    let Ok(standing) = visit.within(crate::command::status::standing) else {
        return html! {};
    };
    let clock = visit.clock();
    let (class, shape, said) = match standing {
        Standing::Whole { upto } => {
            let time = clock.at(upto.unwrap_or(visit.now));
            ("lineok", "on", tell!(visit, "line-ok", time = time))
        }
        Standing::Sending { waiting } => {
            ("linesnd", "snd", tell!(visit, "line-catching-up", count = waiting))
        }
        Standing::Joining => ("linesnd", "snd", visit.word("cli-line-joining")),
        Standing::Off { since, waiting } => {
            ("lineoff", "off", tell!(visit, "line-off", time = clock.at(since), count = waiting))
        }
        Standing::Questioned { since, waiting } => {
            ("lineoff", "off", tell!(visit, "line-off-asked", time = clock.at(since), count = waiting))
        }
        Standing::Refused => ("lineoff", "off", visit.word("cli-line-refused")),
    };
    html! {
        p.(class) id="line" data-speak=(if class == "lineoff" { "off" } else { "on" }) data-part { (glyph(shape)) span { (said) } a href="/line" { (visit.word("line-see")) } }
    }
}

/// Help on keyboard shortcuts, shown by `?`.
fn help(visit: &Visit) -> Markup {
    let keys = [
        ("/", "key-search"),
        ("j", "key-next"),
        ("k", "key-previous"),
        ("enter", "key-open"),
        ("x", "key-tick"),
        ("t", "key-accept"),
        ("p", "key-assign"),
        ("n", "key-remind"),
        ("r", "key-hand-in"),
        ("c", "key-confirm"),
        ("v", "key-return"),
        ("e", "key-ask"),
        ("b", "key-back"),
        ("y", "key-approve"),
        ("s", "key-save"),
        ("esc", "key-close"),
    ];
    html! {
        dialog.keys id="keys" aria-labelledby="keys-title" {
            h2 id="keys-title" { (visit.word("keys-title")) }
            dl {
                @for (key, word) in keys { dt { kbd { (key) } } dd { (visit.word(word)) } }
                @for item in visit.site.frame.nav.iter().filter(|item| !item.letter.is_empty() && visit.shows(item)) {
                    dt { kbd { "g" } " " kbd { (item.letter) } }
                    // What stands in no bar is reached from here.
                    @if item.place == NavPosition::More { dd { a href=(item.path) data-go=(item.letter) { (visit.word(item.key)) } } } @else { dd { (visit.word(item.key)) } }
                }
            }
            form method="dialog" { button.b.go { (visit.word("btn-close")) } }
        }
    }
}

/// The question for the password on a page whose session has ended while somebody typed.
fn again(visit: &Visit) -> Markup {
    html! {
        template id="again" {
            dialog.again aria-labelledby="again-title" {
                h2 id="again-title" { (visit.word("sign-again-title")) }
                p { (visit.word("sign-again")) }
                form method="post" action="/login" {
                    p { b { (visit.account().map_or("", |account| account.shown.as_str())) } }
                    input type="hidden" name="account" value=(visit.author());
                    input type="hidden" name="pending" value="";
                    div.field data-password {
                        label for="again-password" { (visit.word("field-password")) }
                        input type="password" id="again-password" name="password" autocomplete="current-password" autofocus;
                    }
                    div.field data-code hidden {
                        label for="again-code" { (visit.word("field-code")) }
                        input type="text" id="again-code" name="code" autocomplete="one-time-code";
                    }
                    p.hint data-hint {}
                    p.err role="alert" data-told=(visit.word("sign-again-off")) data-failed=(visit.word("passkey-failed")) {}
                    p.acts {
                        button.b.go data-enter { (visit.word("btn-login")) }
                        button.b type="button" data-passkey-use hidden { (visit.word("btn-passkey-use")) }
                        a href="/login" target="_blank" { (visit.word("sign-again-elsewhere")) }
                    }
                }
            }
        }
    }
}

impl Fault {
    /// The page about a fault: what happened, what was kept, what to do.
    pub(super) fn page(&self, visit: &Visit) -> Response {
        match self {
            Self::NotFound => {
                let said = visit.word("err-not-found");
                fault(visit, "err-not-found-title", html! { p { (said) } }, StatusCode::NOT_FOUND)
            }
            Self::Failed(failure) if failure.key == "views-behind" => rebuilding(visit),
            Self::Failed(failure) => {
                tracing::warn!(%failure, path = visit.path, "a page failed");
                let said = failure.on_page(visit.lang);
                fault(visit, "err-failed-title", html! { p { (said) } }, status(failure))
            }
        }
    }
}

/// Page shown while the views are rebuilt: the progress; it reloads itself.
fn rebuilding(visit: &Visit) -> Response {
    let end = visit.office().reached().map(|reached| reached.borrow().end.position).unwrap_or(0);
    let folded = visit.office().folded().map(|folded| *folded.borrow()).unwrap_or(0);
    let percent = folded.saturating_mul(100).checked_div(end).unwrap_or(100).min(100);
    let body = html! {
        p { (tell!(visit, "line-rebuild", percent = percent)) }
        progress max="100" value=(percent) {}
    };
    let mut response = fault(visit, "err-rebuilding-title", body, StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(header::REFRESH, header::HeaderValue::from_static("3"));
    response
}

fn fault(visit: &Visit, title: &str, body: Markup, status: StatusCode) -> Response {
    let title = visit.word(title);
    let body = html! {
        h1 tabindex="-1" autofocus { (title) }
        div.errbox role="alert" { (body) }
        p.acts { a.b.go href="/" { (visit.word("btn-home")) } }
    };
    let title = tell!(visit, "err-page-title", title = title);
    (status, Page::new(title, body).render(visit)).into_response()
}

//! The frame of every page: whose it is, where one can go, how the line stands, what was just done.

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::accounts::{Realm, Theme};
use crate::command::status::Standing;
use crate::tell;
use crate::words::Lang;

use super::assets;
use super::parts::glyph;
use super::site::Place;
use super::visit::Visit;

/// The shapes of all statuses, once a page: a status is a shape before it is a colour.
const SPRITE: &str = include_str!("assets/sprite.svg");

/// A page before it has its frame.
pub struct Page {
    title: String,
    body: Markup,
    class: &'static str,
    current: &'static str,
}

impl Page {
    /// A title and what stands under the frame.
    pub fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), body, class: "", current: "" }
    }

    /// With a class of its own.
    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Under this entry of the navigation.
    #[must_use]
    pub fn at(mut self, path: &'static str) -> Self {
        self.current = path;
        self
    }

    /// The whole page.
    pub fn render(self, visit: &Visit) -> Response {
        let lang = match visit.lang {
            Lang::Vi => "vi",
            Lang::En => "en",
        };
        let theme = visit.account().map(|account| account.theme);
        let theme = match theme {
            Some(Theme::Light) => Some("light"),
            Some(Theme::Dark) => Some("dark"),
            Some(Theme::Auto) | None => None,
        };
        let console = visit.site.realm == Realm::Console;
        let flash = flash(visit);
        let keys = visit.account().is_none_or(|account| account.keys);
        let page = html! {
            (DOCTYPE)
            html lang=(lang) data-theme=[theme] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    title { (self.title) " – Trục" }
                    link rel="stylesheet" href=(assets::address("truc.css"));
                    link rel="icon" type="image/svg+xml" href=(assets::address("truc.svg"));
                    script defer src=(assets::address("truc.js")) {}
                }
                body.con[console] data-keys[keys] data-live=[visit.session.as_ref().map(|_| "/live")]
                    data-csrf=[visit.session.as_ref().map(|session| &session.csrf)]
                    data-account=(visit.author()) data-left=(visit.word("form-left")) {
                    (PreEscaped(SPRITE))
                    a.skip href="#main" { (visit.word("nav-skip")) }
                    (band(visit, console, self.current))
                    @if !console { (line(visit)) }
                    (store(visit))
                    main id="main" class=(self.class) tabindex="-1" { (self.body) }
                    @if visit.session.is_some() { (tabs(visit, self.current)) (help(visit)) }
                    @if let Some(flash) = flash { p.toast role="status" { (flash) } }
                }
            }
        };
        Html(page.into_string()).into_response()
    }
}

/// What was just done, said once; a page that only renews itself says nothing.
fn flash(visit: &Visit) -> Option<String> {
    let waiting = visit.session.as_ref().is_some_and(|session| session.flash.is_some());
    let token = visit.token.as_ref().filter(|_| waiting && !visit.live)?;
    // What cannot be read now is said by the next page.
    visit.site.accounts.take_flash(token).ok().flatten()
}

fn band(visit: &Visit, console: bool, current: &str) -> Markup {
    let registry = visit.registry();
    let me = visit.me();
    let above = registry.parent(me).map(|parent| visit.name(parent)).unwrap_or_default();
    let (who, under) =
        if console { (visit.word("console-name"), visit.name(me)) } else { (visit.name(me), above) };
    let signed_in = visit.session.is_some();
    html! {
        header.band {
            a.mark href="/" { svg aria-hidden="true" { use href="#i-truc" {} } "Trục" }
            p.who { (who) small { (under) } }
            @if signed_in && console { (nav(visit, current)) }
            @if signed_in {
                form role="search" action="/search" {
                    input type="search" name="q" value=(if visit.path == "/search" { visit.asked("q") } else { "" })
                        aria-label=(visit.word("search-label")) placeholder=(visit.word(if console { "search-console" } else { "search-placeholder" })) autocomplete="off";
                }
                a.acct href="/me" { (visit.account().map_or("", |account| account.shown.as_str())) }
            }
        }
        @if signed_in && !console { (nav(visit, current)) }
    }
}

fn nav(visit: &Visit, current: &str) -> Markup {
    let counts = visit.counts();
    html! {
        nav.nav aria-label=(visit.word("nav-main")) {
            ul id="nav" data-part {
                @for item in visit.site.frame.nav.iter().filter(|item| item.place != Place::More && visit.may(item.right)) {
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

/// The five of a phone.
fn tabs(visit: &Visit, current: &str) -> Markup {
    let counts = visit.counts();
    html! {
        nav.tab aria-label=(visit.word("nav-phone")) {
            @for (item, short) in visit.site.frame.nav.iter().filter_map(|item| match item.place { Place::Tab(short) if visit.may(item.right) => Some((item, short)), _ => None }) {
                a href=(item.path) aria-current=[(item.path == current).then_some("page")] {
                    @if let Some(count) = counts.get(item.path).filter(|count| **count > 0) { b { (count) } }
                    (visit.word(short))
                }
            }
            a href="/me" aria-current=[(current == "/me").then_some("page")] { (visit.word("nav-more")) }
        }
    }
}

/// What is wrong with the store, on every page of desk and console.
fn store(visit: &Visit) -> Markup {
    let health = visit.office().health().map(|health| health.borrow().clone()).unwrap_or_default();
    let ailment = crate::command::status::ailment(&health, &visit.office().verified().borrow());
    let Some((key, about)) = ailment.filter(|_| visit.session.is_some()) else {
        return html! {};
    };
    let args = [("time", visit.clock().told(about as i64).into()), ("position", about.into())];
    let said = crate::words::say(visit.lang, key, &args);
    html! { p.lineoff id="store" role="alert" { (glyph("off")) span { (said) } } }
}

/// How the line stands, in one honest sentence, on every page of a desk.
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
            ("lineoff", "off", tell!(visit, "line-off", time = clock.told(since), count = waiting))
        }
        Standing::Questioned => ("lineoff", "off", visit.word("line-questioned")),
        Standing::Refused => ("lineoff", "off", visit.word("cli-line-refused")),
    };
    html! {
        p.(class) id="line" role="status" data-part { (glyph(shape)) span { (said) } a href="/line" { (visit.word("line-see")) } }
    }
}

/// What keys there are; shown by `?`.
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
        ("s", "key-save"),
        ("esc", "key-close"),
    ];
    html! {
        dialog.keys id="keys" aria-labelledby="keys-title" {
            h2 id="keys-title" { (visit.word("keys-title")) }
            dl {
                @for (key, word) in keys { dt { kbd { (key) } } dd { (visit.word(word)) } }
                @for item in visit.site.frame.nav.iter().filter(|item| !item.letter.is_empty() && visit.may(item.right)) {
                    dt { kbd { "g" } " " kbd { (item.letter) } } dd { (visit.word(item.key)) }
                }
            }
            form method="dialog" { button.b.go { (visit.word("btn-close")) } }
        }
    }
}

//! The desk: pages for an office's staff, served by its node. Each kind of record has a file with its pages, which the
//! hub's console shows too.

pub mod below;
pub mod directive;
pub mod document;
pub mod guidance;
pub mod house;
pub mod inspection;
pub mod line;
pub mod listing;
pub mod moves;
pub mod outline;
pub mod outside;
pub mod papers;
pub mod programme;
pub mod registers;
pub mod report;
mod seal;
pub mod serve;
mod sheet;
pub mod signing;
mod targets;
pub mod today;
pub mod watch;
pub mod work;
pub mod write;

use std::collections::HashMap;
use std::sync::LazyLock;

use truc_proto::record::Kind;

use crate::accounts::rights::Right;
use crate::derive::views::below::to_judge;
use crate::web::route::Route;
use crate::web::shared;
use moves::Kind as _;

use crate::web::site::{Frame, Nav, NavPosition, Site};

/// The pages of a kind of record, as lists of kinds hold them.
#[derive(Clone, Copy, Debug)]
pub struct KindPages {
    /// The kind's table.
    pub table: &'static Kind,
    /// Where its records wait, in the navigation.
    pub at: &'static str,
    /// That place in a desk's navigation; none: it stands there for all kinds.
    pub nav: Option<Nav>,
    today: Option<[&'static str; 2]>,
    /// Its moves that have a button.
    pub moves: &'static [moves::Move],
    routes: fn() -> Vec<Route>,
}

const fn pages<K: moves::Kind>(routes: fn() -> Vec<Route>) -> KindPages {
    KindPages { table: K::TABLE, at: K::AT, nav: K::NAV, today: K::TODAY, moves: K::MOVES, routes }
}

/// The pages of every kind, in the order of the navigation.
pub const KINDS: &[KindPages] = &[
    pages::<directive::Pages>(directive::routes),
    pages::<programme::Pages>(programme::routes),
    pages::<report::Pages>(report::routes),
    pages::<guidance::Pages>(guidance::routes),
    pages::<inspection::Pages>(inspection::routes),
];

/// What begins the desk's main navigation, before the kinds.
const NAV: [Nav; 3] = [
    Nav {
        path: "/",
        key: "nav-today",
        letter: "h",
        right: Right::Read,
        place: NavPosition::Tab("nav-today"),
    },
    Nav { path: "/in", key: "nav-in", letter: "d", right: Right::Read, place: NavPosition::Tab("tab-in") },
    Nav { path: "/out", key: "nav-out", letter: "i", right: Right::Read, place: NavPosition::Bar },
];

/// What ends it.
const LAST: [Nav; 5] = [
    Nav { path: signing::AT, key: "nav-sign", letter: "t", right: Right::Read, place: NavPosition::Bar },
    Nav { path: work::AT, key: "nav-works", letter: "v", right: Right::Read, place: NavPosition::Bar },
    Nav { path: outside::AT, key: "nav-outside", letter: "q", right: Right::Read, place: NavPosition::More },
    Nav {
        path: work::UNASSIGNED,
        key: "works-unassigned",
        letter: "p",
        right: Right::Read,
        place: NavPosition::More,
    },
    Nav { path: house::AT, key: "nav-house", letter: "n", right: Right::Read, place: NavPosition::More },
];

/// Navigation and counts of the desk.
pub fn frame() -> Frame {
    static ALL: LazyLock<Vec<Nav>> = LazyLock::new(|| {
        NAV.into_iter().chain(KINDS.iter().filter_map(|kind| kind.nav)).chain(LAST).collect()
    });
    Frame { nav: &ALL, guests: &["/", work::AT], counts }
}

/// All routes of a desk.
pub fn routes() -> Vec<Route> {
    let mut all = shared::routes();
    all.extend(today::routes());
    all.extend(watch::routes());
    all.extend(papers::routes());
    all.extend(registers::routes());
    all.extend(house::routes());
    all.extend(work::routes());
    all.extend(signing::routes());
    all.extend(outside::routes());
    all.extend(line::routes());
    all.extend(seal::routes());
    all.extend(records());
    all.push(report::listing());
    all
}

/// Routes of the records' pages, which desk and console share.
pub fn records() -> Vec<Route> {
    KINDS.iter().flat_map(|kind| (kind.routes)()).collect()
}

fn counts(site: &Site) -> HashMap<&'static str, usize> {
    let counted = site.look(|views, look| {
        let mut counts = HashMap::new();
        for kind in KINDS {
            let Some(waiting) = outline::waiting(look, kind.table) else { continue };
            *counts.entry(kind.at).or_default() += outline::count(views, &waiting)?;
        }
        *counts.entry(report::Pages::AT).or_default() += outline::count_in(views, &to_judge(look), "report")?;
        Ok(counts)
    });
    // If the counts cannot be read, the page is shown without them.
    counted.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use truc_proto::record;

    use super::KINDS;
    use crate::web::route::Text;

    /// What the program says (`arrived`), and codes that nobody gives here.
    const WITHOUT_PAGE: &[&str] = &["arrived", "status"];

    /// Kinds whose records are no papers: their pages are their own.
    const WITHOUT_PAGES: &[&str] = &["assignment", "draft", "house", "outside"];

    /// Routes whose forms write nothing into the ledger, or bring a password: nothing of them is kept.
    const PASSES: &[&str] = &[
        "/login",
        "/login/code",
        "/login/passkey",
        "/login/passkey/begin",
        "/logout",
        "/me",
        "/me/password",
        "/me/factor",
        "/me/factor/app",
        "/me/factor/codes",
        "/me/factor/prove",
        "/me/factor/remove",
        "/me/passkey",
        "/me/passkey/begin",
        "/me/passkey/remove",
        "/accounts",
        "/accounts/{name}",
        "/settings",
        "/backup",
        "/upload",
        "/upload/inward",
        "/drafts/{id}/remove",
        "/watch/begin",
        "/watch/end",
        // Who sent a petition is kept nowhere but in its entry; each time that somebody is shown it is an entry with its reason.
        "/outside/{id}/sender",
        "/outside/{id}/identity",
        "/registers/petitions/full",
    ];

    #[test]
    fn every_form_that_writes_is_carried_out_once() {
        for route in super::routes().iter().filter(|route| route.method() == Method::POST) {
            let passes = route.text == Text::Passes;
            assert_eq!(passes, PASSES.contains(&route.path.as_str()), "{}", route.path);
        }
    }

    #[test]
    fn each_kind_has_its_pages_and_each_move_its_button_or_page() {
        for kind in record::KINDS.iter().filter(|kind| !WITHOUT_PAGES.contains(&kind.name)) {
            let pages = KINDS.iter().find(|pages| pages.table == *kind);
            let pages = pages.unwrap_or_else(|| panic!("{}: no pages", kind.name));
            for rule in kind.moves {
                let button = pages.moves.iter().any(|mv| mv.name == rule.name);
                // What brings a paper is written on a page.
                let once = [button, rule.paper, WITHOUT_PAGE.contains(&rule.name)];
                assert_eq!(once.iter().filter(|way| **way).count(), 1, "{} {}", kind.name, rule.name);
            }
            for mv in pages.moves {
                assert!(kind.rule(mv.name).is_some(), "{} {}: a button for no move", kind.name, mv.name);
            }
        }
    }
}

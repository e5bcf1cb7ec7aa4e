//! The desk: pages for an office's staff, served by its node. Each kind of record has a file with its pages, which the
//! hub's console shows too.

pub mod directive;
pub mod document;
pub mod guidance;
pub mod inspection;
pub mod line;
pub mod listing;
pub mod moves;
pub mod outline;
pub mod papers;
pub mod programme;
pub mod report;
pub mod serve;
pub mod today;
pub mod write;

use std::collections::HashMap;

use crate::accounts::rights::Right;
use crate::web::route::Route;
use crate::web::shared;
use crate::web::site::{Frame, Nav, Place, Site};

/// The desk's main navigation.
const NAV: &[Nav] = &[
    Nav { path: "/", key: "nav-today", letter: "h", right: Right::Read, place: Place::Tab("nav-today") },
    Nav { path: "/in", key: "nav-in", letter: "d", right: Right::Read, place: Place::Tab("tab-in") },
    Nav { path: "/out", key: "nav-out", letter: "i", right: Right::Read, place: Place::Bar },
    Nav {
        path: "/programmes",
        key: "nav-programme",
        letter: "c",
        right: Right::Read,
        place: Place::Tab("tab-programme"),
    },
    Nav {
        path: "/reports",
        key: "nav-report",
        letter: "b",
        right: Right::Read,
        place: Place::Tab("nav-report"),
    },
    Nav { path: "/guidances", key: "nav-guidance", letter: "", right: Right::Read, place: Place::Bar },
    Nav { path: "/inspections", key: "nav-inspection", letter: "", right: Right::Read, place: Place::Bar },
];

/// Navigation and counts of the desk.
pub const FRAME: Frame = Frame { nav: NAV, counts };

/// All routes of a desk.
pub fn routes() -> Vec<Route> {
    let mut all = shared::routes();
    all.extend(today::routes());
    all.extend(papers::routes());
    all.extend(line::routes());
    all.extend(records());
    all.push(report::listing());
    all
}

/// Routes of the records' pages, which desk and console share.
pub fn records() -> Vec<Route> {
    let all = [
        directive::routes(),
        programme::routes(),
        report::routes(),
        guidance::routes(),
        inspection::routes(),
    ];
    all.into_iter().flatten().collect()
}

fn counts(site: &Site) -> HashMap<&'static str, usize> {
    // If the counts cannot be read, the page is shown without them.
    let waiting = outline::waiting(site).unwrap_or_default();
    HashMap::from([
        ("/in", waiting.papers),
        ("/guidances", waiting.guidance),
        ("/inspections", waiting.inspections),
    ])
}

//! The console: the province's pages for oversight, served by the hub.

pub mod act;
pub mod audit;
pub mod directives;
pub mod facts;
mod first;
pub mod fleet;
pub mod glance;
pub mod layout;
pub mod letter;
pub mod office;
pub mod offices;
pub mod overview;
mod paged;
pub mod province;
mod remind;
pub mod reports;
pub mod serve;
mod standing;
pub mod tasks;

use std::collections::HashMap;
use std::sync::Arc;

use truc_node::accounts::rights::Right;
use truc_node::desk;
use truc_node::web::route::Route;
use truc_node::web::shared;
use truc_node::web::site::{Frame, Nav, NavPosition, Site};

use crate::hub::Hub;

/// The console's main navigation.
const NAV: &[Nav] = &[
    Nav {
        path: "/",
        key: "nav-overview",
        letter: "t",
        right: Right::Read,
        place: NavPosition::Tab("nav-overview"),
    },
    Nav {
        path: "/directives",
        key: "nav-directives",
        letter: "d",
        right: Right::Read,
        place: NavPosition::Tab("nav-directives"),
    },
    Nav { path: "/tasks", key: "nav-tasks", letter: "n", right: Right::Read, place: NavPosition::Bar },
    Nav {
        path: "/reports",
        key: "nav-report",
        letter: "b",
        right: Right::Read,
        place: NavPosition::Tab("nav-report"),
    },
    Nav { path: "/guidances", key: "nav-guidance", letter: "", right: Right::Read, place: NavPosition::Bar },
    Nav {
        path: "/inspections",
        key: "nav-inspection",
        letter: "",
        right: Right::Read,
        place: NavPosition::Bar,
    },
    Nav {
        path: "/programmes",
        key: "nav-programme",
        letter: "c",
        right: Right::Read,
        place: NavPosition::More,
    },
    Nav {
        path: "/offices",
        key: "nav-offices",
        letter: "",
        right: Right::Read,
        place: NavPosition::Tab("nav-offices"),
    },
    Nav { path: "/audit", key: "nav-audit", letter: "", right: Right::Audit, place: NavPosition::Bar },
];

/// Navigation of the console.
pub const FRAME: Frame = Frame { nav: NAV, guests: &[], counts };

/// All routes of the console.
pub fn routes(hub: &Arc<Hub>) -> Vec<Route> {
    let keeper = facts::FactsCache::new(hub);
    let mut all = shared::routes();
    all.extend(desk::records());
    for own in [directives::routes(&keeper), tasks::routes(&keeper), reports::routes(), audit::routes()] {
        all.extend(own);
    }
    all.extend(overview::routes(hub, &keeper));
    all.extend(offices::routes(hub, &keeper));
    all.extend(office::routes(hub, &keeper));
    all.extend(letter::routes(hub));
    all
}

fn counts(_: &Site) -> HashMap<&'static str, usize> {
    HashMap::new()
}

#[cfg(test)]
mod tests {
    use truc_node::desk::KINDS;

    #[test]
    fn each_kind_that_a_desk_leads_to_stands_in_the_navigation() {
        for kind in KINDS.iter().filter(|kind| kind.nav.is_some()) {
            assert!(super::NAV.iter().any(|item| item.path == kind.at), "{}: no navigation", kind.table.name);
        }
    }
}

//! The console: the pages of the province's oversight, served by the hub.

pub mod audit;
pub mod directives;
mod paged;
mod remind;
pub mod reports;
pub mod serve;
mod standing;
pub mod tasks;

use std::collections::HashMap;

use truc_node::accounts::rights::Right;
use truc_node::desk;
use truc_node::web::Visit;
use truc_node::web::route::Route;
use truc_node::web::shared;
use truc_node::web::site::{Frame, Nav};

/// The console's main navigation.
const NAV: &[Nav] = &[
    Nav { path: "/", key: "nav-overview", letter: "t", right: Right::Read, tab: true },
    Nav { path: "/directives", key: "nav-directives", letter: "d", right: Right::Read, tab: true },
    Nav { path: "/tasks", key: "nav-tasks", letter: "n", right: Right::Read, tab: false },
    Nav { path: "/reports", key: "nav-report", letter: "b", right: Right::Read, tab: true },
    Nav { path: "/guidances", key: "nav-guidance", letter: "", right: Right::Read, tab: false },
    Nav { path: "/inspections", key: "nav-inspection", letter: "", right: Right::Read, tab: false },
    Nav { path: "/programmes", key: "nav-programme", letter: "c", right: Right::Read, tab: false },
    Nav { path: "/offices", key: "nav-offices", letter: "", right: Right::Read, tab: true },
    Nav { path: "/audit", key: "nav-audit", letter: "", right: Right::Audit, tab: false },
];

/// What the console shows.
pub const FRAME: Frame = Frame { nav: NAV, counts };

/// All routes of the console.
pub fn routes(_hub: &std::sync::Arc<crate::hub::Hub>) -> Vec<Route> {
    let mut all = shared::routes();
    all.extend(desk::records());
    for own in [directives::routes(), tasks::routes(), reports::routes(), audit::routes()] {
        all.extend(own);
    }
    all
}

fn counts(_: &Visit) -> HashMap<&'static str, usize> {
    HashMap::new()
}

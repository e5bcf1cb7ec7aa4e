//! Pages that desk and console share.

pub mod accounts;
pub mod backup;
mod codes;
pub mod drafts;
mod enter;
pub mod factor;
pub mod files;
pub mod live;
pub mod login;
pub mod me;
pub mod notes;
pub mod passkeys;
pub mod search;
mod second;
pub mod settings;
pub mod shortly;

use super::assets;
use super::route::{Need, Route};
use super::visit::Visit;

/// Routes of these pages.
pub fn routes() -> Vec<Route> {
    let file = async |visit: Visit| assets::file(visit.param("name"));
    let all = [
        vec![Route::get("/assets/{hash}/{name}", Need::Nothing, file)],
        live::routes(),
        login::routes(),
        me::routes(),
        factor::routes(),
        drafts::routes(),
        files::routes(),
        passkeys::routes(),
        search::routes(),
        accounts::routes(),
        notes::routes(),
        settings::routes(),
        backup::routes(),
    ];
    all.into_iter().flatten().collect()
}

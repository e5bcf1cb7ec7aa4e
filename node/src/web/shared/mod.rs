//! Pages that desk and console have in common.

pub mod accounts;
pub mod backup;
pub mod drafts;
pub mod files;
pub mod login;
pub mod me;
pub mod notes;
pub mod passkeys;
pub mod search;
pub mod settings;

use super::route::Route;

/// Their routes.
pub fn routes() -> Vec<Route> {
    let all = [
        super::assets::routes(),
        super::live::routes(),
        login::routes(),
        me::routes(),
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

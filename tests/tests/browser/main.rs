//! Desk and console in a real browser, as people use them: one demo province for all, small ones of their own
//! where a line is cut or a node is killed.
#![allow(clippy::unwrap_used)]

mod commune;
mod every_page;
mod files;
mod forms;
mod hostile;
mod keyboard;
mod line;
mod nothing_lost;
mod passkeys;
mod phone;
mod print;
mod second_factor;
mod steers;
mod story;
mod watch;
mod without_scripts;

use truc_node::words::{self, Lang};

/// What pages say before anybody is signed in: the browser of the tests prefers English.
fn outside(key: &str) -> String {
    words::say(Lang::En, key, &[])
}

/// What pages say in Vietnamese, the language that accounts begin with.
fn word(key: &str) -> String {
    words::say(Lang::Vi, key, &[])
}

//! `rebuild-views`: drops everything that is derived from a closed store's journal and makes it again.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::page::{Page, text};
use crate::derive::follow::FollowError;
use crate::derive::pump;
use crate::derive::search::{Index, SEARCH};
use crate::derive::views::{VIEWS, Views};
use crate::identity::Identity;
use crate::store::journal::{self, JOURNAL, Reads};
use crate::words::failure::{ExitCode, Failure};

/// Another file that is made of a journal, of which the views and the registry are read.
pub type Other<'a> = &'a dyn Fn(Reads<'_>, &Views) -> Result<(), FollowError>;

/// Drops views and search index and makes them from the journal, then `others`; the caller holds the store's lock. The
/// journal is only read.
pub fn rebuild(dir: &Path, identity: &Identity, others: &[Other<'_>]) -> Result<Value, Failure> {
    let begun = std::time::Instant::now();
    // Opened first, because it fails for a store of another office, whose views must not be dropped.
    let journal = journal::open_own_reader(&dir.join(JOURNAL), identity.office)?;
    let views = Views::create(&dir.join(VIEWS), identity.hub, identity.hub_key)?;
    let mut index = Index::create(&dir.join(SEARCH))?;
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    // The library draws the bar on a terminal only.
    let ring = identity.ring.load();
    let journal = Reads::new(&journal, identity.office).opening(ring.as_deref());
    let views = pump::catch_up(journal, views, |folded, end| {
        bar.set_length(2 * end);
        bar.set_position(folded);
    });
    let views = views.map_err(|error| Failure::new(ExitCode::Store, "views-behind").because(error))?;
    let all = views.folded_to();
    index.catch_up(journal, &views, |upto| bar.set_position(all + upto))?;
    for other in others {
        other(journal, &views)?;
    }
    bar.finish_and_clear();
    Ok(json!({ "folded": views.folded_to(), "seconds": begun.elapsed().as_secs_f64() }))
}

/// Renders the result for people.
pub fn render(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-folded", text(&value["folded"]));
}

//! `clock`: whether the hub's clock is believed. If it is not, a person looks at it and says whether it is right.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::page::{Page, when};
use truc_node::words::failure::Failure;

use crate::hub::Hub;

/// The subcommands of `clock`.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// What the clock shows, and what time counts.
    #[command(after_help = "Example: truc-hub clock show")]
    Show,
    /// The clock is right, whatever journal and offices say: its time counts from now on.
    #[command(after_help = "Example: truc-hub clock accept")]
    Accept,
}

impl Verb {
    pub(super) fn execute(self, hub: &Hub) -> Result<Value, Failure> {
        if matches!(self, Self::Accept) {
            let shows = hub.time.accept()?;
            tracing::warn!(shows, "a person says that the hub's clock is right");
        }
        let time = hub.clock().millis();
        let doubt = hub.time.doubt();
        Ok(json!({ "counts": time, "shows": doubt.map_or(time, |doubt| doubt.shows), "doubt": doubt }))
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        page.field("cli-clock-shows", when(&value["shows"]));
        page.field("cli-clock-counts", when(&value["counts"]));
        let believed = page.word(if value["doubt"].is_object() { "cli-no" } else { "cli-yes" });
        page.field("cli-clock-believed", believed);
        if let Some(why) = value["doubt"]["why"].as_str() {
            let why = page.word(&format!("clock-why-{why}"));
            page.field("cli-clock-why", why);
        }
    }
}

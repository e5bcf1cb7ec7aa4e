//! The roads of drafts on the command line: which hold on a day, and whether somebody can do each of their steps then.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_proto::date::Date;
use truc_proto::house::finding::Finding;
use truc_proto::house::road::check::faults;
use truc_proto::house::{House, Span};

use super::asked::day;
use super::told::{findings, told};
use crate::command::Output;
use crate::command::page::{Page, list, text};
use crate::say;
use crate::words::failure::{ExitCode, Failure};

/// What can be done with roads. They are said, ended and read in as all of the house is.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Check the roads that hold on a day: whether somebody can do each step, also after people have left.
    #[command(after_help = "Example: truc-node house road check --on 2026-12-07")]
    Check {
        /// On this day; default: today.
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
}

impl Verb {
    pub(super) fn execute(self, known: &House, today: Date) -> Result<Output, Failure> {
        let Self::Check { on } = self;
        let on = on.as_deref().map(day).transpose()?.unwrap_or(today);
        let days = Span { from: Some(on), to: Some(on) };
        let roads: Vec<Value> = known
            .roads(on)
            .map(|road| {
                let found = faults(road, known, &days).into_iter();
                let found = found.map(|fault| Finding::new(fault.problem, 0).text("where", fault.place));
                let types: Vec<&str> = road.types.iter().map(|kind| kind.code()).collect();
                json!({
                    "id": road.id,
                    "version": road.version,
                    "name": road.name,
                    "issuers": road.issuers,
                    "types": types,
                    "steps": road.steps.iter().map(|step| &step.id).collect::<Vec<_>>(),
                    "findings": found.map(|finding| told(&finding)).collect::<Vec<_>>(),
                })
            })
            .collect();
        let bad = roads.iter().any(|road| !list(&road["findings"]).is_empty());
        let mut output = json!({ "on": on, "roads": roads });
        if bad {
            output["exit"] = (ExitCode::Input as u8).into();
        }
        Ok(output)
    }
}

/// The roads and what is wrong with them, for people.
pub(super) fn render(page: &mut Page<'_>) {
    let value = page.value;
    if list(&value["roads"]).is_empty() {
        let line = page.word("house-no-road");
        page.line(&line);
    }
    for road in list(&value["roads"]) {
        let types: Vec<String> = list(&road["types"]).iter().map(text).collect();
        let line = say!(
            page.lang,
            "house-road",
            id = text(&road["id"]),
            version = text(&road["version"]),
            name = text(&road["name"]),
            types = types.join(", ")
        );
        page.line(&line);
        for line in findings(page.lang, road) {
            page.line(&format!("  {line}"));
        }
    }
}

//! Lists of works: mine, to be assigned, given by me, what the office owes and is owed, and what breaks the invariant. Pages
//! and figures are these lists.

mod moment;
mod rows;
#[cfg(test)]
mod tests;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::{Page, list, text};
use super::{Context, Output, to_value};
use crate::derive::views::asked::Stands;
use crate::words::failure::{ExitCode, Failure};

pub use moment::Moment;
pub use rows::{Cut, Found, Late, PartRow, Said, TaskRow, TransferRow};

/// Which list.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[group(required = true, multiple = false)]
#[allow(clippy::struct_excessive_bools)]
pub struct Tasks {
    /// What the acting account is to do, confirm, help in, know of, or assign.
    #[arg(long)]
    pub mine: bool,
    /// Parts of papers and works that wait to be assigned.
    #[arg(long)]
    pub unassigned: bool,
    /// Live works that the acting account gave.
    #[arg(long)]
    pub given: bool,
    /// What the office owes to others.
    #[arg(long)]
    pub office: bool,
    /// What agencies and cells beside the office owe it.
    #[arg(long)]
    pub owed: bool,
    /// What stands on nobody's page, nobody confirms, or is given twice: there should be nothing. Exit 1 if there is.
    #[arg(long)]
    pub orphans: bool,
}

impl Tasks {
    pub(super) fn execute(&self, context: &Context<'_>) -> Result<Output, Failure> {
        let moment = context.moment()?;
        Ok(match self {
            Self { mine: true, .. } => json!({ "works": to_value(moment.mine(Cut::ALL)?.rows)? }),
            Self { given: true, .. } => json!({ "works": to_value(moment.given(Cut::ALL)?.rows)? }),
            Self { unassigned: true, .. } => {
                let parts = moment.open(|stands| stands == Stands::ToAssign, Cut::ALL)?.rows;
                let works = moment.without_person(Cut::ALL)?.rows;
                json!({ "parts": to_value(parts)?, "works": to_value(works)? })
            }
            Self { office: true, .. } => {
                json!({ "parts": to_value(moment.open(|_| true, Cut::ALL)?.rows)? })
            }
            Self { owed: true, .. } => {
                let rows = moment.owed(Cut::ALL)?.rows;
                let rows: Vec<Value> =
                    rows.iter().map(|(unit, row)| json!({ "unit": unit, "work": row })).collect();
                json!({ "owed": rows, "transfers": to_value(moment.transfers()?)? })
            }
            Self { .. } => json!({ "orphans": to_value(moment.orphans()?)? }),
        })
    }

    pub(super) fn exit(value: &Output) -> ExitCode {
        if list(&value["orphans"]).is_empty() { ExitCode::Done } else { ExitCode::Unexpected }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let parts: Vec<Vec<String>> = list(&page.value["parts"])
            .iter()
            .map(|part| {
                let root = if part["root"].is_null() { &part["proposal"] } else { &part["root"] };
                let stands = page.word(&format!("stands-{}", text(&part["stands"])));
                vec![
                    text(&part["name"]),
                    text(&part["content"]),
                    text(&part["due_text"]),
                    stands,
                    text(&root["holder"]),
                ]
            })
            .collect();
        if !parts.is_empty() {
            page.table(&["work-source", "work-content", "work-outer", "cli-status", "work-holder"], &parts);
        }
        if self.orphans {
            let rows: Vec<Vec<String>> = list(&page.value["orphans"])
                .iter()
                .map(|row| {
                    let wrong = page.word(&format!("orphan-{}", text(&row["wrong"])));
                    vec![text(&row["record"]), text(&row["content"]), wrong]
                })
                .collect();
            page.table(&["cli-record", "work-content", "cli-status"], &rows);
        } else if self.owed {
            let rows: Vec<Vec<String>> = list(&page.value["owed"])
                .iter()
                .map(|row| [vec![text(&row["unit"])], cells(page, &row["work"])].concat())
                .collect();
            page.table(
                &["work-unit", "cli-record", "work-content", "work-stage", "work-holder", "work-due"],
                &rows,
            );
            let rows: Vec<Vec<String>> = list(&page.value["transfers"])
                .iter()
                .map(|row| ["name", "paper", "due_text"].map(|name| text(&row[name])).to_vec())
                .collect();
            page.table(&["register-to", "reg-number", "work-due"], &rows);
        } else if !self.office {
            table(page, "works");
        }
    }
}

fn cells(page: &Page<'_>, row: &Value) -> Vec<String> {
    let stage = page.word(&format!("work-stage-{}", text(&row["stage"])));
    let record = text(&row["record"]);
    let short = record.get(..13).unwrap_or_default().to_owned();
    vec![short, text(&row["content"]), stage, text(&row["lead"]), text(&row["due_text"])]
}

/// A table of works that stand in the result under a name.
pub(super) fn table(page: &mut Page<'_>, name: &str) {
    let rows: Vec<Vec<String>> = list(&page.value[name]).iter().map(|row| cells(page, row)).collect();
    page.table(&["cli-record", "work-content", "work-stage", "work-holder", "work-due"], &rows);
}

//! `question`: machines that do not continue what the hub last met. A person says which is the rightful one.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::page::{Page, list, text, when};
use truc_node::command::{Context, refer};
use truc_node::failure::{ExitCode, Failure};
use truc_proto::audience::Scope;
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{EndReason, QuestionAnswered};

use crate::hub::Hub;

/// What can be done with questions.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Machines that wait.
    #[command(after_help = "Example: truc-hub question list")]
    List,
    /// The machine that waits is the rightful one: a restored backup, a replaced disk.
    #[command(after_help = "Example: truc-hub question approve 16732")]
    Approve {
        /// Code or id.
        office: String,
    },
    /// The machine that waits is not the rightful one: its session ends.
    #[command(after_help = "Example: truc-hub question refuse 16732")]
    Refuse {
        /// Code or id.
        office: String,
    },
}

impl Verb {
    pub(super) async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let (text, approved) = match self {
            Self::List => {
                let waiting = hub.sessions.connected().into_iter().filter(|(_, seen)| seen.questioned);
                let waiting: Vec<Value> = waiting
                    .map(|(office, seen)| {
                        json!({ "office": office, "since": seen.since, "program": seen.program })
                    })
                    .collect();
                return Ok(json!({ "questions": waiting }));
            }
            Self::Approve { office } => (office, true),
            Self::Refuse { office } => (office, false),
        };
        let office = refer::office(&hub.office.registry(), &text, context.today())?;
        let waits = hub.sessions.connected().get(&office).is_some_and(|seen| seen.questioned);
        if !waits {
            return Err(Failure::new(ExitCode::NotFound, "question-none").with("office", text));
        }
        // Said before it is done: what was approved is in the audit, whatever happens next.
        let word = Word::Answer(QuestionAnswered { office: office.to_wire(), approved });
        let position = hub.say(context.author, word, vec![Scope::office(office)]).await?;
        if !approved {
            hub.sessions.end(office, EndReason::EndCredential, "a person refused this machine");
        } else if !hub.sessions.approve(office) {
            return Err(Failure::new(ExitCode::NotFound, "question-none").with("office", text));
        }
        Ok(json!({ "office": office, "approved": approved, "position": position }))
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        if !matches!(self, Self::List) {
            page.field("cli-office", page.office(&value["office"]));
            let saved = page.word("line-saved");
            return page.line(&saved);
        }
        let rows: Vec<Vec<String>> = list(&value["questions"])
            .iter()
            .map(|row| vec![page.office(&row["office"]), when(&row["since"]), text(&row["program"])])
            .collect();
        if rows.is_empty() {
            let line = page.word("cli-empty");
            return page.line(&line);
        }
        page.table(&["cli-office", "cli-since", "cli-program"], &rows);
    }
}

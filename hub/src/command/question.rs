//! `question`: machines that do not continue what the hub last received from their office (a restored or copied store).
//! A person decides which machine is the rightful one.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::clock::unix_millis;
use truc_node::command::page::{Page, list, text, when};
use truc_node::command::{Context, refer};
use truc_node::words;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::audience::Scope;
use truc_proto::wire::QuestionAnswered;
use truc_proto::wire::registry_move::Move as Word;

use crate::hub::Hub;

/// The reason written into the revocation that follows a refusal.
const QUESTION_REFUSED: &str = "question refused";

/// The subcommands of `question`.
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
    /// The machine that waits is not the rightful one. The office's certificate is revoked, which copies share: its
    /// rightful machine is enrolled again with a new code, over its store.
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
                let asked = hub.sessions.asked(unix_millis()).into_iter();
                let asked: Vec<Value> = asked
                    .map(|(office, asked)| {
                        json!({
                            "office": office, "since": asked.since, "last": asked.last, "calls": asked.calls,
                            "waiting": asked.waiting, "program": asked.program, "machines": asked.machines,
                        })
                    })
                    .collect();
                return Ok(json!({ "questions": asked }));
            }
            Self::Approve { office } => (office, true),
            Self::Refuse { office } => (office, false),
        };
        let office = refer::office(&hub.office.registry(), &text, context.today())?;
        // An approval is for the machine that waits now; a refusal is for whatever calls with the office's certificate.
        let asked = hub.sessions.asked(unix_millis()).remove(&office);
        if asked.is_none_or(|asked| approved && !asked.waiting) {
            return Err(Failure::new(ExitCode::NotFound, "question-none").with("office", text));
        }
        // The decision is written before it takes effect, so that the audit has it even if the hub fails right after.
        let word = Word::Answer(QuestionAnswered { office: office.to_wire(), approved });
        let position = hub.say(context.author, word, vec![Scope::office(office)]).await?;
        hub.sessions.answered(office);
        if !approved {
            // The revocation ends the machine's session and connection.
            hub.revoke(context.author, office, QUESTION_REFUSED.into()).await?;
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
            .map(|row| {
                let waits = if row["waiting"] == true { page.word("cli-yes") } else { String::new() };
                let since = when(&row["since"]);
                vec![page.office(&row["office"]), since, text(&row["calls"]), waits, text(&row["program"])]
            })
            .collect();
        if rows.is_empty() {
            let line = page.word("cli-empty");
            return page.line(&line);
        }
        page.table(&["cli-office", "cli-since", "cli-calls", "cli-waits", "cli-program"], &rows);
        for question in list(&value["questions"]) {
            page.line("");
            let office = page.office(&question["office"]);
            let head = words::say(page.lang, "question-machines", &[("office", office.into())]);
            page.line(&head);
            let machine = |machine: &Value| {
                let asked = machine["asked"] == true;
                vec![
                    page.word(if asked { "cli-machine-asked" } else { "cli-machine-taken" }),
                    text(&machine["source"]),
                    text(&machine["host"]),
                    when(&machine["booted"]),
                    when(&machine["started"]),
                    when(&machine["last"]),
                    text(&machine["calls"]),
                ]
            };
            let rows: Vec<Vec<String>> = list(&question["machines"]).iter().map(machine).collect();
            let heads = [
                "cli-machine",
                "cli-address",
                "cli-host",
                "cli-booted",
                "cli-started",
                "cli-heard",
                "cli-calls",
            ];
            page.table(&heads, &rows);
        }
    }
}

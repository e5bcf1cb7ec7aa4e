//! The hub's command line: the commands of a node for records, and those for offices, authorities and questions.

pub mod address;
pub mod authority;
pub mod clock;
pub mod code;
mod failures;
pub mod import;
pub mod init;
pub mod list;
pub mod office;
pub mod once;
pub mod question;
pub mod refill;
pub mod status;

use clap::Subcommand;
use std::fs::File;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use truc_node::accounts::Accounts;
use truc_node::command::page::Page;
use truc_node::command::{Context, Records, refer, status as node};
use truc_node::store::attachments::Attachments;
use truc_node::words::failure::{ExitCode, Failure};

use crate::hub::Hub;

/// What can be asked of a hub.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Records, journal: as at any office.
    #[command(flatten)]
    Records(Records),
    /// Offices: import, add, list, show, enrolment code, revoke.
    #[command(subcommand)]
    Office(office::Verb),
    /// Who issues certificates: show, roll over to another, retire the old one.
    #[command(subcommand)]
    Authority(authority::Verb),
    /// Where nodes reach the hub: list, add, remove.
    #[command(subcommand)]
    Address(address::Verb),
    /// Machines that do not continue what the hub last met, and wait for a person's word.
    #[command(subcommand)]
    Question(question::Verb),
    /// Whether the hub's clock is believed; say that it is right.
    #[command(subcommand)]
    Clock(clock::Verb),
    /// After a restore or a rebuild: which nodes have given back what they hold, and what is still missing.
    #[command(after_help = "Example: truc-hub refill")]
    Refill,
    /// Entries kept as evidence: two at one place, or from a machine that nobody sanctioned.
    #[command(
        after_help = "Example: truc-hub evidence 16732\n         truc-hub evidence 16732 --full --json > evidence.json"
    )]
    Evidence(refill::Evidence),
    /// Offices registered, enrolled, connected, silent; journal, views, mail.
    #[command(after_help = "Example: truc-hub status --json")]
    Status,
}

/// What commands run against: an open hub and what its office's people share.
pub struct Desk<'a> {
    /// The hub.
    pub hub: &'a Hub,
    /// Accounts of the console.
    pub accounts: &'a Accounts,
    /// Attachments of the hub's store.
    pub files: &'a Attachments,
}

impl Command {
    /// Reads the files that the command names, in the process where it was typed; opens those that it attaches.
    pub fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::Records(records) => records.prepare(opened),
            Self::Office(verb) => verb.prepare(),
            Self::Address(_)
            | Self::Authority(_)
            | Self::Question(_)
            | Self::Clock(_)
            | Self::Refill
            | Self::Evidence(_)
            | Self::Status => Ok(()),
        }
    }

    /// Whether it only reads, so that it is carried out without the store's lock, also where nothing can be written.
    pub fn reads(&self) -> bool {
        match self {
            Self::Records(records) => records.reads(),
            Self::Office(verb) => matches!(verb, office::Verb::List { .. } | office::Verb::Show { .. }),
            Self::Authority(verb) => matches!(verb, authority::Verb::Show),
            Self::Address(verb) => matches!(verb, address::Verb::List),
            Self::Question(verb) => matches!(verb, question::Verb::List),
            Self::Clock(verb) => matches!(verb, clock::Verb::Show),
            Self::Refill | Self::Evidence(_) | Self::Status => true,
        }
    }

    /// Executes the command in the name of the account `author`.
    pub async fn execute(self, desk: &Desk<'_>, author: &str) -> Result<Value, Failure> {
        let met = |office, now| desk.hub.sessions.last(office, now);
        let context = Context {
            office: &desk.hub.office,
            author,
            accounts: desk.accounts,
            files: desk.files,
            line: None,
            met: &met,
            rehearsal: false,
        };
        let mut output = match self {
            Self::Records(records) => return records.execute(&context).await,
            Self::Office(verb) => {
                context.caught_up().await?;
                verb.execute(desk.hub, &context).await?
            }
            Self::Authority(verb) => {
                context.caught_up().await?;
                verb.execute(desk.hub, &context).await?
            }
            Self::Address(verb) => {
                context.caught_up().await?;
                verb.execute(desk.hub, &context).await?
            }
            Self::Question(verb) => verb.execute(desk.hub, &context).await?,
            Self::Clock(verb) => verb.execute(desk.hub)?,
            Self::Refill => refill::refill(desk.hub)?,
            Self::Evidence(evidence) => evidence.execute(desk.hub, &context)?,
            Self::Status => status::status(desk.hub, &context)?,
        };
        refer::name_offices(&mut output, &desk.hub.office.registry(), context.today());
        Ok(output)
    }

    /// The exit code that goes with an outcome.
    pub fn exit(&self, value: &Value) -> ExitCode {
        match self {
            Self::Status => node::exit(value),
            Self::Records(records) => records.exit(value),
            _ => ExitCode::Done,
        }
    }

    /// Prints the outcome for people.
    pub fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::Records(records) => records.render(page),
            Self::Office(verb) => verb.render(page),
            Self::Authority(verb) => verb.render(page),
            Self::Address(verb) => verb.render(page),
            Self::Question(verb) => verb.render(page),
            Self::Clock(verb) => verb.render(page),
            Self::Refill => refill::render(page),
            Self::Evidence(_) => refill::render_evidence(page),
            Self::Status => status::render(page),
        }
    }
}

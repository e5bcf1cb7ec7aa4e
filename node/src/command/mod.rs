//! The command line: what people and scripts ask of an office, and one function that carries it out.
//!
//! A [`Command`] is a value. The process that owns the store carries it out, whether it was typed there or came over
//! the local socket. Files that it names are read by the process where it was typed.

pub mod account;
pub mod act;
pub mod aside;
pub mod assignment;
pub mod backup;
pub mod book;
pub mod directive;
pub mod disk_test;
pub mod draft;
pub mod export;
mod failures;
pub mod global;
pub mod guidance;
pub mod house;
pub mod import;
pub mod inspection;
pub mod journal;
pub mod local;
pub mod number;
pub mod open;
pub mod outside;
pub mod page;
pub mod paper;
pub mod programme;
pub mod rebuild;
pub mod refer;
pub mod register;
pub mod report;
pub mod run;
pub mod said;
pub mod seal;
pub mod search;
pub mod status;
pub mod tasks;
pub mod verify;

use std::fs::File;
use std::time::Duration;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::time::Moment;

use crate::accounts::Accounts;
use crate::derive::views::read::{self, Viewpoint};
use crate::line::state::LineState;
use crate::office::{Office, OfficeError};
use crate::store::attachments::Attachments;
use crate::words::failure::{ExitCode, Failure};
use page::Page;

/// Without progress of the views for this long, a command stops waiting for them.
const VIEWS_STUCK: Duration = Duration::from_secs(30);

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident $module:ident)*) => {
        /// What can be asked of the records of any office, a hub's too.
        #[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Records {
            $($(#[$doc])* #[command(subcommand)] $name($module::Verb),)*
            /// The house (nếp nhà): units, people, posts, rights, absences, who issues and signs, working days.
            #[command(subcommand)]
            House(house::Verb),
            /// Takes papers in: Markdown with YAML front matter. Only papers of this office; others are refused.
            #[command(after_help = "Example: truc-node import deploy/samples/papers/01-*.md")]
            Import(import::Import),
            /// Finds records by words in numbers, titles, texts, answers, notes, names of offices and files.
            #[command(after_help = "Example: truc-node search chi dao ung pho bao\n         \
                                    truc-node search 31-BC/VPDU --kind report")]
            Search(search::Search),
            /// The journal, readable: own entries and received ones, signatures checked on the way.
            #[command(after_help = "Example: truc-node log --dir /var/lib/truc --last 50")]
            Log(journal::Log),
            /// Accounts: who may sign in at the pages, and be named as author. Whoever may open the store may do this.
            #[command(subcommand)]
            Account(account::Verb),
            /// One entry: header and body, signature checked.
            #[command(after_help = "Example: truc-node show 17\n         truc-node show 9f86d081")]
            Show(journal::Show),
        }

        impl Records {
            /// Reads the files that it names, where it was typed; opens those that it attaches.
            pub fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
                match self {
                    $(Self::$name(verb) => verb.prepare(opened),)*
                    Self::House(verb) => verb.prepare(opened),
                    Self::Import(import) => import.prepare(),
                    Self::Account(_) | Self::Search(_) | Self::Log(_) | Self::Show(_) => Ok(()),
                }
            }

            /// Whether it only reads, so that it can be carried out where nothing can be written.
            pub fn reads(&self) -> bool {
                match self {
                    $(Self::$name(verb) => matches!(verb, $module::Verb::List(_) | $module::Verb::Show(_)),)*
                    Self::House(verb) => verb.reads(),
                    Self::Import(_) => false,
                    Self::Account(verb) => matches!(verb, account::Verb::List),
                    Self::Search(_) | Self::Log(_) | Self::Show(_) => true,
                }
            }

            /// Carries it out.
            pub async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
                context.caught_up().await?;
                let mut output = match self {
                    $(Self::$name(verb) => verb.execute(context).await?,)*
                    Self::House(verb) => verb.execute(context).await?,
                    Self::Account(verb) => verb.execute(context).await?,
                    Self::Import(import) => import.execute(context).await?,
                    Self::Search(search) => search.execute(context).await?,
                    Self::Log(log) => log.execute(context)?,
                    Self::Show(show) => show.execute(context)?,
                };
                refer::name_offices(&mut output, &context.office.registry(), context.today());
                Ok(output)
            }

            /// The exit code that goes with a result.
            pub fn exit(&self, value: &Output) -> ExitCode {
                if let Self::House(verb) = self { verb.exit(value) } else { ExitCode::Done }
            }

            /// What it came to, for people.
            pub fn render(&self, page: &mut Page<'_>) {
                match self {
                    $(Self::$name(verb) => verb.render(page),)*
                    Self::House(verb) => verb.render(page),
                    Self::Import(_) => import::render(page),
                    Self::Search(_) => search::render(page),
                    Self::Account(verb) => verb.render(page),
                    Self::Log(_) => journal::render_log(page),
                    Self::Show(_) => journal::render_entry(page),
                }
            }
        }
    };
}

records! {
    /// Programmes of work (chương trình công tác): items, leads, progress.
    Programme programme
    /// Directives and letters (văn bản chỉ đạo, công văn): tasks, status codes 01-06, take-back.
    Directive directive
    /// Reports (báo cáo): indicators and text, accepted or returned.
    Report report
    /// Guidance (hướng dẫn): acknowledged, asked about, answered.
    Guidance guidance
    /// Inspection and supervision (kiểm tra, giám sát): checklist, self-report, conclusion, remedy.
    Inspection inspection
    /// Drafts (dự thảo) on their road: written, appraised, asked about, signed, issued.
    Draft draft
    /// Works inside the office (giao việc): given, taken, handed down, handed in, confirmed.
    Assignment assignment
    /// Papers from outside, secret stubs and petitions (văn bản ngoài): registered, decided, passed on, answered.
    Outside outside
}

/// What can be asked of a node.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Records, journal.
    #[command(flatten)]
    Records(Records),
    /// Own entries that lost a fork: nobody else saw them; issue them anew.
    #[command(subcommand)]
    Aside(aside::Verb),
    /// What stays inside the office is sealed: its keys, and the sheets that bring them back.
    #[command(subcommand)]
    Seal(seal::Verb),
    /// Lists of works inside the office, and what the office owes and is owed.
    #[command(after_help = "Example: truc-node tasks --mine --json")]
    Tasks(tasks::Tasks),
    /// The registers of a year: incoming papers, petitions, transfers, secret papers, tasks.
    #[command(
        after_help = "Example: truc-node register incoming --year 2026 --from 1201 --to 1250 --csv\n         \
                      truc-node register petitions --full 'kiểm tra quý IV'"
    )]
    Register(register::Registers),
    /// Who this is, the line to the hub, what waits, certificate, store.
    #[command(after_help = "Example: truc-node status --json")]
    Status,
}

/// A command and the account that gave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request<C> {
    /// The account that acts.
    pub author: String,
    /// The command.
    pub command: C,
}

/// Everything that commands need from the process that carries them out.
pub struct Context<'a> {
    /// The open office.
    pub office: &'a Office,
    /// The acting account as named; [`Context::author`] is the author for the ledger.
    pub author: &'a str,
    /// Accounts of the store.
    pub accounts: &'a Accounts,
    /// Attachments of the office.
    pub files: &'a Attachments,
    /// State of the line to the hub; none if this process keeps none.
    pub line: Option<LineState>,
    /// When an office was last connected to this one, Unix milliseconds, asked with the present time. Hubs only: none
    /// at nodes.
    pub met: &'a (dyn Fn(OfficeId, i64) -> Option<i64> + Sync),
    /// Whether a move is only held against all that would be asked of it, and not written.
    pub rehearsal: bool,
}

/// Result of a command, which `render` of the same command turns into words.
pub type Output = Value;

impl Command {
    /// Reads the files that the command names, before it is sent to another process, and opens those that it attaches:
    /// that process may not be able to.
    pub fn prepare(&mut self, opened: &mut Vec<File>) -> Result<(), Failure> {
        match self {
            Self::Records(records) => records.prepare(opened),
            Self::Seal(verb) => verb.prepare(),
            Self::Aside(_) | Self::Tasks(_) | Self::Register(_) | Self::Status => Ok(()),
        }
    }

    /// Whether it only reads, so that it can be carried out where nothing can be written.
    pub fn reads(&self) -> bool {
        match self {
            Self::Records(records) => records.reads(),
            Self::Aside(verb) => matches!(verb, aside::Verb::List),
            Self::Seal(verb) => verb.reads(),
            Self::Register(register) => register.full.is_none(),
            Self::Tasks(_) | Self::Status => true,
        }
    }

    /// Carries the command out.
    pub async fn execute(self, context: &Context<'_>) -> Result<Output, Failure> {
        match self {
            Self::Records(records) => records.execute(context).await,
            Self::Aside(verb) => verb.execute(context).await,
            Self::Seal(verb) => verb.execute(context).await,
            Self::Tasks(tasks) => {
                context.caught_up().await?;
                tasks.execute(context)
            }
            Self::Register(register) => {
                context.caught_up().await?;
                register.execute(context).await
            }
            Self::Status => status::status(context),
        }
    }

    /// The exit code that goes with a result.
    pub fn exit(&self, value: &Output) -> ExitCode {
        match self {
            Self::Records(records) => records.exit(value),
            Self::Status => status::exit(value),
            Self::Tasks(_) => tasks::Tasks::exit(value),
            Self::Aside(_) | Self::Seal(_) | Self::Register(_) => ExitCode::Done,
        }
    }

    /// Renders the result for people.
    pub fn render(&self, page: &mut Page<'_>) {
        match self {
            Self::Records(records) => records.render(page),
            Self::Aside(verb) => verb.render(page),
            Self::Seal(verb) => verb.render(page),
            Self::Tasks(tasks) => tasks.render(page),
            Self::Register(register) => register.render(page),
            Self::Status => status::render(page),
        }
    }
}

impl Context<'_> {
    /// The author for the ledger: the acting account if it may write ([`Accounts::author`]).
    pub fn author(&self) -> Result<&str, Failure> {
        self.accounts.author(self.author)
    }

    /// Today, in the country.
    pub fn today(&self) -> Date {
        // None only if the clock is outside of the years 1 to 9999.
        Date::of_millis(self.office.time().millis() as i64)
            .unwrap_or_else(|| Date::of_millis(0).expect("1970 is a year"))
    }

    /// Queries the views as this office, at the present time.
    pub fn look<T>(
        &self,
        work: impl FnOnce(&rusqlite::Connection, &Viewpoint<'_>) -> crate::derive::views::Result<T>,
    ) -> Result<T, Failure> {
        let (registry, me) = (self.office.registry(), self.office.id());
        let now = self.office.time().millis() as i64;
        let found = self.office.view(|views| {
            let spoke: std::collections::HashMap<OfficeId, i64> =
                read::ledgers(views)?.into_iter().map(|row| (row.office, row.time)).collect();
            let heard = |office: OfficeId| {
                if office == me {
                    return Some(now);
                }
                // What lies in the future was said by a wrong clock: nobody knows when that was.
                let known = |at: &i64| Moment::millis(*at as u64).known(Moment::millis(now as u64)).is_some();
                let spoke = spoke.get(&office).copied().filter(known);
                spoke.max((self.met)(office, now).filter(known)).map(|at| at.min(now))
            };
            work(
                views,
                &Viewpoint { me, registry: &registry, now, figures: self.accounts.figures(), heard: &heard },
            )
        });
        found.map_err(Failure::from)
    }

    /// Waits until the views include everything in the journal now. Fails with `views-behind` if they make no progress
    /// for `VIEWS_STUCK`.
    pub async fn caught_up(&self) -> Result<(), Failure> {
        if self.office.is_still() {
            // Nothing folds there: what the views have is shown.
            return Ok(());
        }
        let end = self.office.reached().map_err(OfficeError::from)?.borrow().end.position;
        let mut folded = self.office.folded()?;
        while *folded.borrow_and_update() < end {
            match timeout(VIEWS_STUCK, folded.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(OfficeError::Stopped.into()),
                Err(_) => return Err(Failure::new(ExitCode::Store, "views-behind")),
            }
        }
        Ok(())
    }
}

/// A list of at most `most` records as one JSON object; `more` says whether it ends before all were named.
pub(crate) fn listed<T: Serialize>(mut rows: Vec<T>, most: u32) -> Result<Output, Failure> {
    let more = rows.len() > most as usize;
    rows.truncate(most as usize);
    Ok(json!({ "records": to_value(rows)?, "more": more }))
}

/// A value as JSON.
pub(crate) fn to_value(value: impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value)
        .map_err(|error| Failure::new(ExitCode::Unexpected, "io-other").with("error", error.to_string()))
}

#[cfg(test)]
mod tests {
    use clap::Subcommand;
    use serde_json::json;
    use truc_proto::record::KINDS;

    use super::page::Page;
    use crate::words::Lang;

    #[test]
    fn a_list_that_ends_early_says_so() {
        for (most, more) in [(1, true), (2, false), (3, false)] {
            let made = super::listed(vec![json!({ "id": "a" }), json!({ "id": "b" })], most);
            let value = made.unwrap_or_default();
            assert_eq!(value["more"], more, "{value}");
            let mut page = Page::new(Lang::En, &value);
            page.records(&[], |_, _| Vec::new());
            let text = page.finish();
            assert_eq!(text.contains("--last"), more, "{text}");
        }
    }

    #[test]
    fn each_kind_has_its_commands() {
        let all = super::Records::augment_subcommands(clap::Command::new("truc-node"));
        for kind in KINDS {
            assert!(all.find_subcommand(kind.name).is_some(), "{}: no command", kind.name);
        }
    }
}

//! `office`: the registry's facts about offices, and the codes by which their machines enrol.

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::clock::unix_now;
use truc_node::command::page::{Page, list, text, when};
use truc_node::command::{Context, refer};
use truc_node::derive::views::kinds::registry as views;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::id::OfficeId;
use truc_proto::registry::Tier;
use uuid::Uuid;

use super::code::Code;
use super::import::{self, Import, day};
use super::list::{self, OfficeRow};
use crate::hub::Hub;

/// The subcommands of `office`.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Take in a list of offices; checked whole first, and only what differs is written.
    #[command(
        after_help = "Example: truc-hub office import deploy/samples/offices-2025.csv --dir /var/lib/truc-hub"
    )]
    Import(Import),
    /// Register one office, or say anew what is true of it.
    #[command(after_help = "Example: truc-hub office add 16732 --parent 40 --tier commune --kind phường \
                            --name 'Phường Cửa Lò'")]
    Add(Add),
    /// List all offices.
    #[command(after_help = "Example: truc-hub office list --date 2024-12-31")]
    List {
        /// As of this day; default: today.
        #[arg(long)]
        date: Option<String>,
    },
    /// Show one office with all its facts and its credential.
    #[command(after_help = "Example: truc-hub office show 16732")]
    Show {
        /// Code or id.
        office: String,
    },
    /// Make a single-use enrolment code; it lives for 15 minutes, or as long as is said, and ends the office's
    /// older one.
    #[command(
        after_help = "Example: truc-hub office code 16732\n         truc-hub office code 16732 --valid 7d\n         truc-hub office code --all > codes.jsonl"
    )]
    Code(Code),
    /// Revoke an office's machines: cut off at once, and what they sign from now on is refused.
    #[command(after_help = "Example: truc-hub office revoke 16732 --reason 'máy bị mất'")]
    Revoke {
        /// Code or id.
        office: String,
        /// Why; kept in the registry for the audit.
        #[arg(long)]
        reason: String,
    },
}

/// Levels of an office that can be added.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Tỉnh ủy.
    Province,
    /// Huyện ủy.
    District,
    /// Đảng ủy xã, phường.
    Commune,
}

/// Options of `office add`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Add {
    /// Administrative code.
    pub code: String,
    /// Code of the office above; without it: the hub.
    #[arg(long, default_value = "")]
    pub parent: String,
    /// Its level.
    #[arg(long, value_enum)]
    pub tier: Level,
    /// tỉnh, huyện, xã, phường …
    #[arg(long, default_value = "")]
    pub kind: String,
    /// Full name.
    #[arg(long)]
    pub name: String,
    /// The day from which it is true.
    #[arg(long, default_value = "2025-07-01")]
    pub since: String,
}

impl Verb {
    pub(super) fn prepare(&mut self) -> Result<(), Failure> {
        if let Self::Import(import) = self { import.prepare() } else { Ok(()) }
    }

    pub(super) async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let registry = hub.office.registry();
        match self {
            Self::Import(import) => import.execute(hub, context).await,
            Self::Add(add) => add.execute(hub, context).await,
            Self::List { date } => {
                let date = date.as_deref().map_or(Ok(context.today()), day)?;
                Ok(json!({ "list": views::list(&registry, date) }))
            }
            Self::Show { office } => {
                let id = refer::office(&registry, &office, context.today())?;
                let shown = views::show(&registry, id);
                let not_renewed = hub.not_renewed(id);
                let unknown = || Failure::new(ExitCode::NotFound, "office-unknown").with("office", office);
                let mut shown = json!(shown.ok_or_else(unknown)?);
                shown["not_renewed"] = json!(not_renewed);
                Ok(shown)
            }
            Self::Code(code) => code.execute(hub, context),
            Self::Revoke { office, reason } => {
                let id = refer::office(&registry, &office, context.today())?;
                if registry.office(id).is_none_or(|office| office.highest_credential() == 0) {
                    return Err(Failure::new(ExitCode::NotFound, "revoke-none").with("office", office));
                }
                let (up_to, position) = hub.revoke(context.author, id, reason).await?;
                Ok(json!({ "office": id, "revoked_up_to": up_to, "position": position }))
            }
        }
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        match self {
            Self::Import(_) => {
                page.field("cli-added", text(&value["added"]));
                page.field("cli-changed", text(&value["changed"]));
                page.field("cli-unchanged", text(&value["unchanged"]));
            }
            Self::List { .. } => render_list(page),
            Self::Show { .. } => render_one(page),
            Self::Code(code) => code.render(page),
            Self::Add(_) | Self::Revoke { .. } => {
                page.field("cli-office", page.office(&value["office"]));
                page.field("cli-id", text(&value["office"]));
                page.field("cli-revoked", text(&value["revoked_up_to"]));
                let saved = page.word("line-saved");
                page.line(&saved);
            }
        }
    }
}

impl Add {
    async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let since = day(&self.since)?;
        let tier = match self.tier {
            Level::Province => Tier::Province,
            Level::District => Tier::District,
            Level::Commune => Tier::Commune,
        };
        let Self { code, parent, kind, name, .. } = self;
        let row = OfficeRow { line: 0, code, parent, tier, kind, name };
        let registry = hub.office.registry();
        list::check(std::slice::from_ref(&row), &registry, since)?;
        let known = registry.by_code(&row.code, since);
        let id = known.unwrap_or_else(|| OfficeId(Uuid::new_v4()));
        let parent = match row.parent.as_str() {
            "" => registry.hub(),
            code => refer::office(&registry, code, since)?,
        };
        import::say(hub, context.author, vec![(import::fact(id, &row, parent, since), hub.everybody())])
            .await?;
        Ok(json!({ "office": id }))
    }
}

fn render_list(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = list(&page.value["list"])
        .iter()
        .map(|office| {
            let credential = text(&office["credential"]);
            vec![
                text(&office["code"]),
                text(&office["name"]),
                text(&office["tier"]),
                page.office(&office["parent"]),
                text(&office["since"]),
                if credential == "0" { page.word("cli-no") } else { page.word("cli-yes") },
                days(&office["not_after"]),
                office["renews"].as_i64().map(|at| when(&json!(at * 1000))).unwrap_or_default(),
                if office["closed"] == true { page.word("cli-closed") } else { String::new() },
            ]
        })
        .collect();
    let heads = [
        "cli-id",
        "cli-name",
        "cli-tier",
        "cli-above",
        "cli-since",
        "cli-enrolled",
        "cli-certificate",
        "cli-certificate-renews",
        "cli-closed",
    ];
    page.table(&heads, &rows);
}

/// Days until a certificate ends; negative once it has ended.
fn days(not_after: &Value) -> String {
    let left = |not_after: i64| (not_after - unix_now() as i64).div_euclid(86_400).to_string();
    not_after.as_i64().map(left).unwrap_or_default()
}

fn render_one(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-office", page.office(&value["office"]));
    page.field("cli-id", text(&value["office"]));
    page.field("cli-enrolled", Some(text(&value["credential"])).filter(|n| n != "0").unwrap_or_default());
    let until = value["not_after"].as_i64().map(|seconds| when(&json!(seconds * 1000)));
    page.field("cli-certificate-until", until.unwrap_or_default());
    page.field("cli-certificate", days(&value["not_after"]));
    let renews = value["renews"].as_i64().map(|at| when(&json!(at * 1000)));
    page.field("cli-certificate-renews", renews.unwrap_or_default());
    if let Some(why) = value["not_renewed"]["why"].as_str() {
        let why = page.word(&format!("renewal-not-{why}"));
        page.field("cli-certificate-failed", format!("{}: {why}", when(&value["not_renewed"]["at"])));
    }
    page.field("cli-revoked", Some(text(&value["revoked_up_to"])).filter(|n| n != "0").unwrap_or_default());
    let facts: Vec<Vec<String>> = list(&value["facts"])
        .iter()
        .map(|fact| {
            vec![
                text(&fact["since"]),
                text(&fact["code"]),
                text(&fact["name"]),
                text(&fact["tier"]),
                page.office(&fact["parent"]),
            ]
        })
        .collect();
    page.table(&["cli-since", "cli-id", "cli-name", "cli-tier", "cli-above"], &facts);
    let below: Vec<Vec<String>> =
        list(&value["children"]).iter().map(|child| vec![page.office(child)]).collect();
    page.table(&["cli-below"], &below);
}

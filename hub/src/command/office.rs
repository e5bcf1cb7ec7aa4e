//! `office`: the registry's facts about offices, and the codes by which their machines enrol.

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::clock::unix_now;
use truc_node::command::page::{Page, list as items, text, when};
use truc_node::command::{Context, refer, status as node};
use truc_node::derive::views::kinds::registry as views;
use truc_node::derive::views::numbers;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::identifier;
use truc_proto::registry::{Fact, Registry, Tier};
use truc_proto::wire::registry_move::Move as Word;
use truc_proto::wire::{OfficeFact, OfficeWithdrawn};

use super::code::{self, Code};
use super::import::{self, Import, day};
use super::list::{self, OfficeRow};
use crate::authority::codes::may_enrol;
use crate::hub::{Hub, HubError};

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
    #[command(
        after_help = "Example: truc-hub office show 16732\n         truc-hub office show 16732 --on 2025-07-10 --known 2025-07-05"
    )]
    Show {
        /// Code or id.
        office: String,
        /// Which fact held on this day.
        #[arg(long)]
        on: Option<String>,
        /// With --on: as was known on this day; default: as is known now.
        #[arg(long, requires = "on")]
        known: Option<String>,
    },
    /// Say with which symbols an office numbers its papers, the usual one first; none: those of its tier. Hub and offices
    /// of the province may not share one.
    #[command(
        after_help = "Example: truc-hub office symbols 40 TU VPTU UBKTTU\n         truc-hub office symbols hub TTTU --since 2027-01-01"
    )]
    Symbols(Symbols),
    /// End an office on a day; its code is free for another from then on.
    #[command(after_help = "Example: truc-hub office close 16732 --on 2027-01-01 --heir 16681")]
    Close(Close),
    /// Take back what was said by mistake: an office that nobody has used, or one fact of an office.
    #[command(
        after_help = "Example: truc-hub office withdraw 0190f0a1-…\n         truc-hub office withdraw 16732 --since 2027-01-01"
    )]
    Withdraw(Withdraw),
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

/// Options of `office symbols`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Symbols {
    /// Code or id, or `hub`.
    pub office: String,
    /// The symbols.
    pub symbols: Vec<String>,
    /// The day from which it has them; default: today.
    #[arg(long)]
    pub since: Option<String>,
}

/// Options of `office close`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Close {
    /// Code or id.
    pub office: String,
    /// The first day on which it is no more.
    #[arg(long)]
    pub on: String,
    /// An office that takes over: code or id; may be given several times.
    #[arg(long = "heir")]
    pub heirs: Vec<String>,
}

/// Options of `office withdraw`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Withdraw {
    /// Code or id. A code means the office that has it today; if none has and several had it, the id is needed.
    pub office: String,
    /// Only what was said with exactly this first day; what was true before is true again.
    #[arg(long)]
    pub since: Option<String>,
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
    /// Symbols with which it numbers its papers, separated by commas; default: as before, or those of its tier.
    #[arg(long, default_value = "")]
    pub symbols: String,
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
            Self::Show { office, on, known } => {
                let id = ever(&registry, &office, context.today())?;
                let shown = views::show(&registry, id);
                let not_renewed = hub.not_renewed(id);
                let unknown = || Failure::new(ExitCode::NotFound, "office-unknown").with("office", office);
                let mut shown = json!(shown.ok_or_else(unknown)?);
                shown["not_renewed"] = json!(not_renewed);
                shown["doubled_numbers"] = json!(hub.office.view(|views| numbers::doubled(views, id))?);
                if let Some(on) = on {
                    let on = day(&on)?;
                    let held = match known {
                        Some(known) => registry.fact_known(id, on, day(&known)?),
                        None => registry.fact_at(id, on),
                    };
                    shown["held"] = json!(held);
                }
                Ok(shown)
            }
            Self::Symbols(symbols) => symbols.execute(hub, context).await,
            Self::Close(close) => close.execute(hub, context).await,
            Self::Withdraw(withdraw) => withdraw.execute(hub, context).await,
            Self::Code(code) => code.execute(hub, context).await,
            Self::Revoke { office, reason } => {
                let id = refer::office(&registry, &office, context.today())?;
                if registry.office(id).is_none_or(|office| office.highest_credential() == 0) {
                    return Err(Failure::new(ExitCode::NotFound, "revoke-none").with("office", office));
                }
                let about = format!("{}: {reason}", code::called(&registry, id, context));
                Ok(match hub.revoke(context.author, id, reason).await? {
                    Some((up_to, position)) => {
                        // The revocation itself stands in the hub's ledger; it must not fail for the note's sake.
                        if let Err(failure) = context.accounts.note(
                            context.author,
                            "machine-revoked",
                            &about,
                            None,
                            hub.clock().now(),
                        ) {
                            tracing::warn!(%failure, "a revocation was not noted");
                        }
                        json!({ "office": id, "revoked_up_to": up_to, "position": position, "changed": true })
                    }
                    None => json!({ "office": id, "changed": false }),
                })
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
                rests(page);
            }
            Self::Close(_) => {
                page.field("cli-office", page.office(&value["office"]));
                page.field("cli-id", text(&value["office"]));
                let said = if value["changed"] == true { "line-saved" } else { "office-closed-already" };
                let said = page.word(said);
                page.line(&said);
                rests(page);
            }
            Self::Withdraw(_) => {
                page.field("cli-id", text(&value["office"]));
                let saved = page.word("office-withdrawn");
                page.line(&saved);
            }
            Self::List { .. } => render_list(page),
            Self::Show { .. } => render_one(page),
            Self::Code(code) => code.render(page),
            Self::Add(_) | Self::Symbols(_) | Self::Revoke { .. } => {
                page.field("cli-office", page.office(&value["office"]));
                page.field("cli-id", text(&value["office"]));
                page.field("cli-revoked", text(&value["revoked_up_to"]));
                page.field("cli-symbols", joined(&value["symbols"]));
                let said = match self {
                    _ if value["changed"] == true => "line-saved",
                    Self::Add(_) | Self::Symbols(_) => "office-said-already",
                    _ => "office-revoked-already",
                };
                let said = page.word(said);
                page.line(&said);
                rests(page);
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
        let symbols = list::read_symbols(&self.symbols).map_err(|symbol| wrong_symbol(&symbol))?;
        let row = OfficeRow { symbols, ..list::office(0, &code, &parent, tier.name(), &kind, &name)? };
        let stated = import::state(hub, context, std::slice::from_ref(&row), since, true).await?;
        let changed = stated.added + stated.changed > 0;
        Ok(
            json!({ "office": stated.offices[0], "changed": changed, "rests": changed && since > hub.today() }),
        )
    }
}

fn wrong_symbol(symbol: &str) -> Failure {
    Failure::new(ExitCode::Input, "symbol-form").with("symbol", symbol)
}

impl Symbols {
    async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let said = hub.today();
        let since = self.since.as_deref().map_or(Ok(said), day)?;
        let symbols = list::read_symbols(&self.symbols.join(" ")).map_err(|symbol| wrong_symbol(&symbol))?;
        let deciding = hub.decide().await;
        let registry = hub.office.registry();
        let id = refer::office(&registry, &self.office, context.today())?;
        let wrong = |key| Failure::new(ExitCode::NotAllowed, key).with("office", self.office.as_str());
        let fact = registry.fact_at(id, since).filter(|fact| !fact.closed);
        let fact = fact.ok_or_else(|| wrong("close-not-there").with("day", since.to_string()))?;
        let answer = |changed: bool| {
            let owned = Fact { symbols: symbols.clone(), ..fact.clone() };
            json!({ "office": id, "symbols": owned.symbols(), "changed": changed, "rests": changed && since > said })
        };
        if fact.symbols == symbols {
            return Ok(answer(false));
        }
        let later = registry.office(id).and_then(|known| known.facts().find(|fact| fact.since > since));
        if let Some(later) = later {
            return Err(wrong("close-later").with("day", later.since.to_string()));
        }
        let word = OfficeFact { symbols: symbols.clone(), ..anew(id, fact, since, said) };
        hub.enact(&deciding, context.author, vec![Word::Office(word)]).await.map_err(
            |error| match error {
                HubError::Inert(_) => {
                    import::doubled(&registry, id, since, &symbols).unwrap_or_else(|| error.into())
                }
                error => error.into(),
            },
        )?;
        Ok(answer(true))
    }
}

/// A fact of an office, said anew from a day on.
fn anew(id: OfficeId, fact: &Fact, since: Date, said: Date) -> OfficeFact {
    OfficeFact {
        office: id.to_wire(),
        since: since.to_string(),
        said: said.to_string(),
        tier: fact.tier.name().to_owned(),
        parent: fact.parent.map(OfficeId::to_wire).unwrap_or_default(),
        code: fact.code.clone(),
        kind: fact.kind.clone(),
        name: fact.name.clone(),
        closed: fact.closed,
        successors: fact.successors.iter().map(|heir| heir.to_wire()).collect(),
        symbols: fact.symbols.clone(),
    }
}

impl Close {
    async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let (on, said) = (day(&self.on)?, hub.today());
        let deciding = hub.decide().await;
        let registry = hub.office.registry();
        let id = ever(&registry, &self.office, context.today())?;
        let wrong = |key| Failure::new(ExitCode::NotAllowed, key).with("office", self.office.as_str());
        let heirs = self.heirs.iter().map(|heir| {
            let heir_id = ever(&registry, heir, on)?;
            let stands = registry.fact_at(heir_id, on).is_some_and(|fact| !fact.closed);
            let failure = || Failure::new(ExitCode::NotAllowed, "close-heir").with("heir", heir.as_str());
            if heir_id != id && stands { Ok(heir_id) } else { Err(failure().with("day", on.to_string())) }
        });
        let heirs = heirs.collect::<Result<Vec<_>, _>>()?;
        let fact = registry.fact_at(id, on).filter(|_| id != registry.hub());
        let fact = fact.ok_or_else(|| wrong("close-not-there").with("day", on.to_string()))?;
        if fact.closed && fact.successors == heirs {
            return Ok(json!({ "office": id, "changed": false }));
        }
        let later = registry.office(id).and_then(|known| known.facts().find(|fact| fact.since > on));
        if let Some(later) = later {
            return Err(wrong("close-later").with("day", later.since.to_string()));
        }
        let below = registry.offices().filter_map(|(below, _)| registry.fact_at(below, on));
        let mut below: Vec<&str> = below
            .filter(|fact| fact.parent == Some(id) && !fact.closed)
            .map(|fact| fact.code.as_str())
            .collect();
        if !below.is_empty() && !fact.closed {
            below.sort_unstable();
            let count = below.len();
            below.truncate(5);
            return Err(wrong("close-below").with("count", count).with("codes", below.join(", ")));
        }
        let word = Word::Office(OfficeFact {
            closed: true,
            successors: heirs.iter().map(|heir| heir.to_wire()).collect(),
            ..anew(id, fact, on, said)
        });
        hub.enact(&deciding, context.author, vec![word]).await?;
        end_codes(hub, id);
        Ok(json!({ "office": id, "changed": true, "rests": on > said }))
    }
}

impl Withdraw {
    async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let deciding = hub.decide().await;
        let registry = hub.office.registry();
        let id = ever(&registry, &self.office, context.today())?;
        let since = self.since.as_deref().map(day).transpose()?;
        let known = registry.office(id).filter(|_| id != registry.hub());
        let meant = |fact: &&Fact| since.is_none_or(|since| fact.since == since);
        let (all, meant) =
            known.map_or((0, 0), |known| (known.facts().count(), known.facts().filter(meant).count()));
        if meant == 0 {
            let none = Failure::new(ExitCode::NotFound, "withdraw-nothing").with("office", self.office);
            return Err(none.with("day", since.map_or_else(|| "none".to_owned(), |since| since.to_string())));
        }
        if meant == all {
            let unused = registry.is_unused(id);
            if unused && !hub.wait_mail().await? {
                // Nobody knows whether it was sent anything.
                return Err(Failure::new(ExitCode::Store, "withdraw-wait").with("office", self.office));
            }
            if !unused || hub.is_addressed(id)? {
                return Err(Failure::new(ExitCode::NotAllowed, "withdraw-used").with("office", self.office));
            }
        }
        let word = Word::Withdrawn(OfficeWithdrawn {
            office: id.to_wire(),
            since: since.map(|since| since.to_string()).unwrap_or_default(),
            said: hub.today().to_string(),
        });
        hub.enact(&deciding, context.author, vec![word]).await?;
        end_codes(hub, id);
        Ok(json!({ "office": id }))
    }
}

/// Ends the open codes of an office that may have no machine any more. They would be refused: so an error changes nothing.
fn end_codes(hub: &Hub, office: OfficeId) {
    if may_enrol(&hub.office.registry(), office) {
        return;
    }
    if let Err(error) = hub.codes.end_open(office, hub.clock().now()) {
        tracing::warn!(%error, "the codes of an office that is no more could not be ended");
    }
}

/// The office that a code or id means; also one that has ended or is still to come, if it is the only one of the code.
fn ever(registry: &Registry, text: &str, today: Date) -> Result<OfficeId, Failure> {
    let found = refer::office(registry, text, today);
    let code = identifier::code(text).unwrap_or_default();
    let holders: Vec<OfficeId> = registry.holders(&code).collect();
    match (found, &holders[..]) {
        (Err(_), [one]) => Ok(*one),
        (Err(_), [_, _, ..]) => {
            let ids: Vec<String> = holders.iter().map(ToString::to_string).collect();
            let several = Failure::new(ExitCode::Input, "office-several").with("office", text);
            Err(several.with("ids", ids.join(", ")))
        }
        (found, _) => found,
    }
}

/// Says that what was written takes effect on its day only.
fn rests(page: &mut Page<'_>) {
    if page.value["rests"] == true {
        let rests = page.word("office-rests");
        page.line(&rests);
    }
}

/// Symbols, as people read them.
fn joined(symbols: &Value) -> String {
    items(symbols).iter().map(text).collect::<Vec<_>>().join(", ")
}

fn render_list(page: &mut Page<'_>) {
    let rows: Vec<Vec<String>> = items(&page.value["list"])
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
    let facts: Vec<Vec<String>> = items(&value["facts"])
        .iter()
        .map(|fact| {
            vec![
                text(&fact["since"]),
                text(&fact["said"]),
                text(&fact["code"]),
                text(&fact["name"]),
                text(&fact["tier"]),
                page.office(&fact["parent"]),
                joined(&fact["symbols"]),
                if fact["closed"] == true { page.word("cli-closed") } else { String::new() },
                text(&fact["withdrawn"]),
            ]
        })
        .collect();
    let heads = [
        "cli-since",
        "cli-said",
        "cli-id",
        "cli-name",
        "cli-tier",
        "cli-above",
        "cli-symbols",
        "cli-closed",
        "cli-withdrawn",
    ];
    page.table(&heads, &facts);
    node::render_doubled(page);
    if !value["held"].is_null() {
        page.field("cli-held", text(&value["held"]["name"]));
    }
    let below: Vec<Vec<String>> =
        items(&value["children"]).iter().map(|child| vec![page.office(child)]).collect();
    page.table(&["cli-below"], &below);
}

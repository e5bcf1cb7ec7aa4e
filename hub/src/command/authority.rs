//! `authority`: who issues certificates, and how another takes over.

use std::path::PathBuf;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::Context;
use truc_node::command::page::{Page, list, text, when};
use truc_node::identity::certificate::{self, fingerprint};
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::id::OfficeId;

use crate::authority::Authority;
use crate::authority::rollover::Authorities;
use crate::config::Config;
use crate::hub::Hub;
use crate::trust::keeper::announce;

/// How many offices a refusal names; the others are only counted.
const NAMED: usize = 5;

/// The subcommands of `authority`.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Who issues certificates, until when, and who has not followed yet while another takes over.
    #[command(after_help = "Example: truc-hub authority show")]
    Show,
    /// Let a new authority take over. Both are trusted until the old one is retired; machines change their
    /// certificates when they call.
    #[command(
        after_help = "Example: truc-hub authority roll\n         truc-hub authority roll --from /root/new-authority"
    )]
    Roll {
        /// Folder with `authority.key` and `authority.crt` of an authority made elsewhere; without it, one is made.
        #[arg(long)]
        from: Option<PathBuf>,
    },
    /// End the old authority. What it issued is refused from then on.
    #[command(after_help = "Example: truc-hub authority retire")]
    Retire {
        /// Although some offices have not followed: they must be enrolled again.
        #[arg(long)]
        anyway: bool,
    },
}

impl Verb {
    pub(super) async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let dir = hub.office.dir();
        let authorities = match self {
            Self::Show => Authorities::load(dir)?,
            Self::Roll { from } => {
                let now = hub.clock().now();
                let day = context.today();
                let name = format!("{} {day}", Config::load(dir)?.name);
                let rolled = Authorities::roll(dir, from.as_deref(), &name, now)?;
                announce(hub, &rolled, context.author).await?;
                rolled
            }
            Self::Retire { anyway } => {
                if Authorities::load(dir)?.next.is_none() {
                    return Err(Failure::new(ExitCode::NotFound, "authority-retire-none"));
                }
                let waiting = waiting(hub, &Authorities::load(dir)?);
                if !waiting.is_empty() && !anyway {
                    return Err(not_yet(hub, &waiting));
                }
                let retired = Authorities::retire(dir)?;
                announce(hub, &retired, context.author).await?;
                retired
            }
        };
        let waiting = waiting(hub, &authorities);
        let next = authorities.next.iter().map(|next| about(next, false));
        let each: Vec<Value> = next.chain([about(&authorities.current, true)]).collect();
        Ok(json!({ "authorities": each, "waiting": waiting }))
    }

    pub(super) fn render(&self, page: &mut Page<'_>) {
        let value = page.value;
        let rows: Vec<Vec<String>> = list(&value["authorities"])
            .iter()
            .map(|one| {
                let role =
                    if one["at_work"] == true { "cli-authority-at-work" } else { "cli-authority-next" };
                vec![
                    text(&one["authority"]),
                    page.word(role),
                    when(&json!(one["ends"].as_i64().unwrap_or(0) * 1000)),
                ]
            })
            .collect();
        page.table(&["cli-authority", "cli-authority-role", "cli-ends"], &rows);
        let waiting: Vec<Vec<String>> =
            list(&value["waiting"]).iter().map(|office| vec![page.office(office)]).collect();
        page.table(&["cli-waiting-for"], &waiting);
        let said = match self {
            Self::Show => return,
            Self::Roll { .. } => "authority-rolled",
            Self::Retire { .. } => "authority-retired",
        };
        let said = page.word(said);
        page.line(&said);
    }
}

fn about(authority: &Authority, at_work: bool) -> Value {
    json!({
        "authority": authority.fingerprint(),
        "issuing": authority.between().first().map(|issuing| fingerprint(issuing)),
        "ends": authority.ends(),
        "trusted_ends": certificate::life(authority.certificate()).ok().map(|(_, ends)| ends),
        "at_work": at_work,
    })
}

/// Enrolled offices that would be shut out if the old authority ended now: their machine has not shown a certificate of
/// the new one in a session. Issuing one is not enough: the machine may have failed before it stored it.
fn waiting(hub: &Hub, authorities: &Authorities) -> Vec<OfficeId> {
    let trusted = authorities.trusted();
    let [newest, _, ..] = &trusted[..] else { return Vec::new() };
    let registry = hub.office.registry();
    let mut waiting: Vec<OfficeId> = registry
        .offices()
        .filter(|(id, _)| registry.is_open(*id))
        .filter_map(|(id, _)| Some((id, registry.credential(id)?)))
        .filter(|(id, credential)| !hub.followed.has(*id, credential, newest))
        .map(|(id, _)| id)
        .collect();
    waiting.sort_unstable();
    waiting
}

fn not_yet(hub: &Hub, waiting: &[OfficeId]) -> Failure {
    let registry = hub.office.registry();
    let name = |id: &OfficeId| {
        let fact = registry.office(*id).and_then(|office| office.current());
        fact.map_or_else(|| id.to_string(), |fact| fact.committee())
    };
    let mut named: Vec<String> = waiting.iter().take(NAMED).map(name).collect();
    if waiting.len() > NAMED {
        named.push("…".to_owned());
    }
    Failure::new(ExitCode::NotAllowed, "authority-retire-waiting")
        .with("count", waiting.len())
        .with("offices", named.join("; "))
}

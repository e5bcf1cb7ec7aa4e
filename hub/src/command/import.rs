//! `office import`: turns a list of offices into facts of the registry. Only what differs is written.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::Context;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::identifier;
use truc_proto::registry::{Fact, Registry};
use truc_proto::wire::OfficeFact;
use truc_proto::wire::registry_move::Move as Word;
use uuid::Uuid;

use super::list::{self, OfficeRow};
use crate::hub::{Hub, HubError};

/// Largest size of a list, bytes: a wrong file is refused before it is read.
pub(crate) const LIST: u64 = 8 * 1024 * 1024;

/// Options of `office import`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Import {
    /// A table as a spreadsheet saves it (CSV, or text with tabs or semicolons) with the columns code, parent_code,
    /// tier, kind, name (and name_ascii, symbols).
    pub file: PathBuf,
    /// The day from which the list is true.
    #[arg(long, default_value = "2025-07-01")]
    pub since: String,
    /// Offices whose codes the list gives to other names are the same offices, and have these names from that day on.
    #[arg(long)]
    pub rename: bool,
    /// Rows of the list, read in the process where the command was typed.
    #[arg(skip)]
    pub rows: Vec<OfficeRow>,
}

impl Import {
    /// Reads the list.
    pub fn prepare(&mut self) -> Result<(), Failure> {
        let path = &self.file;
        let size = path.metadata().map_err(|error| Failure::io(path, error))?.len();
        if size > LIST {
            let large = Failure::new(ExitCode::Input, "list-too-large");
            return Err(large.sized("size", size).sized("limit", LIST).about(path.display()));
        }
        let bytes = std::fs::read(path).map_err(|error| Failure::io(path, error))?;
        self.rows = list::read(&bytes).map_err(|failure| failure.about(path.display()))?;
        Ok(())
    }

    pub(super) async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let since = day(&self.since)?;
        let stated = state(hub, context, &self.rows, since, self.rename).await;
        let stated = stated.map_err(|failure| failure.about(self.file.display()))?;
        Ok(json!({
            "added": stated.added, "changed": stated.changed, "unchanged": self.rows.len() - stated.added - stated.changed,
            "rests": since > hub.today(),
        }))
    }
}

/// What became of rows.
pub(super) struct Stated {
    /// The office of each row.
    pub offices: Vec<OfficeId>,
    /// How many of them are new.
    pub added: usize,
    /// Of how many something else was said before.
    pub changed: usize,
}

/// Says of the offices in the rows what differs from what is true on a day: all of it takes effect, or nothing is
/// written. `rename`: whether an office that is there may get another name.
pub(super) async fn state(
    hub: &Hub,
    context: &Context<'_>,
    rows: &[OfficeRow],
    since: Date,
    rename: bool,
) -> Result<Stated, Failure> {
    let deciding = hub.decide().await;
    let registry = hub.office.registry();
    list::check(rows, &registry, since)?;
    if let Some(renamed) = list::renamed(rows, &registry, since).filter(|_| !rename) {
        return Err(renamed);
    }
    let mut ids: HashMap<&str, OfficeId> = HashMap::new();
    let mut stated = Stated { offices: Vec::with_capacity(rows.len()), added: 0, changed: 0 };
    let (mut words, mut differing) = (Vec::new(), Vec::new());
    for row in rows {
        let known = registry.by_code(&row.code, since);
        let id = known.unwrap_or_else(|| OfficeId(Uuid::new_v4()));
        ids.insert(row.code.as_str(), id);
        stated.offices.push(id);
        let parent = match row.parent.as_str() {
            "" => registry.hub(),
            // The list was checked: parents come before their children, or are in the registry.
            code => {
                let listed = ids.get(code).copied().or_else(|| registry.by_code(code, since));
                listed.unwrap_or_else(|| registry.hub())
            }
        };
        let before = known.and_then(|id| registry.fact_at(id, since));
        match before {
            Some(fact) if same(fact, row, parent) => continue,
            Some(_) => stated.changed += 1,
            None => stated.added += 1,
        }
        let symbols = match &row.symbols[..] {
            [] => before.map(|fact| fact.symbols.clone()).unwrap_or_default(),
            said => said.to_vec(),
        };
        words.push(Word::Office(OfficeFact { symbols, ..fact(id, row, parent, since, hub.today()) }));
        differing.push((row, id));
    }
    let inert = |number: usize| {
        let (row, id) = differing.get(number)?;
        let below = registry.children(*id).filter_map(|child| registry.office(child)?.current());
        let low = list::too_low(row, below.filter(|fact| fact.tier <= row.tier));
        low.or_else(|| doubled(&registry, *id, since, &row.symbols))
    };
    hub.enact(&deciding, context.author, words).await.map_err(|error| match error {
        HubError::Inert(number) => inert(number).unwrap_or_else(|| error.into()),
        error => error.into(),
    })?;
    Ok(stated)
}

/// That the hub and a province's office would number in one series, if that is why a word has no effect.
pub(super) fn doubled(registry: &Registry, id: OfficeId, since: Date, symbols: &[String]) -> Option<Failure> {
    let theirs = |other: &OfficeId| {
        let fact = registry.fact_at(*other, since);
        fact.is_some_and(|fact| fact.symbols().iter().any(|own| symbols.iter().any(|symbol| symbol == own)))
    };
    let hub = registry.hub();
    let owner = if id == hub { registry.children(hub).find(theirs) } else { Some(hub).filter(theirs) }?;
    let failure = Failure::new(ExitCode::NotAllowed, "symbol-doubled").with("symbols", symbols.join(", "));
    Some(failure.with("owner", registry.name_at(owner, since).unwrap_or_default()))
}

fn same(fact: &Fact, row: &OfficeRow, parent: OfficeId) -> bool {
    fact.tier == row.tier
        && fact.parent == Some(parent)
        && fact.code == row.code
        && fact.kind == row.kind
        && fact.name == row.name
        && !fact.closed
        && (row.symbols.is_empty() || fact.symbols == row.symbols)
}

/// The fact of the registry that a row states.
fn fact(id: OfficeId, row: &OfficeRow, parent: OfficeId, since: Date, said: Date) -> OfficeFact {
    OfficeFact {
        office: id.to_wire(),
        since: since.to_string(),
        tier: row.tier.name().to_owned(),
        parent: parent.to_wire(),
        code: row.code.clone(),
        kind: row.kind.clone(),
        name: row.name.clone(),
        closed: false,
        successors: Vec::new(),
        said: said.to_string(),
        symbols: Vec::new(),
    }
}

/// Reads a day as people write it.
pub(crate) fn day(text: &str) -> Result<Date, Failure> {
    identifier::day(text).map_err(|_| Failure::new(ExitCode::Input, "value-wrong").with("value", text))
}

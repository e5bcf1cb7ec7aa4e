//! `office import`: turns a list of offices into facts of the registry. Only what differs is written.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use truc_node::command::Context;
use truc_node::words::failure::{ExitCode, Failure};
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::registry::Fact;
use truc_proto::wire::OfficeFact;
use truc_proto::wire::registry_move::Move as Word;
use uuid::Uuid;

use super::list::{self, OfficeRow};
use crate::hub::Hub;

/// Largest size of a list, bytes: a wrong file is refused before it is read.
pub(crate) const LIST: u64 = 8 * 1024 * 1024;

/// Options of `office import`.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Import {
    /// A table as a spreadsheet saves it (CSV, or text with tabs or semicolons) with the columns code, parent_code,
    /// tier, kind, name (and name_ascii).
    pub file: PathBuf,
    /// The day from which the list is true.
    #[arg(long, default_value = "2025-07-01")]
    pub since: String,
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
            return Err(large.with("size", size).with("limit", LIST).about(path.display()));
        }
        let bytes = std::fs::read(path).map_err(|error| Failure::io(path, error))?;
        self.rows = list::read(&bytes).map_err(|failure| failure.about(path.display()))?;
        Ok(())
    }

    pub(super) async fn execute(self, hub: &Hub, context: &Context<'_>) -> Result<Value, Failure> {
        let since = day(&self.since)?;
        let _one_at_a_time = hub.decide().await;
        let registry = hub.office.registry();
        list::check(&self.rows, &registry, since).map_err(|failure| failure.about(self.file.display()))?;
        let mut ids = std::collections::HashMap::new();
        let (mut added, mut changed) = (0, 0);
        let mut words = Vec::new();
        for row in &self.rows {
            let known = registry.by_code(&row.code, since);
            let id = known.unwrap_or_else(|| OfficeId(Uuid::new_v4()));
            ids.insert(row.code.as_str(), id);
            let parent = match row.parent.as_str() {
                "" => registry.hub(),
                // The list was checked: parents come before their children, or are in the registry.
                code => {
                    let listed = ids.get(code).copied().or_else(|| registry.by_code(code, since));
                    listed.unwrap_or_else(|| registry.hub())
                }
            };
            match known.and_then(|id| registry.fact_at(id, since)) {
                Some(fact) if same(fact, row, parent) => continue,
                Some(_) => changed += 1,
                None => added += 1,
            }
            words.push((fact(id, row, parent, since, hub.today()), hub.everybody()));
        }
        let unchanged = self.rows.len() - added - changed;
        say(hub, context.author, words).await?;
        Ok(
            json!({ "added": added, "changed": changed, "unchanged": unchanged, "rests": since > hub.today() }),
        )
    }
}

/// Writes facts of the registry in one go; does nothing if there are none.
pub(super) async fn say(hub: &Hub, author: &str, words: Vec<(Word, Vec<Scope>)>) -> Result<(), Failure> {
    if words.is_empty() {
        return Ok(());
    }
    Ok(hub.say_all(author, words).await?)
}

fn same(fact: &Fact, row: &OfficeRow, parent: OfficeId) -> bool {
    fact.tier == row.tier
        && fact.parent == Some(parent)
        && fact.code == row.code
        && fact.kind == row.kind
        && fact.name == row.name
        && !fact.closed
}

/// The fact of the registry that a row states.
pub(super) fn fact(id: OfficeId, row: &OfficeRow, parent: OfficeId, since: Date, said: Date) -> Word {
    Word::Office(OfficeFact {
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
    })
}

/// Reads a day as people write it: `2025-07-01`.
pub(crate) fn day(text: &str) -> Result<Date, Failure> {
    text.parse().map_err(|_| Failure::new(ExitCode::Input, "value-wrong").with("value", text))
}

//! `backup` and `restore`: a store as one file, and back, for nodes and hubs. A backup can be made while the store is
//! in use.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use truc_proto::id::OfficeId;

use super::page::{Page, text, when};
use crate::backup::{self, ENDING, Made, Manifest, PREPARING, StoreKind, prefix};
use crate::clock::unix_millis;
use crate::words::failure::{ExitCode, Failure};

/// Where to, and what.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// The file to make; a folder, where it gets a name of its own; `-` for standard output.
    pub to: PathBuf,
    /// In a folder: afterwards keep only so many of this office's newest.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: Option<u16>,
    /// Leave attachments out: after a restore they come again from the hub.
    #[arg(long)]
    pub no_attachments: bool,
}

/// Where from.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The backup; `-` for standard input.
    pub from: PathBuf,
}

impl Backup {
    /// Makes the backup.
    pub fn execute(&self, dir: &Path, kind: StoreKind, office: OfficeId) -> Result<Value, Failure> {
        let files = !self.no_attachments;
        if self.to == Path::new("-") {
            let mut out = io::stdout().lock();
            if out.is_terminal() {
                return Err(Failure::new(ExitCode::Usage, "backup-terminal"));
            }
            let made = backup::make_into(dir, kind, office, files, &mut out)?;
            noted(dir, &made, None)?;
            return Ok(Value::Null);
        }
        // A folder that is not there (a disk that is not mounted) must not become a file of that name.
        if self.keep.is_some() && !self.to.is_dir() {
            return Err(Failure::new(ExitCode::Input, "backup-no-folder").about(self.to.display()));
        }
        let to = if self.to.is_dir() {
            drop_unfinished(&self.to, office)?;
            self.to.join(backup::name(office))
        } else {
            self.to.clone()
        };
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        let made = backup::make(dir, kind, office, &to, files, &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        noted(dir, &made, Some(&to))?;
        let dropped = match self.keep {
            Some(keep) => drop_older(&self.to, office, usize::from(keep))?,
            None => 0,
        };
        Ok(told(&made, Some(&to), dropped))
    }
}

impl Restore {
    /// Restores the store into `dir`; `finish` as for [`backup::restore`].
    pub fn execute(
        &self,
        dir: &Path,
        kind: StoreKind,
        finish: impl FnOnce(&Path, &Manifest) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let restored = if self.from == Path::new("-") {
            backup::restore(dir, kind, io::stdin().lock(), finish)?
        } else {
            let file = File::open(&self.from).map_err(|error| Failure::io(&self.from, error))?;
            backup::restore(dir, kind, io::BufReader::new(file), finish)?
        };
        let manifest = &restored.manifest;
        Ok(json!({
            "office": manifest.office, "taken": manifest.taken, "journal": manifest.position,
            "age_seconds": unix_millis().saturating_sub(manifest.taken) / 1000,
            "unreceipted": restored.unreceipted, "dir": dir,
        }))
    }
}

/// Notes the backup beside the store, if the disk takes the note: the backup is made all the same.
fn noted(dir: &Path, made: &Made, to: Option<&Path>) -> Result<(), Failure> {
    match backup::note(dir, made, to) {
        Err(failure) if failure.exit == ExitCode::CannotWrite => {
            tracing::warn!(%failure, "that a backup was made is not noted");
            Ok(())
        }
        noted => noted,
    }
}

fn told(made: &Made, to: Option<&Path>, dropped: usize) -> Value {
    let manifest = &made.manifest;
    json!({
        "file": to, "bytes": made.bytes, "office": manifest.office, "taken": manifest.taken,
        "journal": manifest.position, "files": manifest.files.len(), "dropped": dropped,
    })
}

/// Removes the remains of this office's interrupted backups: they are full copies and fill the disk.
fn drop_unfinished(folder: &Path, office: OfficeId) -> Result<(), Failure> {
    let at = |error| Failure::io(folder, error);
    for found in std::fs::read_dir(folder).map_err(at)? {
        let path = found.map_err(at)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(&prefix(office)) && name.ends_with(&format!(".{ENDING}.{PREPARING}")) {
            std::fs::remove_dir_all(&path).map_err(at)?;
        }
    }
    Ok(())
}

/// Removes the oldest of this office's backups that have generated names.
fn drop_older(folder: &Path, office: OfficeId, keep: usize) -> Result<usize, Failure> {
    let at = |error| Failure::io(folder, error);
    let mut mine = Vec::new();
    for found in std::fs::read_dir(folder).map_err(at)? {
        let path = found.map_err(at)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(&prefix(office)) && name.ends_with(&format!(".{ENDING}")) {
            mine.push(path);
        }
    }
    mine.sort_unstable();
    let older = mine.len().saturating_sub(keep);
    for path in &mine[..older] {
        std::fs::remove_file(path).map_err(|error| Failure::io(path, error))?;
    }
    Ok(older)
}

/// Renders a finished backup for people.
pub fn render_made(page: &mut Page<'_>) {
    let value = page.value;
    if value.is_null() {
        return;
    }
    page.field("cli-file", text(&value["file"]));
    page.field("cli-size", text(&value["bytes"]));
    page.field("cli-journal", text(&value["journal"]));
    let line = page.word("backup-made");
    page.line(&line);
}

/// Renders a restored store for people.
pub fn render_restored(page: &mut Page<'_>) {
    let value = page.value;
    page.field("cli-id", text(&value["office"]));
    page.field("cli-backup-taken", when(&value["taken"]));
    page.field("cli-journal", text(&value["journal"]));
    page.field("cli-unreceipted", text(&value["unreceipted"]));
    let line = page.word("restore-done");
    page.line(&line);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_this_offices_own_backups_are_dropped_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let office = |number| OfficeId(uuid::Uuid::from_u128(number));
        let touch = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
        for time in 1..=4 {
            touch(&format!("{}-{time:013}.{ENDING}", prefix(office(1))));
        }
        touch(&backup::name(office(2)));
        touch("truc.backup");
        assert_eq!(drop_older(folder.path(), office(1), 2).unwrap(), 2);
        assert_eq!(drop_older(folder.path(), office(1), 2).unwrap(), 0);
        assert!(!folder.path().join(format!("{}-{:013}.{ENDING}", prefix(office(1)), 2)).exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
    }
}

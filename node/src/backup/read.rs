//! Reading a backup: verifying it, and restoring its store into a folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use truc_proto::limits;

use super::{FORMAT, MANIFEST, Manifest, Member, StoreKind, Sum, belongs, checked, damaged};
use crate::accounts::{ACCOUNTS, Accounts, Realm};
use crate::fault;
use crate::identity::{IDENTITY, keys};
use crate::store::journal::{self, JOURNAL, Journal, Reads};
use crate::store::lock::{LOCK, Lock};
use crate::words::failure::{ExitCode, Failure};

/// Subfolder where a store is put together; while it exists, a restore is unfinished.
pub(super) const STAGE: &str = "restoring";
/// The hub's configuration: a folder without it is no hub's.
const CONFIG: &str = "hub.toml";

/// A store that was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The backup's manifest.
    pub manifest: Manifest,
    /// Own entries in the backup that have no receipt of the hub yet.
    pub unreceipted: u64,
}

/// Checks an archive against the manifest that was written into it.
pub(super) fn verify(archive: impl Read, manifest: &Manifest) -> Result<(), Failure> {
    let found = each(archive, |_, _| Ok(Box::new(io::sink())))?;
    if found == *manifest { Ok(()) } else { Err(damaged(MANIFEST)) }
}

/// Restores the store of an archive into `dir`, which must be empty: what is left of another store, even a database's
/// log, would be taken for a part of this one. A node's store is marked as behind, so
/// that it takes back from the hub what came later. `finish` adds what the archive does not hold, in the folder where
/// the parts are put together. After a failure there is no store in `dir`.
pub fn restore(
    dir: &Path,
    kind: StoreKind,
    archive: impl Read,
    finish: impl FnOnce(&Path, &Manifest) -> Result<(), Failure>,
) -> Result<Restored, Failure> {
    let lock = Lock::take(dir)?;
    let stage = dir.join(STAGE);
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::io(&path, error)
    };
    let occupied = |found: &str| {
        Failure::new(ExitCode::Store, "restore-occupied").with("found", found).about(dir.display())
    };
    let there = [JOURNAL, IDENTITY, CONFIG].into_iter().find(|name| dir.join(name).exists());
    if stage.exists() {
        // That restore has ended except for removing this folder, so the store may have been used since.
        let ended = there.filter(|_| fs::read_dir(&stage).is_ok_and(|mut rest| rest.next().is_none()));
        fs::remove_dir_all(&stage).map_err(at(&stage))?;
        if let Some(found) = ended {
            return Err(occupied(found));
        }
    } else if let Some(found) = foreign(dir)? {
        return Err(occupied(&found));
    }
    keys::make_folder(&stage)?;
    fault::point("restore.stage.after");
    let put = put(&stage, kind, archive).and_then(|restored| {
        finish(&stage, &restored.manifest)?;
        keys::sync_folder(&stage)?;
        fault::point("restore.put.after");
        Ok(restored)
    });
    let restored = match put {
        Ok(restored) => restored,
        Err(failure) => {
            // Best effort: leftovers are no store, and the next restore removes them.
            let _ = fs::remove_dir_all(&stage);
            return Err(failure);
        }
    };
    // What makes the folder a store is moved last.
    let mut names: Vec<_> = fs::read_dir(&stage)
        .and_then(|all| all.map(|found| Ok(found?.file_name())).collect::<io::Result<_>>())
        .map_err(at(&stage))?;
    names.sort_by_key(|name| name == IDENTITY || name == CONFIG);
    for name in names {
        let to = dir.join(&name);
        if to.is_dir() {
            fs::remove_dir_all(&to).map_err(at(&to))?;
        }
        fault::point("restore.rename.before");
        fs::rename(stage.join(&name), &to).map_err(at(&to))?;
        keys::sync_folder(dir)?;
        fault::point("restore.rename.after");
    }
    fs::remove_dir(&stage).map_err(at(&stage))?;
    keys::sync_folder(dir)?;
    fault::point("restore.end.after");
    let end = journal::open_own_reader(&dir.join(JOURNAL), restored.manifest.office)
        .and_then(|conn| Reads::new(&conn, restored.manifest.office).end())?;
    if (end.position, end.running) != (restored.manifest.position, restored.manifest.running) {
        return Err(damaged(JOURNAL));
    }
    drop(lock);
    Ok(restored)
}

/// Something in the folder that a restore would not put there, if there is anything.
fn foreign(dir: &Path) -> Result<Option<String>, Failure> {
    let at = |error| Failure::io(dir, error);
    for found in fs::read_dir(dir).map_err(at)? {
        let name = found.map_err(at)?.file_name().to_string_lossy().into_owned();
        // The lock is this restore's own; a disk mounted here has the other.
        if name != LOCK && name != "lost+found" {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn put(stage: &Path, kind: StoreKind, archive: impl Read) -> Result<Restored, Failure> {
    let manifest = each(archive, |manifest, member| {
        if manifest.kind != kind {
            return Err(Failure::new(ExitCode::Input, "backup-other-kind"));
        }
        let path = stage.join(&member.path);
        if let Some(folder) = path.parent() {
            keys::make_folder(folder)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        Ok(Box::new(Flushed(file.map_err(|error| Failure::io(&path, error))?)))
    })?;
    let path = stage.join(JOURNAL);
    let end = checked(&path, manifest.office)?;
    if (end.position, end.running) != (manifest.position, manifest.running) {
        return Err(damaged(JOURNAL));
    }
    let mut journal = Journal::open(&path, manifest.office, kind != StoreKind::Node)?;
    if kind == StoreKind::Node {
        journal.group(|journal| journal.set_resuming(true))?;
    }
    fault::point("restore.mark.after");
    let unreceipted = journal.reads().unreceipted()?;
    drop(journal);
    if stage.join(ACCOUNTS).exists() {
        let realm = if kind == StoreKind::Hub { Realm::Console } else { Realm::Desk };
        // A restore ends all logins of that time.
        Accounts::open(stage, realm)?.end_all_sessions()?;
    }
    for member in &manifest.files {
        for folder in stage.join(&member.path).ancestors().skip(1).take_while(|folder| *folder != stage) {
            keys::sync_folder(folder)?;
        }
    }
    Ok(Restored { manifest, unreceipted })
}

/// Target of a member's bytes.
trait Sink: Write {
    /// Makes the bytes durable.
    fn done(&mut self) -> io::Result<()>;
}

impl Sink for io::Sink {
    fn done(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Flushed(fs::File);

impl Write for Flushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sink for Flushed {
    fn done(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Reads an archive, each member into the sink that `open` gives; fails unless it holds every member, whole, and
/// nothing else.
fn each(
    archive: impl Read,
    mut open: impl FnMut(&Manifest, &Member) -> Result<Box<dyn Sink>, Failure>,
) -> Result<Manifest, Failure> {
    let not_one = || Failure::new(ExitCode::Input, "backup-not-one");
    let mut archive = tar::Archive::new(archive);
    let mut members = archive.entries().map_err(|error| not_one().because(error))?;
    let mut first = match members.next() {
        Some(Ok(first)) => first,
        Some(Err(error)) => return Err(not_one().because(error)),
        None => return Err(not_one()),
    };
    if first.path().map_err(|error| not_one().because(error))? != Path::new(MANIFEST) {
        return Err(not_one());
    }
    let mut about = Vec::new();
    (&mut first).take(limits::BACKUP_MANIFEST).read_to_end(&mut about)?;
    let form: Form = serde_json::from_slice(&about).map_err(|error| not_one().because(error))?;
    if form.format > FORMAT {
        return Err(Failure::new(ExitCode::Store, "store-newer").with("version", i64::from(form.format)));
    }
    let manifest: Manifest =
        serde_json::from_slice(&about).map_err(|error| damaged(MANIFEST).because(error))?;
    for expected in &manifest.files {
        let name = expected.path.display();
        if !belongs(&expected.path) {
            return Err(damaged(name));
        }
        let Some(member) = members.next() else { return Err(damaged(name).because("missing")) };
        let mut member = member.map_err(|error| damaged(&name).because(error))?;
        let path: PathBuf = member.path().map_err(|error| damaged(&name).because(error))?.into_owned();
        if path != expected.path || member.header().entry_type() != tar::EntryType::Regular {
            return Err(damaged(name).because("another member is in its place"));
        }
        let mut sink = open(&manifest, expected)?;
        let mut sum = Sum::default();
        let mut buffer = vec![0; limits::CHUNK];
        loop {
            let read = match member.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) => return Err(damaged(name).because(error)),
            };
            sum.write_all(&buffer[..read])?;
            sink.write_all(&buffer[..read])?;
        }
        if sum.finish() != (expected.size, expected.sha256) {
            return Err(damaged(name));
        }
        sink.done()?;
    }
    match members.next() {
        None => Ok(manifest),
        Some(_) => Err(damaged(MANIFEST).because("more members than it names")),
    }
}

/// The part of a manifest that every version has.
#[derive(serde::Deserialize)]
struct Form {
    format: u32,
}

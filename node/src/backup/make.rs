//! Making a backup: copies of the databases as of one moment, checked; then the archive, read back before it counts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use truc_proto::id::{Hash, OfficeId};

use super::{
    DATABASES, FOLDERS, FORMAT, LAST, Last, MANIFEST, Manifest, Member, StoreKind, Sum, checked, ending, read,
};
use crate::clock::unix_millis;
use crate::fault;
use crate::identity::{keys, sealing};
use crate::store::attachments;
use crate::store::journal::JOURNAL;
use crate::store::reading;
use crate::store::uploads;
use crate::words::failure::{ExitCode, Failure};

/// Ending of the folder in which a backup is prepared. It is removed when the backup is made; if that was cut off, by
/// the next backup of the same name or into the same folder.
pub(crate) const PREPARING: &str = "new";

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The backup's manifest.
    pub manifest: Manifest,
    /// Size of the archive, bytes.
    pub bytes: u64,
}

/// Called with bytes done and bytes in all.
pub(super) type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Makes a backup of the store in `dir`, which may be in use, as the file `to`, with or without attachments. The file
/// gets its name only after it was flushed, read back and found good.
pub fn make(
    dir: &Path,
    kind: StoreKind,
    office: OfficeId,
    to: &Path,
    files: bool,
    told: Progress<'_>,
) -> Result<Made, Failure> {
    let mut name = to.file_name().ok_or_else(|| Failure::new(ExitCode::Input, "io-not-a-folder"))?.to_owned();
    name.push(format!(".{PREPARING}"));
    let folder = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let preparing = folder.join(name);
    if to.exists() {
        // Left by a backup that was cut off after the file had its name: it was made all the same.
        let _ = fs::remove_dir_all(&preparing);
        return Err(Failure::new(ExitCode::Input, "backup-exists").about(to.display()));
    }
    let prepared = Prepared::new(dir, kind, office, preparing, files)?;
    let archive = prepared.folder.join("archive");
    let at = |error| Failure::io(&archive, error);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&archive).map_err(at)?;
    let mut file = BufWriter::new(file);
    prepared.write(&mut file, told)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error).map_err(at)?;
    file.sync_all().map_err(at)?;
    fault::point("backup.write.after");
    let bytes = file.metadata().map_err(at)?.len();
    read::verify(File::open(&archive).map_err(at)?, &prepared.manifest)?;
    fault::point("backup.rename.before");
    fs::rename(&archive, to).map_err(|error| Failure::io(to, error))?;
    keys::sync_folder(folder)?;
    fault::point("backup.rename.after");
    Ok(prepared.made(bytes))
}

/// Writes a backup of the store in `dir` to `out`: its parts are checked, the archive is not read back.
pub fn make_into(
    dir: &Path,
    kind: StoreKind,
    office: OfficeId,
    files: bool,
    out: &mut dyn Write,
) -> Result<Made, Failure> {
    let name = format!("backup.{PREPARING}");
    let prepared = match Prepared::new(dir, kind, office, dir.join(&name), files) {
        // The store's disk takes no copy: the one for temporary files may.
        Err(failure) if failure.exit == ExitCode::CannotWrite => {
            let place = std::env::temp_dir().join(format!("truc-{}-{name}", std::process::id()));
            Prepared::new(dir, kind, office, place, files).map_err(|_| failure)?
        }
        prepared => prepared?,
    };
    let bytes = prepared.write(out, &mut |_, _| {})?;
    Ok(prepared.made(bytes))
}

/// Notes beside the store that a backup was made; desk and status read the note.
pub fn note(dir: &Path, made: &Made, to: Option<&Path>) -> Result<(), Failure> {
    let last = Last {
        taken: made.manifest.taken,
        to: to.map(|to| std::path::absolute(to).unwrap_or_else(|_| to.to_owned())),
        bytes: made.bytes,
        position: made.manifest.position,
    };
    let text = serde_json::to_vec(&last).map_err(io::Error::from)?;
    keys::write_private(&dir.join(LAST), &text)?;
    fault::point("backup.note.after");
    Ok(())
}

/// A backup ready to be written.
struct Prepared {
    /// Folder of the copies; removed when this is dropped.
    folder: PathBuf,
    manifest: Manifest,
    /// Path of each member of the manifest, in its order.
    sources: Vec<PathBuf>,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // Best effort: the next backup to the same place removes it too.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Prepared {
    fn new(
        dir: &Path,
        kind: StoreKind,
        office: OfficeId,
        folder: PathBuf,
        files: bool,
    ) -> Result<Self, Failure> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| Failure::io(&folder, error))?;
        }
        keys::make_folder(&folder)?;
        let manifest = Manifest {
            format: FORMAT,
            kind,
            program: crate::VERSION.into(),
            office,
            taken: unix_millis(),
            position: 0,
            running: Hash::ZERO,
            files: Vec::new(),
        };
        let mut prepared = Self { folder, manifest, sources: Vec::new() };
        // The journal first: files and accounts that it names exist by then, so that the later copies hold them.
        for name in DATABASES.iter().filter(|name| dir.join(name).exists()) {
            let (original, copy) = (dir.join(name), prepared.folder.join(name));
            copied(&original, &copy).map_err(|failure| failure.about(original.display()))?;
            prepared.hashed(Path::new(name), copy)?;
            fault::point("backup.copy.after");
        }
        let end = checked(&prepared.folder.join(JOURNAL), office)?;
        (prepared.manifest.position, prepared.manifest.running) = (end.position, end.running);
        for name in names(dir)?.into_iter().filter(|name| ending(name)) {
            prepared.hashed(Path::new(&name), dir.join(&name))?;
        }
        for folder in FOLDERS.iter().filter(|folder| dir.join(folder).exists()) {
            for name in names(&dir.join(folder))? {
                prepared.hashed(&Path::new(folder).join(&name), dir.join(folder).join(&name))?;
            }
        }
        // After the accounts with the drafts that name them: what a draft names was there before.
        for path in
            uploads::backed_up(dir).map_err(|error| Failure::io(&dir.join(uploads::UPLOADS), error))?
        {
            if super::belongs(&path) {
                prepared.hashed(&path, dir.join(&path))?;
            }
        }
        let kept = dir.join(attachments::FOLDER);
        if files && kept.exists() {
            for (hash, name) in
                names(&kept)?.into_iter().filter_map(|name| Some((Hash::from_hex(&name)?, name)))
            {
                // The name is the hash; the content is compared with it when the archive is read back.
                let source = kept.join(&name);
                let size = fs::metadata(&source).map_err(|error| Failure::io(&source, error))?.len();
                let path = Path::new(attachments::FOLDER).join(name);
                prepared.manifest.files.push(Member { path, size, sha256: hash });
                prepared.sources.push(source);
            }
        }
        Ok(prepared)
    }

    fn hashed(&mut self, path: &Path, source: PathBuf) -> Result<(), Failure> {
        let at = |error| Failure::io(&source, error);
        // A backup of a key that is none brings nothing back, and may replace one that does.
        let is_pem = path.extension().is_some_and(|ending| ending == "key" || ending == "crt");
        if path == Path::new(sealing::FILE) {
            sealing::read(&source)?;
        }
        // The key in an export of the registry is sealed.
        if is_pem && self.manifest.kind != StoreKind::Registry {
            keys::check_pem(&source)?;
        }
        let mut file = File::open(&source).map_err(at)?;
        let mut sum = Sum::default();
        io::copy(&mut file, &mut sum).map_err(at)?;
        let (size, sha256) = sum.finish();
        self.manifest.files.push(Member { path: path.to_owned(), size, sha256 });
        self.sources.push(source);
        Ok(())
    }

    /// Writes the archive; returns its size in bytes.
    fn write(&self, out: &mut dyn Write, told: Progress<'_>) -> Result<u64, Failure> {
        let all = self.manifest.files.iter().map(|member| member.size).sum();
        let mut done = 0;
        let mut archive = tar::Builder::new(Counted { out, written: 0 });
        let about = serde_json::to_vec_pretty(&self.manifest).map_err(io::Error::from)?;
        archive.append_data(&mut header(about.len() as u64, self.manifest.taken), MANIFEST, &about[..])?;
        for (member, source) in self.manifest.files.iter().zip(&self.sources) {
            let file = File::open(source).map_err(|error| Failure::io(source, error))?;
            let mut header = header(member.size, self.manifest.taken);
            archive.append_data(&mut header, &member.path, io::Read::take(file, member.size))?;
            done += member.size;
            told(done, all);
        }
        let mut counted = archive.into_inner()?;
        counted.flush()?;
        Ok(counted.written)
    }

    fn made(&self, bytes: u64) -> Made {
        Made { manifest: self.manifest.clone(), bytes }
    }
}

fn header(size: u64, taken: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(taken / 1000);
    header
}

struct Counted<'a> {
    out: &'a mut dyn Write,
    written: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Names of the regular files in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let at = |error| Failure::io(folder, error);
    let mut names = Vec::new();
    for found in fs::read_dir(folder).map_err(at)? {
        let found = found.map_err(at)?;
        if found.file_type().map_err(at)?.is_file()
            && let Ok(name) = found.file_name().into_string()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Copies a database as of one moment, while others may write to it.
fn copied(from: &Path, to: &Path) -> Result<(), Failure> {
    let conn = reading::open(from)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

//! Files that people have handed in and that belong to no entry yet: those of drafts and of forms that are being filled
//! in. Each has a folder of its own in the store, named by an id; a form names it by a handle, `ID/NAME`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use truc_proto::{limits, visible};
use uuid::Uuid;

/// Subfolder of the store.
pub const UPLOADS: &str = "uploads";
/// Ending of the name of a mark beside an upload: it was old at an earlier start.
const OLD: &str = "old";

/// Ending of the name of a mark beside an upload: what it is for is sealed before it is written, so it is in no backup.
const INWARD: &str = "inward";

/// The handle of a new upload with the name that its sender gives it.
pub fn handle(id: Uuid, name: &str) -> String {
    format!("{id}/{}", plain_name(name))
}

/// The id in a handle; none if the text is no handle.
pub fn id_of(handle: &str) -> Option<Uuid> {
    let (id, name) = handle.split_once('/')?;
    id.parse().ok().filter(|_| plain_name(name) == name)
}

/// Path of the file of a handle; none if the text is no handle.
pub fn path_of(store: &Path, handle: &str) -> Option<PathBuf> {
    let id = id_of(handle)?;
    let (_, name) = handle.split_once('/')?;
    Some(store.join(UPLOADS).join(id.to_string()).join(name))
}

/// The file name without folders and without what nobody sees: the forms that name it lose that too. One that is too long
/// keeps its ending: without it nobody can open the file.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = visible::clean(last).chars().filter(|letter| !letter.is_control()).collect();
    let plain = plain.trim();
    if plain.is_empty() || plain.chars().all(|letter| letter == '.') {
        return "file".to_owned();
    }
    if plain.len() <= limits::ATTACHMENT_NAME {
        return plain.to_owned();
    }
    let ending =
        plain.rfind('.').map(|dot| &plain[dot..]).filter(|ending| ending.len() <= limits::FILE_ENDING);
    let ending = ending.unwrap_or_default();
    let stem = &plain[..plain.floor_char_boundary(limits::ATTACHMENT_NAME - ending.len())];
    format!("{}{ending}", stem.trim_end())
}

/// Marks an upload as one for a record that stays inside the office. It is marked before its bytes come.
pub fn mark_inward(store: &Path, id: Uuid) -> io::Result<()> {
    fs::create_dir_all(store.join(UPLOADS))?;
    File::create(mark(store, id, INWARD)).map(drop)
}

fn mark(store: &Path, id: Uuid, ending: &str) -> PathBuf {
    store.join(UPLOADS).join(id.to_string()).with_extension(ending)
}

/// The uploads of a store that a backup takes, as paths relative to its folder: `uploads/ID/NAME`. What stays inside the
/// office is sealed when it is written, and lies nowhere in clear but here until then: a backup would keep it so for ever.
pub fn backed_up(store: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for folder in folders(store)?.into_iter().filter(|id| !mark(store, *id, INWARD).exists()) {
        for found in fs::read_dir(store.join(UPLOADS).join(folder.to_string()))? {
            let found = found?;
            if found.file_type()?.is_file() {
                all.push(Path::new(UPLOADS).join(folder.to_string()).join(found.file_name()));
            }
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// Removes uploads that were sent or are not wanted; does nothing about one that is not there.
pub fn remove<'a>(store: &Path, ids: impl IntoIterator<Item = &'a Uuid>) -> io::Result<()> {
    for id in ids {
        gone(fs::remove_dir_all(store.join(UPLOADS).join(id.to_string())))?;
        gone(fs::remove_file(mark(store, *id, INWARD)))?;
    }
    Ok(())
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The ids of all uploads of a store.
pub fn ids(store: &Path) -> io::Result<HashSet<Uuid>> {
    Ok(folders(store)?.into_iter().collect())
}

fn folders(store: &Path) -> io::Result<Vec<Uuid>> {
    let found = match fs::read_dir(store.join(UPLOADS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let ids = found.map(|found| Ok(found?.file_name().to_str().and_then(|name| name.parse().ok())));
    Ok(ids.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Removes uploads that were old at this start and at one long before, except those that a draft names. Called at the
/// start of the program. A clock that is ahead makes everything look old, but not twice with time in between.
pub fn tidy(store: &Path, named: &HashSet<Uuid>) -> io::Result<()> {
    for id in folders(store)? {
        let folder = store.join(UPLOADS).join(id.to_string());
        let mark = mark(store, id, OLD);
        let is_old = !named.contains(&id) && older(&folder, limits::UPLOAD_AGE)?;
        match (is_old, mark.exists()) {
            (false, false) => {}
            (false, true) => fs::remove_file(&mark)?,
            (true, false) => drop(File::create(&mark)?),
            (true, true) if older(&mark, limits::UPLOAD_SPARED)? => {
                remove(store, &[id])?;
                fs::remove_file(&mark)?;
            }
            (true, true) => {}
        }
    }
    Ok(())
}

/// Whether a file was last written longer ago. One from the future was not.
fn older(path: &Path, age: Duration) -> io::Result<bool> {
    let written = fs::metadata(path)?.modified()?;
    Ok(SystemTime::now().duration_since(written).is_ok_and(|since| since > age))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn handles_lead_nowhere_else() {
        let store = Path::new("/store");
        let id = "01890000-0000-7000-8000-000000000000";
        let path = path_of(store, &format!("{id}/Báo cáo.pdf"));
        assert_eq!(path, Some(PathBuf::from(format!("/store/uploads/{id}/Báo cáo.pdf"))));
        for bad in ["../x", "x/y", &format!("{id}/../../key"), &format!("{id}/.."), &format!("{id}/"), id] {
            assert_eq!(path_of(store, bad), None, "{bad}");
        }
    }

    #[test]
    fn names_lose_what_is_not_theirs() {
        assert_eq!(plain_name("C:\\Users\\a\\Công văn.doc"), "Công văn.doc");
        assert_eq!(plain_name("\u{202e}fdp.exe"), "fdp.exe");
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name(".."), "file");
        assert_eq!(plain_name("a\u{0}\nb"), "ab");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = plain_name(&format!("{}.docx", "ệ".repeat(230)));
        assert!(name.len() <= limits::ATTACHMENT_NAME && name.ends_with("ệ.docx"), "{name}");
        assert_eq!(plain_name(&name), name);
        // What stands after the last dot is no ending if it is longer than one.
        let sentence = plain_name(&format!("Số 1. {}", "ệ".repeat(230)));
        assert!(sentence.len() <= limits::ATTACHMENT_NAME && sentence.starts_with("Số 1. ệ"));
    }

    /// Makes an upload look so many days older than now; negative: of the future.
    fn date(path: &Path, days: i64) {
        let by = Duration::from_secs(days.unsigned_abs() * 86_400);
        let now = SystemTime::now();
        let to = if days < 0 { now + by } else { now - by };
        File::open(path).unwrap().set_modified(to).unwrap();
    }

    #[test]
    fn what_stays_inside_is_in_no_backup_and_its_mark_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path();
        let [paper, inward] = [(); 2].map(|()| Uuid::new_v4());
        mark_inward(store, inward).unwrap();
        for id in [paper, inward] {
            fs::create_dir_all(store.join(UPLOADS).join(id.to_string())).unwrap();
            fs::write(store.join(UPLOADS).join(id.to_string()).join("a.pdf"), "a").unwrap();
        }
        let taken = backed_up(store).unwrap();
        assert_eq!(taken, vec![Path::new(UPLOADS).join(paper.to_string()).join("a.pdf")]);
        remove(store, &[inward]).unwrap();
        remove(store, &[inward]).unwrap();
        assert_eq!(fs::read_dir(store.join(UPLOADS)).unwrap().count(), 1, "the mark is gone, too");
    }

    #[test]
    fn only_what_is_old_for_long_and_in_no_draft_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path();
        let [fresh, named, forgotten, ahead] = [(); 4].map(|()| Uuid::new_v4());
        let folder = |id: Uuid| store.join(UPLOADS).join(id.to_string());
        let mark = |id: Uuid| folder(id).with_extension(OLD);
        let all_of_them = [fresh, named, forgotten, ahead];
        for id in all_of_them {
            fs::create_dir_all(folder(id)).unwrap();
            fs::write(folder(id).join("a.pdf"), "a").unwrap();
        }
        for (id, days) in [(named, 400), (forgotten, 31), (ahead, -60)] {
            date(&folder(id), days);
        }
        let there = || all_of_them.map(|id| folder(id).join("a.pdf").exists());
        let marked = || all_of_them.map(|id| mark(id).exists());
        let drafts = HashSet::from([named]);
        // One start alone removes nothing, whatever the clock says, and the next one may come at once.
        for _ in 0..2 {
            tidy(store, &drafts).unwrap();
            assert_eq!((there(), marked()), ([true; 4], [false, false, true, false]));
        }
        assert_eq!(backed_up(store).unwrap().len(), 4);
        // A clock that was ahead for a while took all for old; by the right one a single file is.
        for id in all_of_them {
            File::create(mark(id)).unwrap();
            date(&mark(id), 2);
        }
        tidy(store, &drafts).unwrap();
        assert_eq!((there(), marked()), ([true, true, false, true], [false; 4]));
        // A mark of the future is not from long before.
        date(&folder(fresh), 31);
        File::create(mark(fresh)).unwrap();
        date(&mark(fresh), -60);
        tidy(store, &drafts).unwrap();
        assert_eq!((there()[0], marked()[0]), (true, true));
        // No draft names it any more, and now its days begin to count.
        tidy(store, &HashSet::new()).unwrap();
        assert_eq!((there()[1], marked()[1]), (true, true));
    }
}

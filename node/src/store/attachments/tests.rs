#![allow(clippy::unwrap_used)]
use std::io::Seek;

use proptest::prelude::*;
use truc_proto::id::OfficeId;

use super::*;

/// Stops the program at its n-th step, as a power cut would, and spoils what was not flushed.
#[derive(Clone, Debug, Default)]
pub(super) struct Crash(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    left: Option<u32>,
    happened: bool,
    steps: Vec<&'static str>,
}

impl Crash {
    fn after(&self, steps: u32) {
        self.0.lock().unwrap().left = Some(steps);
    }

    pub(super) fn happened(&self) -> bool {
        self.0.lock().unwrap().happened
    }

    fn steps(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().steps.clone()
    }

    pub(super) fn step(&self, name: &'static str, path: &Path) -> Result<(), AttachmentError> {
        let mut plan = self.0.lock().unwrap();
        plan.steps.push(name);
        match &mut plan.left {
            None => return Ok(()),
            Some(0) => {}
            Some(left) => {
                *left -= 1;
                return Ok(());
            }
        }
        plan.happened = true;
        if matches!(name, "attachments.create.after" | "attachments.copy.after" | "attachments.append.after")
        {
            let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
            let length = file.metadata().unwrap().len();
            file.seek(SeekFrom::Start(length / 2)).unwrap();
            file.write_all(&vec![0; (length - length / 2) as usize]).unwrap();
        }
        Err(AttachmentError::io(path)(io::Error::other("crash")))
    }
}

fn sha(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

fn read_all(store: &Attachments, hash: Hash) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let bytes = store.read_at(hash, all.len() as u64, limits::CHUNK).unwrap();
        if bytes.is_empty() {
            return all;
        }
        all.extend(bytes);
    }
}

/// Checks that the store holds nothing or the right bytes, and no leftovers.
fn check(dir: &Path, content: &[u8]) -> Attachments {
    let store = Attachments::open(dir).unwrap();
    let hash = sha(content);
    let have = store.have(hash).unwrap();
    if have.complete {
        assert_eq!(read_all(&store, hash), content);
    } else {
        assert!(matches!(store.read_at(hash, 0, 1), Err(AttachmentError::Absent(_))));
    }
    for file in fs::read_dir(dir.join(FOLDER)).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == hash.to_string() || name == format!("{hash}.part"), "{name}");
    }
    store
}

fn receive(store: &Attachments, content: &[u8], chunk: usize) -> Result<(), AttachmentError> {
    let mut receiving = store.resume(sha(content), content.len() as u64)?;
    while !receiving.is_full() {
        let from = receiving.have() as usize;
        let to = content.len().min(from + chunk);
        receiving.append(from as u64, &content[from..to])?;
    }
    receiving.finish()
}

#[test]
fn a_file_is_copied_hashed_and_described() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let content: Vec<u8> = (0..limits::CHUNK * 2 + 17).map(|at| (at % 251) as u8).collect();
    let path = dir.path().join("K1-sổ đăng ký.PDF");
    fs::write(&path, &content).unwrap();
    let taken = store.put_file(&path).unwrap();
    assert_eq!(taken.hash, sha(&content));
    assert_eq!(taken.size, content.len() as u64);
    assert_eq!(taken.name, "K1-sổ đăng ký.PDF");
    assert_eq!(taken.media_type, "application/pdf");
    assert_eq!(store.have(taken.hash).unwrap(), Have { bytes: taken.size, complete: true });
    assert_eq!(read_all(&store, taken.hash), content);
    assert_eq!(store.read_at(taken.hash, taken.size - 3, 10).unwrap(), content[content.len() - 3..]);
    assert_eq!(store.read_at(taken.hash, taken.size + 3, 10).unwrap(), b"");
    // The same content again, under another name: one file.
    fs::rename(&path, dir.path().join("b")).unwrap();
    assert_eq!(store.put_file(&dir.path().join("b")).unwrap().media_type, "application/octet-stream");
    check(dir.path(), &content);
}

#[test]
fn bytes_are_flushed_before_they_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    fs::write(dir.path().join("a"), "a").unwrap();
    store.put_file(&dir.path().join("a")).unwrap();
    receive(&store, b"bb", 1).unwrap();
    assert_eq!(
        store.crash.steps(),
        [
            "attachments.create.after",
            "attachments.copy.after",
            "attachments.sync.after",
            "attachments.rename.before",
            "attachments.rename.after",
            "attachments.folder.after",
            "attachments.append.after",
            "attachments.append.after",
            "attachments.flush.after",
            "attachments.verify.after",
            "attachments.rename.before",
            "attachments.rename.after",
            "attachments.folder.after",
        ]
    );
}

#[test]
fn what_is_no_file_or_too_large_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    assert!(matches!(store.put_file(dir.path()), Err(AttachmentError::NotAFile(_))));
    assert!(matches!(store.put_file(Path::new("/dev/zero")), Err(AttachmentError::NotAFile(_))));
    let missing = store.put_file(&dir.path().join("none")).unwrap_err();
    assert_eq!(Failure::from(missing).exit, ExitCode::NotFound);
    let large = dir.path().join("large");
    File::create(&large).unwrap().set_len(limits::ATTACHMENT_SIZE + 1).unwrap();
    assert!(matches!(store.put_file(&large), Err(AttachmentError::TooLarge(..))));
    assert!(store.resume(Hash::ZERO, limits::ATTACHMENT_SIZE + 1).is_err());
    let long = dir.path().join("ư".repeat(limits::ATTACHMENT_NAME / 2 + 1));
    assert!(matches!(store.put_file(&long), Err(AttachmentError::Name(_))));
    assert_eq!(fs::read_dir(dir.path().join(FOLDER)).unwrap().count(), 0);
}

#[test]
fn every_error_has_words() {
    use crate::words::Lang;
    let path = || PathBuf::from("a.pdf");
    for error in [
        AttachmentError::TooLarge(path(), 1),
        AttachmentError::NotAFile(path()),
        AttachmentError::Gone(path()),
        AttachmentError::Name(path()),
        AttachmentError::Changed(path()),
        AttachmentError::Absent(Hash::ZERO),
        AttachmentError::Wrong(Hash::ZERO),
        AttachmentError::Superseded(Hash::ZERO),
        AttachmentError::NoRoom(path()),
    ] {
        let failure = Failure::from(error);
        for lang in [Lang::Vi, Lang::En] {
            assert!(!failure.message(lang).contains(failure.key.as_ref()), "{failure}");
        }
    }
}

#[test]
fn an_empty_file_is_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    receive(&store, b"", 1).unwrap();
    assert_eq!(store.have(sha(b"")).unwrap(), Have { bytes: 0, complete: true });
}

#[test]
fn wrong_bytes_are_discarded_and_said_to_be_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let hash = sha(b"right");
    let mut receiving = store.resume(hash, 5).unwrap();
    receiving.append(0, b"wrong").unwrap();
    assert!(matches!(receiving.finish(), Err(AttachmentError::Wrong(wrong)) if wrong == hash));
    assert_eq!(store.have(hash).unwrap(), Have::default());
    receive(&store, b"right", 2).unwrap();
    check(dir.path(), b"right");
    // A part that is longer than the file is worth nothing.
    fs::write(store.partial(sha(b"ab")), "abc").unwrap();
    receive(&store, b"ab", 1).unwrap();
    assert!(store.have(sha(b"ab")).unwrap().complete);
}

#[test]
fn chunks_must_fit_and_the_file_be_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let mut receiving = store.resume(sha(b"abcd"), 4).unwrap();
    receiving.append(0, b"ab").unwrap();
    for (offset, data) in [(0, "ab"), (3, "d"), (2, "cde"), (u64::MAX, "x")] {
        let refused = receiving.append(offset, data.as_bytes());
        assert!(matches!(refused, Err(AttachmentError::Offset { have: 2, .. })), "{offset}");
    }
    assert!(matches!(receiving.finish(), Err(AttachmentError::Offset { have: 2, .. })));
    assert_eq!(store.have(sha(b"abcd")).unwrap(), Have { bytes: 2, complete: false });
    let mut again = Attachments::open(dir.path()).unwrap().resume(sha(b"abcd"), 4).unwrap();
    assert_eq!(again.have(), 2);
    again.append(2, b"cd").unwrap();
    again.finish().unwrap();
    check(dir.path(), b"abcd");
}

#[test]
fn the_newest_transfer_of_a_file_takes_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let hash = sha(b"abcd");
    let mut old = store.resume(hash, 4).unwrap();
    old.append(0, b"a").unwrap();
    let mut new = store.resume(hash, 4).unwrap();
    assert!(matches!(old.append(1, b"b"), Err(AttachmentError::Superseded(_))));
    new.append(1, b"bcd").unwrap();
    assert!(matches!(old.finish(), Err(AttachmentError::Superseded(_))));
    new.finish().unwrap();
    // One that comes too late finds it whole.
    let late = store.resume(hash, 4).unwrap();
    assert!(late.is_full());
    late.finish().unwrap();
    assert!(store.claims.lock().unwrap().is_empty());
}

#[test]
fn many_at_once_give_one_right_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let content: Vec<u8> = (0..50_000).map(|at| (at % 253) as u8).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !store.have(sha(&content)).unwrap().complete {
                    match receive(&store, &content, 1000) {
                        Ok(()) | Err(AttachmentError::Superseded(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    check(dir.path(), &content);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_crash_at_any_step_leaves_nothing_or_the_right_bytes(
        content in prop::collection::vec(any::<u8>(), 0..3000),
        chunk in 1usize..1500,
        crashes in prop::collection::vec((any::<bool>(), 0u32..9), 1..5),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("source");
        fs::write(&source, &content).unwrap();
        for (put, step) in crashes {
            let store = check(dir.path(), &content);
            store.crash.after(step);
            let done = if put { store.put_file(&source).map(drop) } else { receive(&store, &content, chunk) };
            // What was said to be done is done.
            if done.is_ok() {
                prop_assert!(check(dir.path(), &content).have(sha(&content)).unwrap().complete);
            }
        }
        let store = check(dir.path(), &content);
        // A part that a crash spoilt is found out once, and the next transfer is right.
        if !matches!(receive(&store, &content, chunk), Ok(())) {
            receive(&store, &content, chunk).unwrap();
        }
        prop_assert!(check(dir.path(), &content).have(sha(&content)).unwrap().complete);
    }
}

#[test]
fn a_file_that_the_disk_spoilt_is_shown_to_nobody_and_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let content = vec![7; 3000];
    receive(&store, &content, 1000).unwrap();
    let hash = sha(&content);
    store.check(hash).unwrap();
    let path = dir.path().join(FOLDER).join(hash.to_string());
    let mut spoilt = content.clone();
    spoilt[1234] ^= 4;
    fs::write(&path, spoilt).unwrap();
    assert!(matches!(store.check(hash), Err(AttachmentError::Spoilt(_))));
    assert_eq!(store.have(hash).unwrap(), Have::default());
    assert!(matches!(store.check(hash), Err(AttachmentError::Absent(_))));
    receive(&store, &content, 1000).unwrap();
    store.check(hash).unwrap();
    assert_eq!(read_all(&store, hash), content);
}

#[test]
fn what_offices_bring_is_their_own_until_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let (good, content) = (OfficeId(uuid::Uuid::from_u128(1)), vec![7; 3000]);
    let right = Upload { by: good, hash: sha(&content), size: 3000 };
    let mut coming = store.receive(right).unwrap();
    coming.append(0, &content[..2000]).unwrap();
    // Others name the same hash with another size, or the same one, and bring rubbish; again and again.
    for (number, size) in [(2, 1), (2, 3000), (3, 3000), (2, 9000), (2, 3000)] {
        let by = OfficeId(uuid::Uuid::from_u128(number));
        let mut wrong = store.receive(Upload { by, size, ..right }).unwrap();
        assert_eq!(wrong.have(), 0);
        wrong.append(0, &vec![0; size as usize]).unwrap();
        assert!(matches!(wrong.finish(), Err(AttachmentError::Wrong(_))));
    }
    assert_eq!(store.unfinished().unwrap(), [right]);
    assert_eq!((store.received(right).unwrap(), store.have(right.hash).unwrap()), (2000, Have::default()));
    store.forget(right).unwrap();
    assert_eq!(store.received(right).unwrap(), 2000, "it is just coming");
    coming.append(2000, &content[2000..]).unwrap();
    coming.finish().unwrap();
    assert_eq!(read_all(&store, right.hash), content);
    // Another office shows that it has the bytes too, although the file is here.
    let also = Upload { by: OfficeId(uuid::Uuid::from_u128(4)), ..right };
    let mut coming = store.receive(also).unwrap();
    assert!(!coming.is_full());
    coming.append(0, &content[..10]).unwrap();
    drop(coming);
    assert_eq!(store.unfinished_by(also.by).unwrap(), [also]);
    let mut coming = store.receive(also).unwrap();
    coming.append(10, &content[10..]).unwrap();
    coming.finish().unwrap();
    assert_eq!(read_all(&store, right.hash), content);
    let begun = Upload { hash: sha(b"x"), ..also };
    store.receive(begun).unwrap();
    store.forget(begun).unwrap();
    assert!(store.unfinished().unwrap().is_empty() && store.claims.lock().unwrap().is_empty());
}

#[test]
fn files_of_others_leave_a_part_of_the_disk_free() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let mut coming = store.resume(sha(b"ab"), 2).unwrap();
    coming.append(0, b"a").unwrap();
    drop(coming);
    let full = store.clone().keeping(100);
    assert!(matches!(full.resume(sha(b"ab"), 2), Err(AttachmentError::NoRoom(_))));
    let upload = Upload { by: OfficeId(uuid::Uuid::from_u128(1)), hash: sha(b"ab"), size: 2 };
    assert!(matches!(full.receive(upload), Err(AttachmentError::NoRoom(_))));
    // When there is room again it goes on.
    let mut coming = store.resume(sha(b"ab"), 2).unwrap();
    coming.append(1, b"b").unwrap();
    coming.finish().unwrap();
}

#[test]
fn a_file_that_is_still_being_written_is_not_taken_as_far_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let path = dir.path().join("scan.pdf");
    fs::write(&path, "the first page").unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut scanner = OpenOptions::new().append(true).open(&path).unwrap();
            while !stop.load(Ordering::Relaxed) {
                scanner.write_all(b"another page").unwrap();
                std::thread::sleep(limits::FILE_SETTLED / 10);
            }
        });
        let taken = store.put_file(&path);
        stop.store(true, Ordering::Relaxed);
        assert!(matches!(taken, Err(AttachmentError::Changed(_))), "{taken:?}");
    });
    assert_eq!(store.put_file(&path).unwrap().size, fs::metadata(&path).unwrap().len());
}

#[test]
fn a_file_that_was_handed_over_is_read_without_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let store = Attachments::open(dir.path()).unwrap();
    let path = dir.path().join("Sơ đồ.pdf");
    fs::write(&path, "a plan").unwrap();
    let file = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let handed = store.handed(vec![file]);
    for _ in 0..2 {
        let taken = handed.put_file(&handed_path(0, OsStr::new("Sơ đồ.pdf"))).unwrap();
        assert_eq!((taken.hash, taken.name.as_str()), (sha(b"a plan"), "Sơ đồ.pdf"));
    }
    let second = handed.put_file(&handed_path(1, OsStr::new("b.pdf")));
    assert!(matches!(second, Err(AttachmentError::Gone(_))));
}

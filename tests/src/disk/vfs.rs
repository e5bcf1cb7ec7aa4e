//! A SQLite VFS over the system's one. It counts calls, fails the N-th of a kind, and records writes and flushes, from
//! which the disk after a power cut is made.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;

use super::image::{File, Snapshot};

/// A call of SQLite to the file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Opens a file.
    Open,
    /// Reads from a file.
    Read,
    /// Writes into a file.
    Write,
    /// Flushes a file.
    Sync,
    /// Cuts a file off.
    Truncate,
    /// Removes a file.
    Delete,
    /// Maps a page of the log's index.
    Map,
}

/// How a call fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// EIO.
    Io,
    /// ENOSPC; nothing is written.
    Full,
    /// ENOSPC after half of the data was written.
    Short,
}

/// A plan of which call fails, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Whether a kind of call is counted.
    pub among: fn(Call) -> bool,
    /// Number of the first counted call that fails, from 1.
    pub nth: u64,
    /// How it fails.
    pub fault: Fault,
    /// Whether all later counted calls fail too.
    pub sticky: bool,
}

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    seen: u64,
    failed: u64,
    recording: bool,
    files: BTreeMap<String, File>,
    snapshots: Vec<Snapshot>,
    acknowledged: usize,
}

/// A disk on which calls can fail: a VFS with its own name. It stays registered until the process ends.
#[derive(Clone)]
pub struct Disk {
    name: String,
    state: Arc<Mutex<State>>,
}

impl Disk {
    /// A disk on which no call fails.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("truc-faulty-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let state: Arc<Mutex<State>> = Arc::default();
        register(&name, Arc::clone(&state));
        Self { name, state }
    }

    /// Name of the VFS.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the plan and restarts counting.
    pub fn plan(&self, plan: Option<Plan>) {
        let mut state = locked(&self.state);
        state.plan = plan;
        (state.seen, state.failed) = (0, 0);
    }

    /// Number of calls that failed since the plan was set.
    pub fn failed(&self) -> u64 {
        locked(&self.state).failed
    }

    /// Starts to record writes and flushes.
    pub fn record(&self) {
        locked(&self.state).recording = true;
    }

    /// Notes in later snapshots that so many writes were acknowledged.
    pub fn acknowledged(&self, count: usize) {
        locked(&self.state).acknowledged = count;
    }

    /// The snapshots: flushed and unflushed data at each flush.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        locked(&self.state).snapshots.clone()
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn fault(&mut self, call: Call) -> Option<Fault> {
        let plan = self.plan.filter(|plan| (plan.among)(call))?;
        self.seen += 1;
        let fails = if plan.sticky { self.seen >= plan.nth } else { self.seen == plan.nth };
        self.failed += u64::from(fails);
        fails.then_some(plan.fault)
    }

    fn file(&mut self, name: &str) -> Option<&mut File> {
        if self.recording { self.files.get_mut(name) } else { None }
    }
}

/// The VFS that SQLite sees, and the system's VFS behind it.
#[repr(C)]
struct Shim {
    vfs: ffi::sqlite3_vfs,
    system: *mut ffi::sqlite3_vfs,
    state: Arc<Mutex<State>>,
    name: CString,
}

/// An open file: our part first, the system's part behind it in the same allocation.
#[repr(C)]
struct Open {
    base: ffi::sqlite3_file,
    shim: *const Shim,
    /// Owned; freed on close. Empty: the file has no name.
    name: *mut String,
}

const METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
static IO: Methods = Methods(METHODS);

struct Methods(ffi::sqlite3_io_methods);
// SAFETY: function pointers and a number, never changed.
unsafe impl Sync for Methods {}

fn register(name: &str, state: Arc<Mutex<State>>) {
    let name = CString::new(name).expect("a name without zero");
    // SAFETY: the default VFS is registered by SQLite for the life of the process; its table is copied, and what
    // is overridden is passed on to it with its own pointer. The shim is leaked, so it lives as long.
    unsafe {
        let system = ffi::sqlite3_vfs_find(std::ptr::null());
        assert!(!system.is_null(), "SQLite has no VFS");
        let mut vfs = *system;
        vfs.szOsFile += size_of::<Open>() as c_int;
        vfs.pNext = std::ptr::null_mut();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        let shim = Box::leak(Box::new(Shim { vfs, system, state, name }));
        shim.vfs.zName = shim.name.as_ptr();
        assert_eq!(ffi::sqlite3_vfs_register(&mut shim.vfs, 0), ffi::SQLITE_OK);
    }
}

/// The system's file behind ours.
///
/// SAFETY: `file` must come from [`open`], which was given room for both.
unsafe fn behind(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    unsafe { file.cast::<u8>().add(size_of::<Open>()).cast() }
}

/// Passes a call on to the method of this name of the system's file.
macro_rules! pass {
    ($file:expr, $method:ident $(, $arg:expr)*) => {{
        // SAFETY: SQLite calls with a file that `open` made; the system's methods stand as long as it is open.
        unsafe {
            let real = behind($file);
            match (*(*real).pMethods).$method {
                Some(method) => method(real $(, $arg)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

/// State and name of an open file.
///
/// SAFETY: `file` must come from [`open`] and not be closed yet.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> (MutexGuard<'a, State>, &'a str) {
    unsafe {
        let open = &*file.cast::<Open>();
        (locked(&(*open.shim).state), (*open.name).as_str())
    }
}

fn code(fault: Fault, io: c_int) -> c_int {
    if fault == Fault::Io { io } else { ffi::SQLITE_FULL }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in our own VFS and room of `szOsFile` bytes.
    unsafe {
        let shim = vfs.cast::<Shim>();
        let open = file.cast::<Open>();
        (*open).base.pMethods = std::ptr::null();
        if let Some(fault) = locked(&(*shim).state).fault(Call::Open) {
            return code(fault, ffi::SQLITE_CANTOPEN);
        }
        let Some(method) = (*(*shim).system).xOpen else { return ffi::SQLITE_CANTOPEN };
        let opened = method((*shim).system, name, behind(file), flags, out);
        if opened != ffi::SQLITE_OK {
            return opened;
        }
        let name =
            if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() };
        let mut state = locked(&(*shim).state);
        if state.recording && !name.is_empty() {
            let there = std::fs::read(Path::new(&name)).unwrap_or_default();
            state.files.entry(name.clone()).or_insert_with(|| File::flushed(there));
        }
        drop(state);
        (*open).shim = shim;
        (*open).name = Box::into_raw(Box::new(name));
        (*open).base.pMethods = &IO.0;
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: as for `open`.
    unsafe {
        let shim = vfs.cast::<Shim>();
        let mut state = locked(&(*shim).state);
        if let Some(fault) = state.fault(Call::Delete) {
            return code(fault, ffi::SQLITE_IOERR_DELETE);
        }
        if !name.is_null() {
            state.files.remove(&*CStr::from_ptr(name).to_string_lossy());
        }
        match (*(*shim).system).xDelete {
            Some(method) => method((*shim).system, name, sync),
            None => ffi::SQLITE_IOERR_DELETE,
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let closed = pass!(file, xClose);
    // SAFETY: the name was made by `open` and is freed once: SQLite closes a file once.
    unsafe { drop(Box::from_raw((*file.cast::<Open>()).name)) };
    closed
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, length: c_int, at: i64) -> c_int {
    // SAFETY: see `opened`.
    if let Some(fault) = unsafe { opened(file) }.0.fault(Call::Read) {
        return code(fault, ffi::SQLITE_IOERR_READ);
    }
    pass!(file, xRead, to, length, at)
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: i64,
) -> c_int {
    // SAFETY: see `opened`; SQLite hands in `length` bytes.
    let (mut state, name) = unsafe { opened(file) };
    let fault = state.fault(Call::Write);
    let written = match fault {
        None => length,
        Some(Fault::Short) => length / 2,
        Some(_) => 0,
    };
    if written > 0 {
        let done = pass!(file, xWrite, from, written, at);
        if done != ffi::SQLITE_OK {
            return done;
        }
        if let Some(kept) = state.file(name) {
            // SAFETY: as above; `written` is at most `length`.
            let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), written as usize) };
            kept.write(at as u64, bytes);
        }
    }
    fault.map_or(ffi::SQLITE_OK, |fault| code(fault, ffi::SQLITE_IOERR_WRITE))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: see `opened`.
    let (mut state, name) = unsafe { opened(file) };
    if let Some(fault) = state.fault(Call::Truncate) {
        return code(fault, ffi::SQLITE_IOERR_TRUNCATE);
    }
    if let Some(kept) = state.file(name) {
        kept.truncate(size as u64);
    }
    pass!(file, xTruncate, size)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: see `opened`.
    let (mut state, name) = unsafe { opened(file) };
    if let Some(fault) = state.fault(Call::Sync) {
        return code(fault, ffi::SQLITE_IOERR_FSYNC);
    }
    if state.recording {
        let snapshot = Snapshot::of(&state.files, state.acknowledged);
        state.snapshots.push(snapshot);
    }
    if let Some(kept) = state.file(name) {
        kept.flush();
    }
    drop(state);
    pass!(file, xSync, flags)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    pass!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, held: *mut c_int) -> c_int {
    pass!(file, xCheckReservedLock, held)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, op: c_int, arg: *mut c_void) -> c_int {
    pass!(file, xFileControl, op, arg)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    pass!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // None: a write may be torn, and files may grow by what was not written.
    0
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    at: *mut *mut c_void,
) -> c_int {
    // SAFETY: see `opened`.
    if let Some(fault) = unsafe { opened(file) }.0.fault(Call::Map) {
        return if fault == Fault::Io { ffi::SQLITE_IOERR_SHMMAP } else { ffi::SQLITE_IOERR_SHMSIZE };
    }
    pass!(file, xShmMap, page, size, extend, at)
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    pass!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as in `pass`.
    unsafe {
        let real = behind(file);
        if let Some(method) = (*(*real).pMethods).xShmBarrier {
            method(real);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    pass!(file, xShmUnmap, delete)
}

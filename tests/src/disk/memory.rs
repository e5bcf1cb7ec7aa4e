//! SQLite's books about memory.

use std::sync::Once;

use rusqlite::ffi;

/// From now on SQLite keeps no books about the memory that it takes: at each allocation they cost a lock that all threads
/// share. Without effect once a database was opened in this process.
pub fn keep_no_books() {
    static ONCE: Once = Once::new();
    // Sound: the option takes one int, and SQLite refuses it when it is too late.
    ONCE.call_once(|| {
        let _ = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0i32) };
    });
}

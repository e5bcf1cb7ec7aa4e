//! SQLite's memory statistics.

use std::sync::Once;

use rusqlite::ffi;

/// Turns off SQLite's memory statistics: at each allocation they take a lock that all threads share. Without effect
/// once a database was opened in this process.
pub fn keep_no_books() {
    static ONCE: Once = Once::new();
    // Sound: the option takes one int, and SQLite refuses it if it comes too late.
    ONCE.call_once(|| {
        let _ = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0i32) };
    });
}

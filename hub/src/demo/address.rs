//! Addresses on this machine for programs that are about to be started.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below what systems give to clients (Linux: from 32,768), so that nobody's call takes a port between its
/// choice and its use, or while its program is stopped for a moment.
const FIRST: u16 = 10_000;
/// How many ports a process has before it reaches into the next one's.
const EACH: u16 = 20;
const PROCESSES: u16 = 1_000;

/// An address of this machine alone, with a port at which nobody listens now. Processes that run at the same
/// time choose from different ports.
pub fn free() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let own = (process::id() % u32::from(PROCESSES)) as u16 * EACH;
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + own.wrapping_add(next) % (EACH * PROCESSES);
        let address = format!("127.0.0.1:{port}");
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

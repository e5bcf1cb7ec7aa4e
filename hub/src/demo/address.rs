//! Addresses on this machine for programs that the demo starts.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// First port to choose. It lies below the range that systems use for outgoing connections (Linux: from 32,768): one of
/// those could take the port before its program listens, or while that program is stopped.
const FIRST: u16 = 10_000;
/// Distance between the first ports of two processes. A process that needs more ports reaches into the next range.
const EACH: u16 = 20;
const PROCESSES: u16 = 1_000;

/// A loopback address with a free port. Processes that run at the same time choose from different ranges.
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

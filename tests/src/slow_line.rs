//! A slow line between a node and the hub, with a meter on it.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

/// Bytes a second, unless another speed is asked for.
const SPEED: usize = 4_000_000;
/// Pieces a second in which they are carried; slow lines carry smaller ones, down to [`LEAST`], less often.
const PIECES: usize = 250;
/// Bytes of the smallest piece.
const LEAST: usize = 512;

/// A line to an address.
pub struct SlowLine {
    /// Where a node calls that is to have this line.
    pub address: String,
    /// Bytes that came from the hub.
    pub down: Arc<AtomicU64>,
}

impl SlowLine {
    /// A line to the hub at an address, for any number of nodes.
    pub fn to(hub: String) -> Self {
        Self::of_speed(hub, SPEED)
    }

    /// One that carries so many bytes a second in each direction.
    pub fn of_speed(hub: String, speed: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let down = Arc::new(AtomicU64::new(0));
        let meter = Arc::clone(&down);
        spawn(move || {
            for node in listener.incoming() {
                let node = node.unwrap();
                // The hub is away: the node sees its connection end.
                let Ok(hub) = TcpStream::connect(&hub) else { continue };
                let (node_too, hub_too) = (node.try_clone().unwrap(), hub.try_clone().unwrap());
                let meter = Arc::clone(&meter);
                spawn(move || carry(hub, node, speed, &meter));
                spawn(move || carry(node_too, hub_too, speed, &AtomicU64::new(0)));
            }
        });
        Self { address, down }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, speed: usize, meter: &AtomicU64) {
    let mut piece = vec![0; (speed / PIECES).max(LEAST)];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
        meter.fetch_add(length as u64, Ordering::Relaxed);
        sleep(Duration::from_secs_f64(length as f64 / speed as f64));
    }
    // Either may be closed already.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

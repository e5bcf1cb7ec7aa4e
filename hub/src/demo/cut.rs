//! A line that can be cut: a small TCP relay between one node and the hub.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use truc_node::supervise;

/// The relay; it runs until the program ends.
#[derive(Debug)]
pub struct Cut {
    address: String,
    whole: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Cut {
    /// Starts a relay to the hub's session listener.
    pub fn new(hub: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let whole = Arc::new(AtomicBool::new(true));
        let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let cut = Self { address, whole: Arc::clone(&whole), open: Arc::clone(&open) };
        let hub = hub.to_owned();
        supervise::thread("relay", move || {
            for near in listener.incoming().flatten() {
                if !whole.load(Ordering::SeqCst) {
                    continue;
                }
                if let Ok(far) = TcpStream::connect(&hub)
                    && let Err(error) = join(near, far, &open)
                {
                    tracing::debug!(%error, "a relayed line could not be set up");
                }
            }
        })?;
        Ok(cut)
    }

    /// `host:port` that the node is to call.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends all open connections and refuses new ones until [`Cut::restore`].
    pub fn cut(&self) {
        self.whole.store(false, Ordering::SeqCst);
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A connection that has ended already needs no shutdown.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn restore(&self) {
        self.whole.store(true, Ordering::SeqCst);
    }
}

fn join(near: TcpStream, far: TcpStream, open: &Mutex<Vec<TcpStream>>) -> io::Result<()> {
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ways = [(near.try_clone()?, far.try_clone()?), (far.try_clone()?, near.try_clone()?)];
    open.lock().unwrap_or_else(PoisonError::into_inner).extend([near, far]);
    for (mut from, mut to) in ways {
        supervise::thread("relay", move || {
            // However this direction ends, the other one ends with it.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        })?;
    }
    Ok(())
}

//! An honest office at work while others attack: how long the hub takes to acknowledge what it writes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use truc_proto::audience::Scope;

use super::office::Office;

/// Between two entries.
const PAUSE: Duration = Duration::from_millis(20);

/// The office at work.
pub struct HonestOffice {
    stop: Arc<AtomicBool>,
    work: JoinHandle<(Office, Vec<Duration>)>,
}

impl HonestOffice {
    /// Writes an entry, waits until it is acknowledged, and so on; over as many sessions as it takes.
    pub fn start(mut office: Office, hub: SocketAddr, to: Scope) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = tokio::spawn(async move {
            let mut took = Vec::new();
            let (mut session, _) = office.come_back(hub).await;
            while !stopped.load(Ordering::Relaxed) {
                sleep(PAUSE).await;
                office.write(to, Bytes::from_static(b"xin chao"));
                let begun = Instant::now();
                let mut broken = office.push(&session).await.is_err();
                while !office.receipted() {
                    if broken {
                        (session, _) = office.come_back(hub).await;
                    } else {
                        broken = office.take(&mut session).await.is_err();
                    }
                }
                took.push(begun.elapsed());
            }
            (office, took)
        });
        Self { stop, work }
    }

    /// Stops; the office, and how long 50 % and 99 % of its entries took at most, and how many there were.
    pub async fn stop(self) -> (Office, Duration, Duration, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let (office, mut took) = self.work.await.unwrap();
        took.sort_unstable();
        let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
        (office, at(0.5), at(0.99), took.len())
    }
}

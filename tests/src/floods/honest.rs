//! An honest office during attacks: measures how long the hub takes to acknowledge its entries.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use truc_proto::audience::Scope;

use super::office::Office;

/// Wait between two entries.
const PAUSE: Duration = Duration::from_millis(20);

/// An office that keeps writing.
pub struct HonestOffice {
    stop: Arc<AtomicBool>,
    work: JoinHandle<(Office, Vec<Duration>)>,
}

impl HonestOffice {
    /// Writes entries, each after the previous one is acknowledged; opens a new session whenever one ends.
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

    /// Stops; returns the office, the 50th and 99th percentile of the time to acknowledge, and the number of entries.
    pub async fn stop(self) -> (Office, Duration, Duration, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let (office, mut took) = self.work.await.unwrap();
        took.sort_unstable();
        let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
        (office, at(0.5), at(0.99), took.len())
    }
}

/// How long express mail between two honest offices takes, from the push of its author to the hands of its addressee.
pub struct Express {
    stop: Arc<AtomicBool>,
    work: JoinHandle<(Office, Office, Vec<Duration>)>,
}

/// Mail that is not there by then is lost, as far as these tests are concerned.
const LOST: Duration = Duration::from_secs(20);

impl Express {
    /// One writes to the other, each entry after the one before has arrived.
    pub fn start(mut from: Office, mut to: Office, hub: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = tokio::spawn(async move {
            let mut took = Vec::new();
            let (mut sends, _) = from.come_back(hub).await;
            let (mut takes, _) = to.come_back(hub).await;
            while !stopped.load(Ordering::Relaxed) {
                sleep(PAUSE).await;
                from.write_express(Scope::office(to.id()), Bytes::from_static(b"hoa toc"));
                let (begun, place) = (Instant::now(), (from.id(), from.height()));
                let mut broken = from.push(&sends).await.is_err();
                while !to.mail.contains(&place) && begun.elapsed() < LOST {
                    if broken {
                        (sends, _) = from.come_back(hub).await;
                        broken = false;
                    }
                    tokio::select! {
                        taken = from.take(&mut sends) => broken = taken.is_err(),
                        taken = to.take(&mut takes) => if taken.is_err() {
                            (takes, _) = to.come_back(hub).await;
                        },
                        () = sleep(PAUSE) => {}
                    }
                }
                took.push(begun.elapsed());
            }
            (from, to, took)
        });
        Self { stop, work }
    }

    /// Stops; returns the offices, the 50th and 99th percentile, and the number of entries.
    pub async fn stop(self) -> ([Office; 2], Duration, Duration, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let (from, to, mut took) = self.work.await.unwrap();
        took.sort_unstable();
        let at = |part: f64| took[((took.len() - 1) as f64 * part).ceil() as usize];
        ([from, to], at(0.5), at(0.99), took.len())
    }
}

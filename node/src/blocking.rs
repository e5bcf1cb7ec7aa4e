//! Work that waits for the disk or for the hash of a password, apart from the threads that serve connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::words::failure::{ExitCode, Failure};

/// Runs work on the pool of threads that may wait. Work that did not come to its end, because the program stops, fails
/// with key `local-cut`: what was reported as saved is kept, nothing else is known.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Failure> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Failure::new(ExitCode::Unexpected, "local-cut").because(error).into()))
}

/// Waits for the disk where it stands, as the driver of a session must: everything else that this thread would serve is
/// given to another one meanwhile.
pub fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// Work that writes down a state and need not be waited for. It never runs twice at once: whatever asks for it while it
/// runs is satisfied by one more run, so that a thousand changes in a second cost a few writes.
#[derive(Debug, Default)]
pub struct Coalesced(Mutex<Asked>);

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Asked {
    #[default]
    Idle,
    Running,
    /// It runs, and what it writes may be old already.
    Again,
}

impl Coalesced {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the work on the pool of threads that may wait; on this thread where there is no runtime.
    pub fn run(self: &Arc<Self>, work: impl Fn() + Send + 'static) {
        let before = std::mem::replace(&mut *self.asked(), Asked::Again);
        if before != Asked::Idle {
            return;
        }
        let this = Arc::clone(self);
        let runs = move || loop {
            *this.asked() = Asked::Running;
            work();
            let mut asked = this.asked();
            if *asked == Asked::Running {
                *asked = Asked::Idle;
                return;
            }
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(runs)),
            Err(_) => runs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn what_is_asked_for_while_it_runs_is_done_once_more() {
        let (work, runs) = (Arc::new(Coalesced::default()), Arc::new(AtomicUsize::new(0)));
        let (go_on, held) = channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let run = || {
            let (runs, held) = (Arc::clone(&runs), Arc::clone(&held));
            work.run(move || {
                runs.fetch_add(1, Ordering::SeqCst);
                let _ = held.lock().map(|held| held.recv());
            });
        };
        for _ in 0..100 {
            run();
        }
        drop(go_on);
        while *work.asked() != Asked::Idle {
            tokio::task::yield_now().await;
        }
        assert!(runs.load(Ordering::SeqCst) <= 2);
        run();
        while *work.asked() != Asked::Idle {
            tokio::task::yield_now().await;
        }
        assert!((2..=3).contains(&runs.load(Ordering::SeqCst)));
    }
}

//! What a session has brought and the views have not folded yet. Mail leaves in the order of the journal, so everybody's
//! waits behind it. A session that is too far ahead is not read until the views have come near, or for a second.

use std::collections::VecDeque;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use truc_proto::limits;

/// Of one session.
#[derive(Debug)]
pub struct Unfolded {
    folded: watch::Receiver<u64>,
    /// Where the journal ended after a write of this session, and how many entries were new in it.
    brought: VecDeque<(u64, usize)>,
    /// How many that are.
    entries: usize,
    /// How long the next frame waits at most.
    until: Instant,
}

impl Unfolded {
    /// Nothing was brought yet. `folded`: position up to which the views are folded.
    pub fn new(folded: watch::Receiver<u64>) -> Self {
        Self { folded, brought: VecDeque::new(), entries: 0, until: Instant::now() }
    }

    /// So many new entries were written, and the journal ends here.
    pub fn add(&mut self, new: usize, end: u64) {
        if new > 0 {
            self.brought.push_back((end, new));
            self.entries += new;
            self.until = Instant::now() + limits::UNFOLDED_WAIT;
        }
    }

    /// Waits until fewer than [`limits::UNFOLDED`] entries wait, but not for ever: views that are made anew take
    /// minutes, and receipts do not wait for them. May be dropped and called again at any time.
    pub async fn room(&mut self) {
        loop {
            let folded = *self.folded.borrow_and_update();
            while let Some((_, new)) = self.brought.pop_front_if(|(end, _)| *end <= folded) {
                self.entries -= new;
            }
            if self.entries < limits::UNFOLDED {
                return;
            }
            // Late, or the office is closing.
            if !matches!(timeout_at(self.until, self.folded.changed()).await, Ok(Ok(()))) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn who_is_far_ahead_waits_for_the_fold_and_no_longer_than_the_limit() {
        let fold = watch::Sender::new(0);
        let mut unfolded = Unfolded::new(fold.subscribe());
        let at_once = |unfolded: &mut Unfolded| {
            let room = std::pin::pin!(unfolded.room());
            room.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
        };
        unfolded.add(limits::UNFOLDED - 1, 500);
        assert!(at_once(&mut unfolded), "fewer than the limit");
        unfolded.add(1, 501);
        assert!(!at_once(&mut unfolded), "as many as the limit");
        fold.send_replace(499);
        assert!(!at_once(&mut unfolded), "none of them is folded");
        fold.send_replace(500);
        assert!(at_once(&mut unfolded), "one is left");
        unfolded.add(limits::UNFOLDED, 900);
        let waited = Instant::now();
        timeout(5 * limits::UNFOLDED_WAIT, unfolded.room()).await.expect("the views do not fold");
        assert!(waited.elapsed() >= limits::UNFOLDED_WAIT / 2);
    }
}

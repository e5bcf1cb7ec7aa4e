//! Secrets that a form makes, shown on a page of their own for some minutes: whoever presses twice, or reloads, sees those
//! that count instead of making new ones. They are in memory alone, and nobody else than who made them sees them.

use std::sync::{Mutex, PoisonError};

use truc_proto::limits;
use truc_proto::time::Moment;
use uuid::Uuid;

/// What was made a short time ago, by the name of the request that made it.
pub struct Shortly<T>(Mutex<Vec<Made<T>>>);

struct Made<T> {
    id: Uuid,
    author: String,
    at: Moment,
    what: T,
}

impl<T> Default for Shortly<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Shortly<T> {
    /// Keeps what somebody made now.
    pub fn keep(&self, id: Uuid, author: &str, now: Moment, what: T) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.id != id && one.at.is_within(limits::DONE_TWICE, now));
        let excess = (all.len() + 1).saturating_sub(limits::LETTERS_KEPT);
        all.drain(..excess);
        all.push(Made { id, author: author.to_owned(), at: now, what });
    }

    /// What somebody made by a request; none: it is too long ago, or somebody else's.
    pub fn find(&self, id: Uuid, author: &str, now: Moment) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.at.is_within(limits::DONE_TWICE, now));
        all.iter().find(|one| one.id == id && one.author == author).map(|one| one.what.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_shown_to_who_made_it_for_a_short_time() {
        let (kept, id) = (Shortly::default(), Uuid::new_v4());
        let (now, later) = (Moment::seconds(1000), Moment::seconds(1000 + limits::DONE_TWICE.as_secs() + 1));
        kept.keep(id, "lan", now, 7);
        assert_eq!(kept.find(id, "lan", now), Some(7));
        assert_eq!(kept.find(id, "minh", now), None);
        assert_eq!(kept.find(Uuid::new_v4(), "lan", now), None);
        assert_eq!(kept.find(id, "lan", later), None);
        assert_eq!(kept.find(id, "lan", now), None, "what was gone does not come back");
    }
}

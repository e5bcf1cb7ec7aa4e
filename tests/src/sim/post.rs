//! Mail at the hub: the index that follows the journal, who is told, what is read.

use std::sync::Arc;

use truc_node::derive::follow::Follower;
use truc_node::store::journal::Stored;
use truc_proto::wire;
use truc_proto::wire::hub_frame::Frame as Down;

use super::{Event, Result, Violation, World};

impl World {
    /// Schedules an update of the mail index: the longer the wait, the more commits it takes in at once.
    pub(crate) fn follow_later(&mut self) {
        if !std::mem::replace(&mut self.hub.following, true) {
            let wait = 1 + self.rng.below(self.plan.follow_gap);
            let boot = self.hub.boot;
            self.at(self.now + wait, Event::HubFollows { boot });
        }
    }

    /// The mail index takes in what was committed since, and sessions are told: as the pump does it, with no views but
    /// the registry.
    pub(crate) fn hub_follows(&mut self, boot: u64) -> Result<()> {
        if self.hub.boot != boot || !self.hub.running {
            return Ok(());
        }
        self.hub.following = false;
        let failed = |error| Violation(format!("mail index: {error}"));
        let stored = self.hub.journal.reads().after(self.hub.index.upto(), usize::MAX >> 1)?;
        let Some(upto) = stored.last().map(|stored| stored.position) else { return Ok(()) };
        let mut refusals = Vec::new();
        for stored in &stored {
            let refused = self.hub_folds(stored)?;
            refusals.extend(refused.map(|refusal| (stored.entry.clone(), refusal)));
            self.hub.index.entry(stored, refused).map_err(failed)?;
        }
        let registry = Arc::clone(&self.hub.map.registry);
        self.hub.index.commit(upto, &registry).map_err(failed)?;
        if stored.len() > 1 {
            self.reach("several entries announced at once");
        }
        while let Ok((notice, registry)) = self.hub.notices.try_recv() {
            let mut told = Vec::new();
            notice.tell(&registry, self.hub.by_office.keys().copied(), |office, waiting| {
                told.push((office, waiting));
            });
            let scopes = &notice.scopes;
            let beside = |scope, urgent| scopes.iter().any(|other| other.0 == scope && other.2 != urgent);
            if scopes.iter().any(|&(scope, _, urgent)| beside(scope, urgent)) {
                self.reach("urgent entry announced beside an ordinary one");
            }
            for (office, waiting) in told {
                if let Some(&conn) = self.hub.by_office.get(&office) {
                    self.hub_event(conn, waiting)?;
                }
            }
        }
        for (entry, refusal) in refusals {
            self.refuse(&entry, refusal)?;
        }
        Ok(())
    }

    /// What a frame with mail hands out.
    pub(crate) fn note_mail(&mut self, frame: &wire::HubFrame) -> Result<()> {
        let Some(Down::Deliver(deliver)) = &frame.frame else { return Ok(()) };
        if deliver.early {
            self.reach("urgent entry overtook");
        }
        if self.truth.hub_went_back {
            for position in &deliver.positions {
                if let Some(stored) = self.hub.journal.reads().at_position(*position)? {
                    self.note_island(&stored)?;
                }
            }
        }
        Ok(())
    }

    /// Notes which earlier entries the hub lacks when it hands out an entry: only these are excused.
    fn note_island(&mut self, stored: &Stored) -> Result<()> {
        if !stored.given_back() {
            return Ok(());
        }
        let reads = self.hub.journal.reads();
        let mut late = Vec::new();
        let mut prev = stored.entry.prev;
        while let Some(before) = self.truth.book.get(&prev) {
            let row = reads.hash_at(before.header.ledger, before.header.seat)?;
            let there = row.is_some_and(|(hash, at)| hash == before.hash && at < stored.position);
            if !there {
                late.push(before.hash);
            }
            prev = before.prev;
        }
        if !late.is_empty() {
            self.truth.islands.entry(stored.entry.hash).or_default().extend(late);
        }
        Ok(())
    }
}

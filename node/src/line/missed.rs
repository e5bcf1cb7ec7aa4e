//! Mail that was missed: entries for this office that its hub passed over. The hub's mail is complete up to the cursor,
//! so a back-pointer of an entry from before the cursor to an entry that is not here will not be filled by itself. The
//! cursor is then set back, and the mail comes again from before the gap.
//!
//! A hub that withholds an entry, or an author who names one that never was, leaves the gap open: each gap is asked for
//! again after growing pauses only.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use truc_proto::id::{OfficeId, Seat};
use truc_proto::limits;

use crate::derive::views::read;
use crate::office::{Office, OfficeError};

/// Which gaps were asked for, and when each may be again.
#[derive(Debug, Default)]
pub(super) struct Missed(Mutex<HashMap<(OfficeId, Seat), Asked>>);

#[derive(Clone, Copy, Debug)]
struct Asked {
    times: u32,
    next: Instant,
}

impl Missed {
    /// The position at the hub from before which mail is to come again; none: nothing is missed, or it was asked for
    /// lately.
    pub(super) fn due(&self, office: &Office) -> Result<Option<u64>, OfficeError> {
        let gaps = passed_over(office)?;
        let (asked, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        let due = |gap: &(OfficeId, Seat)| asked.get(gap).is_none_or(|asked| asked.next <= now);
        Ok(gaps.into_iter().filter(|(gap, _)| due(gap)).map(|(_, before)| before).min())
    }

    /// Notes that mail comes again from before all gaps there are.
    pub(super) fn asked(&self, office: &Office) -> Result<(), OfficeError> {
        let gaps = passed_over(office)?;
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|gap, _| gaps.iter().any(|(there, _)| there == gap));
        for (gap, _) in gaps {
            let one = asked.entry(gap).or_insert(Asked { times: 0, next: Instant::now() });
            let pause = limits::MISSED_FIRST * 2_u32.saturating_pow(one.times);
            one.times = (one.times + 1).min(16);
            one.next = Instant::now() + pause.min(limits::MISSED_CAP);
        }
        Ok(())
    }
}

/// The place of a missing entry.
type Gap = (OfficeId, Seat);

/// Gaps before the cursor, each with a position at the hub that lies before the missing entry's.
fn passed_over(office: &Office) -> Result<Vec<(Gap, u64)>, OfficeError> {
    let registry = office.registry();
    let look = read::Viewpoint {
        me: office.id(),
        registry: &registry,
        now: 0,
        figures: Default::default(),
        heard: &|_| None,
    };
    let gaps = office.view(|views| {
        let gaps = read::gaps(views, &look)?;
        gaps.into_iter().map(|gap| Ok((read::named_by(views, &gap)?, gap))).collect::<Result<Vec<_>, _>>()
    })?;
    if gaps.is_empty() {
        return Ok(Vec::new());
    }
    office.read(|journal| {
        let cursor = journal.cursor()?.first().map_or(0, |mark| mark.position);
        let mut passed = Vec::new();
        for (named_by, gap) in gaps {
            let mut over = false;
            for seat in named_by {
                let at = journal.at(gap.ledger, seat)?.and_then(|stored| stored.hub_position);
                over |= at.is_some_and(|at| (1..=cursor).contains(&at));
            }
            if over {
                passed.push(((gap.ledger, gap.seat), journal.hub_position_before(gap.ledger, gap.seat)?));
            }
        }
        Ok(passed)
    })
}

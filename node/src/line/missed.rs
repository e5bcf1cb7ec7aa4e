//! Mail that was missed: entries for this office that its hub passed over. The hub's mail is complete up to the cursor,
//! so a back-pointer of an entry from before the cursor to an entry that is not here will not be filled by itself. The
//! cursor is then set back, and the mail comes again from before the gap.
//!
//! A hub that withholds an entry, or an author who names one that is not for this office, leaves the gap open: the gaps of
//! one ledger are asked for again after growing pauses only. Whoever makes a new gap each minute costs no more mail than
//! whoever makes one.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;
use truc_proto::id::{OfficeId, Seat};
use truc_proto::limits;

use crate::derive::views::read;
use crate::office::{Office, OfficeError};

/// Which gaps were asked for, and when each may be again.
#[derive(Debug, Default)]
pub(super) struct Missed(Mutex<Pauses>);

impl Missed {
    /// The position at the hub from before which mail is to come again; none: nothing is missed, or it was asked for
    /// lately. `ask`: it is noted as asked for.
    pub(super) fn due(&self, office: &Office, ask: bool) -> Result<Option<u64>, OfficeError> {
        let gaps = passed_over(office)?;
        let (mut pauses, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        let due = pauses.due(&gaps, now);
        if let Some(before) = due.filter(|_| ask) {
            pauses.ask(&gaps, before, now);
        }
        Ok(due)
    }
}

/// For each ledger with gaps, how often it was asked for and when it may be again.
#[derive(Debug, Default)]
struct Pauses(HashMap<OfficeId, Asked>);

#[derive(Clone, Copy, Debug)]
struct Asked {
    times: u32,
    next: Instant,
}

impl Pauses {
    fn due(&self, gaps: &[(Gap, u64)], now: Instant) -> Option<u64> {
        let due = |ledger| self.0.get(&ledger).is_none_or(|asked| asked.next <= now);
        gaps.iter().filter(|((ledger, _), _)| due(*ledger)).map(|(_, before)| *before).min()
    }

    /// Notes that mail comes again from before a position, and so all gaps from there on.
    fn ask(&mut self, gaps: &[(Gap, u64)], from: u64, now: Instant) {
        let there: HashSet<OfficeId> = gaps.iter().map(|((ledger, _), _)| *ledger).collect();
        self.0.retain(|ledger, asked| there.contains(ledger) || asked.next > now);
        let again = gaps.iter().filter(|(_, before)| *before >= from).map(|((ledger, _), _)| *ledger);
        for ledger in again.collect::<HashSet<OfficeId>>() {
            let asked = self.0.entry(ledger).or_insert(Asked { times: 0, next: now });
            let pause = limits::MISSED_FIRST * 2_u32.saturating_pow(asked.times);
            asked.times = (asked.times + 1).min(16);
            asked.next = now + pause.min(limits::MISSED_CAP);
        }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use truc_proto::id::Incarnation;
    use uuid::Uuid;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn gap(ledger: u128, seq: u64) -> (Gap, u64) {
        let seat = Seat { incarnation: Incarnation(1 << 32), seq };
        ((OfficeId(Uuid::from_u128(ledger)), seat), seq)
    }

    /// How often mail comes again in a day in which `gaps` are open at each minute.
    fn asked(pauses: &mut Pauses, begin: Instant, gaps: impl Fn(u64) -> Vec<(Gap, u64)>) -> usize {
        let look = |minute: u64| {
            let now = begin + MINUTE * minute as u32;
            let gaps = gaps(minute);
            let due = pauses.due(&gaps, now)?;
            pauses.ask(&gaps, due, now);
            Some(due)
        };
        (0..24 * 60).filter_map(look).count()
    }

    #[test]
    fn a_new_gap_each_minute_costs_no_more_than_one() {
        let begin = Instant::now();
        let one = asked(&mut Pauses::default(), begin, |_| vec![gap(2, 7)]);
        assert_eq!(one, 5, "at once, then after 1, 2, 4, 8 hours");
        let many = |minute: u64| (0..=minute).map(|seq| gap(2, 7 + seq)).collect();
        assert_eq!(asked(&mut Pauses::default(), begin, many), one);
        // Each is explained before the next one comes.
        let others = asked(&mut Pauses::default(), begin, |minute| vec![gap(2, minute)]);
        assert!(others <= 24, "{others}");
        let gone = |minute: u64| if minute.is_multiple_of(2) { vec![gap(2, minute)] } else { vec![] };
        assert!(asked(&mut Pauses::default(), begin, gone) <= 24);
    }

    #[test]
    fn nobodys_gap_waits_for_a_liars() {
        let (begin, mut pauses) = (Instant::now(), Pauses::default());
        asked(&mut pauses, begin, |minute| (0..=minute).map(|seq| gap(2, 7 + seq)).collect());
        let now = begin + MINUTE * 24 * 60;
        let both = [gap(2, 9), gap(3, 5)];
        assert_eq!(pauses.due(&both, now), Some(5));
        // What lies before it is not asked for with it.
        let both = [gap(2, 3), gap(3, 5)];
        let again = pauses.0.get(&both[0].0.0).map(|asked| asked.next);
        pauses.ask(&both, 5, now);
        assert_eq!(pauses.0.get(&both[0].0.0).map(|asked| asked.next), again);
    }
}

//! What a well-formed place in a chain is: whoever takes an entry in, folds a journal up or proves one asks the same
//! function.

use crate::audience::Scope;
use crate::entry::{Channel, Entry, Seen};
use crate::fault::planted;
use crate::id::{Hash, Link, Seat};
use crate::limits;
use crate::time::Hlc;

/// The end of a chain, by which the next entry is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The newest entry.
    pub link: Link,
    /// Its time.
    pub time: Hlc,
    /// What its author had seen.
    pub seen: Option<Seen>,
}

/// What an entry says about its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'a> {
    /// Seat of the predecessor.
    pub predecessor: Option<Seat>,
    /// Hash of the predecessor.
    pub prev: Hash,
    /// When it was written.
    pub time: Hlc,
    /// What its author had seen.
    pub seen: Option<Seen>,
    /// Its channels with their back-pointers.
    pub audience: &'a [Channel],
}

/// Why an entry has no place after an end of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Break {
    /// It continues another entry.
    #[error("it continues another entry")]
    Predecessor,
    /// Its author had seen more before.
    #[error("`seen` goes back")]
    Seen,
    /// Its time lies before its predecessor's, and not because a clock was set right.
    #[error("its time goes back")]
    Time,
    /// The back-pointer of a channel does not name the author's last entry to that scope.
    #[error("a back-pointer does not name the entry before it on the channel")]
    Channel(Scope),
}

/// The author's last entry to a scope on the chain; given where the whole chain is at hand.
pub type Last<'a, E> = &'a mut dyn FnMut(Scope) -> Result<Option<Seat>, E>;

/// Whether an entry may stand after `before`, the end of the chain that it names; none: it begins a ledger.
///
/// Where the whole chain is at hand, `last` gives the author's last entry to a scope on it, and each back-pointer must
/// be exactly that.
pub fn continues<E>(
    step: &Step<'_>,
    before: Option<&End>,
    last: Option<Last<'_, E>>,
) -> Result<Result<(), Break>, E> {
    let follows = match (step.predecessor, before) {
        (None, None) => true,
        (Some(seat), Some(end)) => {
            seat == end.link.seat && (step.prev == end.link.hash || planted("chain.place-only"))
        }
        _ => false,
    };
    if !follows {
        return Ok(Err(Break::Predecessor));
    }
    if let Some(end) = before {
        if goes_back(end.seen, step.seen) && !planted("chain.seen-back") {
            return Ok(Err(Break::Seen));
        }
        if step.time < earliest(end.time, step.seen) && !planted("chain.time-back") {
            return Ok(Err(Break::Time));
        }
    }
    if let Some(last) = last {
        for channel in step.audience {
            if channel.previous != last(channel.scope)? && !planted("chain.any-channel") {
                return Ok(Err(Break::Channel(channel.scope)));
            }
        }
    }
    Ok(Ok(()))
}

/// Whether less was seen than before.
fn goes_back(before: Option<Seen>, seen: Option<Seen>) -> bool {
    match (before, seen) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(seen)) => seen.position < before.position || seen.hub_time < before.hub_time,
    }
}

/// The earliest time that may follow `time` for an author who has `seen` this: time does not go back, but what lies
/// more than [`limits::AHEAD`] after the hub's time was the time of a wrong clock, which may have been set right.
pub fn earliest(time: Hlc, seen: Option<Seen>) -> Hlc {
    let ahead = (limits::AHEAD.as_millis() as u64) << 16;
    seen.map_or(time, |seen| time.min(Hlc(seen.hub_time.0.saturating_add(ahead))))
}

/// What an author has seen who has seen both: positions of a hub that was put back begin anew, and neither part of
/// `seen` goes back.
pub fn both(one: Option<Seen>, other: Option<Seen>) -> Option<Seen> {
    match (one, other) {
        (Some(one), Some(other)) => Some(Seen {
            position: one.position.max(other.position),
            hub_time: one.hub_time.max(other.hub_time),
        }),
        (one, other) => one.or(other),
    }
}

impl Entry {
    /// What it says about its place.
    pub fn step(&self) -> Step<'_> {
        let header = &self.header;
        Step {
            predecessor: header.predecessor(),
            prev: self.prev,
            time: header.time,
            seen: header.seen,
            audience: &header.audience,
        }
    }

    /// The end of a chain whose newest entry it is.
    pub fn end(&self) -> End {
        End { link: self.link(), time: self.header.time, seen: self.header.seen }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use uuid::Uuid;

    use super::*;
    use crate::id::{Incarnation, OfficeId};

    const DAY: u64 = 86_400_000 << 16;

    fn seat(seq: u64) -> Seat {
        Seat { incarnation: Incarnation(1 << 32), seq }
    }

    fn seen(position: u64, hub_time: u64) -> Option<Seen> {
        Some(Seen { position, hub_time: Hlc(hub_time) })
    }

    fn judged(end: &End, step: &Step<'_>, last: Option<Seat>) -> Result<(), Break> {
        let Ok(judged) = continues::<Infallible>(step, Some(end), Some(&mut |_| Ok(last)));
        judged
    }

    #[test]
    fn a_place_is_measured_by_the_end_of_its_chain() {
        let scope = Scope::office(OfficeId(Uuid::from_u128(5)));
        let end =
            End { link: Link { seat: seat(4), hash: Hash([4; 32]) }, time: Hlc(9 * DAY), seen: seen(7, 100) };
        let audience = [Channel { scope, previous: Some(seat(2)) }];
        let good = Step {
            predecessor: Some(seat(4)),
            prev: Hash([4; 32]),
            time: Hlc(9 * DAY),
            seen: seen(7, 100),
            audience: &audience,
        };
        let last = Some(seat(2));
        let matrix = [
            ("good", good, last, Ok(())),
            ("another place", Step { predecessor: Some(seat(3)), ..good }, last, Err(Break::Predecessor)),
            ("another hash", Step { prev: Hash([5; 32]), ..good }, last, Err(Break::Predecessor)),
            ("none", Step { predecessor: None, ..good }, last, Err(Break::Predecessor)),
            ("nothing seen", Step { seen: None, ..good }, last, Err(Break::Seen)),
            ("an older position", Step { seen: seen(6, 200), ..good }, last, Err(Break::Seen)),
            ("an older hub time", Step { seen: seen(8, 99), ..good }, last, Err(Break::Seen)),
            ("more seen", Step { seen: seen(8, 101), ..good }, last, Ok(())),
            (
                "earlier, but near the hub's time",
                Step { time: Hlc(50), seen: seen(8, 101), ..good },
                last,
                Err(Break::Time),
            ),
            // The clock was wrong in the future; a receipt shows by how much, and it was set right.
            ("a clock set right", Step { time: Hlc(DAY + 101), seen: seen(8, 101), ..good }, last, Ok(())),
            (
                "further back",
                Step { time: Hlc(DAY + 100), seen: seen(8, 101), ..good },
                last,
                Err(Break::Time),
            ),
            ("later than the last of the channel", good, Some(seat(3)), Err(Break::Channel(scope))),
            ("nothing before on the channel", good, None, Err(Break::Channel(scope))),
        ];
        for (name, step, last, right) in matrix {
            assert_eq!(judged(&end, &step, last), right, "{name}");
        }
        // Without a receipt newer than the wrong clock, time never goes back.
        let unseen = End { seen: None, ..end };
        let step = Step { seen: None, time: Hlc(9 * DAY - 1), ..good };
        assert_eq!(judged(&unseen, &step, last), Err(Break::Time));
        let Ok(first) = continues::<Infallible>(&Step { predecessor: None, ..good }, None, None);
        assert_eq!(first, Ok(()));
    }
}

//! Says of each directive that comes that it has arrived (01). It is the machine's word: its time is that of the arrival,
//! not of the moment when somebody looks.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::OfficeId;
use truc_proto::limits;
use truc_proto::record;
use truc_proto::record::directive::{Move, PROGRAM, Status};

use super::{Intent, Office, OfficeError, Refused};
use crate::blocking::blocking;
use crate::derive::views::arrived::{self, Came, Unsaid};
use crate::derive::views::read;
use crate::words::failure::Failure;

/// Whether a move is said by the program and by nobody else of an office.
pub fn is_programs(mv: &record::Move) -> bool {
    mv.name() == Status::Arrived.name()
}

/// How many arrivals were said on one day, of whose papers: whoever sends very many does not use up what this office may
/// bring to the hub.
#[derive(Debug, Default)]
struct Said {
    day: Option<Date>,
    of: HashMap<OfficeId, usize>,
}

impl Said {
    /// Whether one more may be said of a paper of this sender.
    fn may(&self, sender: OfficeId) -> bool {
        let of = self.of.get(&sender).copied().unwrap_or_default();
        self.of.values().sum::<usize>() < limits::ARRIVALS && of < limits::ARRIVALS_OF_ONE
    }

    fn note(&mut self, sender: OfficeId) {
        *self.of.entry(sender).or_default() += 1;
    }
}

/// What one round came to.
enum Round {
    /// Everything was said that may be said today.
    Done,
    /// There is more.
    More,
    /// The store does not know yet what it said before.
    Later,
}

/// How far it was said.
#[derive(Debug, Default)]
struct Progress {
    /// Position up to which the directives were looked at.
    seen: u64,
    /// Position of the first one that was too much for its day.
    left: Option<u64>,
    said: Said,
}

/// Says so of what is here at the start and of what the views fold, until told to stop. What is too much for a day is said
/// on the next, or with the acceptance.
pub async fn run<T: Send + Sync + 'static>(
    of: Arc<T>,
    office: fn(&T) -> &Office,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(mut folded) = office(&of).folded() else { return };
    let mut progress = Progress::default();
    loop {
        folded.borrow_and_update();
        let round = say(&of, office, &mut progress, &stop).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "that papers have arrived is not said yet");
            Round::Later
        });
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = std::future::ready(()), if matches!(round, Round::More) => {}
            () = sleep(limits::STORE_RETRY), if matches!(round, Round::Later) => {}
            changed = folded.changed(), if matches!(round, Round::Done) => if changed.is_err() { return },
        }
    }
}

/// Says it of some of the directives that came.
async fn say<T: Send + Sync + 'static>(
    of: &Arc<T>,
    office: fn(&T) -> &Office,
    progress: &mut Progress,
    stop: &watch::Receiver<bool>,
) -> Result<Round, Failure> {
    let today = Date::of_millis(office(of).time().millis() as i64);
    let new_day = today.filter(|_| progress.said.day != today);
    if new_day.is_some() {
        progress.seen = progress.left.take().map_or(progress.seen, |left| progress.seen.min(left - 1));
    }
    let (looking, seen) = (Arc::clone(of), progress.seen);
    let found = blocking(move || look(office(&looking), seen, new_day)).await?;
    let Some(Found { came, folded, said }) = found else { return Ok(Round::Later) };
    if let Some(of) = said {
        progress.said = Said { day: today, of };
    }
    for Unsaid { position, record, sender } in came.unsaid {
        if *stop.borrow() {
            return Ok(Round::Done);
        }
        if progress.said.may(sender) {
            let mv = Move::status(Status::Arrived.code());
            match office(of).act(Intent::new(PROGRAM, record, mv, vec![Scope::office(sender)])).await {
                // The views catch up, and it is tried again.
                Err(error @ OfficeError::Refused(Refused::Behind)) => return Err(error.into()),
                // Somebody was first, or the rules do not let it be said.
                Err(OfficeError::Refused(refused)) => {
                    tracing::debug!(%record, ?refused, "nobody is told of an arrival");
                }
                Err(error) => return Err(error.into()),
                Ok(_) => progress.said.note(sender),
            }
        } else {
            progress.left = progress.left.or(Some(position));
        }
        progress.seen = position;
    }
    progress.seen = came.more.unwrap_or(folded);
    Ok(if came.more.is_some() { Round::More } else { Round::Done })
}

/// What is to be said.
struct Found {
    came: Came,
    /// Position up to which the views were folded.
    folded: u64,
    /// What was said on a new day.
    said: Option<HashMap<OfficeId, usize>>,
}

/// None: the store does not know yet what it said before, because its views or its journal are behind.
fn look(office: &Office, seen: u64, new_day: Option<Date>) -> Result<Option<Found>, Failure> {
    let (me, registry) = (office.id(), office.registry());
    let (resuming, end) = office.read(|reads| Ok((reads.resuming()?, reads.end()?.position)))?;
    if resuming {
        return Ok(None);
    }
    Ok(office.view(|views| {
        // One moment for all that is read.
        let views = views.unchecked_transaction()?;
        let folded = read::folded_to(&views)?;
        if folded + limits::VIEWS_BEHIND < end {
            return Ok(None);
        }
        let said = new_day.map(|day| arrived::said_on(&views, me, day)).transpose()?;
        let came = arrived::unsaid(&views, &registry, me, seen)?;
        Ok(Some(Found { came, folded, said }))
    })?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    #[test]
    fn whoever_sends_very_many_uses_up_nothing() {
        let mut said = Said::default();
        let mut of = |sender: u128, times: usize| {
            let sender = OfficeId(Uuid::from_u128(sender));
            let may = |said: &mut Said| said.may(sender).then(|| said.note(sender)).is_some();
            (0..times).filter(|_| may(&mut said)).count()
        };
        assert_eq!(of(1, 100_000), limits::ARRIVALS_OF_ONE);
        assert_eq!(of(2, 10), 10, "others are said as ever");
        let many: usize = (10..100).map(|sender| of(sender, 10_000)).sum();
        assert_eq!(limits::ARRIVALS_OF_ONE + 10 + many, limits::ARRIVALS);
        assert_eq!(of(3, 1), 0);
    }
}

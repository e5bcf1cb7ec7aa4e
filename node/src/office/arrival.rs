//! Says of each directive that comes that it has arrived (01). It is the machine's word, so that the time is that of the
//! arrival and not of the moment when somebody looks.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::audience::Scope;
use truc_proto::date::Date;
use truc_proto::id::{OfficeId, RecordId};
use truc_proto::limits;
use truc_proto::record;
use truc_proto::record::directive::{Move, Status};

use super::{Intent, Office, OfficeError, Refused};
use crate::blocking::blocking;
use crate::derive::views::{arrived, read};
use crate::words::failure::Failure;

/// The author of what the program itself says in the office's name.
pub const PROGRAM: &str = "truc";

/// Whether a move is said by the program and by nobody else.
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
    /// Whether one more may be said of a paper of this sender today, and counts it.
    fn may(&mut self, sender: OfficeId, today: Option<Date>) -> bool {
        if self.day != today {
            *self = Self { day: today, of: HashMap::new() };
        }
        let all: usize = self.of.values().sum();
        let of = self.of.entry(sender).or_default();
        let may = all < limits::ARRIVALS && *of < limits::ARRIVALS_OF_ONE;
        *of += usize::from(may);
        may
    }
}

/// Says so of what is here at the start and of what the views fold, until told to stop. What is too much for a day is said
/// with the acceptance.
pub async fn run<T: Send + Sync + 'static>(
    of: Arc<T>,
    office: fn(&T) -> &Office,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(mut folded) = office(&of).folded() else { return };
    let (mut seen, mut said) = (0, Said::default());
    loop {
        folded.borrow_and_update();
        let failed = match say(&of, office, seen, &mut said).await {
            Ok(upto) => {
                seen = upto;
                false
            }
            Err(error) => {
                tracing::warn!(%error, "that papers have arrived is not said yet");
                true
            }
        };
        tokio::select! {
            () = sleep(limits::STORE_RETRY), if failed => {}
            changed = folded.changed(), if !failed => if changed.is_err() { return },
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Says it of the directives that came after a position. Returns the position up to which it was said.
async fn say<T: Send + Sync + 'static>(
    of: &Arc<T>,
    office: fn(&T) -> &Office,
    seen: u64,
    said: &mut Said,
) -> Result<u64, Failure> {
    let looking = Arc::clone(of);
    let (upto, came): (u64, Vec<(RecordId, OfficeId)>) = blocking(move || {
        let office = office(&looking);
        let (me, registry) = (office.id(), office.registry());
        let found = office.view(|views| {
            // One moment for all that is read.
            let views = views.unchecked_transaction()?;
            Ok((read::folded_to(&views)?, arrived::unsaid(&views, &registry, me, seen)?))
        });
        found.map_err(Failure::from)
    })
    .await?;
    for (record, owner) in came {
        if !said.may(owner, Date::of_millis(office(of).time().millis() as i64)) {
            continue;
        }
        let mv = Move::status(Status::Arrived.code());
        match office(of).act(Intent::new(PROGRAM, record, mv, vec![Scope::office(owner)])).await {
            // The views catch up, and it is tried again.
            Err(error @ OfficeError::Refused(Refused::Behind)) => return Err(error.into()),
            // Somebody was first, or the rules do not let it be said.
            Err(OfficeError::Refused(refused)) => {
                tracing::debug!(%record, ?refused, "nobody is told of an arrival");
            }
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
    }
    Ok(upto)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    #[test]
    fn whoever_sends_very_many_uses_up_nothing() {
        let (mut said, day) = (Said::default(), |text: &str| Some(text.parse::<Date>().unwrap()));
        let (today, tomorrow) = (day("2026-11-30"), day("2026-12-01"));
        let mut of = |sender: u128, day, times: usize| {
            (0..times).filter(|_| said.may(OfficeId(Uuid::from_u128(sender)), day)).count()
        };
        assert_eq!(of(1, today, 100_000), limits::ARRIVALS_OF_ONE);
        assert_eq!(of(2, today, 10), 10, "others are said as ever");
        let many: usize = (10..100).map(|sender| of(sender, today, 10_000)).sum();
        assert_eq!(limits::ARRIVALS_OF_ONE + 10 + many, limits::ARRIVALS);
        assert_eq!(of(3, today, 1), 0);
        assert_eq!(of(1, tomorrow, 1), 1);
    }
}

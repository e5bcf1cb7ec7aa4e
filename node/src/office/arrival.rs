//! Says of each directive that comes that it has arrived (01). It is the machine's word, so that the time is that of the
//! arrival and not of the moment when somebody looks.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::sleep;
use truc_proto::audience::Scope;
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

/// Says so of what is here at the start and of what the views fold, until told to stop.
pub async fn run<T: Send + Sync + 'static>(
    of: Arc<T>,
    office: fn(&T) -> &Office,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(mut folded) = office(&of).folded() else { return };
    let mut seen = 0;
    loop {
        folded.borrow_and_update();
        let said = say(&of, office, seen).await;
        let failed = match said {
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
        let mv = Move::status(Status::Arrived.code());
        match office(of).act(Intent::new(PROGRAM, record, mv, vec![Scope::office(owner)])).await {
            Ok(_) => {}
            Err(OfficeError::Refused(Refused::Behind)) => {
                return Err(OfficeError::Refused(Refused::Behind).into());
            }
            // Somebody was first, or the rules do not let it be said.
            Err(OfficeError::Refused(refused)) => {
                tracing::debug!(%record, ?refused, "nobody is told of an arrival")
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(upto)
}
